-- Impediments: raised by members, resolved by who raised them and those who run the project.

begin;
\ir personas.psql
select plan(41);

select pg_temp.keep(name) from unnest('{mine,by_member}'::text[]) name;
update impediments set raised_at = now() - interval '2 days' where impediment_id = pg_temp.id('impediment');

-- Member, who raised it
select pg_temp.become('member');
select results_eq('select impediment_id from impediments', $$values (pg_temp.id('impediment'))$$, 'member: sees those of the project and no others');
select lives_ok($$insert into impediments (impediment_id, sprint_id, task_id, update_id, description) values (pg_temp.id('mine'), pg_temp.id('sprint'), pg_temp.id('task'), pg_temp.id('update'), 'No key')$$, 'member: raises one');
select results_eq($$select raised_by, raised_at, resolved_at, project_id from impediments where impediment_id = pg_temp.id('mine')$$,
  $$values (pg_temp.id('member'), now(), null::timestamptz, pg_temp.id('project'))$$, 'member: it is theirs, open, in the sprint''s project');
select throws_ok($$insert into impediments (sprint_id, description, raised_by) values (pg_temp.id('sprint'), 'x', pg_temp.id('manager'))$$, '42501', null, 'member: raises none in another''s name');
select throws_ok($$insert into impediments (sprint_id, description) values (pg_temp.id('foreign_sprint'), 'x')$$, '42501', null, 'member: none in another organization');
select throws_ok($$insert into impediments (sprint_id, description, resolved_at) values (pg_temp.id('sprint'), 'x', now())$$, '42501', null, 'member: none that is resolved already');
select throws_ok($$insert into impediments (sprint_id, description, task_id) values (pg_temp.id('sprint'), 'x', pg_temp.id('foreign_task'))$$, '23503', null, 'member: its task is of the project');
select throws_ok($$insert into impediments (sprint_id, description, update_id) values (pg_temp.id('sprint'), 'x', pg_temp.id('foreign_update'))$$, '23503', null, 'member: so is its update');
select throws_ok($$insert into impediments (sprint_id, description) values (pg_temp.id('sprint'), ' ')$$, '23514', null, 'member: it says what is in the way');
select isnt_empty($$update impediments set description = 'No key at all' where impediment_id = pg_temp.id('mine') returning 1$$, 'member: changes their own');
select throws_ok($$update impediments set sprint_id = pg_temp.id('next_sprint') where impediment_id = pg_temp.id('mine')$$, '42501', 'sprint_id, raised_by of impediments can''t be changed', 'member: it stays in its sprint');
select throws_ok($$update impediments set raised_by = pg_temp.id('manager') where impediment_id = pg_temp.id('mine')$$, '42501', null, 'member: it stays theirs');
select throws_ok($$update impediments set raised_at = now() - interval '1 y' where impediment_id = pg_temp.id('mine')$$, '42501', null, 'member: can''t say it is older than it is');
select throws_ok($$update impediments set resolved_by = pg_temp.id('manager') where impediment_id = pg_temp.id('mine')$$, '42501', null, 'member: can''t say another resolved it');
select throws_ok($$delete from impediments$$, '42501', null, 'member: deletes none');

-- Resolving and reopening
select isnt_empty($$update impediments set resolved_at = '2001-01-01' where impediment_id = pg_temp.id('impediment') returning 1$$, 'member: resolves their own');
select results_eq($$select resolved_at, resolved_by from impediments where impediment_id = pg_temp.id('impediment')$$, $$values (now(), pg_temp.id('member'))$$, 'resolved: now and by the caller, whatever was sent');
select pg_temp.become('postgres');
update impediments set raised_at = now() - interval '1 day' where impediment_id = pg_temp.id('impediment');
select pg_temp.become('scrum_master');
select isnt_empty($$update impediments set resolved_at = now() + interval '1 h' where impediment_id = pg_temp.id('impediment') returning 1$$, 'scrum_master: resolves it again');
select results_eq($$select resolved_at, resolved_by from impediments where impediment_id = pg_temp.id('impediment')$$, $$values (now(), pg_temp.id('member'))$$, 'resolved: the first counts');
select isnt_empty($$update impediments set resolved_at = null where impediment_id = pg_temp.id('impediment') returning 1$$, 'scrum_master: reopens it');
select results_eq($$select resolved_at, resolved_by from impediments where impediment_id = pg_temp.id('impediment')$$, 'values (null::timestamptz, null::uuid)', 'reopened: by nobody resolved');
select isnt_empty($$update impediments set resolved_at = 'now', description = 'Was nothing' where impediment_id = pg_temp.id('impediment') returning 1$$, 'scrum_master: resolves it now');
select results_eq($$select resolved_by from impediments where impediment_id = pg_temp.id('impediment')$$, $$values (pg_temp.id('scrum_master'))$$, 'resolved: by the scrum master this time');
select lives_ok($$insert into impediments (impediment_id, sprint_id, description) values (pg_temp.id('by_member'), pg_temp.id('sprint'), 'Theirs')$$, 'scrum_master: raises one');

-- Another member, viewer
select pg_temp.become('member');
select is_empty($$update impediments set resolved_at = now() where impediment_id = pg_temp.id('by_member') returning 1$$, 'member: resolves none of another');
select pg_temp.become('viewer');
select results_eq('select count(*)::int from impediments', 'values (3)', 'viewer: sees them');
select throws_ok($$insert into impediments (sprint_id, description) values (pg_temp.id('sprint'), 'x')$$, '42501', null, 'viewer: raises none');
select is_empty($$update impediments set resolved_at = now() returning 1$$, 'viewer: resolves none');

-- Manager, admin, owner
select pg_temp.become('manager');
select isnt_empty($$update impediments set resolved_at = now() where impediment_id = pg_temp.id('by_member') returning 1$$, 'manager: resolves any');
select pg_temp.become('admin');
select isnt_empty($$update impediments set resolved_at = null where impediment_id = pg_temp.id('by_member') returning 1$$, 'admin: reopens any');
select pg_temp.become('owner');
select lives_ok($$insert into impediments (sprint_id, description) values (pg_temp.id('sprint'), 'Money')$$, 'owner: raises one');
select throws_ok($$delete from impediments$$, '42501', null, 'owner: deletes none either');

-- Stranger, outsider, anonymous
select pg_temp.become('stranger');
select is_empty('select from impediments', 'stranger: sees none');
select throws_ok($$insert into impediments (sprint_id, description) values (pg_temp.id('sprint'), 'x')$$, '42501', null, 'stranger: raises none');
select is_empty($$update impediments set resolved_at = now() returning 1$$, 'stranger: resolves none');
select pg_temp.become('outsider');
select results_eq('select impediment_id from impediments', $$values (pg_temp.id('foreign_impediment'))$$, 'outsider: sees their own organization''s alone');
select is_empty($$update impediments set resolved_at = now() where sprint_id = pg_temp.id('sprint') returning 1$$, 'outsider: resolves none of the other');
select pg_temp.become('anonymous');
select throws_ok('select from impediments', '42501', null, 'anonymous: reads none');
select throws_ok($$insert into impediments (sprint_id, description) values (gen_random_uuid(), 'x')$$, '42501', null, 'anonymous: raises none');

-- The service, and what it was about goes
select pg_temp.become('service');
select throws_ok($$insert into impediments (sprint_id, description, raised_at, resolved_at) values (pg_temp.id('sprint'), 'x', now(), now() - interval '1 s')$$, '23514', null, 'service: nothing is resolved before it is raised');
select pg_temp.become('scrum_master');
delete from tasks where task_id = pg_temp.id('task');
select results_eq($$select task_id, update_id from impediments where impediment_id = pg_temp.id('mine')$$, $$values (null::uuid, pg_temp.id('update'))$$, 'its task deleted: it stays');

select * from finish();
rollback;
