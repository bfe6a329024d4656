-- The burndown of a sprint: scope, completed and remaining work per day, the ideal line and the projection.
-- private.sprint_burndown computes it, clients call public.sprint_burndown (see figure_base).

set lock_timeout = '5s';
set statement_timeout = '30s';

create function private.sprint_burndown(sprint_id uuid, as_of timestamptz) returns json
language plpgsql stable security definer set search_path = ''
set plan_cache_mode = force_generic_plan set random_page_cost = 1.1 as $$
#variable_conflict use_column
begin
  if private.may_read_sprint(sprint_id) is not true then
    return null;
  end if;
  return (
    with clock as materialized (
      select * from private.sprint_clock(sprint_burndown.sprint_id, sprint_burndown.as_of)
    ), change as materialized (
      select c.*, coalesce(c.points, 0) as p, coalesce(c.old_points, 0) as old_p,
        (c.at at time zone k.timezone)::date as day
      from clock k cross join lateral private.sprint_changes(k.sprint_id, k.horizon) c
    ), start as materialized (
      select count(c.task_id) as tasks, coalesce(sum(c.p), 0) as points,
        count(*) filter (where c.done) as completed_tasks,
        coalesce(sum(c.p) filter (where c.done), 0) as completed_points
      from clock k
      left join change c on c.in_scope and c.at <= k.reference_start
        and (c.until is null or c.until > k.reference_start)
    ), flow as materialized (
      select c.day,
        count(*) filter (where c.in_scope and not c.was_in_scope) as added_tasks,
        count(*) filter (where c.was_in_scope and not c.in_scope) as removed_tasks,
        count(distinct c.task_id) filter (
          where c.in_scope and c.was_in_scope and c.points is distinct from c.old_points) as reestimated_tasks,
        count(*) filter (where c.done) - count(*) filter (where c.was_done) as completed_tasks,
        coalesce(sum(c.p) filter (where c.in_scope and not c.was_in_scope), 0) as added_points,
        coalesce(sum(c.old_p) filter (where c.was_in_scope and not c.in_scope), 0) as removed_points,
        coalesce(sum(c.p - c.old_p) filter (where c.in_scope and c.was_in_scope), 0) as reestimated_points,
        coalesce(sum(c.p) filter (where c.done), 0)
          - coalesce(sum(c.old_p) filter (where c.was_done), 0) as completed_points
      from clock k join change c on c.at > k.reference_start
      group by c.day
    ), day as materialized (
      select c.day, c.is_working,
        k.begun and c.day <= k.horizon_day as has_come,
        f.added_tasks, f.removed_tasks, f.reestimated_tasks, f.added_points, f.removed_points, f.reestimated_points,
        s.tasks + sum(coalesce(f.added_tasks - f.removed_tasks, 0)) over so_far as scope_tasks,
        s.points
          + sum(coalesce(f.added_points - f.removed_points + f.reestimated_points, 0)) over so_far as scope_points,
        s.completed_tasks + sum(coalesce(f.completed_tasks, 0)) over so_far as completed_tasks,
        s.completed_points + sum(coalesce(f.completed_points, 0)) over so_far as completed_points,
        count(*) filter (where c.is_working) over so_far as working_days_gone,
        count(*) filter (where c.is_working and c.day <= k.end_date) over () as working_days,
        count(*) filter (where c.is_working and c.day > k.today) over so_far as working_days_ahead
      from clock k
      cross join start s
      cross join lateral private.calendar_days(k.org_id, k.first_day, k.last_day) c
      left join flow f on f.day = c.day
      window so_far as (order by c.day)
    ), recent as (
      select d.day from clock k join day d on d.is_working and d.day < k.today
      where k.running
      order by d.day desc limit 5
    ), pace as materialized (
      -- What was completed from the first to the last of these days, including days off between them.
      select r.working_days,
        last.completed_tasks - coalesce(before.completed_tasks, s.completed_tasks) as tasks,
        last.completed_points - coalesce(before.completed_points, s.completed_points) as points
      from start s
      cross join (
        select count(*) as working_days, min(recent.day) as first_day, max(recent.day) as last_day from recent) r
      left join day last on last.day = r.last_day
      left join day before on before.day = r.first_day - 1
    ), now_left as materialized (
      select d.scope_tasks - d.completed_tasks as tasks, d.scope_points - d.completed_points as points
      from day d where d.has_come order by d.day desc limit 1
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
      'start', case when k.begun then json_build_object('tasks', s.tasks, 'points', trim_scale(s.points)) end,
      'unestimated_count', case when k.begun then (
        select count(*) from change c where c.in_scope and c.until is null and c.points is null) end,
      'pace', json_build_object(
        'working_days', case when k.running then pace.working_days end,
        'tasks', trim_scale(round(pace.tasks / nullif(pace.working_days, 0), 4)),
        'points', trim_scale(round(pace.points / nullif(pace.working_days, 0), 4))),
      'projected_finish', json_build_object(
        'tasks', case when k.running and now_left.tasks = 0 then k.today
          when pace.tasks > 0 then
            private.working_day_after(k.org_id, k.today, ceil(now_left.tasks * pace.working_days / pace.tasks)) end,
        'points', case when k.running and now_left.points = 0 then k.today
          when pace.points > 0 then
            private.working_day_after(k.org_id, k.today, ceil(now_left.points * pace.working_days / pace.points)) end),
      'days', (
        select json_agg(json_build_object(
            'date', d.day,
            'is_working_day', d.is_working,
            'tasks', json_build_object(
              'scope', case when d.has_come then d.scope_tasks end,
              'completed', case when d.has_come then d.completed_tasks end,
              'remaining', case when d.has_come then d.scope_tasks - d.completed_tasks end,
              'added', case when d.has_come then coalesce(d.added_tasks, 0) end,
              'removed', case when d.has_come then coalesce(d.removed_tasks, 0) end,
              'reestimated', case when d.has_come then coalesce(d.reestimated_tasks, 0) end,
              'ideal', case when k.begun then trim_scale(round(s.tasks * ideal.days_left / ideal.days, 2)) end,
              'projection', case when d.day >= k.today and pace.working_days > 0 then
                trim_scale(round(
                  greatest(0, now_left.tasks - pace.tasks * d.working_days_ahead / pace.working_days), 2)) end),
            'points', json_build_object(
              'scope', case when d.has_come then trim_scale(d.scope_points) end,
              'completed', case when d.has_come then trim_scale(d.completed_points) end,
              'remaining', case when d.has_come then trim_scale(d.scope_points - d.completed_points) end,
              'added', case when d.has_come then trim_scale(coalesce(d.added_points, 0)) end,
              'removed', case when d.has_come then trim_scale(coalesce(d.removed_points, 0)) end,
              'reestimated', case when d.has_come then trim_scale(coalesce(d.reestimated_points, 0)) end,
              'ideal', case when k.begun then trim_scale(round(s.points * ideal.days_left / ideal.days, 2)) end,
              'projection', case when d.day >= k.today and pace.working_days > 0 then
                trim_scale(round(
                  greatest(0, now_left.points - pace.points * d.working_days_ahead / pace.working_days), 2)) end)
          ) order by d.day)
        from day d
        cross join lateral (
          -- The ideal line: from the scope at the start to 0, falling on working days and flat on all others. In a
          -- sprint without a working day it stays at the scope of the start.
          select case
              when d.day > k.end_date then 0
              when d.working_days = 0 then 1
              else d.working_days - d.working_days_gone end as days_left,
            greatest(d.working_days, 1)::numeric as days) ideal))
    from clock k cross join start s cross join pace left join now_left on true);
end $$;
comment on function private.sprint_burndown(uuid, timestamptz) is
  'See public.sprint_burndown. Definer: it checks once what the caller may see, then reads without the policies.';
grant execute on function private.sprint_burndown(uuid, timestamptz) to authenticated, service_role;

create function public.sprint_burndown(sprint_id uuid, as_of timestamptz default null) returns json
language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.sprint_burndown(sprint_id, as_of);
end $$;
comment on function public.sprint_burndown(uuid, timestamptz) is
  'The burndown of a sprint as of a moment (default now): {as_of, timezone, scope, sprint, project, reference_start, '
  'reference_finish, start: {tasks, points}, unestimated_count, pace, projected_finish, days}. Each day has tasks and '
  'points: scope, completed and remaining at its end (today: now; future: null); added, removed and reestimated '
  'during it; the ideal, which falls from the scope at the start to 0 over the working days; and the projection, '
  'while the sprint runs. removed is whatever leaves the scope: moved out, cancelled or deleted; the report tells '
  'these apart. pace: per working day, over the last five working days that are past, or fewer. Points are story '
  'points; an unestimated task counts 0. Null for a sprint that the caller can''t see.';
grant execute on function public.sprint_burndown(uuid, timestamptz) to authenticated, service_role;
