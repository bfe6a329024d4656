package supabasetest

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// MustConnect opens a connection to the stack's database, as the role
// postgres, for what no client may do: a past.
func MustConnect(tb testing.TB) *pgx.Conn {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	tb.Cleanup(cancel)
	conn, err := pgx.Connect(ctx, Env(tb, "DATABASE_URL"))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := conn.Close(context.Background()); err != nil {
			tb.Error(err)
		}
	})
	return conn
}

// MustExec runs a statement on a connection of its own.
func MustExec(tb testing.TB, sql string, args ...any) {
	tb.Helper()
	if _, err := MustConnect(tb).Exec(context.Background(), sql, args...); err != nil {
		tb.Fatalf("%v\n%s", err, sql)
	}
}

// MustColleague makes somebody new in the person's organization and, with the
// role, in the project.
func (p Person) MustColleague(tb testing.TB, project, role string) Person {
	tb.Helper()
	colleague := MustSignUp(tb)
	MustExec(tb, `update public.profiles set org_role = 'member',
		org_id = (select org_id from public.profiles where profile_id = $2) where profile_id = $1`, colleague.ID, p.ID)
	p.MustInsert(tb, "project_members", map[string]any{"project_id": project, "profile_id": colleague.ID, "role": role}, nil)
	return colleague
}

// MustHistory fills a sprint that was not started with n tasks and ten events
// of each, spread over the last thirteen days, and starts it nine days ago,
// the day that it has to begin on. The tasks were estimated, planned and
// assigned before the start, and two thirds of them are done.
func (p Person) MustHistory(tb testing.TB, s Sprint, n int) {
	tb.Helper()
	conn := MustConnect(tb)
	ctx := context.Background()
	tx, err := conn.Begin(ctx)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = tx.Rollback(ctx) }() // after the commit there is nothing to undo
	for _, step := range []struct {
		sql  string
		args []any
	}{
		// Without triggers: they would write today's events.
		{`set local session_replication_role = replica`, nil},
		{`update public.sprints set status = 'Active', started_at = now() - interval '9 days' where sprint_id = $1`, []any{s.SprintID}},
		{`insert into public.tasks
			(project_id, sprint_id, task_name, status, priority, story_points, assigned_to, board_rank, estimated_time, created_by, created_at)
			select $1, $2, 'Task ' || i || ': 고객 데모 준비',
				('{Completed,Completed,Blocked,In Progress,Completed,Completed}'::text[])[i % 6 + 1]::public.task_status,
				'Medium', i % 8 + 1, case when i % 5 > 0 then $3::uuid end, i, 60, $3, now() - interval '13 days'
			from generate_series(1, $4::int) i`, []any{s.ProjectID, s.SprintID, p.ID, n}},
		{`insert into public.task_events
			(project_id, task_id, kind, old_value, new_value, actor, at, sprint_id, status, story_points, assigned_to)
			select t.project_id, t.task_id, e.kind::public.task_event_kind, e.old_value, e.new_value, $2::uuid,
				now() - interval '13 days' + e.place * interval '1 day' + (t.board_rank::int * 37 % 80000) * interval '1 second',
				case when e.place >= 2 then t.sprint_id end, e.status::public.task_status,
				case when e.place >= 1 then t.story_points end, case when e.place >= 3 then t.assigned_to end
			from public.tasks t
			cross join lateral (values
				(0, 'created', null, 'Planned', 'Planned'),
				(1, 'points', null, t.story_points::text, 'Planned'),
				(2, 'sprint', null, t.sprint_id::text, 'Planned'),
				(3, 'assignee', null, t.assigned_to::text, 'Planned'),
				(4, 'status', 'Planned', 'Scheduled', 'Scheduled'),
				(5, 'status', 'Scheduled', 'In Progress', 'In Progress'),
				(6, 'status', 'In Progress', 'In Review', 'In Review'),
				(7, 'status', 'In Review', 'On Hold', 'On Hold'),
				(8, 'status', 'On Hold', 'In Review', 'In Review'),
				(9, 'status', 'In Review', t.status::text, t.status::text)) as e (place, kind, old_value, new_value, status)
			where t.sprint_id = $1
			order by e.place, t.board_rank`, []any{s.SprintID, p.ID}},
	} {
		if _, err := tx.Exec(ctx, step.sql, step.args...); err != nil {
			tb.Fatalf("%v\n%s", err, step.sql)
		}
	}
	if err := tx.Commit(ctx); err != nil {
		tb.Fatal(err)
	}
	// A history grows over weeks, with autovacuum behind it; this one didn't.
	for _, sql := range []string{`vacuum analyze public.tasks`, `vacuum analyze public.task_events`} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			tb.Fatal(err)
		}
	}
}
