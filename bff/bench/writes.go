package main

import (
	"context"
	"fmt"
)

// bare is middle without the history: nothing records what happens to tasks.
var bare = world{name: "bench_bare", template: middle.name, change: "drop trigger tasks_record_change on public.tasks"}

// writes measures what it costs to keep a history: changes of tasks with the
// trigger that records them against the same without, and the close of a
// sprint against the one statement that moves its tasks.
func writes(ctx context.Context, b *bench) error {
	at := place{0, 2} // its sprint has 1,000 tasks
	var both [2]*session
	for _, w := range []world{middle, bare} {
		if err := inhabit(ctx, w); err != nil {
			return err
		}
	}
	for i, w := range []world{middle, bare} {
		var err error
		if both[i], err = connect(ctx, w, "authenticated", at); err != nil {
			return err
		}
		defer both[i].Close(ctx)
	}
	kept, unkept := both[0], both[1]
	one := fmt.Sprintf("task_id = '%s'", key("task:0:2:4:1"))
	all := fmt.Sprintf("sprint_id = '%s'", at.sprint())
	const step = "status = (case status when 'In Progress' then 'In Review' else 'In Progress' end)::public.task_status"
	for _, w := range []struct{ name, set, where string }{
		{"status of a task", step, one},
		{"rank of a task", "board_rank = board_rank + 1", one},
		{"status of 100 tasks", step, all + " and board_rank <= 100"},
		{"1,000 tasks out of their sprint", "sprint_id = null", all},
	} {
		if err := b.more(ctx); err != nil {
			return err
		}
		update := fmt.Sprintf("update public.tasks set %s where %s", w.set, w.where)
		row := Row{Section: "writes", Name: w.name, Subject: "recorded", Against: "not", Goal: atMost(1.5)}
		if err := b.inTurn(ctx, row, undone(ctx, kept, update), undone(ctx, unkept, update)); err != nil {
			return err
		}
	}

	if err := b.more(ctx); err != nil {
		return err
	}
	// All events of one statement have the same time, those of two never.
	complete := fmt.Sprintf("select public.complete_sprint('%s')", at.sprint())
	var events, statements int
	if err := kept.exec(ctx, "begin; "+complete); err != nil {
		return err
	}
	if err := kept.QueryRow(ctx, "select count(*), count(distinct at) from public.task_events where kind = 'sprint' and old_value = $1", at.sprint()).Scan(&events, &statements); err != nil {
		return err
	}
	if err := kept.exec(ctx, "rollback"); err != nil {
		return err
	}
	if statements != 1 {
		return fmt.Errorf("complete_sprint moved %d tasks by %d statements", events, statements)
	}
	move := fmt.Sprintf("update public.tasks set sprint_id = null where %s and status not in ('Completed', 'Cancelled')", all)
	row := Row{Section: "writes", Name: fmt.Sprintf("close of a sprint of 1,000 tasks, %d of them moved by %d statement", events, statements),
		Subject: "complete_sprint", Against: "an update of these"}
	return b.inTurn(ctx, row, undone(ctx, kept, complete), undone(ctx, kept, move))
}

// undone is a change that is rolled back.
func undone(ctx context.Context, s *session, change string) task {
	return task{session: s,
		before: func() error { return s.exec(ctx, "begin") },
		do:     func() error { return s.exec(ctx, change) },
		after:  func() error { return s.exec(ctx, "rollback") }}
}
