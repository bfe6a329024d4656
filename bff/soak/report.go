package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Report is what came of a run.
type Report struct {
	Duration seconds        `json:"duration_s"`
	Users    int            `json:"users"`
	Actions  map[string]int `json:"actions"` // that went as they should
	Excused  int            `json:"failed_while_a_part_was_away"`
	LeftOut  int            `json:"left_out"`
	// Refreshes is how often a user's session got new tokens on the way.
	Refreshes int64     `json:"refreshes"`
	Restarts  []*Window `json:"restarts"`
	Writes    []Balance `json:"writes"`
	Growths   []Growth  `json:"growths"`
	// Faults is what should not have been.
	Faults []string `json:"faults"`
}

// report judges the run.
func (s *soak) report(ctx context.Context) *Report {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &Report{Duration: since(s.began, time.Now()), Users: len(s.users), Actions: s.tally, LeftOut: s.late, Restarts: s.windows, Growths: growths(s.samples), Faults: s.wrong}
	unexcused := judge(s.failures, s.windows)
	r.Excused = len(s.failures) - len(unexcused)
	for _, f := range unexcused {
		near := ""
		for _, w := range s.windows {
			if f.from.After(w.from) {
				near = fmt.Sprintf(", %.1f s after %s's %s", f.from.Sub(w.from).Seconds(), w.Part, w.How)
			}
		}
		r.Faults = append(r.Faults, fmt.Sprintf("at %.1f s%s, for %.1f s: %s", since(s.began, f.from), near, since(f.from, f.to), f))
	}
	for _, u := range s.users {
		r.Refreshes += u.refreshes.Load()
	}
	if s.dropped > 0 {
		r.Faults = append(r.Faults, fmt.Sprintf("%d more failures, which were not kept to be judged", s.dropped))
	}
	r.Faults = append(r.Faults, unasked(s.samples, s.windows)...)
	if r.Refreshes == 0 {
		r.Faults = append(r.Faults, "no session was ever refreshed: is GOTRUE_JWT_EXP short?")
	}
	for _, a := range actions {
		if s.tally[a.name] == 0 {
			r.Faults = append(r.Faults, a.name+" never went as it should")
		}
	}
	writes, wrong, err := s.ledger.audit(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		wrong = append(wrong, "the database was not asked: "+err.Error())
	}
	r.Writes, r.Faults = writes, append(r.Faults, wrong...)
	for _, g := range r.Growths {
		if g.Leak {
			r.Faults = append(r.Faults, fmt.Sprintf("%s: %s grows and doesn't level off: %.1f", g.Part, g.Figure, g.Quarters))
		}
	}
	return r
}

// mostShown bounds what is printed of each thing.
const mostShown = 40

func (r *Report) print(w io.Writer) {
	total := 0
	var done []string
	for _, name := range slices.Sorted(maps.Keys(r.Actions)) {
		total += r.Actions[name]
		done = append(done, fmt.Sprintf("%s %d", name, r.Actions[name]))
	}
	fmt.Fprintf(w, "\n%.0f s, %d users: %d actions as they should be (%s), %d failed while a part was away, %d left out as everybody was busy; %d refreshes of sessions\n",
		r.Duration, r.Users, total, strings.Join(done, ", "), r.Excused, r.LeftOut, r.Refreshes)

	fmt.Fprintf(w, "\n| part | ended by | at, s | back after, s | failed meanwhile |\n|---|---|---:|---:|---|\n")
	for _, x := range r.Restarts {
		var failed []string
		for _, what := range slices.Sorted(maps.Keys(x.Failed)) {
			failed = append(failed, fmt.Sprintf("%d × %s", x.Failed[what], what))
		}
		fmt.Fprintf(w, "| %s | %s | %.0f | %.1f | %s |\n", x.Part, x.How, x.At, x.Back, strings.Join(failed, ", "))
	}

	fmt.Fprintf(w, "\n| writes | acknowledged | refused | unknown | of these written |\n|---|---:|---:|---:|---:|\n")
	for _, b := range r.Writes {
		fmt.Fprintf(w, "| %s | %d | %d | %d | %d |\n", b.Kind, b.Acknowledged, b.Refused, b.Unknown, b.Written)
	}

	fmt.Fprintf(w, "\n| part | lives | longest, s | figure | first quarter | last quarter | slope, an hour | |\n|---|---:|---:|---|---:|---:|---:|---|\n")
	for _, g := range r.Growths {
		verdict := "too short to judge"
		if g.Judged {
			verdict = map[bool]string{true: "grows", false: "level"}[g.Leak]
		}
		fmt.Fprintf(w, "| %s | %d | %.0f | %s | %.1f | %.1f | %+.1f | %s |\n", g.Part, g.Lives, g.Life, g.Figure, g.Quarters[0], g.Quarters[3], g.Slope, verdict)
	}

	fmt.Fprintln(w)
	for i, fault := range r.Faults {
		if i == mostShown {
			fmt.Fprintf(w, "… and %d more\n", len(r.Faults)-i)
			break
		}
		fmt.Fprintln(w, "WRONG", fault)
	}
	if len(r.Faults) == 0 {
		fmt.Fprintln(w, "Nothing acknowledged was lost or doubled, nobody was signed out or saw another user's data, no error without a reason.")
	}
}

// write writes the report as JSON.
func (r *Report) write(file string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err == nil {
		err = os.MkdirAll(filepath.Dir(file), 0o755)
	}
	if err == nil {
		err = os.WriteFile(file, append(text, '\n'), 0o644)
	}
	return err
}
