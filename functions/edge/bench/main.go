// Command bench measures a function of functions/edge against the same in
// TypeScript, under the same Deno, in turn: size, time from the start of the
// process to the first answer, latency and throughput, and memory.
//
//	go tool task bench:functions
//
// All load is for 127.0.0.1, and bounded.
package main

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mysingle/mysingle/functions/edge/deno"
)

func main() {
	rounds := flag.Int("rounds", 5, "how often each is measured, in turn")
	span := flag.Duration("span", 3*time.Second, "how long a round's load lasts")
	clients := flag.Int("clients", 16, "how many requests are under way at a time")
	flag.Parse()
	if err := run(*rounds, *span, *clients); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// candidate is a function to measure, and what was measured.
type candidate struct {
	name, script, code string
	started            []time.Duration
	p50, p99           []time.Duration
	rate               []float64
	memory             []int // kB, see memoryAfter
}

// memoryAfter are the numbers of requests after which memory is looked at.
var memoryAfter = []int{1_000, 10_000, 20_000, 40_000}

func run(rounds int, span time.Duration, clients int) error {
	const probe = "functions/edge/testdata/"
	if out, err := exec.Command("go", "run", "./functions/build", "./"+probe+"probe").CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	all := []*candidate{
		{name: "Go as WebAssembly", script: probe + "probe/index.ts", code: probe + "probe/main.wasm"},
		{name: "TypeScript", script: probe + "typescript/index.ts", code: probe + "typescript/index.ts"},
	}
	for range rounds {
		for _, c := range all {
			if err := c.round(span, clients); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
		}
	}
	for _, c := range all {
		if err := c.remember(clients); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	fmt.Printf("%d rounds in turn, %s each, %d requests at a time; medians (least to most)\n\n", rounds, span, clients)
	fmt.Printf("| | size | start to first answer | p50 | p99 | requests a second |\n|---|---:|---:|---:|---:|---:|\n")
	for _, c := range all {
		info, err := os.Stat(c.code)
		if err != nil {
			return err
		}
		fmt.Printf("| %s | %.2f MiB | %s | %s | %s | %s |\n", c.name, float64(info.Size())/(1<<20), times(c.started), times(c.p50), times(c.p99), rates(c.rate))
	}
	fmt.Printf("\nResident memory after so many requests, in MiB\n\n|")
	for _, n := range memoryAfter {
		fmt.Printf(" | %d", n)
	}
	fmt.Printf(" |\n|---%s|\n", strings.Repeat("|---:", len(memoryAfter)))
	for _, c := range all {
		fmt.Printf("| %s", c.name)
		for _, kb := range c.memory {
			fmt.Printf(" | %.0f", float64(kb)/1024)
		}
		fmt.Println(" |")
	}
	return nil
}

// round starts the function, times its first answer and puts load on it.
func (c *candidate) round(span time.Duration, clients int) error {
	began := time.Now()
	f, err := c.start()
	if err != nil {
		return err
	}
	defer f.Stop()
	c.started = append(c.started, time.Since(began))
	if _, err := f.load(2000, clients); err != nil { // warm
		return err
	}
	began = time.Now()
	var took []time.Duration
	for time.Since(began) < span {
		some, err := f.load(2000, clients)
		if err != nil {
			return err
		}
		took = append(took, some...)
	}
	c.rate = append(c.rate, float64(len(took))/time.Since(began).Seconds())
	slices.Sort(took)
	c.p50, c.p99 = append(c.p50, took[len(took)/2]), append(c.p99, took[len(took)*99/100])
	return nil
}

// remember looks at the memory of an instance as it serves on.
func (c *candidate) remember(clients int) error {
	f, err := c.start()
	if err != nil {
		return err
	}
	defer f.Stop()
	sent := 0
	for _, n := range memoryAfter {
		if _, err := f.load(n-sent, clients); err != nil {
			return err
		}
		sent = n
		kb, err := f.resident()
		if err != nil {
			return err
		}
		c.memory = append(c.memory, kb)
	}
	return nil
}

// function is a running one.
type function struct {
	*deno.Function
	client *http.Client
}

// start starts the function and waits for its first answer.
func (c *candidate) start() (*function, error) {
	f, err := deno.Start(c.script, os.Stderr)
	if err != nil {
		return nil, err
	}
	return &function{f, &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: 10 * time.Second}}, nil
}

func (f *function) ask() error {
	resp, err := f.client.Get(f.URL + "/probe/hello?name=bench")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && (resp.StatusCode != http.StatusOK || !strings.Contains(string(text), `"hello":"bench"`)) {
		err = fmt.Errorf("answered %s %s", resp.Status, text)
	}
	return err
}

// load asks n times, so many at a time, and returns how long each took.
func (f *function) load(n, clients int) ([]time.Duration, error) {
	took := make([]time.Duration, n)
	faults := make([]error, clients)
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			for k := i; k < n && faults[i] == nil; k += clients {
				began := time.Now()
				faults[i] = f.ask()
				took[k] = time.Since(began)
			}
		})
	}
	all.Wait()
	for _, err := range faults {
		if err != nil {
			return nil, err
		}
	}
	return took, nil
}

// resident is the process's memory, in kB (Linux).
func (f *function) resident() (int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", f.PID()))
	if err != nil {
		return 0, err
	}
	_, after, _ := strings.Cut(string(text), "VmRSS:")
	return strconv.Atoi(strings.Fields(after)[0])
}

func times(of []time.Duration) string {
	slices.Sort(of)
	ms := func(d time.Duration) string { return strconv.FormatFloat(float64(d.Microseconds())/1000, 'f', 1, 64) }
	return fmt.Sprintf("%s ms (%s–%s)", ms(of[len(of)/2]), ms(of[0]), ms(of[len(of)-1]))
}

func rates(of []float64) string {
	slices.Sort(of)
	return fmt.Sprintf("%.0f (%.0f–%.0f)", of[len(of)/2], of[0], of[len(of)-1])
}
