-- Profiles: the people of an organization, one row per user of Auth, and their days off.

set lock_timeout = '5s';
set statement_timeout = '30s';

create type public.org_role as enum ('owner', 'admin', 'member');
comment on type public.org_role is 'What a person may do in the organization: owner and admin administer it.';

create table public.profiles (
  profile_id  uuid primary key references auth.users (id) on delete cascade,
  org_id      uuid not null references public.organizations (org_id) on delete cascade,
  org_role    public.org_role not null default 'member',
  username    text not null,
  email       text not null,
  first_name  text,
  last_name   text,
  full_name   text generated always as (
    case
      when nullif(btrim(first_name), '') is null then nullif(btrim(last_name), '')
      when nullif(btrim(last_name), '') is null then btrim(first_name)
      when first_name ~ '[가-힣]' then btrim(last_name) || btrim(first_name)
      else btrim(first_name) || ' ' || btrim(last_name)
    end) stored,
  job_role    text,
  work_email  text,
  is_verified boolean not null default false,
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now(),
  constraint profiles_in_org unique (profile_id, org_id),
  constraint profiles_username_length check (char_length(btrim(username)) between 1 and 100),
  constraint profiles_first_name_length check (char_length(first_name) <= 100),
  constraint profiles_last_name_length check (char_length(last_name) <= 100),
  constraint profiles_job_role_length check (char_length(job_role) <= 100),
  constraint profiles_work_email_form check (work_email ~ '^[^@\s]+@[^@\s]+$' and char_length(work_email) <= 320)
);
comment on table public.profiles is 'A person: a user of Auth as a member of one organization.';
comment on column public.profiles.profile_id is 'Key; the same as auth.users.id.';
comment on column public.profiles.org_id is 'Organization the person belongs to.';
comment on column public.profiles.org_role is
  'Role in the organization. Owners and admins change it; only an owner appoints or removes an owner.';
comment on column public.profiles.username is 'Short name, unique in the organization regardless of case.';
comment on column public.profiles.email is 'Sign-in address; follows auth.users.';
comment on column public.profiles.first_name is 'Given name.';
comment on column public.profiles.last_name is 'Family name.';
comment on column public.profiles.full_name is
  'Name to show: family name directly followed by given name when that is in Hangul, else "first last"; either may be '
  'missing.';
comment on column public.profiles.job_role is 'What the person does, in their own words.';
comment on column public.profiles.work_email is 'Work address, if it isn''t the sign-in address.';
comment on column public.profiles.is_verified is 'Whether Auth has confirmed the sign-in address; follows auth.users.';
comment on column public.profiles.created_at is 'When the row was created.';
comment on column public.profiles.updated_at is 'When the row was last changed; a trigger sets it.';
-- org_id first: the column the policies filter on.
create unique index profiles_username_in_org on public.profiles (org_id, lower(username));

create table public.days_off (
  day_off_id uuid primary key default gen_random_uuid(),
  profile_id uuid not null default auth.uid(),
  org_id     uuid not null default private.my_org_id(),
  from_date  date not null,
  to_date    date not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint days_off_of_profile foreign key (profile_id, org_id)
    references public.profiles (profile_id, org_id) on update cascade on delete cascade,
  constraint days_off_in_range check (private.is_calendar_day(from_date) and private.is_calendar_day(to_date)),
  constraint days_off_in_order check (to_date >= from_date)
);
comment on table public.days_off is
  'Days on which a person is away: no scrum update is expected of them, and they have no capacity.';
comment on column public.days_off.day_off_id is 'Key.';
comment on column public.days_off.profile_id is 'Who is away.';
comment on column public.days_off.org_id is 'Organization of the person; filled in by default.';
comment on column public.days_off.from_date is 'First day away, in the organization''s time zone.';
comment on column public.days_off.to_date is 'Last day away, included.';
comment on column public.days_off.created_at is 'When the row was created.';
comment on column public.days_off.updated_at is 'When the row was last changed; a trigger sets it.';
create index days_off_profile on public.days_off (profile_id, org_id);
create index days_off_org_dates on public.days_off (org_id, from_date);

alter table public.profiles enable row level security;
create policy "Profiles are visible to the same organization" on public.profiles
  for select to authenticated
  using (org_id = (select private.my_org_id()));
-- private.guard_profile_change decides which columns.
create policy "A profile is changed by its person, its role by admins" on public.profiles
  for update to authenticated
  using (org_id = (select private.my_org_id())
         and (profile_id = (select auth.uid()) or (select private.is_org_admin())))
  with check (org_id = (select private.my_org_id()));

alter table public.days_off enable row level security;
create policy "Days off are visible to the same organization" on public.days_off
  for select to authenticated
  using (org_id = (select private.my_org_id()));
create policy "Days off are added by the person, an owner or an admin" on public.days_off
  for insert to authenticated
  with check (org_id = (select private.my_org_id())
              and (profile_id = (select auth.uid()) or (select private.is_org_admin())));
create policy "Days off are changed by the person, an owner or an admin" on public.days_off
  for update to authenticated
  using (org_id = (select private.my_org_id())
         and (profile_id = (select auth.uid()) or (select private.is_org_admin())))
  with check (org_id = (select private.my_org_id()));
create policy "Days off are deleted by the person, an owner or an admin" on public.days_off
  for delete to authenticated
  using (org_id = (select private.my_org_id())
         and (profile_id = (select auth.uid()) or (select private.is_org_admin())));

create function private.guard_profile_change() returns trigger
language plpgsql set search_path = '' as $$
declare
  caller uuid := auth.uid();
  caller_is_owner boolean;
begin
  if new.org_role is distinct from old.org_role then
    if not private.is_org_admin() then
      raise exception 'only an owner or admin of the organization changes roles'
        using errcode = '42501';
    end if;
    select p.org_role = 'owner' into caller_is_owner
    from public.profiles p where p.profile_id = caller;
    if 'owner' in (new.org_role, old.org_role) and not caller_is_owner then
      raise exception 'only an owner makes or unmakes an owner' using errcode = '42501';
    end if;
  end if;
  if old.profile_id <> caller
     and (new.username, new.first_name, new.last_name, new.job_role, new.work_email)
         is distinct from
         (old.username, old.first_name, old.last_name, old.job_role, old.work_email) then
    raise exception 'a person''s own details are changed by that person'
      using errcode = '42501', hint = 'Owners and admins may change org_role.';
  end if;
  return new;
end $$;
comment on function private.guard_profile_change() is
  'Trigger: an API caller changes their own details; owners and admins change roles; only an owner appoints or '
  'removes an owner.';

create function private.keep_an_owner() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  -- The lock makes two owners who leave at the same time wait for each other. Without a row the organization itself is
  -- being deleted, and all of its members with it.
  perform from public.organizations o where o.org_id = old.org_id for no key update;
  if found
     and ((tg_op = 'UPDATE' and new.org_id = old.org_id)
          or exists (select from public.profiles p
                     where p.org_id = old.org_id and p.profile_id <> old.profile_id))
     and not exists (select from public.profiles p
                     where p.org_id = old.org_id and p.profile_id <> old.profile_id
                       and p.org_role = 'owner') then
    raise exception 'the last owner can''t leave or be demoted while others remain'
      using errcode = 'PT409', hint = 'Make another person owner first.';
  end if;
  return case tg_op when 'DELETE' then old else new end;
end $$;
comment on function private.keep_an_owner() is
  'Trigger: an organization with members keeps an owner. Definer: it locks and counts rows that the caller may not '
  'see.';

create trigger profiles_guard_change before update on public.profiles
  for each row when (current_user = 'authenticated')
  execute function private.guard_profile_change();
create trigger profiles_keep_key before update on public.profiles
  for each row when (old.profile_id is distinct from new.profile_id)
  execute function private.refuse_change('profile_id', 'It is the row''s key.');
create trigger profiles_keep_org before update on public.profiles
  for each row when (old.org_id is distinct from new.org_id and current_user in ('authenticated', 'service_role'))
  execute function private.refuse_change('org_id', 'A person changes organization by accept_invitation.');
create trigger profiles_keep_an_owner_on_update before update on public.profiles
  for each row when (old.org_role = 'owner' and (new.org_role <> 'owner' or new.org_id <> old.org_id))
  execute function private.keep_an_owner();
create trigger profiles_keep_an_owner_on_delete before delete on public.profiles
  for each row when (old.org_role = 'owner')
  execute function private.keep_an_owner();
create trigger profiles_touch before update on public.profiles
  for each row execute function private.touch_updated_at();

create trigger days_off_touch before update on public.days_off
  for each row execute function private.touch_updated_at();
create trigger days_off_keep_key before update on public.days_off
  for each row when ((old.day_off_id, old.profile_id) is distinct from (new.day_off_id, new.profile_id))
  execute function private.refuse_change('day_off_id, profile_id', 'Delete the row and make another.');

grant select on public.profiles to authenticated;
grant
  update (profile_id, org_role, username, first_name, last_name, job_role, work_email)
  on public.profiles to authenticated;
grant select, insert, update, delete on public.profiles to service_role;
grant select, delete on public.days_off to authenticated;
grant
  insert (day_off_id, profile_id, org_id, from_date, to_date),
  update (day_off_id, profile_id, org_id, from_date, to_date)
  on public.days_off to authenticated;
grant select, insert, update, delete on public.days_off to service_role;
