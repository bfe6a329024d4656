package sprint

// Throughput is what a project completed per working day, and what is left:
// all that a forecast needs.
type Throughput struct {
	ProjectHead
	Scope     ThroughputScope `json:"scope"`
	Remaining Remaining       `json:"remaining"`
	// History has the working days before today, oldest first.
	History  []ThroughputDay `json:"history"`
	Calendar Calendar        `json:"calendar"`
}

// ThroughputScope tells how many of the project's tasks, done or not, the
// caller may see.
type ThroughputScope struct {
	VisibleTasks int `json:"visible_tasks"`
}

// Remaining is the tasks of a project, in any sprint or none, that are
// neither Completed nor Cancelled.
type Remaining struct {
	Amount
	// UnestimatedCount is the number of them without points.
	UnestimatedCount int `json:"unestimated_count"`
}

// ThroughputDay is what was completed on a working day. What was completed on
// other days counts on the next working day; a task counts once, at its last
// completion.
type ThroughputDay struct {
	Date string `json:"date"`
	Amount
}

// Calendar is the organization's, from today on.
type Calendar struct {
	// Today is the day of as_of.
	Today string `json:"today"`
	// WorkingDays are ISO weekdays: 1 is Monday, 7 is Sunday.
	WorkingDays []int `json:"working_days"`
	// Holidays are those after today.
	Holidays []string `json:"holidays"`
}
