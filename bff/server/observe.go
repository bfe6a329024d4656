package server

import (
	"context"
	"crypto/rand"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
)

// observe gives every request an id, turns its error (or panic) into the
// answer and writes one line about it. The line has no query and no header:
// both may hold secrets.
func (s *Server) observe(c *fiber.Ctx) error {
	start := time.Now()
	id := requestID(c)
	if err := s.guarded(c); err != nil {
		if err := s.answerError(c, err); err != nil {
			return err
		}
	}
	status, took := c.Response().StatusCode(), time.Since(start)
	s.metrics.Request(c.Method(), c.Route().Path, status, took)
	level := slog.LevelInfo
	switch {
	case status >= 500:
		level = slog.LevelWarn
	case c.Route().Path == "/livez" || c.Route().Path == "/readyz":
		level = slog.LevelDebug
	}
	s.log.LogAttrs(context.Background(), level, "request",
		slog.String("request_id", id),
		slog.String("method", c.Method()),
		slog.String("route", c.Route().Path),
		slog.Int("status", status),
		slog.Duration("duration", took),
		slog.String("user", identityOf(c).Subject),
		slog.String("client", addressOf(c).String()),
	)
	return nil
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
	if id, ok := c.Locals(requestIDKey).(string); ok {
		return id
	}
	id := strings.Clone(c.Get(fiber.HeaderXRequestID))
	if !saneID(id) {
		id = rand.Text()
	}
	c.Locals(requestIDKey, id)
	c.Set(fiber.HeaderXRequestID, id)
	return id
}

// saneID accepts what common tracers send and nothing that could confuse a
// log.
func saneID(id string) bool {
	return len(id) >= 8 && len(id) <= 128 && !strings.ContainsFunc(id, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_.:=/+", r)
	})
}
