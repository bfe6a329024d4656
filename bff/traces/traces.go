// Package traces tells a collector, by OpenTelemetry's protocol, what the BFF
// does: a span for each request, and below it one for each that goes to
// Supabase for its sake. Names and attributes are of few values, as those of
// metrics are; the ids of the request and of its user are the only others.
package traces

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/mysingle/mysingle/bff/build"
	"github.com/mysingle/mysingle/bff/supabase"
)

const (
	scope          = "github.com/mysingle/mysingle/bff"
	defaultService = "mysingle-bff"
	requestID      = attribute.Key("mysingle.request_id")
	userID         = attribute.Key("user.id")
)

// Options are what Traces have to know.
type Options struct {
	// Endpoint is the collector's address, without /v1/traces; Headers are sent
	// to it, a key as a rule.
	Endpoint *url.URL
	Headers  Pairs
	// Service and Resource say whose spans they are.
	Service  string
	Resource Pairs
	// Sampler says which traces are recorded.
	Sampler Sampler
	Build   build.Info
	Log     *slog.Logger
	// Timeout is how long the collector has for an answer; 0 is 5 s.
	Timeout time.Duration
	// OnSpans, when set, is told of spans that were exported, and of those that
	// were lost. It must not block.
	OnSpans func(outcome string, n int)
}

// Traces make spans and have them exported. They are safe for concurrent use.
type Traces struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
	parents  bool
}

// New returns Traces that export to the options' endpoint, in the background:
// whatever is the matter there, nobody here waits for it.
func New(o Options) *Traces {
	// All limits are given, as the SDK would look for others in the environment.
	provider := sdk.NewTracerProvider(
		sdk.WithResource(resource.NewSchemaless(o.resource()...)),
		sdk.WithSampler(o.Sampler.sdk()),
		sdk.WithRawSpanLimits(sdk.SpanLimits{
			AttributeValueLengthLimit: 256, AttributeCountLimit: 32, EventCountLimit: 8, LinkCountLimit: 1, AttributePerEventCountLimit: 8,
		}),
		sdk.WithSpanProcessor(newQueue(o)),
	)
	return &Traces{provider, provider.Tracer(scope, trace.WithSchemaURL(semconv.SchemaURL)), o.Sampler.parents()}
}

// resource is what the spans are of. OTEL_SERVICE_NAME comes before a
// service.name among the others.
func (o Options) resource() []attribute.KeyValue {
	all := []attribute.KeyValue{semconv.ServiceVersion(o.Build.Version)}
	for name, value := range o.Resource {
		all = append(all, attribute.String(name, value))
	}
	return append(all, semconv.ServiceName(cmp.Or(o.Service, o.Resource["service.name"], defaultService)))
}

// Close exports what is left, for as long as ctx lasts. Spans that end later
// are lost.
func (t *Traces) Close(ctx context.Context) error { return t.provider.Shutdown(ctx) }

// A Server is the span of a request to the BFF.
type Server struct{ span trace.Span }

// Serve begins the span of a request. What the carrier says of the caller's
// own trace is taken up where the caller may decide whether there is one: the
// caller is trusted, and the sampler asks callers. Everybody else's request is
// a trace of its own, with a link to theirs.
func (t *Traces) Serve(carrier propagation.TextMapCarrier, trusted bool, method string, began time.Time) (context.Context, *Server) {
	ctx := context.Background()
	options := []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(began)}
	theirs := trace.SpanContextFromContext(propagation.TraceContext{}.Extract(ctx, carrier))
	switch {
	case !theirs.IsValid():
	case trusted && t.parents:
		ctx = trace.ContextWithRemoteSpanContext(ctx, theirs)
	default: // by its ids alone: the state is a text of theirs
		options = append(options, trace.WithLinks(trace.Link{SpanContext: trace.NewSpanContext(
			trace.SpanContextConfig{TraceID: theirs.TraceID(), SpanID: theirs.SpanID(), Remote: true})}))
	}
	ctx, span := t.tracer.Start(ctx, nameOf(method), options...)
	return ctx, &Server{span}
}

// TraceID is the trace's id in hexadecimal digits, "" where it isn't recorded.
func (s *Server) TraceID() string {
	if !s.span.SpanContext().IsSampled() {
		return ""
	}
	return s.span.SpanContext().TraceID().String()
}

// Served is what became of a request.
type Served struct {
	Method, Route   string
	Status          int
	Fault           string // a code for why the BFF failed, where it knows
	RequestID, User string
}

// End ends the span.
func (s *Server) End(r Served, at time.Time) {
	if !s.span.IsRecording() {
		return
	}
	s.span.SetName(nameOf(r.Method) + " " + r.Route)
	s.span.SetAttributes(methodOf(r.Method), semconv.HTTPRoute(r.Route), semconv.HTTPResponseStatusCode(r.Status), requestID.String(r.RequestID))
	if r.User != "" {
		s.span.SetAttributes(userID.String(r.User))
	}
	if r.Status >= http.StatusInternalServerError {
		fail(s.span, cmp.Or(r.Fault, strconv.Itoa(r.Status)))
	}
	s.span.End(trace.WithTimestamp(at))
}

// Ask implements supabase.Tracer.
func (t *Traces) Ask(ctx context.Context, asked supabase.Asked) supabase.Span {
	ctx, span := t.tracer.Start(ctx, asked.Method+" "+asked.Service, trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(asked.Began))
	if !span.IsRecording() {
		return client{ctx, span}
	}
	span.SetAttributes(methodOf(asked.Method), semconv.ServicePeerName(asked.Service), semconv.ServerAddress(asked.Server.Hostname()))
	if port, err := net.LookupPort("tcp", cmp.Or(asked.Server.Port(), asked.Server.Scheme)); err == nil {
		span.SetAttributes(semconv.ServerPort(port))
	}
	if asked.Path != "" {
		span.SetName(asked.Method + " " + asked.Service + " " + asked.Path)
		span.SetAttributes(semconv.URLTemplate(asked.Path))
	}
	return client{ctx, span}
}

// client is the span of a request to Supabase.
type client struct {
	ctx  context.Context
	span trace.Span
}

// Header implements supabase.Span.
func (c client) Header(set func(name, value string)) {
	propagation.TraceContext{}.Inject(c.ctx, setter(set))
}

// End implements supabase.Span.
func (c client) End(status int, outcome string) {
	if status > 0 {
		c.span.SetAttributes(semconv.HTTPResponseStatusCode(status))
	}
	switch {
	case outcome != "":
		fail(c.span, outcome)
	case status >= http.StatusInternalServerError:
		fail(c.span, strconv.Itoa(status))
	}
	c.span.End()
}

// setter is a carrier that is only written to.
type setter func(name, value string)

// Get implements propagation.TextMapCarrier.
func (setter) Get(string) string { return "" }

// Keys implements propagation.TextMapCarrier.
func (setter) Keys() []string { return nil }

// Set implements propagation.TextMapCarrier.
func (s setter) Set(name, value string) { s(http.CanonicalHeaderKey(name), value) }

func fail(span trace.Span, kind string) {
	span.SetStatus(codes.Error, "")
	span.SetAttributes(semconv.ErrorTypeKey.String(kind))
}

// nameOf is how a span's name begins; methodOf the attribute. The BFF's word
// for what it doesn't know is "other", the conventions have their own.
func nameOf(method string) string {
	if method == "other" {
		return "HTTP"
	}
	return method
}

func methodOf(method string) attribute.KeyValue {
	if method == "other" {
		return semconv.HTTPRequestMethodOther
	}
	return semconv.HTTPRequestMethodKey.String(method)
}
