package server_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

// A form hears of all its faults at once, in the caller's language, and a
// list of rows of those in each.
func TestWritesAreChecked(t *testing.T) {
	bff := mustServeStack(t)
	someone := supabasetest.MustSignUp(t)
	s := someone.MustSprint(t)
	task := func(more string) string {
		return `{"project_id":"` + s.ProjectID + `","task_name":"작업","due_date":null` + more + `}`
	}
	for _, tt := range []struct {
		Name, Method, Path, Body string
		English, Korean          []string
	}{
		{"a form", "POST", "tasks",
			`{"task_name":"  ","status":"Started","priority":"urgent","story_points":-1,"estimated_time":"soon","due_date":"2026-02-30","assigned_to":""}`,
			[]string{
				"assigned_to uuid: assigned_to must be a valid UUID",
				"due_date date: due_date must be a date such as 2026-11-23",
				"estimated_time integer: estimated_time must be a whole number",
				`priority oneof: priority: "urgent" is not one of Low, Medium, High, Urgent`,
				"project_id required: project_id is required",
				`status oneof: status: "Started" is not one of Planned, Scheduled, In Progress, In Review, Blocked, On Hold, Completed, Cancelled`,
				"story_points min: story_points must be 0 or greater",
				"task_name min: task_name must not be empty",
			}, []string{
				"assigned_to uuid: assigned_to은(는) 올바른 UUID여야 합니다",
				"due_date date: due_date은(는) 2026-11-23처럼 적은 실제 날짜여야 합니다",
				"estimated_time integer: estimated_time은(는) 정수여야 합니다",
				`priority oneof: priority: "urgent"은(는) Low, Medium, High, Urgent 중 하나가 아닙니다`,
				"project_id required: project_id은(는) 필수입니다",
				`status oneof: status: "Started"은(는) Planned, Scheduled, In Progress, In Review, Blocked, On Hold, Completed, Cancelled 중 하나가 아닙니다`,
				"story_points min: story_points은(는) 0 이상이어야 합니다",
				"task_name min: task_name은(는) 비워 둘 수 없습니다",
			}},
		{"changes", "PATCH", "sprints?sprint_id=eq." + s.SprintID, `{"sprint_name":null,"start_date":"2026-03-02","end_date":"2026-03-01"}`,
			[]string{"sprint_name required: sprint_name is required", "end_date gtefield: end_date must be on or after start_date"},
			[]string{"sprint_name required: sprint_name은(는) 필수입니다", "end_date gtefield: end_date은(는) start_date와(과) 같거나 그 뒤여야 합니다"}},
		{"a long sprint", "PATCH", "sprints?sprint_id=eq." + s.SprintID, `{"start_date":"2026-03-01","end_date":"2028-03-01","goal":"` + strings.Repeat("길", 2001) + `"}`,
			[]string{"goal max: goal must have at most 2000 characters", "end_date within: end_date must be at most 366 days after start_date"},
			[]string{"goal max: goal은(는) 2000자 이하여야 합니다", "end_date within: end_date은(는) start_date부터 366일 이내여야 합니다"}},
		{"upsert", "PUT", "tasks?task_id=eq." + uuid.NewString(), `{"task_name":"x"}`,
			[]string{"project_id required: project_id is required"}, []string{"project_id required: project_id은(는) 필수입니다"}},
		{"other forms", "PATCH", "profiles?profile_id=eq." + someone.ID, `{"work_email":"nobody","username":"","job_role":"` + strings.Repeat("일", 101) + `"}`,
			[]string{
				"job_role max: job_role must have at most 100 characters",
				"username min: username must not be empty",
				"work_email pattern: work_email must be an e-mail address",
			}, []string{
				"job_role max: job_role은(는) 100자 이하여야 합니다",
				"username min: username은(는) 비워 둘 수 없습니다",
				"work_email pattern: work_email은(는) 이메일 주소여야 합니다",
			}},
		{"several rows", "POST", "tasks", "[" + strings.Repeat(task("")+",", 2) + task(`,"board_rank":"top"`) + "," + strings.Repeat(task("")+",", 7) +
			task(`,"due_date":"1899-12-31","actual_time":2147483648`) + "]",
			[]string{
				"[2].board_rank number: [2].board_rank must be a number",
				"[10].actual_time max: [10].actual_time must be 2147483647 or less",
				"[10].due_date since: [10].due_date must be on or after 1900-01-01",
			}, []string{
				"[2].board_rank number: [2].board_rank은(는) 숫자여야 합니다",
				"[10].actual_time max: [10].actual_time은(는) 2147483647 이하여야 합니다",
				"[10].due_date since: [10].due_date은(는) 1900-01-01이거나 그 뒤여야 합니다",
			}},
		{"a list in a form", "PATCH", "organizations?org_name=not.is.null", `{"working_days":[1,8],"org_type":7}`,
			[]string{`working_days oneof: working_days: "8" is not one of 1, 2, 3, 4, 5, 6, 7`},
			[]string{`working_days oneof: working_days: "8"은(는) 1, 2, 3, 4, 5, 6, 7 중 하나가 아닙니다`}},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			for accepts, want := range map[string][]string{"en": tt.English, "ko-KR,en;q=0.5": tt.Korean} {
				p := mustProblem(t, mustSend(t, tt.Method, bff+"/rest/v1/"+tt.Path, tt.Body,
					"Authorization", "Bearer "+someone.Token, "Content-Type", "application/json", "Accept-Language", accepts), http.StatusBadRequest)
				var got, says []string
				for _, e := range p.Errors {
					got = append(got, e.Name+" "+e.Rule+": "+e.Message)
					says = append(says, e.Message)
					if e.In != "body" {
						t.Errorf("%s is in %s", e.Name, e.In)
					}
				}
				if !slices.Equal(got, want) {
					t.Errorf("faults\n%s", strings.Join(got, "\n"))
				}
				if *p.Code != "invalid_request" || *p.Message != strings.Join(says, "; ")+"." {
					t.Errorf("got code %s with the message %q, want invalid_request with all faults: %q", *p.Code, *p.Message, says)
				}
			}
		})
	}
}

// What the rules can't judge goes on untouched: the answer is the database's.
func TestWritesGoOnUntouched(t *testing.T) {
	bff := mustServeStack(t)
	someone := supabasetest.MustSignUp(t)
	s := someone.MustSprint(t)
	wrong := `{"task_name":"","project_id":"` + s.ProjectID + `"}`
	right := `{"task_name":"작업","project_id":"` + s.ProjectID + `"`
	const asJSON = "application/json"
	for _, tt := range []struct {
		Name, Method, Path, Type, Body string
		Status                         int
		Code                           string
	}{
		{"unknown table", "POST", "jobs", asJSON, wrong, 404, ""},
		{"unknown column", "POST", "tasks", asJSON, right + `,"colour":"red"}`, 400, "PGRST204"},
		{"encoded table", "POST", "t%61sks", asJSON, wrong, 400, "23514"},
		{"no JSON", "POST", "tasks", asJSON, `{"task_name":""`, 400, "PGRST102"},
		{"JSON and more", "POST", "tasks", asJSON, wrong + wrong, 400, "PGRST102"},
		{"a list and more", "POST", "tasks", asJSON, "[" + wrong + "]]", 400, "PGRST102"},
		{"a list of texts", "POST", "tasks", asJSON, `["task_name"]`, 400, "PGRST102"},
		{"no row", "POST", "tasks", asJSON, `[]`, 201, ""},
		{"null", "POST", "tasks", asJSON, `null`, 201, ""},
		{"CSV", "POST", "tasks", "text/csv", "task_name,project_id\n," + s.ProjectID, 400, "23514"},
		{"form", "POST", "tasks", "application/x-www-form-urlencoded", "task_name=&project_id=" + s.ProjectID, 400, "23514"},
		{"another schema", "POST", "tasks", asJSON, wrong, 406, "PGRST106"},
		{"columns that don't count", "POST", "tasks?columns=task_name,project_id", asJSON, right + `,"status":"Started"}`, 201, ""},
		{"columns in quotes", "POST", "tasks?columns=%22task_name%22,%22project_id%22", asJSON, right + `,"status":"Started"}`, 201, ""},
		{"columns twice", "POST", "tasks?columns=task_name,project_id&columns=task_name", asJSON, right + `,"status":"Started"}`, 201, ""},
		{"other ways to write values", "POST", "tasks", asJSON,
			right + `,"due_date":"2031-1-5","story_points":"1.25","estimated_time":"0x10","assigned_to":"{` + strings.ToUpper(someone.ID) + `}"}`, 201, ""},
		{"filled in by a trigger", "PATCH", "opportunities?stage=eq.Discovery", asJSON, `{"stage":"Closed Won","forecast_category":null}`, 204, ""},
		{"only the first of a list of changes", "PATCH", "tasks?task_id=eq." + uuid.NewString(), asJSON, `[{"task_name":""}]`, 204, ""},
		{"functions", "POST", "rpc/start_sprint", asJSON, `{"sprint_id":"x"}`, 400, "22P02"},
		{"views", "PATCH", "opportunity_pipeline?stage=eq.Discovery", asJSON, `{"stage":"x"}`, 500, "55000"},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			headers := []string{"Authorization", "Bearer " + someone.Token, "Content-Type", tt.Type}
			if tt.Name == "another schema" {
				headers = append(headers, "Content-Profile", "private")
			}
			a := mustSend(t, tt.Method, bff+"/rest/v1/"+tt.Path, tt.Body, headers...)
			var said struct{ Code string }
			if a.Status >= 300 {
				if err := json.Unmarshal([]byte(a.Body), &said); err != nil {
					t.Fatalf("%v in %s", err, a.Body)
				}
			}
			if a.Status != tt.Status || said.Code != tt.Code {
				t.Errorf("got status %d and code %s, want %d and %s: %s", a.Status, said.Code, tt.Status, tt.Code, a.Body)
			}
		})
	}
	t.Run("nobody signed in", func(t *testing.T) {
		a := mustSend(t, "POST", bff+"/rest/v1/tasks", wrong, "Content-Type", asJSON)
		if a.Status != http.StatusUnauthorized || !strings.Contains(a.Body, `"42501"`) {
			t.Errorf("without a token: got status %d, want 401 and the code 42501: %s", a.Status, a.Body)
		}
	})
}

// Of very many faults a hundred are told.
func TestFaultsAreBounded(t *testing.T) {
	bff := mustServeStack(t)
	rows := make([]map[string]any, 60)
	for i := range rows {
		rows[i] = map[string]any{"task_name": "", "status": strings.Repeat("길", 1000) + strconv.Itoa(i)}
	}
	body, err := json.Marshal(rows)
	if err != nil {
		t.Fatal(err)
	}
	a := mustSend(t, "POST", bff+"/rest/v1/tasks", string(body),
		"Authorization", "Bearer "+supabasetest.MustSignUp(t).Token, "Content-Type", "application/json")
	if p := mustProblem(t, a, http.StatusBadRequest); len(p.Errors) != 100 || len(a.Body) > 100<<10 {
		t.Errorf("got %d faults in %d bytes, want 100 in at most 100 kB", len(p.Errors), len(a.Body))
	}
}
