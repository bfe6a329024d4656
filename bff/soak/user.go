package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

const password = "mysingle-soak-password"

// A user is somebody with an organization, a project and a running sprint of
// their own. One action is under way at a time.
type user struct {
	deployment *deployment
	mark       string
	email, id  string
	project    string
	sprint     string
	scrum      string
	feed       string // the calendar's path
	tasks      []*task
	http       *http.Client
	turn       atomic.Int64
	refreshes  atomic.Int64 // that came with an answer

	// out tells that the user isn't known to be signed in: they signed out, or
	// the answer to a sign-in, which ends the session before, never came.
	out bool
	// seen are the last answers with a tag, by path; none is kept that a write
	// has made old.
	seen map[string]answer
	// unsure is when a write last went without an answer: it may still come.
	unsure time.Time
	// old are tags of before the last acknowledged write.
	old map[string]string
}

// task is one that the user moves.
type task struct {
	id    string
	moves int
}

func newUser(d *deployment) *user {
	u := &user{deployment: d, mark: "mark-" + uuid.NewString()[:8], seen: make(map[string]answer), old: make(map[string]string)}
	u.email = u.mark + "@soak.mysingle.test"
	u.forget()
	return u
}

// forget is a browser that starts anew.
func (u *user) forget() {
	jar, err := cookiejar.New(nil)
	if err != nil {
		panic(err) // it has no options that could be wrong
	}
	u.http = &http.Client{Transport: wire, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func (u *user) client() *http.Client { return u.http }

// url is one of the deployment's BFFs, by turns.
func (u *user) url() string {
	return u.deployment.urls[int(u.turn.Add(1))%len(u.deployment.urls)]
}

func (u *user) anonymous(path string) bool { return path == "/" || path == "/docs" }

var ok = []int{http.StatusOK}

// begin signs the user up and makes what they work on.
func (u *user) begin(ctx context.Context, l *ledger) error {
	made := func(method, path, body string, into any) error {
		a, err := u.ask(ctx, "set-up", method, path, body, []int{200, 201, 204}, "Prefer", "return=representation")
		if err != nil {
			return err
		}
		return json.Unmarshal(a.body, into)
	}
	var who struct{ User struct{ ID string } }
	if err := made("POST", "/api/v1/session/sign-up", fmt.Sprintf(`{"email":%q,"password":%q,"org_name":%q}`, u.email, password, "Org "+u.mark), &who); err != nil {
		return err
	}
	u.id = who.User.ID
	var rows []struct {
		Project string `json:"project_id"`
		Sprint  string `json:"sprint_id"`
		Scrum   string `json:"daily_scrum_id"`
	}
	today := time.Now().In(time.FixedZone("Asia/Seoul", 9*60*60))
	for _, step := range []struct{ method, path, body string }{
		{"PATCH", "/rest/v1/organizations?org_id=not.is.null", `{"working_days":[1,2,3,4,5,6,7]}`},
		{"POST", "/rest/v1/projects", `{"project_name":"Project ` + u.mark + `"}`},
		{"POST", "/rest/v1/sprints", `{"project_id":"PROJECT","sprint_name":"Sprint ` + u.mark + `","start_date":"` + today.Format(time.DateOnly) + `","end_date":"` + today.AddDate(0, 0, 13).Format(time.DateOnly) + `"}`},
	} {
		if err := made(step.method, step.path, strings.ReplaceAll(step.body, "PROJECT", u.project), &rows); err != nil {
			return err
		}
		if len(rows) != 1 {
			return fmt.Errorf("%s: %d rows", step.path, len(rows))
		}
		u.project, u.sprint = rows[0].Project, rows[0].Sprint
	}
	for range 8 {
		if err := u.insert(ctx, l); err != nil {
			return err
		}
	}
	var any json.RawMessage
	if err := made("POST", "/rest/v1/rpc/start_sprint", fmt.Sprintf(`{"sprint_id":%q}`, u.sprint), &any); err != nil {
		return err
	}
	if err := made("POST", "/rest/v1/rpc/open_daily_scrums", `{}`, &rows); err != nil {
		return err
	}
	if len(rows) != 1 {
		return fmt.Errorf("%d scrums", len(rows))
	}
	u.scrum = rows[0].Scrum
	var feed struct{ URL string }
	if err := made("POST", "/functions/v1/calendar", fmt.Sprintf(`{"feed_name":%q}`, "Feed "+u.mark), &feed); err != nil {
		return err
	}
	_, path, found := strings.Cut(feed.URL, "/functions/v1/")
	if !found {
		return fmt.Errorf("no feed: %s", feed.URL)
	}
	u.feed = "/functions/v1/" + path
	return nil
}

// An action is what a user does, and how often beside the others.
type action struct {
	name   string
	weight int
	do     func(*user, context.Context, *ledger) error
}

var actions = []action{
	{"dashboard", 28, func(u *user, ctx context.Context, _ *ledger) error {
		return u.look(ctx, "dashboard", "/api/v1/sprints/"+u.sprint+"/dashboard")
	}},
	{"board", 14, func(u *user, ctx context.Context, _ *ledger) error {
		return u.look(ctx, "board", "/api/v1/sprints/"+u.sprint+"/board")
	}},
	{"picture", 6, func(u *user, ctx context.Context, _ *ledger) error {
		return u.look(ctx, "picture", "/api/v1/sprints/"+u.sprint+"/"+[]string{"burndown", "flow"}[rand.N(2)]+".svg")
	}},
	{"screen", 3, (*user).screen},
	{"tasks", 10, func(u *user, ctx context.Context, _ *ledger) error {
		a, err := u.ask(ctx, "tasks", "GET", "/rest/v1/tasks?select=task_name,status&limit=20&order=created_at.desc", "", ok)
		return u.mustOwn("tasks", a, err)
	}},
	{"move", 12, (*user).move},
	{"insert", 3, (*user).insert},
	{"scrum", 3, (*user).post},
	{"function", 4, func(u *user, ctx context.Context, _ *ledger) error {
		a, err := u.ask(ctx, "function", "GET", u.feed, "", ok)
		return u.mustOwn("function", a, err)
	}},
	{"page", 4, func(u *user, ctx context.Context, _ *ledger) error {
		_, err := u.ask(ctx, "page", "GET", []string{"/", "/docs"}[rand.N(2)], "", ok)
		return err
	}},
	{"session", 4, (*user).who},
	{"sign-in", 1, func(u *user, ctx context.Context, _ *ledger) error { return u.signIn(ctx) }},
	{"sign-out", 1, (*user).signOut},
	{"bad", 7, (*user).bad},
}

// choose is an action by weight.
func choose() action {
	total := 0
	for _, a := range actions {
		total += a.weight
	}
	at := rand.N(total)
	for _, a := range actions {
		if at -= a.weight; at < 0 {
			return a
		}
	}
	panic("unreachable")
}

// act does one thing; who may be signed out signs in.
func (u *user) act(ctx context.Context, l *ledger) (string, error) {
	if u.out {
		return "sign-in", u.signIn(ctx)
	}
	a := choose()
	err := a.do(u, ctx, l)
	if f := new(failure); errors.As(err, &f) && strings.HasPrefix(f.what, "401 ") {
		u.out = true // is counted once, and goes on
	}
	return a.name, err
}

// wrong is a failure that nothing excuses.
func (u *user) wrong(action, format string, args ...any) error {
	return &failure{action: action, deployment: u.deployment, from: time.Now(), to: time.Now(), what: fmt.Sprintf(format, args...), sent: true}
}

func (u *user) mustOwn(action string, a answer, err error) error {
	if err == nil && !u.own(a) {
		return u.wrong(action, "nothing of the user's own in %.200q", a.body)
	}
	return err
}

// look reads a view, with the tag of the answer before. A 304 must be for a tag
// of after the last write, and now and then is held against a whole answer.
func (u *user) look(ctx context.Context, action, path string) error {
	before, known := u.seen[path]
	tag, minute := before.header.Get("ETag"), time.Now().Truncate(time.Minute)
	if stale := u.old[path]; stale != "" && !known {
		tag = stale
	}
	delete(u.old, path)
	a, err := u.ask(ctx, action, "GET", path, "", []int{200, 304}, "If-None-Match", tag)
	if err != nil {
		return err
	}
	if a.status == http.StatusOK {
		if a.header.Get("ETag") == "" {
			return u.wrong(action, "no tag")
		}
		u.seen[path] = a
		return u.mustOwn(action, a, nil)
	}
	if !known {
		return u.wrong(action, "304 after a change")
	}
	if rand.N(5) > 0 || time.Since(u.unsure) < time.Minute {
		return nil
	}
	whole, err := u.ask(ctx, action, "GET", path, "", ok)
	if err != nil {
		return err
	}
	// Views that show hours change with the minute, all of them with the day.
	if time.Now().Truncate(time.Minute).Equal(minute) && (whole.header.Get("ETag") != tag || string(whole.body) != string(before.body)) {
		return u.wrong(action, "304 for what has changed: %.200q is %.200q", before.body, whole.body)
	}
	return nil
}

// screen is what a page asks for at once.
func (u *user) screen(ctx context.Context, _ *ledger) error {
	faults := make(chan error, 3)
	for _, path := range []string{"/api/v1/sprints/" + u.sprint + "/dashboard", "/api/v1/projects/" + u.project + "/velocity", "/api/v1/me/scrum"} {
		go func() {
			_, err := u.ask(ctx, "screen", "GET", path, "", ok)
			faults <- err
		}()
	}
	var first error
	for range 3 {
		if err := <-faults; err != nil {
			first = err
		}
	}
	return first
}

// written notes what became of a write, in the ledger and for what is seen
// afterwards.
func (u *user) written(l *ledger, kind, id string, err error) error {
	l.note(kind, id, err)
	if err != nil {
		u.unsure = time.Now()
	}
	for path, a := range u.seen {
		if err == nil {
			u.old[path] = a.header.Get("ETag")
		}
		delete(u.seen, path)
	}
	if err != nil { // what was old may be so or not
		clear(u.old)
	}
	return err
}

const mostOnBoard = 30 // tasks; the others go to the backlog, so that boards don't grow

func (u *user) insert(ctx context.Context, l *ledger) error {
	name, sprint := u.mark+" "+uuid.NewString(), `"`+u.sprint+`"`
	if len(u.tasks) >= mostOnBoard {
		sprint = "null"
	}
	a, err := u.ask(ctx, "insert", "POST", "/rest/v1/tasks", fmt.Sprintf(`{"project_id":%q,"sprint_id":%s,"task_name":%q}`, u.project, sprint, name),
		[]int{201}, "Prefer", "return=representation")
	if sprint == "null" {
		l.note(inserts, name, err)
		return err // the views of the sprint stay as they are
	}
	if u.written(l, inserts, name, err) != nil {
		return err
	}
	var rows []struct {
		ID string `json:"task_id"`
	}
	if json.Unmarshal(a.body, &rows) != nil || len(rows) != 1 {
		return u.wrong("insert", "%.200q", a.body)
	}
	u.tasks = append(u.tasks, &task{id: rows[0].ID})
	return nil
}

// move moves a task. Its points are the number of the move, so that its history
// tells which of them were done.
func (u *user) move(ctx context.Context, l *ledger) error {
	t := u.tasks[rand.N(len(u.tasks))]
	t.moves++
	status := []string{"Planned", "In Progress", "In Review", "Completed"}[t.moves%4]
	a, err := u.ask(ctx, "move", "PATCH", "/rest/v1/tasks?task_id=eq."+t.id, fmt.Sprintf(`{"status":%q,"story_points":%d}`, status, t.moves),
		ok, "Prefer", "return=representation")
	if u.written(l, moves, fmt.Sprintf("%s %d", t.id, t.moves), err) == nil {
		return u.mustOwn("move", a, nil)
	}
	return err
}

// post posts the scrum's update, with an impediment of its own.
func (u *user) post(ctx context.Context, l *ledger) error {
	text := u.mark + " " + uuid.NewString()
	_, err := u.ask(ctx, "scrum", "POST", "/rest/v1/rpc/submit_scrum_update",
		fmt.Sprintf(`{"daily_scrum_id":%q,"today_work":%q,"impediments":[{"description":%q}]}`, u.scrum, text, text), ok)
	return u.written(l, posts, text, err)
}

// who asks who is signed in.
func (u *user) who(ctx context.Context, _ *ledger) error {
	a, err := u.ask(ctx, "session", "GET", "/api/v1/session", "", ok)
	if err == nil && !strings.Contains(string(a.body), u.id) {
		err = u.wrong("session", "it is another user's: %.200q", a.body)
	}
	return err
}

func (u *user) signIn(ctx context.Context) error {
	if u.out {
		u.forget()
	}
	u.out = true
	a, err := u.ask(ctx, "sign-in", "POST", "/api/v1/session", fmt.Sprintf(`{"email":%q,"password":%q}`, u.email, password), ok)
	if err != nil {
		return err
	}
	u.out = false
	if !strings.Contains(string(a.body), u.id) {
		return u.wrong("sign-in", "as somebody else: %.200q", a.body)
	}
	return nil
}

func (u *user) signOut(ctx context.Context, _ *ledger) error {
	u.out = true
	_, err := u.ask(ctx, "sign-out", "DELETE", "/api/v1/session", "", []int{204})
	return err
}

// bad asks for what must be refused.
func (u *user) bad(ctx context.Context, _ *ledger) error {
	b := []struct {
		method, path, body string
		want               int
		headers            []string
	}{
		{"GET", "/api/v1/sprints/x/board", "", 400, nil},
		{"GET", "/api/v1/sprints/" + uuid.NewString() + "/board", "", 404, nil},
		{"GET", "/api/v1/nothing", "", 404, nil},
		{"POST", "/rest/v1/tasks", `{"task_name":`, 400, nil},
		{"POST", "/rest/v1/tasks", `{"task_name":" "}`, 400, nil},
		{"PATCH", "/rest/v1/tasks?task_id=eq." + u.tasks[0].id, `{"status":"Completed"}`, 403, []string{"Sec-Fetch-Site", "cross-site", "X-MySingle", "0"}},
		{"GET", "/rest/v1/tasks?select=nothing", "", 400, nil},
		{"GET", "/api/v1/me/scrum", "", 401, []string{"Authorization", "Bearer x.y.z"}},
		{"POST", "/api/v1/session", `{"email":"nobody"}`, 400, nil},
	}
	one := b[rand.N(len(b))]
	_, err := u.ask(ctx, "bad", one.method, one.path, one.body, []int{one.want}, one.headers...)
	return err
}
