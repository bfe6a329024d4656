-- Two callers, two answers: whoever may not see a project gets no figures of it, and a view's
-- scope is what the same caller counts in the tables.

begin;
\ir personas.psql
select plan(30);

-- More than one of each, and some of what no longer counts: a task cancelled, one moved out, one deleted.
do $$
declare
  side text;
begin
  foreach side in array '{"",foreign_}'::text[] loop
    insert into tasks (project_id, sprint_id, task_name, status)
    select pg_temp.id(side || 'project'), pg_temp.id(side || 'sprint'), v.name, v.status::task_status
    from (values ('Cancelled', 'Cancelled'), ('Done', 'Completed'), ('Moved', 'Planned'), ('Deleted', 'Planned')) as v (name, status)
    where side = '' or v.name <> 'Done';
    update tasks set sprint_id = null where task_name = 'Moved' and project_id = pg_temp.id(side || 'project');
    delete from tasks where task_name = 'Deleted' and project_id = pg_temp.id(side || 'project');
    insert into daily_scrums (sprint_id, scrum_date) values (pg_temp.id(side || 'sprint'), pg_temp.today() - 1);
    insert into impediments (sprint_id, description, resolved_at) values (pg_temp.id(side || 'sprint'), 'No room', now());
    insert into sprints (sprint_id, project_id, sprint_name, start_date, end_date, status, started_at, completed_at)
    values (pg_temp.keep(side || 'closed_sprint'), pg_temp.id(side || 'project'), 'Closed', pg_temp.today() - 20, pg_temp.today() - 10,
            'Completed', now() - interval '20 days', now() - interval '10 days');
    insert into sprint_snapshots (project_id, sprint_id, moment, figures)
    values (pg_temp.id(side || 'project'), pg_temp.id(side || 'closed_sprint'), 'close',
            '{"report": {"committed": {"tasks": 2, "points": 3}, "completed": {"tasks": 1, "points": 1}}}');
  end loop;
  -- A runner may send the file in one piece: for the figures it is the same moment from its first line to its last.
  update task_events set at = at - interval '1 hour' where project_id in (pg_temp.id('project'), pg_temp.id('foreign_project'));
end $$;

-- Every figure's scope in one of the organizations, and what the caller counts: null where the
-- caller sees no such project.
create function pg_temp.scopes(side text) returns table (figure text, told jsonb, counted jsonb)
language sql stable as $$
  with asked as materialized (
    select pg_temp.id(side || 'sprint') as sprint_id, pg_temp.id(side || 'project') as project_id
  ), in_sprint as materialized (
    select jsonb_build_object('visible_tasks', count(t.task_id)) as counted
    from asked a join sprints s on s.sprint_id = a.sprint_id left join tasks t on t.sprint_id = s.sprint_id
    group by s.sprint_id
  ), project as materialized (
    select p.project_id from asked a join projects p on p.project_id = a.project_id
  )
  select v.figure, v.answer::jsonb -> 'scope', v.counted
  from asked a cross join lateral (values
    ('sprint_burndown', sprint_burndown(a.sprint_id), (select counted from in_sprint)),
    ('sprint_flow', sprint_flow(a.sprint_id), (select counted from in_sprint)),
    ('sprint_report', sprint_report(a.sprint_id), (select counted from in_sprint)),
    ('sprint_workload', sprint_workload(a.sprint_id), (select counted from in_sprint)),
    ('scrum_of_day', scrum_of_day(a.sprint_id), (select counted from in_sprint)),
    ('project_throughput', project_throughput(a.project_id), (
      select jsonb_build_object('visible_tasks', (select count(*) from tasks t where t.project_id = p.project_id)) from project p)),
    ('project_impediments', project_impediments(a.project_id), (
      select jsonb_build_object('visible_impediments', (select count(*) from impediments i where i.project_id = p.project_id)) from project p)),
    ('project_participation', project_participation(a.project_id), (
      select jsonb_build_object('visible_scrums', (select count(*) from daily_scrums d where d.project_id = p.project_id)) from project p)),
    ('project_velocity', project_velocity(a.project_id), (
      select jsonb_build_object('visible_sprints', (select count(*) from sprints s where s.project_id = p.project_id and s.status = 'Completed')) from project p))
  ) as v (figure, answer, counted)
$$;
-- The board is not for the service: in a function of its own, as rights are asked for beforehand.
create function pg_temp.board_scopes(side text) returns table (figure text, told jsonb, counted jsonb)
language sql stable as $$
  select 'sprint_board', sprint_board(pg_temp.id(side || 'sprint'))::jsonb -> 'scope', (
    select jsonb_build_object('visible_tasks', (select count(*) from tasks t where t.sprint_id = s.sprint_id))
    from sprints s where s.sprint_id = pg_temp.id(side || 'sprint'))
$$;
create function pg_temp.all_scopes() returns table (side text, figure text, told jsonb, counted jsonb)
language sql stable as $$
  select side.name, f.* from (values (''), ('foreign_')) as side (name)
  cross join lateral (select * from pg_temp.scopes(side.name) union all select * from pg_temp.board_scopes(side.name)) f
$$;
grant execute on function pg_temp.scopes(text), pg_temp.board_scopes(text), pg_temp.all_scopes() to public;

create function pg_temp.differing() returns text
language sql immutable as $$ select 'select * from pg_temp.all_scopes() where told is distinct from counted' $$;
-- How many figures tell something, of which organization.
create function pg_temp.seen() returns text
language sql immutable as $$ select 'select side, count(*)::int from pg_temp.all_scopes() where told is not null group by side order by side' $$;
-- Of one figure of each kind in one's own organization: the numbers themselves.
create function pg_temp.numbers() returns text
language sql immutable as $$
  select $q$select figure, told from pg_temp.all_scopes()
    where side = '' and figure in ('sprint_board', 'sprint_burndown', 'project_throughput', 'project_impediments', 'project_participation', 'project_velocity') order by figure$q$
$$;
grant execute on function pg_temp.differing(), pg_temp.seen(), pg_temp.numbers() to public;

select pg_temp.become('owner');
select is_empty(pg_temp.differing(), 'owner: what a scope tells is what one counts, and nothing is told where one sees no project');
select results_eq(pg_temp.seen(), $$values ('', 10)$$, 'owner: every figure of the own organization, none of the other');
select is(scrum_draft()::jsonb -> 'scope', '{"visible_sprints": 0}', 'owner: drafts for none, being no member');
select pg_temp.become('admin');
select is_empty(pg_temp.differing(), 'admin: what a scope tells is what one counts, and nothing is told where one sees no project');
select results_eq(pg_temp.seen(), $$values ('', 10)$$, 'admin: every figure of the own organization, none of the other');
select is(scrum_draft()::jsonb -> 'scope', '{"visible_sprints": 0}', 'admin: drafts for none, being no member');
select pg_temp.become('manager');
select is_empty(pg_temp.differing(), 'manager: what a scope tells is what one counts, and nothing is told where one sees no project');
select results_eq(pg_temp.seen(), $$values ('', 10)$$, 'manager: every figure of the own organization, none of the other');
select is(scrum_draft()::jsonb -> 'scope', '{"visible_sprints": 1}', 'manager: drafts for the running sprint of their project');
select pg_temp.become('scrum_master');
select is_empty(pg_temp.differing(), 'scrum master: what a scope tells is what one counts, and nothing is told where one sees no project');
select results_eq(pg_temp.seen(), $$values ('', 10)$$, 'scrum master: every figure of the own organization, none of the other');
select is(scrum_draft()::jsonb -> 'scope', '{"visible_sprints": 1}', 'scrum master: drafts for the running sprint of their project');
select pg_temp.become('member');
select is_empty(pg_temp.differing(), 'member: what a scope tells is what one counts, and nothing is told where one sees no project');
select results_eq(pg_temp.seen(), $$values ('', 10)$$, 'member: every figure of the own organization, none of the other');
select is(scrum_draft()::jsonb -> 'scope', '{"visible_sprints": 1}', 'member: drafts for the running sprint of their project');
select results_eq(pg_temp.numbers(), $$values ('project_impediments', '{"visible_impediments": 2}'::jsonb), ('project_participation', '{"visible_scrums": 2}'),
  ('project_throughput', '{"visible_tasks": 5}'), ('project_velocity', '{"visible_sprints": 1}'), ('sprint_board', '{"visible_tasks": 3}'), ('sprint_burndown', '{"visible_tasks": 3}')$$,
  'member: a cancelled task is in the sprint, one moved out in the project, one deleted nowhere');
select pg_temp.become('viewer');
select is_empty(pg_temp.differing(), 'viewer: what a scope tells is what one counts, and nothing is told where one sees no project');
select results_eq(pg_temp.seen(), $$values ('', 10)$$, 'viewer: every figure of the own organization, none of the other');
select is(scrum_draft()::jsonb -> 'scope', '{"visible_sprints": 0}', 'viewer: drafts for none, owing nothing');
select pg_temp.become('stranger');
select is_empty(pg_temp.differing(), 'stranger: what a scope tells is what one counts, and nothing is told where one sees no project');
select is_empty(pg_temp.seen(), 'stranger, in no project: no figure of any');
select is(scrum_draft()::jsonb -> 'scope', '{"visible_sprints": 0}', 'stranger: drafts for none');
select pg_temp.become('outsider');
select is_empty(pg_temp.differing(), 'outsider: what a scope tells is what one counts, and nothing is told where one sees no project');
select results_eq(pg_temp.seen(), $$values ('foreign_', 10)$$, 'outsider: every figure of the other organization, none of this one');
select is(scrum_draft()::jsonb -> 'scope', '{"visible_sprints": 1}', 'outsider: drafts for the sprint of their own organization');
select pg_temp.become('service');
select is_empty($$select s.* from (values (''), ('foreign_')) as side (name) cross join lateral pg_temp.scopes(side.name) s where told is distinct from counted$$, 'service: what a scope tells is what one counts');
select results_eq($$select count(told)::int from (values (''), ('foreign_')) as side (name) cross join lateral pg_temp.scopes(side.name)$$, 'values (18)', 'service: every figure of both organizations');
select is(scrum_draft()::jsonb, null, 'service: is nobody, and drafts nothing');
select pg_temp.become('anonymous');
select is_empty($$select call, r.code from unnest('{sprint_board,sprint_burndown,sprint_flow,sprint_report,sprint_workload,scrum_of_day,project_throughput,project_impediments,project_participation,project_velocity}'::text[]) call,
  pg_temp.refusal(format('select public.%I(%L)', call, gen_random_uuid())) r where r.code <> '42501'$$, 'anonymous: may ask for none');
select throws_ok('select public.scrum_draft()', '42501', null, 'anonymous: nor for a draft');

select * from finish();
rollback;
