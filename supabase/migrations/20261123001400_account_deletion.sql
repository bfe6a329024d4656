-- Deleting one's own account, and an organization with it.

set lock_timeout = '5s';
set statement_timeout = '30s';

create function private.delete_projects_first() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  -- One cascade over everything would set references to people null in rows whose project
  -- it has deleted already, and their foreign keys would then complain.
  delete from public.projects p where p.org_id = old.org_id;
  return old;
end $$;
comment on function private.delete_projects_first() is
  'Trigger: an organization''s projects go before its people. Definer: whoever may delete the organization needn''t be a member of its projects.';

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
  -- The lock makes two last people who leave at once wait for each other.
  perform from public.organizations o where o.org_id = me.org_id for update;
  delete from auth.users u where u.id = me.profile_id;
  delete from public.organizations o
  where o.org_id = me.org_id
    and not exists (select from public.profiles p where p.org_id = o.org_id);
end $$;
comment on function private.delete_my_account() is
  'See public.delete_my_account. Definer: it deletes the user of Auth, and an organization that is left without people.';

create function public.delete_my_account() returns void
language sql security invoker set search_path = '' as $$
  select private.delete_my_account()
$$;
comment on function public.delete_my_account() is
  'Deletes the caller''s user, profile, days off and memberships; their tasks become unassigned, the tasks they named in scrums go; what they wrote for the team stays without their name, and what is frozen of a sprint stays as it was. The last person takes the organization and all its data along. PT409 (409) for the last owner while others remain.';

grant execute on function private.delete_my_account() to authenticated;
grant execute on function public.delete_my_account() to authenticated;
