-- Task events: written for every change by every path, by nobody else, and never changed.

begin;
\ir personas.psql
select plan(36);

-- What a task has been through, as text: kind, from, to, in which sprint, by whom.
create function pg_temp.history(name text) returns table (kind public.task_event_kind, old_value text, new_value text, sprint_id uuid, actor uuid)
language sql stable as $$
  select e.kind, e.old_value, e.new_value, e.sprint_id, e.actor from public.task_events e
  where e.task_id = pg_temp.id(name) order by e.event_id
$$;
grant execute on function pg_temp.history(text) to public;
select pg_temp.keep(name) from unnest('{made,bulk1,bulk2,bulk3,bare,late_sprint}'::text[]) name;

-- Creation
select pg_temp.become('member');
insert into tasks (task_id, project_id, sprint_id, task_name, status, story_points, assigned_to)
values (pg_temp.id('made'), pg_temp.id('project'), pg_temp.id('sprint'), 'Made', 'Scheduled', 5, pg_temp.id('viewer'));
select results_eq($$select * from pg_temp.history('made')$$, $$values
  ('created'::task_event_kind, null::text, 'Scheduled', pg_temp.id('sprint'), pg_temp.id('member')),
  ('points', null, '5.0', pg_temp.id('sprint'), pg_temp.id('member')),
  ('sprint', null, pg_temp.id('sprint')::text, pg_temp.id('sprint'), pg_temp.id('member')),
  ('assignee', null, pg_temp.id('viewer')::text, pg_temp.id('sprint'), pg_temp.id('member'))$$, 'created: the first status, then points, sprint and assignee');
select results_eq($$select count(distinct at)::int from task_events where task_id = pg_temp.id('made')$$, 'values (1)', 'created: all at one moment');
insert into tasks (task_id, project_id, task_name) values (pg_temp.id('bare'), pg_temp.id('project'), 'Bare');
select results_eq($$select kind, new_value, sprint_id from pg_temp.history('bare')$$, $$values ('created'::task_event_kind, 'Planned', null::uuid)$$, 'created: nothing is written of what there isn''t');

-- Changes, one by one
update tasks set status = 'In Progress' where task_id = pg_temp.id('made');
update tasks set story_points = 8 where task_id = pg_temp.id('made');
update tasks set story_points = null where task_id = pg_temp.id('made');
update tasks set assigned_to = null where task_id = pg_temp.id('made');
update tasks set sprint_id = null where task_id = pg_temp.id('made');
select results_eq($$select * from pg_temp.history('made') offset 4$$, $$values
  ('status'::task_event_kind, 'Scheduled', 'In Progress', pg_temp.id('sprint'), pg_temp.id('member')),
  ('points', '5.0', '8.0', pg_temp.id('sprint'), pg_temp.id('member')),
  ('points', '8.0', null, pg_temp.id('sprint'), pg_temp.id('member')),
  ('assignee', pg_temp.id('viewer')::text, null, pg_temp.id('sprint'), pg_temp.id('member')),
  ('sprint', pg_temp.id('sprint')::text, null, null::uuid, pg_temp.id('member'))$$, 'changed: what, from what, to what, and in which sprint it is then');
select results_eq($$select count(distinct at)::int from task_events where task_id = pg_temp.id('made')$$, 'values (6)', 'changed: each statement has its own moment');
select is_empty($$select from (select at, lag(at) over (order by event_id) as before from task_events where task_id = pg_temp.id('made')) e where at < before$$, 'changed: the moments follow the order');
update tasks set task_name = 'Renamed', description = 'x', priority = 'High', estimated_time = 5, actual_time = 6, due_date = '2027-01-01', board_rank = 1, status = status where task_id = pg_temp.id('made');
select results_eq($$select count(*)::int from pg_temp.history('made')$$, 'values (9)', 'changed: what the figures don''t need isn''t written');
update tasks set status = 'Completed', sprint_id = pg_temp.id('sprint'), story_points = 2, assigned_to = pg_temp.id('member') where task_id = pg_temp.id('made');
select results_eq($$select kind, sprint_id from pg_temp.history('made') offset 9$$, $$values ('sprint'::task_event_kind, pg_temp.id('sprint')),
  ('points', pg_temp.id('sprint')), ('assignee', pg_temp.id('sprint')), ('status', pg_temp.id('sprint'))$$, 'changed: four things at once are four events, the sprint first, the status last');

-- The state that each event carries
select results_eq($$select status, story_points, assigned_to, sprint_id from task_events where task_id = pg_temp.id('made') order by event_id$$, $$values
  ('Scheduled'::task_status, 5.0, pg_temp.id('viewer'), pg_temp.id('sprint')), ('Scheduled', 5.0, pg_temp.id('viewer'), pg_temp.id('sprint')),
  ('Scheduled', 5.0, pg_temp.id('viewer'), pg_temp.id('sprint')), ('Scheduled', 5.0, pg_temp.id('viewer'), pg_temp.id('sprint')),
  ('In Progress', 5.0, pg_temp.id('viewer'), pg_temp.id('sprint')), ('In Progress', 8.0, pg_temp.id('viewer'), pg_temp.id('sprint')),
  ('In Progress', null, pg_temp.id('viewer'), pg_temp.id('sprint')), ('In Progress', null, null, pg_temp.id('sprint')), ('In Progress', null, null, null),
  ('Completed', 2.0, pg_temp.id('member'), pg_temp.id('sprint')), ('Completed', 2.0, pg_temp.id('member'), pg_temp.id('sprint')),
  ('Completed', 2.0, pg_temp.id('member'), pg_temp.id('sprint')), ('Completed', 2.0, pg_temp.id('member'), pg_temp.id('sprint'))$$, 'state: what the task was from then on, the same in all events of a statement');

-- Many at once
insert into tasks (task_id, project_id, task_name, board_rank) select pg_temp.id('bulk' || n), pg_temp.id('project'), 'Bulk', n from generate_series(1, 3) n;
update tasks set status = case task_id when pg_temp.id('bulk2') then 'Planned' else 'Blocked' end::task_status, story_points = 1
where task_id in (pg_temp.id('bulk1'), pg_temp.id('bulk2'), pg_temp.id('bulk3'));
select results_eq($$select i.name, e.kind, e.new_value from task_events e join ids i on i.id = e.task_id where i.name like 'bulk%' and kind <> 'created' order by event_id$$,
  $$values ('bulk1', 'points'::task_event_kind, '1.0'), ('bulk1', 'status', 'Blocked'), ('bulk2', 'points', '1.0'), ('bulk3', 'points', '1.0'), ('bulk3', 'status', 'Blocked')$$,
  'bulk: each task has its own, in board order');
select results_eq($$select count(distinct at)::int from task_events e join ids i on i.id = e.task_id where i.name like 'bulk%'$$, 'values (2)', 'bulk: one moment for a statement');
insert into tasks (task_id, project_id, task_name, status) values (pg_temp.id('bulk1'), pg_temp.id('project'), 'Bulk', 'On Hold'), (pg_temp.id('late_sprint'), pg_temp.id('project'), 'New', 'On Hold')
on conflict (task_id) do update set status = excluded.status;
select results_eq($$select kind, old_value, new_value from pg_temp.history('bulk1') offset 3$$, $$values ('status'::task_event_kind, 'Blocked', 'On Hold')$$, 'upsert: the row that was there has a change');
select results_eq($$select kind, old_value, new_value from pg_temp.history('late_sprint')$$, $$values ('created'::task_event_kind, null::text, 'On Hold')$$, 'upsert: the new one a creation');

-- Deletion
delete from tasks where task_id = pg_temp.id('made');
select results_eq($$select * from pg_temp.history('made') offset 13$$, $$values ('deleted'::task_event_kind, 'Renamed', null::text, pg_temp.id('sprint'), pg_temp.id('member'))$$, 'deleted: with its name and the sprint it was in');
select results_eq($$select status, story_points, assigned_to from task_events where task_id = pg_temp.id('made') and kind = 'deleted'$$, $$values ('Completed'::task_status, 2.0, pg_temp.id('member'))$$, 'deleted: with its last state');
select results_eq($$select count(*)::int from pg_temp.history('made')$$, 'values (14)', 'deleted: the history outlives the task');

-- By foreign keys
select pg_temp.become('manager');
insert into sprints (sprint_id, project_id, sprint_name, start_date, end_date) values (pg_temp.id('late_sprint'), pg_temp.id('project'), 'Late', '2030-01-01', '2030-01-10');
update tasks set sprint_id = pg_temp.id('late_sprint') where task_id = pg_temp.id('bare');
delete from sprints where sprint_id = pg_temp.id('late_sprint');
select results_eq($$select * from pg_temp.history('bare') offset 2$$, $$values ('sprint'::task_event_kind, pg_temp.id('late_sprint')::text, null::text, null::uuid, pg_temp.id('manager'))$$, 'a sprint deleted: its tasks are written as moved to the backlog');
delete from project_members where profile_id = pg_temp.id('member');
select results_eq($$select * from pg_temp.history('task') order by kind desc limit 2$$, $$values
  ('assignee'::task_event_kind, null::text, pg_temp.id('member')::text, pg_temp.id('sprint'), null::uuid),
  ('assignee', pg_temp.id('member')::text, null, pg_temp.id('sprint'), pg_temp.id('manager'))$$, 'a member removed: their tasks are written as unassigned, by who removed them');

-- Who may
select throws_ok($$insert into task_events (project_id, task_id, kind, status) values (pg_temp.id('project'), pg_temp.id('task'), 'status', 'Blocked')$$, '42501', null, 'manager: writes none');
select throws_ok('update task_events set actor = null', '42501', null, 'manager: changes none');
select throws_ok('delete from task_events', '42501', null, 'manager: deletes none');
select pg_temp.become('owner');
select isnt_empty('select from task_events', 'owner: sees them');
select throws_ok('delete from task_events', '42501', null, 'owner: deletes none');
select throws_ok('truncate task_events', '42501', null, 'owner: nor all');
select pg_temp.become('viewer');
select isnt_empty('select from task_events', 'viewer: sees them');
select pg_temp.become('stranger');
select is_empty('select from task_events', 'stranger: sees none');
select pg_temp.become('outsider');
select results_eq('select distinct project_id from task_events', $$values (pg_temp.id('foreign_project'))$$, 'outsider: sees their own organization''s alone');
select pg_temp.become('anonymous');
select throws_ok('select from task_events', '42501', null, 'anonymous: reads none');
select pg_temp.become('service');
select throws_ok($$insert into task_events (project_id, task_id, kind, status) values (pg_temp.id('project'), pg_temp.id('task'), 'status', 'Blocked')$$, '42501', null, 'service: writes none');
select throws_ok('update task_events set actor = null', '42501', null, 'service: changes none');
select throws_ok('delete from task_events', '42501', null, 'service: deletes none');
update tasks set status = 'Blocked' where task_id = pg_temp.id('bare');
select results_eq($$select kind, new_value, actor from pg_temp.history('bare') offset 3$$, $$values ('status'::task_event_kind, 'Blocked', null::uuid)$$, 'service: its changes are written, as nobody''s');

-- A sprint's figures begin at the events of the kind "sprint": no other tells first of a task's sprint.
select pg_temp.become('manager');
update tasks set sprint_id = pg_temp.id('next_sprint'), status = 'In Review', story_points = 8 where task_id = pg_temp.id('task');
update tasks set sprint_id = pg_temp.id('sprint') where task_id = pg_temp.id('task');
insert into tasks (project_id, sprint_id, task_name, created_by) values (pg_temp.id('project'), pg_temp.id('next_sprint'), 'There at once', pg_temp.id('manager'));
select pg_temp.become('postgres');
select isnt_empty($$select from task_events where sprint_id = pg_temp.id('next_sprint') and kind <> 'sprint'$$, 'in a sprint: more than the entry tells of it');
select is_empty($$
  select from task_events e where e.sprint_id is not null and not exists (
    select from task_events i where i.task_id = e.task_id and i.sprint_id = e.sprint_id and i.kind = 'sprint' and i.at <= e.at)$$,
  'in a sprint: by an event of that kind, whoever wrote the history');

-- The project goes
select pg_temp.become('manager');
select lives_ok($$delete from projects where project_id = pg_temp.id('project')$$, 'a project deleted: its tasks go');
select pg_temp.become('postgres');
select is_empty($$select from task_events where project_id = pg_temp.id('project')$$, 'a project deleted: and their events');

select * from finish();
rollback;
