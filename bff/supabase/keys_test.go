package supabase_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"

	"github.com/mysingle/mysingle/bff/supabase"
	"github.com/mysingle/mysingle/bff/supabasetest"
)

// keys is an Auth that publishes signing keys, and can be told to fail.
type keys struct {
	*httptest.Server
	mu      sync.Mutex
	body    string
	status  int
	fetches atomic.Int64
}

func newKeys(t testing.TB) *keys {
	k := &keys{status: http.StatusOK, body: `{"keys":[]}`}
	k.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/.well-known/jwks.json" {
			t.Errorf("asked for %s", r.URL.Path)
		}
		k.fetches.Add(1)
		k.mu.Lock()
		defer k.mu.Unlock()
		w.WriteHeader(k.status)
		_, _ = w.Write([]byte(k.body))
	}))
	t.Cleanup(k.Close)
	return k
}

func (k *keys) answer(status int, body string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.status, k.body = status, body
}

// publish makes the set hold the public halves of the keys, by id.
func (k *keys) publish(t testing.TB, set map[string]any) {
	t.Helper()
	var marshals []jwkset.JWKMarshal
	for id, key := range set {
		options := jwkset.JWKOptions{Metadata: jwkset.JWKMetadataOptions{KID: id, USE: jwkset.UseSig}}
		if signer, ok := key.(crypto.Signer); ok {
			key = signer.Public()
		} else {
			options.Marshal.Private = true
		}
		jwk, err := jwkset.NewJWKFromKey(key, options)
		if err != nil {
			t.Fatal(err)
		}
		marshals = append(marshals, jwk.Marshal())
	}
	text, err := json.Marshal(map[string]any{"keys": marshals})
	if err != nil {
		t.Fatal(err)
	}
	k.answer(http.StatusOK, string(text))
}

func TestKeyRotation(t *testing.T) {
	at := &clock{at: time.Now()}
	first, second := mustEC(t, elliptic.P256()), mustEC(t, elliptic.P256())
	token := func(key *ecdsa.PrivateKey, id string) string {
		return sign(t, jwt.SigningMethodES256, key, map[string]any{"kid": id}, claims(at.now(), nil))
	}
	auth := newKeys(t)
	auth.publish(t, map[string]any{"first": first})
	v := supabase.NewVerifier(supabase.VerifierOptions{AuthURL: auth.URL, Now: at.now})
	verify := func(token string) error {
		_, err := v.Verify(context.Background(), token)
		return err
	}
	if err := verify(token(first, "first")); err != nil {
		t.Fatal(err)
	}

	auth.publish(t, map[string]any{"first": first, "second": second})
	if err := verify(token(second, "second")); err == nil {
		t.Error("the set was fetched again right after it had been")
	}
	at.advance(11 * time.Second)
	before := auth.fetches.Load()
	var all sync.WaitGroup
	for range 50 { // whoever comes during the rotation shares one fetch
		all.Go(func() {
			if err := verify(token(second, "second")); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := auth.fetches.Load() - before; n != 1 {
		t.Errorf("fetches for one rotation: got %d, want 1", n)
	}

	at.advance(11 * time.Second)
	before = auth.fetches.Load()
	for range 100 { // unknown ids don't make the BFF hammer Auth
		if err := verify(token(second, "third")); err == nil {
			t.Fatal("an unknown key was accepted")
		}
	}
	if n := auth.fetches.Load() - before; n > 1 {
		t.Errorf("fetches for unknown ids: got %d, want at most 1", n)
	}

	// While Auth is out of reach, or answers nonsense, the known keys stay.
	for _, fault := range []string{"<html>", `{}`, `{"keys":null}`} {
		auth.answer(http.StatusOK, fault)
		at.advance(11 * time.Minute)
		var failure *supabase.Failure
		if err := verify(token(second, "third")); !errors.As(err, &failure) {
			t.Errorf("%s, an unknown key: got error %v, want a %T", fault, err, failure)
		}
		if err := verify(token(second, "second")); err != nil {
			t.Errorf("%s, a known key: got error %v, want none", fault, err)
		}
	}

	// One unreadable key doesn't take the others with it; a withdrawn one goes.
	revoked := token(first, "first")
	if err := verify(revoked); err != nil {
		t.Fatal(err)
	}
	auth.publish(t, map[string]any{"second": second, "oct": []byte(secret)})
	at.advance(11 * time.Minute)
	if err := verify(token(second, "third")); err == nil {
		t.Fatal("an unknown key was accepted")
	}
	if err := verify(revoked); err == nil {
		t.Error("a withdrawn key's token is accepted")
	}
	if err := verify(token(second, "second")); err != nil {
		t.Error(err)
	}
}

// TestAWithdrawnKeyGoesByItself shows one token over and over: nothing asks
// for a key that would have to be looked up.
func TestAWithdrawnKeyGoesByItself(t *testing.T) {
	at := &clock{at: time.Now()}
	key := mustEC(t, elliptic.P256())
	auth := newKeys(t)
	auth.publish(t, map[string]any{"key": key})
	v := supabase.NewVerifier(supabase.VerifierOptions{AuthURL: auth.URL, Now: at.now})
	c := claims(at.now(), jwt.MapClaims{"exp": at.now().Add(24 * time.Hour).Unix()})
	token := sign(t, jwt.SigningMethodES256, key, map[string]any{"kid": "key"}, c)
	verify := func() error {
		_, err := v.Verify(context.Background(), token)
		return err
	}
	if err := verify(); err != nil {
		t.Fatal(err)
	}

	auth.answer(http.StatusBadGateway, "")
	for range 3 {
		at.advance(11 * time.Minute)
		before := auth.fetches.Load()
		supabasetest.MustWait(t, "the keys to be asked for", func() bool {
			if err := verify(); err != nil {
				t.Errorf("with Auth out of reach: %v", err)
			}
			at.advance(11 * time.Second) // the last fetch may have ended after the clock went on
			return auth.fetches.Load() > before
		})
	}

	auth.publish(t, map[string]any{"other": mustEC(t, elliptic.P256())})
	at.advance(11 * time.Minute)
	supabasetest.MustWait(t, "the withdrawn key's token to be refused", func() bool {
		at.advance(11 * time.Second) // as above; the token holds for a day, far longer than this waits
		return verify() != nil
	})
}

// TestSecretsChange has two shared secrets, as while one takes the other's place.
func TestSecretsChange(t *testing.T) {
	now := time.Now()
	verify := func(by string, secrets ...string) error {
		v := supabase.NewVerifier(supabase.VerifierOptions{AuthURL: "http://127.0.0.1:1", Secrets: secrets})
		_, err := v.Verify(context.Background(), sign(t, jwt.SigningMethodHS256, []byte(by), nil, claims(now, nil)))
		return err
	}
	other := "another-secret-of-at-least-32-characters"
	for name, err := range map[string]error{
		"the first of two": verify(secret, secret, other), "the second": verify(other, secret, other), "one beside none": verify(secret, secret, ""),
	} {
		if err != nil {
			t.Errorf("%s: got error %v, want none", name, err)
		}
	}
	for name, err := range map[string]error{
		"a third": verify("a-third-secret-of-at-least-32-characters", secret, other), "one taken away": verify(secret, other), "an empty one": verify("", secret, ""), "without any": verify("", ""),
	} {
		if fault := new(supabase.TokenError); !errors.As(err, &fault) {
			t.Errorf("%s: got error %v, want a TokenError", name, err)
		}
	}
}

func TestAuthDownAtTheStart(t *testing.T) {
	at := &clock{at: time.Now()}
	key := mustEC(t, elliptic.P256())
	auth := newKeys(t)
	auth.answer(http.StatusBadGateway, "")
	v := supabase.NewVerifier(supabase.VerifierOptions{AuthURL: auth.URL, Secrets: []string{secret}, Now: at.now})
	token := sign(t, jwt.SigningMethodES256, key, map[string]any{"kid": "key"}, claims(at.now(), nil))
	var failure *supabase.Failure
	if _, err := v.Verify(context.Background(), token); !errors.As(err, &failure) {
		t.Errorf("a token whose key can't be known: %v", err)
	}
	if _, err := v.Verify(context.Background(), sign(t, jwt.SigningMethodHS256, []byte(secret), nil, claims(at.now(), nil))); err != nil {
		t.Errorf("the shared secret needs no keys: %v", err)
	}
	auth.publish(t, map[string]any{"key": key})
	at.advance(2 * time.Second)
	if _, err := v.Verify(context.Background(), token); err != nil {
		t.Errorf("once Auth is back: %v", err)
	}
}
