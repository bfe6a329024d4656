package main

import (
	"bytes"
	"image/png"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/mysingle/mysingle/bff/supabasetest"
	"github.com/mysingle/mysingle/functions/functionstest"
)

const path = "/sprint-report"

// complete completes the team's sprint, in which two tasks are done.
func complete(tb testing.TB, team functionstest.Team) {
	tb.Helper()
	team.Owner.MustUpdate(tb, "tasks", "status=eq.In%20Progress&sprint_id=eq."+team.SprintID, map[string]any{"status": "Completed"})
	team.Owner.MustDo(tb, "complete_sprint", map[string]any{"sprint_id": team.SprintID, "carry_over_to": nil}, nil)
}

// webhook is what the database sends when the sprint was completed.
func webhook(team functionstest.Team) map[string]any {
	return map[string]any{
		"type": "UPDATE", "schema": "public", "table": "sprints",
		"record":     map[string]any{"sprint_id": team.SprintID, "project_id": team.ProjectID, "status": "Completed"},
		"old_record": map[string]any{"status": "Active"},
	}
}

type answer struct {
	Markdown, Picture      string
	Sent, Failed, Given_Up int
}

func mustAsk(tb testing.TB, target functionstest.Target, r functionstest.Request) (a answer) {
	tb.Helper()
	r.Path = path
	got := target.MustDo(tb, r)
	if got.Decode(tb, &a); got.Status != http.StatusOK {
		tb.Fatalf("ask for the report: got status %d (%s), want 200", got.Status, got.Body)
	}
	return a
}

// TestCompleted sends the report once, by the webhook or by the schedule,
// whichever comes first, with a picture that can be fetched.
func TestCompleted(t *testing.T) {
	t.Parallel()
	for _, target := range functionstest.Both(t, newHandler) {
		t.Run(target.Name, func(t *testing.T) {
			t.Parallel()
			team := functionstest.MustTeam(t, 16)
			slack, second := functionstest.MustReceive(t), functionstest.MustReceive(t)
			team.MustChannel(t, "slack", slack.Target)
			team.MustChannel(t, "discord", second.Target)
			second.Status(http.StatusBadGateway)
			complete(t, team)
			if got := mustAsk(t, target, functionstest.Request{Service: true, Body: webhook(team)}); got.Sent != 1 || got.Failed != 1 {
				t.Fatalf("the webhook: got %+v, want 1 sent and 1 failed", got)
			}
			second.Status(http.StatusOK)
			team.MustComeAround(t)
			sweep := functionstest.Request{Service: true, Body: map[string]any{"org_id": team.OrgID}}
			if got := mustAsk(t, target, sweep); got.Sent != 1 || got.Failed != 0 {
				t.Errorf("the schedule: got %+v, want 1 sent and none failed", got)
			}
			for _, again := range []functionstest.Request{sweep, {Service: true, Body: webhook(team)}} {
				if got := mustAsk(t, target, again); got != (answer{}) {
					t.Errorf("the report again: got %+v, want nothing done", got)
				}
			}
			if len(slack.Got()) != 1 || len(second.Got()) != 2 {
				t.Fatalf("messages: got %d to Slack and %d to Discord, want 1 and 2",
					len(slack.Got()), len(second.Got()))
			}
			body := slack.Got()[0].Body
			for _, want := range []string{"스프린트 ‘스프린트 1’ 보고서", "목표: A board to look at", "약속 14개", "Task 2: 고객 데모 준비"} {
				if !strings.Contains(body, want) {
					t.Errorf("the message: got no %q, want it: %s", want, body)
				}
			}
			link := regexp.MustCompile(`"image_url":"([^"]+)"`).FindStringSubmatch(body)
			if link == nil {
				t.Fatalf("the message: got no picture, want one: %s", body)
			}
			mustPicture(t, link[1])
		})
	}
}

// mustPicture fetches a picture as Slack does: without keys and tokens.
func mustPicture(tb testing.TB, address string) {
	tb.Helper()
	resp, err := http.Get(address)
	if err != nil {
		tb.Fatalf("http.Get: %v", err)
	}
	defer resp.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(resp.Body); err != nil {
		tb.Fatalf("body.ReadFrom: %v", err)
	}
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "image/png" {
		tb.Fatalf("the picture at %s: got status %s of type %q (%s), want 200 of type image/png",
			address, resp.Status, resp.Header.Get("Content-Type"), body.String())
	}
	picture, err := png.Decode(&body)
	if err != nil || picture.Bounds().Dx() != 1600 || picture.Bounds().Dy() != 900 {
		tb.Errorf("the picture at %s: got %v (%v), want 1600 by 900", address, picture, err)
	}
}

func TestAsked(t *testing.T) {
	t.Parallel()
	for _, target := range functionstest.Both(t, newHandler) {
		t.Run(target.Name, func(t *testing.T) {
			t.Parallel()
			team := functionstest.MustTeam(t, 16)
			slack := functionstest.MustReceive(t)
			team.MustChannel(t, "slack", slack.Target)
			body := map[string]any{"sprint_id": team.SprintID}
			if got := target.MustDo(t, functionstest.Request{Path: path, As: team.Owner, Body: body}); got.Status != 409 || got.Code() != "not_completed" {
				t.Errorf("a running sprint: got status %d (%s), want 409 with the code not_completed",
					got.Status, got.Body)
			}
			complete(t, team)
			for name, who := range map[string]supabasetest.Person{"member": team.Member, "viewer": team.Viewer} {
				if got := target.MustDo(t, functionstest.Request{Path: path, As: who, Body: body}); got.Status != 403 || got.Code() != "not_allowed" {
					t.Errorf("a %s asks: got status %d (%s), want 403 with the code not_allowed",
						name, got.Status, got.Body)
				}
			}
			stranger := supabasetest.MustSignUp(t)
			if got := target.MustDo(t, functionstest.Request{Path: path, As: stranger, Body: body}); got.Status != 404 || got.Code() != "sprint_not_found" {
				t.Errorf("a stranger asks: got status %d (%s), want 404 with the code sprint_not_found",
					got.Status, got.Body)
			}
			if n := len(slack.Got()); n != 0 {
				t.Fatalf("messages of refused calls: got %d, want none", n)
			}
			got := mustAsk(t, target, functionstest.Request{As: team.ScrumMaster, Body: body})
			if got.Sent != 1 || !strings.HasPrefix(got.Markdown, "# Project of ") {
				t.Fatalf("the scrum master asks: got %+v, want 1 sent and the project's name as the heading", got)
			}
			mustPicture(t, got.Picture)
			if got := mustAsk(t, target, functionstest.Request{As: team.Owner, Body: body}); got.Sent != 0 || got.Markdown == "" {
				t.Errorf("the owner asks too: got %+v, want none sent and the Markdown", got)
			}
			team.MustPass(t)
			if got := mustAsk(t, target, functionstest.Request{As: team.Owner, Body: map[string]any{"sprint_id": team.SprintID, "again": true}}); got.Sent != 1 || len(slack.Got()) != 2 {
				t.Errorf("the owner asks for it again: got %+v and %d messages, want 1 sent and 2 messages",
					got, len(slack.Got()))
			}

			// As Markdown, for everybody who may see the sprint.
			read := functionstest.Request{Method: http.MethodGet, Path: path + "/" + team.SprintID, As: team.Viewer}
			answer := target.MustDo(t, read)
			if answer.Status != 200 || answer.Header.Get("Content-Type") != "text/markdown; charset=utf-8" || answer.Body != got.Markdown {
				t.Errorf("the Markdown: got status %d of type %q (%s), want 200 of type text/markdown in UTF-8 (%s)",
					answer.Status, answer.Header.Get("Content-Type"), answer.Body, got.Markdown)
			}
			for _, want := range []string{"- 약속 14개", "| 완료 | 2 | ", "## 사람별", "| Team owner | ", "## 완료하지 못함\n\n- Task "} {
				if !strings.Contains(answer.Body, want) {
					t.Errorf("the report as Markdown: got no %q, want it:\n%s", want, answer.Body)
				}
			}
			read.As = stranger
			if got := target.MustDo(t, read); got.Status != 404 {
				t.Errorf("a stranger reads: got status %d (%s), want 404", got.Status, got.Body)
			}
			read.As = supabasetest.Person{}
			if got := target.MustDo(t, read); got.Status != 401 {
				t.Errorf("nobody reads: got status %d (%s), want 401", got.Status, got.Body)
			}
		})
	}
}

// TestPictures gives a picture for its own link alone.
func TestPictures(t *testing.T) {
	t.Parallel()
	for _, target := range functionstest.Both(t, newHandler) {
		t.Run(target.Name, func(t *testing.T) {
			t.Parallel()
			team, other := functionstest.MustTeam(t, 16), functionstest.MustTeam(t, 0)
			complete(t, team)
			picture := mustAsk(t, target, functionstest.Request{As: team.Owner, Body: map[string]any{"sprint_id": team.SprintID}}).Picture
			u, err := url.Parse(picture)
			if err != nil || !strings.HasPrefix(picture, os.Getenv("SUPABASE_URL")+"/functions/v1"+path+"/"+team.SprintID+".ko.") {
				t.Fatalf("the picture's URL: got %s (%v), want one of %s/%s in Korean",
					picture, err, path, team.SprintID)
			}
			own := strings.TrimPrefix(u.Path, "/functions/v1")
			parts := strings.Split(own, ".")
			for name, wrong := range map[string]string{
				"another sprint's":    strings.Replace(own, team.SprintID, other.SprintID, 1),
				"another language":    strings.Replace(own, ".ko.", ".en.", 1),
				"no signature":        parts[0] + "." + parts[1] + "..png",
				"a part of it":        parts[0] + "." + parts[1] + "." + parts[2][:42] + ".png",
				"another signature":   parts[0] + "." + parts[1] + "." + strings.Repeat("A", 43) + ".png",
				"another kind":        strings.TrimSuffix(own, ".png") + ".svg",
				"more behind it":      own + ".png",
				"no sprint":           path + "/x.ko." + parts[2] + ".png",
				"in capitals":         strings.Replace(own, team.SprintID, strings.ToUpper(team.SprintID), 1),
				"nothing":             path + "/.png",
				"a name that is none": path + "/report",
			} {
				if got := target.MustDo(t, functionstest.Request{Method: http.MethodGet, Path: wrong}); got.Status != 404 || got.Code() != "no_picture" {
					t.Errorf("the picture, %s: got status %d (%s), want 404 with the code no_picture",
						name, got.Status, got.Body)
				}
			}
			read := functionstest.Request{Method: http.MethodGet, Path: own}
			first := target.MustDo(t, read)
			if first.Status != 200 || first.Header.Get("Cache-Control") != "public, max-age=86400" || len(first.Header.Get("ETag")) != 24 {
				t.Errorf("the picture: got status %d with %v, want 200, public for a day, an ETag of 24 characters",
					first.Status, first.Header)
			}
			for name, function := range map[string]functionstest.Target{"again": target, "another instance": functionstest.Native(t, newHandler, nil)} {
				if got := function.MustDo(t, read); got.Body != first.Body || got.Header.Get("ETag") != first.Header.Get("ETag") {
					t.Errorf("the picture, %s: got %d bytes of the ETag %s, want the same %d bytes of the ETag %s",
						name, len(got.Body), got.Header.Get("ETag"), len(first.Body), first.Header.Get("ETag"))
				}
			}
			for tag, status := range map[string]int{first.Header.Get("ETag"): 304, `"x", W/` + first.Header.Get("ETag"): 304, `"x"`: 200} {
				read.Header = http.Header{"If-None-Match": {tag}}
				if got := target.MustDo(t, read); got.Status != status || (got.Body == "") != (status == 304) {
					t.Errorf("If-None-Match: %s: got status %d and %d bytes, want %d, and bytes with 200 alone",
						tag, got.Status, len(got.Body), status)
				}
			}
		})
	}
}

func TestBadCalls(t *testing.T) {
	t.Parallel()
	team := functionstest.MustTeam(t, 16)
	slack := functionstest.MustReceive(t)
	team.MustChannel(t, "slack", slack.Target)
	with := func(name string, value any) map[string]any {
		body := webhook(team)
		body[name] = value
		return body
	}
	functionstest.Refuses(t, functionstest.Both(t, newHandler), path, []functionstest.Refusal{
		{Name: "nobody", Request: functionstest.Request{Body: webhook(team)}, Status: 401, Code: "not_signed_in"},
		{Name: "a user's webhook", Request: functionstest.Request{As: team.Owner, Body: webhook(team)}, Status: 400, Code: "invalid_request"},
		{Name: "an insert", Request: functionstest.Request{Service: true, Body: with("type", "INSERT")}, Status: 400, Code: "unknown_event"},
		{Name: "an unknown kind", Request: functionstest.Request{Service: true, Body: with("type", "EXPLODE")}, Status: 400, Code: "unknown_event"},
		{Name: "another table", Request: functionstest.Request{Service: true, Body: with("table", "tasks")}, Status: 400, Code: "unknown_event"},
		{Name: "no record", Request: functionstest.Request{Service: true, Body: with("record", nil)}, Status: 400, Code: "invalid_request"},
		{Name: "no UUID", Request: functionstest.Request{Service: true, Body: with("record", map[string]any{"sprint_id": "x"})}, Status: 400, Code: "invalid_request"},
		{Name: "an unknown sprint", Request: functionstest.Request{Service: true, Body: with("record", map[string]any{"sprint_id": "00000000-0000-4000-8000-000000000000"})}, Status: 404, Code: "PT404"},
		{Name: "one that runs", Request: functionstest.Request{Service: true, Body: webhook(team)}, Status: 409, Code: "PT409"},
		{Name: "the service, as a person", Request: functionstest.Request{Service: true, Body: map[string]any{"sprint_id": team.SprintID}}, Status: 400, Code: "invalid_request"},
		{Name: "no moment", Request: functionstest.Request{Service: true, Body: map[string]any{"at": "x"}}, Status: 400, Code: "invalid_request"},
		{Name: "no JSON", Request: functionstest.Request{Service: true, Body: "completed"}, Status: 400, Code: "invalid_request"},
		{Name: "no sprint", Request: functionstest.Request{As: team.Owner, Body: map[string]any{}}, Status: 400, Code: "invalid_request"},
		{Name: "another method", Request: functionstest.Request{As: team.Owner, Method: http.MethodPut}, Status: 405, Code: "method_not_allowed"},
		{Name: "another path", Request: functionstest.Request{As: team.Owner, Path: path + "/x/y"}, Status: 404, Code: "no_such_path"},
	})
	if n := len(slack.Got()); n != 0 {
		t.Errorf("messages of refused calls: got %d, want none", n)
	}
}

func TestEscape(t *testing.T) {
	for text, want := range map[string]string{
		"4차: 배송 추적":                "4차: 배송 추적",
		"1. first":                 `1\. first`,
		"2024) x":                  `2024\) x`,
		"- item":                   `\- item`,
		"a-b (c) 1.5":              "a-b (c) 1.5",
		"[x](javascript:alert(1))": `\[x\](javascript:alert(1))`,
		"<img src=x onerror=y>":    `\<img src=x onerror=y\>`,
		"http://evil.test":         `http\://evil.test`,
		"www.evil.test":            `www\.evil.test`,
		"a|b":                      `a\|b`,
		"@everyone #1":             `\@everyone \#1`,
		"two\nlines\r\n# x":        `two lines \# x`,
		"`code` *b* _i_ ~s~":       "\\`code\\` \\*b\\* \\_i\\_ \\~s\\~",
		"&lt;":                     `\&lt;`,
		`\`:                        `\\`,
		"":                         "",
	} {
		if got := escape(text); got != want {
			t.Errorf("escape %q: got %q, want %q", text, got, want)
		}
	}
}
