// Package metrics counts what the BFF does, in the format that Prometheus
// reads. Labels are of few values: routes and not paths, and nothing of a
// client's own.
package metrics

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// durations are the upper bounds of the histograms, in seconds.
var durations = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}

// Metrics is a set of counters. It is safe for concurrent use.
type Metrics struct{ set *metrics.Set }

// New returns counters that stand at zero.
func New(version string) *Metrics {
	m := &Metrics{metrics.NewSet()}
	m.set.NewGauge(fmt.Sprintf(`mysingle_build_info{version=%q}`, version), func() float64 { return 1 })
	return m
}

// Request counts a request that was answered.
func (m *Metrics) Request(method, route string, status int, took time.Duration) {
	m.count("mysingle_requests_total", "method", method, "route", route, "status", strconv.Itoa(status))
	m.took("mysingle_request_duration_seconds", took, "route", route)
}

// Connections has the number of clients' connections read when it is asked
// for.
func (m *Metrics) Connections(read func() float64) { m.set.NewGauge("mysingle_connections", read) }

// RateLimited counts a request that was beyond the policy's rate.
func (m *Metrics) RateLimited(policy string) {
	m.count("mysingle_rate_limited_total", "policy", policy)
}

// Upstream counts a request to one of Supabase's services, by its answer's
// status or why there was none, and how long it took until the answer began.
func (m *Metrics) Upstream(service string, took time.Duration, outcome string) {
	m.count("mysingle_upstream_requests_total", "service", service, "outcome", outcome)
	m.took("mysingle_upstream_duration_seconds", took, "service", service)
}

// Refreshed counts a session's refresh at Auth, and whether it worked.
func (m *Metrics) Refreshed(ok bool) {
	m.count("mysingle_sessions_refreshed_total", "ok", strconv.FormatBool(ok))
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

func (m *Metrics) count(name string, labels ...string) {
	m.set.GetOrCreateCounter(labelled(name, labels)).Inc()
}

func (m *Metrics) took(name string, took time.Duration, labels ...string) {
	m.set.GetOrCreatePrometheusHistogramExt(labelled(name, labels), durations).Update(took.Seconds())
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
