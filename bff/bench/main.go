// Command bench measures the BFF and its database beside their peers: always two things in turn, in one run, over
// several rounds. It runs against a throw-away stack and puts load on this machine alone, bounded in time.
//
//	go tool task bench                       # everything, at most 15 minutes
//	go tool task bench:quick                 # one round of each
//	go tool task bench -- -only passage,rls  # some of it
//
// It prints a table, and which sections ran, and writes what it measured to .local/bench/<day>.json.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// sections are in the order in which they run.
var sections = []section{
	{"passage", "Passage against proxies, in front of a constant upstream", 90, passage},
	{"direct", "Passage against none, in front of PostgREST", 55, direct},
	{"screen", "One screen, with the BFF and without it, in a browser", 130, screen},
	{"sql", "Views through PostgREST and the BFF against pgbench", 130, floorSQL},
	{"rls", "Row-level security against the tables' owner", 45, rls},
	{"growth", "Views of the same sprint among more tasks, and of larger sprints", 180, growth},
	{"writes", "Changes of tasks with their history against without", 20, writes},
	{"footprint", "Memory, start, binary and allocations", 70, footprint},
	{"scale", "Two BFFs behind nginx against one", 20, scale},
}

// bench is one run.
type bench struct {
	quick  bool
	rounds int
	span   time.Duration // of one load
	limit  time.Duration // of the whole run; 0 for none
	rows   []Row
	part   part // that runs now

	// overrun is how long after its share of the time a section may end the row that it measures.
	overrun time.Duration
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	switch {
	case len(os.Args) == 3 && os.Args[1] == upstreamCommand:
		fail(serveUpstream(ctx, os.Args[2]))
		return
	case len(os.Args) == 4 && os.Args[1] == proxyCommand:
		fail(serveProxy(ctx, os.Args[2], os.Args[3]))
		return
	}
	b := &bench{overrun: 20 * time.Second}
	flag.BoolVar(&b.quick, "quick", false, "one round of each, and no database of a million tasks")
	flag.IntVar(&b.rounds, "rounds", 3, "how often each is measured, in turn")
	flag.DurationVar(&b.span, "span", time.Second, "how long a load lasts")
	flag.DurationVar(&b.limit, "limit", 14*time.Minute, "how long the run may take; 0 for as long as it needs")
	only := flag.String("only", "", "sections, comma-separated: "+names())
	flag.Parse()
	if b.quick {
		b.rounds = 1
	}
	fail(b.run(ctx, *only))
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func names() string {
	var all []string
	for _, s := range sections {
		all = append(all, s.name)
	}
	return strings.Join(all, ", ")
}

// run measures the sections that only names, or all, and reports. A section that fails doesn't stop the others.
func (b *bench) run(ctx context.Context, only string) error {
	wanted := strings.FieldsFunc(only, func(r rune) bool { return r == ',' || r == ' ' })
	for _, name := range wanted {
		if !slices.ContainsFunc(sections, func(s section) bool { return s.name == name }) {
			return fmt.Errorf("there is no section %q, only: %s", name, names())
		}
	}
	began := time.Now()
	chosen := slices.DeleteFunc(slices.Clone(sections), func(s section) bool {
		return len(wanted) > 0 && !slices.Contains(wanted, s.name)
	})
	prepare(ctx, chosen)
	parts, failed := b.measureAll(ctx, began, chosen)
	file := filepath.Join(".local", "bench", time.Now().Format("2006-01-02-1504")+".json")
	if err := write(file, b.rows); err != nil {
		return errors.Join(failed, err)
	}
	print(os.Stdout, b.rows)
	printParts(os.Stdout, parts)
	took := time.Since(began).Round(time.Second)
	fmt.Printf("\n%d rounds, loads of %s, in %s; all of it is in %s\n", b.rounds, b.span, took, file)
	return failed
}
