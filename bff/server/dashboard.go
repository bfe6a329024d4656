package server

import (
	"context"
	"slices"

	"github.com/gofiber/fiber/v2"

	"github.com/mysingle/mysingle/bff/figures"
	"github.com/mysingle/mysingle/bff/sprint"
)

// partsInput chooses the parts of a dashboard.
type partsInput struct {
	// Include is the parts wanted; all of them if absent.
	Include []string `query:"include" validate:"omitempty,dive,oneof=board burndown flow workload scrum report"`
}

type sprintDashboardInput struct {
	sprintInput
	partsInput
}

type projectDashboardInput struct {
	projectInput
	partsInput
}

type dashboardPart struct {
	name string
	view view
}

// dashboardParts are the parts that a dashboard may have, in their order.
var dashboardParts = []dashboardPart{
	{"board", boardView}, {"burndown", burndownView}, {"flow", flowView},
	{"workload", workloadView}, {"scrum", scrumView}, {"report", reportView},
}

// parts are those that the input asks for.
func (in *partsInput) parts() []dashboardPart {
	if len(in.Include) == 0 {
		return dashboardParts
	}
	return slices.DeleteFunc(slices.Clone(dashboardParts), func(part dashboardPart) bool {
		return !slices.Contains(in.Include, part.name)
	})
}

// dashboard answers several views at once of the sprint that the subject's
// version names. A part that fails is null and named in incomplete.
func dashboard[T any, P interface {
	asking[T]
	parts() []dashboardPart
}](s *Server, of subject) fiber.Handler {
	return conditional[T, P](s, question[T]{
		subject: of,
		byMinute: func(input *T) bool {
			return slices.ContainsFunc(P(input).parts(), func(part dashboardPart) bool { return part.view.byMinute })
		},
		contentType: fiber.MIMEApplicationJSON,
		answer: func(ctx context.Context, c *fiber.Ctx, input *T, version figures.Version) ([]byte, bool, error) {
			var parts []figures.Part
			for _, part := range P(input).parts() {
				query := part.view.query(map[string]any{"sprint_id": version.Sprint.ID}, version)
				parts = append(parts, figures.Part{Name: part.name, Query: query})
			}
			if err := s.figures.Compose(ctx, callerOf(c), parts); err != nil {
				return nil, false, err
			}
			incomplete := s.incomplete(c, parts)
			body, err := figures.Join(version, parts, incomplete)
			return body, len(incomplete) == 0, err
		},
	})
}

// incomplete tells of the parts that failed what the view itself would have
// answered, in the client's language, and logs what is for the log.
func (s *Server) incomplete(c *fiber.Ctx, parts []figures.Part) []sprint.IncompletePart {
	l := languageOf(c)
	var failed []sprint.IncompletePart
	for _, part := range parts {
		if part.Err == nil {
			continue
		}
		p, internal := describe(part.Err)
		if internal {
			s.log.Error("part failed", "request_id", requestID(c), "route", routeOf(c), "part", part.Name, "error", part.Err)
		}
		p.translate(l)
		spokenIn(c, l)
		failed = append(failed, sprint.IncompletePart{Part: part.Name, Code: p.Code, Message: p.Message})
	}
	return failed
}
