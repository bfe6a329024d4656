package server

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"

	"github.com/mysingle/mysingle/bff/http1"
	"github.com/mysingle/mysingle/bff/session"
	"github.com/mysingle/mysingle/bff/supabase"
	"github.com/mysingle/mysingle/bff/traces"
)

// TestRequestsForget fills everything that is known about a request: nothing of
// it may be there when the memory is used for another one.
func TestRequestsForget(t *testing.T) {
	r := &request{
		id: "x", routed: true, from: place{ip: "x"}, line: [9]slog.Attr{slog.Int("x", 1)}, span: new(traces.Server), fault: "x", passing: passing{service: "x"}, identity: supabase.Identity{Subject: "x"}, session: new(session.Session), alive: true, guesses: true,
		policies: []byte("x"), limits: []byte("x"), header: http1.Header{{Name: []byte("x"), Value: []byte("x")}},
	}
	for i := range reflect.TypeFor[request]().NumField() {
		if reflect.ValueOf(*r).Field(i).IsZero() {
			t.Fatalf("fill in %s", reflect.TypeFor[request]().Field(i).Name)
		}
	}
	r.forget()
	if len(r.policies)+len(r.limits)+len(r.header) > 0 || r.header[:1][0].Name != nil {
		t.Errorf("what is forgotten: got policies %q, limits %q and the header %q, want them empty", r.policies, r.limits, r.header[:1])
	}
	r.policies, r.limits, r.header = nil, nil, nil
	if !reflect.ValueOf(*r).IsZero() {
		t.Errorf("what is forgotten: got %+v, want the zero request", r)
	}
}

// TestAnswersByteForByte has one connection ask several times: each answer is
// the request's own, in every byte.
func TestAnswersByteForByte(t *testing.T) {
	s := mustOffline(t, map[string]string{"BFF_RATE_ADDRESS": "3/h", "BFF_TRUSTED_PROXIES": "127.0.0.0/8", "BFF_ALLOWED_ORIGINS": "https://admin.test"})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, listener) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	answers := bufio.NewReader(conn)
	const protection = "Content-Security-Policy: " + answerPolicy + "\r\nX-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\n" +
		"Referrer-Policy: same-origin\r\nCross-Origin-Resource-Policy: same-origin\r\nStrict-Transport-Security: " + httpsOnly + "\r\n"
	for _, tt := range []struct{ Path, Headers, Want string }{
		{"/livez", "X-Request-Id: first-one\r\nX-Forwarded-For: 192.0.2.1\r\n",
			"X-Request-Id: first-one\r\n" + protection + "Cache-Control: no-store\r\nVary: Origin\r\n\r\n"},
		{"/auth/v1/health", "X-Request-Id: second-one\r\nX-Forwarded-For: 192.0.2.1\r\nOrigin: https://admin.test\r\nAuthorization: Basic x\r\n",
			"X-Request-Id: second-one\r\n" + protection +
				"Access-Control-Allow-Origin: https://admin.test\r\nAccess-Control-Allow-Credentials: true\r\nAccess-Control-Expose-Headers: " + exposed + "\r\n" +
				"Ratelimit-Policy: \"address\";q=3;w=3600\r\nRatelimit: \"address\";r=2;t=1200\r\nVary: Origin, Accept-Language\r\n" +
				"Www-Authenticate: Bearer realm=\"mysingle\", error=\"invalid_token\", error_description=\"Authorization must be Bearer and an access token.\"\r\n" +
				"Content-Language: en\r\n\r\n"},
		{"/nothing", "X-Request-Id: third-one\r\nX-Forwarded-For: 192.0.2.2\r\n",
			"X-Request-Id: third-one\r\n" + protection +
				"Ratelimit-Policy: \"address\";q=3;w=3600\r\nRatelimit: \"address\";r=2;t=1200\r\nVary: Origin, Accept-Language\r\nContent-Language: en\r\n\r\n"},
	} {
		if _, err := io.WriteString(conn, "GET "+tt.Path+" HTTP/1.1\r\nHost: app.test\r\n"+tt.Headers+"\r\n"); err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		resp, err := http.ReadResponse(bufio.NewReader(io.TeeReader(&byLine{answers}, &got)), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := answers.Discard(int(resp.ContentLength)); err != nil {
			t.Fatal(err)
		}
		if _, after, _ := strings.Cut(got.String(), "X-Request-Id"); "X-Request-Id"+after != tt.Want {
			t.Errorf("%s:\n%q instead of\n%q", tt.Path, "X-Request-Id"+after, tt.Want)
		}
	}
}

// byLine reads no further than the end of a line at a time.
type byLine struct{ *bufio.Reader }

func (r *byLine) Read(b []byte) (int, error) {
	line, err := r.ReadSlice('\n')
	return copy(b, line), err
}

// TestLimitsOfOneAnswer has the same policy count twice.
func TestLimitsOfOneAnswer(t *testing.T) {
	var list []byte
	for _, tt := range []struct {
		Policy    string
		Remaining int
		Want      string
	}{
		{"email", 10, `"email";r=10;t=3`},
		{"email", 10, `"email";r=10;t=3`},
		{"email", 1, `"email";r=10;t=3, "email";r=1;t=3`},
		{"user", 1, `"email";r=10;t=3, "email";r=1;t=3, "user";r=1;t=3`},
		{"email", 1, `"email";r=10;t=3, "email";r=1;t=3, "user";r=1;t=3`},
	} {
		if list = appendLimit(list, tt.Policy, ";r=", tt.Remaining, ";t=", 3); string(list) != tt.Want {
			t.Errorf("after %s: got %s, want %s", tt.Policy, list, tt.Want)
		}
	}
}

func TestIDs(t *testing.T) {
	seen := make(map[string]bool)
	for range 100_000 {
		id := newID()
		if len(id) != 26 || !saneID(id) || strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") != "" || seen[id] {
			t.Fatalf("got the id %q, want 26 letters and digits that were not there before", id)
		}
		seen[id] = true
	}
}

// TestLastWords is about a panic outside the handlers, which ends the process.
func TestLastWords(t *testing.T) {
	s := mustOffline(t, nil)
	log := make(lines, 1)
	s.log = slog.New(slog.NewJSONHandler(log, nil))
	defer func() {
		if fault := recover(); fault != "at the end" {
			t.Errorf("the panic: got %v, want \"at the end\"", fault)
		}
		if line := <-log; !strings.Contains(line, "panic: at the end") || !strings.Contains(line, "request_test.go") {
			t.Errorf("the line in the log: got %s, want the panic and the test's file", line)
		}
	}()
	s.lastWords(func(*fasthttp.RequestCtx) { panic("at the end") })(new(fasthttp.RequestCtx))
}
