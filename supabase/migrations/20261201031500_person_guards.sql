-- Person guards: who wrote a row stays who wrote it. The guards before compared with "<>", which is null for null, so
-- that a row without a person could be given to anybody, even to a person of another organization.
-- Only the deletion of a person takes their name off a row: the foreign key does that, as the tables' owner.

set lock_timeout = '5s';
set statement_timeout = '30s';

create or replace trigger impediments_keep_key before update on public.impediments
  for each row when ((old.impediment_id, old.project_id, old.sprint_id)
    is distinct from (new.impediment_id, new.project_id, new.sprint_id)
    or old.raised_by is distinct from new.raised_by
      and (new.raised_by is not null or current_user in ('authenticated', 'service_role')))
  execute function private.refuse_change('sprint_id, raised_by', 'Raise another one.');

create or replace trigger daily_scrum_updates_keep_key before update on public.daily_scrum_updates
  for each row when ((old.update_id, old.project_id, old.daily_scrum_id)
    is distinct from (new.update_id, new.project_id, new.daily_scrum_id)
    or old.profile_id is distinct from new.profile_id
      and (new.profile_id is not null or current_user in ('authenticated', 'service_role')))
  execute function private.refuse_change('daily_scrum_id, profile_id', 'Only the texts change.');

-- Clients have no right to these columns; the service, which has a right to every column, keeps them, too.
create trigger tasks_keep_maker before update on public.tasks
  for each row when (old.created_by is distinct from new.created_by
    and (new.created_by is not null or current_user in ('authenticated', 'service_role')))
  execute function private.refuse_change('created_by', 'A task keeps its maker.');
create trigger projects_keep_maker before update on public.projects
  for each row when (old.profile_id is distinct from new.profile_id
    and (new.profile_id is not null or current_user in ('authenticated', 'service_role')))
  execute function private.refuse_change('profile_id', 'A project keeps its maker.');
create trigger invitations_keep_maker before update on public.invitations
  for each row when (old.invited_by is distinct from new.invited_by
    and current_user in ('authenticated', 'service_role'))
  execute function private.refuse_change('invited_by', 'Invite again.');

create or replace function private.guard_profile_change() returns trigger
language plpgsql set search_path = '' as $$
declare
  caller uuid := auth.uid();
begin
  if new.org_role is distinct from old.org_role then
    if private.is_org_admin() is not true then
      raise exception 'only an owner or admin of the organization changes roles'
        using errcode = '42501';
    end if;
    if 'owner' in (new.org_role, old.org_role)
       and not exists (
         select from public.profiles p
         where p.profile_id = caller and p.org_id = old.org_id and p.org_role = 'owner') then
      raise exception 'only an owner makes or unmakes an owner' using errcode = '42501';
    end if;
  end if;
  if old.profile_id is distinct from caller
     and (new.username, new.first_name, new.last_name, new.job_role, new.work_email)
         is distinct from
         (old.username, old.first_name, old.last_name, old.job_role, old.work_email) then
    raise exception 'a person''s own details are changed by that person'
      using errcode = '42501', hint = 'Owners and admins may change org_role.';
  end if;
  return new;
end $$;

-- A person who is named in a row belongs to its organization. Where the row has no org_id for a foreign key, policies
-- let callers name only themselves; the service may name others, so that this asks for it, too.
create function private.refuse_strangers() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  person uuid;
  column_name text;
begin
  foreach column_name in array tg_argv loop
    person := to_jsonb(new) ->> column_name;
    -- The same answer for a person of another organization and for nobody: it doesn't tell whether they exist.
    if person is not null and not exists (
         select from public.projects pr join public.profiles p on p.org_id = pr.org_id
         where pr.project_id = new.project_id and p.profile_id = person) then
      raise exception '% is nobody in the organization', column_name using errcode = '23503';
    end if;
  end loop;
  return new;
end $$;
comment on function private.refuse_strangers() is
  'Trigger: refuses a row of a project that names a person from outside of the project''s organization in one of the '
  'columns that the arguments name. 23503 (409), also for an unknown person. Definer: it decides by people whom the '
  'caller may not see.';

-- Behind the triggers that fill project_id in ("a"), and before the others.
create trigger impediments_b_refuse_strangers before insert or update of resolved_by on public.impediments
  for each row when (current_user = 'service_role')
  execute function private.refuse_strangers('raised_by', 'resolved_by');
create trigger daily_scrum_updates_b_refuse_strangers before insert on public.daily_scrum_updates
  for each row when (current_user = 'service_role')
  execute function private.refuse_strangers('profile_id');
create trigger daily_scrum_tasks_b_refuse_strangers before insert on public.daily_scrum_tasks
  for each row when (current_user = 'service_role')
  execute function private.refuse_strangers('profile_id');
create trigger tasks_b_refuse_strangers before insert on public.tasks
  for each row when (current_user = 'service_role')
  execute function private.refuse_strangers('created_by');
