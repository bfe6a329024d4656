package server

import (
	"log/slog"
	"sync"

	"github.com/gofiber/fiber/v2"

	"github.com/mysingle/mysingle/bff/http1"
	"github.com/mysingle/mysingle/bff/session"
	"github.com/mysingle/mysingle/bff/supabase"
	"github.com/mysingle/mysingle/bff/traces"
)

// request is what is found out about a request on its way. It is all in one
// place, and used again, because every request has one.
type request struct {
	id       string
	routed   bool  // once a route was looked for
	from     place // the client's
	identity supabase.Identity
	session  *session.Session // where its cookie spoke
	alive    bool             // Auth is known to know that session
	guesses  bool             // a code is tried, or asked for, by who is signed in

	policies, limits []byte       // RateLimit-Policy and RateLimit, as far as they are known
	header           http1.Header // as it came, where it is passed on
	passing          passing
	line             [9]slog.Attr // of the log

	span  *traces.Server
	fault string // the code of the BFF's own error
}

var requests = sync.Pool{New: func() any { return new(request) }}

type localKey int

const requestKey localKey = iota

// requestOf is what is known about the request. It is the request's until that
// is over, so it must not be kept.
func requestOf(c *fiber.Ctx) *request {
	if r, ok := c.Locals(requestKey).(*request); ok {
		return r
	}
	r := requests.Get().(*request)
	c.Locals(requestKey, r)
	return r
}

// Close has the memory used again. fasthttp calls it when it forgets its own
// part of the request, which is after the answer was written.
func (r *request) Close() error {
	r.forget()
	requests.Put(r)
	return nil
}

func (r *request) forget() {
	clear(r.header)
	*r = request{policies: r.policies[:0], limits: r.limits[:0], header: r.header[:0]}
}

// identityOf is who the request comes from.
func identityOf(c *fiber.Ctx) supabase.Identity { return requestOf(c).identity }

// callerOf is on whose behalf the BFF asks Supabase.
func callerOf(c *fiber.Ctx) supabase.Caller {
	r := requestOf(c)
	return supabase.Caller{Identity: r.identity, RequestID: requestID(c), IP: r.from.ip}
}
