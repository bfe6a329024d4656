-- Invitations and sign-up: how a person comes into an organization.
-- A new user of Auth gets an organization of their own, or joins the inviter's.

set lock_timeout = '5s';
set statement_timeout = '30s';

create table public.invitations (
  invitation_id uuid primary key default gen_random_uuid(),
  org_id        uuid not null references public.organizations (org_id) on delete cascade,
  email         text not null,
  org_role      public.org_role not null default 'member',
  token_hash    bytea not null unique,
  expires_at    timestamptz not null default now() + interval '7 days',
  accepted_at   timestamptz,
  invited_by    uuid references public.profiles (profile_id) on delete set null,
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now(),
  constraint invitations_email_form check (email = lower(email) and email ~ '^[^@\s]+@[^@\s]+$' and char_length(email) <= 320),
  constraint invitations_never_make_an_owner check (org_role <> 'owner')
);
comment on table public.invitations is 'Who was asked to join an organization. The token itself is shown once and never stored.';
comment on column public.invitations.invitation_id is 'Key.';
comment on column public.invitations.org_id is 'Organization that invites.';
comment on column public.invitations.email is 'Address invited, in lower case; only a user with this address can accept.';
comment on column public.invitations.org_role is 'Role the person will have: admin or member, never owner.';
comment on column public.invitations.token_hash is 'SHA-256 of the token, which is random and can''t be found from it.';
comment on column public.invitations.expires_at is 'From when on the token is refused.';
comment on column public.invitations.accepted_at is 'When it was used; it works once.';
comment on column public.invitations.invited_by is 'Who invited.';
comment on column public.invitations.created_at is 'When the row was made.';
comment on column public.invitations.updated_at is 'When the row was last changed; set by trigger.';
-- At most one open invitation per address; org_id first for the policies.
create unique index invitations_open on public.invitations (org_id, email) where accepted_at is null;
create index invitations_org on public.invitations (org_id, created_at);
create index invitations_invited_by on public.invitations (invited_by);

create trigger invitations_touch before update on public.invitations
  for each row execute function private.touch_updated_at();

alter table public.invitations enable row level security;
-- Made by create_invitation alone: a caller who could insert could choose the hash.
grant select, delete on public.invitations to authenticated;
grant select, insert, update, delete on public.invitations to service_role;

create policy "Invitations are visible to owners and admins" on public.invitations
  for select to authenticated
  using (org_id = (select private.my_org_id()) and (select private.is_org_admin()));
create policy "Invitations are withdrawn by owners and admins" on public.invitations
  for delete to authenticated
  using (org_id = (select private.my_org_id()) and (select private.is_org_admin()));

-- Inviting --------------------------------------------------------------------------

create function private.create_invitation(email text, org_role public.org_role)
returns table (invitation_id uuid, token text, expires_at timestamptz)
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
declare
  org uuid := private.my_org_id();
  address text := lower(btrim(create_invitation.email));
  new_token text := encode(extensions.gen_random_bytes(32), 'hex');
begin
  if org is null or not private.is_org_admin() then
    raise exception 'only an owner or admin of the organization invites' using errcode = '42501';
  end if;
  if create_invitation.org_role is null or create_invitation.org_role = 'owner' then
    raise exception 'nobody is invited as owner'
      using errcode = '22023', hint = 'Invite as admin or member; an owner can make them owner later.';
  end if;
  if address is null or address !~ '^[^@\s]+@[^@\s]+$' or char_length(address) > 320 then
    raise exception 'email "%" is not an address', create_invitation.email using errcode = '22023';
  end if;
  if exists (select from public.profiles p where p.org_id = org and lower(p.email) = address) then
    raise exception '% is in the organization already', address using errcode = 'PT409';
  end if;
  return query
    insert into public.invitations as i (org_id, email, org_role, token_hash, invited_by)
    values (org, address, create_invitation.org_role, sha256(convert_to(new_token, 'UTF8')), auth.uid())
    on conflict (org_id, email) where accepted_at is null
      do update set org_role = excluded.org_role, token_hash = excluded.token_hash,
                    expires_at = excluded.expires_at, invited_by = excluded.invited_by
    returning i.invitation_id, new_token, i.expires_at;
end $$;
comment on function private.create_invitation(text, public.org_role) is
  'See public.create_invitation. Definer: nobody may insert invitations or write a hash directly.';

create function public.create_invitation(email text, org_role public.org_role default 'member')
returns table (invitation_id uuid, token text, expires_at timestamptz)
language sql security invoker set search_path = '' as $$
  select * from private.create_invitation(create_invitation.email, create_invitation.org_role)
$$;
comment on function public.create_invitation(text, public.org_role) is
  'Invites an address into the caller''s organization (owner or admin). Returns the token, this once; a second call for the same address replaces the first token. 42501 for others, PT409 (409) if the person is in already, 22023 (400) for a bad address or the role owner.';

-- Accepting -------------------------------------------------------------------------

create function private.redeem_invitation(token text, email text) returns public.invitations
language plpgsql set search_path = '' as $$
declare
  invitation public.invitations;
begin
  -- The row lock decides between two who come at the same moment: the second sees accepted_at.
  -- The organization first, as whoever deletes it locks it before its invitations.
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
  end if;
  update public.invitations i set accepted_at = now()
  where i.invitation_id = invitation.invitation_id;
  return invitation;
end $$;
comment on function private.redeem_invitation(text, text) is
  'Marks the invitation with this token as accepted and returns it; raises PT404 (unknown or for another address), PT409 (used), PT410 (expired). Runs with its caller''s rights: called by definer functions only.';

create function private.accept_invitation(token text) returns public.profiles
language plpgsql security definer set search_path = '' as $$
declare
  me public.profiles;
  invitation public.invitations;
  old_org uuid;
begin
  select p.* into me from public.profiles p where p.profile_id = auth.uid();
  if not found then
    raise exception 'sign in first' using errcode = '42501';
  end if;
  -- Both organizations, in one order: nobody joins ours while we leave and delete it.
  perform from public.organizations o
  where o.org_id in (me.org_id, (select i.org_id from public.invitations i
                                 where i.token_hash = sha256(convert_to(accept_invitation.token, 'UTF8'))))
  order by o.org_id for update;
  select p.* into strict me from public.profiles p where p.profile_id = me.profile_id for update;
  invitation := private.redeem_invitation(accept_invitation.token, me.email);
  old_org := me.org_id;
  -- Only out of the organization that sign-up made and nobody has used: what a team has
  -- written is never left without its people.
  if exists (select from public.profiles p where p.org_id = old_org and p.profile_id <> me.profile_id)
     or exists (select from public.accounts a where a.org_id = old_org)
     or exists (select from public.projects p where p.org_id = old_org) then
    raise exception 'you belong to another organization that has people or records'
      using errcode = 'PT409', hint = 'Sign up with another address, or delete this account first.';
  end if;
  update public.profiles p
  set org_id = invitation.org_id, org_role = invitation.org_role,
      username = private.free_username(invitation.org_id, p.username)
  where p.profile_id = me.profile_id returning p.* into me;
  delete from public.organizations o where o.org_id = old_org;
  return me;
end $$;
comment on function private.accept_invitation(text) is
  'See public.accept_invitation. Definer: it moves the caller into an organization they can''t see yet.';

create function public.accept_invitation(token text) returns public.profiles
language sql security invoker set search_path = '' as $$
  select private.accept_invitation(accept_invitation.token)
$$;
comment on function public.accept_invitation(text) is
  'Joins the inviter''s organization with a token from create_invitation; returns the caller''s profile. For a signed-in user whose own organization is still unused. New users send the token as invitation_token in the metadata of sign-up instead; Auth then doesn''t pass on why it was refused: whoever wants to know signs up without it and calls this. PT404 (404) unknown or for another address, PT409 (409) used or not free to go, PT410 (410) expired.';

-- Sign-up ---------------------------------------------------------------------------

create function private.free_username(org_id uuid, wanted text) returns text
language sql stable set search_path = '' as $$
  -- The wanted name, else the first of name-2, name-3 … that nobody has.
  select candidate
  from (select 1 as n, wanted as candidate
        union all
        select n, wanted || '-' || n
        from generate_series(2, 2 + (select count(*)::int from public.profiles p
                                     where p.org_id = free_username.org_id)) n) names
  where not exists (select from public.profiles p
                    where p.org_id = free_username.org_id and lower(p.username) = lower(candidate))
  order by n limit 1
$$;
comment on function private.free_username(uuid, text) is
  'A user name nobody in the organization has: the wanted one, or that with -2, -3 … behind.';

create function private.handle_new_user() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  -- Some Auth servers store the object as a JSON string.
  meta jsonb := case jsonb_typeof(new.raw_user_meta_data)
                  when 'string' then (new.raw_user_meta_data #>> '{}')::jsonb
                  else coalesce(new.raw_user_meta_data, '{}') end;
  local_part text := left(split_part(new.email, '@', 1), 90);
  -- The default zone isn't looked up: the list is read from files.
  zone text := nullif(nullif(meta ->> 'timezone', ''), 'Asia/Seoul');
  given text := left(nullif(btrim(meta ->> 'first_name'), ''), 100);
  family text := left(nullif(btrim(meta ->> 'last_name'), ''), 100);
  invitation public.invitations;
  org uuid;
  role_in_org public.org_role := 'owner';
begin
  if nullif(meta ->> 'invitation_token', '') is not null then
    invitation := private.redeem_invitation(meta ->> 'invitation_token', new.email);
    org := invitation.org_id;
    role_in_org := invitation.org_role;
  else
    insert into public.organizations (org_name, timezone, locale)
    values (
      left(coalesce(nullif(btrim(meta ->> 'org_name'), ''), local_part), 200),
      coalesce((select z.name from pg_catalog.pg_timezone_names z where lower(z.name) = lower(zone)), 'Asia/Seoul'),
      case left(lower(meta ->> 'locale'), 2) when 'en' then 'en' else 'ko' end::public.org_locale)
    returning org_id into org;
  end if;
  -- Two who join at once with the same name wait for each other here.
  perform from public.organizations o where o.org_id = org for no key update;
  insert into public.profiles (profile_id, org_id, org_role, username, email, first_name, last_name, is_verified)
  values (
    new.id, org, role_in_org,
    private.free_username(org, left(coalesce(nullif(btrim(meta ->> 'username'), ''), local_part), 90)),
    new.email, given, family, new.email_confirmed_at is not null);
  return new;
end $$;
comment on function private.handle_new_user() is
  'Trigger on auth.users: makes the profile, and an organization or the membership an invitation_token in the metadata gives. Metadata read: first_name, last_name, username, org_name, timezone (IANA) and locale (as a browser has it, ko-KR); what isn''t known there falls back to Asia/Seoul and Korean. An invitation that can''t be redeemed refuses the sign-up. Definer: Auth''s own role has no rights here.';

create function private.handle_user_change() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  update public.profiles p
  set email = new.email, is_verified = new.email_confirmed_at is not null
  where p.profile_id = new.id;
  return new;
end $$;
comment on function private.handle_user_change() is
  'Trigger on auth.users: the profile''s address and its confirmation follow Auth. Definer: Auth''s own role has no rights here.';

create trigger on_user_created after insert on auth.users
  for each row execute function private.handle_new_user();
create trigger on_user_changed after update on auth.users
  for each row when ((old.email, old.email_confirmed_at) is distinct from (new.email, new.email_confirmed_at))
  execute function private.handle_user_change();

grant execute on function private.create_invitation(text, public.org_role), private.accept_invitation(text) to authenticated;
grant execute on function public.create_invitation(text, public.org_role), public.accept_invitation(text) to authenticated;
