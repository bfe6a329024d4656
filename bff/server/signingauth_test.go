package server_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"
	"sync"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

// signingAuth is the stack's Auth as it is with signing keys: it publishes them,
// and signs with the one in use. @supabase/lite has the secret alone, so tokens
// are signed anew on their way out, and back on their way in.
type signingAuth struct {
	*httptest.Server
	mu        sync.Mutex
	inUse     *signingKey
	published []map[string]string
}

type signingKey struct {
	id  string
	key *ecdsa.PrivateKey
}

func mustSigningKey(t *testing.T) *signingKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &signingKey{uuid.NewString(), key}
}

// jwk is the public half.
func (k *signingKey) jwk(t *testing.T) map[string]string {
	t.Helper()
	point, err := k.key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	return map[string]string{"kid": k.id, "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "x": encode(point[1:33]), "y": encode(point[33:])}
}

func mustSigningAuth(t *testing.T) *signingAuth {
	t.Helper()
	auth := &signingAuth{}
	secret := []byte(supabasetest.Env(t, "SUPABASE_JWT_SECRET"))
	target := supabasetest.MustURL(t, strings.TrimSuffix(supabasetest.Env(t, "AUTH_URL"), "/auth/v1"))
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Header.Del("Accept-Encoding")
			token := strings.TrimPrefix(r.In.Header.Get("Authorization"), "Bearer ")
			if inside, err := signBy(token, jwt.SigningMethodHS256, secret, ""); err == nil {
				r.Out.Header.Set("Authorization", "Bearer "+inside)
			}
		},
		ModifyResponse: auth.sign,
	}
	auth.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/auth/v1/.well-known/jwks.json" {
			proxy.ServeHTTP(w, r)
			return
		}
		auth.mu.Lock()
		defer auth.mu.Unlock()
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": auth.published})
	}))
	t.Cleanup(auth.Close)
	auth.publish()
	return auth
}

func (a *signingAuth) publish(keys ...map[string]string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.published = append([]map[string]string{}, keys...)
}

func (a *signingAuth) use(key *signingKey) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.inUse = key
}

// sign signs the token in an answer with the key in use.
func (a *signingAuth) sign(r *http.Response) error {
	a.mu.Lock()
	key := a.inUse
	a.mu.Unlock()
	var members map[string]any
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	if token := ""; key != nil && json.Unmarshal(text, &members) == nil {
		if token, _ = members["access_token"].(string); token != "" {
			if members["access_token"], err = signBy(token, jwt.SigningMethodES256, key.key, key.id); err != nil {
				return err
			}
			if text, err = json.Marshal(members); err != nil {
				return err
			}
		}
	}
	r.Body = io.NopCloser(strings.NewReader(string(text)))
	r.Header.Set("Content-Length", fmt.Sprint(len(text)))
	r.ContentLength = int64(len(text))
	return nil
}
