-- The velocity of a project, from frozen reports alone.

set lock_timeout = '5s';
set statement_timeout = '30s';

create function private.spread(figures numeric[]) returns json
language sql immutable set search_path = '' as $$
  select json_build_object(
    'average', trim_scale(round(avg(f), 2)),
    'standard_deviation', trim_scale(round(stddev_samp(f), 2)),
    'low', trim_scale(round(case when count(f) > 1 then greatest(0, avg(f) - stddev_samp(f)) end, 2)),
    'high', trim_scale(round(avg(f) + stddev_samp(f), 2)))
  from unnest(figures) f
$$;
comment on function private.spread(numeric[]) is
  '{average, standard_deviation, low, high}: of the sample; low and high are one standard deviation either way, low not under 0. Null without figures, all but the average null with one.';

create function public.project_velocity(project_id uuid, last integer default 6, as_of timestamptz default null) returns json
language plpgsql stable security invoker set search_path = '' as $$
begin
  if last is null or last not between 1 and 50 then
    raise exception 'last is %, it must be 1 to 50', coalesce(last::text, 'null') using errcode = '22023';
  end if;
  return (
    with closed as materialized (
      select s.sprint_id, coalesce(f.figures #>> '{report,sprint,sprint_name}', s.sprint_name) as sprint_name, s.start_date, s.end_date, s.completed_at, f.figures -> 'report' as report
      from public.sprints s
      join public.sprint_snapshots f on f.sprint_id = s.sprint_id and f.moment = 'close'
      where s.project_id = project_velocity.project_id and s.status = 'Completed'
        and s.completed_at <= private.moment(project_velocity.as_of)
      order by s.completed_at desc, s.sprint_id limit last
    )
    select json_build_object(
      'as_of', private.moment(project_velocity.as_of),
      'timezone', o.timezone,
      'scope', json_build_object('visible_sprints', (select count(*) from closed)),
      'project', private.project_head(p.project_id),
      'sprints', (
        select coalesce(json_agg(json_build_object(
            'sprint_id', c.sprint_id, 'sprint_name', c.sprint_name, 'start_date', c.start_date, 'end_date', c.end_date,
            'completed_at', c.completed_at,
            'committed', json_build_object('tasks', c.report #> '{committed,tasks}', 'points', c.report #> '{committed,points}'),
            'completed', json_build_object('tasks', c.report #> '{completed,tasks}', 'points', c.report #> '{completed,points}'))
          order by c.completed_at, c.sprint_id), '[]') from closed c),
      'tasks', (select private.spread(array_agg((c.report #>> '{completed,tasks}')::numeric)) from closed c),
      'points', (select private.spread(array_agg((c.report #>> '{completed,points}')::numeric)) from closed c))
    from public.projects p join public.organizations o on o.org_id = p.org_id
    where p.project_id = project_velocity.project_id);
end $$;
comment on function public.project_velocity(uuid, integer, timestamptz) is
  'What the last (1 to 50, default 6) sprints of a project that were completed by a moment (default now) committed to and completed: {as_of, timezone, scope, project, sprints (oldest first), tasks, points}, the last two {average, standard_deviation, low, high} of what was completed; low to high is the range to plan with. From frozen reports, so it never changes for a sprint once completed. 22023 (400) for another number; null when there is no such project for the caller.';
grant execute on function private.spread(numeric[]), public.project_velocity(uuid, integer, timestamptz) to authenticated, service_role;
