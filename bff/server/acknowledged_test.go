package server_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

// ledger is what became of the tasks that a test tried to insert.
type ledger struct {
	mu       sync.Mutex
	statuses map[string]int // by name; 0 without an answer
}

func (l *ledger) note(name string, status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.statuses[name] = status
}

// mustBalance checks that nothing was written twice, and that whatever was
// acknowledged was written.
func (l *ledger) mustBalance(t *testing.T, owner supabasetest.Person, made supabasetest.Sprint) {
	t.Helper()
	rows := map[string]int{}
	for offset := 0; ; offset += 1000 { // PostgREST's largest page
		var page []struct {
			Name string `json:"task_name"`
		}
		owner.MustSelect(t, "tasks", fmt.Sprintf("select=task_name&order=task_id&sprint_id=eq.%s&offset=%d&limit=1000", made.SprintID, offset), &page)
		for _, row := range page {
			rows[row.Name]++
		}
		if len(page) < 1000 {
			break
		}
	}
	counts := map[string]int{}
	for name, status := range l.statuses {
		counts[fmt.Sprintf("%d with %d rows", status, rows[name])]++
		if rows[name] > 1 || status == 201 && rows[name] != 1 {
			t.Errorf("%s: answered %d, and there are %d rows", name, status, rows[name])
		}
	}
	t.Logf("%d inserts: %v", len(l.statuses), counts)
}

// insert tries to insert a task and returns the status, for which the BFF has
// two minutes: no deadline of these tests is that long.
func (l *ledger) insert(t *testing.T, bff, token string, made supabasetest.Sprint, name string) int {
	start := time.Now()
	a, err := send("POST", bff+"/rest/v1/tasks", fmt.Sprintf(`{"project_id":%q,"sprint_id":%q,"task_name":%q}`, made.ProjectID, made.SprintID, name),
		"Authorization", "Bearer "+token, "Content-Type", "application/json", "Prefer", "return=representation")
	if took := time.Since(start); took > 2*time.Minute {
		t.Errorf("%s: answered after %s, want at most 2m", name, took)
	}
	if err != nil {
		t.Errorf("%s: no answer: %v", name, err)
	}
	l.note(name, a.Status)
	return a.Status
}

// TestNothingIsWrittenTwice_slow has PostgREST's answers to inserts go wrong in
// every way, before and after the row is written.
func TestNothingIsWrittenTwice_slow(t *testing.T) {
	t.Parallel()
	rest := supabasetest.Env(t, "POSTGREST_URL")
	// ways are what becomes of an insert whose name begins so.
	ways := map[string]func(t *testing.T, w http.ResponseWriter, r *http.Request, forward func() (int, []byte)){
		"fine": func(_ *testing.T, w http.ResponseWriter, _ *http.Request, forward func() (int, []byte)) {
			status, body := forward()
			w.WriteHeader(status)
			_, _ = w.Write(body)
		},
		"refused": func(t *testing.T, w http.ResponseWriter, _ *http.Request, _ func() (int, []byte)) { cut(t, w, false) },
		"reset":   func(t *testing.T, w http.ResponseWriter, _ *http.Request, _ func() (int, []byte)) { cut(t, w, true) },
		"unanswered": func(t *testing.T, w http.ResponseWriter, _ *http.Request, forward func() (int, []byte)) {
			forward()
			cut(t, w, false)
		},
		"garbage": func(t *testing.T, w http.ResponseWriter, _ *http.Request, forward func() (int, []byte)) {
			forward()
			c, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.WriteString(c, "\x16\x03\x01 no HTTP")
			_ = c.Close()
		},
		"half": func(t *testing.T, w http.ResponseWriter, _ *http.Request, forward func() (int, []byte)) {
			status, body := forward()
			w.Header().Set("Content-Length", fmt.Sprint(len(body)))
			w.WriteHeader(status)
			_, _ = w.Write(body[:len(body)/2])
			cut(t, w, false)
		},
		"trickling": func(_ *testing.T, w http.ResponseWriter, r *http.Request, forward func() (int, []byte)) {
			status, body := forward()
			w.WriteHeader(status)
			for i := range body {
				if _, err := w.Write(body[i : i+1]); err != nil || r.Context().Err() != nil {
					return
				}
				_ = http.NewResponseController(w).Flush()
				time.Sleep(50 * time.Millisecond)
			}
		},
		"silent": func(_ *testing.T, _ http.ResponseWriter, r *http.Request, forward func() (int, []byte)) {
			forward()
			<-r.Context().Done()
		},
	}
	var sent sync.Map // name: how often it came here
	settings := mustUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		forward := func() (int, []byte) {
			req, err := http.NewRequest(r.Method, rest+r.URL.RequestURI(), bytes.NewReader(body))
			if err != nil {
				t.Error(err)
				return 500, nil
			}
			req.Header = r.Header.Clone()
			resp, err := plain.RoundTrip(req)
			if err != nil {
				t.Error(err)
				return 500, nil
			}
			defer resp.Body.Close()
			text, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Error(err)
			}
			w.Header().Set("Content-Type", resp.Header.Get("Content-Type"))
			return resp.StatusCode, text
		}
		_, name, _ := strings.Cut(string(body), `"task_name":"`)
		name, _, _ = strings.Cut(name, `"`)
		way, _, _ := strings.Cut(name, " ")
		if ways[way] == nil {
			way = "fine" // a probe
		} else if _, again := sent.LoadOrStore(name, true); again {
			t.Errorf("%s was sent twice", name)
		}
		ways[way](t, w, r, forward)
	})
	patient := mustServe(t, supabasetest.Config(t, settings))
	settings["BFF_UPSTREAM_TIMEOUT"] = "1s"
	impatient := mustServe(t, supabasetest.Config(t, settings)) // for answers that never come
	owner := supabasetest.MustSignUp(t)
	made := owner.MustSprint(t)
	book := &ledger{statuses: map[string]int{}}
	want := map[string]int{"refused": 502, "reset": 502, "unanswered": 502, "garbage": 502, "half": 502, "trickling": 504, "silent": 504}
	var count atomic.Int64
	insert := func(bff, way string) (name string, status int) {
		name = fmt.Sprint(way, " ", count.Add(1))
		return name, book.insert(t, bff, owner.Token, made, name)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 6 {
				for way, wanted := range want {
					bff := patient
					if wanted == http.StatusGatewayTimeout {
						bff = impatient
					}
					if name, got := insert(bff, way); got != wanted && got != 503 {
						t.Errorf("%s: got status %d, want %d, or 503 while the breaker is open", name, got, wanted)
					}
					// Fine ones between them keep the breaker shut most of the time. On a
					// busy machine they may take longer than the impatient BFF waits.
					if name, got := insert(bff, "fine"); got != 201 && got != 503 && !(bff == impatient && got == 504) {
						t.Errorf("%s: got status %d, want 201, or 503 while the breaker is open", name, got)
					}
				}
			}
		})
	}
	all.Wait()
	for _, bff := range []string{patient, impatient} {
		supabasetest.MustWait(t, "the recovery", func() bool { _, got := insert(bff, "fine"); return got == 201 })
	}
	for range 50 {
		if name, got := insert(patient, "fine"); got != 201 {
			t.Errorf("%s, after the recovery: got status %d, want 201", name, got)
		}
	}
	book.mustBalance(t, owner, made)
}

// TestWritesWhilePostgRESTIsKilled_slow inserts on while PostgREST is killed and
// started again.
func TestWritesWhilePostgRESTIsKilled_slow(t *testing.T) {
	t.Parallel()
	rest := supabasetest.MustStartPostgREST(t)
	bff := mustServe(t, supabasetest.Config(t, map[string]string{"SUPABASE_REST_URL": rest.URL}))
	owner := supabasetest.MustSignUp(t)
	made := owner.MustSprint(t)
	book := &ledger{statuses: map[string]int{}}
	var good, failed, count atomic.Int64
	stop := make(chan struct{})
	var load sync.WaitGroup
	for range 8 {
		load.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				switch status := book.insert(t, bff, owner.Token, made, fmt.Sprint("insert ", count.Add(1))); status {
				case 201:
					good.Add(1)
				case 502, 503, 504:
					failed.Add(1)
					time.Sleep(20 * time.Millisecond) // a refusal comes at once
				default:
					t.Errorf("got status %d, want 201, 502, 503 or 504", status)
				}
			}
		})
	}
	grows := func(counter *atomic.Int64, by int64) {
		t.Helper()
		before := counter.Load()
		supabasetest.MustWait(t, "more answers", func() bool { return counter.Load() >= before+by })
	}
	for range 3 {
		grows(&good, 50)
		rest.Kill(t)
		grows(&failed, 20)
		rest.MustStart(t)
		grows(&good, 50)
	}
	close(stop)
	load.Wait()
	book.mustBalance(t, owner, made)
}
