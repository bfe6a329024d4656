package supabase

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"sync"
	"time"
)

const (
	keysMaxAge     = 10 * time.Minute // after which they are fetched again, as Supabase's own edge does
	keysMinPause   = 10 * time.Second // between two fetches, whatever key ids are asked for
	keysRetryPause = time.Second      // between two fetches after one that failed
	keysTimeout    = 5 * time.Second
	maxKeys        = 256 << 10 // bytes of a JWKS
)

// errKeysUnavailable tells "this key is unknown" from "nobody can say".
var errKeysUnavailable = errors.New("the signing keys can't be fetched")

// keySet is Auth's JWKS, kept fresh: it doesn't hold up a start while Auth is
// down, keeps the keys it can read when one can't be read, and has requests
// that arrive during a rotation wait for one fetch together.
type keySet struct {
	url    string
	client *http.Client
	now    func() time.Time
	log    *slog.Logger

	mu       sync.Mutex
	keys     map[string]verificationKey
	version  int // counts the changes of keys
	fetched  time.Time
	tried    time.Time
	failure  error         // of the last fetch
	fetching chan struct{} // closed when the running fetch ends
}

func newKeySet(url string, transport http.RoundTripper, now func() time.Time, log *slog.Logger) *keySet {
	return &keySet{
		url: url,
		client: &http.Client{
			Transport:     transport,
			Timeout:       keysTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		now: now,
		log: log,
	}
}

// find returns the key with the id. For an unknown one it fetches the set
// again, at most every keysMinPause; all requests that wait share one fetch.
// A known key is served at once even when the set is old (see current) or out
// of reach.
func (s *keySet) find(ctx context.Context, id string) (verificationKey, bool, error) {
	s.mu.Lock()
	key, ok := s.keys[id]
	if ok {
		s.mu.Unlock()
		return key, true, nil
	}
	running := s.fetch()
	s.mu.Unlock()
	if running != nil {
		select {
		case <-running:
		case <-ctx.Done():
			return key, false, errKeysUnavailable
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if key, ok = s.keys[id]; !ok && s.failure != nil {
		return key, false, errKeysUnavailable
	}
	return key, ok, nil
}

// current returns the version of the keys, which changes when they do. It has
// an old set fetched again, without waiting, so that a withdrawn key goes even
// if nobody ever asks for another one.
func (s *keySet) current() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.now(); now.Sub(s.fetched) > keysMaxAge && now.Sub(s.tried) > keysMinPause {
		s.fetch()
	}
	return s.version
}

// fetch starts a fetch, or joins the one that runs, and returns a channel
// that is closed at its end; nil when it is too early for another one. The
// caller holds mu.
func (s *keySet) fetch() <-chan struct{} {
	if s.fetching != nil {
		return s.fetching
	}
	pause := keysMinPause
	if s.failure != nil {
		pause = keysRetryPause
	}
	if !s.tried.IsZero() && s.now().Sub(s.tried) < pause {
		return nil
	}
	done := make(chan struct{})
	s.fetching = done
	go func() {
		keys, err := s.download()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.tried, s.failure, s.fetching = s.now(), err, nil
		if err != nil {
			s.log.Warn("signing keys not fetched", "url", s.url, "error", err, "kept", len(s.keys))
		} else {
			s.fetched = s.tried
			if !maps.EqualFunc(keys, s.keys, verificationKey.equal) {
				s.keys = keys
				s.version++
			}
		}
		close(done)
	}()
	return done
}

func (s *keySet) download() (map[string]verificationKey, error) {
	resp, err := s.client.Get(s.url)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", resp.StatusCode)
	}
	var set struct {
		Keys *[]jwk `json:"keys"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxKeys)).Decode(&set); err != nil {
		return nil, fmt.Errorf("no JWKS: %w", err)
	}
	if set.Keys == nil {
		return nil, errors.New("no JWKS: keys is missing")
	}
	keys := make(map[string]verificationKey, len(*set.Keys))
	for _, one := range *set.Keys {
		key, err := one.read()
		if err != nil {
			s.log.Warn("signing key left out", "kid", one.ID, "error", err)
			continue
		}
		keys[one.ID] = key
	}
	return keys, nil
}
