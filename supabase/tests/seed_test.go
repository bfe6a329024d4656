package tests

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// The seed writes the past with triggers and foreign keys off, so what those would have
// guaranteed is proved here: on copies with keys and addresses of their own, as seeded at
// moments that are hard on a calendar, each in a transaction that is rolled back.

const (
	seedPrefix = "5eed" // of every fixed key in seed.sql
	copyPrefix = "c0de"
	seedClock  = "right_now    constant timestamptz := now();"
)

var seedMoments = []struct{ name, at string }{
	{"now", ""}, // by the database's clock
	{"on a Friday evening", "2026-11-20T19:30:00+09:00"},
	{"on a Saturday", "2026-11-21T14:00:00+09:00"},
	{"a minute past midnight on a Monday", "2026-11-23T00:01:00+09:00"},
	{"before the first scrum of the day", "2026-11-23T09:20:30+09:00"},
	{"while a scrum is open", "2026-11-23T09:41:00+09:00"},
	{"on the last of the holidays", "2027-02-09T12:00:00+09:00"},
	{"after clocks went forward in Los Angeles", "2027-03-15T09:00:00-07:00"},
	{"in the last minute of a leap day", "2028-02-29T23:59:00+09:00"},
}

// seedViews gives the rules the rows made by this transaction, and the state of the tasks at
// a moment as the events alone tell it (not their own state columns).
const seedViews = `
create temp view made_orgs as select * from public.organizations where xmin = pg_current_xact_id()::xid;
create temp view made_people as select * from public.profiles where xmin = pg_current_xact_id()::xid;
create temp view made_sprints as
	select s.*, o.org_id, o.timezone from public.sprints s
	join public.projects p using (project_id) join public.organizations o using (org_id)
	where s.xmin = pg_current_xact_id()::xid;
create temp view made_tasks as select * from public.tasks where xmin = pg_current_xact_id()::xid;
create temp view made_events as
	select e.*, o.org_id, e.at at time zone o.timezone as local from public.task_events e
	join public.projects p using (project_id) join public.organizations o using (org_id)
	where e.xmin = pg_current_xact_id()::xid;
create temp view made_snapshots as select * from public.sprint_snapshots where xmin = pg_current_xact_id()::xid;
create temp view made_scrums as
	select d.*, s.org_id, s.timezone, s.start_date, s.end_date from public.daily_scrums d
	join made_sprints s using (sprint_id) where d.xmin = pg_current_xact_id()::xid;
create temp view made_updates as select * from public.daily_scrum_updates where xmin = pg_current_xact_id()::xid;
create function pg_temp.replayed(moment timestamptz)
returns table (task_id uuid, status text, story_points numeric, sprint_id uuid, assigned_to uuid, first_at timestamptz, last_at timestamptz)
language sql stable as $$
	select e.task_id,
		(array_agg(e.new_value order by e.event_id desc) filter (where e.kind in ('created', 'status')))[1],
		(array_agg(e.new_value order by e.event_id desc) filter (where e.kind = 'points'))[1]::numeric,
		(array_agg(e.new_value order by e.event_id desc) filter (where e.kind = 'sprint'))[1]::uuid,
		(array_agg(e.new_value order by e.event_id desc) filter (where e.kind = 'assignee'))[1]::uuid,
		min(e.at), max(e.at)
	from made_events e where e.at <= replayed.moment
	group by e.task_id having not bool_or(e.kind = 'deleted')
$$;`

// Each rule's query names what breaks it; nothing may. clock is the moment of seeding.
var seedRules = []struct{ name, query string }{
	{"a task is what its events add up to", `
		select coalesce(t.task_name, r.task_id::text)
		from made_tasks t full join pg_temp.replayed((select moment from clock)) r using (task_id)
		where (t.status::text, t.story_points, t.sprint_id, t.assigned_to, t.created_at, t.updated_at)
			is distinct from (r.status, r.story_points, r.sprint_id, r.assigned_to, r.first_at, r.last_at)`},
	{"an event carries the state that follows from it", `
		select e.event_id || ' ' || e.kind
		from made_events e
		cross join lateral (
			select (array_agg(b.new_value order by b.event_id desc) filter (where b.kind in ('created', 'status')))[1] as status,
				(array_agg(b.new_value order by b.event_id desc) filter (where b.kind = 'points'))[1]::numeric as points,
				(array_agg(b.new_value order by b.event_id desc) filter (where b.kind = 'sprint'))[1]::uuid as sprint,
				(array_agg(b.new_value order by b.event_id desc) filter (where b.kind = 'assignee'))[1]::uuid as assignee
			from made_events b where b.task_id = e.task_id and b.at <= e.at) so_far
		where (e.status::text, e.story_points, e.sprint_id, e.assigned_to)
			is distinct from (so_far.status, so_far.points, so_far.sprint, so_far.assignee)`},
	{"an event follows from the one before", `
		select event_id || ' ' || kind || ': ' || coalesce(old_value, '-') || ' > ' || coalesce(new_value, '-')
		from (
			select e.*, lag(e.new_value) over one_value as value_before,
				row_number() over one_task as place, lag(e.kind) over one_task as kind_before, lag(e.at) over one_task as at_before
			from made_events e
			window one_task as (partition by e.task_id order by e.event_id),
				one_value as (partition by e.task_id, case e.kind when 'created' then 'status' else e.kind end order by e.event_id)
		) e
		where (place = 1) <> (kind = 'created') or kind_before = 'deleted' or at < at_before
			or kind <> 'deleted' and (old_value is distinct from value_before or new_value is not distinct from old_value)
			or kind = 'deleted' and (old_value is null or new_value is not null)`},
	{"an event happens in working hours, by somebody who is there", `
		select e.event_id || ' ' || e.kind || ' ' || e.local
		from made_events e left join made_people p on p.profile_id = e.actor
		where p.org_id is distinct from e.org_id or e.local::time not between '09:00' and '19:00'
			or not private.is_working_day(e.org_id, e.local::date)
			or exists (select from public.days_off d where d.profile_id = e.actor and e.local::date between d.from_date and d.to_date)`},
	{"a change is made by somebody who may", `
		select e.event_id || ' ' || e.kind
		from made_events e left join public.project_members m on m.project_id = e.project_id and m.profile_id = e.actor
		where m.role is null or m.role = 'viewer' or m.joined_at > e.at
			or e.kind = 'deleted' and m.role = 'member' and e.actor <> (
				select c.actor from made_events c where c.task_id = e.task_id and c.kind = 'created')`},
	{"a task enters no sprint that is closed", `
		select e.event_id::text from made_events e join made_sprints s on s.sprint_id = e.sprint_id
		where e.kind in ('created', 'sprint') and (e.at > s.completed_at or e.at < s.created_at)`},
	{"a closed sprint keeps only what is done or cancelled", `
		select t.task_name from made_tasks t join made_sprints s using (sprint_id)
		where s.status = 'Completed' and t.status not in ('Completed', 'Cancelled')`},
	{"a sprint has the snapshots that its status calls for", `
		select s.sprint_name || ' ' || m.moment
		from made_sprints s
		cross join (values ('start'::public.snapshot_moment), ('close')) as m (moment)
		left join made_snapshots f on f.sprint_id = s.sprint_id and f.moment = m.moment
		where case m.moment when 'start' then s.started_at else s.completed_at end is distinct from f.taken_at`},
	{"a snapshot holds the tasks as they were", `
		with frozen as (
			select f.snapshot_id, x.* from made_snapshots f
			cross join lateral jsonb_to_recordset(f.figures -> 'tasks') as x (task_id uuid, status text, story_points numeric, assigned_to uuid)
		), replayed as (
			select f.snapshot_id, r.task_id, r.status, r.story_points, r.assigned_to from made_snapshots f
			cross join lateral pg_temp.replayed(f.taken_at) r where r.sprint_id = f.sprint_id
		)
		select f.sprint_id || ' ' || f.moment || ' ' || wrong.task_id
		from ((table frozen except table replayed) union all (table replayed except table frozen)) wrong
		join made_snapshots f using (snapshot_id)`},
	{"a snapshot's totals are those of its tasks", `
		select f.sprint_id || ' ' || f.moment || ' ' || (f.figures -> 'totals')
		from made_snapshots f
		cross join lateral (
			select jsonb_build_object(
				'tasks', count(*) filter (where r.status <> 'Cancelled'),
				'points', coalesce(sum(r.story_points) filter (where r.status <> 'Cancelled'), 0),
				'completed_tasks', count(*) filter (where r.status = 'Completed'),
				'completed_points', coalesce(sum(r.story_points) filter (where r.status = 'Completed'), 0),
				'cancelled_tasks', count(*) filter (where r.status = 'Cancelled'),
				'unestimated_count', count(*) filter (where r.status <> 'Cancelled' and r.story_points is null)) as totals
			from pg_temp.replayed(f.taken_at) r where r.sprint_id = f.sprint_id) replayed
		where f.figures -> 'totals' is distinct from replayed.totals`},
	{"a snapshot names its sprint, calendar and members as they were", `
		select f.sprint_id || ' ' || f.moment
		from made_snapshots f cross join lateral private.sprint_figures(f.sprint_id) as today
		where f.figures - '{tasks,totals,carried_over_to,report}'::text[] is distinct from today - '{tasks,totals,report}'::text[]`},
	{"a closed sprint's snapshot holds the report that its events tell", `
		select f.sprint_id || ' ' || f.moment from made_snapshots f
		where f.figures -> 'report' is distinct from case f.moment when 'close' then private.live_sprint_report(f.sprint_id, f.taken_at) end`},
	{"what wasn't done when a sprint closed was carried over right after", `
		select x.task_name
		from made_snapshots f
		cross join lateral jsonb_to_recordset(f.figures -> 'tasks') as x (task_id uuid, task_name text, status text)
		where f.moment = 'close' and x.status not in ('Completed', 'Cancelled')
			and not exists (
				select from made_events e
				where e.task_id = x.task_id and e.kind = 'sprint' and e.old_value = f.sprint_id::text
					and e.new_value is not distinct from f.figures #>> '{carried_over_to,sprint_id}'
					and e.at between f.taken_at and f.taken_at + interval '1 second')`},
	{"a scrum was opened on every working day that a sprint has run", `
		select s.sprint_name || ' ' || day::date
		from made_sprints s
		cross join clock
		cross join lateral generate_series(s.start_date - 7, s.end_date + 7, interval '1 day') day
		left join made_scrums d on d.sprint_id = s.sprint_id and d.scrum_date = day::date
		where (d.daily_scrum_id is not null) <> (
			s.started_at is not null and day::date between s.start_date and s.end_date
			and private.is_working_day(s.org_id, day::date)
			and (day::date + time '09:25') at time zone s.timezone <= clock.moment)
			or (d.created_at at time zone s.timezone)::date <> d.scrum_date or d.created_at < s.started_at`},
	{"an update comes from a member who is expected, on the day", `
		select d.scrum_date || ' ' || p.full_name
		from made_updates u
		join made_scrums d using (daily_scrum_id)
		join made_people p using (profile_id)
		left join public.project_members m on m.project_id = d.project_id and m.profile_id = u.profile_id
		where m.role is null or m.role = 'viewer' or (u.created_at at time zone d.timezone)::date <> d.scrum_date or u.created_at < d.created_at
			or exists (select from public.days_off o where o.profile_id = u.profile_id and d.scrum_date between o.from_date and o.to_date)`},
	{"a task is named in a scrum with an update only, by who works on it", `
		select n.task_id || ' ' || n.intent
		from public.daily_scrum_tasks n
		join made_scrums d using (daily_scrum_id)
		left join made_updates u using (daily_scrum_id, profile_id)
		where u.update_id is null or n.created_at <> u.created_at or not exists (
			select from made_events e
			where e.task_id = n.task_id and e.at < n.created_at and (e.assigned_to = n.profile_id or e.actor = n.profile_id))`},
	{"an impediment is raised while its sprint runs, by its members", `
		select i.description
		from public.impediments i
		join made_sprints s using (sprint_id)
		left join public.project_members m on m.project_id = i.project_id and m.profile_id = i.raised_by
		left join public.project_members r on r.project_id = i.project_id and r.profile_id = i.resolved_by
		left join made_updates u using (update_id)
		where m.role is null or m.role = 'viewer' or (r.role = 'viewer') is true
			or (i.resolved_at is null) <> (i.resolved_by is null) or (i.resolved_by is null) <> (r.role is null)
			or not i.raised_at between s.started_at and coalesce(s.completed_at, i.raised_at)
			or (i.update_id is not null and (u.profile_id, u.created_at) is distinct from (i.raised_by, i.raised_at))`},
	{"an opportunity stands where its stages led", `
		select o.opportunity_name
		from public.opportunities o
		join lateral (
			select array_agg(e.new_stage order by e.event_id) as stages, array_agg(e.old_stage order by e.event_id) as before,
				array_agg(e.new_stage order by e.created_at) as by_time, min(e.created_at) as first_at, max(e.created_at) as last_at
			from public.opportunity_stage_events e where e.opportunity_id = o.opportunity_id) h on true
		where o.xmin = pg_current_xact_id()::xid and (
			o.stage is distinct from h.stages[cardinality(h.stages)] or h.stages <> h.by_time
			or h.before <> array_prepend(null, h.stages[:cardinality(h.stages) - 1])
			or (o.created_at, o.updated_at) is distinct from (h.first_at, h.last_at)
			or private.is_closed(o.stage) <> (o.forecast_category = 'Closed')
			or private.is_closed(o.stage) <> (o.close_date <= (select (moment at time zone 'Asia/Seoul')::date from clock)))`},
	{"an account that bought is no prospect", `
		select a.account_name from public.accounts a join public.opportunities o using (account_id)
		where a.xmin = pg_current_xact_id()::xid and o.stage = 'Closed Won' and a.account_type = 'Prospect'`},
	{"a project follows the sale it came from, and its maker manages it", `
		select p.project_name
		from public.projects p
		left join public.opportunities o using (opportunity_id)
		left join public.project_members m on m.project_id = p.project_id and m.profile_id = p.profile_id
		where p.xmin = pg_current_xact_id()::xid and (
			o.stage is distinct from 'Closed Won' or o.account_id <> p.account_id or o.updated_at > p.created_at
			or m.role is distinct from 'manager')`},
	{"a person signs in by an identity of their own, and no token column is null", `
		select u.email
		from auth.users u
		join made_people p on p.profile_id = u.id
		left join auth.identities i on i.user_id = u.id
		where (i.provider, i.provider_id, i.identity_data ->> 'sub', i.identity_data ->> 'email')
				is distinct from ('email', u.id::text, u.id::text, u.email::text)
			or (u.aud, u.role, u.email) is distinct from ('authenticated', 'authenticated', p.email) or u.email_confirmed_at is null
			or num_nulls(u.confirmation_token, u.recovery_token, u.email_change, u.email_change_token_new,
				u.email_change_token_current, u.phone_change, u.phone_change_token, u.reauthentication_token) > 0`},
	{"a completed sprint has its views frozen", `
		select s.sprint_name from made_sprints s
		where s.status = 'Completed' and (
			(select count(distinct v.view) from private.closed_views v where v.sprint_id = s.sprint_id) <> 5
			or not exists (select from private.closed_participation a where a.sprint_id = s.sprint_id))`},
	{"triggers run again", `
		select current_setting('session_replication_role') where current_setting('session_replication_role') <> 'origin'`},
}

// What the demo is to show, as questions whose answer is true.
var seedShows = []struct{ name, query string }{
	{"demo is owner, and scrum master where a sprint runs", `
		select p.org_role = 'owner' and m.role = 'scrum_master' and s.end_date >= (select (moment at time zone 'Asia/Seoul')::date from clock)
		from made_people p join public.project_members m using (profile_id) join made_sprints s using (project_id)
		where p.email like 'demo@%' and s.status = 'Active'`},
	{"half of the running sprint's working days are gone", `
		select bool_and(gone = 5 and days = 10) from (
			select count(*) filter (where day < (clock.moment at time zone s.timezone)::date) as gone, count(*) as days
			from made_sprints s cross join clock cross join generate_series(s.start_date, s.end_date, interval '1 day') day
			where s.status = 'Active' and private.is_working_day(s.org_id, day::date) group by s.sprint_id) running`},
	{"three closed sprints of 20 to 30 tasks each", `
		select count(*) = 3 and bool_and(jsonb_array_length(figures -> 'tasks') between 20 and 30) from made_snapshots where moment = 'close'`},
	{"its board has a task in every column", `
		select bool_and((c ->> 'task_count')::int > 0)
		from made_sprints s cross join json_array_elements(public.sprint_board(s.sprint_id) -> 'columns') c
		where s.status = 'Active' and s.timezone = 'Asia/Seoul'`},
	{"tasks left over went to the next sprint, and to the backlog", `
		select count(distinct f.figures ->> 'carried_over_to') = 2 and bool_or(f.figures ->> 'carried_over_to' is null)
		from made_snapshots f where f.moment = 'close' and exists (
			select from jsonb_array_elements(f.figures -> 'tasks') t where t ->> 'status' not in ('Completed', 'Cancelled'))`},
	{"tasks are added, removed, re-estimated, reopened and cancelled in the running sprint", `
		select bool_or(e.kind = 'created') and bool_or(e.kind = 'sprint' and e.old_value = s.sprint_id::text)
			and bool_or(e.kind = 'points' and e.old_value is not null)
			and bool_or(e.kind = 'status' and e.old_value = 'Completed') and bool_or(e.new_value = 'Cancelled')
		from made_sprints s join made_events e using (project_id) where s.status = 'Active' and s.timezone = 'Asia/Seoul' and e.at > s.started_at`},
	{"one task was deleted in mid-sprint", `
		select count(*) = 1 and bool_and(e.at between s.started_at and s.completed_at)
		from made_events e left join made_sprints s using (sprint_id) where e.kind = 'deleted'`},
	{"some members miss a scrum, and most post", `
		select count(u.*) between count(*) * 0.75 and count(*) * 0.97
		from made_scrums d
		join public.project_members m on m.project_id = d.project_id and m.role <> 'viewer'
		left join made_updates u on u.daily_scrum_id = d.daily_scrum_id and u.profile_id = m.profile_id
		where not exists (select from public.days_off o where o.profile_id = m.profile_id and d.scrum_date between o.from_date and o.to_date)`},
	{"impediments are open and resolved in the running sprint", `
		select count(resolved_at) > 0 and count(*) > count(resolved_at) from public.impediments i join made_sprints s using (sprint_id) where s.status = 'Active'`},
	{"opportunities stand in every stage, in two currencies", `
		select count(distinct stage) = array_length(enum_range(null::public.opportunity_stage), 1) and count(distinct currency_code) = 2
		from public.opportunities where xmin = pg_current_xact_id()::xid`},
	{"somebody is away around today", `
		select exists (select from public.days_off d cross join clock
			where d.xmin = pg_current_xact_id()::xid and (clock.moment at time zone 'Asia/Seoul')::date between d.from_date and d.to_date)`},
}

func TestSeed(t *testing.T) {
	t.Parallel()
	for _, moment := range seedMoments {
		t.Run(moment.name, func(t *testing.T) {
			t.Parallel()
			if moment.at == "" {
				moment.at = MustNow(t).Format(time.RFC3339Nano)
			}
			tx := mustSeedCopy(t, moment.at)
			for _, rule := range seedRules {
				t.Run(rule.name, func(t *testing.T) {
					if broken := MustStrings(t, mustNest(t, tx), rule.query); len(broken) > 0 {
						t.Errorf("rows that break the rule: got %d, want none: %s",
							len(broken), strings.Join(broken[:min(len(broken), 5)], "; "))
					}
				})
			}
			for _, shown := range seedShows {
				t.Run(shown.name, func(t *testing.T) {
					var holds bool
					if err := mustNest(t, tx).QueryRow(Deadline(t), "select coalesce(("+shown.query+"), false)").Scan(&holds); err != nil {
						t.Fatalf("Scan: %v", err)
					}
					if !holds {
						t.Error("the seed doesn't show it: got false, want true")
					}
				})
			}
			t.Run("no row is of the future", func(t *testing.T) { nothingOfTheFuture(t, tx) })
			t.Run("every foreign key holds", func(t *testing.T) { foreignKeysHold(t, tx) })
		})
	}
}

// TestSeed_again_slow: a second run, and one over data that others have changed since, is no run at all.
func TestSeed_again_slow(t *testing.T) {
	t.Parallel()
	// One snapshot for the whole transaction, so that other tests' rows don't come in between.
	tx, err := MustConnect(t).BeginTx(Deadline(t), pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	if err != nil {
		t.Fatalf("BeginTx: %v", err)
	}
	now := MustNow(t)
	script := copyOfSeed(t, now.Format(time.RFC3339Nano))
	for _, run := range []struct{ name, script string }{
		{"of the stack's own seed", string(mustReadSeed(t))},
		{"of a copy, first", script},
		{"of a copy, again", script},
		{"of a copy, two weeks later", copyOfSeed(t, now.AddDate(0, 0, 14).Format(time.RFC3339Nano))},
	} {
		before := fingerprints(t, tx)
		mustExec(t, tx, run.script)
		changed := !slices.Equal(before, fingerprints(t, tx))
		if first := strings.HasSuffix(run.name, "first"); changed != first {
			t.Errorf("a run %s: data changed %v, want %v", run.name, changed, first)
		}
	}
}

func TestSeed_addressTaken(t *testing.T) {
	t.Parallel()
	tx := MustBegin(t)
	mustExec(t, tx, `insert into auth.users (id, email) values (gen_random_uuid(), 'Demo@copy.mysingle.test')`)
	mustExec(t, tx, copyOfSeed(t, MustNow(t).Format(time.RFC3339Nano)))
	if orgs := MustStrings(t, tx, `select org_name from public.organizations where org_id::text like $1`, copyPrefix+"%"); len(orgs) > 0 {
		t.Errorf("organizations made although an address was taken: got %v, want none", orgs)
	}
}

// TestSeed_snapshotShape: a seeded snapshot reads like one that the product takes.
func TestSeed_snapshotShape(t *testing.T) {
	t.Parallel()
	tx := mustSeedCopy(t, MustNow(t).Format(time.RFC3339Nano))
	const key = copyPrefix + "000%d-0000-4000-8000-%012d"
	third, running, next := fmt.Sprintf(key, 6, 3), fmt.Sprintf(key, 6, 4), fmt.Sprintf(key, 6, 5)
	seeded := map[string][]string{
		"start": snapshotPaths(t, tx, running, "start"),
		"close": snapshotPaths(t, tx, third, "close"),
	}
	mustExec(t, tx, fmt.Sprintf(`
		set local request.jwt.claims = '{"sub": "%s", "role": "authenticated"}';
		set local role authenticated;
		select public.complete_sprint('%s', '%s');
		select public.start_sprint('%s');
		reset role`, fmt.Sprintf(key, 2, 1), running, next, next))
	for moment, sprint := range map[string]string{"start": next, "close": running} {
		if taken := snapshotPaths(t, tx, sprint, moment); !slices.Equal(seeded[moment], taken) {
			t.Errorf("paths of the %s snapshot: got %v\nwant the product's %v", moment, seeded[moment], taken)
		}
	}
}

// TestSeed_isolation: nobody of one organization sees a row of the other, in any table.
func TestSeed_isolation(t *testing.T) {
	t.Parallel()
	tx := mustSeedCopy(t, MustNow(t).Format(time.RFC3339Nano))
	type person struct{ ID, Org, Name string }
	rows, err := tx.Query(Deadline(t), `select profile_id::text, org_id::text, full_name from made_people`)
	if err != nil {
		t.Fatalf("tx.Query: %v", err)
	}
	people, err := pgx.CollectRows(rows, pgx.RowToStructByPos[person])
	if err != nil {
		t.Fatalf("pgx.CollectRows: %v", err)
	}
	// The organization of a row: its own column, else its project's.
	foreign := MustStrings(t, tx, `
		select format('select %L || count(*) from public.%I where %s having count(*) > 0', c.table_name || ': ', c.table_name,
			case when bool_or(c.column_name = 'org_id') then 'org_id <> current_setting(''seed_test.org'')::uuid'
			else 'project_id not in (select project_id from public.projects where org_id = current_setting(''seed_test.org'')::uuid)' end)
		from information_schema.columns c join information_schema.tables using (table_schema, table_name)
		where c.table_schema = 'public' and table_type = 'BASE TABLE' and c.column_name in ('org_id', 'project_id')
		group by c.table_name`)
	if len(foreign) < 15 {
		t.Fatalf("tables with organizations or projects: got %d, want at least 15", len(foreign))
	}
	for _, p := range people {
		t.Run(p.Name, func(t *testing.T) {
			mustExec(t, tx, fmt.Sprintf(`
				set local seed_test.org = '%s';
				set local request.jwt.claims = '{"sub": "%s", "role": "authenticated"}';
				set local role authenticated`, p.Org, p.ID))
			if seen := MustStrings(t, tx, strings.Join(foreign, "\nunion all ")); len(seen) > 0 {
				t.Errorf("rows of other organizations: got %v, want none", seen)
			}
			if own := MustStrings(t, tx, `select task_name from public.tasks`); len(own) == 0 {
				t.Error("tasks of one's own organization: got none, want some")
			}
			mustExec(t, tx, `reset role`)
		})
	}
}

// TestSeed_signIn: everybody signs in with the demo password at the Auth server that runs.
func TestSeed_signIn(t *testing.T) {
	t.Parallel()
	addresses := MustStrings(t, MustConnect(t), `select email from public.profiles where profile_id::text like $1`, seedPrefix+"%")
	if !slices.Contains(addresses, "demo@mysingle.test") || len(addresses) < 9 {
		t.Fatalf("seeded addresses: got %v, want at least 9, demo@mysingle.test among them", addresses)
	}
	for _, address := range addresses {
		t.Run(address, func(t *testing.T) {
			body, err := json.Marshal(map[string]string{"email": address, "password": "mysingle-demo"})
			if err != nil {
				t.Fatalf("json.Marshal: %v", err)
			}
			request, err := http.NewRequestWithContext(Deadline(t), http.MethodPost, MustEnv(t, "AUTH_URL")+"/token?grant_type=password", bytes.NewReader(body))
			if err != nil {
				t.Fatalf("http.NewRequestWithContext: %v", err)
			}
			request.Header.Set("Content-Type", "application/json")
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatalf("http.DefaultClient.Do: %v", err)
			}
			defer response.Body.Close()
			var answer struct {
				AccessToken string `json:"access_token"`
				Message     string `json:"msg"`
			}
			if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
				t.Fatalf("Decode: %v", err)
			}
			if response.StatusCode != http.StatusOK || answer.AccessToken == "" {
				t.Errorf("sign in: got status %d (%s), want 200 and an access token",
					response.StatusCode, answer.Message)
			}
		})
	}
}

func mustReadSeed(tb testing.TB) []byte {
	tb.Helper()
	script, err := os.ReadFile("../seed.sql")
	if err != nil {
		tb.Fatalf("os.ReadFile: %v", err)
	}
	return script
}

// copyOfSeed is the seed with other keys and addresses, so that it stands beside the seeded
// data, run as if at the given moment.
func copyOfSeed(tb testing.TB, moment string) string {
	tb.Helper()
	script := string(mustReadSeed(tb))
	if strings.Count(script, seedClock) != 1 {
		tb.Fatalf("seed.sql doesn't read the clock once, by %q", seedClock)
	}
	return strings.NewReplacer(
		seedClock, "right_now constant timestamptz := '"+moment+"';",
		seedPrefix+"000", copyPrefix+"000",
		"@mysingle.test", "@copy.mysingle.test",
		"@harborlabs.test", "@copy.harborlabs.test",
	).Replace(script)
}

// mustSeedCopy runs a copy of the seed in a transaction of its own and adds what the rules
// read: views of the rows it made, and clock.
func mustSeedCopy(tb testing.TB, moment string) pgx.Tx {
	tb.Helper()
	tx := MustBegin(tb)
	mustExec(tb, tx, copyOfSeed(tb, moment))
	mustExec(tb, tx, seedViews)
	mustExec(tb, tx, "create temp view clock as select '"+moment+"'::timestamptz as moment")
	return tx
}

// mustNest opens a savepoint that is rolled back when the test ends, so that one broken query
// doesn't fail the checks after it.
func mustNest(tb testing.TB, tx pgx.Tx) pgx.Tx {
	tb.Helper()
	nested, err := tx.Begin(Deadline(tb))
	if err != nil {
		tb.Fatalf("savepoint: %v", err)
	}
	tb.Cleanup(func() {
		if err := nested.Rollback(Deadline(tb)); err != nil {
			tb.Errorf("roll back to the savepoint: %v", err)
		}
	})
	return nested
}

func mustExec(tb testing.TB, db interface {
	Conn() *pgx.Conn
}, script string) {
	tb.Helper()
	if _, err := db.Conn().PgConn().Exec(Deadline(tb), script).ReadAll(); err != nil {
		tb.Fatalf("exec: %v", err)
	}
}

// snapshotPaths is every path of names in a snapshot's figures; elements of a list share one.
func snapshotPaths(tb testing.TB, tx pgx.Tx, sprint, moment string) []string {
	tb.Helper()
	paths := MustStrings(tb, tx, `
		with recursive node (path, value) as (
			select '', figures from public.sprint_snapshots where sprint_id = $1 and moment = $2::public.snapshot_moment
			union all
			select node.path || child.path, child.value
			from node cross join lateral (
				select '.' || key as path, value from jsonb_each(case jsonb_typeof(node.value) when 'object' then node.value else '{}' end)
				union all
				select '[]', value from jsonb_array_elements(case jsonb_typeof(node.value) when 'array' then node.value else '[]' end)) child
		)
		-- Which lists of a report have something in them differs from sprint to sprint.
		select distinct path from node where path !~ '^\.report\.\w+\.items\[\]' order by path`, sprint, moment)
	if len(paths) < 20 {
		tb.Fatalf("paths of the %s snapshot of %s: got %v, want at least 20", moment, sprint, paths)
	}
	return paths
}

func nothingOfTheFuture(t *testing.T, tx pgx.Tx) {
	checks := MustStrings(t, tx, `
		select format('select %L || count(*) from %I.%I cross join clock where %2$I.%3$I.xmin = pg_current_xact_id()::xid and %4$I > clock.moment having count(*) > 0',
			c.table_name || '.' || c.column_name || ': ', c.table_schema, c.table_name, c.column_name)
		from information_schema.columns c join information_schema.tables using (table_schema, table_name)
		where c.table_schema in ('public', 'auth') and table_type = 'BASE TABLE' and c.data_type = 'timestamp with time zone'
			and c.column_name <> 'expires_at'`)
	if future := MustStrings(t, tx, strings.Join(checks, "\nunion all ")); len(future) > 0 {
		t.Errorf("rows of the future: got %v, want none", future)
	}
}

func foreignKeysHold(t *testing.T, tx pgx.Tx) {
	checks := MustStrings(t, tx, `
		select format('select %L || count(*) from %s child where child.xmin = pg_current_xact_id()::xid and %s and not exists (select from %s parent where %s) having count(*) > 0',
			k.conname || ': ', k.conrelid::regclass,
			string_agg(format('child.%I is not null', c.attname), ' and '), k.confrelid::regclass,
			string_agg(format('parent.%I = child.%I', p.attname, c.attname), ' and '))
		from pg_constraint k
		cross join unnest(k.conkey, k.confkey) as pair (child, parent)
		join pg_attribute c on c.attrelid = k.conrelid and c.attnum = pair.child
		join pg_attribute p on p.attrelid = k.confrelid and p.attnum = pair.parent
		where k.contype = 'f' and k.connamespace::regnamespace::text in ('public', 'auth')
		group by k.oid, k.conname, k.conrelid, k.confrelid`)
	if len(checks) < 30 {
		t.Fatalf("foreign keys: got %d, want at least 30", len(checks))
	}
	if dangling := MustStrings(t, tx, strings.Join(checks, "\nunion all ")); len(dangling) > 0 {
		t.Errorf("rows that point nowhere: got %v, want none", dangling)
	}
}

// fingerprints is each table of public and auth with its number of rows and their checksum.
func fingerprints(tb testing.TB, db querier) []string {
	tb.Helper()
	queries := MustStrings(tb, db, `
		select format('select %L || count(*) || md5(coalesce(string_agg(t::text, chr(10) order by t::text), '''')) from %s t', c.oid::regclass || ' ', c.oid::regclass)
		from pg_class c where c.relnamespace::regnamespace::text in ('public', 'auth') and c.relkind = 'r' order by 1`)
	prints := MustStrings(tb, db, strings.Join(queries, "\nunion all "))
	slices.Sort(prints)
	return prints
}
