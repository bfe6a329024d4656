-- Deleting one's own account.

set lock_timeout = '5s';

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
  'Deletes the caller''s user, profile, days off and memberships; their tasks become unassigned, what they wrote for the team stays without their name. The last person takes the organization and all its data along. PT409 (409) for the last owner while others remain.';

grant execute on function private.delete_my_account() to authenticated;
grant execute on function public.delete_my_account() to authenticated;
