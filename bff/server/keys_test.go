package server_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

// The drills of bff/deploy/keys.md: each walks its steps with people at work,
// of whom none may notice, and tries the old key after the last one.

// TestKeysOfSessionsChange_slow changes the key of two BFFs that roll: the new one
// opens everywhere before it seals anywhere.
func TestKeysOfSessionsChange_slow(t *testing.T) {
	t.Parallel()
	first, second := randomKey(), randomKey()
	settings := map[string]string{"BFF_SESSION_KEYS": first, "REDIS_URL": supabasetest.MustStartRedis(t).URL}
	fleet := mustFleet(t, settings)
	signedUp := func() (*browser, string) {
		b, email := mustSignedUp(t, fleet.url)
		b.sealed = first + "," + second
		return b, email
	}
	early, email := signedUp()
	crowd := newCrowd(t)
	crowd.joinBrowser(early)
	away, _ := signedUp() // until it is too late
	b, others := signedUp()
	check := func() {
		t.Helper()
		crowd.mustGoOn()
		fleet.each(func(refreshing string) {
			b.bff = refreshing
			b.mustExpire(time.Minute)
			b.mustBe(others)
			newcomer, name := mustSignedUp(t, refreshing)
			fleet.each(func(address string) {
				b.bff, newcomer.bff = address, address
				b.mustBe(others)
				newcomer.mustBe(name)
			})
		})
	}
	check()
	fleet.mustRoll(t, settings, map[string]string{"BFF_SESSION_KEYS": first + "," + second}, check)
	fleet.mustRoll(t, settings, map[string]string{"BFF_SESSION_KEYS": second + "," + first}, check)
	early.mustExpire(time.Minute) // as each hour does, of the month that is waited for
	early.mustBe(email)
	b.sealed = second
	b.mustBe(others)
	fleet.mustRoll(t, settings, map[string]string{"BFF_SESSION_KEYS": second}, check)
	crowd.end()

	away.mustBeOut(true)
	// What the old key seals, of a session that lives, is nothing any more.
	forged := newBrowser(t, fleet.url)
	forged.sealed = first
	forged.mustHold(b.session())
	forged.mustBeOut(true)
	b.mustBe(others)

	// With the new key in front at once, who signs in at an instance that has it
	// is out at one that hasn't.
	ahead, _ := mustSignedUp(t, mustServe(t, supabasetest.Config(t, map[string]string{"BFF_SESSION_KEYS": second + "," + first})))
	ahead.bff = mustServe(t, supabasetest.Config(t, map[string]string{"BFF_SESSION_KEYS": first}))
	ahead.mustBeOut(true)
}

// jwks are the keys as PGRST_JWT_SECRET may have them.
func jwks(t *testing.T, keys ...map[string]string) string {
	t.Helper()
	return mustJSON(t, map[string]any{"keys": keys})
}

func octet(secret string) map[string]string {
	return map[string]string{"kty": "oct", "alg": "HS256", "k": base64.RawURLEncoding.EncodeToString([]byte(secret))}
}

// mustBeRefused checks that the token is worth nothing to the BFFs and to
// PostgREST itself.
func mustBeRefused(t *testing.T, token string, fleet, rest *place) {
	t.Helper()
	fleet.each(func(address string) {
		a := mustSend(t, http.MethodGet, address+"/rest/v1/profiles?select=email", "", "Authorization", "Bearer "+token)
		if p := mustProblem(t, a, http.StatusUnauthorized); *p.Code != "invalid_token" {
			t.Errorf("a BFF: got code %s, want invalid_token", *p.Code)
		}
	})
	if a := mustSend(t, http.MethodGet, rest.url+"/profiles?select=email", "", "Authorization", "Bearer "+token); a.Status != http.StatusUnauthorized {
		t.Errorf("PostgREST: got status %d, want 401: %s", a.Status, a.Body)
	}
}

// mustSignBy signs a token like the given one with the key.
func mustSignBy(t *testing.T, token string, method jwt.SigningMethod, key any, id string) string {
	t.Helper()
	signed, err := signBy(token, method, key, id)
	if err != nil {
		t.Fatal(err)
	}
	supabasetest.Secret(signed)
	return signed
}

func signBy(token string, method jwt.SigningMethod, key any, id string) (string, error) {
	claims := jwt.MapClaims{}
	if _, _, err := jwt.NewParser().ParseUnverified(token, claims); err != nil {
		return "", err
	}
	again := jwt.NewWithClaims(method, claims)
	if id != "" {
		again.Header["kid"] = id
	}
	return again.SignedString(key)
}

// signedBy reports whether the key has signed the token.
func signedBy(token string, key any) bool {
	_, err := jwt.Parse(token, func(*jwt.Token) (any, error) { return key, nil })
	return err == nil
}

// TestJWTSecretChanges_slow changes the secret that Auth signs with, where Auth knows
// one at a time.
func TestJWTSecretChanges_slow(t *testing.T) {
	t.Parallel()
	first, second := randomKey(), randomKey()
	startAuth := func(secret string) string {
		return supabasetest.MustStartAuth(t, map[string]string{"AUTH_JWT_SECRET": secret}).URL
	}
	startREST := func(secret string) string {
		return supabasetest.MustStartPostgREST(t, "PGRST_JWT_SECRET="+secret).URL
	}
	auth, rest := mustPlace(t, startAuth(first)), mustPlace(t, startREST(first))
	settings := map[string]string{"SUPABASE_AUTH_URL": auth.url + "/auth/v1", "SUPABASE_REST_URL": rest.url, "SUPABASE_JWT_SECRET": first}
	fleet := mustFleet(t, settings)

	b, email := mustSignedUp(t, fleet.url)
	early := mustPhone(t, fleet.url, email)
	old := early.token()
	crowd := newCrowd(t)
	crowd.joinBrowser(b)
	crowd.join("a phone", early.ask)
	away, absent := mustSignedUp(t, fleet.url)
	leaving, _ := mustSignedUp(t, fleet.url)
	renaming, renamed := mustSignedUp(t, fleet.url)
	again, sameName := mustSignedUp(t, fleet.url)
	signsBy := first
	check := func() {
		t.Helper()
		crowd.mustGoOn()
		newcomer, name := mustSignedUp(t, fleet.url)
		app := mustPhone(t, fleet.url, name)
		app.mustRenew(t)
		if !signedBy(app.token(), []byte(signsBy)) || !signedBy(newcomer.session().AccessToken, []byte(signsBy)) {
			t.Error("a token is not signed by the key that is in use")
		}
		fleet.each(func(address string) {
			newcomer.bff = address
			newcomer.mustBe(name)
			if a := mustSend(t, http.MethodGet, address+"/rest/v1/profiles?select=email", "", "Authorization", "Bearer "+app.token()); a.Status != http.StatusOK {
				t.Errorf("an app's token: got status %d, want 200: %s", a.Status, a.Body)
			}
		})
	}
	check()

	// Who verifies takes both.
	rest.move(t, 0, startREST(jwks(t, octet(first), octet(second))))
	check()
	fleet.mustRoll(t, settings, map[string]string{"SUPABASE_OTHER_JWT_SECRET": second}, check)

	// Auth signs by the new one, and takes the old one no more. The cookie's
	// sessions get a new token where they need Auth.
	signsBy = second
	auth.move(t, 0, startAuth(second))
	check()
	if a := leaving.send(http.MethodDelete, "/api/v1/session", ""); a.Status != http.StatusNoContent {
		t.Errorf("signing out: got status %d, want 204: %s", a.Status, a.Body)
	}
	if a := renaming.send(http.MethodPut, "/api/v1/session/password", `{"password":"another-password"}`); a.Status != http.StatusNoContent {
		t.Errorf("a new password: got status %d, want 204: %s", a.Status, a.Body)
	}
	renaming.mustBe(renamed)
	replaced := again.session()
	if a := again.mustSignIn(sameName, password); a.Status != http.StatusOK {
		t.Errorf("signing in again: got status %d, want 200: %s", a.Status, a.Body)
	}
	if a := mustSend(t, http.MethodPost, auth.url+"/auth/v1/token?grant_type=refresh_token", mustJSON(t, map[string]string{"refresh_token": replaced.RefreshToken})); a.Status != http.StatusBadRequest {
		t.Errorf("the session that was replaced lives on: %d", a.Status)
	}
	// A client with a token of the old one is refused by Auth itself until it
	// renews that.
	if a := mustSend(t, http.MethodGet, fleet.url+"/auth/v1/user", "", "Authorization", "Bearer "+old); a.Status != http.StatusForbidden {
		t.Errorf("the old token at Auth: got status %d, want 403: %s", a.Status, a.Body)
	}
	if a, err := early.with(old); err != nil || a.Status != http.StatusOK {
		t.Errorf("the old token: got status %d, %v, want 200: %s", a.Status, err, a.Body)
	}

	// After an hour nobody has a token of the old one.
	early.mustRenew(t)
	fleet.mustRoll(t, settings, map[string]string{"SUPABASE_JWT_SECRET": second, "SUPABASE_OTHER_JWT_SECRET": ""}, check)
	rest.move(t, 0, startREST(second))
	check()
	crowd.end()
	mustBeRefused(t, old, fleet, rest)
	mustBeRefused(t, mustSignBy(t, early.token(), jwt.SigningMethodHS256, []byte(first), ""), fleet, rest)
	// Or not yet, as when the old one had leaked: a session by cookie goes on.
	if !signedBy(away.session().AccessToken, []byte(first)) {
		t.Error("it was renewed already")
	}
	away.mustBe(absent)
	b.mustBe(email)
}

// TestAuthSignsByAnotherKey_slow has Auth and the BFF disagree on the secret, as they
// do where one is changed without the other: that isn't the sessions' fault, and
// they go on as soon as both agree again.
func TestAuthSignsByAnotherKey_slow(t *testing.T) {
	t.Parallel()
	first, second := randomKey(), randomKey()
	startAuth := func(secret string) string {
		return supabasetest.MustStartAuth(t, map[string]string{"AUTH_JWT_SECRET": secret}).URL
	}
	auth := mustPlace(t, startAuth(first))
	settings := map[string]string{"SUPABASE_AUTH_URL": auth.url + "/auth/v1", "SUPABASE_JWT_SECRET": first, "BFF_SESSION_KEYS": randomKey()}
	b, email := mustSignedUp(t, mustServe(t, supabasetest.Config(t, settings)))
	b.sealed = settings["BFF_SESSION_KEYS"]
	next := startAuth(second)

	settings["SUPABASE_JWT_SECRET"] = second
	b.bff = mustServe(t, supabasetest.Config(t, settings))
	before := auth.asked()
	for range 20 {
		if p := mustProblem(t, b.send(http.MethodGet, "/api/v1/session", ""), http.StatusBadGateway); *p.Code != "upstream_unavailable" {
			t.Fatalf("got code %s, want upstream_unavailable", *p.Code)
		}
	}
	if n := auth.asked() - before; n > 2 { // one, and another if it took three seconds
		t.Errorf("Auth was asked %d times for tokens that nobody takes", n)
	}
	auth.move(t, 0, next)
	supabasetest.MustWait(t, "the session to go on", func() bool {
		a := b.send(http.MethodGet, "/api/v1/session", "")
		return a.Status == http.StatusOK && strings.Contains(a.Body, email)
	})
}

// TestSigningKeysChange_slow goes from the shared secret to a signing key, and from
// that to the next, as a hosted project does: standby, in use, previously used,
// revoked.
func TestSigningKeysChange_slow(t *testing.T) {
	t.Parallel()
	secret := supabasetest.Env(t, "SUPABASE_JWT_SECRET")
	first, second := mustSigningKey(t), mustSigningKey(t)
	startREST := func(keys ...map[string]string) string {
		return supabasetest.MustStartPostgREST(t, "PGRST_JWT_SECRET="+jwks(t, keys...)).URL
	}
	auth, rest := mustSigningAuth(t), mustPlace(t, startREST(octet(secret)))
	settings := map[string]string{"SUPABASE_AUTH_URL": auth.URL + "/auth/v1", "SUPABASE_REST_URL": rest.url, "SUPABASE_JWT_SECRET": secret}
	fleet := mustFleet(t, settings)

	b, email := mustSignedUp(t, fleet.url)
	app := mustPhone(t, fleet.url, email)
	crowd := newCrowd(t)
	crowd.joinBrowser(b)
	crowd.join("a phone", app.ask)
	check := func(key any) func() {
		return func() {
			t.Helper()
			crowd.mustGoOn()
			newcomer, name := mustSignedUp(t, fleet.url)
			if !signedBy(newcomer.session().AccessToken, key) {
				t.Error("a token is not signed by the key that is in use")
			}
			fleet.each(func(address string) {
				newcomer.bff = address
				newcomer.mustBe(name)
			})
		}
	}
	known := func(key *signingKey) {
		t.Helper()
		probe := mustSignBy(t, app.token(), jwt.SigningMethodES256, key.key, key.id)
		fleet.each(func(address string) {
			supabasetest.MustWait(t, "the BFF to look for the key", func() bool {
				a := mustSend(t, http.MethodGet, address+"/rest/v1/profiles?select=email", "", "Authorization", "Bearer "+probe)
				return a.Status == http.StatusOK
			})
		})
	}
	check([]byte(secret))()

	// From the shared secret to the first signing key.
	bySecret := app.token()
	auth.publish(first.jwk(t))
	rest.move(t, 0, startREST(octet(secret), first.jwk(t)))
	known(first)
	check([]byte(secret))()
	auth.use(first)
	check(&first.key.PublicKey)()
	app.mustRenew(t)
	b.mustExpire(time.Minute)
	fleet.mustRoll(t, settings, map[string]string{"SUPABASE_JWT_SECRET": ""}, check(&first.key.PublicKey))
	rest.move(t, 0, startREST(first.jwk(t)))
	check(&first.key.PublicKey)()
	mustBeRefused(t, bySecret, fleet, rest)

	// From the first signing key to the second.
	byFirst := app.token()
	away, absent := mustSignedUp(t, fleet.url)
	auth.publish(first.jwk(t), second.jwk(t))
	rest.move(t, 0, startREST(first.jwk(t), second.jwk(t)))
	known(second)
	auth.use(second)
	check(&second.key.PublicKey)()
	if a, err := app.with(byFirst); err != nil || a.Status != http.StatusOK {
		t.Errorf("the key that was used before: %d, %v: %s", a.Status, err, a.Body)
	}
	app.mustRenew(t)
	// Revoked. BFFs that are started anew don't know it; the others forget it
	// within ten minutes (TestAWithdrawnKeyGoesByItself).
	auth.publish(second.jwk(t))
	fleet.mustRoll(t, settings, nil, check(&second.key.PublicKey))
	rest.move(t, 0, startREST(second.jwk(t)))
	check(&second.key.PublicKey)()
	crowd.end()
	mustBeRefused(t, byFirst, fleet, rest)
	mustBeRefused(t, bySecret, fleet, rest)
	if !signedBy(away.session().AccessToken, &first.key.PublicKey) {
		t.Error("it was renewed already")
	}
	away.mustBe(absent)
}

// TestAPIKeysChange_slow changes the publishable key of the BFFs while apps on phones
// go on with the one they were built with, and takes that away.
func TestAPIKeysChange_slow(t *testing.T) {
	t.Parallel()
	first, second := supabasetest.Env(t, "SUPABASE_PUBLISHABLE_KEY"), "sb_publishable_"+uuid.NewString()
	keys := func(publishable ...string) supabasetest.Keys {
		return supabasetest.Keys{Publishable: publishable, Secret: []string{supabasetest.Env(t, "SUPABASE_SECRET_KEY")}, JWTSecret: supabasetest.Env(t, "SUPABASE_JWT_SECRET")}
	}
	gateway := mustPlace(t, supabasetest.MustStartGateway(t, keys(first)))
	settings := map[string]string{"SUPABASE_URL": gateway.url, "SUPABASE_PUBLISHABLE_KEY": first}
	fleet := mustFleet(t, settings)

	b, email := mustSignedUp(t, fleet.url)
	app := mustPhone(t, fleet.url, email)
	crowd := newCrowd(t)
	crowd.joinBrowser(b)
	crowd.join("an old app that asks the BFF", app.ask)
	stranger := func(address string) (answer, error) {
		return send(http.MethodGet, address+"/auth/v1/settings", "", "apikey", first, "Authorization", "Bearer "+first)
	}
	crowd.join("an old app at which nobody is signed in", func(int64) (answer, error) { return stranger(fleet.url) })
	check := func() {
		t.Helper()
		crowd.mustGoOn()
		app.mustRenew(t)
		for _, key := range []string{first, second} { // apps of both kinds, at BFFs of both kinds
			newcomer := newPhone(fleet.url, key, supabasetest.Person{})
			fleet.each(func(address string) {
				newcomer.url = address
				newcomer.mustTake(t, "password", map[string]string{"email": email, "password": password})
				if a, err := newcomer.ask(0); err != nil || a.Status != http.StatusOK {
					t.Errorf("a newcomer's phone: got status %d, %v, want 200: %s", a.Status, err, a.Body)
				}
			})
		}
	}
	direct := func(key string) answer {
		return mustSend(t, http.MethodGet, gateway.url+"/rest/v1/profiles?select=email", "", "apikey", key, "Authorization", "Bearer "+app.token())
	}
	check()
	if a := direct(second); a.Status != http.StatusUnauthorized {
		t.Errorf("a key that isn't there yet: %d", a.Status)
	}
	gateway.move(t, 0, supabasetest.MustStartGateway(t, keys(first, second)))
	check()
	fleet.mustRoll(t, settings, map[string]string{"SUPABASE_PUBLISHABLE_KEY": second}, check)
	for _, key := range []string{first, second} {
		if a := direct(key); a.Status != http.StatusOK {
			t.Errorf("past the BFF: got status %d, want 200: %s", a.Status, a.Body)
		}
	}

	// Without the old one: who showed it to the BFF alone notices nothing.
	gateway.move(t, 0, supabasetest.MustStartGateway(t, keys(second)))
	check()
	crowd.end()
	b.mustBe(email)
	if a := direct(first); a.Status != http.StatusUnauthorized || !strings.Contains(a.Body, "Invalid API key") {
		t.Errorf("the old key past the BFF: got status %d, want 401 and Invalid API key: %s", a.Status, a.Body)
	}
	if a, err := stranger(gateway.url); err != nil || a.Status != http.StatusUnauthorized || !strings.Contains(a.Body, "Invalid API key") {
		t.Errorf("the old key past the BFF, alone: got status %d, %v, want 401 and Invalid API key: %s", a.Status, err, a.Body)
	}
	// A BFF that was forgotten tells that it can't work.
	left := mustServe(t, supabasetest.Config(t, map[string]string{"SUPABASE_URL": gateway.url, "SUPABASE_PUBLISHABLE_KEY": first}))
	mustProblem(t, mustSend(t, http.MethodGet, left+"/readyz", ""), http.StatusServiceUnavailable)
}
