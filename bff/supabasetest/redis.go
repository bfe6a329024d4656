package supabasetest

import (
	"fmt"
	"net"
	"os/exec"
	"syscall"
	"testing"
)

// Redis is a process of the test's own, to be killed and started again.
type Redis struct {
	URL     string
	port    int
	command *exec.Cmd
}

// MustStartRedis starts a Redis on a free port, for as long as the test runs.
func MustStartRedis(tb testing.TB) *Redis {
	tb.Helper()
	port := MustFreePort(tb)
	r := &Redis{URL: fmt.Sprintf("redis://127.0.0.1:%d/0", port), port: port}
	r.MustStart(tb)
	tb.Cleanup(func() { r.Kill(tb) })
	return r
}

// MustStart starts the process and waits until it takes connections.
func (r *Redis) MustStart(tb testing.TB) {
	tb.Helper()
	binary, err := exec.LookPath("redis-server")
	if err != nil {
		tb.Fatal("redis-server is not on PATH: install it with `apt-get install redis-server` or `brew install redis`")
	}
	r.command = exec.Command(binary, "--port", fmt.Sprint(r.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
	r.command.Dir = tb.TempDir()
	r.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := r.command.Start(); err != nil {
		tb.Fatal(err)
	}
	MustWait(tb, "Redis to answer", func() bool {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", r.port))
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
}

// Hang stops the process where it is: it takes connections and never answers.
func (r *Redis) Hang(tb testing.TB) {
	tb.Helper()
	if err := r.command.Process.Signal(syscall.SIGSTOP); err != nil {
		tb.Fatal(err)
	}
}

// Continue has a process go on that hangs.
func (r *Redis) Continue(tb testing.TB) {
	tb.Helper()
	if err := r.command.Process.Signal(syscall.SIGCONT); err != nil {
		tb.Fatal(err)
	}
}

// Kill ends the process at once.
func (r *Redis) Kill(tb testing.TB) {
	tb.Helper()
	if r.command == nil {
		return
	}
	if err := r.command.Process.Kill(); err != nil {
		tb.Error(err)
	}
	_ = r.command.Wait()
	r.command = nil
}
