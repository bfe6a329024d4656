// Package link signs what a link names, so that who has the link may read
// that one thing without signing in: a calendar's feed, a report's picture.
package link

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
)

// Signer signs links of one purpose. It is safe for concurrent use.
type Signer struct{ keys [][]byte }

// NewSigner returns a signer for the purpose: what it signs is worth nothing
// for another one. The first key signs, all verify, so that keys can be
// changed.
func NewSigner(keys [][]byte, purpose string) (*Signer, error) {
	if len(keys) == 0 || purpose == "" {
		return nil, errors.New("signing links needs a key and a purpose")
	}
	s := &Signer{}
	for _, key := range keys {
		own, err := hkdf.Key(sha256.New, key, nil, "mysingle link "+purpose, sha256.Size)
		if err != nil {
			return nil, err
		}
		s.keys = append(s.keys, own)
	}
	return s, nil
}

// Sign returns the signature of the text, HMAC-SHA-256 in 43 characters that
// an address may have.
func (s *Signer) Sign(text string) string {
	return base64.RawURLEncoding.EncodeToString(sum(s.keys[0], text))
}

// Verify reports whether the signature is one of the text's, in constant time.
func (s *Signer) Verify(text, signature string) bool {
	given, err := base64.RawURLEncoding.Strict().DecodeString(signature)
	if err != nil || len(signature) != base64.RawURLEncoding.EncodedLen(sha256.Size) { // line ends are skipped
		return false
	}
	valid := false
	for _, key := range s.keys {
		valid = hmac.Equal(given, sum(key, text)) || valid
	}
	return valid
}

func sum(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}
