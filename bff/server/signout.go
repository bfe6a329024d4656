package server

import (
	"context"
	"errors"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"github.com/mysingle/mysingle/bff/session"
	"github.com/mysingle/mysingle/bff/supabase"
)

// Signing out: signOut ends sessions at Auth, makes their end known to all
// instances, and has the browser forget its own. endAtAuth is for a session
// that another one takes the place of, endWithAuth for those that a Supabase
// client has ended at Auth itself.

// signOutInput says how far a sign-out goes.
type signOutInput struct {
	// Scope is whose sessions end: this browser's (local, if absent), all
	// others of the user, or all of them (global).
	Scope *string `query:"scope" validate:"omitnil,oneof=local others global"`
}

// alreadyOut makes it a success to sign out of a session that is over.
func (s *Server) alreadyOut(c *fiber.Ctx) error {
	err := c.Next()
	if errors.Is(err, session.ErrEnded) || errors.Is(err, session.ErrUnreadable) {
		s.clearSession(c)
		return c.SendStatus(http.StatusNoContent)
	}
	return err
}

// signOut ends sessions. Who signs out of this browser alone is out, whether
// or not Auth can be told.
func (s *Server) signOut(c *fiber.Ctx) error {
	var in signOutInput
	if err := readInput(c, &in); err != nil {
		return err
	}
	scope := "local"
	if in.Scope != nil {
		scope = *in.Scope
	}
	if identityOf(c).Anonymous() {
		return c.SendStatus(http.StatusNoContent)
	}
	held := sessionOf(c)
	var err error
	if held != nil {
		var renewed bool
		var fresh session.Session
		if fresh, renewed, err = s.fresh(c, *held, s.sessions.refresher.Fresh); err == nil && renewed {
			err = s.setSession(c, fresh)
		}
	}
	if err == nil {
		err = s.inName(c, func(caller supabase.Caller) error { return s.client.SignOut(c.UserContext(), caller, scope) })
	}
	caller := callerOf(c)
	err = unlessOver(err)
	s.audit(caller, "signed_out_"+scope, whoSpeaks(c), err)
	switch {
	case err != nil && (scope != "local" || held == nil):
		return err
	case err != nil:
		s.log.Warn("a session could not be ended at Auth", "request_id", requestID(c), "session", held.ID, "error", err)
	}
	switch scope {
	case "others":
		s.sessions.refresher.EndOthers(c.UserContext(), caller.Subject, sessionIDOf(c))
	case "global":
		s.sessions.refresher.EndOthers(c.UserContext(), caller.Subject, "")
	}
	if held != nil && scope != "others" {
		// Not with the request's deadline, which Auth may have used up.
		s.sessions.refresher.End(context.WithoutCancel(c.UserContext()), *held, session.ErrEnded)
		s.clearSession(c)
	}
	return c.SendStatus(http.StatusNoContent)
}

// endAtAuth ends a session at Auth. Whatever hinders it, the one that takes
// its place begins.
func (s *Server) endAtAuth(c *fiber.Ctx, held session.Session) {
	end := func() error {
		fresh, _, err := s.fresh(c, held, s.sessions.refresher.FreshToEnd)
		if err != nil {
			return err
		}
		held = fresh
		caller := callerOf(c)
		caller.Identity = identityIn(held)
		return s.client.SignOut(c.UserContext(), caller, "local")
	}
	err := end()
	if isBadToken(err) { // as in inName
		held = expired(held)
		err = end()
	}
	if err = unlessOver(err); err != nil {
		s.log.Warn("a session could not be ended at Auth", "request_id", requestID(c), "session", held.ID, "error", err)
	}
}

// endWithAuth ends the browsers' sessions of somebody who has, with a token,
// signed out elsewhere or changed the password: Auth has said yes.
func (s *Server) endWithAuth(c *fiber.Ctx, password bool) {
	caller := callerOf(c)
	if sessionOf(c) != nil || caller.Anonymous() {
		return
	}
	switch path := authPath(c); {
	case password:
		s.audit(caller, "password_changed", whoSpeaks(c), nil)
		s.sessions.refresher.EndOthers(c.UserContext(), caller.Subject, sessionIDOf(c))
	case path == "/auth/v1/logout" && c.Method() == http.MethodPost:
		switch scope := c.Query("scope", "global"); scope { // which is Auth's default
		case "global":
			s.audit(caller, "signed_out_global", whoSpeaks(c), nil)
			s.sessions.refresher.EndOthers(c.UserContext(), caller.Subject, "")
		case "others":
			s.audit(caller, "signed_out_others", whoSpeaks(c), nil)
			s.sessions.refresher.EndOthers(c.UserContext(), caller.Subject, sessionIDOf(c))
		}
	}
}

// unlessOver takes it for success that there was nothing to end any more.
func unlessOver(err error) error {
	refusal := new(supabase.AuthError)
	if errors.Is(err, session.ErrEnded) || errors.As(err, &refusal) && refusal.SessionOver() {
		return nil
	}
	return err
}
