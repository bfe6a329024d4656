package supabasetest

import (
	"fmt"
	"net"
	"os/exec"
	"testing"
	"time"
)

// Redis is a process of the test's own, to be killed and started again.
type Redis struct {
	*Process
	// URL gives Redis a minute for an answer: a client never takes a Redis for
	// down because the machine is busy.
	URL string
}

// URLWithin is the URL by which Redis has so long for an answer, for tests in
// which it hangs.
func (r *Redis) URLWithin(timeout time.Duration) string {
	return fmt.Sprintf("redis://%s/0?read_timeout=%s", r.Address, timeout)
}

// MustStartRedis starts a Redis on a free port, for as long as the test runs.
func MustStartRedis(tb testing.TB) *Redis {
	tb.Helper()
	binary, err := exec.LookPath("redis-server")
	if err != nil {
		tb.Fatal("redis-server is not on PATH: install it with `apt-get install redis-server` or `brew install redis`")
	}
	p := MustStartProgram(tb, Program{
		Name: "Redis",
		Command: func(port int) *exec.Cmd {
			command := exec.Command(binary, "--port", fmt.Sprint(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
			command.Dir = tb.TempDir()
			return command
		},
		IsReady: accepts,
	})
	r := &Redis{Process: p}
	r.URL = r.URLWithin(time.Minute)
	return r
}

// accepts tells whether the address, host and port, takes a connection.
func accepts(address string) bool {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}
