package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A part is what is ended and comes back.
type part struct {
	name      string
	processes []string // by their names in the record; several are ended together
	polite    syscall.Signal
	killable  bool
	// excuses reports whether an action may fail while the part is away.
	excuses func(action string, d *deployment) bool
}

// A deployment is one or several BFFs that serve the same users.
type deployment struct {
	name    string
	urls    []string
	metrics map[string]string // by process: where its metrics are
}

// stack is what the soak runs against: the throw-away stack around it, and
// beside that two BFFs of its own that agree by a Redis of their own.
type stack struct {
	deployments []*deployment
	parts       []part
	record      string // of the stack's processes
	own         []*own
}

func anything(string, *deployment) bool { return true }
func nothing(string, *deployment) bool  { return false }

// newStack finds the stack's parts and starts the soak's own.
func newStack(ctx context.Context) (*stack, error) {
	folder := os.Getenv("STACK_FOLDER")
	if folder == "" {
		return nil, errors.New("there is no stack around this; start with: go tool task soak")
	}
	st := &stack{record: filepath.Join(folder, "processes.json")}
	redis, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, errors.New("redis-server is not on PATH: install it with `apt-get install redis-server` or `brew install redis`")
	}
	alone := &deployment{"bff", []string{os.Getenv("BFF_URL")}, map[string]string{"bff": os.Getenv("BFF_METRICS_URL")}}
	pair := &deployment{"pair", nil, make(map[string]string)}
	st.deployments = []*deployment{alone, pair}

	port := freePort()
	err = st.start(ctx, &own{name: "redis", command: redis, args: []string{"--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"}, address: "127.0.0.1:" + port})
	for _, name := range []string{"bff-2", "bff-3"} {
		listens, metrics := freePort(), freePort()
		pair.urls = append(pair.urls, "http://127.0.0.1:"+listens)
		pair.metrics[name] = "http://127.0.0.1:" + metrics + "/metrics"
		err = errors.Join(err, st.start(ctx, &own{name: name, command: os.Getenv("BFF_BIN"), address: "127.0.0.1:" + listens, env: append(os.Environ(),
			"BFF_HOST=127.0.0.1", "BFF_PORT="+listens, "BFF_METRICS_PORT="+metrics, "BFF_PUBLIC_URL=http://127.0.0.1:"+listens,
			"REDIS_URL=redis://127.0.0.1:"+port+"/0", "BFF_LOG_LEVEL=info",
			"BFF_RATE_ADDRESS=off", "BFF_RATE_USER=off", "BFF_RATE_SIGN_IN=off", "BFF_RATE_EMAIL=off")}))
	}
	if err != nil {
		st.stop()
		return nil, err
	}
	functions, err := st.functions()
	if err != nil {
		st.stop()
		return nil, err
	}
	of := func(d *deployment) func(string, *deployment) bool {
		return func(_ string, failed *deployment) bool { return failed == d }
	}
	st.parts = []part{
		{"postgres", []string{"postgres"}, syscall.SIGINT, true, anything},
		{"auth", []string{"auth"}, syscall.SIGTERM, true, func(action string, _ *deployment) bool { return action != "page" }}, // any session may need a refresh
		{"postgrest", []string{"postgrest"}, syscall.SIGTERM, true, func(action string, _ *deployment) bool { return action != "page" }},
		{"functions", functions, syscall.SIGTERM, true, func(action string, _ *deployment) bool { return action == "function" }},
		{"gateway", nil, syscall.SIGUSR2, false, func(action string, _ *deployment) bool { return action != "page" }},
		{"bff", []string{"bff"}, syscall.SIGTERM, true, of(alone)},
		{"redis", []string{"redis"}, syscall.SIGTERM, true, nothing}, // that is what the BFF promises
		{"pair", []string{"bff-2"}, syscall.SIGTERM, true, of(pair)},
	}
	return st, nil
}

// functions are the names of the processes that run the edge functions.
func (st *stack) functions() ([]string, error) {
	entries, err := st.entries()
	var names []string
	for _, e := range entries {
		if strings.HasPrefix(e.Part, "function-") {
			names = append(names, e.Part)
		}
	}
	return names, err
}

// entry is a process in the stack's record.
type entry struct {
	Part string `json:"part"`
	PID  int    `json:"pid"`
}

func (st *stack) entries() ([]entry, error) {
	text, err := os.ReadFile(st.record)
	if err != nil {
		return nil, err
	}
	var all []entry
	return all, json.Unmarshal(text, &all)
}

// pids are the processes that are to run now, by name: the stack's and ours.
func (st *stack) pids() (map[string]int, error) {
	entries, err := st.entries()
	if err != nil {
		return nil, err
	}
	found := make(map[string]int)
	for _, e := range entries {
		if e.Part != "command" && e.PID > 0 {
			found[e.Part] = e.PID
		}
	}
	for _, o := range st.own {
		if pid := o.pid(); pid > 0 {
			found[o.name] = pid
		}
	}
	return found, nil
}

// end ends the part, and returns what reports whether it has been started
// again.
func (st *stack) end(p part, how syscall.Signal) (back func() bool, err error) {
	before, err := st.pids()
	if err != nil {
		return nil, err
	}
	if len(p.processes) == 0 { // the gateway is in the supervisor, which stays
		ended := time.Now()
		return func() bool { return time.Since(ended) > 300*time.Millisecond }, syscall.Kill(before["supervisor"], how)
	}
	for _, name := range p.processes {
		if before[name] == 0 {
			return nil, fmt.Errorf("%s doesn't run", name)
		}
		if err := syscall.Kill(before[name], how); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return func() bool {
		now, err := st.pids()
		return err == nil && !slices.ContainsFunc(p.processes, func(name string) bool { return now[name] == 0 || now[name] == before[name] })
	}, nil
}

// own is a process that the soak starts, and starts again when it ends.
type own struct {
	name, command string
	args, env     []string
	address       string // where it listens

	mu      sync.Mutex
	running *exec.Cmd
	stopped bool
	done    chan struct{}
}

func (o *own) pid() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.running == nil {
		return 0
	}
	return o.running.Process.Pid
}

// start starts the process, keeps it running, and waits until it listens.
func (st *stack) start(ctx context.Context, o *own) error {
	log, err := os.OpenFile(filepath.Join(os.Getenv("STACK_LOGS"), "soak-"+o.name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := o.spawn(log); err != nil {
		return errors.Join(err, log.Close())
	}
	st.own = append(st.own, o)
	o.done = make(chan struct{})
	go func() {
		defer close(o.done)
		defer log.Close()
		for {
			_ = o.running.Wait() // only here is it set, and started again
			o.mu.Lock()
			stopped := o.stopped
			o.mu.Unlock()
			if stopped {
				return
			}
			time.Sleep(200 * time.Millisecond) // as the stack's supervision does
			if o.spawn(log) != nil {
				return
			}
		}
	}()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		c, err := net.Dial("tcp", o.address)
		if err == nil {
			return c.Close()
		}
		if ctx.Err() != nil || time.Now().After(deadline) {
			return fmt.Errorf("%s doesn't listen: %w", o.name, err)
		}
	}
}

func (o *own) spawn(log *os.File) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.stopped {
		return errors.New("stopped")
	}
	cmd := exec.Command(o.command, o.args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = filepath.Dir(log.Name()), o.env, log, log
	if err := cmd.Start(); err != nil {
		return err
	}
	o.running = cmd
	return nil
}

// stop ends the soak's own processes.
func (st *stack) stop() {
	for _, o := range slices.Backward(st.own) {
		o.mu.Lock()
		o.stopped = true
		_ = o.running.Process.Signal(syscall.SIGTERM)
		o.mu.Unlock()
		select {
		case <-o.done:
		case <-time.After(25 * time.Second):
			_ = o.running.Process.Kill()
			<-o.done
		}
	}
}

// freePort is a loopback port that nobody listens on, of those that no system hands out by itself (Linux does from 32768,
// others from 49152): of those, any connection may take one before the process does.
func freePort() string {
	for {
		port := strconv.Itoa(20_000 + rand.IntN(6_000))
		if listener, err := net.Listen("tcp", "127.0.0.1:"+port); err == nil {
			_ = listener.Close() // it has taken no connection
			return port
		}
	}
}

// wire is how all users reach the BFFs. Idle connections are given up before
// the BFF would, so that one that breaks has broken for a reason.
var wire = &http.Transport{MaxIdleConnsPerHost: 200, IdleConnTimeout: 5 * time.Second}
