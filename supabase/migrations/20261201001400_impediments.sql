-- Impediments: what stands in the way of a sprint, from the moment it is raised until it is resolved.

set lock_timeout = '5s';
set statement_timeout = '30s';

create table public.impediments (
  impediment_id uuid primary key default gen_random_uuid(),
  project_id    uuid not null,
  sprint_id     uuid not null,
  task_id       uuid,
  update_id     uuid,
  raised_by     uuid default auth.uid() references public.profiles (profile_id) on delete set null,
  description   text not null,
  raised_at     timestamptz not null default now(),
  resolved_at   timestamptz,
  resolved_by   uuid references public.profiles (profile_id) on delete set null,
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now(),
  constraint impediments_of_sprint foreign key (sprint_id, project_id)
    references public.sprints (sprint_id, project_id) on delete cascade,
  constraint impediments_task_in_project foreign key (task_id, project_id)
    references public.tasks (task_id, project_id) on delete set null (task_id),
  constraint impediments_update_in_project foreign key (update_id, project_id)
    references public.daily_scrum_updates (update_id, project_id) on delete set null (update_id),
  constraint impediments_description_length check (char_length(btrim(description)) between 1 and 5000),
  constraint impediments_resolved_after_raised check (resolved_at >= raised_at)
);
comment on table public.impediments is 'Something that keeps the team from its work.';
comment on column public.impediments.impediment_id is 'Key.';
comment on column public.impediments.project_id is 'Project of the sprint; filled in from it.';
comment on column public.impediments.sprint_id is 'Sprint it was raised in.';
comment on column public.impediments.task_id is 'Task that it blocks, if any.';
comment on column public.impediments.update_id is 'Scrum update that raised it, if any.';
comment on column public.impediments.raised_by is
  'Who raised it; the caller by default, null once that person''s account is deleted.';
comment on column public.impediments.description is 'What the impediment is.';
comment on column public.impediments.raised_at is 'When it was raised.';
comment on column public.impediments.resolved_at is
  'When it was resolved. Any value that a client sends means now; null reopens the impediment.';
comment on column public.impediments.resolved_by is 'Who resolved it; set by trigger.';
comment on column public.impediments.created_at is 'When the row was created.';
comment on column public.impediments.updated_at is 'When the row was last changed; a trigger sets it.';
create index impediments_project on public.impediments (project_id, raised_at);
create index impediments_sprint on public.impediments (sprint_id, project_id);
create index impediments_task on public.impediments (task_id, project_id);
create index impediments_update on public.impediments (update_id, project_id);
create index impediments_raised_by on public.impediments (raised_by);
create index impediments_resolved_by on public.impediments (resolved_by);

alter table public.impediments enable row level security;
create policy "Impediments are visible to project members" on public.impediments
  for select to authenticated
  using (project_id = any (array(select private.my_project_ids())));
create policy "Impediments are raised by members, not viewers" on public.impediments
  for insert to authenticated
  with check (project_id = any (array(select private.my_project_ids('{manager,scrum_master,member}')))
              and raised_by = (select auth.uid()));
create policy "Impediments are changed by who raised them and scrum masters" on public.impediments
  for update to authenticated
  using (project_id = any (array(select private.my_project_ids('{manager,scrum_master}')))
         or (raised_by = (select auth.uid())
             and project_id = any (array(select private.my_project_ids('{member}')))))
  with check (project_id = any (array(select private.my_project_ids('{manager,scrum_master,member}'))));

create function private.stamp_resolution() returns trigger
language plpgsql set search_path = '' as $$
begin
  if new.resolved_at is null then
    new.resolved_by := null;
  elsif old.resolved_at is null then
    new.resolved_at := now();
    new.resolved_by := auth.uid();
  else
    new.resolved_at := old.resolved_at;
  end if;
  return new;
end $$;
comment on function private.stamp_resolution() is
  'Trigger: the first resolution counts, with the time and person of the call; setting resolved_at to null reopens '
  'the impediment.';

create function private.refuse_delete_with_impediments() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if exists (select from public.impediments i where i.sprint_id = old.sprint_id) then
    raise exception 'sprint "%" has impediments and can''t be deleted', old.sprint_name
      using errcode = 'PT409', hint = 'Cancel it instead.';
  end if;
  return old;
end $$;
comment on function private.refuse_delete_with_impediments() is
  'Trigger: refuses to delete a sprint that has impediments. Definer: it decides by rows that the caller may not see.';

create trigger impediments_a_project before insert on public.impediments
  for each row execute function private.fill_project_from_sprint();
create trigger impediments_stamp_resolution before update on public.impediments
  for each row when (old.resolved_at is distinct from new.resolved_at)
  execute function private.stamp_resolution();
create trigger impediments_touch before update on public.impediments
  for each row execute function private.touch_updated_at();
create trigger impediments_keep_key before update on public.impediments
  for each row when ((old.impediment_id, old.project_id, old.sprint_id)
    is distinct from (new.impediment_id, new.project_id, new.sprint_id)
    or new.raised_by <> old.raised_by)
  execute function private.refuse_change('sprint_id, raised_by', 'Raise another one.');

create trigger sprints_keep_impediments before delete on public.sprints
  for each row when (pg_trigger_depth() = 0)
  execute function private.refuse_delete_with_impediments();

grant select on public.impediments to authenticated;
grant
  insert (impediment_id, project_id, sprint_id, task_id, update_id, raised_by, description),
  update (impediment_id, project_id, sprint_id, task_id, update_id, raised_by, description, resolved_at)
  on public.impediments to authenticated;
grant select, insert, update, delete on public.impediments to service_role;
