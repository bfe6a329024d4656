-- Days and moments: what a day is in a time zone, and which moments a caller may ask for.

set lock_timeout = '5s';
set statement_timeout = '30s';

create function private.is_calendar_day(day date) returns boolean
language sql immutable set search_path = '' as $$
  select day between date '1900-01-01' and date '2200-12-31'
$$;
comment on function private.is_calendar_day(date) is
  'Whether the day is between 1900 and 2200. Excludes infinity, and typing errors that make a view a thousand years '
  'long.';
grant execute on function private.is_calendar_day(date) to authenticated, service_role;

create function private.start_of_day(day date, timezone text) returns timestamptz
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    -- One microsecond after the last moment of the day before. Where clocks go back at midnight, that is the first of
    -- two midnights; where they go forward, the first moment of the day.
    select ((start_of_day.day::timestamp - interval '1 microsecond') at time zone start_of_day.timezone)
      + interval '1 microsecond');
end $$;
comment on function private.start_of_day(date, text) is 'The moment at which a day begins in a time zone.';
grant execute on function private.start_of_day(date, text) to authenticated, service_role;

create function private.first_moment_at(day date, clock time, timezone text) returns timestamptz
language plpgsql stable set search_path = '' as $$
declare
  wall constant timestamp := day + clock;
  near constant timestamptz := wall at time zone timezone;
  -- The local time read with the offset of the day before and with that of the day after. They differ only around a
  -- change of the offset, where the first moment that shows the local time counts.
  earlier constant timestamptz := near - interval '1 day';
  later constant timestamptz := near + interval '1 day';
  by_earlier constant timestamptz :=
    (wall - (earlier at time zone timezone - earlier at time zone 'UTC')) at time zone 'UTC';
  by_later constant timestamptz := (wall - (later at time zone timezone - later at time zone 'UTC')) at time zone 'UTC';
begin
  if by_earlier at time zone timezone = wall then
    return by_earlier;
  elsif by_later at time zone timezone = wall then
    return by_later;
  end if;
  -- The clocks skip this time: the moment at which they do.
  return (
    select min(m)
    from generate_series(
      date_trunc('minute', least(by_earlier, by_later)), greatest(by_earlier, by_later), interval '1 minute') m
    where m at time zone first_moment_at.timezone >= wall);
end $$;
comment on function private.first_moment_at(date, time, text) is
  'The first moment at which the local time of a day is reached in a time zone: the first of a time that occurs '
  'twice, the moment after the jump for a time that is skipped.';
grant execute on function private.first_moment_at(date, time, text) to service_role;

create function private.local_time(at timestamptz, timezone text) returns timestamp
language plpgsql stable set search_path = '' as $$
begin
  return at at time zone timezone;
exception when invalid_parameter_value then
  return null;
end $$;
comment on function private.local_time(timestamptz, text) is
  'The local time of a time zone at a moment. Null for a zone that the system doesn''t know: an update of the time '
  'zone data may drop one.';
grant execute on function private.local_time(timestamptz, text) to service_role;

create function private.resolve_as_of(as_of timestamptz) returns timestamptz
language plpgsql stable set search_path = '' as $$
begin
  if as_of is null then
    return statement_timestamp();
  elsif not isfinite(as_of) or as_of > statement_timestamp() + interval '10 years' then
    raise exception 'as_of is %, it must be a moment at most ten years ahead', as_of using errcode = '22023';
  end if;
  return as_of;
end $$;
comment on function private.resolve_as_of(timestamptz) is
  'The moment at which figures are asked for: now for null. 22023 (400) if it is infinite or more than ten years '
  'ahead, since such a view has too many days.';
grant execute on function private.resolve_as_of(timestamptz) to authenticated, service_role;

create function private.resolve_past_moment(at timestamptz) returns timestamptz
language plpgsql stable set search_path = '' as $$
begin
  if at is null then
    return now();
  elsif not isfinite(at) or at > now() then
    raise exception 'at is %, it must be a moment that has come', at using errcode = '22023';
  end if;
  return at;
end $$;
comment on function private.resolve_past_moment(timestamptz) is
  'The moment at which a schedule asks: now for null. 22023 (400) for a moment in the future.';
grant execute on function private.resolve_past_moment(timestamptz) to service_role;
