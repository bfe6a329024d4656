package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

// mustBeLimited checks that the answer is a 429 by the policy, with the
// standard's fields and members.
func mustBeLimited(tb testing.TB, a answer, policy string) {
	tb.Helper()
	if a.Status != 429 || a.Header.Get("Content-Type") != "application/problem+json" {
		tb.Fatalf("got status %d of type %q, want 429 of application/problem+json: %s", a.Status, a.Header.Get("Content-Type"), a.Body)
	}
	var p struct {
		Code, Message, Type, Title string
		Status                     int
		Policies                   []string `json:"violated-policies"`
	}
	if err := json.Unmarshal([]byte(a.Body), &p); err != nil {
		tb.Fatal(err)
	}
	wait, err := strconv.Atoi(a.Header.Get("Retry-After"))
	if err != nil || wait < 1 {
		tb.Errorf("Retry-After: got %q, want a number of seconds", a.Header.Get("Retry-After"))
	}
	if p.Code != "over_request_rate_limit" || p.Status != 429 || !slices.Equal(p.Policies, []string{policy}) ||
		p.Type != "https://iana.org/assignments/http-problem-types#quota-exceeded" || !strings.Contains(p.Message, fmt.Sprintf(" %d s.", wait)) {
		tb.Errorf("got %+v, want over_request_rate_limit by the policy %s, and %d s to wait", p, policy, wait)
	}
	if policy != "email-anywhere" && !strings.Contains(a.Header.Get("RateLimit"), fmt.Sprintf(`"%s";r=0;t=%d`, policy, wait)) {
		tb.Errorf("RateLimit: got %s, want %s with r=0 and t=%d", a.Header.Get("RateLimit"), policy, wait)
	}
}

func TestRatePerAddress(t *testing.T) {
	t.Parallel()
	bff := mustServe(t, supabasetest.Config(t, map[string]string{"BFF_RATE_ADDRESS": "5/h"}))
	for i := range 5 {
		a := mustSend(t, "GET", bff+"/nope", "")
		if want := fmt.Sprintf(`"address";r=%d;t=`, 4-i); a.Status != 404 || !strings.HasPrefix(a.Header.Get("RateLimit"), want) || a.Header.Get("RateLimit-Policy") != `"address";q=5;w=3600` {
			t.Errorf("request %d: got status %d, RateLimit %q of the policy %q, want 404, %s and 5 in an hour", i, a.Status, a.Header.Get("RateLimit"), a.Header.Get("RateLimit-Policy"), want)
		}
	}
	for _, path := range []string{"/nope", "/docs", "/rest/v1/tasks", "/auth/v1/settings", "/api/v1/me/scrum"} {
		mustBeLimited(t, mustSend(t, "GET", bff+path, ""), "address")
	}
	korean := mustSend(t, "GET", bff+"/nope", "", "Accept-Language", "ko")
	if !strings.Contains(korean.Body, "초 후에 다시 시도하세요") {
		t.Errorf("in Korean: got %s, want 초 후에 다시 시도하세요", korean.Body)
	}
	// What a balancer asks is always answered, and nobody can speak as another.
	for _, path := range []string{"/livez", "/readyz"} {
		if a := mustSend(t, "GET", bff+path, ""); a.Status != 200 {
			t.Errorf("%s: got status %d, want 200", path, a.Status)
		}
	}
	mustBeLimited(t, mustSend(t, "GET", bff+"/nope", "", "X-Forwarded-For", "192.0.2.7", "Forwarded", "for=192.0.2.7", "X-Real-Ip", "192.0.2.7"), "address")
}

// TestRateOfWhatIsRefused floods the BFF with what it answers before it looks
// for a route: that counts, and doesn't flood the log.
func TestRateOfWhatIsRefused(t *testing.T) {
	t.Parallel()
	const end = " HTTP/1.1\r\nHost: bff\r\nConnection: close\r\n"
	for name, tt := range map[string]struct {
		Request string
		Status  int
	}{
		"a preflight":         {"OPTIONS /rest/v1/tasks" + end + "Origin: https://admin.test\r\nAccess-Control-Request-Method: PATCH\r\n\r\n", 204},
		"a strange preflight": {"OPTIONS /livez" + end + "Origin: https://evil.test\r\nAccess-Control-Request-Method: PATCH\r\n\r\n", 403},
		"a WebSocket":         {"GET /realtime/v1/websocket" + end + "Upgrade: websocket\r\n\r\n", 501},
		"an unknown method":   {"BREW /livez" + end + "\r\n", 405},
		"a folded header":     {"GET /livez" + end + "X-A: a\r\n b\r\n\r\n", 400},
		"a URL that is long":  {"GET /" + strings.Repeat("x", 17000) + end + "\r\n", 414},
		"headers without end": {"GET /" + end + "Cookie: " + strings.Repeat("x", 50000) + "\r\n\r\n", 431},
		"a line without end":  {"GET /" + strings.Repeat("x", 60000) + end + "\r\n", 414},
		"no request":          {"nonsense\r\n\r\n", 400},
		"nothing there":       {"GET /nope" + end + "\r\n", 404},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log syncBuffer
			bff := mustServeLogging(t, supabasetest.Config(t, map[string]string{"BFF_RATE_ADDRESS": "5/h", "BFF_ALLOWED_ORIGINS": "https://admin.test"}), &log)
			for i := range 5 {
				if a := mustSendRaw(t, bff, tt.Request); a.Status != tt.Status || !strings.HasPrefix(a.Header.Get("RateLimit"), fmt.Sprintf(`"address";r=%d;t=`, 4-i)) {
					t.Fatalf("request %d: got status %d, RateLimit %q, want %d and r=%d: %s", i, a.Status, a.Header.Get("RateLimit"), tt.Status, 4-i, a.Body)
				}
			}
			for range 5 {
				a := mustSendRaw(t, bff, tt.Request)
				mustBeLimited(t, a, "address")
				if from := a.Header.Get("Access-Control-Allow-Origin"); (from == "https://admin.test") != (name == "a preflight") {
					t.Errorf("Access-Control-Allow-Origin: got %q, want https://admin.test for a preflight alone", from)
				}
			}
			for _, path := range []string{"/livez", "/readyz"} {
				if a := mustSend(t, "GET", bff+path, ""); a.Status != 200 || a.Header.Get("RateLimit") != "" {
					t.Errorf("%s: got status %d with RateLimit %q, want 200 without", path, a.Status, a.Header.Get("RateLimit"))
				}
			}
			lines := strings.Count(log.String(), `"level":"INFO","msg":"request"`) + strings.Count(log.String(), `"level":"WARN","msg":"request"`)
			if lines != 6 { // and one of those that are beyond
				t.Errorf("lines in the log: got %d, want 6: %s", lines, &log)
			}
		})
	}
}

func TestRatePerUser(t *testing.T) {
	t.Parallel()
	bff := mustServe(t, supabasetest.Config(t, map[string]string{"BFF_RATE_USER": "3/9s", "BFF_RATE_ADDRESS": "1000/m"}))
	one, two := supabasetest.MustSignUp(t), supabasetest.MustSignUp(t)
	get := func(p supabasetest.Person, path string) answer {
		t.Helper()
		return mustSend(t, "GET", bff+path, "", "Authorization", "Bearer "+p.Token)
	}
	for _, path := range []string{"/rest/v1/tasks?limit=0", "/api/v1/me/scrum", "/rest/v1/sprints?limit=0"} {
		a := get(one, path)
		if a.Status != 200 || a.Header.Get("RateLimit-Policy") != `"address";q=1000;w=60, "user";q=3;w=9` {
			t.Errorf("%s: got status %d, %s, want 200 and 3 requests in 9 s", path, a.Status, a.Header.Get("RateLimit-Policy"))
		}
	}
	var refused answer
	supabasetest.MustWait(t, "a refusal", func() bool { // one more is allowed every 3 s
		refused = get(one, "/api/v1/me/scrum")
		return refused.Status != 200
	})
	mustBeLimited(t, refused, "user")
	if refused.Header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("Cache-Control %q", refused.Header.Get("Cache-Control"))
	}
	if a := get(two, "/rest/v1/tasks?limit=0"); a.Status != 200 {
		t.Errorf("another user: got status %d, want 200", a.Status)
	}
	if a := mustSend(t, "GET", bff+"/auth/v1/settings", ""); a.Status != 200 {
		t.Errorf("nobody: got status %d, want 200", a.Status)
	}
	// It passes when Retry-After says so.
	wait, _ := strconv.Atoi(refused.Header.Get("Retry-After"))
	time.Sleep(time.Duration(wait) * time.Second)
	if a := get(one, "/api/v1/me/scrum"); a.Status != 200 {
		t.Errorf("after %d s: got status %d, want 200", wait, a.Status)
	}
}

// signIn tries to sign in and returns the answer.
func signIn(tb testing.TB, bff, email string) answer {
	tb.Helper()
	return mustSend(tb, "POST", bff+"/auth/v1/token?grant_type=password", `{"email":"`+email+`","password":"wrong-wrong"}`, "Content-Type", "application/json", "apikey", supabasetest.Env(tb, "SUPABASE_PUBLISHABLE_KEY"))
}

func TestRateOfSigningIn(t *testing.T) {
	t.Parallel()
	bff := mustServe(t, supabasetest.Config(t, map[string]string{"BFF_RATE_SIGN_IN": "20/h"}))
	if a := signIn(t, bff, "demo@mysingle.test"); a.Status != 400 || !strings.Contains(a.Body, "invalid_credentials") {
		t.Fatalf("a wrong password: got status %d, want 400 and invalid_credentials: %s", a.Status, a.Body) // Auth has read the body
	}
	for _, call := range [][2]string{
		{"POST", "/auth/v1/token"}, {"POST", "/auth/v1/token?grant_type=pkce"}, {"POST", "/auth/v1/token?grant_type=refresh_token&grant_type=password"},
		{"POST", "/auth/v1/signup"}, {"POST", "/auth/v1/otp"}, {"POST", "/auth/v1/recover"}, {"POST", "/auth/v1/verify"}, {"GET", "/auth/v1/verify?token=123456&type=email"},
		{"POST", "/auth/v1/magiclink"}, {"POST", "/auth/v1/resend"},
		{"GET", "/auth/v1/reauthenticate"}, {"PUT", "/auth/v1/user"}, {"PUT", "/auth/v1/User/"},
		{"POST", "/auth/v1/factors/7e6d4c3f-0000-4000-8000-000000000000/challenge"}, {"POST", "/auth/v1/factors/7e6d4c3f-0000-4000-8000-000000000000/verify"},
		{"POST", "/auth/v1/factors/x/%56erify/"},
		{"POST", "/auth/v1/%74oken"}, {"POST", "/auth/v1/token/"}, {"POST", "/auth/v1/TOKEN"},
	} {
		if a := mustSend(t, call[0], bff+call[1], "{}", "Content-Type", "application/json"); a.Status == 429 || a.Status >= 500 || a.Header.Get("RateLimit") == "" {
			t.Errorf("%s: got status %d with RateLimit %q, want neither 429 nor 5xx, with it: %s", call, a.Status, a.Header.Get("RateLimit"), a.Body)
		}
	}
	for _, call := range [][2]string{
		{"POST", "/auth/v1/token?grant_type=password"}, {"POST", "/auth/v1/signup"}, {"POST", "/auth/v1/%74oken?grant_type=password"},
		{"GET", "/auth/v1/reauthenticate"}, {"PUT", "/auth/v1/user"}, {"POST", "/auth/v1/factors/x/challenge"}, {"POST", "/auth/v1/factors/x/verify"},
		{"POST", "/auth/v1/verify"}, {"POST", "/api/v1/session"}, {"POST", "/api/v1/session/verify"},
	} {
		mustBeLimited(t, mustSend(t, call[0], bff+call[1], "{}", "Content-Type", "application/json"), "sign-in")
	}
	mustBeLimited(t, mustSend(t, "POST", bff+"/auth/v1/token?grant_type=refresh_token", "grant_type=password", "Content-Type", "application/x-www-form-urlencoded"), "sign-in")
	// What guesses nothing goes on.
	token := supabasetest.MustSignUp(t).Token
	for _, call := range []struct{ Method, Path, Body string }{
		{"GET", "/auth/v1/user", ""}, {"GET", "/rest/v1/tasks?limit=0", ""}, {"GET", "/auth/v1/settings", ""},
		{"GET", "/auth/v1/factors", ""}, {"POST", "/auth/v1/factors", "{}"}, {"POST", "/auth/v1/factors/x/challenge/more", "{}"},
		{"POST", "/auth/v1/token?grant_type=refresh_token", `{"refresh_token":"none"}`},
	} {
		if a := mustSend(t, call.Method, bff+call.Path, call.Body, "Authorization", "Bearer "+token, "Content-Type", "application/json"); a.Status == 429 || a.Status >= 500 {
			t.Errorf("%v: got status %d, want neither 429 nor 5xx: %s", call, a.Status, a.Body)
		}
	}
}

func TestRatePerEmail(t *testing.T) {
	t.Parallel()
	bff := mustServe(t, supabasetest.Config(t, map[string]string{"BFF_RATE_EMAIL": "3/h"}))
	email := uuid.NewString() + "@test.mysingle.test"
	for range 3 {
		if a := signIn(t, bff, email); a.Status != 400 {
			t.Fatalf("within the rate: got status %d, want 400: %s", a.Status, a.Body)
		}
	}
	mustBeLimited(t, signIn(t, bff, email), "email")
	mustBeLimited(t, signIn(t, bff, strings.ToUpper(email)), "email")
	mustBeLimited(t, signIn(t, bff, " "+email+" "), "email")
	mustBeLimited(t, mustSend(t, "POST", bff+"/auth/v1/recover", `{"Email":"`+email+`"}`), "email")
	mustBeLimited(t, mustSend(t, "POST", bff+"/auth/v1/otp", `{"email":"`+email+`","EMAIL":"other@test.mysingle.test"}`), "email")
	mustBeLimited(t, mustSend(t, "POST", bff+"/auth/v1/otp", `{"em\u0061il":"`+email+`"}`), "email")
	if a := signIn(t, bff, uuid.NewString()+"@test.mysingle.test"); a.Status != 400 {
		t.Errorf("another e-mail: got status %d, want 400: %s", a.Status, a.Body)
	}
	for range 3 {
		if a := mustSend(t, "POST", bff+"/auth/v1/otp", `{"phone":"+8210`+email[:4]+`"}`); a.Status == 429 {
			t.Fatalf("a phone number, within the rate: got status 429: %s", a.Body)
		}
	}
	mustBeLimited(t, mustSend(t, "POST", bff+"/auth/v1/otp", `{"phone":"+8210`+email[:4]+`"}`), "email")
	// A body that is no JSON, or too large for anybody who signs in.
	if a := mustSend(t, "POST", bff+"/auth/v1/token?grant_type=password", `{"email":`); a.Status == 429 || a.Status >= 500 {
		t.Errorf("a body that is no JSON: got status %d, want another error than 429 and 5xx: %s", a.Status, a.Body)
	}
	mustProblem(t, mustSend(t, "POST", bff+"/auth/v1/token?grant_type=password", strings.Repeat(" ", 65<<10)), 413)
}

// TestRateOfCodes has somebody who is signed in guess a code: of a second
// factor, or the one that a new password takes. It counts by who they are, not
// by what the body says.
func TestRateOfCodes(t *testing.T) {
	t.Parallel()
	const id = "7e6d4c3f-0000-4000-8000-000000000000"
	bff := mustServe(t, supabasetest.Config(t, map[string]string{"BFF_RATE_EMAIL": "4/h", "BFF_TRUSTED_PROXIES": "127.0.0.1"}))
	one, two := supabasetest.MustSignUp(t), supabasetest.MustSignUp(t)
	try := func(p supabasetest.Person, from, method, path, body string) answer {
		t.Helper()
		return mustSend(t, method, bff+path, body, "Authorization", "Bearer "+p.Token, "Content-Type", "application/json", "X-Forwarded-For", from)
	}
	calls := [][3]string{
		{"POST", "/auth/v1/factors/" + id + "/challenge", "{}"}, {"POST", "/auth/v1/factors/" + id + "/verify", `{"code":"123456"}`},
		{"GET", "/auth/v1/reauthenticate", ""}, {"PUT", "/auth/v1/user", `{"password":"x","nonce":"123456"}`}, {"PUT", "/api/v1/session/password", `{"password":"x","nonce":"123456"}`},
		{"POST", "/auth/v1/factors/x/%56erify/", `{"email":"somebody@else.test"}`},
	}
	for _, call := range calls[:4] {
		if a := try(one, "192.0.2.1", call[0], call[1], call[2]); a.Status == 429 || a.Status >= 500 || !strings.Contains(a.Header.Get("RateLimit"), `"email"`) {
			t.Errorf("%s: got status %d with RateLimit %q, want neither 429 nor 5xx, with the policy email: %s", call, a.Status, a.Header.Get("RateLimit"), a.Body)
		}
	}
	for _, call := range calls {
		a := try(one, "192.0.2.1", call[0], call[1], call[2])
		mustBeLimited(t, a, "email")
		if a := try(two, "192.0.2.1", call[0], call[1], "{}"); call[0] == "POST" && !strings.Contains(call[1], "%") && a.Status == 429 {
			t.Errorf("%s: another user: %s", call, a.Body)
		}
	}
	if a := try(one, "192.0.2.1", "PUT", "/auth/v1/user", `{"data":{"theme":"dark"}}`); a.Status != 200 {
		t.Errorf("metadata: got status %d, want 200: %s", a.Status, a.Body)
	}
	// From many addresses it ends all the same; a token that isn't genuine counts for nobody.
	for i := range 36 {
		from := fmt.Sprintf("198.51.100.%d", i)
		if a := try(one, from, "POST", calls[1][1], calls[1][2]); a.Status == 429 {
			t.Fatalf("from address %d: got status 429: %s", i, a.Body)
		}
		mustProblem(t, try(supabasetest.Person{Token: one.Token + "x"}, from, "POST", calls[1][1], calls[1][2]), 401)
	}
	mustBeLimited(t, try(one, "198.51.100.200", "POST", calls[1][1], calls[1][2]), "email-anywhere")
	// With the cookie too.
	b, _ := mustSignedUp(t, bff)
	for range 4 {
		if a := b.send("PUT", "/api/v1/session/password", `{"password":"x","nonce":"123456"}`); a.Status == 429 {
			t.Fatalf("with the cookie, within the rate: got status 429: %s", a.Body)
		}
	}
	mustBeLimited(t, b.send("PUT", "/api/v1/session/password", `{"password":"x","nonce":"123456"}`), "email")
}

// TestRatesBehindAProxy has clients that a trusted proxy speaks for.
func TestRatesBehindAProxy(t *testing.T) {
	t.Parallel()
	bff := mustServe(t, supabasetest.Config(t, map[string]string{"BFF_RATE_ADDRESS": "2/h", "BFF_TRUSTED_PROXIES": "127.0.0.1"}))
	get := func(client string) answer {
		t.Helper()
		return mustSend(t, "GET", bff+"/nope", "", "X-Forwarded-For", client)
	}
	for _, clients := range [][3]string{
		{"192.0.2.1", "192.0.2.1", "192.0.2.1"},
		{"192.0.2.2", "198.51.100.9, 192.0.2.2", "::ffff:192.0.2.2"},
		{"2001:db8::1", "2001:db8::2", "2001:db8::ffff:0:0:1"},
		{"2001:db8:0:1::1", "2001:db8:0:1::1", "2001:db8:0:1::1"},
	} {
		for _, client := range clients[:2] {
			if a := get(client); a.Status != 404 {
				t.Errorf("%s: got status %d, want 404", client, a.Status)
			}
		}
		mustBeLimited(t, get(clients[2]), "address")
	}
}

// TestNobodyIsLockedOut tries one e-mail from one address until that is
// refused: its owner, elsewhere, still signs in. Guessing from many addresses
// ends all the same.
func TestNobodyIsLockedOut(t *testing.T) {
	t.Parallel()
	bff := mustServe(t, supabasetest.Config(t, map[string]string{"BFF_RATE_EMAIL": "2/h", "BFF_TRUSTED_PROXIES": "127.0.0.1"}))
	email := uuid.NewString() + "@test.mysingle.test"
	try := func(address string) answer {
		t.Helper()
		return mustSend(t, "POST", bff+"/auth/v1/token?grant_type=password", `{"email":"`+email+`","password":"wrong-wrong"}`, "Content-Type", "application/json", "X-Forwarded-For", address)
	}
	for range 2 {
		if a := try("192.0.2.66"); a.Status != 400 {
			t.Fatalf("within the rate: got status %d, want 400: %s", a.Status, a.Body)
		}
	}
	for range 50 {
		mustBeLimited(t, try("192.0.2.66"), "email")
	}
	if a := try("192.0.2.1"); a.Status != 400 {
		t.Errorf("from elsewhere: got status %d, want 400: %s", a.Status, a.Body)
	}
	for i := range 17 {
		if a := try(fmt.Sprintf("198.51.100.%d", i)); a.Status != 400 {
			t.Fatalf("from address %d: got status %d, want 400: %s", i, a.Status, a.Body)
		}
	}
	a := try("198.51.100.200")
	mustBeLimited(t, a, "email-anywhere")
	if strings.Contains(a.Header.Get("RateLimit"), "anywhere") {
		t.Errorf("others' tries show in %s", a.Header.Get("RateLimit"))
	}
}

// TestRatesAreShared has two instances over one Redis, and takes that away.
func TestRatesAreShared(t *testing.T) {
	t.Parallel()
	redis := supabasetest.MustStartRedis(t)
	settings := supabasetest.Config(t, map[string]string{"BFF_RATE_ADDRESS": "6/h", "REDIS_URL": redis.URL})
	one, two := mustServe(t, settings), mustServe(t, settings)
	for i := range 6 {
		bff := []string{one, two}[i%2]
		if a := mustSend(t, "GET", bff+"/nope", ""); a.Status != 404 {
			t.Fatalf("request %d, within the rate: got status %d, want 404", i, a.Status)
		}
	}
	for _, bff := range []string{one, two} {
		mustBeLimited(t, mustSend(t, "GET", bff+"/nope", ""), "address")
	}
	redis.Kill(t)
	for _, bff := range []string{one, two} {
		for range 6 {
			if a := mustSend(t, "GET", bff+"/nope", ""); a.Status != 404 {
				t.Fatalf("without Redis: got status %d, want 404", a.Status)
			}
		}
		mustBeLimited(t, mustSend(t, "GET", bff+"/nope", ""), "address")
	}
}

// TestUsualRates is a busy team behind one address, with the rates that are
// the default.
func TestUsualRates(t *testing.T) {
	t.Parallel()
	bff := mustServe(t, supabasetest.Config(t, map[string]string{"BFF_RATE_ADDRESS": "", "BFF_RATE_USER": "", "BFF_RATE_SIGN_IN": "", "BFF_RATE_EMAIL": ""}))
	for range 30 { // everybody signs in, in the morning
		if a := signIn(t, bff, uuid.NewString()+"@test.mysingle.test"); a.Status != 400 {
			t.Fatalf("signing in: got status %d, want 400: %s", a.Status, a.Body)
		}
	}
	token := supabasetest.MustSignUp(t).Token
	for range 200 {
		if a := mustSend(t, http.MethodGet, bff+"/rest/v1/tasks?limit=0", "", "Authorization", "Bearer "+token); a.Status != 200 {
			t.Fatalf("reading tasks: got status %d, want 200: %s", a.Status, a.Body)
		}
	}
}
