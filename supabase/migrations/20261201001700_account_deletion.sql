-- Account deletion: a person deletes their own account, and the last one deletes the organization with it.

set lock_timeout = '5s';
set statement_timeout = '30s';

create function private.delete_projects_first() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  -- One cascade over everything would set references to people null in rows whose project it has deleted already, and
  -- that violates their foreign keys.
  delete from public.projects p where p.org_id = old.org_id;
  return old;
end $$;
comment on function private.delete_projects_first() is
  'Trigger: deletes an organization''s projects before its members. Definer: who may delete the organization needn''t '
  'be a member of its projects.';

create trigger organizations_delete_projects_first before delete on public.organizations
  for each row execute function private.delete_projects_first();

create function private.delete_my_account() returns void
language plpgsql security definer set search_path = '' as $$
declare
  me public.profiles;
begin
  select p.* into me from public.profiles p where p.profile_id = auth.uid();
  if not found then
    raise exception 'sign in first' using errcode = '42501';
  end if;
  -- The lock makes the last two members wait for each other when they leave at the same time.
  perform from public.organizations o where o.org_id = me.org_id for update;
  delete from auth.users u where u.id = me.profile_id;
  delete from public.organizations o
  where o.org_id = me.org_id
    and not exists (select from public.profiles p where p.org_id = o.org_id);
end $$;
comment on function private.delete_my_account() is
  'See public.delete_my_account. Definer: it deletes the user of Auth, and an organization without members.';
grant execute on function private.delete_my_account() to authenticated;

create function public.delete_my_account() returns void
language sql security invoker set search_path = '' as $$
  select private.delete_my_account()
$$;
comment on function public.delete_my_account() is
  'Deletes the caller''s user, profile, days off and memberships. Their tasks become unassigned, and the tasks they '
  'named in scrums are removed. What they wrote for the team stays without their name, and frozen figures of sprints '
  'stay as they are. The last member deletes the organization and all its data, too. PT409 (409) for the last owner '
  'while others remain.';
grant execute on function public.delete_my_account() to authenticated;
