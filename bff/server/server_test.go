package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/mysingle/mysingle/bff/build"
	"github.com/mysingle/mysingle/bff/config"
	"github.com/mysingle/mysingle/bff/server"
	"github.com/mysingle/mysingle/bff/supabasetest"
)

// mustServe starts a BFF with the settings on a free port, for as long as the
// test runs, and returns its address.
func mustServe(tb testing.TB, c config.Config) string {
	tb.Helper()
	return mustServeLogging(tb, c, io.Discard)
}

func mustServeLogging(tb testing.TB, c config.Config, log io.Writer) string {
	tb.Helper()
	address, _ := mustServeMeasured(tb, c, log)
	return address
}

// mustServeMeasured also returns what serves the BFF's metrics.
func mustServeMeasured(tb testing.TB, c config.Config, log io.Writer) (string, http.Handler) {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	c = c.At(listener.Addr())
	watch(tb, listener.Addr().String(), c)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	s := server.New(c, build.Info{Version: "test"}, slog.New(slog.NewJSONHandler(io.MultiWriter(log, supabasetest.Log()), &slog.HandlerOptions{Level: slog.LevelDebug})))
	go func() { ended <- s.Serve(ctx, listener) }()
	tb.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		stop()
		if err := <-ended; err != nil {
			tb.Errorf("the BFF ended with %v", err)
		}
	})
	return "http://" + listener.Addr().String(), s.Metrics()
}

// mustServeStack starts a BFF for the running stack.
func mustServeStack(tb testing.TB) string {
	tb.Helper()
	return mustServe(tb, supabasetest.Config(tb, nil))
}

// answer is what came back, read to its end.
type answer struct {
	Status int
	Header http.Header
	Body   string
}

// mustSend sends a request; headers are name and value by turns.
func mustSend(tb testing.TB, method, address, body string, headers ...string) answer {
	tb.Helper()
	a, err := send(method, address, body, headers...)
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

func send(method, address, body string, headers ...string) (answer, error) {
	req, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(text)}, err
}

// problem is the error body, as a client would read it.
type problem struct {
	Code    *string          `json:"code"`
	Message *string          `json:"message"`
	Details *json.RawMessage `json:"details"`
	Hint    *json.RawMessage `json:"hint"`
	Type    string           `json:"type"`
	Title   string           `json:"title"`
	Status  int              `json:"status"`
	Errors  []fault          `json:"errors"`
}

type fault struct{ In, Name, Rule, Message string }

// mustProblem checks that the answer is the BFF's error body for the status.
func mustProblem(tb testing.TB, a answer, status int) problem {
	tb.Helper()
	if a.Status != status {
		tb.Fatalf("got status %d, want %d: %s", a.Status, status, a.Body)
	}
	if got := a.Header.Get("Content-Type"); got != "application/problem+json" {
		tb.Errorf("Content-Type %q", got)
	}
	if a.Header.Get("X-Request-Id") == "" {
		tb.Error("no request id")
	}
	var p problem
	decoder := json.NewDecoder(bytes.NewReader([]byte(a.Body)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&p); err != nil {
		tb.Fatalf("%v in %s", err, a.Body)
	}
	if p.Code == nil || *p.Code == "" || p.Message == nil || *p.Message == "" || p.Status != status || p.Title != http.StatusText(status) || p.Type != "about:blank" {
		tb.Errorf("incomplete error body: %s", a.Body)
	}
	if !strings.Contains(a.Body, `"details":`) || !strings.Contains(a.Body, `"hint":`) {
		tb.Errorf("details or hint is missing: %s", a.Body)
	}
	return p
}
