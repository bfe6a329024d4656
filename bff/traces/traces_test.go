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
		Endpoint: endpoint, Build: build.Info{Version: "test"}, Log: slog.New(slog.DiscardHandler),
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
	if took := time.Since(began); took > 3*time.Second { // the collector has 5
		t.Errorf("waited %s", took)
	}
	if lost.Load() != more {
		t.Errorf("%d are lost instead of %d", lost.Load(), more)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if err := all.Close(ctx); err == nil {
		t.Error("nothing is lost")
	}
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("its end took %s", took)
	}
}
