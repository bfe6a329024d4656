package supabase

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

var errNobodyReads = errors.New("nobody reads the answer any more")

// Passage passes requests on to one service of Supabase's, below its own path
// prefix and nowhere else.
//
// It uses net/http's client although the server is fasthttp: fasthttp's
// (v1.51) reports an answer cut by a connection reset as complete, returns
// connections to its pool with the rest of an unread answer on them (which
// the next request, another user's, would read), and repeats writes.
type Passage struct {
	// Timeout is how long the service may take, or do nothing while a body or
	// an answer flows. It is the client's unless set to another one.
	Timeout time.Duration

	service  string
	base     *url.URL
	admin    bool // the service has an administration below /admin
	client   *Client
	upstream *upstream
}

// NewPassage passes requests to the service at base. Auth's administration
// is refused, as it is of no use without a secret key.
func (c *Client) NewPassage(service string, base *url.URL) *Passage {
	p := &Passage{Timeout: c.timeout, service: service, base: base, admin: service == "Auth", client: c}
	switch service {
	case c.rest.service:
		p.upstream = c.rest
	case c.auth.service:
		p.upstream = c.auth
	default:
		p.upstream = c.newUpstream(service, base)
	}
	return p
}

// A Request is one to be passed on. Nothing in it may be a buffer that is
// used again: the connection may read the body after the answer has come.
type Request struct {
	Method string
	Path   string // as the client wrote it, without the prefix
	Query  string // as the client wrote it
	Header http.Header
	// Body reads the body; nil when there is none. It is called when all else
	// about the request is in order, and its error is Do's.
	Body func() ([]byte, error)
	// Upload is the body where it is not to be held: it is read while it is
	// sent on, and closed by Do or with the answer.
	Upload *Upload
	Caller Caller
}

// Do passes the request on and returns Supabase's answer, whatever its
// status. The error is a *Refusal when the request must not leave, ErrBusy or
// an *Unavailable when it could not, the upload's own when that broke off (the
// service never sees it as complete), a *Failure when there is no answer. The
// caller closes the answer.
func (p *Passage) Do(ctx context.Context, r Request) (answer *Answer, err error) {
	if r.Upload != nil {
		defer func() {
			if err != nil {
				_ = r.Upload.Close()
			}
		}()
	}
	target, err := p.target(r)
	if err != nil {
		return nil, err
	}
	if err := checkHeader(r.Header); err != nil {
		return nil, err
	}
	var body []byte
	if r.Body != nil {
		if body, err = r.Body(); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	deadline := newDeadline(p.Timeout, func() { cancel(errDeadline) })
	req := (&http.Request{
		Method: r.Method,
		URL:    target,
		Host:   target.Host,
		Header: onward(r.Header),
		Body:   http.NoBody,
	}).WithContext(ctx)
	switch {
	case r.Upload != nil:
		req.ContentLength = r.Upload.Length
		req.Body = &uploading{r.Upload, deadline}
	case len(body) > 0:
		req.ContentLength = int64(len(body))
		// With GetBody a request that was not sent at all, because the
		// kept-alive connection was closed meanwhile, goes to the next one.
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		req.Body, _ = req.GetBody()
	}
	p.client.credentials(req.Header, r.Caller)
	resp, err := p.upstream.RoundTrip(req)
	if err != nil {
		deadline.stop()
		cancel(nil)
		if broken := new(uploadError); errors.As(err, &broken) {
			return nil, broken.error
		}
		return nil, asFailure(ctx, p.service, err)
	}
	deadline.answer()
	return &Answer{
		Status:        resp.StatusCode,
		Header:        resp.Header,
		ContentLength: resp.ContentLength,
		body:          resp.Body,
		upload:        r.Upload,
		passage:       p,
		ctx:           ctx,
		deadline:      deadline,
		cancel:        cancel,
	}, nil
}

// target is the address at the service, built from the service's own address
// and the client's path; its host and prefix can't come from the client.
func (p *Passage) target(r Request) (*url.URL, error) {
	decoded, err := checkPath(r.Path)
	if err != nil {
		return nil, err
	}
	if p.admin && underAdmin(r.Path) {
		return nil, &Refusal{Forbidden: true, Message: "Auth's administration is not available here."}
	}
	query := withoutKey(r.Query)
	if strings.ContainsFunc(query, func(c rune) bool { return c <= ' ' || c == 0x7f }) {
		return nil, &Refusal{Message: "The query has a control character."}
	}
	target := *p.base
	target.Path = p.base.Path + decoded
	target.RawPath = p.base.EscapedPath() + r.Path
	target.RawQuery = query
	return &target, nil
}

// Answer is Supabase's answer to a request passed on.
type Answer struct {
	Status        int
	Header        http.Header // all of it; see ForClient
	ContentLength int64       // -1 when unknown

	body     io.ReadCloser
	upload   *Upload // nil without one; it may still be under way
	passage  *Passage
	ctx      context.Context
	cancel   context.CancelCauseFunc
	deadline *deadline
	flowing  bool
}

// Flow ends the deadline for the answer as a whole and sets one for each read
// of it instead, for answers too long to be held back. How long the client
// takes between the reads doesn't count.
func (a *Answer) Flow() {
	a.flowing = true
	a.deadline.stop()
}

// Events reports whether the answer is a stream of events, each of which
// somebody waits for.
func (a *Answer) Events() bool {
	kind, _, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	return err == nil && kind == "text/event-stream"
}

// GiveUp ends the answer for want of a reader. It may be called at any time,
// by anybody.
func (a *Answer) GiveUp() { a.cancel(errNobodyReads) }

// Read reads the body. An answer that breaks off, or takes too long, ends in
// a *Failure and never in io.EOF.
func (a *Answer) Read(b []byte) (int, error) {
	if a.flowing {
		a.deadline.start()
		defer a.deadline.stop()
	}
	n, err := a.body.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		return n, asFailure(a.ctx, a.passage.service, err)
	}
	return n, err
}

// Close gives the connection back, or drops it when there is more to read. An
// upload that is still under way ends here.
func (a *Answer) Close() error {
	a.deadline.stop()
	err := a.body.Close()
	a.cancel(nil)
	if a.upload != nil {
		err = errors.Join(err, a.upload.Close())
	}
	return err
}
