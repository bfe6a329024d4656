package server

import "testing"

func TestProtection(t *testing.T) {
	for public, strict := range map[string]string{"https://app.test": httpsOnly, "http://localhost:8080": ""} {
		s := mustOffline(t, map[string]string{"BFF_PUBLIC_URL": public})
		for request, policy := range map[string]string{
			"GET /livez": answerPolicy, "GET /nonsense": answerPolicy, "GET /api/v1/me/scrum": answerPolicy, "GET /rest/v1/tasks": answerPolicy,
			"BREW /livez": answerPolicy, "GET /docs": docsPolicy, "GET /docs/nonsense": answerPolicy, "GET /openapi.json": answerPolicy,
			"GET /": roomPolicy, "GET /?error=oauth_state": roomPolicy, "GET /room/nonsense": answerPolicy,
		} {
			t.Run(public+" "+request, func(t *testing.T) {
				resp, _ := s.mustAsk(t, request)
				for name, want := range map[string]string{
					"Content-Security-Policy":      policy,
					"X-Content-Type-Options":       "nosniff",
					"X-Frame-Options":              "DENY",
					"Referrer-Policy":              "same-origin",
					"Cross-Origin-Resource-Policy": "same-origin",
					"Strict-Transport-Security":    strict,
					"Server":                       "",
				} {
					if got := resp.Header.Get(name); got != want {
						t.Errorf("%s: got %q, want %q", name, got, want)
					}
				}
			})
		}
	}
}
