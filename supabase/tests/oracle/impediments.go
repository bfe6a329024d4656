package oracle

import (
	"math/big"
	"slices"
	"time"

	"github.com/mysingle/mysingle/supabase/tests/history"
)

// impediment is an impediment's row, looked at from a moment.
type impediment struct{ history.Impediment }

func (i impediment) resolved(at time.Time) bool {
	return !i.ResolvedAt.IsZero() && !i.ResolvedAt.After(at)
}

// hours is how long the impediment has stood at a moment.
func (i impediment) hours(at time.Time) *big.Rat {
	if i.resolved(at) {
		return hours(i.ResolvedAt.Sub(i.RaisedAt))
	}
	return hours(at.Sub(i.RaisedAt))
}

// impedimentsRaised are those of the project raised until a moment, oldest first.
func (o *Oracle) impedimentsRaised(until time.Time) []impediment {
	var raised []impediment
	for _, i := range o.Impediments {
		if !i.RaisedAt.After(until) {
			raised = append(raised, impediment{i})
		}
	}
	// They are in the order of their keys already.
	slices.SortStableFunc(raised, func(a, b impediment) int { return a.RaisedAt.Compare(b.RaisedAt) })
	return raised
}

// impediment is an impediment in the lists of any answer, as it was at a moment.
func (o *Oracle) impediment(i impediment, at time.Time) Object {
	answer := Object{"impediment_id": i.ID, "description": i.Description,
		"sprint": Object{"sprint_id": i.SprintID, "sprint_name": o.Sprint(i.SprintID).Name}, "task": nil,
		"raised_by": o.person(i.RaisedBy), "raised_at": i.RaisedAt,
		"resolved_by": nil, "resolved_at": nil, "hours": rounded(i.hours(at), 2)}
	if i.TaskID != "" {
		answer["task"] = o.taskRef(i.TaskID)
	}
	if i.resolved(at) {
		answer["resolved_by"], answer["resolved_at"] = o.person(i.ResolvedBy), i.ResolvedAt
	}
	return answer
}

// ProjectImpediments answers as project_impediments.
func (o *Oracle) ProjectImpediments() Object {
	open, oldest := List{}, any(nil)
	var resolved []impediment
	var resolutions []*big.Rat
	for _, i := range o.impedimentsRaised(o.AsOf) {
		if i.resolved(o.AsOf) {
			resolved = append(resolved, i)
			resolutions = append(resolutions, i.hours(o.AsOf))
			continue
		}
		if len(open) == 0 {
			oldest = rounded(i.hours(o.AsOf), 2)
		}
		open = append(open, o.impediment(i, o.AsOf))
	}
	statistics := Object{"open": len(open), "resolved": len(resolved),
		"median_resolution_hours": roundedOrNull(percentile(resolutions, 50), 2), "oldest_open_hours": oldest}

	slices.SortFunc(resolved, func(a, b impediment) int {
		if !a.ResolvedAt.Equal(b.ResolvedAt) {
			return b.ResolvedAt.Compare(a.ResolvedAt)
		}
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	last := List{}
	for _, i := range resolved[:min(20, len(resolved))] {
		last = append(last, o.impediment(i, o.AsOf))
	}
	return Object{"as_of": o.AsOf, "timezone": o.Zone.String(),
		"scope": Object{"visible_impediments": len(open) + len(resolved)}, "project": o.project(),
		"open": open, "resolved": last, "statistics": statistics}
}
