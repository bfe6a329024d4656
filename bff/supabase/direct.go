package supabase

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/mysingle/mysingle/bff/http1"
)

// direct is how most requests are passed on: by http1 to a service without
// TLS. PostgREST (12) closes a connection after an answer to HEAD and doesn't
// say that it will: a write that goes out on it at that moment may or may not
// be lost. So HEADs, which can be repeated, have connections of their own.
type direct struct{ usual, heads *http1.Client }

func newDirect(base *url.URL) *direct {
	address := base.Host
	if base.Port() == "" {
		address = net.JoinHostPort(base.Hostname(), "80")
	}
	return &direct{http1.New(address), http1.New(address)}
}

func (d *direct) close() {
	d.usual.Close()
	d.heads.Close()
}

// errWaited is of a request whose time was over when its turn came.
var errWaited = fmt.Errorf("waited for its turn: %w", os.ErrDeadlineExceeded)

// exchange is a request on its way, in memory that is used again.
type exchange struct {
	ctx     context.Context
	client  *http1.Client
	request http1.Request
	answer  *http1.Response
	text    []byte // what the header's own lines point into

	// send is do, bound once.
	send func() (nothing, error)
}

var exchanges = sync.Pool{New: func() any {
	e := new(exchange)
	e.send = e.do
	return e
}}

func (e *exchange) do() (nothing, error) {
	if time.Now().After(e.request.Deadline) {
		return nothing{}, errWaited
	}
	return nothing{}, e.client.Do(e.ctx, &e.request, e.answer)
}

func (e *exchange) release() {
	clear(e.request.Header)
	*e = exchange{
		request: http1.Request{Target: e.request.Target[:0], Header: e.request.Header[:0]},
		text:    e.text[:0],
		send:    e.send,
	}
	exchanges.Put(e)
}

// set adds a line to the request's header. The line keeps its bytes when text
// grows, and moves on.
func (e *exchange) set(name, scheme, value string) {
	start := len(e.text)
	e.text = append(append(append(e.text, name...), scheme...), value...)
	e.add(start, len(name))
}

// add adds the line whose name, so long, and value are in text from start on.
func (e *exchange) add(start, name int) {
	line := e.text[start:]
	e.request.Header = append(e.request.Header, http1.Field{Name: line[:name], Value: line[name:]})
}

// exchange passes the checked request on by http1.
func (p *Passage) exchange(ctx context.Context, r *Request, decoded string, body []byte) (*Answer, error) {
	began := time.Now()
	answer := &exchanged{timeout: p.Timeout, upstream: p.upstream}
	e := exchanges.Get().(*exchange)
	defer e.release()
	e.ctx, e.client, e.answer = ctx, p.upstream.direct.usual, &answer.response
	request := &e.request
	request.Method, request.Host, request.Body = r.Method, p.base.Host, body
	request.Target = p.appendTarget(request.Target, r, decoded)
	request.Repeatable = r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions
	request.Deadline = began.Add(p.Timeout)
	if r.Method == http.MethodHead {
		e.client = p.upstream.direct.heads
	}
	span := p.upstream.ask(ctx, r.Method, "", began)
	var given []byte
	for field := range onward(r.Header) {
		switch {
		case string(field.Name) == "User-Agent":
			given = field.Value
		case span == nil || !traceHeaders[string(field.Name)]:
			request.Header = append(request.Header, field)
		}
	}
	p.client.credentials(r.Caller, e.set)
	start := len(e.text)
	e.text = p.upstream.appendAgent(append(e.text, "User-Agent"...), given, r.Caller.RequestID)
	e.add(start, len("User-Agent"))
	if span != nil {
		span.Header(func(name, value string) { e.set(name, "", value) })
	}
	err := p.upstream.guarded(ctx, e.send)
	if err != nil {
		p.upstream.told(span, began, 0, err)
		return nil, answer.fault(ctx, err)
	}
	p.upstream.told(span, began, answer.response.Status, nil)
	answer.Answer = Answer{
		Status:        answer.response.Status,
		Header:        answer.response.Header,
		ContentLength: answer.response.ContentLength,
		base:          p.base,
		stream:        answer,
	}
	return &answer.Answer, nil
}

// exchanged is an answer that came by http1, and its own stream.
type exchanged struct {
	Answer
	response http1.Response
	upstream *upstream
	timeout  time.Duration
	flowing  bool
	closed   bool
}

func (e *exchanged) flow()   { e.flowing = true }
func (e *exchanged) giveUp() { e.response.Abort() }

func (e *exchanged) Read(b []byte) (int, error) {
	if e.flowing {
		if err := e.response.SetDeadline(time.Now().Add(e.timeout)); err != nil {
			return 0, e.fault(context.Background(), err)
		}
	}
	n, err := e.response.Read(b)
	if err != nil && err != io.EOF {
		err = e.fault(context.Background(), err)
	}
	return n, err
}

func (e *exchanged) Close() error {
	if e.closed {
		return nil
	}
	e.closed = true
	e.upstream.gate.leave()
	return e.response.Close()
}

// fault is what an error of http1's is to who asked.
func (e *exchanged) fault(ctx context.Context, err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &Failure{Service: e.upstream.service, Timeout: true, Err: errDeadline}
	}
	return asFailure(ctx, e.upstream.service, err)
}
