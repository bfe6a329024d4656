-- Calendar feeds: everybody's own, and what their calendars show: a member's part of the work.

begin;
\ir personas.psql
select plan(52);

select pg_temp.keep(name) from unnest('{feed,owner_feed,viewer_feed}'::text[]) name;
insert into calendar_feeds (feed_id, profile_id, org_id) values (pg_temp.keep('foreign_feed'), pg_temp.id('outsider'), pg_temp.id('foreign_org'));

-- Member
select pg_temp.become('member');
select lives_ok($$insert into calendar_feeds (feed_id, feed_name) values (pg_temp.id('feed'), '내 일정')$$, 'member: makes one');
select results_eq($$select profile_id, org_id, feed_name from calendar_feeds$$, $$values (pg_temp.id('member'), pg_temp.id('org'), '내 일정')$$, 'member: theirs, and sees it alone');
select lives_ok('insert into calendar_feeds default values', 'member: another, named by default');
select isnt_empty($$update calendar_feeds set feed_name = 'Mine' where feed_id = pg_temp.id('feed') returning 1$$, 'member: renames it');
select throws_ok($$update calendar_feeds set feed_name = ' ' where feed_id = pg_temp.id('feed')$$, '23514', null, 'member: it has a name');
select throws_ok($$update calendar_feeds set profile_id = pg_temp.id('manager') where feed_id = pg_temp.id('feed')$$, '42501', null, 'member: it stays theirs');
select throws_ok($$update calendar_feeds set feed_id = gen_random_uuid()$$, '42501', null, 'member: the key stays');
select throws_ok($$insert into calendar_feeds (profile_id) values (pg_temp.id('manager'))$$, '42501', null, 'member: makes none for another');
select throws_ok($$insert into calendar_feeds (org_id) values (pg_temp.id('foreign_org'))$$, '42501', null, 'member: none in another organization');
select lives_ok('insert into calendar_feeds (feed_name) select n::text from generate_series(3, 20) n', 'member: makes twenty');
select throws_ok('insert into calendar_feeds default values', 'PT409', 'there are 20 calendar feeds already', 'member: and no more');
select isnt_empty($$delete from calendar_feeds where feed_name = '20' returning 1$$, 'member: deletes one');
select lives_ok('insert into calendar_feeds default values', 'member: and makes another');
select throws_ok($$select calendar_of(pg_temp.id('feed'))$$, '42501', null, 'member: reads it by its link alone');

-- The others
select pg_temp.become('owner');
select is_empty('select from calendar_feeds', 'owner: sees none of others');
select is_empty('delete from calendar_feeds returning 1', 'owner: deletes none of others');
select lives_ok($$insert into calendar_feeds (feed_id) values (pg_temp.id('owner_feed'))$$, 'owner: makes one');
select pg_temp.become('viewer');
select lives_ok($$insert into calendar_feeds (feed_id) values (pg_temp.id('viewer_feed'))$$, 'viewer: makes one');
select is_empty($$update calendar_feeds set feed_name = 'x' where feed_id = pg_temp.id('feed') returning 1$$, 'viewer: renames none of others');
select pg_temp.become('outsider');
select results_eq('select feed_id from calendar_feeds', $$values (pg_temp.id('foreign_feed'))$$, 'outsider: sees their own');
select pg_temp.become('anonymous');
select throws_ok('select from calendar_feeds', '42501', null, 'anonymous: sees none');

-- What the member's calendar shows
select pg_temp.become('postgres');
update organizations set reminder_time = '09:30' where org_id = pg_temp.id('org');
update project_members set joined_at = now() - interval '2 days' where profile_id = pg_temp.id('member');
update tasks set due_date = pg_temp.today() + 2, priority = 'High' where task_id = pg_temp.id('task');
insert into tasks (project_id, task_name, assigned_to, due_date, status) values
  (pg_temp.id('project'), 'Another''s', pg_temp.id('manager'), pg_temp.today() + 2, 'Planned'),
  (pg_temp.id('project'), 'Done', pg_temp.id('member'), pg_temp.today() + 2, 'Completed'),
  (pg_temp.id('project'), 'Cancelled', pg_temp.id('member'), pg_temp.today() + 2, 'Cancelled'),
  (pg_temp.id('project'), 'Some day', pg_temp.id('member'), null, 'Planned'),
  (pg_temp.id('project'), 'Far ahead', pg_temp.id('member'), pg_temp.today() + 366, 'Planned'),
  (pg_temp.id('project'), 'Long ago', pg_temp.id('member'), pg_temp.today() - 91, 'Planned'),
  (pg_temp.id('project'), 'The last day', pg_temp.id('member'), pg_temp.today() + 365, 'Planned'),
  (pg_temp.id('project'), 'The first day', pg_temp.id('member'), pg_temp.today() - 90, 'Blocked');
insert into sprints (project_id, sprint_name, start_date, end_date, status, started_at, completed_at) values
  (pg_temp.id('project'), 'Old', pg_temp.today() - 200, pg_temp.today() - 91, 'Completed', now() - interval '200 days', now() - interval '91 days'),
  (pg_temp.id('project'), 'Done', pg_temp.today() - 100, pg_temp.today() - 90, 'Completed', now() - interval '100 days', now() - interval '90 days'),
  (pg_temp.id('project'), 'Cancelled', pg_temp.today() - 10, pg_temp.today() - 9, 'Cancelled', null, null),
  (pg_temp.id('project'), 'Far', pg_temp.today() + 366, pg_temp.today() + 370, 'Planned', null, null);
insert into org_holidays (org_id, holiday_date, name) values (pg_temp.id('org'), pg_temp.today() + 1, 'Holiday');
insert into days_off (profile_id, org_id, from_date, to_date) values (pg_temp.id('member'), pg_temp.id('org'), pg_temp.today() + 3, pg_temp.today() + 4);
-- A project that is none of the member's.
insert into projects (project_id, org_id, project_name, profile_id) values (pg_temp.keep('another_project'), pg_temp.id('org'), 'Another', pg_temp.id('manager'));
insert into sprints (project_id, sprint_name, start_date, end_date, status, started_at)
values (pg_temp.id('another_project'), 'Theirs', pg_temp.today(), pg_temp.today() + 1, 'Active', now());
create function pg_temp.list(name text, list text, key text) returns text[]
language sql as $$
  select array_agg(item ->> $3 order by n) from json_array_elements(public.calendar_of(pg_temp.id($1)) -> $2) with ordinality as items (item, n)
$$;
grant execute on function pg_temp.list(text, text, text) to public;

select pg_temp.become('service');
select is(calendar_of(gen_random_uuid())::text, null, 'calendar: null without a feed');
select is(calendar_of(null)::text, null, 'calendar: nor of none');
select is(calendar_of(pg_temp.id('feed')) ->> 'feed_name', 'Mine', 'calendar: its name');
select is((calendar_of(pg_temp.id('feed')) -> 'profile')::jsonb, jsonb_build_object('profile_id', pg_temp.id('member'), 'full_name', null), 'calendar: its person, without an address');
select is((calendar_of(pg_temp.id('feed')) -> 'organization')::jsonb, '{"org_name": "한빛", "timezone": "Asia/Seoul", "locale": "ko"}'::jsonb, 'calendar: their organization');
select is(pg_temp.list('feed', 'sprints', 'sprint_name'), '{Done,Running,Next}', 'sprints: of the window, in order, none cancelled');
select is((calendar_of(pg_temp.id('feed')) #> '{sprints,1}')::jsonb - 'updated_at',
  jsonb_build_object('sprint_id', pg_temp.id('sprint'), 'sprint_name', 'Running', 'goal', 'Ship it', 'status', 'Active',
    'start_date', pg_temp.today() - 3, 'end_date', pg_temp.today() + 10, 'project_id', pg_temp.id('project'), 'project_name', 'Delivery'), 'sprints: what is told of one');
select is(pg_temp.list('feed', 'scrums', 'date'),
  (select array_agg((pg_temp.today() + n)::text order by n) from unnest('{-2,-1,0,2,5,6,7,8,9,10}'::int[]) n), 'scrums: from joining to the end, not on the holiday, not on days off');
select is((calendar_of(pg_temp.id('feed')) #> '{scrums,2}')::jsonb - 'updated_at' - 'starts_at',
  jsonb_build_object('sprint_id', pg_temp.id('sprint'), 'sprint_name', 'Running', 'project_id', pg_temp.id('project'), 'project_name', 'Delivery', 'date', pg_temp.today()), 'scrums: what is told of one');
select is((calendar_of(pg_temp.id('feed')) #>> '{scrums,2,starts_at}')::timestamptz, (pg_temp.today() + time '09:30') at time zone 'Asia/Seoul', 'scrums: when those who haven''t posted are reminded');
select isnt((calendar_of(pg_temp.id('feed')) #>> '{scrums,2,updated_at}')::timestamptz, null, 'scrums: and since when that is so');
select is(pg_temp.list('feed', 'tasks', 'task_name'), '{"The first day",Login,"The last day"}', 'tasks: the member''s unfinished ones of the window');
select is((calendar_of(pg_temp.id('feed')) #> '{tasks,1}')::jsonb - 'updated_at',
  jsonb_build_object('task_id', pg_temp.id('task'), 'task_name', 'Login', 'status', 'In Progress', 'priority', 'High', 'due_date', pg_temp.today() + 2,
    'project_id', pg_temp.id('project'), 'project_name', 'Delivery'), 'tasks: what is told of one');
select is_empty($$select from (select calendar_of(pg_temp.id('feed'))::text as text) feed where feed.text like '%@%'$$, 'calendar: no address anywhere');
select is(pg_temp.list('viewer_feed', 'sprints', 'sprint_name'), '{Done,Running,Next}', 'viewer: the sprints');
select is(pg_temp.list('viewer_feed', 'scrums', 'date'), null, 'viewer: no scrums');
select is(pg_temp.list('owner_feed', 'sprints', 'sprint_name'), null, 'owner: of no project that isn''t theirs');
select is(pg_temp.list('foreign_feed', 'sprints', 'project_id'), array_fill(pg_temp.id('foreign_project')::text, '{2}'), 'outsider: their own organization''s');

-- A sprint that is overdue
select pg_temp.become('postgres');
update sprints set end_date = pg_temp.today() - 1, started_at = now() - interval '3 days' where sprint_id = pg_temp.id('sprint');
select pg_temp.become('service');
select is(pg_temp.list('feed', 'scrums', 'date'), (select array_agg((pg_temp.today() + n)::text order by n) from unnest('{-2,-1,0}'::int[]) n), 'overdue: scrums until today, though it was to end yesterday');
select results_eq($$select (d.value ->> 'date')::date from json_array_elements(calendar_of(pg_temp.id('feed')) -> 'scrums') d where (d.value ->> 'date')::date = pg_temp.today()$$,
  $$select scrum_date from private.due_scrums(null, now(), pg_temp.id('org')) where sprint_id = pg_temp.id('sprint')$$, 'overdue: today''s, which the schedule opens');
select pg_temp.become('member');
select is(scrum_draft() #>> '{scrums,0,expected}', 'true', 'overdue: and of which the member owes an update');
select pg_temp.become('postgres');
set local session_replication_role = replica;
update sprints set start_date = pg_temp.today() - 200, end_date = pg_temp.today() - 100 where sprint_id = pg_temp.id('sprint');
set local session_replication_role = origin;
select pg_temp.become('service');
select is(pg_temp.list('feed', 'scrums', 'date'), (select array_agg((pg_temp.today() + n)::text order by n) from unnest('{-2,-1,0}'::int[]) n), 'overdue for long: scrums until today');
select is(pg_temp.list('feed', 'sprints', 'sprint_name'), '{Done,Next}', 'overdue for long: the sprint''s own days are over');
select pg_temp.become('postgres');
insert into org_holidays (org_id, holiday_date, name) values (pg_temp.id('org'), pg_temp.today(), 'Holiday');
select pg_temp.become('service');
select is(pg_temp.list('feed', 'scrums', 'date'), (select array_agg((pg_temp.today() + n)::text order by n) from unnest('{-2,-1}'::int[]) n), 'overdue: none on a holiday');
select pg_temp.become('postgres');
delete from org_holidays where org_id = pg_temp.id('org') and holiday_date = pg_temp.today();
set local session_replication_role = replica;
update sprints set start_date = pg_temp.today() - 3, end_date = pg_temp.today() + 10 where sprint_id = pg_temp.id('sprint');
set local session_replication_role = origin;

-- Rows that another organization's keys lead to, as no foreign key would let them
set local session_replication_role = replica;
insert into project_members (project_id, profile_id, org_id, role, joined_at) values
  (pg_temp.id('foreign_project'), pg_temp.id('member'), pg_temp.id('org'), 'member', now() - interval '10 days'),
  (pg_temp.id('another_project'), pg_temp.id('member'), pg_temp.id('foreign_org'), 'member', now() - interval '10 days');
set local session_replication_role = origin;
select pg_temp.become('service');
select is_empty($$select p.id from unnest(pg_temp.list('feed', 'sprints', 'project_id')) p (id) where p.id::uuid <> pg_temp.id('project')$$, 'calendar: of the feed''s organization alone');
select pg_temp.become('postgres');
delete from project_members where profile_id = pg_temp.id('member') and project_id <> pg_temp.id('project');
set local session_replication_role = replica;
update calendar_feeds set org_id = pg_temp.id('foreign_org') where feed_id = pg_temp.id('feed');
set local session_replication_role = origin;
select pg_temp.become('service');
select is(calendar_of(pg_temp.id('feed'))::text, null, 'calendar: null once its person is in another organization');
select pg_temp.become('postgres');
set local session_replication_role = replica;
update calendar_feeds set org_id = pg_temp.id('org') where feed_id = pg_temp.id('feed');
set local session_replication_role = origin;

-- Times change
select pg_temp.become('postgres');
select pg_temp.become('service');
select is(json_array_length(calendar_of(pg_temp.id('feed')) -> 'scrums'), 10, 'still a member: ten scrums');
select pg_temp.become('postgres');
delete from project_members where project_id = pg_temp.id('project') and profile_id = pg_temp.id('member');
select pg_temp.become('service');
select is((select json_array_length(c -> 'sprints') + json_array_length(c -> 'scrums') + json_array_length(c -> 'tasks') from calendar_of(pg_temp.id('feed')) c), 0, 'a member no more: nothing');
select pg_temp.become('member');
select isnt_empty($$delete from calendar_feeds where feed_id = pg_temp.id('feed') returning 1$$, 'member: revokes the link');
select pg_temp.become('service');
select is(calendar_of(pg_temp.id('feed'))::text, null, 'revoked: null');
select pg_temp.become('postgres');
delete from auth.users where id = pg_temp.id('viewer');
select is_empty($$select from calendar_feeds where feed_id = pg_temp.id('viewer_feed')$$, 'the person has gone: so has the feed');

select * from finish();
rollback;
