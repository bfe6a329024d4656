package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

// post sends JSON to a path of sessions and checks the status.
func (b *browser) post(path string, body map[string]any, status int) answer {
	b.tb.Helper()
	a := b.send(http.MethodPost, "/api/v1/session"+path, mustJSON(b.tb, body))
	if a.Status != status || strings.Contains(a.Body, "token") {
		b.tb.Fatalf("%s: got status %d, want %d and no token: %s", path, a.Status, status, a.Body)
	}
	return a
}

func TestCodesByEmail(t *testing.T) {
	t.Parallel()
	auth := supabasetest.MustStartAuth(t, nil)
	bff := mustServe(t, supabasetest.Config(t, map[string]string{"SUPABASE_AUTH_URL": auth.URL}))
	_, email := mustSignedUp(t, bff)

	b := newBrowser(t, bff)
	known := b.post("/code", map[string]any{"email": email}, 202)
	unknown := b.post("/code", map[string]any{"email": newEmail()}, 202)
	if known.Body != unknown.Body || len(known.Header) != len(unknown.Header) {
		t.Errorf("the answers differ: %v, %v", known, unknown)
	}
	mail := auth.MustMail(t, email)
	wrong := "000000"
	if mail.Code == wrong {
		wrong = "000001"
	}
	mustProblem(t, b.send(http.MethodPost, "/api/v1/session/verify", mustJSON(t, map[string]any{"type": "email", "email": email, "token": wrong})), 403)
	b.post("/verify", map[string]any{"type": "email", "email": email, "token": mail.Code}, 200)
	b.mustBe(email)
	mustProblem(t, newBrowser(t, bff).send(http.MethodPost, "/api/v1/session/verify", mustJSON(t, map[string]any{"type": "email", "email": email, "token": mail.Code})), 403)

	byLink := newBrowser(t, bff)
	byLink.post("/code", map[string]any{"email": email}, 202)
	supabasetest.MustWait(t, "another e-mail", func() bool { return auth.MustMail(t, email) != mail })
	byLink.post("/verify", map[string]any{"type": "magiclink", "token_hash": auth.MustMail(t, email).TokenHash}, 200)
	byLink.mustBe(email)

	somebody, newcomer := newBrowser(t, bff), newEmail()
	somebody.post("/code", map[string]any{"email": newcomer, "create": true}, 202)
	somebody.post("/verify", map[string]any{"type": "email", "email": newcomer, "token": auth.MustMail(t, newcomer).Code}, 200)
	somebody.mustBe(newcomer)
}

func TestConfirmationByEmail(t *testing.T) {
	t.Parallel()
	auth := supabasetest.MustStartAuth(t, map[string]string{"GOTRUE_MAILER_AUTOCONFIRM": "false"})
	b := newBrowser(t, mustServe(t, supabasetest.Config(t, map[string]string{"SUPABASE_AUTH_URL": auth.URL})))
	email := newEmail()
	a := b.post("/sign-up", map[string]any{"email": email, "password": password}, 202)
	if a.Body != `{"confirmation":"sent"}` || len(b.cookies()) != 0 {
		t.Errorf("got %s and %d cookies, want {\"confirmation\":\"sent\"} and none", a.Body, len(b.cookies()))
	}
	p := mustProblem(t, b.send(http.MethodPost, "/api/v1/session", mustJSON(t, map[string]any{"email": email, "password": password})), 400)
	if *p.Code != "email_not_confirmed" {
		t.Errorf("got code %s, want email_not_confirmed", *p.Code)
	}
	b.post("/verify", map[string]any{"type": "signup", "email": email, "token": auth.MustMail(t, email).Code}, 200)
	b.mustBe(email)
}

func TestForgottenPassword(t *testing.T) {
	t.Parallel()
	auth := supabasetest.MustStartAuth(t, nil)
	bff := mustServe(t, supabasetest.Config(t, map[string]string{"SUPABASE_AUTH_URL": auth.URL}))
	elsewhere, email := mustSignedUp(t, bff)

	b := newBrowser(t, bff)
	known := b.post("/recovery", map[string]any{"email": email}, 202)
	unknown := b.post("/recovery", map[string]any{"email": newEmail()}, 202)
	if known.Body != unknown.Body {
		t.Errorf("the answers differ: %v, %v", known, unknown)
	}
	mustProblem(t, b.send(http.MethodPut, "/api/v1/session/password", `{"password":"a-new-password"}`), 401)
	b.post("/verify", map[string]any{"type": "recovery", "token_hash": auth.MustMail(t, email).TokenHash}, 200)
	for body, code := range map[string]string{
		`{"password":"` + password + `"}`: "same_password", `{"password":"abc"}`: "weak_password", `{"password":""}`: "invalid_request", `{}`: "invalid_request",
		`{"password":"` + strings.Repeat("가", 30) + `"}`: "invalid_request",
	} {
		a := b.send(http.MethodPut, "/api/v1/session/password", body)
		if p := mustProblem(t, a, a.Status); a.Status < 400 || *p.Code != code {
			t.Errorf("%s: got status %d and code %s, want an error and %s", body, a.Status, *p.Code, code)
		}
	}
	for body, want := range map[string]struct{ rule, english, korean string }{
		`{"password":"` + password + `"}`: {"same", "password is the old one: take another one", "password이(가) 지금 비밀번호와 같습니다. 다른 비밀번호를 정해 주세요"},
		`{"password":"abc"}`:              {"weak", "password is too weak: take a longer one, or one with more kinds of characters", "password이(가) 너무 약합니다. 더 길게 하거나 여러 종류의 문자를 섞어 주세요"},
	} {
		for language, says := range map[string]string{"en": want.english, "ko": want.korean} {
			p := mustProblem(t, b.send(http.MethodPut, "/api/v1/session/password", body, "Accept-Language", language), 422)
			if len(p.Errors) != 1 || p.Errors[0] != (fault{"body", "password", want.rule, says}) || *p.Message != says+"." {
				t.Errorf("%s, in %s: got the faults %+v and the message %q, want the rule %s and %q", body, language, p.Errors, *p.Message, want.rule, says)
			}
		}
	}
	if a := b.send(http.MethodPut, "/api/v1/session/password", `{"password":"a-new-password"}`); a.Status != 204 || a.Body != "" {
		t.Fatalf("a new password: got status %d, want 204: %s", a.Status, a.Body)
	}
	b.mustBe(email)
	// Whoever knew the old password is out.
	mustProblem(t, elsewhere.send(http.MethodGet, "/api/v1/session", ""), 401)
	mustProblem(t, newBrowser(t, bff).send(http.MethodPost, "/api/v1/session", mustJSON(t, map[string]any{"email": email, "password": password})), 400)
	newBrowser(t, bff).mustSignIn(email, "a-new-password")
}
