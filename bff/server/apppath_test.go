package server

import (
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
)

// MustRedirects are the payloads in testdata/redirects.txt.
func MustRedirects(tb testing.TB) (payloads []string) {
	tb.Helper()
	text, err := os.ReadFile("testdata/redirects.txt")
	if err != nil {
		tb.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		payload, err := strconv.Unquote(line)
		if err != nil {
			tb.Fatalf("the line %s: %v", line, err)
		}
		payloads = append(payloads, payload)
	}
	return payloads
}

// pagesOfTheApp are addresses that must pass.
var pagesOfTheApp = []string{
	"/", "/board", "/board/", "/sprints/5eed0006-0000-4000-8000-000000000004/board", "/board?assignee=me&priority=High", "/board#task-1", "/a.b/c..d/...",
	"/board?next=https://evil.test//x", "/board?q=a%20b%26c&x=1+2", "/%ED%8C%80/%EB%B3%B4%EB%93%9C?q=%ED%95%9C", "/board#/route//x?y", "/@me", "/a:b", "/board?x=%2F..%2F", "/a%20b", "/~me/x;y=1", "/?", "/#",
}

func TestAppPaths(t *testing.T) {
	for _, payload := range MustRedirects(t) {
		if isAppPath(payload) {
			t.Errorf("%q passes", payload)
		}
	}
	for _, page := range pagesOfTheApp {
		if !isAppPath(page) {
			t.Errorf("%q is refused", page)
		}
		if at := withError(page, "access_denied"); !isAppPath(at) || !strings.Contains(at, "error=access_denied") {
			t.Errorf("%q becomes %q", page, at)
		}
	}
}

// FuzzAppPath looks for a return address that leads elsewhere: by Go's reading,
// by that of a browser, however often somebody decodes it.
func FuzzAppPath(f *testing.F) {
	for _, payload := range MustRedirects(f) {
		f.Add(payload)
	}
	for _, page := range pagesOfTheApp {
		f.Add(page)
	}
	base, err := url.Parse("https://app.test/api/v1/session/callback")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !isAppPath(text) {
			return
		}
		path, _, _ := strings.Cut(text, "#")
		path, _, _ = strings.Cut(path, "?")
		addresses := []string{text, withError(text, "access_denied"), path}
		for range 6 {
			decoded, err := url.PathUnescape(path)
			if err != nil || decoded == path {
				break
			}
			path = decoded
			addresses = append(addresses, path)
		}
		for _, at := range addresses {
			at = strings.ReplaceAll(at, " ", "%20")
			target, err := base.Parse(browsersReading(at))
			if err != nil || target.Scheme != "https" || target.Host != "app.test" || target.User != nil || strings.HasPrefix(target.Path, "//") {
				t.Fatalf("%q leads to %v, %v", at, target, err)
			}
			behind, err := url.Parse("https://app.test" + at)
			if err != nil || behind.Host != "app.test" || strings.ContainsAny(at, "\r\n\\") {
				t.Fatalf("%q behind the host: %v", at, err)
			}
		}
	})
}

// browsersReading is what a browser makes of an address first (WHATWG URL):
// it drops what surrounds it and all tabs and line breaks, and takes a
// backslash for a slash.
func browsersReading(text string) string {
	text = strings.TrimFunc(text, func(r rune) bool { return r <= ' ' })
	return strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/").Replace(text)
}
