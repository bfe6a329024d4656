package server_test

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/mysingle/mysingle/bff/sprint"
	"github.com/mysingle/mysingle/bff/supabasetest"
)

// mustUpstream is a server in PostgREST's place that does what faults do.
func mustUpstream(t *testing.T, handler http.HandlerFunc) map[string]string {
	t.Helper()
	upstream := httptest.NewServer(handler)
	t.Cleanup(upstream.Close)
	return map[string]string{"SUPABASE_REST_URL": upstream.URL}
}

// cut breaks the connection off, after what was written so far.
func cut(t *testing.T, w http.ResponseWriter, reset bool) {
	t.Helper()
	control := http.NewResponseController(w)
	_ = control.Flush()
	c, _, err := control.Hijack()
	if err != nil {
		t.Error(err)
		return
	}
	if reset {
		_ = c.(*net.TCPConn).SetLinger(0)
	}
	_ = c.Close()
}

func TestUpstreamFaults(t *testing.T) {
	t.Parallel()
	token := supabasetest.MustSignUp(t).Token
	for _, tt := range []struct {
		Name    string
		Handler func(t *testing.T, w http.ResponseWriter, r *http.Request)
		Status  int
		Board   int // where the board's answer is another one
	}{
		{"gone without a word", func(t *testing.T, w http.ResponseWriter, _ *http.Request) { cut(t, w, false) }, 502, 0},
		{"reset without a word", func(t *testing.T, w http.ResponseWriter, _ *http.Request) { cut(t, w, true) }, 502, 0},
		{"cut inside the body", func(t *testing.T, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"half":`)
			cut(t, w, false)
		}, 502, 0},
		{"reset inside the body", func(t *testing.T, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"half":`)
			cut(t, w, true)
		}, 502, 0},
		{"silent", func(_ *testing.T, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 504, 0},
		{"silent inside the body", func(_ *testing.T, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"half":`)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, 504, 0},
		{"a page instead of JSON", func(_ *testing.T, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<html>")
		}, 0, 502},
		{"JSON that is no board", func(_ *testing.T, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, "[]")
		}, 0, 502},
		{"database down", func(_ *testing.T, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(503)
			_, _ = io.WriteString(w, `{"code":"PGRST001","message":"connection to server at 10.0.0.7 failed","details":null,"hint":null}`)
		}, 0, 503},
		{"statement timeout", func(_ *testing.T, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(500)
			_, _ = io.WriteString(w, `{"code":"57014","message":"canceling statement due to statement timeout","details":null,"hint":null}`)
		}, 0, 504},
		{"function missing", func(_ *testing.T, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(404)
			_, _ = io.WriteString(w, `{"code":"PGRST202","message":"no such function","details":null,"hint":null}`)
		}, 0, 500},
		{"the BFF's own key refused", func(_ *testing.T, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(401)
			_, _ = io.WriteString(w, `{"message":"Invalid API key","hint":"Double check your API key."}`)
		}, 0, 502},
		{"token refused", func(_ *testing.T, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(401)
			_, _ = io.WriteString(w, `{"code":"PGRST301","message":"JWT expired","details":null,"hint":null}`)
		}, 0, 401},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			changes := mustUpstream(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				tt.Handler(t, w, r)
			})
			if tt.Status == http.StatusGatewayTimeout {
				changes["BFF_UPSTREAM_TIMEOUT"] = "300ms"
			}
			bff := mustServe(t, supabasetest.Config(t, changes))
			if tt.Status != 0 {
				for _, method := range []string{"GET", "POST", "DELETE"} {
					mustProblem(t, mustSend(t, method, bff+"/rest/v1/tasks", "", "Authorization", "Bearer "+token), tt.Status)
				}
			}
			if tt.Board == 0 {
				tt.Board = tt.Status
			}
			a := mustSend(t, "GET", bff+boardPath(uuid.NewString()), "", "Authorization", "Bearer "+token)
			mustProblem(t, a, tt.Board)
			if strings.Contains(a.Body, "10.0.0.7") || strings.Contains(a.Body, "127.0.0.1") {
				t.Errorf("something internal shows: %s", a.Body)
			}
		})
	}
}

// TestALongAnswerCutIsBrokenOff: what is too long to be held back can't
// become a 502, but it must not look whole either.
func TestALongAnswerCutIsBrokenOff(t *testing.T) {
	t.Parallel()
	for _, length := range []string{"", "4194304"} {
		bff := mustServe(t, supabasetest.Config(t, mustUpstream(t, func(w http.ResponseWriter, _ *http.Request) {
			if length != "" {
				w.Header().Set("Content-Length", length)
			}
			_, _ = io.WriteString(w, strings.Repeat("x", 2<<20))
			cut(t, w, false) // a reset could overtake what was written
		})))
		if a, err := send("GET", bff+"/rest/v1/tasks", ""); err == nil {
			t.Errorf("length %q: got status %d and %d bytes, want an error", length, a.Status, len(a.Body))
		}
	}
}

// TestALongAnswerPassesWhole also reads one beside it that a client gives up:
// what that one left unread must not turn up in anybody else's answer.
func TestALongAnswerPassesWhole(t *testing.T) {
	t.Parallel()
	const size = 8 << 20
	bff := mustServe(t, supabasetest.Config(t, mustUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		letter := r.URL.Query().Get("letter")
		for range size / 4096 {
			if _, err := io.WriteString(w, strings.Repeat(letter, 4096)); err != nil {
				return
			}
		}
	})))
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			letter := string(rune('a' + i))
			resp, err := http.Get(bff + "/rest/v1/tasks?letter=" + letter)
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			if i%2 == 0 { // gives up early
				_, err := io.CopyN(io.Discard, resp.Body, 300<<10)
				if err != nil {
					t.Error(err)
				}
				return
			}
			text, err := io.ReadAll(resp.Body)
			if err != nil || len(text) != size || strings.Trim(string(text), letter) != "" {
				t.Errorf("got %d bytes, %v, want %d, all of them %q", len(text), err, size, letter)
			}
		})
	}
	all.Wait()
}

func TestReadiness(t *testing.T) {
	t.Parallel()
	down := "http://" + supabasetest.MustRefuse(t)
	for _, tt := range []struct {
		Name    string
		Changes map[string]string
		Down    string
	}{
		{"all up", nil, ""},
		{"PostgREST without a gateway", map[string]string{"SUPABASE_REST_URL": supabasetest.Env(t, "POSTGREST_URL")}, ""},
		{"PostgREST down", map[string]string{"SUPABASE_REST_URL": down}, "Down: rest."},
		{"Auth down", map[string]string{"SUPABASE_AUTH_URL": down}, "Down: auth."},
		{"both down", map[string]string{"SUPABASE_URL": down}, "Down: auth, rest."},
		{"a key that the gateway doesn't know", map[string]string{"SUPABASE_PUBLISHABLE_KEY": "sb_publishable_unknown"}, "Down: rest."},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			bff := mustServe(t, supabasetest.Config(t, tt.Changes))
			if a := mustSend(t, "GET", bff+"/livez", ""); a.Status != 200 || !strings.Contains(a.Body, `"version":"test"`) {
				t.Errorf("livez: got status %d, want 200 and the version test: %s", a.Status, a.Body)
			}
			a := mustSend(t, "GET", bff+"/readyz", "")
			if tt.Down == "" {
				if a.Status != 200 {
					t.Errorf("readyz: got status %d, want 200: %s", a.Status, a.Body)
				}
				return
			}
			if p := mustProblem(t, a, 503); *p.Message != tt.Down {
				t.Errorf("readyz: got the message %q, want %q", *p.Message, tt.Down)
			}
		})
	}
}

// TestPostgRESTRestartedUnderLoad_slow kills PostgREST and starts it again while
// requests run. Every answer must be a whole one or an error body in time,
// and after the restart all must be well without further ado.
func TestPostgRESTRestartedUnderLoad_slow(t *testing.T) {
	t.Parallel()
	rest := supabasetest.MustStartPostgREST(t)
	bff := mustServe(t, supabasetest.Config(t, map[string]string{"SUPABASE_REST_URL": rest.URL}))
	owner := supabasetest.MustSignUp(t)
	made := owner.MustSprint(t)
	owner.MustTasks(t, made, 50)

	var good, failed atomic.Int64
	check := func(path string) {
		start := time.Now()
		a, err := send("GET", bff+path, "", "Authorization", "Bearer "+owner.Token)
		if took := time.Since(start); took > 2*time.Minute { // the deadline is one
			t.Errorf("%s: answered after %s, want at most 2m", path, took)
		}
		switch {
		case err != nil:
			t.Errorf("%s: no answer: %v", path, err)
		case a.Status == 200:
			if n, err := tasksIn(a.Body); err != nil || n != 50 {
				t.Errorf("%s: got status 200 with %d tasks, %v, want 50", path, n, err)
			}
			good.Add(1)
		case a.Status == 502 || a.Status == 503 || a.Status == 504:
			// While its schema cache loads, PostgREST itself says 503.
			if text := a.Header.Get("Content-Type"); !strings.Contains(text, "json") || !strings.Contains(a.Body, `"code":`) || !strings.Contains(a.Body, `"message":`) {
				t.Errorf("%s: %d without an error body: %s", path, a.Status, a.Body)
			}
			failed.Add(1)
		default:
			t.Errorf("%s: got status %d, want 200, 502, 503 or 504: %s", path, a.Status, a.Body)
		}
	}
	stop := make(chan struct{})
	var load sync.WaitGroup
	for i := range 12 {
		path := boardPath(made.SprintID)
		if i%2 == 0 {
			path = "/rest/v1/tasks?select=task_id&sprint_id=eq." + made.SprintID
		}
		load.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					check(path)
				}
			}
		})
	}
	grows := func(counter *atomic.Int64) {
		t.Helper()
		before := counter.Load()
		supabasetest.MustWait(t, "more answers", func() bool { return counter.Load() >= before+20 })
	}
	for range 3 {
		grows(&good)
		rest.Kill(t)
		grows(&failed)
		rest.MustStart(t)
		grows(&good)
	}
	close(stop)
	load.Wait()
	t.Logf("%d whole answers, %d error bodies", good.Load(), failed.Load())
	before := failed.Load()
	for range 50 {
		check(boardPath(made.SprintID))
	}
	if failed.Load() != before {
		t.Error("errors after the recovery")
	}
}

// tasksIn counts the tasks of a board or of a list of rows.
func tasksIn(text string) (int, error) {
	var rows []struct{}
	if strings.HasPrefix(text, "[") {
		err := json.Unmarshal([]byte(text), &rows)
		return len(rows), err
	}
	var board sprint.Board
	err := json.Unmarshal([]byte(text), &board)
	n := 0
	for _, column := range board.Columns {
		n += len(column.Tasks)
	}
	return n, err
}
