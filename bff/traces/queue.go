package traces

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdk "go.opentelemetry.io/otel/sdk/trace"
)

const (
	// maxWaiting is how many spans may wait for the collector; others are lost.
	maxWaiting = 2048
	// batch is how many go there at once, and wait how long the first of them
	// waits for others.
	batch = 512
	wait  = time.Second
	// defaultTimeout is how long the collector has for an answer; while it says
	// that it is busy it is asked again, for as long as lasting.
	defaultTimeout = 5 * time.Second
	lasting        = 20 * time.Second
)

// Outcomes of spans.
const (
	Exported = "exported"
	Lost     = "lost"
)

// queue bounds the spans that wait, with those that are on their way, and tells
// of those that it loses; the SDK's own says nothing of them.
type queue struct {
	sdk.SpanProcessor
	waiting *atomic.Int64
	told    func(outcome string, n int)
}

// newQueue returns the way to the collector.
func newQueue(o Options) *queue {
	told := o.OnSpans
	if told == nil {
		told = func(string, int) {}
	}
	q := &queue{waiting: new(atomic.Int64), told: told}
	q.SpanProcessor = sdk.NewBatchSpanProcessor(&exporter{SpanExporter: newExporter(o), waiting: q.waiting, told: told, log: o.Log},
		sdk.WithMaxQueueSize(maxWaiting), sdk.WithMaxExportBatchSize(batch), sdk.WithBatchTimeout(wait), sdk.WithExportTimeout(lasting+cmp.Or(o.Timeout, defaultTimeout)))
	return q
}

// OnEnd takes the span, or loses it. It doesn't wait.
func (q *queue) OnEnd(span sdk.ReadOnlySpan) {
	if q.waiting.Add(1) > maxWaiting {
		q.waiting.Add(-1)
		q.told(Lost, 1)
		return
	}
	q.SpanProcessor.OnEnd(span)
}

// newExporter speaks OTLP over HTTP, by a client that follows no redirect and
// takes no proxy from the environment. Every option that the SDK would read
// there itself is given.
func newExporter(o Options) sdk.SpanExporter {
	timeout := cmp.Or(o.Timeout, defaultTimeout)
	client := &http.Client{
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: timeout}).DialContext,
			TLSHandshakeTimeout: timeout,
			ForceAttemptHTTP2:   true,
			MaxIdleConnsPerHost: 1,
			IdleConnTimeout:     time.Minute,
		},
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return otlptrace.NewUnstarted(otlptracehttp.NewClient( // there is nothing to start: no connection is held
		otlptracehttp.WithEndpointURL(o.Endpoint.JoinPath("v1/traces").String()),
		otlptracehttp.WithHeaders(o.Headers),
		otlptracehttp.WithEncoding(otlptracehttp.EncodingProtobuf),
		otlptracehttp.WithCompression(otlptracehttp.GzipCompression),
		otlptracehttp.WithTLSClientConfig(nil),
		otlptracehttp.WithTimeout(timeout),
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{Enabled: true, InitialInterval: time.Second, MaxInterval: timeout, MaxElapsedTime: lasting}),
		otlptracehttp.WithHTTPClient(client),
	))
}

// exporter counts, and has one line logged when the collector fails and one
// when it is back.
type exporter struct {
	sdk.SpanExporter
	waiting *atomic.Int64
	told    func(outcome string, n int)
	log     *slog.Logger
	lost    int // since it failed; of the SDK's one goroutine
}

// ExportSpans exports a batch. It has no error that the SDK would have to tell.
func (e *exporter) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	defer e.waiting.Add(-int64(len(spans)))
	err := e.SpanExporter.ExportSpans(ctx, spans)
	switch {
	case err == nil && e.lost > 0:
		e.log.Info("traces are exported again", "lost", e.lost)
		e.lost = 0
	case err != nil && e.lost == 0:
		e.log.Warn("traces can't be exported, and are lost until they can", "error", err)
		fallthrough
	case err != nil:
		e.lost += len(spans)
		e.told(Lost, len(spans))
		return nil
	}
	e.told(Exported, len(spans))
	return nil
}
