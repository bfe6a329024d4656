package server_test

import (
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

func TestRoom(t *testing.T) {
	bff := mustServeStack(t)
	contentTypes := map[string]string{
		".html":    "text/html; charset=utf-8",
		".js":      "text/javascript; charset=utf-8",
		".css":     "text/css; charset=utf-8",
		".svg":     "image/svg+xml",
		".LICENSE": "text/plain; charset=utf-8",
	}
	for file, content := range roomFiles(t, true) {
		path := "/room/" + filepath.Base(file)
		if file == "room/index.html" {
			path = "/"
		}
		t.Run(path, func(t *testing.T) {
			if mustGetFile(t, bff+path, contentTypes[filepath.Ext(file)]) != content {
				t.Errorf("what is served isn't %s", file)
			}
		})
	}
	// What is asked of the page is its own affair.
	page := mustSend(t, http.MethodGet, bff+"/", "")
	for _, query := range []string{"sprint=5eed0006-0000-4000-8000-000000000004", "error=oauth_state", "type=recovery&token_hash=x", "a=1&a=2"} {
		if a := mustSend(t, http.MethodGet, bff+"/?"+query, ""); a.Status != 200 || a.Body != page.Body {
			t.Errorf("with %s it is answered %d", query, a.Status)
		}
	}
	for _, path := range []string{"/room", "/room/", "/room/nonsense.js", "/room/..%2froutes.go", "/room/vendor/preact.js", "/room/docs.js", "/docs/preact.js"} {
		mustProblem(t, mustSend(t, http.MethodGet, bff+path, ""), 404)
	}
}

func TestRoomIsOff(t *testing.T) {
	bff := mustServe(t, supabasetest.Config(t, map[string]string{"BFF_SPRINT_ROOM": "off"}))
	for _, path := range []string{"/", "/?error=oauth_state", "/room/preact.js"} {
		mustProblem(t, mustSend(t, http.MethodGet, bff+path, ""), 404)
	}
}

// The page loads and asks nothing but this BFF, has nothing inline, and never
// makes markup out of text.
func TestRoomNeedsNothingElse(t *testing.T) {
	page := mustSend(t, http.MethodGet, mustServeStack(t)+"/", "")
	policy := page.Header.Get("Content-Security-Policy")
	for directive := range strings.SplitSeq(policy, "; ") {
		for _, source := range strings.Fields(directive)[1:] {
			if !slices.Contains([]string{"'none'", "'self'", "'script'", "blob:"}, source) {
				t.Errorf("%s lets %s in", directive, source)
			}
		}
	}
	for _, directive := range []string{"default-src 'none'", "script-src 'self'", "require-trusted-types-for 'script'", "trusted-types 'none'"} {
		if !slices.Contains(strings.Split(policy, "; "), directive) {
			t.Errorf("%s is missing in %s", directive, policy)
		}
	}
	if got := page.Header.Get("Cross-Origin-Opener-Policy"); got != "same-origin" {
		t.Errorf("Cross-Origin-Opener-Policy %q", got)
	}
	address := regexp.MustCompile("(https?:)?//\\w[^\\s'\"`]*")
	inline := map[string]*regexp.Regexp{
		".html": regexp.MustCompile(`(?i)<style|\sstyle=|<script(\s+type="?\w+"?)?>|\son\w+=|javascript:`),
		".js":   regexp.MustCompile(`(?i)<style|<script|\son\w+="|javascript:|innerHTML|outerHTML|insertAdjacentHTML|srcdoc|document\.write|\beval\(|new Function`),
		".svg":  regexp.MustCompile(`(?i)<style|\sstyle=|<script|\son\w+=|javascript:`),
	}
	for file, text := range roomFiles(t, false) {
		text = strings.ReplaceAll(comments.ReplaceAllString(text, ""), "http://www.w3.org/2000/svg", "")
		if found := address.FindAllString(text, -1); found != nil {
			t.Errorf("%s has %s", file, found)
		}
		if rule := inline[filepath.Ext(file)]; rule != nil && rule.MatchString(text) {
			t.Errorf("%s has %q", file, rule.FindString(text))
		}
	}
}

// roomFiles are the files of the sprint room by their name, the libraries'
// among them or not.
func roomFiles(t *testing.T, vendor bool) map[string]string {
	t.Helper()
	files := make(map[string]string)
	if err := filepath.WalkDir("room", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !vendor && strings.HasPrefix(name, "room/vendor/") {
			return err
		}
		content, err := os.ReadFile(name)
		files[name] = string(content)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return files
}

// What a browser loads before the page is there: what the page names, and the
// modules that these import.
func TestRoomIsSmall(t *testing.T) {
	const most = 100_000 // bytes, compressed as they are sent
	bff := mustServeStack(t)
	named := map[string]*regexp.Regexp{
		"html":       regexp.MustCompile(`<(?:link|script|img)\b[^>]*\s(?:href|src)="([^"]+)"`),
		"javascript": regexp.MustCompile(`(?m)^\s*(?:import|export)\b(?:[^;'"()]*\bfrom)?\s*["']([^"']+)["']`),
		"css":        regexp.MustCompile(`(?:@import\s+|url\()["']?([^"')]+)`),
	}
	kind := regexp.MustCompile(`^text/(\w+)`)
	total, loaded := 0, []string{bff + "/"}
	for i := 0; i < len(loaded); i++ {
		a := mustSend(t, http.MethodGet, loaded[i], "", "Accept-Encoding", "gzip")
		size, err := strconv.Atoi(a.Header.Get("Content-Length"))
		if a.Status != 200 || a.Header.Get("Content-Encoding") != "gzip" || err != nil {
			t.Fatalf("%s is answered %d, encoded as %q, %v", loaded[i], a.Status, a.Header.Get("Content-Encoding"), err)
		}
		total += size
		t.Log(size, strings.TrimPrefix(loaded[i], bff))
		base, err := url.Parse(loaded[i])
		if err != nil {
			t.Fatal(err)
		}
		is := kind.FindStringSubmatch(a.Header.Get("Content-Type"))
		if is == nil || named[is[1]] == nil {
			continue
		}
		for _, found := range named[is[1]].FindAllStringSubmatch(mustUnzip(t, a.Body), -1) {
			next, err := base.Parse(found[1])
			if err != nil {
				t.Fatal(err)
			}
			if address := next.String(); next.Scheme == "http" && !slices.Contains(loaded, address) {
				loaded = append(loaded, address)
			}
		}
	}
	t.Logf("%d bytes in %d files", total, len(loaded))
	if total > most || len(loaded) < 4 {
		t.Errorf("the page: got %d bytes in %d files, want at most %d in at least 4", total, len(loaded), most)
	}
}
