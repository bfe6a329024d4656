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
// client has ended at Auth itself. signout_retry.go does later
// what Auth could not do at once.

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
// or not Auth can be told: then it is tried again (see signOutRetries).
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
		if fresh, renewed, err = s.fresh(c.UserContext(), callerOf(c), *held, s.sessions.refresher.Fresh); err == nil && renewed {
			err = s.setSession(c, fresh)
		}
	}
	if err == nil {
		err = s.inName(c, func(caller supabase.Caller) error { return s.client.SignOut(c.UserContext(), caller, scope) })
	}
	caller := callerOf(c)
	over := isOver(err)
	if over {
		err = nil
	}
	s.audit(caller, "signed_out_"+scope, whoSpeaks(c), err)
	if err != nil && (scope != "local" || held == nil) {
		return err
	}
	switch {
	case over: // a session that is over ends no others
	case scope == "others":
		s.sessions.refresher.EndOthers(c.UserContext(), caller.Subject, sessionIDOf(c))
	case scope == "global":
		s.sessions.refresher.EndOthers(c.UserContext(), caller.Subject, "")
	}
	if held != nil && (over || scope != "others") {
		// Not with the request's deadline, which Auth may have used up.
		s.sessions.refresher.End(context.WithoutCancel(c.UserContext()), *held, session.ErrEnded)
		if err != nil {
			s.signOutRetries.add(caller, *sessionOf(c), session.ErrEnded, err) // with what a refresh gave it
		}
		s.clearSession(c)
	}
	return c.SendStatus(http.StatusNoContent)
}

// endAtAuth ends a session at Auth, now or later: the one that takes its place
// begins in any case.
func (s *Server) endAtAuth(c *fiber.Ctx, held session.Session) {
	last, err := s.signOutAtAuth(c.UserContext(), callerOf(c), held)
	if err != nil {
		s.signOutRetries.add(callerOf(c), last, session.ErrReplaced, err)
	}
}

// signOutAtAuth ends a session at Auth, or returns why it goes on there, and the
// session with the tokens it has then. A session that is over is no error.
func (s *Server) signOutAtAuth(ctx context.Context, caller supabase.Caller, held session.Session) (session.Session, error) {
	end := func() error {
		fresh, _, err := s.fresh(ctx, caller, held, s.sessions.refresher.FreshToEnd)
		if err != nil {
			return err
		}
		held, caller.Identity = fresh, identityIn(fresh)
		return s.client.SignOut(ctx, caller, "local")
	}
	err := end()
	if isBadToken(err) { // as in inName
		held = expired(held)
		err = end()
	}
	if isOver(err) {
		err = nil
	}
	return held, err
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

// isOver reports whether there was nothing to end any more.
func isOver(err error) bool {
	refusal := new(supabase.AuthError)
	return errors.Is(err, session.ErrEnded) || errors.As(err, &refusal) && refusal.SessionOver()
}
