package server_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestDocs(t *testing.T) {
	bff := mustServeStack(t)
	for path, contentType := range map[string]string{
		"/openapi.json":              "application/json",
		"/docs":                      "text/html; charset=utf-8",
		"/docs/swagger-ui.css":       "text/css; charset=utf-8",
		"/docs/swagger-ui-bundle.js": "text/javascript; charset=utf-8",
		"/docs/docs.js":              "text/javascript; charset=utf-8",
		"/docs/LICENSE":              "text/plain; charset=utf-8",
	} {
		t.Run(path, func(t *testing.T) { mustGetFile(t, bff+path, contentType) })
	}
	mustProblem(t, mustSend(t, http.MethodGet, bff+"/docs/nonsense.js", ""), 404)
	mustProblem(t, mustSend(t, http.MethodGet, bff+"/docs/..%2froutes.go", ""), 404)
}

// mustGetFile gets an embedded file in every way, and returns its content.
func mustGetFile(t *testing.T, address, contentType string) string {
	t.Helper()
	plain := mustSend(t, http.MethodGet, address, "", "Accept-Encoding", "identity")
	if plain.Status != 200 || plain.Body == "" || plain.Header.Get("Content-Encoding") != "" {
		t.Fatalf("got status %d, %d bytes, encoded as %q, want 200, a body and no encoding", plain.Status, len(plain.Body), plain.Header.Get("Content-Encoding"))
	}
	if got := plain.Header.Get("Content-Type"); got != contentType {
		t.Errorf("Content-Type %q", got)
	}
	if got := plain.Header.Get("Cache-Control"); got != "no-cache" {
		t.Errorf("Cache-Control %q", got)
	}
	head := mustSend(t, http.MethodHead, address, "", "Accept-Encoding", "identity")
	if head.Status != 200 || head.Body != "" || head.Header.Get("ETag") != plain.Header.Get("ETag") {
		t.Errorf("HEAD is answered %d, ETag %q", head.Status, head.Header.Get("ETag"))
	}
	zipped := mustSend(t, http.MethodGet, address, "", "Accept-Encoding", "br, gzip")
	if zipped.Header.Get("Content-Encoding") != "gzip" || mustUnzip(t, zipped.Body) != plain.Body {
		t.Error("the compressed answer is another one")
	}
	tag := zipped.Header.Get("ETag")
	if tag == "" || tag == plain.Header.Get("ETag") {
		t.Errorf("got the ETag %q of two encodings, want one for each", tag)
	}
	again := mustSend(t, http.MethodGet, address, "", "Accept-Encoding", "gzip", "If-None-Match", tag)
	if again.Status != 304 || again.Body != "" || again.Header.Get("ETag") != tag {
		t.Errorf("%d with %d bytes for what the client has", again.Status, len(again.Body))
	}
	return plain.Body
}

// The page works offline: its policy allows this BFF alone and no inline
// script or style, and it asks for nothing else.
func TestDocsPageNeedsNothingElse(t *testing.T) {
	page := mustSend(t, http.MethodGet, mustServeStack(t)+"/docs", "")
	policy := page.Header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "http") {
		t.Errorf("the policy is %q", policy)
	}
	for _, name := range []string{"index.html", "docs.js", "docs.css"} {
		text, err := os.ReadFile("docs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if found := regexp.MustCompile(`(https?:)?//\w[^\s'"]*`).FindAll(comments.ReplaceAll(text, nil), -1); found != nil {
			t.Errorf("%s has %s", name, found)
		}
		if regexp.MustCompile(`<style|style=|<script>| on\w+=`).Match(text) {
			t.Errorf("%s has something inline", name)
		}
	}
}

var comments = regexp.MustCompile(`(?m)//\s.*$`)

func mustUnzip(t *testing.T, zipped string) string {
	t.Helper()
	reader, err := gzip.NewReader(bytes.NewReader([]byte(zipped)))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return string(plain)
}
