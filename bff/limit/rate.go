package limit

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Rate is how often something may be done: Quota times at once, and as many
// again over each Window. The zero value is no limit.
type Rate struct {
	Quota  int
	Window time.Duration
}

// Off reports whether there is no limit.
func (r Rate) Off() bool { return r.Quota == 0 }

// Times is a rate that allows n times as much.
func (r Rate) Times(n int) Rate { return Rate{r.Quota * n, r.Window} }

// interval is the time in which one more is allowed, in microseconds.
func (r Rate) interval() int64 { return r.Window.Microseconds() / int64(r.Quota) }

const maxQuota = 1_000_000

var errRate = errors.New(`want <number>/<time>, such as 600/m, 10/5m or 5/1h30m, or "off"`)

// UnmarshalText reads a rate such as 600/m, 100/5m, or off.
func (r *Rate) UnmarshalText(text []byte) error {
	if string(text) == "off" {
		*r = Rate{}
		return nil
	}
	number, span, ok := strings.Cut(string(text), "/")
	quota, err := strconv.Atoi(number)
	if !ok || err != nil || quota < 1 || quota > maxQuota {
		return errRate
	}
	if span != "" && (span[0] < '0' || span[0] > '9') {
		span = "1" + span
	}
	window, err := time.ParseDuration(span)
	// Whole seconds, as RateLimit-Policy has no others.
	if err != nil || window < time.Second || window > 24*time.Hour || window%time.Second != 0 {
		return errRate
	}
	*r = Rate{quota, window}
	return nil
}

func (r Rate) String() string {
	if r.Off() {
		return "off"
	}
	return fmt.Sprintf("%d/%s", r.Quota, r.Window)
}
