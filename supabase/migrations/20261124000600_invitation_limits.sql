-- Limits on invitations: anybody may sign up and invite any address, and each invitation is a mail
-- to somebody who never asked for it. The service, which writes the table itself, has none.

set lock_timeout = '5s';
set statement_timeout = '30s';

-- Apart from the invitations, as what is withdrawn or renewed was mailed all the same.
create table private.invitations_made (
  org_id  uuid not null references public.organizations (org_id) on delete cascade,
  email   text not null,
  made_at timestamptz not null default now(),
  constraint invitations_made_key primary key (org_id, email, made_at)
);
comment on table private.invitations_made is
  'Which addresses create_invitation invited within the last hour, once for each call. What is older goes with the organization''s next invitation.';
comment on column private.invitations_made.org_id is 'Organization that invites.';
comment on column private.invitations_made.email is 'Address invited, in lower case.';
comment on column private.invitations_made.made_at is 'When it was.';

create function private.limit_invitations(org uuid, address text) returns void
language plpgsql set search_path = '' as $$
declare
  open_ones constant integer := 50;
  an_hour constant integer := 20;
  again_from timestamptz;
begin
  -- Those of one organization come one after the other, so that each counts the one before.
  perform pg_advisory_xact_lock(hashtextextended('invitations ' || org, 0));
  delete from private.invitations_made m where m.org_id = org and m.made_at <= now() - interval '1 hour';

  select max(m.made_at) + interval '1 minute' into again_from
  from private.invitations_made m where m.org_id = org and m.email = address;
  if again_from > now() then
    raise exception '% was invited less than a minute ago', address
      using errcode = 'PT429', hint = format('Invite this address again from %s on.', (again_from + interval '1 second')::timestamptz(0));
  end if;

  select m.made_at + interval '1 hour' into again_from
  from private.invitations_made m where m.org_id = org
  order by m.made_at desc offset an_hour - 1 limit 1;
  if found then
    raise exception '% invitations were made in the last hour, which is as many as can be', an_hour
      using errcode = 'PT429', hint = format('Invite again from %s on.', (again_from + interval '1 second')::timestamptz(0));
  end if;

  select min(i.expires_at) into again_from
  from public.invitations i
  where i.org_id = org and i.accepted_at is null and i.expires_at > now() and i.email <> address
  having count(*) >= open_ones;
  if found then
    raise exception '% invitations are open, which is as many as can be', open_ones
      using errcode = 'PT429', hint = format('Withdraw one that is no longer wanted, or invite again from %s on, when the next one expires.', (again_from + interval '1 second')::timestamptz(0));
  end if;

  insert into private.invitations_made (org_id, email) values (org, address);
end $$;
comment on function private.limit_invitations(uuid, text) is
  'Notes that an organization invites an address, or refuses it with PT429 (429): the same address a minute after it was invited last, 20 times in an hour, 50 invitations open (neither accepted nor expired) at a time; the hint says from when on it can be. Runs with its caller''s rights: called by a definer function only.';

create or replace function private.create_invitation(email text, org_role public.org_role)
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

comment on function public.create_invitation(text, public.org_role) is
  'Invites an address into the caller''s organization (owner or admin). Returns the token, this once; a second call for the same address replaces the first token. 42501 for others, PT409 (409) if the person is in already, 22023 (400) for a bad address or the role owner. PT429 (429) for the same address within a minute, after 20 invitations within an hour, withdrawn and renewed ones too, and while 50 are open; the hint says when it is free again.';
