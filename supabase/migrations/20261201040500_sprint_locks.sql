-- Sprint locks: who completes a sprint gives way after a deadlock. It tried again at once before, and on a busy machine
-- took the locks again and again before the change that waited for them woke up: five times, which is as often as it
-- tries, and then it refused.

set lock_timeout = '5s';
set statement_timeout = '30s';

create or replace function private.lock_sprint(sprint_id uuid, other uuid default null) returns public.sprints
language plpgsql set search_path = '' as $$
declare
  sprint public.sprints;
begin
  select s.* into sprint from public.sprints s
  where s.sprint_id = lock_sprint.sprint_id
    and s.project_id = any (array(select private.my_project_ids()));
  if not found then
    raise exception 'no such sprint' using errcode = 'PT404';
  end if;
  if not sprint.project_id = any (array(select private.my_project_ids('{manager,scrum_master}'))) then
    raise exception 'only the project''s managers and scrum masters start, complete and cancel sprints'
      using errcode = '42501';
  end if;
  -- With these locks the sprint's contents stay as they are until the transaction ends. Changes of its tasks wait. To
  -- move a task into the sprint takes a key lock on the sprint, which "for update" excludes. Tasks are locked first,
  -- because others lock tasks before sprints, and again afterwards for those that came in meanwhile. A change of many
  -- tasks locks them in its own order, so there may be a deadlock: then this releases its locks and tries again.
  for attempt in 1 .. 5 loop
    begin
      perform from public.tasks t where t.sprint_id = sprint.sprint_id order by t.task_id for no key update;
      perform from public.sprints s
      where s.sprint_id in (sprint.sprint_id, lock_sprint.other) and s.project_id = sprint.project_id
      order by s.sprint_id for update;
      perform from public.tasks t where t.sprint_id = sprint.sprint_id order by t.task_id for no key update;
      exit;
    exception when deadlock_detected then
      if attempt = 5 then
        raise exception 'the tasks of sprint "%" are being changed at the moment', sprint.sprint_name
          using errcode = 'PT503', hint = 'Try again.';
      end if;
      -- Who waited for these locks goes first. Without the pause this may take them again before the other wakes up.
      perform pg_catalog.pg_sleep(0.05 * attempt);
    end;
  end loop;
  select s.* into strict sprint from public.sprints s where s.sprint_id = sprint.sprint_id;
  return sprint;
end $$;
