package server_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"github.com/mysingle/mysingle/bff/sprint"
	"github.com/mysingle/mysingle/bff/supabasetest"
)

func boardPath(sprintID string) string { return "/api/v1/sprints/" + sprintID + "/board" }

// mustBoard reads a board strictly.
func mustBoard(tb testing.TB, bff, path, token string) sprint.Board {
	tb.Helper()
	return *mustView[sprint.Board](tb, bff+path, token)
}

var statuses = []string{"Planned", "Scheduled", "In Progress", "In Review", "Blocked", "On Hold", "Completed", "Cancelled"}

// checkBoard checks what holds for every board.
func checkBoard(t *testing.T, board sprint.Board) (tasks []sprint.Task) {
	t.Helper()
	var order []string
	for _, column := range board.Columns {
		order = append(order, column.Status)
		var points float64
		var unestimated int
		for _, task := range column.Tasks {
			if task.StoryPoints == nil {
				unestimated++
			} else {
				points += *task.StoryPoints
			}
			if task.StatusSince.IsZero() || task.DaysInStatus < 0 {
				t.Errorf("%s: %d days in status since %s", task.TaskName, task.DaysInStatus, task.StatusSince)
			}
			if (task.BlockedSince != nil) != (column.Status == "Blocked") {
				t.Errorf("%s in %s: blocked since %v", task.TaskName, column.Status, task.BlockedSince)
			}
		}
		if column.TaskCount != len(column.Tasks) || column.Points != points || column.UnestimatedCount != unestimated {
			t.Errorf("%s: says %d tasks, %g points, %d unestimated; has %d, %g, %d", column.Status,
				column.TaskCount, column.Points, column.UnestimatedCount, len(column.Tasks), points, unestimated)
		}
		tasks = append(tasks, column.Tasks...)
	}
	if !slices.Equal(order, statuses) {
		t.Errorf("columns: got %v, want %v", order, statuses)
	}
	if board.AsOf.IsZero() || board.Timezone == "" || board.Project.ProjectID == "" || board.Sprint.SprintName == "" {
		t.Errorf("incomplete: %+v", board)
	}
	return tasks
}

func TestBoardOfTheDemoSprint(t *testing.T) {
	t.Parallel()
	demo := supabasetest.MustSignInDemo(t)
	var running []supabasetest.Sprint
	demo.MustSelect(t, "sprints", "select=sprint_id,project_id&status=eq.Active", &running)
	if len(running) == 0 {
		t.Fatal("the demo organization has no running sprint")
	}
	board := mustBoard(t, mustServeStack(t), boardPath(running[0].SprintID), demo.Token)
	tasks := checkBoard(t, board)
	if len(tasks) == 0 || len(tasks) != board.Scope.VisibleTasks {
		t.Errorf("got %d tasks, want the %d visible ones, and at least one", len(tasks), board.Scope.VisibleTasks)
	}
	if board.Timezone != "Asia/Seoul" || board.Sprint.Status != "Active" {
		t.Errorf("got timezone %s and status %s, want Asia/Seoul and Active", board.Timezone, board.Sprint.Status)
	}
}

func TestBoardOfOnesOwnSprint(t *testing.T) {
	t.Parallel()
	bff := mustServeStack(t)
	owner := supabasetest.MustSignUp(t)
	made := owner.MustSprint(t)
	owner.MustTasks(t, made, 64)
	for _, tt := range []struct {
		Name  string
		Path  string
		Tasks int
		Holds func(sprint.Task) bool
	}{
		{"all tasks", boardPath(made.SprintID), 64, nil},
		{"sprint id in capitals", boardPath(strings.ToUpper(made.SprintID)), 64, nil},
		{"one's own", boardPath(made.SprintID) + "?assignee=me", 32, func(task sprint.Task) bool { return task.Assignee.ProfileID == owner.ID }},
		{"an assignee's", boardPath(made.SprintID) + "?assignee=" + owner.ID, 32, func(task sprint.Task) bool { return task.Assignee.ProfileID == owner.ID }},
		{"nobody's", boardPath(made.SprintID) + "?assignee=" + uuid.NewString(), 0, nil},
		{"a priority", boardPath(made.SprintID) + "?priority=Urgent", 16, func(task sprint.Task) bool { return task.Priority == "Urgent" }},
		{"both", boardPath(made.SprintID) + "?priority=Urgent&assignee=me", 8, func(task sprint.Task) bool { return task.Priority == "Urgent" && task.Assignee != nil }},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			board := mustBoard(t, bff, tt.Path, owner.Token)
			tasks := checkBoard(t, board)
			if len(tasks) != tt.Tasks || board.Scope.VisibleTasks != 64 {
				t.Errorf("got %d tasks of %d visible ones, want %d of 64", len(tasks), board.Scope.VisibleTasks, tt.Tasks)
			}
			for _, task := range tasks {
				if tt.Holds != nil && !tt.Holds(task) {
					t.Errorf("doesn't belong here: %+v", task)
				}
			}
		})
	}
	t.Run("HEAD", func(t *testing.T) {
		a := mustSend(t, "HEAD", bff+boardPath(made.SprintID), "", "Authorization", "Bearer "+owner.Token)
		if a.Status != http.StatusOK || a.Body != "" {
			t.Errorf("got status %d and the body %q, want 200 and none", a.Status, a.Body)
		}
	})
}

func TestBoardOfAnEmptySprint(t *testing.T) {
	t.Parallel()
	owner := supabasetest.MustSignUp(t)
	board := mustBoard(t, mustServeStack(t), boardPath(owner.MustSprint(t).SprintID), owner.Token)
	if tasks := checkBoard(t, board); len(tasks) != 0 || board.Scope.VisibleTasks != 0 {
		t.Errorf("got %d tasks and %d visible ones, want none", len(tasks), board.Scope.VisibleTasks)
	}
}

func TestBoardOfNoSprint(t *testing.T) {
	t.Parallel()
	bff := mustServeStack(t)
	owner, stranger := supabasetest.MustSignUp(t), supabasetest.MustSignUp(t)
	foreign := owner.MustSprint(t)
	unknown := mustSend(t, "GET", bff+boardPath(uuid.NewString()), "", "Authorization", "Bearer "+stranger.Token)
	mustProblem(t, unknown, http.StatusNotFound)
	others := mustSend(t, "GET", bff+boardPath(foreign.SprintID), "", "Authorization", "Bearer "+stranger.Token)
	mustProblem(t, others, http.StatusNotFound)
	if unknown.Body != others.Body {
		t.Errorf("they differ:\n%s\n%s", unknown.Body, others.Body)
	}
	for _, varies := range []string{"X-Request-Id", "Date"} {
		unknown.Header.Del(varies)
		others.Header.Del(varies)
	}
	if a, b := mustJSON(t, unknown.Header), mustJSON(t, others.Header); a != b {
		t.Errorf("headers differ:\n%s\n%s", a, b)
	}
}

func mustJSON(tb testing.TB, v any) string {
	tb.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

func TestBoardInput(t *testing.T) {
	t.Parallel()
	bff := mustServeStack(t)
	someone := supabasetest.MustSignUp(t)
	id := uuid.NewString()
	for _, tt := range []struct {
		Name   string
		Path   string
		Faults []string // in, name
	}{
		{"malformed sprint id", boardPath("42"), []string{"path sprint_id"}},
		{"sprint id with braces", boardPath("{" + id + "}"), []string{"path sprint_id"}},
		{"malformed assignee", boardPath(id) + "?assignee=you", []string{"query assignee"}},
		{"empty assignee", boardPath(id) + "?assignee=", []string{"query assignee"}},
		{"unknown priority", boardPath(id) + "?priority=urgent", []string{"query priority"}},
		{"empty priority", boardPath(id) + "?priority", []string{"query priority"}},
		{"unknown parameter", boardPath(id) + "?status=Blocked", []string{"query status"}},
		{"repeated parameter", boardPath(id) + "?priority=Low&priority=High&priority=High", []string{"query priority"}},
		{"parameter in capitals", boardPath(id) + "?Priority=Low", []string{"query Priority"}},
		{"a filter in disguise", boardPath(id) + "?assignee=me&sprint_id=eq." + id, []string{"query sprint_id"}},
		{"all at once", boardPath("x") + "?assignee=x&priority=x&limit=1&offset=2&assignee=me", []string{
			"path sprint_id", "query assignee", "query assignee", "query limit", "query offset", "query priority"}},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			p := mustProblem(t, mustSend(t, "GET", bff+tt.Path, "", "Authorization", "Bearer "+someone.Token), http.StatusBadRequest)
			var got []string
			for _, e := range p.Errors {
				got = append(got, e.In+" "+e.Name)
				if !strings.Contains(*p.Message, e.Name) {
					t.Errorf("%s is missing in %q", e.Name, *p.Message)
				}
			}
			if !slices.Equal(got, tt.Faults) {
				t.Errorf("faults %v", got)
			}
		})
	}
}

func TestBoardNeedsAToken(t *testing.T) {
	t.Parallel()
	bff := mustServeStack(t)
	for _, tt := range []struct {
		Name    string
		Headers []string
	}{
		{"none", nil},
		{"publishable key", []string{"Authorization", "Bearer " + supabasetest.Env(t, "SUPABASE_PUBLISHABLE_KEY")}},
		{"garbage", []string{"Authorization", "Bearer garbage"}},
		{"another scheme", []string{"Authorization", "Basic ZGVtbzpkZW1v"}},
		{"empty", []string{"Authorization", "Bearer "}},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			a := mustSend(t, "GET", bff+boardPath(uuid.NewString()), "", tt.Headers...)
			mustProblem(t, a, http.StatusUnauthorized)
			if got := a.Header.Get("Www-Authenticate"); !strings.HasPrefix(got, "Bearer ") {
				t.Errorf("WWW-Authenticate %q", got)
			}
		})
	}
}

func TestBoardOfManyTasksIsTwoRoundTrips(t *testing.T) {
	t.Parallel()
	rest := httputil.NewSingleHostReverseProxy(supabasetest.MustURL(t, supabasetest.Env(t, "SUPABASE_URL")))
	var trips atomic.Int64
	counting := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		trips.Add(1)
		rest.ServeHTTP(w, r)
	}))
	t.Cleanup(counting.Close)
	bff := mustServe(t, supabasetest.Config(t, map[string]string{"SUPABASE_REST_URL": counting.URL + "/rest/v1"}))
	owner := supabasetest.MustSignUp(t)
	made := owner.MustSprint(t)
	owner.MustTasks(t, made, 2000)
	board := mustBoard(t, bff, boardPath(made.SprintID), owner.Token)
	if tasks := checkBoard(t, board); len(tasks) != 2000 {
		t.Errorf("got %d tasks, want 2000", len(tasks))
	}
	if n := trips.Load(); n != 2 { // its version and the board
		t.Errorf("round trips to PostgREST: got %d, want 2", n)
	}
}

// BenchmarkBoardOf2000Tasks is the whole way: BFF, gateway, PostgREST and
// PostgreSQL under row-level security.
func BenchmarkBoardOf2000Tasks(b *testing.B) {
	bff := mustServeStack(b)
	owner := supabasetest.MustSignUp(b)
	made := owner.MustSprint(b)
	owner.MustTasks(b, made, 2000)
	direct := supabasetest.Env(b, "POSTGREST_URL") + "/rpc/sprint_board"
	body := `{"sprint_id":"` + made.SprintID + `"}`
	for _, bb := range []struct {
		Name, Method, Address, Body string
	}{
		{"bff", "GET", bff + boardPath(made.SprintID), ""},
		{"gateway", "POST", supabasetest.Env(b, "SUPABASE_URL") + "/rest/v1/rpc/sprint_board", body},
		{"postgrest", "POST", direct, body},
	} {
		b.Run(bb.Name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				a := mustSend(b, bb.Method, bb.Address, bb.Body, "Authorization", "Bearer "+owner.Token,
					"apikey", supabasetest.Env(b, "SUPABASE_PUBLISHABLE_KEY"), "Content-Type", "application/json")
				if a.Status != http.StatusOK {
					b.Fatalf("got status %d, want 200: %s", a.Status, a.Body)
				}
				b.SetBytes(int64(len(a.Body)))
			}
		})
	}
}
