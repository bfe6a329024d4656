package sprint

import "time"

// Head is what every view of a sprint begins with.
type Head struct {
	// AsOf is the moment that the figures are of: later events don't exist
	// for them.
	AsOf time.Time `json:"as_of"`
	// Timezone is the organization's (IANA name); all days are days in it.
	Timezone string  `json:"timezone"`
	Scope    Scope   `json:"scope"`
	Sprint   Sprint  `json:"sprint"`
	Project  Project `json:"project"`
}

// ProjectHead is what every view of a project begins with.
type ProjectHead struct {
	AsOf     time.Time `json:"as_of"`
	Timezone string    `json:"timezone"`
	Project  Project   `json:"project"`
}

// Amount is a number of tasks and the sum of their story points. A task
// without points counts 0 points.
type Amount struct {
	Tasks  int     `json:"tasks"`
	Points float64 `json:"points"`
}

// Person is somebody as the views show them.
type Person struct {
	ProfileID string  `json:"profile_id"`
	FullName  *string `json:"full_name"`
}

// TaskRef names a task.
type TaskRef struct {
	TaskID   string `json:"task_id"`
	TaskName string `json:"task_name"`
}

// SprintRef names a sprint.
type SprintRef struct {
	SprintID   string `json:"sprint_id"`
	SprintName string `json:"sprint_name"`
}
