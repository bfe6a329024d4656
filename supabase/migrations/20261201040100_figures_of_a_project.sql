-- Figures of one project: each join binds the project. A client may choose the key of a sprint or task that another
-- project once had, and the events of that project outlive the row. So no row counts by its sprint_id or task_id alone.
-- Events are found by task as before; the project is compared where their row is read anyway. Names are shown of people
-- who belong to the project's organization.

set lock_timeout = '5s';
set statement_timeout = '30s';

create function private.colleague_json(profile_id uuid, project_id uuid) returns json
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    select json_build_object('profile_id', p.profile_id, 'full_name', p.full_name)
    from public.projects pr
    join public.profiles p on p.org_id = pr.org_id
    where pr.project_id = colleague_json.project_id and p.profile_id = colleague_json.profile_id);
end $$;
comment on function private.colleague_json(uuid, uuid) is
  'A person of a project''s organization as every view shows them; null for nobody and for people of others.';
grant execute on function private.colleague_json(uuid, uuid) to authenticated, service_role;

create or replace function private.sprint_changes(sprint_id uuid, as_of timestamptz)
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
        and e.project_id = (select s.project_id from public.sprints s where s.sprint_id = sprint_changes.sprint_id)
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

create or replace function private.sprint_tasks(sprint_id uuid, as_of timestamptz)
returns table (task_id uuid, in_scope boolean, done boolean, points numeric, assigned_to uuid)
language plpgsql stable set search_path = '' rows 100 as $$
#variable_conflict use_column
begin
  return query
    select last.task_id, last.status <> 'Cancelled', last.status = 'Completed', last.story_points, last.assigned_to
    from public.sprints s
    cross join (
      select distinct e.task_id from public.task_events e
      where e.sprint_id = sprint_tasks.sprint_id and e.kind = 'sprint' and e.at <= sprint_tasks.as_of) touched
    cross join lateral (
      select e.* from public.task_events e
      where e.task_id = touched.task_id and e.project_id = s.project_id and e.at <= sprint_tasks.as_of
      order by e.at desc, e.event_id desc limit 1) last
    where s.sprint_id = sprint_tasks.sprint_id
      and last.kind <> 'deleted' and last.sprint_id = sprint_tasks.sprint_id;
end $$;

create or replace function private.impediment_json(impediment public.impediments, until timestamptz) returns json
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    select json_build_object(
      'impediment_id', impediment.impediment_id,
      'description', impediment.description,
      'sprint', (select json_build_object('sprint_id', s.sprint_id, 'sprint_name', s.sprint_name)
                 from public.sprints s
                 where s.sprint_id = impediment.sprint_id and s.project_id = impediment.project_id),
      'task', (select json_build_object('task_id', t.task_id, 'task_name', t.task_name)
               from public.tasks t
               where t.task_id = impediment.task_id and t.project_id = impediment.project_id),
      'raised_by', private.colleague_json(impediment.raised_by, impediment.project_id),
      'raised_at', impediment.raised_at,
      'resolved_by', case when impediment.resolved_at <= until then
        private.colleague_json(impediment.resolved_by, impediment.project_id) end,
      'resolved_at', case when impediment.resolved_at <= until then impediment.resolved_at end,
      'hours', private.seconds_to_hours(
        extract(epoch from least(impediment.resolved_at, until) - impediment.raised_at)::double precision)));
end $$;

create or replace function private.task_activity(project_id uuid, actor uuid, since timestamptz, until timestamptz)
returns table (
  event_id bigint, task_id uuid, task_name text, kind public.task_event_kind,
  old_value text, new_value text, at timestamptz)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
    select e.event_id, e.task_id, coalesce(t.task_name, gone.old_value), e.kind, e.old_value, e.new_value, e.at
    from public.task_events e
    left join public.tasks t on t.task_id = e.task_id and t.project_id = e.project_id
    left join lateral (
      select g.old_value from public.task_events g
      where t.task_id is null and g.task_id = e.task_id and g.project_id = e.project_id and g.kind = 'deleted'
      order by g.at desc, g.event_id desc limit 1) gone on true
    where e.project_id = task_activity.project_id and e.at between task_activity.since and task_activity.until
      and (task_activity.actor is null or e.actor = task_activity.actor);
end $$;

create or replace function private.named_tasks_json(
  daily_scrum_id uuid, profile_id uuid, intent public.scrum_task_intent
) returns json
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    select coalesce(json_agg(json_build_object('task_id', t.task_id, 'task_name', t.task_name)
      order by t.task_name collate "C", t.task_id), '[]')
    from public.daily_scrum_tasks n
    join public.tasks t on t.task_id = n.task_id and t.project_id = n.project_id
    where n.daily_scrum_id = named_tasks_json.daily_scrum_id and n.profile_id = named_tasks_json.profile_id
      and n.intent = named_tasks_json.intent);
end $$;

create or replace function private.sprint_contents(sprint_id uuid) returns jsonb
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    select jsonb_build_object(
      'sprint', jsonb_build_object(
        'sprint_name', s.sprint_name, 'goal', s.goal, 'start_date', s.start_date, 'end_date', s.end_date),
      'timezone', o.timezone,
      'working_days', o.working_days,
      'holidays', coalesce((
        select jsonb_agg(h.holiday_date order by h.holiday_date) from public.org_holidays h
        where h.org_id = o.org_id), '[]'),
      'totals', (
        select jsonb_build_object(
          'tasks', count(*) filter (where t.status <> 'Cancelled'),
          'points', coalesce(sum(t.story_points) filter (where t.status <> 'Cancelled'), 0),
          'completed_tasks', count(*) filter (where t.status = 'Completed'),
          'completed_points', coalesce(sum(t.story_points) filter (where t.status = 'Completed'), 0),
          'cancelled_tasks', count(*) filter (where t.status = 'Cancelled'),
          'unestimated_count', count(*) filter (where t.status <> 'Cancelled' and t.story_points is null))
        from public.tasks t where t.sprint_id = s.sprint_id and t.project_id = s.project_id),
      'tasks', coalesce((
        select jsonb_agg(jsonb_build_object(
            'task_id', t.task_id, 'task_name', t.task_name, 'status', t.status, 'priority', t.priority,
            'story_points', t.story_points, 'assigned_to', t.assigned_to, 'assignee_name', p.full_name)
          order by t.board_rank, t.task_id)
        from public.tasks t
        left join public.profiles p on p.profile_id = t.assigned_to and p.org_id = o.org_id
        where t.sprint_id = s.sprint_id and t.project_id = s.project_id), '[]'),
      'members', coalesce((
        select jsonb_agg(jsonb_build_object(
            'profile_id', m.profile_id, 'full_name', p.full_name, 'role', m.role, 'joined_at', m.joined_at)
          order by m.joined_at, m.profile_id)
        from public.project_members m join public.profiles p using (profile_id)
        where m.project_id = s.project_id), '[]'))
    from public.sprints s
    join public.projects pr using (project_id)
    join public.organizations o using (org_id)
    where s.sprint_id = sprint_contents.sprint_id);
end $$;

create or replace function private.sprint_board(
  sprint_id uuid,
  assignee uuid,
  priority public.task_priority,
  as_of timestamptz
) returns json
language plpgsql stable security definer set search_path = ''
set plan_cache_mode = force_generic_plan set random_page_cost = 1.1 as $$
#variable_conflict use_column
begin
  if private.may_read_sprint(sprint_id) is not true then
    return null;
  end if;
  return (
    with clock as materialized (
      select * from private.sprint_clock(sprint_board.sprint_id, sprint_board.as_of)
    ), board_column as (
      select t.status,
        count(*) as task_count,
        coalesce(sum(t.story_points), 0) as points,
        count(*) filter (where t.story_points is null) as unestimated_count,
        json_agg(card order by t.board_rank, t.task_id) as tasks
      from clock k
      join public.tasks t on t.sprint_id = k.sprint_id and t.project_id = k.project_id
      left join lateral (
        select p.profile_id, p.full_name, p.username
        from public.profiles p where p.profile_id = t.assigned_to and p.org_id = k.org_id) person on true
      left join lateral (
        select e.at from public.task_events e
        where e.task_id = t.task_id and e.project_id = t.project_id and e.kind in ('created', 'status')
        order by e.at desc, e.event_id desc limit 1) since on true
      cross join lateral (
        select t.task_id, t.task_name, t.priority, t.story_points, t.due_date, t.related_task_id, t.board_rank,
          since.at as status_since,
          k.today - (since.at at time zone k.timezone)::date as days_in_status,
          case t.status when 'Blocked' then since.at end as blocked_since,
          case when person.profile_id is not null then person end as assignee) card
      where (sprint_board.assignee is null or t.assigned_to = sprint_board.assignee)
        and (sprint_board.priority is null or t.priority = sprint_board.priority)
      group by t.status
    )
    select json_build_object(
      'as_of', k.as_of,
      'timezone', k.timezone,
      'scope', json_build_object('visible_tasks', (
        select count(*) from public.tasks t where t.sprint_id = k.sprint_id and t.project_id = k.project_id)),
      'sprint', private.sprint_json(k.sprint_id),
      'project', private.project_json(k.project_id),
      'columns', (
        select json_agg(json_build_object(
            'status', status,
            'task_count', coalesce(c.task_count, 0),
            'points', coalesce(c.points, 0),
            'unestimated_count', coalesce(c.unestimated_count, 0),
            'tasks', coalesce(c.tasks, '[]')) order by status)
        from unnest(enum_range(null::public.task_status)) as status
        left join board_column c using (status)))
    from clock k);
end $$;

create or replace function private.live_sprint_report(sprint_id uuid, as_of timestamptz) returns jsonb
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
      from clock k
      cross join entry e
      left join public.tasks t on t.task_id = e.task_id and t.project_id = k.project_id
      left join lateral (
        select g.old_value from public.task_events g
        where t.task_id is null and g.task_id = e.task_id and g.project_id = k.project_id and g.kind = 'deleted'
        order by g.at desc, g.event_id desc limit 1) gone on true
      left join public.profiles p on p.profile_id = e.assignee and p.org_id = k.org_id
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
      from clock k
      cross join entry e
      left join public.profiles p on p.profile_id = e.assignee and p.org_id = k.org_id
      where list in ('committed', 'completed', 'not_completed', 'completed_outside')
      group by e.assignee, p.full_name
    ), impediment as (
      select i as body, i.impediment_id, i.raised_at, k.reference_finish,
        case when i.resolved_at <= k.reference_finish then i.resolved_at end as resolved_in_time,
        extract(epoch from least(i.resolved_at, k.reference_finish) - i.raised_at)::double precision as seconds
      from clock k
      join public.impediments i on i.sprint_id = k.sprint_id and i.project_id = k.project_id
        and i.raised_at <= k.reference_finish
      where k.begun
    ), total as (
      select jsonb_object_agg(name, tasks) as tasks, jsonb_object_agg(name, points) as points from list
    )
    select jsonb_build_object(
        'timezone', k.timezone,
        'sprint', private.sprint_json(k.sprint_id),
        'project', private.project_json(k.project_id),
        'goal', (select s.goal from public.sprints s where s.sprint_id = k.sprint_id and s.project_id = k.project_id),
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

create or replace function private.sprint_report(sprint_id uuid, as_of timestamptz) returns json
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
      on k.finished and frozen.sprint_id = k.sprint_id and frozen.project_id = k.project_id
        and frozen.moment = 'close');
end $$;

create or replace function private.project_velocity(project_id uuid, last integer, as_of timestamptz) returns json
language plpgsql stable security definer set search_path = ''
set plan_cache_mode = force_generic_plan set random_page_cost = 1.1 as $$
begin
  if private.may_read_project(project_id) is not true then
    return null;
  end if;
  if last is null or last not between 1 and 50 then
    raise exception 'last is %, it must be 1 to 50', coalesce(last::text, 'null') using errcode = '22023';
  end if;
  return (
    with closed as materialized (
      select s.sprint_id, coalesce(f.figures #>> '{report,sprint,sprint_name}', s.sprint_name) as sprint_name,
        s.start_date, s.end_date, s.completed_at, f.figures -> 'report' as report
      from public.sprints s
      join public.sprint_snapshots f on f.sprint_id = s.sprint_id and f.project_id = s.project_id
        and f.moment = 'close'
      where s.project_id = project_velocity.project_id and s.status = 'Completed'
        and s.completed_at <= private.resolve_as_of(project_velocity.as_of)
      order by s.completed_at desc, s.sprint_id limit last
    )
    select json_build_object(
      'as_of', private.resolve_as_of(project_velocity.as_of),
      'timezone', o.timezone,
      'scope', json_build_object('visible_sprints', (select count(*) from closed)),
      'project', private.project_json(p.project_id),
      'sprints', (
        select coalesce(json_agg(json_build_object(
            'sprint_id', c.sprint_id, 'sprint_name', c.sprint_name, 'start_date', c.start_date, 'end_date', c.end_date,
            'completed_at', c.completed_at,
            'committed', json_build_object(
              'tasks', c.report #> '{committed,tasks}', 'points', c.report #> '{committed,points}'),
            'completed', json_build_object(
              'tasks', c.report #> '{completed,tasks}', 'points', c.report #> '{completed,points}'))
          order by c.completed_at, c.sprint_id), '[]') from closed c),
      'tasks', (select private.sample_statistics(array_agg((c.report #>> '{completed,tasks}')::numeric)) from closed c),
      'points', (
        select private.sample_statistics(array_agg((c.report #>> '{completed,points}')::numeric)) from closed c))
    from public.projects p join public.organizations o on o.org_id = p.org_id
    where p.project_id = project_velocity.project_id);
end $$;

create or replace function private.sprint_workload(sprint_id uuid, as_of timestamptz) returns json
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
      from clock k
      cross join held h
      left join public.tasks t on t.task_id = h.task_id and t.project_id = k.project_id
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
      from clock k
      cross join person p
      left join public.profiles name on name.profile_id = p.profile_id and name.org_id = k.org_id
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

create or replace function private.scrum_day(sprint uuid, on_day date, moment timestamptz)
returns table (
  sprint_id uuid, project_id uuid, org_id uuid, timezone text, as_of timestamptz, day date, in_range boolean,
  is_scrum_day boolean, reason text, daily_scrum_id uuid, summary text, last_scrum_id uuid,
  since timestamptz, until timestamptz)
language plpgsql stable set search_path = '' rows 1 as $$
#variable_conflict use_column
begin
  return query
    select k.sprint_id, k.project_id, k.org_id, k.timezone, k.as_of, d.day,
      d.day between k.first_day and k.last_day,
      reason.why is null, reason.why,
      own.daily_scrum_id, own.summary, before.daily_scrum_id,
      coalesce(private.start_of_day(before.scrum_date, k.timezone), k.reference_start),
      least(private.start_of_day(d.day + 1, k.timezone) - interval '1 microsecond', k.horizon)
    from private.sprint_clock(scrum_day.sprint, scrum_day.moment) k
    cross join lateral (
      select coalesce(scrum_day.on_day, least(greatest(k.horizon_day, k.first_day), k.last_day)) as day) d
    cross join lateral (select private.no_scrum_reason(k.sprint_id, d.day, k.as_of) as why) reason
    left join public.daily_scrums own on own.sprint_id = k.sprint_id and own.project_id = k.project_id
      and own.scrum_date = d.day
    left join lateral (
      select b.daily_scrum_id, b.scrum_date from public.daily_scrums b
      where b.sprint_id = k.sprint_id and b.project_id = k.project_id and b.scrum_date < d.day
      order by b.scrum_date desc limit 1) before on true;
end $$;

create or replace function private.scrum_of_day(sprint_id uuid, date date, as_of timestamptz) returns json
language plpgsql stable security definer set search_path = ''
set plan_cache_mode = force_generic_plan set random_page_cost = 1.1 as $$
declare
  answer json;
  scrum record;
begin
  if private.may_read_sprint(sprint_id) is not true then
    return null;
  end if;
  if not isfinite(scrum_of_day.date) then
    raise exception 'date is %, it must be a day', scrum_of_day.date using errcode = '22023';
  end if;
  select * into scrum from private.scrum_day(scrum_of_day.sprint_id, scrum_of_day.date, scrum_of_day.as_of);
  if not found then
    return null;
  elsif not scrum.in_range then
    raise exception 'date % is outside of the sprint', scrum.day using errcode = '22023';
  end if;
  with member as materialized (
    -- Members, and authors who have left since; an author who deleted their account has no profile.
    select p.profile_id, p.full_name, m.role, posted.update_id,
      m.role is not null and scrum.is_scrum_day
        and m.role <> 'viewer' and (m.joined_at at time zone scrum.timezone)::date <= scrum.day
        and not exists (
          select from public.days_off o
          where o.profile_id = m.profile_id and scrum.day between o.from_date and o.to_date) as expected,
      exists (
        select from public.days_off o
        where o.profile_id = p.profile_id and scrum.day between o.from_date and o.to_date) as day_off,
      private.scrum_update_json(posted, scrum.as_of) as posted
    from (select * from public.project_members m where m.project_id = scrum.project_id) m
    full join (select * from public.daily_scrum_updates u where u.daily_scrum_id = scrum.daily_scrum_id
        and u.project_id = scrum.project_id) posted
      on posted.profile_id = m.profile_id
    left join public.profiles p on p.profile_id = coalesce(m.profile_id, posted.profile_id)
      and p.org_id = scrum.org_id
  ), said as (
    select n.profile_id, n.task_id, t.task_name,
      case when last.kind is null or last.kind = 'deleted' then 'gone'
           when last.status = 'Completed' then 'done'
           when last.sprint_id is distinct from scrum.sprint_id then 'gone'
           when exists (select from public.task_events e
                        where e.task_id = n.task_id and e.project_id = n.project_id
                        and e.at > scrum.since and e.at <= scrum.until) then 'progressed'
           else 'untouched' end as outcome
    from public.daily_scrum_tasks n
    join public.daily_scrum_updates u
      on u.daily_scrum_id = n.daily_scrum_id and u.project_id = n.project_id and u.profile_id = n.profile_id
        and u.created_at <= scrum.as_of
    join public.tasks t on t.task_id = n.task_id and t.project_id = n.project_id
    left join lateral (
      select e.kind, e.status, e.sprint_id from public.task_events e
      where e.task_id = n.task_id and e.project_id = n.project_id and e.at <= scrum.until
      order by e.at desc, e.event_id desc limit 1) last on true
    where n.daily_scrum_id = scrum.last_scrum_id and n.intent = 'will do'
  ), activity as materialized (
    select e.*, a.actor
    from private.task_activity(scrum.project_id, null, scrum.since, scrum.until) e
    join public.task_events a on a.event_id = e.event_id
  )
  select json_build_object(
    'as_of', scrum.as_of,
    'timezone', scrum.timezone,
    'scope', json_build_object('visible_tasks', (
      select count(*) from private.sprint_tasks(scrum.sprint_id, scrum.until))),
    'sprint', private.sprint_json(scrum.sprint_id),
    'project', private.project_json(scrum.project_id),
    'date', scrum.day,
    'is_scrum_day', scrum.is_scrum_day,
    'reason', scrum.reason,
    'daily_scrum', case when scrum.daily_scrum_id is not null then
      json_build_object('daily_scrum_id', scrum.daily_scrum_id, 'summary', scrum.summary) end,
    'since', scrum.since,
    'until', scrum.until,
    'expected', (select count(*) from member where expected),
    'posted', (select count(*) from member where posted is not null),
    'rate', (select private.ratio(count(*) filter (where posted is not null), count(*)) from member where expected),
    'members', coalesce((
      select json_agg(json_build_object(
          'profile_id', m.profile_id, 'full_name', m.full_name, 'role', m.role,
          'expected', m.expected, 'day_off', m.day_off, 'update', m.posted,
          'activity', (
            select coalesce(json_agg(json_build_object('task_id', a.task_id, 'task_name', a.task_name, 'kind', a.kind,
              'old_value', a.old_value, 'new_value', a.new_value, 'at', a.at) order by a.at, a.event_id), '[]')
            from activity a where a.actor = m.profile_id),
          'said_and_done', (
            select coalesce(json_agg(
              json_build_object('task_id', s.task_id, 'task_name', s.task_name, 'outcome', s.outcome)
              order by s.task_name collate "C", s.task_id), '[]')
            from said s where s.profile_id = m.profile_id))
        order by m.full_name collate "C", m.profile_id, m.update_id)
      from member m where m.expected or m.posted is not null), '[]'),
    'missing', coalesce((
      select json_agg(
        json_build_object('profile_id', m.profile_id, 'full_name', m.full_name)
        order by m.full_name collate "C", m.profile_id)
      from member m where m.expected and m.posted is null), '[]'),
    'impediments', coalesce((
      select json_agg(private.impediment_json(i, scrum.until) order by i.raised_at, i.impediment_id)
      from public.impediments i
      where i.sprint_id = scrum.sprint_id and i.project_id = scrum.project_id and i.raised_at <= scrum.until
        and (i.resolved_at is null or i.resolved_at > scrum.until)), '[]'))
  into answer;
  return answer;
end $$;

create or replace function private.scrum_draft(as_of timestamptz) returns json
language plpgsql stable security definer set search_path = ''
set plan_cache_mode = force_generic_plan set random_page_cost = 1.1 as $$
#variable_conflict use_column
begin
  return (
    with mine as materialized (
      select d.*, m.role, m.joined_at
      from public.project_members m
      join public.sprints s on s.project_id = m.project_id and s.status = 'Active'
      join public.projects p on p.project_id = s.project_id
      join public.organizations o on o.org_id = p.org_id
      cross join lateral private.scrum_day(s.sprint_id,
        (private.resolve_as_of(scrum_draft.as_of) at time zone o.timezone)::date, scrum_draft.as_of) d
      where m.profile_id = (select auth.uid()) and m.role <> 'viewer'
    ), mine_now as materialized (
      -- The caller's tasks at as_of; status_since is the last change that brought the present status.
      select d.sprint_id, c.task_id, t.task_name, t.priority, t.board_rank, c.status, c.points, c.status_since
      from mine d
      cross join lateral (
        select c.*,
          max(c.at) filter (where c.status is distinct from c.old_status) over (partition by c.task_id) as status_since
        from private.sprint_changes(d.sprint_id, d.as_of) c) c
      join public.tasks t on t.task_id = c.task_id and t.project_id = d.project_id
      where c.until is null and c.in_scope and c.assigned_to = (select auth.uid())
    )
    select json_build_object(
      'as_of', private.resolve_as_of(scrum_draft.as_of),
      'timezone', o.timezone,
      'scope', json_build_object('visible_sprints', (select count(*) from mine)),
      'scrums', coalesce((
        select json_agg(json_build_object(
            'sprint', private.sprint_json(d.sprint_id),
            'project', private.project_json(d.project_id),
            'date', d.day,
            'is_scrum_day', d.is_scrum_day,
            'reason', d.reason,
            'expected', d.is_scrum_day
              and private.expects_update(d.role, d.joined_at, me.profile_id, d.day, d.timezone),
            'daily_scrum_id', d.daily_scrum_id,
            'update', (
              select private.scrum_update_json(u, d.as_of) from public.daily_scrum_updates u
              where u.daily_scrum_id = d.daily_scrum_id and u.project_id = d.project_id
                and u.profile_id = me.profile_id),
            'draft', json_build_object(
              'yesterday', coalesce((
                select json_agg(
                  json_build_object('task_id', t.task_id, 'task_name', t.task_name, 'what', t.what)
                  order by t.first_at, t.task_id)
                from (
                  select a.task_id, a.task_name, min(a.at) as first_at,
                    json_agg(
                      json_build_object('kind', a.kind, 'old_value', a.old_value, 'new_value', a.new_value, 'at', a.at)
                      order by a.at, a.event_id) as what
                  from private.task_activity(d.project_id, me.profile_id, d.since, d.as_of) a
                  group by a.task_id, a.task_name) t), '[]'),
              'today', coalesce((
                select json_agg(json_build_object('task_id', c.task_id, 'task_name', c.task_name, 'status', c.status,
                    'priority', c.priority, 'points', trim_scale(c.points))
                  order by c.status not in ('In Progress', 'In Review'), c.priority desc, c.board_rank, c.task_id)
                from mine_now c where c.sprint_id = d.sprint_id
                  and c.status in ('In Progress', 'In Review', 'Scheduled', 'Planned')), '[]'),
              'impediments', coalesce((
                select json_agg(
                  json_build_object('task_id', c.task_id, 'task_name', c.task_name, 'blocked_since', c.status_since)
                  order by c.status_since, c.board_rank, c.task_id)
                from mine_now c where c.sprint_id = d.sprint_id and c.status = 'Blocked'), '[]')))
          order by d.project_id)
        from mine d), '[]'))
    from public.profiles me join public.organizations o on o.org_id = me.org_id
    where me.profile_id = (select auth.uid()));
end $$;

-- impediment_json was its only caller.
drop function private.profile_json(uuid);
