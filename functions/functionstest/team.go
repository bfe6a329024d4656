package functionstest

import (
	"fmt"
	"testing"
	"time"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

// Team is an organization with a running sprint. It works every day, its
// reminders and digests are due from midnight on, and it is about noon where it
// is, so that tests can run whenever they like.
type Team struct {
	Owner, ScrumMaster, Member, Viewer supabasetest.Person
	OrgID                              string
	supabasetest.Sprint
	// Zone is the organization's time zone.
	Zone *time.Location

	today time.Time
}

// Day returns a day of the organization's, so many days from today.
func (t Team) Day(from int) string { return t.today.AddDate(0, 0, from).Format(time.DateOnly) }

// MustTeam makes a team whose sprint begins today, with so many tasks.
func MustTeam(tb testing.TB, tasks int) Team {
	tb.Helper()
	t := Team{Owner: supabasetest.MustSignUp(tb)}
	var profile []struct {
		OrgID string `json:"org_id"`
	}
	t.Owner.MustSelect(tb, "profiles", "select=org_id&profile_id=eq."+t.Owner.ID, &profile)
	t.OrgID = profile[0].OrgID
	t.Owner.MustUpdate(tb, "organizations", "org_id=eq."+t.OrgID, map[string]any{
		"working_days": []int{1, 2, 3, 4, 5, 6, 7}, "reminder_time": "00:00", "digest_time": "00:00", "timezone": t.mustNoon(tb),
	})
	t.Sprint = t.mustSprint(tb)
	for name, person := range map[string]*supabasetest.Person{"scrum_master": &t.ScrumMaster, "member": &t.Member, "viewer": &t.Viewer} {
		*person = t.Owner.MustColleague(tb, t.ProjectID, name)
		person.MustUpdate(tb, "profiles", "profile_id=eq."+person.ID, map[string]any{"first_name": "Team", "last_name": name})
	}
	t.Owner.MustUpdate(tb, "profiles", "profile_id=eq."+t.Owner.ID, map[string]any{"first_name": "Team", "last_name": "owner"})
	t.Owner.MustTasks(tb, t.Sprint, tasks)
	t.Owner.MustDo(tb, "start_sprint", map[string]string{"sprint_id": t.SprintID}, nil)
	return t
}

// mustNoon finds a time zone in which it is between noon and one o'clock by the
// database's clock, and returns its name.
func (t *Team) mustNoon(tb testing.TB) (name string) {
	tb.Helper()
	now := supabasetest.Now(tb).UTC()
	name = "Etc/GMT" // the sign of these names is the opposite of the offset's
	if hours := now.Hour() - 12; hours != 0 {
		name = fmt.Sprintf("Etc/GMT%+d", hours)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		tb.Fatalf("load %s: %v", name, err)
	}
	t.Zone, t.today = zone, now.In(zone)
	return name
}

// mustSprint makes a project with a planned sprint of two weeks from today on.
func (t *Team) mustSprint(tb testing.TB) supabasetest.Sprint {
	tb.Helper()
	var made []supabasetest.Sprint
	t.Owner.MustInsert(tb, "projects", map[string]any{"project_name": "Project of " + tb.Name()[:min(100, len(tb.Name()))]}, &made)
	t.Owner.MustInsert(tb, "sprints", map[string]any{
		"project_id": made[0].ProjectID, "sprint_name": "스프린트 1", "goal": "A board to look at",
		"start_date": t.Day(0), "end_date": t.Day(13),
	}, &made)
	return made[0]
}

// MustHaveBegun makes the sprint, and everybody's membership, begin on a day of
// the past, in place of today.
func (t Team) MustHaveBegun(tb testing.TB, day string) {
	tb.Helper()
	// Without triggers: they keep dates as they are.
	supabasetest.MustExec(tb, fmt.Sprintf(`begin; set local session_replication_role = replica;
		update public.sprints set start_date = '%[3]s', started_at = '%[3]s',
			end_date = least(end_date, '%[3]s'::date + 364) where sprint_id = '%[1]s'; -- a year at most
		update public.project_members set joined_at = '%[3]s' where project_id = '%[2]s'; commit`, t.SprintID, t.ProjectID, day))
}

// MustChannel makes a channel of the team's for the events, all of them if none
// is named.
func (t Team) MustChannel(tb testing.TB, kind, target string, events ...string) (id string) {
	tb.Helper()
	row := map[string]any{"channel_name": kind + " of " + tb.Name()[:min(60, len(tb.Name()))], "kind": kind, "target": target}
	if events != nil {
		row["events"] = events
	}
	var made []struct {
		ChannelID string `json:"channel_id"`
	}
	t.Owner.MustInsert(tb, "notification_channels?select=channel_id", row, &made)
	return made[0].ChannelID
}

// Entry is a line of the notification log.
type Entry struct {
	ChannelID string  `json:"channel_id"`
	Status    string  `json:"status"`
	Attempts  int     `json:"attempts"`
	LastError *string `json:"last_error"`
	NextTryAt *string `json:"next_try_at"`
}

// MustLog returns the log of a channel, in the order in which it was begun.
func (t Team) MustLog(tb testing.TB, channel string) (entries []Entry) {
	tb.Helper()
	t.Owner.MustSelect(tb, "notification_log", "order=created_at&channel_id=eq."+channel, &entries)
	return entries
}

// MustPass lets a minute pass since the last messages.
func (t Team) MustPass(tb testing.TB) {
	tb.Helper()
	supabasetest.MustExec(tb, `update public.notification_log set sent_at = sent_at - interval '1 minute' where org_id = $1`, t.OrgID)
}

// MustComeAround makes the time of the next try be now.
func (t Team) MustComeAround(tb testing.TB) {
	tb.Helper()
	supabasetest.MustExec(tb, `update public.notification_log set next_try_at = now() where org_id = $1 and status = 'failed'`, t.OrgID)
}
