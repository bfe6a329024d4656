package server

import (
	"github.com/gofiber/fiber/v2"
)

// routes is the map of the BFF's paths.
func (s *Server) routes() {
	s.app.Use(s.observe)

	// Is it alive, can it work?
	s.app.Get("/livez", s.live)
	s.app.Get("/readyz", s.ready)

	// Supabase's own paths, passed through with the caller's own token.
	s.pass("PostgREST", "/rest/v1", s.config.RestURL)
	s.pass("Auth", "/auth/v1", s.config.AuthURL)
	s.pass("Functions", "/functions/v1", s.config.Service("/functions/v1"))
	s.pass("Storage", "/storage/v1", s.config.Service("/storage/v1"))

	// The BFF's own views, for those who are signed in.
	api := s.app.Group("/api/v1", private, s.authenticate, requireUser)
	api.Get("/sprints/:sprint_id/board", s.board)
}

// private keeps answers that depend on who asks out of every cache.
func private(c *fiber.Ctx) error {
	c.Set(fiber.HeaderCacheControl, "private, no-store")
	c.Set(fiber.HeaderVary, fiber.HeaderAuthorization)
	return c.Next()
}
