package server

import (
	"errors"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/mysingle/mysingle/bff/session"
	"github.com/mysingle/mysingle/bff/supabase"
)

// sessionPath is where browsers sign in and out. The answers never have a
// token in them: that is the cookie's, which no script can read.
const sessionPath = "/api/v1/session"

// signInRoutes registers the paths of sessions. They are before all others of
// /api/v1, as most of them are for who isn't signed in.
func (s *Server) signInRoutes() {
	open := s.app.Group(sessionPath, private)
	open.Post("", s.ownPagesOnly, s.signIn)
	open.Post("/sign-up", s.ownPagesOnly, s.signUp)
	open.Post("/code", s.ownPagesOnly, s.sendCode)
	open.Post("/verify", s.ownPagesOnly, s.verify)
	open.Post("/recovery", s.ownPagesOnly, s.recover)
	open.Get("/oauth/:provider", s.ownPagesOnly, s.beginOAuth)
	open.Get("/callback", s.endOAuth) // comes from another site; its state protects it
	open.Delete("", s.alreadyOut, s.authenticate, s.sameOrigin, s.limitUser, s.signOut)

	open.Get("", s.authenticate, s.sameOrigin, s.renew, s.limitUser, requireUser, s.currentSession)
	open.Put("/password", s.authenticate, s.sameOrigin, s.renew, s.limitUser, requireUser, s.setPassword)
}

// sessionAnswer tells who is signed in.
type sessionAnswer struct {
	User sessionUser `json:"user"`
	// ExpiresAt is until when the session holds on its own. Any request of
	// the last minute before, or after it, prolongs it.
	ExpiresAt time.Time `json:"expires_at"`
}

// sessionUser is a user as Auth knows them. The profile, in the table
// profiles, has the same key.
type sessionUser struct {
	ID    string `json:"id" format:"uuid"`
	Email string `json:"email"`
	// EmailConfirmedAt is null until the address is confirmed.
	EmailConfirmedAt *time.Time `json:"email_confirmed_at"`
	CreatedAt        time.Time  `json:"created_at"`
	LastSignInAt     *time.Time `json:"last_sign_in_at"`
	// UserMetadata is what was given at sign-up, or came from a provider.
	UserMetadata map[string]any `json:"user_metadata"`
}

func answerSession(c *fiber.Ctx, status int, user supabase.AuthUser, expiresAt time.Time) error {
	if user.UserMetadata == nil {
		user.UserMetadata = map[string]any{}
	}
	return c.Status(status).JSON(sessionAnswer{ExpiresAt: expiresAt.UTC(), User: sessionUser{
		ID: user.ID.String(), Email: user.Email, EmailConfirmedAt: user.EmailConfirmedAt,
		CreatedAt: user.CreatedAt, LastSignInAt: user.LastSignInAt, UserMetadata: user.UserMetadata,
	}})
}

// credentials sign somebody in.
type credentials struct {
	Email    string `json:"email" validate:"required,email,longest=255"`
	Password string `json:"password" validate:"required,longest=1000"`
}

// signIn signs in with a password.
func (s *Server) signIn(c *fiber.Ctx) error {
	var in credentials
	if err := s.readBody(c, &in); err != nil {
		return err
	}
	tokens, err := s.client.SignIn(c.UserContext(), callerOf(c), in.Email, in.Password)
	return s.establish(c, "signed_in", in.Email, http.StatusOK, tokens, err)
}

// newUser is somebody new. They get an organization of their own, unless an
// invitation's token says which one to join.
type newUser struct {
	Email    string `json:"email" validate:"required,email,longest=255"`
	Password string `json:"password" validate:"required,bytes=72"`
	// FirstName and the others become parts of the profile.
	FirstName *string `json:"first_name" validate:"omitnil,longest=100"`
	LastName  *string `json:"last_name" validate:"omitnil,longest=100"`
	// OrgName names the new organization; the first part of the address does
	// if absent.
	OrgName *string `json:"org_name" validate:"omitnil,longest=200"`
	// Timezone is the organization's, as IANA names it; Asia/Seoul if absent or unknown.
	Timezone *string `json:"timezone" validate:"omitnil,longest=100"`
	// Locale is the organization's, such as ko or en-US; Korean if absent or unknown.
	Locale *string `json:"locale" validate:"omitnil,longest=35"`
	// InvitationToken is what create_invitation returned.
	InvitationToken *string `json:"invitation_token" validate:"omitnil,longest=200"`
}

func (in *newUser) metadata() map[string]any {
	metadata := make(map[string]any)
	give(metadata, "first_name", in.FirstName)
	give(metadata, "last_name", in.LastName)
	give(metadata, "org_name", in.OrgName)
	give(metadata, "timezone", in.Timezone)
	give(metadata, "locale", in.Locale)
	give(metadata, "invitation_token", in.InvitationToken)
	return metadata
}

// confirmationAnswer tells that the address has to be confirmed first.
type confirmationAnswer struct {
	Confirmation string `json:"confirmation" enum:"sent"`
}

// signUp makes a user, who is signed in unless the address has to be confirmed
// first.
func (s *Server) signUp(c *fiber.Ctx) error {
	var in newUser
	if err := s.readBody(c, &in); err != nil {
		return err
	}
	tokens, err := s.client.SignUp(c.UserContext(), callerOf(c), in.Email, in.Password, in.metadata())
	if err == nil && tokens.AccessToken == "" {
		s.audit(callerOf(c), "signed_up", concerned{user: tokens.User.ID.String(), email: in.Email}, nil)
		return c.Status(http.StatusAccepted).JSON(confirmationAnswer{"sent"})
	}
	if refusal := new(supabase.AuthError); in.InvitationToken != nil && errors.As(err, &refusal) && refusal.Status >= 500 {
		// The database refuses to make the profile, and Auth doesn't pass on why.
		err = errors.Join(errInvitation, err)
	}
	return s.establish(c, "signed_up", in.Email, http.StatusCreated, tokens, err)
}

var errInvitation = errors.New("signing up with an invitation failed")

// establish signs in who got the tokens, or reports why nobody did. Each
// sign-in is a new session; the one that the browser held ends.
func (s *Server) establish(c *fiber.Ctx, event, email string, status int, tokens supabase.Tokens, err error) error {
	held, err := s.begin(c, event, email, tokens, err, s.heldBefore(c))
	if err != nil {
		return err
	}
	return answerSession(c, status, tokens.User, held.ExpiresAt)
}

// begin puts the new session into the browser, in the place of the previous
// one, which may be nil.
func (s *Server) begin(c *fiber.Ctx, event, email string, tokens supabase.Tokens, err error, previous *session.Session) (session.Session, error) {
	var held session.Session
	if err == nil {
		held, err = s.sessionFrom(c.UserContext(), tokens)
	}
	if err == nil {
		s.sessions.refresher.Begin(c.UserContext(), held)
		err = s.setSession(c, held)
	}
	s.audit(callerOf(c), event, concerned{held.Subject, held.ID, email}, err)
	if err == nil && previous != nil && previous.ID != held.ID {
		// Known before Auth knows it: a request of the old one that Auth refuses
		// must not take the new cookie away.
		s.sessions.refresher.End(c.UserContext(), *previous, session.ErrReplaced)
		s.endAtAuth(c, *previous)
		s.audit(callerOf(c), "session_replaced", concerned{user: previous.Subject, session: previous.ID}, nil)
	}
	return held, err
}

// heldBefore is the session that the browser already has, if any.
func (s *Server) heldBefore(c *fiber.Ctx) *session.Session {
	previous, found, err := s.sessions.jar.Session(cookiesOf(c))
	if err != nil || !found {
		return nil
	}
	return &previous
}

// codeInput asks for a one-time code.
type codeInput struct {
	Email string `json:"email" validate:"required,email,longest=255"`
	// Create makes a user of who isn't one; false if absent.
	Create *bool `json:"create"`
}

// sendCode has a one-time code and a link sent. The answer is the same
// whether or not there is such a user.
func (s *Server) sendCode(c *fiber.Ctx) error {
	var in codeInput
	if err := s.readBody(c, &in); err != nil {
		return err
	}
	err := s.client.SendCode(c.UserContext(), callerOf(c), in.Email, in.Create != nil && *in.Create)
	return s.accepted(c, "code_requested", in.Email, err)
}

// accepted answers 202, also where Auth's refusal would tell who has an
// account here.
func (s *Server) accepted(c *fiber.Ctx, event, email string, err error) error {
	s.audit(callerOf(c), event, concerned{email: email}, err)
	if refusal := new(supabase.AuthError); errors.As(err, &refusal) {
		switch refusal.Code {
		case "otp_disabled", "signup_disabled", "user_not_found", "user_banned", "over_email_send_rate_limit", "email_not_confirmed":
			err = nil
		}
	}
	if err != nil {
		return err
	}
	c.Status(http.StatusAccepted)
	return nil
}

// proofInput is what an e-mail gave: the code, with the address it was sent
// to, or the hash out of the link.
type proofInput struct {
	// Type is what the e-mail was for.
	Type      string  `json:"type" validate:"required,oneof=signup magiclink recovery invite email email_change"`
	Email     *string `json:"email" validate:"omitnil,email,longest=255"`
	Token     *string `json:"token" validate:"omitnil,longest=100"`
	TokenHash *string `json:"token_hash" validate:"omitnil,longest=200"`
}

// check tells what of the proof is missing.
func (in *proofInput) check() (faults []fieldError) {
	if in.TokenHash != nil {
		return nil
	}
	if in.Email == nil {
		faults = append(faults, bodyFault("email", "required_without", "%s is needed, or token_hash", "email"))
	}
	if in.Token == nil {
		faults = append(faults, bodyFault("token", "required_without", "%s is needed, or token_hash", "token"))
	}
	return faults
}

// verify signs in with a code or link out of an e-mail.
func (s *Server) verify(c *fiber.Ctx) error {
	var in proofInput
	if err := s.readBody(c, &in); err != nil {
		return err
	}
	proof := supabase.Proof{Type: in.Type}
	if in.TokenHash != nil {
		proof.TokenHash = *in.TokenHash // Auth wants the one or the other
	} else {
		proof.Email, proof.Token = *in.Email, *in.Token
	}
	tokens, err := s.client.Verify(c.UserContext(), callerOf(c), proof)
	return s.establish(c, "verified", proof.Email, http.StatusOK, tokens, err)
}

// currentSession tells who is signed in, as Auth knows them at the moment.
func (s *Server) currentSession(c *fiber.Ctx) error {
	var user supabase.AuthUser
	err := s.inName(c, func(caller supabase.Caller) (err error) {
		user, err = s.client.User(c.UserContext(), caller)
		return err
	})
	if err != nil {
		return overIfAuthSays(err)
	}
	return answerSession(c, http.StatusOK, user, identityOf(c).ExpiresAt)
}

// overIfAuthSays makes it the session's end that Auth knows it no more.
func overIfAuthSays(err error) error {
	if refusal := new(supabase.AuthError); errors.As(err, &refusal) && refusal.SessionOver() {
		return session.ErrEnded
	}
	return err
}
