-- Closed sprints: what their views show stays as it was at the completion.

begin;
\ir personas.psql
select plan(15);

insert into tasks (task_id, project_id, sprint_id, task_name, status, priority, story_points, assigned_to, board_rank) values
  (pg_temp.keep('done'), pg_temp.id('project'), pg_temp.id('sprint'), 'Done', 'Completed', 'Urgent', 2.5, pg_temp.id('member'), 1),
  (pg_temp.keep('undone'), pg_temp.id('project'), pg_temp.id('sprint'), 'Not done', 'Cancelled', 'Low', null, pg_temp.id('manager'), 2);
create function pg_temp.board(assignee uuid default null, priority public.task_priority default null, as_of timestamptz default null) returns jsonb
language sql stable as $$ select public.sprint_board(pg_temp.id('sprint'), assignee, priority, as_of)::jsonb $$;
create function pg_temp.names(board jsonb) returns text
language sql stable as $$ select string_agg(t ->> 'task_name', ', ' order by t ->> 'task_name') from jsonb_array_elements($1 -> 'columns') c, jsonb_array_elements(c -> 'tasks') t $$;
create function pg_temp.board_column(board jsonb, status text) returns jsonb
language sql immutable as $$ select c - 'tasks' from jsonb_array_elements($1 -> 'columns') c where c ->> 'status' = $2 $$;
grant execute on function pg_temp.board(uuid, public.task_priority, timestamptz), pg_temp.names(jsonb), pg_temp.board_column(jsonb, text) to public;

select pg_temp.become('scrum_master');
select lives_ok($$select complete_sprint(pg_temp.id('sprint'))$$, 'scrum_master: completes the sprint');
select pg_temp.become('postgres');
update tasks set task_name = 'Renamed', status = 'In Progress', sprint_id = null where task_id in (pg_temp.id('done'), pg_temp.id('undone'));
update projects set project_name = 'Renamed' where project_id = pg_temp.id('project');
update sprints set sprint_name = 'Renamed', goal = 'Another' where sprint_id = pg_temp.id('sprint');
update organizations set timezone = 'Pacific/Auckland', working_days = '{7}' where org_id = pg_temp.id('org');

-- Member
select pg_temp.become('member');
select is(pg_temp.names(pg_temp.board()), 'Done, Not done', 'board: the tasks that were in the sprint, with their names then');
select is(pg_temp.board_column(pg_temp.board(), 'Completed'), '{"status": "Completed", "task_count": 1, "points": 2.5, "unestimated_count": 0}'::jsonb, 'board: their status then');
select is(pg_temp.names(pg_temp.board(assignee => pg_temp.id('member'))), 'Done', 'board: filtered by assignee');
select is(pg_temp.names(pg_temp.board(priority => 'Low')), 'Not done', 'board: filtered by priority');
select is(pg_temp.board_column(pg_temp.board(priority => 'Low'), 'Completed'), '{"status": "Completed", "task_count": 0, "points": 0, "unestimated_count": 0}'::jsonb, 'board: the counts are of the filtered ones');
select is(pg_temp.board_column(pg_temp.board(priority => 'Low'), 'Cancelled'), '{"status": "Cancelled", "task_count": 1, "points": 0, "unestimated_count": 1}'::jsonb, 'board: those without points, too');
select is(pg_temp.board(as_of => now() - interval '1 hour') - 'as_of', pg_temp.board() - 'as_of', 'board: it has no earlier moment');
select results_eq($$select b #>> '{sprint,goal}', b #>> '{project,project_name}', b ->> 'timezone' from pg_temp.board() b$$, $$values ('Ship it', 'Delivery', 'Asia/Seoul')$$, 'board: goal, project and time zone of then');
select results_eq($$select sprint_version(pg_temp.id('sprint')) #>> '{sprint,goal}'$$, $$values ('Ship it')$$, 'sprint: its goal is that of then wherever it is shown');
select results_eq($$select sprint_version(pg_temp.id('sprint')) ->> 'timezone'$$, $$values ('Asia/Seoul')$$, 'version: the time zone of then, which pictures are drawn in');
select results_eq($$select s ->> 'date', s ->> 'reason' from scrum_of_day(pg_temp.id('sprint'), pg_temp.today() + 1, now() + interval '1 minute') s$$, $$select (pg_temp.today() + 1)::text, 'completed'$$, 'scrum: none on the day after the completion');
select results_eq($$select s ->> 'date', s ->> 'reason' from sprints, scrum_of_day(sprint_id, end_date, now() + interval '1 minute') s where sprint_id = pg_temp.id('sprint')$$, $$select end_date::text, 'completed' from sprints where sprint_id = pg_temp.id('sprint')$$, 'scrum: nor on any later one');
select throws_ok($$select scrum_of_day(pg_temp.id('sprint'), '2099-01-01')$$, '22023', null, 'scrum: a date outside of the sprint is refused, as of a running one');

-- Outsider
select pg_temp.become('outsider');
select is(pg_temp.board(), null, 'outsider: sees no board');

select * from finish();
rollback;
