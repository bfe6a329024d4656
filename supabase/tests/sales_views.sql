-- From the sale to the sprint: the pipeline, and how what was sold is being delivered.

begin;
\ir personas.psql
select plan(40);

-- One holiday, tomorrow; on every other day the organization works.
insert into org_holidays (org_id, holiday_date, name) values (pg_temp.id('org'), pg_temp.today() + 1, 'Holiday');
select pg_temp.join_by_invitation('foreign_viewer', 'foreign_org');
insert into project_members (project_id, profile_id, org_id, role)
values (pg_temp.id('foreign_project'), pg_temp.id('foreign_viewer'), pg_temp.id('foreign_org'), 'viewer');

-- A runner may send the file in one piece: for the figures it is the same moment from its first line to its last.
update task_events set at = at - interval '1 hour' where project_id in (pg_temp.id('project'), pg_temp.id('foreign_project'));

-- The pipeline -------------------------------------------------------------------------

-- Beside the one of the personas, which is the first stage's and has no value.
insert into opportunities (org_id, opportunity_name, account_id, stage, currency_code, acv)
select pg_temp.id('org'), 'Deal', pg_temp.id('account'), d.stage::opportunity_stage, d.currency, d.acv
from (values
  ('Discovery', 'KRW', 1000.00), ('Discovery', 'KRW', null), ('Discovery', 'USD', 250.50),
  ('Closed Won', 'KRW', 3000.00), ('Closed Won', 'USD', 100.00),
  ('Closed Lost', 'KRW', 700.00), ('Closed Lost', 'KRW', null), ('Closed No Decision', 'USD', 40.00)) as d (stage, currency, acv);
insert into opportunities (org_id, opportunity_name, account_id, stage, currency_code, acv)
values (pg_temp.id('foreign_org'), 'Deal', pg_temp.id('foreign_account'), 'Discovery', 'USD', 9);

create function pg_temp.pipeline() returns table (stage text, currency text, deals bigint, acv numeric, without_acv bigint, forecast numeric)
language sql stable as $$
  select p.stage::text, p.currency_code::text, p.opportunity_count, p.acv, p.without_acv_count, p.forecast_acv
  from public.opportunity_pipeline p order by p.stage, p.currency_code
$$;
create function pg_temp.own_pipeline() returns table (stage text, currency text, deals bigint, acv numeric, without_acv bigint, forecast numeric)
language sql immutable as $$
  values ('Opportunity', 'KRW', 1::bigint, 0::numeric, 1::bigint, 0::numeric),
    ('Discovery', 'KRW', 2, 1000, 1, 1000), ('Discovery', 'USD', 1, 250.50, 0, 250.50),
    ('Closed Won', 'KRW', 1, 3000, 0, 3000), ('Closed Won', 'USD', 1, 100, 0, 100),
    ('Closed Lost', 'KRW', 2, 700, 1, 0), ('Closed No Decision', 'USD', 1, 40, 0, 0)
$$;
grant execute on function pg_temp.pipeline(), pg_temp.own_pipeline() to public;

select pg_temp.become('member');
select results_eq('select * from pg_temp.pipeline()', 'select * from pg_temp.own_pipeline()', 'pipeline: per stage and currency; no value counts 0, and what is lost counts nowhere in a forecast');
select pg_temp.become('stranger');
select results_eq('select * from pg_temp.pipeline()', 'select * from pg_temp.own_pipeline()', 'pipeline: the same for everybody of the organization, in a project or not');
select pg_temp.become('admin');
select results_eq('select * from pg_temp.pipeline()', 'select * from pg_temp.own_pipeline()', 'pipeline: and for its admin');
select pg_temp.become('foreign_viewer');
select results_eq('select * from pg_temp.pipeline()', $$values ('Opportunity', 'KRW', 1::bigint, 0::numeric, 1::bigint, 0::numeric), ('Discovery', 'USD', 1, 9, 0, 9)$$, 'pipeline: the other organization''s viewer has their own');
select pg_temp.become('anonymous');
select throws_ok('select from opportunity_pipeline', '42501', null, 'pipeline: not for the anonymous');

-- Delivery: the running sprint of many projects ------------------------------------------

select pg_temp.become('postgres');
insert into accounts (account_id, org_id, account_name, profile_id) values (pg_temp.keep('many'), pg_temp.id('org'), 'Many', pg_temp.id('member'));

-- Days are counted from today.
create function pg_temp.noon(day int) returns timestamptz
language sql stable as $$ select (pg_temp.today() + day + time '12:00') at time zone 'Asia/Seoul' $$;

-- A project whose sprint runs, started on the morning of its first day or of another.
create function pg_temp.run(name text, first_day int, last_day int, started int default null) returns void
language plpgsql as $$
begin
  insert into projects (project_id, org_id, project_name, account_id, profile_id)
  values (pg_temp.keep(name), pg_temp.id('org'), name, pg_temp.id('many'), pg_temp.id('manager'));
  insert into sprints (project_id, sprint_name, start_date, end_date, status, started_at)
  values (pg_temp.id(name), 'Sprint', pg_temp.today() + first_day, pg_temp.today() + last_day, 'Active',
          least(now(), pg_temp.noon(coalesce(started, first_day)) - interval '3 hours'));
end $$;

-- A task of its sprint from before it started, of 3 points, that came into statuses at those moments.
create function pg_temp.work(name text, statuses task_status[] default '{}', moments timestamptz[] default '{}') returns void
language plpgsql as $$
declare
  task uuid := gen_random_uuid();
begin
  insert into tasks (task_id, project_id, sprint_id, task_name, story_points)
  select task, s.project_id, s.sprint_id, 'Task', 3 from sprints s where s.project_id = pg_temp.id(name);
  update task_events set at = pg_temp.noon(-30) where task_id = task;
  for i in 1 .. cardinality(statuses) loop
    update tasks set status = statuses[i] where task_id = task;
    update task_events set at = moments[i] where event_id = (select max(e.event_id) from task_events e where e.task_id = task);
  end loop;
end $$;

do $$
declare
  three constant task_status[] := '{Completed,In Progress,Completed}';
  v record;
begin
  for v in
    select * from (values ('empty', -4, 5, null), ('too early', 0, 5, null), ('no pace', -3, 3, null),
      ('in time', -4, 5, null), ('just in time', -4, 3, null), ('a day late', -4, 2, null), ('last day', -4, 0, null), ('all done', -4, 5, null),
      ('over, stuck', -10, -2, null), ('over, at a pace', -10, -1, null), ('done, left open', -10, -2, null), ('done on the last day', -10, -2, null),
      ('done after it', -10, -3, null), ('reopened after it', -10, -4, null), ('reopened for an hour', -10, -4, null),
      ('started after it', -6, -3, -1)) as v (name, first_day, last_day, started)
  loop
    perform pg_temp.run(v.name, v.first_day, v.last_day, v.started);
  end loop;
  -- A task that is left, one for each day on which one was done, and three that have more to tell.
  perform pg_temp.work(name) from unnest('{too early,no pace,in time,just in time,a day late,last day,"over, stuck","over, at a pace"}'::text[]) name;
  perform pg_temp.work(d.name, '{Completed}', array[pg_temp.noon(d.day)])
  from (values ('in time', -3), ('in time', -2), ('just in time', -3), ('just in time', -2), ('a day late', -3), ('a day late', -2),
    ('last day', -3), ('all done', -3), ('over, at a pace', -3), ('done, left open', -4), ('done, left open', -3), ('done on the last day', -2),
    ('done after it', -5), ('done after it', -1), ('started after it', -1)) as d (name, day);
  perform pg_temp.work('empty', '{Cancelled}', array[pg_temp.noon(-2)]);
  perform pg_temp.work('reopened after it', three, array[pg_temp.noon(-5), pg_temp.noon(-3), pg_temp.noon(-2)]);
  perform pg_temp.work('reopened for an hour', three, array[pg_temp.noon(-5), pg_temp.noon(-3), pg_temp.noon(-3) + interval '1 hour']);
end $$;
insert into projects (org_id, project_name, account_id, profile_id) values (pg_temp.id('org'), 'without a sprint', pg_temp.id('many'), pg_temp.id('manager'));
insert into impediments (sprint_id, description, resolved_at)
select s.sprint_id, 'Something', v.at from sprints s cross join (values (null), (now()), (null)) as v (at) where s.project_id = pg_temp.id('in time');
insert into project_members (project_id, profile_id, org_id, role) values (pg_temp.id('in time'), pg_temp.id('member'), pg_temp.id('org'), 'member');

create temporary table running (project text primary key, sprint jsonb) on commit drop;
grant select, insert on running to public;

-- Makes its date; when its tasks are projected to be done, in days from today; working days left;
-- tasks and those completed. Four days of work are over for a sprint from day -4, five count at most.
select pg_temp.become('admin');
insert into running
select p ->> 'project_name', p -> 'running_sprint'
from account_delivery d cross join jsonb_array_elements(d.projects::jsonb) p where d.account_id = pg_temp.id('many');
select is(
  (select jsonb_build_array(r -> 'makes_its_date', (r ->> 'projected_finish')::date - pg_temp.today(), r -> 'working_days_left', r #> '{tasks,scope}', r #> '{tasks,completed}')
   from (select running.sprint from running where running.project = v.project) as f (r)),
  v.figures::jsonb, 'delivery: ' || v.project || ': ' || v.why)
from (values
  ('empty', '[null, null, 5, 0, 0]', 'a sprint without any task has no date to make, and nothing to finish; one was cancelled'),
  ('too early', '[null, null, 5, 1, 0]', 'no day of work is over yet'),
  ('no pace', '[null, null, 3, 1, 0]', 'nothing was done yet'),
  ('in time', '[true, 3, 5, 3, 2]', '2 tasks in 4 days, so 2 days for the one that is left: tomorrow is a holiday'),
  ('just in time', '[true, 3, 3, 3, 2]', 'on its last day'),
  ('a day late', '[false, 3, 2, 3, 2]', 'a day after it'),
  ('last day', '[false, 5, 1, 2, 1]', 'work left on the last day, at a pace of 4 days a task'),
  ('all done', '[true, 0, 5, 1, 1]', 'nothing left, days before the end'),
  ('over, stuck', '[false, null, 0, 1, 0]', 'work left after the end, pace or not'),
  ('over, at a pace', '[false, 6, 0, 2, 1]', 'whatever it is projected to'),
  ('done, left open', '[true, 0, 0, 2, 2]', 'done before the end and not closed'),
  ('done on the last day', '[true, 0, 0, 1, 1]', 'that day is included'),
  ('done after it', '[false, 0, 0, 2, 2]', 'on its last day a task was left'),
  ('reopened after it', '[false, 0, 0, 1, 1]', 'at the end of a later day there was work again'),
  ('reopened for an hour', '[true, 0, 0, 1, 1]', 'at the end of each day it was done'),
  ('started after it', '[false, 0, 0, 1, 1]', 'at the end of its last day nothing was done')) as v (project, figures, why);
select results_eq($$select r - 'sprint', r #> '{sprint,status}' from (select sprint from running where project = 'in time') as f (r)$$,
  $$select jsonb_build_object('working_days_left', 5, 'makes_its_date', true, 'projected_finish', pg_temp.today() + 3, 'open_impediments', 2,
    'tasks', '{"scope": 3, "completed": 2, "progress": 0.6667}'::jsonb, 'points', '{"scope": 9, "completed": 6, "progress": 0.6667}'::jsonb), '"Active"'::jsonb$$, 'delivery: the whole of a running sprint');
select results_eq($$select sprint #> '{tasks,progress}', sprint #> '{points,progress}' from running where project = 'empty'$$, $$values ('null'::jsonb, 'null'::jsonb)$$, 'delivery: no progress where there is nothing to do');
select results_eq($$select sprint from running where project = 'without a sprint'$$, $$values ('null'::jsonb)$$, 'delivery: no running sprint, none told');
select is_empty($$
  select r.project, r.sprint -> 'working_days_left', w.days from running r
  cross join lateral (select sprint_workload((r.sprint #>> '{sprint,sprint_id}')::uuid)::jsonb -> 'working_days_left') as w (days)
  where r.sprint <> 'null' and r.sprint -> 'working_days_left' is distinct from w.days$$, 'delivery: the working days left are those of the workload');

-- Delivery: different callers, different projects -----------------------------------------

select pg_temp.become('postgres');
insert into projects (org_id, project_name, account_id, profile_id) values (pg_temp.id('org'), 'Support', pg_temp.id('account'), pg_temp.id('scrum_master'));
create function pg_temp.delivery(account text) returns table (sale jsonb, scope jsonb, projects jsonb, tasks jsonb)
language sql stable as $$
  select jsonb_build_object('open', d.open_opportunity_count, 'won', d.won_opportunity_count, 'acv', d.acv), d.scope::jsonb,
    jsonb_path_query_array(d.projects::jsonb, '$[*].project_name'), jsonb_path_query_array(d.projects::jsonb, '$[*].running_sprint.tasks.scope')
  from public.account_delivery d where d.account_id = pg_temp.id(account)
$$;
create function pg_temp.own_sale() returns jsonb
language sql immutable as $$
  select '{"open": 4, "won": 2, "acv": [{"currency_code": "KRW", "open": 1000, "won": 3000}, {"currency_code": "USD", "open": 250.5, "won": 100}]}'::jsonb
$$;
grant execute on function pg_temp.delivery(text), pg_temp.own_sale() to public;

select pg_temp.become('member');
select results_eq($$select * from pg_temp.delivery('account')$$, $$values (pg_temp.own_sale(), '{"visible_opportunities": 9, "visible_projects": 1}'::jsonb, '["Delivery"]'::jsonb, '[1]'::jsonb)$$, 'member: the sale per currency, and the project they are in');
select results_eq($$select scope, projects, tasks from pg_temp.delivery('many')$$, $$values ('{"visible_opportunities": 0, "visible_projects": 1}'::jsonb, '["in time"]'::jsonb, '[3]'::jsonb)$$, 'member: one of seventeen projects of an account nothing was sold to');
select pg_temp.become('viewer');
select results_eq($$select * from pg_temp.delivery('account')$$, $$values (pg_temp.own_sale(), '{"visible_opportunities": 9, "visible_projects": 1}'::jsonb, '["Delivery"]'::jsonb, '[1]'::jsonb)$$, 'viewer: the same');
select pg_temp.become('scrum_master');
select results_eq($$select * from pg_temp.delivery('account')$$, $$values (pg_temp.own_sale(), '{"visible_opportunities": 9, "visible_projects": 2}'::jsonb, '["Delivery", "Support"]'::jsonb, '[1]'::jsonb)$$, 'scrum master, in two projects: both, of which one has a running sprint');
select results_eq($$select scope, projects from pg_temp.delivery('many')$$, $$values ('{"visible_opportunities": 0, "visible_projects": 0}'::jsonb, '[]'::jsonb)$$, 'scrum master: none of an account they work on nothing for');
select pg_temp.become('stranger');
select results_eq($$select * from pg_temp.delivery('account')$$, $$values (pg_temp.own_sale(), '{"visible_opportunities": 9, "visible_projects": 0}'::jsonb, '[]'::jsonb, '[]'::jsonb)$$, 'stranger, in no project: the sale alone');
select pg_temp.become('admin');
select results_eq($$select * from pg_temp.delivery('account')$$, $$values (pg_temp.own_sale(), '{"visible_opportunities": 9, "visible_projects": 2}'::jsonb, '["Delivery", "Support"]'::jsonb, '[1]'::jsonb)$$, 'admin, in no project: all the same');
select results_eq($$select scope, jsonb_array_length(projects) from pg_temp.delivery('many')$$, $$values ('{"visible_opportunities": 0, "visible_projects": 17}'::jsonb, 17)$$, 'admin: seventeen projects');
select pg_temp.become('owner');
select results_eq($$select * from pg_temp.delivery('account')$$, $$values (pg_temp.own_sale(), '{"visible_opportunities": 9, "visible_projects": 2}'::jsonb, '["Delivery", "Support"]'::jsonb, '[1]'::jsonb)$$, 'owner: the same');
select pg_temp.become('foreign_viewer');
select is_empty($$select * from pg_temp.delivery('account') union all select * from pg_temp.delivery('many')$$, 'the other organization''s viewer: nothing of this one');
select results_eq($$select * from pg_temp.delivery('foreign_account')$$,
  $$values ('{"open": 2, "won": 0, "acv": [{"currency_code": "KRW", "open": 0, "won": 0}, {"currency_code": "USD", "open": 9, "won": 0}]}'::jsonb,
    '{"visible_opportunities": 2, "visible_projects": 1}'::jsonb, '["Delivery"]'::jsonb, '[1]'::jsonb)$$, 'the other organization''s viewer: their own');
select results_eq('select account_id from account_delivery', $$values (pg_temp.id('foreign_account'))$$, 'the other organization''s viewer: and no other account');
select pg_temp.become('outsider');
select is_empty($$select * from pg_temp.delivery('account')$$, 'outsider: nothing of this organization');
select pg_temp.become('service');
select results_eq($$select scope from pg_temp.delivery('account') union all select scope from pg_temp.delivery('foreign_account')$$,
  $$values ('{"visible_opportunities": 9, "visible_projects": 2}'::jsonb), ('{"visible_opportunities": 2, "visible_projects": 1}')$$, 'service: both organizations');
select pg_temp.become('anonymous');
select throws_ok('select from account_delivery', '42501', null, 'anonymous: may not ask');

select * from finish();
rollback;
