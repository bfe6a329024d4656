// Package session keeps a browser signed in: one sealed cookie that holds the
// user's tokens, and their refresh. It knows nothing of Fiber, and of Supabase
// no more than that a refresh token works once.
package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

var (
	// ErrEnded is a session that is over: signed out, or its refresh token
	// is dead.
	ErrEnded = errors.New("the session has ended")
	// ErrReplaced is ErrEnded for a session in whose place the browser has
	// got another one.
	ErrReplaced = fmt.Errorf("%w: another one took its place", ErrEnded)
	// ErrUnreadable is a cookie that none of the keys opens, or whose content
	// is no session.
	ErrUnreadable = errors.New("the session's cookie can't be opened")
	// ErrUnusable is what Auth has given a session and nobody here takes: it signs
	// with a key that isn't known.
	ErrUnusable = errors.New("unusable tokens")
)

// Session is what the sealed cookie holds.
type Session struct {
	ID           string // GoTrue's session_id, the same over all refreshes
	Subject      string // the user's id
	AccessToken  string
	RefreshToken string
	// IssuedAt and ExpiresAt are the access token's.
	IssuedAt  time.Time
	ExpiresAt time.Time
}

// refreshBefore is how long before its end an access token is refreshed, or a
// quarter of its life where that is less.
const refreshBefore = time.Minute

// Due reports whether it is time to refresh.
func (s Session) Due(now time.Time) bool {
	before := min(refreshBefore, s.ExpiresAt.Sub(s.IssuedAt)/4)
	return now.After(s.ExpiresAt.Add(-before))
}

// content is a Session as the cookie has it: short, as browsers send it with
// every request.
type content struct {
	ID           string `json:"i"`
	Subject      string `json:"u"`
	AccessToken  string `json:"a"`
	RefreshToken string `json:"r"`
	IssuedAt     int64  `json:"b"`
	ExpiresAt    int64  `json:"e"`
}

// encode is the session as it is sealed; the same session always the same.
func (s Session) encode() []byte {
	text, err := json.Marshal(content{s.ID, s.Subject, s.AccessToken, s.RefreshToken, s.IssuedAt.Unix(), s.ExpiresAt.Unix()})
	if err != nil {
		panic(err) // strings and numbers always have a JSON
	}
	return text
}

// decode reads what encode wrote. Whatever lacks something is no session.
func decode(text []byte) (Session, error) {
	var c content
	if err := json.Unmarshal(text, &c); err != nil || c.ID == "" || c.Subject == "" || c.AccessToken == "" || c.RefreshToken == "" {
		return Session{}, ErrUnreadable
	}
	return Session{c.ID, c.Subject, c.AccessToken, c.RefreshToken, time.Unix(c.IssuedAt, 0), time.Unix(c.ExpiresAt, 0)}, nil
}
