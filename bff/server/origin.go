package server

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/mysingle/mysingle/bff/config"
)

// headerOwn is a header that pages may send with the value 1. Its effect is
// its being there: no form, image or link can send it, and a script of
// another origin only if that origin is allowed to.
const headerOwn = "X-Mysingle"

var (
	errCrossSite    = errors.New("sent by a page of another site")
	errNoWebSockets = errors.New("a WebSocket was asked for")
)

// sites are the origins whose pages may act for the user whose session the
// browser holds.
type sites struct {
	own     string
	allowed []string
}

func newSites(c config.Config) sites {
	return sites{own: c.PublicURL.String(), allowed: c.AllowedOrigins}
}

// origin is what browsers say about the page that made them send a request.
// Pages can't change the first two. A header that is there twice has its
// values joined, and so equals nothing.
type origin struct {
	site   string // Sec-Fetch-Site
	origin string // Origin
	own    string // headerOwn
}

func originOf(c *fiber.Ctx) origin {
	return origin{site: joined(c, "Sec-Fetch-Site"), origin: joined(c, fiber.HeaderOrigin), own: joined(c, headerOwn)}
}

// joined is the value of a header, or its values.
func joined(c *fiber.Ctx, name string) string {
	return string(bytes.Join(c.Request().Header.PeekAll(name), []byte(", ")))
}

// checks reports whether a request needs to come from an origin that may act
// for the user. Tables and files can be read without: the answer stays hidden
// from whoever may not see it. Auth and functions may do something when they
// are read: /auth/v1/reauthenticate sends an e-mail.
func checks(method, path string) bool {
	return !safe(method) || strings.HasPrefix(path, "/api/v1/") ||
		strings.HasPrefix(path, "/auth/v1/") || strings.HasPrefix(path, "/functions/v1/")
}

func safe(method string) bool {
	return method == fiber.MethodGet || method == fiber.MethodHead || method == fiber.MethodOptions
}

// admits reports whether the request comes from such an origin, or from
// nobody's page: a person who opens an address may look.
func (s sites) admits(method string, o origin) bool {
	switch {
	case o.site == "same-origin":
		return true
	case o.site == "none" && (method == fiber.MethodGet || method == fiber.MethodHead):
		return true
	case o.site == "" && o.origin == s.own:
		return true // a browser of before 2023
	case o.own != "1":
		return false
	case o.origin == "":
		return o.site == "" // such a browser's GET, or a program
	}
	return o.origin == s.own || slices.Contains(s.allowed, o.origin)
}

// sameOrigin refuses what another site's page made the browser send, where
// the session cookie speaks. A token speaks for whoever knows it.
func (s *Server) sameOrigin(c *fiber.Ctx) error {
	if sessionOf(c) == nil || !checks(c.Method(), c.Path()) {
		return c.Next()
	}
	return s.ownPagesOnly(c)
}

// ownPagesOnly is for paths that take no session but make one: nobody is to
// be signed in, by another site, as somebody else.
func (s *Server) ownPagesOnly(c *fiber.Ctx) error {
	if !s.sites.admits(c.Method(), originOf(c)) {
		return errCrossSite
	}
	return c.Next()
}

// refuseRealtime says at once what no path here can do. A browser would open a
// WebSocket to any site, cookie and all.
func refuseRealtime(c *fiber.Ctx) error {
	if strings.HasPrefix(c.Path(), "/realtime/v1/") {
		return errNoWebSockets
	}
	for _, value := range c.Request().Header.PeekAll(fiber.HeaderUpgrade) {
		if strings.Contains(strings.ToLower(string(value)), "websocket") {
			return errNoWebSockets
		}
	}
	return c.Next()
}
