// Package server is the BFF's HTTP side: routes.go is the map of its paths,
// errors.go the only place that turns errors into answers.
package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/mysingle/mysingle/bff/build"
	"github.com/mysingle/mysingle/bff/config"
	"github.com/mysingle/mysingle/bff/figures"
	"github.com/mysingle/mysingle/bff/limit"
	"github.com/mysingle/mysingle/bff/metrics"
	"github.com/mysingle/mysingle/bff/redis"
	"github.com/mysingle/mysingle/bff/session"
	"github.com/mysingle/mysingle/bff/supabase"
	"github.com/mysingle/mysingle/bff/traces"
)

const idleTimeout = 75 * time.Second

// methods are those that any path may know; others are answered 405.
var methods = []string{
	fiber.MethodGet, fiber.MethodHead, fiber.MethodPost, fiber.MethodPut,
	fiber.MethodPatch, fiber.MethodDelete, fiber.MethodOptions,
}

// Server is the BFF, ready to serve.
type Server struct {
	app            *fiber.App
	config         config.Config
	sites          sites
	protection     []header
	build          build.Info
	log            *slog.Logger
	client         *supabase.Client
	bodies         *budget
	identify       *supabase.Authenticator
	sessions       sessions
	signOutRetries *signOutRetries
	figures        *figures.Reader
	health         *health
	redis          *redis.Client // nil without
	limiter        *limit.Limiter
	metrics        *metrics.Metrics
	traces         *traces.Traces // nil without

	// stopping ends when the server is asked to stop: what has no end of its
	// own ends then.
	stopping context.Context
	stop     context.CancelFunc
}

// New returns a server for the configuration. It contacts nobody but, in the
// background, Auth for its signing keys.
func New(c config.Config, build build.Info, log *slog.Logger) *Server {
	client := supabase.NewClient(c.RestURL, c.AuthURL, c.PublishableKey, c.UpstreamTimeout, c.UpstreamLimit)
	shared := newRedis(c, log)
	s := &Server{
		config:     c,
		sites:      newSites(c),
		protection: newProtection(c),
		build:      build,
		log:        log,
		client:     client,
		bodies:     newBudget(int64(c.BodyLimit) * bodiesAtOnce),
		identify: &supabase.Authenticator{
			Verifier: supabase.NewVerifier(supabase.VerifierOptions{
				AuthURL: c.AuthURL.String(),
				Secrets: []string{c.JWTSecret, c.OtherJWTSecret},
				Issuer:  c.JWTIssuer,
				Log:     log,
			}),
		},
		sessions: newSessions(c, shared, log),
		figures:  figures.NewReader(client),
		health:   newHealth(client),
		limiter:  newLimiter(c, shared),
		redis:    shared,
		metrics:  metrics.New(build),
	}
	s.stopping, s.stop = context.WithCancel(context.Background())
	s.signOutRetries = &signOutRetries{log: log, stopping: s.stopping, atAuth: s.signOutAtAuth, end: s.sessions.refresher.End}
	client.OnBreaker = func(service, state string) {
		log.Warn("breaker", "service", service, "state", state)
		s.metrics.Down(service, state != "closed")
	}
	client.OnRequest = func(service string, took time.Duration, status int, err error) {
		s.metrics.Upstream(service, took, status, supabase.Outcome(err))
	}
	if c.TracesEndpoint != nil {
		s.traces = traces.New(traces.Options{
			Endpoint: c.TracesEndpoint, Headers: c.TracesHeaders, Service: c.TracesService, Resource: c.TracesResource,
			Sampler: traces.Sampler{Name: c.TracesSampler, Ratio: c.TracesRatio}, Build: build, Log: log, OnSpans: s.metrics.Spans,
		})
		client.Tracer = s.traces
	}
	s.app = fiber.New(fiber.Config{
		DisableStartupMessage: true,
		CaseSensitive:         true,
		StrictRouting:         true, // one spelling of a path
		RequestMethods:        methods,
		ErrorHandler:          s.refuseUnrouted,
		Concurrency:           c.ConnectionLimit,
		// Bodies are left on the connection until a handler reads them, which
		// bounds them (see requestBody): most refusals need the headers alone.
		StreamRequestBody: true,
		BodyLimit:         c.BodyLimit,
		ReadBufferSize:    c.HeaderLimit,
		ReadTimeout:       c.ClientTimeout,
		IdleTimeout:       idleTimeout,
		// Bodies are passed on as they are; nothing here reads forms.
		DisablePreParseMultipartForm: true,
	})
	// Connections are told to close while the server drains, so that clients
	// don't send their next request into a closing one.
	s.app.Server().CloseOnShutdown = true
	s.app.Server().Handler = s.lastWords(closeUnread(s.wellFormed(s.app.Server().Handler)))
	s.routes()
	s.metrics.Connections(func() float64 { return float64(s.app.Server().GetCurrentConcurrency()) }, c.ConnectionLimit)
	return s
}

// Metrics serves /metrics, on whatever listener it is given.
func (s *Server) Metrics() http.Handler { return s.metrics }

// newRedis is where instances share what they must, nil without.
func newRedis(c config.Config, log *slog.Logger) *redis.Client {
	if c.RedisURL == "" {
		return nil
	}
	client, err := redis.Dial(c.RedisURL, log)
	if err != nil {
		panic(err) // config has checked the URL
	}
	return client
}

// newLimiter counts whom it limits by a hash that others can't make. Instances
// count together if they have their session keys in common.
func newLimiter(c config.Config, shared *redis.Client) *limit.Limiter {
	keys := c.SessionKeys
	if len(keys) == 0 {
		keys = session.RandomKeys()
	}
	return limit.New(append([]byte("limits "), keys[0]...), shared)
}

// lastWords has a panic that ends the process (guarded catches a handler's) in
// the log first, which then holds back no line either.
func (s *Server) lastWords(next fasthttp.RequestHandler) fasthttp.RequestHandler {
	return func(ctx *fasthttp.RequestCtx) {
		defer func() {
			if fault := recover(); fault != nil {
				s.log.Error("the BFF ends", "error", &panicked{fault, debug.Stack()})
				panic(fault)
			}
		}()
		next(ctx)
	}
}

// wellFormed refuses unknown methods, which Fiber answers on its own with a
// bare line of text, and headers folded over several lines, which fasthttp
// joins: not every server does, and then the two see different requests.
func (s *Server) wellFormed(next fasthttp.RequestHandler) fasthttp.RequestHandler {
	return func(ctx *fasthttp.RequestCtx) {
		var fault error
		switch raw := ctx.Request.Header.RawHeaders(); {
		case bytes.Contains(raw, []byte("\n ")) || bytes.Contains(raw, []byte("\n\t")):
			fault = fiber.ErrBadRequest
			ctx.SetConnectionClose()
		case len(ctx.Request.Header.RequestURI()) > s.config.URLLimit:
			fault = fiber.ErrRequestURITooLong
			ctx.SetConnectionClose()
		case !slices.Contains(methods, string(ctx.Method())):
			fault = fiber.ErrMethodNotAllowed
		default:
			next(ctx)
			return
		}
		c := s.app.AcquireCtx(ctx)
		defer s.app.ReleaseCtx(c)
		_ = s.refuseUnrouted(c, fault)
	}
}

// Serve answers requests on the listener until ctx ends; then it takes no new
// connections, lets running requests finish for at most the configured time,
// and returns nil if they did.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	defer s.client.Close()
	if s.redis != nil {
		defer func() { _ = s.redis.Close() }()
	}
	by := time.Now() // by when it ends
	defer func() { s.closeTraces(by) }()
	served := make(chan error, 1)
	go func() { served <- s.app.Listener(lingering{listener, s.config.ClientTimeout}) }()
	select {
	case err := <-served:
		return fmt.Errorf("serving %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	s.stop()
	by = time.Now().Add(s.config.ShutdownTimeout)
	s.log.Info("stopping", "running_requests_have", s.config.ShutdownTimeout.String())
	bound, cancel := context.WithDeadline(context.WithoutCancel(ctx), by)
	defer cancel()
	defer s.signOutRetries.wait(bound)
	// Shutdown closes the listeners that fasthttp has, and when ctx ends during
	// the start it has none yet: it would go on to accept, for ever. Closed
	// before, the listener can't bring anybody whom Shutdown doesn't know.
	if err := listener.Close(); err != nil {
		return fmt.Errorf("closing %s: %w", listener.Addr(), err)
	}
	if err := s.app.ShutdownWithContext(bound); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("requests were still running after %s: %w", s.config.ShutdownTimeout, err)
	}
	select {
	case err := <-served:
		if err != nil && !errors.Is(err, net.ErrClosed) {
			return fmt.Errorf("serving %s: %w", listener.Addr(), err)
		}
		return nil
	case <-bound.Done():
		return fmt.Errorf("%s was still being served after %s: %w", listener.Addr(), s.config.ShutdownTimeout, bound.Err())
	}
}
