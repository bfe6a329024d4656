-- Versions of views: another one after every change of what they show, the same after any other, and
-- for those alone who may see the views.

begin;
\ir personas.psql
select plan(73);

create temporary table versions (name text primary key, version text not null) on commit drop;
grant all on versions to public;
create function pg_temp.version(name text) returns text language sql volatile as $$
  select case name
    when 'sprint' then sprint_version(pg_temp.id('sprint'), by_minute => false)
    when 'project' then project_version(pg_temp.id('project'), by_minute => false)
    when 'draft' then scrum_draft_version() end ->> 'version'
$$;
-- Which versions a statement of postgres changes, as the member sees them.
create function pg_temp.changed_by(statement text) returns text language plpgsql as $$
declare
  answer text;
begin
  perform pg_temp.become('member');
  delete from versions;
  insert into versions select v, pg_temp.version(v) from unnest('{sprint,project,draft}'::text[]) v;
  perform pg_temp.become('postgres');
  execute statement;
  perform pg_temp.become('member');
  select string_agg(v.name, ' ' order by v.name desc) into answer from versions v where v.version <> pg_temp.version(v.name);
  perform pg_temp.become('postgres');
  return coalesce(answer, 'none');
end $$;
grant execute on all functions in schema pg_temp to public;

-- All else happened before, and the calendar's days have begun: as_of stays.
update task_events set at = at - interval '2 days' where project_id = pg_temp.id('project');
update impediments set raised_at = raised_at - interval '2 days' where project_id = pg_temp.id('project');
update daily_scrum_updates set created_at = now() where update_id = pg_temp.id('update');

select pg_temp.become('member');
select is((sprint_version(pg_temp.id('sprint'), by_minute => false) ->> 'as_of')::timestamptz, now(), 'sprint: the update is the last thing that happened');
select is((project_version(pg_temp.id('project'), by_minute => false) ->> 'as_of')::timestamptz, now(), 'project: the same');
select is((scrum_draft_version() ->> 'as_of')::timestamptz, now(), 'draft: the same');
select is(scrum_of_day(pg_temp.id('sprint'), as_of => (sprint_version(pg_temp.id('sprint'), by_minute => false) ->> 'as_of')::timestamptz) ->> 'posted', '1',
  'sprint: asked as of then, its scrum has the update');

select pg_temp.become('postgres');
update daily_scrum_updates set created_at = now() + interval '1 day' where update_id = pg_temp.id('update');
update daily_scrums set created_at = now() - interval '1 day' where daily_scrum_id = pg_temp.id('scrum');
select pg_temp.become('member');
select ok((sprint_version(pg_temp.id('sprint'), by_minute => false) ->> 'as_of')::timestamptz < now(), 'sprint: one that is yet to be posted isn''t counted');
select pg_temp.become('postgres');
update daily_scrums set created_at = now() where daily_scrum_id = pg_temp.id('scrum');
select pg_temp.become('member');
select is((sprint_version(pg_temp.id('sprint'), by_minute => false) ->> 'as_of')::timestamptz, now(), 'sprint: but a scrum that was opened just now is, and is seen as of then');
select pg_temp.become('postgres');

-- Every verb on every table that views show. What clears the way for another is under its name.
select is(pg_temp.changed_by(c.statement), c.changes, c.what) from (values
  ('nothing', 'select', 'none'),
  ('no row', 'update tasks set task_name = ''No'' where false', 'none'),
  ('a task renamed', 'update tasks set task_name = ''Sign in'' where task_id = pg_temp.id(''task'')', 'sprint project draft'),
  ('a task moved', 'update tasks set board_rank = 1 where task_id = pg_temp.id(''task'')', 'sprint project draft'),
  ('the same again', 'update tasks set board_rank = 1 where task_id = pg_temp.id(''task'')', 'sprint project draft'),
  ('a task made', 'insert into tasks (project_id, task_name, created_by) values (pg_temp.id(''project''), ''New'', null)', 'sprint project draft'),
  ('a task deleted', 'delete from tasks where project_id = pg_temp.id(''project'') and task_name = ''New''', 'sprint project draft'),
  ('events written by hand', 'insert into task_events (project_id, task_id, kind, status, at) values (pg_temp.id(''project''), pg_temp.id(''task''), ''status'', ''Planned'', now() - interval ''2 days'')', 'sprint project draft'),
  ('events mended by hand', 'update task_events set new_value = ''Planned'' where project_id = pg_temp.id(''project'') and kind = ''created''', 'sprint project draft'),
  ('events deleted by hand', 'delete from task_events where project_id = pg_temp.id(''project'') and kind = ''status''', 'sprint project draft'),
  ('a sprint made', 'insert into sprints (project_id, sprint_name, start_date, end_date) values (pg_temp.id(''project''), ''Later'', ''2100-01-01'', ''2100-01-10'')', 'sprint project draft'),
  ('a sprint renamed', 'update sprints set sprint_name = ''Latest'' where project_id = pg_temp.id(''project'') and sprint_name = ''Later''', 'sprint project draft'),
  ('a sprint deleted', 'delete from sprints where project_id = pg_temp.id(''project'') and sprint_name = ''Latest''', 'sprint project draft'),
  ('an impediment raised', 'insert into impediments (sprint_id, raised_by, raised_at, description) values (pg_temp.id(''sprint''), pg_temp.id(''member''), now() - interval ''1 day'', ''It hangs'')', 'sprint project draft'),
  ('an impediment told otherwise', 'update impediments set description = ''It stands'' where sprint_id = pg_temp.id(''sprint'')', 'sprint project draft'),
  ('an impediment deleted', 'delete from impediments where sprint_id = pg_temp.id(''sprint'') and raised_at > now() - interval ''36 hours''', 'sprint project draft'),
  ('an update changed', 'update daily_scrum_updates set today_work = ''Rest'' where update_id = pg_temp.id(''update'')', 'sprint project draft'),
  ('a task named in a scrum', 'insert into daily_scrum_tasks (daily_scrum_id, task_id, profile_id, intent) values (pg_temp.id(''scrum''), pg_temp.id(''task''), pg_temp.id(''member''), ''did'')', 'sprint draft'),
  ('a task named otherwise', 'update daily_scrum_tasks set intent = ''will do'' where daily_scrum_id = pg_temp.id(''scrum'')', 'sprint draft'),
  ('a task no longer named', 'delete from daily_scrum_tasks where daily_scrum_id = pg_temp.id(''scrum'')', 'sprint draft'),
  ('an update deleted', 'delete from daily_scrum_updates where update_id = pg_temp.id(''update'')', 'sprint project draft'),
  ('an update posted', 'insert into daily_scrum_updates (daily_scrum_id, profile_id, today_work, created_at) values (pg_temp.id(''scrum''), pg_temp.id(''member''), ''All'', now() + interval ''1 day'')', 'sprint project draft'),
  ('a scrum summed up', 'update daily_scrums set summary = ''Well'' where daily_scrum_id = pg_temp.id(''scrum'')', 'sprint project draft'),
  ('a scrum deleted', 'delete from daily_scrums where daily_scrum_id = pg_temp.id(''scrum'')', 'sprint project draft'),
  ('a scrum opened', 'insert into daily_scrums (sprint_id, scrum_date) values (pg_temp.id(''sprint''), pg_temp.today())', 'sprint project draft'),
  ('a member added', 'insert into project_members (project_id, profile_id, org_id) values (pg_temp.id(''project''), pg_temp.id(''stranger''), pg_temp.id(''org''))', 'sprint project draft'),
  ('a member''s role', 'update project_members set role = ''viewer'' where project_id = pg_temp.id(''project'') and profile_id = pg_temp.id(''stranger'')', 'sprint project draft'),
  ('a member removed', 'delete from project_members where project_id = pg_temp.id(''project'') and profile_id = pg_temp.id(''stranger'')', 'sprint project draft'),
  ('the project renamed', 'update projects set project_name = ''Portal'' where project_id = pg_temp.id(''project'')', 'sprint project draft'),
  ('the organization renamed', 'update organizations set org_name = ''Hanbit'' where org_id = pg_temp.id(''org'')', 'sprint project draft'),
  ('a holiday', 'insert into org_holidays (org_id, holiday_date, name) values (pg_temp.id(''org''), ''2100-01-01'', ''Seollal'')', 'sprint project draft'),
  ('a holiday moved', 'update org_holidays set holiday_date = ''2100-01-02'' where org_id = pg_temp.id(''org'')', 'sprint project draft'),
  ('a holiday taken back', 'delete from org_holidays where org_id = pg_temp.id(''org'')', 'sprint project draft'),
  ('a day off', 'insert into days_off (profile_id, org_id, from_date, to_date) values (pg_temp.id(''admin''), pg_temp.id(''org''), ''2100-01-01'', ''2100-01-02'')', 'sprint project draft'),
  ('a day off moved', 'update days_off set to_date = ''2100-01-03'' where profile_id = pg_temp.id(''admin'')', 'sprint project draft'),
  ('a day off taken back', 'delete from days_off where profile_id = pg_temp.id(''admin'')', 'sprint project draft'),
  ('somebody renamed', 'update profiles set first_name = ''Yuna'' where profile_id = pg_temp.id(''stranger'')', 'sprint project draft'),
  ('somebody joined', 'select pg_temp.join_by_invitation(''newcomer'', ''org'')', 'sprint project draft'),
  ('somebody left', 'delete from auth.users where id = (select id from ids where name = ''newcomer'')', 'sprint project draft'),
  ('what goes on in another organization', 'update tasks set task_name = ''Elsewhere'' where project_id = pg_temp.id(''foreign_project'')', 'none'),
  ('somebody of another organization', 'update profiles set first_name = ''Maya'' where profile_id = pg_temp.id(''outsider'')', 'none'),
  ('an account', 'update accounts set account_name = ''Acme Inc.'' where account_id = pg_temp.id(''account'')', 'none')
) c (what, statement, changes);

-- A truncate tells no rows.
create temporary table truncated (project_id uuid) on commit drop;
create trigger truncated_stamp_truncate after truncate on truncated for each statement execute function private.stamp_everything();
select is(pg_temp.changed_by('truncate truncated'), 'sprint project draft', 'a truncate changes all');

-- A person who joins another organization has left one: both have changed.
select pg_temp.sign_up('mover', '{"org_name": "Alone"}');
select pg_temp.keep('left_org', org_id) from profiles where profile_id = pg_temp.id('mover');
select set_config('test.left', private.stamp_sum(pg_temp.id('left_org')), true);
select is(pg_temp.changed_by(format('update profiles set org_id = %L, org_role = ''member'' where profile_id = %L', pg_temp.id('org'), pg_temp.id('mover'))),
  'sprint project draft', 'who comes changes the organization they come to');
select isnt(private.stamp_sum(pg_temp.id('left_org')), current_setting('test.left'), 'and the one they leave');

-- The right is the policies' right: asked of one project or of all.
grant execute on function private.may_read_project(uuid) to authenticated;
create function pg_temp.rights(name text) returns text language plpgsql as $$
declare
  answer text;
begin
  perform pg_temp.become(name);
  answer := (
    select string_agg(format('%s %s %s', ids.name, private.may_read_project(ids.id), ids.id = any (array(select private.my_project_ids()))), ', ' order by ids.name)
    from ids where ids.name in ('project', 'foreign_project'));
  perform pg_temp.become('postgres');
  return answer;
end $$;
select is(pg_temp.rights(who), format('foreign_project %1$s %1$s, project %2$s %2$s', elsewhere, own), who || ': one right')
from (values ('owner', false, true), ('admin', false, true), ('manager', false, true), ('scrum_master', false, true), ('member', false, true),
  ('viewer', false, true), ('stranger', false, false), ('outsider', true, false)) v (who, elsewhere, own);

-- What is deleted leaves no stamp behind, nor do the things that go along.
select pg_temp.become('manager');
insert into projects (project_id, project_name) values (pg_temp.id('member'), 'Short');
insert into tasks (project_id, task_name) values (pg_temp.id('member'), 'Gone');
select pg_temp.become('postgres');
select isnt_empty($$ select from private.change_stamps where scope = pg_temp.id('member') $$, 'a project has a stamp');
delete from projects where project_id = pg_temp.id('member');
select is_empty($$ select from private.change_stamps where scope = pg_temp.id('member') $$, 'a deleted one has none');
delete from auth.users where id = pg_temp.id('outsider');
delete from organizations where org_id = pg_temp.id('foreign_org');
select is_empty($$ select from private.change_stamps where scope in (pg_temp.id('foreign_org'), pg_temp.id('foreign_project')) $$, 'nor has an organization');

-- Who may ask: the function that clients call and the definer behind it.
create function pg_temp.sees(name text) returns boolean[] language plpgsql as $$
declare
  answer boolean[];
begin
  perform pg_temp.become(name);
  select array[
    sprint_version(pg_temp.id('sprint')) is not null, project_version(pg_temp.id('project')) is not null,
    private.sprint_version(pg_temp.id('sprint'), true) is not null, private.project_version(pg_temp.id('project'), true) is not null] into answer;
  perform pg_temp.become('postgres');
  return answer;
end $$;
select is(pg_temp.sees(who), array_fill(sees, '{4}'), who || case when sees then ' has versions' else ' has none' end)
from (values ('owner', true), ('admin', true), ('manager', true), ('scrum_master', true), ('member', true), ('viewer', true), ('service', true),
  ('stranger', false), ('mover', false)) v (who, sees);
select pg_temp.become('stranger');
select isnt(scrum_draft_version() ->> 'version', null, 'a stranger to the project has a draft''s version of their own');
select pg_temp.become('anonymous');
select is((pg_temp.refusal('select public.sprint_version(null)')).code, '42501', 'nobody asks without having signed in');
select pg_temp.become('postgres');

select * from finish();
rollback;
