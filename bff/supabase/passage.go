package supabase

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/mysingle/mysingle/bff/http1"
)

var errNobodyReads = errors.New("nobody reads the answer any more")

// Passage passes requests on to one service of Supabase's, below its own path
// prefix and nowhere else.
type Passage struct {
	// Timeout is how long the service may take, or do nothing while a body or
	// an answer flows. It is the client's unless set to another one.
	Timeout time.Duration

	service  string
	base     *url.URL
	prefix   string // of paths at the service, as they are sent
	admin    bool   // the service has an administration below /admin
	client   *Client
	upstream *upstream
}

// NewPassage passes requests to the service at base. Auth's administration
// is refused, as it is of no use without a secret key.
func (c *Client) NewPassage(service string, base *url.URL) *Passage {
	p := &Passage{Timeout: c.timeout, service: service, base: base, prefix: base.EscapedPath(), admin: service == "Auth", client: c}
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

// A Request is one to be passed on. Method, Path, Query and Header may be a
// buffer's that is used again once Do has returned; Caller and the body not.
type Request struct {
	Method string
	Path   string // as the client wrote it, without the prefix
	Query  string // as the client wrote it
	Header http1.Header
	// Body is the body where it is held; nil when there is none. It is read
	// when all else about the request is in order.
	Body Body
	// Upload is the body where it is not to be held: it is read while it is
	// sent on, and closed by Do or with the answer.
	Upload *Upload
	Caller Caller
}

// Body is a body that is read whole. The error of Bytes is Do's.
type Body interface{ Bytes() ([]byte, error) }

// maxDirect bounds the bodies, in bytes, that are written before the answer is
// looked at: the kernel has room for as much. To a service that refuses a
// longer one unread that would be a broken connection.
const maxDirect = 32 << 10

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
	decoded, err := p.check(&r)
	if err != nil {
		return nil, err
	}
	var body []byte
	if r.Body != nil {
		if body, err = r.Body.Bytes(); err != nil {
			return nil, err
		}
	}
	if p.upstream.direct != nil && r.Upload == nil && len(body) <= maxDirect {
		return p.exchange(ctx, &r, decoded, body)
	}
	return p.roundTrip(ctx, &r, decoded, body)
}

// check returns the decoded path, or a *Refusal for a request that must not
// leave. It takes the key out of the query.
func (p *Passage) check(r *Request) (decoded string, err error) {
	if decoded, err = checkPath(r.Path); err != nil {
		return "", err
	}
	if p.admin && underAdmin(r.Path) {
		return "", &Refusal{Forbidden: true, Message: "Auth's administration is not available here."}
	}
	r.Query = withoutKey(r.Query)
	if strings.ContainsFunc(r.Query, func(c rune) bool { return c <= ' ' || c == 0x7f }) {
		return "", &Refusal{Message: "The query has a control character."}
	}
	return decoded, checkHeader(r.Header)
}

// target is the address at the service of a checked request, built from the
// service's own address and the client's path: its host and prefix can't come
// from the client.
func (p *Passage) target(r *Request, decoded string) *url.URL {
	target := *p.base
	target.Path = p.base.Path + decoded
	target.RawPath = p.prefix + r.Path
	target.RawQuery = r.Query
	return &target
}

// appendTarget appends what of that address is sent in a request's first line.
func (p *Passage) appendTarget(b []byte, r *Request, decoded string) []byte {
	if plain(r.Path) {
		b = append(append(b, p.prefix...), r.Path...)
	} else {
		b = append(b, p.target(r, decoded).EscapedPath()...)
	}
	if len(b) == 0 {
		b = append(b, '/')
	}
	if r.Query != "" {
		b = append(append(b, '?'), r.Query...)
	}
	return b
}
