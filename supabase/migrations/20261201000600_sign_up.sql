-- Sign-up: a new user of Auth gets a profile, and an organization of their own or the one that invites them.

set lock_timeout = '5s';
set statement_timeout = '30s';

create function private.free_username(org_id uuid, wanted text) returns text
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    -- The wanted name, else the first of name-2, name-3 … that is free.
    select candidate
    from (select 1 as n, wanted as candidate
          union all
          select n, wanted || '-' || n
          from generate_series(2, 2 + (select count(*)::int from public.profiles p
                                       where p.org_id = free_username.org_id)) n) names
    where not exists (select from public.profiles p
                      where p.org_id = free_username.org_id and lower(p.username) = lower(candidate))
    order by n limit 1);
end $$;
comment on function private.free_username(uuid, text) is
  'A user name that nobody in the organization has: the wanted one, or the first of -2, -3 … behind it that is free.';

create function private.handle_new_user() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  -- Some Auth servers store the object as a JSON string.
  meta jsonb := case jsonb_typeof(new.raw_user_meta_data)
                  when 'string' then (new.raw_user_meta_data #>> '{}')::jsonb
                  else coalesce(new.raw_user_meta_data, '{}') end;
  local_part text := left(split_part(new.email, '@', 1), 90);
  -- The default zone isn't looked up: PostgreSQL reads the list from files.
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
  -- Two people who join at the same time with the same name wait for each other here.
  perform from public.organizations o where o.org_id = org for no key update;
  insert into public.profiles (profile_id, org_id, org_role, username, email, first_name, last_name, is_verified)
  values (
    new.id, org, role_in_org,
    private.free_username(org, left(coalesce(nullif(btrim(meta ->> 'username'), ''), local_part), 90)),
    new.email, given, family, new.email_confirmed_at is not null);
  return new;
end $$;
comment on function private.handle_new_user() is
  'Trigger on auth.users: creates the profile, and either an organization or the membership of an invitation_token in '
  'the metadata. Metadata it reads: first_name, last_name, username, org_name, timezone (IANA) and locale (as in a '
  'browser, ko-KR); an unknown zone or locale becomes Asia/Seoul or Korean. An invitation that can''t be redeemed '
  'refuses the sign-up. Definer: Auth''s own role has no rights here.';

create function private.handle_user_change() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  update public.profiles p
  set email = new.email, is_verified = new.email_confirmed_at is not null
  where p.profile_id = new.id;
  return new;
end $$;
comment on function private.handle_user_change() is
  'Trigger on auth.users: copies the address and its confirmation to the profile. Definer: Auth''s own role has no '
  'rights here.';

create trigger on_user_created after insert on auth.users
  for each row execute function private.handle_new_user();
create trigger on_user_changed after update on auth.users
  for each row when ((old.email, old.email_confirmed_at) is distinct from (new.email, new.email_confirmed_at))
  execute function private.handle_user_change();
