package sprint

import "time"

// Report is what became of what a sprint set out to do. Once the sprint is
// closed it is frozen. Everything from the reference start on is null for a
// sprint whose start is still to come.
type Report struct {
	Head
	Goal *string `json:"goal"`
	// Final tells a closed sprint's report, which never changes again.
	Final bool `json:"final"`
	// ReferenceStart is that of the burndown.
	ReferenceStart *time.Time `json:"reference_start"`
	// ReferenceFinish is that of the burndown.
	ReferenceFinish *time.Time `json:"reference_finish"`
	// Committed was in scope at the reference start.
	Committed *ReportList `json:"committed"`
	// Completed is in scope and was completed in the sprint.
	Completed *ReportList `json:"completed"`
	// NotCompleted is in scope and not done at the reference finish.
	NotCompleted *ReportList `json:"not_completed"`
	// CompletedOutside is in scope and done, but was completed before the
	// start or in another sprint.
	CompletedOutside *ReportList `json:"completed_outside"`
	// Added came into scope after the start and is in it at the finish.
	Added *ReportList `json:"added"`
	// Removed was in scope at the start and isn't in the sprint any more.
	Removed *ReportList `json:"removed"`
	// AddedThenRemoved was in scope in between, neither at the start nor in
	// the sprint at the finish.
	AddedThenRemoved *ReportList `json:"added_then_removed"`
	// Cancelled was in scope and is Cancelled at the finish.
	Cancelled *ReportList `json:"cancelled"`
	// Reestimated was in scope at start and finish, with other points.
	Reestimated *ReestimatedList `json:"reestimated"`
	// CarriedOver is where what wasn't completed went when the sprint was
	// closed; null before that.
	CarriedOver *CarriedOver `json:"carried_over"`
	// ScopeChange is (added - removed) / committed.
	ScopeChange *Ratios `json:"scope_change"`
	// Completion is what was committed and completed in the sprint / what was
	// committed, in points as committed: the say/do ratio, at most 1.
	Completion *Ratios `json:"completion"`
	// CommittedCompleted was committed and completed in the sprint.
	CommittedCompleted *Amount `json:"committed_completed"`
	// AddedCompleted was completed in the sprint without being committed.
	AddedCompleted *Amount `json:"added_completed"`
	// UnestimatedCount is the number of tasks in scope without points.
	UnestimatedCount *int `json:"unestimated_count"`
	// Members are the assignees of what was in scope at start or finish, by
	// name; what nobody was assigned to comes last.
	Members     []ReportMember     `json:"members"`
	Impediments *ReportImpediments `json:"impediments"`
}

// ReportList is a list of tasks, by name, and what they add up to.
type ReportList struct {
	Amount
	Items []ReportItem `json:"items"`
}

// ReportItem is a task as it was at the moment its list is of.
type ReportItem struct {
	TaskRef
	Status string `json:"status"`
	// Points is null if the task was unestimated.
	Points   *float64 `json:"points"`
	Assignee *Person  `json:"assignee"`
}

// ReestimatedList is the tasks whose points changed. Its points are the sum
// of the changes, with no points as 0: negative if the work became less.
type ReestimatedList struct {
	Amount
	Items []ReestimatedItem `json:"items"`
}

// ReestimatedItem is a task whose points changed.
type ReestimatedItem struct {
	ReportItem
	PointsBefore *float64 `json:"points_before"`
	PointsAfter  *float64 `json:"points_after"`
}

// CarriedOver is what wasn't completed, and where it went.
type CarriedOver struct {
	ReportList
	// To is the sprint it went to; null is the backlog.
	To *SprintRef `json:"to"`
}

// Ratios are ratios of tasks and of points (1 = 100 %), null where the
// divisor is 0.
type Ratios struct {
	Tasks  *float64 `json:"tasks"`
	Points *float64 `json:"points"`
}

// ReportMember is one assignee's share.
type ReportMember struct {
	// ProfileID is null for what nobody is assigned to.
	ProfileID *string `json:"profile_id"`
	FullName  *string `json:"full_name"`
	// Committed counts by the assignee at the start, the others at the finish.
	Committed    Amount `json:"committed"`
	Completed    Amount `json:"completed"`
	NotCompleted Amount `json:"not_completed"`
	// Completion is what became of their committed work, whoever completed it.
	Completion         Ratios `json:"completion"`
	CommittedCompleted Amount `json:"committed_completed"`
	// AddedCompleted counts by the assignee at the finish.
	AddedCompleted Amount `json:"added_completed"`
}

// ReportImpediments are the impediments raised in a sprint.
type ReportImpediments struct {
	Raised   int `json:"raised"`
	Resolved int `json:"resolved"`
	Open     int `json:"open"`
	// MedianResolutionHours is over the resolved ones; null without any.
	MedianResolutionHours *float64 `json:"median_resolution_hours"`
	// Items are as of the reference finish, in the order they were raised.
	Items []Impediment `json:"items"`
}
