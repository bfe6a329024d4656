-- Change stamps: a number per project or organization that changes with whatever its views show.
--
-- Every statement that changes what views show renews a stamp in its own transaction: a reader sees the stamp and the
-- change together or neither, in whatever order transactions begin and commit. A single stamp per project would make
-- its writers wait for each other. So a project has about as many stamps as it ever had writers at once: a writer takes
-- the first stamp that nobody holds, and makes another where there is none. Only the deletion of a project or an
-- organization waits for transactions that still write in it. A stamp only grows, by the clock, and so does the sum of
-- a project's stamps: two equal sums mean the same state.
-- NOTE: outside read committed every statement makes a stamp of its own; PostgREST's are read committed.
-- NOTE: with triggers off (session_replication_role = replica) nothing is stamped.
-- NOTE: PostgreSQL keeps every version of a stamp until the transaction ends, so each statement of a transaction costs
-- more than the one before: 5,000 inserts of a task took 1.6 times as long as without stamps, 10,000 took 2.7 times.
-- A statement that changes many rows stamps once.

set lock_timeout = '5s';
set statement_timeout = '30s';

create table private.change_stamps (
  scope uuid not null,
  named boolean not null,
  slot  bigint generated always as identity,
  stamp bigint not null default extract(epoch from clock_timestamp()) * 1000000,
  primary key (scope, named, slot)
) with (fillfactor = 50);
comment on table private.change_stamps is
  'Change stamps of projects and organizations: see private.stamp_change. Without foreign keys: triggers write it '
  'while a project or organization is being deleted.';
comment on column private.change_stamps.scope is 'The project or organization that changed.';
comment on column private.change_stamps.named is
  'Whether the change was of the tasks named in scrums, which a project''s views don''t show.';
comment on column private.change_stamps.slot is 'Number of the stamp among those that concurrent writers share.';
comment on column private.change_stamps.stamp is
  'When the scope last changed, in microseconds since 1970; one more than before where the clock didn''t advance.';

create function private.stamp_change(scopes uuid[], named boolean default false) returns void
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
declare
  changed uuid;
begin
  foreach changed in array scopes loop
    -- A statement may take another writer's stamp only where it sees what others have committed meanwhile.
    if current_setting('transaction_isolation') = 'read committed' then
      update private.change_stamps
      set stamp = greatest(stamp + 1, (extract(epoch from clock_timestamp()) * 1000000)::bigint)
      where scope = changed and named = stamp_change.named and slot = (
        select slot from private.change_stamps
        where scope = changed and named = stamp_change.named
        order by slot limit 1 for update skip locked);
      continue when found;
    end if;
    -- No stamp for a project that is being deleted: triggers of the rows deleted with it run later.
    insert into private.change_stamps (scope, named)
    select changed, stamp_change.named
    where exists (select from public.projects p where p.project_id = changed)
       or exists (select from public.organizations o where o.org_id = changed);
  end loop;
end $$;
comment on function private.stamp_change(uuid[], boolean) is
  'Renews a stamp of each project or organization, without waiting for other writers. Definer: nobody may write '
  'stamps.';

create function private.stamp_projects() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform private.stamp_change(array(select distinct c.project_id from changed c), tg_table_name = 'daily_scrum_tasks');
  return null;
end $$;
comment on function private.stamp_projects() is
  'Trigger: stamps the projects of the changed rows, which never move to another project. Definer: nobody may write '
  'stamps.';

create function private.stamp_organizations() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform private.stamp_change(array(select distinct c.org_id from changed c));
  return null;
end $$;
comment on function private.stamp_organizations() is
  'Trigger: stamps the organizations of the changed rows. Definer: nobody may write stamps.';

create function private.stamp_people() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform private.stamp_change(array(select c.org_id from changed c union select b.org_id from before b));
  return null;
end $$;
comment on function private.stamp_people() is
  'Trigger: stamps the organizations that the changed profiles belong to, and belonged to. Definer: nobody may write '
  'stamps.';

create function private.stamp_everything() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into private.change_stamps (scope, named)
  select p.project_id, false from public.projects p union all select o.org_id, false from public.organizations o;
  return null;
end $$;
comment on function private.stamp_everything() is
  'Trigger: stamps every project and organization after a truncate, which tells no rows. Definer: nobody may write '
  'stamps.';

create function private.forget_stamps() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if tg_table_name = 'projects' then
    delete from private.change_stamps s where s.scope in (select c.project_id from changed c);
  else
    delete from private.change_stamps s where s.scope in (select c.org_id from changed c);
  end if;
  return null;
end $$;
comment on function private.forget_stamps() is
  'Trigger: deletes the stamps of deleted projects or organizations. Definer: nobody may write stamps.';

create function private.stamp_sum(scope uuid, and_named boolean default false) returns text
language plpgsql stable set search_path = '' as $$
begin
  return (
    select sum(s.stamp) from private.change_stamps s
    where s.scope = stamp_sum.scope and (not s.named or and_named));
end $$;
comment on function private.stamp_sum(uuid, boolean) is
  'Sum of the stamps of a project or organization: another number after every change, with and_named also after a '
  'change of the tasks named in its scrums. For definer functions that have checked what the caller may see.';

create trigger organizations_stamp_insert after insert on public.organizations referencing new table as changed
  for each statement execute function private.stamp_organizations();
create trigger organizations_stamp_update after update on public.organizations referencing new table as changed
  for each statement execute function private.stamp_organizations();
create trigger organizations_stamp_delete after delete on public.organizations referencing old table as changed
  for each statement execute function private.forget_stamps();
create trigger organizations_stamp_truncate after truncate on public.organizations
  for each statement execute function private.stamp_everything();

create trigger org_holidays_stamp_insert after insert on public.org_holidays referencing new table as changed
  for each statement execute function private.stamp_organizations();
create trigger org_holidays_stamp_update after update on public.org_holidays referencing new table as changed
  for each statement execute function private.stamp_organizations();
create trigger org_holidays_stamp_delete after delete on public.org_holidays referencing old table as changed
  for each statement execute function private.stamp_organizations();
create trigger org_holidays_stamp_truncate after truncate on public.org_holidays
  for each statement execute function private.stamp_everything();

-- A person can move to another organization, which changes the one they leave, too.
create trigger profiles_stamp_insert after insert on public.profiles referencing new table as changed
  for each statement execute function private.stamp_organizations();
create trigger profiles_stamp_update after update on public.profiles
  referencing old table as before new table as changed
  for each statement execute function private.stamp_people();
create trigger profiles_stamp_delete after delete on public.profiles referencing old table as changed
  for each statement execute function private.stamp_organizations();
create trigger profiles_stamp_truncate after truncate on public.profiles
  for each statement execute function private.stamp_everything();

create trigger days_off_stamp_insert after insert on public.days_off referencing new table as changed
  for each statement execute function private.stamp_organizations();
create trigger days_off_stamp_update after update on public.days_off referencing new table as changed
  for each statement execute function private.stamp_organizations();
create trigger days_off_stamp_delete after delete on public.days_off referencing old table as changed
  for each statement execute function private.stamp_organizations();
create trigger days_off_stamp_truncate after truncate on public.days_off
  for each statement execute function private.stamp_everything();

create trigger projects_stamp_insert after insert on public.projects referencing new table as changed
  for each statement execute function private.stamp_projects();
create trigger projects_stamp_update after update on public.projects referencing new table as changed
  for each statement execute function private.stamp_projects();
create trigger projects_stamp_delete after delete on public.projects referencing old table as changed
  for each statement execute function private.forget_stamps();
create trigger projects_stamp_truncate after truncate on public.projects
  for each statement execute function private.stamp_everything();

create trigger project_members_stamp_insert after insert on public.project_members referencing new table as changed
  for each statement execute function private.stamp_projects();
create trigger project_members_stamp_update after update on public.project_members referencing new table as changed
  for each statement execute function private.stamp_projects();
create trigger project_members_stamp_delete after delete on public.project_members referencing old table as changed
  for each statement execute function private.stamp_projects();
create trigger project_members_stamp_truncate after truncate on public.project_members
  for each statement execute function private.stamp_everything();

create trigger sprints_stamp_insert after insert on public.sprints referencing new table as changed
  for each statement execute function private.stamp_projects();
create trigger sprints_stamp_update after update on public.sprints referencing new table as changed
  for each statement execute function private.stamp_projects();
create trigger sprints_stamp_delete after delete on public.sprints referencing old table as changed
  for each statement execute function private.stamp_projects();
create trigger sprints_stamp_truncate after truncate on public.sprints
  for each statement execute function private.stamp_everything();

create trigger tasks_stamp_insert after insert on public.tasks referencing new table as changed
  for each statement execute function private.stamp_projects();
create trigger tasks_stamp_update after update on public.tasks referencing new table as changed
  for each statement execute function private.stamp_projects();
create trigger tasks_stamp_delete after delete on public.tasks referencing old table as changed
  for each statement execute function private.stamp_projects();
create trigger tasks_stamp_truncate after truncate on public.tasks
  for each statement execute function private.stamp_everything();

-- Not for events that a trigger writes: the change of the task is stamped already.
create trigger task_events_stamp_insert after insert on public.task_events referencing new table as changed
  for each statement when (pg_trigger_depth() = 0) execute function private.stamp_projects();
create trigger task_events_stamp_update after update on public.task_events referencing new table as changed
  for each statement execute function private.stamp_projects();
create trigger task_events_stamp_delete after delete on public.task_events referencing old table as changed
  for each statement execute function private.stamp_projects();
create trigger task_events_stamp_truncate after truncate on public.task_events
  for each statement execute function private.stamp_everything();

create trigger daily_scrums_stamp_insert after insert on public.daily_scrums referencing new table as changed
  for each statement execute function private.stamp_projects();
create trigger daily_scrums_stamp_update after update on public.daily_scrums referencing new table as changed
  for each statement execute function private.stamp_projects();
create trigger daily_scrums_stamp_delete after delete on public.daily_scrums referencing old table as changed
  for each statement execute function private.stamp_projects();
create trigger daily_scrums_stamp_truncate after truncate on public.daily_scrums
  for each statement execute function private.stamp_everything();

create trigger daily_scrum_updates_stamp_insert after insert on public.daily_scrum_updates
  referencing new table as changed
  for each statement execute function private.stamp_projects();
create trigger daily_scrum_updates_stamp_update after update on public.daily_scrum_updates
  referencing new table as changed
  for each statement execute function private.stamp_projects();
create trigger daily_scrum_updates_stamp_delete after delete on public.daily_scrum_updates
  referencing old table as changed
  for each statement execute function private.stamp_projects();
create trigger daily_scrum_updates_stamp_truncate after truncate on public.daily_scrum_updates
  for each statement execute function private.stamp_everything();

create trigger daily_scrum_tasks_stamp_insert after insert on public.daily_scrum_tasks referencing new table as changed
  for each statement execute function private.stamp_projects();
create trigger daily_scrum_tasks_stamp_update after update on public.daily_scrum_tasks referencing new table as changed
  for each statement execute function private.stamp_projects();
create trigger daily_scrum_tasks_stamp_delete after delete on public.daily_scrum_tasks referencing old table as changed
  for each statement execute function private.stamp_projects();
create trigger daily_scrum_tasks_stamp_truncate after truncate on public.daily_scrum_tasks
  for each statement execute function private.stamp_everything();

create trigger impediments_stamp_insert after insert on public.impediments referencing new table as changed
  for each statement execute function private.stamp_projects();
create trigger impediments_stamp_update after update on public.impediments referencing new table as changed
  for each statement execute function private.stamp_projects();
create trigger impediments_stamp_delete after delete on public.impediments referencing old table as changed
  for each statement execute function private.stamp_projects();
create trigger impediments_stamp_truncate after truncate on public.impediments
  for each statement execute function private.stamp_everything();
