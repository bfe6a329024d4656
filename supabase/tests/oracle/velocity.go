package oracle

import (
	"cmp"
	"math/big"
	"slices"

	"github.com/mysingle/mysingle/supabase/tests/history"
)

// Velocity answers as project_velocity. The history holds what the snapshots froze.
func (o *Oracle) Velocity(last int) Object {
	var closed []history.Sprint
	for _, s := range o.Sprints {
		if s.Status == "Completed" && !s.CompletedAt.After(o.AsOf) {
			closed = append(closed, s)
		}
	}
	slices.SortFunc(closed, func(a, b history.Sprint) int {
		return cmp.Or(a.CompletedAt.Compare(b.CompletedAt), a.StartedAt.Compare(b.StartedAt), cmp.Compare(a.ID, b.ID))
	})
	closed = closed[max(0, len(closed)-last):]

	sprints := List{}
	var tasks, points []*big.Rat
	for _, s := range closed {
		report := New(o.History, s.CompletedAt).Report(s.ID)
		committed, completed := report["committed"].(Object), report["completed"].(Object)
		sprints = append(sprints, Object{"sprint_id": s.ID, "sprint_name": s.Name,
			"start_date": s.StartDate, "end_date": s.EndDate, "completed_at": s.CompletedAt,
			"committed": Object{"tasks": committed["tasks"], "points": committed["points"]},
			"completed": Object{"tasks": completed["tasks"], "points": completed["points"]}})
		tasks = append(tasks, whole(completed["tasks"].(int)))
		points = append(points, completed["points"].(*big.Rat))
	}
	return Object{"as_of": o.AsOf, "timezone": o.Zone.String(), "project": o.project(),
		"scope": Object{"visible_sprints": len(closed)}, "sprints": sprints,
		"tasks": spread(tasks), "points": spread(points)}
}

// spread is the average of values, their sample standard deviation and the range of one deviation.
func spread(values []*big.Rat) Object {
	answer := Object{"average": nil, "standard_deviation": nil, "low": nil, "high": nil}
	if len(values) == 0 {
		return answer
	}
	average := new(big.Rat)
	for _, v := range values {
		average = sum(average, quotient(v, whole(len(values))))
	}
	answer["average"] = rounded(average, 2)
	if len(values) < 2 {
		return answer
	}
	variance := new(big.Rat)
	for _, v := range values {
		off := difference(v, average)
		variance = sum(variance, quotient(product(off, off), whole(len(values)-1)))
	}
	deviation := squareRoot(variance)
	low := difference(average, deviation)
	if low.Sign() < 0 {
		low = new(big.Rat)
	}
	answer["standard_deviation"] = rounded(deviation, 2)
	answer["low"], answer["high"] = rounded(low, 2), rounded(sum(average, deviation), 2)
	return answer
}
