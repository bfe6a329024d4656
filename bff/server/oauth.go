package server

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/mysingle/mysingle/bff/session"
	"github.com/mysingle/mysingle/bff/supabase"
)

// Signing in at a provider (OAuth 2.0 with PKCE, RFC 7636): beginOAuth sends
// the browser there, by way of Auth, which sends it back to endOAuth. The
// verifier stays in a sealed cookie meanwhile: a code is of no use to who
// hasn't got it, and the state that comes back has to be the cookie's, so that
// nobody finishes in one browser what began in another. All of this is pages
// that a browser opens, so that what Auth or the provider refuses leads back to
// one of the app's, as a wrong state does. What none of the app's pages asks for
// has an answer of its own: a provider or return_to that can't be one (400),
// another site's page (403), too many tries (429).

// oauthInput names a provider and where to go afterwards.
type oauthInput struct {
	// Provider is one that is switched on in Auth, such as google or github.
	Provider string `path:"provider" validate:"provider"`
	// ReturnTo is the page to go to afterwards, a path of this very origin; /
	// if absent.
	ReturnTo *string `query:"return_to" validate:"omitnil,app_path"`
}

// oauthFault is why signing in at a provider failed, as the parameter error
// tells the page.
type oauthFault string

const (
	errProvider oauthFault = "provider_disabled"
	errState    oauthFault = "oauth_state" // not begun in this browser, or too long ago
	errFailed   oauthFault = "oauth_failed"
)

func (e oauthFault) Error() string { return "signing in at a provider: " + string(e) }

// beginOAuth sends the browser to the provider. Auth's own address for that
// needn't be one that browsers can reach, so it is asked from here.
func (s *Server) beginOAuth(c *fiber.Ctx) error {
	var in oauthInput
	if err := readInput(c, &in); err != nil {
		return err
	}
	flow := session.Flow{State: rand.Text(), Verifier: rand.Text() + rand.Text(), ReturnTo: "/", Began: time.Now(), Previous: s.heldBefore(c)}
	if in.ReturnTo != nil {
		flow.ReturnTo = *in.ReturnTo
	}
	challenge := sha256.Sum256([]byte(flow.Verifier))
	back := s.page(sessionPath + "/callback?state=" + url.QueryEscape(flow.State))
	target, err := s.client.Authorize(c.UserContext(), callerOf(c), in.Provider, base64.RawURLEncoding.EncodeToString(challenge[:]), back)
	if refusal := new(supabase.AuthError); errors.As(err, &refusal) && refusal.Code == "validation_failed" {
		err = errProvider
	}
	if err != nil {
		return s.leadBack(c, flow.ReturnTo, err)
	}
	setCookies(c, s.sessions.jar.SetFlow(flow))
	return c.Redirect(target, http.StatusSeeOther)
}

// callbackInput is what the browser brings back from the provider: the state,
// and a code or an error. There may be more, which has no meaning here.
type callbackInput struct {
	State *string `query:"state"`
	Code  *string `query:"code"`
	// Error and ErrorCode say, in OAuth's words and in Auth's, what went wrong.
	Error     *string `query:"error"`
	ErrorCode *string `query:"error_code"`
}

// errorCode is what a code looks like that may be passed on.
var errorCode = regexp.MustCompile(`^[a-z][a-z0-9_]{0,59}$`)

// endOAuth signs in with the code and sends the browser to the page that it
// was to return to, with the parameter error where signing in failed. Whoever
// comes with another's state, or none, changes nothing.
func (s *Server) endOAuth(c *fiber.Ctx) error {
	given, _ := queryOf(c)
	flow, ok := s.sessions.jar.Flow(cookiesOf(c), time.Now())
	if !ok || subtle.ConstantTimeCompare([]byte(flow.State), []byte(given["state"])) != 1 {
		s.audit(callerOf(c), "signed_in_oauth", concerned{}, errState)
		return s.leadBack(c, "/", errState)
	}
	setCookies(c, s.sessions.jar.ClearFlow())
	if given["code"] == "" {
		fault := errFailed
		for _, code := range []string{given["error"], given["error_code"]} {
			if errorCode.MatchString(code) {
				fault = oauthFault(code)
			}
		}
		s.audit(callerOf(c), "signed_in_oauth", concerned{}, fault)
		return s.leadBack(c, flow.ReturnTo, fault)
	}
	tokens, err := s.client.Exchange(c.UserContext(), callerOf(c), given["code"], flow.Verifier)
	_, err = s.begin(c, "signed_in_oauth", "", tokens, err, flow.Previous)
	return s.leadBack(c, flow.ReturnTo, err)
}

// leadBack sends the browser to a page of the app's, which the parameter error
// tells what went wrong, if anything did.
func (s *Server) leadBack(c *fiber.Ctx, path string, err error) error {
	if err != nil {
		path = withError(path, s.explain(c, err).Code)
	}
	return c.Redirect(s.page(path), http.StatusSeeOther)
}

// page is the full address of one of the app's pages. Whatever the path, it
// is on the public URL's host.
func (s *Server) page(path string) string { return s.config.PublicURL.String() + path }

// withError adds the code of what went wrong to a page's query.
func withError(path, code string) string {
	u, err := url.Parse(path)
	if err != nil { // not after isAppPath
		return "/"
	}
	query := u.Query()
	query.Set("error", code)
	u.RawQuery = query.Encode()
	return u.String()
}
