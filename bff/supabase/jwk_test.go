package supabase

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"strings"
	"testing"
)

// mustKeys are a good key of each type, by its type.
func mustKeys(tb testing.TB) map[string]jwk {
	tb.Helper()
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	point, err := ec.PublicKey.Bytes()
	if err != nil {
		tb.Fatal(err)
	}
	ed, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return map[string]jwk{
		"EC":  {ID: "ec", Type: "EC", Use: "sig", Algorithm: "ES256", Curve: "P-256", X: inBase64(point[1:33]), Y: inBase64(point[33:])},
		"RSA": {ID: "rsa", Type: "RSA", Use: "sig", Algorithm: "RS256", N: modulus(2048), E: "AQAB"},
		"OKP": {ID: "ed", Type: "OKP", Use: "sig", Algorithm: "EdDSA", Curve: "Ed25519", X: inBase64(ed)},
	}
}

func inBase64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// modulus is an odd number of so many bits.
func modulus(bits uint) string {
	one := big.NewInt(1)
	return inBase64(new(big.Int).Add(new(big.Int).Lsh(one, bits-1), one).Bytes())
}

func exponent(e int64) string { return inBase64(big.NewInt(e).Bytes()) }

func TestJWK(t *testing.T) {
	good := mustKeys(t)
	for kind, want := range map[string]string{"EC": "ES256", "RSA": "RS256", "OKP": "EdDSA"} {
		k := good[kind]
		for _, change := range []func(*jwk){
			func(*jwk) {}, func(k *jwk) { k.Use, k.Algorithm = "", "" },
		} {
			change(&k)
			if key, err := k.read(); err != nil || key.algorithm != want {
				t.Errorf("%+v: got the algorithm %q, %v, want %q", k, key.algorithm, err, want)
			}
		}
	}
	k := good["RSA"]
	k.N, k.E = modulus(8192), exponent(3)
	if _, err := k.read(); err != nil {
		t.Errorf("8192 bits: got error %v, want none", err)
	}
	for _, tt := range []struct {
		Name, Type string
		Change     func(*jwk)
		Says       string
	}{
		{"no id", "EC", func(k *jwk) { k.ID = "" }, "no id"},
		{"for encryption", "RSA", func(k *jwk) { k.Use = "enc" }, `for "enc"`},
		{"no type", "EC", func(k *jwk) { k.Type = "" }, "type"},
		{"a symmetric key", "EC", func(k *jwk) { k.Type, k.Algorithm = "oct", "HS256" }, `type "oct"`},
		{"another type's key", "RSA", func(k *jwk) { k.Type = "EC" }, "curve"},
		{"HS256 with a public key", "RSA", func(k *jwk) { k.Algorithm = "HS256" }, `"HS256"`},
		{"none", "EC", func(k *jwk) { k.Algorithm = "none" }, `"none"`},
		{"another type's algorithm", "EC", func(k *jwk) { k.Algorithm = "RS256" }, `"RS256"`},
		{"another algorithm of the type", "RSA", func(k *jwk) { k.Algorithm = "PS256" }, `"PS256"`},
		{"another curve", "EC", func(k *jwk) { k.Curve = "P-384" }, "P-256"},
		{"another curve's name in small letters", "EC", func(k *jwk) { k.Curve = "p-256" }, "P-256"},
		{"no curve", "EC", func(k *jwk) { k.Curve = "" }, "P-256"},
		{"a point off the curve", "EC", func(k *jwk) { k.X, k.Y = k.Y, k.X }, "curve"},
		{"the point of zeros", "EC", func(k *jwk) { k.X, k.Y = inBase64(make([]byte, 32)), inBase64(make([]byte, 32)) }, "curve"},
		{"a coordinate beyond the field", "EC", func(k *jwk) { k.X = inBase64([]byte(strings.Repeat("\xff", 32))) }, ""},
		{"a short x", "EC", func(k *jwk) { k.X = inBase64(make([]byte, 31)) }, "32 bytes"},
		{"a long y", "EC", func(k *jwk) { k.Y = inBase64(make([]byte, 33)) }, "32 bytes"},
		{"no x", "EC", func(k *jwk) { k.X = "" }, "its x"},
		{"no y", "EC", func(k *jwk) { k.Y = "" }, "its y"},
		{"padding", "EC", func(k *jwk) { k.X += "=" }, "its x"},
		{"plain base64", "EC", func(k *jwk) { k.Y = "+/" + k.Y[2:] }, "its y"},
		{"a line break", "EC", func(k *jwk) { k.X = k.X[:10] + "\n" + k.X[10:] }, "its x"},
		{"bits beyond the last byte", "OKP", func(k *jwk) { k.X = strings.Repeat("A", 42) + "B" }, "its x"},
		{"1024 bits", "RSA", func(k *jwk) { k.N = modulus(1024) }, "1024 bits"},
		{"2047 bits", "RSA", func(k *jwk) { k.N = modulus(2047) }, "2047 bits"},
		{"2047 bits and a leading zero", "RSA", func(k *jwk) { k.N = "AAAA" + modulus(2047) }, ""},
		{"16384 bits", "RSA", func(k *jwk) { k.N = modulus(16384) }, "16384 bits"},
		{"an even modulus", "RSA", func(k *jwk) { k.N = inBase64(new(big.Int).Lsh(big.NewInt(1), 2047).Bytes()) }, "even"},
		{"no modulus", "RSA", func(k *jwk) { k.N = "" }, "its n"},
		{"the exponent 0", "RSA", func(k *jwk) { k.E = "AA" }, "exponent"},
		{"the exponent 1", "RSA", func(k *jwk) { k.E = exponent(1) }, "exponent"},
		{"the exponent 2", "RSA", func(k *jwk) { k.E = exponent(2) }, "exponent"},
		{"an even exponent", "RSA", func(k *jwk) { k.E = exponent(65536) }, "exponent"},
		{"a huge exponent", "RSA", func(k *jwk) { k.E = exponent(1<<31 + 1) }, "exponent"},
		{"an exponent beyond an int", "RSA", func(k *jwk) { k.E = modulus(2048) }, "exponent"},
		{"no exponent", "RSA", func(k *jwk) { k.E = "" }, "its e"},
		{"an exponent in plain numbers", "RSA", func(k *jwk) { k.E = "65537" }, ""},
		{"another Edwards curve", "OKP", func(k *jwk) { k.Curve = "Ed448" }, "Ed25519"},
		{"a curve for agreement", "OKP", func(k *jwk) { k.Curve = "X25519" }, "Ed25519"},
		{"a short point", "OKP", func(k *jwk) { k.X = inBase64(make([]byte, 31)) }, "32 bytes"},
		{"a long point", "OKP", func(k *jwk) { k.X = inBase64(make([]byte, 57)) }, "32 bytes"},
		{"no point", "OKP", func(k *jwk) { k.X = "" }, "its x"},
	} {
		k := good[tt.Type]
		tt.Change(&k)
		if key, err := k.read(); err == nil || key.public != nil || !strings.Contains(err.Error(), tt.Says) {
			t.Errorf("%s: got the key %v, %v, want an error with %q", tt.Name, key, err, tt.Says)
		}
	}
}

// FuzzJWK looks for keys that break the reader, or that it takes although they
// are too weak or no keys at all.
func FuzzJWK(f *testing.F) {
	for _, k := range mustKeys(f) {
		seed, err := json.Marshal(map[string]string{"kid": k.ID, "kty": k.Type, "use": k.Use, "alg": k.Algorithm, "crv": k.Curve, "x": k.X, "y": k.Y, "n": k.N, "e": k.E})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed)
	}
	for _, seed := range []string{
		`{}`, `[]`, `null`, `{"kid":"1","kty":"oct","k":"AAAA"}`, `{"kid":"1","kty":"EC","crv":"P-256","x":"AA","y":"AA"}`,
		`{"kid":"1","kty":"RSA","n":"AQ","e":"AQ"}`, `{"kid":"1","kty":"RSA","n":"` + modulus(1024) + `","e":"AQAB"}`,
		`{"kid":"1","kty":"RSA","n":"` + modulus(2048) + `","e":"` + modulus(2048) + `"}`,
		`{"kid":"1","kty":"OKP","crv":"Ed25519","x":"` + strings.Repeat("A", 43) + `"}`, `{"kid":1,"kty":"EC"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var k jwk
		if json.Unmarshal(text, &k) != nil {
			return
		}
		key, err := k.read()
		if err != nil {
			if key.public != nil {
				t.Error("a key and an error")
			}
			return
		}
		switch public := key.public.(type) {
		case *ecdsa.PublicKey:
			if point, err := public.Bytes(); err != nil || len(point) != 65 || key.algorithm != "ES256" || public.Curve != elliptic.P256() {
				t.Errorf("got %s, %v, %v, want an ES256 key on P-256 with a point of 65 bytes", key.algorithm, public, err)
			}
		case *rsa.PublicKey:
			if bits := public.N.BitLen(); key.algorithm != "RS256" || bits < 2048 || bits > 8192 || public.N.Bit(0) == 0 || public.E < 3 || public.E%2 == 0 {
				t.Errorf("got %s of %d bits, exponent %d, want RS256 of 2048 to 8192 bits, odd, with an odd exponent", key.algorithm, bits, public.E)
			}
		case ed25519.PublicKey:
			if key.algorithm != "EdDSA" || len(public) != ed25519.PublicKeySize {
				t.Errorf("got %s of %d bytes, want EdDSA of %d", key.algorithm, len(public), ed25519.PublicKeySize)
			}
		default:
			t.Errorf("%s: %T", key.algorithm, public)
		}
		if k.ID == "" || k.Use != "" && k.Use != "sig" || k.Algorithm != "" && k.Algorithm != key.algorithm {
			t.Errorf("%+v is taken", k)
		}
	})
}
