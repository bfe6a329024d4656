package oracle

import (
	"time"

	"github.com/mysingle/mysingle/supabase/tests/history"
)

// sprintView is a sprint as seen at the oracle's moment.
type sprintView struct {
	*Oracle
	row                 *history.Sprint
	id                  string
	started, completed  time.Time // zero: not, or not yet
	refStart, refFinish time.Time
	horizon             time.Time
	begun               bool
	startDay, today     history.Date // of refStart, AsOf
}

func (o *Oracle) sprint(id string) *sprintView {
	o = o.inCalendarOf(id)
	s := &sprintView{Oracle: o, id: id, row: o.Sprint(id)}
	if !s.row.StartedAt.After(o.AsOf) {
		s.started = s.row.StartedAt
	}
	if !s.row.CompletedAt.After(o.AsOf) {
		s.completed = s.row.CompletedAt
	}

	s.refStart = s.started
	if s.started.IsZero() {
		s.refStart = o.Start(s.row.StartDate)
	}
	s.refFinish, s.horizon = s.completed, s.completed
	if s.completed.IsZero() {
		s.refFinish = o.AsOf
		if !s.running() {
			s.refFinish = earlier(o.End(s.row.EndDate), o.AsOf)
		}
		if s.refFinish.Before(s.refStart) {
			s.refFinish = s.refStart // not begun, or begun after its last day
		}
		s.horizon = o.AsOf
	}
	s.begun = !s.refStart.After(o.AsOf)
	s.startDay, s.today = o.DateOf(s.refStart), o.DateOf(o.AsOf)
	return s
}

// inCalendarOf returns an oracle for which the calendar is that of the sprint's completion, if one was frozen. While a
// sprint runs, the organization's present calendar counts for all its days, also for those that are over.
func (o *Oracle) inCalendarOf(sprint string) *Oracle {
	c := o.Sprint(sprint).Closed
	if c == nil {
		return o
	}
	h, then := *o.History, *o
	h.Zone, h.WorkingDays, h.Holidays, h.CutoffTime = c.Zone, c.WorkingDays, c.Holidays, c.CutoffTime
	then.History = &h
	return &then
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// head is what every answer about a sprint begins with.
func (s *sprintView) head() Object {
	return Object{
		"as_of": s.AsOf, "timezone": s.Zone.String(), "scope": Object{"visible_tasks": s.visible(s.horizon)},
		"sprint": s.object(), "project": s.project(),
	}
}

// visible counts the tasks in the sprint at a moment.
func (s *sprintView) visible(at time.Time) int {
	n := 0
	for _, task := range s.tasks {
		if s.state(task, at).in(s.id) {
			n++
		}
	}
	return n
}

func (s *sprintView) object() Object {
	return Object{
		"sprint_id": s.id, "sprint_name": s.row.Name, "goal": orNull(s.row.Goal), "status": s.row.Status,
		"start_date": s.row.StartDate, "end_date": s.row.EndDate,
		"started_at": momentOrNull(s.row.StartedAt), "completed_at": momentOrNull(s.row.CompletedAt),
	}
}

// references adds the reference start and finish to an answer, null when the sprint hasn't begun.
func (s *sprintView) references(answer Object) {
	answer["reference_start"], answer["reference_finish"] = nil, nil
	if s.begun {
		answer["reference_start"], answer["reference_finish"] = s.refStart, s.refFinish
	}
}

// running tells whether the sprint is Active at the moment: started, and neither completed nor cancelled.
func (s *sprintView) running() bool {
	return !s.started.IsZero() && s.completed.IsZero() && s.row.Status != "Cancelled"
}

// lastDay is the last day of burndown, flow and scrums: end_date, or a later day on which the
// sprint still ran, was completed or started. One that isn't running has no days after its end.
func (s *sprintView) lastDay() history.Date {
	if s.running() || !s.completed.IsZero() {
		return max(s.row.EndDate, s.DateOf(s.horizon))
	}
	return max(s.row.EndDate, s.startDay)
}

// days are the days of burndown and flow.
func (s *sprintView) days() []history.Date {
	var days []history.Date
	for d := s.startDay; d <= s.lastDay(); d = d.Plus(1) {
		days = append(days, d)
	}
	return days
}

// daysLeft are the working days until end_date, from today on or from the day it starts.
func (s *sprintView) daysLeft() []history.Date {
	var days []history.Date
	for d := max(s.today, s.startDay); s.completed.IsZero() && s.row.Status != "Cancelled" && d <= s.row.EndDate; d = d.Plus(1) {
		if s.isWorkingDay(d) {
			days = append(days, d)
		}
	}
	return days
}

// dayMoment is the moment a day's figures are of; none for a day that is yet to come.
func (s *sprintView) dayMoment(d history.Date) (moment time.Time, ok bool) {
	if !s.begun || s.Start(d).After(s.horizon) {
		return time.Time{}, false
	}
	return earlier(s.End(d), s.horizon), true
}

// scopeAt and doneAt count the scope, and what of it is done, at a moment.
func (s *sprintView) scopeAt(at time.Time) (scope amount) {
	for _, task := range s.tasks {
		if state := s.state(task, at); state.scope(s.id) {
			scope.add(state.Points)
		}
	}
	return scope
}

func (s *sprintView) doneAt(at time.Time) (done amount) {
	for _, task := range s.tasks {
		if state := s.state(task, at); state.done(s.id) {
			done.add(state.Points)
		}
	}
	return done
}

// unestimatedAt counts the tasks without points in the scope at a moment.
func (s *sprintView) unestimatedAt(at time.Time) int {
	n := 0
	for _, task := range s.tasks {
		if state := s.state(task, at); state.scope(s.id) && state.Points == nil {
			n++
		}
	}
	return n
}
