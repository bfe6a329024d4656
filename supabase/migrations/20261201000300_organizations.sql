-- Organizations: the tenant. Everything else belongs to exactly one of them.
-- An organization also has the calendar of its figures: time zone, working days and holidays.

set lock_timeout = '5s';
set statement_timeout = '30s';

create type public.org_locale as enum ('ko', 'en');
comment on type public.org_locale is 'Languages the product supports.';

-- Who the caller is. No answer depends on a row, so inside "(select …)" PostgreSQL asks once per statement. Each
-- function reads the caller's id before its query: inside the query PostgreSQL would prepare it again each time.
-- Both read public.profiles, which the next migration makes: PL/pgSQL looks a table up when the function runs.

create function private.my_org_id() returns uuid
language plpgsql stable security definer set search_path = '' as $$
declare
  me constant uuid := auth.uid();
begin
  return (select p.org_id from public.profiles p where p.profile_id = me);
end $$;
comment on function private.my_org_id() is
  'The caller''s organization; null for nobody. Definer: the policy of profiles itself calls it.';
grant execute on function private.my_org_id() to authenticated, service_role;

create function private.is_org_admin() returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select exists (
      select from public.profiles p
      where p.profile_id = (select auth.uid()) and p.org_role in ('owner', 'admin')));
end $$;
comment on function private.is_org_admin() is
  'Whether the caller is owner or admin of their organization. Definer: the policy of profiles itself calls it.';
grant execute on function private.is_org_admin() to authenticated, service_role;

create table public.organizations (
  org_id        uuid primary key default gen_random_uuid(),
  org_name      text not null,
  org_type      text,
  timezone      text not null default 'Asia/Seoul',
  working_days  smallint[] not null default '{1,2,3,4,5}',
  locale        public.org_locale not null default 'ko',
  reminder_time time not null default '10:00',
  digest_time   time not null default '11:00',
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now(),
  constraint organizations_org_name_length check (char_length(btrim(org_name)) between 1 and 200),
  constraint organizations_org_type_length check (char_length(org_type) <= 100),
  constraint organizations_working_days_are_iso check (
    cardinality(working_days) between 1 and 7 and working_days <@ '{1,2,3,4,5,6,7}'::smallint[]),
  -- PostgreSQL knows the time 24:00; no clock shows it.
  constraint organizations_times_are_of_a_day check (reminder_time < '24:00' and digest_time < '24:00')
);
comment on table public.organizations is
  'A tenant: a team or company that uses MySingle. No data crosses from one organization to another.';
comment on column public.organizations.org_id is 'Key.';
comment on column public.organizations.org_name is 'Name as its members write it, 1 to 200 characters.';
comment on column public.organizations.org_type is 'What kind of organization it is, in its own words.';
comment on column public.organizations.timezone is 'IANA time zone in which the organization''s days begin and end.';
comment on column public.organizations.working_days is 'ISO weekdays worked: 1 Monday to 7 Sunday.';
comment on column public.organizations.locale is 'Language of messages to the organization as a whole.';
comment on column public.organizations.reminder_time is
  'Local time from which members who haven''t posted are reminded of the day''s scrum.';
comment on column public.organizations.digest_time is 'Local time from which the digest of the day''s scrum is sent.';
comment on column public.organizations.created_at is 'When the row was created.';
comment on column public.organizations.updated_at is 'When the row was last changed; a trigger sets it.';

create table public.org_holidays (
  org_id       uuid not null default private.my_org_id() references public.organizations (org_id) on delete cascade,
  holiday_date date not null,
  name         text not null,
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now(),
  primary key (org_id, holiday_date),
  constraint org_holidays_holiday_date_in_range check (private.is_calendar_day(holiday_date)),
  constraint org_holidays_name_length check (char_length(btrim(name)) between 1 and 200)
);
comment on table public.org_holidays is
  'Days on which an organization doesn''t work although they are weekdays it works.';
comment on column public.org_holidays.org_id is 'Organization that observes the holiday; the caller''s by default.';
comment on column public.org_holidays.holiday_date is 'The day, in the organization''s time zone.';
comment on column public.org_holidays.name is 'Name of the holiday, e.g. 설날.';
comment on column public.org_holidays.created_at is 'When the row was created.';
comment on column public.org_holidays.updated_at is 'When the row was last changed; a trigger sets it.';

alter table public.organizations enable row level security;
create policy "An organization is visible to its people" on public.organizations
  for select to authenticated
  using (org_id = (select private.my_org_id()));
create policy "An organization is changed by its owners and admins" on public.organizations
  for update to authenticated
  using (org_id = (select private.my_org_id()) and (select private.is_org_admin()))
  with check (org_id = (select private.my_org_id()));

alter table public.org_holidays enable row level security;
create policy "Holidays are visible to the organization" on public.org_holidays
  for select to authenticated
  using (org_id = (select private.my_org_id()));
create policy "Holidays are added by owners and admins" on public.org_holidays
  for insert to authenticated
  with check (org_id = (select private.my_org_id()) and (select private.is_org_admin()));
create policy "Holidays are changed by owners and admins" on public.org_holidays
  for update to authenticated
  using (org_id = (select private.my_org_id()) and (select private.is_org_admin()))
  with check (org_id = (select private.my_org_id()));
create policy "Holidays are deleted by owners and admins" on public.org_holidays
  for delete to authenticated
  using (org_id = (select private.my_org_id()) and (select private.is_org_admin()));

create function private.check_timezone() returns trigger
language plpgsql set search_path = '' as $$
begin
  -- Not "at time zone", which also accepts POSIX strings such as UTC+9 (west of Greenwich).
  if not exists (select from pg_catalog.pg_timezone_names where name = new.timezone) then
    raise exception 'time zone "%" is not known', new.timezone
      using errcode = '22023', hint = 'Use an IANA name such as Asia/Seoul.';
  end if;
  return new;
end $$;
comment on function private.check_timezone() is 'Trigger: refuses a time zone that isn''t an IANA name.';

-- Not for the default zone: PostgreSQL reads the list of zones from files, which takes longer than a sign-up.
create trigger organizations_check_timezone_on_insert before insert on public.organizations
  for each row when (new.timezone <> 'Asia/Seoul') execute function private.check_timezone();
create trigger organizations_check_timezone_on_update before update on public.organizations
  for each row when (old.timezone is distinct from new.timezone)
  execute function private.check_timezone();
create trigger organizations_touch before update on public.organizations
  for each row execute function private.touch_updated_at();
create trigger organizations_keep_key before update on public.organizations
  for each row when (old.org_id is distinct from new.org_id)
  execute function private.refuse_change('org_id', 'It is the row''s key.');

create trigger org_holidays_touch before update on public.org_holidays
  for each row execute function private.touch_updated_at();
create trigger org_holidays_keep_org before update on public.org_holidays
  for each row when (old.org_id is distinct from new.org_id)
  execute function private.refuse_change('org_id', 'A row stays in its organization.');

grant select on public.organizations to authenticated;
grant
  update (org_id, org_name, org_type, timezone, working_days, locale, reminder_time, digest_time)
  on public.organizations to authenticated;
grant select, insert, update, delete on public.organizations to service_role;
grant select, delete on public.org_holidays to authenticated;
grant insert (org_id, holiday_date, name), update (org_id, holiday_date, name) on public.org_holidays to authenticated;
grant select, insert, update, delete on public.org_holidays to service_role;

create function private.org_today(org_id uuid) returns date
language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    select (now() at time zone o.timezone)::date
    from public.organizations o where o.org_id = org_today.org_id);
end $$;
comment on function private.org_today(uuid) is
  'Today''s date in the organization''s time zone. Definer: column defaults and triggers call it before the row that '
  'proves membership exists.';
grant execute on function private.org_today(uuid) to authenticated, service_role;

create function private.is_working_day(org_id uuid, day date) returns boolean
language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    select extract(isodow from day)::smallint = any (o.working_days)
       and not exists (
         select from public.org_holidays h
         where h.org_id = o.org_id and h.holiday_date = is_working_day.day)
    from public.organizations o where o.org_id = is_working_day.org_id);
end $$;
comment on function private.is_working_day(uuid, date) is
  'Whether the organization works on that day: the weekday is a working day and the date no holiday. Definer: '
  'triggers call it whatever the caller may see.';
grant execute on function private.is_working_day(uuid, date) to authenticated, service_role;
