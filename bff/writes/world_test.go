package writes_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/mysingle/mysingle/bff/supabasetest"
	"github.com/mysingle/mysingle/bff/writes"
)

// row is one row, by column.
type row map[string]any

// with returns a copy of the row with other values.
func (r row) with(changes row) row {
	changed := maps.Clone(r)
	maps.Copy(changed, changes)
	return changed
}

// target is a table to write to.
type target struct {
	rules writes.Table
	fresh row    // to insert, with every column; nil where nobody inserts
	where string // the row to change
	found row    // that row; nil where nobody changes any
}

// world is somebody's organization with a row in every table, and a
// PostgREST that takes back whatever is written.
type world struct {
	someone supabasetest.Person
	address string
	targets map[string]target
}

func mustWorld(t *testing.T) world {
	t.Helper()
	p := supabasetest.MustSignUp(t)
	insert := func(table string, values row) row {
		var made []row
		p.MustInsert(t, table, values, &made)
		return made[0]
	}
	// Any day is a working day, so that there can be a scrum today.
	var me []row
	p.MustSelect(t, "profiles", "profile_id=eq."+p.ID, &me)
	org := me[0]["org_id"]
	p.MustUpdate(t, "organizations", "org_id=eq."+org.(string), row{"working_days": []int{1, 2, 3, 4, 5, 6, 7}})

	running, scrummed, planned := p.MustSprint(t), p.MustSprint(t), p.MustSprint(t)
	p.MustDo(t, "start_sprint", row{"sprint_id": running.SprintID}, nil)
	p.MustDo(t, "start_sprint", row{"sprint_id": scrummed.SprintID}, nil)
	// By the database's clock, and the same when midnight passes meanwhile.
	var started []struct {
		At time.Time `json:"started_at"`
	}
	p.MustSelect(t, "sprints", "select=started_at&sprint_id=eq."+scrummed.SprintID, &started)
	today := started[0].At.In(time.FixedZone("Asia/Seoul", 9*60*60)).Format(time.DateOnly)
	account := insert("accounts", row{"account_name": "한빛소프트"})
	opportunity := insert("opportunities", row{"opportunity_name": "도입", "account_id": account["account_id"]})
	empty := insert("projects", row{"project_name": "Nobody's", "account_id": account["account_id"]})["project_id"]
	p.MustDelete(t, "project_members", "project_id=eq."+empty.(string)) // an owner manages it nevertheless
	scrum := insert("daily_scrums", row{"sprint_id": scrummed.SprintID, "scrum_date": today})
	task := insert("tasks", row{"project_id": scrummed.ProjectID, "task_name": "첫 작업", "sprint_id": scrummed.SprintID})
	other := insert("tasks", row{"project_id": scrummed.ProjectID, "task_name": "다른 작업",
		"related_task_id": task["task_id"], "assigned_to": p.ID})
	insert("days_off", row{"from_date": "2031-01-01", "to_date": "2031-01-02"})
	insert("org_holidays", row{"holiday_date": "2031-02-02", "name": "휴일"})
	insert("impediments", row{"sprint_id": scrummed.SprintID, "description": "막힘", "task_id": task["task_id"]})

	channel := insert("notification_channels?select=channel_id", row{"channel_name": "팀", "kind": "slack", "target": "https://hooks.example.test/a"})
	insert("calendar_feeds", row{})

	w := world{someone: p, address: supabasetest.MustStartPostgREST(t, "PGRST_DB_TX_END=rollback").URL, targets: map[string]target{
		"accounts": {where: "account_id=eq." + account["account_id"].(string), fresh: row{
			"account_id": uuid.NewString(), "org_id": org, "account_name": "새 고객", "profile_id": p.ID, "account_type": "Partner"}},
		"opportunities": {where: "opportunity_id=eq." + opportunity["opportunity_id"].(string), fresh: row{
			"opportunity_id": uuid.NewString(), "org_id": org, "opportunity_name": "새 기회", "account_id": account["account_id"],
			"profile_id": p.ID, "stage": "Discovery", "forecast_category": "Upside", "acv": 1200000.5, "currency_code": "KRW",
			"close_date": "2031-03-01", "description": "설명"}},
		"projects": {where: "project_id=eq." + running.ProjectID, fresh: row{
			"project_id": uuid.NewString(), "org_id": org, "project_name": "새 프로젝트", "account_id": account["account_id"],
			"opportunity_id": opportunity["opportunity_id"], "profile_id": p.ID, "description": "설명", "headline_unit": "points"}},
		"project_members": {where: "project_id=eq." + running.ProjectID, fresh: row{
			"project_id": empty, "profile_id": p.ID, "org_id": org, "role": "member"}},
		"sprints": {where: "sprint_id=eq." + planned.SprintID, fresh: row{
			"sprint_id": uuid.NewString(), "project_id": empty, "sprint_name": "새 스프린트", "goal": "목표",
			"start_date": "2031-01-05", "end_date": "2031-01-16"}},
		"tasks": {where: "task_id=eq." + other["task_id"].(string), fresh: row{
			"task_id": uuid.NewString(), "project_id": scrummed.ProjectID, "sprint_id": scrummed.SprintID, "task_name": "새 작업",
			"description": "설명", "assigned_to": p.ID, "priority": "High", "status": "In Progress", "story_points": 3.5,
			"estimated_time": 60, "actual_time": 30, "due_date": "2031-01-10", "related_task_id": task["task_id"],
			"board_rank": 1.5, "created_by": p.ID}},
		"daily_scrums": {where: "daily_scrum_id=eq." + scrum["daily_scrum_id"].(string), fresh: row{
			"daily_scrum_id": uuid.NewString(), "project_id": running.ProjectID, "sprint_id": running.SprintID,
			"scrum_date": today, "summary": "요약"}},
		"daily_scrum_updates": {fresh: row{
			"update_id": uuid.NewString(), "project_id": scrummed.ProjectID, "daily_scrum_id": scrum["daily_scrum_id"],
			"profile_id": p.ID, "yesterday_work": "어제", "today_work": "오늘"}},
		"daily_scrum_tasks": {fresh: row{
			"daily_scrum_id": scrum["daily_scrum_id"], "task_id": task["task_id"], "profile_id": p.ID, "intent": "did",
			"project_id": scrummed.ProjectID}},
		"impediments": {where: "sprint_id=eq." + scrummed.SprintID, fresh: row{
			"impediment_id": uuid.NewString(), "project_id": scrummed.ProjectID, "sprint_id": scrummed.SprintID,
			"task_id": task["task_id"], "raised_by": p.ID, "description": "막힘", "update_id": nil}},
		"notification_channels": {where: "channel_id=eq." + channel["channel_id"].(string), fresh: row{
			"channel_id": uuid.NewString(), "org_id": org, "project_id": running.ProjectID, "channel_name": "새 채널", "kind": "webhook",
			"target": "https://hooks.example.test/b", "events": []string{"sprint_report"}, "is_enabled": true}},
		"calendar_feeds": {where: "profile_id=eq." + p.ID, fresh: row{
			"feed_id": uuid.NewString(), "profile_id": p.ID, "org_id": org, "feed_name": "내 일정"}},
		"days_off": {where: "profile_id=eq." + p.ID, fresh: row{
			"day_off_id": uuid.NewString(), "profile_id": p.ID, "org_id": org, "from_date": "2031-05-01", "to_date": "2031-05-02"}},
		"org_holidays": {where: "org_id=eq." + org.(string), fresh: row{
			"org_id": org, "holiday_date": "2031-03-01", "name": "삼일절"}},
		"organizations": {where: "org_id=eq." + org.(string)},
		"profiles":      {where: "profile_id=eq." + p.ID},
	}}
	tables := writes.Tables()
	for _, relation := range mustRelations(t) {
		rules, ok := tables[relation.Name]
		if !ok {
			continue
		}
		target := w.targets[relation.Name]
		target.rules = rules
		var updated, secret []string
		for _, column := range relation.Columns {
			if _, ok := target.fresh[column.Name]; ok != column.Insert {
				t.Errorf("%s.%s: got a value to insert: %t, want %t: put it right in mustWorld",
					relation.Name, column.Name, ok, column.Insert)
			}
			switch {
			case column.Update && column.Select:
				updated = append(updated, column.Name)
			case column.Update:
				secret = append(secret, column.Name)
			}
		}
		if target.fresh == nil && target.where == "" {
			t.Errorf("there is no row of %s to write: add it to mustWorld", relation.Name)
		}
		if target.where != "" {
			var found []row
			p.MustSelect(t, relation.Name, target.where+"&select="+strings.Join(updated, ","), &found)
			if len(found) != 1 {
				t.Fatalf("rows of %s where %s: got %d, want 1", relation.Name, target.where, len(found))
			}
			target.found = found[0]
			for _, column := range secret { // which nobody reads: another value
				target.found[column] = target.fresh[column]
			}
		}
		w.targets[relation.Name] = target
	}
	return w
}

// relation is what the committed schema has of a table.
type relation struct {
	Name    string
	Columns []struct {
		Name                   string
		Select, Insert, Update bool
	}
}

func mustRelations(t *testing.T) []relation {
	t.Helper()
	text, err := os.ReadFile("../openapi/schema.json")
	if err != nil {
		t.Fatalf("os.ReadFile: %v", err)
	}
	var schema struct{ Relations []relation }
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatalf("json.Unmarshal: %v", err)
	}
	return schema.Relations
}

// write is a request that PostgREST answers and the rules look at.
type write struct {
	table, method, body string
	columns             []string
	prefer              string
}

// of a row: an insert, or a change where the table's row is.
func writeOf(table, method string, values row) write {
	body, err := json.Marshal(values)
	if err != nil {
		panic(err) // a fault in the test
	}
	return write{table: table, method: method, body: string(body)}
}

// faults are what the rules say of the write: the columns and their rules.
func (w world) faults(wr write) []string {
	var all []string
	for _, broken := range w.targets[wr.table].rules.Faults(writes.Write{Method: wr.method, Columns: wr.columns, Body: []byte(wr.body)}) {
		all = append(all, broken.Field()+" "+broken.Tag())
	}
	return all
}

// answer is what the database says.
type answer struct {
	status  int
	code    string // SQLSTATE or PostgREST's
	message string
}

// accepted tells whether the database took the write.
func (a answer) accepted() bool { return a.status < 300 }

// ofValues tells whether the database refused the values: data exceptions and
// violated constraints.
func (a answer) ofValues() bool {
	return !a.accepted() && (strings.HasPrefix(a.code, "22") || strings.HasPrefix(a.code, "23"))
}

// ask sends the write to the database.
func (w world) ask(tb fataler, wr write) answer {
	tb.Helper()
	query := url.Values{}
	if wr.columns != nil {
		query.Set("columns", strings.Join(wr.columns, ","))
	}
	address := w.address + "/" + wr.table + "?" + query.Encode()
	if wr.method == http.MethodPatch {
		address += "&" + w.targets[wr.table].where
	}
	req, err := http.NewRequest(wr.method, address, strings.NewReader(wr.body))
	if err != nil {
		tb.Fatalf("http.NewRequest: %v", err)
	}
	req.Header.Set("Authorization", "Bearer "+w.someone.Token)
	req.Header.Set("Content-Type", "application/json")
	if wr.prefer != "" {
		req.Header.Set("Prefer", wr.prefer)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		tb.Fatalf("http.DefaultClient.Do: %v", err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		tb.Fatalf("io.ReadAll: %v", err)
	}
	a := answer{status: resp.StatusCode}
	if len(bytes.TrimSpace(text)) > 0 && !a.accepted() {
		var problem struct{ Code, Message string }
		if err := json.Unmarshal(text, &problem); err != nil {
			tb.Fatalf("decode the refusal: %v in %s", err, text)
		}
		a.code, a.message = problem.Code, problem.Message
	}
	return a
}

// fataler is a test, or a check of package rapid's.
type fataler interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}
