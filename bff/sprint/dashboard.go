package sprint

import "time"

// Dashboard is several views of a sprint in one answer. A part that wasn't
// asked for is absent; one that failed is null, and the answer says why.
type Dashboard struct {
	// AsOf is the moment that all parts are of; the board shows the tasks of
	// now.
	AsOf     time.Time   `json:"as_of"`
	Timezone string      `json:"timezone"`
	Sprint   Sprint      `json:"sprint"`
	Project  Project     `json:"project"`
	Board    *Board      `json:"board,omitempty"`
	Burndown *Burndown   `json:"burndown,omitempty"`
	Flow     *Flow       `json:"flow,omitempty"`
	Workload *Workload   `json:"workload,omitempty"`
	Scrum    *ScrumOfDay `json:"scrum,omitempty"`
	Report   *Report     `json:"report,omitempty"`
	// Incomplete lists the parts that failed.
	Incomplete []IncompletePart `json:"incomplete"`
}

// IncompletePart is a part of a dashboard that failed.
type IncompletePart struct {
	// Part is its name.
	Part string `json:"part"`
	// Code is that of the error which the view itself would have answered.
	Code string `json:"code"`
	// Message is that error's.
	Message string `json:"message"`
}
