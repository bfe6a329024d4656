-- Deleted rows: the key of a row that was deleted is never used again, and members learn that it is gone.
--
-- Clients choose keys, so that they can repeat a write, and what is recorded of a row outlives it: events, log
-- entries, signed links. A key that came back, perhaps in another organization, would bring that past with it. So a
-- key that was deleted stays here for good, and an insert that names it is refused.
-- Realtime doesn't apply policies to deletions. So it doesn't publish them: mobile clients watch this table instead,
-- whose rows are for the members of the project.
-- NOTE: a transaction at repeatable read doesn't see a key that was deleted after it began. PostgREST's transactions,
-- which are the only ones of clients, are read committed.

set lock_timeout = '5s';
set statement_timeout = '30s';

create table public.deleted_rows (
  key        uuid not null,
  table_name text not null,
  project_id uuid,
  created_at timestamptz not null default now(),
  constraint deleted_rows_pkey primary key (key, table_name)
);
comment on table public.deleted_rows is
  'Keys of deleted rows, which are never used again: an insert that names one is refused with 409. For members, those '
  'of their projects: what a client that keeps rows has to forget. Written by triggers.';
comment on column public.deleted_rows.key is 'Key of the deleted row.';
comment on column public.deleted_rows.table_name is 'Table that the row was in.';
comment on column public.deleted_rows.project_id is
  'Project of the deleted row, whose members may know of it as long as there is the project. Null for rows that belong '
  'to no project: those keys are shown to nobody. No foreign key: a deleted key outlives its project.';
comment on column public.deleted_rows.created_at is 'When the row was deleted: when that transaction began.';
create index deleted_rows_project on public.deleted_rows (project_id, created_at);

alter table public.deleted_rows enable row level security;
create policy "Deleted rows are known to project members" on public.deleted_rows
  for select to authenticated
  using (project_id = any (array(select private.my_project_ids())));

grant select on public.deleted_rows to authenticated, service_role;

create function private.keep_deleted_keys() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  execute format(
    'insert into public.deleted_rows (key, table_name, project_id) select d.%I, %L, %s from deleted d '
    'on conflict do nothing',
    tg_argv[0], tg_table_name, case when tg_nargs > 1 then format('d.%I', tg_argv[1]) else 'null' end);
  return null;
end $$;
comment on function private.keep_deleted_keys() is
  'Trigger: keeps the keys of deleted rows in deleted_rows. The arguments name the key''s column and, where the row '
  'belongs to a project, the project''s. Definer: nobody may write deleted_rows.';

create function private.refuse_deleted_keys() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  reused uuid;
begin
  execute format('select i.%I from inserted i join public.deleted_rows d on d.key = i.%1$I limit 1', tg_argv[0])
  into reused;
  if reused is not null then
    raise exception '% % was used by a row that has been deleted', tg_argv[0], reused
      using errcode = 'PT409', hint = 'Send another key, or none: then the database makes one.';
  end if;
  return null;
end $$;
comment on function private.refuse_deleted_keys() is
  'Trigger: refuses an insert whose key was deleted before, in whatever table and organization. The argument names '
  'the key''s column. Definer: it decides by keys that the caller may not see.';

-- Every table whose key a client may choose. Triggers fire in the order of their names: the "a" makes
-- this one refuse before others record.

create trigger accounts_a_refuse_deleted_keys after insert on public.accounts
  referencing new table as inserted
  for each statement execute function private.refuse_deleted_keys('account_id');
create trigger accounts_keep_deleted_keys after delete on public.accounts
  referencing old table as deleted
  for each statement execute function private.keep_deleted_keys('account_id');

create trigger calendar_feeds_a_refuse_deleted_keys after insert on public.calendar_feeds
  referencing new table as inserted
  for each statement execute function private.refuse_deleted_keys('feed_id');
create trigger calendar_feeds_keep_deleted_keys after delete on public.calendar_feeds
  referencing old table as deleted
  for each statement execute function private.keep_deleted_keys('feed_id');

create trigger daily_scrum_updates_a_refuse_deleted_keys after insert on public.daily_scrum_updates
  referencing new table as inserted
  for each statement execute function private.refuse_deleted_keys('update_id');
create trigger daily_scrum_updates_keep_deleted_keys after delete on public.daily_scrum_updates
  referencing old table as deleted
  for each statement execute function private.keep_deleted_keys('update_id', 'project_id');

create trigger daily_scrums_a_refuse_deleted_keys after insert on public.daily_scrums
  referencing new table as inserted
  for each statement execute function private.refuse_deleted_keys('daily_scrum_id');
create trigger daily_scrums_keep_deleted_keys after delete on public.daily_scrums
  referencing old table as deleted
  for each statement execute function private.keep_deleted_keys('daily_scrum_id', 'project_id');

create trigger days_off_a_refuse_deleted_keys after insert on public.days_off
  referencing new table as inserted
  for each statement execute function private.refuse_deleted_keys('day_off_id');
create trigger days_off_keep_deleted_keys after delete on public.days_off
  referencing old table as deleted
  for each statement execute function private.keep_deleted_keys('day_off_id');

create trigger impediments_a_refuse_deleted_keys after insert on public.impediments
  referencing new table as inserted
  for each statement execute function private.refuse_deleted_keys('impediment_id');
create trigger impediments_keep_deleted_keys after delete on public.impediments
  referencing old table as deleted
  for each statement execute function private.keep_deleted_keys('impediment_id', 'project_id');

create trigger notification_channels_a_refuse_deleted_keys after insert on public.notification_channels
  referencing new table as inserted
  for each statement execute function private.refuse_deleted_keys('channel_id');
create trigger notification_channels_keep_deleted_keys after delete on public.notification_channels
  referencing old table as deleted
  for each statement execute function private.keep_deleted_keys('channel_id');

create trigger opportunities_a_refuse_deleted_keys after insert on public.opportunities
  referencing new table as inserted
  for each statement execute function private.refuse_deleted_keys('opportunity_id');
create trigger opportunities_keep_deleted_keys after delete on public.opportunities
  referencing old table as deleted
  for each statement execute function private.keep_deleted_keys('opportunity_id');

create trigger projects_a_refuse_deleted_keys after insert on public.projects
  referencing new table as inserted
  for each statement execute function private.refuse_deleted_keys('project_id');
create trigger projects_keep_deleted_keys after delete on public.projects
  referencing old table as deleted
  for each statement execute function private.keep_deleted_keys('project_id', 'project_id');

create trigger sprints_a_refuse_deleted_keys after insert on public.sprints
  referencing new table as inserted
  for each statement execute function private.refuse_deleted_keys('sprint_id');
create trigger sprints_keep_deleted_keys after delete on public.sprints
  referencing old table as deleted
  for each statement execute function private.keep_deleted_keys('sprint_id', 'project_id');

create trigger tasks_a_refuse_deleted_keys after insert on public.tasks
  referencing new table as inserted
  for each statement execute function private.refuse_deleted_keys('task_id');
create trigger tasks_keep_deleted_keys after delete on public.tasks
  referencing old table as deleted
  for each statement execute function private.keep_deleted_keys('task_id', 'project_id');

-- What was deleted before this migration and still has a history: tasks, and sprints that tasks were in.
insert into public.deleted_rows (key, table_name, project_id, created_at)
select e.task_id, 'tasks', e.project_id, max(e.at)
from public.task_events e
where e.kind = 'deleted' and not exists (select from public.tasks t where t.task_id = e.task_id)
group by e.task_id, e.project_id
on conflict do nothing;
insert into public.deleted_rows (key, table_name, project_id, created_at)
select e.sprint_id, 'sprints', e.project_id, max(e.at)
from public.task_events e
where e.kind = 'sprint' and e.sprint_id is not null
  and not exists (select from public.sprints s where s.sprint_id = e.sprint_id)
group by e.sprint_id, e.project_id
on conflict do nothing;

-- The publication is Supabase's own; without it nobody watches.
do $$
begin
  if exists (select from pg_publication where pubname = 'supabase_realtime' and not puballtables) then
    alter publication supabase_realtime set (publish = 'insert, update');
    alter publication supabase_realtime add table public.deleted_rows;
  end if;
end $$;
