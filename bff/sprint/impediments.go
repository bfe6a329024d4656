package sprint

import "time"

// Impediments are what is, and what lately was, in a project's way.
type Impediments struct {
	ProjectHead
	Scope ImpedimentsScope `json:"scope"`
	// Open ones are oldest first.
	Open []Impediment `json:"open"`
	// Resolved are the last 20, latest first.
	Resolved   []Impediment         `json:"resolved"`
	Statistics ImpedimentStatistics `json:"statistics"`
}

// ImpedimentsScope tells how many impediments, open and resolved, the caller
// may see.
type ImpedimentsScope struct {
	VisibleImpediments int `json:"visible_impediments"`
}

// Impediment is one impediment of a project, as it was at the moment that its
// view is of.
type Impediment struct {
	ImpedimentID string     `json:"impediment_id"`
	Description  string     `json:"description"`
	RaisedBy     *Person    `json:"raised_by"`
	RaisedAt     time.Time  `json:"raised_at"`
	ResolvedAt   *time.Time `json:"resolved_at"`
	ResolvedBy   *Person    `json:"resolved_by"`
	// Hours is until it was resolved, or until that moment while it is open.
	Hours  float64   `json:"hours"`
	Sprint SprintRef `json:"sprint"`
	Task   *TaskRef  `json:"task"`
}

// ImpedimentStatistics are over all impediments of a project.
type ImpedimentStatistics struct {
	Open     int `json:"open"`
	Resolved int `json:"resolved"`
	// MedianResolutionHours is null if none was resolved.
	MedianResolutionHours *float64 `json:"median_resolution_hours"`
	// OldestOpenHours is null if none is open.
	OldestOpenHours *float64 `json:"oldest_open_hours"`
}
