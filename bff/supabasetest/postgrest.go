package supabasetest

import (
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// PostgREST is a process of the test's own beside the stack's, on the same
// database, to be killed and started again.
type PostgREST struct {
	Port     int
	URL      string
	settings []string
	command  *exec.Cmd
	said     *output
}

// MustStartPostgREST starts a PostgREST on a free port, with the settings
// beside the stack's, such as PGRST_DB_TX_END=rollback.
func MustStartPostgREST(tb testing.TB, settings ...string) *PostgREST {
	tb.Helper()
	port := MustFreePort(tb)
	p := &PostgREST{Port: port, URL: fmt.Sprintf("http://127.0.0.1:%d", port), settings: settings, said: &output{}}
	p.MustStart(tb)
	tb.Cleanup(func() { p.Kill(tb) })
	return p
}

// MustStart starts the process and waits until it answers from the database.
func (p *PostgREST) MustStart(tb testing.TB) {
	tb.Helper()
	p.command = exec.Command(Env(tb, "POSTGREST_BIN"))
	p.command.Env = append([]string{
		"PGRST_DB_URI=" + Env(tb, "POSTGREST_DB_URI"),
		"PGRST_DB_SCHEMAS=public",
		"PGRST_DB_EXTRA_SEARCH_PATH=public,extensions",
		"PGRST_DB_ANON_ROLE=anon",
		"PGRST_DB_POOL=10",
		"PGRST_JWT_SECRET=" + Env(tb, "SUPABASE_JWT_SECRET"),
		"PGRST_SERVER_HOST=127.0.0.1",
		fmt.Sprintf("PGRST_SERVER_PORT=%d", p.Port),
	}, p.settings...)
	p.command.Stdout, p.command.Stderr = p.said, p.said
	// It must not outlive the test, however that ends.
	p.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.command.Start(); err != nil {
		tb.Fatal(err)
	}
	MustWait(tb, "PostgREST to answer", func() bool {
		resp, err := http.Get(p.URL + "/sprints?limit=0")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusUnauthorized // by the database: anon may not
	})
}

// Log is what it has logged so far, on every start.
func (p *PostgREST) Log() string { return p.said.String() }

// Kill ends the process without a chance to say goodbye.
func (p *PostgREST) Kill(tb testing.TB) {
	tb.Helper()
	if p.command.ProcessState != nil {
		return
	}
	if err := p.command.Process.Kill(); err != nil {
		tb.Error(err)
	}
	if err := p.command.Wait(); err != nil && !strings.Contains(err.Error(), "killed") {
		tb.Error(err)
	}
}

// MustFreePort returns a port that nothing listens on.
func MustFreePort(tb testing.TB) int {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

// MustWait waits until the condition holds, for at most 30 s.
func MustWait(tb testing.TB, what string, condition func() bool) {
	tb.Helper()
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-deadline:
			tb.Fatalf("waited 30 s in vain for %s", what)
		}
	}
}
