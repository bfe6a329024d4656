package oracle

import (
	"fmt"

	"github.com/mysingle/mysingle/supabase/tests/history"
)

// Answer answers what a figure is a part of, as JSON.
func Answer(h *history.History, f history.Figure) ([]byte, error) {
	o, sprint := New(h, f.AsOf), history.SprintID(f.Sprint)
	switch f.Function {
	case "sprint_burndown":
		return JSON(o.Burndown(sprint)), nil
	case "sprint_flow":
		return JSON(o.Flow(sprint)), nil
	case "sprint_report":
		if closed := h.Sprint(sprint).CompletedAt; !closed.IsZero() && !closed.After(f.AsOf) {
			return JSON(FrozenReport(h, sprint)), nil
		}
		return JSON(o.Report(sprint)), nil
	case "sprint_workload":
		return JSON(o.Workload(sprint)), nil
	case "scrum_of_day":
		answer, err := o.ScrumOfDay(sprint, f.Date)
		return JSON(answer), err
	case "scrum_draft":
		return JSON(o.Draft()), nil
	case "project_velocity":
		return JSON(o.Velocity(6)), nil
	case "project_throughput":
		return JSON(o.Throughput(90)), nil
	case "project_impediments":
		return JSON(o.ProjectImpediments()), nil
	case "project_participation":
		return JSON(o.Participation(f.From, f.To)), nil
	}
	return nil, fmt.Errorf("oracle: there is no function %q", f.Function)
}
