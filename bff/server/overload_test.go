package server_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

// mustDial opens a connection of the test's own, for as long as the test runs,
// and sends the text on it.
func mustDial(t *testing.T, address, text string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(address, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	return c
}

func mustRetryAfter(t *testing.T, a answer) {
	t.Helper()
	if p := mustProblem(t, a, 503); *p.Code != "busy" || a.Header.Get("Retry-After") != "1" {
		t.Errorf("got code %s and Retry-After %q, want busy and 1: %s", *p.Code, a.Header.Get("Retry-After"), a.Body)
	}
}

// TestRefusedBeforeTheBody announces bodies that never come: an answer shows
// that nobody waits for them, let alone holds them.
func TestRefusedBeforeTheBody(t *testing.T) {
	t.Parallel()
	bff := mustServe(t, supabasetest.Config(t, map[string]string{"BFF_BODY_LIMIT": "1048576"}))
	signedIn := "Authorization: Bearer " + supabasetest.MustSignUp(t).Token + "\r\n"
	for _, tt := range []struct {
		Name, Line, Headers string
		Length              int
		Status              int
	}{
		{"anonymous and large", "POST /rest/v1/tasks", "", 64<<10 + 1, 413},
		{"signed in and too large", "POST /rest/v1/tasks", signedIn, 1<<20 + 1, 413},
		{"a forged token", "POST /rest/v1/tasks", "Authorization: Bearer a.b.c\r\n", 1 << 20, 401},
		{"a secret key", "POST /rest/v1/tasks", "apikey: sb_secret_x\r\n", 1 << 20, 403},
		{"administration", "POST /auth/v1/admin/users", signedIn, 1 << 20, 403},
		{"a path that leaves", "POST /rest/v1/../x", signedIn, 1 << 20, 400},
		{"no such path", "POST /nope", "", 1 << 20, 404},
		{"another method", "POST /livez", "", 1 << 20, 405},
		{"unknown method", "BREW /livez", "", 1 << 20, 405},
		{"a view, not signed in", "GET /api/v1/me", "", 1 << 20, 401},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			head := fmt.Sprintf("%s HTTP/1.1\r\nHost: bff\r\nContent-Length: %d\r\n%s\r\n", tt.Line, tt.Length, tt.Headers)
			a := mustSendRaw(t, bff, head+strings.Repeat(" ", 16<<10))
			mustProblem(t, a, tt.Status)
		})
	}
}

// TestIncompleteBodies ends or breaks bodies before their end.
func TestIncompleteBodies(t *testing.T) {
	t.Parallel()
	bff := mustServe(t, supabasetest.Config(t, mustUpstream(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			t.Error("half a request reached Supabase")
		}
	})))
	for name, request := range map[string]string{
		"ends early":           "Content-Length: 30000\r\n\r\n" + strings.Repeat(" ", 20000),
		"ends between chunks":  "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
		"no last line":         "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
		"chunk ends early":     "Transfer-Encoding: chunked\r\n\r\n10\r\nabc",
		"chunk of no size":     "Transfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n0\r\n\r\n",
		"chunk without an end": "Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			c := mustDial(t, bff, "POST /rest/v1/tasks HTTP/1.1\r\nHost: bff\r\n"+request)
			if err := c.(*net.TCPConn).CloseWrite(); err != nil {
				t.Fatal(err)
			}
			mustProblem(t, mustReadRaw(t, c), 400)
		})
	}
}

func TestBodiesHeldAreBounded(t *testing.T) {
	t.Parallel()
	const limit = 64 << 10
	bff := mustServe(t, supabasetest.Config(t, map[string]string{"BFF_BODY_LIMIT": fmt.Sprint(limit)}))
	token := supabasetest.MustSignUp(t).Token
	small := func() answer {
		return mustSend(t, "POST", bff+"/rest/v1/rpc/sprint_board", `{"sprint_id":"`+uuid.NewString()+`"}`, "Authorization", "Bearer "+token, "Content-Type", "application/json")
	}
	var slow []net.Conn
	hold := func() {
		slow = append(slow, mustDial(t, bff, fmt.Sprintf("POST /rest/v1/tasks HTTP/1.1\r\nHost: bff\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n", token, limit)+strings.Repeat(" ", 10<<10)))
	}
	for range 16 {
		hold()
	}
	supabasetest.MustWait(t, "the memory for bodies to be used up", func() bool {
		if small().Status == 503 {
			return true
		}
		hold() // this question may have taken the place of one
		return false
	})
	mustRetryAfter(t, small())
	if a := mustSend(t, "GET", bff+"/rest/v1/tasks?limit=0", "", "Authorization", "Bearer "+token); a.Status != 200 {
		t.Errorf("without a body: got status %d, want 200: %s", a.Status, a.Body)
	}
	for _, c := range slow {
		_ = c.Close()
	}
	supabasetest.MustWait(t, "the memory to be given back", func() bool { return small().Status == 200 })
}

func TestRequestsUnderWayAreBounded(t *testing.T) {
	t.Parallel()
	arrived, open := make(chan bool, 10), make(chan bool)
	settings := mustUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Query().Has("held") {
			_, _ = io.WriteString(w, "[")
			_ = http.NewResponseController(w).Flush()
			arrived <- true
			<-open
			_, _ = io.WriteString(w, "1]")
			return
		}
		_, _ = io.WriteString(w, "[]")
	})
	settings["BFF_UPSTREAM_LIMIT"] = "2"
	bff := mustServe(t, supabasetest.Config(t, settings))
	release := sync.OnceFunc(func() { close(open) })
	t.Cleanup(release) // or a failed test would wait for the held requests
	token := supabasetest.MustSignUp(t).Token
	held := make(chan string, 2)
	for range 2 {
		go func() {
			a, err := send("GET", bff+"/rest/v1/tasks?held", "")
			held <- fmt.Sprintf("%d %s %v", a.Status, a.Body, err)
		}()
		<-arrived // its answer has begun, and still counts
	}
	mustRetryAfter(t, mustSend(t, "GET", bff+"/rest/v1/tasks", ""))
	mustRetryAfter(t, mustSend(t, "GET", bff+boardPath(uuid.NewString()), "", "Authorization", "Bearer "+token))
	if a := mustSend(t, "GET", bff+"/readyz", ""); a.Status != 200 {
		t.Errorf("busy is not down: %d: %s", a.Status, a.Body)
	}
	release()
	for range 2 {
		if got := <-held; got != "200 [1] <nil>" {
			t.Errorf("a held request got %s", got)
		}
	}
	for range 5 { // whole answers and failed ones give their place back
		if a := mustSend(t, "GET", bff+"/rest/v1/tasks", ""); a.Status != 200 {
			t.Errorf("afterwards: got status %d, want 200: %s", a.Status, a.Body)
		}
		mustProblem(t, mustSend(t, "GET", bff+boardPath(uuid.NewString()), "", "Authorization", "Bearer "+token), 502)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	bff := mustServe(t, supabasetest.Config(t, map[string]string{"BFF_CONNECTION_LIMIT": "2"}))
	status := func(c net.Conn) int {
		t.Helper()
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode
	}
	const request = "GET /livez HTTP/1.1\r\nHost: bff\r\n\r\n"
	first, second := mustDial(t, bff, request), mustDial(t, bff, request)
	if a, b := status(first), status(second); a != 200 || b != 200 {
		t.Fatalf("the first two connections: got status %d and %d, want 200", a, b)
	}
	if got := status(mustDial(t, bff, "")); got != 503 {
		t.Errorf("the third connection: got status %d, want 503", got)
	}
	_ = first.Close()
	supabasetest.MustWait(t, "a place to be free", func() bool { return status(mustDial(t, bff, request)) == 200 })
}
