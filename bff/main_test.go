package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

// gate stands before the real PostgREST and holds requests back until it is
// opened, so that they are under way when a test wants them to be.
type gate struct {
	*httptest.Server
	arrived chan struct{}
	open    chan struct{}
}

func newGate(t *testing.T) *gate {
	t.Helper()
	g := &gate{arrived: make(chan struct{}, 1000), open: make(chan struct{})}
	rest := httputil.NewSingleHostReverseProxy(supabasetest.MustURL(t, supabasetest.Env(t, "POSTGREST_URL")))
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" { // not the readiness check
			g.arrived <- struct{}{}
			<-g.open
		}
		rest.ServeHTTP(w, r)
	}))
	t.Cleanup(g.Close)
	return g
}

// mustStartBFF starts the BFF as a process of its own, with more settings
// (NAME=value) where a test needs them.
func mustStartBFF(t *testing.T, restURL string, settings ...string) (*exec.Cmd, string, *bytes.Buffer) {
	t.Helper()
	port := supabasetest.MustFreePort(t)
	command := exec.Command(supabasetest.Env(t, "BFF_BIN"))
	command.Dir = t.TempDir() // no .env
	command.Env = append([]string{
		"SUPABASE_URL=" + supabasetest.Env(t, "SUPABASE_URL"),
		"SUPABASE_PUBLISHABLE_KEY=" + supabasetest.Env(t, "SUPABASE_PUBLISHABLE_KEY"),
		"SUPABASE_JWT_SECRET=" + supabasetest.Env(t, "SUPABASE_JWT_SECRET"),
		"SUPABASE_REST_URL=" + restURL,
		fmt.Sprintf("BFF_PORT=%d", port),
		"BFF_LOG_LEVEL=debug",
	}, settings...)
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var log bytes.Buffer
	command.Stderr = io.MultiWriter(&log, supabasetest.Log())
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	bff := fmt.Sprintf("http://127.0.0.1:%d", port)
	supabasetest.MustWait(t, "the BFF to answer", func() bool {
		resp, err := http.Get(bff + "/readyz")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	return command, bff, &log
}

// outcome is what a client saw of one request.
type outcome struct {
	status int
	body   string
	err    error
}

// startRequests sends n requests at once and returns where they end.
func startRequests(address, token string, n int) <-chan outcome {
	outcomes := make(chan outcome, n)
	for range n {
		go func() {
			outcomes <- func() outcome {
				req, err := http.NewRequest(http.MethodGet, address, nil)
				if err != nil {
					return outcome{err: err}
				}
				req.Header.Set("Authorization", "Bearer "+token)
				resp, err := http.DefaultClient.Do(req)
				if err != nil {
					return outcome{err: err}
				}
				defer resp.Body.Close()
				text, err := io.ReadAll(resp.Body)
				return outcome{resp.StatusCode, string(text), err}
			}()
		}()
	}
	return outcomes
}

const running = 50

func mustBeUnderWay(t *testing.T, g *gate) {
	t.Helper()
	for range running {
		select {
		case <-g.arrived:
		case <-time.After(20 * time.Second):
			t.Fatal("the requests don't arrive")
		}
	}
}

func TestRunningRequestsFinishOnSIGTERM(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	owner := supabasetest.MustSignUp(t)
	made := owner.MustSprint(t)
	owner.MustTasks(t, made, 16)
	command, bff, log := mustStartBFF(t, g.URL)
	outcomes := startRequests(bff+"/api/v1/sprints/"+made.SprintID+"/board", owner.Token, running)
	mustBeUnderWay(t, g)
	if err := command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	supabasetest.MustWait(t, "the BFF to take no more connections", func() bool {
		c, err := net.Dial("tcp", strings.TrimPrefix(bff, "http://"))
		if err == nil {
			_ = c.Close()
		}
		return err != nil
	})
	close(g.open)
	for range running {
		if o := <-outcomes; o.err != nil || o.status != http.StatusOK || !strings.HasSuffix(o.body, "}") || strings.Count(o.body, `"task_id"`) != 16 {
			t.Errorf("status %d, %v: %.200s", o.status, o.err, o.body)
		}
	}
	if err := command.Wait(); err != nil {
		t.Errorf("the BFF ended with %v:\n%s", err, log)
	}
}

func TestRunningRequestsFailOpenlyOnSIGKILL(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	owner := supabasetest.MustSignUp(t)
	made := owner.MustSprint(t)
	command, bff, _ := mustStartBFF(t, g.URL)
	outcomes := startRequests(bff+"/api/v1/sprints/"+made.SprintID+"/board", owner.Token, running)
	mustBeUnderWay(t, g)
	if err := command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for range running {
		if o := <-outcomes; o.err == nil {
			t.Errorf("status %d without an error: %.200s", o.status, o.body)
		}
	}
	close(g.open)
	if err := command.Wait(); err == nil {
		t.Error("it ended well")
	}
}

// TestRun runs the whole server inside the test, on a free port.
func TestRun(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	c := supabasetest.Config(t, map[string]string{"BFF_PORT": fmt.Sprint(port), "BFF_LOG_LEVEL": "error"})
	ctx, stop := context.WithCancel(context.Background())
	var ended sync.WaitGroup
	ended.Go(func() {
		if err := run(ctx, c, listener); err != nil {
			t.Error(err)
		}
	})
	if err := alive(ctx, c); err != nil {
		t.Error(err)
	}
	http.DefaultClient.CloseIdleConnections()
	stop()
	ended.Wait()
	if err := alive(context.Background(), c); err == nil {
		t.Error("alive after its end")
	}
}

func TestCommand(t *testing.T) {
	var out bytes.Buffer
	if err := command(context.Background(), []string{"-version"}, &out); err != nil || strings.TrimSpace(out.String()) == "" {
		t.Errorf("%q, %v", out.String(), err)
	}
	empty := t.TempDir() + "/.env"
	if err := command(context.Background(), []string{"-env-file", t.TempDir()}, &out); err == nil {
		t.Error("a folder was read as settings")
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	t.Setenv("SUPABASE_PUBLISHABLE_KEY", "sb_publishable_test")
	t.Setenv("BFF_PORT", fmt.Sprint(taken.Addr().(*net.TCPAddr).Port))
	if err := command(context.Background(), []string{"-env-file", empty}, &out); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a taken port: %v", err)
	}
}
