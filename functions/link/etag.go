package link

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
)

// ETag is the tag of what a link shows, by its content: programs fetch it again
// and again, and needn't get what they have.
func ETag(content []byte) string {
	sum := sha256.Sum256(content)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
}

// Unchanged sets the answer's ETag and answers 304 if the request says that it
// has the content with that tag (If-None-Match; RFC 9110, 13.1.2). It reports
// whether it did.
func Unchanged(w http.ResponseWriter, r *http.Request, etag string) bool {
	w.Header().Set("ETag", etag)
	for one := range strings.SplitSeq(r.Header.Get("If-None-Match"), ",") {
		if one = strings.TrimPrefix(strings.TrimSpace(one), "W/"); one == etag || one == "*" {
			w.WriteHeader(http.StatusNotModified)
			return true
		}
	}
	return false
}
