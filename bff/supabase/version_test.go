package supabase

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// TestVersionCountsChanges is inside the package because all that the version
// does is to spare verifications, which can't be seen from outside.
func TestVersionCountsChanges(t *testing.T) {
	const (
		one   = `{"kty":"EC","crv":"P-256","kid":"a","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}`
		other = `{"kty":"EC","crv":"P-256","kid":"a","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}`
	)
	body := ""
	auth := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }))
	t.Cleanup(auth.Close)
	now := time.Now()
	s := newKeySet(auth.URL, nil, func() time.Time { return now }, slog.New(slog.DiscardHandler))
	for _, tt := range []struct {
		Name, Body string
		Version    int
	}{
		{"the first keys", `{"keys":[` + one + `]}`, 1},
		{"the same again", `{"keys":[` + one + `]}`, 1},
		{"no answer", `<html>`, 1},
		{"another key under the same id", `{"keys":[` + other + `]}`, 2},
		{"no keys", `{"keys":[]}`, 3},
	} {
		body = tt.Body
		now = now.Add(keysMaxAge + time.Second)
		s.mu.Lock()
		running := s.fetch()
		s.mu.Unlock()
		<-running
		s.mu.Lock()
		if s.version != tt.Version {
			t.Errorf("%s: version %d instead of %d", tt.Name, s.version, tt.Version)
		}
		s.mu.Unlock()
	}
}
