package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

func TestSignInAndOut(t *testing.T) {
	t.Parallel()
	bff := mustServeStack(t)
	_, email := mustSignedUp(t, bff)
	b := newBrowser(t, bff)
	a := b.mustSignIn(email, password)
	if strings.Contains(a.Body, "token") || strings.Contains(a.Body, "eyJ") {
		t.Errorf("a token shows: %s", a.Body)
	}
	if a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("Cache-Control: got %q, want no-store", a.Header.Get("Cache-Control"))
	}
	lines := a.Header.Values("Set-Cookie")
	if len(lines) != 1 || !regexp.MustCompile(`^mysingle=[\w-]+; Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict$`).MatchString(lines[0]) {
		t.Errorf("Set-Cookie: got %q, want mysingle=…; Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict", lines)
	}
	b.mustBe(email)

	held := b.cookies()
	if a := b.send(http.MethodDelete, "/api/v1/session", ""); a.Status != http.StatusNoContent || len(b.cookies()) != 0 {
		t.Errorf("signing out answered %d, %d cookies are left", a.Status, len(b.cookies()))
	}
	if a := b.send(http.MethodDelete, "/api/v1/session", ""); a.Status != http.StatusNoContent {
		t.Errorf("signing out again: got status %d, want 204", a.Status)
	}
	mustProblem(t, b.send(http.MethodGet, "/api/v1/session", ""), http.StatusUnauthorized)
	// Who has kept the cookie has nothing of it.
	for name, value := range held {
		b.hold([]*http.Cookie{{Name: name, Value: value, Path: "/"}})
	}
	b.mustBeOut(true)
	if a := b.send(http.MethodDelete, "/api/v1/session", ""); a.Status != http.StatusNoContent || len(b.cookies()) != 0 {
		t.Errorf("signing out of a session that is over answered %d", a.Status)
	}
}

func TestSignInIsRefused(t *testing.T) {
	t.Parallel()
	bff := mustServeStack(t)
	_, email := mustSignedUp(t, bff)
	for _, tt := range []struct {
		Name, Path, Body string
		Status           int
		Code             string
		Says, SaysKorean string
	}{
		{"wrong password", "", `{"email":"` + email + `","password":"wrong"}`, 400, "invalid_credentials", "The e-mail address or the password is wrong.", "이메일 주소나 비밀번호가 맞지 않습니다."},
		{"nobody's address", "", `{"email":"` + newEmail() + `","password":"wrong"}`, 400, "invalid_credentials", "The e-mail", "이메일"},
		{"taken address", "/sign-up", `{"email":"` + email + `","password":"` + password + `"}`, 422, "user_already_exists", "There is an account", "계정이 이미"},
		{"weak password", "/sign-up", `{"email":"` + newEmail() + `","password":"abc"}`, 422, "weak_password", "too weak", "너무 약합니다"},
		{"invitation of nobody's", "/sign-up", `{"email":"` + newEmail() + `","password":"` + password + `","invitation_token":"x"}`, 422, "invitation_refused", "The invitation", "초대"},
		{"wrong code", "/verify", `{"type":"magiclink","email":"` + email + `","token":"000000"}`, 403, "otp_expired", "The code or link", "코드나 링크"},
		{"wrong link", "/verify", `{"type":"recovery","token_hash":"abcdef"}`, 403, "otp_expired", "The code or link", "코드나 링크"},
		{"no JSON", "", `email=a`, 400, "invalid_request", "must be a JSON object", "JSON 객체"},
		{"a list", "", `[]`, 400, "invalid_request", "must be a JSON object", "JSON 객체"},
		{"null", "", `null`, 400, "invalid_request", "must be a JSON object", "JSON 객체"},
		{"nothing", "", ``, 415, "unsupported_media_type", "Send JSON", "JSON"},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			b := newBrowser(t, bff)
			p := mustProblem(t, b.send(http.MethodPost, "/api/v1/session"+tt.Path, tt.Body), tt.Status)
			if *p.Code != tt.Code || !strings.Contains(*p.Message, tt.Says) {
				t.Errorf("got code %s with the message %q, want %s with %q", *p.Code, *p.Message, tt.Code, tt.Says)
			}
			p = mustProblem(t, b.send(http.MethodPost, "/api/v1/session"+tt.Path, tt.Body, "Accept-Language", "ko"), tt.Status)
			if !strings.Contains(*p.Message, tt.SaysKorean) {
				t.Errorf("in Korean: got %q, want %q", *p.Message, tt.SaysKorean)
			}
			if len(b.cookies()) != 0 {
				t.Error("there is a cookie")
			}
		})
	}
}

func TestAllFaultsOfABodyAtOnce(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, mustServeStack(t))
	for _, tt := range []struct {
		Path, Body string
		Faults     map[string]string
		Korean     string
	}{
		{"", `{}`, map[string]string{"email": "email is required", "password": "password is required"}, "email은(는) 필수입니다"},
		{"", `{"email":null,"password":""}`, map[string]string{"email": "email is required", "password": "password is required"}, "필수"},
		{"", `{"email":"a","password":1,"remember":true}`, map[string]string{
			"email": "email must be an e-mail address", "password": "password must be a text", "remember": "remember is not known here"}, "올바른 이메일 주소"},
		{"", `{"email":"a@b.test","password":"a\u0000b"}`, map[string]string{"password": "password must not have a null character"}, "널 문자"},
		{"/sign-up", `{"email":"a@b","password":"` + strings.Repeat("가", 25) + `","first_name":"` + strings.Repeat("가", 101) + `","locale":[]}`, map[string]string{
			"email": "email must be an e-mail address", "password": "password must have at most 72 bytes; a letter takes one, a Korean syllable three",
			"first_name": "first_name must have at most 100 characters", "locale": "locale must be a text"}, "72바이트"},
		{"/code", `{"create":"yes"}`, map[string]string{"email": "email is required", "create": "create must be true or false"}, "true 또는 false"},
		{"/verify", `{"type":"sms"}`, map[string]string{
			"type": `type: "sms" is not one of signup, magiclink, recovery, invite, email, email_change`, "email": "email is needed, or token_hash", "token": "token is needed, or token_hash"}, "token_hash가 있으면"},
		{"/recovery", `{"email":"@"}`, map[string]string{"email": "email must be an e-mail address"}, "이메일"},
	} {
		a := b.send(http.MethodPost, "/api/v1/session"+tt.Path, tt.Body)
		p := mustProblem(t, a, http.StatusBadRequest)
		found := make(map[string]string)
		for _, fault := range p.Errors {
			found[fault.Name] = fault.Message
			if fault.In != "body" {
				t.Errorf("%s is in %s", fault.Name, fault.In)
			}
		}
		if fmt.Sprint(found) != fmt.Sprint(tt.Faults) {
			t.Errorf("%s %s: got the faults %v, want %v", tt.Path, tt.Body, found, tt.Faults)
		}
		p = mustProblem(t, b.send(http.MethodPost, "/api/v1/session"+tt.Path, tt.Body, "Accept-Language", "ko-KR"), http.StatusBadRequest)
		if !strings.Contains(*p.Message, tt.Korean) {
			t.Errorf("in Korean: got %q, want %q", *p.Message, tt.Korean)
		}
	}
}

// Forms of other sites can send anything but JSON.
func TestNothingButJSONSignsIn(t *testing.T) {
	t.Parallel()
	bff := mustServeStack(t)
	_, email := mustSignedUp(t, bff)
	credentials := mustJSON(t, map[string]string{"email": email, "password": password})
	for contentType, status := range map[string]int{
		"text/plain": 415, "application/x-www-form-urlencoded": 415, "multipart/form-data; boundary=x": 415, "": 415, "application/jsonx": 415,
		"text/plain; application/json": 415, "application/json": 200, "application/json; charset=utf-8": 200, "Application/JSON": 200,
	} {
		b := newBrowser(t, bff)
		if a := b.send(http.MethodPost, "/api/v1/session", credentials, "Content-Type", contentType); a.Status != status || (len(b.cookies()) > 0) != (status == 200) {
			t.Errorf("Content-Type %q: got status %d and %d cookies, want %d, and cookies only with 200: %s", contentType, a.Status, len(b.cookies()), status, a.Body)
		}
	}
}

func TestEachSignInIsANewSession(t *testing.T) {
	t.Parallel()
	bff := mustServeStack(t)
	b, email := mustSignedUp(t, bff)
	before, cookies := b.session(), b.cookies()
	b.mustSignIn(email, password)
	if b.session().ID == before.ID {
		t.Error("the session is the same")
	}
	b.mustBe(email)
	// The one before is over, at Auth too; requests of it that are still
	// under way must not take the new cookie away.
	old := newBrowser(t, bff)
	for name, value := range cookies {
		old.hold([]*http.Cookie{{Name: name, Value: value, Path: "/"}})
	}
	old.mustBeOut(false)
	a := mustSend(t, http.MethodPost, bff+"/auth/v1/token?grant_type=refresh_token", mustJSON(t, map[string]string{"refresh_token": before.RefreshToken}), "Content-Type", "application/json")
	if a.Status != http.StatusBadRequest {
		t.Errorf("its refresh token is good for %d", a.Status)
	}
}

func TestScopesOfSignOut(t *testing.T) {
	t.Parallel()
	bff := mustServeStack(t)
	for _, tt := range []struct {
		Scope       string
		Here, There bool // who is still signed in: this browser, another one
	}{
		{"local", false, true}, {"others", true, false}, {"global", false, false},
	} {
		t.Run(tt.Scope, func(t *testing.T) {
			here, email := mustSignedUp(t, bff)
			there := newBrowser(t, bff)
			there.mustSignIn(email, password)
			if a := here.send(http.MethodDelete, "/api/v1/session?scope="+tt.Scope, ""); a.Status != http.StatusNoContent {
				t.Fatalf("signing out: got status %d, want 204: %s", a.Status, a.Body)
			}
			for _, look := range []struct {
				b  *browser
				in bool
			}{{here, tt.Here}, {there, tt.There}} {
				if look.in {
					look.b.mustBe(email)
					continue
				}
				// PostgREST itself would go on for as long as the token holds.
				if a := look.b.send(http.MethodGet, "/rest/v1/profiles?select=email", ""); a.Status != http.StatusUnauthorized {
					t.Errorf("still in: %d: %s", a.Status, a.Body)
				}
				if len(look.b.cookies()) != 0 {
					t.Error("the cookie is still there")
				}
				look.b.mustSignIn(email, password)
				look.b.mustBe(email)
			}
		})
	}
	b, _ := mustSignedUp(t, bff)
	mustProblem(t, b.send(http.MethodDelete, "/api/v1/session?scope=mine", ""), http.StatusBadRequest)
}

// TestEndedWithAToken_slow has a Supabase client, which goes on as ever, end what
// the user's two browsers have; a stranger's goes on.
func TestEndedWithAToken_slow(t *testing.T) {
	t.Parallel()
	settings := map[string]string{"REDIS_URL": supabasetest.MustStartRedis(t).URL}
	bff, other := mustServe(t, supabasetest.Config(t, settings)), mustServe(t, supabasetest.Config(t, settings))
	stranger, strangers := mustSignedUp(t, bff)
	for _, tt := range []struct {
		Name, Method, Path, Body string
		Status                   int
		In                       bool // the browsers, afterwards
	}{
		{"a new password", http.MethodPut, "/auth/v1/user", `{"password":"another-password"}`, 200, false},
		{"a password that is refused", http.MethodPut, "/auth/v1/user", `{"password":"x"}`, 422, true},
		{"other data", http.MethodPut, "/auth/v1/user", `{"data":{"theme":"dark"}}`, 200, true},
		{"signing out", http.MethodPost, "/auth/v1/logout", "", 204, false},
		{"signing out everywhere", http.MethodPost, "/auth/v1/logout?scope=global", "", 204, false},
		{"signing out elsewhere", http.MethodPost, "/auth/v1/logout?scope=others", "", 204, false},
		{"signing out here", http.MethodPost, "/auth/v1/logout?scope=local", "", 204, true},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			one, email := mustSignedUp(t, bff)
			two := newBrowser(t, other)
			two.mustSignIn(email, password)
			client := supabasetest.MustSignIn(t, email, password)
			a := mustSend(t, tt.Method, bff+tt.Path, tt.Body, "Authorization", "Bearer "+client.Token, "Content-Type", "application/json")
			if a.Status != tt.Status || a.Header.Get("Set-Cookie") != "" {
				t.Fatalf("got status %d, Set-Cookie %q, want %d and none: %s", a.Status, a.Header.Get("Set-Cookie"), tt.Status, a.Body)
			}
			for _, b := range []*browser{one, two} {
				if tt.In {
					b.mustBe(email)
				} else {
					b.mustBeOut(true)
				}
			}
		})
	}
	stranger.mustBe(strangers)
}

func TestWhoSpeaks(t *testing.T) {
	t.Parallel()
	bff := mustServeStack(t)
	b, email := mustSignedUp(t, bff)
	other := supabasetest.MustSignUp(t)
	key := supabasetest.Env(t, "SUPABASE_PUBLISHABLE_KEY")
	id := func(headers ...string) string {
		var user struct{ ID string }
		a := b.send(http.MethodGet, "/auth/v1/user", "", headers...)
		if a.Status != http.StatusOK {
			return fmt.Sprint(a.Status)
		}
		if err := json.Unmarshal([]byte(a.Body), &user); err != nil {
			t.Error(err)
		}
		return user.ID
	}
	mine := b.session().Subject
	for name, got := range map[string]string{
		"the cookie alone":        id(),
		"the cookie and the key":  id("apikey", key),
		"the key as bearer token": id("Authorization", "Bearer "+key),
	} {
		if got != mine {
			t.Errorf("%s: got the user %s, want %s", name, got, mine)
		}
	}
	if got := id("Authorization", "Bearer "+other.Token); got != other.ID {
		t.Errorf("a bearer token: %s", got)
	}
	if got := id("Authorization", "Bearer x.y.z"); got != "401" || len(b.cookies()) == 0 {
		t.Errorf("a bad bearer token: %s", got)
	}
	b.mustBe(email)
}

func TestUnreadableCookies(t *testing.T) {
	t.Parallel()
	bff := mustServeStack(t)
	b, email := mustSignedUp(t, bff)
	value := b.cookies()["mysingle"]
	other := "A"
	if value[40:41] == other {
		other = "B"
	}
	for name, cookies := range map[string][]*http.Cookie{
		"nonsense":       {{Name: "mysingle", Value: "nonsense", Path: "/"}},
		"changed":        {{Name: "mysingle", Value: value[:40] + other + value[41:], Path: "/"}},
		"half of parts":  {{Name: "mysingle.1", Value: "2~" + value, Path: "/"}},
		"another's name": {{Name: "mysingle", Value: strings.Repeat("A", 3000), Path: "/"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBrowser(t, bff)
			b.hold(cookies)
			b.mustBeOut(true)
			b.mustSignIn(email, password) // whatever it held
			b.mustBe(email)
		})
	}
}

// Over https the cookie has a name that browsers take from this host alone.
func TestCookieOverHTTPS(t *testing.T) {
	t.Parallel()
	bff := mustServe(t, supabasetest.Config(t, map[string]string{"BFF_PUBLIC_URL": "https://app.test"}))
	_, email := mustSignedUp(t, mustServeStack(t))
	b := newBrowser(t, bff)
	line := b.mustSignIn(email, password).Header.Get("Set-Cookie")
	if !regexp.MustCompile(`^__Host-mysingle=[\w-]+; Path=/; Max-Age=2592000; HttpOnly; Secure; SameSite=Strict$`).MatchString(line) {
		t.Errorf("Set-Cookie over https: got %s, want __Host-mysingle=…; Path=/; Max-Age=2592000; HttpOnly; Secure; SameSite=Strict", line)
	}
	cookie, _, _ := strings.Cut(line, ";")
	b = newBrowser(t, bff) // to send what browsers send over https
	if a := b.send(http.MethodGet, "/api/v1/session", "", "Cookie", cookie); a.Status != http.StatusOK {
		t.Errorf("the session, with its cookie over https: got status %d, want 200: %s", a.Status, a.Body)
	}
	mustProblem(t, b.send(http.MethodGet, "/api/v1/session", "", "Cookie", strings.TrimPrefix(cookie, "__Host-")), http.StatusUnauthorized)
	if a := b.send(http.MethodDelete, "/api/v1/session", "", "Cookie", cookie); a.Header.Get("Set-Cookie") != "__Host-mysingle=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict" {
		t.Errorf("the cookie that signs out: got %q, want it empty, with Max-Age=0", a.Header.Get("Set-Cookie"))
	}
}

func TestSignUpMakesAProfile(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, mustServeStack(t))
	email := newEmail()
	a := b.send(http.MethodPost, "/api/v1/session/sign-up", mustJSON(t, map[string]string{
		"email": email, "password": password, "first_name": "서연", "last_name": "김", "org_name": "해온", "timezone": "Europe/Berlin", "locale": "en-GB",
	}))
	if a.Status != http.StatusCreated || strings.Contains(a.Body, "token") {
		t.Fatalf("signing up: got status %d, want 201 and no token: %s", a.Status, a.Body)
	}
	b.mustBe(email)
	for path, want := range map[string]string{
		"profiles?select=full_name,org_role":            `[{"full_name":"김서연","org_role":"owner"}]`,
		"organizations?select=org_name,timezone,locale": `[{"org_name":"해온","timezone":"Europe/Berlin","locale":"en"}]`,
	} {
		if a := b.send(http.MethodGet, "/rest/v1/"+path, ""); a.Body != want {
			t.Errorf("%s: got %s, want %s", path, a.Body, want)
		}
	}
	var invited []struct{ Token string }
	a = b.send(http.MethodPost, "/rest/v1/rpc/create_invitation", `{"email":"`+"i-"+email+`"}`)
	if err := json.Unmarshal([]byte(a.Body), &invited); err != nil || len(invited) != 1 {
		t.Fatalf("create_invitation: got %s, want one invitation: %v", a.Body, err)
	}
	guest := newBrowser(t, b.bff)
	a = guest.send(http.MethodPost, "/api/v1/session/sign-up", mustJSON(t, map[string]string{"email": "i-" + email, "password": password, "invitation_token": invited[0].Token}))
	if a.Status != http.StatusCreated {
		t.Fatalf("the guest signs up: got status %d, want 201: %s", a.Status, a.Body)
	}
	if a = guest.send(http.MethodGet, "/rest/v1/organizations?select=org_name", ""); a.Body != `[{"org_name":"해온"}]` {
		t.Errorf("the guest's organization: got %s, want 해온", a.Body)
	}
}

// TestAudit looks at what the log has about sessions, and has not.
func TestAudit(t *testing.T) {
	t.Parallel()
	var log syncBuffer
	bff := mustServeLogging(t, supabasetest.Config(t, nil), &log)
	b, email := mustSignedUp(t, bff)
	first := b.session()
	b.send(http.MethodPost, "/api/v1/session", mustJSON(t, map[string]string{"email": email, "password": "a-wrong-password"}))
	b.mustSignIn(email, password)
	second := b.session()
	b.mustExpire(0)
	b.mustBe(email)
	third, cookie := b.session(), b.cookies()["mysingle"]
	if cookie == "" {
		t.Fatal("no cookie to look for")
	}
	b.send(http.MethodPut, "/api/v1/session/password", `{"password":"another-password"}`, "X-Request-Id", "password-request")
	b.send(http.MethodDelete, "/api/v1/session?scope=global", "")
	// With a token, as Supabase's client does.
	client := supabasetest.MustSignIn(t, email, "another-password")
	for _, call := range [][3]string{
		{http.MethodPut, "/auth/v1/user", `{"data":{}}`}, {http.MethodPut, "/auth/v1/user", `{"password":"a-third-password"}`}, {http.MethodPut, "/auth/v1/user", `{"password":""}`},
		{http.MethodPost, "/auth/v1/logout?scope=others", ""}, {http.MethodPost, "/auth/v1/logout?scope=nonsense", ""}, {http.MethodPost, "/auth/v1/logout", ""},
	} {
		mustSend(t, call[0], bff+call[1], call[2], "Authorization", "Bearer "+client.Token, "Content-Type", "application/json")
	}
	var events []string
	for line := range strings.Lines(log.String()) {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		if entry["msg"] != "audit" {
			continue
		}
		events = append(events, fmt.Sprint(entry["event"], " ", entry["outcome"], " ", entry["reason"]))
		if entry["ip"] != "127.0.0.1" || len(entry["request_id"].(string)) < 8 {
			t.Errorf("got the line %s, want the ip 127.0.0.1 and a request_id", line)
		}
		if entry["outcome"] == "success" && (entry["user"] != first.Subject || len(entry["session"].(string)) != 36) {
			t.Errorf("got the line %s, want the user %s and a session", line, first.Subject)
		}
	}
	want := []string{
		"signed_up success ", "signed_in failure invalid_credentials", "signed_in success ", "session_replaced success ",
		"session_refreshed success ", "password_changed success ", "signed_out_global success ",
		"password_changed success ", "signed_out_others success ", "signed_out_global success ",
	}
	if strings.Join(events, "\n") != strings.Join(want, "\n") {
		t.Errorf("events: got %q, want %q", events, want)
	}
	for _, secret := range []string{
		email, password, "a-wrong-password", "another-password", "a-third-password", client.Token, client.RefreshToken, first.AccessToken, first.RefreshToken,
		second.AccessToken, second.RefreshToken, third.AccessToken, third.RefreshToken, cookie,
	} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log has %s", secret)
		}
	}
}

// TestAuditTellsTriesApart has two people's e-mails tried in every way: the log
// tells which tries were for the same one, and not for which.
func TestAuditTellsTriesApart(t *testing.T) {
	t.Parallel()
	var log syncBuffer
	bff := mustServeLogging(t, supabasetest.Config(t, nil), &log)
	b, one := mustSignedUp(t, bff)
	two := newEmail()
	calls := []string{"", "/sign-up", "/code", "/recovery", "/verify"}
	for _, email := range []string{one, strings.ToUpper(one), two} {
		for _, path := range calls {
			body := map[string]string{"email": email}
			switch path {
			case "":
				body["password"] = "a-wrong-password"
			case "/sign-up":
				body["password"] = "abc" // too weak
			case "/verify":
				body["type"], body["token"] = "magiclink", "000000"
			}
			b.send(http.MethodPost, "/api/v1/session"+path, mustJSON(t, body))
		}
	}
	b.send(http.MethodPost, "/api/v1/session/verify", `{"type":"recovery","token_hash":"abcdef"}`)
	var hashes []string
	for line := range strings.Lines(log.String()) {
		var entry struct {
			Msg  string
			Hash string `json:"email_hash"`
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		if entry.Msg == "audit" {
			hashes = append(hashes, entry.Hash)
		}
	}
	if len(hashes) != 1+3*len(calls)+1 || !regexp.MustCompile(`^[0-9a-f]{12}$`).MatchString(hashes[0]) || hashes[len(hashes)-1] != "" {
		t.Fatalf("hashes: got %q, want %d, the first of 12 hexadecimal digits, the last empty", hashes, 1+3*len(calls)+1)
	}
	others := hashes[1+2*len(calls)]
	for i, hash := range hashes[:len(hashes)-1] {
		if want := map[bool]string{true: hashes[0], false: others}[i < 1+2*len(calls)]; hash != want {
			t.Errorf("line %d: got the hash %s, want %s", i, hash, want)
		}
	}
	if others == hashes[0] || len(others) != 12 || strings.Contains(strings.ToLower(log.String()), one) || strings.Contains(log.String(), two) {
		t.Errorf("hashes %q; or an e-mail shows", hashes)
	}
}

// TestNoTokensForPages asks Auth, with the cookie, for what it would answer
// with tokens; and looks at what caches are told of answers to the cookie.
func TestNoTokensForPages(t *testing.T) {
	t.Parallel()
	b, email := mustSignedUp(t, mustServe(t, supabasetest.Config(t, nil)))
	for _, request := range []string{
		"POST /auth/v1/token?grant_type=password", "POST /auth/v1/token?grant_type=refresh_token", "POST /auth/v1/signup", "POST /auth/v1/verify",
		"GET /auth/v1/authorize?provider=github", "POST /auth/v1/factors/7e6d4c3f-0000-4000-8000-000000000000/verify", "GET /auth/v1/nonsense",
		// What the BFF's own sessions have paths for, and what Auth might take for that.
		"POST /auth/v1/logout", "POST /auth/v1/logout?scope=local", "POST /auth/v1/logout/", "GET /auth/v1/logout", "PUT /auth/v1/user", "PUT /auth/v1/User/",
	} {
		method, path, _ := strings.Cut(request, " ")
		body := ""
		if method != http.MethodGet {
			body = `{"email":"` + email + `","password":"` + password + `"}`
		}
		if p := mustProblem(t, b.send(method, path, body), http.StatusForbidden); *p.Code != "session_only" {
			t.Errorf("%s: got code %s, want session_only", request, *p.Code)
		}
	}
	for _, body := range []string{`{"Password":"another-password"}`, `{"p\u0061ssword":"another-password"}`, `{"data":{},"password":null}`, `{"password":"another-password"} {}`, "\ufeff{}", `[`} {
		if p := mustProblem(t, b.send(http.MethodPut, "/auth/v1/user", body), http.StatusForbidden); *p.Code != "session_only" || !strings.Contains(*p.Message, "/api/v1/session") {
			t.Errorf("%s: got code %s with the message %q, want session_only and /api/v1/session", body, *p.Code, *p.Message)
		}
	}
	if a := b.send(http.MethodPut, "/auth/v1/user", `{"data":{"password":"is a member of something else"}}`); a.Status != http.StatusOK {
		t.Errorf("metadata: got status %d, want 200: %s", a.Status, a.Body)
	}
	b.mustBe(email)
	for _, path := range []string{"/auth/v1/user", "/rest/v1/profiles?select=email"} {
		a := b.send(http.MethodGet, path, "")
		if a.Status != http.StatusOK || a.Header.Get("Cache-Control") != "private, no-cache" || !strings.Contains(a.Header.Get("Vary"), "Cookie") {
			t.Errorf("%s: got status %d with %s, want 200, private, no-cache, and Vary by Cookie", path, a.Status, a.Header)
		}
	}
}

// TestOriginOfReads has Auth and functions read with the cookie: from the app's
// own pages and by a person who opens an address. A signed link needs no cookie,
// and none comes along from another site.
func TestOriginOfReads(t *testing.T) {
	t.Parallel()
	var reached atomic.Int64
	functions := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	t.Cleanup(functions.Close)
	b, _ := mustSignedUp(t, mustServe(t, supabasetest.Config(t, map[string]string{"SUPABASE_FUNCTIONS_URL": functions.URL})))
	other := newBrowser(t, b.bff)
	for _, path := range []string{"/auth/v1/user", "/functions/v1/calendar/signed.ics", "/functions/v1/sprint-report/signed.png"} {
		for _, from := range []string{"cross-site", "same-site"} {
			if p := mustProblem(t, b.send(http.MethodGet, path, "", "Sec-Fetch-Site", from), http.StatusForbidden); *p.Code != "cross_site" {
				t.Errorf("%s from %s: got code %s, want cross_site", path, from, *p.Code)
			}
		}
		for _, from := range []string{"same-origin", "none"} {
			if a := b.send(http.MethodGet, path, "", "Sec-Fetch-Site", from); a.Status != http.StatusOK {
				t.Errorf("%s from %s: got status %d, want 200: %s", path, from, a.Status, a.Body)
			}
		}
		if a := other.send(http.MethodGet, path, "", "Sec-Fetch-Site", "cross-site"); a.Status != http.StatusOK && strings.HasPrefix(path, "/functions/") {
			t.Errorf("%s without the cookie: got status %d, want 200: %s", path, a.Status, a.Body)
		}
	}
	if n := reached.Load(); n != 6 {
		t.Errorf("requests that reached the functions: got %d, want 6", n)
	}
	mustProblem(t, b.send(http.MethodGet, "/auth/v1/reauthenticate", "", "Sec-Fetch-Site", "same-site"), http.StatusForbidden)
}
