package supabasetest

import (
	"testing"
	"time"
)

// waitLimit is how long a condition may take on a machine that is busy with
// other things. Only a test that fails waits for so long.
const waitLimit = 3 * time.Minute

// MustWait waits until the condition holds, for at most waitLimit.
func MustWait(tb testing.TB, what string, condition func() bool) {
	tb.Helper()
	if !wait(condition) {
		tb.Fatalf("waited %s in vain for %s", waitLimit, what)
	}
}

// wait tells whether the condition held within waitLimit.
func wait(condition func() bool) bool {
	limit := time.After(waitLimit)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-limit:
			return false
		}
	}
	return true
}
