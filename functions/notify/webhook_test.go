package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
	"time"
)

// TestSignatureVector is the example of the specification's own libraries
// (github.com/standard-webhooks/standard-webhooks, libraries/*/test).
func TestSignatureVector(t *testing.T) {
	header, err := sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if err != nil {
		t.Fatalf("sign: %v", err)
	}
	for name, want := range map[string]string{
		"webhook-id":        "msg_p5jXN8AQM9LWM0D4loKWxJek",
		"webhook-timestamp": "1614265330",
		"webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
	} {
		if got := header.Get(name); got != want {
			t.Errorf("the header %s: got %q, want %q", name, got, want)
		}
	}
}

func TestSecretsThatAreNone(t *testing.T) {
	bytes := func(n int) string { return base64.StdEncoding.EncodeToString(make([]byte, n)) }
	for _, secret := range []string{"", "whsec_", "sesame", bytes(32), "whsec_" + bytes(23), "whsec_" + bytes(65), "whsec_!" + bytes(32), "WHSEC_" + bytes(32), "whsk_" + bytes(32)} {
		if _, err := sign(secret, "1", time.Now(), nil); err == nil {
			t.Errorf("sign with the secret %q: got no error, want one", secret)
		} else if secret != "" && strings.Contains(err.Error(), strings.TrimPrefix(secret, "whsec_")) && secret != "whsec_" {
			t.Errorf("the error shows the secret: %v", err)
		}
	}
	for _, n := range []int{24, 32, 64} {
		if _, err := sign("whsec_"+bytes(n), "1", time.Now(), nil); err != nil {
			t.Errorf("sign with a secret of %d bytes: got error %v, want none", n, err)
		}
	}
}

// signature computes a webhook's signature from what the receiver has.
func signature(secret, id, timestamp, body string) string {
	key, _ := base64.StdEncoding.DecodeString(secret[len("whsec_"):])
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(strings.Join([]string{id, timestamp, body}, ".")))
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
