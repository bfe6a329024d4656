-- Invitations: how a person joins an organization that exists already.

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
  constraint invitations_email_form check (
    email = lower(email) and email ~ '^[^@\s]+@[^@\s]+$' and char_length(email) <= 320),
  constraint invitations_never_make_an_owner check (org_role <> 'owner')
);
comment on table public.invitations is
  'People invited to join an organization. The token itself is shown once and never stored.';
comment on column public.invitations.invitation_id is 'Key.';
comment on column public.invitations.org_id is 'Organization that invites.';
comment on column public.invitations.email is
  'Address invited, in lower case; only a user with this address can accept.';
comment on column public.invitations.org_role is 'Role the person will have: admin or member, never owner.';
comment on column public.invitations.token_hash is 'SHA-256 of the token, which is random and can''t be found from it.';
comment on column public.invitations.expires_at is 'When the token expires.';
comment on column public.invitations.accepted_at is 'When the token was used; it works once.';
comment on column public.invitations.invited_by is 'Who invited.';
comment on column public.invitations.created_at is 'When the row was created.';
comment on column public.invitations.updated_at is 'When the row was last changed; a trigger sets it.';
-- At most one open invitation per address; org_id first for the policies.
create unique index invitations_open on public.invitations (org_id, email) where accepted_at is null;
create index invitations_org on public.invitations (org_id, created_at);
create index invitations_invited_by on public.invitations (invited_by);

-- Anybody may sign up and invite any address, and each invitation is a mail to somebody who never asked for it. This
-- table is apart from the invitations because withdrawn and renewed ones were mailed, too.
create table private.invitations_made (
  org_id  uuid not null references public.organizations (org_id) on delete cascade,
  email   text not null,
  made_at timestamptz not null default now(),
  constraint invitations_made_key primary key (org_id, email, made_at)
);
comment on table private.invitations_made is
  'Which addresses create_invitation invited within the last hour, one row per call. The organization''s next '
  'invitation deletes older rows.';
comment on column private.invitations_made.org_id is 'Organization that invites.';
comment on column private.invitations_made.email is 'Address invited, in lower case.';
comment on column private.invitations_made.made_at is 'When the invitation was made.';

alter table public.invitations enable row level security;
create policy "Invitations are visible to owners and admins" on public.invitations
  for select to authenticated
  using (org_id = (select private.my_org_id()) and (select private.is_org_admin()));
create policy "Invitations are withdrawn by owners and admins" on public.invitations
  for delete to authenticated
  using (org_id = (select private.my_org_id()) and (select private.is_org_admin()));

create trigger invitations_touch before update on public.invitations
  for each row execute function private.touch_updated_at();

-- Only create_invitation inserts: a caller who could insert could choose the hash.
grant select, delete on public.invitations to authenticated;
grant select, insert, update, delete on public.invitations to service_role;

-- Inviting ----------------------------------------------------------------------------------------------------------

create function private.limit_invitations(org uuid, address text) returns void
language plpgsql set search_path = '' as $$
declare
  open_ones constant integer := 50;
  an_hour constant integer := 20;
  again_from timestamptz;
begin
  -- Invitations of one organization wait for each other, so that each counts the one before.
  perform pg_advisory_xact_lock(hashtextextended('invitations ' || org, 0));
  delete from private.invitations_made m where m.org_id = org and m.made_at <= now() - interval '1 hour';

  select max(m.made_at) + interval '1 minute' into again_from
  from private.invitations_made m where m.org_id = org and m.email = address;
  if again_from > now() then
    raise exception '% was invited less than a minute ago', address
      using errcode = 'PT429',
        hint = format('Invite this address again from %s on.', (again_from + interval '1 second')::timestamptz(0));
  end if;

  select m.made_at + interval '1 hour' into again_from
  from private.invitations_made m where m.org_id = org
  order by m.made_at desc offset an_hour - 1 limit 1;
  if found then
    raise exception '% invitations were made in the last hour, which is as many as can be', an_hour
      using errcode = 'PT429',
        hint = format('Invite again from %s on.', (again_from + interval '1 second')::timestamptz(0));
  end if;

  select min(i.expires_at) into again_from
  from public.invitations i
  where i.org_id = org and i.accepted_at is null and i.expires_at > now() and i.email <> address
  having count(*) >= open_ones;
  if found then
    raise exception '% invitations are open, which is as many as can be', open_ones
      using errcode = 'PT429',
        hint = format(
          'Withdraw one that is no longer wanted, or invite again from %s on, when the next one expires.',
          (again_from + interval '1 second')::timestamptz(0));
  end if;

  insert into private.invitations_made (org_id, email) values (org, address);
end $$;
comment on function private.limit_invitations(uuid, text) is
  'Records that an organization invites an address, or refuses with PT429 (429): within a minute of the last '
  'invitation of the same address, after 20 invitations in an hour, or while 50 are open (neither accepted nor '
  'expired). The hint says when to try again. Runs with its caller''s rights: only definer functions call it.';

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
  perform private.limit_invitations(org, address);
  return query
    insert into public.invitations as i (org_id, email, org_role, token_hash, invited_by)
    values (org, address, create_invitation.org_role, sha256(convert_to(new_token, 'UTF8')), auth.uid())
    on conflict (org_id, email) where accepted_at is null
      do update set org_role = excluded.org_role, token_hash = excluded.token_hash,
                    expires_at = excluded.expires_at, invited_by = excluded.invited_by
    returning i.invitation_id, new_token, i.expires_at;
end $$;
comment on function private.create_invitation(text, public.org_role) is
  'See public.create_invitation. Definer: nobody may insert an invitation or write a hash directly.';
grant execute on function private.create_invitation(text, public.org_role) to authenticated;

create function public.create_invitation(email text, org_role public.org_role default 'member')
returns table (invitation_id uuid, token text, expires_at timestamptz)
language sql security invoker set search_path = '' as $$
  select * from private.create_invitation(create_invitation.email, create_invitation.org_role)
$$;
comment on function public.create_invitation(text, public.org_role) is
  'Invites an address to the caller''s organization (owner or admin). Returns the token, this once; a second call for '
  'the same address replaces the first token. 42501 (403) for other callers, PT409 (409) if the person is already a '
  'member, 22023 (400) for an invalid address or the role owner. PT429 (429) within a minute of inviting the same '
  'address, after 20 invitations in an hour (withdrawn and renewed ones count), and while 50 are open; the hint says '
  'when to try again.';
grant execute on function public.create_invitation(text, public.org_role) to authenticated;

-- Accepting ---------------------------------------------------------------------------------------------------------

create function private.redeem_invitation(token text, email text) returns public.invitations
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
  end if;
  update public.invitations i set accepted_at = now()
  where i.invitation_id = invitation.invitation_id;
  return invitation;
end $$;
comment on function private.redeem_invitation(text, text) is
  'Marks the invitation with this token as accepted and returns it. PT404: unknown token, or invited another address; '
  'PT409: used; PT410: expired. Runs with its caller''s rights: only definer functions call it.';

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
  -- Locks both organizations, in one order: nobody joins the old one while the caller leaves and deletes it.
  perform from public.organizations o
  where o.org_id in (me.org_id, (select i.org_id from public.invitations i
                                 where i.token_hash = sha256(convert_to(accept_invitation.token, 'UTF8'))))
  order by o.org_id for update;
  select p.* into strict me from public.profiles p where p.profile_id = me.profile_id for update;
  invitation := private.redeem_invitation(accept_invitation.token, me.email);
  old_org := me.org_id;
  -- The caller may leave only an unused organization, as sign-up created it: a team's records never lose their people.
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
  'See public.accept_invitation. Definer: it moves the caller into an organization that they can''t see yet.';
grant execute on function private.accept_invitation(text) to authenticated;

create function public.accept_invitation(token text) returns public.profiles
language sql security invoker set search_path = '' as $$
  select private.accept_invitation(accept_invitation.token)
$$;
comment on function public.accept_invitation(text) is
  'Joins the organization that invited the caller, with a token from create_invitation; returns the caller''s '
  'profile. For a signed-in user whose own organization is unused. A new user sends the token as invitation_token in '
  'the metadata of sign-up instead. Auth doesn''t pass on why it refuses such a sign-up: to learn the reason, sign up '
  'without the token and call this function. PT404 (404): unknown token, or invited another address; PT409 (409): '
  'used, or the caller can''t leave their organization; PT410 (410): expired.';
grant execute on function public.accept_invitation(text) to authenticated;
