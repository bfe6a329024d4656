-- The throughput of a project per working day, from which its forecast is simulated.
-- private.project_throughput computes it, clients call public.project_throughput (see figure_base).

set lock_timeout = '5s';
set statement_timeout = '30s';

create function private.project_throughput(project_id uuid, days integer, as_of timestamptz) returns json
language plpgsql stable security definer set search_path = ''
set plan_cache_mode = force_generic_plan set random_page_cost = 1.1 as $$
begin
  if private.may_read_project(project_id) is not true then
    return null;
  end if;
  if days is null or days not between 1 and 366 then
    raise exception 'days is %, it must be 1 to 366', coalesce(days::text, 'null') using errcode = '22023';
  end if;
  return (
    with project as materialized (
      select p.project_id, p.org_id, o.timezone, o.working_days, c.as_of,
        (c.as_of at time zone o.timezone)::date as today
      from public.projects p
      join public.organizations o on o.org_id = p.org_id
      cross join (select private.resolve_as_of(project_throughput.as_of) as as_of) c
      where p.project_id = project_throughput.project_id
    ), change as materialized (
      -- As in private.sprint_changes, but of the whole project instead of a sprint, and so without a join.
      select distinct on (e.task_id, e.at)
        e.task_id, e.at, e.status, e.story_points as points, e.kind <> 'deleted' as is_there
      from project p join public.task_events e on e.project_id = p.project_id and e.at <= p.as_of
      order by e.task_id, e.at, e.event_id desc
    ), task as materialized (
      select s.task_id, max(s.at) filter (where s.completes) as completed_at,
        bool_or(s.is_there) filter (where s.is_last) as is_there,
        min(s.status) filter (where s.is_last) as status,
        min(s.points) filter (where s.is_last) as points
      from (
        select c.*, lead(c.at) over w is null as is_last,
          c.status = 'Completed' and lag(c.status) over w is distinct from 'Completed' as completes
        from change c window w as (partition by c.task_id order by c.at)) s
      group by s.task_id
    ), span as materialized (
      select greatest(p.today - project_throughput.days, (min(c.at) at time zone p.timezone)::date) as from_day
      from project p cross join change c
      group by p.today, p.timezone
    ), working_day as materialized (
      -- A task completed on a day off counts on the next working day.
      select w.day, w.from_day
      from span cross join lateral (
        select c.day, coalesce(lag(c.day) over (order by c.day) + 1, '-infinity') as from_day
        from project p cross join lateral private.calendar_days(p.org_id, span.from_day - 366, p.today - 1) c
        where c.is_working) w
      where w.day >= span.from_day
    ), history as (
      select w.day, count(t.task_id) as tasks, coalesce(sum(t.points), 0) as points
      from project p
      cross join working_day w
      left join task t on t.is_there and t.status = 'Completed'
        and (t.completed_at at time zone p.timezone)::date between w.from_day and w.day
      group by w.day
    )
    select json_build_object(
      'as_of', p.as_of,
      'timezone', p.timezone,
      'scope', json_build_object('visible_tasks', (select count(*) from task t where t.is_there)),
      'project', private.project_json(p.project_id),
      'remaining', (
        select json_build_object('tasks', count(*), 'points', trim_scale(coalesce(sum(t.points), 0)),
          'unestimated_count', count(*) filter (where t.points is null))
        from task t where t.is_there and t.status not in ('Completed', 'Cancelled')),
      'history', coalesce((
        select json_agg(
          json_build_object('date', h.day, 'tasks', h.tasks, 'points', trim_scale(h.points))
          order by h.day)
        from history h), '[]'),
      'calendar', json_build_object(
        'today', p.today,
        'working_days', p.working_days,
        'holidays', coalesce((
          select json_agg(h.holiday_date order by h.holiday_date) from public.org_holidays h
          where h.org_id = p.org_id and h.holiday_date > p.today), '[]')))
    from project p);
end $$;
comment on function private.project_throughput(uuid, integer, timestamptz) is
  'See public.project_throughput. Definer: it checks once what the caller may see, then reads without the policies.';
grant execute on function private.project_throughput(uuid, integer, timestamptz) to authenticated, service_role;

create function public.project_throughput(project_id uuid, days integer default 90, as_of timestamptz default null)
returns json
language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.project_throughput(project_id, days, as_of);
end $$;
comment on function public.project_throughput(uuid, integer, timestamptz) is
  'What a project completed on each working day of the last days (1 to 366, default 90; not before its first task, '
  'without today), as of a moment (default now): {as_of, timezone, scope, project, remaining: {tasks, points, '
  'unestimated_count}, history: [{date, tasks, points}], calendar: {today, working_days, holidays}}. A Completed task '
  'counts once, on the day on which it was last completed, or the next working day. 22023 (400) for another number of '
  'days; null for a project that the caller can''t see.';
grant execute on function public.project_throughput(uuid, integer, timestamptz) to authenticated, service_role;
