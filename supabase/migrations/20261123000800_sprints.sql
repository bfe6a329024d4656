-- Sprints: the time boxes of a project. Their status changes by functions alone
-- (sprint_lifecycle), because starting and closing freeze figures.

set lock_timeout = '5s';
set statement_timeout = '30s';

create type public.sprint_status as enum ('Planned', 'Active', 'Completed', 'Cancelled');
comment on type public.sprint_status is 'Life of a sprint. Completed and Cancelled are closed.';

create table public.sprints (
  sprint_id    uuid primary key default gen_random_uuid(),
  project_id   uuid not null references public.projects (project_id) on delete cascade,
  sprint_name  text not null,
  goal         text,
  start_date   date not null,
  end_date     date not null,
  status       public.sprint_status not null default 'Planned',
  started_at   timestamptz,
  completed_at timestamptz,
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now(),
  constraint sprints_in_project unique (sprint_id, project_id),
  constraint sprints_sprint_name_length check (char_length(btrim(sprint_name)) between 1 and 200),
  constraint sprints_goal_length check (char_length(goal) <= 2000),
  constraint sprints_dates_in_range check (private.is_calendar_day(start_date) and private.is_calendar_day(end_date)),
  constraint sprints_dates_in_order check (end_date >= start_date),
  constraint sprints_a_year_at_most check (end_date - start_date <= 366),
  constraint sprints_times_match_status check (
    (status <> 'Planned' or started_at is null)
    and (status not in ('Active', 'Completed') or started_at is not null)
    and (status = 'Completed') = (completed_at is not null)
    and completed_at >= started_at),
  -- Closed ones don't count: a sprint closed early leaves its last days to the next.
  constraint sprints_do_not_overlap exclude using gist (
    project_id with operator(pg_catalog.=), daterange(start_date, end_date, '[]') with &&)
    where (status in ('Planned', 'Active'))
);
comment on table public.sprints is 'A time box of a project with a goal.';
comment on column public.sprints.sprint_id is 'Key.';
comment on column public.sprints.project_id is 'Project.';
comment on column public.sprints.sprint_name is 'Name.';
comment on column public.sprints.goal is 'What the sprint is for.';
comment on column public.sprints.start_date is 'First day planned, in the organization''s time zone.';
comment on column public.sprints.end_date is 'Last day planned, included.';
comment on column public.sprints.status is 'Changed by start_sprint, complete_sprint and cancel_sprint.';
comment on column public.sprints.started_at is 'When start_sprint was called: the reference start of its figures.';
comment on column public.sprints.completed_at is 'When complete_sprint was called: the reference finish of its figures.';
comment on column public.sprints.created_at is 'When the row was made.';
comment on column public.sprints.updated_at is 'When the row was last changed; set by trigger.';
-- project_id first: the column the policies filter on.
create index sprints_project_dates on public.sprints (project_id, start_date);
create unique index sprints_one_active on public.sprints (project_id) where status = 'Active';

create trigger sprints_touch before update on public.sprints
  for each row execute function private.touch_updated_at();
create trigger sprints_keep_key before update on public.sprints
  for each row when ((old.sprint_id, old.project_id) is distinct from (new.sprint_id, new.project_id))
  execute function private.refuse_change('sprint_id, project_id', 'A sprint stays in its project.');
create trigger sprints_keep_closed_dates before update on public.sprints
  for each row when (old.status in ('Completed', 'Cancelled')
    and (old.start_date, old.end_date) is distinct from (new.start_date, new.end_date))
  execute function private.refuse_change('start_date, end_date', 'The sprint is closed.');
create trigger sprints_keep_start before update on public.sprints
  for each row when (old.status = 'Active' and old.start_date is distinct from new.start_date)
  execute function private.refuse_change('start_date', 'The sprint has started.');

create function private.refuse_delete_of_history() returns trigger
language plpgsql set search_path = '' as $$
begin
  raise exception 'sprint "%" has a history and can''t be deleted', old.sprint_name
    using errcode = 'PT409', hint = 'Cancel or complete it instead.';
end $$;
comment on function private.refuse_delete_of_history() is
  'Trigger: a sprint that was started stays, unless its project goes.';
-- Depth 0: deleted by a statement, not by the cascade of its project.
create trigger sprints_keep_history before delete on public.sprints
  for each row when (old.started_at is not null and pg_trigger_depth() = 0)
  execute function private.refuse_delete_of_history();

alter table public.sprints enable row level security;
grant select, delete on public.sprints to authenticated;
grant insert (sprint_id, project_id, sprint_name, goal, start_date, end_date),
      update (sprint_id, project_id, sprint_name, goal, start_date, end_date) on public.sprints to authenticated;
grant select, insert, update, delete on public.sprints to service_role;

create policy "Sprints are visible to project members" on public.sprints
  for select to authenticated
  using (project_id = any (array(select private.my_project_ids())));
create policy "Sprints are planned by managers and scrum masters" on public.sprints
  for insert to authenticated
  with check (project_id = any (array(select private.my_project_ids('{manager,scrum_master}'))));
create policy "Sprints are changed by managers and scrum masters" on public.sprints
  for update to authenticated
  using (project_id = any (array(select private.my_project_ids('{manager,scrum_master}'))))
  with check (project_id = any (array(select private.my_project_ids('{manager,scrum_master}'))));
create policy "Sprints are deleted by managers and scrum masters" on public.sprints
  for delete to authenticated
  using (project_id = any (array(select private.my_project_ids('{manager,scrum_master}'))));
