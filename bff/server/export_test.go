package server

import "github.com/gofiber/fiber/v2"

// Routes are the app's, without middleware.
func (s *Server) Routes() []fiber.Route { return s.app.GetRoutes(true) }
