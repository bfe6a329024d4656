package server_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mysingle/mysingle/bff/server"
	"github.com/mysingle/mysingle/bff/supabasetest"
)

// provider plays GitHub: whoever comes is the user with this address.
type provider struct {
	mu    sync.Mutex
	email string
	deny  bool
	url   string
}

func mustProvider(tb testing.TB) *provider {
	tb.Helper()
	p := &provider{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login/oauth/authorize", func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		back := supabasetest.MustURL(tb, r.URL.Query().Get("redirect_uri"))
		query := url.Values{"state": {r.URL.Query().Get("state")}, "code": {"a-code-of-the-provider"}}
		if p.deny {
			query.Del("code")
			query.Set("error", "access_denied")
			query.Set("error_description", "The user said no <script>")
		}
		back.RawQuery = query.Encode()
		http.Redirect(w, r, back.String(), http.StatusFound)
	})
	answerJSON := func(value func() any) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			p.mu.Lock()
			defer p.mu.Unlock()
			w.Header().Set("Content-Type", "application/json")
			if err := json.NewEncoder(w).Encode(value()); err != nil {
				tb.Error(err)
			}
		}
	}
	mux.HandleFunc("POST /login/oauth/access_token", answerJSON(func() any { return map[string]any{"access_token": "of-the-provider", "token_type": "bearer"} }))
	mux.HandleFunc("GET /api/v3/user", answerJSON(func() any {
		return map[string]any{"id": len(p.email) + int(p.email[0])<<8 + int(p.email[1])<<16 + int(p.email[2])<<24, "login": "somebody", "name": "Some Body"}
	}))
	mux.HandleFunc("GET /api/v3/user/emails", answerJSON(func() any { return []any{map[string]any{"email": p.email, "verified": true, "primary": true}} }))
	s := httptest.NewServer(mux)
	tb.Cleanup(s.Close)
	p.url = s.URL
	return p
}

// mustOAuth is a BFF whose Auth has the provider switched on.
func mustOAuth(tb testing.TB) (string, *provider) {
	tb.Helper()
	p := mustProvider(tb)
	p.email = newEmail()
	auth := supabasetest.MustStartAuth(tb, map[string]string{
		"GOTRUE_EXTERNAL_GITHUB_ENABLED": "true", "GOTRUE_EXTERNAL_GITHUB_CLIENT_ID": "mysingle", "GOTRUE_EXTERNAL_GITHUB_SECRET": "provider-secret",
		"GOTRUE_EXTERNAL_GITHUB_URL": p.url,
	})
	return mustServe(tb, supabasetest.Config(tb, map[string]string{"SUPABASE_AUTH_URL": auth.URL})), p
}

// mustGoToProvider opens the path that begins a sign-in and goes with the browser to the
// provider and back, as far as the BFF's own door.
func (b *browser) mustGoToProvider(query string) (callback string) {
	b.tb.Helper()
	a := b.send(http.MethodGet, "/api/v1/session/oauth/github"+query, "")
	if a.Status != http.StatusSeeOther || a.Header.Get("Cache-Control") != "no-store" {
		b.tb.Fatalf("the way to the provider: got status %d, Cache-Control %q, want 303 and no-store: %s", a.Status, a.Header.Get("Cache-Control"), a.Body)
	}
	at := a.Header.Get("Location")
	for range 5 {
		if strings.HasPrefix(at, b.bff) {
			return strings.TrimPrefix(at, b.bff)
		}
		a = b.send(http.MethodGet, at, "", "Sec-Fetch-Site", "cross-site")
		if at = a.Header.Get("Location"); at == "" {
			b.tb.Fatalf("%d without Location: %s", a.Status, a.Body)
		}
	}
	b.tb.Fatalf("never came back, but to %s", at)
	return ""
}

func TestOAuth(t *testing.T) {
	t.Parallel()
	bff, provider := mustOAuth(t)
	b := newBrowser(t, bff)
	callback := b.mustGoToProvider("?return_to=" + url.QueryEscape("/board?sprint=1&x=%ED%95%9C#top"))
	a := b.send(http.MethodGet, callback, "", "Sec-Fetch-Site", "cross-site")
	if a.Status != http.StatusSeeOther || a.Header.Get("Location") != bff+"/board?sprint=1&x=%ED%95%9C#top" || a.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("got status %d to %s, want 303 to the page on the board, not to be stored: %s", a.Status, a.Header.Get("Location"), a.Body)
	}
	if len(b.cookies()) != 1 {
		t.Errorf("cookies: got %d, want 1", len(b.cookies()))
	}
	b.mustBe(provider.email)
	b.mustLeadBack(b.send(http.MethodGet, callback, ""), "/?error=oauth_state") // once is enough
	b.mustBe(provider.email)

	// Again: another session, in the place of the one before, whose cookie a
	// browser doesn't send on the way back.
	before := b.cookies()
	callback = b.mustGoToProvider("")
	held := b.cookies()
	delete(held, "mysingle")
	returning := newBrowser(t, bff)
	returning.hold(sessionCookies(held))
	a = returning.send(http.MethodGet, callback, "", "Sec-Fetch-Site", "cross-site")
	if a.Status != http.StatusSeeOther || a.Header.Get("Location") != bff+"/" {
		t.Fatalf("got status %d to %s, want 303 to %s/", a.Status, a.Header.Get("Location"), bff)
	}
	returning.mustBe(provider.email)
	old := newBrowser(t, bff)
	old.hold(sessionCookies(before))
	old.mustBeOut(false)
}

func TestOAuthIsBoundToTheBrowser(t *testing.T) {
	t.Parallel()
	bff, _ := mustOAuth(t)
	attacker := newBrowser(t, bff)
	callback := attacker.mustGoToProvider("")

	// The attacker's link, opened by somebody: they must not end up in the
	// attacker's account, whether or not they are signing in themselves.
	victim, email := mustSignedUp(t, bff)
	for range 2 {
		before := victim.cookies()
		victim.mustLeadBack(victim.send(http.MethodGet, callback, "", "Sec-Fetch-Site", "cross-site"), "/?error=oauth_state")
		if !maps.Equal(before, victim.cookies()) {
			t.Error("the victim's cookies have changed")
		}
		victim.mustBe(email)
		victim.mustGoToProvider("")
	}
	state, code := mustURLQuery(t, callback, "state"), mustURLQuery(t, callback, "code")
	for name, query := range map[string]string{
		"no state": "?code=" + code, "empty state": "?state=&code=" + code, "two states": "?state=x&state=" + state + "&code=" + code,
		"another state": "?state=" + strings.Repeat("A", len(state)) + "&code=" + code, "nothing": "",
	} {
		a := attacker.send(http.MethodGet, "/api/v1/session/callback"+query, "", "Sec-Fetch-Site", "cross-site")
		if attacker.mustLeadBack(a, "/?error=oauth_state"); a.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s: sets %s", name, a.Header.Get("Set-Cookie"))
		}
	}
	// A code is of no use without the verifier, which is in the cookie.
	jar := mustJar(t)
	flow, ok := jar.Flow(attacker.cookies(), time.Now())
	if !ok || len(flow.Verifier) < 43 {
		t.Fatalf("the verifier has %d characters", len(flow.Verifier))
	}
	flow.Verifier = strings.Repeat("x", len(flow.Verifier))
	thief := newBrowser(t, bff)
	thief.hold([]*http.Cookie{jar.SetFlow(flow)})
	a := thief.send(http.MethodGet, callback, "", "Sec-Fetch-Site", "cross-site")
	if a.Status != http.StatusSeeOther || mustURLQuery(t, a.Header.Get("Location"), "error") == "" || len(thief.cookies()) != 0 {
		t.Errorf("got status %d to %s with %d cookies, want 303 to a page with an error, and no cookie", a.Status, a.Header.Get("Location"), len(thief.cookies()))
	}
	flow.Began = flow.Began.Add(-11 * time.Minute)
	thief.hold([]*http.Cookie{jar.SetFlow(flow)})
	thief.mustLeadBack(thief.send(http.MethodGet, callback, ""), "/?error=oauth_state")
}

func TestOAuthGoesWrong(t *testing.T) {
	t.Parallel()
	bff, provider := mustOAuth(t)
	provider.deny = true
	b := newBrowser(t, bff)
	a := b.send(http.MethodGet, b.mustGoToProvider("?return_to=/sign-in?from=menu"), "", "Sec-Fetch-Site", "cross-site")
	if a.Status != http.StatusSeeOther || a.Header.Get("Location") != bff+"/sign-in?error=access_denied&from=menu" || len(b.cookies()) != 0 {
		t.Errorf("got status %d to %s with %d cookies, want 303 to /sign-in with access_denied, and no cookie", a.Status, a.Header.Get("Location"), len(b.cookies()))
	}
	// What comes back is anybody's text.
	state := mustURLQuery(t, b.mustGoToProvider(""), "state")
	a = b.send(http.MethodGet, "/api/v1/session/callback?state="+state+"&error=%3Cscript%3E&error_code=A%0d%0aB", "")
	if a.Status != http.StatusSeeOther || a.Header.Get("Location") != bff+"/?error=oauth_failed" {
		t.Errorf("got status %d to %s, want 303 to %s/?error=oauth_failed", a.Status, a.Header.Get("Location"), bff)
	}
	for _, provider := range []string{"google", "nonsense"} {
		b.mustLeadBack(b.send(http.MethodGet, "/api/v1/session/oauth/"+provider+"?return_to=/sign-in?from=menu", ""), "/sign-in?error=provider_disabled&from=menu")
	}
	for path, want := range map[string]string{"GitHub": "invalid_request", "..%2fx": "", "a%00": "invalid_request"} {
		a := b.send(http.MethodGet, "/api/v1/session/oauth/"+path, "")
		if p := mustProblem(t, a, a.Status); want != "" && (*p.Code != want || a.Status != http.StatusBadRequest) || a.Status < 400 {
			t.Errorf("%s: got status %d and code %s, want 400 and %s, or any error", path, a.Status, *p.Code, want)
		}
	}
	mustProblem(t, b.send(http.MethodGet, "/api/v1/session/oauth/github?return_to=/&next=/", ""), http.StatusBadRequest)
	mustProblem(t, b.send(http.MethodGet, "/api/v1/session/oauth/github", "", "Sec-Fetch-Site", "cross-site"), http.StatusForbidden)
	var log syncBuffer
	down := newBrowser(t, mustServeLogging(t, supabasetest.Config(t, map[string]string{"SUPABASE_AUTH_URL": "http://" + supabasetest.MustRefuse(t)}), &log))
	down.mustLeadBack(down.send(http.MethodGet, "/api/v1/session/oauth/github?return_to=/board", ""), "/board?error=upstream_unavailable")
	if len(down.cookies()) != 0 || strings.Count(log.String(), `"request failed"`) != 1 {
		t.Errorf("got %d cookies, want none, and one failed request in the log: %s", len(down.cookies()), log.String())
	}
}

// mustLeadBack checks that the answer sends the browser to the app's page.
func (b *browser) mustLeadBack(a answer, page string) {
	b.tb.Helper()
	if a.Status != http.StatusSeeOther || a.Header.Get("Location") != b.bff+page || !strings.Contains(a.Header.Get("Cache-Control"), "no-store") {
		b.tb.Errorf("%d to %s instead of %s: %s", a.Status, a.Header.Get("Location"), page, a.Body)
	}
}

// TestReturnAddresses tries what is known to have led out of other apps.
func TestReturnAddresses(t *testing.T) {
	t.Parallel()
	bff, _ := mustOAuth(t)
	b := newBrowser(t, bff)
	payloads := server.MustRedirects(t)
	for _, payload := range payloads {
		a := b.send(http.MethodGet, "/api/v1/session/oauth/github?return_to="+url.QueryEscape(payload), "")
		if p := mustProblem(t, a, http.StatusBadRequest); len(p.Errors) != 1 || p.Errors[0].Name != "return_to" || a.Header.Get("Location") != "" {
			t.Errorf("return_to %q: got Location %q, want only a fault of return_to: %s", payload, a.Header.Get("Location"), a.Body)
		}
	}
	if len(payloads) < 200 {
		t.Errorf("%d payloads only", len(payloads))
	}
}
