-- The base of the figures, each part in one place: the moments of a sprint (reference start and finish), the
-- organization's calendar, and the changes of the sprint's tasks.
--
-- A figure is two functions in a file of its own, in PL/pgSQL so that PostgreSQL keeps their plans (see foundation).
-- The one in private computes it as a definer: it checks once what the caller may see, then reads without the policies,
-- each of which would check again (a fifth of a board's time). The one in public, which clients call, runs with the
-- caller's rights and passes the arguments on. Figures return json, not jsonb: the answer is only written, never read,
-- which halves its cost. Their two settings: one plan serves all arguments, because PostgreSQL would otherwise plan
-- "assignee is null or …" at every call; and following an index costs little more than reading on, since the data is in
-- memory or on an SSD.
--
-- Terms. A task is in the sprint while it exists and is planned for it. It is in scope when it is also not Cancelled,
-- and done when it is in scope and Completed. A change is everything that happened to a task at one moment. The state
-- at a moment includes what happened at that very moment.

set lock_timeout = '5s';
set statement_timeout = '30s';

-- Time ---------------------------------------------------------------------------------------------------------------

create function private.sprint_clock(sprint uuid, moment timestamptz)
returns table (
  sprint_id uuid, project_id uuid, org_id uuid, timezone text, as_of timestamptz, today date,
  begun boolean, started boolean, running boolean, finished boolean, cancelled boolean,
  reference_start timestamptz, reference_finish timestamptz, horizon timestamptz,
  horizon_day date, first_day date, last_day date, end_date date)
language plpgsql stable set search_path = '' rows 1 as $$
#variable_conflict use_column
begin
  return query
    select s.sprint_id, s.project_id, p.org_id, o.timezone, c.as_of, (c.as_of at time zone o.timezone)::date,
      r.start <= c.as_of,
      e.started_at is not null,
      e.lasts and e.completed_at is null,
      e.completed_at is not null,
      s.status = 'Cancelled',
      r.start,
      coalesce(e.completed_at, greatest(r.start, least(
        private.start_of_day(s.end_date + 1, o.timezone) - interval '1 microsecond', c.as_of))),
      r.horizon, (r.horizon at time zone o.timezone)::date,
      (r.start at time zone o.timezone)::date,
      greatest(s.end_date, (case when e.lasts then r.horizon else r.start end at time zone o.timezone)::date),
      s.end_date
    from public.sprints s
    join public.projects p on p.project_id = s.project_id
    join public.organizations o on o.org_id = p.org_id
    cross join lateral (select private.resolve_as_of(sprint_clock.moment) as as_of) c
    cross join lateral (
      select case when s.started_at <= c.as_of then s.started_at end as started_at,
             case when s.completed_at <= c.as_of then s.completed_at end as completed_at,
             s.started_at is not null and s.started_at <= c.as_of and s.status <> 'Cancelled' as lasts) e
    cross join lateral (
      select coalesce(e.started_at, private.start_of_day(s.start_date, o.timezone)) as start,
             coalesce(e.completed_at, c.as_of) as horizon) r
    where s.sprint_id = sprint_clock.sprint;
end $$;
comment on function private.sprint_clock(uuid, timestamptz) is
  'The moments that a sprint''s figures refer to, as of a moment (null: now). reference_start: started_at, else the '
  'start of start_date. reference_finish: completed_at, else the end of end_date or as_of, whichever is sooner, but '
  'not before the start. horizon: completed_at, else as_of; horizon_day: its day. first_day to last_day: the days '
  'that the views show; until end_date or, while the sprint runs or if it was completed later, until the horizon''s '
  'day. A cancellation has no moment: the sprint always was cancelled or never. What happened after as_of counts as '
  'not happened. No row for a sprint that the caller can''t see.';
grant execute on function private.sprint_clock(uuid, timestamptz) to authenticated, service_role;

create function private.calendar_days(org_id uuid, from_day date, to_day date)
returns table (day date, is_working boolean)
language plpgsql stable set search_path = '' rows 30 as $$
#variable_conflict use_column
begin
  return query
    select d::date, extract(isodow from d)::smallint = any (o.working_days) and h.holiday_date is null
    from public.organizations o
    cross join generate_series(from_day::timestamp, to_day::timestamp, interval '1 day') d
    left join public.org_holidays h on h.org_id = o.org_id and h.holiday_date = d::date
    where o.org_id = calendar_days.org_id;
end $$;
comment on function private.calendar_days(uuid, date, date) is
  'The days from from_day to to_day, both included, and whether the organization works on them.';
grant execute on function private.calendar_days(uuid, date, date) to authenticated, service_role;

create function private.working_days_left(sprint_id uuid, as_of timestamptz) returns setof date
language plpgsql stable set search_path = '' rows 10 as $$
#variable_conflict use_column
begin
  return query
    select c.day
    from private.sprint_clock(working_days_left.sprint_id, working_days_left.as_of) k
    cross join lateral private.calendar_days(k.org_id, greatest(k.today, k.first_day), k.end_date) c
    where c.is_working and not k.finished and not k.cancelled;
end $$;
comment on function private.working_days_left(uuid, timestamptz) is
  'The working days that a sprint has left: from today, or from its first day if that is later, until end_date. None '
  'once it is completed or cancelled.';
grant execute on function private.working_days_left(uuid, timestamptz) to authenticated, service_role;

create function private.working_day_after(org_id uuid, day date, n numeric) returns date
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    -- At most three years ahead: later days have no date.
    select c.day
    from private.calendar_days(working_day_after.org_id, working_day_after.day + 1, working_day_after.day + 1096) c
    where c.is_working and n <= 1000
    order by c.day offset greatest(n - 1, 0)::bigint limit 1);
end $$;
comment on function private.working_day_after(uuid, date, numeric) is
  'The n-th working day after a day. Null if n is over 1,000 or the day is more than three years ahead.';
grant execute on function private.working_day_after(uuid, date, numeric) to authenticated, service_role;

create function private.is_day_off(profile_id uuid, day date) returns boolean
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    select exists (
      select from public.days_off o
      where o.profile_id = is_day_off.profile_id and is_day_off.day between o.from_date and o.to_date));
end $$;
comment on function private.is_day_off(uuid, date) is 'Whether a person has that day off.';
grant execute on function private.is_day_off(uuid, date) to authenticated, service_role;

-- Tasks --------------------------------------------------------------------------------------------------------------

create function private.sprint_changes(sprint_id uuid, as_of timestamptz)
returns table (
  task_id uuid, at timestamptz, until timestamptz,
  is_there boolean, in_sprint boolean, in_scope boolean, done boolean,
  status public.task_status, points numeric, assigned_to uuid, completes boolean,
  was_in_sprint boolean, was_in_scope boolean, was_done boolean,
  old_status public.task_status, old_points numeric)
language plpgsql stable set search_path = '' rows 10000 as $$
#variable_conflict use_column
begin
  return query
    with touched as materialized (
      select distinct e.task_id from public.task_events e
      where e.sprint_id = sprint_changes.sprint_id and e.kind = 'sprint' and e.at <= sprint_changes.as_of
    ), change as (
      -- The last event of a moment has the state that all of them lead to.
      select distinct on (e.task_id, e.at) e.task_id, e.at, e.status, e.story_points as points, e.assigned_to,
        e.kind <> 'deleted' as is_there,
        e.kind <> 'deleted' and e.sprint_id is not distinct from sprint_changes.sprint_id as in_sprint
      from touched
      join public.task_events e on e.task_id = touched.task_id and e.at <= sprint_changes.as_of
      order by e.task_id, e.at, e.event_id desc
    ), judged as (
      select c.*, c.in_sprint and c.status <> 'Cancelled' as in_scope, c.in_sprint and c.status = 'Completed' as done
      from change c
    )
    select j.task_id, j.at, lead(j.at) over w,
      j.is_there, j.in_sprint, j.in_scope, j.done, j.status, j.points, j.assigned_to,
      j.status = 'Completed' and lag(j.status) over w is distinct from 'Completed',
      coalesce(lag(j.in_sprint) over w, false),
      coalesce(lag(j.in_scope) over w, false),
      coalesce(lag(j.done) over w, false),
      lag(j.status) over w,
      lag(j.points) over w
    from judged j
    window w as (partition by j.task_id order by j.at);
end $$;
comment on function private.sprint_changes(uuid, timestamptz) is
  'Every change up to as_of of every task that was ever in the sprint: the state from "at" until (not including) '
  '"until", null if it still holds, and the state before. completes: this change completed the task, in the sprint or '
  'not. old_status is null for the change that created the task.';
grant execute on function private.sprint_changes(uuid, timestamptz) to authenticated, service_role;

create function private.sprint_tasks(sprint_id uuid, as_of timestamptz)
returns table (task_id uuid, in_scope boolean, done boolean, points numeric, assigned_to uuid)
language plpgsql stable set search_path = '' rows 100 as $$
#variable_conflict use_column
begin
  return query
    select last.task_id, last.status <> 'Cancelled', last.status = 'Completed', last.story_points, last.assigned_to
    from (
      select distinct e.task_id from public.task_events e
      where e.sprint_id = sprint_tasks.sprint_id and e.kind = 'sprint' and e.at <= sprint_tasks.as_of) touched
    cross join lateral (
      select e.* from public.task_events e
      where e.task_id = touched.task_id and e.at <= sprint_tasks.as_of
      order by e.at desc, e.event_id desc limit 1) last
    where last.kind <> 'deleted' and last.sprint_id = sprint_tasks.sprint_id;
end $$;
comment on function private.sprint_tasks(uuid, timestamptz) is
  'The tasks that are in a sprint at a moment, with their state then: the last of each task''s sprint_changes, if '
  'in_sprint.';
grant execute on function private.sprint_tasks(uuid, timestamptz) to authenticated, service_role;

-- What every view shows the same way ---------------------------------------------------------------------------------

create function private.sprint_json(sprint_id uuid) returns json
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    select json_build_object(
      'sprint_id', s.sprint_id, 'sprint_name', s.sprint_name, 'goal', s.goal, 'status', s.status,
      'start_date', s.start_date, 'end_date', s.end_date,
      'started_at', s.started_at, 'completed_at', s.completed_at)
    from public.sprints s where s.sprint_id = sprint_json.sprint_id);
end $$;
comment on function private.sprint_json(uuid) is 'A sprint as every view shows it: as it is now, whatever as_of is.';
grant execute on function private.sprint_json(uuid) to authenticated, service_role;

create function private.project_json(project_id uuid) returns json
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    select json_build_object('project_id', p.project_id, 'project_name', p.project_name)
    from public.projects p where p.project_id = project_json.project_id);
end $$;
comment on function private.project_json(uuid) is 'A project as every view shows it.';
grant execute on function private.project_json(uuid) to authenticated, service_role;

create function private.profile_json(profile_id uuid) returns json
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    select json_build_object('profile_id', p.profile_id, 'full_name', p.full_name)
    from public.profiles p where p.profile_id = profile_json.profile_id);
end $$;
comment on function private.profile_json(uuid) is 'A person as every view shows them; null for nobody.';
grant execute on function private.profile_json(uuid) to authenticated, service_role;

create function private.impediment_json(impediment public.impediments, until timestamptz) returns json
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    select json_build_object(
      'impediment_id', impediment.impediment_id,
      'description', impediment.description,
      'sprint', (select json_build_object('sprint_id', s.sprint_id, 'sprint_name', s.sprint_name)
                 from public.sprints s where s.sprint_id = impediment.sprint_id),
      'task', (select json_build_object('task_id', t.task_id, 'task_name', t.task_name)
               from public.tasks t where t.task_id = impediment.task_id),
      'raised_by', private.profile_json(impediment.raised_by),
      'raised_at', impediment.raised_at,
      'resolved_by', case when impediment.resolved_at <= until then private.profile_json(impediment.resolved_by) end,
      'resolved_at', case when impediment.resolved_at <= until then impediment.resolved_at end,
      'hours', private.seconds_to_hours(
        extract(epoch from least(impediment.resolved_at, until) - impediment.raised_at)::double precision)));
end $$;
comment on function private.impediment_json(public.impediments, timestamptz) is
  'An impediment as it was at a moment. hours: its age then, or the time it took to resolve.';
grant execute on function private.impediment_json(public.impediments, timestamptz) to authenticated, service_role;

create function private.seconds_to_hours(seconds double precision) returns numeric
language plpgsql immutable set search_path = '' as $$
begin
  return trim_scale(round((seconds / 3600)::numeric, 2));
end $$;
comment on function private.seconds_to_hours(double precision) is 'Seconds as hours, rounded to two decimals.';
grant execute on function private.seconds_to_hours(double precision) to authenticated, service_role;

create function private.ratio(part numeric, whole numeric) returns numeric
language plpgsql immutable set search_path = '' as $$
begin
  return trim_scale(round(part / nullif(whole, 0), 4));
end $$;
comment on function private.ratio(numeric, numeric) is 'part / whole, rounded to four decimals; null if whole is 0.';
grant execute on function private.ratio(numeric, numeric) to authenticated, service_role;
