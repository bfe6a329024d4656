-- Tasks: the work itself, in a sprint or in the project's backlog.

set lock_timeout = '5s';
set statement_timeout = '30s';

create type public.task_status as enum (
  'Planned', 'Scheduled', 'In Progress', 'In Review', 'Blocked', 'On Hold', 'Completed', 'Cancelled');
comment on type public.task_status is 'Columns of the board, in their order. Completed is done; Cancelled leaves the scope.';
create type public.task_priority as enum ('Low', 'Medium', 'High', 'Urgent');
comment on type public.task_priority is 'How pressing a task is.';

create table public.tasks (
  task_id         uuid primary key default gen_random_uuid(),
  project_id      uuid not null references public.projects (project_id) on delete cascade,
  sprint_id       uuid,
  task_name       text not null,
  description     text,
  assigned_to     uuid,
  priority        public.task_priority not null default 'Low',
  status          public.task_status not null default 'Planned',
  story_points    numeric(5,1),
  estimated_time  integer,
  actual_time     integer,
  due_date        date,
  related_task_id uuid,
  board_rank      double precision not null default extract(epoch from clock_timestamp()),
  created_by      uuid default auth.uid() references public.profiles (profile_id) on delete set null,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),
  constraint tasks_in_project unique (task_id, project_id),
  constraint tasks_sprint_in_project foreign key (sprint_id, project_id)
    references public.sprints (sprint_id, project_id) on delete set null (sprint_id),
  constraint tasks_assignee_is_project_member foreign key (project_id, assigned_to)
    references public.project_members (project_id, profile_id) on delete set null (assigned_to),
  constraint tasks_related_task_in_project foreign key (related_task_id, project_id)
    references public.tasks (task_id, project_id) on delete set null (related_task_id),
  constraint tasks_not_related_to_itself check (related_task_id <> task_id),
  constraint tasks_task_name_length check (char_length(btrim(task_name)) between 1 and 500),
  constraint tasks_description_length check (char_length(description) <= 20000),
  constraint tasks_story_points_not_negative check (story_points >= 0 and story_points <> 'NaN'),
  constraint tasks_estimated_time_not_negative check (estimated_time >= 0),
  constraint tasks_actual_time_not_negative check (actual_time >= 0),
  constraint tasks_due_date_in_range check (private.is_calendar_day(due_date)),
  constraint tasks_board_rank_is_a_number check (board_rank between -1e300 and 1e300)
) with (fillfactor = 90);
comment on table public.tasks is 'A piece of work. What happens to it is kept in task_events.';
comment on column public.tasks.task_id is 'Key.';
comment on column public.tasks.project_id is 'Project; a task stays in it.';
comment on column public.tasks.sprint_id is 'Sprint it is planned for; null is the backlog.';
comment on column public.tasks.task_name is 'What is to be done, in a line.';
comment on column public.tasks.description is 'Free text.';
comment on column public.tasks.assigned_to is 'Who does it: a member of the project; null once they leave it.';
comment on column public.tasks.priority is 'How pressing it is.';
comment on column public.tasks.status is 'Column of the board.';
comment on column public.tasks.story_points is 'Estimated size; null is unestimated.';
comment on column public.tasks.estimated_time is 'Estimated effort in minutes.';
comment on column public.tasks.actual_time is 'Effort spent in minutes.';
comment on column public.tasks.due_date is 'Day it is due, in the organization''s time zone.';
comment on column public.tasks.related_task_id is 'Another task of the project it belongs with.';
comment on column public.tasks.board_rank is 'Order within a column, lowest on top. New tasks come last; to move one between two others take the middle of their ranks.';
comment on column public.tasks.created_by is 'Who made it.';
comment on column public.tasks.created_at is 'When the row was made.';
comment on column public.tasks.updated_at is 'When the row was last changed; set by trigger.';
-- No index holds status, points or rank: moving a card stays a heap-only update.
create index tasks_project on public.tasks (project_id, assigned_to);
create index tasks_sprint on public.tasks (sprint_id, project_id);
create index tasks_related_task on public.tasks (related_task_id, project_id);
create index tasks_created_by on public.tasks (created_by);

create trigger tasks_touch before update on public.tasks
  for each row execute function private.touch_updated_at();
create trigger tasks_keep_key before update on public.tasks
  for each row when ((old.task_id, old.project_id) is distinct from (new.task_id, new.project_id))
  execute function private.refuse_change('task_id, project_id', 'A task stays in its project.');

alter table public.tasks enable row level security;
grant select, delete on public.tasks to authenticated;
grant insert (task_id, project_id, sprint_id, task_name, description, assigned_to, priority, status, story_points, estimated_time, actual_time, due_date, related_task_id, board_rank, created_by),
      update (task_id, project_id, sprint_id, task_name, description, assigned_to, priority, status, story_points, estimated_time, actual_time, due_date, related_task_id, board_rank)
  on public.tasks to authenticated;
grant select, insert, update, delete on public.tasks to service_role;

create policy "Tasks are visible to project members" on public.tasks
  for select to authenticated
  using (project_id = any (array(select private.my_project_ids())));
create policy "Tasks are made by members, not viewers" on public.tasks
  for insert to authenticated
  with check (project_id = any (array(select private.my_project_ids('{manager,scrum_master,member}')))
              and created_by = (select auth.uid()));
create policy "Tasks are changed by members, not viewers" on public.tasks
  for update to authenticated
  using (project_id = any (array(select private.my_project_ids('{manager,scrum_master,member}'))))
  with check (project_id = any (array(select private.my_project_ids('{manager,scrum_master,member}'))));
create policy "Tasks are deleted by their maker, managers and scrum masters" on public.tasks
  for delete to authenticated
  using (project_id = any (array(select private.my_project_ids('{manager,scrum_master}')))
         or (created_by = (select auth.uid())
             and project_id = any (array(select private.my_project_ids('{member}')))));

-- Task events -----------------------------------------------------------------------

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
  'Append-only: everything the figures need to rebuild the state of any task at any moment. A creation is written as "created" followed by the initial points, sprint and assignee (old_value null) with the same "at". Each row tells what changed and, in sprint_id, status, story_points and assigned_to, what the task was from then on: the figures read a state instead of adding up its history.';
comment on column public.task_events.event_id is 'Key; grows, so it gives the order within one moment.';
comment on column public.task_events.project_id is 'Project of the task.';
comment on column public.task_events.task_id is 'Task; no foreign key, events outlive their task.';
comment on column public.task_events.kind is 'What happened.';
comment on column public.task_events.old_value is 'Value before, as text: status, points, sprint_id or profile_id. For deleted: the task''s name.';
comment on column public.task_events.new_value is 'Value from then on, as text; null where there is none. For created: the first status.';
comment on column public.task_events.actor is 'Who did it; null for the system. Stays when the person has gone.';
comment on column public.task_events.at is 'When it happened. Events of one statement share it; a later statement of the same transaction has a later one.';
comment on column public.task_events.sprint_id is 'Sprint of the task from then on, null for the backlog; for deleted, its last.';
comment on column public.task_events.status is 'Status of the task from then on; for deleted, its last.';
comment on column public.task_events.story_points is 'Points of the task from then on; for deleted, its last.';
comment on column public.task_events.assigned_to is 'Assignee of the task from then on; for deleted, its last. Stays when the person has gone.';
comment on column public.task_events.created_at is 'When the row was made.';
create index task_events_project on public.task_events (project_id, at);
create index task_events_task on public.task_events (task_id, at, event_id);
create index task_events_sprint on public.task_events (sprint_id, task_id);

create function private.refuse_closed_sprint() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  closed record;
begin
  -- After the statement, so after the foreign key has locked the sprint's row: a sprint
  -- that is being closed meanwhile is seen as closed here.
  if tg_op = 'INSERT' then
    select s.sprint_name, s.status into closed
    from public.sprints s
    where s.status in ('Completed', 'Cancelled') and s.sprint_id in (select n.sprint_id from new_tasks n)
    limit 1;
  else
    select s.sprint_name, s.status into closed
    from public.sprints s
    where s.status in ('Completed', 'Cancelled') and s.sprint_id in (
      select n.sprint_id from new_tasks n join old_tasks o using (task_id)
      where n.sprint_id is distinct from o.sprint_id)
    limit 1;
  end if;
  if closed is not null then
    raise exception 'sprint "%" is closed (%)', closed.sprint_name, closed.status
      using errcode = 'PT409', hint = 'Move the task to the backlog or to another sprint.';
  end if;
  return null;
end $$;
comment on function private.refuse_closed_sprint() is
  'Trigger: no task comes into a sprint that is closed. One query per statement. Definer: decides by the sprint, whatever the caller may see.';

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
    insert into public.task_events
      (project_id, task_id, kind, old_value, new_value, actor, at, sprint_id, status, story_points, assigned_to)
    select n.project_id, n.task_id, c.kind, c.old_value, c.new_value, who, moment,
      n.sprint_id, n.status, n.story_points, n.assigned_to
    from new_tasks n
    join old_tasks o using (task_id)
    cross join lateral (values
      (1, 'sprint'::public.task_event_kind, o.sprint_id::text, n.sprint_id::text),
      (2, 'points', o.story_points::text, n.story_points::text),
      (3, 'assignee', o.assigned_to::text, n.assigned_to::text),
      (4, 'status', o.status::text, n.status::text)) as c (place, kind, old_value, new_value)
    where c.old_value is distinct from c.new_value
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
comment on function private.record_task_events() is
  'Trigger: writes task_events for a whole statement at once, with the acting user. Definer: nobody may write events.';

-- The name's first letter sets the order: refuse before recording.
create trigger tasks_a_refuse_closed_sprint_on_insert after insert on public.tasks
  referencing new table as new_tasks
  for each statement execute function private.refuse_closed_sprint();
create trigger tasks_a_refuse_closed_sprint_on_update after update on public.tasks
  referencing old table as old_tasks new table as new_tasks
  for each statement execute function private.refuse_closed_sprint();
create trigger tasks_record_creation after insert on public.tasks
  referencing new table as new_tasks
  for each statement execute function private.record_task_events();
create trigger tasks_record_change after update on public.tasks
  referencing old table as old_tasks new table as new_tasks
  for each statement execute function private.record_task_events();
create trigger tasks_record_deletion after delete on public.tasks
  referencing old table as old_tasks
  for each statement execute function private.record_task_events();

alter table public.task_events enable row level security;
grant select on public.task_events to authenticated, service_role;
create policy "Task events are visible to project members" on public.task_events
  for select to authenticated
  using (project_id = any (array(select private.my_project_ids())));
