package server_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/mysingle/mysingle/bff/session"
	"github.com/mysingle/mysingle/bff/supabasetest"
)

const password = supabasetest.Password

// browser does with cookies what browsers do, and says what the app's own
// pages say.
type browser struct {
	tb  testing.TB
	bff string
	jar *cookiejar.Jar
	// sealed are the BFF_SESSION_KEYS that open its session, the stack's if "".
	sealed string
}

func newBrowser(tb testing.TB, bff string) *browser {
	tb.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		tb.Fatal(err)
	}
	return &browser{tb: tb, bff: bff, jar: jar}
}

// send sends a request; headers are name and value by turns. A body is JSON,
// unless the headers say otherwise.
func (b *browser) send(method, path, body string, headers ...string) answer {
	b.tb.Helper()
	a, err := b.try(method, path, body, headers...)
	if err != nil {
		b.tb.Fatal(err)
	}
	return a
}

func (b *browser) try(method, path, body string, headers ...string) (answer, error) {
	req, err := http.NewRequest(method, path, strings.NewReader(body))
	if err == nil && !req.URL.IsAbs() {
		req, err = http.NewRequest(method, b.bff+path, strings.NewReader(body))
	}
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	client := http.Client{Jar: b.jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(text)}, err
}

// cookies are the session's, as the browser holds them.
func (b *browser) cookies() session.Cookies {
	held := make(session.Cookies)
	for _, cookie := range b.jar.Cookies(supabasetest.MustURL(b.tb, b.bff)) {
		held[cookie.Name] = cookie.Value
	}
	return held
}

// hold makes the browser hold the cookies too.
func (b *browser) hold(cookies []*http.Cookie) {
	b.tb.Helper()
	b.jar.SetCookies(supabasetest.MustURL(b.tb, b.bff), cookies)
}

// session opens the browser's cookie.
func (b *browser) session() session.Session {
	b.tb.Helper()
	held, found, err := mustJarOf(b.tb, b.sealed).Session(b.cookies())
	if err != nil || !found {
		b.tb.Fatalf("the browser has no session: %v", err)
	}
	return held
}

// mustSignIn signs in and returns the answer.
func (b *browser) mustSignIn(email, password string) answer {
	b.tb.Helper()
	a := b.send(http.MethodPost, "/api/v1/session", mustJSON(b.tb, map[string]string{"email": email, "password": password}))
	if a.Status != http.StatusOK {
		b.tb.Fatalf("signing in: got status %d, want 200: %s", a.Status, a.Body)
	}
	return a
}

// mustExpire makes the browser's access token one that has expired, with its
// real refresh token, and returns the cookies.
func (b *browser) mustExpire(ago time.Duration) session.Session {
	b.tb.Helper()
	held := b.session()
	held.ExpiresAt = time.Now().Add(-ago).Truncate(time.Second)
	held.IssuedAt = held.ExpiresAt.Add(-time.Hour)
	held.AccessToken = mustSign(b.tb, held.AccessToken, jwt.MapClaims{"iat": held.IssuedAt.Unix(), "exp": held.ExpiresAt.Unix()})
	b.mustHold(held)
	return held
}

func (b *browser) mustHold(held session.Session) {
	b.tb.Helper()
	cookies, err := mustJarOf(b.tb, b.sealed).SetSession(held, b.cookies())
	if err != nil {
		b.tb.Fatal(err)
	}
	b.hold(cookies)
}

// mustSign signs a token like the given one, with the changes made.
func mustSign(tb testing.TB, token string, changes jwt.MapClaims) string {
	tb.Helper()
	claims := jwt.MapClaims{}
	if _, _, err := jwt.NewParser().ParseUnverified(token, claims); err != nil {
		tb.Fatal(err)
	}
	for name, value := range changes {
		claims[name] = value
	}
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(supabasetest.Env(tb, "SUPABASE_JWT_SECRET")))
	if err != nil {
		tb.Fatal(err)
	}
	return signed
}

// mustJar opens the cookies of the BFFs that tests start.
func mustJar(tb testing.TB) *session.Jar { return mustJarOver(tb, false) }

func mustJarOver(tb testing.TB, https bool) *session.Jar {
	tb.Helper()
	return session.NewJar(mustSealer(tb, supabasetest.Env(tb, "BFF_SESSION_KEYS")), https)
}

// mustJarOf opens the cookies of BFFs with the BFF_SESSION_KEYS, "" for the
// stack's.
func mustJarOf(tb testing.TB, keys string) *session.Jar {
	tb.Helper()
	if keys == "" {
		return mustJar(tb)
	}
	return session.NewJar(mustSealer(tb, keys), false)
}

func mustSealer(tb testing.TB, text string) *session.Sealer {
	tb.Helper()
	var keys session.Keys
	if err := keys.UnmarshalText([]byte(text)); err != nil {
		tb.Fatal(err)
	}
	sealer, err := session.NewSealer(keys)
	if err != nil {
		tb.Fatal(err)
	}
	return sealer
}

// mustSignedUp is a browser in which somebody new is signed in.
func mustSignedUp(tb testing.TB, bff string) (b *browser, email string) {
	tb.Helper()
	b, email = newBrowser(tb, bff), newEmail()
	a := b.send(http.MethodPost, "/api/v1/session/sign-up", mustJSON(tb, map[string]string{"email": email, "password": password}))
	if a.Status != http.StatusCreated {
		tb.Fatalf("signing up: got status %d, want 201: %s", a.Status, a.Body)
	}
	return b, email
}

func newEmail() string { return uuid.NewString() + "@test.mysingle.test" }

// mustBe checks who is signed in, by Auth, by PostgREST and by a view.
func (b *browser) mustBe(email string) {
	b.tb.Helper()
	a := b.send(http.MethodGet, "/api/v1/session", "")
	var current struct {
		User struct{ ID, Email string }
	}
	if err := json.Unmarshal([]byte(a.Body), &current); err != nil || a.Status != http.StatusOK || current.User.Email != email {
		b.tb.Fatalf("%d instead of %s: %s", a.Status, email, a.Body)
	}
	a = b.send(http.MethodGet, "/rest/v1/profiles?select=email&profile_id=eq."+current.User.ID, "", "apikey", supabasetest.Env(b.tb, "SUPABASE_PUBLISHABLE_KEY"))
	if a.Status != http.StatusOK || a.Body != `[{"email":"`+email+`"}]` {
		b.tb.Fatalf("the profile by PostgREST: got status %d, want 200 and %s: %s", a.Status, email, a.Body)
	}
	if a = b.send(http.MethodGet, "/api/v1/me/scrum", ""); a.Status != http.StatusOK {
		b.tb.Fatalf("a view: got status %d, want 200: %s", a.Status, a.Body)
	}
}

// mustBeOut checks that the session is over on every path, and nobody gets an
// anonymous answer instead.
func (b *browser) mustBeOut(cleared bool) {
	b.tb.Helper()
	before := b.cookies()
	for _, path := range []string{"/api/v1/session", "/api/v1/me/scrum", "/rest/v1/profiles?select=email", "/auth/v1/user", "/auth/v1/settings"} {
		again := newBrowser(b.tb, b.bff)
		for name, value := range before {
			again.hold([]*http.Cookie{{Name: name, Value: value, Path: "/"}})
		}
		a := again.send(http.MethodGet, path, "")
		if p := mustProblem(b.tb, a, http.StatusUnauthorized); *p.Code != "session_ended" {
			b.tb.Errorf("%s: got code %s, want session_ended", path, *p.Code)
		}
		if a.Header.Get("Cache-Control") != "no-store" && cleared {
			b.tb.Errorf("%s: Cache-Control %q", path, a.Header.Get("Cache-Control"))
		}
		if left := again.cookies(); (len(left) == 0) != cleared {
			b.tb.Errorf("%s: the browser still holds %d cookies", path, len(left))
		}
	}
}

// mustURLQuery is a parameter of an address.
func mustURLQuery(tb testing.TB, address, name string) string {
	tb.Helper()
	u, err := url.Parse(address)
	if err != nil {
		tb.Fatal(err)
	}
	return u.Query().Get(name)
}
