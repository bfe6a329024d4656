package supabase

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"time"

	"github.com/supabase-community/postgrest-go"
)

// maxAnswer bounds what is read into memory of one answer, in bytes. The
// largest view, a board of 2,000 tasks, has under one million.
const maxAnswer = 16 << 20

var errDeadline = errors.New("no answer within the deadline")

// agent is the BFF in a User-Agent.
const agent = "mysingle-bff"

// Client reaches one Supabase project. It is safe for concurrent use and
// holds no user's token: whatever depends on the caller is made per request.
type Client struct {
	// OnBreaker, when set before the first request, is told when a service is
	// found down ("open"), asked whether it is back ("half-open"), and back
	// ("closed"). It must not block.
	OnBreaker func(service, state string)
	// OnRequest, when set before the first request, is told of each one once
	// its answer has begun: the answer's status, or why there is none. It must
	// not block.
	OnRequest func(service string, took time.Duration, status int, err error)
	// Tracer, when set before the first request, has each one followed: its
	// headers go along with the request, in place of the client's own.
	Tracer Tracer

	key       string
	legacy    bool // the key is a token as well
	timeout   time.Duration
	limit     int
	transport transports
	rest      *upstream
	auth      *upstream
	upstreams []*upstream // these two, and those that only passages have
}

// NewClient returns a client for the services at the two addresses, showing
// the publishable key, waiting at most timeout for one answer and sending at
// most limit requests at a time to each service.
func NewClient(restURL, authURL *url.URL, publishableKey string, timeout time.Duration, limit int) *Client {
	c := &Client{
		key:       publishableKey,
		legacy:    claimedRole(publishableKey) == roleAnonymous,
		timeout:   timeout,
		limit:     limit,
		transport: transports{newTransport(), newTransport()},
	}
	c.rest, c.auth = c.newUpstream("PostgREST", restURL), c.newUpstream("Auth", authURL)
	return c
}

// Close drops the idle connections.
func (c *Client) Close() {
	c.transport.usual.CloseIdleConnections()
	c.transport.heads.CloseIdleConnections()
	for _, u := range c.upstreams {
		if u.direct != nil {
			u.direct.close()
		}
	}
}

// WithDeadline returns a context for an answer that takes several calls: they
// share the time that one may take.
func (c *Client) WithDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, c.timeout, errDeadline)
}

// ReadRPC calls the stable function name at PostgREST with the caller's own
// rights and returns its JSON as it came. The name must be a constant. An
// answer that isn't a success is an *Error, none at all a *Failure; ErrBusy and
// *Unavailable say that it was not asked.
func (c *Client) ReadRPC(ctx context.Context, caller Caller, name string, args any) (string, error) {
	ctx, cancel := c.WithDeadline(ctx)
	defer cancel()
	// A client of its own: one that is shared carries another user's token
	// sooner or later.
	client := postgrest.NewClient(c.rest.base.String(), "public", nil)
	client.Transport.Parent = &reading{ctx, c, c.rest, caller}
	result := client.Rpc(name, "", args)
	if err := client.ClientError; err != nil {
		return "", asFailure(ctx, "PostgREST", err)
	}
	return result, nil
}

// reading is the round tripper below a postgrest-go client. It adds what that
// client can't: a context, credentials, a bound on the answer, and errors
// that aren't mistaken for results.
type reading struct {
	ctx       context.Context
	client    *Client
	transport http.RoundTripper
	caller    Caller
}

func (r *reading) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.WithContext(r.ctx)
	r.client.sign(req.Header, r.client.rest, r.caller)
	// Present but empty marks the POST as safe to repeat on a fresh
	// connection, and is not sent (see http.Transport).
	req.Header["Idempotency-Key"] = []string{}
	resp, err := r.transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body := &boundedBody{resp.Body, maxAnswer}
	if resp.StatusCode >= 300 {
		defer resp.Body.Close()
		text, err := io.ReadAll(body)
		if err != nil {
			return nil, err
		}
		return nil, newError(resp.StatusCode, text)
	}
	if kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		resp.Body.Close()
		return nil, fmt.Errorf("answered %q instead of JSON", resp.Header.Get("Content-Type"))
	}
	resp.Body = body
	return resp, nil
}

// credentials calls set with the headers that only the BFF sets. A value is
// what its two parts are together.
func (c *Client) credentials(caller Caller, set func(name, scheme, value string)) {
	set("Apikey", "", c.key)
	switch {
	case !caller.Anonymous():
		set("Authorization", "Bearer ", caller.Token)
	case c.legacy: // Storage and Functions want one, and where there is no gateway nobody else puts it there
		set("Authorization", "Bearer ", c.key)
	}
	if caller.IP != "" {
		set("X-Forwarded-For", "", caller.IP)
	}
	if caller.RequestID != "" {
		set("X-Request-Id", "", caller.RequestID)
	}
}

// sign sets these headers, and who asks the service.
func (c *Client) sign(h http.Header, u *upstream, caller Caller) {
	c.credentials(caller, func(name, scheme, value string) { h.Set(name, scheme+value) })
	h.Set("User-Agent", string(u.appendAgent(nil, []byte(h.Get("User-Agent")), caller.RequestID)))
}

// appendAgent appends the User-Agent of a request: the client's own, or the
// BFF's where it has none. PostgREST writes it into its log, and of other
// headers nothing: there the BFF comes last in any case, with the request's id
// as its comment (RFC 9110, 10.1.5).
func (u *upstream) appendAgent(b, given []byte, requestID string) []byte {
	b = append(b, given...)
	logged := u == u.client.rest && requestID != ""
	if len(given) > 0 {
		if !logged {
			return b
		}
		b = append(b, ' ')
	}
	b = append(b, agent...)
	if logged {
		b = append(append(append(b, " (request "...), requestID...), ')')
	}
	return b
}

// asFailure keeps what has a meaning of its own and makes all else a *Failure.
func asFailure(ctx context.Context, service string, err error) error {
	if answer := new(Error); errors.As(err, &answer) {
		return answer
	}
	if down := new(Unavailable); errors.As(err, &down) {
		return down
	}
	if errors.Is(err, ErrBusy) {
		return ErrBusy
	}
	if cause := context.Cause(ctx); errors.Is(cause, errDeadline) {
		return &Failure{Service: service, Timeout: true, Err: cause}
	}
	return &Failure{Service: service, Err: err}
}

// boundedBody fails where io.LimitedReader would end as if all were read.
type boundedBody struct {
	io.ReadCloser
	left int64
}

func (b *boundedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, fmt.Errorf("the answer exceeds %d bytes", maxAnswer)
	}
	return n, err
}
