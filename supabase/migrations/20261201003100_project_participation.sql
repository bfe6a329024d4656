-- The participation of a project's members in its scrums.
-- private.project_participation computes it, clients call public.project_participation (see figure_base).

set lock_timeout = '5s';
set statement_timeout = '30s';

create function private.project_participation(
  project_id uuid, from_date date, to_date date, as_of timestamptz
) returns json
language plpgsql stable security definer set search_path = ''
set plan_cache_mode = force_generic_plan set random_page_cost = 1.1 as $$
declare
  answer json;
  span record;
begin
  if private.may_read_project(project_id) is not true then
    return null;
  end if;
  select p.project_id, p.org_id, o.timezone, c.as_of, (c.as_of at time zone o.timezone)::date as today,
    coalesce(project_participation.from_date, (c.as_of at time zone o.timezone)::date - 29) as from_day,
    coalesce(project_participation.to_date, (c.as_of at time zone o.timezone)::date) as to_day
  into span
  from public.projects p
  join public.organizations o on o.org_id = p.org_id
  cross join (select private.resolve_as_of(project_participation.as_of) as as_of) c
  where p.project_id = project_participation.project_id;
  if not found then
    return null;
  elsif span.to_day < span.from_day or not isfinite(span.from_day) or not isfinite(span.to_day)
    or span.to_day - span.from_day > 366 then
    raise exception '% is wrong: from_date is %, to_date %; the second must be on or up to a year after the first',
      case
        when to_date is not null and (from_date is null or span.to_day < span.from_day) then 'to_date'
        else 'from_date' end,
      span.from_day, span.to_day using errcode = '22023';
  end if;
  with scrum as materialized (
    select d.daily_scrum_id, d.scrum_date,
      private.no_scrum_reason(d.sprint_id, d.scrum_date, span.as_of) is null as is_scrum_day
    from public.daily_scrums d
    where d.project_id = span.project_id and d.scrum_date between span.from_day and span.to_day
  ), call as (
    -- One row per member and scrum that expected an update of them; today's open scrum isn't missed yet.
    select m.profile_id, s.scrum_date, u.update_id is not null as answered,
      row_number() over (partition by m.profile_id order by s.scrum_date, s.daily_scrum_id) as n,
      u.update_id is null and s.scrum_date >= span.today as is_open
    from public.project_members m
    cross join scrum s
    left join public.daily_scrum_updates u on u.daily_scrum_id = s.daily_scrum_id and u.profile_id = m.profile_id
      and u.created_at <= span.as_of
    where m.project_id = span.project_id and s.is_scrum_day
      and m.role <> 'viewer' and (m.joined_at at time zone span.timezone)::date <= s.scrum_date
      and not exists (
        select from public.days_off o
        where o.profile_id = m.profile_id and s.scrum_date between o.from_date and o.to_date)
  ), run as (
    -- Scrums answered in a row have the same number of missed ones before them.
    select c.profile_id, c.misses, count(*) filter (where c.answered) as length
    from (
      select call.*, count(*) filter (where not answered and not is_open)
        over (partition by profile_id order by n) as misses
      from call) c
    group by c.profile_id, c.misses
  ), member as materialized (
    select m.profile_id, p.full_name, m.role,
      (select count(*) from call c where c.profile_id = m.profile_id) as expected,
      (select count(*) from call c where c.profile_id = m.profile_id and c.answered) as updates,
      coalesce((select r.length from run r where r.profile_id = m.profile_id
        order by r.misses desc limit 1), 0) as streak,
      coalesce((select max(r.length) from run r where r.profile_id = m.profile_id), 0) as longest_streak
    from public.project_members m join public.profiles p on p.profile_id = m.profile_id
    where m.project_id = span.project_id and m.role <> 'viewer'
  )
  select json_build_object(
    'as_of', span.as_of,
    'timezone', span.timezone,
    'scope', json_build_object('visible_scrums', (select count(*) from scrum)),
    'project', private.project_json(span.project_id),
    'from_date', span.from_day,
    'to_date', span.to_day,
    'scheduled', (select count(*) from scrum),
    'expected', (select coalesce(sum(expected), 0) from member),
    'updates', (select coalesce(sum(updates), 0) from member),
    'rate', (select private.ratio(sum(updates), sum(expected)) from member),
    'members', coalesce((
      select json_agg(json_build_object('profile_id', m.profile_id, 'full_name', m.full_name, 'role', m.role,
          'expected', m.expected, 'updates', m.updates, 'rate', private.ratio(m.updates, m.expected),
          'streak', m.streak, 'longest_streak', m.longest_streak)
        order by m.full_name collate "C", m.profile_id)
      from member m), '[]'))
  into answer;
  return answer;
end $$;
comment on function private.project_participation(uuid, date, date, timestamptz) is
  'See public.project_participation. Definer: it checks once what the caller may see, then reads without the policies.';
grant execute on function private.project_participation(uuid, date, date, timestamptz) to authenticated, service_role;

create function public.project_participation(
  project_id uuid, from_date date default null, to_date date default null, as_of timestamptz default null
) returns json
language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.project_participation(project_id, from_date, to_date, as_of);
end $$;
comment on function public.project_participation(uuid, date, date, timestamptz) is
  'How the members of a project take part in its scrums between two days (default: the last 30 days), as of a moment '
  '(default now): {as_of, timezone, scope, project, from_date, to_date, scheduled, expected, updates, rate, members: '
  '[{profile_id, full_name, role, expected, updates, rate, streak, longest_streak}]}. scheduled counts the scrums of '
  'these days; those on the organization''s days off are included and expect nothing. Only present members count. '
  'rate = updates / expected. A streak counts scrums answered in a row; today''s scrum doesn''t break it while it is '
  'unanswered. 22023 (400) for dates in the wrong order or more than a year apart; null for a project that the caller '
  'can''t see.';
grant execute on function public.project_participation(uuid, date, date, timestamptz) to authenticated, service_role;
