-- The board of a sprint: figures, filters, and nothing for those who may not see it.

begin;
\ir personas.psql
select plan(25);

-- Events two days ago and 30 minutes ago, as far as the board can tell, across the organization's midnight.
insert into tasks (task_id, project_id, sprint_id, task_name, status, priority, story_points, assigned_to, board_rank, due_date) values
  (pg_temp.keep('blocked'), pg_temp.id('project'), pg_temp.id('sprint'), 'Stuck', 'Blocked', 'Urgent', 2.5, pg_temp.id('manager'), 20, '2027-01-04'),
  (pg_temp.keep('first'), pg_temp.id('project'), pg_temp.id('sprint'), 'First', 'In Progress', 'High', null, null, 10, null);
update tasks set board_rank = 15 where task_id = pg_temp.id('task');
update tasks set status = 'In Progress' where task_id = pg_temp.id('blocked');
update tasks set status = 'Blocked', related_task_id = pg_temp.id('task') where task_id = pg_temp.id('blocked');
create function pg_temp.board_column(board jsonb, status text) returns jsonb
language sql immutable as $$ select c from jsonb_array_elements($1 -> 'columns') c where c ->> 'status' = $2 $$;
create function pg_temp.board(assignee uuid default null, priority public.task_priority default null) returns jsonb
language sql stable as $$ select public.sprint_board(pg_temp.id('sprint'), assignee, priority)::jsonb $$;
grant execute on function pg_temp.board_column(jsonb, text), pg_temp.board(uuid, public.task_priority) to public;

-- Member
select pg_temp.become('member');
select results_eq($$select b -> 'as_of' = to_jsonb(statement_timestamp()), b ->> 'timezone', b -> 'scope' from pg_temp.board() b$$, $$values (true, 'Asia/Seoul', '{"visible_tasks": 3}'::jsonb)$$, 'board: when, in which zone, and how many tasks the caller sees');
select results_eq($$select b -> 'sprint' -> 'sprint_id', b -> 'sprint' ->> 'goal', b -> 'sprint' ->> 'status', b -> 'sprint' -> 'start_date', b -> 'project' from pg_temp.board() b$$,
  $$values (to_jsonb(pg_temp.id('sprint')), 'Ship it', 'Active', to_jsonb(pg_temp.today() - 3), jsonb_build_object('project_id', pg_temp.id('project'), 'project_name', 'Delivery'))$$, 'board: the sprint and its project');
select results_eq($$select jsonb_path_query(pg_temp.board(), '$.columns[*].status') #>> '{}'$$, $$select unnest(enum_range(null::task_status))::text$$, 'board: eight columns, in their order');
select results_eq($$select jsonb_path_query(pg_temp.board_column(pg_temp.board(), 'In Progress'), '$.tasks[*].task_name') #>> '{}'$$, $$values ('First'), ('Login')$$, 'board: tasks by rank');
select results_eq($$select pg_temp.board_column(pg_temp.board(), 'In Progress') - 'tasks'$$, $$values ('{"status": "In Progress", "task_count": 2, "points": 3, "unestimated_count": 1}'::jsonb)$$, 'column: counts, points, unestimated');
select results_eq($$select pg_temp.board_column(pg_temp.board(), 'Blocked') - 'tasks'$$, $$values ('{"status": "Blocked", "task_count": 1, "points": 2.5, "unestimated_count": 0}'::jsonb)$$, 'column: half points');
select results_eq($$select pg_temp.board_column(pg_temp.board(), 'Completed')$$, $$values ('{"status": "Completed", "task_count": 0, "points": 0, "unestimated_count": 0, "tasks": []}'::jsonb)$$, 'column: an empty one is there too');
select results_eq($$select pg_temp.board_column(pg_temp.board(), 'In Progress') #> '{tasks,1,assignee}', pg_temp.board_column(pg_temp.board(), 'In Progress') #> '{tasks,0,assignee}'$$,
  $$values (jsonb_build_object('profile_id', pg_temp.id('member'), 'full_name', null, 'username', 'member'), 'null'::jsonb)$$, 'task: who does it, null for nobody');
select results_eq($$select t -> 'task_id', t ->> 'priority', t -> 'story_points', t ->> 'due_date', t -> 'related_task_id', t -> 'board_rank' from (select pg_temp.board_column(pg_temp.board(), 'Blocked') #> '{tasks,0}' as t) t$$,
  $$values (to_jsonb(pg_temp.id('blocked')), 'Urgent', '2.5'::jsonb, '2027-01-04', to_jsonb(pg_temp.id('task')), '20'::jsonb)$$, 'task: its own things');
select results_eq($$select (t ->> 'blocked_since')::timestamptz, (t ->> 'status_since')::timestamptz from (select pg_temp.board_column(pg_temp.board(), 'Blocked') #> '{tasks,0}' as t) t$$,
  $$select at, at from task_events where task_id = pg_temp.id('blocked') order by event_id desc limit 1$$, 'task: blocked since the last time it was, not the first');
select results_eq($$select t -> 'blocked_since' from (select pg_temp.board_column(pg_temp.board(), 'In Progress') #> '{tasks,0}' as t) t$$, $$values ('null'::jsonb)$$, 'task: what isn''t blocked has no blocked_since');

-- Filters
select results_eq($$select b -> 'scope', pg_temp.board_column(b, 'In Progress') -> 'task_count', pg_temp.board_column(b, 'Blocked') -> 'task_count' from pg_temp.board(assignee => pg_temp.id('member')) b$$,
  $$values ('{"visible_tasks": 3}'::jsonb, '1'::jsonb, '0'::jsonb)$$, 'filter: by assignee; the scope stays the whole sprint');
select results_eq($$select pg_temp.board_column(b, 'In Progress') -> 'task_count', pg_temp.board_column(b, 'Blocked') -> 'points' from pg_temp.board(priority => 'Urgent') b$$, $$values ('0'::jsonb, '2.5'::jsonb)$$, 'filter: by priority');
select results_eq($$select sum((c ->> 'task_count')::int)::int from pg_temp.board(pg_temp.id('member'), 'Urgent') b, jsonb_array_elements(b -> 'columns') c$$, 'values (0)', 'filter: by both');
select results_eq($$select sum((c ->> 'task_count')::int)::int from pg_temp.board(gen_random_uuid()) b, jsonb_array_elements(b -> 'columns') c$$, 'values (0)', 'filter: an unknown assignee has nothing, which is no error');

-- Days in a status, by the organization's zone: one moment that was yesterday in one zone and isn't in another
select pg_temp.become('postgres');
update task_events set at = (now() at time zone 'Pacific/Kiritimati')::date::timestamp at time zone 'Pacific/Kiritimati' - interval '1 minute' where task_id = pg_temp.id('first');
update task_events set at = (now() at time zone 'Pacific/Kiritimati')::date::timestamp at time zone 'Pacific/Kiritimati' where task_id = pg_temp.id('task');
update organizations set timezone = 'Pacific/Kiritimati' where org_id = pg_temp.id('org');
select pg_temp.become('member');
select results_eq($$select c #> '{tasks,0,days_in_status}', c #> '{tasks,1,days_in_status}' from pg_temp.board_column(pg_temp.board(), 'In Progress') c$$, $$values ('1'::jsonb, '0'::jsonb)$$, 'days: a minute before the organization''s midnight is yesterday, midnight is today');
select pg_temp.become('postgres');
update task_events set at = now() - interval '72 hours' where task_id = pg_temp.id('first');
update task_events set at = now() - interval '1 second' where task_id = pg_temp.id('task');
update organizations set timezone = 'Etc/UTC' where org_id = pg_temp.id('org');
select pg_temp.become('member');
select results_eq($$select c #> '{tasks,0,days_in_status}' from pg_temp.board_column(pg_temp.board(), 'In Progress') c$$, $$values ('3'::jsonb)$$, 'days: 72 hours are three days where no clock is put forward');
select results_eq($$select b -> 'as_of' = to_jsonb(now() + interval '48 hours'), pg_temp.board_column(b, 'In Progress') #> '{tasks,0,days_in_status}' from (select sprint_board(pg_temp.id('sprint'), as_of => now() + interval '48 hours')::jsonb as b) asked$$, $$values (true, '5'::jsonb)$$, 'days: counted to as_of');

-- Everybody
select pg_temp.become('viewer');
select results_eq($$select b -> 'scope' from pg_temp.board() b$$, $$values ('{"visible_tasks": 3}'::jsonb)$$, 'viewer: sees the board');
select pg_temp.become('owner');
select results_eq($$select b -> 'scope' from pg_temp.board() b$$, $$values ('{"visible_tasks": 3}'::jsonb)$$, 'owner: sees the board');
select pg_temp.become('stranger');
select is(pg_temp.board(), null, 'stranger: no board');
select pg_temp.become('outsider');
select is(pg_temp.board(), null, 'outsider: no board of another organization');
select results_eq($$select (sprint_board(pg_temp.id('foreign_sprint'))::jsonb -> 'scope')$$, $$values ('{"visible_tasks": 1}'::jsonb)$$, 'outsider: their own');
select is(sprint_board(gen_random_uuid())::jsonb, null, 'outsider: an unknown sprint gives the same answer');
select pg_temp.become('anonymous');
select throws_ok($$select sprint_board(gen_random_uuid())$$, '42501', null, 'anonymous: may not ask');

select * from finish();
rollback;
