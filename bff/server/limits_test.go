package server_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

func TestLimits(t *testing.T) {
	t.Parallel()
	bff := mustServe(t, supabasetest.Config(t, map[string]string{"BFF_BODY_LIMIT": "65536", "BFF_HEADER_LIMIT": "26624", "BFF_URL_LIMIT": "2048"}))
	token := supabasetest.MustSignUp(t).Token
	post := func(t *testing.T, body io.Reader) answer {
		t.Helper()
		req, err := http.NewRequest("POST", bff+"/rest/v1/tasks", body)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer{resp.StatusCode, resp.Header, string(text)}
	}
	t.Run("body at the limit", func(t *testing.T) {
		if a := post(t, strings.NewReader(strings.Repeat(" ", 65536))); a.Status == 413 || a.Status >= 500 {
			t.Errorf("got status %d, want neither 413 nor 5xx: %s", a.Status, a.Body)
		}
	})
	// The refusal must arrive although the client is still sending.
	for range 5 {
		t.Run("body over the limit", func(t *testing.T) {
			mustProblem(t, post(t, strings.NewReader(strings.Repeat(" ", 65537))), 413)
		})
		t.Run("body far over the limit", func(t *testing.T) {
			mustProblem(t, post(t, strings.NewReader(strings.Repeat(" ", 4<<20))), 413)
		})
		t.Run("chunked body over the limit", func(t *testing.T) {
			mustProblem(t, post(t, io.MultiReader(strings.NewReader(strings.Repeat(" ", 1<<20)))), 413)
		})
		t.Run("headers over the limit", func(t *testing.T) {
			mustProblem(t, mustSend(t, "GET", bff+"/livez", "", "Cookie", strings.Repeat("x", 30000)), 431)
		})
	}
	// The last one is longer than all headers may be.
	for _, length := range []int{2049, 5000, 14000, 26624, 30000, 60000} {
		t.Run(fmt.Sprintf("a URL of %d bytes", length), func(t *testing.T) {
			mustProblem(t, mustSend(t, "GET", bff+"/"+strings.Repeat("x", length-1), ""), 414)
			mustProblem(t, mustSend(t, "GET", bff+"/rest/v1/tasks?select="+strings.Repeat("x", length-22), "", "Authorization", "Bearer "+token), 414)
		})
	}
	t.Run("a URL at the limit", func(t *testing.T) {
		mustProblem(t, mustSend(t, "GET", bff+"/"+strings.Repeat("x", 2047), ""), 404)
	})
	t.Run("headers over the limit behind a body without lines", func(t *testing.T) {
		c := mustDial(t, bff, "POST /nope HTTP/1.1\r\nHost: bff\r\nContent-Length: 26000\r\n\r\n"+strings.Repeat("x", 26000)+"GET /livez HTTP/1.1\r\nHost: bff\r\nCookie: "+strings.Repeat("x", 30000)+"\r\n\r\n")
		answers := bufio.NewReader(c)
		for _, want := range []int{404, 431} {
			resp, err := http.ReadResponse(answers, nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != want {
				t.Errorf("got status %d, %v, want %d", resp.StatusCode, err, want)
			}
		}
	})
	t.Run("headers within the limit", func(t *testing.T) {
		if a := mustSend(t, "GET", bff+"/livez", "", "Cookie", strings.Repeat("x", 26000)); a.Status != 200 {
			t.Errorf("got status %d, want 200: %s", a.Status, a.Body)
		}
	})
}

func TestPathsAndMethods(t *testing.T) {
	t.Parallel()
	bff := mustServeStack(t)
	for _, tt := range []struct {
		Method, Path string
		Status       int
	}{
		{"GET", "/nope", 404}, {"GET", "/livez/", 404}, {"GET", "/rest/v2/tasks", 404}, {"GET", "/Livez", 404},
		{"POST", "/", 405}, {"POST", "/livez", 405}, {"DELETE", "/readyz", 405},
		{"GET", "/api/v1/nope", 401}, {"POST", "/api/v1/sprints/x/board", 401},
	} {
		t.Run(tt.Method+tt.Path, func(t *testing.T) {
			a := mustSend(t, tt.Method, bff+tt.Path, "")
			mustProblem(t, a, tt.Status)
			if tt.Status == 405 && a.Header.Get("Allow") != "GET, HEAD" {
				t.Errorf("Allow: got %q, want GET, HEAD", a.Header.Get("Allow"))
			}
		})
	}
	signedIn := []string{"Authorization", "Bearer " + supabasetest.MustSignUp(t).Token}
	mustProblem(t, mustSend(t, "GET", bff+"/api/v1/nope", "", signedIn...), 404)
	mustProblem(t, mustSend(t, "GET", bff+"/api/v1/sprints/x/board/", "", signedIn...), 404)
	mustProblem(t, mustSend(t, "POST", bff+"/api/v1/sprints/x/board", "", signedIn...), 405)
}

// syncBuffer is a log that requests write while the test reads.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// TestUnrouted sends what is answered before a route is looked for: it has its
// line and its count, once, under a name that isn't the client's.
func TestUnrouted(t *testing.T) {
	t.Parallel()
	var log syncBuffer
	bff, metrics := mustServeMeasured(t, supabasetest.Config(t, map[string]string{"BFF_TRUSTED_PROXIES": "127.0.0.1"}), &log)
	const head = " HTTP/1.1\r\nHost: bff\r\nConnection: close\r\nX-Request-Id: unrouted-request\r\nX-Forwarded-For: 192.0.2.1\r\n"
	for _, tt := range []struct {
		Request, Method string
		Status          int
	}{
		{"BREW /secret-path?secret" + head + "\r\n", "other", 405},
		{"GET /secret-path" + head + "X-A: a\r\n b\r\n\r\n", "GET", 400},
		{"GET /secret-path?" + strings.Repeat("x", 17000) + head + "\r\n", "GET", 414},
		{"GET /secret-path" + head + "Cookie: " + strings.Repeat("x", 50000) + "\r\n\r\n", "", 431},
		{"nonsense secret\r\n\r\n", "", 400},
		{"GET /secret-path" + head + "\r\n", "GET", 404}, // was looked for, in vain
	} {
		before := log.String()
		mustProblem(t, mustSendRaw(t, bff, tt.Request), tt.Status)
		line := strings.TrimPrefix(log.String(), before)
		var entry struct {
			Msg, Method, Route, Client string
			ID                         string `json:"request_id"`
			Status                     int
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil { // there is one
			t.Fatalf("the log's line about status %d: got %q, want JSON: %v", tt.Status, line, err)
		}
		route, client, id := "unrouted", "192.0.2.1", "unrouted-request"
		if tt.Method == "" { // the headers weren't read
			client, id, entry.Method = "127.0.0.1", entry.ID, ""
		}
		if entry.Msg != "request" || entry.Method != tt.Method || entry.Route != route || entry.Client != client || entry.ID != id || len(id) < 8 || entry.Status != tt.Status {
			t.Errorf("the log's line: got %s, want %s %s of %s, status %d, id %s", line, tt.Method, route, client, tt.Status, id)
		}
	}
	measured := mustMeasure(t, metrics)
	for _, want := range []string{
		`mysingle_requests_total{method="other",route="unrouted",status="405"} 1`,
		`mysingle_requests_total{method="GET",route="unrouted",status="414"} 1`,
		`mysingle_requests_total{method="GET",route="unrouted",status="431"} 1`,
		`mysingle_requests_total{method="GET",route="unrouted",status="404"} 1`,
		`mysingle_request_duration_seconds_count{route="unrouted"} 6`,
	} {
		if !strings.Contains(measured, "\n"+want+"\n") {
			t.Errorf("%s is missing in %s", want, measured)
		}
	}
	for _, text := range []string{log.String(), measured} {
		if strings.Contains(text, "secret") || strings.Contains(text, "BREW") {
			t.Errorf("the client's own shows in %s", text)
		}
	}
}

func TestRequestIDAndLog(t *testing.T) {
	t.Parallel()
	var log syncBuffer
	bff := mustServeLogging(t, supabasetest.Config(t, nil), &log)
	someone := supabasetest.MustSignUp(t)
	for _, tt := range []struct {
		Name, Given string
		Kept        bool
	}{
		{"a sane one", "4bf92f3577b34da6a3ce929d0e0e4736", true},
		{"none", "", false},
		{"a short one", "x", false},
		{"a long one", strings.Repeat("x", 129), false},
		{"one that would break a log", `x","level":"ERROR`, false},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			a := mustSend(t, "GET", bff+"/rest/v1/tasks?limit=1&secret=in-the-query", "", "X-Request-Id", tt.Given, "Authorization", "Bearer "+someone.Token)
			id := a.Header.Get("X-Request-Id")
			if (id == tt.Given) != tt.Kept || len(id) < 8 {
				t.Errorf("the request id: got %q for %q, want it kept: %t", id, tt.Given, tt.Kept)
			}
			if !strings.Contains(log.String(), `"request_id":"`+id+`"`) {
				t.Errorf("%s is not in the log", id)
			}
		})
	}
	text := log.String()
	for _, want := range []string{`"route":"/rest/v1/*"`, `"user":"` + someone.ID + `"`, `"status":`, `"duration":`} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing in the log: %s", want, text)
		}
	}
	for _, secret := range []string{someone.Token, strings.Split(someone.Token, ".")[2], "in-the-query"} {
		if strings.Contains(text, secret) {
			t.Errorf("%s is in the log", secret)
		}
	}
}
