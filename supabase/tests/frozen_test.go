package tests

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"github.com/mysingle/mysingle/supabase/tests/history"
	"github.com/mysingle/mysingle/supabase/tests/oracle"
)

// TestFrozenFigures completes the sprint of random histories as a manager does, compares the views
// of the closed sprint and velocity with the oracle's, then changes whatever can be changed: they
// must stay as they are, byte for byte, but for what is always of the moment of the call.
func TestFrozenFigures(t *testing.T) {
	conn := MustConnect(t)
	fewer(t, 10)
	rapid.Check(t, func(rt *rapid.T) {
		h := history.Generate(rt)
		h.Members[0].Role = "scrum_master" // the caller
		for _, p := range h.Profiles {
			// At the moment of the close, nobody had left yet.
			if !slices.ContainsFunc(h.Members, func(m history.Member) bool { return m.ProfileID == p.ID }) {
				h.Members = append(h.Members, history.Member{ProfileID: p.ID, Role: "member", JoinedAt: h.Members[0].JoinedAt})
			}
		}
		s := &h.Sprints[0]
		if s.StartedAt.IsZero() {
			s.StartedAt = h.Start(s.StartDate)
		}
		at := h.End(s.EndDate)
		if !s.CompletedAt.IsZero() {
			at = s.CompletedAt
		} else if at.Before(s.StartedAt) {
			at = s.StartedAt
		}
		to := ""
		if next := h.Sprints[len(h.Sprints)-1]; next.StartDate > s.EndDate && rapid.Bool().Draw(rt, "to the next sprint") {
			to = next.ID
		}

		var differences []string
		rolledBack(rt, conn, func(ctx context.Context, tx pgx.Tx) error {
			closed, err := completeSprint(ctx, tx, h, at, to)
			if err != nil {
				return err
			}
			var now time.Time
			if err := tx.QueryRow(ctx, "select clock_timestamp()").Scan(&now); err != nil {
				return err
			}
			asked := frozenQuestions(closed, h.Day, now)
			asked = append(asked, pastQuestions(closed, at)...)
			before := make([]string, len(asked))
			for i, q := range asked {
				if err := tx.QueryRow(ctx, q.sql(), []map[string]any{q.arguments}).Scan(&before[i]); err != nil {
					return err
				}
				for _, d := range q.compare(&before[i]) {
					differences = append(differences, h.Short(q.function+d))
				}
			}
			if err := changeEverything(ctx, tx); err != nil {
				return err
			}
			for i, q := range asked {
				var after string
				if err := tx.QueryRow(ctx, q.sql(), []map[string]any{q.arguments}).Scan(&after); err != nil {
					return err
				}
				for _, d := range changed(q, before[i], after) {
					differences = append(differences, h.Short(q.function+d))
				}
			}
			return nil
		})
		if len(differences) > 0 {
			rt.Fatalf("%d differences:\n%s\ncompleted at %s:\n%s", len(differences), strings.Join(differences[:min(12, len(differences))], "\n"), h.Moment(at), h)
		}
	})
}

// frozenQuestions are the views of the closed first sprint, as of a moment after its close.
func frozenQuestions(closed *history.History, day history.Date, now time.Time) []question {
	s := closed.Sprints[0]
	// What was right at the close, whenever it is asked for.
	o := oracle.New(closed, s.CompletedAt)
	ofSprint := func(function string, want oracle.Object) question {
		want["as_of"] = now
		return question{function: function, arguments: map[string]any{"sprint_id": s.ID, "as_of": now}, want: want}
	}
	list := []question{
		{function: "sprint_report", arguments: map[string]any{"sprint_id": s.ID}, want: oracle.FrozenReport(closed, s.ID),
			current: []string{"as_of", "scope"}},
		{function: "project_velocity", arguments: map[string]any{"project_id": history.ProjectID}, want: oracle.New(closed, now).Velocity(6),
			current: []string{"as_of", "timezone", "project"}}, // none of its figures depends on the time zone
		{function: "sprint_board", arguments: map[string]any{"sprint_id": s.ID}, current: []string{"as_of"}},
		ofSprint("sprint_burndown", o.Burndown(s.ID)),
		ofSprint("sprint_flow", o.Flow(s.ID)),
		ofSprint("sprint_workload", o.Workload(s.ID)),
	}
	for _, d := range []history.Date{"", closed.DateOf(s.StartedAt), max(day, closed.DateOf(s.StartedAt)), closed.DateOf(s.CompletedAt)} {
		want, err := o.ScrumOfDay(s.ID, d)
		if err != nil {
			panic(err) // each of these days is in the sprint
		}
		q := ofSprint("scrum_of_day", want)
		q.arguments["date"] = orNull(d)
		list = append(list, q)
	}
	return list
}

// pastQuestions are the views of the closed first sprint that events tell, as of a moment before its close.
func pastQuestions(closed *history.History, at time.Time) []question {
	id := closed.Sprints[0].ID
	o := oracle.New(closed, at)
	return []question{
		{function: "sprint_board", arguments: map[string]any{"sprint_id": id, "as_of": at}},
		{function: "sprint_burndown", arguments: map[string]any{"sprint_id": id, "as_of": at}, want: o.Burndown(id), current: []string{"project"}},
		{function: "sprint_flow", arguments: map[string]any{"sprint_id": id, "as_of": at}, want: o.Flow(id), current: []string{"project"}},
	}
}

// changeEverything changes all that the figures were computed from, with the triggers at work, and
// leaves the caller able to read them.
func changeEverything(ctx context.Context, tx pgx.Tx) error {
	for _, sql := range []string{
		`reset role`,
		`update public.tasks set status = 'Planned', story_points = 21, task_name = task_name || ' (renamed)', assigned_to = null`,
		`update public.tasks set sprint_id = null`,
		`delete from public.tasks where project_id = $1 and task_id::text ~ '[02468]$'`,
		`insert into public.tasks (project_id, task_name, status, story_points) values ($1, 'New', 'Completed', 5)`,
		`update public.impediments set resolved_at = now() where project_id = $1 and resolved_at is null`,
		`delete from public.impediments where project_id = $1 and impediment_id::text ~ '[02468]$'`,
		`insert into public.days_off (profile_id, org_id, from_date, to_date)
			select m.profile_id, m.org_id, '2025-01-01', '2027-12-31' from public.project_members m where m.project_id = $1`,
		`update public.projects set project_name = 'Renamed' where project_id = $1`,
		`update public.profiles p set first_name = 'Renamed' from public.project_members m where m.profile_id = p.profile_id and m.project_id = $1`,
		`insert into public.daily_scrum_updates (daily_scrum_id, profile_id, today_work)
			select d.daily_scrum_id, m.profile_id, 'Late' from public.daily_scrums d join public.project_members m using (project_id)
			where d.project_id = $1 on conflict do nothing`,
		`update public.daily_scrum_updates set today_work = 'Edited' where project_id = $1`,
		`delete from public.daily_scrum_tasks where project_id = $1 and task_id::text ~ '[13579]$'`,
		`delete from public.project_members where project_id = $1 and profile_id <> auth.uid()`,
		`update public.project_members set role = 'viewer' where project_id = $1`,
		`insert into public.org_holidays (org_id, holiday_date, name)
			select p.org_id, day, 'Late' from public.projects p, generate_series('2026-01-01'::date, '2026-12-31', '1 day') day
			where p.project_id = $1 on conflict do nothing`,
		`update public.organizations o set timezone = 'Pacific/Auckland', working_days = '{7}', scrum_cutoff_time = '00:00' from public.projects p where p.org_id = o.org_id and p.project_id = $1`,
		`update public.sprints set sprint_name = 'Renamed', goal = 'Another' where project_id = $1 and status in ('Planned', 'Completed')`,
		`delete from public.sprints s where project_id = $1 and status = 'Planned'
			and not exists (select from public.impediments i where i.sprint_id = s.sprint_id)`,
		`set local role authenticated`,
	} {
		var arguments []any
		if strings.Contains(sql, "$1") {
			arguments = append(arguments, history.ProjectID)
		} else if strings.HasPrefix(sql, "update") {
			sql += " where project_id = $1"
			arguments = append(arguments, history.ProjectID)
		}
		if _, err := tx.Exec(ctx, sql, arguments...); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}

// changed returns the parts of an answer whose text is no longer what it was.
func changed(q question, before, after string) []string {
	if before == after {
		return nil
	}
	var was, is map[string]json.RawMessage
	for text, parts := range map[string]*map[string]json.RawMessage{before: &was, after: &is} {
		if err := json.Unmarshal([]byte(text), parts); err != nil {
			return []string{err.Error()}
		}
	}
	var differences []string
	for _, part := range slices.Sorted(maps.Keys(was)) {
		if !slices.Contains(q.current, part) && string(was[part]) != string(is[part]) {
			differences = append(differences, fmt.Sprintf(".%s was %s and is %s", part, was[part], is[part]))
		}
	}
	if len(was) != len(is) {
		differences = append(differences, fmt.Sprintf(": parts were %d and are %d", len(was), len(is)))
	}
	return differences
}
