-- Sprint completion: what complete_sprint freezes for the views of a closed sprint (closed_sprints), besides the
-- figures of the snapshot: the calendar first, which the others are computed with, and the views last, after the
-- unfinished tasks were moved.

set lock_timeout = '5s';
set statement_timeout = '30s';

create function private.freeze_calendar(sprint_id uuid) returns void
language plpgsql set search_path = '' as $$
#variable_conflict use_column
begin
  insert into private.closed_sprints
    (sprint_id, project_id, sprint_name, goal, timezone, working_days, holidays, cutoff_time)
  select s.sprint_id, s.project_id, s.sprint_name, s.goal, o.timezone, o.working_days,
    array(select h.holiday_date from public.org_holidays h where h.org_id = o.org_id order by h.holiday_date),
    coalesce(o.scrum_cutoff_time, o.reminder_time)
  from public.sprints s
  join public.projects p on p.project_id = s.project_id
  join public.organizations o on o.org_id = p.org_id
  where s.sprint_id = freeze_calendar.sprint_id;
end $$;
comment on function private.freeze_calendar(uuid) is
  'Freezes the name, goal and calendar of a sprint that is being completed. For private.complete_sprint.';

create function private.freeze_views(sprint_id uuid) returns void
language plpgsql set search_path = ''
set plan_cache_mode = force_generic_plan set random_page_cost = 1.1 as $$
#variable_conflict use_column
begin
  insert into private.closed_views (sprint_id, view, day, answer)
  select k.sprint_id, frozen.view, frozen.day, frozen.answer::jsonb
  from public.sprints s
  cross join lateral private.sprint_clock(s.sprint_id, s.completed_at) k
  cross join lateral (
    select 'board' as view, k.today as day, private.live_sprint_board(k.sprint_id, null, null, k.as_of) as answer
    union all
    select 'burndown', k.today, private.live_sprint_burndown(k.sprint_id, k.as_of)
    union all
    select 'flow', k.today, private.live_sprint_flow(k.sprint_id, k.as_of)
    union all
    select 'workload', k.today, private.live_sprint_workload(k.sprint_id, k.as_of)
    union all
    select 'scrum', d.day, private.live_scrum_of_day(k.sprint_id, d.day, k.as_of)
    -- After the completion all days are the same: the first stands for them.
    from private.sprint_days(k.sprint_id, k.first_day, least(k.last_day, k.horizon_day + 1)) d) frozen
  where s.sprint_id = freeze_views.sprint_id;
  insert into private.closed_participation (sprint_id, scrum_date, profile_id, answered)
  select s.sprint_id, d.scrum_date, a.profile_id, a.answered
  from public.sprints s
  join public.daily_scrums d on d.sprint_id = s.sprint_id and d.project_id = s.project_id
  cross join lateral private.live_participation(d, s.completed_at) a
  where s.sprint_id = freeze_views.sprint_id;
  update private.closed_sprints f set views_frozen = true where f.sprint_id = freeze_views.sprint_id;
end $$;
comment on function private.freeze_views(uuid) is
  'Freezes the views of a sprint that has been completed: board, burndown, flow, workload, and the scrum of each day '
  'until the one after the completion, with who took part. For private.complete_sprint, after private.freeze_calendar '
  'and after the unfinished tasks were moved.';

create or replace function private.complete_sprint(sprint_id uuid, carry_over_to uuid) returns jsonb
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
  perform private.freeze_calendar(sprint.sprint_id);
  -- Freezes before it moves tasks, so the snapshot contains the unfinished ones.
  figures := private.sprint_figures(sprint.sprint_id) || jsonb_build_object('carried_over_to',
    case when target.sprint_id is not null then
      jsonb_build_object('sprint_id', target.sprint_id, 'sprint_name', target.sprint_name) end);
  insert into public.sprint_snapshots (project_id, sprint_id, moment, figures, taken_at)
  values (sprint.project_id, sprint.sprint_id, 'close', figures, sprint.completed_at);
  update public.tasks t set sprint_id = carry_over_to
  where t.sprint_id = sprint.sprint_id and t.project_id = sprint.project_id
    and t.status not in ('Completed', 'Cancelled');
  get diagnostics carried = row_count;
  perform private.freeze_views(sprint.sprint_id);
  return jsonb_build_object(
    'sprint_id', sprint.sprint_id, 'status', sprint.status,
    'started_at', sprint.started_at, 'completed_at', sprint.completed_at,
    'completed_tasks', figures #> '{totals,completed_tasks}',
    'carried_over', carried, 'carried_over_to', carry_over_to);
end $$;

-- The scrum of each day makes the completion of a long sprint take seconds, of one of a year with 1,000 tasks about as
-- many as a role's statement_timeout allows. PostgREST takes this one before it begins.
create or replace function public.complete_sprint(sprint_id uuid, carry_over_to uuid default null) returns jsonb
language sql security invoker set search_path = '' set statement_timeout = '60s' as $$
  select private.complete_sprint(complete_sprint.sprint_id, complete_sprint.carry_over_to)
$$;
comment on function public.complete_sprint(uuid, uuid) is
  'Completes a running sprint: freezes its figures and views, then moves unfinished tasks to the planned sprint '
  'carry_over_to, or to the backlog. All or nothing. Returns {sprint_id, status, started_at, completed_at, '
  'completed_tasks, carried_over, carried_over_to}. Takes less than a second as a rule, and at most 60; who doesn''t '
  'wait that long asks for the sprint''s status afterwards. For managers and scrum masters. PT404 (404), 42501 (403), '
  'PT409 (409): not running, or the target isn''t planned; 22023 (400): the target is in another project.';
