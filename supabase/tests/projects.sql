-- Projects and their members: seen by members, run by managers; owners and admins of the
-- organization count as managers.

begin;
\ir personas.psql
select plan(56);

-- Manager, who made the project
select pg_temp.become('manager');
select results_eq($$select role from project_members where profile_id = pg_temp.id('manager')$$, $$values ('manager'::project_role)$$, 'manager: is one by having made the project');
select isnt_empty($$update projects set description = 'What we sold' returning 1$$, 'manager: changes the project');
select throws_ok($$update projects set org_id = pg_temp.id('foreign_org')$$, '42501', 'project_id, org_id of projects can''t be changed', 'manager: can''t move it to another organization');
select throws_ok($$update projects set project_id = gen_random_uuid()$$, '42501', null, 'manager: can''t change its key');
select throws_ok($$update projects set profile_id = pg_temp.id('member')$$, '42501', null, 'manager: who made it stays who made it');
select throws_ok($$update projects set account_id = pg_temp.id('foreign_account')$$, '23503', null, 'manager: its account is of the organization');
select throws_ok($$update projects set opportunity_id = pg_temp.id('foreign_opportunity')$$, '23503', null, 'manager: so is its sale');
select lives_ok($$insert into project_members (project_id, profile_id) values (pg_temp.id('project'), pg_temp.id('stranger'))$$, 'manager: adds a member');
select throws_ok($$insert into project_members (project_id, profile_id) values (pg_temp.id('project'), pg_temp.id('stranger'))$$, '23505', null, 'manager: nobody is in it twice');
select throws_ok($$insert into project_members (project_id, profile_id) values (pg_temp.id('project'), pg_temp.id('outsider'))$$, '23503', null, 'manager: can''t add a person of another organization');
select throws_ok($$insert into project_members (project_id, profile_id, org_id) values (pg_temp.id('project'), pg_temp.id('outsider'), pg_temp.id('foreign_org'))$$, '23503', null, 'manager: nor by naming that organization');
select throws_ok($$insert into project_members (project_id, profile_id, org_id) values (pg_temp.id('foreign_project'), pg_temp.id('manager'), pg_temp.id('foreign_org'))$$, '42501', null, 'manager: can''t add themselves to another organization''s project');
select isnt_empty($$update project_members set role = 'viewer' where profile_id = pg_temp.id('stranger') returning 1$$, 'manager: changes a role');
select throws_ok($$update project_members set profile_id = pg_temp.id('owner') where profile_id = pg_temp.id('stranger')$$, '42501', 'project_id, profile_id of project_members can''t be changed', 'manager: can''t turn one member into another');
select throws_ok($$update project_members set project_id = pg_temp.id('foreign_project') where profile_id = pg_temp.id('stranger')$$, '42501', null, 'manager: can''t move a member to another project');
select isnt_empty($$delete from project_members where profile_id = pg_temp.id('stranger') returning 1$$, 'manager: removes a member');

-- Scrum master, member, viewer
select pg_temp.become('scrum_master');
select isnt_empty('select from projects', 'scrum_master: sees the project');
select is_empty($$update projects set description = 'x' returning 1$$, 'scrum_master: can''t change it');
select is_empty('delete from projects returning 1', 'scrum_master: can''t delete it');
select throws_ok($$insert into project_members (project_id, profile_id) values (pg_temp.id('project'), pg_temp.id('stranger'))$$, '42501', null, 'scrum_master: can''t add a member');
select is_empty($$update project_members set role = 'manager' where profile_id = pg_temp.id('scrum_master') returning 1$$, 'scrum_master: can''t make themselves manager');
select pg_temp.become('member');
select results_eq('select project_id from projects', $$values (pg_temp.id('project'))$$, 'member: sees the project');
select results_eq('select count(*)::int from project_members', 'values (4)', 'member: sees who is in it');
select is_empty($$update project_members set role = 'manager' returning 1$$, 'member: changes no role, not their own either');
select is_empty($$delete from project_members where profile_id <> pg_temp.id('member') returning 1$$, 'member: removes nobody else');
select pg_temp.become('viewer');
select isnt_empty('select from projects', 'viewer: sees the project');
select is_empty($$update projects set description = 'x' returning 1$$, 'viewer: can''t change it');
select isnt_empty($$delete from project_members where profile_id = pg_temp.id('viewer') returning 1$$, 'viewer: may leave');
select is_empty('select from projects', 'viewer: no longer sees it then');

-- Stranger: makes a project of their own
select pg_temp.become('stranger');
select is_empty('select from projects', 'stranger: doesn''t see the project');
select is_empty('select from project_members', 'stranger: nor who is in it');
select isnt_empty($$insert into projects (project_name, account_id) values ('Own', pg_temp.id('account')) returning project_id$$, 'stranger: makes a project, and gets it back');
select results_eq('select p.project_name, p.org_id, m.role from projects p join project_members m using (project_id)',
  $$values ('Own', pg_temp.id('org'), 'manager'::project_role)$$, 'stranger: is its manager');
select throws_ok($$insert into projects (project_name, profile_id) values ('x', pg_temp.id('member'))$$, '42501', null, 'stranger: can''t make one in another''s name');
select throws_ok($$insert into projects (project_name, profile_id) values ('x', null)$$, '42501', null, 'stranger: nor in nobody''s');
select throws_ok($$insert into projects (org_id, project_name) values (pg_temp.id('foreign_org'), 'x')$$, '42501', null, 'stranger: nor for another organization');
select throws_ok($$insert into projects (project_name, account_id) values ('x', pg_temp.id('foreign_account'))$$, '23503', null, 'stranger: nor for another''s account');
select throws_ok($$insert into projects (project_name) values (' ')$$, '23514', null, 'stranger: a name isn''t blank');
select throws_ok($$insert into project_members (project_id, profile_id, role) values (pg_temp.id('project'), pg_temp.id('stranger'), 'manager')$$, '42501', null, 'stranger: can''t add themselves to the project');

-- Admin and owner, members of none
select pg_temp.become('admin');
select results_eq('select count(*)::int from projects', 'values (2)', 'admin: sees all projects of the organization and no others');
select isnt_empty($$update projects set description = 'Seen' where project_id = pg_temp.id('project') returning 1$$, 'admin: changes any');
select lives_ok($$insert into project_members (project_id, profile_id, role) values (pg_temp.id('project'), pg_temp.id('viewer'), 'viewer')$$, 'admin: adds a member');
select pg_temp.become('owner');
select isnt_empty($$update project_members set role = 'member' where profile_id = pg_temp.id('viewer') returning 1$$, 'owner: changes a role');
select isnt_empty($$delete from accounts where account_id = pg_temp.id('account') returning 1$$, 'owner: deletes the account');
select results_eq($$select account_id, opportunity_id from projects where project_id = pg_temp.id('project')$$, 'values (null::uuid, null::uuid)', 'owner: the projects done for it stay');

-- Outsider, anonymous
select pg_temp.become('outsider');
select results_eq('select project_id from projects', $$values (pg_temp.id('foreign_project'))$$, 'outsider: sees their own organization''s alone');
select is_empty($$update projects set description = 'x' where project_id = pg_temp.id('project') returning 1$$, 'outsider: changes none of the other');
select is_empty($$delete from projects where project_id = pg_temp.id('project') returning 1$$, 'outsider: deletes none of the other');
select is_empty($$select from project_members where project_id = pg_temp.id('project')$$, 'outsider: doesn''t see who is in it');
select pg_temp.become('anonymous');
select throws_ok('select from projects', '42501', null, 'anonymous: reads none');
select throws_ok('select from project_members', '42501', null, 'anonymous: reads no member');
select throws_ok('select private.my_project_ids()', '42501', null, 'anonymous: can''t ask the helper behind the policies');

-- The maker who has left
select pg_temp.become('manager');
select isnt_empty($$delete from project_members where profile_id = pg_temp.id('manager') returning 1$$, 'manager: may leave');
select is_empty($$select from projects where project_id = pg_temp.id('project')$$, 'manager: no longer sees the project, though they made it');

-- Deleting
select pg_temp.become('owner');
select isnt_empty($$delete from projects where project_id = pg_temp.id('project') returning 1$$, 'owner: deletes the project, with a running sprint and a history');
select pg_temp.become('postgres');
select is_empty($$select from sprints where project_id = pg_temp.id('project') union all select from tasks where project_id = pg_temp.id('project')
  union all select from task_events where project_id = pg_temp.id('project') union all select from project_members where project_id = pg_temp.id('project')$$,
  'owner: all of it is gone');

select * from finish();
rollback;
