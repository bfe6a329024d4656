package server_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

// A restarted BFF is another one with the same BFF_SESSION_KEYS: cookies of the
// first open at it, and it knows nothing of what the first one knew.

// mustRefuseWrite has the browser write, with its cookie as it is now.
func (b *browser) mustRefuseWrite(status int) {
	b.tb.Helper()
	name := newEmail()
	again := newBrowser(b.tb, b.bff)
	again.hold(sessionCookies(b.cookies()))
	mustProblem(b.tb, again.send(http.MethodPost, "/rest/v1/accounts", `{"account_name":"`+name+`"}`), status)
	var written bool
	err := supabasetest.MustConnect(b.tb).QueryRow(b.tb.Context(),
		`select exists (select from public.accounts where account_name = $1)`, name).Scan(&written)
	if err != nil || written {
		b.tb.Errorf("a write with a session that is over: got written %t, %v, want false", written, err)
	}
}

// mustWrite is the same for a session that goes on.
func (b *browser) mustWrite() {
	b.tb.Helper()
	a := b.send(http.MethodPost, "/rest/v1/accounts", `{"account_name":"`+newEmail()+`"}`)
	if a.Status != http.StatusCreated {
		b.tb.Errorf("a write: got status %d, want 201: %s", a.Status, a.Body)
	}
}

// TestEndsSurviveARestart_slow ends a session in each way that there is, and
// starts the BFF anew: whoever kept the cookie reads and writes nothing, and
// Auth is asked about it once. Somebody else's session goes on.
func TestEndsSurviveARestart_slow(t *testing.T) {
	t.Parallel()
	auth := mustFrontAuth(t, supabasetest.Env(t, "SUPABASE_URL"), nil)
	c := supabasetest.Config(t, map[string]string{"SUPABASE_AUTH_URL": auth.url})
	first := mustServe(t, c)
	neighbour, neighbours := mustSignedUp(t, first)
	elsewhere := func(t *testing.T, email string) *browser {
		b := newBrowser(t, first)
		b.mustSignIn(email, password)
		return b
	}
	must := func(t *testing.T, a answer, status int) {
		t.Helper()
		if a.Status != status {
			t.Fatalf("ending the session: got status %d, want %d: %s", a.Status, status, a.Body)
		}
	}
	for _, tt := range []struct {
		Name string
		End  func(t *testing.T, b *browser, email string)
	}{
		{"signed out", func(t *testing.T, b *browser, _ string) {
			must(t, b.send(http.MethodDelete, "/api/v1/session", ""), http.StatusNoContent)
		}},
		{"signed out with a token that is due", func(t *testing.T, b *browser, _ string) {
			b.mustExpire(-50 * time.Second)
			must(t, b.send(http.MethodDelete, "/api/v1/session", ""), http.StatusNoContent)
		}},
		{"replaced by another sign-in", func(_ *testing.T, b *browser, email string) { b.mustSignIn(email, password) }},
		{"signed out everywhere", func(t *testing.T, _ *browser, email string) {
			must(t, elsewhere(t, email).send(http.MethodDelete, "/api/v1/session?scope=global", ""), http.StatusNoContent)
		}},
		{"signed out from another browser", func(t *testing.T, _ *browser, email string) {
			must(t, elsewhere(t, email).send(http.MethodDelete, "/api/v1/session?scope=others", ""), http.StatusNoContent)
		}},
		{"a new password", func(t *testing.T, _ *browser, email string) {
			a := elsewhere(t, email).send(http.MethodPut, "/api/v1/session/password", `{"password":"another-password"}`)
			must(t, a, http.StatusNoContent)
		}},
		{"signed out at Auth itself", func(t *testing.T, _ *browser, email string) {
			client := supabasetest.MustSignIn(t, email, password)
			address, key := supabasetest.Env(t, "SUPABASE_URL"), supabasetest.Env(t, "SUPABASE_PUBLISHABLE_KEY")
			must(t, mustSend(t, http.MethodPost, address+"/auth/v1/logout?scope=global", "",
				"Authorization", "Bearer "+client.Token, "apikey", key), http.StatusNoContent)
		}},
		{"the account is deleted", func(t *testing.T, b *browser, _ string) {
			supabasetest.MustExec(t, `delete from auth.users where id = $1`, b.session().Subject)
		}},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			b, email := mustSignedUp(t, first)
			b.mustWrite()
			kept := b.cookies()
			tt.End(t, b, email)
			late := newBrowser(t, mustServe(t, c))
			late.hold(sessionCookies(kept))
			before := auth.questions.Load()
			late.mustRefuseWrite(http.StatusUnauthorized)
			late.mustBeOut(true)
			if asked := auth.questions.Load() - before; asked != 1 {
				t.Errorf("Auth was asked %d times, want once", asked)
			}
			// Signing out of it ends nobody else's session.
			for _, scope := range []string{"local", "others", "global"} {
				again := newBrowser(t, late.bff)
				again.hold(sessionCookies(kept))
				must(t, again.send(http.MethodDelete, "/api/v1/session?scope="+scope, ""), http.StatusNoContent)
			}
			neighbour.bff = late.bff
			neighbour.mustBe(neighbours)
			neighbour.mustWrite()
		})
	}
}

// TestBannedAfterARestart has Auth say of a user what GoTrue says of one who is
// banned, in its versions before and since July 2026; @supabase/lite says nothing.
func TestBannedAfterARestart(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		Name, Body    string
		AuthSays, Out int // statuses; Out is the BFF's
	}{
		{"refused", `{"code":"user_banned","message":"User is banned"}`, http.StatusForbidden, http.StatusUnauthorized},
		{"shown", `{"id":"%s","banned_until":"2999-01-01T00:00:00Z"}`, http.StatusOK, http.StatusUnauthorized},
		{"banned once", `{"id":"%s","banned_until":"2020-01-01T00:00:00Z"}`, http.StatusOK, http.StatusOK},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			var user string
			auth := mustFrontAuth(t, supabasetest.Env(t, "SUPABASE_URL"), func(resp *http.Response) error {
				if resp.Request.Method == http.MethodGet && resp.Request.URL.Path == "/auth/v1/user" {
					body := strings.ReplaceAll(tt.Body, "%s", user)
					resp.StatusCode, resp.ContentLength = tt.AuthSays, int64(len(body))
					resp.Body = io.NopCloser(strings.NewReader(body))
					resp.Header.Set("Content-Length", fmt.Sprint(len(body)))
					resp.Header.Del("Content-Encoding")
				}
				return nil
			})
			c := supabasetest.Config(t, map[string]string{"SUPABASE_AUTH_URL": auth.url})
			b, _ := mustSignedUp(t, mustServe(t, c))
			user = b.session().Subject
			b.bff = mustServe(t, c)
			if tt.Out != http.StatusOK {
				b.mustRefuseWrite(tt.Out)
				b.mustBeOut(true)
				return
			}
			b.mustWrite()
		})
	}
}

// TestOverCannotEndOthers has who kept the cookie of a session that is over sign
// out everywhere, with the first request after a restart.
func TestOverCannotEndOthers(t *testing.T) {
	t.Parallel()
	first := mustServeStack(t)
	b, email := mustSignedUp(t, first)
	goesOn := newBrowser(t, first)
	goesOn.mustSignIn(email, password)
	for _, scope := range []string{"others", "global"} {
		kept := b.cookies()
		if a := b.send(http.MethodDelete, "/api/v1/session", ""); a.Status != http.StatusNoContent {
			t.Fatalf("signing out: got status %d, want 204: %s", a.Status, a.Body)
		}
		late := newBrowser(t, mustServeStack(t))
		late.hold(sessionCookies(kept))
		a := late.send(http.MethodDelete, "/api/v1/session?scope="+scope, "")
		if a.Status != http.StatusNoContent || len(late.cookies()) != 0 {
			t.Errorf("signing out of a session that is over: got status %d and %d cookies, want 204 and none: %s",
				a.Status, len(late.cookies()), a.Body)
		}
		goesOn.bff = late.bff
		goesOn.mustBe(email)
		late.hold(sessionCookies(kept))
		late.mustBeOut(true)
		b.mustSignIn(email, password)
	}
}

// TestAliveAfterARestart_slow has 20 sessions come at once, ten requests each, to
// a BFF that has just begun: all go on, and Auth is asked once for each. Over
// Redis it isn't asked, until Redis has lost what it knew.
func TestAliveAfterARestart_slow(t *testing.T) {
	t.Parallel()
	for _, shared := range []bool{false, true} {
		t.Run(fmt.Sprintf("redis %t", shared), func(t *testing.T) {
			t.Parallel()
			const sessions = 20
			auth := mustFrontAuth(t, supabasetest.Env(t, "SUPABASE_URL"), nil)
			settings := map[string]string{"SUPABASE_AUTH_URL": auth.url}
			var redis *supabasetest.Redis
			if shared {
				redis = supabasetest.MustStartRedis(t)
				settings["REDIS_URL"] = redis.URLWithin(5 * time.Second)
			}
			c := supabasetest.Config(t, settings)
			first := mustServe(t, c)
			var browsers []*browser
			for range sessions {
				b, _ := mustSignedUp(t, first)
				browsers = append(browsers, b)
			}
			gone, _ := mustSignedUp(t, first)
			kept := gone.cookies()
			if a := gone.send(http.MethodDelete, "/api/v1/session", ""); a.Status != http.StatusNoContent {
				t.Fatalf("signing out: got status %d, want 204: %s", a.Status, a.Body)
			}
			askAllAt := func(name, bff string, want int64) {
				t.Helper()
				before := auth.questions.Load()
				var wait sync.WaitGroup
				for i := range 10 * sessions {
					wait.Go(func() {
						late := newBrowser(t, bff)
						late.hold(sessionCookies(browsers[i%sessions].cookies()))
						path := []string{"/rest/v1/profiles?select=email", "/api/v1/me/scrum"}[i/sessions%2]
						a, err := late.try(http.MethodGet, path, "")
						if err != nil || a.Status != http.StatusOK || a.Header.Get("Set-Cookie") != "" {
							t.Errorf("%s, %s: got status %d, Set-Cookie %q, %v, want 200 and none: %s",
								name, path, a.Status, a.Header.Get("Set-Cookie"), err, a.Body)
						}
					})
				}
				wait.Wait()
				if asked := auth.questions.Load() - before; asked != want {
					t.Errorf("%s: Auth was asked %d times, want %d", name, asked, want)
				}
				late := newBrowser(t, bff)
				late.hold(sessionCookies(kept))
				late.mustRefuseWrite(http.StatusUnauthorized)
				late.mustBeOut(true)
			}
			askAllAt("before", first, 0)
			restarted := mustServe(t, c)
			if !shared {
				askAllAt("restarted", restarted, sessions)
				askAllAt("known again", restarted, 0)
				return
			}
			askAllAt("restarted", restarted, 0)
			redis.Kill(t)
			redis.MustStart(t) // empty
			again := mustServe(t, c)
			askAllAt("restarted with an empty Redis", again, sessions)
			askAllAt("known again", again, 0)
		})
	}
}

// TestBadTokenAfterARestart has Auth withdraw the secret that signed the token:
// who holds the session gets a new token, instead of being out.
func TestBadTokenAfterARestart(t *testing.T) {
	t.Parallel()
	auth := mustFrontAuth(t, supabasetest.Env(t, "SUPABASE_URL"), nil)
	const secret = "another-secret-of-at-least-32-characters"
	c := supabasetest.Config(t, map[string]string{"SUPABASE_AUTH_URL": auth.url, "SUPABASE_OTHER_JWT_SECRET": secret})
	b, email := mustSignedUp(t, mustServe(t, c))
	held := b.session()
	var err error
	if held.AccessToken, err = signBy(held.AccessToken, jwt.SigningMethodHS256, []byte(secret), ""); err != nil {
		t.Fatal(err)
	}
	b.mustHold(held)
	b.bff = mustServe(t, c)
	before := auth.refreshes.Load()
	a := b.send(http.MethodGet, "/rest/v1/profiles?select=email", "")
	if a.Status != http.StatusOK || !strings.Contains(a.Body, email) {
		t.Errorf("got status %d, want 200 and %s: %s", a.Status, email, a.Body)
	}
	same := b.session().AccessToken == held.AccessToken
	if n := auth.refreshes.Load() - before; n != 1 || same {
		t.Errorf("got %d refreshes and the same token %t, want 1 and another one", n, same)
	}
	b.mustBe(email)
}

// TestAuthIsDownAfterARestart_slow has Auth not answer who the BFF doesn't know:
// nobody is let in, nobody loses the cookie, and who it knows goes on.
func TestAuthIsDownAfterARestart_slow(t *testing.T) {
	t.Parallel()
	auth := supabasetest.MustStartAuth(t, nil)
	settings := map[string]string{"SUPABASE_AUTH_URL": auth.URL, "BFF_UPSTREAM_TIMEOUT": "8s"}
	c := supabasetest.Config(t, settings)
	first := mustServe(t, c)
	b, email := mustSignedUp(t, first)
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
			restarted := mustServe(t, c)
			tt.Fault(t)
			b.bff = first
			a := b.send(http.MethodGet, "/rest/v1/profiles?select=email", "")
			if a.Status != http.StatusOK || !strings.Contains(a.Body, email) {
				t.Errorf("where the session is known: got status %d, want 200 and %s: %s", a.Status, email, a.Body)
			}
			b.bff = restarted
			for _, path := range []string{"/rest/v1/profiles?select=email", "/api/v1/me/scrum"} {
				a := b.send(http.MethodGet, path, "")
				if mustProblem(t, a, tt.Status); a.Header.Get("Set-Cookie") != "" {
					t.Errorf("%s changes the cookie: %s", path, a.Header.Get("Set-Cookie"))
				}
			}
			b.mustRefuseWrite(tt.Status)
			tt.Repair(t)
			supabasetest.MustWait(t, "Auth to be seen again", func() bool {
				return b.send(http.MethodGet, "/api/v1/session", "").Status == http.StatusOK
			})
			b.mustBe(email)
			b.mustWrite()
		})
	}
}

// TestAuthIsToldOfSignOutsLater_slow has Auth be down when people sign out, or sign
// in anew. Auth is told as soon as it is back, or when the BFF stops; what it was
// never told is in the log.
func TestAuthIsToldOfSignOutsLater_slow(t *testing.T) {
	t.Parallel()
	auth := supabasetest.MustStartAuth(t, nil)
	settings := map[string]string{"SUPABASE_AUTH_URL": auth.URL}
	c := supabasetest.Config(t, settings)
	goesOn := func(id string) (is bool) {
		t.Helper()
		err := supabasetest.MustConnect(t).QueryRow(t.Context(),
			`select exists (select from auth.sessions where id = $1)`, id).Scan(&is)
		if err != nil {
			t.Fatal(err)
		}
		return is
	}
	mustSignOut := func(b *browser) (kept []*http.Cookie) {
		t.Helper()
		kept = sessionCookies(b.cookies())
		if a := b.send(http.MethodDelete, "/api/v1/session", ""); a.Status != http.StatusNoContent || len(b.cookies()) != 0 {
			t.Fatalf("signing out while Auth is down: got status %d and %d cookies, want 204 and none: %s",
				a.Status, len(b.cookies()), a.Body)
		}
		b.hold(kept)
		b.mustBeOut(true)
		b.mustRefuseWrite(http.StatusUnauthorized)
		return kept
	}
	mustBeOutAtAnother := func(kept []*http.Cookie) {
		t.Helper()
		late := newBrowser(t, mustServe(t, c))
		late.hold(kept)
		late.mustRefuseWrite(http.StatusUnauthorized)
		late.mustBeOut(true)
	}
	var log syncBuffer
	stop, bff := mustServeUntil(t, settings, &log)

	one, _ := mustSignedUp(t, bff)
	two, _ := mustSignedUp(t, bff)
	due, _ := mustSignedUp(t, bff)
	due.mustExpire(10 * time.Second) // it has to be refreshed to be ended
	sessions := []string{one.session().ID, two.session().ID, due.session().ID}
	auth.Kill(t)
	var kept [][]*http.Cookie
	for _, b := range []*browser{one, two, due} {
		kept = append(kept, mustSignOut(b))
	}
	for _, id := range sessions {
		if !goesOn(id) {
			t.Errorf("the session %s has ended at Auth, which is down", id)
		}
	}
	auth.MustStart(t)
	for i, id := range sessions {
		supabasetest.MustWait(t, "Auth to be told", func() bool { return !goesOn(id) })
		mustBeOutAtAnother(kept[i])
	}
	if strings.Contains(log.String(), "never told") {
		t.Errorf("the log says that Auth was never told: %s", log.String())
	}

	// Auth is down until after the stop: that is what remains.
	last, _ := mustSignedUp(t, bff)
	id := last.session().ID
	auth.Kill(t)
	keptLast := mustSignOut(last)
	stop()
	late := newBrowser(t, mustServe(t, c))
	late.hold(keptLast)
	late.mustRefuseWrite(http.StatusBadGateway) // nobody is let in as long as Auth can't be asked
	auth.MustStart(t)
	if !strings.Contains(log.String(), "never told") || !strings.Contains(log.String(), id) || !goesOn(id) {
		t.Errorf("the session %s goes on: got %t, want true, and a line that says so: %s", id, goesOn(id), log.String())
	}
}

// TestAuthIsToldWhenTheBFFStops has Auth work again right before the BFF stops,
// which tells it once more.
func TestAuthIsToldWhenTheBFFStops(t *testing.T) {
	t.Parallel()
	auth := mustFrontAuth(t, supabasetest.Env(t, "SUPABASE_URL"), nil)
	var log syncBuffer
	settings := map[string]string{"SUPABASE_AUTH_URL": auth.url}
	c := supabasetest.Config(t, settings)
	stop, bff := mustServeUntil(t, settings, &log)
	out, email := mustSignedUp(t, bff)
	before, _ := mustSignedUp(t, bff)
	kept := [][]*http.Cookie{sessionCookies(out.cookies()), sessionCookies(before.cookies())}
	auth.failing.Store(true)
	if a := out.send(http.MethodDelete, "/api/v1/session", ""); a.Status != http.StatusNoContent {
		t.Errorf("signing out: got status %d, want 204: %s", a.Status, a.Body)
	}
	before.mustSignIn(email, password) // in the place of the session before
	auth.failing.Store(false)
	stop()
	if strings.Contains(log.String(), "never told") {
		t.Errorf("the log says that Auth was never told: %s", log.String())
	}
	for _, cookies := range kept {
		late := newBrowser(t, mustServe(t, c))
		late.hold(cookies)
		late.mustRefuseWrite(http.StatusUnauthorized)
		late.mustBeOut(true)
	}
}
