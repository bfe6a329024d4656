-- The triggers of tasks take as long as a change is large, whatever came before it.
--
-- A trigger keeps its plans, and one for a task that is moved on the board, which is nearly every
-- change, may join what was and what is by comparing each with each. Below, nothing can be planned
-- like that: "except" and a full join are hashed or sorted. To look for closed sprints took 45 ms of
-- a change of 1,000 tasks, almost as long as to record it.

set lock_timeout = '5s';
set statement_timeout = '30s';

create or replace function private.refuse_closed_sprint() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  entered uuid[];
  closed record;
begin
  -- After the statement, so after the foreign key has locked the sprint's row: a sprint
  -- that is being closed meanwhile is seen as closed here.
  if tg_op = 'INSERT' then
    entered := array(select distinct n.sprint_id from new_tasks n where n.sprint_id is not null);
  else
    entered := array(
      select distinct c.sprint_id
      from (select n.task_id, n.sprint_id from new_tasks n except select o.task_id, o.sprint_id from old_tasks o) c
      where c.sprint_id is not null);
  end if;
  if entered = '{}' then
    return null;
  end if;
  select s.sprint_name, s.status into closed
  from public.sprints s
  where s.status in ('Completed', 'Cancelled') and s.sprint_id = any (entered)
  limit 1;
  if closed is not null then
    raise exception 'sprint "%" is closed (%)', closed.sprint_name, closed.status
      using errcode = 'PT409', hint = 'Move the task to the backlog or to another sprint.';
  end if;
  return null;
end $$;

create or replace function private.record_task_events() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  moment timestamptz := clock_timestamp();
  who uuid := auth.uid();
begin
  if tg_op = 'INSERT' then
    insert into public.task_events
      (project_id, task_id, kind, new_value, actor, at, sprint_id, status, story_points, assigned_to)
    select n.project_id, n.task_id, c.kind, c.new_value, who, moment,
      n.sprint_id, n.status, n.story_points, n.assigned_to
    from new_tasks n
    cross join lateral (values
      (1, 'created'::public.task_event_kind, n.status::text),
      (2, 'points', n.story_points::text),
      (3, 'sprint', n.sprint_id::text),
      (4, 'assignee', n.assigned_to::text)) as c (place, kind, new_value)
    where c.new_value is not null
    order by n.board_rank, n.task_id, c.place;
  elsif tg_op = 'UPDATE' then
    -- Written as text only where it has changed.
    insert into public.task_events
      (project_id, task_id, kind, old_value, new_value, actor, at, sprint_id, status, story_points, assigned_to)
    select n.project_id, n.task_id, c.kind,
      case c.kind when 'sprint' then o.sprint_id::text when 'points' then o.story_points::text
        when 'assignee' then o.assigned_to::text else o.status::text end,
      case c.kind when 'sprint' then n.sprint_id::text when 'points' then n.story_points::text
        when 'assignee' then n.assigned_to::text else n.status::text end,
      who, moment, n.sprint_id, n.status, n.story_points, n.assigned_to
    from new_tasks n
    full join old_tasks o using (task_id)
    cross join lateral (values
      (1, 'sprint'::public.task_event_kind, o.sprint_id is distinct from n.sprint_id),
      (2, 'points', o.story_points::text is distinct from n.story_points::text),
      (3, 'assignee', o.assigned_to is distinct from n.assigned_to),
      (4, 'status', o.status is distinct from n.status)) as c (place, kind, has_changed)
    where c.has_changed
    order by n.board_rank, n.task_id, c.place;
  else
    -- Not when the project itself is being deleted: its events go with it.
    insert into public.task_events
      (project_id, task_id, kind, old_value, actor, at, sprint_id, status, story_points, assigned_to)
    select o.project_id, o.task_id, 'deleted', o.task_name, who, moment,
      o.sprint_id, o.status, o.story_points, o.assigned_to
    from old_tasks o
    where exists (select from public.projects p where p.project_id = o.project_id);
  end if;
  return null;
end $$;
