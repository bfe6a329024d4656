// Package oracle computes every figure a second time, from a history and in the plainest way,
// so that the SQL functions can be checked against it: each figure is a loop that follows its
// definition, and arithmetic is exact.
package oracle

import (
	"math/big"
	"slices"
	"time"

	"github.com/mysingle/mysingle/supabase/tests/history"
)

// Object and List are what an answer is made of, besides numbers (int or *big.Rat), moments
// (time.Time), days (history.Date), strings, booleans and nil.
type (
	Object = map[string]any
	List   = []any
)

// State is what a task is at a moment. In its strings "" is null; nil points are null.
type State struct {
	Exists                   bool
	Status, Sprint, Assignee string
	Points                   *big.Rat
}

// Change is what happened to a task at one moment, all its events taken together.
type Change struct {
	At            time.Time
	Before, After State
}

// Oracle answers for one moment. What happened later doesn't exist for it.
type Oracle struct {
	*history.History
	AsOf    time.Time
	changes map[string][]Change // by task
	tasks   []string            // that ever existed, by name and key
}

// New replays the history up to a moment.
func New(h *history.History, asOf time.Time) *Oracle {
	o := &Oracle{History: h, AsOf: asOf, changes: map[string][]Change{}}
	for _, e := range h.Events {
		if e.At.After(asOf) {
			break // events are in order
		}
		list := o.changes[e.TaskID]
		if len(list) == 0 || !list[len(list)-1].At.Equal(e.At) {
			var before State
			if len(list) > 0 {
				before = list[len(list)-1].After
			} else {
				o.tasks = append(o.tasks, e.TaskID)
			}
			list = append(list, Change{e.At, before, before})
		}
		last := &list[len(list)-1]
		last.After = apply(last.After, e)
		o.changes[e.TaskID] = list
	}
	slices.SortFunc(o.tasks, o.byTaskName)
	return o
}

// apply returns the state after one event. What an event's columns say of the state is not read.
func apply(s State, e history.Event) State {
	switch e.Kind {
	case "created":
		s = State{Exists: true, Status: e.New}
	case "status":
		s.Status = e.New
	case "points":
		s.Points = decimal(e.New)
	case "sprint":
		s.Sprint = e.New
	case "assignee":
		s.Assignee = e.New
	case "deleted":
		s.Exists = false
	}
	return s
}

// state returns a task's state at a moment, which included.
func (o *Oracle) state(task string, at time.Time) State {
	var s State
	for _, c := range o.changes[task] {
		if c.At.After(at) {
			break
		}
		s = c.After
	}
	return s
}

// within returns a task's changes in (after, until].
func (o *Oracle) within(task string, after, until time.Time) []Change {
	var list []Change
	for _, c := range o.changes[task] {
		if c.At.After(after) && !c.At.After(until) {
			list = append(list, c)
		}
	}
	return list
}

// lastInto returns when a task last came into a status, until a moment, and its change then.
func (o *Oracle) lastInto(task, status string, until time.Time) (last Change) {
	for _, c := range o.changes[task] {
		if !c.At.After(until) && c.After.is(status) && !c.Before.is(status) {
			last = c
		}
	}
	return last
}

func (s State) is(status string) bool { return s.Exists && s.Status == status }

// in tells whether the task is in a sprint.
func (s State) in(sprint string) bool { return s.Exists && s.Sprint == sprint }

// scope tells whether the task is in a sprint's scope.
func (s State) scope(sprint string) bool { return s.in(sprint) && s.Status != "Cancelled" }

// done tells whether the task is done in a sprint.
func (s State) done(sprint string) bool { return s.in(sprint) && s.Status == "Completed" }

// amount is a number of tasks and of points.
type amount struct {
	tasks  int
	points *big.Rat
}

// add counts a task, null points as 0.
func (a *amount) add(points *big.Rat) {
	a.tasks++
	a.points = sum(a.points, orZero(points))
}

func (a amount) object() Object {
	return Object{"tasks": a.tasks, "points": orZero(a.points)}
}

// Who and what -----------------------------------------------------------------------------------

// taskName is today's name, or that of the deletion, which is the last one too.
func (o *Oracle) taskName(id string) string { return o.Task(id).Name }

func (o *Oracle) taskRef(id string) Object {
	return Object{"task_id": id, "task_name": o.taskName(id)}
}

func (o *Oracle) fullName(id string) string {
	for _, p := range o.Profiles {
		if p.ID == id {
			return p.FullName
		}
	}
	return ""
}

// person is {profile_id, full_name}, or null for nobody.
func (o *Oracle) person(id string) any {
	if id == "" {
		return nil
	}
	return Object{"profile_id": id, "full_name": orNull(o.fullName(id))}
}

// role is a person's role in the project, "" for none.
func (o *Oracle) role(profile string) string {
	for _, m := range o.Members {
		if m.ProfileID == profile {
			return m.Role
		}
	}
	return ""
}

// isOff tells whether a person is away on a day.
func (o *Oracle) isOff(profile string, day history.Date) bool {
	for _, d := range o.DaysOff {
		if d.ProfileID == profile && d.From <= day && day <= d.To {
			return true
		}
	}
	return false
}

func (o *Oracle) isWorkingDay(day history.Date) bool {
	return slices.Contains(o.WorkingDays, day.Weekday()) && !slices.Contains(o.Holidays, day)
}

// workingDays counts the working days in [from, to].
func (o *Oracle) workingDays(from, to history.Date) int {
	n := 0
	for d := from; d <= to; d = d.Plus(1) {
		if o.isWorkingDay(d) {
			n++
		}
	}
	return n
}

func (o *Oracle) project() Object {
	return Object{"project_id": history.ProjectID, "project_name": history.ProjectName}
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func momentOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}
