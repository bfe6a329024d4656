package server

import (
	"context"
	"slices"

	"github.com/gofiber/fiber/v2"

	"github.com/mysingle/mysingle/bff/figures"
	"github.com/mysingle/mysingle/bff/sprint"
)

// dashboardInput names a sprint and the parts of its dashboard.
type dashboardInput struct {
	sprintInput
	// Include is the parts wanted; all of them if absent.
	Include []string `query:"include" validate:"omitempty,dive,oneof=board burndown flow workload scrum report"`
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
func (in *dashboardInput) parts() []dashboardPart {
	if len(in.Include) == 0 {
		return dashboardParts
	}
	return slices.DeleteFunc(slices.Clone(dashboardParts), func(part dashboardPart) bool {
		return !slices.Contains(in.Include, part.name)
	})
}

// dashboard answers several views of a sprint at once. A part that fails is
// null and named in incomplete.
func (s *Server) dashboard() fiber.Handler {
	return conditional(s, question[dashboardInput]{
		subject: ofSprint,
		byMinute: func(input *dashboardInput) bool {
			return slices.ContainsFunc(input.parts(), func(part dashboardPart) bool { return part.view.byMinute })
		},
		contentType: fiber.MIMEApplicationJSON,
		answer: func(ctx context.Context, c *fiber.Ctx, input *dashboardInput, version figures.Version) ([]byte, bool, error) {
			caller := callerOf(c)
			var parts []figures.Part
			for _, part := range input.parts() {
				parts = append(parts, figures.Part{Name: part.name, Query: part.view.query(input.arguments(caller), version)})
			}
			if err := s.figures.Compose(ctx, caller, parts); err != nil {
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
