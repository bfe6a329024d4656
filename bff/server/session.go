package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/mysingle/mysingle/bff/config"
	"github.com/mysingle/mysingle/bff/redis"
	"github.com/mysingle/mysingle/bff/session"
	"github.com/mysingle/mysingle/bff/supabase"
)

// askAgainAfter is how long a refresh at Auth may take, so that it is worth
// asking what became of another one.
const askAgainAfter = 500 * time.Millisecond

// sessions is what the browsers' sessions need.
type sessions struct {
	jar       *session.Jar
	refresher *session.Refresher
}

func newSessions(c config.Config, shared *redis.Client, log *slog.Logger) sessions {
	keys := c.SessionKeys
	if len(keys) == 0 {
		log.Warn("BFF_SESSION_KEYS is not set: whoever signs in is signed out when the BFF stops")
		keys = session.RandomKeys()
	}
	sealer, err := session.NewSealer(keys)
	if err != nil {
		panic(err) // config has checked the keys
	}
	s := sessions{jar: session.NewJar(sealer, c.PublicURL.Scheme == "https")}
	if shared == nil {
		s.refresher = session.NewRefresher(session.NewMemory())
	} else {
		s.refresher = session.NewRefresher(session.NewRedis(shared, sealer, c.UpstreamTimeout))
	}
	return s
}

// cookiesOf are the request's cookies; of several with one name the first,
// which browsers send for the longest path.
func cookiesOf(c *fiber.Ctx) session.Cookies {
	cookies := make(session.Cookies)
	for name, value := range c.Request().Header.Cookies() {
		if _, ok := cookies[string(name)]; !ok {
			cookies[string(name)] = string(value)
		}
	}
	return cookies
}

// bySession is who the session cookie speaks for, if there is one.
func (s *Server) bySession(c *fiber.Ctx) (supabase.Identity, error) {
	held, found, err := s.sessions.jar.Session(cookiesOf(c))
	alive := false
	if err == nil && found {
		alive, err = s.sessions.refresher.Known(c.UserContext(), held)
	}
	if err != nil || !found {
		return supabase.Identity{}, err
	}
	r := requestOf(c)
	r.session, r.alive = &held, alive
	return identityIn(held), nil
}

// sessionOf is the session where the cookie spoke, and nil elsewhere.
func sessionOf(c *fiber.Ctx) *session.Session { return requestOf(c).session }

// sessionIDOf is the session that speaks, by its cookie or its token; "" for
// who isn't signed in.
func sessionIDOf(c *fiber.Ctx) string {
	if held := sessionOf(c); held != nil {
		return held.ID
	}
	id, _, err := supabase.SessionOf(identityOf(c).Token)
	if err != nil { // not every token names one
		return ""
	}
	return id
}

// whoSpeaks is that session and its user, for the log.
func whoSpeaks(c *fiber.Ctx) concerned {
	return concerned{user: identityOf(c).Subject, session: sessionIDOf(c)}
}

func identityIn(s session.Session) supabase.Identity {
	return supabase.Identity{Subject: s.Subject, Token: s.AccessToken, ExpiresAt: s.ExpiresAt}
}

// renew gives a session whose access token is about to end a new one, before
// the request goes on, and the browser its cookie. A session that isn't known
// here is asked for at Auth first: it may have ended before this process began.
func (s *Server) renew(c *fiber.Ctx) error {
	held := sessionOf(c)
	if held == nil {
		return c.Next()
	}
	fresh, renewed, err := s.fresh(c.UserContext(), callerOf(c), *held, s.sessions.refresher.Fresh)
	if err == nil && !renewed && !requestOf(c).alive {
		err = s.confirm(c, *held)
		if isBadToken(err) { // as in inName
			fresh, renewed, err = s.fresh(c.UserContext(), callerOf(c), expired(*held), s.sessions.refresher.Fresh)
		}
	}
	if err != nil {
		return err
	}
	if !renewed {
		return c.Next()
	}
	if err := s.setSession(c, fresh); err != nil {
		return err
	}
	err = c.Next()
	noStore(c) // whatever the handler said
	return err
}

// confirm returns nil if Auth knows the session, and ErrEnded if it doesn't any
// more, or has banned the user. What Auth can't tell now is an error as well:
// without an answer nobody is let in.
func (s *Server) confirm(c *fiber.Ctx, held session.Session) error {
	ctx, cancel := s.client.WithDeadline(c.UserContext())
	defer cancel()
	caller := callerOf(c)
	err := s.sessions.refresher.Confirm(ctx, held, func(ctx context.Context) error {
		user, err := s.client.User(ctx, caller)
		// GoTrue from before 28 July 2026 shows a banned user to themselves.
		if err == nil && user.BannedUntil != nil && time.Now().Before(*user.BannedUntil) {
			err = session.ErrEnded
		}
		err = overIfAuthSays(err)
		s.audit(caller, "session_confirmed", concerned{user: held.Subject, session: held.ID}, err)
		return err
	})
	return authTimeout(ctx, err)
}

// authTimeout makes it a *Failure that the deadline of a question to Auth is over.
func authTimeout(ctx context.Context, err error) error {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Cause(ctx)) && err != nil {
		return &supabase.Failure{Service: "Auth", Timeout: true, Err: err}
	}
	return err
}

// fresh returns the session with an access token that holds for a while, and
// whether it is a new one, by one of the refresher's ways. A token whose key was
// withdrawn holds no more, whatever its time: Auth knows the session as before.
func (s *Server) fresh(ctx context.Context, caller supabase.Caller, held session.Session, by func(context.Context, session.Session, session.Refresh) (session.Session, bool, error)) (session.Session, bool, error) {
	ctx, cancel := s.client.WithDeadline(ctx)
	defer cancel()
	if _, err := s.identify.Verifier.Verify(ctx, held.AccessToken); errors.As(err, new(*supabase.TokenError)) {
		held = expired(held)
	}
	caller.Identity = supabase.Identity{} // the old token proves nothing any more
	fresh, renewed, err := by(ctx, held, func(ctx context.Context, held session.Session) (session.Session, error) {
		tokens, err := s.client.Refresh(ctx, caller, held.RefreshToken)
		if refusal := new(supabase.AuthError); errors.As(err, &refusal) && refusal.Code == "refresh_token_already_used" {
			// Without Redis another instance may be at it this very moment. Once
			// it is done, Auth gives its result to who asks within ten seconds.
			time.Sleep(askAgainAfter)
			tokens, err = s.client.Refresh(ctx, caller, held.RefreshToken)
		}
		var fresh session.Session
		if err == nil {
			fresh, err = s.sessionFrom(ctx, tokens)
		}
		s.audit(caller, "session_refreshed", concerned{user: held.Subject, session: held.ID}, err)
		if refusal := new(supabase.AuthError); errors.As(err, &refusal) && (refusal.SessionOver() || refusal.Code == "validation_failed") {
			err = session.ErrEnded // the second is for what can't be a refresh token
		}
		return fresh, err
	})
	if err == session.ErrUnusable { // known from the last time
		err = &supabase.Failure{Service: "Auth", Err: err}
	}
	return fresh, renewed, authTimeout(ctx, err)
}

// expired is the session with its access token at its end.
func expired(held session.Session) session.Session {
	held.ExpiresAt = held.IssuedAt.Add(-time.Hour) // by whichever clock
	return held
}

// inName asks Auth something in the caller's name. Where Auth doesn't take the
// token of the browser's session, as when it signs with another secret all of a
// sudden, it is asked again with a new one.
func (s *Server) inName(c *fiber.Ctx, ask func(supabase.Caller) error) error {
	err := ask(callerOf(c))
	held := sessionOf(c)
	if held == nil || !isBadToken(err) {
		return err
	}
	fresh, _, err := s.fresh(c.UserContext(), callerOf(c), expired(*held), s.sessions.refresher.Fresh)
	if err == nil {
		err = s.setSession(c, fresh)
	}
	if err != nil {
		return err
	}
	return ask(callerOf(c))
}

// isBadToken reports whether Auth refused to take the access token.
func isBadToken(err error) bool {
	refusal := new(supabase.AuthError)
	return errors.As(err, &refusal) && refusal.Code == "bad_jwt"
}

// sessionFrom makes a session of what Auth gave. Auth's own token is verified
// like any other: no other role's ever gets into a cookie.
func (s *Server) sessionFrom(ctx context.Context, tokens supabase.Tokens) (session.Session, error) {
	identity, err := s.identify.Verifier.Verify(ctx, tokens.AccessToken)
	if failure := new(supabase.Failure); errors.As(err, &failure) {
		return session.Session{}, failure // whether they are any good isn't known
	}
	if err == nil && (identity.Anonymous() || tokens.RefreshToken == "") {
		err = errors.New("tokens of nobody")
	}
	if err != nil {
		// Whoever asks isn't told that the token is no good: it isn't theirs.
		return session.Session{}, &supabase.Failure{Service: "Auth", Err: fmt.Errorf("%w: %v", session.ErrUnusable, err)}
	}
	id, issued, err := supabase.SessionOf(tokens.AccessToken)
	if err != nil {
		return session.Session{}, &supabase.Failure{Service: "Auth", Err: err}
	}
	return session.Session{
		ID: id, Subject: identity.Subject, AccessToken: tokens.AccessToken, RefreshToken: tokens.RefreshToken,
		IssuedAt: issued, ExpiresAt: identity.ExpiresAt,
	}, nil
}

// setSession makes the session the request's own, and the browser hold it.
func (s *Server) setSession(c *fiber.Ctx, held session.Session) error {
	cookies, err := s.sessions.jar.SetSession(held, cookiesOf(c))
	if err != nil {
		return err
	}
	setCookies(c, cookies...)
	r := requestOf(c)
	r.session, r.identity = &held, identityIn(held)
	return nil
}

// replaced reports whether the session ended because the browser got another
// one, be it while the request was under way: Auth says no more than that it
// is over.
func (s *Server) replaced(c *fiber.Ctx, err error) bool {
	if held := s.heldBefore(c); held != nil && !errors.Is(err, session.ErrReplaced) {
		err = s.sessions.refresher.Ended(c.UserContext(), *held)
	}
	return errors.Is(err, session.ErrReplaced)
}

// clearSession makes the browser forget its session, and what this answer was
// to make it hold.
func (s *Server) clearSession(c *fiber.Ctx) {
	held, out := cookiesOf(c), &c.Response().Header
	for name := range out.Cookies() {
		held[string(name)] = ""
	}
	cookies := s.sessions.jar.ClearSession(held)
	for _, cookie := range cookies {
		out.DelCookie(cookie.Name)
	}
	setCookies(c, cookies...)
}

// setCookies adds cookies to the answer, which then is for nobody else.
func setCookies(c *fiber.Ctx, cookies ...*http.Cookie) {
	for _, cookie := range cookies {
		c.Response().Header.Add(fiber.HeaderSetCookie, cookie.String())
	}
	noStore(c)
}

func noStore(c *fiber.Ctx) { c.Set(fiber.HeaderCacheControl, "no-store") }

// concerned is whom an event is about, as far as it is known.
type concerned struct{ user, session, email string }

// audit counts what happened to somebody's session and writes a line about it:
// who, what, from where, and how it ended. The line never has an e-mail address
// (but a hash, by which tries for the same one can be told), a password, a token
// or a cookie.
func (s *Server) audit(caller supabase.Caller, event string, whom concerned, err error) {
	s.metrics.Session(event, err == nil)
	outcome, reason := "success", ""
	if err != nil {
		p, _ := describe(err)
		outcome, reason = "failure", p.Code
	}
	line := []any{"event", event, "outcome", outcome, "reason", reason,
		"user", whom.user, "session", whom.session, "ip", caller.IP, "request_id", caller.RequestID}
	if whom.email != "" {
		line = append(line, "email_hash", s.limiter.Name(asNamed(whom.email)))
	}
	s.log.Info("audit", line...)
}
