package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// The kinds of writes; each write has an id that the client made.
const (
	inserts = "inserts" // the name of the task
	moves   = "moves"   // the task's key, and the points that it then has
	posts   = "posts"   // the description of an impediment
)

// outcome is what the client was told of a write.
type outcome string

const (
	acknowledged outcome = "acknowledged" // it must be there once
	refused      outcome = "refused"      // it must not be there
	unknown      outcome = "unknown"      // it may be there once
)

// A ledger is what became of all writes, as their clients know it.
type ledger struct {
	mu   sync.Mutex
	told map[string]map[string]outcome // by kind and id
}

func newLedger() *ledger {
	return &ledger{told: map[string]map[string]outcome{inserts: {}, moves: {}, posts: {}}}
}

// note writes down what became of a write.
func (l *ledger) note(kind, id string, err error) {
	what := acknowledged
	if f := new(failure); errors.As(err, &f) && !f.sent {
		what = refused
	} else if err != nil {
		what = unknown
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told[kind][id] = what
}

// Balance compares the writes of one kind with the database.
type Balance struct {
	Kind string `json:"kind"`
	// Acknowledged, Refused and Unknown are what the clients were told.
	Acknowledged int `json:"acknowledged"`
	Refused      int `json:"refused"`
	Unknown      int `json:"unknown"`
	// Written is how many of those unknown were there at the end.
	Written int `json:"unknown_written"`
}

// balance holds the ledger against what is there, as often as it is there.
func (l *ledger) balance(kind string, there map[string]int) (Balance, []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b, faults := Balance{Kind: kind}, []string(nil)
	for id, what := range l.told[kind] {
		switch n := there[id]; what {
		case acknowledged:
			b.Acknowledged++
			if n != 1 {
				faults = append(faults, fmt.Sprintf("%s: %s was acknowledged and is there %d times", kind, id, n))
			}
		case refused:
			b.Refused++
			if n != 0 {
				faults = append(faults, fmt.Sprintf("%s: %s was refused and is there %d times", kind, id, n))
			}
		case unknown:
			b.Unknown++
			b.Written += n
			if n > 1 {
				faults = append(faults, fmt.Sprintf("%s: %s is there %d times", kind, id, n))
			}
		}
	}
	for id, n := range there {
		if _, known := l.told[kind][id]; !known {
			faults = append(faults, fmt.Sprintf("%s: %s is there %d times, and nobody wrote it", kind, id, n))
		}
	}
	slices.Sort(faults)
	return b, faults
}

// there is how to find out which writes are in the database.
var there = map[string]string{
	inserts: `select task_name, count(*) from public.tasks where task_name like 'mark-%' group by 1`,
	moves: `select e.task_id || ' ' || trunc(e.new_value::numeric), count(*) from public.task_events e join public.tasks t using (task_id)
		where e.kind = 'points' and t.task_name like 'mark-%' group by 1`,
	posts: `select description, count(*) from public.impediments where description like 'mark-%' group by 1`,
}

// audit compares all writes with the database, also by what tasks and updates
// are like at the end.
func (l *ledger) audit(ctx context.Context, address string) (all []Balance, faults []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return nil, nil, err
	}
	defer conn.Close(ctx)
	for _, kind := range []string{inserts, moves, posts} {
		found, err := counts(ctx, conn, there[kind])
		if err != nil {
			return nil, nil, err
		}
		b, wrong := l.balance(kind, found)
		all, faults = append(all, b), append(faults, wrong...)
	}
	last, err := counts(ctx, conn, `select task_id || ' ' || trunc(story_points), 1 from public.tasks where task_name like 'mark-%' and story_points is not null`)
	if err != nil {
		return nil, nil, err
	}
	return all, append(faults, l.ends(last)...), nil
}

// ends looks for tasks that aren't as their last acknowledged move left them,
// nor as one did whose end nobody knows.
func (l *ledger) ends(there map[string]int) (faults []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	last := make(map[string]int) // by task
	for id, what := range l.told[moves] {
		task, n := move(id)
		if what == acknowledged {
			last[task] = max(last[task], n)
		}
	}
	for id := range there {
		if task, n := move(id); n != last[task] && l.told[moves][id] != unknown {
			faults = append(faults, fmt.Sprintf("task %s is as move %d left it; the last acknowledged one is %d", task, n, last[task]))
		}
		task, _ := move(id)
		delete(last, task)
	}
	for task, n := range last {
		faults = append(faults, fmt.Sprintf("task %s is as if it never moved; the last acknowledged move is %d", task, n))
	}
	slices.SortFunc(faults, cmp.Compare[string])
	return faults
}

func move(id string) (task string, n int) {
	task, number, _ := strings.Cut(id, " ")
	_, _ = fmt.Sscan(number, &n) // made by user.move
	return task, n
}

func counts(ctx context.Context, conn *pgx.Conn, sql string) (map[string]int, error) {
	rows, err := conn.Query(ctx, sql)
	if err != nil {
		return nil, err
	}
	found := make(map[string]int)
	var id string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&id, &n}, func() error { found[id] = n; return nil })
	return found, err
}
