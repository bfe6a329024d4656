package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// A sample is what the parts used at a moment, by process and figure.
type sample struct {
	at     time.Time
	life   map[string]int // by process: which of its lives it is, by its id
	values map[string]map[string]float64
}

// The figures.
const (
	memory      = "memory MiB"  // of the process and its children, what they share counted once
	files       = "open files"  // of the process and its children
	goroutines  = "goroutines"  // of a BFF
	heap        = "heap MiB"    // of a BFF, in use
	connections = "connections" // to PostgreSQL
)

const every = 2 * time.Second

// observe takes samples until ctx ends, and says how it goes.
func (s *soak) observe(ctx context.Context) {
	for n := 1; sleep(ctx, every); n++ {
		taken := s.sample(ctx)
		s.mu.Lock()
		s.samples = append(s.samples, taken)
		total := 0
		for _, count := range s.tally {
			total += count
		}
		failed, late := len(s.failures), s.late
		s.mu.Unlock()
		if n%15 == 0 {
			s.say("%d actions done, %d failed, %d left out", total, failed, late)
		}
	}
}

func (s *soak) sample(ctx context.Context) sample {
	taken := sample{time.Now(), make(map[string]int), make(map[string]map[string]float64)}
	pids, err := s.stack.pids()
	if err != nil {
		return taken
	}
	for name, pid := range pids {
		used, err := use(pid)
		if err != nil {
			continue // it has just been ended
		}
		taken.life[name], taken.values[name] = pid, used
	}
	for _, d := range s.stack.deployments {
		for name, address := range d.metrics {
			if into := taken.values[name]; into != nil {
				scrape(ctx, address, into)
			}
		}
	}
	if into := taken.values["postgres"]; into != nil {
		if n, err := sessions(ctx); err == nil {
			into[connections] = n
		}
	}
	return taken
}

// use is what a process and its children use. PostgreSQL's shared buffers,
// which it fills up to their size, are left out.
func use(pid int) (map[string]float64, error) {
	used := make(map[string]float64)
	for i, pid := range family(pid) {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		if err != nil && i == 0 {
			return nil, err
		}
		shares := make(map[string]float64)
		for line := range strings.Lines(string(text)) {
			if name, rest, found := strings.Cut(line, ":"); found && strings.HasPrefix(name, "Pss") {
				shares[name], _ = strconv.ParseFloat(strings.Fields(rest)[0], 64)
			}
		}
		used[memory] += (shares["Pss"] - shares["Pss_Shmem"]) / 1024
		open, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
		used[files] += float64(len(open))
	}
	return used, nil
}

// family is a process with its children; those that the soak is itself a child
// of don't count the soak.
func family(pid int) []int {
	all := []int{pid}
	tasks, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	for _, task := range tasks {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, task.Name()))
		for _, child := range strings.Fields(string(text)) {
			// The supervisor's children are the other parts.
			if n, err := strconv.Atoi(child); err == nil && leads(n) == leads(pid) || err == nil && named(pid, "postgres") {
				all = append(all, family(n)...)
			}
		}
	}
	return all
}

// leads is the process group, by its leader.
func leads(pid int) string {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:])); len(fields) > 2 {
		return fields[2]
	}
	return ""
}

func named(pid int, name string) bool {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	return strings.TrimSpace(string(text)) == name
}

// scrape reads a BFF's own figures.
func scrape(ctx context.Context, address string, into map[string]float64) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return // it has just been ended
	}
	defer resp.Body.Close()
	parse(resp.Body, into)
}

// parse reads those of the figures in Prometheus's format.
func parse(text io.Reader, into map[string]float64) {
	lines := bufio.NewScanner(text)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		n, err := strconv.ParseFloat(value, 64)
		switch {
		case err != nil:
		case name == "go_goroutines":
			into[goroutines] = n
		case name == "go_memstats_heap_inuse_bytes":
			into[heap] = n / (1 << 20)
		}
	}
}

// sessions is how many connections PostgreSQL has, of clients.
func sessions(ctx context.Context) (n float64, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		return 0, err
	}
	defer conn.Close(ctx)
	return n, conn.QueryRow(ctx, `select count(*)::float from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`).Scan(&n)
}

// A Growth is how a figure of a part went in the longest life that the part
// had.
type Growth struct {
	Part   string  `json:"part"`
	Figure string  `json:"figure"`
	Lives  int     `json:"lives"`
	Life   seconds `json:"life_s"`
	// Quarters are the medians of the life's quarters.
	Quarters [4]float64 `json:"quarters"`
	// Slope is that of the second half, an hour.
	Slope float64 `json:"slope_per_hour"`
	// Leak tells that it grew and didn't level off; never of a short life.
	Leak bool `json:"leak"`
	// Judged tells whether the life was long enough.
	Judged bool `json:"judged"`
}

// point is a value at a moment, in seconds from the beginning of the life.
type point struct{ at, value float64 }

// growths are how all figures went.
func growths(samples []sample) (all []Growth) {
	type life struct {
		part string
		pid  int
	}
	lives := make(map[life][]sample)
	count := make(map[string]int)
	for _, taken := range samples {
		for name, pid := range taken.life {
			key := life{name, pid}
			if lives[key] == nil {
				count[name]++
			}
			lives[key] = append(lives[key], taken)
		}
	}
	longest := make(map[string][]sample)
	for key, taken := range lives {
		if length(taken) > length(longest[key.part]) {
			longest[key.part] = taken
		}
	}
	for name, taken := range longest {
		for _, figure := range []string{memory, files, goroutines, heap, connections} {
			var points []point
			for _, s := range taken {
				if value, ok := s.values[name][figure]; ok {
					points = append(points, point{s.at.Sub(taken[0].at).Seconds(), value})
				}
			}
			if len(points) < 8 {
				continue
			}
			g := level(points)
			if figure == memory && slices.Contains(onNode, name) && g.Quarters[3]-g.Quarters[0] < youngGeneration {
				g.Leak = false
			}
			g.Part, g.Figure, g.Lives, g.Life = name, figure, count[name], seconds(length(taken).Seconds())
			all = append(all, g)
		}
	}
	slices.SortFunc(all, func(a, b Growth) int { return cmp.Or(cmp.Compare(a.Part, b.Part), cmp.Compare(a.Figure, b.Figure)) })
	return all
}

func length(taken []sample) time.Duration {
	if len(taken) == 0 {
		return 0
	}
	return taken[len(taken)-1].at.Sub(taken[0].at)
}

// unasked tells of processes that were started again without having been ended
// by the soak. With PostgreSQL Auth ends too.
func unasked(samples []sample, windows []*Window) (faults []string) {
	last := make(map[string]int)
	for _, taken := range samples {
		for name, pid := range taken.life {
			before, known := last[name]
			last[name] = pid
			if !known || before == pid {
				continue
			}
			asked := slices.ContainsFunc(windows, func(w *Window) bool {
				ended := slices.Contains(w.part.processes, name) || name == "auth" && w.part.name == "postgres"
				return ended && !taken.at.Before(w.from) && (w.to.IsZero() || taken.at.Before(w.to.Add(2*every)))
			})
			if !asked {
				faults = append(faults, fmt.Sprintf("%s ended by itself before %s", name, taken.at.Format(time.TimeOnly)))
			}
		}
	}
	return faults
}

// judgeable is how long a life must be: what a process fills at first, it has
// filled by then.
const judgeable = 8 * time.Minute

// onNode are the processes of Node's, whose young generation is three times 16
// MiB (V8's --max-semi-space-size) and grows to that in steps, by need: less is
// no leak yet.
var onNode = []string{"supervisor", "auth"}

const youngGeneration = 48 // MiB

// level judges whether the values level off. A leak grows from quarter to
// quarter, in the last one by something that counts (a twentieth, and two
// units), and by half of the step before at least: what levels off takes
// smaller steps each time.
func level(points []point) Growth {
	var g Growth
	begin, span := points[0].at, points[len(points)-1].at-points[0].at
	quarters := [4][]float64{}
	var half []point
	for _, p := range points {
		quarter := min(3, int(4*(p.at-begin)/max(span, 1e-9)))
		quarters[quarter] = append(quarters[quarter], p.value)
		if quarter >= 2 {
			half = append(half, p)
		}
	}
	for i := range quarters {
		g.Quarters[i] = median(quarters[i])
	}
	g.Slope = slope(half) * 3600
	q := g.Quarters
	last, before := q[3]-q[2], q[2]-q[1]
	g.Judged = span >= judgeable.Seconds()
	g.Leak = g.Judged && q[1] > q[0] && before > 0 && last > max(2, q[2]/20) && last >= before/2
	return g
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// slope is the line's through the points by least squares.
func slope(points []point) float64 {
	var n, x, y, xx, xy float64
	for _, p := range points {
		n, x, y, xx, xy = n+1, x+p.at, y+p.value, xx+p.at*p.at, xy+p.at*p.value
	}
	if d := n*xx - x*x; d > 0 {
		return (n*xy - x*y) / d
	}
	return 0
}
