package supabase

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/mysingle/mysingle/bff/http1"
)

const (
	// failuresInARow are what it takes to call a service down.
	failuresInARow = 5
	// downTime is how long nobody is sent to a service that is down; then it
	// is asked whether it is back, and has probeTimeout to answer.
	downTime     = 2 * time.Second
	probeTimeout = 2 * time.Second
)

// Unavailable refuses a request at once because the service has not answered
// the last ones. It is worth trying again after Wait.
type Unavailable struct {
	Service string
	Wait    time.Duration
}

func (u *Unavailable) Error() string { return u.Service + " does not answer at present" }

// upstream is the way to one of Supabase's services: with a bound of its own
// on the requests under way, so that one service can't use up what another
// needs, and a breaker that is open while the service is down.
type upstream struct {
	client    *Client
	service   string
	base      *url.URL
	transport http.RoundTripper
	direct    *direct // nil where TLS is spoken
	gate      *gate
	breaker   *gobreaker.CircuitBreaker[nothing]
}

type nothing = struct{}

func (c *Client) newUpstream(service string, base *url.URL) *upstream {
	u := &upstream{client: c, service: service, base: base, transport: c.transport, gate: newGate(c.limit)}
	if base.Scheme == "http" {
		u.direct = newDirect(base)
	}
	c.upstreams = append(c.upstreams, u)
	u.breaker = gobreaker.NewCircuitBreaker[nothing](gobreaker.Settings{
		Name:        service,
		Timeout:     downTime,
		Interval:    time.Minute,
		ReadyToTrip: func(n gobreaker.Counts) bool { return n.ConsecutiveFailures >= failuresInARow },
		// Whatever the service answers, it is there; and what the client broke
		// off, or had to wait for here, says nothing about it.
		IsExcluded: func(err error) bool {
			return err != nil && (errors.Is(err, context.Canceled) || errors.Is(err, errWaited) || errors.Is(err, http1.ErrRequest) || errors.As(err, new(*uploadError)))
		},
		OnStateChange: func(service string, _, to gobreaker.State) {
			if c.OnBreaker != nil {
				c.OnBreaker(service, to.String())
			}
		},
	})
	return u
}

// RoundTrip is roundTrip for a request of the BFF's own.
func (u *upstream) RoundTrip(req *http.Request) (*http.Response, error) {
	return u.roundTrip(req, strings.TrimPrefix(req.URL.Path, u.base.Path))
}

// roundTrip sends the request once it is its turn, and a read that got no
// answer because the connection broke once more. The error is an *Unavailable
// or ErrBusy for a request that was not sent. The path is for a Tracer.
func (u *upstream) roundTrip(req *http.Request, path string) (*http.Response, error) {
	began := time.Now()
	span := u.ask(req.Context(), req.Method, path, began)
	if span != nil {
		for name := range traceHeaders {
			req.Header.Del(name)
		}
		span.Header(req.Header.Set)
	}
	var resp *http.Response
	err := u.guarded(req.Context(), func() (_ nothing, err error) {
		resp, err = u.attempts(req)
		return nothing{}, err
	})
	if err == nil {
		resp.Body = &countedBody{resp.Body, sync.OnceFunc(u.gate.leave)}
		u.told(span, began, resp.StatusCode, nil)
		return resp, nil
	}
	u.told(span, began, 0, err)
	if req.Body != nil {
		_ = req.Body.Close() // as every round tripper must
	}
	return nil, err
}

// guarded has send ask the service once it is its turn. Without an error the
// place that it has is to be left.
func (u *upstream) guarded(ctx context.Context, send func() (nothing, error)) error {
	if err := u.mayPass(ctx); err != nil {
		return err
	}
	if err := u.gate.enter(ctx); err != nil {
		return err
	}
	if _, err := u.breaker.Execute(send); err != nil {
		u.gate.leave()
		return u.refusal(err)
	}
	return nil
}

// mayPass returns nil unless the service is down. When it was for a while,
// one request asks whether it still is, by a question that costs nothing:
// the request itself may be long, or a write, and others wait for the result.
func (u *upstream) mayPass(ctx context.Context) error {
	switch u.breaker.State() {
	case gobreaker.StateOpen:
		return u.refusal(gobreaker.ErrOpenState)
	case gobreaker.StateHalfOpen:
		if _, err := u.breaker.Execute(func() (nothing, error) { return nothing{}, u.probe(context.WithoutCancel(ctx)) }); err != nil {
			return &Unavailable{u.service, downTime}
		}
	}
	return nil
}

// probes are paths of the services that are cheap to answer.
var probes = map[string]string{
	"PostgREST": "/sprints?select=sprint_id&limit=0",
	"Auth":      "/health",
	"Storage":   "/status",
	"Functions": "/_internal/health",
}

// probe returns nil when the service gives any answer at all.
func (u *upstream) probe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.base.String()+probes[u.service], nil)
	if err != nil {
		return err
	}
	req.Header.Set("User-Agent", agent)
	resp, err := u.transport.RoundTrip(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

func (u *upstream) refusal(err error) error {
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		return &Unavailable{u.service, downTime}
	}
	return err
}

// attempts sends the request, and if it is one to read and its connection
// broke before an answer, once more. The transport itself repeats one that
// was sent on a kept-alive connection; then that was the second time.
func (u *upstream) attempts(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	var connections atomic.Int32
	traced := req.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connections.Add(1) },
	}))
	resp, err := u.transport.RoundTrip(traced)
	if err != nil && connections.Load() == 1 && ctx.Err() == nil && repeatable(req) {
		if again, fault := again(req); fault == nil {
			resp, err = u.transport.RoundTrip(again)
		}
	}
	if err != nil && ctx.Err() != nil && !errors.As(err, new(*uploadError)) {
		err = context.Cause(ctx)
	}
	return resp, err
}

// repeatable reports whether the request reads and no more: by its method, or
// because the BFF says so of one of its own.
func repeatable(req *http.Request) bool {
	_, harmless := req.Header["Idempotency-Key"]
	return harmless || req.Method == http.MethodGet || req.Method == http.MethodHead
}

// again returns the request with its body from the start.
func again(req *http.Request) (*http.Request, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return req, nil
	}
	if req.GetBody == nil {
		return nil, errors.New("the body can't be read again")
	}
	body, err := req.GetBody()
	if err != nil {
		return nil, err
	}
	copied := *req
	copied.Body = body
	return &copied, nil
}

// transports are two pools of connections, for the reason that direct has them.
type transports struct{ usual, heads *http.Transport }

func (t transports) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method == http.MethodHead {
		return t.heads.RoundTrip(req)
	}
	return t.usual.RoundTrip(req)
}

// newTransport is for what http1 doesn't do: TLS, uploads and long bodies, and
// the clients that want one. It repeats an idempotent request
// whose kept-alive connection turns out dead, and never a write; it leaves
// bodies compressed as they are; it takes no proxy from the environment.
func newTransport() *http.Transport {
	return &http.Transport{
		DialContext:            (&net.Dialer{Timeout: http1.DialTimeout, KeepAlive: http1.KeepAlive}).DialContext,
		TLSHandshakeTimeout:    5 * time.Second,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true,
		MaxIdleConns:           2 * http1.MaxIdle,
		MaxIdleConnsPerHost:    http1.MaxIdle,
		IdleConnTimeout:        http1.IdleTime,
		MaxResponseHeaderBytes: http1.MaxHead,
		WriteBufferSize:        16 << 10,
		ReadBufferSize:         http1.Buffer,
	}
}
