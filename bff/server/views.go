package server

import (
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
	// undated tells that the function takes no as_of.
	undated bool
	// daily tells that it is of one day, by default the sprint's closest to
	// today: a sprint that is over or still to come has no scrum of today.
	daily bool
}

// A subject is what a view is of, and what its version is of.
type subject struct {
	version string // the SQL function that answers it
	key     string // the argument that names it; "" for the caller
	missing error
}

var (
	ofSprint  = subject{"sprint_version", "sprint_id", figures.ErrSprintNotFound}
	ofProject = subject{"project_version", "project_id", figures.ErrProjectNotFound}
	ofCaller  = subject{"scrum_draft_version", "", figures.ErrProfileNotFound}

	boardView         = view{function: "sprint_board", subject: ofSprint, undated: true}
	burndownView      = view{function: "sprint_burndown", subject: ofSprint}
	flowView          = view{function: "sprint_flow", subject: ofSprint, byMinute: true}
	reportView        = view{function: "sprint_report", subject: ofSprint, byMinute: true}
	workloadView      = view{function: "sprint_workload", subject: ofSprint}
	scrumView         = view{function: "scrum_of_day", subject: ofSprint, byMinute: true, daily: true}
	velocityView      = view{function: "project_velocity", subject: ofProject, undated: true}
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
	if !v.undated {
		arguments["as_of"] = version.AsOf
	}
	if _, given := arguments["date"]; v.daily && !given {
		arguments["date"] = version.ScrumDate
	}
	return figures.Query{Function: v.function, Args: arguments, Missing: v.subject.missing}
}

// An asking is an input that knows the arguments of its view's function.
type asking[T any] interface {
	*T
	arguments(supabase.Caller) map[string]any
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

// show answers a view: it reads the input, then the version, and only if the
// client doesn't hold that version's answer the view itself.
func show[T any, P asking[T]](s *Server, v view, render rendering[T]) fiber.Handler {
	return func(c *fiber.Ctx) error {
		var input T
		if err := readInput(c, &input); err != nil {
			return err
		}
		ctx, cancel := s.client.WithDeadline(c.UserContext())
		defer cancel()
		caller := callerOf(c)
		arguments := P(&input).arguments(caller)
		version, err := s.figures.Version(ctx, caller, v.subject.query(arguments, v.byMinute))
		if err != nil {
			return err
		}
		var l language.Language
		if render.spoken {
			l = languageOf(c)
		}
		tag, err := s.entityTag(c, version, input, l)
		if err != nil {
			return err
		}
		if clientHas(c, tag) {
			return notModified(c, tag, l)
		}
		text, err := s.figures.Read(ctx, caller, v.query(arguments, version))
		if err != nil {
			return err
		}
		if clientHasAny(c) {
			return notModified(c, tag, l)
		}
		body := utils.UnsafeBytes(text) // nothing writes to it
		if render.body != nil {
			if body, err = render.body(text, &input, version, l); err != nil {
				return fmt.Errorf("%s: %w", v.function, err)
			}
		}
		return send(c, tag, l, render.contentType, body)
	}
}

// decode reads a view's JSON into its type.
func decode[V any](text string) (*V, error) {
	value := new(V)
	if err := json.Unmarshal([]byte(text), value); err != nil {
		return nil, &supabase.Failure{Service: "PostgREST", Err: err}
	}
	return value, nil
}
