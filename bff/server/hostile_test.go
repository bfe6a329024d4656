package server_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

// TestHostilePages_browser has a person signed in, and then visit somebody's page on
// another port of the same host, or on another subdomain: the browser adds
// the cookie to what that page sends, SameSite or not. Pages of other sites
// don't even get that far.
func TestHostilePages_browser(t *testing.T) {
	for name, secure := range map[string]bool{"http": false, "https": true} {
		t.Run(name, func(t *testing.T) {
			app := mustWebApp(t, secure, nil)
			for _, from := range []struct {
				Name, Origin string
				Cookie       bool // comes along
			}{
				{"same site", app.Sibling, true},
				{"another site", app.Other, false},
			} {
				t.Run(from.Name, func(t *testing.T) {
					v := mustVictim(t, app)
					v.browser.mustOpen(t, from.Origin+"/hostile.html")
					app.exchanges()
					read := make(map[string]string)
					v.browser.mustRun(t, "tryAll", &read, v.about)
					if len(read) < 40 {
						t.Errorf("only %d tricks: %v", len(read), read)
					}
					for trick, text := range read {
						if text != "" {
							t.Errorf("%s: the page reads %s", trick, text)
						}
					}
					v.mustNavigate(t, from.Origin, from.Cookie)
					v.mustBeUnharmed(t, app.exchanges(), from.Cookie)
				})
			}
		})
	}
}

// victim is somebody signed in at the web app, in a browser of theirs.
type victim struct {
	app      *webApp
	browser  *chromium
	person   supabasetest.Person
	about    map[string]any // what the hostile page knows
	projects []map[string]any
	cookies  map[string]string
}

func mustVictim(t *testing.T, app *webApp) *victim {
	t.Helper()
	v := &victim{app: app, browser: mustChromium(t), person: supabasetest.MustSignUp(t)}
	made := v.person.MustSprint(t)
	v.about = map[string]any{
		"own":      app.Own,
		"key":      supabasetest.Env(t, "SUPABASE_PUBLISHABLE_KEY"),
		"picture":  "/api/v1/sprints/" + made.SprintID + "/burndown.svg",
		"attacker": credentials(supabasetest.MustSignUp(t).Email),
		"cookies":  []string{"mysingle=attacker; Path=/"},
		"stranger": credentials(newEmail()),
	}
	if strings.HasPrefix(app.Own, "https:") {
		// Of the same host only, then for all of the domain: both are too much for __Host-.
		v.about["cookies"] = []string{"__Host-mysingle=attacker; Path=/; Secure", "__Host-mysingle=attacker; Path=/; Secure; Domain=example.test"}
	}
	v.person.MustSelect(t, "projects", "order=project_id", &v.projects)
	v.browser.mustOpen(t, app.Own+"/app/app.html")
	v.browser.mustSignIn(t, v.person.Email)
	v.cookies = v.browser.mustCookies(t, app.Own)
	return v
}

// mustNavigate tries what takes the whole tab along.
func (v *victim) mustNavigate(t *testing.T, from string, cookie bool) {
	t.Helper()
	projects, session := v.app.Own+"/rest/v1/projects", v.app.Own+"/api/v1/session"
	for _, script := range []string{
		`submit("` + projects + `", "application/x-www-form-urlencoded", {project_name: "taken over"}, "_top")`,
		`submit("` + projects + `", "text/plain", plain({project_name: "taken over"}), "_top")`,
		`submit("` + session + `", "text/plain", plain(about.attacker), "_top")`,
		`submit("` + session + `", "application/x-www-form-urlencoded", about.attacker, "_top")`,
		`location = "` + v.app.Own + `/api/v1/me/scrum"`,
		`location = "` + session + `"`,
	} {
		v.browser.mustOpen(t, from+"/hostile.html")
		about, err := json.Marshal(v.about)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(v.browser.ctx, pageTimeout)
		response, err := chromedp.RunResponse(ctx, chromedp.Evaluate[chromedp.Void]("var about = "+string(about)+"; "+script))
		cancel()
		if err != nil {
			t.Fatalf("the script %s: %v", script, err)
		}
		if response.Status < 400 || cookie && response.Status != http.StatusForbidden {
			t.Errorf("%s: got status %d, want 403, or another error where no cookie came along", script, response.Status)
		}
	}
}

// mustBeUnharmed looks at what the hostile page sent, and at what is left of
// the person's data and session.
func (v *victim) mustBeUnharmed(t *testing.T, sent []exchange, cookie bool) {
	t.Helper()
	arrived := make(map[string]bool)
	for _, e := range sent {
		path, _, _ := strings.Cut(e.Path, "?")
		arrived[e.Method+" "+path] = true
		if e.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s %s sets a cookie", e.Method, e.Path)
		}
		if e.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s %s can be read", e.Method, e.Path)
		}
		if e.Cookie && !cookie {
			t.Errorf("%s %s brings the cookie from another site", e.Method, e.Path)
		}
		guarded := strings.HasPrefix(path, "/api/") || strings.HasPrefix(path, "/auth/") || e.Method != http.MethodGet
		if upgrade := e.Status == http.StatusNotImplemented; e.Cookie && guarded && e.Status != http.StatusForbidden && !upgrade {
			t.Errorf("%s %s with the cookie is answered %d: %s", e.Method, e.Path, e.Status, e.Body)
		}
		if !e.Cookie && guarded && e.Status < 400 {
			t.Errorf("%s %s is answered %d: %s", e.Method, e.Path, e.Status, e.Body)
		}
	}
	for _, request := range []string{
		"POST /rest/v1/projects", "POST /rest/v1/rpc/delete_my_account", "POST /auth/v1/logout", "POST /api/v1/session", "OPTIONS /rest/v1/projects",
		"OPTIONS /api/v1/session", "GET /api/v1/me/scrum", "GET /rest/v1/projects", "GET /docs", "POST /api/v1/session/sign-up", "POST /api/v1/session/verify",
		"POST /api/v1/session/code", "POST /api/v1/session/recovery", "GET /realtime/v1/websocket", "GET /api/v1/session", "GET /auth/v1/reauthenticate",
	} {
		if !arrived[request] {
			t.Errorf("%s didn't arrive: the test shows nothing", request)
		}
	}
	if arrived["GET /docs/swagger-ui.css"] {
		t.Error("the page at /docs is shown in a frame")
	}
	var projects []map[string]any
	v.person.MustSelect(t, "projects", "order=project_id", &projects)
	if !reflect.DeepEqual(projects, v.projects) {
		t.Errorf("the projects became %v", projects)
	}
	if got := v.browser.mustCookies(t, v.app.Own); !maps.Equal(got, v.cookies) {
		t.Errorf("the cookies became %v", got)
	}
	// The same write from the web app's own page, to show that it could have worked.
	v.browser.mustOpen(t, v.app.Own+"/app/app.html")
	var status int
	v.browser.mustRun(t, `async () => (await fetch("/rest/v1/projects", { method: "POST", body: new URLSearchParams({ project_name: "mine" }) })).status`, &status)
	if status != http.StatusCreated {
		t.Errorf("the own page gets %d", status)
	}
	v.browser.mustBe(t, v.person.Email)
}
