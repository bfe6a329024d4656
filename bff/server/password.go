package server

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/mysingle/mysingle/bff/supabase"
)

// Passwords: recover has a way back in sent to who has forgotten theirs, and
// setPassword changes it, for that person (whom the e-mail's code or link has
// signed in) as for any other.

// recoveryInput asks for a way back in.
type recoveryInput struct {
	Email string `json:"email" validate:"required,email,longest=255"`
}

// recover has an e-mail sent to who has forgotten the password.
func (s *Server) recover(c *fiber.Ctx) error {
	var in recoveryInput
	if err := s.readBody(c, &in); err != nil {
		return err
	}
	return s.accepted(c, "recovery_requested", in.Email, s.client.Recover(c.UserContext(), callerOf(c), in.Email))
}

// passwordInput is a new password.
type passwordInput struct {
	Password string `json:"password" validate:"required,bytes=72"`
	// Nonce is what Auth has sent by e-mail, where it wants to be sure.
	Nonce *string `json:"nonce" validate:"omitnil,longest=100"`
}

// setPassword changes the caller's password and ends their other sessions:
// whoever knew the old one is out.
func (s *Server) setPassword(c *fiber.Ctx) error {
	var in passwordInput
	if err := s.readBody(c, &in); err != nil {
		return err
	}
	var nonce string
	if in.Nonce != nil {
		nonce = *in.Nonce
	}
	err := s.inName(c, func(caller supabase.Caller) error {
		return s.client.SetPassword(c.UserContext(), caller, in.Password, nonce)
	})
	caller := callerOf(c)
	s.audit(caller, "password_changed", whoSpeaks(c), err)
	if err != nil {
		return overIfAuthSays(err)
	}
	s.sessions.refresher.EndOthers(c.UserContext(), caller.Subject, sessionIDOf(c))
	// GoTrue does so itself; other servers of its API don't.
	if err := s.client.SignOut(c.UserContext(), caller, "others"); err != nil {
		s.log.Warn("other sessions could not be ended", "request_id", requestID(c), "error", err)
	}
	return c.SendStatus(http.StatusNoContent)
}

// setsPassword reports whether the request, with the body, has Auth change the
// password. A body that can't be read here may well be one there.
func setsPassword(c *fiber.Ctx, body []byte) bool {
	if authPath(c) != "/auth/v1/user" || safe(c.Method()) || len(body) == 0 {
		return false
	}
	var members map[string]json.RawMessage
	if json.NewDecoder(bytes.NewReader(body)).Decode(&members) != nil {
		return true
	}
	for name := range members {
		if strings.EqualFold(name, "password") {
			return true
		}
	}
	return false
}
