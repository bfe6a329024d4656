package server

import (
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/utils"

	"github.com/mysingle/mysingle/bff/supabase"
)

// authenticate is the one place where credentials become an identity. It
// refuses what may not be shown here at all; who isn't signed in stays
// anonymous, which requireUser or Supabase itself then judges.
func (s *Server) authenticate(c *fiber.Ctx) error {
	header := &c.Request().Header
	for _, key := range header.PeekAll("apikey") {
		if err := supabase.CheckKey(lent(key)); err != nil {
			return err
		}
	}
	if err := supabase.CheckQuery(lent(c.Request().URI().QueryString())); err != nil {
		return err
	}
	var identity supabase.Identity
	switch given := header.PeekAll(fiber.HeaderAuthorization); len(given) {
	case 0:
	case 1:
		var err error
		if identity, err = s.identify.Bearer(c.UserContext(), lent(given[0])); err != nil {
			return err
		}
	default:
		return badRequest("Authorization is there more than once.")
	}
	if identity.Anonymous() { // the publishable key, where there should be a token, says as much
		var err error
		if identity, err = s.bySession(c); err != nil {
			return err
		}
	}
	requestOf(c).identity = identity
	return c.Next()
}

// lent is the text of fasthttp's own bytes, for those who don't keep it: it is
// another request's afterwards.
func lent(b []byte) string { return utils.UnsafeString(b) }

// requireUser lets only signed-in users through.
func requireUser(c *fiber.Ctx) error {
	if requestOf(c).identity.Anonymous() {
		return errNotSignedIn
	}
	return c.Next()
}
