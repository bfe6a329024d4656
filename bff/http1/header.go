package http1

import (
	"bytes"
	"slices"
)

// A Field is one line of a header. Its bytes may belong to a buffer that is
// used again.
type Field struct{ Name, Value []byte }

// Header is the lines in their order. The names of an answer's are in their
// canonical form (Content-Type), as those of fasthttp's requests are.
type Header []Field

// Get returns the first value of the name in canonical form, nil where there
// is none.
func (h Header) Get(name string) []byte {
	for i := range h {
		if string(h[i].Name) == name {
			return h[i].Value
		}
	}
	return nil
}

// Set makes value the only one of the name in canonical form.
func (h *Header) Set(name, value string) {
	*h = slices.DeleteFunc(*h, func(f Field) bool { return string(f.Name) == name })
	*h = append(*h, Field{[]byte(name), []byte(value)})
}

// canonical writes the name in its canonical form, in place, and reports
// whether it is a name at all (a token, RFC 9110, 5.6.2).
func canonical(name []byte) bool {
	upper := true
	for i, b := range name {
		switch {
		case !token[b]:
			return false
		case upper && 'a' <= b && b <= 'z':
			name[i] = b - ('a' - 'A')
		case !upper && 'A' <= b && b <= 'Z':
			name[i] = b + ('a' - 'A')
		}
		upper = b == '-'
	}
	return len(name) > 0
}

func isToken[T string | []byte](s T) bool {
	for i := range len(s) {
		if !token[s[i]] {
			return false
		}
	}
	return len(s) > 0
}

// isValue reports whether the bytes may stand in a header line (RFC 9110,
// 5.5): no control characters but tabs.
func isValue(value []byte) bool {
	for _, b := range value {
		if b < ' ' && b != '\t' || b == 0x7f {
			return false
		}
	}
	return true
}

var token = func() (is [256]bool) {
	for _, b := range []byte("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		is[b] = true
	}
	return is
}()

// lists reports whether the list has the item in it, in upper or lower case.
func lists(list, item []byte) bool {
	for len(list) > 0 {
		var next []byte
		next, list, _ = bytes.Cut(list, []byte(","))
		if bytes.EqualFold(bytes.Trim(next, " \t"), item) {
			return true
		}
	}
	return false
}
