package main

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/mysingle/mysingle/bff/supabasetest"
	"github.com/mysingle/mysingle/functions/functionstest"
)

const path = "/calendar"

// mustFeed makes a feed of the person's and returns it, and its link as a path
// of the function.
func mustFeed(tb testing.TB, target functionstest.Target, who supabasetest.Person, body map[string]any) (f feed, link string) {
	tb.Helper()
	got := target.MustDo(tb, functionstest.Request{Path: path, As: who, Body: body})
	if got.Decode(tb, &f); got.Status != http.StatusCreated {
		tb.Fatalf("create the feed: got status %d (%s), want 201", got.Status, got.Body)
	}
	u, err := url.Parse(f.URL)
	if err != nil || !strings.HasPrefix(u.Path, "/functions/v1/calendar/") {
		tb.Fatalf("the feed's URL: got %s (%v), want one below /functions/v1/calendar/", f.URL, err)
	}
	supabasetest.Secret(strings.Split(f.URL, ".")[len(strings.Split(f.URL, "."))-2]) // the signature
	return f, strings.TrimPrefix(u.Path, "/functions/v1")
}

// mustRead reads a feed as a calendar app does: with its link alone.
func mustRead(tb testing.TB, target functionstest.Target, link string) (*ics.Calendar, functionstest.Answer) {
	tb.Helper()
	got := target.MustDo(tb, functionstest.Request{Method: http.MethodGet, Path: link})
	if got.Status != http.StatusOK || got.Header.Get("Content-Type") != "text/calendar; charset=utf-8" {
		tb.Fatalf("read the feed: got status %d of type %q (%s), want 200 of type text/calendar; charset=utf-8",
			got.Status, got.Header.Get("Content-Type"), got.Body)
	}
	calendar, err := ics.ParseCalendar(strings.NewReader(got.Body))
	if err != nil {
		tb.Fatalf("parse the feed: %v in %s", err, got.Body)
	}
	return calendar, got
}

// events are a calendar's, by the beginning of their UIDs.
func events(calendar *ics.Calendar, kind string) (found []*ics.VEvent) {
	for _, e := range calendar.Events() {
		if strings.HasPrefix(e.Id(), kind+"-") {
			found = append(found, e)
		}
	}
	return found
}

func text(e *ics.VEvent, property ics.ComponentProperty) string {
	if p := e.GetProperty(property); p != nil {
		return p.Value
	}
	return ""
}

func TestFeed(t *testing.T) {
	t.Parallel()
	for _, target := range functionstest.Both(t, newHandler) {
		t.Run(target.Name, func(t *testing.T) {
			t.Parallel()
			team := functionstest.MustTeam(t, 0)
			team.Owner.MustUpdate(t, "organizations", "org_id=eq."+team.OrgID, map[string]any{"reminder_time": "09:30"})
			team.Owner.MustUpdate(t, "sprints", "sprint_id=eq."+team.SprintID, map[string]any{"sprint_name": "4차; 배송,\n추적\\BEGIN:VEVENT", "goal": strings.Repeat("긴 목표, ", 60)})
			team.Owner.MustInsert(t, "tasks", []map[string]any{
				{"project_id": team.ProjectID, "task_name": "견적 보내기", "assigned_to": team.Member.ID, "due_date": team.Day(3), "status": "In Progress"},
				{"project_id": team.ProjectID, "task_name": "다른 사람 일", "assigned_to": team.Owner.ID, "due_date": team.Day(3), "status": "In Progress"},
				{"project_id": team.ProjectID, "task_name": "끝난 일", "assigned_to": team.Member.ID, "due_date": team.Day(3), "status": "Completed"},
			}, nil)
			f, link := mustFeed(t, target, team.Member, map[string]any{"feed_name": "일정"})
			calendar, answer := mustRead(t, target, link)

			sprints, scrums, tasks := events(calendar, "sprint"), events(calendar, "scrum"), events(calendar, "task")
			if len(sprints) != 1 || len(scrums) != 14 || len(tasks) != 1 || len(calendar.Events()) != 16 {
				t.Fatalf("events: got %d sprints, %d scrums, %d tasks of %d, want 1, 14, 1 of 16\n%s",
					len(sprints), len(scrums), len(tasks), len(calendar.Events()), answer.Body)
			}
			if s := text(sprints[0], ics.ComponentPropertySummary); s != `스프린트: 4차; 배송, 추적\BEGIN:VEVENT` {
				t.Errorf("the sprint's summary: got %q, want its name on one line", s)
			}
			first, err := sprints[0].GetAllDayStartAt()
			last, err2 := sprints[0].GetAllDayEndAt()
			if err != nil || err2 != nil || first.Format(time.DateOnly) != team.Day(0) || last.Format(time.DateOnly) != team.Day(14) {
				t.Errorf("the sprint's days: got %s to %s (%v, %v), want %s to %s",
					first, last, err, err2, team.Day(0), team.Day(14))
			}
			starts, err := scrums[0].GetStartAt()
			if got, want := starts.In(team.Zone).Format("2006-01-02 15:04"), team.Day(0)+" 09:30"; err != nil || got != want {
				t.Errorf("the first scrum: got %s (%v), want %s", got, err, want)
			}
			if s := text(tasks[0], ics.ComponentPropertySummary); s != "마감: 견적 보내기" {
				t.Errorf("the task's summary: got %q, want the deadline of 견적 보내기", s)
			}
			for _, line := range strings.SplitAfter(strings.TrimSuffix(answer.Body, "\r\n"), "\r\n") {
				if len(strings.TrimSuffix(line, "\r\n")) > 75 || strings.Contains(strings.TrimSuffix(line, "\r\n"), "\n") || !strings.HasPrefix(line, " ") && !strings.Contains(line, ":") {
					t.Errorf("a line of the feed: got %q, want one of RFC 5545", line)
				}
			}
			if strings.Count(answer.Body, "\r\nREFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n") != 1 {
				t.Errorf("the feed: got %.400s, want one REFRESH-INTERVAL of an hour", answer.Body)
			}
			for _, secret := range []string{team.Member.Email, team.Owner.Email, f.FeedID} {
				if strings.Contains(answer.Body, secret) {
					t.Errorf("the feed shows %s", secret)
				}
			}

			// The same again is answered with 304, and a change isn't.
			again := functionstest.Request{Method: http.MethodGet, Path: link, Header: http.Header{"If-None-Match": {answer.Header.Get("ETag")}}}
			if got := target.MustDo(t, again); got.Status != http.StatusNotModified || got.Body != "" {
				t.Errorf("the same feed again: got status %d (%s), want 304 and no body", got.Status, got.Body)
			}
			team.Owner.MustUpdate(t, "tasks", "task_name=eq."+url.PathEscape("견적 보내기")+"&project_id=eq."+team.ProjectID, map[string]any{"status": "Completed"})
			if got := target.MustDo(t, again); got.Status != http.StatusOK || strings.Contains(got.Body, "견적") {
				t.Errorf("the feed after a change: got status %d (%s), want 200 without the completed task",
					got.Status, got.Body)
			}

			// Who leaves the project sees no more of it.
			team.Owner.MustDelete(t, "project_members", "project_id=eq."+team.ProjectID+"&profile_id=eq."+team.Member.ID)
			if calendar, answer := mustRead(t, target, link); len(calendar.Events()) != 0 {
				t.Errorf("the feed of who left the project: got %d events, want none: %s",
					len(calendar.Events()), answer.Body)
			}
		})
	}
}

// TestLinks shows that a link is good for its own feed alone, until the feed is
// deleted.
func TestLinks(t *testing.T) {
	t.Parallel()
	for _, target := range functionstest.Both(t, newHandler) {
		t.Run(target.Name, func(t *testing.T) {
			t.Parallel()
			me, other := supabasetest.MustSignUp(t), supabasetest.MustSignUp(t)
			f, link := mustFeed(t, target, me, map[string]any{})
			g, _ := mustFeed(t, target, other, map[string]any{})
			parts := strings.Split(link, ".")
			for name, wrong := range map[string]string{
				"another feed's":    strings.Replace(link, f.FeedID, g.FeedID, 1),
				"in capitals":       strings.Replace(link, f.FeedID, strings.ToUpper(f.FeedID), 1),
				"no signature":      parts[0] + ".ics",
				"another signature": parts[0] + "." + strings.Repeat("A", 43) + ".ics",
				"a part of it":      parts[0] + "." + parts[1][:42] + ".ics",
				"the id alone":      path + "/" + f.FeedID,
				"nothing":           path + "/.ics",
			} {
				if got := target.MustDo(t, functionstest.Request{Method: http.MethodGet, Path: wrong}); got.Status != 404 || got.Code() != "no_feed" {
					t.Errorf("a link with %s: got status %d (%s), want 404 with the code no_feed",
						name, got.Status, got.Body)
				}
			}
			var feeds []feed
			if target.MustDo(t, functionstest.Request{Method: http.MethodGet, Path: path, As: me}).Decode(t, &feeds); len(feeds) != 1 || feeds[0].URL != f.URL || feeds[0].FeedName != "MySingle" {
				t.Errorf("one's feeds: got %+v, want MySingle at %s alone", feeds, f.URL)
			}
			revoke := functionstest.Request{Method: http.MethodDelete, Path: path + "/" + f.FeedID, As: other}
			if got := target.MustDo(t, revoke); got.Status != 404 {
				t.Errorf("delete somebody else's feed: got status %d (%s), want 404", got.Status, got.Body)
			}
			mustRead(t, target, link)
			revoke.As = me
			if got := target.MustDo(t, revoke); got.Status != 204 || got.Body != "" {
				t.Errorf("delete one's feed: got status %d (%s), want 204 and no body", got.Status, got.Body)
			}
			if got := target.MustDo(t, functionstest.Request{Method: http.MethodGet, Path: link}); got.Status != 404 || got.Code() != "no_feed" {
				t.Errorf("read a deleted feed: got status %d (%s), want 404 with the code no_feed",
					got.Status, got.Body)
			}
			if got := target.MustDo(t, revoke); got.Status != 404 {
				t.Errorf("delete a deleted feed: got status %d (%s), want 404", got.Status, got.Body)
			}
		})
	}
}

// TestKeysOfLinksChange_slow walks bff/deploy/keys.md with two instances at a time:
// what one signs the other opens, and what the old key signed opens until that
// is taken away.
func TestKeysOfLinksChange_slow(t *testing.T) {
	t.Parallel()
	me := supabasetest.MustSignUp(t)
	first, second := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, 32)), base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{2}, 32))
	instance := func(keys string) functionstest.Target {
		return functionstest.Deno(t, "calendar", map[string]string{"FUNCTIONS_SIGNING_KEYS": keys})
	}
	before, opens, signs, after := instance(first), instance(first+","+second), instance(second+","+first), instance(second)
	var early []string
	for _, pair := range [][]functionstest.Target{{before, before}, {before, opens}, {opens, opens}, {opens, signs}, {signs, signs}} {
		for _, target := range pair {
			_, link := mustFeed(t, target, me, map[string]any{"feed_name": "일정"})
			early = append(early, link)
		}
		for _, target := range pair {
			for _, link := range early {
				mustRead(t, target, link)
			}
		}
	}
	// Who looks at their feeds finds links by the new key, which goes on alone.
	got := signs.MustDo(t, functionstest.Request{Method: http.MethodGet, Path: path, As: me})
	var feeds []feed
	if got.Decode(t, &feeds); len(feeds) != len(early) {
		t.Fatalf("one's feeds: got %d, status %d (%s), want %d", len(feeds), got.Status, got.Body, len(early))
	}
	for _, f := range feeds {
		_, link, _ := strings.Cut(f.URL, "/functions/v1")
		mustRead(t, after, link)
		mustRead(t, signs, link)
	}
	if got := after.MustDo(t, functionstest.Request{Method: http.MethodGet, Path: early[0]}); got.Status != http.StatusNotFound || got.Code() != "no_feed" {
		t.Errorf("a link by the old key: got status %d (%s), want 404 with the code no_feed", got.Status, got.Body)
	}
}

func TestBadCalls(t *testing.T) {
	t.Parallel()
	me := supabasetest.MustSignUp(t)
	functionstest.Refuses(t, functionstest.Both(t, newHandler), path, []functionstest.Refusal{
		{Name: "nobody", Request: functionstest.Request{Body: map[string]any{}}, Status: 401, Code: "not_signed_in"},
		{Name: "nobody's feeds", Request: functionstest.Request{Method: http.MethodGet}, Status: 401, Code: "not_signed_in"},
		{Name: "the service", Request: functionstest.Request{Service: true}, Status: 403, Code: "role_refused"},
		{Name: "a bad token", Request: functionstest.Request{Header: http.Header{"Authorization": {"Bearer x.y.z"}}}, Status: 401, Code: "invalid_token"},
		{Name: "no JSON", Request: functionstest.Request{As: me, Body: "x"}, Status: 400, Code: "invalid_request"},
		{Name: "no text", Request: functionstest.Request{As: me, Body: map[string]any{"feed_name": 7}}, Status: 400, Code: "invalid_request"},
		{Name: "a long name", Request: functionstest.Request{As: me, Body: map[string]any{"feed_name": strings.Repeat("가", 101)}}, Status: 400, Code: "23514"},
		{Name: "another method", Request: functionstest.Request{As: me, Method: http.MethodPut}, Status: 405, Code: "method_not_allowed"},
		{Name: "another path", Request: functionstest.Request{As: me, Path: path + "/a/b"}, Status: 404, Code: "no_such_path"},
		{Name: "revoking nothing", Request: functionstest.Request{As: me, Method: http.MethodDelete, Path: path + "/x"}, Status: 404, Code: "no_feed"},
	})
	var feeds []struct{}
	if me.MustSelect(t, "calendar_feeds", "", &feeds); len(feeds) != 0 {
		t.Errorf("feeds after refused calls: got %d, want none", len(feeds))
	}
}

// TestReadingOftenIsTheSame has the same bytes each time, so that apps needn't
// fetch what they have.
func TestReadingOftenIsTheSame(t *testing.T) {
	t.Parallel()
	target := functionstest.Native(t, newHandler, nil)
	team := functionstest.MustTeam(t, 5)
	_, link := mustFeed(t, target, team.Owner, map[string]any{})
	_, first := mustRead(t, target, link)
	// iCalendar counts seconds: the second reading is in another one.
	for read := time.Now().Unix(); time.Now().Unix() == read; time.Sleep(time.Millisecond) {
	}
	if _, second := mustRead(t, target, link); second.Body != first.Body || second.Header.Get("ETag") != first.Header.Get("ETag") {
		t.Errorf("two readings of a feed: got the ETag %s:\n%s\nand then %s:\n%s\nwant the same",
			first.Header.Get("ETag"), first.Body, second.Header.Get("ETag"), second.Body)
	}
}
