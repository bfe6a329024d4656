-- The board of a sprint: one call, one answer.

set lock_timeout = '5s';

create function public.sprint_board(
  sprint_id uuid,
  assignee uuid default null,
  priority public.task_priority default null
) returns jsonb
language sql stable security invoker set search_path = '' as $$
  with sprint as (
    select s.*, p.project_name, o.timezone
    from public.sprints s
    join public.projects p using (project_id)
    join public.organizations o using (org_id)
    where s.sprint_id = sprint_board.sprint_id
  ), card as (
    select t.task_id, t.status, t.story_points, t.board_rank,
      jsonb_build_object(
        'task_id', t.task_id, 'task_name', t.task_name, 'priority', t.priority,
        'story_points', t.story_points, 'due_date', t.due_date,
        'related_task_id', t.related_task_id, 'board_rank', t.board_rank,
        'status_since', since.at,
        'days_in_status', (now() at time zone sprint.timezone)::date - (since.at at time zone sprint.timezone)::date,
        'blocked_since', case t.status when 'Blocked' then since.at end,
        'assignee', case when a.profile_id is not null then jsonb_build_object(
          'profile_id', a.profile_id, 'full_name', a.full_name, 'username', a.username) end) as body
    from sprint
    join public.tasks t on t.sprint_id = sprint.sprint_id
    left join public.profiles a on a.profile_id = t.assigned_to
    left join lateral (
      select e.at from public.task_events e
      where e.task_id = t.task_id and e.kind in ('created', 'status')
      order by e.event_id desc limit 1) since on true
    where (sprint_board.assignee is null or t.assigned_to = sprint_board.assignee)
      and (sprint_board.priority is null or t.priority = sprint_board.priority)
  ), board_column as (
    select status.status, jsonb_build_object(
        'status', status.status,
        'task_count', count(card.task_id),
        'points', coalesce(sum(card.story_points), 0),
        'unestimated_count', count(card.task_id) filter (where card.story_points is null),
        'tasks', coalesce(jsonb_agg(card.body order by card.board_rank, card.task_id)
                          filter (where card.task_id is not null), '[]')) as body
    from unnest(enum_range(null::public.task_status)) as status (status)
    left join card using (status)
    group by status.status
  )
  select jsonb_build_object(
    'as_of', now(),
    'timezone', sprint.timezone,
    'scope', jsonb_build_object('visible_tasks', (
      select count(*) from public.tasks t where t.sprint_id = sprint.sprint_id)),
    'sprint', jsonb_build_object(
      'sprint_id', sprint.sprint_id, 'sprint_name', sprint.sprint_name, 'goal', sprint.goal,
      'status', sprint.status, 'start_date', sprint.start_date, 'end_date', sprint.end_date,
      'started_at', sprint.started_at, 'completed_at', sprint.completed_at),
    'project', jsonb_build_object('project_id', sprint.project_id, 'project_name', sprint.project_name),
    'columns', (select jsonb_agg(board_column.body order by board_column.status) from board_column))
  from sprint
$$;
comment on function public.sprint_board(uuid, uuid, public.task_priority) is
  'The board of a sprint as the caller may see it: {as_of, timezone, scope: {visible_tasks}, sprint, project, columns}. A column per status in board order with task_count, points (story points), unestimated_count and its tasks by board_rank; counts are of the tasks that match assignee and priority. days_in_status counts days of the organization''s time zone. Null when there is no such sprint for the caller.';
grant execute on function public.sprint_board(uuid, uuid, public.task_priority) to authenticated;
