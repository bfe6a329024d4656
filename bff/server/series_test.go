package server_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

// mustMeasure is what /metrics says.
func mustMeasure(t *testing.T, metrics http.Handler) string {
	t.Helper()
	measured := httptest.NewRecorder()
	metrics.ServeHTTP(measured, httptest.NewRequest("GET", "/metrics", nil))
	if measured.Code != http.StatusOK {
		t.Fatalf("/metrics: got status %d, want 200", measured.Code)
	}
	return measured.Body.String()
}

// mustAskHostile asks in every way in which a client can name something of its
// own.
func mustAskHostile(t *testing.T, bff, token, marker string) {
	t.Helper()
	var requests []string
	add := func(format string, arguments ...any) {
		requests = append(requests, fmt.Sprintf(format, arguments...)+"Connection: close\r\n\r\n")
	}
	for _, path := range []string{
		"/%s", "/%s/%[1]s/%[1]s", "//%s", "/%%2e%%2e/%s", "/%s\xff", "/?%s", "/docs/%s", "/room/%s", "/livez/%s", "/metrics/%s",
		"/api/v1/%s", "/api/v1/sprints/%s/board", "/api/v1/sprints/%s", "/api/v1/projects/%s/forecast.svg", "/api/v1/session/oauth/%s", "/api/v1/session/%s",
		"/rest/v1/%s", "/rest/v1/rpc/%s", "/rest/v1/tasks?%s=eq.1", "/auth/v1/%s", "/auth/v1/admin/%s", "/functions/v1/%s", "/storage/v1/%s", "/realtime/v1/%s",
		"http://%s.example/%[1]s", "*%s",
	} {
		add("GET "+path+" HTTP/1.1\r\nHost: bff\r\n", marker)
		add("GET "+path+" HTTP/1.1\r\nHost: bff\r\nAuthorization: Bearer %s\r\n", marker, token)
	}
	for _, method := range []string{strings.ToUpper(marker), "get" + marker, "GET-" + marker, "TRACE", "PROPFIND"} {
		add("%s /rest/v1/tasks HTTP/1.1\r\nHost: bff\r\n", method)
	}
	for _, host := range []string{marker, marker + ".example", marker + ":99999", "[" + marker + "]", "bff\r\nHost: " + marker} {
		add("GET /livez HTTP/1.1\r\nHost: %s\r\n", host)
	}
	for _, header := range []string{
		"X-HTTP-Method-Override", "X-Forwarded-Host", "X-Forwarded-For", "X-Original-URL", "X-Request-Id", "Traceparent", "Authorization", "Apikey", "Cookie", "User-Agent", "Origin",
	} {
		add("GET /rest/v1/tasks HTTP/1.1\r\nHost: bff\r\n%s: %s\r\n", header, marker)
	}
	add("GET /%s HTTP/9.%[1]s\r\nHost: bff\r\n", marker)
	for _, request := range requests {
		_, _ = io.Copy(io.Discard, mustDial(t, bff, request))
	}
}

// TestHostileRequestsAddNoSeries asks in every way in which a client can name
// something of its own, twice: by other names there is nothing new to count.
func TestHostileRequestsAddNoSeries(t *testing.T) {
	t.Parallel()
	bff, metrics := mustServeMeasured(t, supabasetest.Config(t, nil), io.Discard)
	token := supabasetest.MustSignUp(t).Token
	series := func() (names []string) {
		for line := range strings.Lines(mustMeasure(t, metrics)) {
			if strings.HasPrefix(line, "mysingle_") {
				names = append(names, line[:strings.LastIndex(line, " ")])
			}
		}
		slices.Sort(names)
		return names
	}
	mustAskHostile(t, bff, token, "marker-one")
	first := series()
	if !slices.ContainsFunc(first, func(name string) bool { return strings.Contains(name, `route="/api/v1/sprints/:sprint_id/board"`) }) {
		t.Errorf("hardly anything was counted: %q", first)
	}
	mustAskHostile(t, bff, token, "marker-two")
	second := series()
	for _, name := range second {
		if !slices.Contains(first, name) {
			t.Errorf("new: %s", name)
		}
		if strings.Contains(strings.ToLower(name), "marker") {
			t.Errorf("the client's own: %s", name)
		}
	}
	if len(second) > 1000 {
		t.Errorf("series: got %d, want at most 1000", len(second))
	}
}
