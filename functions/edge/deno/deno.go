// Package deno starts functions below Deno as the stack does, for tests and
// measurements: see supabase/local/functions.mjs.
package deno

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"time"
)

// Function is a process that answers at URL.
type Function struct {
	URL   string
	cmd   *exec.Cmd
	ended chan struct{}
}

// Start starts a function's index.ts, with more environment, and waits until it
// answers. DENO_BIN names Deno, as in what the stack's commands find.
func Start(script string, log io.Writer, environment ...string) (*Function, error) {
	binary := os.Getenv("DENO_BIN")
	if binary == "" {
		return nil, errors.New("DENO_BIN is not set; start with: go tool task test")
	}
	return start(func() *exec.Cmd {
		return exec.Command(binary, "run", "--no-prompt", "--no-check", "--no-config", "--no-lock", "--no-npm", "--no-remote",
			"--unstable-no-legacy-abort", "--allow-net", "--allow-env", "--allow-read", script)
	}, log, environment)
}

// StartNative starts a function that was compiled for this machine, likewise.
func StartNative(binary string, log io.Writer, environment ...string) (*Function, error) {
	return start(func() *exec.Cmd { return exec.Command(binary) }, log, environment)
}

// start tries again on another port if the process ends before it answers: somebody may have taken the port.
func start(command func() *exec.Cmd, log io.Writer, environment []string) (f *Function, err error) {
	for range 3 {
		if f, err = startOnce(command(), log, environment); !errors.Is(err, errEnded) {
			break
		}
	}
	return f, err
}

var errEnded = errors.New("the process ended before it answered")

func startOnce(cmd *exec.Cmd, log io.Writer, environment []string) (*Function, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(append(os.Environ(), "NO_COLOR=1", fmt.Sprintf("PORT=%d", port)), environment...)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	f := &Function{URL: fmt.Sprintf("http://127.0.0.1:%d", port), cmd: cmd, ended: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // it is ended by a signal
		close(f.ended)
	}()
	deadline := time.After(time.Minute)
	client := http.Client{Timeout: 10 * time.Second}
	for {
		resp, err := client.Get(f.URL)
		if err == nil {
			resp.Body.Close()
		}
		select {
		case <-f.ended:
			return nil, fmt.Errorf("%v: %w", cmd.Args, errEnded)
		case <-deadline:
			f.Stop()
			return nil, fmt.Errorf("%v doesn't answer: %w", cmd.Args, err)
		default:
		}
		if err == nil {
			return f, nil
		}
		time.Sleep(time.Millisecond)
	}
}

// freePort returns a port that nobody listens on, of those that no system hands out by itself (Linux does from 32768,
// others from 49152): of those, any connection may take one before the function does.
func freePort() (int, error) {
	for range 100 {
		port := 20_000 + rand.IntN(6_000)
		if held, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			return port, held.Close()
		}
	}
	return 0, errors.New("there is no free port between 20000 and 26000")
}

// PID is the process's id.
func (f *Function) PID() int { return f.cmd.Process.Pid }

// Stop ends the function.
func (f *Function) Stop() {
	_ = f.cmd.Process.Kill() // it may have ended
	<-f.ended
}
