package server_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/mysingle/mysingle/bff/session"
	"github.com/mysingle/mysingle/bff/supabasetest"
)

// inFrontOfAuth is a proxy that counts how often sessions are refreshed and asked
// about, and does to Auth's answers what change says.
type inFrontOfAuth struct {
	url       string
	refreshes atomic.Int64
	questions atomic.Int64 // what Auth was asked about whom a token speaks for
	// failing has Auth fail at signing out.
	failing atomic.Bool
	held    atomic.Pointer[chan struct{}] // while it is set and open, refreshes wait
	// logouts, once it is made, gets every request to sign out before Auth does,
	// and what it waits for.
	logouts chan chan struct{}
}

func mustFrontAuth(tb testing.TB, auth string, change func(*http.Response) error) *inFrontOfAuth {
	tb.Helper()
	f := &inFrontOfAuth{}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(supabasetest.MustURL(tb, strings.TrimSuffix(auth, "/auth/v1")))
		},
		ModifyResponse: change,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("grant_type") == "refresh_token" {
			f.refreshes.Add(1)
			if held := f.held.Load(); held != nil {
				<-*held
			}
		}
		if r.URL.Path == "/auth/v1/user" && r.Method == http.MethodGet {
			f.questions.Add(1)
		}
		if f.failing.Load() && r.URL.Path == "/auth/v1/logout" {
			http.Error(w, "down", http.StatusInternalServerError)
			return
		}
		if f.logouts != nil && r.URL.Path == "/auth/v1/logout" {
			goOn := make(chan struct{})
			f.logouts <- goOn
			<-goOn
		}
		proxy.ServeHTTP(w, r)
	}))
	tb.Cleanup(server.Close)
	f.url = server.URL + "/auth/v1"
	return f
}

// hold has refreshes wait, before Auth gets them, until release is called.
func (f *inFrontOfAuth) hold(tb testing.TB) (release func()) {
	held := make(chan struct{})
	f.held.Store(&held)
	release = sync.OnceFunc(func() { close(held) })
	tb.Cleanup(release) // or a failed test would wait for them
	return release
}

// paths that need the session, each in its own way.
var signedInPaths = []string{"/api/v1/session", "/api/v1/me/scrum", "/rest/v1/profiles?select=email", "/auth/v1/user"}

// TestManyRequestsWithAnExpiredToken_slow is a page that wakes up: a hundred
// requests at once, over two BFFs, with the same expired token. All succeed,
// and nobody is signed out; neither are stragglers with the old cookie.
func TestManyRequestsWithAnExpiredToken_slow(t *testing.T) {
	t.Parallel()
	for _, shared := range []bool{false, true} {
		t.Run(fmt.Sprintf("redis %t", shared), func(t *testing.T) {
			auth := mustFrontAuth(t, supabasetest.Env(t, "SUPABASE_URL"), nil)
			settings := map[string]string{"SUPABASE_AUTH_URL": auth.url}
			most := int64(4) // once per BFF, which Auth's reuse interval covers, or twice where they collide
			if shared {
				settings["REDIS_URL"], most = supabasetest.MustStartRedis(t).URL, 1
			}
			bffs := []string{mustServe(t, supabasetest.Config(t, settings)), mustServe(t, supabasetest.Config(t, settings))}
			b, email := mustSignedUp(t, bffs[0])
			b.mustExpire(time.Minute)
			old := b.cookies()
			set := askAll(t, bffs, old, 100)
			time.Sleep(3 * time.Second) // these come after the refresh, with the cookie from before it
			maps.Copy(set, askAll(t, bffs, old, 40))
			if n := auth.refreshes.Load(); n < 1 || n > most {
				t.Errorf("Auth was asked %d times", n)
			}
			if len(set) < 1 || len(set) > 2 || shared && len(set) > 1 {
				t.Errorf("browsers get %d different sessions, want 1, or at most 2 without Redis", len(set))
			}
			// Whichever answer came last: its session goes on, refresh after refresh.
			for value := range set {
				b.hold([]*http.Cookie{{Name: "mysingle", Value: value, Path: "/"}})
				for i := range 3 {
					b.bff = bffs[i%2]
					b.mustBe(email)
				}
			}
			b.mustExpire(time.Minute)
			b.mustBe(email)
		})
	}
}

// askAll sends so many requests with the cookies at once, to all BFFs and
// paths in turn, and returns the cookies that came of it.
func askAll(t *testing.T, bffs []string, cookies session.Cookies, n int) map[string]bool {
	t.Helper()
	var mu sync.Mutex
	set := make(map[string]bool)
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() {
			b := newBrowser(t, bffs[i%len(bffs)])
			for name, value := range cookies {
				b.hold([]*http.Cookie{{Name: name, Value: value, Path: "/"}})
			}
			path := signedInPaths[i/len(bffs)%len(signedInPaths)]
			a, err := b.try(http.MethodGet, path, "")
			if err != nil || a.Status != http.StatusOK || a.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: got status %d, Cache-Control %q, %v, want 200 and no-store: %s", path, a.Status, a.Header.Get("Cache-Control"), err, a.Body)
				return
			}
			mu.Lock()
			set[b.cookies()["mysingle"]] = true
			mu.Unlock()
		})
	}
	wait.Wait()
	return set
}

func TestRefreshComesBeforeTheEnd(t *testing.T) {
	t.Parallel()
	auth := mustFrontAuth(t, supabasetest.Env(t, "SUPABASE_URL"), nil)
	b, email := mustSignedUp(t, mustServe(t, supabasetest.Config(t, map[string]string{"SUPABASE_AUTH_URL": auth.url})))
	b.mustBe(email)
	if auth.refreshes.Load() != 0 {
		t.Error("refreshed a fresh token")
	}
	before := b.mustExpire(-50 * time.Second)
	b.mustBe(email)
	after := b.session()
	if auth.refreshes.Load() != 1 || after.AccessToken == before.AccessToken || after.RefreshToken == before.RefreshToken || after.ID != before.ID {
		t.Errorf("got %d refreshes, want 1, with new tokens of the same session", auth.refreshes.Load())
	}
	// A bearer token is its owner's own affair.
	mustProblem(t, b.send(http.MethodGet, "/api/v1/session", "", "Authorization", "Bearer "+mustSign(t, before.AccessToken, jwt.MapClaims{"exp": 1})), http.StatusUnauthorized)
}

func TestDeadRefreshToken(t *testing.T) {
	t.Parallel()
	bff := mustServeStack(t)
	b, _ := mustSignedUp(t, bff)
	b.mustExpire(time.Minute)
	supabasetest.MustExec(t, `delete from auth.sessions where id = $1`, b.session().ID)
	b.mustBeOut(true)

	b, _ = mustSignedUp(t, bff)
	held := b.mustExpire(time.Minute)
	held.RefreshToken = "abcdefghijkl"
	b.mustHold(held)
	b.mustBeOut(true)
}

// TestSignOutDuringARefresh has Auth take its time: the answer to the request
// that began before the sign-out must not bring the cookie back.
func TestSignOutDuringARefresh(t *testing.T) {
	t.Parallel()
	auth := mustFrontAuth(t, supabasetest.Env(t, "SUPABASE_URL"), nil)
	settings := map[string]string{"SUPABASE_AUTH_URL": auth.url, "REDIS_URL": supabasetest.MustStartRedis(t).URL}
	b, email := mustSignedUp(t, mustServe(t, supabasetest.Config(t, settings)))
	other := newBrowser(t, mustServe(t, supabasetest.Config(t, settings)))
	holding := b.session() // its access token still holds, so signing out takes no refresh
	late := newBrowser(t, b.bff)
	late.hold(sessionCookies(b.cookies()))
	late.mustExpire(time.Minute)
	other.hold(sessionCookies(b.cookies()))
	release := auth.hold(t)
	answered := make(chan answer, 1)
	go func() {
		a, err := late.try(http.MethodGet, "/rest/v1/profiles?select=email", "")
		if err != nil {
			t.Error(err)
		}
		answered <- a
	}()
	supabasetest.MustWait(t, "the refresh to begin", func() bool { return auth.refreshes.Load() == 1 })
	if a := other.send(http.MethodDelete, "/api/v1/session", ""); a.Status != http.StatusNoContent {
		t.Fatalf("signing out during a refresh: got status %d, want 204: %s", a.Status, a.Body)
	}
	release()
	a := <-answered
	mustProblem(t, a, http.StatusUnauthorized)
	if len(late.cookies()) != 0 {
		t.Error("the cookie is there again")
	}
	b.mustHold(holding)
	b.mustBeOut(true)
	b.mustSignIn(email, password)
}

// TestReplacedWhileAuthHangs signs in anew, with an Auth that takes its time to
// end the session before: requests of that one, which come or are answered
// meanwhile, must not take the new cookie away.
func TestReplacedWhileAuthHangs(t *testing.T) {
	t.Parallel()
	for _, due := range []bool{false, true} {
		t.Run(fmt.Sprintf("due %t", due), func(t *testing.T) {
			t.Parallel()
			auth := mustFrontAuth(t, supabasetest.Env(t, "SUPABASE_URL"), nil)
			auth.logouts = make(chan chan struct{})
			b, email := mustSignedUp(t, mustServe(t, supabasetest.Config(t, map[string]string{"SUPABASE_AUTH_URL": auth.url})))
			if due {
				b.mustExpire(time.Minute)
			}
			before, late := b.session(), newBrowser(t, b.bff)
			late.hold(sessionCookies(b.cookies()))
			signedIn := make(chan struct{})
			go func() {
				defer close(signedIn)
				if a, err := b.try(http.MethodPost, "/api/v1/session", mustJSON(t, map[string]string{"email": email, "password": password})); err != nil || a.Status != http.StatusOK {
					t.Errorf("signing in anew: got status %d, %v, want 200: %s", a.Status, err, a.Body)
				}
			}()
			var goOn chan struct{}
			select {
			case goOn = <-auth.logouts:
			case <-signedIn:
				t.Fatal("Auth wasn't told of the session's end")
			}
			release := sync.OnceFunc(func() { close(goOn); <-signedIn })
			defer release()
			late.mustBeOut(false)
			release()
			late.mustBeOut(false)
			b.mustBe(email)
			var goesOn bool
			if err := supabasetest.MustConnect(t).QueryRow(t.Context(), `select exists (select from auth.sessions where id = $1)`, before.ID).Scan(&goesOn); err != nil || goesOn {
				t.Errorf("the session before goes on at Auth: %t, %v", goesOn, err)
			}
		})
	}
}

// TestReplacedDuringARequest has the session replaced after the request of it
// was let in, and before Auth refuses it.
func TestReplacedDuringARequest(t *testing.T) {
	t.Parallel()
	auth := mustFrontAuth(t, supabasetest.Env(t, "SUPABASE_URL"), nil)
	b, email := mustSignedUp(t, mustServe(t, supabasetest.Config(t, map[string]string{"SUPABASE_AUTH_URL": auth.url})))
	late := newBrowser(t, b.bff)
	late.hold(sessionCookies(b.cookies()))
	late.mustExpire(time.Minute)
	release := auth.hold(t)
	answered := make(chan answer, 1)
	go func() {
		a, err := late.try(http.MethodGet, "/rest/v1/profiles?select=email", "")
		if err != nil {
			t.Error(err)
		}
		answered <- a
	}()
	supabasetest.MustWait(t, "the refresh to begin", func() bool { return auth.refreshes.Load() == 1 })
	b.mustSignIn(email, password)
	release()
	if a := <-answered; a.Header.Get("Set-Cookie") != "" {
		t.Errorf("sets %s", a.Header.Get("Set-Cookie"))
	} else {
		mustProblem(t, a, http.StatusUnauthorized)
	}
	b.mustBe(email)
}

func sessionCookies(cookies session.Cookies) (set []*http.Cookie) {
	for name, value := range cookies {
		set = append(set, &http.Cookie{Name: name, Value: value, Path: "/"})
	}
	return set
}

func TestAuthIsDownDuringARefresh_slow(t *testing.T) {
	t.Parallel()
	auth := supabasetest.MustStartAuth(t, nil)
	settings := map[string]string{"SUPABASE_AUTH_URL": auth.URL, "BFF_SESSION_KEYS": randomKey()}
	patient := mustServe(t, supabasetest.Config(t, settings))
	b, email := mustSignedUp(t, patient)
	settings["BFF_UPSTREAM_TIMEOUT"] = "8s" // for Auth that hangs, and for PostgREST, which answers
	impatient := mustServe(t, supabasetest.Config(t, settings))
	b.sealed = settings["BFF_SESSION_KEYS"]
	b.bff = impatient
	b.mustBe(email) // it knows the session from now on
	for _, tt := range []struct {
		Name   string
		Fault  func(testing.TB)
		Repair func(testing.TB)
		Status int
	}{
		{"killed", auth.Kill, auth.MustStart, http.StatusBadGateway},
		{"hung", auth.Hang, auth.Continue, http.StatusGatewayTimeout},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			tt.Fault(t)
			b.mustExpire(-50 * time.Second) // so that it still holds after the refresh has been given up
			before := b.cookies()
			b.bff = impatient
			if a := b.send(http.MethodGet, "/rest/v1/profiles?select=email", ""); a.Status != http.StatusOK || !strings.Contains(a.Body, email) {
				t.Errorf("with a token that still holds: %d: %s", a.Status, a.Body)
			}
			b.mustExpire(10 * time.Second)
			begin := time.Now()
			for _, path := range signedInPaths {
				a := b.send(http.MethodGet, path, "")
				mustProblem(t, a, tt.Status)
				if a.Header.Get("Set-Cookie") != "" {
					t.Errorf("the cookie changes: %s", a.Header.Get("Set-Cookie"))
				}
			}
			if took := time.Since(begin); took > 2*time.Minute {
				t.Errorf("%d requests that wait 8 s each for Auth took %s", len(signedInPaths), took)
			}
			if len(before) != len(b.cookies()) {
				t.Error("the cookie is gone")
			}
			tt.Repair(t)
			// A refresh that Auth began, and whose answer nobody waited for, may have
			// used the token up: then the session has ended, and says so.
			var a answer
			supabasetest.MustWait(t, "Auth to be seen again", func() bool {
				a = b.send(http.MethodGet, "/api/v1/session", "")
				return a.Status == http.StatusOK || a.Status == http.StatusUnauthorized && tt.Status == http.StatusGatewayTimeout
			})
			b.bff = patient
			if a.Status == http.StatusUnauthorized {
				if p := mustProblem(t, a, http.StatusUnauthorized); *p.Code != "session_ended" {
					t.Errorf("after the repair: got code %s, want session_ended", *p.Code)
				}
				b.mustSignIn(email, password)
			}
			b.mustBe(email)
		})
	}
	// One can sign out of this browser all the same.
	auth.Kill(t)
	b.mustExpire(10 * time.Second)
	if a := b.send(http.MethodDelete, "/api/v1/session", ""); a.Status != http.StatusNoContent || len(b.cookies()) != 0 {
		t.Errorf("signing out answered %d: %s", a.Status, a.Body)
	}
	auth.MustStart(t)
	b.mustSignIn(email, password)
	auth.Kill(t)
	if mustProblem(t, b.send(http.MethodDelete, "/api/v1/session?scope=global", ""), http.StatusBadGateway); len(b.cookies()) == 0 {
		t.Error("signed out although the others are still signed in")
	}
}

func TestRedisIsDown_slow(t *testing.T) {
	t.Parallel()
	redis := supabasetest.MustStartRedis(t)
	var log syncBuffer
	bff := mustServeLogging(t, supabasetest.Config(t, map[string]string{"REDIS_URL": redis.URLWithin(5 * time.Second)}), &log)
	b, email := mustSignedUp(t, bff)
	check := func(name string) {
		t.Helper()
		begin := time.Now()
		b.mustExpire(time.Minute)
		old := b.cookies()
		b.mustBe(email)
		askAll(t, []string{bff}, old, 10)
		if took := time.Since(begin); took > time.Minute { // a Redis that hangs does so until the end
			t.Errorf("%s: took %s, want at most 1m", name, took)
		}
	}
	check("up")
	redis.Kill(t)
	check("killed")
	time.Sleep(1100 * time.Millisecond) // so that it is asked again, in vain
	check("still killed")
	redis.MustStart(t)
	supabasetest.MustWait(t, "Redis to be used again", func() bool {
		check("back")
		return strings.Contains(log.String(), "sessions and rate limits are shared again")
	})
	redis.Hang(t)
	check("hung")
	if n := strings.Count(log.String(), "Redis fails: this instance"); n != 2 {
		t.Errorf("lines about two outages: got %d, want 2", n)
	}
}

// withMetadata puts the user's metadata into access tokens, as GoTrue does and
// @supabase/lite doesn't.
func withMetadata(tb testing.TB) func(*http.Response) error {
	return func(resp *http.Response) error {
		if resp.StatusCode != http.StatusOK || resp.Request.URL.Path == "/auth/v1/user" || resp.Header.Get("Content-Encoding") != "" {
			return nil
		}
		var body map[string]any
		if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
			return err
		}
		if token, ok := body["access_token"].(string); ok {
			body["access_token"] = mustSign(tb, token, jwt.MapClaims{"user_metadata": body["user"].(map[string]any)["user_metadata"]})
		}
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
		resp.Header.Set("Content-Length", strconv.Itoa(len(text)))
		return nil
	}
}

func TestLargeSessions(t *testing.T) {
	t.Parallel()
	auth := mustFrontAuth(t, supabasetest.Env(t, "SUPABASE_URL"), withMetadata(t))
	b, email := mustSignedUp(t, mustServe(t, supabasetest.Config(t, map[string]string{"SUPABASE_AUTH_URL": auth.url})))
	for _, tt := range []struct{ size, cookies int }{{10, 1}, {2000, 2}, {6000, 3}, {3000, 2}, {10, 1}} {
		b.setMetadata(t, tt.size)
		a := b.mustSignIn(email, password)
		for _, line := range a.Header.Values("Set-Cookie") {
			if len(line) > 4096 {
				t.Errorf("a cookie of %d bytes", len(line))
			}
		}
		if len(b.cookies()) != tt.cookies {
			t.Errorf("%d bytes of metadata: got %d cookies, want %d", tt.size, len(b.cookies()), tt.cookies)
		}
		b.mustBe(email)
		b.mustExpire(time.Minute)
		b.mustBe(email)
		if len(b.cookies()) != tt.cookies {
			t.Errorf("%d bytes of metadata, after the refresh: got %d cookies, want %d", tt.size, len(b.cookies()), tt.cookies)
		}
	}
	// Signing out leaves nothing of a session that grew with its last refresh.
	b.setMetadata(t, 6000)
	b.mustExpire(time.Minute)
	if a := b.send(http.MethodDelete, "/api/v1/session", ""); a.Status != http.StatusNoContent || len(b.cookies()) != 0 || strings.Contains(strings.Join(a.Header.Values("Set-Cookie"), "\n"), "Max-Age=2592000") {
		t.Errorf("signing out during a refresh answered %d, %d cookies are left", a.Status, len(b.cookies()))
	}
	b.mustSignIn(email, password)
	if a := b.send(http.MethodDelete, "/api/v1/session", ""); a.Status != http.StatusNoContent || len(b.cookies()) != 0 {
		t.Errorf("%d, %d cookies are left", a.Status, len(b.cookies()))
	}
}

// TestLargestSession sends, with the cookies of the largest session that there
// can be, the longest URL.
func TestLargestSession(t *testing.T) {
	t.Parallel()
	// Past the gateway, which takes fewer headers.
	c := supabasetest.Config(t, map[string]string{"SUPABASE_REST_URL": supabasetest.Env(t, "POSTGREST_URL")})
	b, email := mustSignedUp(t, mustServe(t, c))
	usual, jar := b.session(), mustJar(t)
	var largest session.Session
	for size := 8; ; size += 8 {
		held := usual
		held.AccessToken = mustSign(t, usual.AccessToken, jwt.MapClaims{"large": strings.Repeat("x", size)})
		if _, err := jar.SetSession(held, nil); errors.Is(err, session.ErrTooLarge) {
			break
		}
		largest = held
	}
	b.mustHold(largest)
	taken := 0
	for name, value := range b.cookies() {
		taken += len(name + "=" + value + "; ")
	}
	if taken < session.MaxCookies*9/10 || taken > session.MaxCookies {
		t.Fatalf("the largest session takes %d bytes", taken)
	}
	path := "/rest/v1/profiles?select=email&email=not.in.(" + email
	path += strings.Repeat("x", c.URLLimit-len(path)-1) + ")"
	if a := b.send(http.MethodGet, path, "", "User-Agent", strings.Repeat("x", 3000)); a.Status != http.StatusOK || a.Body != `[{"email":"`+email+`"}]` {
		t.Errorf("the longest URL with the largest session: got status %d, want 200 and %s: %s", a.Status, email, a.Body)
	}
	mustProblem(t, b.send(http.MethodGet, path+"x", ""), http.StatusRequestURITooLong)
}

// setMetadata gives the user a picture of so many bytes.
func (b *browser) setMetadata(t *testing.T, size int) {
	t.Helper()
	a := b.send(http.MethodPut, "/auth/v1/user", mustJSON(t, map[string]any{"data": map[string]any{"picture": strings.Repeat("p", size)}}))
	if a.Status != http.StatusOK {
		t.Fatalf("setting metadata: got status %d, want 200: %s", a.Status, a.Body)
	}
}
