-- Board moves: one function for all clients puts a task behind another one in a column. It makes room where there is
-- none, so that the order never runs out, and of two moves at the same moment each finds what the other left.
--
-- A rank is a moment, in seconds: a new task has that of its making and comes last. So no rank that this function gives
-- is in the future.

set lock_timeout = '5s';
set statement_timeout = '30s';

comment on column public.tasks.board_rank is
  'Order within a column, lowest on top; by default the moment at which the task is made, in seconds, so that it comes '
  'last. move_task changes it.';

create function private.make_room(project uuid, sprint uuid, status public.task_status) returns void
language plpgsql set search_path = '' as $$
#variable_conflict use_column
begin
  perform from public.tasks t
  where t.project_id = make_room.project and t.status = make_room.status
    and (t.sprint_id = make_room.sprint or t.sprint_id is null and make_room.sprint is null)
  for no key update nowait;
  update public.tasks t set board_rank = extract(epoch from clock_timestamp()) - 1024 * placed.from_below
  from (
    select c.task_id, row_number() over (order by c.board_rank desc, c.task_id desc) as from_below
    from public.tasks c
    where c.project_id = make_room.project and c.status = make_room.status
      and (c.sprint_id = make_room.sprint or c.sprint_id is null and make_room.sprint is null)) placed
  where t.task_id = placed.task_id and t.project_id = make_room.project;
end $$;
comment on function private.make_room(uuid, uuid, public.task_status) is
  'Gives the tasks of a column (of a sprint; null: of the backlog) new ranks in the same order, far from each other '
  'and in the past. Each of them counts as changed then (updated_at); of 5,000 that takes 0.3 s. 55P03 while somebody '
  'else changes one of them. Runs with its caller''s rights.';
grant execute on function private.make_room(uuid, uuid, public.task_status) to authenticated, service_role;

create function private.move_task_now(
  task_id uuid,
  status public.task_status,
  after_task_id uuid,
  from_status public.task_status,
  sprint_id uuid
) returns public.tasks
language plpgsql set search_path = '' as $$
#variable_conflict use_column
declare
  task public.tasks;
  board text;
  above record;
  below double precision;
  latest double precision;
  place double precision;
begin
  -- Another session may move the task to another board while this one waits for the lock: look again.
  loop
    select t.* into task from public.tasks t where t.task_id = move_task_now.task_id;
    if not found then
      raise exception 'no such task' using errcode = 'PT404';
    end if;
    exit when board = coalesce(task.sprint_id, task.project_id)::text;
    board := coalesce(task.sprint_id, task.project_id)::text;
    perform pg_advisory_xact_lock(hashtextextended('move_task ' || board, 0));
  end loop;
  select t.* into task from public.tasks t where t.task_id = move_task_now.task_id for no key update nowait;
  if not found then
    raise exception 'only who works in the project moves its tasks' using errcode = '42501';
  elsif task.sprint_id is distinct from coalesce(move_task_now.sprint_id, task.sprint_id) then
    raise exception 'the task is in another sprint, or none, by now'
      using errcode = 'PT409', hint = 'Somebody else has moved it.';
  elsif task.status not in (from_status, move_task_now.status) then
    -- In the wanted column it may be already: by a move whose answer was lost.
    raise exception 'the task is % by now', task.status
      using errcode = 'PT409', hint = 'Somebody else has moved it.';
  end if;

  for attempt in 1 .. 2 loop
    -- What it comes behind: that task, or the last one where it was moved away or deleted meanwhile.
    select t.task_id, t.board_rank into above
    from public.tasks t
    where after_task_id is not null and t.project_id = task.project_id and t.status = move_task_now.status
      and (t.sprint_id = task.sprint_id or t.sprint_id is null and task.sprint_id is null)
      and t.task_id <> task.task_id
    order by t.task_id = after_task_id desc, t.board_rank desc, t.task_id desc limit 1;
    -- What it comes before: the next one.
    select t.board_rank into below
    from public.tasks t
    where t.project_id = task.project_id and t.status = move_task_now.status
      and (t.sprint_id = task.sprint_id or t.sprint_id is null and task.sprint_id is null)
      and t.task_id <> task.task_id
      and (above.task_id is null or (t.board_rank, t.task_id) > (above.board_rank, above.task_id))
    order by t.board_rank, t.task_id limit 1;
    latest := extract(epoch from clock_timestamp());
    if attempt = 1 and task.status = move_task_now.status and task.board_rank <= latest
      and (above.task_id is null or above.board_rank < task.board_rank) and (below is null or task.board_rank < below)
    then
      return task; -- it is there
    end if;
    place := case
      when below is null then latest
      when above.task_id is null then below - 1024
      else (above.board_rank + below) / 2 end;
    exit when (above.task_id is null or above.board_rank < place) and (below is null or place < below)
      and place <= latest;
    perform private.make_room(task.project_id, task.sprint_id, move_task_now.status);
  end loop;
  update public.tasks t set status = move_task_now.status, board_rank = place
  where t.task_id = task.task_id and t.project_id = task.project_id
  returning t.* into task;
  return task;
end $$;
comment on function private.move_task_now(uuid, public.task_status, uuid, public.task_status, uuid) is
  'See public.move_task. 55P03 while somebody else changes the task, or one of those that must make room. Runs with '
  'its caller''s rights.';
grant execute on function private.move_task_now(uuid, public.task_status, uuid, public.task_status, uuid)
  to authenticated;

create function public.move_task(
  task_id uuid,
  status public.task_status,
  after_task_id uuid default null,
  from_status public.task_status default null,
  sprint_id uuid default null
) returns public.tasks
language plpgsql security invoker set search_path = '' as $$
begin
  if move_task.status is null then
    raise exception 'status is missing' using errcode = '22023';
  elsif after_task_id = move_task.task_id then
    raise exception 'after_task_id is the task itself' using errcode = '22023';
  end if;
  loop
    begin
      return private.move_task_now(move_task.task_id, move_task.status, after_task_id, from_status,
        move_task.sprint_id);
    exception when lock_not_available then
      -- The exception released the board's lock, so others can move tasks while this waits, until statement_timeout.
      perform pg_catalog.pg_sleep(0.05);
    end;
  end loop;
end $$;
comment on function public.move_task(uuid, public.task_status, uuid, public.task_status, uuid) is
  'Moves a task to a column of its board: right behind after_task_id, or to the top without it; to the bottom where '
  'that task isn''t in the column any more. New tasks come last. Returns the task. With from_status it moves only '
  'while the task is in that column, or in the one it is to be in: of two people who move a card from one column, the '
  'first one does. Without it, and within a column, the last one''s place counts. With sprint_id it moves only while '
  'the task is in that sprint. PT404 (404): unknown task; PT409 (409): it is in another column or sprint; 22023 '
  '(400): no status, or after_task_id is the task itself; 42501 (403): for viewers.';
grant execute on function public.move_task(uuid, public.task_status, uuid, public.task_status, uuid) to authenticated;
