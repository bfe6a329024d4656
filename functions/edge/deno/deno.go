// Package deno starts functions below Deno as the stack does, for tests and
// measurements: see supabase/local/functions.mjs.
package deno

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"time"
)

// Function is a process that answers at URL.
type Function struct {
	URL string
	cmd *exec.Cmd
}

// Start starts a function's index.ts, with more environment, and waits until it
// answers. DENO_BIN names Deno, as in what the stack's commands find.
func Start(script string, log io.Writer, environment ...string) (*Function, error) {
	binary := os.Getenv("DENO_BIN")
	if binary == "" {
		return nil, errors.New("DENO_BIN is not set; start with: go tool task test")
	}
	return start(exec.Command(binary, "run", "--no-prompt", "--no-check", "--no-config", "--no-lock", "--no-npm", "--no-remote",
		"--unstable-no-legacy-abort", "--allow-net", "--allow-env", "--allow-read", script), log, environment)
}

// StartNative starts a function that was compiled for this machine, likewise.
func StartNative(binary string, log io.Writer, environment ...string) (*Function, error) {
	return start(exec.Command(binary), log, environment)
}

func start(cmd *exec.Cmd, log io.Writer, environment []string) (*Function, error) {
	held, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := held.Addr().String()
	held.Close()
	_, port, _ := net.SplitHostPort(address)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(append(os.Environ(), "NO_COLOR=1", "PORT="+port), environment...)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	f := &Function{"http://" + address, cmd}
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if resp, err := http.Get(f.URL); err == nil {
			resp.Body.Close()
			return f, nil
		}
	}
	f.Stop()
	return nil, fmt.Errorf("%v doesn't answer", cmd.Args)
}

// PID is the process's id.
func (f *Function) PID() int { return f.cmd.Process.Pid }

// Stop ends the function.
func (f *Function) Stop() {
	_ = f.cmd.Process.Kill()
	_ = f.cmd.Wait()
}
