package server_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mysingle/mysingle/bff/build"
	"github.com/mysingle/mysingle/bff/config"
	"github.com/mysingle/mysingle/bff/openapi"
	"github.com/mysingle/mysingle/bff/server"
	"github.com/mysingle/mysingle/bff/supabasetest"
)

// Every answer that a test gets from a BFF of its own is checked against the
// OpenAPI document, whatever the test itself looks at.
func TestMain(m *testing.M) {
	http.DefaultTransport = &documented{next: http.DefaultTransport.(*http.Transport)}
	os.Exit(m.Run())
}

// contract is that of the document that the BFF serves.
var contract = sync.OnceValues(func() (*openapi.Contract, error) {
	document, err := os.ReadFile("docs/openapi.json")
	if err != nil {
		return nil, err
	}
	return openapi.NewContract(document)
})

func mustContract(tb testing.TB) *openapi.Contract {
	tb.Helper()
	c, err := contract()
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// documented is a transport that fails the test that started the BFF when an
// answer isn't as documented.
type documented struct {
	next *http.Transport
	bffs sync.Map // by host and port: *served
}

// served is a BFF that a test started.
type served struct {
	tb testing.TB
	// real tells that it talks to the stack, and not to an upstream that the
	// test made up, which may pass anything.
	real bool
}

// watch has the answers of the BFF checked until the test ends.
func watch(tb testing.TB, host string, c config.Config) {
	transport := http.DefaultTransport.(*documented)
	stack := supabasetest.Config(tb, nil)
	transport.bffs.Store(host, &served{tb, c.RestURL.String() == stack.RestURL.String() && c.AuthURL.String() == stack.AuthURL.String()})
	tb.Cleanup(func() { transport.bffs.Delete(host) })
}

func (d *documented) CloseIdleConnections() { d.next.CloseIdleConnections() }

func (d *documented) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := d.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	bff, ok := d.bffs.Load(req.URL.Host)
	if ok {
		for _, cookie := range resp.Cookies() {
			supabasetest.Secret(cookie.Value)
		}
	}
	if ok && resp.Header.Get("Content-Encoding") == "" {
		resp.Body = &checkedBody{ReadCloser: resp.Body, check: func(body []byte) { bff.(*served).check(req, resp, body) }}
	}
	return resp, nil
}

func (s *served) check(req *http.Request, resp *http.Response, body []byte) {
	own := !slices.ContainsFunc([]string{"/rest/", "/auth/", "/functions/", "/storage/"}, func(prefix string) bool {
		return strings.HasPrefix(req.URL.Path, prefix)
	})
	if !s.real && !own && resp.Header.Get("Content-Type") != "application/problem+json" {
		return
	}
	if resp.Header.Get("Content-Type") == "application/problem+json" {
		_, _ = fmt.Fprintf(supabasetest.Log(), "%s\n", body) // an error has no more secrets in it than a log
	}
	c, err := contract()
	if err == nil {
		err = c.Check(req.Method, req.URL.Path, resp.StatusCode, resp.Header, body)
	}
	if err != nil {
		s.tb.Errorf("not as documented: %v", err)
	}
}

// checkedBody is checked when it has been read to its end. What a test leaves
// unread, or is longer than maxChecked, is not.
type checkedBody struct {
	io.ReadCloser
	read  bytes.Buffer
	check func([]byte)
}

const maxChecked = 4 << 20

func (b *checkedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.check != nil {
		b.read.Write(p[:n])
		switch {
		case b.read.Len() > maxChecked:
			b.check, b.read = nil, bytes.Buffer{}
		case errors.Is(err, io.EOF):
			b.check(b.read.Bytes())
			b.check = nil
		}
	}
	return n, err
}

// recorder is a test that only notes what it is told.
type recorder struct {
	testing.TB
	faults []string
}

func (r *recorder) Errorf(format string, args ...any) {
	r.faults = append(r.faults, fmt.Sprintf(format, args...))
}

func TestUndocumentedAnswersFailTheTest(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"another body": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"status":"ok"}`)
		},
		"another status":     func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) },
		"another error body": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "gone", http.StatusGone) },
	} {
		t.Run(name, func(t *testing.T) {
			upstream := httptest.NewServer(handler)
			defer upstream.Close()
			r := &recorder{TB: t}
			watch(r, strings.TrimPrefix(upstream.URL, "http://"), supabasetest.Config(t, nil))
			mustSend(t, http.MethodGet, upstream.URL+"/livez", "")
			if len(r.faults) != 1 {
				t.Errorf("got %d faults, want one: %v", len(r.faults), r.faults)
			}
		})
	}
}

// The routes and the document have the same paths and methods. A passage knows
// all methods; what is documented of it has its prefix.
func TestEveryRouteIsDocumented(t *testing.T) {
	operations := mustContract(t).Operations()
	routes := mustRoutes(t)
	covers := func(route, operation string) bool {
		if route == operation {
			return true
		}
		_, path, _ := strings.Cut(operation, " ")
		_, prefix, _ := strings.Cut(route, " ")
		prefix, passed := strings.CutSuffix(prefix, "*")
		return passed && strings.HasPrefix(path, prefix)
	}
	for _, route := range routes {
		if !slices.ContainsFunc(operations, func(operation string) bool { return covers(route, operation) }) {
			t.Errorf("%s is not documented: describe it in operations.go, then go tool task openapi", route)
		}
	}
	for _, operation := range operations {
		if !slices.ContainsFunc(routes, func(route string) bool { return covers(route, operation) }) {
			t.Errorf("%s is documented, but there is no such route", operation)
		}
	}
}

// mustRoutes returns the routes as "GET /path/{parameter}".
func mustRoutes(t *testing.T) []string {
	t.Helper()
	var routes []string
	s := server.New(supabasetest.Config(t, nil), build.Info{Version: "test"}, slog.New(slog.DiscardHandler))
	for _, route := range s.Routes() {
		if route.Method == http.MethodHead {
			continue // comes with GET
		}
		segments := strings.Split(route.Path, "/")
		for i, segment := range segments {
			if name, ok := strings.CutPrefix(segment, ":"); ok {
				segments[i] = "{" + name + "}"
			}
		}
		routes = append(routes, route.Method+" "+strings.Join(segments, "/"))
	}
	if len(routes) < 10 {
		t.Fatalf("only %d routes: %v", len(routes), routes)
	}
	return routes
}
