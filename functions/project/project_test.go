package project_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	bff "github.com/mysingle/mysingle/bff/supabase"
	"github.com/mysingle/mysingle/bff/supabasetest"
	"github.com/mysingle/mysingle/functions/edge"
	"github.com/mysingle/mysingle/functions/functionstest"
	"github.com/mysingle/mysingle/functions/project"
)

// status is the one that a *edge.Problem has.
func status(err error) int {
	problem := new(edge.Problem)
	if errors.As(err, &problem) {
		return problem.Status
	}
	return 0
}

func TestCallers(t *testing.T) {
	p := functionstest.MustProject(t, nil)
	me := supabasetest.MustSignUp(t)
	secret := supabasetest.Env(t, "SUPABASE_SECRET_KEY")
	for name, scenario := range map[string]struct {
		header  http.Header
		service bool
		user    int // the status, 200 for a user
	}{
		"nobody":                   {http.Header{}, false, 401},
		"the publishable key":      {http.Header{"Apikey": {supabasetest.Env(t, "SUPABASE_PUBLISHABLE_KEY")}, "Authorization": {"Bearer " + supabasetest.Env(t, "SUPABASE_PUBLISHABLE_KEY")}}, false, 401},
		"a user":                   {http.Header{"Authorization": {"Bearer " + me.Token}}, false, 200},
		"a changed token":          {http.Header{"Authorization": {"Bearer " + changed(me.Token)}}, false, 401},
		"another scheme":           {http.Header{"Authorization": {"Basic " + me.Token}}, false, 401},
		"the secret key":           {http.Header{"Apikey": {secret}}, true, 401},
		"the secret key as bearer": {http.Header{"Authorization": {"Bearer " + secret}}, false, 403},
		"part of the secret key":   {http.Header{"Apikey": {secret[:len(secret)-1]}}, false, 401},
		"more than the secret key": {http.Header{"Apikey": {secret + " "}}, false, 401},
		"a token as key":           {http.Header{"Apikey": {me.Token}}, false, 401},
	} {
		r := httptest.NewRequest(http.MethodPost, "/x", nil)
		r.Header = scenario.header
		if err := p.RequireService(r); (err == nil) != scenario.service || err != nil && status(err) != 401 {
			t.Errorf("%s, as the service: got error %v, want none: %t, otherwise status 401",
				name, err, scenario.service)
		}
		who, err := p.User(r)
		if got := status(err); err != nil && got != scenario.user || err == nil && (scenario.user != 200 || who.Subject != me.ID) {
			t.Errorf("%s, as a user: got %+v (%v), want status %d, which is 200 for %s alone",
				name, who, err, scenario.user, me.ID)
		}
	}
}

// changed returns the token with another signature: its first letter, of which every bit counts, is another one.
func changed(token string) string {
	at := strings.LastIndex(token, ".") + 1
	letter := "A"
	if token[at] == 'A' {
		letter = "B"
	}
	return token[:at] + letter + token[at+1:]
}

// TestRights asks the same with the service's rights, a user's and a stranger's.
func TestRights(t *testing.T) {
	p := functionstest.MustProject(t, nil)
	me, other := supabasetest.MustSignUp(t), supabasetest.MustSignUp(t)
	sprint := me.MustSprint(t)
	args := map[string]string{"sprint_id": sprint.SprintID}
	var board *struct{}
	if err := p.Service(t.Context(), "sprint_report", args, &board); err != nil || board == nil {
		t.Errorf("the report to the service: got %v (%v), want one", board, err)
	}
	for name, who := range map[string]supabasetest.Person{"its owner": me, "a stranger": other} {
		board = nil
		err := p.As(t.Context(), bff.Identity{Subject: who.ID, Token: who.Token}, "sprint_report", args, &board)
		if err != nil || (board != nil) != (who.ID == me.ID) {
			t.Errorf("the report to %s: got %v (%v), want one: %t", name, board, err, who.ID == me.ID)
		}
	}
}

// TestRefusals tells what the database refuses from what it returns.
func TestRefusals(t *testing.T) {
	p := functionstest.MustProject(t, nil)
	me := supabasetest.MustSignUp(t)
	who := bff.Identity{Subject: me.ID, Token: me.Token}
	var target any
	for name, call := range map[string]func() error{
		"the service, bad input": func() error {
			return p.Service(t.Context(), "claim_notifications", map[string]any{"event": "scrum_digest", "batch": 0}, &target)
		},
		"a user, bad input": func() error {
			return p.As(t.Context(), who, "create_invitation", map[string]string{"email": "x"}, &target)
		},
	} {
		err := call()
		fault := new(project.Error)
		if !errors.As(err, &fault) || fault.Code != "22023" || fault.Message == "" {
			t.Errorf("%s: got error %v, want a *project.Error of code 22023 with a message", name, err)
		}
	}
	if err := p.As(t.Context(), who, "claim_notifications", map[string]any{"event": "scrum_digest"}, &target); status(project.Answer(err)) != 403 {
		t.Errorf("a user claims notifications: got error %v, want status 403", err)
	}
	if target != nil {
		t.Errorf("the result of refused calls: got %v, want none", target)
	}
}

// TestDatabaseIsDown answers 502 and tells nothing of where it would be.
func TestDatabaseIsDown(t *testing.T) {
	garbage := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadGateway)
		_, _ = w.Write([]byte("<html>upstream</html>"))
	}))
	defer garbage.Close()
	gone := httptest.NewServer(nil)
	gone.Close()
	for name, address := range map[string]string{"garbage": garbage.URL, "gone": gone.URL} {
		p := functionstest.MustProject(t, map[string]string{"SUPABASE_URL": address})
		for rights, err := range map[string]error{
			"service": p.Service(t.Context(), "sprint_report", map[string]string{}, nil),
			"user":    p.As(t.Context(), bff.Identity{Subject: "x", Token: "x"}, "sprint_report", map[string]string{}, nil),
			"rows":    p.Select(t.Context(), bff.Identity{Subject: "x", Token: "x"}, "sprints", "sprint_id", "sprint_id", "x", nil),
		} {
			answer := new(edge.Problem)
			if !errors.As(project.Answer(err), &answer) || answer.Status != 502 || strings.Contains(answer.Message, "127.0.0.1") {
				t.Errorf("%s, %s: got error %v, answered as %+v, want status 502 without the address",
					name, rights, err, answer)
			}
		}
	}
}
