package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a server that the bench has started: the process itself and its
// children.
type process struct {
	url     string
	started time.Duration // from the start to the first answer
	cmd     *exec.Cmd
	ended   chan struct{} // closed once it has ended
	folder  string        // its files; what it says is in log
}

// launch is how a server is started.
type launch struct {
	name    string
	args    []string
	env     []string
	core    int    // that it has to itself; -1 for any
	address string // host and port
	ready   string // the path that answers once it is
	folder  string // for its files, which goes with it; a new one if empty
}

// startLimit is how long a server may take to its first answer, and answerLimit how long one attempt waits for it.
const (
	startLimit  = 30 * time.Second
	answerLimit = 10 * time.Second
)

// start starts a server and waits for its first answer.
func (l launch) start(ctx context.Context) (*process, error) {
	if l.folder == "" {
		var err error
		if l.folder, err = os.MkdirTemp("", "bench-"); err != nil {
			return nil, err
		}
	}
	log, err := os.Create(filepath.Join(l.folder, "log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	p := &process{url: "http://" + l.address, ended: make(chan struct{}), folder: l.folder}
	p.cmd = pinned(ctx, l.core, l.name, l.args...)
	p.cmd.Env = append(os.Environ(), l.env...)
	if l.core >= 0 {
		p.cmd.Env = append(p.cmd.Env, "GOMAXPROCS=1")
	}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.Stdout, p.cmd.Stderr = log, log
	began := time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = p.cmd.Wait() // a server that is stopped has no other end
		close(p.ended)
	}()
	if err := p.await(ctx, l.ready, began); err != nil {
		said, _ := os.ReadFile(log.Name())
		p.stop()
		return nil, fmt.Errorf("%s gave no answer at %s%s within %s: %w; its log: %s",
			filepath.Base(l.name), p.url, l.ready, time.Since(began).Round(time.Millisecond), err, bytes.TrimSpace(said))
	}
	p.started = time.Since(began)
	return p, nil
}

// await waits until the server answers at the path. An attempt that fails is repeated: a server that has just begun to
// listen may hang up, or be slow on a busy machine.
func (p *process) await(ctx context.Context, path string, began time.Time) error {
	asItComes := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client := http.Client{Timeout: answerLimit, CheckRedirect: asItComes}
	defer client.CloseIdleConnections()
	for {
		resp, err := client.Get(p.url + path)
		if err == nil {
			return resp.Body.Close()
		}
		if time.Since(began) > startLimit {
			return err
		}
		select {
		case <-p.ended:
			return errors.New("it has ended")
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
}

// stop ends the server and waits for its end.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(startLimit):
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		<-p.ended
	}
	_ = os.RemoveAll(p.folder)
}

// tick is the unit of processor time in /proc, 10 ms on Linux.
const tick = 10 * time.Millisecond

// cpu is the processor time that the server and its children have taken.
func (p *process) cpu() (time.Duration, error) {
	var total time.Duration
	for _, pid := range family(p.cmd.Process.Pid) {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return 0, err
		}
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		for _, field := range fields[11:13] { // utime and stime
			n, err := strconv.Atoi(field)
			if err != nil {
				return 0, err
			}
			total += time.Duration(n) * tick
		}
	}
	return total, nil
}

// memory is what the server and its children take, in MiB; what several of
// them share counts once.
func (p *process) memory() (float64, error) {
	var total float64
	for _, pid := range family(p.cmd.Process.Pid) {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		if err != nil {
			return 0, err
		}
		_, after, _ := strings.Cut(string(text), "\nPss:")
		kb, err := strconv.ParseFloat(strings.Fields(after)[0], 64)
		if err != nil {
			return 0, err
		}
		total += kb / 1024
	}
	return total, nil
}

// family is a process with its children.
func family(pid int) []int {
	all := []int{pid}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return all
	}
	for _, child := range strings.Fields(string(text)) {
		if n, err := strconv.Atoi(child); err == nil {
			all = append(all, family(n)...)
		}
	}
	return all
}

// freeAddress is a loopback address that nobody listens on.
func freeAddress() string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err) // the machine has no loopback
	}
	defer listener.Close()
	return listener.Addr().String()
}

// bff starts the BFF with its settings for production, as much as these are
// up to it: tokens are verified, every request is logged and counted, limits
// are on but so high that the load stays below.
func bff(ctx context.Context, supabase string, core int, more ...string) (*process, error) {
	address := freeAddress()
	host, port, _ := net.SplitHostPort(address)
	return launch{
		name: os.Getenv("BFF_BIN"),
		env: append([]string{
			"BFF_HOST=" + host, "BFF_PORT=" + port, "SUPABASE_URL=" + supabase, "BFF_LOG_LEVEL=info",
			"BFF_RATE_ADDRESS=1000000/s", "BFF_RATE_USER=1000000/s", "BFF_CONNECTION_LIMIT=20000", "BFF_UPSTREAM_LIMIT=1024",
		}, more...),
		core: core, address: address, ready: "/livez",
	}.start(ctx)
}
