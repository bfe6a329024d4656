-- The version of a project's running sprint: that sprint's own, to those who see the project.

begin;
\ir personas.psql
select plan(14);

select pg_temp.become('member');
select is(running_sprint_version(pg_temp.id('project'))::text, sprint_version(pg_temp.id('sprint'))::text, 'member: the running sprint''s version');
select is(running_sprint_version(pg_temp.id('project'), by_minute => false)::text, sprint_version(pg_temp.id('sprint'), by_minute => false)::text,
  'member: by the day, too');
select is(running_sprint_version(pg_temp.id('foreign_project'))::text, null, 'member: nothing of a foreign project');
select is(running_sprint_version(gen_random_uuid())::text, null, 'member: nothing of none');
select pg_temp.become('viewer');
select is(running_sprint_version(pg_temp.id('project'))::text, sprint_version(pg_temp.id('sprint'))::text, 'viewer: the same');
select pg_temp.become('owner');
select is(running_sprint_version(pg_temp.id('project'))::text, sprint_version(pg_temp.id('sprint'))::text, 'owner: the same');
select pg_temp.become('stranger');
select is(running_sprint_version(pg_temp.id('project'))::text, null, 'stranger: nothing');
select pg_temp.become('outsider');
select is(running_sprint_version(pg_temp.id('project'))::text, null, 'outsider: nothing');
select pg_temp.become('anonymous');
select is((pg_temp.refusal(format('select running_sprint_version(%L)', pg_temp.id('project')))).code, '42501', 'anonymous: refused');

-- One sprint ends, and the next one starts.
select pg_temp.become('scrum_master');
select set_config('test.before', running_sprint_version(pg_temp.id('project')) ->> 'version', true);
select complete_sprint(pg_temp.id('sprint'));
select is(running_sprint_version(pg_temp.id('project'))::text,
  json_build_object('sprint', null, 'project', json_build_object('project_id', pg_temp.id('project'), 'project_name', 'Delivery'))::text,
  'none runs: the project alone');
select pg_temp.become('stranger');
select is(running_sprint_version(pg_temp.id('project'))::text, null, 'none runs, stranger: nothing still');
select pg_temp.become('scrum_master');
select start_sprint(pg_temp.id('next_sprint'));
select is(running_sprint_version(pg_temp.id('project')) #>> '{sprint,sprint_id}', pg_temp.id('next_sprint')::text, 'the next one runs: it is found');
select is(running_sprint_version(pg_temp.id('project'))::text, sprint_version(pg_temp.id('next_sprint'))::text, 'the next one runs: its version');
select isnt(running_sprint_version(pg_temp.id('project')) ->> 'version', current_setting('test.before'), 'the next one runs: another version');

select * from finish();
rollback;
