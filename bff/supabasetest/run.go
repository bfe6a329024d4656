package supabasetest

import (
	"os/exec"
	"syscall"
	"testing"
)

// MustRun starts the program, with what it says in the tests' log, and ends it
// with the test, however that ends.
func MustRun(tb testing.TB, command *exec.Cmd) {
	tb.Helper()
	command.Stdout, command.Stderr = Log(), Log()
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := command.Process.Kill(); err != nil {
			tb.Error(err)
		}
		_ = command.Wait()
	})
}
