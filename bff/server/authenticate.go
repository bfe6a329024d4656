package server

import (
	"github.com/gofiber/fiber/v2"

	"github.com/mysingle/mysingle/bff/supabase"
)

// authenticate is the one place where credentials become an identity. It
// refuses what may not be shown here at all; who isn't signed in stays
// anonymous, which requireUser or Supabase itself then judges.
func (s *Server) authenticate(c *fiber.Ctx) error {
	header := &c.Request().Header
	for _, key := range header.PeekAll("apikey") {
		if err := supabase.CheckKey(string(key)); err != nil {
			return err
		}
	}
	if err := supabase.CheckQuery(string(c.Request().URI().QueryString())); err != nil {
		return err
	}
	var identity supabase.Identity
	switch given := header.PeekAll(fiber.HeaderAuthorization); len(given) {
	case 0:
	case 1:
		var err error
		if identity, err = s.identify.Bearer(c.UserContext(), string(given[0])); err != nil {
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
	c.Locals(identityKey, identity)
	return c.Next()
}

// requireUser lets only signed-in users through.
func requireUser(c *fiber.Ctx) error {
	if identityOf(c).Anonymous() {
		return errNotSignedIn
	}
	return c.Next()
}

type localKey int

const (
	identityKey localKey = iota
	requestIDKey
	routedKey  // there once a route was looked for
	addressKey // netip.Addr: the client's
	sessionKey // *session.Session: where its cookie spoke
	guessKey   // there where a code is tried, or asked for, by who is signed in
)

// identityOf is who the request comes from.
func identityOf(c *fiber.Ctx) supabase.Identity {
	identity, _ := c.Locals(identityKey).(supabase.Identity)
	return identity
}

// callerOf is on whose behalf the BFF asks Supabase.
func callerOf(c *fiber.Ctx) supabase.Caller {
	return supabase.Caller{
		Identity:  identityOf(c),
		RequestID: requestID(c),
		IP:        addressOf(c).String(),
	}
}
