package traces_test

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/propagation"

	"github.com/mysingle/mysingle/bff/build"
	"github.com/mysingle/mysingle/bff/traces"
)

func TestPairs(t *testing.T) {
	for given, want := range map[string]traces.Pairs{
		"":                                      {},
		"authorization=Basic%20a%3D%3D":         {"authorization": "Basic a=="},
		"a=1, b=2 ,,c=x=y":                      {"a": "1", "b": "2", "c": "x=y"},
		"deployment.environment.name=%EC%95%B1": {"deployment.environment.name": "앱"},
	} {
		var got traces.Pairs
		if err := got.UnmarshalText([]byte(given)); err != nil || !maps.Equal(got, want) {
			t.Errorf("%q became %v, %v", given, got, err)
		}
	}
	for _, given := range []string{"secret", "=secret", "a b=secret", "a:=secret", "a=%zz", "a=secret%0d%0aX: y", "ä=secret"} {
		var got traces.Pairs
		if err := got.UnmarshalText([]byte(given)); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q became %v, %v", given, got, err)
		}
	}
}

// TestQueue has a collector that never answers, and more spans than may wait.
func TestQueue(t *testing.T) {
	release := make(chan struct{})
	hanging := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer hanging.Close()
	defer close(release)
	endpoint, err := url.Parse(hanging.URL)
	if err != nil {
		t.Fatal(err)
	}
	var lost atomic.Int64
	all := traces.New(traces.Options{
		Endpoint: endpoint, Build: build.Info{Version: "test"}, Log: slog.New(slog.DiscardHandler), Timeout: 5 * time.Minute,
		OnSpans: func(outcome string, n int) {
			if outcome == traces.Lost {
				lost.Add(int64(n))
			}
		},
	})
	const waiting, more = 2048, 500
	began := time.Now()
	for range waiting + more {
		_, span := all.Serve(propagation.MapCarrier{}, false, "GET", began)
		span.End(traces.Served{Method: "GET", Route: "/", Status: 200}, time.Now())
	}
	if took := time.Since(began); took > time.Minute { // the collector has five
		t.Errorf("%d spans: took %s, want at most 1m", waiting+more, took)
	}
	if lost.Load() != more {
		t.Errorf("lost spans: got %d, want %d", lost.Load(), more)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if err := all.Close(ctx); err == nil {
		t.Error("closed without an error, though the collector hangs")
	}
	if took := time.Since(began); took > 2*time.Minute {
		t.Errorf("with its end: took %s, want at most 2m", took)
	}
}
