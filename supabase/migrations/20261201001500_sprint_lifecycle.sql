-- The life of a sprint: starting, completing and cancelling it, and the figures that are frozen then.

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
comment on table public.sprint_snapshots is
  'What a sprint contained when it was started and when it was completed. Never changes afterwards.';
comment on column public.sprint_snapshots.snapshot_id is 'Key.';
comment on column public.sprint_snapshots.project_id is 'Project of the sprint.';
comment on column public.sprint_snapshots.sprint_id is 'Sprint.';
comment on column public.sprint_snapshots.moment is 'start or close; one of each.';
comment on column public.sprint_snapshots.figures is 'See private.sprint_figures.';
comment on column public.sprint_snapshots.taken_at is
  'Moment of the figures: the sprint''s started_at or completed_at.';
comment on column public.sprint_snapshots.created_at is 'When the row was created.';
create index sprint_snapshots_project on public.sprint_snapshots (project_id);
create index sprint_snapshots_sprint on public.sprint_snapshots (sprint_id, project_id);

alter table public.sprint_snapshots enable row level security;
create policy "Snapshots are visible to project members" on public.sprint_snapshots
  for select to authenticated
  using (project_id = any (array(select private.my_project_ids())));

grant select on public.sprint_snapshots to authenticated, service_role;

create function private.sprint_contents(sprint_id uuid) returns jsonb
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
    where s.sprint_id = sprint_contents.sprint_id);
end $$;
comment on function private.sprint_contents(uuid) is
  'What a sprint contains now: {sprint, timezone, working_days, holidays, totals, tasks, members}. Points are story '
  'points; a Cancelled task is in tasks but not in the totals of tasks and points.';

create function private.sprint_figures(sprint_id uuid) returns jsonb
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    select private.sprint_contents(s.sprint_id) || case when s.completed_at is null then '{}'
      else jsonb_build_object('report', private.live_sprint_report(s.sprint_id, s.completed_at)) end
    from public.sprints s where s.sprint_id = sprint_figures.sprint_id);
end $$;
comment on function private.sprint_figures(uuid) is
  'What is frozen at the start and at the completion of a sprint: private.sprint_contents, and at the completion also '
  '"report" (private.live_sprint_report).';

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
  -- With these locks the sprint's contents stay as they are until the transaction ends. Changes of its tasks wait. To
  -- move a task into the sprint takes a key lock on the sprint, which "for update" excludes. Tasks are locked first,
  -- because others lock tasks before sprints, and again afterwards for those that came in meanwhile. A change of many
  -- tasks locks them in its own order, so there may be a deadlock: then this releases its locks and tries again.
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
  'Locks one or two sprints and the tasks of the first, and returns the first, if the caller is manager or scrum '
  'master of its project. PT404 for a sprint they can''t see, 42501 without the role, PT503 when concurrent changes '
  'of its tasks prevent the lock. Runs with its caller''s rights: only definer functions call it.';

create function private.start_sprint(sprint_id uuid) returns public.sprints
language plpgsql security definer set search_path = '' as $$
declare
  sprint public.sprints := private.lock_sprint(start_sprint.sprint_id);
begin
  -- Two callers who start different sprints of the project wait for each other here.
  perform from public.projects p where p.project_id = sprint.project_id for no key update;
  if sprint.status <> 'Planned' then
    raise exception 'sprint "%" is % and can''t be started', sprint.sprint_name, sprint.status
      using errcode = 'PT409';
  end if;
  if exists (select from public.sprints s where s.project_id = sprint.project_id and s.status = 'Active') then
    raise exception 'another sprint of the project is running'
      using errcode = 'PT409', hint = 'Complete it first.';
  end if;
  -- The clock, not now(): the transaction may have waited for the locks since it began.
  update public.sprints s set status = 'Active', started_at = clock_timestamp()
  where s.sprint_id = sprint.sprint_id returning s.* into sprint;
  insert into public.sprint_snapshots (project_id, sprint_id, moment, figures, taken_at)
  values (sprint.project_id, sprint.sprint_id, 'start', private.sprint_figures(sprint.sprint_id), sprint.started_at);
  return sprint;
end $$;
comment on function private.start_sprint(uuid) is
  'See public.start_sprint. Definer: nobody writes the status or snapshots directly.';
grant execute on function private.start_sprint(uuid) to authenticated;

create function public.start_sprint(sprint_id uuid) returns public.sprints
language sql security invoker set search_path = '' as $$
  select private.start_sprint(start_sprint.sprint_id)
$$;
comment on function public.start_sprint(uuid) is
  'Starts a planned sprint and freezes what it contains; returns the sprint. For managers and scrum masters. PT404 '
  '(404): unknown sprint; 42501 (403): without the role; PT409 (409): not planned, or another sprint is running.';
grant execute on function public.start_sprint(uuid) to authenticated;

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
  -- The clock, not now(): the transaction may have waited for the locks since it began.
  update public.sprints s set status = 'Completed', completed_at = clock_timestamp()
  where s.sprint_id = sprint.sprint_id returning s.* into sprint;
  -- Freezes before it moves tasks, so the snapshot contains the unfinished ones.
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
  'See public.complete_sprint. Definer: nobody writes the status or snapshots directly.';
grant execute on function private.complete_sprint(uuid, uuid) to authenticated;

create function public.complete_sprint(sprint_id uuid, carry_over_to uuid default null) returns jsonb
language sql security invoker set search_path = '' as $$
  select private.complete_sprint(complete_sprint.sprint_id, complete_sprint.carry_over_to)
$$;
comment on function public.complete_sprint(uuid, uuid) is
  'Completes a running sprint: freezes its figures, then moves unfinished tasks to the planned sprint carry_over_to, '
  'or to the backlog. All or nothing. Returns {sprint_id, status, started_at, completed_at, completed_tasks, '
  'carried_over, carried_over_to}. For managers and scrum masters. PT404 (404), 42501 (403), PT409 (409): not '
  'running, or the target isn''t planned; 22023 (400): the target is in another project.';
grant execute on function public.complete_sprint(uuid, uuid) to authenticated;

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
  'See public.cancel_sprint. Definer: nobody writes the status directly.';
grant execute on function private.cancel_sprint(uuid) to authenticated;

create function public.cancel_sprint(sprint_id uuid) returns public.sprints
language sql security invoker set search_path = '' as $$
  select private.cancel_sprint(cancel_sprint.sprint_id)
$$;
comment on function public.cancel_sprint(uuid) is
  'Cancels a planned or running sprint and moves its unfinished tasks to the backlog. Returns the sprint. For '
  'managers and scrum masters. PT404 (404), 42501 (403), PT409 (409): closed already.';
grant execute on function public.cancel_sprint(uuid) to authenticated;
