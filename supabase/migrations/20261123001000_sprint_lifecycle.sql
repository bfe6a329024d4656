-- Starting, completing and cancelling a sprint, and the figures frozen by it.

set lock_timeout = '5s';
set statement_timeout = '30s';

create type public.snapshot_moment as enum ('start', 'close');
comment on type public.snapshot_moment is 'When figures are frozen.';

create table public.sprint_snapshots (
  snapshot_id uuid primary key default gen_random_uuid(),
  project_id  uuid not null,
  sprint_id   uuid not null,
  moment      public.snapshot_moment not null,
  figures     jsonb not null,
  taken_at    timestamptz not null default now(),
  created_at  timestamptz not null default now(),
  constraint sprint_snapshots_once unique (sprint_id, moment),
  constraint sprint_snapshots_of_sprint foreign key (sprint_id, project_id)
    references public.sprints (sprint_id, project_id) on delete cascade
);
comment on table public.sprint_snapshots is 'What a sprint held when it was started and when it was closed. Never changes afterwards.';
comment on column public.sprint_snapshots.snapshot_id is 'Key.';
comment on column public.sprint_snapshots.project_id is 'Project of the sprint.';
comment on column public.sprint_snapshots.sprint_id is 'Sprint.';
comment on column public.sprint_snapshots.moment is 'start or close; one of each.';
comment on column public.sprint_snapshots.figures is 'See private.sprint_figures.';
comment on column public.sprint_snapshots.taken_at is 'Moment the figures are of: the sprint''s started_at or completed_at.';
comment on column public.sprint_snapshots.created_at is 'When the row was made.';
create index sprint_snapshots_project on public.sprint_snapshots (project_id);
create index sprint_snapshots_sprint on public.sprint_snapshots (sprint_id, project_id);

alter table public.sprint_snapshots enable row level security;
grant select on public.sprint_snapshots to authenticated, service_role;
create policy "Snapshots are visible to project members" on public.sprint_snapshots
  for select to authenticated
  using (project_id = any (array(select private.my_project_ids())));

create function private.sprint_figures(sprint_id uuid) returns jsonb
language sql stable set search_path = '' as $$
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
      from public.tasks t where t.sprint_id = s.sprint_id),
    'tasks', coalesce((
      select jsonb_agg(jsonb_build_object(
          'task_id', t.task_id, 'task_name', t.task_name, 'status', t.status, 'priority', t.priority,
          'story_points', t.story_points, 'assigned_to', t.assigned_to, 'assignee_name', p.full_name)
        order by t.board_rank, t.task_id)
      from public.tasks t left join public.profiles p on p.profile_id = t.assigned_to
      where t.sprint_id = s.sprint_id), '[]'),
    'members', coalesce((
      select jsonb_agg(jsonb_build_object(
          'profile_id', m.profile_id, 'full_name', p.full_name, 'role', m.role, 'joined_at', m.joined_at)
        order by m.joined_at, m.profile_id)
      from public.project_members m join public.profiles p using (profile_id)
      where m.project_id = s.project_id), '[]'))
  from public.sprints s
  join public.projects pr using (project_id)
  join public.organizations o using (org_id)
  where s.sprint_id = $1
$$;
comment on function private.sprint_figures(uuid) is
  'What a sprint holds now, to be frozen: {sprint, timezone, working_days, holidays, totals, tasks, members}. Points are story points; a Cancelled task is in tasks but not in the totals of tasks and points.';

create function private.lock_sprint(sprint_id uuid, other uuid default null) returns public.sprints
language plpgsql set search_path = '' as $$
declare
  sprint public.sprints;
begin
  select s.* into sprint from public.sprints s
  where s.sprint_id = lock_sprint.sprint_id
    and s.project_id = any (array(select private.my_project_ids()));
  if not found then
    raise exception 'no such sprint' using errcode = 'PT404';
  end if;
  if not sprint.project_id = any (array(select private.my_project_ids('{manager,scrum_master}'))) then
    raise exception 'only the project''s managers and scrum masters start, complete and cancel sprints'
      using errcode = '42501';
  end if;
  -- After these locks nothing in the sprint moves until we are done: changes of its tasks
  -- wait, and a task that is being put into it needs a key lock on the sprint, which "for
  -- update" keeps out. Tasks first, as others lock them before sprints; once more
  -- afterwards for those that came in meanwhile. A change of many tasks locks them in an
  -- order of its own, so we may block each other: then we let go and try again.
  for attempt in 1 .. 5 loop
    begin
      perform from public.tasks t where t.sprint_id = sprint.sprint_id order by t.task_id for no key update;
      perform from public.sprints s
      where s.sprint_id in (sprint.sprint_id, lock_sprint.other) and s.project_id = sprint.project_id
      order by s.sprint_id for update;
      perform from public.tasks t where t.sprint_id = sprint.sprint_id order by t.task_id for no key update;
      exit;
    exception when deadlock_detected then
      if attempt = 5 then
        raise exception 'the tasks of sprint "%" are being changed at the moment', sprint.sprint_name
          using errcode = 'PT503', hint = 'Try again.';
      end if;
    end;
  end loop;
  select s.* into strict sprint from public.sprints s where s.sprint_id = sprint.sprint_id;
  return sprint;
end $$;
comment on function private.lock_sprint(uuid, uuid) is
  'Locks one or two sprints and the tasks of the first, and returns the first, if the caller runs sprints of its project: PT404 for one they can''t see, 42501 without the role, PT503 when its tasks don''t stand still. Runs with its caller''s rights: called by definer functions only.';

create function private.start_sprint(sprint_id uuid) returns public.sprints
language plpgsql security definer set search_path = '' as $$
declare
  sprint public.sprints := private.lock_sprint(start_sprint.sprint_id);
begin
  -- Two that start different sprints of the project wait for each other here.
  perform from public.projects p where p.project_id = sprint.project_id for no key update;
  if sprint.status <> 'Planned' then
    raise exception 'sprint "%" is % and can''t be started', sprint.sprint_name, sprint.status
      using errcode = 'PT409';
  end if;
  if exists (select from public.sprints s where s.project_id = sprint.project_id and s.status = 'Active') then
    raise exception 'another sprint of the project is running'
      using errcode = 'PT409', hint = 'Complete it first.';
  end if;
  -- The clock, not now(): we may have waited for the locks since the transaction began.
  update public.sprints s set status = 'Active', started_at = clock_timestamp()
  where s.sprint_id = sprint.sprint_id returning s.* into sprint;
  insert into public.sprint_snapshots (project_id, sprint_id, moment, figures, taken_at)
  values (sprint.project_id, sprint.sprint_id, 'start', private.sprint_figures(sprint.sprint_id), sprint.started_at);
  return sprint;
end $$;
comment on function private.start_sprint(uuid) is
  'See public.start_sprint. Definer: the status and the snapshots are written by nobody directly.';

create function private.complete_sprint(sprint_id uuid, carry_over_to uuid) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  sprint public.sprints := private.lock_sprint(complete_sprint.sprint_id, complete_sprint.carry_over_to);
  target public.sprints;
  figures jsonb;
  carried integer;
begin
  if sprint.status <> 'Active' then
    raise exception 'sprint "%" is % and can''t be completed', sprint.sprint_name, sprint.status
      using errcode = 'PT409';
  end if;
  if carry_over_to is not null then
    select s.* into target from public.sprints s
    where s.sprint_id = carry_over_to and s.project_id = sprint.project_id;
    if not found then
      raise exception 'carry_over_to is no sprint of this project' using errcode = '22023';
    elsif target.status <> 'Planned' then
      raise exception 'carry_over_to: sprint "%" is %', target.sprint_name, target.status
        using errcode = 'PT409', hint = 'Carry over to a planned sprint, or to the backlog by leaving it out.';
    end if;
  end if;
  -- The clock, not now(): we may have waited for the locks since the transaction began.
  update public.sprints s set status = 'Completed', completed_at = clock_timestamp()
  where s.sprint_id = sprint.sprint_id returning s.* into sprint;
  -- Frozen first, moved after: the snapshot still holds what isn't done.
  figures := private.sprint_figures(sprint.sprint_id) || jsonb_build_object('carried_over_to',
    case when target.sprint_id is not null then
      jsonb_build_object('sprint_id', target.sprint_id, 'sprint_name', target.sprint_name) end);
  insert into public.sprint_snapshots (project_id, sprint_id, moment, figures, taken_at)
  values (sprint.project_id, sprint.sprint_id, 'close', figures, sprint.completed_at);
  update public.tasks t set sprint_id = carry_over_to
  where t.sprint_id = sprint.sprint_id and t.status not in ('Completed', 'Cancelled');
  get diagnostics carried = row_count;
  return jsonb_build_object(
    'sprint_id', sprint.sprint_id, 'status', sprint.status,
    'started_at', sprint.started_at, 'completed_at', sprint.completed_at,
    'completed_tasks', figures #> '{totals,completed_tasks}',
    'carried_over', carried, 'carried_over_to', carry_over_to);
end $$;
comment on function private.complete_sprint(uuid, uuid) is
  'See public.complete_sprint. Definer: the status and the snapshots are written by nobody directly.';

create function private.cancel_sprint(sprint_id uuid) returns public.sprints
language plpgsql security definer set search_path = '' as $$
declare
  sprint public.sprints := private.lock_sprint(cancel_sprint.sprint_id);
begin
  if sprint.status not in ('Planned', 'Active') then
    raise exception 'sprint "%" is % and can''t be cancelled', sprint.sprint_name, sprint.status
      using errcode = 'PT409';
  end if;
  update public.sprints s set status = 'Cancelled'
  where s.sprint_id = sprint.sprint_id returning s.* into sprint;
  update public.tasks t set sprint_id = null
  where t.sprint_id = sprint.sprint_id and t.status not in ('Completed', 'Cancelled');
  return sprint;
end $$;
comment on function private.cancel_sprint(uuid) is
  'See public.cancel_sprint. Definer: the status is written by nobody directly.';

create function public.start_sprint(sprint_id uuid) returns public.sprints
language sql security invoker set search_path = '' as $$
  select private.start_sprint(start_sprint.sprint_id)
$$;
comment on function public.start_sprint(uuid) is
  'Starts a planned sprint and freezes what it holds; returns the sprint. For managers and scrum masters. PT404 (404) unknown sprint, 42501 (403) without the role, PT409 (409) not planned or another one is running.';

create function public.complete_sprint(sprint_id uuid, carry_over_to uuid default null) returns jsonb
language sql security invoker set search_path = '' as $$
  select private.complete_sprint(complete_sprint.sprint_id, complete_sprint.carry_over_to)
$$;
comment on function public.complete_sprint(uuid, uuid) is
  'Completes a running sprint: freezes its figures, then moves what isn''t done to the planned sprint carry_over_to, or to the backlog. All or nothing. Returns {sprint_id, status, started_at, completed_at, completed_tasks, carried_over, carried_over_to}. For managers and scrum masters. PT404, 42501, PT409 (not running; target not planned), 22023 (target not in this project).';

create function public.cancel_sprint(sprint_id uuid) returns public.sprints
language sql security invoker set search_path = '' as $$
  select private.cancel_sprint(cancel_sprint.sprint_id)
$$;
comment on function public.cancel_sprint(uuid) is
  'Cancels a planned or running sprint; its unfinished tasks go back to the backlog. Returns the sprint. For managers and scrum masters. PT404, 42501, PT409 (closed already).';

grant execute on function private.start_sprint(uuid), private.complete_sprint(uuid, uuid), private.cancel_sprint(uuid) to authenticated;
grant execute on function public.start_sprint(uuid), public.complete_sprint(uuid, uuid), public.cancel_sprint(uuid) to authenticated;
