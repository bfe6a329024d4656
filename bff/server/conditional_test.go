package server_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

// mustCount starts a BFF that counts its round trips to PostgREST.
func mustCount(tb testing.TB) (bff string, trips *atomic.Int64) {
	tb.Helper()
	trips = new(atomic.Int64)
	rest := httputil.NewSingleHostReverseProxy(supabasetest.MustURL(tb, supabasetest.Env(tb, "SUPABASE_URL")))
	counting := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		trips.Add(1)
		rest.ServeHTTP(w, r)
	}))
	tb.Cleanup(counting.Close)
	return mustServe(tb, supabasetest.Config(tb, map[string]string{"SUPABASE_REST_URL": counting.URL + "/rest/v1"})), trips
}

// mustTag asks for a view twice in a row, until both answers are of the same
// moment, and returns its tag. A tag changes with the minute or the day.
func mustTag(tb testing.TB, address, token string) (tag string) {
	tb.Helper()
	supabasetest.MustWait(tb, "two answers of "+address+" with the same tag", func() bool {
		a := mustSend(tb, "GET", address, "", "Authorization", "Bearer "+token)
		b := mustSend(tb, "GET", address, "", "Authorization", "Bearer "+token)
		if a.Status != http.StatusOK || b.Status != http.StatusOK {
			tb.Fatalf("%s: got status %d and %d, want 200: %s", address, a.Status, b.Status, a.Body)
		}
		tag = a.Header.Get("Etag")
		if same := tag == b.Header.Get("Etag"); same && a.Body != b.Body {
			tb.Errorf("%s: one tag, two answers:\n%s\n%s", address, a.Body, b.Body)
		} else if !same && a.Header.Get("Content-Type") == "application/json" && mustAsOf(tb, a).Equal(mustAsOf(tb, b)) {
			tb.Fatalf("%s: got the tags %s and %s of the same moment %s, want one", address, tag, b.Header.Get("Etag"), mustAsOf(tb, a))
		}
		return tag == b.Header.Get("Etag")
	})
	return tag
}

// mustAsOf is the moment of a view's answer.
func mustAsOf(tb testing.TB, a answer) time.Time {
	tb.Helper()
	var view struct {
		AsOf time.Time `json:"as_of"`
	}
	if err := json.Unmarshal([]byte(a.Body), &view); err != nil || view.AsOf.IsZero() {
		tb.Fatalf("got status %d, %v, want an answer with as_of: %s", a.Status, err, a.Body)
	}
	return view.AsOf
}

func TestNotModified(t *testing.T) {
	t.Parallel()
	bff, trips := mustCount(t)
	owner := supabasetest.MustSignUp(t)
	made := mustRun(t, owner, 20)
	for _, e := range runningEndpoints(made) {
		t.Run(e.Path, func(t *testing.T) {
			tag := mustTag(t, bff+e.Path, owner.Token)
			whole := int64(2)
			if strings.Contains(e.Path, "/dashboard") {
				whole = 7
			}
			for _, tt := range []struct {
				Name, Method string
				Values       string // of If-None-Match, in lines; TAG is the tag
				Status       int
				Trips        int64
			}{
				{"the tag", "GET", `"TAG"`, 304, 1},
				{"the tag, of HEAD", "HEAD", `"TAG"`, 304, 1},
				{"weakly", "GET", `W/"TAG"`, 304, 1},
				{"in a list", "GET", `"a,b", W/"c" ,"TAG", "d"`, 304, 1},
				{"in the second line", "GET", `"a"` + "\n" + `"TAG"`, 304, 1},
				{"another", "GET", `"another"`, 200, whole},
				{"another, of HEAD", "HEAD", `"another"`, 200, whole},
				{"one that begins like it", "GET", `"TAG-gzip"`, 200, whole},
				{"without quotes", "GET", `TAG`, 200, whole},
				{"malformed", "GET", `"a, TAG`, 200, whole},
				{"empty", "GET", ``, 200, whole},
				{"any", "GET", `*`, 304, whole},
			} {
				var a answer
				supabasetest.MustWait(t, tt.Name+": an answer with the same tag", func() bool {
					headers := []string{"Authorization", "Bearer " + owner.Token}
					for line := range strings.SplitSeq(strings.ReplaceAll(tt.Values, "TAG", strings.Trim(tag, `"`)), "\n") {
						headers = append(headers, "If-None-Match", line)
					}
					trips.Store(0)
					if a = mustSend(t, tt.Method, bff+e.Path, "", headers...); a.Header.Get("Etag") == tag {
						return true
					}
					if a.Status != http.StatusOK && a.Status != http.StatusNotModified {
						t.Fatalf("%s: got status %d, want %d: %s", tt.Name, a.Status, tt.Status, a.Body)
					}
					tag = mustTag(t, bff+e.Path, owner.Token) // a minute has ended
					return false
				})
				if a.Status != tt.Status || trips.Load() != tt.Trips {
					t.Errorf("%s: got status %d after %d round trips, want %d after %d", tt.Name, a.Status, trips.Load(), tt.Status, tt.Trips)
				}
				if a.Status == 304 && (a.Body != "" || a.Header.Get("Content-Type") != "" ||
					a.Header.Get("Cache-Control") != "private, no-cache" || !strings.HasPrefix(a.Header.Get("Vary"), "Authorization")) {
					t.Errorf("%s: got %q with %v, want no body, no type, private, no-cache, and Vary by Authorization", tt.Name, a.Body, a.Header)
				}
			}
		})
	}
}

// TestOneTagOneAnswer: the board and the velocity are of the version's
// moment too, to the byte, alone and in a dashboard.
func TestOneTagOneAnswer(t *testing.T) {
	t.Parallel()
	bff := mustServeStack(t)
	owner := supabasetest.MustSignUp(t)
	made := mustRun(t, owner, 20)
	owner.MustDo(t, "complete_sprint", map[string]any{"sprint_id": made.SprintID}, nil)
	sprints, projects := bff+"/api/v1/sprints/"+made.SprintID, bff+"/api/v1/projects/"+made.ProjectID
	for _, address := range []string{
		sprints + "/board", sprints + "/board?assignee=me", sprints + "/board?priority=High", sprints + "/dashboard?include=board",
		sprints + "/dashboard?include=board,scrum", projects + "/velocity", projects + "/velocity?last=1", projects + "/velocity.svg",
	} {
		mustTag(t, address, owner.Token)
	}
}

// TestTagsDiffer: what a request asks for, who asks and in which language is
// part of the tag.
func TestTagsDiffer(t *testing.T) {
	t.Parallel()
	bff := mustServeStack(t)
	owner := supabasetest.MustSignUp(t)
	made := mustRun(t, owner, 5)
	colleague := owner.MustColleague(t, made.ProjectID, "member")
	seen := make(map[string]string)
	look := func(name, path string, headers ...string) {
		t.Helper()
		a := mustSend(t, "GET", bff+path, "", headers...)
		tag := a.Header.Get("Etag")
		if other, ok := seen[tag]; ok || a.Status != http.StatusOK {
			t.Errorf("%s: got status %d and the tag of %s, want 200 and a tag of its own", name, a.Status, other)
		}
		seen[tag] = name
	}
	mine := []string{"Authorization", "Bearer " + owner.Token}
	for _, e := range runningEndpoints(made) {
		look(e.Path, e.Path, mine...)
		look("a colleague's "+e.Path, e.Path, "Authorization", "Bearer "+colleague.Token)
		if strings.HasSuffix(e.Path, ".svg") {
			look("Korean "+e.Path, e.Path, append(mine, "Accept-Language", "ko")...)
			look("points "+e.Path, e.Path+"?unit=points", mine...)
			look("narrow "+e.Path, e.Path+"?size=narrow", mine...)
		}
	}
	look("my tasks", boardPath(made.SprintID)+"?assignee=me", mine...)
	look("urgent tasks", boardPath(made.SprintID)+"?priority=Urgent", mine...)
	look("a day's scrum", "/api/v1/sprints/"+made.SprintID+"/scrum?date="+supabasetest.Day(t, -2), mine...)
	look("half a dashboard", "/api/v1/sprints/"+made.SprintID+"/dashboard?include=board", mine...)
	look("half the running sprint's", "/api/v1/projects/"+made.ProjectID+"/dashboard?include=board", mine...)
	look("a seed's forecast", "/api/v1/projects/"+made.ProjectID+"/forecast?seed=1", mine...)
}

// TestEveryChangeChangesTheTag is a table of what can change in the answers.
func TestEveryChangeChangesTheTag(t *testing.T) {
	t.Parallel()
	bff := mustServeStack(t)
	owner := supabasetest.MustSignUp(t)
	made := mustRun(t, owner, 8)
	colleague := owner.MustColleague(t, made.ProjectID, "member")
	later := supabasetest.Sprint{ProjectID: made.ProjectID}
	var sprints []supabasetest.Sprint
	owner.MustInsert(t, "sprints", map[string]any{"project_id": made.ProjectID, "sprint_name": "Later", "start_date": supabasetest.Day(t, 20), "end_date": supabasetest.Day(t, 30)}, &sprints)
	later.SprintID = sprints[0].SprintID
	var tasks []struct {
		ID string `json:"task_id"`
	}
	owner.MustSelect(t, "tasks", "select=task_id&order=board_rank&sprint_id=eq."+made.SprintID, &tasks)
	task := "task_id=eq." + tasks[0].ID
	one := "sprint_id=eq." + made.SprintID
	organization := "org_id=not.is.null"
	var scrum struct {
		ID string `json:"daily_scrum_id"`
	}

	workload, mine, project := "/api/v1/sprints/"+made.SprintID+"/workload", "/api/v1/me/scrum", "/api/v1/projects/"+made.ProjectID+"/participation"
	tags := make(map[string]string)
	for _, path := range []string{workload, mine, project} {
		tags[path] = mustTag(t, bff+path, owner.Token)
	}

	type fields = map[string]any
	for _, tt := range []struct {
		Name   string
		Change func()
		// Not are the views that it doesn't concern.
		Not []string
	}{
		{"a task's name", func() { owner.MustUpdate(t, "tasks", task, fields{"task_name": "Renamed"}) }, nil},
		{"a task's points", func() { owner.MustUpdate(t, "tasks", task, fields{"story_points": 13}) }, nil},
		{"a task's status", func() { owner.MustUpdate(t, "tasks", task, fields{"status": "On Hold"}) }, nil},
		{"a task's assignee", func() { owner.MustUpdate(t, "tasks", task, fields{"assigned_to": colleague.ID}) }, nil},
		{"a task's place", func() { owner.MustUpdate(t, "tasks", task, fields{"board_rank": 3.5}) }, nil},
		{"a task's effort", func() { owner.MustUpdate(t, "tasks", task, fields{"estimated_time": 600}) }, nil},
		{"a task's priority", func() { owner.MustUpdate(t, "tasks", task, fields{"priority": "Urgent"}) }, nil},
		{"a task's due date", func() { owner.MustUpdate(t, "tasks", task, fields{"due_date": "2027-01-01"}) }, nil},
		{"a task out of the sprint", func() { owner.MustUpdate(t, "tasks", task, fields{"sprint_id": later.SprintID}) }, nil},
		{"the name of a task that left", func() { owner.MustUpdate(t, "tasks", task, fields{"task_name": "Elsewhere"}) }, nil},
		{"a task of the backlog", func() { owner.MustInsert(t, "tasks", fields{"project_id": made.ProjectID, "task_name": "New"}, nil) }, nil},
		{"a task made and deleted", func() {
			owner.MustInsert(t, "tasks", fields{"project_id": made.ProjectID, "sprint_id": made.SprintID, "task_name": "Gone"}, nil)
			owner.MustDelete(t, "tasks", "task_name=eq.Gone&project_id=eq."+made.ProjectID)
		}, nil},
		{"a task deleted", func() { owner.MustDelete(t, "tasks", "task_id=eq."+tasks[1].ID) }, nil},
		{"the sprint's name", func() { owner.MustUpdate(t, "sprints", one, fields{"sprint_name": "Renamed"}) }, nil},
		{"the sprint's goal", func() { owner.MustUpdate(t, "sprints", one, fields{"goal": "Another"}) }, nil},
		{"the sprint's end", func() { owner.MustUpdate(t, "sprints", one, fields{"end_date": supabasetest.Day(t, 6)}) }, nil},
		{"the project's name", func() {
			owner.MustUpdate(t, "projects", "project_id=eq."+made.ProjectID, fields{"project_name": "Renamed"})
		}, nil},
		{"the working days", func() {
			owner.MustUpdate(t, "organizations", organization, fields{"working_days": []int{7, 1, 2, 3, 4, 5, 6}})
		}, nil},
		{"a holiday", func() {
			owner.MustInsert(t, "org_holidays", fields{"holiday_date": supabasetest.Day(t, 2), "name": "Seollal"}, nil)
		}, nil},
		{"a holiday moved", func() {
			owner.MustUpdate(t, "org_holidays", "name=eq.Seollal", fields{"holiday_date": supabasetest.Day(t, 3)})
		}, nil},
		{"a holiday taken back", func() { owner.MustDelete(t, "org_holidays", "name=eq.Seollal") }, nil},
		{"a day off", func() {
			owner.MustInsert(t, "days_off", fields{"from_date": supabasetest.Day(t, 1), "to_date": supabasetest.Day(t, 2)}, nil)
		}, nil},
		{"a day off taken back", func() { owner.MustDelete(t, "days_off", "profile_id=eq."+owner.ID) }, nil},
		{"somebody's name", func() {
			colleague.MustUpdate(t, "profiles", "profile_id=eq."+colleague.ID, fields{"first_name": "연아", "last_name": "김"})
		}, nil},
		{"a member's role", func() {
			owner.MustUpdate(t, "project_members", "project_id=eq."+made.ProjectID+"&profile_id=eq."+colleague.ID, fields{"role": "viewer"})
		}, nil},
		{"a member who left", func() {
			owner.MustDelete(t, "project_members", "project_id=eq."+made.ProjectID+"&profile_id=eq."+colleague.ID)
		}, nil},
		{"a scrum", func() {
			var scrums []struct {
				ID string `json:"daily_scrum_id"`
			}
			owner.MustDo(t, "open_daily_scrums", fields{}, &scrums)
			scrum.ID = scrums[0].ID
		}, nil},
		{"an update", func() {
			owner.MustDo(t, "submit_scrum_update", fields{"daily_scrum_id": scrum.ID, "today_work": "a"}, nil)
		}, nil},
		{"an update's text", func() {
			owner.MustUpdate(t, "daily_scrum_updates", "daily_scrum_id=eq."+scrum.ID, fields{"today_work": "b"})
		}, nil},
		{"a task named", func() {
			owner.MustInsert(t, "daily_scrum_tasks", fields{"daily_scrum_id": scrum.ID, "task_id": tasks[2].ID, "intent": "did"}, nil)
		}, []string{project}},
		{"a task no longer named", func() { owner.MustDelete(t, "daily_scrum_tasks", "daily_scrum_id=eq."+scrum.ID) }, []string{project}},
		{"a scrum's summary", func() { owner.MustUpdate(t, "daily_scrums", one, fields{"summary": "Well"}) }, nil},
		{"an impediment", func() {
			owner.MustInsert(t, "impediments", fields{"sprint_id": made.SprintID, "description": "It hangs"}, nil)
		}, nil},
		{"an impediment's text", func() { owner.MustUpdate(t, "impediments", one, fields{"description": "It stands"}) }, nil},
		{"an impediment resolved", func() { owner.MustUpdate(t, "impediments", one, fields{"resolved_at": "2026-01-01T00:00:00Z"}) }, nil},
		{"an impediment again", func() { owner.MustUpdate(t, "impediments", one, fields{"resolved_at": nil}) }, nil},
		{"the time zone", func() { owner.MustUpdate(t, "organizations", organization, fields{"timezone": "Asia/Tokyo"}) }, nil},
		{"the sprint completed", func() { owner.MustDo(t, "complete_sprint", fields{"sprint_id": made.SprintID}, nil) }, nil},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			tt.Change()
			for path, before := range tags {
				a := mustSend(t, "GET", bff+path, "", "Authorization", "Bearer "+owner.Token, "If-None-Match", before)
				tags[path] = a.Header.Get("Etag")
				same, want := a.Status == http.StatusNotModified && tags[path] == before, slices.Contains(tt.Not, path)
				if want && a.Status == http.StatusOK && isMidnight(mustAsOf(t, a)) {
					continue // it is the next day that changed the tag
				}
				if same != want || !same && a.Status != http.StatusOK {
					t.Errorf("%s: got status %d with the tag %s after %s, want the same tag: %t", path, a.Status, tags[path], before, want)
				}
			}
		})
	}
}

// isMidnight tells whether a day begins with the moment, in Seoul and in Tokyo.
func isMidnight(moment time.Time) bool { return moment.UTC().Format("15:04:05.999999") == "15:00:00" }

// TestALateCommitChangesTheTag: a change that was begun before the view was
// read and is committed after it has an earlier updated_at, event and moment
// than others that the view has shown.
func TestALateCommitChangesTheTag(t *testing.T) {
	t.Parallel()
	bff := mustServeStack(t)
	owner := supabasetest.MustSignUp(t)
	made := mustRun(t, owner, 3)
	path := bff + "/api/v1/sprints/" + made.SprintID + "/burndown"
	var tasks []struct {
		ID string `json:"task_id"`
	}
	owner.MustSelect(t, "tasks", "select=task_id&sprint_id=eq."+made.SprintID, &tasks)

	ctx := context.Background()
	tx, err := supabasetest.MustConnect(t).Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(ctx, `update public.tasks set story_points = 99 where task_id = $1`, tasks[0].ID); err != nil {
		t.Fatal(err)
	}
	owner.MustUpdate(t, "tasks", "task_id=eq."+tasks[1].ID, map[string]any{"story_points": 50})
	before := mustTag(t, path, owner.Token)
	if err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	if after := mustTag(t, path, owner.Token); after == before {
		t.Error("the tag is the same")
	}
}
