//go:build !js

package notify

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestWebAssembly runs the tests of fetch_js_test.go in JavaScript, against a
// receiver out here. Node's fetch follows the same standard as Deno's.
func TestWebAssembly(t *testing.T) {
	const file = "notify.wasm"
	dir := t.TempDir()
	build := exec.Command("go", "test", "-c", "-o", filepath.Join(dir, file), ".")
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the tests for WebAssembly: %v\n%s", err, out)
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatalf("go env GOROOT: %v", err)
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("Node is missing, which the stack needs too: https://nodejs.org")
	}
	run := exec.Command(node, filepath.Join(strings.TrimSpace(string(root)), "lib/wasm/wasm_exec_node.js"), filepath.Join(dir, file), "-test.run=^TestFetch")
	run.Env = append(os.Environ(), "MYSINGLE_TEST_RECEIVER="+fetchReceiver(t))
	out, err := run.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "PASS") {
		t.Errorf("the tests in Node: got error %v, want none and PASS:\n%s", err, out)
	}
}

// fetchReceiver behaves as the first segment of the path says.
func fetchReceiver(t *testing.T) string {
	t.Helper()
	unfinished := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			status(code)(w, r)
			_ = http.NewResponseController(w).Flush()
			hang(w, r)
		}
	}
	handlers := map[string]http.HandlerFunc{
		"200":                status(200),
		"404":                status(404),
		"429":                status(429, "Retry-After", "30"),
		"500":                status(500),
		"301":                status(301, "Location", "/elsewhere"),
		"307":                status(307, "Location", "/elsewhere"),
		"hang":               hang,
		"unfinished":         unfinished(200),
		"unfinished-failure": unfinished(500),
		"large":              func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 10<<20)) },
		"break-off":          raw("", 0),
		"no-http":            raw("220 "+sesame+" ESMTP\r\n", 0),
		"break-off-later":    raw("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nok", 0),
		"break-off-late": func(w http.ResponseWriter, r *http.Request) { // when no more is read
			w.Header().Set("Content-Length", "1000000")
			_, _ = w.Write(make([]byte, 2*answerSize))
		},
	}
	return receiver(t, func(w http.ResponseWriter, r *http.Request) {
		path := strings.Split(r.URL.Path, "/")[1]
		handler, known := handlers[path]
		if !known {
			t.Errorf("a request: got the path %s, want one that the receiver knows", path)
			return
		}
		if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json; charset=utf-8" {
			t.Errorf("a request: got %s of type %q, want POST of type application/json; charset=utf-8",
				r.Method, r.Header.Get("Content-Type"))
		}
		body, err := io.ReadAll(r.Body)
		if err != nil || len(body) == 0 {
			t.Errorf("the body of a request: got %d bytes (%v), want some", len(body), err)
		}
		handler(w, r)
	}).URL
}
