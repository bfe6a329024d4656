package server

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/mysingle/mysingle/bff/supabase"
)

const (
	readyTimeout = 2 * time.Second
	// readyAge is how long a result counts, so that many probes don't become
	// many questions.
	readyAge = time.Second
)

// live answers as long as the process does.
func (s *Server) live(c *fiber.Ctx) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.JSON(liveness{"ok", s.build.Version, s.build.Commit, s.build.Built})
}

// liveness is what /livez says.
type liveness struct {
	Status string `json:"status"` // "ok"
	// Version is the release, or what was built from the commit between two; Commit is that commit.
	Version string `json:"version"`
	Commit  string `json:"commit"`
	// Built is when, in RFC 3339: of a release when the image was built, else when the commit was made.
	Built string `json:"built"`
}

// ready answers 200 when requests can be served, else 503 with the part that
// is down.
func (s *Server) ready(c *fiber.Ctx) error {
	state := s.health.check(s.log)
	c.Set(fiber.HeaderCacheControl, "no-store")
	if !state.Ready {
		return &notReady{state.Parts}
	}
	return c.JSON(state)
}

// notReady is which parts are down.
type notReady struct{ parts map[string]string }

func (e *notReady) Error() string {
	var down []string
	for part, state := range e.parts {
		if state != "ok" {
			down = append(down, part)
		}
	}
	slices.Sort(down)
	return strings.Join(down, ", ")
}

// readiness is what /readyz says.
type readiness struct {
	Ready bool `json:"ready"`
	// Parts are the parts that the BFF can't do without: "ok" or "down".
	Parts map[string]string `json:"parts"`
	at    time.Time
}

// health checks the parts that the BFF can't do without.
type health struct {
	parts map[string]func(context.Context) error
	mu    sync.Mutex // one check at a time; who waits takes its result
	last  readiness
}

func newHealth(client *supabase.Client) *health {
	return &health{parts: map[string]func(context.Context) error{
		"rest": client.CheckRest,
		"auth": client.CheckAuth,
	}}
}

func (h *health) check(log *slog.Logger) readiness {
	h.mu.Lock()
	defer h.mu.Unlock()
	if time.Since(h.last.at) < readyAge {
		return h.last
	}
	ctx, cancel := context.WithTimeout(context.Background(), readyTimeout)
	defer cancel()
	type result struct {
		part string
		err  error
	}
	results := make(chan result, len(h.parts))
	for part, check := range h.parts {
		go func() { results <- result{part, check(ctx)} }()
	}
	state := readiness{Ready: true, Parts: make(map[string]string, len(h.parts))}
	for range h.parts {
		r := <-results
		state.Parts[r.part] = "ok"
		if r.err != nil {
			state.Ready, state.Parts[r.part] = false, "down"
			log.Warn("not ready", "part", r.part, "error", r.err)
		}
	}
	state.at = time.Now()
	h.last = state
	return state
}
