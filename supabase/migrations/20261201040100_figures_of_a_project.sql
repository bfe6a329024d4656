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
      'sprint', (select json_build_object('sprint_id', s.of_it -> 'sprint_id', 'sprint_name', s.of_it -> 'sprint_name')
                 -- offset 0: once, and not for each mention.
                 from (select private.sprint_json(impediment.sprint_id) as of_it offset 0) s
                 where s.of_it is not null),
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

create function private.completion_figures(
  committed_tasks numeric, committed_points numeric, kept_tasks numeric, kept_points numeric,
  added_tasks numeric, added_points numeric
) returns jsonb
language plpgsql immutable set search_path = '' as $$
begin
  return jsonb_build_object(
    'completion', jsonb_build_object(
      'tasks', private.ratio(coalesce(kept_tasks, 0), coalesce(committed_tasks, 0)),
      'points', private.ratio(coalesce(kept_points, 0), coalesce(committed_points, 0))),
    'committed_completed', jsonb_build_object(
      'tasks', coalesce(kept_tasks, 0), 'points', trim_scale(coalesce(kept_points, 0))),
    'added_completed', jsonb_build_object(
      'tasks', coalesce(added_tasks, 0), 'points', trim_scale(coalesce(added_points, 0))));
end $$;
comment on function private.completion_figures(numeric, numeric, numeric, numeric, numeric, numeric) is
  'What a report says of the completion of so much committed work, of which so much was completed, beside so much '
  'added work that was completed: {completion, committed_completed, added_completed}, each {tasks, points}. Null '
  'counts 0.';

create function private.with_completion(report jsonb) returns jsonb
language plpgsql immutable set search_path = '' as $$
begin
  if jsonb_typeof(report -> 'committed') is distinct from 'object' then
    return report || '{"completion": null, "committed_completed": null, "added_completed": null}';
  end if;
  return (
    with completed as materialized (
      select i ->> 'task_id' as task_id, i #>> '{assignee,profile_id}' as profile_id,
        coalesce((i ->> 'points')::numeric, 0) as points
      from jsonb_array_elements(report #> '{completed,items}') i
    ), committed as materialized (
      select i ->> 'task_id' as task_id, i #>> '{assignee,profile_id}' as profile_id,
        coalesce((i ->> 'points')::numeric, 0) as points, c.task_id is not null as is_kept
      from jsonb_array_elements(report #> '{committed,items}') i
      left join completed c on c.task_id = i ->> 'task_id'
    ), share as materialized (
      select s.profile_id,
        count(*) filter (where s.is_committed) as committed_tasks,
        sum(s.points) filter (where s.is_committed) as committed_points,
        count(*) filter (where s.is_committed and s.is_kept) as kept_tasks,
        sum(s.points) filter (where s.is_committed and s.is_kept) as kept_points,
        count(*) filter (where not s.is_committed) as added_tasks,
        sum(s.points) filter (where not s.is_committed) as added_points
      from (
        select c.profile_id, c.points, true as is_committed, c.is_kept from committed c
        union all
        select c.profile_id, c.points, false, true
        from completed c where c.task_id not in (select before.task_id from committed before)) s
      group by s.profile_id
    )
    select report
      || (select private.completion_figures(sum(s.committed_tasks), sum(s.committed_points),
            sum(s.kept_tasks), sum(s.kept_points), sum(s.added_tasks), sum(s.added_points)) from share s)
      || jsonb_build_object('members', (
        select coalesce(jsonb_agg(
          m.value || private.completion_figures(s.committed_tasks, s.committed_points,
            s.kept_tasks, s.kept_points, s.added_tasks, s.added_points)
          order by m.place), '[]')
        from jsonb_array_elements(report -> 'members') with ordinality as m (value, place)
        left join share s on s.profile_id is not distinct from m.value ->> 'profile_id')));
end $$;
comment on function private.with_completion(jsonb) is
  'A report with its completion, which is told by its lists, so that one that was frozen earlier tells it as well: '
  'completion = committed work that was completed in the sprint / committed work, in points as committed (the say/do '
  'ratio, never over 1); committed_completed: that work; added_completed: completed work that wasn''t committed, in '
  'points at the finish. So for each member, too, whose committed work is what they were assigned at the start, '
  'whoever completed it.';

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
        -- When it was last in scope.
        (array_agg(c.points order by c.at desc) filter (where c.in_scope))[1] as last_points,
        (array_agg(c.status order by c.at desc) filter (where c.in_scope))[1] as last_status,
        (array_agg(c.assigned_to order by c.at desc) filter (where c.in_scope))[1] as last_assignee
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
        select 'removed', task_id, start_status, start_points, start_assignee from task where committed and not is_in
        union all
        select 'added_then_removed', task_id, last_status, last_points, last_assignee
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
    select private.with_completion(jsonb_build_object(
        'timezone', k.timezone,
        'sprint', sprint.of_it,
        'project', private.project_json(k.project_id),
        'goal', sprint.of_it -> 'goal',
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
                (t.points ->> 'committed')::numeric)) end)
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
          from impediment i) end))
    from clock k
    cross join lateral (select private.sprint_json(k.sprint_id) as of_it offset 0) sprint);
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
           then private.with_completion(frozen.figures -> 'report') || jsonb_build_object('carried_over',
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
        s.start_date, s.end_date, s.started_at, s.completed_at, f.figures -> 'report' as report
      from public.sprints s
      join public.sprint_snapshots f on f.sprint_id = s.sprint_id and f.project_id = s.project_id
        and f.moment = 'close'
      where s.project_id = project_velocity.project_id and s.status = 'Completed'
        and s.completed_at <= private.resolve_as_of(project_velocity.as_of)
      -- Of two that were completed at one moment the one that was started later is the later one.
      order by s.completed_at desc, s.started_at desc, s.sprint_id desc limit last
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
          order by c.completed_at, c.started_at, c.sprint_id), '[]') from closed c),
      'tasks', (select private.sample_statistics(array_agg((c.report #>> '{completed,tasks}')::numeric)) from closed c),
      'points', (
        select private.sample_statistics(array_agg((c.report #>> '{completed,points}')::numeric)) from closed c))
    from public.projects p join public.organizations o on o.org_id = p.org_id
    where p.project_id = project_velocity.project_id);
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
      and own.scrum_date = d.day and own.created_at <= k.as_of
    left join lateral (
      select b.daily_scrum_id, b.scrum_date from public.daily_scrums b
      where b.sprint_id = k.sprint_id and b.project_id = k.project_id and b.scrum_date < d.day
        and b.created_at <= k.as_of
      order by b.scrum_date desc limit 1) before on true;
end $$;

-- impediment_json was its only caller.
drop function private.profile_json(uuid);

comment on function public.sprint_report(uuid, timestamptz) is
  'The report of a sprint: {as_of, timezone, scope, sprint, project, goal, final, reference_start, reference_finish, '
  'committed, completed, not_completed, completed_outside, added, removed, added_then_removed, cancelled, '
  'reestimated, carried_over, scope_change, completion, committed_completed, added_completed, unestimated_count, '
  'members, impediments}. committed is the '
  'scope at the reference start. completed (in the sprint), completed_outside (before it or outside of it) and '
  'not_completed are the scope at the reference finish, which is as_of while the sprint runs. removed was committed '
  'and has left the sprint, moved out or deleted; a Cancelled task that is still in it is under cancelled. Lists are '
  '{tasks, points, items}. An item''s points, status and assignee are of one moment: of committed and removed the '
  'start, of added_then_removed the last one in scope, of the others the finish. scope_change = (added - removed) / '
  'committed, completion = committed_completed / committed: what was committed and completed in the sprint, in points '
  'as committed; null when nothing was committed. added_completed: what was completed and not committed. carried_over, '
  'once the sprint is completed: the tasks not completed, and "to" which sprint they were moved (null: the backlog). '
  'Once the sprint is completed the report is the frozen one (final), and only as_of and scope are of today. Null for '
  'a sprint that the caller can''t see.';
