package metrics_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mysingle/mysingle/bff/build"
	"github.com/mysingle/mysingle/bff/metrics"
)

func read(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	answer := httptest.NewRecorder()
	m.ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	if answer.Code != 200 || !strings.HasPrefix(answer.Header().Get("Content-Type"), "text/plain; version=0.0.4") {
		t.Errorf("got status %d of type %q, want 200 of text/plain; version=0.0.4", answer.Code, answer.Header().Get("Content-Type"))
	}
	return answer.Body.String()
}

func TestWhatIsCounted(t *testing.T) {
	m := metrics.New(build.Info{Version: `v1 "quoted"`, Commit: "3ed590f", Built: "2026-12-01T09:00:00Z"})
	m.Connections(func() float64 { return 7 }, 2048)
	for range 3 {
		m.Request("GET", "/a", 200, 40*time.Millisecond)
	}
	m.RateLimited("user")
	m.Upstream("Auth", 2*time.Second, 0, "failed")
	m.Upstream("Auth", time.Second, 204, "")
	m.Session("session_refreshed", true)
	m.Session("session_refreshed", false)
	m.Session("session_refreshed", false)
	m.Down("Auth", true)
	m.Down("PostgREST", true)
	m.Down("PostgREST", false)
	text := read(t, m)
	for _, line := range []string{
		`mysingle_build_info{version="v1 \"quoted\"",commit="3ed590f",built="2026-12-01T09:00:00Z"} 1`,
		`mysingle_connections 7`,
		`mysingle_connection_limit 2048`,
		`mysingle_requests_total{method="GET",route="/a",status="200"} 3`,
		`mysingle_request_duration_seconds_bucket{route="/a",le="0.025"} 0`,
		`mysingle_request_duration_seconds_bucket{route="/a",le="0.05"} 3`,
		`mysingle_rate_limited_total{policy="user"} 1`,
		`mysingle_upstream_requests_total{service="Auth",outcome="failed"} 1`,
		`mysingle_upstream_requests_total{service="Auth",outcome="204"} 1`,
		`mysingle_upstream_duration_seconds_bucket{service="Auth",le="1"} 1`,
		`mysingle_upstream_duration_seconds_bucket{service="Auth",le="2.5"} 2`,
		`mysingle_session_events_total{event="session_refreshed",ok="true"} 1`,
		`mysingle_session_events_total{event="session_refreshed",ok="false"} 2`,
		`mysingle_upstream_down{service="Auth"} 1`,
		`mysingle_upstream_down{service="PostgREST"} 0`,
	} {
		if !strings.Contains("\n"+text, "\n"+line+"\n") {
			t.Errorf("%s is missing in\n%s", line, text)
		}
	}
}

// TestNothingIsLostBetweenTwo counts at once what was never counted before.
func TestNothingIsLostBetweenTwo(t *testing.T) {
	m := metrics.New(build.Info{})
	var done sync.WaitGroup
	for range 8 {
		done.Go(func() {
			for i := range 1000 {
				m.Request("GET", "/a", 200+i%10, time.Millisecond)
				m.Upstream("Auth", time.Millisecond, 200+i%10, "")
			}
		})
	}
	done.Wait()
	text := read(t, m)
	for i := range 10 {
		for _, line := range []string{
			fmt.Sprintf(`mysingle_requests_total{method="GET",route="/a",status="%d"} 800`, 200+i),
			fmt.Sprintf(`mysingle_upstream_requests_total{service="Auth",outcome="%d"} 800`, 200+i),
			`mysingle_request_duration_seconds_count{route="/a"} 8000`,
			`mysingle_upstream_duration_seconds_count{service="Auth"} 8000`,
		} {
			if !strings.Contains(text, "\n"+line+"\n") {
				t.Errorf("%s is missing in\n%s", line, text)
			}
		}
	}
}

func BenchmarkRequest(b *testing.B) {
	m := metrics.New(build.Info{})
	b.ReportAllocs()
	for b.Loop() {
		m.Request("GET", "/rest/v1/*", 200, time.Millisecond)
	}
}
