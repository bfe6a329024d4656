package writes_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/mysingle/mysingle/bff/writes"
)

// No body is too odd to be looked at, and only whole JSON is refused.
func FuzzFaults(f *testing.F) {
	for _, body := range []string{
		"", " ", "null", "[]", "{}", "[{}]", `{"task_name":""}`, `[{"task_name":""},null]`, `{"task_name":""}x`, `{"task_name":"","task_name":"x"}`,
		`{"task_name":"\ud800","status":"\u0000"}`, `{"story_points":1e999,"board_rank":-0,"due_date":"0000-00-00"}`,
		`{"estimated_time":1e999999999}`, `{"story_points":` + strings.Repeat("9", 10000) + `}`, strings.Repeat("[", 10001),
	} {
		for _, table := range []string{"tasks", "organizations", "opportunities", "sprints"} {
			f.Add(table, http.MethodPost, []byte(body))
		}
	}
	f.Add("organizations", http.MethodPatch, []byte(`{"working_days":[[1],"x",null,9]}`))
	f.Add("sprints", http.MethodPut, []byte(`{"start_date":"9999-12-31","end_date":"0001-01-01"}`))
	tables := writes.Tables()
	f.Fuzz(func(t *testing.T, table, method string, body []byte) {
		faults := tables[table].Faults(writes.Write{Method: method, Body: body})
		if len(faults) > 100 || len(faults) > 0 && !json.Valid(body) {
			t.Errorf("%d faults in %q", len(faults), body)
		}
		for _, broken := range faults {
			if broken.Field() == "" || broken.Tag() == "" {
				t.Errorf("a fault of nothing in %q", body)
			}
		}
	})
}
