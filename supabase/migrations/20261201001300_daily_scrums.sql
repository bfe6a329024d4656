-- Daily scrums: one per sprint and working day, an update per member, and the tasks that an update names.

set lock_timeout = '5s';
set statement_timeout = '30s';

create type public.scrum_task_intent as enum ('did', 'will do');
comment on type public.scrum_task_intent is
  'How an update names a task: done since the last scrum, or planned for today.';

create table public.daily_scrums (
  daily_scrum_id uuid primary key default gen_random_uuid(),
  project_id     uuid not null,
  sprint_id      uuid not null,
  scrum_date     date not null,
  summary        text,
  created_at     timestamptz not null default now(),
  updated_at     timestamptz not null default now(),
  constraint daily_scrums_in_project unique (daily_scrum_id, project_id),
  constraint daily_scrums_once_a_day unique (sprint_id, scrum_date),
  constraint daily_scrums_of_sprint foreign key (sprint_id, project_id)
    references public.sprints (sprint_id, project_id) on delete cascade,
  constraint daily_scrums_summary_length check (char_length(summary) <= 20000)
);
comment on table public.daily_scrums is 'The scrum of one sprint on one day.';
comment on column public.daily_scrums.daily_scrum_id is 'Key.';
comment on column public.daily_scrums.project_id is 'Project of the sprint; filled in from it.';
comment on column public.daily_scrums.sprint_id is 'Sprint.';
comment on column public.daily_scrums.scrum_date is 'The day, in the organization''s time zone.';
comment on column public.daily_scrums.summary is 'Outcome of the scrum, in Markdown.';
comment on column public.daily_scrums.created_at is 'When the row was created.';
comment on column public.daily_scrums.updated_at is 'When the row was last changed; a trigger sets it.';
create index daily_scrums_project on public.daily_scrums (project_id, scrum_date);
create index daily_scrums_sprint on public.daily_scrums (sprint_id, project_id);

create table public.daily_scrum_updates (
  update_id      uuid primary key default gen_random_uuid(),
  project_id     uuid not null,
  daily_scrum_id uuid not null,
  profile_id     uuid default auth.uid() references public.profiles (profile_id) on delete set null,
  yesterday_work text,
  today_work     text,
  created_at     timestamptz not null default now(),
  updated_at     timestamptz not null default now(),
  constraint daily_scrum_updates_in_project unique (update_id, project_id),
  constraint daily_scrum_updates_once unique (daily_scrum_id, profile_id),
  constraint daily_scrum_updates_of_scrum foreign key (daily_scrum_id, project_id)
    references public.daily_scrums (daily_scrum_id, project_id) on delete cascade,
  constraint daily_scrum_updates_yesterday_work_length check (char_length(yesterday_work) <= 10000),
  constraint daily_scrum_updates_today_work_length check (char_length(today_work) <= 10000)
);
comment on table public.daily_scrum_updates is 'What one member reports in a scrum. One per member and scrum.';
comment on column public.daily_scrum_updates.update_id is 'Key.';
comment on column public.daily_scrum_updates.project_id is 'Project of the scrum; filled in from it.';
comment on column public.daily_scrum_updates.daily_scrum_id is 'Scrum.';
comment on column public.daily_scrum_updates.profile_id is
  'Who posted it; the caller by default, null once that person''s account is deleted.';
comment on column public.daily_scrum_updates.yesterday_work is 'What the member did since the last scrum.';
comment on column public.daily_scrum_updates.today_work is 'What the member will do until the next scrum.';
comment on column public.daily_scrum_updates.created_at is 'When the row was created.';
comment on column public.daily_scrum_updates.updated_at is 'When the row was last changed; a trigger sets it.';
create index daily_scrum_updates_scrum on public.daily_scrum_updates (daily_scrum_id, project_id);
create index daily_scrum_updates_profile on public.daily_scrum_updates (profile_id);
-- Finds the last update of a project's scrums without visiting each (private.last_change).
create index daily_scrum_updates_project on public.daily_scrum_updates (project_id, created_at);

create table public.daily_scrum_tasks (
  daily_scrum_id uuid not null,
  task_id        uuid not null,
  profile_id     uuid not null default auth.uid() references public.profiles (profile_id) on delete cascade,
  intent         public.scrum_task_intent not null,
  project_id     uuid not null,
  created_at     timestamptz not null default now(),
  primary key (daily_scrum_id, profile_id, task_id, intent),
  constraint daily_scrum_tasks_of_scrum foreign key (daily_scrum_id, project_id)
    references public.daily_scrums (daily_scrum_id, project_id) on delete cascade,
  constraint daily_scrum_tasks_of_task foreign key (task_id, project_id)
    references public.tasks (task_id, project_id) on delete cascade
);
comment on table public.daily_scrum_tasks is
  'Tasks that a member''s update names. Rows are added and deleted, never changed.';
comment on column public.daily_scrum_tasks.daily_scrum_id is 'Scrum.';
comment on column public.daily_scrum_tasks.task_id is 'Task of the same project.';
comment on column public.daily_scrum_tasks.profile_id is 'Who names it; the caller by default.';
comment on column public.daily_scrum_tasks.intent is 'Whether the task was done, or is planned.';
comment on column public.daily_scrum_tasks.project_id is 'Project of both; filled in from the scrum.';
comment on column public.daily_scrum_tasks.created_at is 'When the row was created.';
create index daily_scrum_tasks_project on public.daily_scrum_tasks (project_id);
create index daily_scrum_tasks_scrum on public.daily_scrum_tasks (daily_scrum_id, project_id);
create index daily_scrum_tasks_task on public.daily_scrum_tasks (task_id, project_id);
create index daily_scrum_tasks_profile on public.daily_scrum_tasks (profile_id);

alter table public.daily_scrums enable row level security;
create policy "Scrums are visible to project members" on public.daily_scrums
  for select to authenticated
  using (project_id = any (array(select private.my_project_ids())));
create policy "Scrums are opened by members, not viewers" on public.daily_scrums
  for insert to authenticated
  with check (project_id = any (array(select private.my_project_ids('{manager,scrum_master,member}'))));
create policy "Scrums are summed up by managers and scrum masters" on public.daily_scrums
  for update to authenticated
  using (project_id = any (array(select private.my_project_ids('{manager,scrum_master}'))))
  with check (project_id = any (array(select private.my_project_ids('{manager,scrum_master}'))));
create policy "Scrums are deleted by managers and scrum masters" on public.daily_scrums
  for delete to authenticated
  using (project_id = any (array(select private.my_project_ids('{manager,scrum_master}'))));

alter table public.daily_scrum_updates enable row level security;
create policy "Updates are visible to project members" on public.daily_scrum_updates
  for select to authenticated
  using (project_id = any (array(select private.my_project_ids())));
create policy "Updates are posted by members for themselves" on public.daily_scrum_updates
  for insert to authenticated
  with check (project_id = any (array(select private.my_project_ids('{manager,scrum_master,member}')))
              and profile_id = (select auth.uid()));
create policy "Updates are changed by who posted them" on public.daily_scrum_updates
  for update to authenticated
  using (project_id = any (array(select private.my_project_ids('{manager,scrum_master,member}')))
         and profile_id = (select auth.uid()))
  with check (project_id = any (array(select private.my_project_ids('{manager,scrum_master,member}')))
              and profile_id = (select auth.uid()));
create policy "Updates are deleted by who posted them" on public.daily_scrum_updates
  for delete to authenticated
  using (project_id = any (array(select private.my_project_ids('{manager,scrum_master,member}')))
         and profile_id = (select auth.uid()));

alter table public.daily_scrum_tasks enable row level security;
create policy "Tasks named in scrums are visible to project members" on public.daily_scrum_tasks
  for select to authenticated
  using (project_id = any (array(select private.my_project_ids())));
create policy "Tasks are named by members for themselves" on public.daily_scrum_tasks
  for insert to authenticated
  with check (project_id = any (array(select private.my_project_ids('{manager,scrum_master,member}')))
              and profile_id = (select auth.uid()));
create policy "Named tasks are taken back by who named them" on public.daily_scrum_tasks
  for delete to authenticated
  using (project_id = any (array(select private.my_project_ids('{manager,scrum_master,member}')))
         and profile_id = (select auth.uid()));

-- project_id is the column that every policy filters on. A trigger takes it from the parent row whatever the client
-- sends; the composite foreign keys keep it true.

create function private.fill_project_from_sprint() returns trigger
language plpgsql set search_path = '' as $$
begin
  select s.project_id into new.project_id from public.sprints s where s.sprint_id = new.sprint_id;
  return new;
end $$;
comment on function private.fill_project_from_sprint() is
  'Trigger: takes project_id from the sprint. For a sprint that the caller can''t see it finds none, and the policy '
  'refuses the row.';

create function private.fill_project_from_scrum() returns trigger
language plpgsql set search_path = '' as $$
begin
  select d.project_id into new.project_id from public.daily_scrums d where d.daily_scrum_id = new.daily_scrum_id;
  return new;
end $$;
comment on function private.fill_project_from_scrum() is
  'Trigger: takes project_id from the daily scrum. For a scrum that the caller can''t see it finds none, and the '
  'policy refuses the row.';

create function private.check_scrum_date() returns trigger
language plpgsql set search_path = '' as $$
declare
  sprint record;
begin
  select s.status, s.sprint_name, (s.started_at at time zone o.timezone)::date as started_on, p.org_id into sprint
  from public.sprints s
  join public.projects p using (project_id)
  join public.organizations o using (org_id)
  where s.sprint_id = new.sprint_id;
  if sprint.status <> 'Active' then
    raise exception 'sprint "%" is %: only a running sprint has scrums', sprint.sprint_name, sprint.status
      using errcode = 'PT409';
  elsif new.scrum_date < sprint.started_on then
    raise exception 'scrum_date % is before the sprint started (%)', new.scrum_date, sprint.started_on
      using errcode = '23514';
  elsif new.scrum_date > private.org_today(sprint.org_id) then
    raise exception 'scrum_date % has not come yet', new.scrum_date using errcode = '23514';
  elsif not private.is_working_day(sprint.org_id, new.scrum_date) then
    raise exception 'scrum_date % is a day off of the organization', new.scrum_date using errcode = '23514';
  end if;
  return new;
end $$;
comment on function private.check_scrum_date() is
  'Trigger: a scrum belongs to a running sprint and to a working day between its first day and today. Does nothing '
  'for a sprint that the caller can''t see: the policy refuses that row.';

create trigger daily_scrums_a_project before insert on public.daily_scrums
  for each row execute function private.fill_project_from_sprint();
create trigger daily_scrums_check_date before insert on public.daily_scrums
  for each row execute function private.check_scrum_date();
create trigger daily_scrums_touch before update on public.daily_scrums
  for each row execute function private.touch_updated_at();
create trigger daily_scrums_keep_key before update on public.daily_scrums
  for each row when ((old.daily_scrum_id, old.project_id, old.sprint_id, old.scrum_date)
    is distinct from (new.daily_scrum_id, new.project_id, new.sprint_id, new.scrum_date))
  execute function private.refuse_change('sprint_id, scrum_date', 'Only the summary changes.');

create trigger daily_scrum_updates_a_project before insert on public.daily_scrum_updates
  for each row execute function private.fill_project_from_scrum();
create trigger daily_scrum_updates_touch before update on public.daily_scrum_updates
  for each row execute function private.touch_updated_at();
-- Deleting the account sets profile_id to null.
create trigger daily_scrum_updates_keep_key before update on public.daily_scrum_updates
  for each row when ((old.update_id, old.project_id, old.daily_scrum_id)
    is distinct from (new.update_id, new.project_id, new.daily_scrum_id)
    or new.profile_id <> old.profile_id)
  execute function private.refuse_change('daily_scrum_id, profile_id', 'Only the texts change.');

create trigger daily_scrum_tasks_a_project before insert on public.daily_scrum_tasks
  for each row execute function private.fill_project_from_scrum();
-- A task named in a scrum stays there, so a change stamps one project only.
create trigger daily_scrum_tasks_keep_key before update on public.daily_scrum_tasks
  for each row when ((old.daily_scrum_id, old.project_id) is distinct from (new.daily_scrum_id, new.project_id))
  execute function private.refuse_change('daily_scrum_id, project_id', 'A named task stays in its scrum.');

grant select, delete on public.daily_scrums to authenticated;
grant
  insert (daily_scrum_id, project_id, sprint_id, scrum_date, summary),
  update (daily_scrum_id, project_id, sprint_id, scrum_date, summary)
  on public.daily_scrums to authenticated;
grant select, insert, update, delete on public.daily_scrums to service_role;
grant select, delete on public.daily_scrum_updates to authenticated;
grant
  insert (update_id, project_id, daily_scrum_id, profile_id, yesterday_work, today_work),
  update (update_id, project_id, daily_scrum_id, profile_id, yesterday_work, today_work)
  on public.daily_scrum_updates to authenticated;
grant select, insert, update, delete on public.daily_scrum_updates to service_role;
grant select, delete on public.daily_scrum_tasks to authenticated;
grant insert (daily_scrum_id, task_id, profile_id, intent, project_id) on public.daily_scrum_tasks to authenticated;
grant select, insert, update, delete on public.daily_scrum_tasks to service_role;
