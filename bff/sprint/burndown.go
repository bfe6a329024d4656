package sprint

import "time"

// Burndown is how the work left in a sprint went down, day by day.
type Burndown struct {
	Head
	// ReferenceStart is when the sprint was started, else the beginning of
	// its start date. Null if that is still to come: then every figure is.
	ReferenceStart *time.Time `json:"reference_start"`
	// ReferenceFinish is when the sprint was completed; as_of while it runs;
	// else the end of its end date or as_of, whichever is sooner.
	ReferenceFinish *time.Time `json:"reference_finish"`
	// HeadlineUnit is what tells how the sprint is doing: tasks or points.
	HeadlineUnit string `json:"headline_unit"`
	// Start is the scope at the reference start.
	Start *Amount `json:"start"`
	// UnestimatedCount is the number of tasks in scope without points.
	UnestimatedCount *int            `json:"unestimated_count"`
	Pace             Pace            `json:"pace"`
	ProjectedFinish  ProjectedFinish `json:"projected_finish"`
	// Days are consecutive, from the reference start to the end date; beyond
	// it only while the sprint runs, or if it was completed later. While it
	// runs they go on to the later projected finish, for at most as many days
	// again, or 28.
	Days []BurndownDay `json:"days"`
}

// Pace is the work completed in the sprint, and neither reopened nor deleted
// since, per working day, from the first of the last working days (at most 5)
// until today. Null unless the sprint is running and has had one.
type Pace struct {
	// WorkingDays is the number of days that the pace was taken from.
	WorkingDays *int     `json:"working_days"`
	Tasks       *float64 `json:"tasks"`
	Points      *float64 `json:"points"`
}

// ProjectedFinish is the day on which nothing will be left at the present
// pace. Null unless the sprint is running, and where that isn't known: the scope
// is empty, only tasks of no points are left (points), there is no pace or
// it is 0, or the day is beyond 1,000 working days or three years.
type ProjectedFinish struct {
	Tasks  *string `json:"tasks"`
	Points *string `json:"points"`
}

// BurndownDay is one day of a burndown: its end, or as_of if that is sooner.
type BurndownDay struct {
	Date         string         `json:"date"`
	IsWorkingDay bool           `json:"is_working_day"`
	Tasks        BurndownTasks  `json:"tasks"`
	Points       BurndownPoints `json:"points"`
}

// BurndownTasks are the figures of a day in tasks. All but the ideal and the
// projection are null for a day still to come.
type BurndownTasks struct {
	// Scope is what is in the sprint and not cancelled.
	Scope *int `json:"scope"`
	// Completed is what of the scope is Completed.
	Completed *int `json:"completed"`
	// Remaining is the scope without what is completed.
	Remaining *int `json:"remaining"`
	// Added is how often a task came into scope on this day.
	Added *int `json:"added"`
	// Removed is how often a task left it: moved out, cancelled, deleted.
	Removed *int `json:"removed"`
	// Reestimated is the number of tasks in scope whose points changed.
	Reestimated *int `json:"reestimated"`
	// Ideal falls evenly from the scope at the start to 0 over the working
	// days of the sprint.
	Ideal *float64 `json:"ideal"`
	// Projection is what will be left at the present pace; only from today
	// on, and null without a pace.
	Projection *float64 `json:"projection"`
}

// BurndownPoints are the figures of a day in story points; see BurndownTasks.
type BurndownPoints struct {
	Scope     *float64 `json:"scope"`
	Completed *float64 `json:"completed"`
	Remaining *float64 `json:"remaining"`
	Added     *float64 `json:"added"`
	Removed   *float64 `json:"removed"`
	// Reestimated is the sum of the changes of points, negative if the tasks
	// in scope were judged smaller.
	Reestimated *float64 `json:"reestimated"`
	Ideal       *float64 `json:"ideal"`
	Projection  *float64 `json:"projection"`
}
