// Command bench measures the BFF and its database beside their peers: always
// two things in turn, in one run, over several rounds. It runs against a
// throw-away stack and puts load on this machine alone, bounded in time.
//
//	go tool task bench                       # everything, some 15 minutes on two cores
//	go tool task bench:quick                 # one short round of each
//	go tool task bench -- -only passage,rls  # some of it
//
// It prints a table and writes what it measured to .local/bench/<day>.json.
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

// section is a part of the bench; its name is what -only takes.
type section struct {
	name, about string
	run         func(ctx context.Context, b *bench) error
}

// sections are in the order in which they run.
var sections = []section{
	{"passage", "Passage against proxies, in front of a constant upstream", passage},
	{"direct", "Passage against none, in front of PostgREST", direct},
	{"screen", "One screen, with the BFF and without it, in a browser", screen},
	{"sql", "Views through PostgREST and the BFF against pgbench", floorSQL},
	{"rls", "Row-level security against the tables' owner", rls},
	{"growth", "Views of the same sprint among more tasks, and of larger sprints", growth},
	{"writes", "Changes of tasks with their history against without", writes},
	{"footprint", "Memory, start, binary and allocations", footprint},
	{"scale", "Two BFFs behind nginx against one", scale},
}

// bench is one run.
type bench struct {
	quick  bool
	rounds int
	span   time.Duration // of one load
	rows   []Row
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
	b := &bench{}
	flag.BoolVar(&b.quick, "quick", false, "one short round of each")
	flag.IntVar(&b.rounds, "rounds", 3, "how often each is measured, in turn")
	flag.DurationVar(&b.span, "span", 2*time.Second, "how long a load lasts")
	only := flag.String("only", "", "sections, comma-separated: "+names())
	flag.Parse()
	if b.quick {
		b.rounds, b.span = 1, time.Second
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

// run measures the sections that only names, or all, and reports.
func (b *bench) run(ctx context.Context, only string) error {
	wanted := strings.FieldsFunc(only, func(r rune) bool { return r == ',' || r == ' ' })
	for _, name := range wanted {
		if !slices.ContainsFunc(sections, func(s section) bool { return s.name == name }) {
			return fmt.Errorf("there is no section %q: %s", name, names())
		}
	}
	began := time.Now()
	var broken error // what was measured before is reported all the same
	for _, s := range sections {
		if len(wanted) > 0 && !slices.Contains(wanted, s.name) {
			continue
		}
		fmt.Fprintf(os.Stderr, "%6s  %s\n", time.Since(began).Round(time.Second), s.about)
		if err := s.run(ctx, b); err != nil {
			broken = fmt.Errorf("%s: %w", s.name, err)
			break
		}
	}
	file := filepath.Join(".local", "bench", time.Now().Format("2006-01-02-1504")+".json")
	if err := write(file, b.rows); err != nil {
		return errors.Join(broken, err)
	}
	print(os.Stdout, b.rows)
	fmt.Printf("\n%d rounds, in %s; all of it is in %s\n", b.rounds, time.Since(began).Round(time.Second), file)
	return broken
}
