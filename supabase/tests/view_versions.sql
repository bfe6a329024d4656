-- Versions of views: an update of a scrum is one of the things that happen.

begin;
\ir personas.psql
select plan(5);

-- All else happened before.
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
select pg_temp.become('member');
select ok((sprint_version(pg_temp.id('sprint'), by_minute => false) ->> 'as_of')::timestamptz < now(), 'sprint: one that is yet to be posted isn''t counted');

select * from finish();
rollback;
