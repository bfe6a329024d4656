package oracle

import (
	"cmp"
	"math/big"
	"slices"
	"strconv"

	"github.com/mysingle/mysingle/supabase/tests/history"
)

// Burndown answers as sprint_burndown.
func (o *Oracle) Burndown(sprint string) Object {
	s := o.sprint(sprint)
	answer := s.head()
	s.references(answer)
	tasks, points := s.pace("tasks"), s.pace("points")
	answer["headline_unit"] = cmp.Or(o.Unit, "tasks")
	answer["start"], answer["unestimated_count"] = nil, nil
	if s.begun {
		answer["start"] = s.scopeAt(s.refStart).object()
		answer["unestimated_count"] = s.unestimatedAt(s.horizon)
	}
	answer["pace"] = Object{"working_days": nil, "tasks": roundedOrNull(tasks, 4), "points": roundedOrNull(points, 4)}
	if s.running() {
		answer["pace"].(Object)["working_days"] = len(s.paceDays())
	}
	answer["projected_finish"] = Object{"tasks": s.projectedFinish("tasks", tasks), "points": s.projectedFinish("points", points)}
	days := List{}
	for _, d := range s.burndownDays(answer["projected_finish"].(Object)) {
		days = append(days, Object{
			"date": d, "is_working_day": s.isWorkingDay(d),
			"tasks": s.burndownDay(d, "tasks", tasks), "points": s.burndownDay(d, "points", points),
		})
	}
	answer["days"] = days
	return answer
}

// burndownDays are the sprint's days and, while it runs, those until the later projected finish: at most as many again, or
// four weeks.
func (s *sprintView) burndownDays(finish Object) []history.Date {
	days := s.days()
	most := max(len(days), 28)
	for _, unit := range []string{"tasks", "points"} {
		until, known := finish[unit].(history.Date)
		for d := s.lastDay().Plus(1); known && d <= until && d <= s.lastDay().Plus(most); d = d.Plus(1) {
			if d > days[len(days)-1] {
				days = append(days, d)
			}
		}
	}
	return days
}

// of reads tasks or points.
func (a amount) of(unit string) *big.Rat {
	if unit == "tasks" {
		return whole(a.tasks)
	}
	return orZero(a.points)
}

func (s *sprintView) burndownDay(d history.Date, unit string, pace *big.Rat) Object {
	day := Object{"scope": nil, "completed": nil, "remaining": nil, "added": nil, "removed": nil, "reestimated": nil,
		"ideal": s.ideal(d, unit), "projection": s.projection(d, unit, pace)}
	moment, ok := s.dayMoment(d)
	if !ok {
		return day
	}
	scope, done := s.scopeAt(moment).of(unit), s.doneAt(moment).of(unit)
	day["scope"], day["completed"], day["remaining"] = scope, done, difference(scope, done)

	var added, removed amount
	reestimatedTasks, reestimatedPoints := 0, new(big.Rat)
	for _, task := range s.tasks {
		reestimated := false
		for _, c := range s.within(task, s.refStart, moment) {
			if s.DateOf(c.At) != d {
				continue
			}
			before, after := c.Before.scope(s.id), c.After.scope(s.id)
			switch {
			case !before && after:
				added.add(c.After.Points)
			case before && !after:
				removed.add(c.Before.Points)
			case before && after && !same(c.Before.Points, c.After.Points):
				reestimated = true
				reestimatedPoints = sum(reestimatedPoints, difference(c.After.Points, c.Before.Points))
			}
		}
		if reestimated {
			reestimatedTasks++
		}
	}
	day["added"], day["removed"] = added.of(unit), removed.of(unit)
	day["reestimated"] = amount{reestimatedTasks, reestimatedPoints}.of(unit)
	return day
}

func (s *sprintView) ideal(d history.Date, unit string) any {
	if !s.begun {
		return nil
	}
	if d > s.row.EndDate {
		return 0
	}
	start := s.scopeAt(s.refStart).of(unit)
	all, past := s.workingDays(s.startDay, s.row.EndDate), s.workingDays(s.startDay, d)
	if all == 0 {
		return start
	}
	return rounded(product(start, big.NewRat(int64(all-past), int64(all))), 2)
}

// paceDays are the last up to 5 working days before today, in order.
func (s *sprintView) paceDays() []history.Date {
	var days []history.Date
	for d := s.startDay; d < s.today; d = d.Plus(1) {
		if s.isWorkingDay(d) {
			days = append(days, d)
		}
	}
	return days[max(0, len(days)-5):]
}

// pace is the work completed in the sprint per working day, exact, since the first of these days and until today begins,
// days off included; nil is null. A task counts when it was last completed, if it hasn't been reopened or deleted since;
// where it was moved makes no difference.
func (s *sprintView) pace(unit string) *big.Rat {
	days := s.paceDays()
	if !s.running() || len(days) == 0 {
		return nil
	}
	var completed amount
	for _, task := range s.tasks {
		var last Change
		for _, c := range s.changes[task] {
			switch {
			case s.DateOf(c.At) >= s.today:
			case c.After.is("Completed") && c.Before.Status != "Completed":
				last = c
			case !c.After.is("Completed"):
				last = Change{}
			}
		}
		if last.After.in(s.id) && last.At.After(s.refStart) && s.DateOf(last.At) >= days[0] {
			completed.add(last.After.Points)
		}
	}
	return quotient(completed.of(unit), whole(len(days)))
}

func (s *sprintView) remaining(unit string) *big.Rat {
	return difference(s.scopeAt(s.horizon).of(unit), s.doneAt(s.horizon).of(unit))
}

func (s *sprintView) projection(d history.Date, unit string, pace *big.Rat) any {
	if pace == nil || d < s.today {
		return nil
	}
	left := difference(s.remaining(unit), product(pace, whole(s.workingDays(s.today.Plus(1), d))))
	return rounded(slices.MaxFunc([]*big.Rat{new(big.Rat), left}, (*big.Rat).Cmp), 2)
}

// projectedFinish is the day on which nothing will be left, null where that isn't known.
func (s *sprintView) projectedFinish(unit string, pace *big.Rat) any {
	remaining := s.remaining(unit)
	switch {
	case !s.running() || s.scopeAt(s.horizon).tasks == 0:
		return nil
	case s.remaining("tasks").Sign() == 0:
		return s.today
	case remaining.Sign() == 0 || pace == nil || pace.Sign() == 0: // only tasks without an estimate are left, or no pace
		return nil
	}
	needed := quotient(remaining, pace)
	left := 0
	for whole(left).Cmp(needed) < 0 {
		left++
		if left > 1000 {
			return nil
		}
	}
	for d := s.today.Plus(1); d <= threeYearsAfter(s.today); d = d.Plus(1) {
		if s.isWorkingDay(d) {
			left--
		}
		if left == 0 {
			return d
		}
	}
	return nil
}

// threeYearsAfter is the same day three years later, 28 February for 29 February.
func threeYearsAfter(d history.Date) history.Date {
	if d[5:] == "02-29" {
		d = d.Plus(-1)
	}
	year, err := strconv.Atoi(string(d[:4]))
	if err != nil {
		panic(err)
	}
	return history.Date(strconv.Itoa(year+3)) + d[4:]
}
