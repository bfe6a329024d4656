package sprint

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestNewForecast(t *testing.T) {
	var throughput Throughput
	decoder := json.NewDecoder(strings.NewReader(`{
		"as_of": "2026-11-23T09:00:00+09:00", "timezone": "Asia/Seoul", "scope": {"visible_tasks": 18},
		"project": {"project_id": "6f1c", "project_name": "Shop"},
		"remaining": {"tasks": 8, "points": 0, "unestimated_count": 8},
		"history": [
			{"date": "2026-11-16", "tasks": 2, "points": 0.5}, {"date": "2026-11-17", "tasks": 2, "points": 0},
			{"date": "2026-11-18", "tasks": 2, "points": 3}, {"date": "2026-11-19", "tasks": 2, "points": 0},
			{"date": "2026-11-20", "tasks": 2, "points": 0}],
		"calendar": {"today": "2026-11-23", "working_days": [1, 2, 3, 4, 5], "holidays": ["2026-11-24"]}}`))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&throughput); err != nil {
		t.Fatal(err)
	}
	f, err := NewForecast(&throughput, 7)
	if err != nil {
		t.Fatal(err)
	}
	// Two a day, the 24th is a holiday, a weekend between.
	if got := f.Tasks.Chances[0].Date; got == nil || *got != "2026-11-30" {
		t.Errorf("tasks: got %+v", f.Tasks.Chances[0])
	}
	if *f.Tasks.PerDay != 2 || *f.Points.PerDay != 0.7 || f.Tasks.Seed != 7 || f.Points.Seed != 7 {
		t.Errorf("got %+v and %+v", f.Tasks, f.Points)
	}
	// No points are left only because nothing was estimated.
	if f.Points.Reason == nil || *f.Points.Reason != "unestimated" {
		t.Errorf("points: got %+v", f.Points)
	}
	if f.Project.ProjectName != "Shop" || f.Calendar.Today != "2026-11-23" || f.Remaining.Tasks != 8 || f.Scope.VisibleTasks != 18 {
		t.Errorf("got %+v", f)
	}

	throughput.Calendar.Today = ""
	if _, err := NewForecast(&throughput, 7); err == nil {
		t.Error("no error without a today")
	}
}
