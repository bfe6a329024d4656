package server

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/utils"

	"github.com/mysingle/mysingle/bff/figures"
	"github.com/mysingle/mysingle/bff/language"
	"github.com/mysingle/mysingle/bff/supabase"
)

// A view is what one SQL function answers. All views are served by show; what
// differs is listed here.
type view struct {
	function string
	subject  subject
	// byMinute tells that the view shows ages in hours, so that it changes
	// with every minute and not with every day only.
	byMinute bool
}

// A subject is what a view is of, and what its version is of.
type subject struct {
	version string // the SQL function that answers it
	key     string // the argument that names it; "" for the caller
	missing error
}

var (
	ofSprint        = subject{"sprint_version", "sprint_id", figures.ErrSprintNotFound}
	ofRunningSprint = subject{"running_sprint_version", "project_id", figures.ErrProjectNotFound}
	ofProject       = subject{"project_version", "project_id", figures.ErrProjectNotFound}
	ofCaller        = subject{"scrum_draft_version", "", figures.ErrProfileNotFound}

	boardView         = view{function: "sprint_board", subject: ofSprint}
	burndownView      = view{function: "sprint_burndown", subject: ofSprint}
	flowView          = view{function: "sprint_flow", subject: ofSprint, byMinute: true}
	reportView        = view{function: "sprint_report", subject: ofSprint, byMinute: true}
	workloadView      = view{function: "sprint_workload", subject: ofSprint}
	scrumView         = view{function: "scrum_of_day", subject: ofSprint, byMinute: true}
	velocityView      = view{function: "project_velocity", subject: ofProject}
	throughputView    = view{function: "project_throughput", subject: ofProject}
	impedimentsView   = view{function: "project_impediments", subject: ofProject, byMinute: true}
	participationView = view{function: "project_participation", subject: ofProject}
	myScrumView       = view{function: "scrum_draft", subject: ofCaller}
)

// query asks for the version of what the arguments name.
func (s subject) query(arguments map[string]any, byMinute bool) figures.Query {
	query := figures.Query{Function: s.version, Args: map[string]any{}, Missing: s.missing}
	if s.key != "" {
		query.Args = map[string]any{s.key: arguments[s.key], "by_minute": byMinute}
	}
	return query
}

// query asks for the view at the version's moment.
func (v view) query(arguments map[string]any, version figures.Version) figures.Query {
	arguments["as_of"] = version.AsOf
	return figures.Query{Function: v.function, Args: arguments, Missing: v.subject.missing}
}

// A rendering makes an answer from a view's JSON.
type rendering[T any] struct {
	// body makes the answer's body; nil passes the JSON on as it is.
	body        func(text string, input *T, version figures.Version, l language.Language) ([]byte, error)
	contentType string
	// spoken tells that the answer depends on the language.
	spoken bool
}

// pass answers a view as PostgreSQL wrote it.
func pass[T any, P asking[T]](s *Server, v view) fiber.Handler {
	return show[T, P](s, v, rendering[T]{contentType: fiber.MIMEApplicationJSON})
}

// show answers a view.
func show[T any, P asking[T]](s *Server, v view, render rendering[T]) fiber.Handler {
	return conditional[T, P](s, question[T]{
		subject:     v.subject,
		byMinute:    func(*T) bool { return v.byMinute },
		contentType: render.contentType,
		spoken:      render.spoken,
		answer: func(ctx context.Context, c *fiber.Ctx, input *T, version figures.Version) ([]byte, bool, error) {
			caller := callerOf(c)
			text, err := s.figures.Read(ctx, caller, v.query(P(input).arguments(caller), version))
			if err != nil {
				return nil, false, err
			}
			if render.body == nil {
				return utils.UnsafeBytes(text), true, nil // nothing writes to it
			}
			body, err := render.body(text, input, version, languageOf(c))
			if err != nil {
				return nil, false, fmt.Errorf("%s: %w", v.function, err)
			}
			return body, true, nil
		},
	})
}

// decode reads a view's JSON into its type.
func decode[V any](text string) (*V, error) {
	value := new(V)
	if err := json.Unmarshal([]byte(text), value); err != nil {
		return nil, &supabase.Failure{Service: "PostgREST", Err: err}
	}
	return value, nil
}
