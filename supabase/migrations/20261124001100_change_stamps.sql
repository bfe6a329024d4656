-- Stamps: that something of a project or an organization has changed, kept by whatever changes it.
--
-- Every statement that changes what views show renews a stamp, in its own transaction: a reader sees
-- the stamp and the change together or neither, in whatever order transactions begin and commit. One
-- stamp a project would make its writers wait for each other, so there are about as many as ever wrote
-- at once: a writer takes the first that nobody holds, and makes another where there is none. It never
-- waits for that; only who deletes a project or an organization waits for those who still write in it.
-- A stamp only grows, by the clock, and hence so does the sum of a project's: equal sums are of one state.
-- NOTE: outside read committed every statement makes a stamp of its own; PostgREST's are read committed.
-- NOTE: with triggers off (session_replication_role = replica) nothing is stamped.
-- NOTE: what a transaction has renewed stays until it ends, so each of its statements costs more than
-- the one before: 5,000 inserts of a task took 1.6 times as long as without stamps, 10,000 2.7 times.
-- A statement of many rows stamps once.

set lock_timeout = '5s';
set statement_timeout = '30s';

create table private.change_stamps (
  scope uuid not null,
  named boolean not null,
  slot  bigint generated always as identity,
  stamp bigint not null default extract(epoch from clock_timestamp()) * 1000000,
  primary key (scope, named, slot)
) with (fillfactor = 50);
comment on table private.change_stamps is 'That something has changed: see private.stamp_change. Without foreign keys: triggers write it while what it belongs to is being deleted.';
comment on column private.change_stamps.scope is 'The project or organization that has changed.';
comment on column private.change_stamps.named is 'Whether it was the tasks named in scrums, which a project''s views don''t show.';
comment on column private.change_stamps.slot is 'Which of the stamps that writers share.';
comment on column private.change_stamps.stamp is 'When it last did, in microseconds since 1970; more where the clock didn''t move on.';

create function private.stamp_change(scopes uuid[], named boolean default false) returns void
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
declare
  changed uuid;
begin
  foreach changed in array scopes loop
    -- Only where each statement sees what others have committed meanwhile may it take theirs.
    if current_setting('transaction_isolation') = 'read committed' then
      update private.change_stamps
      set stamp = greatest(stamp + 1, (extract(epoch from clock_timestamp()) * 1000000)::bigint)
      where scope = changed and named = $2 and slot = (
        select slot from private.change_stamps
        where scope = changed and named = $2
        order by slot limit 1 for update skip locked);
      continue when found;
    end if;
    -- Nothing for a project that is being deleted: what goes with it comes here later.
    insert into private.change_stamps (scope, named)
    select changed, $2
    where exists (select from public.projects p where p.project_id = changed)
       or exists (select from public.organizations o where o.org_id = changed);
  end loop;
end $$;
comment on function private.stamp_change(uuid[], boolean) is
  'Renews a stamp of each project or organization, without waiting. Definer: nobody may write stamps.';

create function private.stamp_projects() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform private.stamp_change(array(select distinct c.project_id from changed c), tg_table_name = 'daily_scrum_tasks');
  return null;
end $$;
comment on function private.stamp_projects() is
  'Trigger: stamps the projects of the changed rows, which stay in theirs. Definer: nobody may write stamps.';

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
  'Trigger: stamps the organizations that the changed people are of, and were of. Definer: nobody may write stamps.';

create function private.stamp_everything() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into private.change_stamps (scope, named)
  select p.project_id, false from public.projects p union all select o.org_id, false from public.organizations o;
  return null;
end $$;
comment on function private.stamp_everything() is
  'Trigger: stamps whatever there is, after a truncate, which tells no rows. Definer: nobody may write stamps.';

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
  'Trigger: the stamps of what was deleted go too. Definer: nobody may write stamps.';

do $$
declare
  t record;
begin
  for t in
    select * from (values
      ('projects', 'projects'), ('project_members', 'projects'), ('sprints', 'projects'), ('tasks', 'projects'),
      ('impediments', 'projects'), ('daily_scrums', 'projects'), ('daily_scrum_updates', 'projects'), ('daily_scrum_tasks', 'projects'),
      ('task_events', 'projects'),
      ('organizations', 'organizations'), ('org_holidays', 'organizations'), ('profiles', 'organizations'), ('days_off', 'organizations')
    ) v (name, scopes)
  loop
    execute format('create trigger %1$s_stamp_insert after insert on public.%1$s
      referencing new table as changed for each statement %3$s execute function private.stamp_%2$s()',
      -- A task's change is stamped as that: its events come with it.
      t.name, t.scopes, case t.name when 'task_events' then 'when (pg_trigger_depth() = 0)' end);
    execute format('create trigger %1$s_stamp_update after update on public.%1$s
      referencing new table as changed %3$s for each statement execute function private.stamp_%2$s()',
      -- A person can change the organization: the one that is left has changed too.
      t.name, case t.name when 'profiles' then 'people' else t.scopes end, case t.name when 'profiles' then 'old table as before' end);
    execute format('create trigger %1$s_stamp_delete after delete on public.%1$s
      referencing old table as changed for each statement execute function private.%2$s()',
      t.name, case when t.name = t.scopes then 'forget_stamps' else 'stamp_' || t.scopes end);
    execute format('create trigger %1$s_stamp_truncate after truncate on public.%1$s
      for each statement execute function private.stamp_everything()', t.name);
  end loop;
end $$;

-- A task named in a scrum stays there, as the comment on the table has it: a stamp of one project is enough.
create trigger daily_scrum_tasks_keep_key before update on public.daily_scrum_tasks
  for each row when ((old.daily_scrum_id, old.project_id) is distinct from (new.daily_scrum_id, new.project_id))
  execute function private.refuse_change('daily_scrum_id, project_id', 'A named task stays in its scrum.');
