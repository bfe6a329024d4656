-- The impediments of a project, open and resolved.
-- private.project_impediments computes it, clients call public.project_impediments (see figure_base).

set lock_timeout = '5s';
set statement_timeout = '30s';

create function private.project_impediments(project_id uuid, as_of timestamptz) returns json
language plpgsql stable security definer set search_path = ''
set plan_cache_mode = force_generic_plan set random_page_cost = 1.1 as $$
#variable_conflict use_column
begin
  if private.may_read_project(project_id) is not true then
    return null;
  end if;
  return (
    with moment as (
      select private.resolve_as_of(project_impediments.as_of) as as_of
    ), impediment as materialized (
      select i as body, i.impediment_id, i.raised_at,
        case when i.resolved_at <= m.as_of then i.resolved_at end as resolved_at
      from moment m
      join public.impediments i on i.project_id = project_impediments.project_id and i.raised_at <= m.as_of
    )
    select json_build_object(
      'as_of', m.as_of,
      'timezone', o.timezone,
      'scope', json_build_object('visible_impediments', (select count(*) from impediment)),
      'project', private.project_json(p.project_id),
      'open', coalesce((
        select json_agg(private.impediment_json(i.body, m.as_of) order by i.raised_at, i.impediment_id)
        from impediment i where i.resolved_at is null), '[]'),
      'resolved', coalesce((
        select json_agg(private.impediment_json(i.body, m.as_of) order by i.resolved_at desc, i.impediment_id)
        from (
          select * from impediment where resolved_at is not null
          order by resolved_at desc, impediment_id limit 20) i), '[]'),
      'statistics', (
        select json_build_object(
          'open', count(*) filter (where i.resolved_at is null),
          'resolved', count(i.resolved_at),
          'median_resolution_hours', private.seconds_to_hours(
            percentile_cont(0.5) within group (
              order by extract(epoch from i.resolved_at - i.raised_at)::double precision)),
          'oldest_open_hours', private.seconds_to_hours(
            extract(epoch from m.as_of - min(i.raised_at) filter (where i.resolved_at is null))::double precision))
        from impediment i))
    from moment m
    cross join public.projects p
    join public.organizations o on o.org_id = p.org_id
    where p.project_id = project_impediments.project_id);
end $$;
comment on function private.project_impediments(uuid, timestamptz) is
  'See public.project_impediments. Definer: it checks once what the caller may see, then reads without the policies.';
grant execute on function private.project_impediments(uuid, timestamptz) to authenticated, service_role;

create function public.project_impediments(project_id uuid, as_of timestamptz default null) returns json
language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.project_impediments(project_id, as_of);
end $$;
comment on function public.project_impediments(uuid, timestamptz) is
  'The impediments of a project as of a moment (default now): {as_of, timezone, scope, project, open (oldest first), '
  'resolved (the last 20), statistics: {open, resolved, median_resolution_hours, oldest_open_hours}}. Null for a '
  'project that the caller can''t see.';
grant execute on function public.project_impediments(uuid, timestamptz) to authenticated, service_role;
