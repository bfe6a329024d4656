package server_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/mysingle/mysingle/bff/build"
	"github.com/mysingle/mysingle/bff/server"
	"github.com/mysingle/mysingle/bff/supabasetest"
)

const collectorKey = "collector-key-of-the-test"

// collector takes traces as every collector of OpenTelemetry's does.
type collector struct {
	*httptest.Server
	mu       sync.Mutex
	spans    []*tracepb.Span
	resource string
	raw      bytes.Buffer // all that came, unpacked
}

func mustCollect(tb testing.TB) *collector {
	tb.Helper()
	c := &collector{}
	c.Server = httptest.NewServer(c)
	tb.Cleanup(c.Close)
	supabasetest.Secret(collectorKey)
	return c
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	body, err := gzip.NewReader(r.Body)
	if err != nil || r.Method != http.MethodPost || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" ||
		r.Header.Get("Authorization") != "Bearer "+collectorKey {
		http.Error(w, "not OTLP", http.StatusBadRequest)
		return
	}
	text, err := io.ReadAll(body)
	var request collectorpb.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(text, &request)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.raw.Write(text)
	_, _ = supabasetest.Log().Write(append(text, '\n')) // has no secret in it: see secrets.mjs
	for _, resource := range request.ResourceSpans {
		c.resource = fmt.Sprint(resource.Resource)
		for _, scope := range resource.ScopeSpans {
			c.spans = append(c.spans, scope.Spans...)
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

// mustFind waits for as many spans as are wanted of those that are.
func (c *collector) mustFind(tb testing.TB, what string, n int, is func(*tracepb.Span) bool) (found []*tracepb.Span) {
	tb.Helper()
	supabasetest.MustWait(tb, what+" in the collector", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		found = nil
		for _, span := range c.spans {
			if is(span) {
				found = append(found, span)
			}
		}
		return len(found) >= n
	})
	if len(found) != n {
		tb.Fatalf("%d of %s instead of %d", len(found), what, n)
	}
	return found
}

// mustTrace waits for the request's span and for so many below it.
func (c *collector) mustTrace(tb testing.TB, requestID string, below int) (*tracepb.Span, []*tracepb.Span) {
	tb.Helper()
	root := c.mustFind(tb, "the request "+requestID, 1, func(span *tracepb.Span) bool { return said(span, "mysingle.request_id") == requestID })[0]
	return root, c.mustFind(tb, "the spans of "+requestID, below, func(span *tracepb.Span) bool {
		return bytes.Equal(span.ParentSpanId, root.SpanId) && bytes.Equal(span.TraceId, root.TraceId)
	})
}

// said is an attribute of the span's, as text; "" without.
func said(span *tracepb.Span, key string) string {
	for _, attribute := range span.Attributes {
		if attribute.Key == key {
			if text := attribute.Value.GetStringValue(); text != "" {
				return text
			}
			return fmt.Sprint(attribute.Value.GetIntValue())
		}
	}
	return ""
}

func parentOf(span *tracepb.Span, sampled string) string {
	return "00-" + hex.EncodeToString(span.TraceId) + "-" + hex.EncodeToString(span.SpanId) + "-" + sampled
}

// traced are the settings of a BFF that exports there.
func traced(endpoint string, others ...string) map[string]string {
	settings := map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
		"OTEL_EXPORTER_OTLP_HEADERS":  "authorization=Bearer%20" + collectorKey,
	}
	for i := 0; i < len(others); i += 2 {
		settings[others[i]] = others[i+1]
	}
	return settings
}

// TestTraces_slow asks on every way to Supabase: the trace has the request and, below
// it, each question, whose id that one's traceparent had; and no more than that.
func TestTraces_slow(t *testing.T) {
	t.Parallel()
	c := mustCollect(t)
	rest, auth := mustWitness(t, supabasetest.Env(t, "POSTGREST_URL")), mustWitness(t, supabasetest.Env(t, "AUTH_URL"))
	var log lockedBuffer
	bff := mustServeLogging(t, supabasetest.Config(t, traced(c.URL, "SUPABASE_REST_URL", rest.URL, "SUPABASE_AUTH_URL", auth.URL,
		"SUPABASE_FUNCTIONS_URL", "http://127.0.0.1:1", "OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")), &log)
	owner := supabasetest.MustSignUp(t)
	made := owner.MustSprint(t)
	sprint := "/api/v1/sprints/" + made.SprintID
	long := `{"text":"` + strings.Repeat("body-marker", 4<<10) + `"}`
	for _, tt := range []struct {
		Name, Method, Path, Body string
		Anonymous                bool
		Span                     string
		Status                   int
		Error                    string
		Below                    []string
	}{
		{"passed", "GET", "/rest/v1/tasks?task_name=eq.query-marker", "", false, "GET /rest/v1/*", 200, "", []string{"GET PostgREST 200"}},
		{"HEAD", "HEAD", "/rest/v1/tasks", "", false, "HEAD /rest/v1/*", 200, "", []string{"HEAD PostgREST 200"}},
		{"refused there", "POST", "/rest/v1/rpc/path-marker", `{"text":"body-marker"}`, false, "POST /rest/v1/*", 404, "", []string{"POST PostgREST 404"}},
		{"by net/http", "POST", "/rest/v1/rpc/path-marker", long, false, "POST /rest/v1/*", 404, "", []string{"POST PostgREST 404"}},
		{"to Auth", "GET", "/auth/v1/user", "", false, "GET /auth/v1/*", 200, "", []string{"GET Auth 200"}},
		{"to nobody", "GET", "/functions/v1/path-marker", "", false, "GET /functions/v1/*", 502, "upstream_unavailable", []string{"GET Functions failed"}},
		{"a view", "GET", sprint + "/board", "", false, "GET /api/v1/sprints/:sprint_id/board", 200, "", []string{"POST PostgREST /rpc/sprint_version 200", "POST PostgREST /rpc/sprint_board 200"}},
		{"a dashboard", "GET", sprint + "/dashboard?include=board,flow,scrum", "", false, "GET /api/v1/sprints/:sprint_id/dashboard", 200, "", []string{
			"POST PostgREST /rpc/sprint_version 200", "POST PostgREST /rpc/sprint_board 200", "POST PostgREST /rpc/sprint_flow 200", "POST PostgREST /rpc/scrum_of_day 200"}},
		{"refused here", "GET", sprint + "/board", "", true, "GET /api/v1", 401, "", nil},
		{"nowhere", "GET", "/path-marker", "", true, "GET unrouted", 404, "", nil},
		{"unknown method", "MARKER", "/path-marker", "", true, "HTTP unrouted", 405, "", nil},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			headers := []string{"User-Agent", "agent-marker", "X-Client-Info", "header-marker", "Content-Type", "application/json",
				"Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "Tracestate", "vendor=state-marker"}
			if !tt.Anonymous {
				headers = append(headers, "Authorization", "Bearer "+owner.Token)
			}
			a := mustSend(t, tt.Method, bff+tt.Path, tt.Body, headers...)
			id := a.Header.Get("X-Request-Id")
			if a.Status != tt.Status {
				t.Fatalf("got status %d, want %d: %s", a.Status, tt.Status, a.Body)
			}
			span, below := c.mustTrace(t, id, len(tt.Below))
			user := owner.ID
			if tt.Anonymous {
				user = ""
			}
			if span.Name != tt.Span || span.Kind != tracepb.Span_SPAN_KIND_SERVER || said(span, "http.response.status_code") != fmt.Sprint(tt.Status) ||
				!strings.HasSuffix(tt.Span, " "+said(span, "http.route")) || said(span, "user.id") != user || said(span, "error.type") != tt.Error ||
				(span.Status.GetCode() == tracepb.Status_STATUS_CODE_ERROR) != (tt.Error != "") {
				t.Errorf("the request's span: got %v, want %s of status %d, by %q, with the error %q", span, tt.Span, tt.Status, user, tt.Error)
			}
			var names []string
			for _, one := range below {
				name := one.Name + " " + said(one, "http.response.status_code")
				if outcome := said(one, "error.type"); outcome != "" {
					name = one.Name + " " + outcome
				}
				names = append(names, name)
				if one.Kind != tracepb.Span_SPAN_KIND_CLIENT || one.StartTimeUnixNano < span.StartTimeUnixNano || said(one, "service.peer.name") == "" || said(one, "server.address") == "" {
					t.Errorf("a span below it: got %v, want a client's that began later and names service and server", one)
				}
			}
			slices.Sort(names)
			if want := slices.Sorted(slices.Values(tt.Below)); !slices.Equal(names, want) {
				t.Errorf("below it are %q instead of %q", names, want)
			}
			var parents, wanted []string
			for _, seen := range append(rest.of(id), auth.of(id)...) {
				parents = append(parents, strings.Join(append(seen.Header["Traceparent"], seen.Header["Tracestate"]...), " "))
			}
			for _, one := range below {
				if said(one, "service.peer.name") != "Functions" {
					wanted = append(wanted, parentOf(one, "01"))
				}
			}
			slices.Sort(parents)
			slices.Sort(wanted)
			if !slices.Equal(parents, wanted) {
				t.Errorf("Supabase sees %q instead of %q", parents, wanted)
			}
			supabasetest.MustWait(t, "the trace in the log", func() bool {
				for line := range strings.Lines(log.String()) {
					if strings.Contains(line, id) && strings.Contains(line, `"trace_id":"`+hex.EncodeToString(span.TraceId)+`"`) {
						return true
					}
				}
				return false
			})
		})
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, secret := range []string{"marker", "MARKER", made.SprintID, owner.Token, owner.RefreshToken, owner.Email, supabasetest.Password, collectorKey,
		supabasetest.Env(t, "SUPABASE_PUBLISHABLE_KEY"), supabasetest.Env(t, "SUPABASE_JWT_SECRET")} {
		if bytes.Contains(c.raw.Bytes(), []byte(secret)) {
			t.Errorf("%s was exported", secret)
		}
	}
	for _, said := range []string{"service.name", "mysingle-bff", "service.version", "deployment.environment.name"} {
		if !strings.Contains(c.resource, said) {
			t.Errorf("%s is missing in %s", said, c.resource)
		}
	}
}

// lockedBuffer is a log that is read while it is written.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// TestTraceOfASession signs in and has the session refreshed: both ask Auth, and
// what the browser sent and got is in no span.
func TestTraceOfASession(t *testing.T) {
	t.Parallel()
	c := mustCollect(t)
	bff := mustServe(t, supabasetest.Config(t, traced(c.URL)))
	b, email := mustSignedUp(t, bff)
	held := b.mustExpire(time.Minute)
	a := b.send(http.MethodGet, "/rest/v1/profiles?select=email", "")
	if a.Status != http.StatusOK {
		t.Fatalf("got status %d, want 200: %s", a.Status, a.Body)
	}
	_, below := c.mustTrace(t, a.Header.Get("X-Request-Id"), 2)
	if below[0].Name != "POST Auth /token" || below[1].Name != "GET PostgREST" {
		t.Errorf("the spans below it: got %v, want POST Auth /token and GET PostgREST", below)
	}
	c.mustFind(t, "the sign-up", 1, func(span *tracepb.Span) bool { return span.Name == "POST Auth /signup" })
	fresh := b.session()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, secret := range []string{email, password, held.AccessToken, held.RefreshToken, fresh.AccessToken, fresh.RefreshToken, "mysingle="} {
		if bytes.Contains(c.raw.Bytes(), []byte(secret)) {
			t.Errorf("%s was exported", secret)
		}
	}
}

// TestTracesOfCallers: only a trusted caller decides about traces, and only
// where the sampler asks callers. What anybody else sends is a link at best.
func TestTracesOfCallers(t *testing.T) {
	t.Parallel()
	const (
		trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
		on, off       = "00-" + trace + "-" + parent + "-01", "00-" + trace + "-" + parent + "-00"
		trusted       = "127.0.0.0/8"
	)
	for _, tt := range []struct {
		Name, Sampler, Ratio, Proxies string
		Sent                          []string // as Traceparent
		Recorded, Continued, Linked   bool
	}{
		{"nothing", "", "", "", nil, true, false, false},
		{"on", "", "", "", []string{on}, true, false, true},
		{"off", "", "", "", []string{off}, true, false, true},
		{"off, of a proxy that isn't asked", "always_on", "", trusted, []string{off}, true, false, true},
		{"on, where nothing is recorded", "always_off", "", trusted, []string{on}, false, false, false},
		{"on, where little is recorded", "traceidratio", "0", trusted, []string{on}, false, false, false},
		{"on, of a stranger", "parentbased_always_off", "", "192.0.2.0/24", []string{on}, false, false, false},
		{"off, of a stranger", "parentbased_always_on", "", "", []string{off}, true, false, true},
		{"on, of a proxy", "parentbased_traceidratio", "0", trusted, []string{on}, true, true, false},
		{"off, of a proxy", "parentbased_always_on", "", trusted, []string{off}, false, true, false},
		{"nothing, of a proxy", "parentbased_always_on", "", trusted, nil, true, false, false},
		{"twice", "parentbased_always_on", "", trusted, []string{on, on}, true, false, false},
		{"too short", "parentbased_always_on", "", trusted, []string{on[:54]}, true, false, false},
		{"too long", "parentbased_always_on", "", trusted, []string{on + "-x"}, true, false, false},
		{"endless", "parentbased_always_on", "", trusted, []string{on + strings.Repeat("0", 10_000)}, true, false, false},
		{"in capitals", "parentbased_always_on", "", trusted, []string{strings.ToUpper(on)}, true, false, false},
		{"of zeros", "parentbased_always_on", "", trusted, []string{"00-00000000000000000000000000000000-" + parent + "-01"}, true, false, false},
		{"of the version ff", "parentbased_always_on", "", trusted, []string{"ff" + on[2:]}, true, false, false},
		{"no hexadecimals", "parentbased_always_on", "", trusted, []string{"00-" + strings.Repeat("zz", 16) + "-" + parent + "-01"}, true, false, false},
		{"text", "parentbased_always_on", "", trusted, []string{"' or 1=1 --"}, true, false, false},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			t.Parallel()
			c, rest := mustCollect(t), mustWitness(t, supabasetest.Env(t, "POSTGREST_URL"))
			stop, bff := mustServeUntil(t, traced(c.URL, "SUPABASE_REST_URL", rest.URL,
				"OTEL_TRACES_SAMPLER", tt.Sampler, "OTEL_TRACES_SAMPLER_ARG", tt.Ratio, "BFF_TRUSTED_PROXIES", tt.Proxies), io.Discard)
			headers := []string{"Tracestate", "vendor=state-marker", "Baggage", "user=baggage-marker"}
			for _, line := range tt.Sent {
				headers = append(headers, "Traceparent", line)
			}
			id := mustSend(t, http.MethodGet, bff+"/rest/v1/tasks?limit=1", "", headers...).Header.Get("X-Request-Id")
			seen := rest.of(id)
			if len(seen) != 1 || len(seen[0].Header["Traceparent"]) != 1 {
				t.Fatalf("Supabase sees %v, want one request with one traceparent", seen)
			}
			got := seen[0].Header.Get("Traceparent")
			if strings.Contains(got, trace) != tt.Continued || strings.Contains(got, parent) || strings.HasSuffix(got, "-01") != tt.Recorded {
				t.Errorf("Supabase sees %s", got)
			}
			if state := seen[0].Header.Get("Tracestate"); (state == "vendor=state-marker") != tt.Continued || state != "" && !tt.Continued {
				t.Errorf("Supabase sees the state %q, want vendor=state-marker: %t, or none", state, tt.Continued)
			}
			if seen[0].Header.Get("Baggage") != "user=baggage-marker" {
				t.Errorf("Supabase sees the baggage %q, want user=baggage-marker", seen[0].Header.Get("Baggage"))
			}
			if !tt.Recorded {
				stop() // which exports what there is (TestLastSpans)
				if len(c.spans) > 0 {
					t.Errorf("spans: got %d, want none", len(c.spans))
				}
				return
			}
			span, below := c.mustTrace(t, id, 1)
			if parentOf(below[0], "01") != got {
				t.Errorf("%v isn't %s", below[0], got)
			}
			if (hex.EncodeToString(span.TraceId) == trace) != tt.Continued || (hex.EncodeToString(span.ParentSpanId) == parent) != tt.Continued {
				t.Errorf("the span: got %v, want the caller's trace continued: %t", span, tt.Continued)
			}
			linked := len(span.Links) == 1 && hex.EncodeToString(span.Links[0].TraceId) == trace && hex.EncodeToString(span.Links[0].SpanId) == parent && span.Links[0].TraceState == ""
			if linked != tt.Linked || len(span.Links) > 1 {
				t.Errorf("the links are %v", span.Links)
			}
		})
	}
}

// TestWithoutTraces: then what the client says of its own goes on to Supabase.
func TestWithoutTraces(t *testing.T) {
	t.Parallel()
	rest := mustWitness(t, supabasetest.Env(t, "POSTGREST_URL"))
	bff := mustServe(t, supabasetest.Config(t, map[string]string{"SUPABASE_REST_URL": rest.URL}))
	id := mustSend(t, http.MethodGet, bff+"/rest/v1/tasks?limit=1", "", "Traceparent", "theirs", "Tracestate", "a=b").Header.Get("X-Request-Id")
	if seen := rest.of(id); len(seen) != 1 || seen[0].Header.Get("Traceparent") != "theirs" || seen[0].Header.Get("Tracestate") != "a=b" {
		t.Errorf("Supabase sees %v, want one request with the traceparent theirs and the state a=b", seen)
	}
}

// TestHostileRequestsAreInNoSpan asks in every way in which a client can name
// something of its own. The marker is too short to be the request's id.
func TestHostileRequestsAreInNoSpan(t *testing.T) {
	t.Parallel()
	c := mustCollect(t)
	stop, bff := mustServeUntil(t, traced(c.URL, "BFF_RATE_ADDRESS", "200/h"), io.Discard)
	mustAskHostile(t, bff, supabasetest.MustSignUp(t).Token, "mrkr-1")
	mustSend(t, http.MethodGet, bff+"/livez", "")
	mustSend(t, http.MethodGet, bff+"/readyz", "")
	for range 300 {
		mustSend(t, http.MethodGet, bff+"/nowhere", "")
	}
	stop()
	names := make(map[string]int)
	for _, span := range c.spans {
		names[span.Name]++
		if said(span, "http.route") == "/livez" || said(span, "http.route") == "/readyz" {
			t.Errorf("a probe's: %v", span)
		}
	}
	if len(names) < 15 || len(names) > 100 {
		t.Errorf("names of spans: got %d, want 15 to 100: %v", len(names), names)
	}
	if bytes.Contains(bytes.ToLower(c.raw.Bytes()), []byte("mrkr")) {
		t.Error("the client's own was exported")
	}
	// What is beyond the address's rate is in the log once a minute, and so it is here.
	if names["GET /"] > 250 {
		t.Errorf("spans of a flood: got %d, want at most 250", names["GET /"])
	}
}

// mustServeUntil starts a BFF that runs until stop is called; then it has ended.
func mustServeUntil(t *testing.T, settings map[string]string, log io.Writer) (stop func() time.Duration, bff string) {
	t.Helper()
	listener := mustListen(t)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	ended := make(chan error, 1)
	c := supabasetest.Config(t, settings).At(listener.Addr())
	s := server.New(c, build.Info{Version: "test"}, slog.New(slog.NewJSONHandler(io.MultiWriter(log, supabasetest.Log()), nil)))
	go func() { ended <- s.Serve(ctx, listener) }()
	return func() time.Duration {
		http.DefaultClient.CloseIdleConnections()
		began := time.Now()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		return time.Since(began)
	}, "http://" + listener.Addr().String()
}

// TestLastSpans stops a BFF right after its answers: not one span is lost.
func TestLastSpans(t *testing.T) {
	t.Parallel()
	c := mustCollect(t)
	stop, bff := mustServeUntil(t, traced(c.URL), io.Discard)
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			for range 60 {
				if _, err := send(http.MethodGet, bff+"/docs", ""); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	stop()
	if len(c.spans) != 600 {
		t.Errorf("spans: got %d, want 600", len(c.spans))
	}
}

// TestCollectorsDown_slow: who asks doesn't notice, whatever is the matter with the
// collector; the log says so once, and once that it is over.
func TestCollectorsDown_slow(t *testing.T) {
	t.Parallel()
	const lost, again = "traces can't be exported", "traces are exported again"
	hanging := mustListen(t)
	t.Cleanup(func() { _ = hanging.Close() })
	for name, endpoint := range map[string]string{"gone": "http://127.0.0.1:1", "hanging": "http://" + hanging.Addr().String()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log lockedBuffer
			stop, bff := mustServeUntil(t, traced(endpoint), &log)
			ask := func() {
				began := time.Now()
				for range 100 {
					if a := mustSend(t, http.MethodGet, bff+"/docs", ""); a.Status != http.StatusOK {
						t.Fatalf("got status %d, want 200", a.Status)
					}
				}
				// If each waited for the collector, they would take 500 s.
				if took := time.Since(began); took > 2*time.Minute {
					t.Fatalf("100 requests: took %s, want at most 2m", took)
				}
			}
			ask()
			supabasetest.MustWait(t, "the warning", func() bool { return strings.Contains(log.String(), lost) })
			ask()
			if took := stop(); took > 20*time.Second {
				t.Errorf("the end: took %s, want at most 20s", took)
			}
			if n := strings.Count(log.String(), lost); n != 1 {
				t.Errorf("warnings: got %d, want 1", n)
			}
			if strings.Contains(log.String(), collectorKey) {
				t.Error("the log has the collector's key")
			}
		})
	}
	t.Run("back", func(t *testing.T) {
		t.Parallel()
		c := mustCollect(t)
		var isBack atomic.Bool
		front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !isBack.Load() {
				cut(t, w, false)
				return
			}
			c.ServeHTTP(w, r)
		}))
		t.Cleanup(front.Close)
		var log lockedBuffer
		_, bff := mustServeUntil(t, traced(front.URL), &log)
		mustSend(t, http.MethodGet, bff+"/docs", "")
		supabasetest.MustWait(t, "the warning", func() bool { return strings.Contains(log.String(), lost) })
		isBack.Store(true)
		supabasetest.MustWait(t, "the end of it", func() bool {
			mustSend(t, http.MethodGet, bff+"/docs", "")
			return strings.Contains(log.String(), again)
		})
		c.mustFind(t, "a span", 1, func(span *tracepb.Span) bool { return span == c.spans[0] })
	})
}

// BenchmarkTraces is what a trace costs a passed request: none of them, one that
// isn't recorded, and one that is, with what goes to the collector.
func BenchmarkTraces(b *testing.B) {
	c := mustCollect(b)
	token := supabasetest.MustSignUp(b).Token
	for _, tt := range []struct{ name, endpoint, sampler string }{{"Without", "", ""}, {"Unrecorded", c.URL, "always_off"}, {"Recorded", c.URL, "always_on"}} {
		b.Run(tt.name, func(b *testing.B) {
			bff := mustServe(b, supabasetest.Config(b, traced(tt.endpoint, "SUPABASE_REST_URL", "http://"+mustAnswerSame(b)+"/rest/v1", "OTEL_TRACES_SAMPLER", tt.sampler)))
			askRepeatedly(b, strings.TrimPrefix(bff, "http://"), token)
		})
	}
}
