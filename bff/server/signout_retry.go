package server

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/mysingle/mysingle/bff/session"
	"github.com/mysingle/mysingle/bff/supabase"
)

const (
	// maxSignOutRetries bounds the sessions that wait for Auth.
	maxSignOutRetries = 1000
	// firstRetry and longestRetry are the waits before a retry; each wait
	// doubles the one before. The last is far shorter than an end is known here.
	firstRetry, longestRetry = time.Second, 30 * time.Second
)

// signOutRetries signs out at Auth the sessions that have ended here, and could
// not be signed out there. Until it has, it keeps the end known here. The list
// is in memory alone: what is left of it when the process ends is in the log,
// and those sessions go on.
type signOutRetries struct {
	log      *slog.Logger
	stopping context.Context
	// atAuth signs the session out and returns it with the tokens it has then.
	atAuth func(context.Context, supabase.Caller, session.Session) (session.Session, error)
	// end makes the session's end known here.
	end func(context.Context, session.Session, error)

	mu   sync.Mutex
	all  map[string]signOut // by session id
	done chan struct{}      // closed when run has ended; nil before the first
}

// signOut is a session that is to be signed out at Auth.
type signOut struct {
	caller supabase.Caller
	held   session.Session
	reason error // ErrEnded or ErrReplaced
}

// add has a session signed out later that has ended here. fault is why it could
// not be done now.
func (r *signOutRetries) add(caller supabase.Caller, held session.Session, reason, fault error) {
	line := []any{"request_id", caller.RequestID, "session", held.ID, "error", fault}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.all) >= maxSignOutRetries {
		r.log.Error("a session could not be ended at Auth, where it goes on: too many wait for Auth", line...)
		return
	}
	r.log.Warn("a session could not be ended at Auth, which is told again", line...)
	if r.all == nil {
		r.all = make(map[string]signOut)
	}
	if len(r.all) == 0 {
		before, done := r.done, make(chan struct{})
		r.done = done
		go r.run(before, done)
	}
	r.all[held.ID] = signOut{caller, held, reason}
}

// run tries until none is left, or once more when the server stops.
func (r *signOutRetries) run(before <-chan struct{}, done chan<- struct{}) {
	defer close(done)
	if before != nil {
		<-before // it is about to end: it saw the list empty
	}
	for wait := firstRetry; ; wait = min(2*wait, longestRetry) {
		last := false
		select {
		case <-time.After(wait):
		case <-r.stopping.Done():
			last = true
		}
		left := r.retryAll()
		if left == 0 {
			return
		}
		if last {
			r.giveUp()
			return
		}
	}
}

// retryAll tries each session, and returns how many are left. Where Auth doesn't
// answer it stops: it is down for the others too.
func (r *signOutRetries) retryAll() int {
	ctx, all := context.Background(), r.list()
	for _, one := range all { // none must be forgotten here first
		r.end(ctx, one.held, one.reason)
	}
	for _, one := range all {
		held, err := r.atAuth(ctx, one.caller, one.held)
		r.mu.Lock()
		if err == nil {
			delete(r.all, held.ID)
		} else {
			one.held = held // its refresh token may be another one
			r.all[held.ID] = one
		}
		r.mu.Unlock()
		switch {
		case err == nil:
			r.log.Info("a session has ended at Auth, too", "request_id", one.caller.RequestID, "session", held.ID)
		case !errors.As(err, new(*supabase.AuthError)):
			return len(all)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.all)
}

func (r *signOutRetries) list() []signOut {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []signOut
	for _, one := range r.all {
		all = append(all, one)
	}
	return all
}

// giveUp logs the sessions that are left.
func (r *signOutRetries) giveUp() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, one := range r.all {
		r.log.Error("a session goes on at Auth, which was never told of its end",
			"request_id", one.caller.RequestID, "user", one.held.Subject, "session", id)
	}
	clear(r.all)
}

// wait waits until none is left, or all were tried for the last time, or ctx ends.
// The server must be stopping.
func (r *signOutRetries) wait(ctx context.Context) {
	r.mu.Lock()
	done := r.done
	r.mu.Unlock()
	if done == nil {
		return
	}
	select {
	case <-done:
	case <-ctx.Done():
		r.giveUp()
	}
}
