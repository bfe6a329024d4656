package supabase_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/mysingle/mysingle/bff/supabase"
	"github.com/mysingle/mysingle/bff/supabasetest"
)

func mustClient(t *testing.T, address string, timeout time.Duration) (*supabase.Client, *url.URL) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	client := supabase.NewClient(u, u, "sb_publishable_test", timeout, 100)
	t.Cleanup(client.Close)
	return client, u
}

// text is a body.
type text string

func (t text) Bytes() ([]byte, error) { return []byte(t), nil }

// raw is a server that answers each connection's first request with the
// bytes, and then closes or, with reset, breaks the connection.
func raw(t *testing.T, bytes string, reset bool) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = c.Read(make([]byte, 64<<10))
				_, _ = io.WriteString(c, bytes)
				if reset {
					_ = c.(*net.TCPConn).SetLinger(0)
				}
				_ = c.Close()
			}()
		}
	}()
	return "http://" + listener.Addr().String()
}

const (
	head    = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	fixed   = head + "Content-Length: 100\r\n\r\n{\"half\":"
	chunked = head + "Transfer-Encoding: chunked\r\n\r\n8\r\n{\"half\":\r\n"
)

// brokenAnswers are what an upstream may send when it fails.
var brokenAnswers = []struct {
	Name  string
	Bytes string
	Reset bool
}{
	{"nothing", "", false},
	{"nothing, reset", "", true},
	{"half a status line", "HTTP/1.1 2", false},
	{"garbage", "\x00\x01 not http\r\n\r\n", false},
	{"half the headers", head, false},
	{"body cut", fixed, false},
	{"body cut, reset", fixed, true},
	{"chunks cut", chunked, false},
	{"chunks cut, reset", chunked, true},
	{"inside a chunk", head + "Transfer-Encoding: chunked\r\n\r\nff\r\n{\"half\":", false},
	{"last chunk without its end", chunked + "0\r\n", false},
	{"malformed chunk", chunked + "zz\r\n", false},
}

func TestABrokenAnswerIsAFailure(t *testing.T) {
	for _, tt := range brokenAnswers {
		t.Run("passage/"+tt.Name, func(t *testing.T) {
			client, base := mustClient(t, raw(t, tt.Bytes, tt.Reset), time.Minute)
			answer, err := client.NewPassage("PostgREST", base).Do(context.Background(), supabase.Request{Method: "GET", Path: "/x"})
			if err == nil {
				defer answer.Close()
				_, err = io.ReadAll(answer)
			}
			mustFail(t, err, false)
		})
		t.Run("rpc/"+tt.Name, func(t *testing.T) {
			client, _ := mustClient(t, raw(t, tt.Bytes, tt.Reset), time.Minute)
			_, err := client.ReadRPC(context.Background(), supabase.Caller{}, "x", nil)
			mustFail(t, err, false)
		})
	}
}

func mustFail(t *testing.T, err error, timeout bool) {
	t.Helper()
	if failure := new(supabase.Failure); !errors.As(err, &failure) || failure.Timeout != timeout {
		t.Fatalf("got error %T %v, want a Failure with Timeout %t", err, err, timeout)
	}
}

func TestARefusedConnectionIsAFailure(t *testing.T) {
	client, base := mustClient(t, "http://"+supabasetest.MustRefuse(t), time.Minute)
	_, err := client.NewPassage("PostgREST", base).Do(context.Background(), supabase.Request{Method: "GET", Path: "/x"})
	mustFail(t, err, false)
	_, err = client.ReadRPC(context.Background(), supabase.Caller{}, "x", nil)
	mustFail(t, err, false)
}

func TestASlowAnswerIsATimeout(t *testing.T) {
	for name, begin := range map[string]bool{"before the headers": false, "inside the body": true} {
		t.Run(name, func(t *testing.T) {
			done := make(chan struct{})
			slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if begin {
					w.Header().Set("Content-Type", "application/json")
					_, _ = io.WriteString(w, "{")
					_ = http.NewResponseController(w).Flush()
				}
				<-done
			}))
			t.Cleanup(slow.Close)
			t.Cleanup(func() { close(done) })
			client, base := mustClient(t, slow.URL, 150*time.Millisecond)
			start := time.Now()
			answer, err := client.NewPassage("PostgREST", base).Do(context.Background(), supabase.Request{Method: "GET", Path: "/x"})
			if err == nil {
				_, err = io.ReadAll(answer)
				_ = answer.Close()
			}
			mustFail(t, err, true)
			_, err = client.ReadRPC(context.Background(), supabase.Caller{}, "x", nil)
			mustFail(t, err, true)
			if waited := time.Since(start); waited > 30*time.Second {
				t.Errorf("waited %s, want at most 30s", waited)
			}
		})
	}
}

// TestAnAnswerThatFlowsMayTakeItsTime: once it flows, an answer may take
// longer than the deadline in total, but not between two pieces.
func TestAnAnswerThatFlowsMayTakeItsTime(t *testing.T) {
	t.Parallel()
	const timeout = 3 * time.Second
	const pieces, pause = 40, timeout / 30
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tick := time.NewTicker(pause)
		defer tick.Stop()
		for range pieces {
			_, _ = io.WriteString(w, "piece")
			_ = http.NewResponseController(w).Flush()
			<-tick.C
		}
	}))
	t.Cleanup(server.Close)
	client, base := mustClient(t, server.URL, timeout)
	answer, err := client.NewPassage("PostgREST", base).Do(context.Background(), supabase.Request{Method: "GET", Path: "/x"})
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Close()
	answer.Flow()
	text, err := io.ReadAll(answer)
	if err != nil || len(text) != pieces*len("piece") {
		t.Errorf("got %d bytes, %v, want %d", len(text), err, pieces*len("piece"))
	}
}

// TestRepeats: a kept-alive connection that the server has closed costs an
// idempotent request nothing; a write is never sent twice.
func TestRepeats(t *testing.T) {
	for _, tt := range []struct {
		Method string
		Want   int64 // how often the server sees the request
	}{{"GET", 2}, {"HEAD", 2}, {"POST", 1}, {"PATCH", 1}, {"DELETE", 1}, {"PUT", 1}} {
		t.Run(tt.Method, func(t *testing.T) {
			var seen atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/x" {
					return // the first request, which leaves a connection to reuse
				}
				if seen.Add(1) == 1 { // read, and then gone without a word
					c, _, err := http.NewResponseController(w).Hijack()
					if err != nil {
						t.Error(err)
						return
					}
					_ = c.Close()
				}
			}))
			t.Cleanup(server.Close)
			client, base := mustClient(t, server.URL, time.Minute)
			passage := client.NewPassage("PostgREST", base)
			first, err := passage.Do(context.Background(), supabase.Request{Method: "GET", Path: "/first"})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadAll(first); err != nil {
				t.Fatal(err)
			}
			if err := first.Close(); err != nil {
				t.Fatal(err)
			}
			answer, err := passage.Do(context.Background(), supabase.Request{Method: tt.Method, Path: "/x", Body: text("{}")})
			if err == nil {
				_ = answer.Close()
			}
			if (err == nil) != (tt.Want == 2) || seen.Load() != tt.Want {
				t.Errorf("the server saw the request %d times, %v, want %d times", seen.Load(), err, tt.Want)
			}
		})
	}
}

func TestRPC(t *testing.T) {
	for _, tt := range []struct {
		Name, Type, Body string
		Status           int
		Check            func(t *testing.T, result string, err error)
	}{
		{"result", "application/json; charset=utf-8", `{"a":1}`, 200, func(t *testing.T, result string, err error) {
			if err != nil || result != `{"a":1}` {
				t.Errorf("got %q, %v, want {\"a\":1}", result, err)
			}
		}},
		{"error of PostgREST's", "application/json", `{"code":"42501","details":null,"hint":"h","message":"no"}`, 403, func(t *testing.T, result string, err error) {
			if answer := new(supabase.Error); !errors.As(err, &answer) || answer.Status != 403 || answer.Code != "42501" || answer.Message != "no" || string(answer.Hint) != `"h"` {
				t.Errorf("got %q, %#v, want PostgREST's error 42501 with status 403", result, err)
			}
		}},
		{"error of somebody else's", "text/html", `<html>`, 503, func(t *testing.T, result string, err error) {
			if answer := new(supabase.Error); !errors.As(err, &answer) || answer.Status != 503 {
				t.Errorf("got %q, %v, want an error with status 503", result, err)
			}
		}},
		{"page instead of JSON", "text/html", `<html>`, 200, func(t *testing.T, _ string, err error) { mustFail(t, err, false) }},
		{"endless", "application/json", strings.Repeat("1", 17<<20), 200, func(t *testing.T, _ string, err error) { mustFail(t, err, false) }},
		{"elsewhere", "application/json", ``, 302, func(t *testing.T, _ string, err error) {
			if answer := new(supabase.Error); !errors.As(err, &answer) || answer.Status != 302 {
				t.Errorf("got error %v, want one with status 302", err)
			}
		}},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				for name, want := range map[string]string{
					"Authorization": "Bearer t", "Apikey": "sb_publishable_test", "X-Request-Id": "id",
					"X-Forwarded-For": "192.0.2.1", "Content-Type": "application/json", "Idempotency-Key": "",
				} {
					if got := r.Header.Values(name); len(got) > 1 || strings.Join(got, "") != want {
						t.Errorf("%s: got %q, want %q", name, got, want)
					}
				}
				w.Header().Set("Content-Type", tt.Type)
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(tt.Status)
				_, _ = io.WriteString(w, tt.Body)
			}))
			t.Cleanup(server.Close)
			client, _ := mustClient(t, server.URL, time.Minute)
			caller := supabase.Caller{Identity: supabase.Identity{Subject: subject, Token: "t"}, RequestID: "id", IP: "192.0.2.1"}
			result, err := client.ReadRPC(context.Background(), caller, "board", map[string]string{"a": "b"})
			tt.Check(t, result, err)
		})
	}
}

// TestALegacyKeyIsAToken: where nobody is signed in, a legacy anon key speaks
// as a token too, as supabase-js has it; a publishable key is none.
func TestALegacyKeyIsAToken(t *testing.T) {
	legacy := sign(t, jwt.SigningMethodHS256, []byte(secret), nil, jwt.MapClaims{"role": "anon"})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Header.Get("Apikey")+" "+r.Header.Get("Authorization"))
	}))
	t.Cleanup(server.Close)
	_, base := mustClient(t, server.URL, time.Minute)
	user := supabase.Caller{Identity: supabase.Identity{Subject: subject, Token: "t"}}
	for _, tt := range []struct {
		Key    string
		Caller supabase.Caller
		Want   string
	}{
		{"sb_publishable_test", supabase.Caller{}, "sb_publishable_test "},
		{"sb_publishable_test", user, "sb_publishable_test Bearer t"},
		{legacy, supabase.Caller{}, legacy + " Bearer " + legacy},
		{legacy, user, legacy + " Bearer t"},
	} {
		client := supabase.NewClient(base, base, tt.Key, time.Minute, 10)
		answer, err := client.NewPassage("Storage", base).Do(context.Background(), supabase.Request{Method: "GET", Path: "/x", Caller: tt.Caller})
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer)
		if err != nil || string(text) != tt.Want {
			t.Errorf("got %q, %v, want %q", text, err, tt.Want)
		}
		_ = answer.Close()
		client.Close()
	}
}
