package tests

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mysingle/mysingle/supabase/tests/history"
	"github.com/mysingle/mysingle/supabase/tests/oracle"
)

// TestLivedSprint lives through a sprint with the database's own functions and triggers, reads
// the history that they wrote and asks all functions at each of its moments.
func TestLivedSprint(t *testing.T) {
	conn := MustConnect(t)
	zone, today := MustNoon(t)
	e := lived(zone, history.Date(today), MustNow(t).AddDate(0, -1, 0))
	one, two, kim, lee := history.SprintID(1), history.SprintID(2), history.ProfileID(1), history.ProfileID(2)
	a, b, c, d, f := history.TaskID(1), history.TaskID(2), history.TaskID(3), history.TaskID(4), history.TaskID(5)

	rolledBack(t, conn, func(ctx context.Context, tx pgx.Tx) error {
		batch := &pgx.Batch{}
		e.Insert(batch)
		actAs(batch, kim)
		const task = `insert into public.tasks (task_id, project_id, sprint_id, task_name, story_points, assigned_to) values `
		batch.Queue(task+`($1, $5, $6, 'A', 3, $7), ($2, $5, $6, 'B', 5, $8), ($3, $5, $6, 'C', null, null), ($4, $5, null, 'D', 8, $7)`,
			a, b, c, d, history.ProjectID, one, kim, lee)
		batch.Queue(`update public.tasks set status = 'Completed' where task_id = $1`, a) // before the start
		batch.Queue(`select public.start_sprint($1)`, one)
		batch.Queue(`update public.tasks set status = 'In Progress', story_points = 2.5, assigned_to = $2 where task_id = $1`, c, kim)
		batch.Queue(`update public.tasks set status = 'Completed' where task_id in ($1, $2)`, b, c)
		batch.Queue(`update public.tasks set status = 'In Review', story_points = null where task_id = $1`, b) // reopened
		batch.Queue(`update public.tasks set sprint_id = $2 where task_id = $1`, d, one)
		batch.Queue(`update public.tasks set status = 'Blocked' where task_id = $1`, d)
		batch.Queue(task+`($1, $2, $3, 'F', 1, null)`, f, history.ProjectID, one)
		batch.Queue(`delete from public.tasks where task_id = $1`, f)
		batch.Queue(`select public.complete_sprint($1, $2)`, one, two)
		batch.Queue(`update public.tasks set status = 'Planned', story_points = 13 where task_id = $1`, c) // after the close
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}

		h, err := readHistory(ctx, tx, e)
		if err != nil {
			return err
		}
		differences, err := ask(ctx, tx, h, questions(h))
		for _, difference := range differences {
			t.Errorf("%s\n%s", difference, h)
		}
		return err
	})
}

// lived is a project with two planned sprints and no task, as it was before.
func lived(zone *time.Location, today history.Date, joined time.Time) *history.History {
	kim, lee := history.ProfileID(1), history.ProfileID(2)
	return &history.History{
		Zone: zone, WorkingDays: []int{1, 2, 3, 4, 5, 6, 7}, Caller: kim, Day: today,
		Profiles: []history.Profile{{ID: kim, FullName: "Kim"}, {ID: lee, FullName: "Lee"}},
		Members:  []history.Member{{ProfileID: kim, Role: "manager", JoinedAt: joined}, {ProfileID: lee, Role: "member", JoinedAt: joined}},
		Sprints: []history.Sprint{
			{ID: history.SprintID(1), Name: "Sprint 1", StartDate: today, EndDate: today.Plus(6), Status: "Planned"},
			{ID: history.SprintID(2), Name: "Sprint 2", StartDate: today.Plus(7), EndDate: today.Plus(13), Status: "Planned"},
		},
	}
}

// readHistory reads what happened to a history that was written without tasks. Its moments are
// those of each event and of the sprint's start and close.
func readHistory(ctx context.Context, tx pgx.Tx, h *history.History) (*history.History, error) {
	rows, err := tx.Query(ctx, `
		select e.task_id::text, e.kind::text, coalesce(e.old_value, ''), coalesce(e.new_value, ''), coalesce(e.actor::text, ''), e.at,
			coalesce(e.sprint_id::text, ''), coalesce(e.story_points::text, ''), coalesce(e.assigned_to::text, ''), e.status::text
		from public.task_events e where e.project_id = $1 order by e.event_id`, history.ProjectID)
	if err != nil {
		return nil, err
	}
	h.Events, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (e history.Event, err error) {
		err = row.Scan(&e.TaskID, &e.Kind, &e.Old, &e.New, &e.Actor, &e.At,
			&e.After.Sprint, &e.After.Points, &e.After.Assignee, &e.After.Status)
		return e, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the events: %w", err)
	}

	rows, err = tx.Query(ctx, `
		select t.task_id::text, t.task_name, t.priority::text, t.board_rank, coalesce(t.estimated_time::text, '')
		from public.tasks t where t.project_id = $1 order by t.task_id`, history.ProjectID)
	if err != nil {
		return nil, err
	}
	h.Tasks, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (t history.Task, err error) {
		err = row.Scan(&t.ID, &t.Name, &t.Priority, &t.Rank, &t.Estimated)
		return t, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the tasks: %w", err)
	}
	for _, e := range h.Events {
		if e.Kind == "deleted" {
			h.Tasks = append(h.Tasks, history.Task{ID: e.TaskID, Name: e.Old, Deleted: true})
		}
		h.Moments = append(h.Moments, e.At)
	}

	s := &h.Sprints[0]
	s.CarriedOverTo = h.Sprints[1].ID
	if err := tx.QueryRow(ctx, `select status::text, started_at, completed_at from public.sprints where sprint_id = $1`, s.ID).
		Scan(&s.Status, &s.StartedAt, &s.CompletedAt); err != nil {
		return nil, fmt.Errorf("read the sprint: %w", err)
	}
	h.Moments = append(h.Moments, s.StartedAt, s.CompletedAt, s.CompletedAt.Add(time.Hour))
	slices.SortFunc(h.Moments, time.Time.Compare)
	h.Moments = slices.CompactFunc(h.Moments, time.Time.Equal)
	return h, nil
}

// TestScope: what one may not see has no figures, and what one sees doesn't depend on the role.
func TestScope(t *testing.T) {
	conn := MustConnect(t)
	e := history.Examples()[0]
	e.Profiles = append(e.Profiles, history.Profile{ID: history.ProfileID(3), FullName: "Park"}, history.Profile{ID: history.ProfileID(4), FullName: "Choi"})
	calls := questions(e.History)

	for _, c := range []struct {
		name, caller string
		prepare      string
		sees         bool
	}{
		{"a member", history.ProfileID(2), "select 1", true},
		{"a viewer", history.ProfileID(2), "update public.project_members set role = 'viewer' where profile_id = '" + history.ProfileID(2) + "'", true},
		{"an admin of the organization who is no member", history.ProfileID(3), "update public.profiles set org_role = 'admin' where profile_id = '" + history.ProfileID(3) + "'", true},
		{"somebody of the organization who is no member", history.ProfileID(4), "select 1", false},
		{"nobody the database knows", history.ProfileID(9), "select 1", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			rolledBack(t, conn, func(ctx context.Context, tx pgx.Tx) error {
				batch := &pgx.Batch{}
				e.Insert(batch)
				batch.Queue("set local session_replication_role = replica")
				batch.Queue(c.prepare)
				batch.Queue("set local session_replication_role = origin")
				actAs(batch, c.caller)
				if err := tx.SendBatch(ctx, batch).Close(); err != nil {
					return err
				}
				for _, q := range calls {
					if q.code != "" {
						continue
					}
					var answer *string
					if err := tx.QueryRow(ctx, q.sql(), []map[string]any{q.arguments}).Scan(&answer); err != nil {
						return fmt.Errorf("%s: %w", q, err)
					}
					switch {
					case q.function == "scrum_draft" && answer != nil:
						// One's own sprints, whatever others one may see.
						scrums, err := oracle.At([]byte(*answer), "scrums[*].sprint.sprint_id")
						if want := c.name == "a member"; err != nil || (string(scrums) != "[]") != want {
							t.Errorf("%s: got the sprints %s (%v), want any: %t", q, scrums, err, want)
						}
					case q.function == "scrum_draft":
						if c.caller != history.ProfileID(9) {
							t.Errorf("%s: got null, want an answer", q)
						}
					case !c.sees && answer != nil:
						t.Errorf("%s: got %s, want null", q, *answer)
					case c.sees && answer == nil:
						t.Errorf("%s: got null, want an answer", q)
					case c.sees && c.name != "a viewer" && q.function != "sprint_workload":
						for _, difference := range q.compare(answer) {
							t.Errorf("%s %s", q, difference)
						}
					}
				}
				return nil
			})
		})
	}
}

func TestRefusedArguments(t *testing.T) {
	conn := MustConnect(t)
	e := history.Examples()[0]
	of := func(name string, value any) map[string]any {
		return map[string]any{"project_id": history.ProjectID, name: value}
	}
	rolledBack(t, conn, func(ctx context.Context, tx pgx.Tx) error {
		batch := &pgx.Batch{}
		e.Insert(batch)
		actAs(batch, e.Caller)
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		questions := []question{
			{function: "project_velocity", arguments: of("last", 0), code: "22023"},
			{function: "project_velocity", arguments: of("last", 1)},
			{function: "project_velocity", arguments: of("last", 50)},
			{function: "project_velocity", arguments: of("last", 51), code: "22023"},
			{function: "project_throughput", arguments: of("days", 0), code: "22023"},
			{function: "project_throughput", arguments: of("days", 366)},
			{function: "project_throughput", arguments: of("days", 367), code: "22023"},
			{function: "project_participation", arguments: of("from_date", "2099-01-01"), code: "22023"},
			{function: "project_participation", arguments: of("from_date", "-infinity"), code: "22023"},
			{function: "project_participation", arguments: of("to_date", "2099-01-01"), code: "22023"},
			{function: "project_participation", arguments: of("to_date", "infinity"), code: "22023"},
		}
		for _, day := range []string{"infinity", "-infinity", "3000-01-01"} {
			questions = append(questions, question{
				function: "scrum_of_day", arguments: map[string]any{"sprint_id": history.SprintID(1), "date": day}, code: "22023"})
		}
		for _, moment := range []string{"infinity", "-infinity", "3000-01-01"} {
			for function, key := range map[string]string{
				"sprint_board": "sprint_id", "sprint_burndown": "sprint_id", "sprint_flow": "sprint_id", "sprint_report": "sprint_id",
				"sprint_workload": "sprint_id", "scrum_of_day": "sprint_id", "project_velocity": "project_id", "project_throughput": "project_id",
				"project_impediments": "project_id", "project_participation": "project_id", "scrum_draft": "",
			} {
				arguments := map[string]any{"as_of": moment}
				if key != "" {
					arguments[key] = map[string]any{"sprint_id": history.SprintID(1), "project_id": history.ProjectID}[key]
				}
				questions = append(questions, question{function: function, arguments: arguments, code: "22023"})
			}
		}
		for _, q := range questions {
			code, err := sqlState(ctx, tx, q)
			if err != nil {
				return err
			}
			if code != q.code {
				t.Errorf("%s: got SQLSTATE %q, want %q", q, code, q.code)
			}
		}
		return nil
	})
}
