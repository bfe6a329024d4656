-- The workload of a sprint's members: what is assigned to them, and the capacity they have left.
-- private.sprint_workload computes it, clients call public.sprint_workload (see figure_base).

set lock_timeout = '5s';
set statement_timeout = '30s';

create function private.sprint_workload(sprint_id uuid, as_of timestamptz) returns json
language plpgsql stable security definer set search_path = ''
set plan_cache_mode = force_generic_plan set random_page_cost = 1.1 as $$
#variable_conflict use_column
begin
  if private.may_read_sprint(sprint_id) is not true then
    return null;
  end if;
  return (
    with clock as materialized (
      select * from private.sprint_clock(sprint_workload.sprint_id, sprint_workload.as_of)
    ), held as materialized (
      select t.* from clock k cross join lateral private.sprint_tasks(k.sprint_id, k.horizon) t
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
      select coalesce(m.profile_id, l.profile_id) as profile_id, m.role,
        coalesce(l.assigned_tasks, 0) as assigned_tasks,
        coalesce(l.assigned_points, 0) as assigned_points, coalesce(l.remaining_tasks, 0) as remaining_tasks,
        coalesce(l.remaining_points, 0) as remaining_points, coalesce(l.estimated_minutes, 0) as estimated_minutes,
        coalesce(l.unestimated_count, 0) as unestimated_count
      from (select m.profile_id, m.role from clock k join public.project_members m on m.project_id = k.project_id) m
      full join load l on l.profile_id = m.profile_id
      where m.role <> 'viewer' or l.profile_id is not null or m.profile_id is null
    ), capacity as (
      select p.*, name.full_name,
        -- Not private.is_day_off: a call per member and day took a quarter of the time.
        (select count(*) from working_day w
         where exists (
           select from public.days_off o
           where o.profile_id = p.profile_id and w.day between o.from_date and o.to_date)) as days_off
      from person p left join public.profiles name on name.profile_id = p.profile_id
    ), measured as (
      select c.*, (select count(*) from working_day) - c.days_off as days_left from capacity c
    )
    select json_build_object(
      'as_of', k.as_of,
      'timezone', k.timezone,
      'scope', json_build_object('visible_tasks', (select count(*) from held)),
      'sprint', private.sprint_json(k.sprint_id),
      'project', private.project_json(k.project_id),
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
            'overload_minutes', case when m.profile_id is not null then
              greatest(0, m.estimated_minutes - 480 * m.days_left) end)
          order by m.profile_id is null, m.full_name collate "C", m.profile_id)
        from measured m), '[]'))
    from clock k);
end $$;
comment on function private.sprint_workload(uuid, timestamptz) is
  'See public.sprint_workload. Definer: it checks once what the caller may see, then reads without the policies.';
grant execute on function private.sprint_workload(uuid, timestamptz) to authenticated, service_role;

create function public.sprint_workload(sprint_id uuid, as_of timestamptz default null) returns json
language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.sprint_workload(sprint_id, as_of);
end $$;
comment on function public.sprint_workload(uuid, timestamptz) is
  'What each member has to do in a sprint and the days left for it, as of a moment (default now): {as_of, timezone, '
  'scope, sprint, project, working_days_left, members}. Members are the project''s (viewers only if they have tasks), '
  'then the unassigned tasks under a null profile_id: {profile_id, full_name, role, assigned, remaining, days_off, '
  'working_days_left, capacity_minutes, overload_minutes}. Capacity is 480 minutes per working day left that isn''t a '
  'day off; overload is the estimate of the remaining tasks beyond the capacity. estimated_minutes are today''s '
  'estimates, since events don''t record them. Null for a sprint that the caller can''t see.';
grant execute on function public.sprint_workload(uuid, timestamptz) to authenticated, service_role;
