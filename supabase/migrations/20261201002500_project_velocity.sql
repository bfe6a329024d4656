-- The velocity of a project, from frozen reports only.
-- private.project_velocity computes it, clients call public.project_velocity (see figure_base).

set lock_timeout = '5s';
set statement_timeout = '30s';

create function private.sample_statistics(figures numeric[]) returns json
language plpgsql immutable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    select json_build_object(
      'average', trim_scale(round(avg(f), 2)),
      'standard_deviation', trim_scale(round(stddev_samp(f), 2)),
      'low', trim_scale(round(case when count(f) > 1 then greatest(0, avg(f) - stddev_samp(f)) end, 2)),
      'high', trim_scale(round(avg(f) + stddev_samp(f), 2)))
    from unnest(figures) f);
end $$;
comment on function private.sample_statistics(numeric[]) is
  '{average, standard_deviation, low, high} of a sample; low and high are one standard deviation from the average, '
  'low at least 0. All are null without figures; with one figure all but the average are.';
grant execute on function private.sample_statistics(numeric[]) to authenticated, service_role;

create function private.project_velocity(project_id uuid, last integer, as_of timestamptz) returns json
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
      join public.sprint_snapshots f on f.sprint_id = s.sprint_id and f.moment = 'close'
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
comment on function private.project_velocity(uuid, integer, timestamptz) is
  'See public.project_velocity. Definer: it checks once what the caller may see, then reads without the policies.';
grant execute on function private.project_velocity(uuid, integer, timestamptz) to authenticated, service_role;

create function public.project_velocity(project_id uuid, last integer default 6, as_of timestamptz default null)
returns json
language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.project_velocity(project_id, last, as_of);
end $$;
comment on function public.project_velocity(uuid, integer, timestamptz) is
  'What the last sprints of a project (1 to 50, default 6) that were completed by a moment (default now) committed to '
  'and completed: {as_of, timezone, scope, project, sprints (oldest first), tasks, points}. tasks and points are '
  '{average, standard_deviation, low, high} of what was completed; low to high is the range to plan with. Computed '
  'from frozen reports, so a completed sprint''s figures never change. 22023 (400) for another number of sprints; '
  'null for a project that the caller can''t see.';
grant execute on function public.project_velocity(uuid, integer, timestamptz) to authenticated, service_role;
