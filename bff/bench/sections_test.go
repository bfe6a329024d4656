package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// A section that fails, can't run or takes too long doesn't keep the others from running, and only one that fails
// makes the run fail.
func TestSectionsEndApart(t *testing.T) {
	row := Row{Values: []float64{1}, Others: []float64{1}}
	b := &bench{limit: 2 * time.Second, overrun: time.Millisecond}
	parts, failed := b.measureAll(context.Background(), time.Now(), []section{
		{"good", "", 1, func(_ context.Context, b *bench) error {
			b.leaveOut("without nginx: %v", cannot("it isn't installed"))
			b.add(row)
			return nil
		}},
		{"missing", "", 1, func(context.Context, *bench) error {
			return errors.Join(cannot("it needs one program"), cannot("and another"))
		}},
		{"broken", "", 1, func(_ context.Context, b *bench) error {
			b.add(row)
			return errors.New("no answer")
		}},
		{"slow", "", 1, func(ctx context.Context, b *bench) error {
			b.add(row)
			for b.more(ctx) == nil {
			}
			return b.more(ctx)
		}},
		{"stuck", "", 1, func(ctx context.Context, b *bench) error {
			<-ctx.Done()
			return errors.New("killed")
		}},
		{"last", "", 1, func(_ context.Context, b *bench) error { b.add(row); return nil }},
	})
	if failed == nil || failed.Error() != "broken: no answer" {
		t.Errorf("the run fails with %v, want only the broken section", failed)
	}
	want := []string{
		"ran, rows: 1; without nginx: it isn't installed",
		"did not run: it needs one program; and another",
		"failed: no answer; rows until then: 1",
		"stopped: its share of the time was used up",
		"in the middle of a row: killed",
		"ran, rows: 1",
	}
	if len(parts) != len(want) {
		t.Fatalf("%d sections ran, want %d", len(parts), len(want))
	}
	for i, p := range parts {
		if !strings.Contains(p.String(), want[i]) {
			t.Errorf("%s: %q, want %q in it", p.name, p, want[i])
		}
	}
	if slow := parts[3]; slow.rows != 1 || slow.failed() {
		t.Errorf("slow: %d rows, failed %t; want 1 row, and not failed", slow.rows, slow.failed())
	}
}

// A run that is interrupted fails, and no further section begins.
func TestInterruptedRun(t *testing.T) {
	ctx, interrupt := context.WithCancel(context.Background())
	var began []string
	named := func(name string) section {
		return section{name, "", 1, func(ctx context.Context, b *bench) error {
			began = append(began, name)
			interrupt()
			<-ctx.Done()
			return ctx.Err()
		}}
	}
	b := &bench{limit: time.Hour, overrun: time.Hour}
	_, failed := b.measureAll(ctx, time.Now(), []section{named("first"), named("second")})
	if !errors.Is(failed, context.Canceled) {
		t.Errorf("an interrupted run returned %v, want %v", failed, context.Canceled)
	}
	if !slices.Equal(began, []string{"first"}) {
		t.Errorf("sections that began: %q, want only the first", began)
	}
}

// The time that is left goes to the sections by weight.
func TestShares(t *testing.T) {
	left := []section{{weight: 30}, {weight: 10}, {weight: 20}}
	b := &bench{limit: time.Hour}
	for _, tt := range []struct {
		name  string
		since time.Duration
		left  []section
		want  time.Duration
	}{
		{"at the start", 0, left, 30 * time.Minute},
		{"after half", 30 * time.Minute, left[1:], 10 * time.Minute},
		{"the last has all", 30 * time.Minute, left[2:], 30 * time.Minute},
		{"nothing is left", 2 * time.Hour, left, time.Millisecond},
	} {
		got := b.share(time.Now().Add(-tt.since), tt.left)
		// The clock goes on between two lines.
		if got > tt.want || got < tt.want-time.Minute {
			t.Errorf("%s: a share of %s, want %s", tt.name, got, tt.want)
		}
	}
	if got := (&bench{}).share(time.Now(), left); got != 0 {
		t.Errorf("without a limit: a share of %s, want 0, which is none", got)
	}
}
