// Package figures reads the views of sprints and projects, and composes
// several into one answer. The figures come from SQL functions, so that every
// client sees the same ones; their types are in package sprint.
package figures

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mysingle/mysingle/bff/supabase"
)

// Returned for what doesn't exist and for what the caller may not see: the
// two can't be told apart.
var (
	ErrSprintNotFound  = errors.New("no such sprint")
	ErrProjectNotFound = errors.New("no such project")
	ErrProfileNotFound = errors.New("no such profile")
)

// ErrNoRunningSprint is returned for a project of which no sprint runs.
var ErrNoRunningSprint = errors.New("no sprint of the project runs")

// Reader reads what the SQL functions answer.
type Reader struct{ client *supabase.Client }

// NewReader returns a Reader that reads through client.
func NewReader(client *supabase.Client) *Reader { return &Reader{client} }

// A Query is a call of one SQL function.
type Query struct {
	// Function is its name, a constant.
	Function string
	// Args are its arguments by name; what is left out has its default.
	Args map[string]any
	// Missing is the error when the function answers null.
	Missing error
}

// Refusal is an argument that the function itself refused.
type Refusal struct {
	// Argument is its name in SQL.
	Argument string
	Err      error
}

func (r *Refusal) Error() string { return fmt.Sprintf("argument %s: %v", r.Argument, r.Err) }

func (r *Refusal) Unwrap() error { return r.Err }

// Read returns the view as JSON, as PostgreSQL wrote it: it may hold thousands
// of tasks, and taking it apart only to put it together again would cost more
// than the rest of the request.
func (r *Reader) Read(ctx context.Context, caller supabase.Caller, query Query) (string, error) {
	answer, err := r.client.ReadRPC(ctx, caller, query.Function, query.Args)
	if err != nil {
		return "", refusal(err)
	}
	switch answer = strings.TrimSpace(answer); {
	case answer == "null":
		return "", query.Missing
	case !strings.HasPrefix(answer, "{") || !strings.HasSuffix(answer, "}"):
		return "", &supabase.Failure{Service: "PostgREST", Err: fmt.Errorf("%s answered no JSON object", query.Function)}
	}
	return answer, nil
}

// invalidParameter is the SQLSTATE with which the functions refuse an
// argument. Their message begins with its name.
const invalidParameter = "22023"

func refusal(err error) error {
	answer := new(supabase.Error)
	if !errors.As(err, &answer) || answer.Code != invalidParameter {
		return err
	}
	name, _, _ := strings.Cut(answer.Message, " ")
	return &Refusal{name, answer}
}

// Version tells whether views may have changed. The SQL function that answers
// it is much cheaper than any view.
type Version struct {
	// Version is another one after any change of what the views show.
	Version string `json:"version"`
	// AsOf is the moment to ask the views at: their figures are those of now,
	// and those of every other request for the same version.
	AsOf     string `json:"as_of"`
	Timezone string `json:"timezone"`
	// Sprint and Project are what every view begins with; absent where the
	// version isn't of one.
	Sprint  Sprint          `json:"sprint"`
	Project json.RawMessage `json:"project"`
}

// Sprint is a sprint as PostgreSQL wrote it, and the key in it.
type Sprint struct {
	ID   string
	JSON json.RawMessage
}

// UnmarshalJSON keeps the text and finds the key.
func (s *Sprint) UnmarshalJSON(text []byte) error {
	s.JSON = slices.Clone(text)
	return json.Unmarshal(text, &struct {
		ID *string `json:"sprint_id"`
	}{&s.ID})
}

// Version reads a version. That of a running sprint has the sprint null where
// none runs.
func (r *Reader) Version(ctx context.Context, caller supabase.Caller, query Query) (Version, error) {
	answer, err := r.Read(ctx, caller, query)
	if err != nil {
		return Version{}, err
	}
	var version Version
	if err := json.Unmarshal([]byte(answer), &version); err != nil {
		return Version{}, &supabase.Failure{Service: "PostgREST", Err: err}
	}
	if string(version.Sprint.JSON) == "null" {
		return Version{}, ErrNoRunningSprint
	}
	if version.Version == "" || version.AsOf == "" {
		return Version{}, &supabase.Failure{Service: "PostgREST", Err: fmt.Errorf("%s answered no version", query.Function)}
	}
	return version, nil
}
