package server_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"slices"
	"strings"
	"testing"

	"github.com/mysingle/mysingle/bff/sprint"
	"github.com/mysingle/mysingle/bff/supabasetest"
)

var dashboardParts = []string{"board", "burndown", "flow", "workload", "scrum", "report"}

// mustSpoil starts a BFF before a PostgREST in front of which the calls of
// some functions are answered by spoil.
func mustSpoil(t *testing.T, timeout string, spoil func(w http.ResponseWriter, r *http.Request), functions ...string) string {
	t.Helper()
	rest := httputil.NewSingleHostReverseProxy(supabasetest.MustURL(t, supabasetest.Env(t, "SUPABASE_URL")))
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if slices.Contains(functions, strings.TrimPrefix(r.URL.Path, "/rest/v1/rpc/")) {
			_, _ = io.Copy(io.Discard, r.Body)
			spoil(w, r)
			return
		}
		rest.ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	return mustServe(t, supabasetest.Config(t, map[string]string{"SUPABASE_REST_URL": proxy.URL + "/rest/v1", "BFF_UPSTREAM_TIMEOUT": timeout}))
}

// says answers with a status and a body.
func says(status int, body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

var functionsOfParts = map[string]string{
	"board": "sprint_board", "burndown": "sprint_burndown", "flow": "sprint_flow",
	"workload": "sprint_workload", "scrum": "scrum_of_day", "report": "sprint_report",
}

// members are the names in a JSON object, and whether they are null.
func members(t *testing.T, text string) map[string]bool {
	t.Helper()
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	null := make(map[string]bool)
	for name, value := range object {
		null[name] = string(value) == "null"
	}
	return null
}

func TestDashboard(t *testing.T) {
	t.Parallel()
	bff, trips := mustCount(t)
	owner := supabasetest.MustSignUp(t)
	made := mustRun(t, owner, 30)
	for _, tt := range []struct {
		Include string
		Parts   []string
	}{
		{"", dashboardParts},
		{"?include=board,burndown,flow,workload,scrum,report", dashboardParts},
		{"?include=report,board", []string{"board", "report"}},
		{"?include=burndown", []string{"burndown"}},
	} {
		for _, path := range []string{"sprints/" + made.SprintID, "projects/" + made.ProjectID} {
			t.Run(path+tt.Include, func(t *testing.T) {
				trips.Store(0)
				a := mustSend(t, "GET", bff+"/api/v1/"+path+"/dashboard"+tt.Include, "", "Authorization", "Bearer "+owner.Token)
				if n := trips.Load(); n != int64(1+len(tt.Parts)) {
					t.Errorf("round trips: got %d, want %d", n, 1+len(tt.Parts))
				}
				dashboard := mustDecode[sprint.Dashboard](t, a.Body)
				if dashboard.Sprint.SprintID != made.SprintID || dashboard.Project.ProjectID != made.ProjectID || dashboard.Timezone != "Asia/Seoul" || dashboard.Incomplete == nil || len(dashboard.Incomplete) != 0 {
					t.Errorf("got %+v, want the sprint %s in Asia/Seoul, with nothing incomplete", dashboard, made.SprintID)
				}
				null := members(t, a.Body)
				for _, name := range dashboardParts {
					isNull, there := null[name]
					if there != slices.Contains(tt.Parts, name) || isNull {
						t.Errorf("%s: got it there %t and null %t, want %t and false", name, there, isNull, slices.Contains(tt.Parts, name))
					}
				}
				// All of one moment.
				for name, part := range *mustDecode[map[string]json.RawMessage](t, a.Body) {
					var head sprint.Head
					if slices.Contains(dashboardParts, name) && (json.Unmarshal(part, &head) != nil || !head.AsOf.Equal(dashboard.AsOf)) {
						t.Errorf("%s is as of %s, the dashboard as of %s", name, head.AsOf, dashboard.AsOf)
					}
				}
			})
		}
	}
}

// TestDashboard_running follows a project's dashboard from one running sprint
// to the next, as those see it who may.
func TestDashboard_running(t *testing.T) {
	t.Parallel()
	bff := mustServeStack(t)
	owner := supabasetest.MustSignUp(t)
	made := mustRun(t, owner, 10)
	path := bff + "/api/v1/projects/" + made.ProjectID + "/dashboard?include=board,burndown"
	mine := []string{"Authorization", "Bearer " + owner.Token}

	tag := mustTag(t, path, owner.Token)
	var whole, ofSprint answer
	supabasetest.MustWait(t, "two dashboards of the same moment", func() bool {
		whole = mustSend(t, "GET", path, "", mine...)
		ofSprint = mustSend(t, "GET", bff+"/api/v1/sprints/"+made.SprintID+"/dashboard?include=board,burndown", "", mine...)
		return mustAsOf(t, whole).Equal(mustAsOf(t, ofSprint))
	})
	if whole.Body != ofSprint.Body {
		t.Errorf("another answer than the sprint's own:\n%s\n%s", whole.Body, ofSprint.Body)
	}
	viewer := owner.MustColleague(t, made.ProjectID, "viewer")
	if seen := mustView[sprint.Dashboard](t, path, viewer.Token); seen.Sprint.SprintID != made.SprintID {
		t.Errorf("a viewer sees %s", seen.Sprint.SprintID)
	}

	owner.MustDo(t, "complete_sprint", map[string]any{"sprint_id": made.SprintID}, nil)
	for _, tt := range []struct{ Language, Message, Hint string }{
		{"en", "No sprint of this project is running.", "Start one (start_sprint), or ask for a sprint's dashboard by its id."},
		{"ko", "이 프로젝트에 진행 중인 스프린트가 없습니다.", "스프린트를 시작하거나(start_sprint), 스프린트의 id로 대시보드를 요청하세요."},
	} {
		a := mustSend(t, "GET", path, "", append(mine, "Accept-Language", tt.Language, "If-None-Match", tag)...)
		p := mustProblem(t, a, http.StatusNotFound)
		if *p.Code != "no_running_sprint" || *p.Message != tt.Message || p.Hint == nil || string(*p.Hint) != mustJSON(t, tt.Hint) || a.Header.Get("Etag") != "" {
			t.Errorf("got code %s, want no_running_sprint in %s and no ETag: %v %s", *p.Code, tt.Language, a.Header, a.Body)
		}
	}
	stranger := supabasetest.MustSignUp(t)
	if p := mustProblem(t, mustSend(t, "GET", path, "", "Authorization", "Bearer "+stranger.Token), http.StatusNotFound); *p.Code != "project_not_found" {
		t.Errorf("a stranger is told %s", *p.Code)
	}

	var next []supabasetest.Sprint
	owner.MustInsert(t, "sprints", map[string]any{"project_id": made.ProjectID, "sprint_name": "Next", "start_date": supabasetest.Day(t, 0), "end_date": supabasetest.Day(t, 9)}, &next)
	owner.MustDo(t, "start_sprint", map[string]any{"sprint_id": next[0].SprintID}, nil)
	a := mustSend(t, "GET", path, "", append(mine, "If-None-Match", tag)...)
	if a.Status != http.StatusOK || a.Header.Get("Etag") == tag || mustDecode[sprint.Dashboard](t, a.Body).Sprint.SprintID != next[0].SprintID {
		t.Errorf("the next sprint's: got status %d with the tag %s, want 200 with another tag: %s", a.Status, a.Header.Get("Etag"), a.Body)
	}
	if p := mustProblem(t, mustSend(t, "GET", path, "", "Authorization", "Bearer "+stranger.Token), http.StatusNotFound); *p.Code != "project_not_found" {
		t.Errorf("a stranger is told %s", *p.Code)
	}
}

// checkIncomplete checks that all parts asked for but the failed ones are
// there, and that the others are named with the code.
func checkIncomplete(t *testing.T, a answer, asked []string, code string, failed ...string) {
	t.Helper()
	if a.Status != http.StatusOK || a.Header.Get("Etag") != "" || a.Header.Get("Cache-Control") != "private, no-store" || a.Header.Get("Vary") != "Authorization, Cookie, Accept-Language" {
		t.Fatalf("got status %d, want 200, and no ETag, not to be stored: %v %s", a.Status, a.Header, a.Body)
	}
	dashboard := mustDecode[sprint.Dashboard](t, a.Body)
	var named []string
	for _, part := range dashboard.Incomplete {
		named = append(named, part.Part)
		if part.Code != code || part.Message == "" || hangul(part.Message) != (a.Header.Get("Content-Language") == "ko") {
			t.Errorf("the incomplete part: got %+v, want code %s and a message in %s", part, code, a.Header.Get("Content-Language"))
		}
	}
	if !slices.Equal(named, failed) {
		t.Errorf("incomplete parts: got %v, want %v", named, failed)
	}
	null := members(t, a.Body)
	for _, name := range dashboardParts {
		if isNull, there := null[name]; there != slices.Contains(asked, name) || isNull != slices.Contains(failed, name) {
			t.Errorf("%s: got it there %t and null %t, want %t and %t", name, there, isNull, slices.Contains(asked, name), slices.Contains(failed, name))
		}
	}
	if strings.Contains(a.Body, "10.0.0.7") {
		t.Errorf("something internal shows: %s", a.Body)
	}
}

func TestDashboard_partial(t *testing.T) {
	t.Parallel()
	owner := supabasetest.MustSignUp(t)
	made := mustRun(t, owner, 10)
	down := says(503, `{"code":"PGRST001","message":"no connection to 10.0.0.7","details":null,"hint":null}`)
	get := func(bff, query, language string) answer {
		return mustSend(t, "GET", bff+"/api/v1/sprints/"+made.SprintID+"/dashboard"+query, "", "Authorization", "Bearer "+owner.Token, "Accept-Language", language)
	}
	for _, part := range dashboardParts {
		t.Run(part, func(t *testing.T) {
			bff := mustSpoil(t, "1m", down, functionsOfParts[part])
			checkIncomplete(t, get(bff, "", "en"), dashboardParts, "upstream_unavailable", part)
			checkIncomplete(t, get(bff, "?include="+part, "ko"), []string{part}, "upstream_unavailable", part)
		})
	}
	t.Run("two", func(t *testing.T) {
		bff := mustSpoil(t, "1m", down, "sprint_flow", "scrum_of_day")
		checkIncomplete(t, get(bff, "", "ko"), dashboardParts, "upstream_unavailable", "flow", "scrum")
	})
	t.Run("all", func(t *testing.T) {
		bff := mustSpoil(t, "1m", down, slices.Collect(maps.Values(functionsOfParts))...)
		checkIncomplete(t, get(bff, "", "en"), dashboardParts, "upstream_unavailable", dashboardParts...)
	})
	t.Run("the version", func(t *testing.T) {
		mustProblem(t, get(mustSpoil(t, "1m", down, "sprint_version"), "", "en"), 503)
	})
	t.Run("a version of no sprint", func(t *testing.T) {
		mustProblem(t, get(mustSpoil(t, "1m", says(200, `{"version":"1","as_of":"2026-11-23","sprint":7}`), "sprint_version"), "", "en"), 502)
	})
	t.Run("the sprint deleted meanwhile", func(t *testing.T) {
		if p := mustProblem(t, get(mustSpoil(t, "1m", says(200, "null"), "sprint_workload"), "", "en"), 404); *p.Code != "sprint_not_found" {
			t.Errorf("got code %s, want sprint_not_found", *p.Code)
		}
	})
	t.Run("the token expired meanwhile", func(t *testing.T) {
		expired := says(401, `{"code":"PGRST301","message":"JWT expired","details":null,"hint":null}`)
		if p := mustProblem(t, get(mustSpoil(t, "1m", expired, "sprint_report"), "", "ko"), 401); *p.Message != "JWT expired" {
			t.Errorf("an upstream's message became %q", *p.Message)
		}
	})
	t.Run("not let in", func(t *testing.T) {
		forbidden := says(403, `{"code":"42501","message":"permission denied for function sprint_report","details":null,"hint":null}`)
		mustProblem(t, get(mustSpoil(t, "1m", forbidden, "sprint_report"), "?include=board,report", "en"), 403)
	})
}

func TestDashboard_partialTimeout_slow(t *testing.T) {
	t.Parallel()
	owner := supabasetest.MustSignUp(t)
	made := mustRun(t, owner, 10)
	bff := mustSpoil(t, "10s", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "sprint_report")
	a := mustSend(t, "GET", bff+"/api/v1/sprints/"+made.SprintID+"/dashboard", "", "Authorization", "Bearer "+owner.Token)
	checkIncomplete(t, a, dashboardParts, "upstream_timeout", "report")
}

func TestDashboard_unusableResponse(t *testing.T) {
	t.Parallel()
	owner := supabasetest.MustSignUp(t)
	made := mustRun(t, owner, 10)
	for _, body := range []string{"[]", "", `"text"`} {
		t.Run(body, func(t *testing.T) {
			bff := mustSpoil(t, "1m", says(200, body), "sprint_workload")
			a := mustSend(t, "GET", bff+"/api/v1/sprints/"+made.SprintID+"/dashboard", "", "Authorization", "Bearer "+owner.Token)
			checkIncomplete(t, a, dashboardParts, "upstream_unavailable", "workload")
		})
	}
}

// BenchmarkDashboard is a screen of the largest sprint that is planned for,
// 2,000 tasks with 20,000 events: the dashboard, its parts, and what it costs
// to learn that nothing has changed.
func BenchmarkDashboard(b *testing.B) {
	bff, trips := mustCount(b)
	owner := supabasetest.MustSignUp(b)
	made := mustRun(b, owner, 2000)
	at := bff + "/api/v1/sprints/" + made.SprintID
	type request struct {
		name, address string
		unchanged     bool
	}
	requests := []request{{"dashboard", at + "/dashboard", false}, {"unchanged", at + "/dashboard", true}}
	for _, part := range dashboardParts {
		requests = append(requests, request{part, at + "/" + part, false})
	}
	for _, r := range requests {
		b.Run(r.name, func(b *testing.B) {
			var size int
			tag := ""
			if r.unchanged {
				tag = mustSend(b, "GET", r.address, "", "Authorization", "Bearer "+owner.Token).Header.Get("Etag")
			}
			trips.Store(0)
			for b.Loop() {
				a := mustSend(b, "GET", r.address, "", "Authorization", "Bearer "+owner.Token, "If-None-Match", tag)
				if size = len(a.Body); a.Status != http.StatusOK && a.Status != http.StatusNotModified {
					b.Fatalf("got status %d, want 200 or 304: %s", a.Status, a.Body)
				}
				if r.unchanged {
					tag = a.Header.Get("Etag") // another one when a minute has ended
				}
			}
			b.ReportMetric(float64(trips.Load())/float64(b.N), "trips/op")
			b.ReportMetric(float64(size), "B/answer")
		})
	}
}
