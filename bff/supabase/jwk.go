package supabase

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// verificationKey is a public key together with the one algorithm it is for.
type verificationKey struct {
	algorithm string
	public    publicKey
}

// publicKey is what all of the standard library's public keys are.
type publicKey interface {
	Equal(other crypto.PublicKey) bool
}

func (k verificationKey) equal(other verificationKey) bool {
	return k.algorithm == other.algorithm && k.public.Equal(other.public)
}

// jwk is a public key as a JWKS has it (RFC 7517; its numbers, RFC 7518 6 and
// RFC 8037 2, are in base64url without padding). It is read by hand because the
// edge functions verify tokens too: the libraries bring X.509 along, half a
// megabyte of WebAssembly.
type jwk struct {
	ID        string `json:"kid"`
	Type      string `json:"kty"`
	Use       string `json:"use"`
	Algorithm string `json:"alg"`
	Curve     string `json:"crv"`
	X         string `json:"x"`
	Y         string `json:"y"`
	N         string `json:"n"`
	E         string `json:"e"`
}

// read returns the key with the algorithm that its type fixes, so that a token
// can't choose how it is verified. Symmetric keys don't belong in a JWKS and
// are left out.
func (k jwk) read() (verificationKey, error) {
	if k.ID == "" {
		return verificationKey{}, errors.New("it has no id")
	}
	if k.Use != "" && k.Use != "sig" {
		return verificationKey{}, fmt.Errorf("it is for %q", k.Use)
	}
	var key verificationKey
	var err error
	switch k.Type {
	case "EC":
		key.algorithm = "ES256"
		key.public, err = k.p256()
	case "RSA":
		key.algorithm = "RS256"
		key.public, err = k.rsa()
	case "OKP":
		key.algorithm = "EdDSA"
		key.public, err = k.ed25519()
	default:
		err = fmt.Errorf("its type %q is not supported", k.Type)
	}
	if err != nil {
		return verificationKey{}, err
	}
	if k.Algorithm != "" && k.Algorithm != key.algorithm {
		return verificationKey{}, fmt.Errorf("its algorithm %q is not supported", k.Algorithm)
	}
	return key, nil
}

// p256 is the point of an elliptic key, which must be on the curve.
func (k jwk) p256() (publicKey, error) {
	if k.Curve != "P-256" {
		return nil, fmt.Errorf("its curve %q is not P-256", k.Curve)
	}
	x, err := number("x", k.X)
	if err != nil {
		return nil, err
	}
	y, err := number("y", k.Y)
	if err != nil {
		return nil, err
	}
	if len(x) != 32 || len(y) != 32 {
		return nil, errors.New("its coordinates are not of 32 bytes")
	}
	return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
}

func (k jwk) rsa() (publicKey, error) {
	n, err := number("n", k.N)
	if err != nil {
		return nil, err
	}
	e, err := number("e", k.E)
	if err != nil {
		return nil, err
	}
	modulus, exponent := new(big.Int).SetBytes(n), new(big.Int).SetBytes(e)
	switch {
	case modulus.BitLen() < 2048 || modulus.BitLen() > 8192:
		return nil, fmt.Errorf("it is an RSA key of %d bits", modulus.BitLen())
	case modulus.Bit(0) == 0:
		return nil, errors.New("its modulus is even")
	case exponent.BitLen() < 2 || exponent.BitLen() > 31 || exponent.Bit(0) == 0:
		return nil, errors.New("its exponent is none for RSA")
	}
	return &rsa.PublicKey{N: modulus, E: int(exponent.Int64())}, nil
}

func (k jwk) ed25519() (publicKey, error) {
	if k.Curve != "Ed25519" {
		return nil, fmt.Errorf("its curve %q is not Ed25519", k.Curve)
	}
	x, err := number("x", k.X)
	if err != nil {
		return nil, err
	}
	if len(x) != ed25519.PublicKeySize {
		return nil, errors.New("its point is not of 32 bytes")
	}
	return ed25519.PublicKey(x), nil
}

// oneSpelling is base64url with one spelling of each number.
var oneSpelling = base64.RawURLEncoding.Strict()

func number(name, text string) ([]byte, error) {
	value, err := oneSpelling.DecodeString(text)
	if err != nil || len(value) == 0 || strings.ContainsAny(text, "\r\n") {
		return nil, fmt.Errorf("its %s is no base64url", name)
	}
	return value, nil
}
