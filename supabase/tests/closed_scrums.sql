-- The scrums of closed sprints: nobody answers them afterwards. Each refusal has its own guard.

begin;
\ir personas.psql
select plan(36);

select pg_temp.keep('own_update'), pg_temp.keep('own_impediment');
select pg_temp.become('member');
delete from daily_scrum_updates where daily_scrum_id = pg_temp.id('scrum') and profile_id = pg_temp.id('member');
insert into daily_scrum_updates (update_id, daily_scrum_id, today_work) values (pg_temp.id('own_update'), pg_temp.id('scrum'), 'Before');
insert into daily_scrum_tasks (daily_scrum_id, task_id, intent) values (pg_temp.id('scrum'), pg_temp.id('task'), 'will do');
insert into impediments (impediment_id, sprint_id, description) values (pg_temp.id('own_impediment'), pg_temp.id('sprint'), 'Before');
select pg_temp.become('postgres');
update project_members set joined_at = now() - interval '10 days' where project_id = pg_temp.id('project');
insert into daily_scrums (daily_scrum_id, sprint_id, scrum_date) values (pg_temp.keep('missed'), pg_temp.id('sprint'), pg_temp.today() - 1);
update organizations set scrum_cutoff_time = '00:00' where org_id = pg_temp.id('org');
update daily_scrums set created_at = now() - case when scrum_date < pg_temp.today() then interval '1 day' else interval '2 hours' end where sprint_id = pg_temp.id('sprint');
-- Who took part, as far as it isn't of this moment: {name: [expected, updates, streak, longest streak]}.
create function pg_temp.part() returns jsonb
language sql stable as $$
  select jsonb_object_agg(i.name, jsonb_build_array(m -> 'expected', m -> 'updates', m -> 'streak', m -> 'longest_streak'))
  from jsonb_array_elements(public.project_participation(pg_temp.id('project'), pg_temp.today() - 5, pg_temp.today(), now() + interval '1 minute')::jsonb -> 'members') m
  join ids i on i.id::text = m ->> 'profile_id'
$$;
grant execute on function pg_temp.part() to public;
select pg_temp.become('manager');
select is(pg_temp.part(), '{"manager": [2, 0, 0, 0], "member": [2, 1, 1, 1], "scrum_master": [2, 0, 0, 0]}'::jsonb, 'participation: who missed yesterday''s scrum, before the close');
select lives_ok($$select complete_sprint(pg_temp.id('sprint'))$$, 'manager: completes the sprint');
select throws_ok($$delete from daily_scrums where daily_scrum_id = pg_temp.id('scrum')$$, 'PT409', 'sprint "Running" is closed (Completed)', 'manager: deletes no scrum of it');
select throws_ok($$insert into daily_scrums (sprint_id, scrum_date) values (pg_temp.id('sprint'), pg_temp.today() - 2)$$, 'PT409', 'sprint "Running" is closed (Completed)', 'manager: opens none');
select throws_ok($$insert into daily_scrum_updates (daily_scrum_id) values (pg_temp.id('scrum'))$$, 'PT409', 'sprint "Running" is closed (Completed)', 'manager: posts no update');
select throws_ok($$select submit_scrum_update(pg_temp.id('scrum'), 'Late', 'Late')$$, 'PT409', 'sprint "Running" is closed (Completed)', 'manager: nor by the function');
select throws_ok($$insert into daily_scrum_tasks (daily_scrum_id, task_id, intent) values (pg_temp.id('scrum'), pg_temp.id('task'), 'did')$$, 'PT409', 'sprint "Running" is closed (Completed)', 'manager: names no task');
select throws_ok($$insert into impediments (sprint_id, description) values (pg_temp.id('sprint'), 'Late')$$, 'PT409', 'sprint "Running" is closed (Completed)', 'manager: raises no impediment');

select pg_temp.become('member');
select throws_ok($$update daily_scrum_updates set today_work = 'After' where update_id = pg_temp.id('own_update')$$, 'PT409', null, 'member: edits no update');
select throws_ok($$delete from daily_scrum_updates where update_id = pg_temp.id('own_update')$$, 'PT409', null, 'member: deletes none');
select throws_ok($$delete from daily_scrum_tasks where daily_scrum_id = pg_temp.id('scrum') and task_id = pg_temp.id('task')$$, 'PT409', null, 'member: takes back no named task');
select isnt_empty($$update impediments set resolved_at = now() where impediment_id = pg_temp.id('own_impediment') returning 1$$, 'member: resolves an impediment');

-- Who may not see the sprint learns nothing of its close
select pg_temp.become('outsider');
select throws_ok($$insert into daily_scrum_updates (daily_scrum_id) values (pg_temp.id('scrum'))$$, '42501', null, 'outsider: is refused an update as in any other sprint');
select throws_ok($$insert into daily_scrum_tasks (daily_scrum_id, task_id, intent) values (pg_temp.id('scrum'), pg_temp.id('task'), 'did')$$, '42501', null, 'outsider: a named task');
select throws_ok($$insert into impediments (sprint_id, description) values (pg_temp.id('sprint'), 'Late')$$, '42501', null, 'outsider: an impediment');

-- The service
select pg_temp.become('service');
select throws_ok($$insert into daily_scrum_updates (daily_scrum_id, profile_id) values (pg_temp.id('scrum'), pg_temp.id('scrum_master'))$$, 'PT409', null, 'service: posts no update');
select throws_ok($$update daily_scrum_updates set today_work = 'After' where update_id = pg_temp.id('own_update')$$, 'PT409', null, 'service: edits none');
select throws_ok($$delete from daily_scrum_tasks where daily_scrum_id = pg_temp.id('scrum')$$, 'PT409', null, 'service: takes back no named task');
select throws_ok($$delete from daily_scrums where daily_scrum_id = pg_temp.id('scrum')$$, 'PT409', null, 'service: deletes no scrum');
select throws_ok($$insert into impediments (sprint_id, description, raised_by) values (pg_temp.id('sprint'), 'Late', pg_temp.id('member'))$$, 'PT409', null, 'service: raises no impediment');

-- Who took part stays as it was at the close
select pg_temp.become('member');
select lives_ok($$insert into days_off (from_date, to_date) values (pg_temp.today() - 3, pg_temp.today())$$, 'member: enters days off afterwards');
select pg_temp.become('admin');
select lives_ok($$insert into org_holidays (org_id, holiday_date, name) values (pg_temp.id('org'), pg_temp.today() - 1, 'Late')$$, 'admin: a holiday');
select lives_ok($$update organizations set scrum_cutoff_time = '23:59', timezone = 'Pacific/Auckland' where org_id = pg_temp.id('org')$$, 'admin: a later cut-off and another time zone');
select pg_temp.become('manager');
select isnt_empty($$delete from project_members where profile_id = pg_temp.id('scrum_master') returning 1$$, 'manager: takes a member out');
select lives_ok($$insert into project_members (project_id, profile_id, role) values (pg_temp.id('project'), pg_temp.id('scrum_master'), 'scrum_master')$$, 'manager: and in again');
select is(pg_temp.part(), '{"manager": [2, 0, 0, 0], "member": [2, 1, 1, 1], "scrum_master": [2, 0, 0, 0]}'::jsonb, 'participation: nobody''s misses are forgotten');
select is(project_participation(pg_temp.id('project'), pg_temp.today() - 5, pg_temp.today(), now())::jsonb #>> '{expected}', '3', 'participation: as of a moment before the close it is computed, with today''s memberships and days off');

-- A digest
select pg_temp.become('scrum_master');
select throws_ok($$update daily_scrums set summary = 'All went well' where daily_scrum_id = pg_temp.id('scrum')$$, 'PT409', null, 'scrum_master: sums up no closed scrum');
select pg_temp.become('service');
select lives_ok($$update daily_scrums set summary = 'The digest' where daily_scrum_id = pg_temp.id('scrum')$$, 'service: writes the digest of the last day');
select throws_ok($$update daily_scrums set summary = 'Another' where daily_scrum_id = pg_temp.id('scrum')$$, 'PT409', null, 'service: once');
select pg_temp.become('manager');
select is(scrum_of_day(pg_temp.id('sprint'), (select scrum_date from daily_scrums where daily_scrum_id = pg_temp.id('scrum')), now() + interval '1 minute')::jsonb -> 'daily_scrum',
  jsonb_build_object('daily_scrum_id', pg_temp.id('scrum'), 'summary', 'The digest'), 'manager: reads it in the closed scrum');
select is(scrum_of_day(pg_temp.id('sprint'), (select scrum_date from daily_scrums where daily_scrum_id = pg_temp.id('missed')), now() + interval '1 minute')::jsonb -> 'daily_scrum',
  jsonb_build_object('daily_scrum_id', pg_temp.id('missed'), 'summary', null), 'manager: another scrum has none');

-- What is deleted with others is deleted
select pg_temp.become('manager');
select isnt_empty($$delete from tasks where task_id = pg_temp.id('task') returning 1$$, 'manager: deletes a task that was named in it');
select pg_temp.become('member');
select lives_ok('select delete_my_account()', 'member: deletes their account');
select pg_temp.become('manager');
select results_eq($$select profile_id, today_work from daily_scrum_updates where update_id = pg_temp.id('own_update')$$, $$values (null::uuid, 'Before')$$, 'manager: their update stays without their name');

-- A cancelled sprint is closed, too
select pg_temp.become('postgres');
update sprints set status = 'Cancelled', completed_at = null where sprint_id = pg_temp.id('sprint');
select pg_temp.become('manager');
select throws_ok($$insert into daily_scrum_updates (daily_scrum_id) values (pg_temp.id('scrum'))$$, 'PT409', 'sprint "Running" is closed (Cancelled)', 'manager: posts no update in a cancelled sprint');

select * from finish();
rollback;
