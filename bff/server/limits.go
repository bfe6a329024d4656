package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/mysingle/mysingle/bff/limit"
)

// anywhere is how many addresses together may try one e-mail as often as each
// may. It is more than one, so that nobody can lock somebody else out from a
// single address, and few enough to be no help in guessing.
const anywhere = 10

// limited refuses a request beyond a rate.
type limited struct {
	policy string
	wait   int // seconds
}

func (e *limited) Error() string { return "beyond the rate limit " + e.policy }

// limitAddress bounds the requests from one address.
func (s *Server) limitAddress(c *fiber.Ctx) error {
	if err := s.takeAddress(c); err != nil {
		return err
	}
	return c.Next()
}

func (s *Server) takeAddress(c *fiber.Ctx) error {
	return s.take(c, byAddress, s.config.AddressRate, requestOf(c).from.network)
}

const byAddress = "address"

// logged is how often it is worth a line that an address is beyond its rate:
// whoever floods the BFF is not to flood the log.
var logged = limit.Rate{Quota: 1, Window: time.Minute}

// tooMany reports whether the error is one of many alike, from one address.
func (s *Server) tooMany(c *fiber.Ctx, err error) bool {
	beyond := new(limited)
	return errors.As(err, &beyond) && beyond.policy == byAddress && !s.limiter.Take("logged", logged, requestOf(c).from.network).Allowed
}

// limitUser bounds the requests of one signed-in user, and their guesses of a
// code: those are about the user, whatever the body names.
func (s *Server) limitUser(c *fiber.Ctx) error {
	if who := identityOf(c); !who.Anonymous() {
		if err := s.take(c, "user", s.config.UserRate, who.Subject); err != nil {
			return err
		}
		if requestOf(c).guesses {
			if err := s.takeName(c, who.Subject); err != nil {
				return err
			}
		}
	}
	return c.Next()
}

// limitSignIn bounds what could guess passwords and codes, or have Auth send
// e-mails: per address, and per e-mail (or phone) that the body names. Where
// that is somebody signed in, limitUser goes on, once it is known who.
func (s *Server) limitSignIn(c *fiber.Ctx) error {
	if !signsIn(c) {
		return c.Next()
	}
	if err := s.take(c, "sign-in", s.config.SignInRate, requestOf(c).from.network); err != nil {
		return err
	}
	body := &requestBody{server: s, c: c}
	defer body.release()
	text, err := body.read()
	if err != nil {
		return err
	}
	if text != nil { // for whoever reads it next
		c.Request().SetBodyStream(bytes.NewReader(text), len(text))
	}
	if guesses(c, text) {
		requestOf(c).guesses = true
	}
	for _, name := range named(text) {
		if err := s.takeName(c, name); err != nil {
			return err
		}
	}
	return c.Next()
}

// takeName counts a try of somebody's password or code: from the address, and
// from anywhere.
func (s *Server) takeName(c *fiber.Ctx, name string) error {
	rate := s.config.EmailRate
	if err := s.take(c, "email", rate, requestOf(c).from.network+" "+name); err != nil {
		return err
	}
	// Not told while there is room: it would tell of others' tries.
	if state := s.limiter.Take("email-anywhere", rate.Times(anywhere), name); !state.Allowed {
		return s.beyond("email-anywhere", state)
	}
	return nil
}

// guesses reports whether the request, one of limitSignIn's, has a code sent to
// who is signed in, or tries one.
func guesses(c *fiber.Ctx, body []byte) bool {
	switch path := authPath(c); path {
	case "/auth/v1/reauthenticate", "/api/v1/session/password":
		return true
	default:
		return secondFactor.MatchString(path) || setsPassword(c, body)
	}
}

// signIns are the paths of limitSignIn.
var signIns = map[string]bool{
	"/auth/v1/token": true, "/auth/v1/signup": true, "/auth/v1/otp": true, "/auth/v1/recover": true,
	"/auth/v1/verify": true, "/auth/v1/magiclink": true, "/auth/v1/resend": true,
	"/auth/v1/reauthenticate": true, "/auth/v1/user": true,
	"/api/v1/session": true, "/api/v1/session/sign-up": true, "/api/v1/session/code": true, "/api/v1/session/verify": true,
	"/api/v1/session/recovery": true, "/api/v1/session/password": true, "/api/v1/session/callback": true,
}

// secondFactor is where Auth sends a code to a second factor, and where that is
// tried.
var secondFactor = regexp.MustCompile(`^/auth/v1/factors/[^/]+/(challenge|verify)$`)

// authPath is the path as Auth may read it, whatever its spelling.
func authPath(c *fiber.Ctx) string {
	return strings.ToLower(strings.TrimRight(string(c.Request().URI().Path()), "/"))
}

// signsIn reports whether the request is one of limitSignIn's.
func signsIn(c *fiber.Ctx) bool {
	path := authPath(c)
	if !signIns[path] && !strings.HasPrefix(path, "/api/v1/session/oauth/") && !secondFactor.MatchString(path) {
		return false
	}
	switch {
	case path == "/auth/v1/user":
		return !safe(c.Method()) // a new password or e-mail, with the code that it takes
	case path == "/api/v1/session":
		return c.Method() == fiber.MethodPost // the others look at a session or end it
	case path == "/auth/v1/token":
		// Nobody guesses a refresh token, and every open page renews its own.
		// A form could name another grant.
		grants := c.Request().URI().QueryArgs().PeekMulti("grant_type")
		return len(grants) != 1 || string(grants[0]) != "refresh_token" || strings.Contains(strings.ToLower(c.Get(fiber.HeaderContentType)), "form")
	}
	return true
}

// named are the e-mails and phone numbers at the top of a JSON body, as Auth
// compares them. Not every JSON reader tells capitals apart in a name.
func named(body []byte) []string {
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil {
		return nil
	}
	var names []string
	for member, raw := range members {
		var name string
		if (strings.EqualFold(member, "email") || strings.EqualFold(member, "phone")) && json.Unmarshal(raw, &name) == nil && name != "" {
			names = append(names, asNamed(name))
		}
	}
	return names
}

// asNamed is an e-mail as it is compared.
func asNamed(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// network is whom an address stands for: whoever has an IPv6 address has the
// 2^64 beside it too.
func network(address netip.Addr) string {
	address = address.Unmap().WithZone("")
	if address.Is4() {
		return address.String()
	}
	prefix, _ := address.Prefix(64)
	return prefix.String()
}

// take counts the request and writes where who stands into RateLimit and
// RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-11).
func (s *Server) take(c *fiber.Ctx, policy string, rate limit.Rate, who string) error {
	if rate.Off() {
		return nil
	}
	state := s.limiter.Take(policy, rate, who)
	span := state.Full
	if state.Remaining == 0 {
		span = state.Next
	}
	r := requestOf(c)
	r.policies = appendLimit(r.policies, policy, ";q=", rate.Quota, ";w=", int(rate.Window.Seconds()))
	r.limits = appendLimit(r.limits, policy, ";r=", state.Remaining, ";t=", seconds(span))
	header := &c.Response().Header
	header.SetBytesV("RateLimit-Policy", r.policies)
	header.SetBytesV("RateLimit", r.limits)
	if !state.Allowed {
		return s.beyond(policy, state)
	}
	return nil
}

// appendLimit appends to a list a policy with two parameters, unless it is there
// with the same ones.
func appendLimit(list []byte, policy, first string, a int, second string, b int) []byte {
	before := len(list)
	if before > 0 {
		list = append(list, ", "...)
	}
	start := len(list)
	list = append(append(append(list, '"'), policy...), '"')
	list = strconv.AppendInt(append(list, first...), int64(a), 10)
	list = strconv.AppendInt(append(list, second...), int64(b), 10)
	for one := range bytes.SplitSeq(list[:before], []byte(", ")) {
		if bytes.Equal(one, list[start:]) {
			return list[:before]
		}
	}
	return list
}

func (s *Server) beyond(policy string, state limit.State) error {
	s.metrics.RateLimited(policy)
	return &limited{policy, seconds(state.Next)}
}

// seconds rounds up: whoever waits as long is not too early.
func seconds(d time.Duration) int { return max(1, int(math.Ceil(d.Seconds()))) }
