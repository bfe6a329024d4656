package server

import (
	"errors"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/mysingle/mysingle/bff/supabase"
)

// preflightAge is for how many seconds a browser may keep what a preflight
// told it; two hours are the most that Chromium does.
const preflightAge = "7200"

var errOriginNotAllowed = errors.New("the origin is not listed")

// exposed are the headers that a page of an allowed origin may read.
var exposed = strings.Join(append(supabase.ClientHeaders(), "RateLimit", "RateLimit-Policy", fiber.HeaderXRequestID), ", ")

// cors tells browsers which other origins may call: those in
// BFF_ALLOWED_ORIGINS, by name and with their cookies, on every path.
func (s *Server) cors(c *fiber.Ctx) error {
	if len(s.sites.allowed) == 0 {
		return c.Next()
	}
	defer c.Vary(fiber.HeaderOrigin) // last: Supabase's answer brings its own
	if from := joined(c, fiber.HeaderOrigin); s.listed(from) {
		c.Set(fiber.HeaderAccessControlAllowOrigin, from)
		c.Set(fiber.HeaderAccessControlAllowCredentials, "true")
		if !isPreflight(c) {
			c.Set(fiber.HeaderAccessControlExposeHeaders, exposed)
		}
	}
	return c.Next()
}

// preflight answers what browsers ask before they let a page of another origin
// call. What Supabase would say is for Supabase's own address.
func (s *Server) preflight(c *fiber.Ctx) error {
	if !isPreflight(c) {
		return c.Next()
	}
	if !s.listed(joined(c, fiber.HeaderOrigin)) {
		return errOriginNotAllowed
	}
	c.Vary(fiber.HeaderAccessControlRequestHeaders)
	c.Set(fiber.HeaderAccessControlAllowMethods, strings.Join(methods, ", "))
	if asked := c.Get(fiber.HeaderAccessControlRequestHeaders); asked != "" {
		c.Set(fiber.HeaderAccessControlAllowHeaders, asked)
	}
	c.Set(fiber.HeaderAccessControlMaxAge, preflightAge)
	return c.SendStatus(fiber.StatusNoContent)
}

func isPreflight(c *fiber.Ctx) bool {
	return c.Method() == fiber.MethodOptions && joined(c, fiber.HeaderOrigin) != "" && c.Get(fiber.HeaderAccessControlRequestMethod) != ""
}

// listed reports whether the origin is one of BFF_ALLOWED_ORIGINS.
func (s *Server) listed(origin string) bool {
	return origin != "" && slices.Contains(s.sites.allowed, origin)
}
