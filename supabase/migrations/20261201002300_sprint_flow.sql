-- The cumulative flow of a sprint, and the lead and cycle times of its tasks.
-- private.sprint_flow computes it, clients call public.sprint_flow (see figure_base).

set lock_timeout = '5s';
set statement_timeout = '30s';

create function private.duration_percentiles(seconds double precision[]) returns json
language plpgsql immutable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    select json_build_object(
      'count', count(s),
      'p50_hours', private.seconds_to_hours(percentile_cont(0.50) within group (order by s)),
      'p85_hours', private.seconds_to_hours(percentile_cont(0.85) within group (order by s)),
      'p95_hours', private.seconds_to_hours(percentile_cont(0.95) within group (order by s)))
    from unnest(seconds) s);
end $$;
comment on function private.duration_percentiles(double precision[]) is
  '{count, p50_hours, p85_hours, p95_hours} of durations in seconds, interpolated linearly between neighbours; null '
  'without durations.';
grant execute on function private.duration_percentiles(double precision[]) to authenticated, service_role;

create function private.sprint_flow(sprint_id uuid, as_of timestamptz) returns json
language plpgsql stable security definer set search_path = ''
set plan_cache_mode = force_generic_plan set random_page_cost = 1.1 as $$
#variable_conflict use_column
begin
  if private.may_read_sprint(sprint_id) is not true then
    return null;
  end if;
  return (
    with clock as materialized (
      select * from private.sprint_clock(sprint_flow.sprint_id, sprint_flow.as_of)
    ), change as materialized (
      select c.*, (c.at at time zone k.timezone)::date as day
      from clock k cross join lateral private.sprint_changes(k.sprint_id, k.horizon) c
    ), step as materialized (
      -- Each change adds to the status that the task enters and takes from the one it leaves. Tasks that were there at
      -- the start count on the first day.
      select greatest(s.day, k.first_day) as day, s.status, sum(s.tasks) as tasks, sum(s.points) as points
      from clock k cross join (
        select c.day, c.status, 1 as tasks, coalesce(c.points, 0) as points from change c where c.in_sprint
        union all
        select c.day, c.old_status, -1, -coalesce(c.old_points, 0) from change c where c.was_in_sprint) s
      group by 1, 2
    ), cell as (
      select c.day, c.is_working, status.status,
        sum(coalesce(step.tasks, 0)) over so_far as tasks,
        sum(coalesce(step.points, 0)) over so_far as points,
        k.begun and c.day <= k.horizon_day as has_come
      from clock k
      cross join lateral private.calendar_days(k.org_id, k.first_day, k.last_day) c
      cross join unnest(enum_range(null::public.task_status)) as status (status)
      left join step on step.day = c.day and step.status = status.status
      window so_far as (partition by status.status order by c.day)
    ), done as materialized (
      select c.task_id from clock k join change c on k.begun and c.done and c.until is null
    ), life as (
      -- All changes of completed tasks, also those outside of the sprint.
      select task_id,
        min(at) as created_at,
        min(at) filter (where status = 'In Progress') as first_started_at,
        max(at) filter (where completes) as completed_at
      from done join change using (task_id)
      group by task_id
    ), blocked as (
      select c.task_id,
        sum(extract(epoch from coalesce(c.until, k.horizon) - greatest(c.at, k.reference_start)))
          ::double precision as seconds
      from clock k join change c on k.begun and c.in_sprint and c.status = 'Blocked'
        and coalesce(c.until, k.horizon) > greatest(c.at, k.reference_start)
      group by c.task_id
    ), reopened as (
      select c.task_id, count(*) as times
      from clock k join change c on k.begun and c.at > k.reference_start
        and c.was_in_sprint and c.old_status = 'Completed' and c.is_there and c.status <> 'Completed'
      group by c.task_id
    )
    select json_build_object(
      'as_of', k.as_of,
      'timezone', k.timezone,
      'scope', json_build_object('visible_tasks', (
        select count(*) from change c where c.in_sprint and c.until is null)),
      'sprint', private.sprint_json(k.sprint_id),
      'project', private.project_json(k.project_id),
      'reference_start', case when k.begun then k.reference_start end,
      'reference_finish', case when k.begun then k.reference_finish end,
      'days', (
        select json_agg(
          json_build_object('date', d.day, 'is_working_day', d.is_working, 'tasks', d.tasks, 'points', d.points)
          order by d.day)
        from (
          select cell.day, cell.is_working,
            json_object_agg(cell.status, case when cell.has_come then cell.tasks end order by cell.status) as tasks,
            json_object_agg(
              cell.status, case when cell.has_come then trim_scale(cell.points) end order by cell.status) as points
          from cell group by cell.day, cell.is_working) d),
      'lead_time', (
        select private.duration_percentiles(array_agg(
          extract(epoch from completed_at - created_at)::double precision)) from life),
      'cycle_time', (
        select private.duration_percentiles(array_agg(
          extract(epoch from completed_at - first_started_at)::double precision)) from life),
      'blocked', (
        select json_build_object('tasks', count(*), 'hours', private.seconds_to_hours(coalesce(sum(seconds), 0)))
        from blocked),
      'reopened', (select json_build_object('tasks', count(*), 'times', coalesce(sum(times), 0)) from reopened))
    from clock k);
end $$;
comment on function private.sprint_flow(uuid, timestamptz) is
  'See public.sprint_flow. Definer: it checks once what the caller may see, then reads without the policies.';
grant execute on function private.sprint_flow(uuid, timestamptz) to authenticated, service_role;

create function public.sprint_flow(sprint_id uuid, as_of timestamptz default null) returns json
language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.sprint_flow(sprint_id, as_of);
end $$;
comment on function public.sprint_flow(uuid, timestamptz) is
  'The cumulative flow of a sprint as of a moment (default now): {as_of, timezone, scope, sprint, project, '
  'reference_start, reference_finish, days: [{date, is_working_day, tasks: {status: n}, points: {status: x}}], '
  'lead_time, cycle_time, blocked, reopened}. Days are those of the burndown; future ones are null. lead_time '
  '(created to last completed) and cycle_time (first In Progress to last completed) are {count, p50_hours, p85_hours, '
  'p95_hours} of completed tasks; a task that was never started has no cycle time. blocked: time spent Blocked in the '
  'sprint since its start. reopened: changes from Completed to another status since then. Null for a sprint that the '
  'caller can''t see.';
grant execute on function public.sprint_flow(uuid, timestamptz) to authenticated, service_role;
