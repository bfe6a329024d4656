package server

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
)

// unrouted is the route of what is answered before one was looked for, where
// Fiber would name the path, of which there is no end; and of what has none,
// where it would name the root.
const unrouted = "unrouted"

// RequestLine is the message of the log's line about each request.
const RequestLine = "request"

// observe gives every request an id, turns its error (or panic) into the
// answer and has it finished.
func (s *Server) observe(c *fiber.Ctx) error {
	start := time.Now()
	requestOf(c).routed = true
	requestID(c)
	s.beginTrace(c, start)
	return s.finish(c, start, s.guarded(c))
}

// refuseUnrouted answers a request that observe doesn't get to see. It is
// also what Fiber calls for one that can't be read. It counts like any other.
func (s *Server) refuseUnrouted(c *fiber.Ctx, err error) error {
	start := time.Now()
	s.beginTrace(c, start)
	s.locate(c)
	if errors.Is(err, fiber.ErrRequestHeaderFieldsTooLarge) && isOneLine(c.Context(), s.config.HeaderLimit) {
		err = fiber.ErrRequestURITooLong
	}
	if beyond := s.takeAddress(c); beyond != nil {
		err = errors.Join(beyond, err)
	}
	return s.finish(c, start, err)
}

// finish answers where something went wrong, counts the request and writes one
// line about it. The line has no query and no header: both may hold secrets.
// Beyond the address's rate most lines are for debugging alone.
func (s *Server) finish(c *fiber.Ctx, start time.Time, err error) error {
	if err != nil {
		if err := s.answerError(c, err); err != nil {
			return err
		}
	}
	r, method, route := requestOf(c), methodOf(c), routeOf(c)
	now, status := time.Now(), c.Response().StatusCode()
	took := now.Sub(start)
	s.metrics.Request(method, route, status, took)
	level := slog.LevelInfo
	switch {
	case status >= 500:
		level = slog.LevelWarn
	case route == "/livez" || route == "/readyz" || err != nil && s.tooMany(c, err):
		level = slog.LevelDebug
	}
	trace := ""
	if r.span != nil && level > slog.LevelDebug { // else one of very many alike
		trace = s.endTrace(c, method, route, status, now)
	}
	handler := s.log.Handler()
	if !handler.Enabled(context.Background(), level) {
		return nil
	}
	line := slog.NewRecord(now, level, RequestLine, 0) // no caller: it would be looked up, and isn't written
	r.line = [9]slog.Attr{
		slog.String("request_id", requestID(c)),
		slog.String("method", method),
		slog.String("route", route),
		slog.Int("status", status),
		slog.Duration("duration", took),
		slog.String("user", r.identity.Subject),
		slog.String("client", r.from.ip),
	}
	said := r.line[:7]
	if r.fault != "" {
		said = append(said, slog.String("code", r.fault))
	}
	if trace != "" {
		said = append(said, slog.String("trace_id", trace))
	}
	line.AddAttrs(slog.Attr{Value: slog.GroupValue(said...)}) // without a key it is the attributes; a record has room for five
	_ = handler.Handle(context.Background(), line)            // as by the logger: there is nobody to tell
	return nil
}

// routeOf is the route that took the request. Like methodOf it is one of a
// few, ours to keep and nothing of the client's own, as logs and metrics want it.
func routeOf(c *fiber.Ctx) string {
	if r := requestOf(c); !r.routed || r.fault == noSuchPath && c.Route().Path == "/" {
		return unrouted
	}
	return c.Route().Path
}

func methodOf(c *fiber.Ctx) string {
	i := slices.Index(methods, c.Method())
	if i < 0 {
		return "other"
	}
	return methods[i]
}

// guarded runs the rest of the chain and makes a panic an error.
func (s *Server) guarded(c *fiber.Ctx) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = &panicked{fault, debug.Stack()}
		}
	}()
	return c.Next()
}

// requestID is the id the request came with, if it is a sane one, or a new
// one. It is the same for the whole request and on the answer.
func requestID(c *fiber.Ctx) string {
	r := requestOf(c)
	if r.id != "" {
		return r.id
	}
	if id := c.Get(fiber.HeaderXRequestID); saneID(id) {
		r.id = strings.Clone(id)
	} else {
		r.id = newID()
	}
	c.Set(fiber.HeaderXRequestID, r.id)
	return r.id
}

// newID is an id of 128 random bits. They are not secret (an id lets nobody do
// anything, and who asks gets to see it), so they are of the runtime's own
// generator, which takes no system call and no lock.
func newID() string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	var id [26]byte
	for half := range 2 {
		bits := rand.Uint64()
		for i := range 13 {
			id[half*13+i] = alphabet[bits%32]
			bits /= 32
		}
	}
	return string(id[:])
}

// saneID accepts what common tracers send and nothing that could confuse a
// log.
func saneID(id string) bool {
	return len(id) >= 8 && len(id) <= 128 && !strings.ContainsFunc(id, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_.:=/+", r)
	})
}
