package tests

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/jackc/pgx/v5"
)

// What the schedule calls, every quarter of an hour of some days, in the organization's own time:
// days that begin and end elsewhere, clocks that go forward and back. What must come of it is
// computed a second time, by Go's time zones.
func TestSchedule_inEachTimeZone(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, zone       string
		from, to         string
		workingDays      string
		holiday          string
		reminder, digest string
	}{
		{name: "Seoul, over a weekend and a holiday", zone: "Asia/Seoul", from: "2026-03-26T00:00:00Z", to: "2026-03-31T00:00:00Z",
			workingDays: "{1,2,3,4,5}", holiday: "2026-03-30", reminder: "10:00", digest: "11:00"},
		{name: "Seoul, at the ends of the day", zone: "Asia/Seoul", from: "2026-04-05T12:00:00Z", to: "2026-04-08T03:00:00Z",
			workingDays: "{1,2,3,4,5}", holiday: "2026-04-20", reminder: "00:00", digest: "23:59:59"},
		{name: "Kathmandu, over a Saturday", zone: "Asia/Kathmandu", from: "2026-03-26T00:00:00Z", to: "2026-03-30T12:00:00Z",
			workingDays: "{1,2,3,4,5,7}", holiday: "2026-03-27", reminder: "09:50", digest: "00:10"},
		{name: "Los Angeles, an ordinary morning when clocks go forward", zone: "America/Los_Angeles", from: "2026-03-07T00:00:00Z", to: "2026-03-10T12:00:00Z",
			workingDays: "{1,2,3,4,5,6,7}", holiday: "2026-03-09", reminder: "10:00", digest: "03:00"},
		{name: "Los Angeles, in the hour that is skipped", zone: "America/Los_Angeles", from: "2026-03-07T00:00:00Z", to: "2026-03-10T00:00:00Z",
			workingDays: "{1,2,3,4,5,6,7}", holiday: "2026-03-07", reminder: "02:30", digest: "02:00"},
		{name: "Los Angeles, in the hour that comes twice", zone: "America/Los_Angeles", from: "2026-10-31T00:00:00Z", to: "2026-11-03T12:00:00Z",
			workingDays: "{1,2,3,4,5,6,7}", holiday: "2026-11-02", reminder: "01:30", digest: "02:00"},
		{name: "Los Angeles, at the ends of that hour", zone: "America/Los_Angeles", from: "2026-10-31T12:00:00Z", to: "2026-11-02T12:00:00Z",
			workingDays: "{7}", holiday: "2026-10-31", reminder: "01:00", digest: "01:59:59"},
		{name: "Santiago, where the day begins late", zone: "America/Santiago", from: "2026-09-05T12:00:00Z", to: "2026-09-07T12:00:00Z",
			workingDays: "{1,2,3,4,5,6,7}", holiday: "2026-09-07", reminder: "00:15", digest: "00:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			zone, err := time.LoadLocation(tt.zone)
			if err != nil {
				t.Fatalf("time.LoadLocation: %v", err)
			}
			from, to := mustMoment(t, tt.from), mustMoment(t, tt.to)
			tx := mustScheduled(t, tt.zone, tt.workingDays, tt.holiday, tt.reminder, tt.digest)
			opened := make(map[string]bool)
			for _, at := range momentsOf(from, to, zone, tt.reminder, tt.digest) {
				day := at.In(zone).Format(time.DateOnly)
				var want []string
				if worked(tt.workingDays, at.In(zone)) && day != tt.holiday {
					if !opened[day] {
						want = []string{day}
					}
					opened[day] = true
				}
				if got := MustStrings(t, tx, "select scrum_date::text from public.open_scrums($1, pg_temp.id('org'))", at); !slices.Equal(got, want) {
					t.Fatalf("at %s opened %v, want %v", at.In(zone), got, want)
				}
				for event, clock := range map[string]string{"scrum_reminder": tt.reminder, "scrum_digest": tt.digest} {
					of, begun := day, !at.Before(firstShown(day, clock, zone))
					if !begun && event == "scrum_digest" {
						// Still the day before.
						of, begun = mustMoment(t, day+"T00:00:00Z").AddDate(0, 0, -1).Format(time.DateOnly), true
					}
					due := opened[of] && begun
					got := MustStrings(t, tx, "select scrum_date::text from public.claim_notifications($1, $2, pg_temp.id('org'))", event, at)
					if (len(got) == 1) != due || due && got[0] != of {
						t.Fatalf("at %s, %s from %s on: claimed %v, due is %v of %s", at.In(zone), event, clock, got, due, of)
					}
					if event == "scrum_digest" {
						written := MustStrings(t, tx, "select scrum_date::text from public.scrum_digests_due($1, pg_temp.id('org'))", at)
						if !slices.Equal(written, got) {
							t.Fatalf("at %s: to be written %v, to be sent %v", at.In(zone), written, got)
						}
					}
				}
				// As long as it is due, what failed is tried again, and no longer.
				mustExec(t, tx, "reset role")
				for _, row := range MustStrings(t, tx, `
					select l.event || ' ' || d.scrum_date || ' ' || to_char(private.due_until(l.event, l.subject, l.org_id) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
					from public.notification_log l join public.daily_scrums d on d.daily_scrum_id = l.subject
					where l.org_id = pg_temp.id('org')`) {
					var event, of, until string
					fmt.Sscan(row, &event, &of, &until)
					clock := map[string]string{"scrum_reminder": "00:00", "scrum_digest": tt.digest}[event]
					next := mustMoment(t, of+"T00:00:00Z").AddDate(0, 0, 1).Format(time.DateOnly)
					if want := firstShown(next, clock, zone); !mustMoment(t, until).Equal(want) {
						t.Fatalf("%s of %s is due until %s, want %s", event, of, until, want)
					}
				}
				// So that each moment decides for itself.
				mustExec(t, tx, "delete from public.notification_log where org_id = pg_temp.id('org'); set local role service_role")
			}
			if len(opened) == 0 {
				t.Error("scrums that were opened: got none, want some")
			}
		})
	}
}

// mustScheduled is a transaction in which the service asks, with an organization that has a
// running sprint and a channel.
func mustScheduled(t *testing.T, zone, workingDays, holiday, reminder, digest string) pgx.Tx {
	t.Helper()
	personas, err := os.ReadFile("personas.psql")
	if err != nil {
		t.Fatalf("os.ReadFile: %v", err)
	}
	mustInstallPgTAP(t)
	tx := MustBegin(t)
	mustExec(t, tx, string(personas))
	mustExec(t, tx, fmt.Sprintf(`
		delete from daily_scrums where project_id = pg_temp.id('project');
		update organizations set timezone = '%s', working_days = '%s', reminder_time = '%s', digest_time = '%s' where org_id = pg_temp.id('org');
		insert into org_holidays (org_id, holiday_date, name) values (pg_temp.id('org'), '%s', 'Holiday');
		update sprints set started_at = '2026-02-01' where sprint_id = pg_temp.id('sprint');
		update project_members set joined_at = '2026-02-01' where project_id = pg_temp.id('project');
		insert into notification_channels (org_id, channel_name, kind, target, created_at, created_by) values (pg_temp.id('org'), 'Team', 'slack', 'https://hooks.example.test/x', '2026-02-01', pg_temp.id('admin'));
		select pg_temp.become('service')`, zone, workingDays, reminder, digest, holiday))
	return tx
}

func mustMoment(t *testing.T, text string) time.Time {
	t.Helper()
	moment, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatalf("time.Parse: %v", err)
	}
	return moment
}

// worked tells whether an array of ISO weekdays holds the one of a moment.
func worked(workingDays string, at time.Time) bool {
	iso := (int(at.Weekday())+6)%7 + 1
	return slices.Contains([]byte(workingDays), byte('0'+iso))
}

// momentsOf is every half hour of some days, and the moments around those at which something is to
// happen, in order.
func momentsOf(from, to time.Time, zone *time.Location, clocks ...string) []time.Time {
	var moments []time.Time
	for at := from; at.Before(to); at = at.Add(30 * time.Minute) {
		moments = append(moments, at)
	}
	for day := from.Add(24 * time.Hour); day.Add(24 * time.Hour).Before(to); day = day.Add(24 * time.Hour) {
		for _, clock := range append(clocks, "00:00") {
			shown := firstShown(day.In(zone).Format(time.DateOnly), clock, zone)
			moments = append(moments, shown.Add(-time.Second), shown)
		}
	}
	slices.SortFunc(moments, time.Time.Compare)
	return moments
}

// firstShown looks for the first moment of a day at which its clocks show a time or a later one.
func firstShown(day, clock string, zone *time.Location) time.Time {
	date, err := time.ParseInLocation(time.DateOnly, day, time.UTC)
	if err != nil {
		panic(err) // a fault in the test
	}
	var hour, minute, second int
	fmt.Sscanf(clock, "%d:%d:%d", &hour, &minute, &second)
	wall := (hour*60+minute)*60 + second
	// From before the day begins anywhere; offsets are whole minutes.
	for m := date.Add(-15*time.Hour + time.Duration(second)*time.Second); ; m = m.Add(time.Minute) {
		local := m.In(zone)
		if local.Day() == date.Day() && (local.Hour()*60+local.Minute())*60+local.Second() >= wall {
			// Without the seconds where the clocks have jumped over them.
			for back := m.Add(-time.Second); ; back = back.Add(-time.Second) {
				local := back.In(zone)
				if local.Day() != date.Day() || (local.Hour()*60+local.Minute())*60+local.Second() < wall {
					return back.Add(time.Second)
				}
			}
		}
	}
}

// One organization in which nothing can be opened, or said of its day, is in nobody else's way.
func TestOpenScrums_oneOrganizationFails(t *testing.T) {
	t.Parallel()
	tx := mustScheduled(t, "Asia/Seoul", "{1,2,3,4,5,6,7}", "2026-01-01", "10:00", "11:00")
	// A time zone that was dropped from the list: nothing can be said of its days.
	mustExec(t, tx, `
		reset role;
		delete from daily_scrums where project_id in (pg_temp.id('project'), pg_temp.id('foreign_project'));
		set local session_replication_role = replica;
		update organizations set timezone = 'Nowhere/Gone' where org_id = pg_temp.id('org');
		set local session_replication_role = origin;
		set local client_min_messages = error;
		set local role service_role`)
	opened := MustStrings(t, tx, `
		select i.name from public.open_scrums() d join ids i on i.id = d.project_id where i.name like '%project'`)
	if !slices.Equal(opened, []string{"foreign_project"}) {
		t.Errorf("scrums that were opened: got those of %v, want foreign_project alone", opened)
	}
	mustExec(t, tx, `
		reset role;
		update organizations set reminder_time = '00:00', digest_time = '00:00' where org_id in (pg_temp.id('org'), pg_temp.id('foreign_org'));
		insert into notification_channels (channel_id, org_id, channel_name, kind, target, created_by)
		select pg_temp.keep(name || '_channel'), pg_temp.id(name), 'Team', 'slack', 'https://hooks.example.test/x', pg_temp.id(answers)
		from (values ('org', 'admin'), ('foreign_org', 'outsider')) as team (name, answers);
		set local session_replication_role = replica;
		insert into daily_scrums (daily_scrum_id, sprint_id, project_id, scrum_date)
		values (pg_temp.keep('begun'), pg_temp.id('sprint'), pg_temp.id('project'), '2026-01-01');
		set local session_replication_role = origin;
		insert into notification_log (org_id, channel_id, event, subject, claimed_until)
		select pg_temp.id('org'), pg_temp.id('org_channel'), event, pg_temp.id('begun'), now()
		from unnest('{scrum_reminder,scrum_digest}'::notification_event[]) event`)
	for _, event := range []string{"scrum_reminder", "scrum_digest"} {
		// Looked at, not claimed: other tests go on beside this one.
		due := MustStrings(t, tx, `
			select i.name from private.due_notifications($1, now(), null) n join ids i on i.id = n.channel_id`, event)
		if !slices.Equal(due, []string{"foreign_org_channel"}) {
			t.Errorf("channels to which %s is due: got %v, want foreign_org_channel alone", event, due)
		}
		if claimed := MustStrings(t, tx, `
			select log_id::text from public.claim_notifications($1, org_id => pg_temp.id('org'))`, event); len(claimed) != 0 {
			t.Errorf("%s claimed of an organization without a day: got %v, want none", event, claimed)
		}
	}
	if begun := MustStrings(t, tx, `
		select event || ' ' || status || ' ' || last_error from notification_log where channel_id = pg_temp.id('org_channel') order by event`); !slices.Equal(begun,
		[]string{"scrum_reminder given up too_late", "scrum_digest given up too_late"}) {
		t.Errorf("the log of what was begun: got %v, want both given up as too_late", begun)
	}
	mustExec(t, tx, "set local role service_role")
	written := MustStrings(t, tx, `
		select i.name from public.scrum_digests_due(batch => 200) d join ids i on i.id = d.sprint_id where i.name like '%sprint'`)
	if !slices.Equal(written, []string{"foreign_sprint"}) {
		t.Errorf("digests to be written: got those of %v, want foreign_sprint alone", written)
	}
}
