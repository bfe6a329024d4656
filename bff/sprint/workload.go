package sprint

// Workload is what every member has to do in a sprint, and the time they
// have for it.
type Workload struct {
	Head
	// WorkingDaysLeft counts the organization's working days from today, or
	// from the day of the reference start if that is later, to the end date;
	// 0 once the sprint is completed.
	WorkingDaysLeft int `json:"working_days_left"`
	// Members are the project's, without viewers that no task is assigned
	// to, by name; what nobody is assigned to comes last.
	Members []WorkloadMember `json:"members"`
}

// WorkloadMember is one member's work. For what nobody is assigned to all but
// the amounts is null.
type WorkloadMember struct {
	ProfileID *string `json:"profile_id"`
	FullName  *string `json:"full_name"`
	// Role is the member's in the project; null for somebody who left it.
	Role *string `json:"role"`
	// Assigned is in scope: in the sprint and not cancelled.
	Assigned Amount `json:"assigned"`
	// Remaining is what of it isn't done.
	Remaining WorkloadRemaining `json:"remaining"`
	// DaysOff is the number of working days left on which the member is off.
	DaysOff *int `json:"days_off"`
	// WorkingDaysLeft is without the days off.
	WorkingDaysLeft *int `json:"working_days_left"`
	// CapacityMinutes is 480 for each working day left.
	CapacityMinutes *int `json:"capacity_minutes"`
	// OverloadMinutes is what the estimates exceed the capacity by.
	OverloadMinutes *int `json:"overload_minutes"`
}

// WorkloadRemaining is work that isn't done.
type WorkloadRemaining struct {
	Amount
	// EstimatedMinutes is the sum of the tasks' estimated time, as it is now;
	// a task without one counts 0.
	EstimatedMinutes int `json:"estimated_minutes"`
	// UnestimatedCount is the number of tasks without points.
	UnestimatedCount int `json:"unestimated_count"`
}
