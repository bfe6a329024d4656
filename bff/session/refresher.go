package session

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"
)

// maxChain bounds how many results of others are refreshed again in a row.
const maxChain = 3

// Refresher gives sessions fresh tokens in time. A refresh token that is used
// twice ends the session at Auth, so it makes sure that nobody does.
type Refresher struct {
	store Store
	now   func() time.Time
}

// NewRefresher returns a Refresher on the store.
func NewRefresher(store Store) *Refresher { return &Refresher{store, time.Now} }

// Fresh returns the session with an access token that will hold for a while,
// and whether it is another one than was given: then the browser is to get
// it. Refresh asks Auth; its error is ErrEnded when the refresh token is
// dead. While Auth can't be asked, a token that still holds goes on.
func (r *Refresher) Fresh(ctx context.Context, s Session, refresh func(context.Context, Session) (Session, error)) (fresh Session, renewed bool, err error) {
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
	if !renewed {
		return s, false, nil
	}
	// Who signed out meanwhile must not get the cookie back.
	if err := r.store.Ended(ctx, s.ID); err != nil {
		return Session{}, false, err
	}
	return fresh, true, nil
}

// once refreshes a session, or waits for those who do.
func (r *Refresher) once(ctx context.Context, s Session, refresh func(context.Context, Session) (Session, error)) (Session, error) {
	sum := sha256.Sum256([]byte("refresh token " + s.RefreshToken))
	return r.store.Once(ctx, hex.EncodeToString(sum[:]), func(ctx context.Context) (Session, error) {
		fresh, err := refresh(ctx, s)
		if err == nil && (fresh.ID != s.ID || fresh.Subject != s.Subject) {
			err = errors.New("the refresh gave another session")
		}
		return fresh, err
	})
}

// Ended returns nil, or ErrEnded or ErrReplaced where the session's end is
// known.
func (r *Refresher) Ended(ctx context.Context, s Session) error { return r.store.Ended(ctx, s.ID) }

// End makes the session's end known, for reason ErrEnded or ErrReplaced, for
// as long as its access token would hold.
func (r *Refresher) End(ctx context.Context, s Session, reason error) {
	until := r.now().Add(endedFor)
	if s.ExpiresAt.After(until) {
		until = s.ExpiresAt
	}
	r.store.End(ctx, s.ID, reason, until)
}
