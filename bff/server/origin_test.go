package server

import (
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"github.com/mysingle/mysingle/bff/build"
	"github.com/mysingle/mysingle/bff/config"
	"github.com/mysingle/mysingle/bff/session"
)

var someSites = sites{own: "https://app.test", allowed: []string{"https://admin.test", "http://localhost:5173"}}

// What browsers and programs say about where a request comes from, and
// whether it may use the session for reading or for writing.
var senders = []struct {
	Name        string
	Origin      origin
	Read, Write bool
}{
	{"own page", origin{site: "same-origin", origin: "https://app.test"}, true, true},
	{"own page reading", origin{site: "same-origin"}, true, true},
	{"own page by another name of the host", origin{site: "same-origin", origin: "http://localhost:8080"}, true, true},
	{"person opening an address", origin{site: "none"}, true, false},
	{"person opening an address, with the header", origin{site: "none", own: "1"}, true, false},
	{"old browser's own page", origin{origin: "https://app.test"}, true, true},
	{"old browser reading", origin{}, false, false},
	{"old browser reading with the header", origin{own: "1"}, true, true},
	{"program", origin{own: "1"}, true, true},
	{"page of another site", origin{site: "cross-site", origin: "https://evil.test"}, false, false},
	{"page of another site, image or link", origin{site: "cross-site"}, false, false},
	{"page of another site with the header", origin{site: "cross-site", origin: "https://evil.test", own: "1"}, false, false},
	{"page of another site with the header alone", origin{site: "cross-site", own: "1"}, false, false},
	{"page of a sibling", origin{site: "same-site", origin: "https://evil.app.test"}, false, false},
	{"page of a sibling with the header", origin{site: "same-site", origin: "https://evil.app.test", own: "1"}, false, false},
	{"old browser, page of another site", origin{origin: "https://evil.test"}, false, false},
	{"old browser, page of another site, with the header", origin{origin: "https://evil.test", own: "1"}, false, false},
	{"page of no origin", origin{site: "cross-site", origin: "null"}, false, false},
	{"page of no origin with the header", origin{site: "cross-site", origin: "null", own: "1"}, false, false},
	{"old browser, page of no origin", origin{origin: "null", own: "1"}, false, false},
	{"allowed page", origin{site: "cross-site", origin: "https://admin.test"}, false, false},
	{"allowed page with the header", origin{site: "cross-site", origin: "https://admin.test", own: "1"}, true, true},
	{"allowed page of the same site with the header", origin{site: "same-site", origin: "http://localhost:5173", own: "1"}, true, true},
	{"allowed page with another value", origin{site: "cross-site", origin: "https://admin.test", own: "true"}, false, false},
	{"allowed host, another port", origin{site: "cross-site", origin: "https://admin.test:8443", own: "1"}, false, false},
	{"allowed host, another scheme", origin{site: "cross-site", origin: "http://admin.test", own: "1"}, false, false},
	{"host that begins like the own one", origin{origin: "https://app.test.evil.test", own: "1"}, false, false},
	{"host that ends like the own one", origin{origin: "https://evilapp.test", own: "1"}, false, false},
	{"own host in capitals", origin{origin: "HTTPS://APP.TEST"}, false, false},
	{"own host with a slash", origin{origin: "https://app.test/"}, false, false},
	{"two origins", origin{origin: "https://app.test, https://evil.test", own: "1"}, false, false},
	{"two answers", origin{site: "same-origin, cross-site", origin: "https://evil.test"}, false, false},
	{"same-origin in capitals", origin{site: "Same-Origin"}, false, false},
	{"unknown site", origin{site: "same-org", own: "1"}, false, false},
}

func TestAdmits(t *testing.T) {
	for _, tt := range senders {
		t.Run(tt.Name, func(t *testing.T) {
			for _, method := range methods {
				want := tt.Write
				if method == "GET" || method == "HEAD" {
					want = tt.Read
				}
				if got := someSites.admits(method, tt.Origin); got != want {
					t.Errorf("%s from %s is admitted: got %t, want %t", method, tt.Origin, got, want)
				}
			}
		})
	}
}

func TestChecks(t *testing.T) {
	for _, tt := range []struct {
		Method, Path string
		Want         bool
	}{
		{"GET", "/rest/v1/tasks", false}, {"HEAD", "/rest/v1/tasks", false}, {"OPTIONS", "/rest/v1/tasks", false},
		{"POST", "/rest/v1/tasks", true}, {"PATCH", "/rest/v1/tasks", true}, {"PUT", "/rest/v1/tasks", true}, {"DELETE", "/rest/v1/tasks", true},
		{"POST", "/auth/v1/logout", true}, {"POST", "/functions/v1/x", true}, {"POST", "/storage/v1/object/x", true},
		{"GET", "/auth/v1/reauthenticate", true}, {"HEAD", "/auth/v1/user", true}, {"GET", "/functions/v1/x", true}, {"OPTIONS", "/functions/v1/x", true},
		{"GET", "/storage/v1/object/x", false},
		{"GET", "/api/v1/me/scrum", true}, {"HEAD", "/api/v1/me/scrum", true}, {"OPTIONS", "/api/v1/me/scrum", true}, {"DELETE", "/api/v1/session", true},
	} {
		if got := checks(tt.Method, tt.Path); got != tt.Want {
			t.Errorf("%s %s is checked: got %t, want %t", tt.Method, tt.Path, got, tt.Want)
		}
	}
}

// FuzzAdmits looks for senders that are admitted although nothing that a page
// can't make up speaks for them.
func FuzzAdmits(f *testing.F) {
	for _, s := range senders {
		for _, method := range methods {
			f.Add(method, s.Origin.site, s.Origin.origin, s.Origin.own)
		}
	}
	f.Fuzz(func(t *testing.T, method, site, from, own string) {
		admitted := someSites.admits(method, origin{site, from, own})
		known := from == someSites.own || from == someSites.allowed[0] || from == someSites.allowed[1]
		switch {
		case site == "same-origin":
			if !admitted {
				t.Error("the own page is refused")
			}
		case site == "none" && (method == "GET" || method == "HEAD"):
			if !admitted {
				t.Error("a person who looks is refused")
			}
		case admitted && !known && (from != "" || site != "" || own != "1"):
			t.Errorf("%s with site %q, origin %q, header %q is admitted", method, site, from, own)
		case admitted && from != someSites.own && own != "1":
			t.Errorf("%q is admitted without the header", from)
		}
	})
}

// mustOffline returns a BFF without Supabase, for what it decides alone.
func mustOffline(tb testing.TB, changes map[string]string) *Server {
	tb.Helper()
	settings := map[string]string{
		"SUPABASE_URL":             "http://127.0.0.1:1",
		"SUPABASE_PUBLISHABLE_KEY": "sb_publishable_test",
		"BFF_PUBLIC_URL":           "https://app.test",
		"BFF_SESSION_KEYS":         base64.StdEncoding.EncodeToString(make([]byte, 32)),
	}
	for name, value := range changes {
		settings[name] = value
	}
	c, err := config.From(func(name string) (string, bool) {
		value, ok := settings[name]
		return value, ok
	})
	if err != nil {
		tb.Fatal(err)
	}
	return New(c, build.Info{Version: "test"}, slog.New(slog.DiscardHandler))
}

// mustAsk sends a request, which is "GET /path"; headers are name and value by
// turns.
func (s *Server) mustAsk(tb testing.TB, request string, headers ...string) (*http.Response, string) {
	tb.Helper()
	method, path, _ := strings.Cut(request, " ")
	req := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	resp, err := s.app.Test(req)
	if err != nil {
		tb.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return resp, string(body)
}

func TestSameOriginConcernsTheCookieAlone(t *testing.T) {
	s := mustOffline(t, nil)
	done := func(c *fiber.Ctx) error { return c.SendStatus(fiber.StatusAccepted) }
	cookie := func(c *fiber.Ctx) error {
		if c.Get("Cookie") != "" {
			requestOf(c).session = new(session.Session)
		}
		return c.Next()
	}
	s.app = fiber.New(fiber.Config{ErrorHandler: s.answerError}) // without the routes, which need Supabase
	for _, path := range []string{"/api/v1/test", "/rest/v1x"} {
		s.app.All(path, cookie, s.sameOrigin, done)
	}
	s.app.All("/sign-in", s.ownPagesOnly, done)
	for _, tt := range []struct {
		Request string
		Headers []string
		Status  int
	}{
		{"POST /rest/v1x", nil, 202},
		{"POST /rest/v1x", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.test"}, 202},
		{"POST /rest/v1x", []string{"Cookie", "x", "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.test"}, 403},
		{"POST /rest/v1x", []string{"Cookie", "x", "Sec-Fetch-Site", "same-origin"}, 202},
		{"POST /rest/v1x", []string{"Cookie", "x", "Origin", "https://app.test"}, 202},
		{"POST /rest/v1x", []string{"Cookie", "x", "Origin", "https://app.test", "Origin", "https://evil.test"}, 403},
		{"POST /rest/v1x", []string{"Cookie", "x", "Origin", "https://evil.test", "Origin", "https://app.test"}, 403},
		{"POST /rest/v1x", []string{"Cookie", "x", "Sec-Fetch-Site", "same-origin", "Sec-Fetch-Site", "cross-site"}, 403},
		{"POST /rest/v1x", []string{"Cookie", "x", "X-MySingle", "1"}, 202},
		{"POST /rest/v1x", []string{"Cookie", "x", "x-mysingle", "1"}, 202},
		{"POST /rest/v1x", []string{"Cookie", "x", "X-MySingle", "1", "X-MySingle", "1"}, 403},
		{"POST /rest/v1x", []string{"Cookie", "x"}, 403},
		{"GET /rest/v1x", []string{"Cookie", "x"}, 202},
		{"GET /api/v1/test", []string{"Cookie", "x"}, 403},
		{"GET /api/v1/test", []string{"Cookie", "x", "Sec-Fetch-Site", "none"}, 202},
		{"GET /api/v1/test", []string{"Cookie", "x", "Sec-Fetch-Site", "cross-site"}, 403},
		{"GET /api/v1/test", []string{"Sec-Fetch-Site", "cross-site"}, 202},
		{"POST /sign-in", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.test"}, 403},
		{"POST /sign-in", []string{"Sec-Fetch-Site", "none"}, 403},
		{"POST /sign-in", nil, 403},
		{"POST /sign-in", []string{"Sec-Fetch-Site", "same-origin"}, 202},
	} {
		t.Run(fmt.Sprint(tt.Request, tt.Headers), func(t *testing.T) {
			resp, body := s.mustAsk(t, tt.Request, tt.Headers...)
			if resp.StatusCode != tt.Status || tt.Status == 403 && !strings.Contains(body, `"code":"cross_site"`) {
				t.Errorf("got status %d, want %d, and cross_site with 403: %s", resp.StatusCode, tt.Status, body)
			}
		})
	}
}

func TestNoWebSockets(t *testing.T) {
	s := mustOffline(t, nil)
	for _, tt := range []struct {
		Request string
		Headers []string
	}{
		{"GET /realtime/v1/websocket", []string{"Connection", "Upgrade", "Upgrade", "websocket"}},
		{"GET /rest/v1/tasks", []string{"Connection", "keep-alive, Upgrade", "Upgrade", "WebSocket"}},
		{"GET /", []string{"Connection", "Upgrade", "Upgrade", "h2c", "Upgrade", "websocket/13"}},
		{"POST /realtime/v1/api/broadcast", nil},
	} {
		t.Run(fmt.Sprint(tt.Request, tt.Headers), func(t *testing.T) {
			resp, body := s.mustAsk(t, tt.Request, tt.Headers...)
			if resp.StatusCode != 501 || !strings.Contains(body, `"code":"no_websockets"`) {
				t.Errorf("got status %d, want 501 and no_websockets: %s", resp.StatusCode, body)
			}
		})
	}
}

// TestHashesTakeAKey has two BFFs hash an e-mail: with the session key in
// common it is the same, and without one nobody else can make it.
func TestHashesTakeAKey(t *testing.T) {
	c := mustOffline(t, nil).config
	name := func() string { return newLimiter(c, nil).Name("a@b.test") }
	if one, two := name(), name(); one != two {
		t.Errorf("got %s and %s, want the same", one, two)
	}
	before := name()
	if c.PublishableKey += "_next"; name() != before {
		t.Error("another publishable key makes another hash")
	}
	c.SessionKeys = nil
	if one, two := name(), name(); one == two {
		t.Errorf("got %s twice, want two different ones", one)
	}
}
