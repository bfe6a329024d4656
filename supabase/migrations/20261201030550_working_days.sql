-- Working days: one function decides which days of a calendar are worked on. An organization's calendar and that of a
-- sprint, which its completion freezes, are both given to it.

set lock_timeout = '5s';
set statement_timeout = '30s';

create function private.judge_days(from_day date, to_day date, working_days smallint[], holidays date[])
returns table (day date, is_working boolean, is_holiday boolean)
language plpgsql immutable set search_path = '' rows 30 as $$
#variable_conflict use_column
begin
  -- The series from 'infinity' has no end.
  if not (isfinite(judge_days.from_day) and isfinite(judge_days.to_day)) then
    return;
  end if;
  return query
    select d.day, d.is_weekday and not d.is_free, d.is_weekday and d.is_free
    from (
      select g::date as day,
        extract(isodow from g)::smallint = any (judge_days.working_days) as is_weekday,
        g::date = any (judge_days.holidays) as is_free
      from generate_series(from_day::timestamp, to_day::timestamp, interval '1 day') g) d;
end $$;
comment on function private.judge_days(date, date, smallint[], date[]) is
  'The days from from_day to to_day, both included, in a calendar of ISO weekdays that are worked on and of holidays. '
  'is_working: the day is worked on. is_holiday: it would be, if it were no holiday. No rows where a day is infinite.';
grant execute on function private.judge_days(date, date, smallint[], date[]) to authenticated, service_role;

create or replace function private.calendar_days(org_id uuid, from_day date, to_day date)
returns table (day date, is_working boolean)
language plpgsql stable set search_path = '' rows 30 as $$
#variable_conflict use_column
begin
  return query
    select d.day, d.is_working
    from public.organizations o
    cross join lateral private.judge_days(
      calendar_days.from_day, calendar_days.to_day, o.working_days,
      array(
        select h.holiday_date from public.org_holidays h
        where h.org_id = o.org_id
          and h.holiday_date between calendar_days.from_day and calendar_days.to_day)) d
    where o.org_id = calendar_days.org_id;
end $$;

create or replace function private.is_working_day(org_id uuid, day date) returns boolean
language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    select d.is_working
    from private.calendar_days(is_working_day.org_id, is_working_day.day, is_working_day.day) d);
end $$;
