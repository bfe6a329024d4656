-- The tasks that were ever in a sprint, by the events that brought them there.
--
-- A task comes into a sprint by one event, of the kind "sprint", and while it is there every other
-- tells of the sprint too. All of them were in the index that a sprint's figures begin at: each change
-- of a status wrote there, and each figure read there six times what it was to find.

set lock_timeout = '5s';
set statement_timeout = '30s';

drop index public.task_events_sprint;
create index task_events_sprint on public.task_events (sprint_id, task_id, at) where kind = 'sprint';

do $entries$
declare
  definition text := pg_get_functiondef('private.sprint_changes(uuid, timestamptz)'::regprocedure);
  condition constant text := 'where e.sprint_id = sprint_changes.sprint_id and';
begin
  assert strpos(definition, condition) > 0;
  execute replace(definition, condition, condition || ' e.kind = ''sprint'' and');
end $entries$;
