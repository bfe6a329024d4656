package session

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime/debug"
	"strconv"
	"time"

	"golang.org/x/sync/singleflight"
)

// unusableFor is how long a session isn't refreshed again whose new tokens count
// for nothing: Auth made them, each time anew, and every request asks. It is
// shorter than the ten seconds for which Auth takes a refresh token again.
const unusableFor = 3 * time.Second

// maxChain bounds how many results of others are refreshed again in a row.
const maxChain = 3

// maxQuestions bounds how many sessions are asked for at Auth at a time. After a
// restart all of them are new here, and Auth has to sign people in meanwhile.
const maxQuestions = 32

// Refresher gives sessions fresh tokens in time, and knows which have ended. A
// refresh token that is used twice ends the session at Auth, so it makes sure
// that nobody does.
type Refresher struct {
	store     Store
	now       func() time.Time
	questions singleflight.Group
	places    chan struct{} // one in it for each question under way
}

// NewRefresher returns a Refresher on the store.
func NewRefresher(store Store) *Refresher {
	return &Refresher{store: store, now: time.Now, places: make(chan struct{}, maxQuestions)}
}

// Refresh asks Auth for the session's next tokens. Its error is ErrEnded when
// the refresh token is dead, ErrUnusable when Auth gave what counts for nothing.
type Refresh func(context.Context, Session) (Session, error)

// Fresh returns the session with an access token that will hold for a while,
// and whether it is another one than was given: then the browser is to get
// it. While Auth can't be asked, a token that still holds goes on.
func (r *Refresher) Fresh(ctx context.Context, s Session, refresh Refresh) (fresh Session, renewed bool, err error) {
	fresh, renewed, err = r.FreshToEnd(ctx, s, refresh)
	if err == nil && renewed {
		// Who signed out meanwhile must not get the cookie back.
		err = r.Ended(ctx, fresh)
	}
	if err != nil {
		return Session{}, false, err
	}
	return fresh, renewed, nil
}

// FreshToEnd is Fresh for who ends the session at Auth, which takes a token
// that holds, and has made its end known already.
func (r *Refresher) FreshToEnd(ctx context.Context, s Session, refresh Refresh) (fresh Session, renewed bool, err error) {
	fresh = s
	// What others got a while ago may be due again, where tokens live shortly.
	for range maxChain {
		if !fresh.Due(r.now()) {
			break
		}
		next, err := r.once(ctx, fresh, refresh)
		if err != nil {
			if !errors.Is(err, ErrEnded) && r.now().Before(fresh.ExpiresAt) {
				break
			}
			return Session{}, false, err
		}
		fresh, renewed = next, true
	}
	return fresh, renewed, nil
}

// once refreshes a session, or waits for those who do.
func (r *Refresher) once(ctx context.Context, s Session, refresh Refresh) (Session, error) {
	sum := sha256.Sum256([]byte("refresh token " + s.RefreshToken))
	key := hex.EncodeToString(sum[:])
	return r.store.Once(ctx, key, func(ctx context.Context) (Session, error) {
		if r.store.Notes(ctx, "unusable:"+key)[0] != "" {
			return Session{}, ErrUnusable
		}
		fresh, err := refresh(ctx, s)
		if errors.Is(err, ErrUnusable) {
			r.store.Note(ctx, "unusable:"+key, "unusable", r.now().Add(unusableFor))
		}
		if err == nil && (fresh.ID != s.ID || fresh.Subject != s.Subject) {
			err = errors.New("the refresh gave another session")
		}
		if err == nil {
			r.noteAlive(ctx, fresh)
		}
		return fresh, err
	})
}

const (
	// endedFor is how long, at least, it is known that a session has ended:
	// longer than any refresh that was under way.
	endedFor = 10 * time.Minute
	// othersEndedFor is that for a user's other sessions: longer than access
	// tokens live, without which they are nothing any more.
	othersEndedFor = 24 * time.Hour

	// What is noted of a session. All three are under one key, so that no store
	// can lose a session's end and still take it for alive.
	ended, replaced, alive = "ended", "replaced", "alive"
)

// End makes the session's end known, for reason ErrEnded or ErrReplaced, for
// as long as an access token would hold that it got just now.
func (r *Refresher) End(ctx context.Context, s Session, reason error) {
	until := r.now().Add(max(endedFor, s.ExpiresAt.Sub(s.IssuedAt)))
	word := ended
	if errors.Is(reason, ErrReplaced) {
		word = replaced
	}
	r.store.Note(ctx, "ended:"+s.ID, word, until)
}

// EndOthers makes known that all sessions of the user's that began before now
// have ended, but the one with the id, which may be "". Auth has been told:
// this is for the access tokens, which would hold for a while. The one that
// stays is noted first, so that nobody finds it ended between the two notes.
func (r *Refresher) EndOthers(ctx context.Context, subject, but string) {
	now := r.now()
	at := now
	// By another instance's clock it may be later already.
	if last, ok := momentOf(r.store.Notes(ctx, "user:"+subject)[0]); ok && !last.Before(at) {
		at = last.Add(1)
	}
	moment := strconv.FormatInt(at.UnixNano(), 10)
	if but != "" {
		r.store.Note(ctx, "kept:"+but, moment, now.Add(othersEndedFor))
	}
	r.store.Note(ctx, "user:"+subject, moment, now.Add(othersEndedFor))
}

// Begin makes known that a session is new, so that Auth needn't be asked about
// it. It matters, too, where EndOthers was just called: tokens tell the second
// they were issued in, by Auth's clock.
func (r *Refresher) Begin(ctx context.Context, s Session) {
	r.noteAlive(ctx, s)
	if moment := r.store.Notes(ctx, "user:"+s.Subject)[0]; moment != "" {
		r.store.Note(ctx, "kept:"+s.ID, moment, r.now().Add(othersEndedFor))
	}
}

// noteAlive remembers, for as long as its access token holds, that Auth knows
// the session.
func (r *Refresher) noteAlive(ctx context.Context, s Session) {
	r.store.Note(ctx, "ended:"+s.ID, alive, s.ExpiresAt)
}

// Ended returns nil, or ErrEnded or ErrReplaced where the session's end is
// known.
func (r *Refresher) Ended(ctx context.Context, s Session) error {
	_, err := r.Known(ctx, s)
	return err
}

// Known reports whether the session is known to be alive. The error is ErrEnded
// or ErrReplaced where its end is known. With neither, Confirm asks Auth: the
// ends of before a restart are forgotten here.
func (r *Refresher) Known(ctx context.Context, s Session) (isAlive bool, err error) {
	notes := r.store.Notes(ctx, "ended:"+s.ID, "user:"+s.Subject, "kept:"+s.ID)
	switch notes[0] {
	case ended:
		return false, ErrEnded
	case replaced:
		return false, ErrReplaced
	}
	isAlive = notes[0] == alive
	others, known := momentOf(notes[1])
	if !known || s.IssuedAt.Unix() > others.Unix() {
		return isAlive, nil
	}
	if kept, ok := momentOf(notes[2]); ok && !kept.Before(others) {
		return isAlive, nil
	}
	return false, ErrEnded
}

// Confirm makes sure that Auth knows the session, and remembers the answer for
// as long as the access token holds. Whoever calls it meanwhile for the same
// token waits for the same question. ask returns ErrEnded where Auth knows no
// such session any more; then, and where its end is known here, so does Confirm.
// Any other error tells that it isn't known: the session must not be taken.
func (r *Refresher) Confirm(ctx context.Context, s Session, ask func(context.Context) error) error {
	answer := r.questions.DoChan(s.AccessToken, func() (any, error) {
		within := context.WithoutCancel(ctx) // others wait too
		if deadline, ok := ctx.Deadline(); ok {
			var cancel context.CancelFunc
			within, cancel = context.WithDeadline(within, deadline)
			defer cancel()
		}
		return nil, r.confirm(within, s, ask)
	})
	select {
	case result := <-answer:
		if result.Err != nil {
			return result.Err
		}
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return r.Ended(ctx, s) // it may have ended while Auth was asked
}

// confirm asks, once it is this question's turn, unless the answer has come
// meanwhile.
func (r *Refresher) confirm(ctx context.Context, s Session, ask func(context.Context) error) (err error) {
	defer func() { // nobody else would stop it from ending the process
		if fault := recover(); fault != nil {
			err = fmt.Errorf("panic: %v\n%s", fault, debug.Stack())
		}
	}()
	select {
	case r.places <- struct{}{}:
		defer func() { <-r.places }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if isAlive, err := r.Known(ctx, s); isAlive || err != nil {
		return err
	}
	switch err := ask(ctx); {
	case err == nil:
		r.noteAlive(ctx, s)
		return nil
	case errors.Is(err, ErrEnded):
		r.End(ctx, s, ErrEnded)
		return err
	default:
		return err
	}
}

// momentOf reads a note of EndOthers.
func momentOf(note string) (time.Time, bool) {
	nanoseconds, err := strconv.ParseInt(note, 10, 64)
	return time.Unix(0, nanoseconds), err == nil
}
