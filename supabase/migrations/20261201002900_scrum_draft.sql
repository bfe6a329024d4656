-- The draft of the caller's own scrum update.
-- private.scrum_draft computes it, clients call public.scrum_draft (see figure_base).

set lock_timeout = '5s';
set statement_timeout = '30s';

create function private.scrum_draft(as_of timestamptz) returns json
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
      join public.tasks t on t.task_id = c.task_id
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
              where u.daily_scrum_id = d.daily_scrum_id and u.profile_id = me.profile_id),
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
comment on function private.scrum_draft(timestamptz) is
  'See public.scrum_draft. Definer: it reads the rows of the caller alone, without the policies.';
grant execute on function private.scrum_draft(timestamptz) to authenticated, service_role;

create function public.scrum_draft(as_of timestamptz default null) returns json
language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.scrum_draft(as_of);
end $$;
comment on function public.scrum_draft(timestamptz) is
  'Today''s scrums that expect an update from the caller, with a draft: {as_of, timezone, scope, scrums: [{sprint, '
  'project, date, is_scrum_day, reason, expected, daily_scrum_id, update, draft: {yesterday, today, impediments}}]}, '
  'one per running sprint of their projects. yesterday: what they did to tasks since the last scrum; today: their '
  'open tasks, those in progress first; impediments: their blocked tasks.';
grant execute on function public.scrum_draft(timestamptz) to authenticated, service_role;
