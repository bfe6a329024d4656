-- The scrum of a day: who is expected, who posted, what they did, and open impediments.
-- private.scrum_of_day computes it, clients call public.scrum_of_day (see figure_base).

set lock_timeout = '5s';
set statement_timeout = '30s';

create function private.no_scrum_reason(sprint_id uuid, day date, as_of timestamptz) returns text
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    select case
        when not k.started then 'not started'
        when k.finished and no_scrum_reason.day > k.horizon_day then 'completed'
        when k.cancelled and not exists (
          select from public.daily_scrums d where d.sprint_id = k.sprint_id and d.scrum_date = no_scrum_reason.day)
          then 'cancelled'
        when c.is_working then case when no_scrum_reason.day > k.today then 'to come' end
        when h.holiday_date is not null and extract(isodow from h.holiday_date)::smallint = any (o.working_days)
          then 'holiday'
        else 'weekend' end
    from private.sprint_clock(no_scrum_reason.sprint_id, no_scrum_reason.as_of) k
    join public.organizations o on o.org_id = k.org_id
    cross join lateral private.calendar_days(k.org_id, no_scrum_reason.day, no_scrum_reason.day) c
    left join public.org_holidays h on h.org_id = k.org_id and h.holiday_date = no_scrum_reason.day);
end $$;
comment on function private.no_scrum_reason(uuid, date, timestamptz) is
  'Why a sprint has no scrum on a day: not started, completed (before that day), cancelled (and no scrum was opened '
  'for that day), holiday or weekend (not a working day), to come (a future day). Null if it has one.';
grant execute on function private.no_scrum_reason(uuid, date, timestamptz) to authenticated, service_role;

create function private.scrum_day(sprint uuid, on_day date, moment timestamptz)
returns table (
  sprint_id uuid, project_id uuid, org_id uuid, timezone text, as_of timestamptz, day date, in_range boolean,
  is_scrum_day boolean, reason text, daily_scrum_id uuid, summary text, last_scrum_id uuid,
  since timestamptz, until timestamptz)
language plpgsql stable set search_path = '' rows 1 as $$
#variable_conflict use_column
begin
  return query
    select k.sprint_id, k.project_id, k.org_id, k.timezone, k.as_of, d.day,
      d.day between k.first_day and k.last_day,
      reason.why is null, reason.why,
      own.daily_scrum_id, own.summary, before.daily_scrum_id,
      coalesce(private.start_of_day(before.scrum_date, k.timezone), k.reference_start),
      least(private.start_of_day(d.day + 1, k.timezone) - interval '1 microsecond', k.horizon)
    from private.sprint_clock(scrum_day.sprint, scrum_day.moment) k
    cross join lateral (
      select coalesce(scrum_day.on_day, least(greatest(k.horizon_day, k.first_day), k.last_day)) as day) d
    cross join lateral (select private.no_scrum_reason(k.sprint_id, d.day, k.as_of) as why) reason
    left join public.daily_scrums own on own.sprint_id = k.sprint_id and own.scrum_date = d.day
    left join lateral (
      select b.daily_scrum_id, b.scrum_date from public.daily_scrums b
      where b.sprint_id = k.sprint_id and b.scrum_date < d.day
      order by b.scrum_date desc limit 1) before on true;
end $$;
comment on function private.scrum_day(uuid, date, timestamptz) is
  'A day of a sprint''s scrum (null: the sprint''s day that is closest to today, or the day it was completed): '
  'whether the day is in the sprint (in_range), whether it has a scrum, and the span that the scrum looks back on. '
  'The span begins with the day of the last scrum, or at the sprint''s reference start, and ends with the day or at '
  'as_of. No row for a sprint that the caller can''t see.';
grant execute on function private.scrum_day(uuid, date, timestamptz) to authenticated, service_role;

create function private.expects_update(
  role public.project_role,
  joined_at timestamptz,
  profile_id uuid,
  day date,
  timezone text
) returns boolean
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    select role <> 'viewer' and (joined_at at time zone timezone)::date <= day
      and not private.is_day_off(expects_update.profile_id, expects_update.day));
end $$;
comment on function private.expects_update(public.project_role, timestamptz, uuid, date, text) is
  'Whether a scrum of that day expects an update from a member: no viewer, joined by then, not on a day off.';
grant execute on function private.expects_update(public.project_role, timestamptz, uuid, date, text)
  to authenticated, service_role;

create function private.named_tasks_json(daily_scrum_id uuid, profile_id uuid, intent public.scrum_task_intent)
returns json
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    select coalesce(json_agg(json_build_object('task_id', t.task_id, 'task_name', t.task_name)
      order by t.task_name collate "C", t.task_id), '[]')
    from public.daily_scrum_tasks n join public.tasks t using (task_id)
    where n.daily_scrum_id = named_tasks_json.daily_scrum_id and n.profile_id = named_tasks_json.profile_id
      and n.intent = named_tasks_json.intent);
end $$;
comment on function private.named_tasks_json(uuid, uuid, public.scrum_task_intent) is
  'Tasks that a member named in a scrum: [{task_id, task_name}].';
grant execute on function private.named_tasks_json(uuid, uuid, public.scrum_task_intent) to authenticated, service_role;

create function private.scrum_update_json(posted public.daily_scrum_updates, as_of timestamptz) returns json
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    select json_build_object(
      'update_id', posted.update_id, 'yesterday_work', posted.yesterday_work,
      'today_work', posted.today_work,
      'created_at', posted.created_at, 'updated_at', posted.updated_at,
      'did', private.named_tasks_json(posted.daily_scrum_id, posted.profile_id, 'did'),
      'will_do', private.named_tasks_json(posted.daily_scrum_id, posted.profile_id, 'will do'))
    where posted.created_at <= scrum_update_json.as_of);
end $$;
comment on function private.scrum_update_json(public.daily_scrum_updates, timestamptz) is
  'A scrum update with the tasks it names, as it reads now; null if it wasn''t posted by as_of.';
grant execute on function private.scrum_update_json(public.daily_scrum_updates, timestamptz)
  to authenticated, service_role;

create function private.task_activity(project_id uuid, actor uuid, since timestamptz, until timestamptz)
returns table (
  event_id bigint, task_id uuid, task_name text, kind public.task_event_kind,
  old_value text, new_value text, at timestamptz)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
    select e.event_id, e.task_id, coalesce(t.task_name, gone.old_value), e.kind, e.old_value, e.new_value, e.at
    from public.task_events e
    left join public.tasks t on t.task_id = e.task_id
    left join lateral (
      select g.old_value from public.task_events g
      where t.task_id is null and g.task_id = e.task_id and g.kind = 'deleted' limit 1) gone on true
    where e.project_id = task_activity.project_id and e.at between task_activity.since and task_activity.until
      and (task_activity.actor is null or e.actor = task_activity.actor);
end $$;
comment on function private.task_activity(uuid, uuid, timestamptz, timestamptz) is
  'What a person (null: anybody) did to a project''s tasks between two moments, both included.';
grant execute on function private.task_activity(uuid, uuid, timestamptz, timestamptz) to authenticated, service_role;

create function private.scrum_of_day(sprint_id uuid, date date, as_of timestamptz) returns json
language plpgsql stable security definer set search_path = ''
set plan_cache_mode = force_generic_plan set random_page_cost = 1.1 as $$
declare
  answer json;
  scrum record;
begin
  if private.may_read_sprint(sprint_id) is not true then
    return null;
  end if;
  if not isfinite(scrum_of_day.date) then
    raise exception 'date is %, it must be a day', scrum_of_day.date using errcode = '22023';
  end if;
  select * into scrum from private.scrum_day(scrum_of_day.sprint_id, scrum_of_day.date, scrum_of_day.as_of);
  if not found then
    return null;
  elsif not scrum.in_range then
    raise exception 'date % is outside of the sprint', scrum.day using errcode = '22023';
  end if;
  with member as materialized (
    -- Members, and authors who have left since; an author who deleted their account has no profile.
    select p.profile_id, p.full_name, m.role, posted.update_id,
      m.role is not null and scrum.is_scrum_day
        and m.role <> 'viewer' and (m.joined_at at time zone scrum.timezone)::date <= scrum.day
        and not exists (
          select from public.days_off o
          where o.profile_id = m.profile_id and scrum.day between o.from_date and o.to_date) as expected,
      exists (
        select from public.days_off o
        where o.profile_id = p.profile_id and scrum.day between o.from_date and o.to_date) as day_off,
      private.scrum_update_json(posted, scrum.as_of) as posted
    from (select * from public.project_members m where m.project_id = scrum.project_id) m
    full join (select * from public.daily_scrum_updates u where u.daily_scrum_id = scrum.daily_scrum_id) posted
      on posted.profile_id = m.profile_id
    left join public.profiles p on p.profile_id = coalesce(m.profile_id, posted.profile_id)
  ), said as (
    select n.profile_id, n.task_id, t.task_name,
      case when last.kind is null or last.kind = 'deleted' then 'gone'
           when last.status = 'Completed' then 'done'
           when last.sprint_id is distinct from scrum.sprint_id then 'gone'
           when exists (select from public.task_events e where e.task_id = n.task_id
                        and e.at > scrum.since and e.at <= scrum.until) then 'progressed'
           else 'untouched' end as outcome
    from public.daily_scrum_tasks n
    join public.daily_scrum_updates u
      on u.daily_scrum_id = n.daily_scrum_id and u.profile_id = n.profile_id and u.created_at <= scrum.as_of
    join public.tasks t on t.task_id = n.task_id
    left join lateral (
      select e.kind, e.status, e.sprint_id from public.task_events e
      where e.task_id = n.task_id and e.at <= scrum.until
      order by e.at desc, e.event_id desc limit 1) last on true
    where n.daily_scrum_id = scrum.last_scrum_id and n.intent = 'will do'
  ), activity as materialized (
    select e.*, a.actor
    from private.task_activity(scrum.project_id, null, scrum.since, scrum.until) e
    join public.task_events a on a.event_id = e.event_id
  )
  select json_build_object(
    'as_of', scrum.as_of,
    'timezone', scrum.timezone,
    'scope', json_build_object('visible_tasks', (
      select count(*) from private.sprint_tasks(scrum.sprint_id, scrum.until))),
    'sprint', private.sprint_json(scrum.sprint_id),
    'project', private.project_json(scrum.project_id),
    'date', scrum.day,
    'is_scrum_day', scrum.is_scrum_day,
    'reason', scrum.reason,
    'daily_scrum', case when scrum.daily_scrum_id is not null then
      json_build_object('daily_scrum_id', scrum.daily_scrum_id, 'summary', scrum.summary) end,
    'since', scrum.since,
    'until', scrum.until,
    'expected', (select count(*) from member where expected),
    'posted', (select count(*) from member where posted is not null),
    'rate', (select private.ratio(count(*) filter (where posted is not null), count(*)) from member where expected),
    'members', coalesce((
      select json_agg(json_build_object(
          'profile_id', m.profile_id, 'full_name', m.full_name, 'role', m.role,
          'expected', m.expected, 'day_off', m.day_off, 'update', m.posted,
          'activity', (
            select coalesce(json_agg(json_build_object('task_id', a.task_id, 'task_name', a.task_name, 'kind', a.kind,
              'old_value', a.old_value, 'new_value', a.new_value, 'at', a.at) order by a.at, a.event_id), '[]')
            from activity a where a.actor = m.profile_id),
          'said_and_done', (
            select coalesce(json_agg(
              json_build_object('task_id', s.task_id, 'task_name', s.task_name, 'outcome', s.outcome)
              order by s.task_name collate "C", s.task_id), '[]')
            from said s where s.profile_id = m.profile_id))
        order by m.full_name collate "C", m.profile_id, m.update_id)
      from member m where m.expected or m.posted is not null), '[]'),
    'missing', coalesce((
      select json_agg(
        json_build_object('profile_id', m.profile_id, 'full_name', m.full_name)
        order by m.full_name collate "C", m.profile_id)
      from member m where m.expected and m.posted is null), '[]'),
    'impediments', coalesce((
      select json_agg(private.impediment_json(i, scrum.until) order by i.raised_at, i.impediment_id)
      from public.impediments i
      where i.sprint_id = scrum.sprint_id and i.raised_at <= scrum.until
        and (i.resolved_at is null or i.resolved_at > scrum.until)), '[]'))
  into answer;
  return answer;
end $$;
comment on function private.scrum_of_day(uuid, date, timestamptz) is
  'See public.scrum_of_day. Definer: it checks once what the caller may see, then reads without the policies.';
grant execute on function private.scrum_of_day(uuid, date, timestamptz) to authenticated, service_role;

create function public.scrum_of_day(sprint_id uuid, date date default null, as_of timestamptz default null) returns json
language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.scrum_of_day(sprint_id, date, as_of);
end $$;
comment on function public.scrum_of_day(uuid, date, timestamptz) is
  'The scrum of a sprint on a day (default: today, or the sprint''s day that is closest to it, or the day it was '
  'completed), as of a moment (default now): {as_of, timezone, scope, sprint, project, date, is_scrum_day, reason, '
  'daily_scrum, since, until, expected, posted, rate, members, missing, impediments}. There is no scrum on the '
  'organization''s days off (reason weekend or holiday), before the sprint is started (not started), after its '
  'completion (completed), on a future day (to come), and in a cancelled sprint unless one was opened (cancelled). '
  'Expected is every member except viewers, those who joined later and those on a day off. members: {profile_id, '
  'full_name, role (null: has left the project; profile_id null, too: deleted their account), expected, day_off, '
  'update, activity: what they did since the last scrum, said_and_done: the outcome of the tasks they said they would '
  'do: done, progressed, untouched or gone}. 22023 (400) for a date outside of the sprint; null for a sprint that the '
  'caller can''t see.';
grant execute on function public.scrum_of_day(uuid, date, timestamptz) to authenticated, service_role;
