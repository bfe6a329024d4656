package main

import (
	"bytes"
	"context"
	"encoding/json"
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
func mustStartBFF(t *testing.T, restURL string, settings ...string) (p *supabasetest.Process, url string) {
	t.Helper()
	settings = append([]string{
		"SUPABASE_URL=" + supabasetest.Env(t, "SUPABASE_URL"),
		"SUPABASE_PUBLISHABLE_KEY=" + supabasetest.Env(t, "SUPABASE_PUBLISHABLE_KEY"),
		"SUPABASE_JWT_SECRET=" + supabasetest.Env(t, "SUPABASE_JWT_SECRET"),
		"SUPABASE_REST_URL=" + restURL,
		"BFF_LOG_LEVEL=debug",
	}, settings...)
	binary, folder := supabasetest.Env(t, "BFF_BIN"), t.TempDir() // no .env
	p = supabasetest.MustStartProgram(t, supabasetest.Program{
		Name: "the BFF",
		Log:  supabasetest.Log(),
		Command: func(port int) *exec.Cmd {
			command := exec.Command(binary)
			command.Dir = folder
			command.Env = append(settings, fmt.Sprintf("BFF_PORT=%d", port))
			return command
		},
		IsReady: func(address string) bool {
			resp, err := http.Get("http://" + address + "/readyz")
			if err != nil {
				return false
			}
			defer resp.Body.Close()
			return resp.StatusCode == http.StatusOK
		},
	})
	return p, "http://" + p.Address
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

// running is how many requests are under way when a process ends.
const running = 50

func mustBeUnderWay(t *testing.T, g *gate) {
	t.Helper()
	for range running {
		select {
		case <-g.arrived:
		case <-time.After(time.Minute):
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
	process, bff := mustStartBFF(t, g.URL)
	outcomes := startRequests(bff+"/api/v1/sprints/"+made.SprintID+"/board", owner.Token, running)
	mustBeUnderWay(t, g)
	process.MustSignal(t, syscall.SIGTERM)
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
			t.Errorf("got status %d, %v, want 200 and a whole board of 16 tasks: %.200s", o.status, o.err, o.body)
		}
	}
	if err := process.Wait(); err != nil {
		t.Errorf("the BFF ended with %v:\n%s", err, process.Output())
	}
}

func TestRunningRequestsFailOpenlyOnSIGKILL(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	owner := supabasetest.MustSignUp(t)
	made := owner.MustSprint(t)
	process, bff := mustStartBFF(t, g.URL)
	outcomes := startRequests(bff+"/api/v1/sprints/"+made.SprintID+"/board", owner.Token, running)
	mustBeUnderWay(t, g)
	process.Kill(t)
	for range running {
		if o := <-outcomes; o.err == nil {
			t.Errorf("got status %d, want a broken connection: %.200s", o.status, o.body)
		}
	}
	close(g.open)
	if err := process.Wait(); err == nil {
		t.Error("it ended well")
	}
}

// TestRun runs the whole server inside the test, on a free port.
func TestRun(t *testing.T) {
	t.Parallel()
	listener := mustListen(t)
	c := supabasetest.Config(t, map[string]string{"BFF_PORT": port(listener), "BFF_LOG_LEVEL": "error"})
	ctx, stop := context.WithCancel(context.Background())
	var ended sync.WaitGroup
	ended.Go(func() {
		if err := run(ctx, c, listener, nil); err != nil {
			t.Error(err)
		}
	})
	if err := alive(ctx, c); err != nil {
		t.Error(err)
	}
	http.DefaultClient.CloseIdleConnections()
	stop()
	ended.Wait()
	if _, err := listener.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("accept after the end: got error %v, want %v", err, net.ErrClosed)
	}
	_, refused, _ := strings.Cut(supabasetest.MustRefuse(t), ":")
	if err := alive(context.Background(), supabasetest.Config(t, map[string]string{"BFF_PORT": refused})); err == nil {
		t.Error("alive, where nothing listens: got no error")
	}
}

func mustListen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() }) // where the test didn't
	return listener
}

func port(listener net.Listener) string { return fmt.Sprint(listener.Addr().(*net.TCPAddr).Port) }

// TestLogIsInUTC runs the BFF where clocks show another time.
func TestLogIsInUTC(t *testing.T) {
	t.Parallel()
	process, _ := mustStartBFF(t, supabasetest.Env(t, "POSTGREST_URL"), "TZ=Asia/Seoul")
	process.MustSignal(t, syscall.SIGTERM)
	if err := process.Wait(); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(process.Output()) {
		var entry struct{ Time string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		if at, err := time.Parse(time.RFC3339Nano, entry.Time); err != nil || !strings.HasSuffix(entry.Time, "Z") || time.Since(at).Abs() > time.Hour {
			t.Errorf("the time of a line: got %q, want the present in UTC", entry.Time)
		}
	}
}

func TestCommand(t *testing.T) {
	var out bytes.Buffer
	if err := command(context.Background(), []string{"-version"}, &out); err != nil || !strings.Contains(out.String(), ", commit ") {
		t.Errorf("-version: got %q, %v, want a line with the commit", out.String(), err)
	}
	empty := t.TempDir() + "/.env"
	if err := command(context.Background(), []string{"-env-file", t.TempDir()}, &out); err == nil {
		t.Error("a folder was read as settings")
	}
	taken := port(mustListen(t))
	t.Setenv("SUPABASE_PUBLISHABLE_KEY", "sb_publishable_test")
	t.Setenv("BFF_PORT", taken)
	if err := command(context.Background(), []string{"-env-file", empty}, &out); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a taken port: got error %v, want %v", err, syscall.EADDRINUSE)
	}
	t.Setenv("BFF_PORT", "0")
	t.Setenv("BFF_METRICS_PORT", taken)
	err := command(context.Background(), []string{"-env-file", empty}, &out)
	if !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), "BFF_METRICS_PORT") {
		t.Errorf("a taken port for metrics: got error %v, want %v that names BFF_METRICS_PORT", err, syscall.EADDRINUSE)
	}
}

// TestMetrics looks at the second port of a BFF: what was asked is counted by
// its route, and nothing that came from the client shows.
func TestMetrics(t *testing.T) {
	t.Parallel()
	listener, measured := mustListen(t), mustListen(t)
	c := supabasetest.Config(t, map[string]string{"BFF_LOG_LEVEL": "error", "BFF_RATE_USER": "2/h"})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, c, listener, measured) }()
	bff, metrics := "http://"+listener.Addr().String(), "http://"+measured.Addr().String()
	get := func(address, token string) (int, string) {
		t.Helper()
		o := <-startRequests(address, token, 1)
		if o.err != nil {
			t.Fatalf("GET %s: %v", address, o.err)
		}
		return o.status, o.body
	}
	token := supabasetest.MustSignUp(t).Token
	for _, path := range []string{"/rest/v1/tasks?limit=0&task_name=eq.secret-in-the-query", "/api/v1/me/scrum", "/api/v1/me/scrum", "/nope/secret-in-the-path"} {
		get(bff+path, token)
	}
	status, text := get(metrics+"/metrics", "")
	if status != http.StatusOK {
		t.Errorf("/metrics: got status %d, want 200", status)
	}
	for _, line := range []string{
		`mysingle_requests_total{method="GET",route="/rest/v1/*",status="200"} 1`,
		`mysingle_requests_total{method="GET",route="/api/v1/me/scrum",status="200"} 1`,
		`mysingle_requests_total{method="GET",route="unrouted",status="404"} 1`,
		`mysingle_request_duration_seconds_count{route="/rest/v1/*"} 1`,
		`mysingle_rate_limited_total{policy="user"} 1`,
		`mysingle_upstream_requests_total{service="PostgREST",outcome="200"} 3`,
		`mysingle_upstream_duration_seconds_count{service="PostgREST"} 3`,
		`mysingle_build_info{version="`, "mysingle_connections ", "process_resident_memory_bytes ", "go_goroutines ",
	} {
		if !strings.Contains(text, "\n"+line) && !strings.HasPrefix(text, line) {
			t.Errorf("%s is missing in\n%s", line, text)
		}
	}
	for _, secret := range []string{token, "secret"} {
		if strings.Contains(text, secret) {
			t.Errorf("%s shows", secret)
		}
	}
	_, _ = io.WriteString(supabasetest.Log(), text)
	if status, _ := get(metrics+"/", ""); status != http.StatusNotFound {
		t.Errorf("another path: status %d", status)
	}
	if status, _ := get(bff+"/metrics", ""); status != http.StatusNotFound {
		t.Errorf("/metrics on the port for everybody: got status %d, want 404", status)
	}
	http.DefaultClient.CloseIdleConnections()
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
