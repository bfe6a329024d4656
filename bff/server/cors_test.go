package server

import (
	"net/http"
	"strings"
	"testing"
)

func TestCORS(t *testing.T) {
	s := mustOffline(t, map[string]string{"BFF_ALLOWED_ORIGINS": "https://admin.test,http://localhost:5173"})
	preflight := func(origin string) []string {
		return []string{"Origin", origin, "Access-Control-Request-Method", "PATCH", "Access-Control-Request-Headers", "apikey,x-mysingle"}
	}
	for _, tt := range []struct {
		Name, Request string
		Headers       []string
		Status        int
		Want          map[string]string
	}{
		{"an allowed page asks first", "OPTIONS /rest/v1/tasks", preflight("https://admin.test"), 204, map[string]string{
			"Allow-Origin": "https://admin.test", "Allow-Credentials": "true", "Allow-Headers": "apikey,x-mysingle",
			"Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS", "Max-Age": "7200",
		}},
		{"of a path that isn't there", "OPTIONS /nonsense", preflight("http://localhost:5173"), 204, map[string]string{
			"Allow-Origin": "http://localhost:5173", "Allow-Credentials": "true", "Allow-Headers": "apikey,x-mysingle",
			"Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS", "Max-Age": "7200",
		}},
		{"an allowed page reads", "GET /livez", []string{"Origin", "https://admin.test"}, 200, map[string]string{
			"Allow-Origin": "https://admin.test", "Allow-Credentials": "true", "Expose-Headers": exposed,
		}},
		{"an allowed page reads an error", "GET /nonsense", []string{"Origin", "https://admin.test"}, 404, map[string]string{
			"Allow-Origin": "https://admin.test", "Allow-Credentials": "true", "Expose-Headers": exposed,
		}},
		{"a strange page asks first", "OPTIONS /rest/v1/tasks", preflight("https://evil.test"), 403, nil},
		{"a page of no origin asks first", "OPTIONS /rest/v1/tasks", preflight("null"), 403, nil},
		{"a subdomain asks first", "OPTIONS /api/v1/session", preflight("https://x.admin.test"), 403, nil},
		{"two origins ask first", "OPTIONS /rest/v1/tasks", append([]string{"Origin", "https://admin.test"}, preflight("https://evil.test")...), 403, nil},
		{"a strange page reads", "GET /livez", []string{"Origin", "https://evil.test"}, 200, nil},
		{"a page of no origin reads", "GET /livez", []string{"Origin", "null"}, 200, nil},
		{"a program reads", "GET /livez", nil, 200, nil},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			resp, body := s.mustAsk(t, tt.Request, tt.Headers...)
			if resp.StatusCode != tt.Status {
				t.Errorf("got status %d, want %d: %s", resp.StatusCode, tt.Status, body)
			}
			for name, values := range resp.Header {
				if short, ok := strings.CutPrefix(name, "Access-Control-"); ok && strings.Join(values, "|") != tt.Want[short] {
					t.Errorf("%s: got %q, want %q", name, values, tt.Want[short])
				}
			}
			for name, want := range tt.Want {
				if got := resp.Header.Get("Access-Control-" + name); got != want {
					t.Errorf("Access-Control-%s: got %q, want %q", name, got, want)
				}
			}
			if !strings.Contains(resp.Header.Get("Vary"), "Origin") {
				t.Errorf("a cache would mix up origins: Vary %q", resp.Header.Get("Vary"))
			}
		})
	}
}

func TestNoCORSWithoutOrigins(t *testing.T) {
	resp, _ := mustOffline(t, nil).mustAsk(t, "GET /livez", "Origin", "https://app.test")
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Access-Control-Allow-Origin") != "" || resp.Header.Get("Vary") != "" {
		t.Errorf("got status %d with %v, want 200 and nothing about origins", resp.StatusCode, resp.Header)
	}
}
