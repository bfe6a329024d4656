package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/mysingle/mysingle/bff/supabasetest"
	"github.com/mysingle/mysingle/functions/functionstest"
)

const path = "/scrum-digest"

// scene is a team whose scrum of today has been opened, posted to by the
// member, and has an impediment.
type scene struct {
	functionstest.Team
	scrum string
}

func mustScene(tb testing.TB) scene {
	tb.Helper()
	s := scene{Team: functionstest.MustTeam(tb, 8)}
	var opened []struct {
		ID        string `json:"daily_scrum_id"`
		ProjectID string `json:"project_id"`
	}
	s.Owner.MustDo(tb, "open_daily_scrums", map[string]any{}, &opened)
	s.scrum = opened[0].ID
	s.Member.MustDo(tb, "submit_scrum_update", map[string]any{
		"daily_scrum_id": s.scrum, "yesterday_work": "결제 오류를 고쳤습니다", "today_work": "Write *the* <b>tests</b> @here",
		"impediments": []map[string]any{{"description": "시험 서버가 <!channel> 느립니다", "task_id": nil}},
	}, nil)
	return s
}

// summary is what is kept with the scrum.
func (s scene) summary(tb testing.TB) string {
	tb.Helper()
	var rows []struct{ Summary *string }
	s.Owner.MustSelect(tb, "daily_scrums", "select=summary&daily_scrum_id=eq."+s.scrum, &rows)
	if rows[0].Summary == nil {
		return ""
	}
	return *rows[0].Summary
}

func TestScheduled(t *testing.T) {
	t.Parallel()
	for _, target := range functionstest.Both(t, newHandler) {
		t.Run(target.Name, func(t *testing.T) {
			t.Parallel()
			s := mustScene(t)
			slack, webhook := functionstest.MustReceive(t), functionstest.MustReceive(t)
			s.MustChannel(t, "slack", slack.Target)
			s.MustChannel(t, "webhook", webhook.Target, "scrum_digest")
			tick := func() (got struct{ Summaries, Sent, Failed, Given_Up int }) {
				answer := target.MustDo(t, functionstest.Request{Path: path, Service: true, Body: map[string]any{"org_id": s.OrgID}})
				if answer.Decode(t, &got); answer.Status != http.StatusOK {
					t.Fatalf("the schedule: got status %d (%s), want 200", answer.Status, answer.Body)
				}
				return got
			}
			if got := tick(); got.Summaries != 1 || got.Sent != 2 || got.Failed+got.Given_Up != 0 {
				t.Fatalf("the schedule: got %+v, want 1 summary and 2 sent", got)
			}
			text := s.summary(t)
			for _, want := range []string{"3명 중 1명이 스크럼을 작성했습니다", " 중 ", "남았습니다 (계획대로라면 ", "스프린트는 ", "장애물\n- 시험 서버가 <!channel> 느립니다 (Team member, 방금)",
				"- Team member, 어제: 결제 오류를 고쳤습니다\n- Team member, 오늘: Write *the* <b>tests</b> @here", "아직 작성하지 않은 사람\n- Team owner\n- Team scrum_master"} {
				if !strings.Contains(text, want) {
					t.Errorf("the summary: got no %q, want it:\n%s", want, text)
				}
			}
			if strings.Contains(text, "Team viewer") {
				t.Errorf("the summary: got the viewer in it, want only who takes part:\n%s", text)
			}
			if len(slack.Got()) != 1 || len(webhook.Got()) != 1 {
				t.Fatalf("messages: got %d to Slack and %d to the webhook, want 1 each",
					len(slack.Got()), len(webhook.Got()))
			}
			if body := slack.Got()[0].Body; !strings.Contains(body, "결제 오류를 고쳤습니다") || strings.Contains(body, "<!channel>") || strings.Contains(body, "@here") {
				t.Errorf("the message to Slack: got %s, want the member's update and no live mention", body)
			}
			var hook struct {
				Data struct {
					Event string
					Data  struct {
						Scrum    struct{ Expected int }
						Burndown struct{ Days []any }
					}
				}
			}
			got := webhook.Got()[0]
			if err := json.Unmarshal([]byte(got.Body), &hook); err != nil || !strings.Contains(got.Body, `"expected":3`) || !strings.HasPrefix(got.Header.Get("Webhook-Signature"), "v1,") {
				t.Errorf("the webhook: got %s with %v (%v), want JSON with 3 expected, signed",
					got.Body, got.Header, err)
			}
			// Again: nothing. And what somebody has written since stays.
			s.ScrumMaster.MustUpdate(t, "daily_scrums", "daily_scrum_id=eq."+s.scrum, map[string]any{"summary": "In my words."})
			if got := tick(); got.Summaries+got.Sent+got.Failed+got.Given_Up != 0 || s.summary(t) != "In my words." || len(slack.Got()) != 1 {
				t.Errorf("the schedule again: got %+v, summary %q, %d messages, want none, \"In my words.\", 1",
					got, s.summary(t), len(slack.Got()))
			}
		})
	}
}

// TestAnotherDay tells of an earlier day what was so on that day.
func TestAnotherDay(t *testing.T) {
	t.Parallel()
	for _, target := range functionstest.Both(t, newHandler) {
		t.Run(target.Name, func(t *testing.T) {
			t.Parallel()
			team := functionstest.MustTeam(t, 8)
			team.MustHaveBegun(t, team.Day(-4))
			supabasetest.MustExec(t, `update public.task_events set at = at - interval '6 days' where project_id = $1`, team.ProjectID)
			team.Owner.MustUpdate(t, "tasks", "status=neq.Cancelled&sprint_id=eq."+team.SprintID, map[string]any{"status": "Completed"})
			var opened []struct {
				ID string `json:"daily_scrum_id"`
			}
			team.Owner.MustDo(t, "open_daily_scrums", map[string]any{"scrum_date": team.Day(-2)}, &opened)
			var got struct{ Summary string }
			target.MustDo(t, functionstest.Request{Path: path, As: team.Owner, Body: map[string]any{"daily_scrum_id": opened[0].ID}}).Decode(t, &got)
			if !strings.Contains(got.Summary, "7개(21포인트) 중 6개(14포인트) 남았습니다") || strings.Contains(got.Summary, "끝납니다") {
				t.Errorf("the summary of two days ago: got %s, want 6 of 7 tasks left and no end of the sprint",
					got.Summary)
			}
		})
	}
}

// TestClosedSprint sends a digest of a scrum whose sprint was closed before there was one, and keeps nothing of it.
func TestClosedSprint(t *testing.T) {
	t.Parallel()
	for _, target := range functionstest.Both(t, newHandler) {
		t.Run(target.Name, func(t *testing.T) {
			t.Parallel()
			s := mustScene(t)
			slack := functionstest.MustReceive(t)
			s.MustChannel(t, "slack", slack.Target)
			s.ScrumMaster.MustDo(t, "complete_sprint", map[string]any{"sprint_id": s.SprintID}, nil)
			var got struct {
				Summary string
				Sent    int
			}
			target.MustDo(t, functionstest.Request{Path: path, As: s.ScrumMaster, Body: map[string]any{"daily_scrum_id": s.scrum}}).Decode(t, &got)
			if got.Summary == "" || got.Sent != 1 || len(slack.Got()) != 1 || s.summary(t) != "" {
				t.Errorf("the digest of a closed sprint: got %q, %d sent, %d received, %q kept, want a text, 1, 1, nothing kept",
					got.Summary, got.Sent, len(slack.Got()), s.summary(t))
			}
		})
	}
}

// TestSomebodyWasFaster keeps what somebody has written.
func TestSomebodyWasFaster(t *testing.T) {
	t.Parallel()
	s := mustScene(t)
	s.ScrumMaster.MustUpdate(t, "daily_scrums", "daily_scrum_id=eq."+s.scrum, map[string]any{"summary": "In my words."})
	changed := func() (rows []struct {
		UpdatedAt string `json:"updated_at"`
	}) {
		s.Owner.MustSelect(t, "daily_scrums", "select=updated_at&daily_scrum_id=eq."+s.scrum, &rows)
		return rows
	}
	before := changed()
	var got struct{ Summary string }
	functionstest.Native(t, newHandler, nil).MustDo(t, functionstest.Request{Path: path, As: s.Owner, Body: map[string]any{"daily_scrum_id": s.scrum}}).Decode(t, &got)
	if got.Summary != "In my words." || s.summary(t) != got.Summary || changed()[0] != before[0] {
		t.Errorf("the summary: got %q, kept %q, changed at %v and %v, want the scrum master's, and no change",
			got.Summary, s.summary(t), before, changed())
	}
}

// TestWithoutChannels writes the summary all the same.
func TestWithoutChannels(t *testing.T) {
	t.Parallel()
	s := mustScene(t)
	functionstest.Native(t, newHandler, nil).MustDo(t, functionstest.Request{Path: path, Service: true, Body: map[string]any{"org_id": s.OrgID}})
	if s.summary(t) == "" {
		t.Error("the summary of a team without channels: got none, want one")
	}
}

func TestAsked(t *testing.T) {
	t.Parallel()
	for _, target := range functionstest.Both(t, newHandler) {
		t.Run(target.Name, func(t *testing.T) {
			t.Parallel()
			s := mustScene(t)
			slack := functionstest.MustReceive(t)
			s.MustChannel(t, "slack", slack.Target)
			ask := func(who supabasetest.Person, body map[string]any) (functionstest.Answer, struct {
				Summary string
				Sent    int
			}) {
				answer := target.MustDo(t, functionstest.Request{Path: path, As: who, Body: body})
				var got struct {
					Summary string
					Sent    int
				}
				answer.Decode(t, &got)
				return answer, got
			}
			for name, who := range map[string]supabasetest.Person{"member": s.Member, "viewer": s.Viewer} {
				if answer, _ := ask(who, map[string]any{"daily_scrum_id": s.scrum}); answer.Status != 403 || answer.Code() != "not_allowed" {
					t.Errorf("a %s asks: got status %d (%s), want 403 with the code not_allowed",
						name, answer.Status, answer.Body)
				}
			}
			if answer, _ := ask(supabasetest.MustSignUp(t), map[string]any{"daily_scrum_id": s.scrum}); answer.Status != 404 || answer.Code() != "scrum_not_found" {
				t.Errorf("a stranger asks: got status %d (%s), want 404 with the code scrum_not_found",
					answer.Status, answer.Body)
			}
			if len(slack.Got()) != 0 || s.summary(t) != "" {
				t.Fatalf("refused calls: got %d messages and the summary %q, want neither",
					len(slack.Got()), s.summary(t))
			}
			if answer, got := ask(s.ScrumMaster, map[string]any{"daily_scrum_id": s.scrum}); answer.Status != 200 || got.Sent != 1 || got.Summary == "" || got.Summary != s.summary(t) {
				t.Fatalf("the scrum master asks: got status %d (%s), want 200, 1 sent and the kept summary %q",
					answer.Status, answer.Body, s.summary(t))
			}
			if _, got := ask(s.ScrumMaster, map[string]any{"daily_scrum_id": s.scrum}); got.Sent != 0 {
				t.Errorf("the scrum master asks twice: got %+v, want none sent", got)
			}
			if _, got := ask(s.Owner, map[string]any{"daily_scrum_id": s.scrum, "again": true}); got.Sent != 0 {
				t.Errorf("the owner asks for it again at once: got %+v, want none sent", got)
			}
			s.MustPass(t)
			if _, got := ask(s.Owner, map[string]any{"daily_scrum_id": s.scrum, "again": true}); got.Sent != 1 || len(slack.Got()) != 2 {
				t.Errorf("the owner asks for it again: got %+v and %d messages, want 1 sent and 2 messages",
					got, len(slack.Got()))
			}
		})
	}
}

func TestEnglish(t *testing.T) {
	t.Parallel()
	s := mustScene(t)
	s.Owner.MustUpdate(t, "organizations", "org_id=eq."+s.OrgID, map[string]any{"locale": "en"})
	functionstest.Native(t, newHandler, nil).MustDo(t, functionstest.Request{Path: path, Service: true, Body: map[string]any{"org_id": s.OrgID}})
	for _, want := range []string{"1 of 3 posted", " left", "Still missing\n- Team owner", "Team member, yesterday: 결제 오류를", "Blockers"} {
		if text := s.summary(t); !strings.Contains(text, want) {
			t.Errorf("the summary in English: got no %q, want it:\n%s", want, text)
		}
	}
}

func TestBadCalls(t *testing.T) {
	t.Parallel()
	s := mustScene(t)
	slack := functionstest.MustReceive(t)
	s.MustChannel(t, "slack", slack.Target)
	functionstest.Refuses(t, functionstest.Both(t, newHandler), path, []functionstest.Refusal{
		{Name: "nobody", Request: functionstest.Request{Body: map[string]any{"daily_scrum_id": s.scrum}}, Status: 401, Code: "not_signed_in"},
		{Name: "a bad token", Request: functionstest.Request{Body: map[string]any{"daily_scrum_id": s.scrum}, Header: http.Header{"Authorization": {"Bearer a.b.c"}}}, Status: 401, Code: "invalid_token"},
		{Name: "no scrum", Request: functionstest.Request{As: s.ScrumMaster, Body: map[string]any{}}, Status: 400, Code: "invalid_request"},
		{Name: "no UUID", Request: functionstest.Request{As: s.ScrumMaster, Body: map[string]any{"daily_scrum_id": "today"}}, Status: 400, Code: "invalid_request"},
		{Name: "unknown", Request: functionstest.Request{As: s.ScrumMaster, Body: map[string]any{"daily_scrum_id": "00000000-0000-4000-8000-000000000000"}}, Status: 404, Code: "scrum_not_found"},
		{Name: "a filter", Request: functionstest.Request{As: s.ScrumMaster, Body: map[string]any{"daily_scrum_id": s.scrum + "&or=(true)"}}, Status: 400, Code: "invalid_request"},
		{Name: "no JSON", Request: functionstest.Request{As: s.ScrumMaster, Body: "x"}, Status: 400, Code: "invalid_request"},
		{Name: "no JSON, the service", Request: functionstest.Request{Service: true, Body: "x"}, Status: 400, Code: "invalid_request"},
		{Name: "no moment", Request: functionstest.Request{Service: true, Body: map[string]any{"at": "today"}}, Status: 400, Code: "invalid_request"},
		{Name: "another method", Request: functionstest.Request{As: s.ScrumMaster, Method: http.MethodPut}, Status: 405, Code: "method_not_allowed"},
	})
	if len(slack.Got()) != 0 || s.summary(t) != "" {
		t.Errorf("refused calls: got %d messages and the summary %q, want neither", len(slack.Got()), s.summary(t))
	}
}
