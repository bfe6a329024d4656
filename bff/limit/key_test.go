package limit

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// TestKeys compares with a hash made afresh: instances of before and after
// share a Redis.
func TestKeys(t *testing.T) {
	l := New([]byte("pepper"), nil)
	var done sync.WaitGroup
	for range 8 {
		done.Go(func() {
			for i := range 200 {
				policy, who := fmt.Sprint("policy", i%7), strings.Repeat("w", i)
				mac := hmac.New(sha256.New, []byte("pepper"))
				mac.Write([]byte(policy + "\x00" + who))
				if got := l.key(policy, who); got != key(mac.Sum(nil)) {
					t.Errorf("the key of %q and %q: got %x, want an HMAC of both", policy, who, got)
				}
			}
		})
	}
	done.Wait()
}

func BenchmarkTake(b *testing.B) {
	l := New([]byte("pepper"), nil)
	rate := Rate{Quota: maxQuota, Window: 1e9}
	b.ReportAllocs()
	for b.Loop() {
		l.Take("address", rate, "198.51.100.7")
	}
}
