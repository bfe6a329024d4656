package main

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
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

// load is a bounded load of one kind of request, by wrk where it is installed
// and by bombardier, from the module proxy, elsewhere.
type load struct {
	url         string
	headers     map[string]string
	connections int
	span        time.Duration
	core        int // that the generator has to itself; -1 for any
}

// result is what came of a load.
type result struct {
	requests float64       // answered
	rate     float64       // a second
	p50, p99 time.Duration // of an answer
}

// bombardier is where wrk isn't.
const bombardier = "github.com/codesenberg/bombardier@v1.2.6"

// run puts the load on, and fails if an answer isn't a success.
func (l load) run(ctx context.Context) (result, error) {
	var r result
	var err error
	if wrk, fault := exec.LookPath("wrk"); fault == nil {
		r, err = l.wrk(ctx, wrk)
	} else {
		r, err = l.bombardier(ctx)
	}
	if err != nil {
		return r, fmt.Errorf("load on %s: %w", l.url, err)
	}
	return r, nil
}

// needLoad returns why no load can be put on here, or nil.
func needLoad(ctx context.Context) error {
	if _, err := exec.LookPath("wrk"); err == nil {
		return nil
	}
	if _, err := builtTool(ctx, bombardier); err != nil {
		return cannot("wrk isn't installed (Debian: wrk), and bombardier is not to be had either: %v", err)
	}
	return nil
}

// report is a script of wrk's that prints what it measured as JSON.
const report = `done = function(s, l, r)
  local e = s.errors
  io.write(string.format('\n{"requests":%d,"us":%d,"bad":%d,"p50":%d,"p99":%d}\n', s.requests, s.duration,
    e.connect + e.read + e.write + e.status + e.timeout, l:percentile(50), l:percentile(99)))
end`

func (l load) wrk(ctx context.Context, wrk string) (result, error) {
	script, err := os.CreateTemp("", "bench-*.lua")
	if err != nil {
		return result{}, err
	}
	defer os.Remove(script.Name())
	if _, err := script.WriteString(report); err != nil {
		return result{}, err
	}
	if err := script.Close(); err != nil {
		return result{}, err
	}
	args := []string{"-t1", "-c" + strconv.Itoa(l.connections), "-d" + strconv.Itoa(max(1, int(l.span.Seconds()))) + "s", "--timeout", "20s", "-s", script.Name()}
	for name, value := range l.headers {
		args = append(args, "-H", name+": "+value)
	}
	out, err := pinned(ctx, l.core, wrk, append(args, l.url)...).Output()
	if err != nil {
		return result{}, err
	}
	var told struct{ Requests, Us, Bad, P50, P99 float64 }
	if err := lastJSON(out, &told); err != nil {
		return result{}, err
	}
	if told.Bad > 0 || told.Requests == 0 {
		return result{}, fmt.Errorf("%.0f of %.0f requests failed", told.Bad, told.Requests)
	}
	return result{told.Requests, told.Requests / told.Us * 1e6, microseconds(told.P50), microseconds(told.P99)}, nil
}

func (l load) bombardier(ctx context.Context) (result, error) {
	tool, err := builtTool(ctx, bombardier)
	if err != nil {
		return result{}, err
	}
	args := []string{"-p", "r", "-o", "json", "-l", "-c", strconv.Itoa(l.connections), "-d", l.span.String(), "-t", "20s"}
	for name, value := range l.headers {
		args = append(args, "-H", name+": "+value)
	}
	out, err := pinned(ctx, l.core, tool, append(args, l.url)...).Output()
	if err != nil {
		return result{}, err
	}
	var told struct {
		Result struct {
			Req2xx, Req3xx, Req4xx, Req5xx, Others float64
			TimeTakenSeconds                       float64
			Latency                                struct{ Percentiles map[string]float64 }
		}
	}
	if err := lastJSON(out, &told); err != nil {
		return result{}, err
	}
	r := told.Result
	if bad := r.Req3xx + r.Req4xx + r.Req5xx + r.Others; bad > 0 || r.Req2xx == 0 {
		return result{}, fmt.Errorf("%.0f of %.0f requests failed", bad, bad+r.Req2xx)
	}
	return result{r.Req2xx, r.Req2xx / r.TimeTakenSeconds, microseconds(r.Latency.Percentiles["50"]), microseconds(r.Latency.Percentiles["99"])}, nil
}

// lastJSON reads the JSON object that the output ends with.
func lastJSON(out []byte, into any) error {
	for i := len(out) - 1; i >= 0; i-- {
		if out[i] == '{' && (i == 0 || out[i-1] == '\n') {
			return json.Unmarshal(out[i:], into)
		}
	}
	return errors.New("no figures in " + string(out))
}

func microseconds(n float64) time.Duration { return time.Duration(n * float64(time.Microsecond)) }

// pinned is a command that has one core, or any where core is negative.
func pinned(ctx context.Context, core int, name string, args ...string) *exec.Cmd {
	if core >= 0 {
		args = append([]string{"-c", strconv.Itoa(core), name}, args...)
		name = "taskset"
	}
	return exec.CommandContext(ctx, name, args...)
}

// buildLimit is how long a tool may take to be built. Go keeps what it has compiled, so that the next run goes on there.
const buildLimit = 3 * time.Minute

// tools are those that were asked for: a module to what builtTool returns.
var tools = make(map[string]func() (string, error))

// builtTool builds a command of the module proxy's, unless there is one of that version, and returns where it is.
func builtTool(ctx context.Context, module string) (string, error) {
	if tools[module] == nil {
		tools[module] = sync.OnceValues(func() (string, error) { return build(ctx, module) })
	}
	return tools[module]()
}

func build(ctx context.Context, module string) (string, error) {
	folder, err := filepath.Abs(filepath.Join(".local", "bench", "bin"))
	if err != nil {
		return "", err
	}
	name, version, _ := strings.Cut(module, "@")
	binary := filepath.Join(folder, filepath.Base(name))
	if info, err := buildinfo.ReadFile(binary); err == nil && info.Path == name && info.Main.Version == version {
		return binary, nil
	}
	fmt.Fprintf(os.Stderr, "        building %s, for %s at most\n", module, buildLimit)
	ctx, cancel := context.WithTimeout(ctx, buildLimit)
	defer cancel()
	install := exec.CommandContext(ctx, "go", "install", module)
	install.Env = append(os.Environ(), "GOBIN="+folder, "GOFLAGS=")
	install.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	install.Cancel = func() error { return syscall.Kill(-install.Process.Pid, syscall.SIGKILL) } // its compilers too
	out, err := install.CombinedOutput()
	if ctx.Err() != nil {
		return "", cannot("building %s took longer than %s; the next run goes on from there", module, buildLimit)
	}
	if err != nil {
		return "", cannot("building %s: %v: %s", module, err, bytes.TrimSpace(out))
	}
	return binary, nil
}

// prepare builds what the sections need, before their time begins. A section says itself what it doesn't find.
func prepare(ctx context.Context, chosen []section) {
	uses := func(names ...string) bool {
		return slices.ContainsFunc(chosen, func(s section) bool { return slices.Contains(names, s.name) })
	}
	if uses("passage", "direct", "scale") {
		_ = needLoad(ctx)
	}
	if uses("passage", "footprint") {
		_, _ = builtTool(ctx, caddyModule)
	}
}
