-- Removing a person from the organization: who may, who takes over, what goes and what stays.

begin;
\ir personas.psql
select plan(30);

-- What the member has
select pg_temp.keep('feed');
select pg_temp.become('member');
insert into days_off (from_date, to_date) values ('2027-01-04', '2027-01-05');
insert into calendar_feeds (feed_id) values (pg_temp.id('feed'));
select pg_temp.become('postgres');
insert into tasks (task_id, project_id, sprint_id, task_name, status, assigned_to)
values (pg_temp.keep('done_task'), pg_temp.id('project'), pg_temp.id('sprint'), 'Done', 'Completed', pg_temp.id('member'));
insert into projects (project_id, org_id, project_name, profile_id)
values (pg_temp.keep('own_project'), pg_temp.id('org'), 'Own', pg_temp.id('member'));
insert into tasks (task_id, project_id, task_name, assigned_to)
values (pg_temp.keep('own_task'), pg_temp.id('own_project'), 'Own', pg_temp.id('member'));
update profiles set org_role = 'admin' where profile_id = pg_temp.id('member');
select pg_temp.become('member');
select invitation_id from create_invitation('private@example.test');
select pg_temp.become('postgres');
update profiles set org_role = 'member' where profile_id = pg_temp.id('member');

-- Who may
select pg_temp.become('member');
select throws_ok($$select remove_member(pg_temp.id('viewer'))$$, '42501', 'only an owner or admin of the organization removes people', 'member: removes nobody');
select pg_temp.become('manager');
select throws_ok($$select remove_member(pg_temp.id('viewer'))$$, '42501', null, 'manager: nor does a project''s manager');
select pg_temp.become('anonymous');
select throws_ok($$select remove_member(pg_temp.id('viewer'))$$, '42501', null, 'anonymous: nobody');
select pg_temp.become('outsider');
select throws_ok($$select remove_member(pg_temp.id('member'))$$, 'PT404', 'no such person in the organization', 'outsider: nobody of another organization');
select throws_ok($$select remove_member(gen_random_uuid())$$, 'PT404', 'no such person in the organization', 'outsider: the same answer for nobody');
select pg_temp.become('admin');
select throws_ok($$select remove_member(pg_temp.id('owner'))$$, '42501', 'only an owner removes an owner', 'admin: no owner');
select throws_ok($$select remove_member(pg_temp.id('admin'))$$, 'PT409', 'nobody removes themselves', 'admin: not oneself');
select throws_ok($$select remove_member(null)$$, 'PT404', null, 'admin: nobody is nobody');
select throws_ok($$select remove_member(pg_temp.id('member'), pg_temp.id('outsider'))$$, '22023', 'hand_over_to is nobody else in the organization', 'admin: hands over to no stranger');
select throws_ok($$select remove_member(pg_temp.id('member'), pg_temp.id('member'))$$, '22023', null, 'admin: nor to the leaver');
select isnt_empty($$select from profiles where profile_id = pg_temp.id('member')$$, 'nothing happened so far');

-- With a successor, who works in one of the two projects
select is(remove_member(pg_temp.id('member'), pg_temp.id('scrum_master')),
  jsonb_build_object('profile_id', pg_temp.id('member'), 'handed_over_to', pg_temp.id('scrum_master'), 'tasks', 1, 'accounts', 1,
    'opportunities', 1, 'projects', 1, 'invitations_withdrawn', 1, 'channels_switched_off', 0), 'admin: removes a member, and reads what was handed over');
select throws_ok($$select remove_member(pg_temp.id('member'))$$, 'PT404', null, 'admin: once');
select pg_temp.become('postgres');
select is_empty($$select from auth.users where id = pg_temp.id('member') union all select from profiles where profile_id = pg_temp.id('member')
  union all select from project_members where profile_id = pg_temp.id('member') union all select from days_off where profile_id = pg_temp.id('member')
  union all select from calendar_feeds where feed_id = pg_temp.id('feed') union all select from invitations where email = 'private@example.test'$$,
  'gone: user, profile, memberships, days off, feeds, open invitations');
select is((select assigned_to from tasks where task_id = pg_temp.id('task')), pg_temp.id('scrum_master'), 'the unfinished task is the successor''s');
select is((select actor from task_events where task_id = pg_temp.id('task') and kind = 'assignee' order by event_id desc limit 1), pg_temp.id('admin'), 'its event names who did it');
select is((select assigned_to from tasks where task_id = pg_temp.id('done_task')), null, 'the finished task is nobody''s');
select is((select assigned_to from tasks where task_id = pg_temp.id('own_task')), null, 'nor is one of a project in which the successor didn''t work');
select is((select profile_id from accounts where account_id = pg_temp.id('account')), pg_temp.id('scrum_master'), 'the account is the successor''s');
select is((select profile_id from opportunities where opportunity_id = pg_temp.id('opportunity')), pg_temp.id('scrum_master'), 'so is the opportunity');
select is((select role from project_members where project_id = pg_temp.id('own_project')), 'manager', 'the project without a manager has the successor');
select is((select role from project_members where project_id = pg_temp.id('project') and profile_id = pg_temp.id('scrum_master')), 'scrum_master', 'the other one keeps its roles');
select results_eq($$select profile_id, today_work from daily_scrum_updates where update_id = pg_temp.id('update')$$, $$values (null::uuid, 'The login form')$$, 'stays: what they said, without their name');
select results_eq($$select raised_by, description from impediments where impediment_id = pg_temp.id('impediment')$$, $$values (null::uuid, 'No test account')$$, 'stays: what they raised');

-- With an open session of theirs
select set_config('request.jwt.claims', jsonb_build_object('role', 'authenticated', 'sub', pg_temp.id('member'))::text, true), set_config('role', 'authenticated', true);
select is_empty($$select from organizations union all select from profiles union all select from accounts union all select from tasks$$, 'leaver: a token that is still good reads nothing');
select throws_ok($$insert into accounts (account_name) values ('Mine')$$, '42501', null, 'leaver: writes nothing');
select throws_ok($$select remove_member(pg_temp.id('viewer'))$$, '42501', null, 'leaver: removes nobody');

-- Without one; an owner
select pg_temp.become('postgres');
update profiles set org_role = 'owner' where profile_id = pg_temp.id('admin');
insert into notification_channels (org_id, channel_name, kind, target, created_by) values
  (pg_temp.id('org'), 'Theirs', 'slack', 'https://hooks.example.test/x', pg_temp.id('scrum_master')),
  (pg_temp.id('org'), 'Another''s', 'slack', 'https://hooks.example.test/y', pg_temp.id('admin'));
select pg_temp.become('admin');
select lives_ok($$select remove_member(pg_temp.id('owner'))$$, 'owner: removes another owner');
select is(remove_member(pg_temp.id('scrum_master')) - 'profile_id', jsonb_build_object('handed_over_to', null, 'tasks', 0, 'accounts', 0,
  'opportunities', 0, 'projects', 0, 'invitations_withdrawn', 0, 'channels_switched_off', 1), 'owner: without a successor nothing is handed over');
select results_eq($$select channel_name, is_enabled from notification_channels order by is_enabled$$, $$values ('Theirs', false), ('Another''s', true)$$, 'owner: the channels they made are switched off');

select * from finish();
rollback;
