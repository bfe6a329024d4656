package server_test

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/golang-jwt/jwt/v5"

	"github.com/mysingle/mysingle/bff/session"
	"github.com/mysingle/mysingle/bff/supabasetest"
)

// TestWebApp_browser is what the page of a web app does, in a browser: it signs in,
// works with a Supabase client and the views, goes on after the access token
// has expired, and signs out. It never sees a token.
func TestWebApp_browser(t *testing.T) {
	for name, secure := range map[string]bool{"http": false, "https": true} {
		t.Run(name, func(t *testing.T) {
			app := mustWebApp(t, secure, nil)
			jar := mustJarOver(t, secure)
			b := mustChromium(t)
			person := supabasetest.MustSignUp(t)
			made := person.MustSprint(t)
			b.mustOpen(t, app.Own+"/app/app.html")
			visible := b.visible(t)

			b.mustSignIn(t, person.Email)
			first := mustSession(t, jar, b.mustCookies(t, app.Own))
			b.mustHoldCookie(t, app, secure)
			b.mustWork(t, made)
			// The page is loaded anew: the session outlives it.
			b.mustOpen(t, app.Own+"/app/app.html")
			b.mustBe(t, person.Email)

			// The access token has expired, and the page asks ten things at once.
			expired := b.mustExpire(t, app, jar, first)
			var statuses []int
			b.mustRun(t, `async (view) => {
				const asked = Array.from({ length: 10 }, (_, i) => i % 2 ? ask("GET", view) : ask("GET", "/rest/v1/projects?select=project_name"))
				return (await Promise.all(asked)).map(({ status }) => status)
			}`, &statuses, "/api/v1/sprints/"+made.SprintID+"/board")
			if len(statuses) != 10 || slices.ContainsFunc(statuses, func(s int) bool { return s != http.StatusOK }) {
				t.Errorf("after the access token has expired the page gets %v", statuses)
			}
			second := mustSession(t, jar, b.mustCookies(t, app.Own))
			if second.AccessToken == expired.AccessToken || second.RefreshToken == first.RefreshToken || second.ID != first.ID {
				t.Error("the session wasn't refreshed")
			}
			b.mustBe(t, person.Email)
			b.mustWork(t, made)

			if now := b.visible(t); now != visible {
				t.Errorf("a script sees %s", now)
			}
			var answer struct{ Status int }
			b.mustRun(t, "ask", &answer, "DELETE", "/api/v1/session")
			if cookies := b.mustCookies(t, app.Own); answer.Status != http.StatusNoContent || len(cookies) != 0 {
				t.Errorf("signing out is answered %d and leaves %v", answer.Status, slices.Collect(maps.Keys(cookies)))
			}
			for _, path := range []string{"/api/v1/session", "/api/v1/me/scrum", "/rest/v1/projects"} {
				b.mustRun(t, "ask", &answer, "GET", path)
				if answer.Status != http.StatusUnauthorized {
					t.Errorf("after signing out %s is answered %d", path, answer.Status)
				}
			}
			mustHideTokens(t, app.exchanges(), first, second)
		})
	}
}

// mustWork works with supabase-js and a view as the page of the web app does.
func (b *chromium) mustWork(t *testing.T, made supabasetest.Sprint) {
	t.Helper()
	var did struct {
		Inserted, Updated string
		Count             int
		Deleted           int
		Board             int
		Columns           int
		Refused           string
	}
	b.mustRun(t, `async (key, made) => {
		const client = connect(key)
		const must = async (call) => {
			const { data, error, count } = await call
			if (error) throw new Error(JSON.stringify(error))
			return count ?? data
		}
		const tasks = client.from("tasks")
		const task = await must(tasks.insert({ ...made, task_name: "새 작업" }).select().single())
		const updated = await must(tasks.update({ status: "In Progress" }).eq("task_id", task.task_id).select().single())
		const count = await must(tasks.select("*", { count: "exact", head: true }).eq("sprint_id", made.sprint_id))
		const board = await must(client.rpc("sprint_board", { sprint_id: made.sprint_id }))
		const view = await ask("GET", "/api/v1/sprints/" + made.sprint_id + "/board")
		const deleted = await must(tasks.delete().eq("task_id", task.task_id).select())
		const refused = await tasks.insert({ ...made, task_name: "" })
		return {
			inserted: task.task_name, updated: updated.status, count, deleted: deleted.length,
			board: board.columns.length, columns: view.body.columns.length, refused: refused.error.code,
		}
	}`, &did, supabasetest.Env(t, "SUPABASE_PUBLISHABLE_KEY"), made)
	if did.Inserted != "새 작업" || did.Updated != "In Progress" || did.Count != 1 || did.Deleted != 1 || did.Board != 8 || did.Columns != 8 || did.Refused == "" {
		t.Errorf("supabase-js did %+v", did)
	}
}

// mustBe checks who is signed in.
func (b *chromium) mustBe(t *testing.T, email string) {
	t.Helper()
	var me struct {
		Status int
		Body   struct{ User struct{ Email string } }
	}
	b.mustRun(t, "ask", &me, "GET", "/api/v1/session")
	if me.Status != http.StatusOK || me.Body.User.Email != email {
		t.Errorf("the session is %+v", me)
	}
}

// visible is what a script sees of the browser's storage.
func (b *chromium) visible(t *testing.T) string {
	t.Helper()
	var seen string
	b.mustRun(t, "visible", &seen)
	return seen
}

// mustHoldCookie checks what the browser itself knows about the one cookie.
func (b *chromium) mustHoldCookie(t *testing.T, app *webApp, secure bool) {
	t.Helper()
	all, err := chromedp.Call(b.ctx, network.GetCookies, network.GetCookiesParams{URLs: []string{app.Own}})
	if err != nil {
		t.Fatal(err)
	}
	if len(all.Cookies) != 1 {
		t.Fatalf("the browser has %d cookies", len(all.Cookies))
	}
	c := all.Cookies[0]
	if !c.HTTPOnly || c.SameSite != network.CookieSameSiteStrict || c.Path != "/" || c.Secure != secure ||
		strings.HasPrefix(c.Domain, ".") || strings.HasPrefix(c.Name, "__Host-") != secure {
		t.Errorf("the cookie is %s, domain %s, path %s, SameSite %s, HttpOnly %t, Secure %t", c.Name, c.Domain, c.Path, c.SameSite, c.HTTPOnly, c.Secure)
	}
}

// mustExpire gives the browser the same session, with an access token that
// has expired, and returns it.
func (b *chromium) mustExpire(t *testing.T, app *webApp, jar *session.Jar, s session.Session) session.Session {
	t.Helper()
	s.ExpiresAt = time.Now().Add(-time.Minute).Truncate(time.Second)
	s.IssuedAt = s.ExpiresAt.Add(-time.Hour)
	s.AccessToken = mustSign(t, s.AccessToken, jwt.MapClaims{"iat": s.IssuedAt.Unix(), "exp": s.ExpiresAt.Unix()})
	cookies, err := jar.SetSession(s, b.mustCookies(t, app.Own))
	if err != nil {
		t.Fatal(err)
	}
	yes := true
	for _, c := range cookies {
		if _, err := chromedp.Call(b.ctx, network.SetCookie, network.SetCookieParams{
			Name: c.Name, Value: c.Value, URL: app.Own, Path: c.Path, HTTPOnly: &yes, Secure: &c.Secure, SameSite: network.CookieSameSiteStrict,
		}); err != nil {
			t.Fatal(err)
		}
	}
	if got := mustSession(t, jar, b.mustCookies(t, app.Own)); got.AccessToken != s.AccessToken {
		t.Fatal("the browser didn't take the cookie")
	}
	return s
}

func mustSession(t *testing.T, jar *session.Jar, cookies session.Cookies) session.Session {
	t.Helper()
	s, found, err := jar.Session(cookies)
	if err != nil || !found {
		t.Fatalf("no session in the cookies: %v", err)
	}
	return s
}

// mustHideTokens looks for tokens in everything that the browser was sent.
func mustHideTokens(t *testing.T, sent []exchange, sessions ...session.Session) {
	t.Helper()
	aToken := regexp.MustCompile(`eyJ[\w-]{8,}\.eyJ|access_token|refresh_token`)
	for _, e := range sent {
		text := e.Body
		for _, values := range e.Header {
			text += "\n" + strings.Join(values, "\n")
		}
		if found := aToken.FindString(text); found != "" {
			t.Errorf("%s %s is answered with %s", e.Method, e.Path, found)
		}
		for _, s := range sessions {
			if strings.Contains(text, s.AccessToken) || strings.Contains(text, s.RefreshToken) {
				t.Errorf("%s %s is answered with a token", e.Method, e.Path)
			}
		}
		if e.Header.Get("Set-Cookie") != "" && e.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s %s sets a cookie, and a cache may keep it: %q", e.Method, e.Path, e.Header.Get("Cache-Control"))
		}
	}
}

// TestAllowedOrigins_browser has pages of origins that are listed, and supabase-js
// with a token in a page that isn't on the BFF's own site.
func TestAllowedOrigins_browser(t *testing.T) {
	app := mustWebApp(t, true, map[string]string{"BFF_ALLOWED_ORIGINS": "{sibling},{other}"})
	b := mustChromium(t)
	person := supabasetest.MustSignUp(t)
	person.MustSprint(t)
	b.mustOpen(t, app.Own+"/app/app.html")
	b.mustSignIn(t, person.Email)
	const reading = `async (own, headers) => {
		const answer = await fetch(own + "/api/v1/session", { credentials: "include", headers })
		return answer.status + " " + ((await answer.json()).user?.email ?? "") + " " + (answer.headers.get("x-request-id")?.length > 0)
	}`
	for _, tt := range []struct {
		From    string
		Headers map[string]string
		Want    string
	}{
		{app.Sibling, map[string]string{"X-MySingle": "1"}, "200 " + person.Email + " true"},
		{app.Sibling, map[string]string{}, "403  true"},
		{app.Other, map[string]string{"X-MySingle": "1"}, "401  true"}, // the cookie is for its own site
	} {
		var got string
		b.mustOpen(t, tt.From+"/app.html")
		b.mustRun(t, reading, &got, app.Own, tt.Headers)
		if got != tt.Want {
			t.Errorf("%s with %v gets %s", tt.From, tt.Headers, got)
		}
	}
	b.mustOpen(t, app.Other+"/app.html")
	var names []struct {
		Name string `json:"project_name"`
	}
	b.mustRun(t, `async (own, key, credentials) => {
		const client = supabase.createClient(own, key)
		const signedIn = await client.auth.signInWithPassword(credentials)
		if (signedIn.error) throw signedIn.error
		const { data, error } = await client.from("projects").select("project_name")
		if (error) throw error
		return data
	}`, &names, app.Own, supabasetest.Env(t, "SUPABASE_PUBLISHABLE_KEY"), credentials(person.Email))
	if len(names) != 1 {
		t.Errorf("supabase-js on another site reads %v", names)
	}
}
