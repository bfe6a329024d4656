package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

// TestFraming sends requests of which two servers could disagree where they
// end. There must be one answer, and the connection must be closed after it:
// what follows could be anybody's request.
func TestFraming(t *testing.T) {
	t.Parallel()
	bff := mustServe(t, supabasetest.Config(t, mustUpstream(t, func(_ http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.RequestURI, "smuggled") {
			t.Errorf("reached %s", r.RequestURI)
		}
	})))
	const next = "GET /rest/v1/smuggled HTTP/1.1\r\nHost: bff\r\n\r\n"
	for _, tt := range []struct {
		Name, Request string
		Status        int
	}{
		{"two lengths", "POST /rest/v1/x HTTP/1.1\r\nHost: bff\r\nContent-Length: 2\r\nContent-Length: 50\r\n\r\n{}", 400},
		{"the same length twice", "POST /rest/v1/x HTTP/1.1\r\nHost: bff\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 400},
		{"a list of lengths", "POST /rest/v1/x HTTP/1.1\r\nHost: bff\r\nContent-Length: 2, 2\r\n\r\n{}", 400},
		{"a length with a sign", "POST /rest/v1/x HTTP/1.1\r\nHost: bff\r\nContent-Length: +2\r\n\r\n{}", 400},
		{"a negative length", "POST /rest/v1/x HTTP/1.1\r\nHost: bff\r\nContent-Length: -1\r\n\r\n", 400},
		{"a space before the colon", "POST /rest/v1/x HTTP/1.1\r\nHost: bff\r\nContent-Length : 2\r\n\r\n{}", 400},
		{"unknown encoding", "POST /rest/v1/x HTTP/1.1\r\nHost: bff\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400},
		{"encodings in a list", "POST /rest/v1/x HTTP/1.1\r\nHost: bff\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", 400},
		{"two encodings", "POST /rest/v1/x HTTP/1.1\r\nHost: bff\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", 400},
		{"chunked in HTTP/1.0", "POST /rest/v1/x HTTP/1.0\r\nHost: bff\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
		{"chunked and a length", "POST /rest/v1/x HTTP/1.1\r\nHost: bff\r\nContent-Length: 60\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 200}, // RFC 9112, 6.3: chunked counts
		{"folded header", "GET /rest/v1/x HTTP/1.1\r\nHost: bff\r\nX-A: b\r\n c\r\n\r\n", 400},
		{"folded header with a tab", "GET /rest/v1/x HTTP/1.1\r\nHost: bff\r\nX-A: b\n\tc\r\n\r\n", 400},
		{"folded encoding", "POST /rest/v1/x HTTP/1.1\r\nHost: bff\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", 400},
		{"folded host", "GET /rest/v1/x HTTP/1.1\r\n Host: bff\r\n\r\n", 400},
		{"no host", "GET /rest/v1/x HTTP/1.1\r\nX-A: b\r\n\r\n", 400},
		{"two hosts", "GET /rest/v1/x HTTP/1.1\r\nHost: bff\r\nHost: evil.test\r\n\r\n", 400},
		{"bare carriage return", "GET /rest/v1/x HTTP/1.1\r\nHost: bff\r\nX-A: b\rContent-Length: 60\r\n\r\n", 400},
		{"a null byte", "GET /rest/v1/x HTTP/1.1\r\nHost: bff\r\nX-A: b\x00\r\n\r\n", 400},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			a := mustSendRaw(t, bff, tt.Request+next) // which fails if more than one answer comes
			if tt.Status == 200 {
				if a.Status != 200 {
					t.Errorf("got status %d, want 200: %s", a.Status, a.Body)
				}
				return
			}
			mustProblem(t, a, tt.Status)
		})
	}
}
