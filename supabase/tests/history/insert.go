package history

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Insert queues what writes the history into the database: straight into the tables, without
// triggers and foreign keys, which have no part in figures and would write events of their own.
// For the role postgres, in a transaction that the caller rolls back.
func (h *History) Insert(batch *pgx.Batch) {
	batch.Queue("set local session_replication_role = replica")
	insert(batch, "public.organizations", []row{{
		"org_id": OrgID, "org_name": "Histories", "timezone": h.Zone.String(), "working_days": h.WorkingDays, "locale": "en",
		"reminder_time": DefaultCutoff, "scrum_cutoff_time": null(h.CutoffTime),
	}})

	var rows []row
	for i, d := range h.Holidays {
		rows = append(rows, row{"org_id": OrgID, "holiday_date": d, "name": fmt.Sprint("Holiday ", i)})
	}
	insert(batch, "public.org_holidays", rows)

	rows = nil
	for _, p := range h.Profiles {
		rows = append(rows, row{"id": p.ID, "email": p.ID + "@histories.test"})
	}
	insert(batch, "auth.users", rows)

	rows = nil
	for _, p := range h.Profiles {
		rows = append(rows, row{"profile_id": p.ID, "org_id": OrgID, "org_role": "member",
			"username": p.ID, "email": p.ID, "first_name": null(p.FullName), "is_verified": true})
	}
	insert(batch, "public.profiles", rows)

	rows = nil
	for _, d := range h.DaysOff {
		rows = append(rows, row{"profile_id": d.ProfileID, "org_id": OrgID, "from_date": d.From, "to_date": d.To})
	}
	insert(batch, "public.days_off", rows)

	insert(batch, "public.projects", []row{{"project_id": ProjectID, "org_id": OrgID, "project_name": ProjectName, "headline_unit": cmp.Or(h.Unit, "tasks")}})

	rows = nil
	for _, m := range h.Members {
		rows = append(rows, row{"project_id": ProjectID, "profile_id": m.ProfileID, "org_id": OrgID, "role": m.Role, "joined_at": m.JoinedAt})
	}
	insert(batch, "public.project_members", rows)

	rows = nil
	for _, s := range h.Sprints {
		rows = append(rows, row{"sprint_id": s.ID, "project_id": ProjectID, "sprint_name": s.Name, "goal": null(s.Goal),
			"start_date": s.StartDate, "end_date": s.EndDate, "status": s.Status,
			"started_at": moment(s.StartedAt), "completed_at": moment(s.CompletedAt)})
	}
	insert(batch, "public.sprints", rows)

	rows = nil
	for _, s := range h.Sprints {
		if c := s.Closed; c != nil {
			rows = append(rows, row{"sprint_id": s.ID, "project_id": ProjectID, "sprint_name": s.Name, "goal": null(s.Goal), "timezone": c.Zone.String(),
				"working_days": c.WorkingDays, "holidays": append([]Date{}, c.Holidays...), "cutoff_time": cmp.Or(c.CutoffTime, DefaultCutoff)})
		}
	}
	insert(batch, "private.closed_sprints", rows)

	rows = nil
	for _, t := range h.Tasks {
		if !t.Deleted {
			rows = append(rows, row{"task_id": t.ID, "project_id": ProjectID, "sprint_id": null(t.Sprint), "task_name": t.Name,
				"assigned_to": null(t.Assignee), "priority": t.Priority, "status": t.Status, "story_points": null(t.Points),
				"estimated_time": null(t.Estimated), "board_rank": t.Rank})
		}
	}
	insert(batch, "public.tasks", rows)

	// Events of one task at one moment all tell its state after the last of them.
	type change struct {
		task string
		at   int64
	}
	after := map[change]Row{}
	for _, e := range h.Events {
		after[change{e.TaskID, e.At.UnixMicro()}] = e.After
	}
	rows = nil
	for _, e := range h.Events {
		state := after[change{e.TaskID, e.At.UnixMicro()}]
		rows = append(rows, row{"project_id": ProjectID, "task_id": e.TaskID, "kind": e.Kind,
			"old_value": null(e.Old), "new_value": null(e.New), "actor": null(e.Actor), "at": e.At,
			"sprint_id": null(state.Sprint), "status": state.Status,
			"story_points": null(state.Points), "assigned_to": null(state.Assignee)})
	}
	insert(batch, "public.task_events", rows)

	rows = nil
	for _, s := range h.Scrums {
		rows = append(rows, row{"daily_scrum_id": s.ID, "project_id": ProjectID, "sprint_id": s.SprintID, "scrum_date": s.Date, "summary": null(s.Summary),
			"created_at": s.OpenedAt})
	}
	insert(batch, "public.daily_scrums", rows)

	rows = nil
	for _, u := range h.Updates {
		rows = append(rows, row{"update_id": u.ID, "project_id": ProjectID, "daily_scrum_id": u.ScrumID, "profile_id": null(u.ProfileID),
			"yesterday_work": null(u.Yesterday), "today_work": null(u.Today), "created_at": u.CreatedAt, "updated_at": u.UpdatedAt})
	}
	insert(batch, "public.daily_scrum_updates", rows)

	rows = nil
	for _, n := range h.Named {
		rows = append(rows, row{"daily_scrum_id": n.ScrumID, "task_id": n.TaskID, "profile_id": n.ProfileID, "intent": n.Intent, "project_id": ProjectID})
	}
	insert(batch, "public.daily_scrum_tasks", rows)

	rows = nil
	for _, i := range h.Impediments {
		rows = append(rows, row{"impediment_id": i.ID, "project_id": ProjectID, "sprint_id": i.SprintID, "task_id": null(i.TaskID),
			"raised_by": null(i.RaisedBy), "description": i.Description, "raised_at": i.RaisedAt,
			"resolved_at": moment(i.ResolvedAt), "resolved_by": null(i.ResolvedBy)})
	}
	insert(batch, "public.impediments", rows)

	batch.Queue("set local session_replication_role = origin")
}

type row map[string]any

func insert(batch *pgx.Batch, table string, rows []row) {
	if len(rows) == 0 {
		return
	}
	list := strings.Join(slices.Sorted(maps.Keys(rows[0])), ", ")
	batch.Queue(fmt.Sprintf("insert into %s (%s) select %s from jsonb_populate_recordset(null::%s, $1)",
		table, list, list, table), rows)
}

func null(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
