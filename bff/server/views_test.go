package server_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/mysingle/mysingle/bff/forecast"
	"github.com/mysingle/mysingle/bff/sprint"
	"github.com/mysingle/mysingle/bff/supabasetest"
)

// mustDecode reads JSON strictly: what the type doesn't list is an error.
func mustDecode[V any](tb testing.TB, text string) *V {
	tb.Helper()
	view := new(V)
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(view); err != nil {
		tb.Fatalf("%v in %s", err, text)
	}
	return view
}

// mustView reads a view and what holds for the answer of every view.
func mustView[V any](tb testing.TB, address, token string) *V {
	tb.Helper()
	a := mustSend(tb, "GET", address, "", "Authorization", "Bearer "+token, "Accept-Language", "ko")
	if a.Status != http.StatusOK {
		tb.Fatalf("%s: got status %d, want 200: %s", address, a.Status, a.Body)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/json", "Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie", "Content-Language": "",
	} {
		if got := a.Header.Get(name); got != want {
			tb.Errorf("%s: got %s %q, want %q", address, name, got, want)
		}
	}
	if tag := a.Header.Get("Etag"); !strings.HasPrefix(tag, `"`) || len(tag) != 24 {
		tb.Errorf("%s: got the ETag %q, want a quoted one of 24 characters", address, tag)
	}
	return mustDecode[V](tb, a.Body)
}

// endpoint is one of the views' paths.
type endpoint struct {
	Path    string
	MustGet func(tb testing.TB, address, token string)
}

func get[V any](tb testing.TB, address, token string) { tb.Helper(); mustView[V](tb, address, token) }

func sprintEndpoints(id string) []endpoint {
	path := "/api/v1/sprints/" + id
	return []endpoint{
		{path + "/board", get[sprint.Board]},
		{path + "/burndown", get[sprint.Burndown]},
		{path + "/burndown.svg", mustPicture},
		{path + "/flow", get[sprint.Flow]},
		{path + "/flow.svg", mustPicture},
		{path + "/report", get[sprint.Report]},
		{path + "/workload", get[sprint.Workload]},
		{path + "/scrum", get[sprint.ScrumOfDay]},
		{path + "/dashboard", get[sprint.Dashboard]},
	}
}

func projectEndpoints(id string) []endpoint {
	path := "/api/v1/projects/" + id
	return []endpoint{
		{path + "/velocity", get[sprint.Velocity]},
		{path + "/velocity.svg", mustPicture},
		{path + "/forecast", get[sprint.Forecast]},
		{path + "/forecast.svg", mustPicture},
		{path + "/impediments", get[sprint.Impediments]},
		{path + "/participation", get[sprint.Participation]},
	}
}

func endpoints(s supabasetest.Sprint) []endpoint {
	all := append(sprintEndpoints(s.SprintID), projectEndpoints(s.ProjectID)...)
	return append(all, endpoint{"/api/v1/me/scrum", get[sprint.MyScrum]})
}

// runningEndpoints are the same of a sprint that runs, and so has its
// project's dashboard.
func runningEndpoints(s supabasetest.Sprint) []endpoint {
	return append(endpoints(s), endpoint{"/api/v1/projects/" + s.ProjectID + "/dashboard", get[sprint.Dashboard]})
}

// mustRun makes a sprint that runs, on a scrum day.
func mustRun(tb testing.TB, owner supabasetest.Person, tasks int) supabasetest.Sprint {
	tb.Helper()
	made := owner.MustSprintOfDays(tb, -9, 4)
	owner.MustUpdate(tb, "organizations", "org_id=not.is.null", map[string]any{"working_days": []int{1, 2, 3, 4, 5, 6, 7}})
	owner.MustHistory(tb, made, tasks)
	return made
}

// TestEveryView asks for every view of sprints of all kinds: there is always
// an answer, of the shape that its type documents.
func TestEveryView(t *testing.T) {
	t.Parallel()
	bff := mustServeStack(t)
	for _, tt := range []struct {
		Name string
		Make func(owner supabasetest.Person) supabasetest.Sprint
	}{
		{"running", func(owner supabasetest.Person) supabasetest.Sprint {
			made := mustRun(t, owner, 30)
			var scrums []struct {
				ID string `json:"daily_scrum_id"`
			}
			owner.MustDo(t, "open_daily_scrums", map[string]any{}, &scrums)
			var tasks []struct {
				ID string `json:"task_id"`
			}
			owner.MustSelect(t, "tasks", "select=task_id&limit=2&sprint_id=eq."+made.SprintID, &tasks)
			owner.MustDo(t, "submit_scrum_update", map[string]any{
				"daily_scrum_id": scrums[0].ID, "yesterday_work": "어제", "today_work": "오늘", "did": []string{tasks[0].ID}, "will_do": []string{tasks[1].ID},
				"impediments": []any{map[string]any{"description": "It hangs", "task_id": tasks[0].ID}},
			}, nil)
			owner.MustInsert(t, "impediments", map[string]any{"sprint_id": made.SprintID, "description": "Gone already"}, nil)
			owner.MustUpdate(t, "impediments", "description=like.Gone*", map[string]any{"resolved_at": "2026-01-01T00:00:00Z"})
			return made
		}},
		{"completed", func(owner supabasetest.Person) supabasetest.Sprint {
			made := mustRun(t, owner, 10)
			owner.MustDo(t, "complete_sprint", map[string]any{"sprint_id": made.SprintID}, nil)
			return made
		}},
		{"cancelled", func(owner supabasetest.Person) supabasetest.Sprint {
			made := mustRun(t, owner, 10)
			owner.MustDo(t, "cancel_sprint", map[string]any{"sprint_id": made.SprintID}, nil)
			return made
		}},
		{"started and cancelled after its end", func(owner supabasetest.Person) supabasetest.Sprint {
			made := owner.MustSprintOfDays(t, -33, -20)
			owner.MustTasks(t, made, 20)
			owner.MustDo(t, "start_sprint", map[string]any{"sprint_id": made.SprintID}, nil)
			owner.MustDo(t, "cancel_sprint", map[string]any{"sprint_id": made.SprintID}, nil)
			return made
		}},
		{"empty", func(owner supabasetest.Person) supabasetest.Sprint { return owner.MustSprint(t) }},
		{"started and empty", func(owner supabasetest.Person) supabasetest.Sprint {
			made := owner.MustSprint(t)
			owner.MustDo(t, "start_sprint", map[string]any{"sprint_id": made.SprintID}, nil)
			return made
		}},
		{"not begun", func(owner supabasetest.Person) supabasetest.Sprint {
			made := owner.MustSprintOfDays(t, 20, 33)
			owner.MustTasks(t, made, 20)
			return made
		}},
		{"over without a start", func(owner supabasetest.Person) supabasetest.Sprint {
			made := owner.MustSprintOfDays(t, -33, -20)
			owner.MustTasks(t, made, 20)
			return made
		}},
		{"of one day", func(owner supabasetest.Person) supabasetest.Sprint {
			made := owner.MustSprintOfDays(t, 0, 0)
			owner.MustTasks(t, made, 20)
			owner.MustDo(t, "start_sprint", map[string]any{"sprint_id": made.SprintID}, nil)
			return made
		}},
		{"of one year", func(owner supabasetest.Person) supabasetest.Sprint {
			made := owner.MustSprintOfDays(t, -100, 265)
			owner.MustTasks(t, made, 20)
			owner.MustDo(t, "start_sprint", map[string]any{"sprint_id": made.SprintID}, nil)
			return made
		}},
		{"of the demo", func(supabasetest.Person) supabasetest.Sprint {
			var running []supabasetest.Sprint
			supabasetest.MustSignInDemo(t).MustSelect(t, "sprints", "select=sprint_id,project_id&status=eq.Active", &running)
			return running[0]
		}},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			t.Parallel()
			owner := supabasetest.MustSignUp(t)
			if tt.Name == "of the demo" {
				owner = supabasetest.MustSignInDemo(t)
			}
			for _, e := range endpoints(tt.Make(owner)) {
				t.Run(e.Path, func(t *testing.T) { e.MustGet(t, bff+e.Path, owner.Token) })
			}
		})
	}
}

// TestFiguresOfTheViews looks into the views of one sprint whose numbers are
// known: what a test of the shape alone would not notice.
func TestFiguresOfTheViews(t *testing.T) {
	t.Parallel()
	bff := mustServeStack(t)
	owner := supabasetest.MustSignUp(t)
	made := mustRun(t, owner, 60)
	at := bff + "/api/v1/sprints/" + made.SprintID
	project := bff + "/api/v1/projects/" + made.ProjectID

	burndown := mustView[sprint.Burndown](t, at+"/burndown", owner.Token)
	if burndown.Start.Tasks != 60 || burndown.Scope.VisibleTasks != 60 || len(burndown.Days) != 14 || burndown.Pace.Tasks == nil {
		t.Errorf("burndown: got the start %+v, %d visible tasks, %d days and the pace %+v, want 60 tasks, 60, 14 and a pace", burndown.Start, burndown.Scope.VisibleTasks, len(burndown.Days), burndown.Pace)
	}
	// Each view counts from its own moment: midnight may pass between two.
	today := slices.IndexFunc(burndown.Days, func(day sprint.BurndownDay) bool { return day.Date == supabasetest.DayOf(burndown.AsOf, 0) })
	if today < 0 || today == len(burndown.Days)-1 {
		t.Fatalf("burndown: the days don't have both %s and the day after it: %+v", supabasetest.DayOf(burndown.AsOf, 0), burndown.Days)
	}
	if day := burndown.Days[today].Tasks; *day.Completed != 40 || *day.Remaining != 20 {
		t.Errorf("burndown, today: got %d completed and %d remaining tasks, want 40 and 20", *day.Completed, *day.Remaining)
	}
	if tomorrow := burndown.Days[today+1].Tasks; tomorrow.Scope != nil {
		t.Errorf("burndown, tomorrow: got a scope of %d tasks, want none yet", *tomorrow.Scope)
	}
	flow := mustView[sprint.Flow](t, at+"/flow", owner.Token)
	if today = slices.IndexFunc(flow.Days, func(day sprint.FlowDay) bool { return day.Date == supabasetest.DayOf(flow.AsOf, 0) }); today < 0 {
		t.Fatalf("flow: the days don't have %s: %+v", supabasetest.DayOf(flow.AsOf, 0), flow.Days)
	}
	if *flow.Days[today].Tasks.Blocked != 10 || flow.LeadTime.Count != 40 || flow.Blocked.Tasks != 10 {
		t.Errorf("flow: got %d blocked today, a lead time of %d tasks and %d blocked, want 10, 40 and 10",
			*flow.Days[today].Tasks.Blocked, flow.LeadTime.Count, flow.Blocked.Tasks)
	}
	report := mustView[sprint.Report](t, at+"/report", owner.Token)
	if report.Final || report.Committed.Tasks != 60 || report.Completed.Tasks != 40 || *report.Completion.Tasks != 0.6667 {
		t.Errorf("report: got final %t, committed %d, completed %d, completion %+v, want false, 60, 40 and 0.6667", report.Final, report.Committed.Tasks, report.Completed.Tasks, report.Completion)
	}
	workload := mustView[sprint.Workload](t, at+"/workload", owner.Token)
	daysLeft := 1 // every day is a working day, and today counts
	for supabasetest.DayOf(workload.AsOf, daysLeft) <= workload.Sprint.EndDate {
		daysLeft++
	}
	if len(workload.Members) != 2 || *workload.Members[0].ProfileID != owner.ID || workload.WorkingDaysLeft != daysLeft {
		t.Errorf("workload: got %d working days left and the members %+v, want %d days, %s and nobody", workload.WorkingDaysLeft, workload.Members, daysLeft, owner.ID)
	}
	scrum := mustView[sprint.ScrumOfDay](t, at+"/scrum", owner.Token)
	if scrum.Date != supabasetest.DayOf(scrum.AsOf, 0) || !scrum.IsScrumDay || scrum.Expected != 1 || len(scrum.Missing) != 1 {
		t.Errorf("scrum: got %+v, want the scrum of %s, with one expected and missing", scrum, supabasetest.DayOf(scrum.AsOf, 0))
	}
	day := supabasetest.Day(t, -3)
	if earlier := mustView[sprint.ScrumOfDay](t, at+"/scrum?date="+day, owner.Token); earlier.Date != day {
		t.Errorf("scrum of %s: got the one of %s", day, earlier.Date)
	}
	mine := mustView[sprint.MyScrum](t, bff+"/api/v1/me/scrum", owner.Token)
	if len(mine.Scrums) != 1 || mine.Scrums[0].Sprint.SprintID != made.SprintID || !mine.Scrums[0].Expected || len(mine.Scrums[0].Draft.Impediments) == 0 {
		t.Errorf("my scrum: got %+v, want one of the sprint %s, expected, with impediments in the draft", mine, made.SprintID)
	}
	if mine.Scope.VisibleSprints != 1 {
		t.Errorf("my scrum is of %+v", mine.Scope)
	}
	if forecast := mustView[sprint.Forecast](t, project+"/forecast", owner.Token); forecast.Scope.VisibleTasks != 60 || forecast.Remaining.Tasks != 20 {
		t.Errorf("forecast: got %+v with %+v remaining, want 60 visible and 20 remaining tasks", forecast.Scope, forecast.Remaining)
	}
	owner.MustInsert(t, "impediments", map[string]any{"sprint_id": made.SprintID, "description": "It hangs"}, nil)
	if impediments := mustView[sprint.Impediments](t, project+"/impediments", owner.Token); impediments.Scope.VisibleImpediments != 1 || len(impediments.Open) != 1 {
		t.Errorf("impediments: got %+v, want one that is open", impediments)
	}
	owner.MustDo(t, "open_daily_scrums", map[string]any{}, nil)
	if participation := mustView[sprint.Participation](t, project+"/participation", owner.Token); participation.Scope.VisibleScrums != 1 || participation.Scheduled != 1 {
		t.Errorf("participation: got %+v, want one scrum, which was scheduled", participation)
	}
	if velocity := mustView[sprint.Velocity](t, project+"/velocity?last=50", owner.Token); velocity.Scope.VisibleSprints != 0 || velocity.Tasks.Average != nil {
		t.Errorf("velocity: got %+v, want no sprint and no average", velocity)
	}
	owner.MustDo(t, "complete_sprint", map[string]any{"sprint_id": made.SprintID}, nil)
	if velocity := mustView[sprint.Velocity](t, project+"/velocity", owner.Token); velocity.Scope.VisibleSprints != 1 || *velocity.Tasks.Average != 40 {
		t.Errorf("velocity: got %+v, want one sprint and an average of 40 tasks", velocity)
	}
	if report := mustView[sprint.Report](t, at+"/report", owner.Token); !report.Final || report.CarriedOver.Tasks != 20 || report.CarriedOver.To != nil {
		t.Errorf("frozen report: got final %t, carried over %+v, want true and 20 tasks to the backlog", report.Final, report.CarriedOver)
	}
	if participation := mustView[sprint.Participation](t, project+"/participation?from=2026-01-01&to=2026-06-30", owner.Token); participation.FromDate != "2026-01-01" || participation.ToDate != "2026-06-30" || participation.Scheduled != 0 {
		t.Errorf("participation: got %+v, want nothing scheduled from 2026-01-01 to 2026-06-30", participation)
	}
}

func TestForecast(t *testing.T) {
	t.Parallel()
	bff := mustServeStack(t)
	owner := supabasetest.MustSignUp(t)
	path := bff + "/api/v1/projects/" + mustRun(t, owner, 60).ProjectID + "/forecast"
	var drawn, repeated *sprint.Forecast
	supabasetest.MustWait(t, "two forecasts of the same moment", func() bool {
		drawn = mustView[sprint.Forecast](t, path, owner.Token)
		repeated = mustView[sprint.Forecast](t, path+"?seed="+mustJSON(t, drawn.Tasks.Seed), owner.Token)
		return drawn.AsOf.Equal(repeated.AsOf)
	})
	if drawn.Remaining.Tasks != 20 || drawn.Tasks.Reason != nil || drawn.Tasks.Runs != forecast.Runs || drawn.Points.Chances[0].Date == nil {
		t.Errorf("got %+v, want 20 remaining tasks, %d runs and dates", drawn, forecast.Runs)
	}
	if mustJSON(t, repeated) != mustJSON(t, drawn) {
		t.Errorf("with the seed it was made from the forecast is another one:\n%s\n%s", mustJSON(t, repeated), mustJSON(t, drawn))
	}
	if other := mustView[sprint.Forecast](t, path+"?seed=9007199254740991", owner.Token); other.Tasks.Seed != 9007199254740991 || mustJSON(t, other.Tasks.Days) == mustJSON(t, drawn.Tasks.Days) {
		t.Errorf("another seed makes the same forecast: %+v", other.Tasks)
	}
	if short := mustView[sprint.Forecast](t, path+"?days=2", owner.Token); short.Tasks.Reason == nil || *short.Tasks.Reason != forecast.TooShort || short.Tasks.Chances[0].Date != nil {
		t.Errorf("two days of history make a forecast: %+v", short.Tasks)
	}
}

func TestNothingThere(t *testing.T) {
	t.Parallel()
	bff := mustServeStack(t)
	owner, stranger := supabasetest.MustSignUp(t), supabasetest.MustSignUp(t)
	foreign := mustRun(t, owner, 5)
	unknown := supabasetest.Sprint{ProjectID: uuid.NewString(), SprintID: uuid.NewString()}
	codes := map[string]string{"sprints": "sprint_not_found", "projects": "project_not_found"}
	others := runningEndpoints(foreign)
	for i, e := range runningEndpoints(unknown) {
		if e.Path == "/api/v1/me/scrum" {
			continue
		}
		for _, language := range []string{"en", "ko"} {
			t.Run(e.Path+" "+language, func(t *testing.T) {
				headers := []string{"Authorization", "Bearer " + stranger.Token, "Accept-Language", language, "If-None-Match", "*"}
				a := mustSend(t, "GET", bff+e.Path, "", headers...)
				p := mustProblem(t, a, http.StatusNotFound)
				if *p.Code != codes[strings.Split(e.Path, "/")[3]] {
					t.Errorf("got code %s, want %s", *p.Code, codes[strings.Split(e.Path, "/")[3]])
				}
				b := mustSend(t, "GET", bff+others[i].Path, "", headers...)
				if b.Status != a.Status || b.Body != a.Body {
					t.Errorf("an unknown one and a foreign one differ:\n%s\n%s", a.Body, b.Body)
				}
				for _, varies := range []string{"X-Request-Id", "Date"} {
					a.Header.Del(varies)
					b.Header.Del(varies)
				}
				if x, y := mustJSON(t, a.Header), mustJSON(t, b.Header); x != y {
					t.Errorf("an unknown one and a foreign one differ:\n%s\n%s", x, y)
				}
			})
		}
	}
}

func TestViewsNeedAToken(t *testing.T) {
	t.Parallel()
	bff := mustServeStack(t)
	token := supabasetest.MustSignUp(t).Token
	for _, e := range runningEndpoints(supabasetest.Sprint{ProjectID: uuid.NewString(), SprintID: uuid.NewString()}) {
		mustProblem(t, mustSend(t, "GET", bff+e.Path, ""), http.StatusUnauthorized)
		mustProblem(t, mustSend(t, "POST", bff+e.Path, "{}", "Authorization", "Bearer "+token), http.StatusMethodNotAllowed)
	}
}

func TestFaultsOfViews(t *testing.T) {
	t.Parallel()
	bff := mustServeStack(t)
	owner := supabasetest.MustSignUp(t)
	made := mustRun(t, owner, 1)
	sprints, projects := "/api/v1/sprints/"+made.SprintID, "/api/v1/projects/"+made.ProjectID
	for _, tt := range []struct {
		Path   string
		Faults []string // as an English reader is told
	}{
		{"/api/v1/sprints/42/burndown", []string{"path sprint_id: sprint_id must be a valid UUID"}},
		{"/api/v1/projects/42/velocity", []string{"path project_id: project_id must be a valid UUID"}},
		{sprints + "/burndown?unit=points", []string{"query unit: unit is not known here"}},
		{sprints + "/burndown.svg?unit=hours", []string{`query unit: unit: "hours" is not one of tasks, points`}},
		{sprints + "/burndown?size=narrow", []string{"query size: size is not known here"}},
		{sprints + "/burndown.svg?size=phone", []string{`query size: size: "phone" is not one of wide, narrow`}},
		{sprints + "/burndown?as_of=2026-01-01", []string{"query as_of: as_of is not known here"}},
		{sprints + "/flow.svg?unit=&width=3", []string{`query unit: unit: "" is not one of tasks, points`, "query width: width is not known here"}},
		{sprints + "/scrum?date=" + supabasetest.Day(t, -12), []string{"query date: date must be a day of the sprint"}},
		{sprints + "/scrum?date=" + supabasetest.Day(t, 7), []string{"query date: date must be a day of the sprint"}},
		{sprints + "/scrum?date=2026-02-29", []string{"query date: date must be a date such as 2026-11-23"}},
		{sprints + "/scrum?date=0000-01-01", []string{"query date: date must be a date such as 2026-11-23"}},
		{sprints + "/scrum?date=today", []string{"query date: date must be a date such as 2026-11-23"}},
		{sprints + "/scrum?date=", []string{"query date: date must be a date such as 2026-11-23"}},
		{sprints + "/scrum?date=2026-01-01&date=2026-01-02", []string{"query date: date is there more than once"}},
		{sprints + "/dashboard?include=nonsense", []string{`query include: include: "nonsense" is not one of board, burndown, flow, workload, scrum, report`}},
		{sprints + "/dashboard?include=", []string{`query include: include: "" is not one of board, burndown, flow, workload, scrum, report`}},
		{sprints + "/dashboard?include=flow,x,board,flow,Y&assignee=me", []string{
			"query assignee: assignee is not known here",
			"query include: include names flow more than once",
			`query include: include: "Y" is not one of board, burndown, flow, workload, scrum, report`,
			`query include: include: "x" is not one of board, burndown, flow, workload, scrum, report`}},
		{"/api/v1/projects/42/dashboard?include=x", []string{"path project_id: project_id must be a valid UUID", `query include: include: "x" is not one of board, burndown, flow, workload, scrum, report`}},
		{projects + "/dashboard?date=2026-11-23", []string{"query date: date is not known here"}},
		{projects + "/velocity?last=0", []string{"query last: last must be 1 or greater"}},
		{projects + "/velocity?last=1000", []string{"query last: last must be 50 or less"}},
		{projects + "/velocity?last=six", []string{"query last: last must be a whole number"}},
		{projects + "/velocity?last=", []string{"query last: last must be a whole number"}},
		{projects + "/velocity?last=99999999999999999999", []string{"query last: last must be a whole number"}},
		{projects + "/velocity.svg?last=51&unit=x&size=", []string{"query last: last must be 50 or less", `query size: size: "" is not one of wide, narrow`, `query unit: unit: "x" is not one of tasks, points`}},
		{projects + "/forecast?seed=lucky", []string{"query seed: seed must be a whole number"}},
		{projects + "/forecast?seed=-1&days=0", []string{"query days: days must be 1 or greater", "query seed: seed must be 0 or greater"}},
		{projects + "/forecast?seed=9007199254740992&days=367", []string{"query days: days must be 366 or less", "query seed: seed must be 9007199254740991 or less"}},
		{projects + "/forecast.svg?seed=1.5&unit=stories&days=ninety&last=3", []string{
			"query days: days must be a whole number", "query last: last is not known here",
			"query seed: seed must be a whole number", `query unit: unit: "stories" is not one of tasks, points`}},
		{projects + "/impediments?open=true", []string{"query open: open is not known here"}},
		{projects + "/participation?from=2026-13-01&to=1", []string{"query from: from must be a date such as 2026-11-23", "query to: to must be a date such as 2026-11-23"}},
		{projects + "/participation?from=2026-02-02&to=2026-02-01", []string{"query to: to must be on or after from, at most a year after it, and at most a year ahead"}},
		{projects + "/participation?from=2099-01-01", []string{"query from: from must be on or before to (today, if not given), and at most a year before it"}},
		{projects + "/participation?to=2099-01-01", []string{"query to: to must be on or after from, at most a year after it, and at most a year ahead"}},
		{projects + "/participation?from=2024-01-01&to=2026-02-01", []string{"query from: from must be on or before to (today, if not given), and at most a year before it"}},
		{"/api/v1/me/scrum?date=2026-01-01", []string{"query date: date is not known here"}},
	} {
		t.Run(tt.Path, func(t *testing.T) {
			headers := []string{"Authorization", "Bearer " + owner.Token}
			a := mustSend(t, "GET", bff+tt.Path, "", headers...)
			p := mustProblem(t, a, http.StatusBadRequest)
			var got, says []string
			for _, e := range p.Errors {
				got = append(got, e.In+" "+e.Name+": "+e.Message)
				says = append(says, e.Message)
				if e.Rule == "" {
					t.Errorf("%s breaks no rule", e.Name)
				}
			}
			if strings.Join(got, "\n") != strings.Join(tt.Faults, "\n") {
				t.Errorf("faults\n%s", strings.Join(got, "\n"))
			}
			if *p.Message != strings.Join(says, "; ")+"." || *p.Code != "invalid_request" || a.Header.Get("Content-Language") != "en" {
				t.Errorf("got code %s with the message %q in %q, want invalid_request with %q in en", *p.Code, *p.Message, a.Header.Get("Content-Language"), says)
			}
			korean := mustProblem(t, mustSend(t, "GET", bff+tt.Path, "", append(headers, "Accept-Language", "ko-KR,en;q=0.5")...), http.StatusBadRequest)
			if len(korean.Errors) != len(p.Errors) || *korean.Code != *p.Code {
				t.Fatalf("in Korean: %+v", korean)
			}
			for i, e := range korean.Errors {
				quotes := regexp.MustCompile(`"[^"]*"`)
				if !slices.Equal(quotes.FindAllString(e.Message, -1), quotes.FindAllString(p.Errors[i].Message, -1)) {
					t.Errorf("in Korean another order: %q", e.Message)
				}
				if !hangul(e.Message) || !strings.Contains(e.Message, e.Name) {
					t.Errorf("in Korean: got %q, want Korean about %s", e.Message, e.Name)
				}
			}
		})
	}
}
