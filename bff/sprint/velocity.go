package sprint

import "time"

// Velocity is what the last sprints of a project that were completed by as_of
// committed to and completed, from their frozen reports.
type Velocity struct {
	ProjectHead
	Scope VelocityScope `json:"scope"`
	// Sprints are oldest first.
	Sprints []VelocitySprint `json:"sprints"`
	Tasks   Spread           `json:"tasks"`
	Points  Spread           `json:"points"`
}

// VelocityScope tells how many closed sprints the figures are from.
type VelocityScope struct {
	VisibleSprints int `json:"visible_sprints"`
}

// VelocitySprint is one closed sprint.
type VelocitySprint struct {
	SprintRef
	StartDate   string    `json:"start_date"`
	EndDate     string    `json:"end_date"`
	CompletedAt time.Time `json:"completed_at"`
	Committed   Amount    `json:"committed"`
	Completed   Amount    `json:"completed"`
}

// Spread is the average of what was completed per sprint, and the range that
// a planner may trust.
type Spread struct {
	// Average is null without sprints.
	Average *float64 `json:"average"`
	// StandardDeviation is the sample's; null for fewer than two sprints.
	StandardDeviation *float64 `json:"standard_deviation"`
	// Low is one standard deviation below the average, at least 0; null
	// without a deviation.
	Low *float64 `json:"low"`
	// High is one standard deviation above the average; null without a
	// deviation.
	High *float64 `json:"high"`
}
