package sprint

import "time"

// Flow is the cumulative flow of a sprint: what was in which status, day by
// day, and how long the work took.
type Flow struct {
	Head
	// ReferenceStart is that of the burndown.
	ReferenceStart *time.Time `json:"reference_start"`
	// ReferenceFinish is that of the burndown.
	ReferenceFinish *time.Time `json:"reference_finish"`
	// Days are those of the burndown.
	Days []FlowDay `json:"days"`
	// LeadTime is from the creation to the last completion of what is done.
	LeadTime Durations `json:"lead_time"`
	// CycleTime is from the first time In Progress to the last completion; a
	// task that was never In Progress has none.
	CycleTime Durations `json:"cycle_time"`
	Blocked   Blocked   `json:"blocked"`
	Reopened  Reopened  `json:"reopened"`
}

// FlowDay is what is in the sprint at the end of a day (or at as_of, if that
// is sooner) by status. A day still to come has nulls.
type FlowDay struct {
	Date         string       `json:"date"`
	IsWorkingDay bool         `json:"is_working_day"`
	Tasks        StatusTasks  `json:"tasks"`
	Points       StatusPoints `json:"points"`
}

// StatusTasks is a number of tasks per status.
type StatusTasks struct {
	Planned    *int `json:"Planned"`
	Scheduled  *int `json:"Scheduled"`
	InProgress *int `json:"In Progress"`
	InReview   *int `json:"In Review"`
	Blocked    *int `json:"Blocked"`
	OnHold     *int `json:"On Hold"`
	Completed  *int `json:"Completed"`
	Cancelled  *int `json:"Cancelled"`
}

// StatusPoints is a sum of story points per status.
type StatusPoints struct {
	Planned    *float64 `json:"Planned"`
	Scheduled  *float64 `json:"Scheduled"`
	InProgress *float64 `json:"In Progress"`
	InReview   *float64 `json:"In Review"`
	Blocked    *float64 `json:"Blocked"`
	OnHold     *float64 `json:"On Hold"`
	Completed  *float64 `json:"Completed"`
	Cancelled  *float64 `json:"Cancelled"`
}

// Durations are percentiles of how long tasks took, in hours; null if none
// did.
type Durations struct {
	Count    int      `json:"count"`
	P50Hours *float64 `json:"p50_hours"`
	P85Hours *float64 `json:"p85_hours"`
	P95Hours *float64 `json:"p95_hours"`
}

// Blocked is the time that tasks of the sprint spent Blocked since its start.
type Blocked struct {
	// Tasks is the number of tasks that were.
	Tasks int     `json:"tasks"`
	Hours float64 `json:"hours"`
}

// Reopened counts changes from Completed to another status since the start.
type Reopened struct {
	Tasks int `json:"tasks"`
	Times int `json:"times"`
}
