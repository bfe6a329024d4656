-- Organizations: the tenant. Everything else belongs to exactly one of them.
-- Also the calendar that the figures of an organization are computed in: its time zone,
-- working days and holidays.

set lock_timeout = '5s';
set statement_timeout = '30s';

create type public.org_locale as enum ('ko', 'en');
comment on type public.org_locale is 'Languages the product speaks.';

create table public.organizations (
  org_id       uuid primary key default gen_random_uuid(),
  org_name     text not null,
  org_type     text,
  timezone     text not null default 'Asia/Seoul',
  working_days smallint[] not null default '{1,2,3,4,5}',
  locale       public.org_locale not null default 'ko',
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now(),
  constraint organizations_org_name_length check (char_length(btrim(org_name)) between 1 and 200),
  constraint organizations_org_type_length check (char_length(org_type) <= 100),
  constraint organizations_working_days_are_iso check (
    cardinality(working_days) between 1 and 7 and working_days <@ '{1,2,3,4,5,6,7}'::smallint[])
);
comment on table public.organizations is 'A customer of MySingle: a team or company. Nothing crosses its border.';
comment on column public.organizations.org_id is 'Key.';
comment on column public.organizations.org_name is 'Name as its people write it, 1 to 200 characters.';
comment on column public.organizations.org_type is 'What kind of organization it is, in its own words.';
comment on column public.organizations.timezone is 'IANA time zone in which its days begin and end.';
comment on column public.organizations.working_days is 'ISO weekdays worked: 1 Monday to 7 Sunday.';
comment on column public.organizations.locale is 'Language of what is sent to the organization as a whole.';
comment on column public.organizations.created_at is 'When the row was made.';
comment on column public.organizations.updated_at is 'When the row was last changed; set by trigger.';

create table public.org_holidays (
  org_id       uuid not null references public.organizations (org_id) on delete cascade,
  holiday_date date not null,
  name         text not null,
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now(),
  primary key (org_id, holiday_date),
  constraint org_holidays_holiday_date_in_range check (private.is_calendar_day(holiday_date)),
  constraint org_holidays_name_length check (char_length(btrim(name)) between 1 and 200)
);
comment on table public.org_holidays is 'Days on which an organization doesn''t work although its week says so.';
comment on column public.org_holidays.org_id is 'Organization that keeps the holiday.';
comment on column public.org_holidays.holiday_date is 'The day, in the organization''s time zone.';
comment on column public.org_holidays.name is 'What is kept, e.g. 설날.';
comment on column public.org_holidays.created_at is 'When the row was made.';
comment on column public.org_holidays.updated_at is 'When the row was last changed; set by trigger.';

create function private.check_timezone() returns trigger
language plpgsql set search_path = '' as $$
begin
  -- Not "at time zone": that would take POSIX strings such as UTC+9 (which is west) too.
  if not exists (select from pg_catalog.pg_timezone_names where name = new.timezone) then
    raise exception 'time zone "%" is not known', new.timezone
      using errcode = '22023', hint = 'Use an IANA name such as Asia/Seoul.';
  end if;
  return new;
end $$;
comment on function private.check_timezone() is 'Trigger: refuses a time zone that is no IANA name.';

-- Not for the default: the list of zones is read from files, which takes longer than a sign-up.
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

create function private.org_today(org_id uuid) returns date
language sql stable security definer set search_path = '' as $$
  select (now() at time zone o.timezone)::date
  from public.organizations o where o.org_id = org_today.org_id
$$;
comment on function private.org_today(uuid) is
  'Today''s date in the organization''s time zone. Definer: column defaults and triggers need it before the row that proves membership exists.';

create function private.is_working_day(org_id uuid, day date) returns boolean
language sql stable security definer set search_path = '' as $$
  select extract(isodow from day)::smallint = any (o.working_days)
     and not exists (
       select from public.org_holidays h
       where h.org_id = o.org_id and h.holiday_date = is_working_day.day)
  from public.organizations o where o.org_id = is_working_day.org_id
$$;
comment on function private.is_working_day(uuid, date) is
  'Whether the organization works on that day: its weekday is a working day and no holiday. Definer: read by triggers whatever the caller may see.';

alter table public.organizations enable row level security;
alter table public.org_holidays enable row level security;

grant select on public.organizations to authenticated;
grant update (org_id, org_name, org_type, timezone, working_days, locale) on public.organizations to authenticated;
grant select, delete on public.org_holidays to authenticated;
grant insert (org_id, holiday_date, name), update (org_id, holiday_date, name) on public.org_holidays to authenticated;
grant select, insert, update, delete on public.organizations, public.org_holidays to service_role;
grant execute on function private.org_today(uuid), private.is_working_day(uuid, date) to authenticated, service_role;
-- The policies follow in the profiles migration: they ask who the caller is.
