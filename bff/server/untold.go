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
	// maxUntold bounds the sessions that Auth is still to be told of.
	maxUntold = 1000
	// tellFirst and tellAtMost are the waits before Auth is told again; each wait
	// doubles the one before. The last is far shorter than an end is known here.
	tellFirst, tellAtMost = time.Second, 30 * time.Second
)

// untold are sessions that have ended here and go on at Auth, which could not be
// told. It is told again until it knows; until then the end is kept known here.
// The list is in memory alone: what Auth doesn't know when the process ends is
// in the log, and those sessions go on.
type untold struct {
	log      *slog.Logger
	stopping context.Context
	// tell ends the session at Auth and returns it with the tokens it has then.
	tell func(context.Context, supabase.Caller, session.Session) (session.Session, error)
	// end makes the session's end known here.
	end func(context.Context, session.Session, error)

	mu   sync.Mutex
	all  map[string]unfinished // by session id
	done chan struct{}         // closed when nobody tells any more; nil before the first
}

// unfinished is a session that is to end at Auth.
type unfinished struct {
	caller supabase.Caller
	held   session.Session
	reason error // ErrEnded or ErrReplaced
}

// add has Auth told later of a session that has ended here. fault is why it
// could not be told now.
func (u *untold) add(caller supabase.Caller, held session.Session, reason, fault error) {
	line := []any{"request_id", caller.RequestID, "session", held.ID, "error", fault}
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.all) >= maxUntold {
		u.log.Error("a session could not be ended at Auth, where it goes on: too many wait for Auth", line...)
		return
	}
	u.log.Warn("a session could not be ended at Auth, which is told again", line...)
	if u.all == nil {
		u.all = make(map[string]unfinished)
	}
	if len(u.all) == 0 {
		before, done := u.done, make(chan struct{})
		u.done = done
		go u.run(before, done)
	}
	u.all[held.ID] = unfinished{caller, held, reason}
}

// run tells Auth until it knows all, or once more when the server stops.
func (u *untold) run(before <-chan struct{}, done chan<- struct{}) {
	defer close(done)
	if before != nil {
		<-before // it is about to end: it saw the list empty
	}
	for wait := tellFirst; ; wait = min(2*wait, tellAtMost) {
		last := false
		select {
		case <-time.After(wait):
		case <-u.stopping.Done():
			last = true
		}
		left := u.tellAll()
		if left == 0 {
			return
		}
		if last {
			u.giveUp()
			return
		}
	}
}

// tellAll tells Auth of each session, and returns how many it still doesn't
// know of. Where Auth doesn't answer it stops: it is down for the others too.
func (u *untold) tellAll() int {
	ctx, all := context.Background(), u.list()
	for _, one := range all { // none must be forgotten here first
		u.end(ctx, one.held, one.reason)
	}
	for _, one := range all {
		held, err := u.tell(ctx, one.caller, one.held)
		u.mu.Lock()
		if err == nil {
			delete(u.all, held.ID)
		} else {
			one.held = held // its refresh token may be another one
			u.all[held.ID] = one
		}
		u.mu.Unlock()
		switch {
		case err == nil:
			u.log.Info("a session has ended at Auth, too", "request_id", one.caller.RequestID, "session", held.ID)
		case !errors.As(err, new(*supabase.AuthError)):
			return len(all)
		}
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.all)
}

func (u *untold) list() []unfinished {
	u.mu.Lock()
	defer u.mu.Unlock()
	var all []unfinished
	for _, one := range u.all {
		all = append(all, one)
	}
	return all
}

// giveUp logs what Auth was never told.
func (u *untold) giveUp() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for id, one := range u.all {
		u.log.Error("a session goes on at Auth, which was never told of its end",
			"request_id", one.caller.RequestID, "user", one.held.Subject, "session", id)
	}
	clear(u.all)
}

// wait waits until Auth knows all, or was told for the last time, or ctx ends.
// The server must be stopping.
func (u *untold) wait(ctx context.Context) {
	u.mu.Lock()
	done := u.done
	u.mu.Unlock()
	if done == nil {
		return
	}
	select {
	case <-done:
	case <-ctx.Done():
		u.giveUp()
	}
}
