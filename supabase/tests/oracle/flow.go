package oracle

import (
	"math/big"
	"time"

	"github.com/mysingle/mysingle/supabase/tests/history"
)

// Flow answers as sprint_flow.
func (o *Oracle) Flow(sprint string) Object {
	s := o.sprint(sprint)
	answer := s.head()
	s.references(answer)
	days := List{}
	for _, d := range s.days() {
		days = append(days, s.flowDay(d))
	}
	answer["days"] = days

	var lead, cycle []*big.Rat
	var blockedTasks, reopenedTasks, reopenedTimes int
	var blocked time.Duration
	for _, task := range s.tasks {
		if !s.begun {
			break // nothing has happened in it
		}
		if s.state(task, s.horizon).done(s.id) {
			completed := s.lastInto(task, "Completed", s.horizon).At
			lead = append(lead, hours(completed.Sub(s.changes[task][0].At)))
			if begun, ok := s.firstInProgress(task); ok {
				cycle = append(cycle, hours(completed.Sub(begun)))
			}
		}
		if d := s.blocked(task); d > 0 {
			blockedTasks++
			blocked += d
		}
		times := 0
		for _, c := range s.within(task, s.refStart, s.horizon) {
			if c.Before.Status == "Completed" && c.After.in(s.id) && c.After.Status != "Completed" {
				times++
			}
		}
		if times > 0 {
			reopenedTasks++
			reopenedTimes += times
		}
	}
	answer["lead_time"], answer["cycle_time"] = durations(lead), durations(cycle)
	answer["blocked"] = Object{"tasks": blockedTasks, "hours": rounded(hours(blocked), 2)}
	answer["reopened"] = Object{"tasks": reopenedTasks, "times": reopenedTimes}
	return answer
}

func (s *sprintView) flowDay(d history.Date) Object {
	tasks, points := Object{}, Object{}
	moment, ok := s.dayMoment(d)
	for _, status := range history.Statuses {
		tasks[status], points[status] = nil, nil
		if ok {
			var there amount
			for _, task := range s.tasks {
				if state := s.state(task, moment); state.in(s.id) && state.Status == status {
					there.add(state.Points)
				}
			}
			tasks[status], points[status] = there.tasks, orZero(there.points)
		}
	}
	return Object{"date": d, "is_working_day": s.isWorkingDay(d), "tasks": tasks, "points": points}
}

// firstInProgress is when a task first came into In Progress, until the horizon.
func (s *sprintView) firstInProgress(task string) (time.Time, bool) {
	for _, c := range s.changes[task] {
		if !c.At.After(s.horizon) && c.After.is("In Progress") {
			return c.At, true
		}
	}
	return time.Time{}, false
}

// blocked is how long a task was in the sprint and Blocked in (refStart, horizon].
func (s *sprintView) blocked(task string) (total time.Duration) {
	since := s.refStart
	state := s.state(task, since)
	count := func(until time.Time) {
		if state.in(s.id) && state.Status == "Blocked" {
			total += until.Sub(since)
		}
	}
	for _, c := range s.within(task, s.refStart, s.horizon) {
		count(c.At)
		since, state = c.At, c.After
	}
	count(s.horizon)
	return total
}

func durations(values []*big.Rat) Object {
	return Object{
		"count":     len(values),
		"p50_hours": roundedOrNull(percentile(values, 50), 2),
		"p85_hours": roundedOrNull(percentile(values, 85), 2),
		"p95_hours": roundedOrNull(percentile(values, 95), 2),
	}
}
