-- Sprints: the time boxes of a project. Only functions change their status (sprint_lifecycle), because starting and
-- closing a sprint freezes figures.

set lock_timeout = '5s';
set statement_timeout = '30s';

create type public.sprint_status as enum ('Planned', 'Active', 'Completed', 'Cancelled');
comment on type public.sprint_status is 'Status of a sprint. Completed and Cancelled sprints are closed.';

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
  -- Closed sprints don't count: a sprint that is closed early leaves its last days to the next one.
  constraint sprints_do_not_overlap exclude using gist (
    project_id with operator(pg_catalog.=), daterange(start_date, end_date, '[]') with &&)
    where (status in ('Planned', 'Active'))
);
comment on table public.sprints is 'A time box of a project with a goal.';
comment on column public.sprints.sprint_id is 'Key.';
comment on column public.sprints.project_id is 'Project.';
comment on column public.sprints.sprint_name is 'Name.';
comment on column public.sprints.goal is 'Goal of the sprint.';
comment on column public.sprints.start_date is 'First day planned, in the organization''s time zone.';
comment on column public.sprints.end_date is 'Last day planned, included.';
comment on column public.sprints.status is 'Only start_sprint, complete_sprint and cancel_sprint change it.';
comment on column public.sprints.started_at is 'When start_sprint was called: the reference start of its figures.';
comment on column public.sprints.completed_at is
  'When complete_sprint was called: the reference finish of its figures.';
comment on column public.sprints.created_at is 'When the row was created.';
comment on column public.sprints.updated_at is 'When the row was last changed; a trigger sets it.';
-- project_id first: the column the policies filter on.
create index sprints_project_dates on public.sprints (project_id, start_date);
create unique index sprints_one_active on public.sprints (project_id) where status = 'Active';
-- Sprints completed lately, whose reports are due: private.due_notifications.
create index sprints_completed on public.sprints (completed_at) where status = 'Completed';

alter table public.sprints enable row level security;
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

create function private.refuse_delete_of_history() returns trigger
language plpgsql set search_path = '' as $$
begin
  raise exception 'sprint "%" has a history and can''t be deleted', old.sprint_name
    using errcode = 'PT409', hint = 'Cancel or complete it instead.';
end $$;
comment on function private.refuse_delete_of_history() is
  'Trigger: a sprint that was started stays until its project is deleted.';

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
-- Depth 0: a statement deletes the sprint, not the cascade of its project.
create trigger sprints_keep_history before delete on public.sprints
  for each row when (old.started_at is not null and pg_trigger_depth() = 0)
  execute function private.refuse_delete_of_history();

grant select, delete on public.sprints to authenticated;
grant
  insert (sprint_id, project_id, sprint_name, goal, start_date, end_date),
  update (sprint_id, project_id, sprint_name, goal, start_date, end_date)
  on public.sprints to authenticated;
grant select, insert, update, delete on public.sprints to service_role;

create function private.may_read_sprint(sprint_id uuid) returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return private.may_read_project((
    select s.project_id from public.sprints s where s.sprint_id = may_read_sprint.sprint_id));
end $$;
comment on function private.may_read_sprint(uuid) is
  'Whether the caller may see a sprint and all of its data: see private.may_read_project. Definer: it reads the '
  'tables that decide that.';

create function public.sprint_standing(sprint_id uuid) returns json
language plpgsql stable security invoker set search_path = ''
set plan_cache_mode = force_generic_plan set random_page_cost = 1.1 as $$
#variable_conflict use_column
begin
  return (
    select json_build_object(
      'leads', s.project_id = any (array(select private.my_project_ids('{manager,scrum_master}'))),
      'locale', o.locale)
    from public.sprints s
    join public.projects p using (project_id)
    join public.organizations o using (org_id)
    where s.sprint_id = sprint_standing.sprint_id);
end $$;
comment on function public.sprint_standing(uuid) is
  'What the caller may do in a sprint: {leads: whether they are manager or scrum master of its project, or owner or '
  'admin of the organization; locale: the language of messages about it}. Null for a sprint that the caller can''t '
  'see.';
grant execute on function public.sprint_standing(uuid) to authenticated;
