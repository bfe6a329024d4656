package session

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
)

// KeySize is the length of a sealing key, in bytes.
const KeySize = 32

// Keys are sealing keys: the first seals, all open. To change the key, put
// the new one behind the old one until all instances have it, then before it,
// and drop the old one when its cookies are gone (bff/deploy/keys.md).
type Keys [][]byte

// UnmarshalText reads keys in base64, between commas.
func (k *Keys) UnmarshalText(text []byte) error {
	*k = nil
	for one := range strings.SplitSeq(string(text), ",") {
		key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(one))
		if err != nil || len(key) != KeySize {
			return fmt.Errorf("a key is not %d bytes in base64", KeySize)
		}
		*k = append(*k, key)
	}
	return nil
}

// RandomKeys is one new key.
func RandomKeys() Keys {
	key := make([]byte, KeySize)
	_, _ = rand.Read(key) // never fails (crypto/rand)
	return Keys{key}
}

// Sealer encrypts what the browser, or Redis, keeps for the BFF, so that it
// can neither be read nor changed there: XChaCha20-Poly1305. It is safe for
// concurrent use.
type Sealer struct{ keys []sealingKey }

type sealingKey struct {
	aead  cipher.AEAD
	nonce []byte // makes nonces
}

// NewSealer returns a Sealer: the first key seals, all open.
func NewSealer(keys Keys) (*Sealer, error) {
	if len(keys) == 0 {
		return nil, errors.New("sealing needs a key")
	}
	s := &Sealer{}
	for _, key := range keys {
		if len(key) != KeySize {
			return nil, fmt.Errorf("a key of %d bytes instead of %d", len(key), KeySize)
		}
		derive := func(use string) ([]byte, error) { return hkdf.Key(sha256.New, key, nil, "mysingle "+use, KeySize) }
		encryption, err := derive("encryption")
		if err != nil {
			return nil, err
		}
		nonce, err := derive("nonce")
		if err != nil {
			return nil, err
		}
		aead, err := chacha20poly1305.NewX(encryption)
		if err != nil {
			return nil, err
		}
		s.keys = append(s.keys, sealingKey{aead, nonce})
	}
	return s, nil
}

// Seal returns the sealed text, in characters that a cookie may have. The name
// says what it is for; it opens under no other. The nonce follows from the
// content, so equal contents give equal texts: requests that share a refreshed
// session set the same cookies, however their answers overtake each other.
func (s *Sealer) Seal(name string, plain []byte) string {
	key := s.keys[0]
	mac := hmac.New(sha256.New, key.nonce)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(name))))
	mac.Write([]byte(name))
	mac.Write(plain)
	nonce := mac.Sum(nil)[:chacha20poly1305.NonceSizeX]
	return encoding.EncodeToString(key.aead.Seal(nonce, nonce, plain, []byte(name)))
}

// Open returns what was sealed under the name, or ErrUnreadable.
func (s *Sealer) Open(name, sealed string) ([]byte, error) {
	text, err := encoding.DecodeString(sealed)
	if err != nil || len(text) < chacha20poly1305.NonceSizeX || strings.ContainsAny(sealed, "\r\n") {
		return nil, ErrUnreadable
	}
	nonce, ciphertext := text[:chacha20poly1305.NonceSizeX], text[chacha20poly1305.NonceSizeX:]
	for _, key := range s.keys {
		if plain, err := key.aead.Open(nil, nonce, ciphertext, []byte(name)); err == nil {
			return plain, nil
		}
	}
	return nil, ErrUnreadable
}

// encoding has one spelling of each text.
var encoding = base64.RawURLEncoding.Strict()
