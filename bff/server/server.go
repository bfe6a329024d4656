// Package server is the BFF's HTTP side: routes.go is the map of its paths,
// errors.go the only place that turns errors into answers.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/mysingle/mysingle/bff/config"
	"github.com/mysingle/mysingle/bff/figures"
	"github.com/mysingle/mysingle/bff/supabase"
)

const (
	// readTimeout is how long a client may take to send a whole request.
	readTimeout = 30 * time.Second
	idleTimeout = 75 * time.Second
)

// methods are those that any path may know; others are answered 405.
var methods = []string{
	fiber.MethodGet, fiber.MethodHead, fiber.MethodPost, fiber.MethodPut,
	fiber.MethodPatch, fiber.MethodDelete, fiber.MethodOptions,
}

// Server is the BFF, ready to serve.
type Server struct {
	app      *fiber.App
	config   config.Config
	version  string
	log      *slog.Logger
	client   *supabase.Client
	identify *supabase.Authenticator
	figures  *figures.Reader
	health   *health
}

// New returns a server for the configuration. It contacts nobody but, in the
// background, Auth for its signing keys.
func New(c config.Config, version string, log *slog.Logger) *Server {
	client := supabase.NewClient(c.RestURL, c.AuthURL, c.PublishableKey, c.UpstreamTimeout)
	s := &Server{
		config:  c,
		version: version,
		log:     log,
		client:  client,
		identify: &supabase.Authenticator{
			PublishableKey: c.PublishableKey,
			Verifier: supabase.NewVerifier(supabase.VerifierOptions{
				AuthURL: c.AuthURL.String(),
				Secret:  c.JWTSecret,
				Issuer:  c.JWTIssuer,
				Log:     log,
			}),
		},
		figures: figures.NewReader(client),
		health:  newHealth(client),
	}
	s.app = fiber.New(fiber.Config{
		DisableStartupMessage: true,
		CaseSensitive:         true,
		RequestMethods:        methods,
		ErrorHandler:          s.answerError,
		BodyLimit:             c.BodyLimit,
		ReadBufferSize:        c.HeaderLimit,
		ReadTimeout:           readTimeout,
		IdleTimeout:           idleTimeout,
		// Bodies are passed on as they are; nothing here reads forms.
		DisablePreParseMultipartForm: true,
	})
	// Connections are told to close while the server drains, so that clients
	// don't send their next request into a closing one.
	s.app.Server().CloseOnShutdown = true
	s.app.Server().Handler = s.knownMethods(s.app.Server().Handler)
	s.routes()
	return s
}

// knownMethods answers unknown methods, which Fiber answers on its own with a
// bare line of text.
func (s *Server) knownMethods(next fasthttp.RequestHandler) fasthttp.RequestHandler {
	return func(ctx *fasthttp.RequestCtx) {
		if slices.Contains(methods, string(ctx.Method())) {
			next(ctx)
			return
		}
		c := s.app.AcquireCtx(ctx)
		defer s.app.ReleaseCtx(c)
		_ = s.answerError(c, fiber.ErrMethodNotAllowed)
	}
}

// Serve answers requests on the listener until ctx ends; then it takes no new
// connections, lets running requests finish for at most the configured time,
// and returns nil if they did.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	defer s.client.Close()
	served := make(chan error, 1)
	go func() { served <- s.app.Listener(lingering{listener}) }()
	select {
	case err := <-served:
		return fmt.Errorf("serving %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	s.log.Info("stopping", "running_requests_have", s.config.ShutdownTimeout.String())
	bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.config.ShutdownTimeout)
	defer cancel()
	if err := s.app.ShutdownWithContext(bound); err != nil {
		return fmt.Errorf("requests were still running after %s: %w", s.config.ShutdownTimeout, err)
	}
	if err := <-served; err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("serving %s: %w", listener.Addr(), err)
	}
	return nil
}
