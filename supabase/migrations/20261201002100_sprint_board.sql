-- The board of a sprint. private.sprint_board computes it, clients call public.sprint_board (see figure_base).

set lock_timeout = '5s';
set statement_timeout = '30s';

create function private.sprint_board(
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
      join public.tasks t on t.sprint_id = k.sprint_id
      left join lateral (
        select p.profile_id, p.full_name, p.username
        from public.profiles p where p.profile_id = t.assigned_to) person on true
      left join lateral (
        select e.at from public.task_events e
        where e.task_id = t.task_id and e.kind in ('created', 'status')
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
        select count(*) from public.tasks t where t.sprint_id = k.sprint_id)),
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
comment on function private.sprint_board(uuid, uuid, public.task_priority, timestamptz) is
  'See public.sprint_board. Definer: it checks once what the caller may see, then reads without the policies.';
grant execute on function private.sprint_board(uuid, uuid, public.task_priority, timestamptz)
  to authenticated, service_role;

create function public.sprint_board(
  sprint_id uuid,
  assignee uuid default null,
  priority public.task_priority default null,
  as_of timestamptz default null
) returns json
language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.sprint_board(sprint_id, assignee, priority, as_of);
end $$;
comment on function public.sprint_board(uuid, uuid, public.task_priority, timestamptz) is
  'The board of a sprint, as far as the caller may see it: {as_of, timezone, scope: {visible_tasks}, sprint, project, '
  'columns}. One column per status in board order, with task_count, points (story points), unestimated_count and its '
  'tasks by board_rank; the counts are of tasks that match assignee and priority. days_in_status counts days of the '
  'organization''s time zone until as_of (default now). The tasks are today''s whatever as_of is: pass as_of only '
  'when nothing has happened since. Null for a sprint that the caller can''t see.';
grant execute on function public.sprint_board(uuid, uuid, public.task_priority, timestamptz)
  to authenticated, service_role;
