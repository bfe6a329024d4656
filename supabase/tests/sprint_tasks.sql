-- The tasks of a sprint at a moment: what is left of the whole history when only the last counts.

begin;
\ir personas.psql
select plan(6);

-- A task of each fate: stays, is completed, cancelled, moved out, moved out and in again, deleted,
-- and comes later.
insert into tasks (task_id, project_id, sprint_id, task_name, story_points)
select pg_temp.keep(name), pg_temp.id('project'), case when name <> 'late' then pg_temp.id('sprint') end, name, 2
from unnest('{stays,done,cancelled,left,back,deleted,late}'::text[]) name;
update tasks set status = 'Completed' where task_id = pg_temp.id('done');
update tasks set status = 'Cancelled' where task_id = pg_temp.id('cancelled');
update tasks set sprint_id = pg_temp.id('next_sprint') where task_id = pg_temp.id('left');
update tasks set sprint_id = null where task_id = pg_temp.id('back');
delete from tasks where task_id = pg_temp.id('deleted');
update tasks set sprint_id = pg_temp.id('sprint'), story_points = 8, assigned_to = pg_temp.id('member') where task_id in (pg_temp.id('late'), pg_temp.id('back'));
-- An event a minute, and of the last update all at one moment.
update task_events e set at = now() - interval '1 day' + least(n.n, 17) * interval '1 minute'
from (select event_id, row_number() over (order by event_id) as n from task_events where project_id = pg_temp.id('project')) n
where e.event_id = n.event_id;

create function pg_temp.moments() returns setof timestamptz
language sql as $$ select distinct at from task_events where project_id = pg_temp.id('project') union values (now()), ('-infinity') $$;
grant execute on function pg_temp.moments() to public;

select pg_temp.become('member');
select cmp_ok((select count(*) from pg_temp.moments()), '>', 15::bigint, 'there are moments to look at');
select results_eq(
  $$ select m, t.* from pg_temp.moments() m cross join lateral private.sprint_tasks(pg_temp.id('sprint'), m) t order by 1, 2 $$,
  $$ select m, c.task_id, c.in_scope, c.done, c.points, c.assigned_to
     from pg_temp.moments() m cross join lateral private.sprint_changes(pg_temp.id('sprint'), m) c
     where c.in_sprint and c.until is null order by 1, 2 $$,
  'at every moment: the last of each task''s changes, if it is in the sprint');
select set_eq(
  $$ select i.name, t.in_scope, t.done from private.sprint_tasks(pg_temp.id('sprint'), now()) t join ids i on i.id = t.task_id $$,
  $$ values ('task', true, false), ('stays', true, false), ('done', true, true), ('cancelled', false, false), ('back', true, false), ('late', true, false) $$,
  'now: those that are in it');
select results_eq(
  $$ select t.points, t.assigned_to from private.sprint_tasks(pg_temp.id('sprint'), now()) t where t.task_id = pg_temp.id('late') $$,
  $$ values (8::numeric, pg_temp.id('member')) $$, 'now: all that happened at one moment counts');
select is((select count(*) from private.sprint_tasks(pg_temp.id('next_sprint'), now())), 1::bigint, 'the next sprint has the one that left');
select pg_temp.become('outsider');
select is_empty($$ select * from private.sprint_tasks(pg_temp.id('sprint'), now()) $$, 'outsider: none');

select * from finish();
rollback;
