package session_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/mysingle/mysingle/bff/session"
)

// key is a key for tests: so many times the same byte.
func key(b byte) []byte { return bytes.Repeat([]byte{b}, session.KeySize) }

func mustSealer(tb testing.TB, keys ...[]byte) *session.Sealer {
	tb.Helper()
	s, err := session.NewSealer(keys)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func TestSealing(t *testing.T) {
	s := mustSealer(t, key(1))
	for _, plain := range []string{"", "x", "한국어", strings.Repeat("long ", 5000)} {
		sealed := s.Seal("name", []byte(plain))
		if len(plain) > 3 && strings.Contains(sealed, base64.RawURLEncoding.EncodeToString([]byte(plain[:3]))) {
			t.Errorf("%q shows", plain)
		}
		if got, err := s.Open("name", sealed); err != nil || string(got) != plain {
			t.Errorf("%q became %q, %v", plain, got, err)
		}
		if again := s.Seal("name", []byte(plain)); again != sealed {
			t.Errorf("%q is sealed differently a second time", plain)
		}
	}
	if s.Seal("name", []byte("a"))[:32] == s.Seal("name", []byte("b"))[:32] {
		t.Error("a nonce serves two contents")
	}
	if s.Seal("na", []byte("mex"))[:32] == s.Seal("nam", []byte("ex"))[:32] {
		t.Error("a nonce serves two names")
	}
}

func TestWhatDoesNotOpen(t *testing.T) {
	s := mustSealer(t, key(1))
	sealed := s.Seal("name", []byte("plain"))
	for name, other := range map[string]string{
		"empty": "", "short": "abc", "cut": sealed[:len(sealed)-1], "longer": sealed + "A", "padded": sealed + "=",
		"with a line break": sealed[:8] + "\n" + sealed[8:], "of another alphabet": "+/" + sealed[2:],
		"of another key": mustSealer(t, key(2)).Seal("name", []byte("plain")), "of another name": s.Seal("eman", []byte("plain")),
	} {
		if _, err := s.Open("name", other); !errors.Is(err, session.ErrUnreadable) {
			t.Errorf("%s: got error %v, want %v", name, err, session.ErrUnreadable)
		}
	}
	for i := range sealed {
		for _, c := range "AB" {
			changed := sealed[:i] + string(c) + sealed[i+1:]
			if _, err := s.Open("name", changed); err == nil && changed != sealed {
				t.Errorf("opens with %c at %d", c, i)
			}
		}
	}
}

func TestKeyRotation(t *testing.T) {
	before, during, after := mustSealer(t, key(1)), mustSealer(t, key(2), key(1)), mustSealer(t, key(2))
	old, fresh := before.Seal("n", []byte("x")), during.Seal("n", []byte("x"))
	for _, tt := range []struct {
		Name   string
		Sealer *session.Sealer
		Sealed string
		Opens  bool
	}{
		{"old text, both keys", during, old, true},
		{"new text, both keys", during, fresh, true},
		{"new text, new key", after, fresh, true},
		{"old text, new key", after, old, false},
		{"new text, old key", before, fresh, false},
	} {
		if _, err := tt.Sealer.Open("n", tt.Sealed); (err == nil) != tt.Opens {
			t.Errorf("%s: got error %v, want it to open: %t", tt.Name, err, tt.Opens)
		}
	}
}

func TestKeys(t *testing.T) {
	good := base64.StdEncoding.EncodeToString(key(1))
	for text, count := range map[string]int{
		good: 1, good + "," + good: 2, good + ", " + good: 2,
		"": 0, good + ",": 0, "," + good: 0, good[:20]: 0, "hunter2": 0, good + good: 0,
	} {
		var keys session.Keys
		err := keys.UnmarshalText([]byte(text))
		if (err == nil) != (count > 0) || count > 0 && len(keys) != count {
			t.Errorf("%q: got %d keys, %v, want %d (0 is an error)", text, len(keys), err, count)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("a key shows in: %v", err)
		}
	}
	if bytes.Equal(session.RandomKeys()[0], session.RandomKeys()[0]) {
		t.Error("random keys are equal")
	}
	if _, err := session.NewSealer(nil); err == nil {
		t.Error("seals without a key")
	}
	if _, err := session.NewSealer(session.Keys{{1}}); err == nil {
		t.Error("seals with a short key")
	}
}
