// Package supabasetest is for tests that talk to the running stack: where its
// parts are, people who sign in, and sprints to look at. Everything a test
// makes belongs to people it made itself, so tests don't meet each other.
//
// A test passes at any time of day and on a busy machine. It takes today from
// Day, as the database may have another clock than Go. It waits for conditions
// by MustWait. Where a deadline is what it tests, the deadline is far from what
// the test allows: 300 ms for an upstream that never answers, 20 s for the test.
//
// A test that measures its whole process, such as memory or allocations, or
// that can't do without a quiet machine, has a name that ends in _alone. The
// task test runs all others with the race detector, several packages at a time,
// and then these one after another without it:
//
//	go test -race -shuffle=on -skip '_alone$' ./...
//	go test -p 1 -parallel 1 -shuffle=on -run '_alone$' ./...
//
// The fast loop, test:quick, leaves out two more kinds: _slow takes long, such
// as one that ends a part while people are at work, changes keys, or waits for
// deadlines; _browser needs a browser.
package supabasetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"testing"

	"github.com/google/uuid"

	"github.com/mysingle/mysingle/bff/config"
)

// Env returns the variable that the stack gives to the commands it runs, and
// fails the test where there is none.
func Env(tb testing.TB, name string) string {
	tb.Helper()
	value := os.Getenv(name)
	if value == "" {
		tb.Fatalf("%s is not set; start with: go tool task test", name)
	}
	return value
}

// Config returns the settings of a BFF for the running stack, with the
// changes made to them.
func Config(tb testing.TB, changes map[string]string) config.Config {
	tb.Helper()
	settings := map[string]string{
		"BFF_PORT":                 "0", // see config.Config.At
		"BFF_SESSION_KEYS":         Env(tb, "BFF_SESSION_KEYS"),
		"SUPABASE_URL":             Env(tb, "SUPABASE_URL"),
		"SUPABASE_PUBLISHABLE_KEY": Env(tb, "SUPABASE_PUBLISHABLE_KEY"),
		"SUPABASE_JWT_SECRET":      Env(tb, "SUPABASE_JWT_SECRET"),
		// What takes long on a busy machine is no fault. A test of a deadline sets
		// its own.
		"BFF_UPSTREAM_TIMEOUT": "1m", "BFF_CLIENT_TIMEOUT": "2m", "BFF_SHUTDOWN_TIMEOUT": "1m",
		// All tests have one address; those of the limits set their own.
		"BFF_RATE_ADDRESS": "off", "BFF_RATE_USER": "off", "BFF_RATE_SIGN_IN": "off", "BFF_RATE_EMAIL": "off",
	}
	for name, value := range changes {
		settings[name] = value
	}
	c, err := config.From(func(name string) (string, bool) {
		value, ok := settings[name]
		return value, ok
	})
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// Person is somebody who is signed in.
type Person struct {
	ID           string
	Email        string
	Token        string
	RefreshToken string
}

// Password is that of everybody whom MustSignUp made.
const Password = "mysingle-test-password"

// MustSignIn signs in somebody who has an account.
func MustSignIn(tb testing.TB, email, password string) Person {
	tb.Helper()
	return mustAuth(tb, "/token?grant_type=password", email, password)
}

// MustSignInDemo signs in as the owner of the demo organization.
func MustSignInDemo(tb testing.TB) Person {
	tb.Helper()
	return MustSignIn(tb, "demo@mysingle.test", "mysingle-demo")
}

// MustSignUp makes somebody new, with an organization of their own.
func MustSignUp(tb testing.TB) Person {
	tb.Helper()
	return mustAuth(tb, "/signup", uuid.NewString()+"@test.mysingle.test", Password)
}

func mustAuth(tb testing.TB, path, email, password string) Person {
	tb.Helper()
	var session struct {
		AccessToken  string `json:"access_token"`
		RefreshToken string `json:"refresh_token"`
		User         struct {
			ID string `json:"id"`
		} `json:"user"`
	}
	mustCall(tb, http.MethodPost, Env(tb, "SUPABASE_URL")+"/auth/v1"+path, "",
		map[string]string{"email": email, "password": password}, &session)
	if session.AccessToken == "" {
		tb.Fatalf("Auth gave %s no session", email)
	}
	Secret(session.AccessToken, session.RefreshToken, password)
	return Person{session.User.ID, email, session.AccessToken, session.RefreshToken}
}

// MustSelect reads rows of a table as the person may see them.
func (p Person) MustSelect(tb testing.TB, table, query string, rows any) {
	tb.Helper()
	mustCall(tb, http.MethodGet, Env(tb, "SUPABASE_URL")+"/rest/v1/"+table+"?"+query, p.Token, nil, rows)
}

// MustInsert inserts rows as the person and reads the inserted ones into
// inserted, unless that is nil.
func (p Person) MustInsert(tb testing.TB, table string, rows, inserted any) {
	tb.Helper()
	mustCall(tb, http.MethodPost, Env(tb, "SUPABASE_URL")+"/rest/v1/"+table, p.Token, rows, inserted)
}

// MustUpdate changes the rows of a table that the query chooses.
func (p Person) MustUpdate(tb testing.TB, table, query string, changes any) {
	tb.Helper()
	var changed []json.RawMessage
	mustCall(tb, http.MethodPatch, Env(tb, "SUPABASE_URL")+"/rest/v1/"+table+"?"+query, p.Token, changes, &changed)
	if len(changed) == 0 {
		tb.Fatalf("no row of %s was changed: %s", table, query)
	}
}

// MustDelete deletes the rows of a table that the query chooses.
func (p Person) MustDelete(tb testing.TB, table, query string) {
	tb.Helper()
	var deleted []json.RawMessage
	mustCall(tb, http.MethodDelete, Env(tb, "SUPABASE_URL")+"/rest/v1/"+table+"?"+query, p.Token, nil, &deleted)
	if len(deleted) == 0 {
		tb.Fatalf("no row of %s was deleted: %s", table, query)
	}
}

// MustDo calls a function of the database and reads its result into result,
// unless that is nil.
func (p Person) MustDo(tb testing.TB, function string, args, result any) {
	tb.Helper()
	mustCall(tb, http.MethodPost, Env(tb, "SUPABASE_URL")+"/rest/v1/rpc/"+function, p.Token, args, result)
}

// Sprint is a sprint that a test made.
type Sprint struct {
	ProjectID string `json:"project_id"`
	SprintID  string `json:"sprint_id"`
}

// MustSprint makes a project with a sprint of two weeks that began today.
func (p Person) MustSprint(tb testing.TB) Sprint {
	tb.Helper()
	return p.MustSprintOfDays(tb, 0, 13)
}

// MustSprintOfDays makes a project with a sprint from one day to another,
// counted from today.
func (p Person) MustSprintOfDays(tb testing.TB, from, to int) Sprint {
	tb.Helper()
	var made []Sprint
	p.MustInsert(tb, "projects", map[string]any{"project_name": "Project of " + tb.Name()[:min(100, len(tb.Name()))]}, &made)
	project := made[0].ProjectID
	now := Now(tb)
	p.MustInsert(tb, "sprints", map[string]any{
		"project_id": project, "sprint_name": "스프린트 1", "goal": "A board to look at",
		"start_date": DayOf(now, from), "end_date": DayOf(now, to),
	}, &made)
	return made[0]
}

// MustTasks makes n tasks in the sprint: their statuses, priorities and
// points go round, every second one is the person's own, and every fifth has
// no points.
func (p Person) MustTasks(tb testing.TB, s Sprint, n int) {
	tb.Helper()
	if n == 0 {
		return
	}
	statuses := []string{"Planned", "Scheduled", "In Progress", "In Review", "Blocked", "On Hold", "Completed", "Cancelled"}
	priorities := []string{"Low", "Medium", "High", "Urgent"}
	rows := make([]map[string]any, n)
	for i := range rows {
		rows[i] = map[string]any{
			"project_id": s.ProjectID, "sprint_id": s.SprintID,
			"task_name": fmt.Sprintf("Task %d: 고객 데모 준비", i), "status": statuses[i%len(statuses)],
			"priority": priorities[i/len(statuses)%len(priorities)], "story_points": i%8 + 1, "assigned_to": nil,
		}
		if i%5 == 0 {
			rows[i]["story_points"] = nil
		}
		if i%2 == 0 {
			rows[i]["assigned_to"] = p.ID
		}
	}
	p.MustInsert(tb, "tasks", rows, nil)
}

// mustCall sends JSON to the gateway and reads the JSON it answers.
func mustCall(tb testing.TB, method, address, token string, body, into any) {
	tb.Helper()
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			tb.Fatal(err)
		}
		content = bytes.NewReader(text)
	}
	req, err := http.NewRequest(method, address, content)
	if err != nil {
		tb.Fatal(err)
	}
	req.Header.Set("apikey", Env(tb, "SUPABASE_PUBLISHABLE_KEY"))
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if into != nil {
		req.Header.Set("Prefer", "return=representation")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		tb.Fatal(err)
	}
	if resp.StatusCode >= 300 {
		tb.Fatalf("%s %s answered %s: %s", method, address, resp.Status, text)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(text, into); err != nil {
		tb.Fatalf("%s %s: %v in %s", method, address, err, text)
	}
}

// MustURL parses an address that the test itself wrote.
func MustURL(tb testing.TB, address string) *url.URL {
	tb.Helper()
	u, err := url.Parse(address)
	if err != nil {
		tb.Fatal(err)
	}
	return u
}
