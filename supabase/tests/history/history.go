// Package history holds histories of a project: what was planned and what happened, so that
// the figures computed from it can be checked. Generate makes random ones, Examples are worked
// by hand, Insert writes one into the database.
package history

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Statuses are the columns of the board, in order.
var Statuses = []string{"Planned", "Scheduled", "In Progress", "In Review", "Blocked", "On Hold", "Completed", "Cancelled"}

// Priorities, lowest first.
var Priorities = []string{"Low", "Medium", "High", "Urgent"}

// History is one organization with one project, as its rows are today, and every event of the
// project's tasks in the order of their event_id. In strings that stand for a key or a number
// "" is null.
type History struct {
	Zone        *time.Location
	WorkingDays []int // ISO weekdays
	Holidays    []Date
	CutoffTime  string // until which, on the next working day, an update counts; "" is DefaultCutoff
	Unit        string // headline_unit of the project; "" is tasks
	Profiles    []Profile
	Members     []Member // Caller is one of them
	DaysOff     []DayOff
	Sprints     []Sprint // the first is what the history is about
	Tasks       []Task   // in their last state, deleted ones too
	Events      []Event
	Scrums      []Scrum
	Updates     []Update
	Named       []Named
	Impediments []Impediment
	Caller      string // profile whose rights are used

	// Moments at which the figures are asked for, and a day whose scrum is.
	Moments []time.Time
	Day     Date
}

// The keys of a history. They are the same in each: a history is never committed.
var (
	OrgID     = key("1", 1)
	ProjectID = key("4", 1)
)

// DefaultCutoff is the cut-off of an organization without one: its reminder_time.
const DefaultCutoff = "10:00"

// ProjectName is the name of a history's project.
const ProjectName = "Project"

// The keys of the nth row of each table.
func ProfileID(n int) string    { return key("2", n) }
func SprintID(n int) string     { return key("5", n) }
func TaskID(n int) string       { return key("6", n) }
func ScrumID(n int) string      { return key("7", n) }
func UpdateID(n int) string     { return key("8", n) }
func ImpedimentID(n int) string { return key("9", n) }

func key(table string, n int) string {
	return fmt.Sprintf("0000000%s-f19e-4000-8000-%012d", table, n)
}

// Profile is a person of the organization. FullName may be "".
type Profile struct{ ID, FullName string }

// Member is a person's part in the project.
type Member struct {
	ProfileID, Role string
	JoinedAt        time.Time
}

// DayOff is when a person is away, both days included.
type DayOff struct {
	ProfileID string
	From, To  Date
}

// Sprint is a sprint's row. The times are zero where they are null.
type Sprint struct {
	ID, Name, Goal         string
	StartDate, EndDate     Date
	Status                 string
	StartedAt, CompletedAt time.Time
	CarriedOverTo          string // when it was completed; "" is the backlog
	Closed                 *Calendar
}

// Calendar is what counted when a sprint was completed. A sprint without one has the present calendar.
type Calendar struct {
	Zone        *time.Location
	WorkingDays []int
	Holidays    []Date
	CutoffTime  string
}

// Row is what the events of a task tell about it.
type Row struct{ Sprint, Points, Assignee, Status string }

// Task is a task's row as it is now, or was when it was deleted.
type Task struct {
	ID, Name  string
	Priority  string
	Rank      float64
	Estimated string // minutes
	Deleted   bool
	Row
}

// Event is a row of task_events; After is what it says of the task from then on.
type Event struct {
	TaskID, Kind, Old, New, Actor string
	At                            time.Time
	After                         Row
}

// Scrum is a daily scrum.
type Scrum struct {
	ID, SprintID string
	Date         Date
	Summary      string
	OpenedAt     time.Time
}

// Update is what a member says in a scrum.
type Update struct {
	ID, ScrumID, ProfileID string
	Yesterday, Today       string
	CreatedAt, UpdatedAt   time.Time
}

// Named is a task named in a scrum.
type Named struct{ ScrumID, ProfileID, TaskID, Intent string }

// Impediment is an impediment's row.
type Impediment struct {
	ID, SprintID, TaskID, Description string
	RaisedBy                          string
	RaisedAt                          time.Time
	ResolvedBy                        string
	ResolvedAt                        time.Time // zero: open
}

// Sprint returns the sprint with that key.
func (h *History) Sprint(id string) *Sprint {
	i := slices.IndexFunc(h.Sprints, func(s Sprint) bool { return s.ID == id })
	return &h.Sprints[i]
}

// Task returns the task with that key.
func (h *History) Task(id string) *Task {
	i := slices.IndexFunc(h.Tasks, func(t Task) bool { return t.ID == id })
	return &h.Tasks[i]
}

// What happens to tasks: one call is one statement, and writes the events that the database's
// triggers write for it.

// Create adds tasks.
func (h *History) Create(at time.Time, actor string, tasks ...Task) {
	h.Tasks = append(h.Tasks, tasks...)
	for _, t := range inOrder(tasks) {
		h.record(at, actor, t, "created", "", t.Status)
		h.record(at, actor, t, "points", "", t.Points)
		h.record(at, actor, t, "sprint", "", t.Sprint)
		h.record(at, actor, t, "assignee", "", t.Assignee)
	}
}

// Change changes tasks.
func (h *History) Change(at time.Time, actor string, change func(*Row), ids ...string) {
	var tasks []Task
	for _, id := range ids {
		tasks = append(tasks, *h.Task(id))
	}
	for _, t := range inOrder(tasks) {
		old := t.Row
		change(&t.Row)
		h.Task(t.ID).Row = t.Row
		h.record(at, actor, t, "sprint", old.Sprint, t.Sprint)
		h.record(at, actor, t, "points", old.Points, t.Points)
		h.record(at, actor, t, "assignee", old.Assignee, t.Assignee)
		h.record(at, actor, t, "status", old.Status, t.Status)
	}
}

// Delete deletes tasks, and with them what was said of them in scrums.
func (h *History) Delete(at time.Time, actor string, ids ...string) {
	for _, id := range ids {
		t := h.Task(id)
		t.Deleted = true
		h.record(at, actor, *t, "deleted", t.Name, "")
		h.Named = slices.DeleteFunc(h.Named, func(n Named) bool { return n.TaskID == id })
		for i := range h.Impediments {
			if h.Impediments[i].TaskID == id {
				h.Impediments[i].TaskID = ""
			}
		}
	}
}

func (h *History) record(at time.Time, actor string, t Task, kind, old, new string) {
	if n := len(h.Events); n > 0 && at.Before(h.Events[n-1].At) {
		panic(fmt.Sprintf("history: an event at %s after one at %s", at, h.Events[n-1].At))
	}
	if old != new {
		h.Events = append(h.Events, Event{t.ID, kind, old, new, actor, at, t.Row})
	}
}

// inOrder returns tasks in the order in which a statement's events are written.
func inOrder(tasks []Task) []Task {
	return slices.SortedFunc(slices.Values(tasks), func(a, b Task) int {
		return cmp.Or(cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.ID, b.ID))
	})
}

// Until returns the history as it stood at a moment: without what happened to tasks and sprints
// since. The sprints' other columns and everything else stay.
func (h *History) Until(at time.Time) *History {
	then := *h
	then.Events = slices.DeleteFunc(slices.Clone(h.Events), func(e Event) bool { return e.At.After(at) })
	then.Tasks = nil
	for _, t := range h.Tasks {
		created := false
		t.Deleted = false
		for _, e := range then.Events {
			if e.TaskID == t.ID {
				created, t.Row, t.Deleted = true, e.After, e.Kind == "deleted"
			}
		}
		if created {
			then.Tasks = append(then.Tasks, t)
		}
	}
	live := then.Live()
	then.Named = slices.DeleteFunc(slices.Clone(h.Named), func(n Named) bool { return !slices.Contains(live, n.TaskID) })
	then.Impediments = slices.Clone(h.Impediments)
	for i := range then.Impediments {
		if !slices.Contains(live, then.Impediments[i].TaskID) {
			then.Impediments[i].TaskID = ""
		}
	}
	then.Sprints = slices.Clone(h.Sprints)
	for i := range then.Sprints {
		s := &then.Sprints[i]
		if s.CompletedAt.After(at) {
			s.Status, s.CompletedAt = "Active", time.Time{}
		}
		if s.StartedAt.After(at) {
			s.Status, s.StartedAt = "Planned", time.Time{}
		}
	}
	return &then
}

// Live returns the keys of the tasks that haven't been deleted.
func (h *History) Live() []string {
	var ids []string
	for _, t := range h.Tasks {
		if !t.Deleted {
			ids = append(ids, t.ID)
		}
	}
	return ids
}
