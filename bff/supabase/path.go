package supabase

import (
	"net/url"
	"slices"
	"strings"
)

// decodings is how often a path is decoded in search of something hidden. A
// server decodes once; the rest is for the ones that don't.
const decodings = 4

// checkPath returns the decoded form of the raw path below a service's prefix,
// or a *Refusal for one that a server further on might read as another path:
// dot segments, empty segments, slashes and backslashes in disguise, control
// characters.
func checkPath(raw string) (string, error) {
	decoded, err := url.PathUnescape(raw)
	if err != nil {
		return "", &Refusal{Message: "The path has a malformed percent-encoding."}
	}
	for layer, text := 0, raw; layer <= decodings; layer++ {
		if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' }) {
			return "", &Refusal{Message: "The path has a backslash or a control character."}
		}
		if strings.Count(text, "/") != strings.Count(raw, "/") {
			return "", &Refusal{Message: "The path has an encoded slash."}
		}
		i, last := 0, strings.Count(text, "/")
		for segment := range strings.SplitSeq(text, "/") {
			// Parameters after ";" are not part of a segment's name to some servers.
			name, _, _ := strings.Cut(segment, ";")
			if name == "." || name == ".." || name == "" && i > 0 && i < last {
				return "", &Refusal{Message: "The path has a dot segment or an empty one."}
			}
			i++
		}
		next, err := url.PathUnescape(text)
		if err != nil || next == text {
			return decoded, nil
		}
		text = next
	}
	return "", &Refusal{Message: "The path is encoded too many times."}
}

// plain reports whether the path is written as it may be sent, byte for byte:
// url.URL writes others anew.
func plain(path string) bool {
	for i := range len(path) {
		if !inPaths[path[i]] {
			return false
		}
	}
	return true
}

// inPaths are a path's characters by RFC 3986, 3.3.
var inPaths = func() (is [256]bool) {
	for _, b := range []byte("/:@-._~!$&'()*+,;=%0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		is[b] = true
	}
	return is
}()

// underAdmin reports whether the path, however it is written, leads to Auth's
// administration.
func underAdmin(path string) bool {
	for range decodings {
		first, _, _ := strings.Cut(strings.TrimLeft(path, "/"), "/")
		name, _, _ := strings.Cut(first, ";")
		if strings.EqualFold(strings.TrimSpace(name), "admin") {
			return true
		}
		next, err := url.PathUnescape(path)
		if err != nil {
			return false
		}
		path = next
	}
	return false
}

// withoutKey takes the parameter apikey, which supabase-js sends in some
// places, out of a raw query: the key is the BFF's to set, and to PostgREST
// an unknown parameter is a filter.
func withoutKey(query string) string {
	if !strings.Contains(strings.ToLower(query), "key") && !strings.Contains(query, "%") {
		return query
	}
	parts := slices.DeleteFunc(strings.Split(query, "&"), func(part string) bool {
		return isKey(part)
	})
	return strings.Join(parts, "&")
}

func isKey(parameter string) bool {
	name, _, _ := strings.Cut(parameter, "=")
	decoded, err := url.QueryUnescape(name)
	return err == nil && strings.EqualFold(decoded, "apikey")
}
