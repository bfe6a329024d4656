package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// section is a part of the bench.
type section struct {
	name, about string        // -only takes the name
	weight      time.Duration // its share of the time; the seconds that it takes on two quiet cores
	run         func(ctx context.Context, b *bench) error
}

// part is how a section went.
type part struct {
	name  string
	took  time.Duration
	share time.Duration // of the run's time; 0 for as long as it needs
	until time.Time     // when that ends; zero for never
	rows  int
	notes []string // what it left out, and why
	err   error    // why it didn't run to its end
}

// unavailable is why a section, or a row of it, can't be measured on this machine.
type unavailable struct{ why string }

func (u unavailable) Error() string { return u.why }

func cannot(format string, args ...any) error { return unavailable{fmt.Sprintf(format, args...)} }

// errTimeUsed ends a section after a row when its share of the time is used up.
var errTimeUsed = errors.New("its share of the time was used up")

// failed reports whether the section went wrong, and not just couldn't run here or took too long.
func (p part) failed() bool {
	var missing unavailable
	return p.err != nil && !errors.As(p.err, &missing) && !errors.Is(p.err, errTimeUsed)
}

func (p part) String() string {
	var missing unavailable
	text := fmt.Sprintf("ran, rows: %d", p.rows)
	switch {
	case p.failed():
		text = fmt.Sprintf("failed: %v; rows until then: %d", p.err, p.rows)
	case errors.As(p.err, &missing) && p.rows == 0:
		text = fmt.Sprintf("did not run: %v", p.err)
	case p.err != nil:
		text = fmt.Sprintf("stopped: %v; rows until then: %d", p.err, p.rows)
	}
	for _, note := range p.notes {
		text += "; " + note
	}
	return strings.ReplaceAll(text, "\n", "; ")
}

// printParts lists the sections, how long each took, and what didn't run and why.
func printParts(w io.Writer, parts []part) {
	fmt.Fprintf(w, "\n| section | took | |\n|---|---:|---|\n")
	for _, p := range parts {
		fmt.Fprintf(w, "| %s | %s | %s |\n", p.name, p.took.Round(time.Second), p)
	}
}

// share is how long the first of the sections that are left may take, of the time that the whole run has left.
// What a section doesn't need the later ones have.
func (b *bench) share(began time.Time, left []section) time.Duration {
	if b.limit == 0 {
		return 0
	}
	var weights time.Duration
	for _, s := range left {
		weights += s.weight
	}
	return max(time.Millisecond, (b.limit-time.Since(began))*left[0].weight/weights)
}

// measureAll runs the sections of a run that began then. It returns how each went, and what failed.
func (b *bench) measureAll(ctx context.Context, began time.Time, chosen []section) (parts []part, failed error) {
	for i, s := range chosen {
		fmt.Fprintf(os.Stderr, "%6s  %s\n", time.Since(began).Round(time.Second), s.about)
		p := b.measure(ctx, s, b.share(began, chosen[i:]))
		parts = append(parts, p)
		if p.failed() {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", p.name, p.err))
		}
	}
	return parts, failed
}

// measure runs a section for its share of the time, or as long as it needs if that is 0.
func (b *bench) measure(ctx context.Context, s section, share time.Duration) part {
	began, rows := time.Now(), len(b.rows)
	b.part = part{name: s.name, share: share}
	within := ctx
	if share > 0 {
		b.part.until = began.Add(share)
		var cancel context.CancelFunc
		within, cancel = context.WithDeadline(ctx, b.part.until.Add(b.overrun))
		defer cancel()
	}
	err := ctx.Err()
	if err == nil {
		err = s.run(within, b)
	}
	if err != nil && within.Err() != nil && ctx.Err() == nil {
		err = fmt.Errorf("%w (%s) in the middle of a row: %v", errTimeUsed, share.Round(time.Second), err)
	}
	b.part.took, b.part.rows, b.part.err = time.Since(began), len(b.rows)-rows, err
	return b.part
}

// more is asked before each row: it returns why the section ends here, or nil.
func (b *bench) more(ctx context.Context) error {
	if !b.part.until.IsZero() && time.Now().After(b.part.until) {
		return fmt.Errorf("%w (%s)", errTimeUsed, b.part.share.Round(time.Second))
	}
	return ctx.Err()
}

// leaveOut notes what the section doesn't measure, and why.
func (b *bench) leaveOut(format string, args ...any) {
	note := fmt.Sprintf(format, args...)
	b.part.notes = append(b.part.notes, note)
	fmt.Fprintln(os.Stderr, "        "+note)
}

// needTwoCores returns why processes can't be kept to a core each here, or nil.
func needTwoCores() error {
	if runtime.NumCPU() < 2 {
		return cannot("it keeps what is measured and the load to a core each, and this machine has one")
	}
	if _, err := exec.LookPath("taskset"); err != nil {
		return cannot("it keeps processes to a core by taskset (Debian: util-linux), which isn't installed")
	}
	return nil
}
