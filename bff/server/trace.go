package server

import (
	"context"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/mysingle/mysingle/bff/traces"
)

// flushTime is how long the collector of traces may take for the last ones.
// lastFlush of it there is even where running requests took all of the time.
const (
	flushTime = 5 * time.Second
	lastFlush = time.Second
)

// beginTrace begins the request's span, below which are those of what it asks
// Supabase. Probes have none.
func (s *Server) beginTrace(c *fiber.Ctx, start time.Time) {
	r := requestOf(c)
	if s.traces == nil || r.span != nil {
		return
	}
	if path := c.Path(); path == "/livez" || path == "/readyz" {
		return
	}
	var ctx context.Context
	ctx, r.span = s.traces.Serve(carrier{&c.Request().Header}, isAmong(s.config.TrustedProxies, peerOf(c)), methodOf(c), start)
	c.SetUserContext(ctx)
}

// endTrace ends it and returns the trace's id, for the log; "" for a trace that
// isn't recorded.
func (s *Server) endTrace(c *fiber.Ctx, method, route string, status int, now time.Time) string {
	r := requestOf(c)
	r.span.End(traces.Served{
		Method: method, Route: route, Status: status, Fault: r.fault, RequestID: requestID(c), User: r.identity.Subject,
	}, now)
	return r.span.TraceID()
}

// closeTraces has the last spans exported, within what is left until then.
func (s *Server) closeTraces(by time.Time) {
	if s.traces == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), min(max(time.Until(by), lastFlush), flushTime))
	defer cancel()
	if err := s.traces.Close(ctx); err != nil {
		s.log.Warn("the last traces are lost", "error", err)
	}
}

// carrier is where a caller tells of its own trace. What is there twice is put
// together, which makes nonsense of all but lists.
type carrier struct{ header *fasthttp.RequestHeader }

// Get implements propagation.TextMapCarrier.
func (h carrier) Get(name string) string {
	var lines []string
	for _, line := range h.header.PeekAll(name) {
		lines = append(lines, string(line))
	}
	return strings.Join(lines, ",")
}

// Keys implements propagation.TextMapCarrier.
func (carrier) Keys() []string { return nil }

// Set implements propagation.TextMapCarrier.
func (carrier) Set(string, string) {}
