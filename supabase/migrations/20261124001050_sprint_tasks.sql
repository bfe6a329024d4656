-- Which tasks a sprint has at a moment. Three views asked that of the whole history of every task,
-- each change with what was before and after it, to keep the last: the workload and the scrum for
-- nothing else, the report a second time. Of 500 tasks with ten events each that was a quarter of
-- what a dashboard takes.

set lock_timeout = '5s';
set statement_timeout = '30s';

create function private.sprint_tasks(sprint_id uuid, as_of timestamptz)
returns table (task_id uuid, in_scope boolean, done boolean, points numeric, assigned_to uuid)
language plpgsql stable set search_path = '' rows 100 as $$
#variable_conflict use_column
begin
  return query
  select last.task_id, last.status <> 'Cancelled', last.status = 'Completed', last.story_points, last.assigned_to
  from (
    select distinct e.task_id from public.task_events e
    where e.sprint_id = sprint_tasks.sprint_id and e.kind = 'sprint' and e.at <= sprint_tasks.as_of) touched
  cross join lateral (
    select e.* from public.task_events e
    where e.task_id = touched.task_id and e.at <= sprint_tasks.as_of
    order by e.at desc, e.event_id desc limit 1) last
  where last.kind <> 'deleted' and last.sprint_id = sprint_tasks.sprint_id;
end $$;
comment on function private.sprint_tasks(uuid, timestamptz) is
  'The tasks that are in a sprint at a moment, as they are then: the last of each task''s sprint_changes, if in_sprint.';

do $last$
declare
  change record;
  definition text;
begin
  for change in
    select * from (values
      ('public.sprint_workload(uuid, timestamptz)'::regprocedure,
       E'select c.task_id, c.in_scope, c.done, c.points, c.assigned_to\n'
       '    from clock k cross join lateral private.sprint_changes(k.sprint_id, k.horizon) c\n'
       '    where c.in_sprint and c.until is null',
       'select t.* from clock k cross join lateral private.sprint_tasks(k.sprint_id, k.horizon) t'),
      ('public.sprint_report(uuid, timestamptz)',
       'private.sprint_changes(k.sprint_id, k.horizon) c where c.in_sprint and c.until is null',
       'private.sprint_tasks(k.sprint_id, k.horizon)'),
      ('public.scrum_of_day(uuid, date, timestamptz)',
       'private.sprint_changes(scrum.sprint_id, scrum.until) c where c.in_sprint and c.until is null',
       'private.sprint_tasks(scrum.sprint_id, scrum.until)')
    ) as v (function, history, last)
  loop
    definition := pg_get_functiondef(change.function);
    assert strpos(definition, change.history) > 0, change.history;
    execute replace(definition, change.history, change.last);
  end loop;
end $last$;

grant execute on function private.sprint_tasks(uuid, timestamptz) to authenticated, service_role;
