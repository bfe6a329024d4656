-- Sprints: planned by managers and scrum masters; dates and history are guarded.

begin;
\ir personas.psql
select plan(53);

select pg_temp.keep('hard_sprint');

-- Scrum master
select pg_temp.become('scrum_master');
select lives_ok($$insert into sprints (sprint_id, project_id, sprint_name, start_date, end_date) values
  (pg_temp.id('account'), pg_temp.id('project'), 'Third', pg_temp.today() + 21, pg_temp.today() + 30)$$, 'scrum_master: plans a sprint');
select results_eq($$select status, started_at from sprints where sprint_name = 'Third'$$, $$values ('Planned'::sprint_status, null::timestamptz)$$, 'scrum_master: it is planned');
select isnt_empty($$update sprints set goal = 'More' where sprint_name = 'Third' returning 1$$, 'scrum_master: changes it');
select throws_ok($$insert into sprints (project_id, sprint_name, start_date, end_date) values (pg_temp.id('project'), 'x', pg_temp.today() + 30, pg_temp.today() + 40)$$, '23P01', null, 'scrum_master: sprints don''t share a day');
select throws_ok($$update sprints set start_date = pg_temp.today() + 20 where sprint_name = 'Third'$$, '23P01', null, 'scrum_master: nor by a change of dates');
select throws_ok($$insert into sprints (project_id, sprint_name, start_date, end_date) values (pg_temp.id('project'), 'x', pg_temp.today() + 41, pg_temp.today() + 40)$$, '23514', null, 'scrum_master: the end isn''t before the start');
select throws_ok($$insert into sprints (project_id, sprint_name, start_date, end_date) values (pg_temp.id('project'), 'x', pg_temp.today() + 41, pg_temp.today() + 441)$$, '23514', null, 'scrum_master: a sprint is a year at most');
select is_empty($$select d.*, r.code from (values ('1899-12-31', '1900-01-05'), ('2200-12-20', '2201-01-01'), ('-infinity', '2040-01-01'), ('2040-01-01', 'infinity'), ('infinity', 'infinity')) d (a, b),
  pg_temp.refusal(format('insert into sprints (project_id, sprint_name, start_date, end_date) values (%L, ''x'', %L, %L)', pg_temp.id('project'), a, b)) r where r.code not in ('23514', '22008')$$, 'scrum_master: its dates are days of a calendar, 1900 to 2200');
select is_empty($$select d.*, r.message from (values ('1900-01-01', '1900-01-01'), ('2200-12-31', '2200-12-31')) d (a, b),
  pg_temp.refusal(format('insert into sprints (project_id, sprint_name, start_date, end_date) values (%L, ''x'', %L, %L); delete from sprints where start_date = %2$L', pg_temp.id('project'), a, b)) r where r.code <> ''$$, 'scrum_master: its first and its last among them');
select lives_ok($$insert into sprints (project_id, sprint_name, start_date, end_date) values (pg_temp.id('project'), 'A day', pg_temp.today() + 31, pg_temp.today() + 31)$$, 'scrum_master: a sprint may be one day');
select throws_ok($$insert into sprints (project_id, sprint_name, start_date, end_date) values (pg_temp.id('project'), ' ', pg_temp.today() + 41, pg_temp.today() + 42)$$, '23514', null, 'scrum_master: a name isn''t blank');
select throws_ok($$insert into sprints (project_id, sprint_name, start_date, end_date, status) values (pg_temp.id('project'), 'x', pg_temp.today() + 41, pg_temp.today() + 42, 'Active')$$, '42501', null, 'scrum_master: can''t make a running sprint');
select throws_ok($$update sprints set status = 'Completed'$$, '42501', null, 'scrum_master: can''t write the status');
select throws_ok($$update sprints set started_at = now()$$, '42501', null, 'scrum_master: nor when it started');
select throws_ok($$update sprints set project_id = pg_temp.id('foreign_project') where sprint_name = 'Third'$$, '42501', 'sprint_id, project_id of sprints can''t be changed', 'scrum_master: a sprint stays in its project');
select throws_ok($$insert into sprints (project_id, sprint_name, start_date, end_date) values (pg_temp.id('foreign_project'), 'x', pg_temp.today() + 41, pg_temp.today() + 42)$$, '42501', null, 'scrum_master: plans none in another organization');
select throws_ok($$update sprints set start_date = start_date - 1 where status = 'Active'$$, '42501', 'start_date of sprints can''t be changed', 'scrum_master: a running sprint keeps its start');
select isnt_empty($$update sprints set end_date = end_date - 1 where status = 'Active' returning 1$$, 'scrum_master: its end may move');
select throws_ok($$delete from sprints where status = 'Active'$$, 'PT409', 'sprint "Running" has a history and can''t be deleted', 'scrum_master: a sprint that was started stays');
update tasks set sprint_id = pg_temp.id('account') where task_id = pg_temp.id('backlog_task');
select isnt_empty($$delete from sprints where sprint_name = 'Third' returning 1$$, 'scrum_master: deletes a planned one');
select results_eq($$select sprint_id from tasks where task_id = pg_temp.id('backlog_task')$$, 'values (null::uuid)', 'scrum_master: its tasks are back in the backlog');

-- Impediments keep their sprint
insert into sprints (sprint_id, project_id, sprint_name, start_date, end_date) values (pg_temp.id('hard_sprint'), pg_temp.id('project'), 'Hard', pg_temp.today() + 21, pg_temp.today() + 30);
insert into impediments (sprint_id, description) values (pg_temp.id('hard_sprint'), 'No room');
select results_eq($$select * from pg_temp.refusal(format('delete from sprints where sprint_id = %L', pg_temp.id('hard_sprint')))$$,
  $$values ('PT409', 'sprint "Hard" has impediments and can''t be deleted', '', 'Cancel it instead.')$$, 'scrum_master: a planned sprint with impediments stays');
update impediments set resolved_at = now() where sprint_id = pg_temp.id('hard_sprint');
select throws_ok($$delete from sprints where sprint_id = pg_temp.id('hard_sprint')$$, 'PT409', null, 'scrum_master: resolved ones too');
select pg_temp.become('service');
select throws_ok($$delete from sprints where sprint_id = pg_temp.id('hard_sprint')$$, 'PT409', null, 'service: whoever deletes it');
select pg_temp.become('scrum_master');
select lives_ok($$select cancel_sprint(pg_temp.id('hard_sprint'))$$, 'scrum_master: cancels it instead');
select throws_ok($$delete from sprints where sprint_id = pg_temp.id('hard_sprint')$$, 'PT409', null, 'scrum_master: cancelled, it stays');

-- Manager, admin, owner
select pg_temp.become('manager');
select isnt_empty($$update sprints set goal = 'Ship' where status = 'Active' returning 1$$, 'manager: changes a sprint');
select pg_temp.become('admin');
select lives_ok($$insert into sprints (project_id, sprint_name, start_date, end_date) values (pg_temp.id('project'), 'Fourth', pg_temp.today() + 50, pg_temp.today() + 60)$$, 'admin: plans one');
select pg_temp.become('owner');
select isnt_empty($$delete from sprints where sprint_name = 'Fourth' returning 1$$, 'owner: deletes a planned one');

-- Member, viewer
select pg_temp.become('member');
select results_eq('select count(*)::int from sprints', 'values (4)', 'member: sees the sprints of the project and no others');
select throws_ok($$insert into sprints (project_id, sprint_name, start_date, end_date) values (pg_temp.id('project'), 'x', pg_temp.today() + 41, pg_temp.today() + 42)$$, '42501', null, 'member: plans none');
select is_empty($$update sprints set goal = 'x' returning 1$$, 'member: changes none');
select is_empty('delete from sprints returning 1', 'member: deletes none');
select pg_temp.become('viewer');
select isnt_empty('select from sprints', 'viewer: sees them');
select is_empty($$update sprints set goal = 'x' returning 1$$, 'viewer: changes none');
select throws_ok($$insert into sprints (project_id, sprint_name, start_date, end_date) values (pg_temp.id('project'), 'x', pg_temp.today() + 41, pg_temp.today() + 42)$$, '42501', null, 'viewer: plans none');

-- Stranger, outsider, anonymous
select pg_temp.become('stranger');
select is_empty('select from sprints', 'stranger: sees none');
select throws_ok($$insert into sprints (project_id, sprint_name, start_date, end_date) values (pg_temp.id('project'), 'x', pg_temp.today() + 41, pg_temp.today() + 42)$$, '42501', null, 'stranger: plans none');
select pg_temp.become('outsider');
select results_eq('select distinct project_id from sprints', $$values (pg_temp.id('foreign_project'))$$, 'outsider: sees their own organization''s alone');
select is_empty($$update sprints set goal = 'x' where project_id = pg_temp.id('project') returning 1$$, 'outsider: changes none of the other');
select is_empty($$delete from sprints where project_id = pg_temp.id('project') returning 1$$, 'outsider: deletes none of the other');
select pg_temp.become('anonymous');
select throws_ok('select from sprints', '42501', null, 'anonymous: reads none');

-- The service
select pg_temp.become('service');
select throws_ok($$update sprints set status = 'Active', started_at = now() where sprint_id = pg_temp.id('next_sprint')$$, '23505', null, 'service: one running sprint a project, whoever writes');
select throws_ok($$update sprints set status = 'Completed' where sprint_id = pg_temp.id('next_sprint')$$, '23514', null, 'service: a completed sprint has its times');
select throws_ok($$update sprints set started_at = now() where sprint_id = pg_temp.id('next_sprint')$$, '23514', null, 'service: a planned sprint has none');
select throws_ok($$update sprints set status = 'Completed', completed_at = started_at - interval '1 s' where sprint_id = pg_temp.id('sprint')$$, '23514', null, 'service: it isn''t completed before it started');
select lives_ok($$update sprints set status = 'Completed', completed_at = now() where sprint_id = pg_temp.id('sprint')$$, 'service: completes one');

-- Closed
select pg_temp.become('manager');
select throws_ok($$update sprints set end_date = end_date + 1 where sprint_id = pg_temp.id('sprint')$$, '42501', 'start_date, end_date of sprints can''t be changed', 'manager: a closed sprint keeps its dates');
select throws_ok($$delete from sprints where sprint_id = pg_temp.id('sprint')$$, 'PT409', null, 'manager: and stays');
select lives_ok($$insert into sprints (project_id, sprint_name, start_date, end_date) values (pg_temp.id('project'), 'Early', pg_temp.today(), pg_temp.today() + 10)$$,
  'manager: a sprint closed early leaves its last days to the next');

-- The project goes, with whatever is in its sprints
select lives_ok($$delete from projects where project_id = pg_temp.id('project')$$, 'manager: deletes the project');
select pg_temp.become('postgres');
select is_empty($$select from sprints where project_id = pg_temp.id('project') union all select from impediments where project_id = pg_temp.id('project')$$, 'manager: its sprints and their impediments are gone');
select lives_ok($$delete from organizations where org_id = pg_temp.id('foreign_org')$$, 'an organization goes with its own too');

select * from finish();
rollback;
