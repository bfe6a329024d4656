package server

import (
	"github.com/gofiber/fiber/v2"

	"github.com/mysingle/mysingle/bff/chart"
	"github.com/mysingle/mysingle/bff/sprint"
)

// routes is the map of the BFF's paths.
func (s *Server) routes() {
	s.app.Use(s.observe, s.protect, s.address, s.cors)

	// Is it alive, can it work? Before the limits: who asks must be told.
	s.app.Get("/livez", s.live)
	s.app.Get("/readyz", s.ready)

	// How often one may ask, and try to sign in.
	s.app.Use(s.limitAddress, refuseRealtime, s.preflight)
	s.app.Use("/auth/v1", s.limitSignIn)
	s.app.Use("/api/v1/session", s.limitSignIn)

	// What is there: the OpenAPI document, and a page that shows it.
	s.app.Get("/openapi.json", document)
	s.app.Get("/docs", docs.page(docsPolicy))
	s.app.Get("/docs/:asset", docs.named)

	// The sprint room, a page for people.
	if s.config.SprintRoom {
		s.app.Get("/", room.page(roomPolicy))
		s.app.Get("/room/:asset", room.named)
	}

	// Supabase's own paths, passed through with the caller's own token.
	s.pass("PostgREST", "/rest/v1", s.config.RestURL)
	s.pass("Auth", "/auth/v1", s.config.AuthURL)
	s.pass("Functions", "/functions/v1", s.config.FunctionsURL)
	s.pass("Storage", "/storage/v1", s.config.StorageURL)

	// Sessions: signing in and out, for browsers.
	s.signInRoutes()

	// The BFF's own views, for those who are signed in.
	api := s.app.Group("/api/v1", private, s.authenticate, s.sameOrigin, s.renew, s.limitUser, requireUser)
	sprints := api.Group("/sprints/:sprint_id")
	sprints.Get("/board", pass[boardInput](s, boardView))
	sprints.Get("/burndown", pass[sprintInput](s, burndownView))
	sprints.Get("/burndown.svg", picture[sprintPictureInput](s, burndownView, asRead[sprint.Burndown], chart.Burndown))
	sprints.Get("/flow", pass[sprintInput](s, flowView))
	sprints.Get("/flow.svg", picture[sprintPictureInput](s, flowView, asRead[sprint.Flow], chart.Flow))
	sprints.Get("/report", pass[sprintInput](s, reportView))
	sprints.Get("/workload", pass[sprintInput](s, workloadView))
	sprints.Get("/scrum", pass[scrumInput](s, scrumView))
	sprints.Get("/dashboard", dashboard[sprintDashboardInput](s, ofSprint))
	projects := api.Group("/projects/:project_id")
	projects.Get("/dashboard", dashboard[projectDashboardInput](s, ofRunningSprint))
	projects.Get("/velocity", pass[velocityInput](s, velocityView))
	projects.Get("/velocity.svg", picture[velocityPictureInput](s, velocityView, asRead[sprint.Velocity], chart.Velocity))
	projects.Get("/forecast", s.forecastJSON())
	projects.Get("/forecast.svg", picture[forecastPictureInput](s, throughputView, newForecast, chart.Forecast))
	projects.Get("/impediments", pass[projectInput](s, impedimentsView))
	projects.Get("/participation", pass[participationInput](s, participationView))
	api.Get("/me/scrum", pass[noInput](s, myScrumView))
}

// private keeps answers that depend on who asks out of every cache.
func private(c *fiber.Ctx) error {
	c.Set(fiber.HeaderCacheControl, "private, no-store")
	c.Vary(fiber.HeaderAuthorization, fiber.HeaderCookie)
	return c.Next()
}
