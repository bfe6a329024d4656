-- Deleting one's own account: the person goes, what they wrote for the team stays.

begin;
\ir personas.psql
select plan(21);

-- Member
select pg_temp.become('member');
insert into days_off (from_date, to_date) values ('2027-01-04', '2027-01-05');
insert into daily_scrum_tasks (daily_scrum_id, task_id, intent) values (pg_temp.id('scrum'), pg_temp.id('task'), 'will do');
select lives_ok('select delete_my_account()', 'member: deletes their account');
select throws_ok('select delete_my_account()', '42501', 'sign in first', 'member: once');
select is_empty('select from profiles', 'member: sees nothing any more');
select pg_temp.become('postgres');
select is_empty($$select from auth.users where id = pg_temp.id('member') union all select from profiles where profile_id = pg_temp.id('member')
  union all select from project_members where profile_id = pg_temp.id('member') union all select from days_off where org_id = pg_temp.id('org')
  union all select from daily_scrum_tasks where profile_id = pg_temp.id('member')$$, 'gone: user, profile, memberships, days off');
select results_eq($$select assigned_to, created_by, task_name from tasks where task_id = pg_temp.id('task')$$, $$values (null::uuid, null::uuid, 'Login')$$, 'stays: the task, unassigned');
select results_eq($$select old_value, new_value, actor from task_events where task_id = pg_temp.id('task') and kind = 'assignee' order by event_id desc limit 1$$,
  $$values (pg_temp.id('member')::text, null::text, pg_temp.id('member'))$$, 'stays: the event of it');
select results_eq($$select profile_id, today_work from daily_scrum_updates where update_id = pg_temp.id('update')$$, $$values (null::uuid, 'The login form')$$, 'stays: what they said, without their name');
select results_eq($$select raised_by, description from impediments where impediment_id = pg_temp.id('impediment')$$, $$values (null::uuid, 'No test account')$$, 'stays: what they raised');
select results_eq($$select profile_id, org_id from accounts where account_id = pg_temp.id('account')$$, $$values (null::uuid, pg_temp.id('org'))$$, 'stays: the account, without an owner');
select results_eq($$select profile_id, org_id from opportunities where opportunity_id = pg_temp.id('opportunity')$$, $$values (null::uuid, pg_temp.id('org'))$$, 'stays: the opportunity, without an owner');

-- Manager, who made the project and closed a sprint
select pg_temp.become('manager');
select complete_sprint(pg_temp.id('sprint'));
select lives_ok('select delete_my_account()', 'manager: deletes their account');
select pg_temp.become('postgres');
select results_eq($$select profile_id, org_id from projects where project_id = pg_temp.id('project')$$, $$values (null::uuid, pg_temp.id('org'))$$, 'stays: the project they made');
select isnt_empty($$select from sprint_snapshots s, jsonb_array_elements(figures -> 'members') m where sprint_id = pg_temp.id('sprint') and m ->> 'profile_id' = pg_temp.id('manager')::text$$, 'stays: the frozen figures');

-- Owner
select pg_temp.become('owner');
select throws_ok('select delete_my_account()', 'PT409', 'the last owner can''t leave or be demoted while others remain', 'owner: the last one stays while others remain');
select isnt_empty($$select from profiles where profile_id = pg_temp.id('owner')$$, 'owner: is still there');
select invitation_id from create_invitation('guest@example.test');
update profiles set org_role = 'owner' where profile_id = pg_temp.id('admin');
select lives_ok('select delete_my_account()', 'owner: may go once there is another');
select pg_temp.become('admin');
select is_empty($$select from invitations where email = 'guest@example.test'$$, 'gone: the open invitation they sent');

-- Nobody
select pg_temp.become('anonymous');
select throws_ok('select delete_my_account()', '42501', null, 'anonymous: deletes nothing');

-- The last person
select pg_temp.become('outsider');
select lives_ok('select delete_my_account()', 'outsider: the last person may go');
select pg_temp.become('postgres');
select is_empty($$select from organizations where org_id = pg_temp.id('foreign_org') union all select from accounts where org_id = pg_temp.id('foreign_org')
  union all select from projects where org_id = pg_temp.id('foreign_org') union all select from tasks where project_id = pg_temp.id('foreign_project')
  union all select from task_events where project_id = pg_temp.id('foreign_project')$$, 'gone: the organization and all its data');
select isnt_empty($$select from organizations where org_id = pg_temp.id('org')$$, 'stays: the other organization');

select * from finish();
rollback;
