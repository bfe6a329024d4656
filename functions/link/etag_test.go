package link_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/mysingle/mysingle/functions/link"
)

func TestUnchanged(t *testing.T) {
	etag, other := link.ETag([]byte("a")), link.ETag([]byte("b"))
	if etag == other || len(etag) != 24 {
		t.Fatalf("the ETags of two texts: got %s and %s, want different ones of 24 characters", etag, other)
	}
	for given, want := range map[string]int{
		"":                            200,
		etag:                          304,
		"W/" + etag:                   304,
		other + ", " + etag:           304,
		"*":                           304,
		other:                         200,
		etag[:23]:                     200,
		other + `,W/"x", ` + etag[1:]: 200,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("If-None-Match", given)
		w := httptest.NewRecorder()
		if unchanged := link.Unchanged(w, r, etag); unchanged != (want == 304) || w.Code != want || w.Header().Get("ETag") != etag {
			t.Errorf("If-None-Match: %s: got unchanged %t, status %d and %v, want %t, %d and the ETag %s",
				given, unchanged, w.Code, w.Header(), want == 304, want, etag)
		}
	}
}
