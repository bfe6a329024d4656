package server

import (
	"maps"
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

// dashboard answers several views of a sprint at once. A part that fails is
// null and named in incomplete; such an answer has no ETag, so that it is
// asked for again.
func (s *Server) dashboard(c *fiber.Ctx) error {
	var input dashboardInput
	if err := readInput(c, &input); err != nil {
		return err
	}
	views, byMinute := dashboardParts, false
	if len(input.Include) > 0 {
		views = slices.DeleteFunc(slices.Clone(dashboardParts), func(part dashboardPart) bool {
			return !slices.Contains(input.Include, part.name)
		})
	}
	for _, part := range views {
		byMinute = byMinute || part.view.byMinute
	}
	ctx, cancel := s.client.WithDeadline(c.UserContext())
	defer cancel()
	caller := callerOf(c)
	arguments := input.arguments(caller)
	version, err := s.figures.Version(ctx, caller, ofSprint.query(arguments, byMinute))
	if err != nil {
		return err
	}
	tag, err := s.entityTag(c, version, input, "")
	if err != nil {
		return err
	}
	if clientHas(c, tag) {
		return notModified(c, tag, "")
	}
	parts := make([]figures.Part, len(views))
	for i, part := range views {
		parts[i] = figures.Part{Name: part.name, Query: part.view.query(maps.Clone(arguments), version)}
	}
	if err := s.figures.Compose(ctx, caller, parts); err != nil {
		return err
	}
	incomplete := s.incomplete(c, parts)
	body, err := figures.Join(version, parts, incomplete)
	if err != nil {
		return err
	}
	if len(incomplete) > 0 {
		l := languageOf(c)
		c.Vary(fiber.HeaderAcceptLanguage)
		c.Set(fiber.HeaderContentLanguage, string(l))
		c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
		c.Response().SetBodyRaw(body)
		return nil
	}
	if clientHasAny(c) {
		return notModified(c, tag, "")
	}
	return send(c, tag, "", fiber.MIMEApplicationJSON, body)
}

// incomplete tells of the parts that failed what the view itself would have
// answered, and logs what is for the log.
func (s *Server) incomplete(c *fiber.Ctx, parts []figures.Part) []sprint.IncompletePart {
	var failed []sprint.IncompletePart
	for _, part := range parts {
		if part.Err == nil {
			continue
		}
		p, internal := describe(part.Err)
		if internal {
			s.log.Error("part failed", "request_id", requestID(c), "route", c.Route().Path, "part", part.Name, "error", part.Err)
		}
		p.translate(languageOf(c))
		failed = append(failed, sprint.IncompletePart{Part: part.Name, Code: p.Code, Message: p.Message})
	}
	return failed
}
