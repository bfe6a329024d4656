-- The workload of a sprint's people.

set lock_timeout = '5s';
set statement_timeout = '30s';

create function public.sprint_workload(sprint_id uuid, as_of timestamptz default null) returns json
language sql stable security invoker set search_path = '' as $$
  with clock as materialized (
    select * from private.sprint_clock(sprint_workload.sprint_id, sprint_workload.as_of)
  ), held as materialized (
    select c.task_id, c.in_scope, c.done, c.points, c.assigned_to
    from clock k cross join lateral private.sprint_changes(k.sprint_id, k.horizon) c
    where c.in_sprint and c.until is null
  ), working_day as materialized (
    select w.day from clock k cross join lateral private.working_days_left(k.sprint_id, k.as_of) w (day)
  ), load as (
    select h.assigned_to as profile_id,
      count(*) filter (where h.in_scope) as assigned_tasks,
      coalesce(sum(h.points) filter (where h.in_scope), 0) as assigned_points,
      count(*) filter (where h.in_scope and not h.done) as remaining_tasks,
      coalesce(sum(h.points) filter (where h.in_scope and not h.done), 0) as remaining_points,
      coalesce(sum(t.estimated_time) filter (where h.in_scope and not h.done), 0) as estimated_minutes,
      count(*) filter (where h.in_scope and not h.done and h.points is null) as unestimated_count
    from held h left join public.tasks t using (task_id)
    group by h.assigned_to
  ), person as (
    select coalesce(m.profile_id, l.profile_id) as profile_id, m.role, coalesce(l.assigned_tasks, 0) as assigned_tasks,
      coalesce(l.assigned_points, 0) as assigned_points, coalesce(l.remaining_tasks, 0) as remaining_tasks,
      coalesce(l.remaining_points, 0) as remaining_points, coalesce(l.estimated_minutes, 0) as estimated_minutes,
      coalesce(l.unestimated_count, 0) as unestimated_count
    from (select m.profile_id, m.role from clock k join public.project_members m on m.project_id = k.project_id) m
    full join load l on l.profile_id = m.profile_id
    where m.role <> 'viewer' or l.profile_id is not null or m.profile_id is null
  ), capacity as (
    select p.*, name.full_name,
      (select count(*) from working_day w where private.is_day_off(p.profile_id, w.day)) as days_off
    from person p left join public.profiles name on name.profile_id = p.profile_id
  ), measured as (
    select c.*, (select count(*) from working_day) - c.days_off as days_left from capacity c
  )
  select json_build_object(
    'as_of', k.as_of,
    'timezone', k.timezone,
    'scope', json_build_object('visible_tasks', (select count(*) from held)),
    'sprint', private.sprint_head(k.sprint_id),
    'project', private.project_head(k.project_id),
    'working_days_left', (select count(*) from working_day),
    'members', coalesce((
      select json_agg(json_build_object(
          'profile_id', m.profile_id, 'full_name', m.full_name, 'role', m.role,
          'assigned', json_build_object('tasks', m.assigned_tasks, 'points', trim_scale(m.assigned_points)),
          'remaining', json_build_object('tasks', m.remaining_tasks, 'points', trim_scale(m.remaining_points),
            'estimated_minutes', m.estimated_minutes, 'unestimated_count', m.unestimated_count),
          'days_off', case when m.profile_id is not null then m.days_off end,
          'working_days_left', case when m.profile_id is not null then m.days_left end,
          'capacity_minutes', case when m.profile_id is not null then 480 * m.days_left end,
          'overload_minutes', case when m.profile_id is not null then greatest(0, m.estimated_minutes - 480 * m.days_left) end)
        order by m.profile_id is null, m.full_name collate "C", m.profile_id)
      from measured m), '[]'))
  from clock k
$$;
comment on function public.sprint_workload(uuid, timestamptz) is
  'What each person has to do in a sprint and the days left for it, as of a moment (default now): {as_of, timezone, scope, sprint, project, working_days_left, members}. Members are the project''s (viewers only if they have tasks), then unassigned tasks under a null profile_id: {profile_id, full_name, role, assigned, remaining, days_off, working_days_left, capacity_minutes, overload_minutes}. Capacity is 480 minutes a working day left that is no day off; overload what the estimates of the remaining tasks exceed it by. estimated_minutes are the tasks'' of now, since events don''t tell them. Null when there is no such sprint for the caller.';
grant execute on function public.sprint_workload(uuid, timestamptz) to authenticated, service_role;
