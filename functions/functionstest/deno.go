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
	binary, public := supabasetest.Env(tb, "DENO_BIN"), supabasetest.Env(tb, "BFF_URL")
	start := func(port int) *exec.Cmd {
		command := exec.Command(binary, "run", "--no-prompt", "--no-check", "--no-config", "--no-lock", "--no-npm", "--no-remote",
			"--unstable-no-legacy-abort", "--allow-net", "--allow-env", "--allow-read="+functions, filepath.Join(functions, name, "index.ts"))
		command.Env = append(os.Environ(), "DENO_NO_UPDATE_CHECK=1", "BFF_PUBLIC_URL="+public, fmt.Sprintf("PORT=%d", port))
		for variable, value := range changes {
			command.Env = append(command.Env, variable+"="+value)
		}
		return command
	}
	isReady := func(address string) bool {
		c, err := net.Dial("tcp", address)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	}
	p := supabasetest.MustStartProgram(tb, supabasetest.Program{
		Name: "the function " + name, Log: supabasetest.Log(), Command: start, IsReady: isReady,
	})
	return Target{"WebAssembly", func(tb testing.TB, r Request) Answer {
		return send(tb, "http://"+p.Address, r)
	}}
}
