// Package metrics counts what the BFF does, in the format that Prometheus
// reads. Labels are of few values: routes and not paths, and nothing of a
// client's own.
package metrics

import (
	"cmp"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"github.com/mysingle/mysingle/bff/build"
)

// durations are the upper bounds of the histograms, in seconds.
var durations = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}

// Metrics is a set of counters. It is safe for concurrent use.
type Metrics struct {
	set      *metrics.Set
	requests kept[answered, *counted]
	upstream kept[asked, *counted]
}

// answered and asked are the labels of what is counted with every request.
type (
	answered struct {
		method, route string
		status        int
	}
	asked struct {
		service string
		status  int    // of the answer
		failure string // why there was none
	}
)

// counted is where one thing is counted, and how long it took.
type counted struct {
	total *metrics.Counter
	took  *metrics.PrometheusHistogram
}

func (c *counted) count(took time.Duration) {
	c.total.Inc()
	c.took.Update(took.Seconds())
}

// kept are things that are found again without their names being spelt out.
type kept[K comparable, V any] struct {
	mu    sync.RWMutex
	known map[K]V
}

// get returns what is kept for the key, which is made when it is asked for the
// first time. Two may make it at once, so it must be the same.
func (k *kept[K, V]) get(key K, made func() V) V {
	k.mu.RLock()
	v, ok := k.known[key]
	k.mu.RUnlock()
	if ok {
		return v
	}
	v = made()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known == nil {
		k.known = make(map[K]V)
	}
	k.known[key] = v
	return v
}

// New returns counters that stand at zero.
func New(build build.Info) *Metrics {
	m := &Metrics{set: metrics.NewSet()}
	m.set.NewGauge(labelled("mysingle_build_info", []string{"version", build.Version, "commit", build.Commit, "built", build.Built}), func() float64 { return 1 })
	return m
}

// Request counts a request that was answered. The method and the route are
// kept.
func (m *Metrics) Request(method, route string, status int, took time.Duration) {
	m.requests.get(answered{method, route, status}, func() *counted {
		return &counted{
			m.counter("mysingle_requests_total", "method", method, "route", route, "status", strconv.Itoa(status)),
			m.histogram("mysingle_request_duration_seconds", "route", route),
		}
	}).count(took)
}

// Connections has the number of clients' connections read when it is asked
// for, and tells how many there may be.
func (m *Metrics) Connections(read func() float64, limit int) {
	m.set.NewGauge("mysingle_connections", read)
	m.set.NewGauge("mysingle_connection_limit", nil).Set(float64(limit))
}

// RateLimited counts a request that was beyond the policy's rate.
func (m *Metrics) RateLimited(policy string) {
	m.counter("mysingle_rate_limited_total", "policy", policy).Inc()
}

// Upstream counts a request to one of Supabase's services, by its answer's
// status or why there was none, and how long it took until the answer began.
func (m *Metrics) Upstream(service string, took time.Duration, status int, failure string) {
	m.upstream.get(asked{service, status, failure}, func() *counted {
		return &counted{
			m.counter("mysingle_upstream_requests_total", "service", service, "outcome", cmp.Or(failure, strconv.Itoa(status))),
			m.histogram("mysingle_upstream_duration_seconds", "service", service),
		}
	}).count(took)
}

// Session counts what happened to a session, such as signed_in_password or
// session_refreshed, and whether it worked. The event is kept.
func (m *Metrics) Session(event string, ok bool) {
	m.counter("mysingle_session_events_total", "event", event, "ok", strconv.FormatBool(ok)).Inc()
}

// Down tells whether a service is held to be down. A service that never was
// isn't listed.
func (m *Metrics) Down(service string, down bool) {
	value := 0.0
	if down {
		value = 1
	}
	m.set.GetOrCreateGauge(labelled("mysingle_upstream_down", []string{"service", service}), nil).Set(value)
}

// Spans counts spans for the collector of traces, by what became of them.
func (m *Metrics) Spans(outcome string, n int) {
	m.counter("mysingle_spans_total", "outcome", outcome).Add(n)
}

// ServeHTTP answers with all of it, and with what the process uses.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/metrics" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	m.set.WritePrometheus(w)
	metrics.WriteProcessMetrics(w)
}

func (m *Metrics) counter(name string, labels ...string) *metrics.Counter {
	return m.set.GetOrCreateCounter(labelled(name, labels))
}

func (m *Metrics) histogram(name string, labels ...string) *metrics.PrometheusHistogram {
	return m.set.GetOrCreatePrometheusHistogramExt(labelled(name, labels), durations)
}

// labelled is the name with its labels, which are name and value by turns.
func labelled(name string, labels []string) string {
	text := []byte(name + "{")
	for i := 0; i < len(labels); i += 2 {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, labels[i]+"="...)
		text = strconv.AppendQuote(text, labels[i+1])
	}
	return string(append(text, '}'))
}
