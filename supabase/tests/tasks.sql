-- Tasks: seen by members, made and changed by all of them but viewers.

begin;
\ir personas.psql
select plan(56);

insert into sprints (sprint_id, project_id, sprint_name, start_date, end_date, status, started_at, completed_at) values
  (pg_temp.keep('closed_sprint'), pg_temp.id('project'), 'Closed', '2020-01-06', '2020-01-17', 'Planned', null, null),
  (pg_temp.keep('cancelled_sprint'), pg_temp.id('project'), 'Dropped', '2020-02-03', '2020-02-14', 'Cancelled', null, null);
insert into tasks (task_id, project_id, sprint_id, task_name, status) values (pg_temp.keep('old_task'), pg_temp.id('project'), pg_temp.id('closed_sprint'), 'Old', 'Completed');
update sprints set status = 'Completed', started_at = '2020-01-06', completed_at = '2020-01-17' where sprint_id = pg_temp.id('closed_sprint');

-- Member
select pg_temp.become('member');
select results_eq('select count(*)::int from tasks', 'values (3)', 'member: sees the tasks of the project and no others');
select lives_ok($$insert into tasks (project_id, task_name) values (pg_temp.id('project'), 'Mine')$$, 'member: makes a task');
select results_eq($$select status, priority, created_by, assigned_to, sprint_id, board_rank > 1e9 from tasks where task_name = 'Mine'$$,
  $$values ('Planned'::task_status, 'Low'::task_priority, pg_temp.id('member'), null::uuid, null::uuid, true)$$, 'member: planned, low, unassigned, in the backlog, last in its column');
select isnt_empty($$update tasks set status = 'Blocked', actual_time = 90 where task_id = pg_temp.id('backlog_task') returning 1$$, 'member: changes another''s task');
select throws_ok($$insert into tasks (project_id, task_name, created_by) values (pg_temp.id('project'), 'x', pg_temp.id('manager'))$$, '42501', null, 'member: makes none in another''s name');
select throws_ok($$update tasks set created_by = pg_temp.id('member')$$, '42501', null, 'member: who made it stays who made it');
select throws_ok($$insert into tasks (project_id, task_name) values (pg_temp.id('foreign_project'), 'x')$$, '42501', null, 'member: makes none in another organization');
select throws_ok($$update tasks set project_id = pg_temp.id('foreign_project')$$, '42501', 'task_id, project_id of tasks can''t be changed', 'member: a task stays in its project');
select throws_ok($$update tasks set sprint_id = pg_temp.id('foreign_sprint') where task_name = 'Mine'$$, '23503', null, 'member: its sprint is of the project');
select throws_ok($$update tasks set related_task_id = pg_temp.id('foreign_task') where task_name = 'Mine'$$, '23503', null, 'member: so is the task it belongs with');
select throws_ok($$update tasks set related_task_id = task_id where task_name = 'Mine'$$, '23514', null, 'member: which isn''t itself');
select throws_ok($$update tasks set assigned_to = pg_temp.id('stranger') where task_name = 'Mine'$$, '23503', null, 'member: the assignee is a member of the project');
select throws_ok($$update tasks set assigned_to = pg_temp.id('owner') where task_name = 'Mine'$$, '23503', null, 'member: not so the organization''s owner, who is none');
select lives_ok($$update tasks set assigned_to = pg_temp.id('viewer') where task_name = 'Mine'$$, 'member: any member will do');
select throws_ok($$update tasks set story_points = -1 where task_name = 'Mine'$$, '23514', null, 'member: points aren''t negative');
select throws_ok($$update tasks set story_points = 'NaN' where task_name = 'Mine'$$, '23514', null, 'member: points are a number');
select throws_ok($$update tasks set story_points = 'Infinity' where task_name = 'Mine'$$, '22003', null, 'member: a finite one');
select is_empty($$select day, r.code from unnest('{infinity,-infinity,1899-12-31,2201-01-01}'::text[]) day,
  pg_temp.refusal(format('update tasks set due_date = %L where task_name = ''Mine''', day)) r where r.code <> '23514'$$, 'member: it is due on a day of a calendar, 1900 to 2200');
select is_empty($$select day, r.message from unnest('{1900-01-01,2200-12-31}'::text[]) day,
  pg_temp.refusal(format('update tasks set due_date = %L where task_name = ''Mine''', day)) r where r.code <> ''$$, 'member: its first and its last among them');
select lives_ok($$update tasks set story_points = 0.5 where task_name = 'Mine'$$, 'member: half a point is one');
select throws_ok($$update tasks set estimated_time = -1 where task_name = 'Mine'$$, '23514', null, 'member: nor is an estimate');
select throws_ok($$update tasks set actual_time = -1 where task_name = 'Mine'$$, '23514', null, 'member: nor is an effort');
select throws_ok($$update tasks set board_rank = 'NaN' where task_name = 'Mine'$$, '23514', null, 'member: a rank is a number');
select throws_ok($$insert into tasks (project_id, task_name) values (pg_temp.id('project'), '')$$, '23514', null, 'member: a name isn''t blank');

-- Closed sprints
select throws_ok($$update tasks set sprint_id = pg_temp.id('closed_sprint') where task_name = 'Mine'$$, 'PT409', 'sprint "Closed" is closed (Completed)', 'a completed sprint takes no task');
select throws_ok($$update tasks set sprint_id = pg_temp.id('cancelled_sprint') where task_name = 'Mine'$$, 'PT409', 'sprint "Dropped" is closed (Cancelled)', 'nor does a cancelled one');
select throws_ok($$insert into tasks (project_id, sprint_id, task_name) values (pg_temp.id('project'), pg_temp.id('closed_sprint'), 'x')$$, 'PT409', null, 'nor a new task');
select throws_ok($$insert into tasks (task_id, project_id, sprint_id, task_name) values (pg_temp.id('backlog_task'), pg_temp.id('project'), pg_temp.id('closed_sprint'), 'x')
  on conflict (task_id) do update set sprint_id = excluded.sprint_id$$, 'PT409', null, 'nor by an upsert');
select lives_ok($$update tasks set task_name = 'Old and renamed' where task_id = pg_temp.id('old_task')$$, 'a task that is in one can still be changed');
select lives_ok($$update tasks set sprint_id = pg_temp.id('next_sprint') where task_id = pg_temp.id('old_task')$$, 'and moved out of it');
select throws_ok($$update tasks set sprint_id = pg_temp.id('closed_sprint') where task_id = pg_temp.id('old_task')$$, 'PT409', null, 'but not back');

-- Deleting
select is_empty($$delete from tasks where task_id = pg_temp.id('backlog_task') returning 1$$, 'member: can''t delete another''s task');
select isnt_empty($$delete from tasks where task_name = 'Mine' returning 1$$, 'member: deletes their own');

-- Viewer
select pg_temp.become('viewer');
select results_eq('select count(*)::int from tasks', 'values (3)', 'viewer: sees them');
select throws_ok($$insert into tasks (project_id, task_name) values (pg_temp.id('project'), 'x')$$, '42501', null, 'viewer: makes none');
select is_empty($$update tasks set status = 'Completed' returning 1$$, 'viewer: changes none');
select is_empty('delete from tasks returning 1', 'viewer: deletes none');

-- Scrum master, manager, admin, owner
select pg_temp.become('scrum_master');
select isnt_empty($$update tasks set assigned_to = pg_temp.id('scrum_master') where task_id = pg_temp.id('backlog_task') returning 1$$, 'scrum_master: changes any');
select isnt_empty($$delete from tasks where task_id = pg_temp.id('old_task') returning 1$$, 'scrum_master: deletes any');
select pg_temp.become('manager');
select lives_ok($$insert into tasks (project_id, task_name, related_task_id) values (pg_temp.id('project'), 'By manager', pg_temp.id('backlog_task'))$$, 'manager: makes one');
select isnt_empty($$delete from tasks where task_id = pg_temp.id('backlog_task') returning 1$$, 'manager: deletes any');
select results_eq($$select related_task_id from tasks where task_name = 'By manager'$$, 'values (null::uuid)', 'manager: what belonged with it stays');
select pg_temp.become('admin');
select lives_ok($$insert into tasks (project_id, task_name) values (pg_temp.id('project'), 'By admin')$$, 'admin: makes one, though a member of no project');
select pg_temp.become('owner');
select isnt_empty($$delete from tasks where task_name = 'By admin' returning 1$$, 'owner: deletes any');

-- Stranger, outsider, anonymous
select pg_temp.become('stranger');
select is_empty('select from tasks', 'stranger: sees none');
select throws_ok($$insert into tasks (project_id, task_name) values (pg_temp.id('project'), 'x')$$, '42501', null, 'stranger: makes none');
select is_empty($$update tasks set status = 'Completed' returning 1$$, 'stranger: changes none');
select pg_temp.become('outsider');
select results_eq('select distinct project_id from tasks', $$values (pg_temp.id('foreign_project'))$$, 'outsider: sees their own organization''s alone');
select is_empty($$update tasks set status = 'Completed' where project_id = pg_temp.id('project') returning 1$$, 'outsider: changes none of the other');
select is_empty($$delete from tasks where project_id = pg_temp.id('project') returning 1$$, 'outsider: deletes none of the other');
select pg_temp.become('anonymous');
select throws_ok('select from tasks', '42501', null, 'anonymous: reads none');
select throws_ok($$insert into tasks (project_id, task_name) values (gen_random_uuid(), 'x')$$, '42501', null, 'anonymous: makes none');

-- A member who becomes a viewer, and then leaves
select pg_temp.become('manager');
update project_members set role = 'viewer' where profile_id = pg_temp.id('member');
select pg_temp.become('member');
select is_empty($$delete from tasks where task_id = pg_temp.id('task') returning 1$$, 'viewer now: can''t delete what they made as a member');
select pg_temp.become('manager');
select results_eq($$select assigned_to, created_by from tasks where task_id = pg_temp.id('task')$$, $$values (pg_temp.id('member'), pg_temp.id('member'))$$, 'manager: the task is theirs');
delete from project_members where profile_id = pg_temp.id('member');
select results_eq($$select assigned_to, created_by from tasks where task_id = pg_temp.id('task')$$, $$values (null::uuid, pg_temp.id('member'))$$, 'manager: unassigned once they have left, still made by them');
select pg_temp.become('member');
select is_empty('select from tasks', 'left: sees none, not what they made either');

select * from finish();
rollback;
