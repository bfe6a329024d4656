-- The start of a day, where the clocks skip the last moment of the day before, too: in Nuuk 23:00 to 24:00 on a day in
-- March.

set lock_timeout = '5s';
set statement_timeout = '30s';

create or replace function private.start_of_day(day date, timezone text) returns timestamptz
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    -- Midnight as the zone reads it, or one microsecond after the last moment of the day before, whichever is sooner.
    -- Where clocks go back at midnight, the second is the first of two midnights. Where they go forward over midnight,
    -- it is the first moment of the day; where they go forward to midnight, it is an hour late, and the first is right.
    select least(
      start_of_day.day::timestamp at time zone start_of_day.timezone,
      ((start_of_day.day::timestamp - interval '1 microsecond') at time zone start_of_day.timezone)
        + interval '1 microsecond'));
end $$;
