-- Days of scrums: whatever opens, asks for or announces a scrum goes by private.scrum_obstacle, and all agree.

begin;
\ir personas.psql
select plan(20);

-- What each of them says of the running sprint's days around today, from its start to five days ahead.
create function pg_temp.days() returns setof date
language sql stable as $$ select (pg_temp.today() + n)::date from generate_series(-5, 5) n $$;
create function pg_temp.by_rule() returns date[]
language sql stable as $$
  select array_agg(d order by d) from pg_temp.days() d where private.no_scrum_reason(pg_temp.id('sprint'), d, now()) is null
$$;
create function pg_temp.by_schedule() returns date[]
language sql stable as $$
  select array_agg(d order by d) from pg_temp.days() d
  where exists (select from private.due_scrums(d, now(), pg_temp.id('org')) s where s.sprint_id = pg_temp.id('sprint'))
$$;
-- Definer: the callers may delete no scrum that is over.
create function pg_temp.delete_scrums() returns void
language sql security definer as $$ delete from public.daily_scrums where sprint_id = pg_temp.id('sprint') $$;
-- The days on which a scrum may be inserted: as who inserts finds out.
create function pg_temp.by_insert() returns date[]
language plpgsql as $$
declare
  d date;
  open_days date[];
begin
  perform pg_temp.delete_scrums();
  for d in select * from pg_temp.days() loop
    if (pg_temp.refusal(format('insert into daily_scrums (sprint_id, scrum_date) values (%L, %L)', pg_temp.id('sprint'), d))).code = '' then
      open_days := open_days || d;
    end if;
  end loop;
  return open_days;
end $$;
create function pg_temp.by_calendar() returns date[]
language sql stable as $$
  select array_agg((s ->> 'date')::date order by s ->> 'date')
  from json_array_elements(public.calendar_of(pg_temp.id('feed')) -> 'scrums') s
  where (s ->> 'date')::date <= pg_temp.today()
$$;
create function pg_temp.by_view() returns date[]
language sql stable as $$
  select array_agg(d order by d) from pg_temp.days() d
  where d between (select (s.started_at at time zone 'Asia/Seoul')::date from public.sprints s where s.sprint_id = pg_temp.id('sprint')) and pg_temp.today() and (public.scrum_of_day(pg_temp.id('sprint'), d) ->> 'is_scrum_day')::boolean
$$;
create function pg_temp.all_agree(on_days integer[]) returns text
language sql as $$
  select coalesce(string_agg(told.name || ' ' || coalesce(told.days::text, 'none'), ', '), 'all') from (values
    ('rule', pg_temp.by_rule()), ('schedule', pg_temp.by_schedule()), ('calendar', pg_temp.by_calendar()), ('view', pg_temp.by_view()), ('insert', pg_temp.by_insert())) as told (name, days)
  where told.days is distinct from (select array_agg((pg_temp.today() + n)::date order by n) from unnest(on_days) n)
$$;
update project_members set joined_at = now() - interval '10 days' where project_id = pg_temp.id('project');
insert into calendar_feeds (feed_id, profile_id, org_id) values (pg_temp.keep('feed'), pg_temp.id('member'), pg_temp.id('org'));
grant execute on all functions in schema pg_temp to public;

select pg_temp.become('service');
select is(pg_temp.all_agree('{-3,-2,-1,0}'), 'all', 'running: from the day of its start until today');
select pg_temp.become('postgres');
update sprints set end_date = pg_temp.today() - 2 where sprint_id = pg_temp.id('sprint');
select pg_temp.become('service');
select is(pg_temp.all_agree('{-3,-2,-1,0}'), 'all', 'overdue: the same, though it was to end two days ago');
select pg_temp.become('postgres');
insert into org_holidays (org_id, holiday_date, name) values (pg_temp.id('org'), pg_temp.today() - 2, 'Holiday'), (pg_temp.id('org'), pg_temp.today(), 'Holiday');
select pg_temp.become('service');
select is(pg_temp.all_agree('{-3,-1}'), 'all', 'overdue: none on holidays');
select pg_temp.become('postgres');
delete from org_holidays where org_id = pg_temp.id('org');
update organizations set working_days = (select array_agg(d) from generate_series(1, 7) d where d <> extract(isodow from pg_temp.today() - 1)) where org_id = pg_temp.id('org');
select pg_temp.become('service');
select is(pg_temp.all_agree('{-3,-2,0}'), 'all', 'overdue: none on days that aren''t worked');
select pg_temp.become('postgres');
update organizations set working_days = '{1,2,3,4,5,6,7}' where org_id = pg_temp.id('org');
delete from daily_scrums where sprint_id = pg_temp.id('sprint');
update sprints set started_at = pg_temp.today()::timestamp at time zone 'Asia/Seoul' where sprint_id = pg_temp.id('sprint');
select pg_temp.become('service');
select is(pg_temp.all_agree('{0}'), 'all', 'started today: today');

-- A scrum that was opened stays, whatever becomes of its sprint; one of another project is no scrum of it.
select pg_temp.become('postgres');
delete from daily_scrums where sprint_id = pg_temp.id('sprint');
update sprints set status = 'Cancelled', started_at = now() - interval '3 days' where sprint_id = pg_temp.id('sprint');
select is(private.no_scrum_reason(pg_temp.id('sprint'), pg_temp.today() - 1, now()), 'cancelled', 'cancelled: none');
set local session_replication_role = replica;
insert into daily_scrums (daily_scrum_id, sprint_id, project_id, scrum_date) values (pg_temp.keep('yesterday'), pg_temp.id('sprint'), pg_temp.id('foreign_project'), pg_temp.today() - 1);
select is(private.no_scrum_reason(pg_temp.id('sprint'), pg_temp.today() - 1, now()), 'cancelled', 'cancelled: a scrum of another project makes no difference');
update daily_scrums set project_id = pg_temp.id('project') where daily_scrum_id = pg_temp.id('yesterday');
set local session_replication_role = origin;
select is(private.no_scrum_reason(pg_temp.id('sprint'), pg_temp.today() - 1, now()), null, 'cancelled: but one that was opened');
update sprints set status = 'Active', started_at = pg_temp.today()::timestamp at time zone 'Asia/Seoul' where sprint_id = pg_temp.id('sprint');
select is(private.no_scrum_reason(pg_temp.id('sprint'), pg_temp.today() - 1, now()), null, 'before the start: one that was opened');
select is(private.no_scrum_reason(pg_temp.id('sprint'), pg_temp.today() - 2, now()), 'not started', 'before the start: none else');

-- No day at all
select pg_temp.become('scrum_master');
select is_empty($$select day, r.code from unnest('{infinity,-infinity}'::date[]) day,
  pg_temp.refusal(format('insert into daily_scrums (sprint_id, scrum_date) values (pg_temp.id(''sprint''), %L)', day)) r where r.code <> '23514'$$, 'scrum_master: opens none at the end of time');
select is_empty($$select open_daily_scrums(day) from unnest('{infinity,-infinity}'::date[]) day$$, 'scrum_master: nor by the function');

-- The reminder
select pg_temp.become('postgres');
delete from daily_scrums where project_id = pg_temp.id('project');
update sprints set start_date = pg_temp.today() - 3, end_date = pg_temp.today() - 2, started_at = now() - interval '3 days' where sprint_id = pg_temp.id('sprint');
update organizations set reminder_time = '00:00', digest_time = '00:00' where org_id = pg_temp.id('org');
insert into notification_channels (channel_id, org_id, channel_name, kind, target) values (pg_temp.keep('channel'), pg_temp.id('org'), 'Team', 'slack', 'https://hooks.example.test/x');
select pg_temp.become('service');
select results_eq($$select scrum_date from open_scrums(null, pg_temp.id('org'))$$, $$values (pg_temp.today())$$, 'overdue: the schedule opens today''s');
select pg_temp.become('postgres');
select isnt_empty($$select from private.due_notifications('scrum_reminder', now(), pg_temp.id('org'))$$, 'overdue: and reminds of it');
select pg_temp.become('member');
select is(scrum_draft() #>> '{scrums,0,expected}', 'true', 'overdue: the member owes an update');
select pg_temp.become('postgres');
insert into org_holidays (org_id, holiday_date, name) values (pg_temp.id('org'), pg_temp.today(), 'Holiday');
select is_empty($$select from private.due_notifications('scrum_reminder', now(), pg_temp.id('org'))$$, 'a holiday since: nobody is reminded');
select pg_temp.become('member');
select is(scrum_draft() #>> '{scrums,0,expected}', 'false', 'a holiday since: nor owes one');
select pg_temp.become('postgres');
delete from org_holidays where org_id = pg_temp.id('org');

-- Both kinds of days of notifications
select results_eq($$select day from private.notification_days('scrum_reminder', (pg_temp.today() + time '00:00') at time zone 'Asia/Seoul' - interval '1 second', pg_temp.id('org'))$$,
  $$values (pg_temp.today() - 1)$$, 'reminder: of the day before until midnight');
update organizations set reminder_time = '10:00', digest_time = '10:00' where org_id = pg_temp.id('org');
select is_empty($$select day from private.notification_days('scrum_reminder', (pg_temp.today() + time '09:59') at time zone 'Asia/Seoul', pg_temp.id('org'))$$, 'reminder: no day before its time');
select results_eq($$select day, today from private.notification_days('scrum_digest', (pg_temp.today() + time '09:59') at time zone 'Asia/Seoul', pg_temp.id('org'))$$,
  $$values (pg_temp.today() - 1, pg_temp.today())$$, 'digest: still the day before''s');

select * from finish();
rollback;
