// Package sprint is the views of sprints and their projects: the types of what
// the SQL functions answer, and the forecast that is made from it. It needs
// nothing of the server, so it can be part of an edge function too.
package sprint

import "time"

// Board is a sprint's board.
type Board struct {
	// AsOf is the moment to which days are counted; the tasks are those of now.
	AsOf     time.Time `json:"as_of"`
	Timezone string    `json:"timezone"`
	Scope    Scope     `json:"scope"`
	Sprint   Sprint    `json:"sprint"`
	Project  Project   `json:"project"`
	// Columns has all eight statuses, in the board's order.
	Columns []Column `json:"columns"`
}

// Scope tells how many of the sprint's tasks the caller may see.
type Scope struct {
	VisibleTasks int `json:"visible_tasks"`
}

// Sprint is the sprint of a view. Dates are days (YYYY-MM-DD) of the
// organization's time zone.
type Sprint struct {
	SprintID    string     `json:"sprint_id"`
	SprintName  string     `json:"sprint_name"`
	Goal        *string    `json:"goal"`
	Status      string     `json:"status"`
	StartDate   string     `json:"start_date"`
	EndDate     string     `json:"end_date"`
	StartedAt   *time.Time `json:"started_at"`
	CompletedAt *time.Time `json:"completed_at"`
}

// Project is the project of a view.
type Project struct {
	ProjectID   string `json:"project_id"`
	ProjectName string `json:"project_name"`
}

// Column is one status of the board. Its figures are those of its tasks, so
// a filter changes them; a task without points counts 0 points.
type Column struct {
	Status           string  `json:"status"`
	TaskCount        int     `json:"task_count"`
	Points           float64 `json:"points"`
	UnestimatedCount int     `json:"unestimated_count"`
	Tasks            []Task  `json:"tasks"`
}

// Task is a card on the board.
type Task struct {
	TaskID        string   `json:"task_id"`
	TaskName      string   `json:"task_name"`
	Priority      string   `json:"priority"`
	StoryPoints   *float64 `json:"story_points"`
	DueDate       *string  `json:"due_date"`
	RelatedTaskID *string  `json:"related_task_id"`
	BoardRank     float64  `json:"board_rank"`
	// DaysInStatus counts days of the organization's time zone up to as_of.
	DaysInStatus int        `json:"days_in_status"`
	StatusSince  time.Time  `json:"status_since"`
	BlockedSince *time.Time `json:"blocked_since"`
	Assignee     *Assignee  `json:"assignee"`
}

// Assignee is who a task is assigned to.
type Assignee struct {
	ProfileID string  `json:"profile_id"`
	FullName  *string `json:"full_name"`
	Username  *string `json:"username"`
}
