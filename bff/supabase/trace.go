package supabase

import (
	"context"
	"errors"
	"net/url"
	"time"
)

// A Tracer is told of each request to Supabase when it begins.
type Tracer interface {
	Ask(context.Context, Asked) Span
}

// Asked is a request to Supabase.
type Asked struct {
	Service string
	Server  *url.URL // the service's, not to be changed
	Method  string
	// Path is that of a request of the BFF's own, below the service's address,
	// and "" for one that is passed on: it is the client's.
	Path  string
	Began time.Time
}

// A Span is how a Tracer follows a request.
type Span interface {
	// Header calls set with the headers by which the service can go on with the
	// trace; names are in canonical form.
	Header(set func(name, value string))
	// End tells the answer's status, or else the Outcome.
	End(status int, outcome string)
}

// traceHeaders are what of a client's own is replaced where there is a Tracer.
// Baggage is none of a trace's.
var traceHeaders = set("Traceparent", "Tracestate")

// Outcome is in a word why a request to Supabase got no answer; "" where it got
// one.
func Outcome(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, ErrBusy):
		return "busy"
	case errors.As(err, new(*Unavailable)):
		return "down"
	}
	return "failed"
}

// ask begins the span of a request, nil where nobody wants one.
func (u *upstream) ask(ctx context.Context, method, path string, began time.Time) Span {
	if u.client.Tracer == nil {
		return nil
	}
	return u.client.Tracer.Ask(ctx, Asked{u.service, u.base, method, path, began})
}

// told tells how a request ended that began then; see Client.OnRequest.
func (u *upstream) told(span Span, began time.Time, status int, err error) {
	if u.client.OnRequest != nil {
		u.client.OnRequest(u.service, time.Since(began), status, err)
	}
	if span != nil {
		span.End(status, Outcome(err))
	}
}
