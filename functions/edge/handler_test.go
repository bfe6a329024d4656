package edge_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mysingle/mysingle/functions/edge"
)

// path is a path with one of everything.
var path = edge.Methods{
	http.MethodGet: func(w http.ResponseWriter, _ *http.Request) error {
		return edge.WriteJSON(w, http.StatusOK, map[string]int{"n": 1})
	},
	http.MethodPost: func(w http.ResponseWriter, r *http.Request) error {
		var in struct {
			Name string `json:"name"`
			Size int    `json:"size"`
		}
		if err := edge.ReadJSON(w, r, &in); err != nil {
			return err
		}
		return edge.WriteJSON(w, http.StatusCreated, in)
	},
	http.MethodDelete: func(http.ResponseWriter, *http.Request) error {
		return errors.New("a secret that the client must not see")
	},
	http.MethodPut: func(http.ResponseWriter, *http.Request) error {
		return &edge.Problem{Status: http.StatusTooManyRequests, Code: "busy", Message: "Wait.", Hint: "A minute.", RetryAfter: 60}
	},
}

func TestMethods(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	for _, scenario := range []struct {
		name, method, kind, body string
		status                   int
		want                     string            // in the body
		header                   map[string]string // a part of each
	}{
		{"GET", "GET", "", "", 200, `{"n":1}`, map[string]string{"Content-Type": "application/json", "Access-Control-Allow-Origin": "*", "Cache-Control": "no-store"}},
		{"HEAD", "HEAD", "", "", 200, "", nil},
		{"a browser asks first", "OPTIONS", "", "", 204, "", map[string]string{
			"Access-Control-Allow-Methods": "DELETE, GET, POST, PUT, OPTIONS", "Access-Control-Allow-Headers": "authorization, x-region", "Access-Control-Allow-Origin": "*", "Allow": "DELETE, GET, POST, PUT, OPTIONS"}},
		{"another method", "PATCH", "", "", 405, `"code":"method_not_allowed"`, map[string]string{"Access-Control-Allow-Origin": "*", "Allow": "DELETE, GET, POST, PUT, OPTIONS"}},
		{"JSON", "POST", "application/json; charset=utf-8", `{"name":"하나","size":2}`, 201, `{"name":"하나","size":2}`, nil},
		{"nothing", "POST", "", "", 201, `{"name":"","size":0}`, nil},
		{"a wrong type", "POST", "application/json", `{"size":"two"}`, 400, "size must not be a string", map[string]string{"Content-Type": "application/problem+json"}},
		{"an unknown member", "POST", "application/json", `{"name":"x","sizes":2}`, 400, "sizes is not known here", nil},
		{"a list", "POST", "application/json", `[1]`, 400, "JSON object", nil},
		{"null", "POST", "application/json", `null`, 400, "JSON object", nil},
		{"two objects", "POST", "application/json", `{}{}`, 400, "JSON object", nil},
		{"a form", "POST", form, `name=x`, 415, "unsupported_media_type", nil},
		{"no type", "POST", "", `{}`, 415, "unsupported_media_type", nil},
		{"much", "POST", "application/json", `{"name":"` + strings.Repeat("x", 70_000) + `"}`, 413, "body_too_large", nil},
		{"an error", "DELETE", "", "", 500, `"code":"internal"`, nil},
		{"a problem", "PUT", "", "", 429, `"hint":"A minute."`, map[string]string{"Retry-After": "60"}},
	} {
		t.Run(scenario.name, func(t *testing.T) {
			r := httptest.NewRequest(scenario.method, "/f/secret", strings.NewReader(scenario.body))
			if scenario.kind != "" {
				r.Header.Set("Content-Type", scenario.kind)
			}
			if scenario.method == http.MethodOptions {
				r.Header.Set("Access-Control-Request-Headers", "authorization, x-region")
			}
			w := httptest.NewRecorder()
			path.ServeHTTP(w, r)
			if w.Code != scenario.status || !strings.Contains(w.Body.String(), scenario.want) || strings.Contains(w.Body.String(), "must not see") {
				t.Errorf("got status %d (%s), want %d with %q and without the handler's own error",
					w.Code, w.Body, scenario.status, scenario.want)
			}
			for name, want := range scenario.header {
				if got := w.Header().Get(name); !strings.Contains(got, want) {
					t.Errorf("the header %s: got %q, want %q in it", name, got, want)
				}
			}
		})
	}
}
