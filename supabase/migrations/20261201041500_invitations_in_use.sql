-- Invitations in use: an invitation is good while who made it may invite. Otherwise an admin who expects to go, or to
-- be demoted, could invite another address of theirs.

set lock_timeout = '5s';
set statement_timeout = '30s';

create or replace function private.redeem_invitation(token text, email text) returns public.invitations
language plpgsql set search_path = '' as $$
declare
  invitation public.invitations;
begin
  -- The row lock orders two callers with the same token: the second sees accepted_at. The organization is locked first,
  -- because a deletion of the organization locks it before its invitations.
  perform from public.organizations o
  where o.org_id = (select i.org_id from public.invitations i
                    where i.token_hash = sha256(convert_to(redeem_invitation.token, 'UTF8')))
  for no key update;
  select i.* into invitation from public.invitations i
  where i.token_hash = sha256(convert_to(redeem_invitation.token, 'UTF8'))
  for update;
  if not found or invitation.email <> lower(redeem_invitation.email) then
    raise exception 'no invitation for this address has this token'
      using errcode = 'PT404', hint = 'Sign in with the address that was invited, or ask for a new invitation.';
  elsif invitation.accepted_at is not null then
    raise exception 'the invitation has been used' using errcode = 'PT409';
  elsif invitation.expires_at <= now() then
    raise exception 'the invitation has expired'
      using errcode = 'PT410', hint = 'Ask for a new one.';
  elsif invitation.invited_by is not null and not exists (
      select from public.profiles p
      where p.profile_id = invitation.invited_by and p.org_id = invitation.org_id
        and p.org_role in ('owner', 'admin')) then
    raise exception 'who invited may not invite any more'
      using errcode = 'PT410', hint = 'Ask for a new one.';
  end if;
  update public.invitations i set accepted_at = now()
  where i.invitation_id = invitation.invitation_id;
  return invitation;
end $$;
comment on function private.redeem_invitation(text, text) is
  'Marks the invitation with this token as accepted and returns it. PT404: unknown token, or invited another address; '
  'PT409: used; PT410: expired, or who invited is no owner or admin of the organization any more. Runs with its '
  'caller''s rights: only definer functions call it.';

comment on function public.accept_invitation(text) is
  'Joins the organization that invited the caller, with a token from create_invitation; returns the caller''s '
  'profile. For a signed-in user whose own organization is unused. A new user sends the token as invitation_token in '
  'the metadata of sign-up instead. Auth doesn''t pass on why it refuses such a sign-up: to learn the reason, sign up '
  'without the token and call this function. PT404 (404): unknown token, or invited another address; PT409 (409): '
  'used, or the caller can''t leave their organization; PT410 (410): expired, or who invited may not invite any more.';

create function private.withdraw_invitations() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  delete from public.invitations i where i.invited_by = old.profile_id and i.accepted_at is null;
  return old;
end $$;
comment on function private.withdraw_invitations() is
  'Trigger: deletes the open invitations that a person made, before their profile goes and takes its name off them. '
  'Definer: who deletes a profile needn''t have a right to the invitations.';

create trigger profiles_withdraw_invitations before delete on public.profiles
  for each row execute function private.withdraw_invitations();
