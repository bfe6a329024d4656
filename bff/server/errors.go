package server

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/mysingle/mysingle/bff/figures"
	"github.com/mysingle/mysingle/bff/language"
	"github.com/mysingle/mysingle/bff/session"
	"github.com/mysingle/mysingle/bff/supabase"
)

// problem is the one error body: PostgREST's members, so that Supabase
// clients can read it, beside those of RFC 9457.
type problem struct {
	Code    string          `json:"code"`
	Message string          `json:"message"`
	Details json.RawMessage `json:"details"`
	Hint    json.RawMessage `json:"hint"`

	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`

	Errors []fieldError `json:"errors,omitempty"`
	// ViolatedPolicies are the rate limits that a request was beyond, by the
	// names that they have in RateLimit-Policy.
	ViolatedPolicies []string `json:"violated-policies,omitempty"`

	args      []any  // what Message, a format, takes
	advice    string // makes Hint
	foreign   bool   // Message is Supabase's own
	challenge string // for WWW-Authenticate
	wait      string // for Retry-After, in seconds
}

// noSuchPath is the code of an answer from where nothing is.
const noSuchPath = "no_such_path"

// fieldError is one fault of a request's input.
type fieldError struct {
	In      string `json:"in"` // path, query or body
	Name    string `json:"name"`
	Rule    string `json:"rule"` // the one that is broken
	Message string `json:"message"`

	say   func(language.Language) string // makes Message
	place int                            // among the faults, where their names don't tell
}

// panicked is a panic on its way to the log.
type panicked struct {
	fault any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v\n%s", p.fault, p.stack) }

// inputError lists everything that is wrong with a request's input, or says
// it in one sentence where no field is to blame.
type inputError struct {
	message string
	fields  []fieldError
}

func (e *inputError) Error() string { return "invalid request" }

func badRequest(message string) error { return &inputError{message: message} }

var errNotSignedIn = errors.New("not signed in")

// bearer is the challenge for who shows no token.
const bearer = `Bearer realm="mysingle"`

// quotaExceeded is the problem type of rate limits that
// draft-ietf-httpapi-ratelimit-headers-11 registers.
const quotaExceeded = "https://iana.org/assignments/http-problem-types#quota-exceeded"

// answerError writes the error body for whatever went wrong.
func (s *Server) answerError(c *fiber.Ctx, err error) error {
	p := s.explain(c, err)
	requestOf(c).fault = p.Code
	// The browser forgets a session that is over; where another one took its
	// place, that is what it holds by now.
	if errors.Is(err, session.ErrUnreadable) || errors.Is(err, session.ErrEnded) && !s.replaced(c, err) {
		s.clearSession(c)
	}
	l := languageOf(c)
	p.translate(l)
	if framed := new(fiber.Error); errors.As(err, &framed) {
		switch framed.Code {
		case http.StatusBadRequest, http.StatusRequestHeaderFieldsTooLarge, http.StatusRequestURITooLong:
			lingerOnClose(c.Context()) // it isn't read on, and the connection is given up
		}
	}
	p.Type, p.Title = "about:blank", http.StatusText(p.Status)
	if p.ViolatedPolicies != nil {
		p.Type, p.Title = quotaExceeded, "Request cannot be satisfied as assigned quota has been exceeded"
	}
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	requestID(c)
	if p.challenge != "" {
		c.Set(fiber.HeaderWWWAuthenticate, p.challenge)
	}
	c.Vary(fiber.HeaderAcceptLanguage)
	if !p.foreign {
		c.Set(fiber.HeaderContentLanguage, string(l))
	}
	if p.wait != "" {
		c.Set(fiber.HeaderRetryAfter, p.wait)
	}
	c.Set(fiber.HeaderContentType, "application/problem+json")
	s.setProtection(c)
	return c.Status(p.Status).Send(body)
}

// explain is describe, with the cause put into the log where it belongs.
func (s *Server) explain(c *fiber.Ctx, err error) problem {
	p, internal := describe(err)
	if internal {
		s.log.Error("request failed", "request_id", requestID(c), "method", methodOf(c), "route", routeOf(c), "error", err)
	}
	return p
}

// translate makes the messages those of the language.
func (p *problem) translate(l language.Language) {
	if p.foreign {
		return
	}
	p.Message = l.Say(p.Message, p.args...)
	if p.advice != "" {
		p.Hint, _ = json.Marshal(l.Say(p.advice)) // a string always can be
	}
	if len(p.Errors) == 0 {
		return
	}
	// The order is the same in every language.
	text := func(f fieldError) string { return f.In + " " + f.Name + " " + f.say(language.English) }
	slices.SortFunc(p.Errors, func(a, b fieldError) int {
		return cmp.Or(cmp.Compare(a.place, b.place), strings.Compare(text(a), text(b)))
	})
	p.Errors = slices.CompactFunc(p.Errors, func(a, b fieldError) bool { return text(a) == text(b) })
	var says []string
	for i := range p.Errors {
		p.Errors[i].Message = p.Errors[i].say(l)
		says = append(says, p.Errors[i].Message)
	}
	p.Message = strings.Join(says, "; ") + "."
}

// languageOf is the language in which the client wants to be spoken to.
func languageOf(c *fiber.Ctx) language.Language {
	return language.Of(c.Get(fiber.HeaderAcceptLanguage))
}

// describe maps errors to HTTP. The second result tells that the cause is
// for the log and not for the client.
func describe(err error) (problem, bool) {
	var (
		input   *inputError
		invalid *figures.Refusal
		refused *supabase.Refusal
		token   *supabase.TokenError
		role    *supabase.RoleError
		absent  *supabase.Unavailable
		failure *supabase.Failure
		auth    *supabase.AuthError
		lost    oauthFault
		answer  *supabase.Error
		down    *notReady
		framed  *fiber.Error
		beyond  *limited
	)
	switch {
	case errors.As(err, &input):
		return problem{Status: 400, Code: "invalid_request", Message: input.message, Errors: input.fields}, false
	case errors.Is(err, figures.ErrSprintNotFound):
		return problem{Status: 404, Code: "sprint_not_found", Message: "There is no such sprint, or you may not see it."}, false
	case errors.Is(err, figures.ErrProjectNotFound):
		return problem{Status: 404, Code: "project_not_found", Message: "There is no such project, or you may not see it."}, false
	case errors.Is(err, figures.ErrNoRunningSprint):
		return problem{Status: 404, Code: "no_running_sprint", Message: "No sprint of this project is running.",
			advice: "Start one (start_sprint), or ask for a sprint's dashboard by its id."}, false
	case errors.Is(err, figures.ErrProfileNotFound):
		return problem{Status: 404, Code: "profile_not_found", Message: "There is no profile of yours."}, false
	case errors.As(err, &invalid):
		return describeRefusal(invalid)
	case errors.As(err, &beyond):
		return problem{Status: 429, Code: "over_request_rate_limit", Message: "Too many requests. Try again in %d s.", args: []any{beyond.wait},
			wait: strconv.Itoa(beyond.wait), ViolatedPolicies: []string{beyond.policy}}, false
	case errors.Is(err, errCrossSite):
		return problem{Status: 403, Code: "cross_site", Message: "With the session's cookie this can be asked from the app's own pages only."}, false
	case errors.Is(err, errTokens):
		return problem{Status: 403, Code: "session_only", Message: "Tokens are not for pages: with the session's cookie use /api/v1/session."}, false
	case errors.Is(err, errOwnSessions):
		return problem{Status: 403, Code: "session_only", Message: "With the session's cookie sign out and change the password at /api/v1/session."}, false
	case errors.Is(err, errOriginNotAllowed):
		return problem{Status: 403, Code: "origin_not_allowed", Message: "Pages of this origin may not call here."}, false
	case errors.Is(err, errNoWebSockets):
		return problem{Status: 501, Code: "no_websockets", Message: "There are no WebSockets here. Realtime connections go to Supabase directly."}, false
	case errors.Is(err, session.ErrEnded), errors.Is(err, session.ErrUnreadable):
		return problem{Status: 401, Code: "session_ended", Message: "The session has ended. Sign in again.", challenge: bearer}, false
	case errors.Is(err, errInvitation):
		return problem{Status: 422, Code: "invitation_refused", Message: "The invitation can't be used: it is for another address, has expired or was used already. Or try again later."}, true
	case errors.As(err, &lost):
		return problem{Status: 400, Code: string(lost)}, false // the code alone counts: see leadBack
	case errors.As(err, &auth):
		return describeAuth(auth)
	case errors.Is(err, errNotSignedIn):
		return problem{Status: 401, Code: "not_signed_in", Message: "Sign in first: this needs an access token.", challenge: bearer}, false
	case errors.As(err, &token):
		return problem{Status: 401, Code: "invalid_token", Message: token.Reason,
			challenge: bearer + `, error="invalid_token", error_description="` + token.Reason + `"`}, false
	case errors.As(err, &role):
		return problem{Status: 403, Code: "role_refused", Message: "Tokens of this role are refused here."}, false
	case errors.As(err, &refused):
		if refused.Forbidden {
			return problem{Status: 403, Code: "refused", Message: refused.Message}, false
		}
		if refused.Header {
			return problem{Status: 400, Code: "invalid_request", Message: refused.Message}, false
		}
		return problem{Status: 400, Code: "invalid_path", Message: refused.Message}, false
	case errors.Is(err, supabase.ErrBusy):
		return problem{Status: 503, Code: "busy", Message: "Too many requests are under way. Try again in a moment.", wait: "1"}, false
	case errors.As(err, &absent):
		return problem{Status: 503, Code: "upstream_unavailable", Message: "%s does not answer at present. Try again in a moment.", args: []any{absent.Service},
			wait: strconv.Itoa(int(absent.Wait.Seconds()))}, false
	case errors.As(err, &failure):
		if failure.Timeout {
			return problem{Status: 504, Code: "upstream_timeout", Message: "%s did not answer in time.", args: []any{failure.Service}}, true
		}
		return problem{Status: 502, Code: "upstream_unavailable", Message: "%s gave no usable answer.", args: []any{failure.Service}}, true
	case errors.As(err, &answer):
		return describeAnswer(answer)
	case errors.As(err, &down):
		return problem{Status: 503, Code: "not_ready", Message: "Down: %s.", args: []any{down.Error()}}, false
	case errors.As(err, &framed):
		return describeFramed(framed), false
	}
	return problem{Status: 500, Code: "internal", Message: "Something went wrong here. It has been logged."}, true
}

// describeAnswer is for what Supabase answered to a question of the BFF's
// own. What it says to the caller passes; the rest is between the two.
func describeAnswer(e *supabase.Error) (problem, bool) {
	switch {
	case e.Code == "": // not PostgREST's: the gateway refusing the BFF's own key, say
		return problem{Status: 502, Code: "upstream_failed", Message: "The database failed to answer."}, true
	case e.Status == 401 || e.Status == 403 || e.Status == 429:
		p := problem{Status: e.Status, Code: e.Code, Message: e.Message, Details: e.Details, Hint: e.Hint, foreign: true}
		if e.Status == 401 {
			p.challenge = bearer + `, error="invalid_token"`
		}
		return p, false
	case e.Status == 503:
		return problem{Status: 503, Code: "upstream_unavailable", Message: "The database is not available at the moment."}, true
	case e.Code == "57014": // canceled by the statement timeout
		return problem{Status: 504, Code: "upstream_timeout", Message: "The database did not answer in time."}, true
	case e.Status >= 500:
		return problem{Status: 502, Code: "upstream_failed", Message: "The database failed to answer."}, true
	}
	return problem{Status: 500, Code: "internal", Message: "Something went wrong here. It has been logged."}, true
}

// describeRefusal is for what an SQL function refuses: the fault is in the
// parameter that the argument came from.
func describeRefusal(e *figures.Refusal) (problem, bool) {
	fault, ok := refused[e.Argument]
	if !ok {
		return problem{Status: 500, Code: "internal", Message: "Something went wrong here. It has been logged."}, true
	}
	return problem{Status: 400, Code: "invalid_request", Errors: []fieldError{fault}}, false
}

// refused are the arguments that an SQL function may find wrong although the
// parameter is well-formed.
var refused = map[string]fieldError{
	"date":      queryFault("date", "in_sprint", "%s must be a day of the sprint", "date"),
	"from_date": queryFault("from", "within_year", "%s must be on or before to (today, if not given), and at most a year before it", "from"),
	"to_date":   queryFault("to", "within_year", "%s must be on or after from, at most a year after it, and at most a year ahead", "to"),
}

// describeFramed is for what Fiber itself refuses. Its own messages may quote
// the request, headers and all, so they are replaced.
func describeFramed(e *fiber.Error) problem {
	switch e.Code {
	case 404:
		return problem{Status: 404, Code: noSuchPath, Message: "There is nothing at this path."}
	case 405:
		return problem{Status: 405, Code: "method_not_allowed", Message: "This path does not know the method."}
	case 408:
		return problem{Status: 408, Code: "request_timeout", Message: "The request did not arrive in time."}
	case 415:
		return problem{Status: 415, Code: "unsupported_media_type", Message: "Send JSON, with Content-Type: application/json."}
	case 413:
		return problem{Status: 413, Code: "body_too_large", Message: "The request's body is too large."}
	case 414:
		return problem{Status: 414, Code: "url_too_long", Message: "The request's path and query are too long."}
	case 431:
		return problem{Status: 431, Code: "headers_too_large", Message: "The request's headers are too large."}
	}
	return problem{Status: 400, Code: "invalid_request", Message: "The request could not be read."}
}
