-- Tasks: the work itself, in a sprint or in the project's backlog.

set lock_timeout = '5s';
set statement_timeout = '30s';

create type public.task_status as enum (
  'Planned', 'Scheduled', 'In Progress', 'In Review', 'Blocked', 'On Hold', 'Completed', 'Cancelled');
comment on type public.task_status is
  'Columns of the board, in their order. Completed is done; Cancelled leaves the scope.';
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
comment on column public.tasks.task_name is 'What is to be done, in one line.';
comment on column public.tasks.description is 'Free text.';
comment on column public.tasks.assigned_to is 'Assignee: a member of the project; null once they leave it.';
comment on column public.tasks.priority is 'How pressing it is.';
comment on column public.tasks.status is 'Column of the board.';
comment on column public.tasks.story_points is 'Estimated size; null is unestimated.';
comment on column public.tasks.estimated_time is 'Estimated effort in minutes.';
comment on column public.tasks.actual_time is 'Effort spent in minutes.';
comment on column public.tasks.due_date is 'Day it is due, in the organization''s time zone.';
comment on column public.tasks.related_task_id is 'Another task of the project that belongs with it.';
comment on column public.tasks.board_rank is
  'Order within a column, lowest on top. A new task comes last. To move a task between two others, take the middle of '
  'their ranks.';
comment on column public.tasks.created_by is 'Who created the task.';
comment on column public.tasks.created_at is 'When the row was created.';
comment on column public.tasks.updated_at is 'When the row was last changed; a trigger sets it.';
-- No index has status, points or rank, so that moving a card stays a heap-only update.
create index tasks_project on public.tasks (project_id, assigned_to);
create index tasks_sprint on public.tasks (sprint_id, project_id);
create index tasks_related_task on public.tasks (related_task_id, project_id);
create index tasks_created_by on public.tasks (created_by);
-- Due tasks of a person: public.calendar_of.
create index tasks_assigned_due on public.tasks (assigned_to, due_date) where due_date is not null;
-- A sprint belongs to one project. Without these statistics the planner takes the two columns for independent: it
-- expected 5 tasks where a sprint had 1,000, and chose nested loops.
create statistics public.tasks_sprint_project (dependencies) on sprint_id, project_id from public.tasks;

alter table public.tasks enable row level security;
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

create function private.refuse_closed_sprint() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  entered uuid[];
  closed record;
begin
  -- After the statement, so after the foreign key has locked the sprint's row: this sees a sprint that is being closed
  -- as closed. "except" is hashed or sorted. A trigger keeps its plan, and a join planned for one task would compare
  -- each old row with each new one: 45 ms for a change of 1,000 tasks.
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
comment on function private.refuse_closed_sprint() is
  'Trigger: refuses to move a task into a closed sprint, with one query per statement. Definer: it decides by the '
  'sprint, which the caller may not see.';

create trigger tasks_touch before update on public.tasks
  for each row execute function private.touch_updated_at();
create trigger tasks_keep_key before update on public.tasks
  for each row when ((old.task_id, old.project_id) is distinct from (new.task_id, new.project_id))
  execute function private.refuse_change('task_id, project_id', 'A task stays in its project.');
-- Triggers fire in the order of their names: the "a" makes this one refuse before others record.
create trigger tasks_a_refuse_closed_sprint_on_insert after insert on public.tasks
  referencing new table as new_tasks
  for each statement execute function private.refuse_closed_sprint();
create trigger tasks_a_refuse_closed_sprint_on_update after update on public.tasks
  referencing old table as old_tasks new table as new_tasks
  for each statement execute function private.refuse_closed_sprint();

grant select, delete on public.tasks to authenticated;
grant
  insert (
    task_id, project_id, sprint_id, task_name, description, assigned_to, priority, status, story_points,
    estimated_time, actual_time, due_date, related_task_id, board_rank, created_by),
  update (
    task_id, project_id, sprint_id, task_name, description, assigned_to, priority, status, story_points,
    estimated_time, actual_time, due_date, related_task_id, board_rank)
  on public.tasks to authenticated;
grant select, insert, update, delete on public.tasks to service_role;
