package oracle

import (
	"slices"

	"github.com/mysingle/mysingle/supabase/tests/history"
)

// Throughput answers as project_throughput.
func (o *Oracle) Throughput(days int) Object {
	today := o.DateOf(o.AsOf)
	var remaining amount
	there, unestimated := 0, 0
	for _, task := range o.tasks {
		state := o.state(task, o.AsOf)
		if state.Exists {
			there++
		}
		if state.Exists && state.Status != "Completed" && state.Status != "Cancelled" {
			remaining.add(state.Points)
			if state.Points == nil {
				unestimated++
			}
		}
	}
	holidays := List{}
	for _, d := range slices.Sorted(slices.Values(o.Holidays)) {
		if d > today {
			holidays = append(holidays, d)
		}
	}
	week := List{}
	for _, d := range o.WorkingDays {
		week = append(week, d)
	}
	return Object{
		"as_of": o.AsOf, "timezone": o.Zone.String(), "scope": Object{"visible_tasks": there}, "project": o.project(),
		"remaining": Object{"tasks": remaining.tasks, "points": orZero(remaining.points), "unestimated_count": unestimated},
		"history":   o.throughput(today, days),
		"calendar":  Object{"today": today, "working_days": week, "holidays": holidays},
	}
}

func (o *Oracle) throughput(today history.Date, days int) List {
	list := List{}
	if len(o.tasks) == 0 {
		return list
	}
	first := o.DateOf(o.Events[0].At)
	for d := max(first, today.Plus(-days)); d < today; d = d.Plus(1) {
		if !o.isWorkingDay(d) {
			continue
		}
		var done amount
		for _, task := range o.tasks {
			state := o.state(task, o.AsOf)
			if state.is("Completed") && o.workingDayFrom(o.DateOf(o.lastInto(task, "Completed", o.AsOf).At)) == d {
				done.add(state.Points)
			}
		}
		list = append(list, Object{"date": d, "tasks": done.tasks, "points": orZero(done.points)})
	}
	return list
}

// workingDayFrom is the day itself if it is a working day, else the next one.
func (o *Oracle) workingDayFrom(d history.Date) history.Date {
	for !o.isWorkingDay(d) {
		d = d.Plus(1)
	}
	return d
}
