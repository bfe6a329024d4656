package server

import (
	"net/url"
	"strings"

	"golang.org/x/text/unicode/norm"
)

const (
	maxAppPath = 2048
	// maxEncodings is how many times a path may be percent-encoded.
	maxEncodings = 4
)

// isAppPath reports whether the text is the address of a page of the app's:
// a path, with a query and a fragment if need be, that no browser, proxy or
// careless script takes for an address elsewhere. So it begins with exactly
// one slash, and, however often one decodes it, its path has no empty or dot
// segment, no backslash and no control character, nor what normalization
// makes one of these.
func isAppPath(text string) bool {
	if text == "" || text[0] != '/' || len(text) > maxAppPath {
		return false
	}
	// Whatever browsers would drop or replace before they look.
	if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' || r == '\\' }) {
		return false
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" {
		return false
	}
	path, _, _ := strings.Cut(text, "#")
	path, query, _ := strings.Cut(path, "?")
	return plain(path, isPlainPath) && plain(query, isPlainText) && plain(u.EscapedFragment(), isPlainText)
}

// plain reports whether the text, and all that one gets by decoding it over
// and over, passes.
func plain(text string, passes func(string) bool) bool {
	for range maxEncodings {
		if !passes(text) || !passes(norm.NFKC.String(text)) {
			return false
		}
		decoded, err := url.PathUnescape(text)
		if err != nil {
			return false
		}
		if decoded == text {
			return true
		}
		text = decoded
	}
	return false
}

func isPlainPath(path string) bool {
	if !isPlainText(path) || strings.ContainsAny(path, `\?#`) || !strings.HasPrefix(path, "/") {
		return false
	}
	segments := strings.Split(path[1:], "/")
	for i, segment := range segments {
		last := i == len(segments)-1
		if segment == "" && !last || segment == "." || segment == ".." {
			return false
		}
	}
	return true
}

func isPlainText(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x2028 || r == 0x2029 || r == '\ufffd'
	})
}
