package project

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"

	"github.com/mysingle/mysingle/bff/supabase"
	"github.com/mysingle/mysingle/functions/edge"
	"github.com/mysingle/mysingle/functions/notify"
)

// Project is safe for concurrent use.
type Project struct {
	Settings
	callers *supabase.Authenticator
}

// New returns the project with the settings.
func New(s Settings) *Project {
	return &Project{Settings: s, callers: &supabase.Authenticator{
		Verifier: supabase.NewVerifier(supabase.VerifierOptions{
			AuthURL: s.URL.String() + "/auth/v1",
			Secrets: s.JWTSecrets,
			Log:     slog.Default(),
		}),
	}}
}

// Serve runs a function: newHandler gets the project that the environment
// describes. Where it describes none, the log says what is wrong, and every
// request is answered 503.
func Serve(newHandler func(*Project) (http.Handler, error)) {
	var handler http.Handler
	settings, err := ReadSettings(os.Getenv)
	if err == nil {
		handler, err = newHandler(New(settings))
	}
	if err != nil {
		handler = edge.HandlerFunc(func(http.ResponseWriter, *http.Request) error {
			slog.Error("the function can't work with its settings", "error", err)
			return &edge.Problem{Status: http.StatusServiceUnavailable, Code: "not_configured", Message: "The function's settings are not complete, or wrong. Its log tells which."}
		})
	}
	edge.Serve(handler)
}

// NewSender returns what sends messages, as the settings say.
func (p *Project) NewSender() (*notify.Sender, error) {
	o := notify.Options{WebhookHosts: p.WebhookHosts, Local: p.Local}
	if p.MailKey != "" {
		o.MailURL, o.MailKey, o.MailFrom = p.MailURL.String(), p.MailKey, p.MailFrom
	}
	if p.Local {
		// The local stack has no mail server: the function's log is the mailbox.
		o.Console = func(m notify.Mail) { fmt.Printf("\nE-mail to %s: %s\n\n%s\n", m.To, m.Subject, m.Text) }
	}
	return notify.New(o)
}

// RequireService returns nil if the caller shows one of the project's secret
// keys in the header apikey: a schedule, or a database webhook.
func (p *Project) RequireService(r *http.Request) error {
	shown := sha256.Sum256([]byte(r.Header.Get("apikey")))
	found := 0
	for _, key := range p.SecretKeys {
		known := sha256.Sum256([]byte(key))
		found |= subtle.ConstantTimeCompare(shown[:], known[:])
	}
	if found == 1 {
		return nil
	}
	return &edge.Problem{Status: http.StatusUnauthorized, Code: "not_allowed", Message: "This is for the project's own schedules: it needs the secret key, in the header apikey."}
}

// IsService reports whether the caller shows a secret key.
func (p *Project) IsService(r *http.Request) bool { return p.RequireService(r) == nil }

// User returns who is signed in, by the bearer token of the request.
func (p *Project) User(r *http.Request) (supabase.Identity, error) {
	authorization := r.Header.Get("Authorization")
	if authorization == "" {
		return supabase.Identity{}, errNotSignedIn
	}
	who, err := p.callers.Bearer(r.Context(), authorization)
	switch {
	case err == nil && who.Anonymous():
		return who, errNotSignedIn
	case err == nil:
		return who, nil
	}
	if fault := new(supabase.TokenError); errors.As(err, &fault) {
		return who, &edge.Problem{Status: http.StatusUnauthorized, Code: "invalid_token", Message: fault.Reason}
	}
	if failure := new(supabase.Failure); errors.As(err, &failure) {
		slog.Error("the signing keys can't be fetched", "error", err)
		return who, &edge.Problem{Status: http.StatusServiceUnavailable, Code: "upstream_unavailable", Message: "Auth does not answer at present. Try again in a moment.", RetryAfter: 5}
	}
	return who, &edge.Problem{Status: http.StatusForbidden, Code: "role_refused", Message: "Keys and tokens of this role are refused here."}
}

var errNotSignedIn = &edge.Problem{Status: http.StatusUnauthorized, Code: "not_signed_in", Message: "Sign in first: this needs an access token."}

// within gives each call its own share of a request's time.
func within(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, patience, errPatience)
}
