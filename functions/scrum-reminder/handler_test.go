package main

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mysingle/mysingle/bff/supabasetest"
	"github.com/mysingle/mysingle/functions/delivery"
	"github.com/mysingle/mysingle/functions/functionstest"
)

const path = "/scrum-reminder"

// mustTick calls the function for one organization, as the schedule does.
func mustTick(tb testing.TB, target functionstest.Target, team functionstest.Team, at string) (a answer) {
	tb.Helper()
	body := map[string]any{"org_id": team.OrgID}
	if at != "" {
		body["at"] = at
	}
	got := target.MustDo(tb, functionstest.Request{Path: path, Service: true, Body: body})
	if got.Status != http.StatusOK {
		tb.Fatalf("the schedule at %q: got status %d (%s), want 200", at, got.Status, got.Body)
	}
	got.Decode(tb, &a)
	return a
}

// scrums are the days on which a sprint has one.
func scrums(tb testing.TB, team functionstest.Team) (ids map[string]string) {
	tb.Helper()
	var rows []struct {
		ID   string `json:"daily_scrum_id"`
		Date string `json:"scrum_date"`
	}
	team.Owner.MustSelect(tb, "daily_scrums", "sprint_id=eq."+team.SprintID, &rows)
	ids = make(map[string]string)
	for _, row := range rows {
		ids[row.Date] = row.ID
	}
	return ids
}

func TestRemind(t *testing.T) {
	t.Parallel()
	for _, target := range functionstest.Both(t, newHandler) {
		t.Run(target.Name, func(t *testing.T) {
			t.Parallel()
			team := functionstest.MustTeam(t, 0)
			team.Owner.MustInsert(t, "days_off", map[string]any{"profile_id": team.Owner.ID, "from_date": team.Day(0), "to_date": team.Day(0)}, nil)
			slack, digests := functionstest.MustReceive(t), functionstest.MustReceive(t)
			team.MustChannel(t, "slack", slack.Target)
			team.MustChannel(t, "slack", digests.Target, "scrum_digest")

			if got := mustTick(t, target, team, ""); got.Opened != 1 || got.Sent != 1 || got.Failed != 0 || got.GivenUp != 0 {
				t.Fatalf("the first tick: got %+v, want 1 scrum opened and 1 message sent", got)
			}
			got := slack.Got()
			if len(got) != 1 || got[0].Path != strings.TrimPrefix(slack.Target, slack.URL) {
				t.Fatalf("messages to Slack: got %+v, want one at %s",
					got, strings.TrimPrefix(slack.Target, slack.URL))
			}
			// Neither who is off, nor who only looks on.
			for text, want := range map[string]bool{"Teamscrum_master": false, "Team scrum_master": true, "Team member": true, "Team viewer": false, "Team owner": false, "데일리 스크럼을 작성해 주세요": true} {
				if strings.Contains(got[0].Body, text) != want {
					t.Errorf("%q in the message: got %t, want %t\n%s", text, !want, want, got[0].Body)
				}
			}
			for range 3 {
				if got := mustTick(t, target, team, ""); got != (answer{}) {
					t.Errorf("another tick: got %+v, want nothing done", got)
				}
			}
			if len(slack.Got()) != 1 || len(digests.Got()) != 0 || len(scrums(t, team)) != 1 {
				t.Errorf("after all ticks: got %d reminders, %d digests and the scrums %v, want 1, 0 and one scrum",
					len(slack.Got()), len(digests.Got()), scrums(t, team))
			}
		})
	}
}

// TestNobodyIsMissing reminds nobody.
func TestNobodyIsMissing(t *testing.T) {
	t.Parallel()
	target := functionstest.Native(t, newHandler, nil)
	team := functionstest.MustTeam(t, 0)
	slack := functionstest.MustReceive(t)
	mustTick(t, target, team, "")
	for _, person := range []supabasetest.Person{team.Owner, team.ScrumMaster, team.Member} {
		person.MustDo(t, "submit_scrum_update", map[string]any{"daily_scrum_id": scrums(t, team)[team.Day(0)], "today_work": "x"}, nil)
	}
	team.MustChannel(t, "slack", slack.Target)
	if got := mustTick(t, target, team, ""); got != (answer{}) || len(slack.Got()) != 0 {
		t.Errorf("a second tick: got %+v and %d messages, want neither", got, len(slack.Got()))
	}
}

// TestOneChannelFails sends to the others, and to that one at a later call.
func TestOneChannelFails(t *testing.T) {
	t.Parallel()
	for _, target := range functionstest.Both(t, newHandler) {
		t.Run(target.Name, func(t *testing.T) {
			t.Parallel()
			team := functionstest.MustTeam(t, 0)
			receivers := map[string]*functionstest.Receiver{}
			channels := map[string]string{}
			for name, kind := range map[string]string{
				"good": "slack", "down": "slack", "limited": "discord", "moved": "teams", "gone": "slack", "broken": "webhook", "hung": "discord", "trickling": "slack",
			} {
				receivers[name] = functionstest.MustReceive(t)
				channels[name] = team.MustChannel(t, kind, receivers[name].Target, "scrum_reminder")
			}
			elsewhere := functionstest.MustReceive(t)
			receivers["down"].Status(http.StatusInternalServerError)
			receivers["limited"].Status(http.StatusTooManyRequests, "Retry-After", "7200")
			receivers["moved"].Status(http.StatusTemporaryRedirect, "Location", elsewhere.Target)
			receivers["gone"].Status(http.StatusNotFound)
			receivers["broken"].Answer(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
			receivers["hung"].Answer(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
			receivers["trickling"].Answer(func(w http.ResponseWriter, r *http.Request) {
				for { // to the end, which is the caller's to make
					if _, err := w.Write([]byte("x")); err != nil || r.Context().Err() != nil {
						return
					}
					w.(http.Flusher).Flush()
					time.Sleep(100 * time.Millisecond)
				}
			})

			before := supabasetest.Now(t)
			if got, want := mustTick(t, target, team, "").Tally, (delivery.Tally{Sent: 2, Failed: 4, GivenUp: 2}); got != want {
				t.Errorf("the tick: got %+v, want %+v", got, want)
			}
			after := supabasetest.Now(t)
			for name, want := range map[string]struct{ status, code string }{
				"good": {"sent", ""}, "trickling": {"sent", ""}, "down": {"failed", "http_500"}, "limited": {"failed", "rate_limited"},
				"moved": {"given up", "redirected"}, "gone": {"given up", "no_such_channel"}, "broken": {"failed", "connection_failed"}, "hung": {"failed", "timeout"},
			} {
				log := team.MustLog(t, channels[name])
				code := ""
				if len(log) == 1 && log[0].LastError != nil {
					code = *log[0].LastError
				}
				if len(log) != 1 || log[0].Status != want.status || code != want.code {
					t.Errorf("the log of %s: got %+v, want one entry, %s with the error %q",
						name, log, want.status, want.code)
				}
			}
			if n := len(elsewhere.Got()); n != 0 {
				t.Errorf("the target of a redirect: got %d requests, want none", n)
			}
			next, err := time.Parse(time.RFC3339, *team.MustLog(t, channels["limited"])[0].NextTryAt)
			if earliest, latest := before.Add(2*time.Hour), after.Add(2*time.Hour+time.Minute); err != nil || next.Before(earliest) || next.After(latest) {
				t.Errorf("the next try after Retry-After: 7200: got %s (%v), want %s to %s",
					next, err, earliest, latest)
			}
			// Not before its time, and then those alone that failed.
			if got := mustTick(t, target, team, ""); got != (answer{}) {
				t.Errorf("another tick at once: got %+v, want nothing done", got)
			}
			counts := map[string]int{}
			for name, r := range receivers {
				counts[name] = len(r.Got())
				r.Status(http.StatusOK)
			}
			team.MustComeAround(t)
			if got := mustTick(t, target, team, ""); got.Sent != 4 || got.Failed+got.GivenUp != 0 {
				t.Errorf("the tick when all are back: got %+v, want 4 sent and none failed or given up", got)
			}
			for name, r := range receivers {
				want := map[string]int{"down": 1, "limited": 1, "broken": 1, "hung": 1}[name]
				if n := len(r.Got()) - counts[name]; n != want {
					t.Errorf("%s: got %d more messages, want %d", name, n, want)
				}
			}
		})
	}
}

// TestManyCallsAtOnce sends one message for twenty callers.
func TestManyCallsAtOnce(t *testing.T) {
	t.Parallel()
	targets := functionstest.Both(t, newHandler)
	team := functionstest.MustTeam(t, 0)
	slack := functionstest.MustReceive(t)
	team.MustChannel(t, "slack", slack.Target)
	var all sync.WaitGroup
	var mu sync.Mutex
	var sum answer
	for i := range 20 {
		all.Go(func() {
			got := mustTick(t, targets[i%2], team, "")
			mu.Lock()
			defer mu.Unlock()
			sum.Opened, sum.Sent = sum.Opened+got.Opened, sum.Sent+got.Sent
		})
	}
	all.Wait()
	if sum.Opened != 1 || sum.Sent != 1 || len(slack.Got()) != 1 {
		t.Errorf("20 ticks at once: got %+v and %d messages, want 1 scrum opened, 1 sent and 1 message",
			sum, len(slack.Got()))
	}
}

// TestEveryOrganizationsOwnTime calls around midnight and around the changes of
// clocks: each organization has its scrum once a working day of its own, and its
// reminder from its reminder_time on.
func TestEveryOrganizationsOwnTime(t *testing.T) {
	t.Parallel()
	targets := functionstest.Both(t, newHandler)
	for _, scenario := range []struct {
		zone    string
		holiday string
		calls   []struct {
			at           string
			opened, sent int
		}
	}{
		{zone: "Asia/Seoul", holiday: "2026-03-02", calls: []struct {
			at           string
			opened, sent int
		}{
			{"2026-02-27T14:59:59Z", 1, 1}, // Friday, a moment before midnight
			{"2026-02-27T15:00:00Z", 0, 0}, // Saturday
			{"2026-03-01T14:59:59Z", 0, 0}, // Sunday
			{"2026-03-01T15:00:00Z", 0, 0}, // Monday, but a holiday
			{"2026-03-02T15:00:00Z", 1, 0}, // Tuesday, midnight
			{"2026-03-02T15:00:01Z", 0, 0},
			{"2026-03-03T00:59:59Z", 0, 0}, // 9:59:59
			{"2026-03-03T01:00:00Z", 0, 1}, // 10:00
			{"2026-03-03T08:00:00Z", 0, 0},
		}},
		{zone: "America/Los_Angeles", calls: []struct {
			at           string
			opened, sent int
		}{
			{"2026-03-06T08:00:00Z", 1, 0}, // Friday, midnight, at UTC-8
			{"2026-03-06T17:59:59Z", 0, 0},
			{"2026-03-06T18:00:00Z", 0, 1},
			{"2026-03-07T08:00:00Z", 0, 0}, // Saturday
			{"2026-03-08T10:00:00Z", 0, 0}, // Sunday, as the clocks go to 3:00
			{"2026-03-09T06:59:59Z", 0, 0}, // still Sunday, at UTC-7 now
			{"2026-03-09T07:00:00Z", 1, 0}, // Monday, midnight
			{"2026-03-09T16:59:59Z", 0, 0},
			{"2026-03-09T17:00:00Z", 0, 1}, // 10:00
			{"2026-10-30T07:00:00Z", 1, 0}, // Friday, midnight, at UTC-7
			{"2026-11-01T09:00:00Z", 0, 0}, // Sunday, as the clocks go back to 1:00
			{"2026-11-02T07:59:59Z", 0, 0}, // still Sunday, at UTC-8 now
			{"2026-11-02T08:00:00Z", 1, 0},
			{"2026-11-02T18:00:00Z", 0, 1},
		}},
		{zone: "Asia/Kathmandu", calls: []struct {
			at           string
			opened, sent int
		}{
			{"2026-03-04T18:14:59Z", 1, 1}, // Wednesday, at UTC+5:45
			{"2026-03-04T18:15:00Z", 1, 0}, // Thursday, midnight
			{"2026-03-05T04:14:59Z", 0, 0},
			{"2026-03-05T04:15:00Z", 0, 1},
		}},
	} {
		for _, target := range targets {
			t.Run(scenario.zone+"/"+target.Name, func(t *testing.T) {
				t.Parallel()
				team := functionstest.MustTeam(t, 0)
				team.Owner.MustUpdate(t, "organizations", "org_id=eq."+team.OrgID, map[string]any{
					"timezone": scenario.zone, "working_days": []int{1, 2, 3, 4, 5}, "reminder_time": "10:00",
				})
				if scenario.holiday != "" {
					team.Owner.MustInsert(t, "org_holidays", map[string]any{"org_id": team.OrgID, "holiday_date": scenario.holiday, "name": "삼일절"}, nil)
				}
				team.MustHaveBegun(t, "2026-02-01")
				slack := functionstest.MustReceive(t)
				team.MustChannel(t, "slack", slack.Target)
				days, reminders := 0, 0
				for _, call := range scenario.calls {
					got := mustTick(t, target, team, call.at)
					if got.Opened != call.opened || got.Sent != call.sent {
						t.Errorf("the tick at %s: got %+v, want %d opened and %d sent",
							call.at, got, call.opened, call.sent)
					}
					days, reminders = days+call.opened, reminders+call.sent
				}
				if len(scrums(t, team)) != days || len(slack.Got()) != reminders {
					t.Errorf("after all ticks: got the scrums %v and %d reminders, want %d and %d",
						scrums(t, team), len(slack.Got()), days, reminders)
				}
			})
		}
	}
}

func TestBadCalls(t *testing.T) {
	t.Parallel()
	team := functionstest.MustTeam(t, 0)
	slack := functionstest.MustReceive(t)
	team.MustChannel(t, "slack", slack.Target)
	functionstest.Refuses(t, functionstest.Both(t, newHandler), path, []functionstest.Refusal{
		{Name: "nobody", Request: functionstest.Request{Body: map[string]any{}}, Status: 401, Code: "not_allowed"},
		{Name: "a user", Request: functionstest.Request{As: team.Owner, Body: map[string]any{}}, Status: 401, Code: "not_allowed"},
		{Name: "no JSON", Request: functionstest.Request{Service: true, Body: "now"}, Status: 400, Code: "invalid_request"},
		{Name: "no object", Request: functionstest.Request{Service: true, Body: "[]"}, Status: 400, Code: "invalid_request"},
		{Name: "no moment", Request: functionstest.Request{Service: true, Body: map[string]any{"at": "today", "org_id": team.OrgID}}, Status: 400, Code: "invalid_request"},
		{Name: "a number", Request: functionstest.Request{Service: true, Body: map[string]any{"at": 7}}, Status: 400, Code: "invalid_request"},
		{Name: "the future", Request: functionstest.Request{Service: true, Body: map[string]any{"at": "2100-01-01T00:00:00Z", "org_id": team.OrgID}}, Status: 400, Code: "22023"},
		{Name: "no organization", Request: functionstest.Request{Service: true, Body: map[string]any{"org_id": "all"}}, Status: 400, Code: "invalid_request"},
		{Name: "another method", Request: functionstest.Request{Service: true, Method: http.MethodGet}, Status: 405, Code: "method_not_allowed"},
		{Name: "another path", Request: functionstest.Request{Service: true, Path: path + "/x"}, Status: 404, Code: "no_such_path"},
	})
	if got := slack.Got(); len(got) != 0 || len(scrums(t, team)) != 0 {
		t.Errorf("refused calls: got the messages %+v and the scrums %v, want neither", got, scrums(t, team))
	}
}
