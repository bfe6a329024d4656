package supabase

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/mysingle/mysingle/bff/http1"
)

// roundTrip passes the checked request on by net/http: to services that speak
// TLS, and bodies that are to be sent while the answer may come already.
func (p *Passage) roundTrip(ctx context.Context, r *Request, decoded string, body []byte) (*Answer, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	deadline := newDeadline(p.Timeout, func() { cancel(errDeadline) })
	// A connection may read the request after the answer has come.
	r.Path, r.Query, decoded = strings.Clone(r.Path), strings.Clone(r.Query), strings.Clone(decoded)
	target := p.target(r, decoded)
	req := (&http.Request{
		Method: r.Method,
		URL:    target,
		Host:   target.Host,
		Header: make(http.Header),
		Body:   http.NoBody,
	}).WithContext(ctx)
	for field := range onward(r.Header) {
		req.Header.Add(string(field.Name), string(field.Value))
	}
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
	p.client.sign(req.Header, p.upstream, r.Caller)
	resp, err := p.upstream.roundTrip(req, "")
	if err != nil {
		deadline.stop()
		cancel(nil)
		if broken := new(uploadError); errors.As(err, &broken) {
			return nil, broken.error
		}
		return nil, asFailure(ctx, p.service, err)
	}
	deadline.answer()
	answer := &Answer{
		Status:        resp.StatusCode,
		ContentLength: resp.ContentLength,
		base:          p.base,
		stream:        &tripped{service: p.service, body: resp.Body, ctx: ctx, cancel: cancel, deadline: deadline},
		upload:        r.Upload,
	}
	for name, values := range resp.Header {
		for _, value := range values {
			answer.Header = append(answer.Header, http1.Field{Name: []byte(name), Value: []byte(value)})
		}
	}
	return answer, nil
}

// tripped is the stream of an answer that came by net/http.
type tripped struct {
	service  string
	body     io.ReadCloser
	ctx      context.Context
	cancel   context.CancelCauseFunc
	deadline *deadline
	flowing  bool
}

func (t *tripped) flow() {
	t.flowing = true
	t.deadline.stop()
}

func (t *tripped) giveUp() { t.cancel(errNobodyReads) }

func (t *tripped) Read(b []byte) (int, error) {
	if t.flowing {
		t.deadline.start()
		defer t.deadline.stop()
	}
	n, err := t.body.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		return n, asFailure(t.ctx, t.service, err)
	}
	return n, err
}

func (t *tripped) Close() error {
	t.deadline.stop()
	err := t.body.Close()
	t.cancel(nil)
	return err
}
