// Package sprint composes the views of a sprint. Their figures come from
// SQL functions, so that every client sees the same ones.
package sprint

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/mysingle/mysingle/bff/supabase"
)

// ErrNotFound is returned for a sprint that doesn't exist and for one that
// the caller may not see: the two can't be told apart.
var ErrNotFound = errors.New("no such sprint")

// Boards reads sprint boards.
type Boards struct{ client *supabase.Client }

// NewBoards returns Boards that read through client.
func NewBoards(client *supabase.Client) *Boards { return &Boards{client} }

// BoardQuery chooses a sprint and, optionally, which of its tasks.
type BoardQuery struct {
	SprintID string  `json:"sprint_id"`
	Assignee *string `json:"assignee,omitempty"`
	Priority *string `json:"priority,omitempty"`
}

// Read returns the board as JSON of the shape of Board, as PostgreSQL wrote
// it: a board may hold thousands of tasks, and taking it apart only to put it
// together again would cost more than the rest of the request.
func (b *Boards) Read(ctx context.Context, caller supabase.Caller, query BoardQuery) (string, error) {
	board, err := b.client.ReadRPC(ctx, caller, "sprint_board", query)
	if err != nil {
		return "", err
	}
	switch board = strings.TrimSpace(board); {
	case board == "null":
		return "", ErrNotFound
	case !strings.HasPrefix(board, "{") || !strings.HasSuffix(board, "}"):
		return "", &supabase.Failure{Service: "PostgREST", Err: errors.New("the board is no JSON object")}
	}
	return board, nil
}

// Board is a sprint's board.
type Board struct {
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
	// DaysInStatus counts days of the organization's time zone.
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
