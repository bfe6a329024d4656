-- Task events: what happened to a task, kept for good. Every figure of a sprint is computed from them.

set lock_timeout = '5s';
set statement_timeout = '30s';

create type public.task_event_kind as enum ('created', 'status', 'points', 'sprint', 'assignee', 'deleted');
comment on type public.task_event_kind is 'What happened to a task.';

create table public.task_events (
  event_id     bigint generated always as identity primary key,
  project_id   uuid not null references public.projects (project_id) on delete cascade,
  task_id      uuid not null,
  kind         public.task_event_kind not null,
  old_value    text,
  new_value    text,
  actor        uuid,
  at           timestamptz not null default clock_timestamp(),
  sprint_id    uuid,
  status       public.task_status not null,
  story_points numeric(5,1),
  assigned_to  uuid,
  created_at   timestamptz not null default now()
);
comment on table public.task_events is
  'Append-only: what the figures need to rebuild the state of any task at any moment. A creation is the event '
  '"created" followed by the initial points, sprint and assignee (old_value null) with the same "at". Each row tells '
  'what changed. Its sprint_id, status, story_points and assigned_to are the state of the task from then on, so that '
  'the figures read a state instead of adding up the history.';
comment on column public.task_events.event_id is 'Key; grows, so it gives the order within one moment.';
comment on column public.task_events.project_id is 'Project of the task.';
comment on column public.task_events.task_id is 'Task; no foreign key, events outlive their task.';
comment on column public.task_events.kind is 'What happened.';
comment on column public.task_events.old_value is
  'Value before, as text: status, points, sprint_id or profile_id. For deleted: the task''s name.';
comment on column public.task_events.new_value is
  'Value from then on, as text; null where there is none. For created: the first status.';
comment on column public.task_events.actor is
  'Who changed the task; null for the system. Stays after that person''s account is deleted.';
comment on column public.task_events.at is
  'When it happened. Events of one statement share it; a later statement of the same transaction has a later one.';
comment on column public.task_events.sprint_id is
  'Sprint of the task from then on, null for the backlog; for deleted, its last.';
comment on column public.task_events.status is 'Status of the task from then on; for deleted, its last.';
comment on column public.task_events.story_points is 'Points of the task from then on; for deleted, its last.';
comment on column public.task_events.assigned_to is
  'Assignee of the task from then on; for deleted, its last. Stays after that person''s account is deleted.';
comment on column public.task_events.created_at is 'When the row was created.';
create index task_events_project on public.task_events (project_id, at);
create index task_events_task on public.task_events (task_id, at, event_id);
-- A sprint belongs to one project: see the statistics of tasks.
create statistics public.task_events_sprint_project (dependencies) on sprint_id, project_id from public.task_events;
-- The events that bring a task into a sprint: every figure of a sprint begins with them. While the task is there its
-- other events name the sprint, too. Without those the index is smaller, and a change of status doesn't write to it.
create index task_events_sprint on public.task_events (sprint_id, task_id, at) where kind = 'sprint';

alter table public.task_events enable row level security;
create policy "Task events are visible to project members" on public.task_events
  for select to authenticated
  using (project_id = any (array(select private.my_project_ids())));

create function private.record_task_events() returns trigger
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
    -- A full join, which is hashed or sorted (private.refuse_closed_sprint). Only changed values are written as text.
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
    -- Not while the project itself is being deleted: its events are deleted with it.
    insert into public.task_events
      (project_id, task_id, kind, old_value, actor, at, sprint_id, status, story_points, assigned_to)
    select o.project_id, o.task_id, 'deleted', o.task_name, who, moment,
      o.sprint_id, o.status, o.story_points, o.assigned_to
    from old_tasks o
    where exists (select from public.projects p where p.project_id = o.project_id);
  end if;
  return null;
end $$;
comment on function private.record_task_events() is
  'Trigger: writes the task_events of a whole statement at once, with the acting user. Definer: nobody may write '
  'events.';

create trigger tasks_record_creation after insert on public.tasks
  referencing new table as new_tasks
  for each statement execute function private.record_task_events();
create trigger tasks_record_change after update on public.tasks
  referencing old table as old_tasks new table as new_tasks
  for each statement execute function private.record_task_events();
create trigger tasks_record_deletion after delete on public.tasks
  referencing old table as old_tasks
  for each statement execute function private.record_task_events();

grant select on public.task_events to authenticated, service_role;
