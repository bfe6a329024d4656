-- The report of a sprint: computed while it runs, frozen when it is completed. private.live_sprint_report computes it,
-- private.sprint_report chooses between live and frozen, clients call public.sprint_report (see figure_base).

set lock_timeout = '5s';
set statement_timeout = '30s';

create function private.live_sprint_report(sprint_id uuid, as_of timestamptz) returns jsonb
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    with clock as materialized (
      select * from private.sprint_clock(live_sprint_report.sprint_id, live_sprint_report.as_of)
    ), change as materialized (
      select c.*
      from clock k cross join lateral private.sprint_changes(k.sprint_id, k.reference_finish) c
      where k.begun
    ), task as materialized (
      -- Tasks in scope at the start or at some moment since: their state at the start and at the finish.
      select c.task_id,
        coalesce(bool_or(c.in_scope and c.at <= k.reference_start), false) as committed,
        min(c.points) filter (where c.at <= k.reference_start) as start_points,
        min(c.status) filter (where c.at <= k.reference_start) as start_status,
        (array_agg(c.assigned_to) filter (where c.at <= k.reference_start))[1] as start_assignee,
        bool_or(c.in_sprint) filter (where c.until is null) as is_in,
        bool_or(c.in_scope) filter (where c.until is null) as in_scope,
        bool_or(c.done) filter (where c.until is null) as done,
        min(c.status) filter (where c.until is null) as status,
        min(c.points) filter (where c.until is null) as points,
        (array_agg(c.assigned_to) filter (where c.until is null))[1] as assignee,
        (array_agg(c.points order by c.at desc) filter (where c.in_scope))[1] as last_points_in_scope
      -- Of the changes before the start only the last counts: it is the state at the start.
      from clock k join change c on c.until is null or c.until > k.reference_start
      group by c.task_id
      having bool_or(c.in_scope)
    ), completion as (
      select distinct on (c.task_id) c.task_id, c.at > k.reference_start and c.in_sprint as in_time
      from clock k cross join change c
      where c.completes
      order by c.task_id, c.at desc
    ), entry as materialized (
      select list, task_id, status, points, assignee, null::jsonb as more
      from (
        select 'committed' as list, task_id, start_status as status, start_points as points, start_assignee as assignee
        from task where committed
        union all
        select case
            when not done then 'not_completed'
            when completion.in_time then 'completed'
            else 'completed_outside' end,
          task_id, status, points, assignee
        from task left join completion using (task_id) where in_scope
        union all
        select 'added', task_id, status, points, assignee from task where in_scope and not committed
        union all
        select 'removed', task_id, status, start_points, assignee from task where committed and not is_in
        union all
        select 'added_then_removed', task_id, status, last_points_in_scope, assignee
        from task where not committed and not is_in
        union all
        select 'cancelled', task_id, status, points, assignee from task where is_in and not in_scope) simple
      union all
      select 'reestimated', task_id, status, coalesce(points, 0) - coalesce(start_points, 0), assignee,
        jsonb_build_object('points_before', trim_scale(start_points), 'points_after', trim_scale(points))
      from task where committed and in_scope and start_points is distinct from points
    ), named as (
      select e.*, coalesce(t.task_name, gone.old_value) as task_name, p.full_name
      from entry e
      left join public.tasks t on t.task_id = e.task_id
      left join public.task_events gone on t.task_id is null and gone.task_id = e.task_id and gone.kind = 'deleted'
      left join public.profiles p on p.profile_id = e.assignee
    ), list as materialized (
      select name, count(n.task_id) as tasks, coalesce(sum(n.points), 0) as points,
        coalesce(jsonb_agg(
          jsonb_build_object(
            'task_id', n.task_id, 'task_name', n.task_name, 'status', n.status, 'points', trim_scale(n.points),
            'assignee', case when n.assignee is not null then
              jsonb_build_object('profile_id', n.assignee, 'full_name', n.full_name) end)
          || coalesce(n.more, '{}')
          order by n.task_name collate "C", n.task_id) filter (where n.task_id is not null), '[]') as items
      from unnest(
        '{committed,completed,not_completed,completed_outside,added,removed,added_then_removed,cancelled,'
        'reestimated}'::text[]) name
      left join named n on n.list = name
      group by name
    ), member as (
      select e.assignee, p.full_name,
        count(*) filter (where list = 'committed') as committed_tasks,
        sum(points) filter (where list = 'committed') as committed_points,
        count(*) filter (where list = 'completed') as completed_tasks,
        sum(points) filter (where list = 'completed') as completed_points,
        count(*) filter (where list = 'not_completed') as not_completed_tasks,
        sum(points) filter (where list = 'not_completed') as not_completed_points
      from entry e left join public.profiles p on p.profile_id = e.assignee
      where list in ('committed', 'completed', 'not_completed', 'completed_outside')
      group by e.assignee, p.full_name
    ), impediment as (
      select i as body, i.impediment_id, i.raised_at, k.reference_finish,
        case when i.resolved_at <= k.reference_finish then i.resolved_at end as resolved_in_time,
        extract(epoch from least(i.resolved_at, k.reference_finish) - i.raised_at)::double precision as seconds
      from clock k join public.impediments i on i.sprint_id = k.sprint_id and i.raised_at <= k.reference_finish
      where k.begun
    ), total as (
      select jsonb_object_agg(name, tasks) as tasks, jsonb_object_agg(name, points) as points from list
    )
    select jsonb_build_object(
        'timezone', k.timezone,
        'sprint', private.sprint_json(k.sprint_id),
        'project', private.project_json(k.project_id),
        'goal', (select s.goal from public.sprints s where s.sprint_id = k.sprint_id),
        'final', k.finished,
        'reference_start', case when k.begun then k.reference_start end,
        'reference_finish', case when k.begun then k.reference_finish end,
        'carried_over', null,
        'unestimated_count', case when k.begun then (select count(*) from task where in_scope and points is null) end)
      || (select jsonb_object_agg(name, case when k.begun then jsonb_build_object(
            'tasks', tasks, 'points', trim_scale(points), 'items', items) end) from list)
      || (select jsonb_build_object(
            'scope_change', case when k.begun then jsonb_build_object(
              'tasks', private.ratio(
                (t.tasks ->> 'added')::numeric - (t.tasks ->> 'removed')::numeric,
                (t.tasks ->> 'committed')::numeric),
              'points', private.ratio(
                (t.points ->> 'added')::numeric - (t.points ->> 'removed')::numeric,
                (t.points ->> 'committed')::numeric)) end,
            'completion', case when k.begun then jsonb_build_object(
              'tasks', private.ratio((t.tasks ->> 'completed')::numeric, (t.tasks ->> 'committed')::numeric),
              'points', private.ratio((t.points ->> 'completed')::numeric, (t.points ->> 'committed')::numeric)) end)
          from total t)
      || jsonb_build_object(
        'members', case when k.begun then coalesce((
          select jsonb_agg(jsonb_build_object('profile_id', m.assignee, 'full_name', m.full_name,
              'committed', jsonb_build_object(
                'tasks', m.committed_tasks, 'points', trim_scale(coalesce(m.committed_points, 0))),
              'completed', jsonb_build_object(
                'tasks', m.completed_tasks, 'points', trim_scale(coalesce(m.completed_points, 0))),
              'not_completed', jsonb_build_object(
                'tasks', m.not_completed_tasks, 'points', trim_scale(coalesce(m.not_completed_points, 0))))
            order by m.assignee is null, m.full_name collate "C", m.assignee)
          from member m), '[]') end,
        'impediments', case when k.begun then (
          select jsonb_build_object(
            'raised', count(*),
            'resolved', count(i.resolved_in_time),
            'open', count(*) - count(i.resolved_in_time),
            'median_resolution_hours', private.seconds_to_hours(
              percentile_cont(0.5) within group (order by i.seconds)
              filter (where i.resolved_in_time is not null)),
            'items', coalesce(jsonb_agg(private.impediment_json(i.body, i.reference_finish)
              order by i.raised_at, i.impediment_id), '[]'))
          from impediment i) end)
    from clock k);
end $$;
comment on function private.live_sprint_report(uuid, timestamptz) is
  'The report of a sprint computed from its tasks'' events, with the rights of the caller: see public.sprint_report.';
grant execute on function private.live_sprint_report(uuid, timestamptz) to authenticated, service_role;

create function private.sprint_report(sprint_id uuid, as_of timestamptz) returns json
language plpgsql stable security definer set search_path = ''
set plan_cache_mode = force_generic_plan set random_page_cost = 1.1 as $$
#variable_conflict use_column
begin
  if private.may_read_sprint(sprint_id) is not true then
    return null;
  end if;
  return (
    select (jsonb_build_object(
        'as_of', k.as_of,
        'scope', jsonb_build_object('visible_tasks', (
          select count(*) from private.sprint_tasks(k.sprint_id, k.horizon))))
      || case when k.finished
           then frozen.figures -> 'report' || jsonb_build_object('carried_over',
             frozen.figures #> '{report,not_completed}'
               || jsonb_build_object('to', frozen.figures -> 'carried_over_to'))
           else private.live_sprint_report(k.sprint_id, k.as_of) end)::json
    from private.sprint_clock(sprint_report.sprint_id, sprint_report.as_of) k
    left join public.sprint_snapshots frozen
      on k.finished and frozen.sprint_id = k.sprint_id and frozen.moment = 'close');
end $$;
comment on function private.sprint_report(uuid, timestamptz) is
  'See public.sprint_report. Definer: it checks once what the caller may see, then reads without the policies.';
grant execute on function private.sprint_report(uuid, timestamptz) to authenticated, service_role;

create function public.sprint_report(sprint_id uuid, as_of timestamptz default null) returns json
language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.sprint_report(sprint_id, as_of);
end $$;
comment on function public.sprint_report(uuid, timestamptz) is
  'The report of a sprint: {as_of, timezone, scope, sprint, project, goal, final, reference_start, reference_finish, '
  'committed, completed, not_completed, completed_outside, added, removed, added_then_removed, cancelled, '
  'reestimated, carried_over, scope_change, completion, unestimated_count, members, impediments}. committed is the '
  'scope at the reference start. completed (in the sprint), completed_outside (before it or outside of it) and '
  'not_completed are the scope at the reference finish. removed was committed and has left the sprint, moved out or '
  'deleted; a Cancelled task that is still in it is under cancelled. Lists are {tasks, points, items}. scope_change = '
  '(added - removed) / committed, completion = completed / committed; null when nothing was committed. carried_over, '
  'once the sprint is completed: the tasks not completed, and "to" which sprint they were moved (null: the backlog). '
  'Once the sprint is completed the report is the frozen one (final), and only as_of and scope are of today. Null for '
  'a sprint that the caller can''t see.';
grant execute on function public.sprint_report(uuid, timestamptz) to authenticated, service_role;
