package functionstest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

// Deno returns the compiled function of the name as a process of the test's own,
// run as the stack runs its own, with changes to the stack's settings.
func Deno(tb testing.TB, name string, changes map[string]string) Target {
	tb.Helper()
	_, here, _, _ := runtime.Caller(0)
	functions := filepath.Dir(filepath.Dir(here))
	port := supabasetest.MustFreePort(tb)
	command := exec.Command(supabasetest.Env(tb, "DENO_BIN"), "run", "--no-prompt", "--no-check", "--no-config", "--no-lock", "--no-npm", "--no-remote",
		"--unstable-no-legacy-abort", "--allow-net", "--allow-env", "--allow-read="+functions, filepath.Join(functions, name, "index.ts"))
	command.Env = append(os.Environ(), "DENO_NO_UPDATE_CHECK=1", "BFF_PUBLIC_URL="+supabasetest.Env(tb, "BFF_URL"), fmt.Sprintf("PORT=%d", port))
	for variable, value := range changes {
		command.Env = append(command.Env, variable+"="+value)
	}
	supabasetest.MustRun(tb, command)
	supabasetest.MustWait(tb, "the function to listen", func() bool {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	return Target{"WebAssembly", func(tb testing.TB, r Request) Answer {
		return send(tb, fmt.Sprintf("http://127.0.0.1:%d", port), r)
	}}
}
