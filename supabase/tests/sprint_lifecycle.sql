-- Starting, completing and cancelling sprints: figures frozen first, tasks moved after.

begin;
\ir personas.psql
select plan(63);

-- In the running sprint: one completed, one cancelled, "task" in progress, one blocked and unestimated.
insert into tasks (task_id, project_id, sprint_id, task_name, status, story_points, assigned_to) values
  (pg_temp.keep('done'), pg_temp.id('project'), pg_temp.id('sprint'), 'Done', 'Completed', 5, pg_temp.id('scrum_master')),
  (pg_temp.keep('dropped'), pg_temp.id('project'), pg_temp.id('sprint'), 'Dropped', 'Cancelled', 8, null),
  (pg_temp.keep('stuck'), pg_temp.id('project'), pg_temp.id('sprint'), 'Stuck', 'Blocked', null, null);
insert into sprints (sprint_id, project_id, sprint_name, start_date, end_date) values
  (pg_temp.keep('third_sprint'), pg_temp.id('project'), 'Third', pg_temp.today() + 21, pg_temp.today() + 30);

select pg_temp.keep('soon');

-- Those who may not
select pg_temp.become('member');
select throws_ok($$select start_sprint(pg_temp.id('next_sprint'))$$, '42501', null, 'member: starts none');
select throws_ok($$select complete_sprint(pg_temp.id('sprint'))$$, '42501', null, 'member: completes none');
select throws_ok($$select cancel_sprint(pg_temp.id('sprint'))$$, '42501', null, 'member: cancels none');
select throws_ok($$select private.complete_sprint(pg_temp.id('sprint'), null)$$, '42501', null, 'member: nor by the function behind');
select throws_ok($$select private.lock_sprint(pg_temp.id('sprint'))$$, '42501', null, 'member: the parts of it are nobody''s');
select pg_temp.become('viewer');
select throws_ok($$select complete_sprint(pg_temp.id('sprint'))$$, '42501', null, 'viewer: completes none');
select pg_temp.become('stranger');
select throws_ok($$select complete_sprint(pg_temp.id('sprint'))$$, 'PT404', null, 'stranger: there is no such sprint for them');
select pg_temp.become('outsider');
select throws_ok($$select start_sprint(pg_temp.id('next_sprint'))$$, 'PT404', null, 'outsider: none to start');
select throws_ok($$select complete_sprint(pg_temp.id('sprint'))$$, 'PT404', null, 'outsider: none to complete');
select throws_ok($$select cancel_sprint(pg_temp.id('sprint'))$$, 'PT404', null, 'outsider: none to cancel');
select throws_ok($$select complete_sprint(pg_temp.id('foreign_sprint'), pg_temp.id('next_sprint'))$$, '22023', null, 'outsider: carries nothing into another organization');
select pg_temp.become('anonymous');
select throws_ok($$select start_sprint(pg_temp.id('next_sprint'))$$, '42501', null, 'anonymous: starts none');
select throws_ok($$select complete_sprint(pg_temp.id('sprint'))$$, '42501', null, 'anonymous: completes none');

-- Scrum master: what can't be done
select pg_temp.become('scrum_master');
select throws_ok($$select start_sprint(gen_random_uuid())$$, 'PT404', null, 'scrum_master: an unknown sprint');
select throws_ok($$select start_sprint(null)$$, 'PT404', null, 'scrum_master: no sprint');
select throws_ok($$select start_sprint(pg_temp.id('next_sprint'))$$, 'PT409', 'another sprint of the project is running', 'scrum_master: one runs at a time');
select throws_ok($$select start_sprint(pg_temp.id('sprint'))$$, 'PT409', 'sprint "Running" is Active and can''t be started', 'scrum_master: what runs isn''t started');
select throws_ok($$select complete_sprint(pg_temp.id('next_sprint'))$$, 'PT409', 'sprint "Next" is Planned and can''t be completed', 'scrum_master: what doesn''t run isn''t completed');
select throws_ok($$select complete_sprint(pg_temp.id('sprint'), pg_temp.id('foreign_next_sprint'))$$, '22023', 'carry_over_to is no sprint of this project', 'scrum_master: carries nothing over into another project');
select throws_ok($$select complete_sprint(pg_temp.id('sprint'), gen_random_uuid())$$, '22023', null, 'scrum_master: nor into an unknown sprint');
select throws_ok($$select complete_sprint(pg_temp.id('sprint'), pg_temp.id('sprint'))$$, 'PT409', null, 'scrum_master: nor into the same');
select is_empty($$select from sprint_snapshots$$, 'scrum_master: nothing of it is left');

-- Completing, with the rest carried over
select results_eq($$select result - 'completed_at' - 'started_at' from complete_sprint(pg_temp.id('sprint'), pg_temp.id('next_sprint')) result$$,
  $$select jsonb_build_object('sprint_id', pg_temp.id('sprint'), 'status', 'Completed', 'completed_tasks', 1, 'carried_over', 2, 'carried_over_to', pg_temp.id('next_sprint'))$$,
  'completed: says what was done and what was carried over');
select results_eq($$select status, completed_at > now() and completed_at <= clock_timestamp() from sprints where sprint_id = pg_temp.id('sprint')$$, $$values ('Completed'::sprint_status, true)$$, 'completed: with its time');
select results_eq($$select task_name, sprint_id from tasks where sprint_id is not null order by task_name$$, $$values ('Done', pg_temp.id('sprint')),
  ('Dropped', pg_temp.id('sprint')), ('Login', pg_temp.id('next_sprint')), ('Stuck', pg_temp.id('next_sprint'))$$, 'completed: what is done or cancelled stays, the rest is in the next sprint');
select results_eq($$select moment, taken_at = completed_at, figures -> 'totals' from sprint_snapshots join sprints using (sprint_id)$$, $$values ('close'::snapshot_moment, true,
  '{"tasks": 3, "points": 8, "completed_tasks": 1, "completed_points": 5, "cancelled_tasks": 1, "unestimated_count": 1}'::jsonb)$$,
  'snapshot: taken before the move; a cancelled task is in none of the totals but its own');
select results_eq($$select jsonb_array_elements(figures -> 'tasks') ->> 'task_name' from sprint_snapshots order by 1$$, $$values ('Done'), ('Dropped'), ('Login'), ('Stuck')$$, 'snapshot: names every task');
select results_eq($$select t ->> 'status', t ->> 'priority', t -> 'story_points', t ->> 'assigned_to', t ->> 'assignee_name' from sprint_snapshots, jsonb_array_elements(figures -> 'tasks') t where t ->> 'task_name' = 'Login'$$,
  $$values ('In Progress', 'Low', '3.0'::jsonb, pg_temp.id('member')::text, null::text)$$, 'snapshot: each as it was');
select results_eq($$select figures -> 'carried_over_to', figures ->> 'timezone', figures -> 'working_days', figures -> 'sprint' ->> 'goal', jsonb_array_length(figures -> 'members') from sprint_snapshots$$,
  $$values (jsonb_build_object('sprint_id', pg_temp.id('next_sprint'), 'sprint_name', 'Next'), 'Asia/Seoul', '[1, 2, 3, 4, 5, 6, 7]'::jsonb, 'Ship it', 4)$$, 'snapshot: with the calendar, the goal, the members and where the rest went');
select results_eq($$select old_value, new_value, actor, sprint_id from task_events where task_id = pg_temp.id('stuck') and kind = 'sprint' order by event_id offset 1$$,
  $$values (pg_temp.id('sprint')::text, pg_temp.id('next_sprint')::text, pg_temp.id('scrum_master'), pg_temp.id('next_sprint'))$$, 'events: the move is written, by who completed the sprint');
select is_empty($$select from task_events e join sprints s on s.sprint_id = pg_temp.id('sprint') where e.new_value = pg_temp.id('next_sprint')::text and e.at < s.completed_at$$, 'events: the moves come after the moment the sprint was completed');
select is_empty($$select from task_events where task_id in (pg_temp.id('done'), pg_temp.id('dropped')) and kind = 'sprint' and old_value is not null$$, 'events: none for what stayed');
select throws_ok($$select complete_sprint(pg_temp.id('sprint'))$$, 'PT409', null, 'completed: once');
select throws_ok($$select start_sprint(pg_temp.id('sprint'))$$, 'PT409', null, 'completed: not started again');
select throws_ok($$select cancel_sprint(pg_temp.id('sprint'))$$, 'PT409', 'sprint "Running" is Completed and can''t be cancelled', 'completed: not cancelled');

-- The snapshot never changes
update tasks set status = 'Completed', story_points = 100 where task_id in (pg_temp.id('done'), pg_temp.id('stuck'));
select results_eq($$select (figures #>> '{totals,points}')::numeric from sprint_snapshots$$, 'values (8::numeric)', 'snapshot: stays, whatever happens to the tasks');
select throws_ok($$update sprint_snapshots set figures = '{}'$$, '42501', null, 'scrum_master: changes none');
select throws_ok($$delete from sprint_snapshots$$, '42501', null, 'scrum_master: deletes none');
select throws_ok($$insert into sprint_snapshots (project_id, sprint_id, moment, figures) values (pg_temp.id('project'), pg_temp.id('next_sprint'), 'start', '{}')$$, '42501', null, 'scrum_master: writes none');
select pg_temp.become('owner');
select throws_ok($$delete from sprint_snapshots$$, '42501', null, 'owner: deletes none');
select pg_temp.become('service');
select throws_ok($$update sprint_snapshots set figures = '{}'$$, '42501', null, 'service: changes none');
select throws_ok($$select start_sprint(pg_temp.id('next_sprint'))$$, '42501', null, 'service: runs no sprints');
select pg_temp.become('viewer');
select isnt_empty('select from sprint_snapshots', 'viewer: sees them');
select pg_temp.become('stranger');
select is_empty('select from sprint_snapshots', 'stranger: sees none');
select pg_temp.become('outsider');
select is_empty('select from sprint_snapshots', 'outsider: sees none of another organization');
select pg_temp.become('anonymous');
select throws_ok('select from sprint_snapshots', '42501', null, 'anonymous: reads none');

-- Starting, by the manager
select pg_temp.become('manager');
select results_eq($$select status, started_at > now(), start_date from start_sprint(pg_temp.id('next_sprint'))$$, $$values ('Active'::sprint_status, true, pg_temp.today() + 11)$$, 'manager: starts the next one, whose dates stay');
select results_eq($$select figures #> '{totals,tasks}', figures #> '{totals,points}', taken_at = started_at from sprint_snapshots join sprints using (sprint_id) where moment = 'start'$$, $$values ('2'::jsonb, '103.0'::jsonb, true)$$, 'snapshot: what the sprint held when it started');
select ok((select not figures ? 'carried_over_to' from sprint_snapshots where moment = 'start'), 'snapshot: at the start nothing is carried over');

-- Completing into the backlog, by the admin, who is in no project
select pg_temp.become('admin');
select throws_ok($$select complete_sprint(pg_temp.id('next_sprint'), pg_temp.id('sprint'))$$, 'PT409', 'carry_over_to: sprint "Running" is Completed', 'admin: carries nothing into a closed sprint');
select results_eq($$select result -> 'carried_over', result -> 'carried_over_to' from complete_sprint(pg_temp.id('next_sprint')) result$$, $$values ('1'::jsonb, 'null'::jsonb)$$, 'admin: completes, the rest to the backlog');
select results_eq($$select sprint_id from tasks where task_id = pg_temp.id('task')$$, 'values (null::uuid)', 'admin: it is there');
select results_eq($$select figures -> 'carried_over_to' from sprint_snapshots where sprint_id = pg_temp.id('next_sprint') and moment = 'close'$$, $$values ('null'::jsonb)$$, 'snapshot: to the backlog is to no sprint');

-- Cancelling, by the owner
select pg_temp.become('owner');
update tasks set sprint_id = pg_temp.id('third_sprint') where task_id in (pg_temp.id('task'), pg_temp.id('stuck'));
select results_eq($$select status, started_at from cancel_sprint(pg_temp.id('third_sprint'))$$, $$values ('Cancelled'::sprint_status, null::timestamptz)$$, 'owner: cancels a planned one');
select results_eq($$select task_id, sprint_id from tasks where task_id in (pg_temp.id('task'), pg_temp.id('stuck')) order by sprint_id nulls first$$,
  $$values (pg_temp.id('task'), null::uuid), (pg_temp.id('stuck'), pg_temp.id('third_sprint'))$$, 'owner: what isn''t done is back in the backlog');
select is_empty($$select from sprint_snapshots where sprint_id = pg_temp.id('third_sprint')$$, 'owner: no figures are frozen by it');
select throws_ok($$select cancel_sprint(pg_temp.id('third_sprint'))$$, 'PT409', null, 'owner: cancelled once');
select throws_ok($$select start_sprint(pg_temp.id('third_sprint'))$$, 'PT409', null, 'owner: not started after that');
select pg_temp.become('outsider');
select results_eq($$select status, completed_at from cancel_sprint(pg_temp.id('foreign_sprint'))$$, $$values ('Cancelled'::sprint_status, null::timestamptz)$$, 'outsider: cancels their own running one');
insert into sprints (sprint_id, project_id, sprint_name, start_date, end_date) values (pg_temp.id('soon'), pg_temp.id('foreign_project'), 'Soon', pg_temp.today() + 5, pg_temp.today() + 6);
select throws_ok($$select start_sprint(pg_temp.id('foreign_next_sprint'), true)$$, 'PT409', format('another sprint of the project is planned for some of the days until %s', pg_temp.today() + 9), 'outsider: moves the dates of the next to no other''s');
select results_eq($$select status, start_date from sprints where sprint_id = pg_temp.id('foreign_next_sprint')$$, $$values ('Planned'::sprint_status, pg_temp.today() + 11)$$, 'outsider: which isn''t started then');
delete from sprints where sprint_id = pg_temp.id('soon');
select results_eq($$select status, start_date, end_date from start_sprint(pg_temp.id('foreign_next_sprint'), true)$$, $$values ('Active'::sprint_status, pg_temp.today(), pg_temp.today() + 9)$$, 'outsider: starts it early, and it lasts as long as planned');
select results_eq($$select figures #>> '{sprint,start_date}' from sprint_snapshots where sprint_id = pg_temp.id('foreign_next_sprint')$$, $$values (pg_temp.today()::text)$$, 'snapshot: has the dates that it was started with');

select * from finish();
rollback;
