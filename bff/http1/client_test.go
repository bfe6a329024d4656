package http1_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mysingle/mysingle/bff/http1"
)

// mustServe serves what answer does with a connection, and returns a client of
// it.
func mustServe(t *testing.T, answer func(n int64, c net.Conn, r *bufio.Reader)) *http1.Client {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	var accepted atomic.Int64
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				answer(accepted.Add(1), c, bufio.NewReader(c))
			}()
		}
	}()
	client := http1.New(listener.Addr().String())
	t.Cleanup(client.Close)
	return client
}

// readRequest reads a request to its end.
func readRequest(r *bufio.Reader) (*http.Request, string, error) {
	req, err := http.ReadRequest(r)
	if err != nil {
		return nil, "", err
	}
	body, err := io.ReadAll(req.Body)
	return req, string(body), err
}

func ask(client *http1.Client, req http1.Request) (string, error) {
	var resp http1.Response
	if req.Target == nil {
		req.Target = []byte("/")
	}
	req.Host = "host"
	if err := client.Do(context.Background(), &req, &resp); err != nil {
		return "", err
	}
	defer resp.Close()
	body, err := io.ReadAll(&resp)
	return string(body), err
}

const answer = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"

func TestRequests(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		_, _ = io.WriteString(w, strings.Join([]string{r.Method, r.RequestURI, r.Host, r.Header.Get("X-A"), r.Header.Get("Content-Length"), string(body)}, "|"))
	}))
	t.Cleanup(server.Close)
	client := http1.New(strings.TrimPrefix(server.URL, "http://"))
	t.Cleanup(client.Close)
	header := http1.Header{{Name: []byte("X-A"), Value: []byte("1")}}
	for _, tt := range []struct {
		Method, Target, Body, Want string
	}{
		{"GET", "/a%2Fb?c=d&e=%20", "", "GET|/a%2Fb?c=d&e=%20|host|1||"},
		{"DELETE", "/", "", "DELETE|/|host|1||"},
		{"POST", "/x", "", "POST|/x|host|1|0|"},
		{"PATCH", "/x", "body", "PATCH|/x|host|1|4|body"},
		{"DELETE", "/x", "body", "DELETE|/x|host|1|4|body"},
	} {
		got, err := ask(client, http1.Request{Method: tt.Method, Target: []byte(tt.Target), Header: header, Body: []byte(tt.Body)})
		if err != nil || got != tt.Want {
			t.Errorf("%q, want %q: %v", got, tt.Want, err)
		}
	}
}

// TestRequestsThatAreTwo: nothing that a request is made of can end its line.
func TestRequestsThatAreTwo(t *testing.T) {
	client := mustServe(t, func(_ int64, c net.Conn, r *bufio.Reader) {
		if req, _, err := readRequest(r); err == nil {
			t.Errorf("sent: %v", req)
		}
	})
	line := func(name, value string) http1.Request {
		return http1.Request{Method: "GET", Header: http1.Header{{Name: []byte(name), Value: []byte(value)}}}
	}
	for _, req := range []http1.Request{
		{Method: "GET /x"}, {Method: "GET\r\n"}, {Method: ""},
		{Method: "GET", Target: []byte("/ HTTP/1.1")}, {Method: "GET", Target: []byte("/\r\nX: y")}, {Method: "GET", Target: []byte("/\x00")},
		{Method: "GET", Target: []byte("x")}, {Method: "GET", Target: []byte{}},
		line("X", "a\r\nY: b"), line("X", "a\nb"), line("X", "a\x00"), line("X: y\r\nZ", "a"), line("X ", "a"), line("", "a"),
	} {
		req.Repeatable = true
		if _, err := ask(client, req); err == nil {
			t.Errorf("%q %q %q was sent", req.Method, req.Target, req.Header)
		}
	}
}

// TestConnectionsAreKept: as many are opened as are needed at a time.
func TestConnectionsAreKept(t *testing.T) {
	var opened atomic.Int64
	client := mustServe(t, func(n int64, c net.Conn, r *bufio.Reader) {
		opened.Store(n)
		for {
			req, _, err := readRequest(r)
			if err != nil {
				return
			}
			_, _ = io.WriteString(c, answer+req.URL.Path[1:])
		}
	})
	for range 20 {
		var all sync.WaitGroup
		for _, want := range []string{"aaaa", "bbbb", "cccc", "dddd"} {
			all.Go(func() {
				if got, err := ask(client, http1.Request{Method: "POST", Target: []byte("/" + want)}); got != want {
					t.Errorf("%q instead of %q: %v", got, want, err)
				}
			})
		}
		all.Wait()
	}
	if opened.Load() > 4 {
		t.Errorf("connections: got %d, want at most 4", opened.Load())
	}
}

// TestNobodyReadsAnothersAnswer: whatever is left on a connection, and whatever
// comes on it unasked, is no answer to the next request.
func TestNobodyReadsAnothersAnswer(t *testing.T) {
	for name, first := range map[string]struct {
		text string
		read int // bytes of the body; -1 for all
	}{
		"half read":               {"HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n" + strings.Repeat("HTTP/1.1 200 OK\r\n\r\n", 3) + "abc", 20},
		"not read":                {answer + "evil", 0},
		"chunks not read":         {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n", 0},
		"two answers":             {answer + "good" + answer + "evil", -1},
		"a body where there's no": {"HTTP/1.1 204 No Content\r\n\r\n" + answer + "evil", -1},
		"closed":                  {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\ngood" + answer + "evil", -1},
	} {
		for _, pause := range []time.Duration{0, 30 * time.Millisecond} {
			t.Run(name, func(t *testing.T) {
				written := make(chan struct{})
				client := mustServe(t, func(n int64, c net.Conn, r *bufio.Reader) {
					for {
						if _, _, err := readRequest(r); err != nil {
							return
						}
						if n > 1 {
							_, _ = io.WriteString(c, answer+"mine")
							continue
						}
						half := len(first.text) - 10
						_, _ = io.WriteString(c, first.text[:half])
						time.Sleep(pause) // or else both halves come at once
						_, _ = io.WriteString(c, first.text[half:])
						close(written)
					}
				})
				var resp http1.Response
				if err := client.Do(context.Background(), &http1.Request{Method: "GET", Target: []byte("/"), Host: "h"}, &resp); err != nil {
					t.Fatal(err)
				}
				if first.read < 0 {
					_, _ = io.ReadAll(&resp)
				} else {
					_, _ = io.ReadFull(&resp, make([]byte, first.read))
				}
				_ = resp.Close()
				if pause > 0 {
					<-written
				}
				for range 3 {
					if got, err := ask(client, http1.Request{Method: "POST"}); got != "mine" {
						t.Errorf("the next answer: got %q, %v, want \"mine\"", got, err)
					}
				}
			})
		}
	}
}

// TestClosedConnections: one that the server has closed meanwhile costs no
// request, not even a write.
func TestClosedConnections(t *testing.T) {
	var seen atomic.Int64
	closed := make(chan bool, 1)
	client := mustServe(t, func(_ int64, c net.Conn, r *bufio.Reader) {
		if _, _, err := readRequest(r); err == nil {
			seen.Add(1)
			_, _ = io.WriteString(c, answer+"once")
			_ = c.Close()
			closed <- true
		}
	})
	for range 20 {
		if got, err := ask(client, http1.Request{Method: "POST"}); got != "once" {
			t.Errorf("got %q, %v, want \"once\"", got, err)
		}
		<-closed
	}
	if seen.Load() != 20 {
		t.Errorf("the server saw %d requests, want 20", seen.Load())
	}
}

// TestRepeatable: what may be sent twice is, once; all else never.
func TestRepeatable(t *testing.T) {
	for _, tt := range []struct {
		Repeatable bool
		Breaks     int64
		Want       int64
	}{{true, 1, 2}, {true, 9, 2}, {false, 1, 1}} {
		var seen atomic.Int64
		client := mustServe(t, func(_ int64, c net.Conn, r *bufio.Reader) {
			for {
				if _, _, err := readRequest(r); err != nil || seen.Add(1) <= tt.Breaks {
					return
				}
				_, _ = io.WriteString(c, answer+"good")
			}
		})
		got, err := ask(client, http1.Request{Method: "GET", Repeatable: tt.Repeatable})
		if (got == "good") != (tt.Breaks < tt.Want) || (err == nil) != (got == "good") || seen.Load() != tt.Want {
			t.Errorf("seen %d times: %q, %v", seen.Load(), got, err)
		}
	}
}

// TestDeadlines: for the head, for the body, and another one for the rest.
func TestDeadlines(t *testing.T) {
	const soon = 50 * time.Millisecond
	client := mustServe(t, func(_ int64, c net.Conn, r *bufio.Reader) {
		req, _, err := readRequest(r)
		if err != nil {
			return
		}
		if req.URL.Path == "/body" {
			_, _ = io.WriteString(c, answer+"ab")
		}
		_, _ = io.Copy(io.Discard, c) // until the client has enough
	})
	for _, target := range []string{"/head", "/body"} {
		start := time.Now()
		_, err := ask(client, http1.Request{Method: "GET", Target: []byte(target), Repeatable: true, Deadline: start.Add(soon)})
		if took := time.Since(start); !errors.Is(err, os.ErrDeadlineExceeded) || took < soon || took > 30*time.Second {
			t.Errorf("%s: got error %v after %s, want %v after %s", target, err, took, os.ErrDeadlineExceeded, soon)
		}
	}
	var resp http1.Response
	if err := client.Do(context.Background(), &http1.Request{Method: "GET", Target: []byte("/body"), Host: "h", Deadline: time.Now().Add(time.Minute)}, &resp); err != nil {
		t.Fatal(err)
	}
	defer resp.Close()
	come := make([]byte, 2)
	if _, err := io.ReadFull(&resp, come); err != nil || string(come) != "ab" {
		t.Errorf("what has come of the body: got %q, %v, want \"ab\"", come, err)
	}
	if err := resp.SetDeadline(time.Now().Add(soon)); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(&resp); !errors.Is(err, os.ErrDeadlineExceeded) || len(rest) != 0 {
		t.Errorf("the rest of the body: got %q, %v, want %v", rest, err, os.ErrDeadlineExceeded)
	}
}

// TestAbort: by whoever, before the answer by ctx, in it by Abort, and after it
// without a consequence for the next.
func TestAbort(t *testing.T) {
	arrived := make(chan struct{})
	client := mustServe(t, func(_ int64, c net.Conn, r *bufio.Reader) {
		for {
			req, _, err := readRequest(r)
			if err != nil {
				return
			}
			switch req.URL.Path {
			case "/silent":
				close(arrived)
			case "/half":
				_, _ = io.WriteString(c, answer+"ab")
			default:
				_, _ = io.WriteString(c, answer+"good")
			}
		}
	})
	why := errors.New("why")
	ctx, cancel := context.WithCancelCause(context.Background())
	go func() { <-arrived; cancel(why) }()
	var resp http1.Response
	if err := client.Do(ctx, &http1.Request{Method: "GET", Target: []byte("/silent"), Host: "h", Repeatable: true}, &resp); !errors.Is(err, why) {
		t.Errorf("a request whose context ends: got error %v, want %v", err, why)
	}
	if err := client.Do(ctx, &http1.Request{Method: "GET", Target: []byte("/"), Host: "h"}, &resp); !errors.Is(err, why) {
		t.Errorf("after the end of its context: got error %v, want %v", err, why)
	}
	if err := client.Do(context.Background(), &http1.Request{Method: "GET", Target: []byte("/half"), Host: "h"}, &resp); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(&resp, make([]byte, 2)); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(30*time.Millisecond, resp.Abort) // as a rule while it is read, which can't be known
	if rest, err := io.ReadAll(&resp); err == nil {
		t.Errorf("the rest of an aborted answer: got %q without an error", rest)
	}
	_ = resp.Close()
	for range 3 {
		if err := client.Do(context.Background(), &http1.Request{Method: "GET", Target: []byte("/"), Host: "h"}, &resp); err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(&resp); string(body) != "good" {
			t.Errorf("after an aborted one: got %q, %v, want \"good\"", body, err)
		}
		_ = resp.Close()
		resp.Abort()
	}
	if got, err := ask(client, http1.Request{Method: "POST"}); got != "good" {
		t.Errorf("at last: got %q, %v, want \"good\"", got, err)
	}
}

// TestEventsComeAtOnce: a chunk is there for the reader when it has come,
// whatever else of the body has not.
func TestEventsComeAtOnce(t *testing.T) {
	next := make(chan bool)
	client := mustServe(t, func(_ int64, c net.Conn, r *bufio.Reader) {
		if _, _, err := readRequest(r); err != nil {
			return
		}
		for _, piece := range []string{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst", "\r\n", "6\r\nsecond\r\n", "0\r\n\r\n"} {
			_, _ = io.WriteString(c, piece)
			<-next
		}
	})
	var resp http1.Response
	if err := client.Do(context.Background(), &http1.Request{Method: "GET", Target: []byte("/"), Host: "h", Deadline: time.Now().Add(time.Minute)}, &resp); err != nil {
		t.Fatal(err)
	}
	defer resp.Close()
	p := make([]byte, 100)
	if n, err := resp.Read(p); string(p[:n]) != "first" || err != nil {
		t.Fatalf("the first event: got %q, %v, want \"first\"", p[:n], err)
	}
	next <- true
	next <- true
	if n, err := resp.Read(p); string(p[:n]) != "second" || err != nil {
		t.Fatalf("the second event: got %q, %v, want \"second\"", p[:n], err)
	}
	next <- true
	if n, err := resp.Read(p); n != 0 || err != io.EOF {
		t.Fatalf("the end: got %q, %v, want %v", p[:n], err, io.EOF)
	}
	close(next)
}
