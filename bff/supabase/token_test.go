package supabase_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/golang-jwt/jwt/v5"

	"github.com/mysingle/mysingle/bff/supabase"
)

const (
	secret  = "a-shared-secret-of-at-least-32-characters"
	subject = "6f9619ff-8b86-4011-b42d-00c04fc964ff"
)

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// claims are those of a good token, with the changes; nil takes one out.
func claims(now time.Time, changes jwt.MapClaims) jwt.MapClaims {
	c := jwt.MapClaims{
		"sub": subject, "role": "authenticated", "aud": "authenticated",
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "iss": "https://auth.test/auth/v1",
	}
	for name, value := range changes {
		c[name] = value
		if value == nil {
			delete(c, name)
		}
	}
	return c
}

func sign(t testing.TB, method jwt.SigningMethod, key any, header map[string]any, c jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(method, c)
	for name, value := range header {
		token.Header[name] = value
	}
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func mustEC(t testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestVerify(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, foreign, wide := mustEC(t, elliptic.P256()), mustEC(t, elliptic.P256()), mustEC(t, elliptic.P384())
	auth := newKeys(t)
	auth.publish(t, map[string]any{"ec": ecKey, "rsa": rsaKey, "ed": edKey, "wide": wide, "oct": []byte(secret)})
	der, err := x509.MarshalPKIXPublicKey(rsaKey.Public())
	if err != nil {
		t.Fatal(err)
	}
	rsaPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})

	hs, es := jwt.SigningMethodHS256, jwt.SigningMethodES256
	good := claims(now, nil)
	unsigned := func(algorithm string) string {
		b := base64.RawURLEncoding
		payload, err := json.Marshal(good)
		if err != nil {
			t.Fatal(err)
		}
		return b.EncodeToString([]byte(`{"alg":"`+algorithm+`","typ":"JWT"}`)) + "." + b.EncodeToString(payload) + "."
	}
	with := func(changes jwt.MapClaims) string { return sign(t, hs, []byte(secret), nil, claims(now, changes)) }
	kid := func(id string) map[string]any { return map[string]any{"kid": id} }

	for _, tt := range []struct {
		Name  string
		Token string
		Want  string // "" when accepted, else a piece of the reason
	}{
		{"HS256", with(nil), ""},
		{"HS256 with a key id", sign(t, hs, []byte(secret), kid("any"), good), ""},
		{"ES256", sign(t, es, ecKey, kid("ec"), good), ""},
		{"RS256", sign(t, jwt.SigningMethodRS256, rsaKey, kid("rsa"), good), ""},
		{"EdDSA", sign(t, jwt.SigningMethodEdDSA, edKey, kid("ed"), good), ""},
		{"expired within the skew", with(jwt.MapClaims{"exp": now.Add(-29 * time.Second).Unix()}), ""},
		{"valid from within the skew", with(jwt.MapClaims{"nbf": now.Add(29 * time.Second).Unix()}), ""},
		{"audience as a list", with(jwt.MapClaims{"aud": []string{"authenticated"}}), ""},

		{"expired", with(jwt.MapClaims{"exp": now.Add(-31 * time.Second).Unix()}), "expired"},
		{"no expiry", with(jwt.MapClaims{"exp": nil}), "not valid"},
		{"expiry no number", with(jwt.MapClaims{"exp": "tomorrow"}), "malformed"},
		{"valid from later", with(jwt.MapClaims{"nbf": now.Add(31 * time.Second).Unix()}), "not valid yet"},
		{"another audience", with(jwt.MapClaims{"aud": "other"}), "audience"},
		{"one more audience", with(jwt.MapClaims{"aud": []string{"authenticated", "other"}}), "audience"},
		{"no audience", with(jwt.MapClaims{"aud": nil}), "audience"},
		{"no subject", with(jwt.MapClaims{"sub": nil}), "no user"},
		{"subject no UUID", with(jwt.MapClaims{"sub": "admin"}), "no user"},
		{"subject a UUID in braces", with(jwt.MapClaims{"sub": "{" + subject + "}"}), "no user"},
		{"another secret", sign(t, hs, []byte(secret+"x"), nil, good), "signature"},
		{"no signature", unsigned("HS256"), "signature"},
		{"alg none", unsigned("none"), "signature"},
		{"alg NONE", unsigned("NONE"), "signature"},
		{"alg missing", unsigned(""), "signature"},
		{"HS384", sign(t, jwt.SigningMethodHS384, []byte(secret), nil, good), "signature"},
		{"foreign key under a known id", sign(t, es, foreign, kid("ec"), good), "signature"},
		{"unknown key id", sign(t, es, foreign, kid("foreign"), good), "unknown key"},
		{"no key id", sign(t, es, ecKey, nil, good), "names no key"},
		{"key id no string", sign(t, es, ecKey, map[string]any{"kid": 1}, good), "names no key"},
		{"HS256 with the RSA public key as secret", sign(t, hs, rsaPEM, kid("rsa"), good), "signature"},
		{"HS256 with the RSA public key in DER", sign(t, hs, der, kid("rsa"), good), "signature"},
		{"RS256 under the id of an EC key", sign(t, jwt.SigningMethodRS256, rsaKey, kid("ec"), good), "not the one of its key"},
		{"PS256 with the RSA key", sign(t, jwt.SigningMethodPS256, rsaKey, kid("rsa"), good), "signature"},
		{"ES384", sign(t, jwt.SigningMethodES384, wide, kid("wide"), good), "signature"},
		{"unknown critical extension", sign(t, hs, []byte(secret), map[string]any{"crit": []string{"b64"}}, good), "extension"},
		{"key in its own header", sign(t, es, foreign, map[string]any{"kid": "x", "jku": "https://evil.test", "jwk": map[string]string{"kty": "EC"}}, good), "unknown key"},
		{"two parts", strings.Join(strings.Split(with(nil), ".")[:2], "."), "malformed"},
		{"garbage", "a.b.c", "malformed"},
		{"empty", "", "malformed"},
		{"payload no object", with(nil)[:20] + ".W10.eA", "malformed"},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			at := &clock{at: now}
			v := supabase.NewVerifier(supabase.VerifierOptions{AuthURL: auth.URL, Secrets: []string{secret}, Now: at.now})
			identity, err := v.Verify(context.Background(), tt.Token)
			if tt.Want == "" {
				if err != nil {
					t.Fatal(err)
				}
				if identity.Subject != subject || identity.Token != tt.Token || identity.Anonymous() {
					t.Errorf("got %+v, want the subject %s with its token", identity, subject)
				}
				if again, err := v.Verify(context.Background(), tt.Token); err != nil || again != identity {
					t.Errorf("the second time: got %+v, %v, want %+v", again, err, identity)
				}
				at.advance(2 * time.Hour)
				if _, err := v.Verify(context.Background(), tt.Token); err == nil {
					t.Error("accepted after its expiry")
				}
				return
			}
			if fault := new(supabase.TokenError); !errors.As(err, &fault) || !strings.Contains(fault.Reason, tt.Want) {
				t.Errorf("got error %v for %+v, want a TokenError with %q", err, identity, tt.Want)
			}
		})
	}

	t.Run("HS256 without a shared secret", func(t *testing.T) {
		v := supabase.NewVerifier(supabase.VerifierOptions{AuthURL: auth.URL})
		for _, key := range []string{secret, "", string(rsaPEM)} {
			var fault *supabase.TokenError
			if _, err := v.Verify(context.Background(), sign(t, hs, []byte(key), nil, good)); !errors.As(err, &fault) {
				t.Errorf("got error %v, want a TokenError", err)
			}
		}
	})
	t.Run("issuer", func(t *testing.T) {
		for issuer, want := range map[string]bool{"https://auth.test/auth/v1": true, "https://other.test": false} {
			v := supabase.NewVerifier(supabase.VerifierOptions{AuthURL: auth.URL, Secrets: []string{secret}, Issuer: issuer})
			if _, err := v.Verify(context.Background(), with(nil)); (err == nil) != want {
				t.Errorf("the issuer %q: got error %v, want none: %t", issuer, err, want)
			}
		}
	})
	t.Run("roles", func(t *testing.T) {
		v := supabase.NewVerifier(supabase.VerifierOptions{AuthURL: auth.URL, Secrets: []string{secret}})
		for _, role := range []any{"service_role", "supabase_admin", "postgres", "", nil} {
			var fault *supabase.RoleError
			if _, err := v.Verify(context.Background(), with(jwt.MapClaims{"role": role})); !errors.As(err, &fault) {
				t.Errorf("the role %v: got error %v, want a RoleError", role, err)
			}
		}
		identity, err := v.Verify(context.Background(), with(jwt.MapClaims{"role": "anon", "sub": nil, "aud": nil}))
		if err != nil || !identity.Anonymous() {
			t.Errorf("anon: got %+v, %v, want an anonymous one", identity, err)
		}
	})
}

func FuzzVerify(f *testing.F) {
	now := time.Now()
	good := sign(f, jwt.SigningMethodHS256, []byte(secret), nil, claims(now, nil))
	parts := strings.Split(good, ".")
	for _, seed := range []string{good, "", "..", "a.b.c", parts[0] + "." + parts[1] + ".", "eyJhbGciOiJub25lIn0." + parts[1] + ".", parts[0] + ".e30." + parts[2]} {
		f.Add(seed)
	}
	v := supabase.NewVerifier(supabase.VerifierOptions{AuthURL: "http://127.0.0.1:1", Secrets: []string{secret}})
	f.Fuzz(func(t *testing.T, token string) {
		identity, err := v.Verify(context.Background(), token)
		// base64url ignores the unused bits of the last character, so a few
		// spellings of the one good token are good as well.
		if err == nil && !strings.HasPrefix(token, good[:len(good)-1]) {
			t.Fatalf("%q is accepted as %+v", token, identity)
		}
	})
}

// BenchmarkVerify is what the cache of verified tokens saves: more tokens than
// it holds, and one over and over.
func BenchmarkVerify(b *testing.B) {
	key := mustEC(b, elliptic.P256())
	auth := newKeys(b)
	auth.publish(b, map[string]any{"key": key})
	v := supabase.NewVerifier(supabase.VerifierOptions{AuthURL: auth.URL})
	tokens := make([]string, 10_000)
	for i := range tokens {
		tokens[i] = sign(b, jwt.SigningMethodES256, key, map[string]any{"kid": "key"}, claims(time.Now(), jwt.MapClaims{"n": i}))
	}
	for name, tokens := range map[string][]string{"ES256": tokens, "known": tokens[:1]} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if _, err := v.Verify(context.Background(), tokens[i%len(tokens)]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestAnyPublishableKeyIsNobody has clients show publishable keys, the project's
// own or not, where there should be a token.
func TestAnyPublishableKeyIsNobody(t *testing.T) {
	auth := supabase.Authenticator{Verifier: supabase.NewVerifier(supabase.VerifierOptions{AuthURL: "http://127.0.0.1:1", Secrets: []string{secret}})}
	legacy := func(role, by string) string {
		return sign(t, jwt.SigningMethodHS256, []byte(by), nil, jwt.MapClaims{"iss": "supabase", "role": role, "exp": time.Now().Add(time.Hour).Unix()})
	}
	withdrawn := "a-secret-that-does-not-count-any-more"
	for name, token := range map[string]string{
		"a publishable key": "sb_publishable_x", "a legacy anon key": legacy("anon", secret), "one of a withdrawn secret": legacy("anon", withdrawn),
	} {
		if identity, err := auth.Bearer(context.Background(), "Bearer "+token); err != nil || !identity.Anonymous() {
			t.Errorf("%s: got %+v, %v, want an anonymous one", name, identity, err)
		}
	}
	for name, token := range map[string]string{
		"a secret key": "sb_secret_x", "a service_role key": legacy("service_role", secret), "one of a withdrawn secret": legacy("service_role", withdrawn), "a user's token of it": legacy("authenticated", withdrawn),
	} {
		if identity, err := auth.Bearer(context.Background(), "Bearer "+token); err == nil {
			t.Errorf("%s: got %+v, want an error", name, identity)
		}
	}
}

// TestTokensAreLent has the bytes of a token overwritten once it was verified,
// as a server does with its buffers.
func TestTokensAreLent(t *testing.T) {
	now := time.Now()
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims(now, nil)).SignedString([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	auth := supabase.Authenticator{Verifier: supabase.NewVerifier(supabase.VerifierOptions{AuthURL: "http://127.0.0.1:1", Secrets: []string{secret}})}
	for range 2 { // the second is remembered
		buffer := []byte("Bearer " + token)
		identity, err := auth.Bearer(context.Background(), unsafe.String(&buffer[0], len(buffer)))
		if err != nil {
			t.Fatal(err)
		}
		clear(buffer)
		if identity.Token != token || identity.Subject != subject {
			t.Errorf("after its buffer was used again: got %+v, want the subject %s and the same token", identity, subject)
		}
	}
}
