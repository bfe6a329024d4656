package link_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/mysingle/mysingle/functions/link"
)

func key(b byte) []byte { return bytes.Repeat([]byte{b}, 32) }

func mustSigner(tb testing.TB, purpose string, keys ...[]byte) *link.Signer {
	tb.Helper()
	s, err := link.NewSigner(keys, purpose)
	if err != nil {
		tb.Fatalf("link.NewSigner: %v", err)
	}
	return s
}

func TestSignatures(t *testing.T) {
	feed := mustSigner(t, "feed", key(1))
	signature := feed.Sign("a")
	if len(signature) != 43 || !feed.Verify("a", signature) {
		t.Fatalf("the signature: got %q, want 43 characters that are verified", signature)
	}
	for name, refused := range map[string]bool{
		"another text":    feed.Verify("b", signature),
		"no text":         feed.Verify("", signature),
		"no signature":    feed.Verify("a", ""),
		"cut off":         feed.Verify("a", signature[:42]),
		"padded":          feed.Verify("a", signature+"="),
		"with a line end": feed.Verify("a", signature+"\n"),
		"other spelling":  feed.Verify("a", signature[:42]+flip(signature[42:])),
		"another purpose": mustSigner(t, "picture", key(1)).Verify("a", signature),
		"another key":     mustSigner(t, "feed", key(2)).Verify("a", signature),
	} {
		if refused {
			t.Errorf("%s: got a signature accepted, want it refused", name)
		}
	}
}

// flip changes a last character in the bits that carry nothing.
func flip(last string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(alphabet[strings.Index(alphabet, last)^1])
}

func TestKeysChange(t *testing.T) {
	before, both, after := mustSigner(t, "feed", key(1)), mustSigner(t, "feed", key(2), key(1)), mustSigner(t, "feed", key(2))
	if !both.Verify("a", before.Sign("a")) || !after.Verify("a", both.Sign("a")) {
		t.Error("a signature is lost while the key changes")
	}
	if after.Verify("a", before.Sign("a")) {
		t.Error("the old key still counts")
	}
}

func TestNoKey(t *testing.T) {
	if _, err := link.NewSigner(nil, "feed"); err == nil {
		t.Error("signs without a key")
	}
}
