-- The scrum of a day, who takes part, what stands in the way, and my own draft.

set lock_timeout = '5s';
set statement_timeout = '30s';

create function private.no_scrum_reason(sprint_id uuid, day date, as_of timestamptz) returns text
language sql stable set search_path = '' as $$
  select case
      when not k.started then 'not started'
      when k.finished and no_scrum_reason.day > k.horizon_day then 'completed'
      when k.cancelled and not exists (
        select from public.daily_scrums d where d.sprint_id = k.sprint_id and d.scrum_date = no_scrum_reason.day) then 'cancelled'
      when c.is_working then case when no_scrum_reason.day > k.today then 'to come' end
      when h.holiday_date is not null and extract(isodow from h.holiday_date)::smallint = any (o.working_days) then 'holiday'
      else 'weekend' end
  from private.sprint_clock(no_scrum_reason.sprint_id, no_scrum_reason.as_of) k
  join public.organizations o on o.org_id = k.org_id
  cross join lateral private.calendar(k.org_id, no_scrum_reason.day, no_scrum_reason.day) c
  left join public.org_holidays h on h.org_id = k.org_id and h.holiday_date = no_scrum_reason.day
$$;
comment on function private.no_scrum_reason(uuid, date, timestamptz) is
  'Why a sprint has no scrum on a day: not started, completed (before), cancelled (and no scrum was opened for that day), holiday or weekend (not a working weekday), to come; null if it has one.';

create function private.scrum_day(sprint_id uuid, day date, as_of timestamptz)
returns table (
  sprint_id uuid, project_id uuid, org_id uuid, timezone text, as_of timestamptz, day date, in_range boolean,
  is_scrum_day boolean, reason text, daily_scrum_id uuid, summary text, last_scrum_id uuid,
  since timestamptz, until timestamptz)
language sql stable set search_path = '' rows 1 as $$
  select k.sprint_id, k.project_id, k.org_id, k.timezone, k.as_of, d.day,
    d.day between k.first_day and k.last_day,
    reason.why is null, reason.why,
    own.daily_scrum_id, own.summary, before.daily_scrum_id,
    coalesce(private.start_of(before.scrum_date, k.timezone), k.reference_start),
    least(private.start_of(d.day + 1, k.timezone) - interval '1 microsecond', k.horizon)
  from private.sprint_clock(scrum_day.sprint_id, scrum_day.as_of) k
  cross join lateral (select coalesce(scrum_day.day, least(greatest(k.horizon_day, k.first_day), k.last_day)) as day) d
  cross join lateral (select private.no_scrum_reason(k.sprint_id, d.day, k.as_of) as why) reason
  left join public.daily_scrums own on own.sprint_id = k.sprint_id and own.scrum_date = d.day
  left join lateral (
    select b.daily_scrum_id, b.scrum_date from public.daily_scrums b
    where b.sprint_id = k.sprint_id and b.scrum_date < d.day
    order by b.scrum_date desc limit 1) before on true
$$;
comment on function private.scrum_day(uuid, date, timestamptz) is
  'A day of a sprint''s scrum (null: the sprint''s that is closest to today, or the day it was completed): whether it is in the sprint (in_range) and held, and what it looks back on: from the beginning of the day of the last scrum, or the sprint''s reference start, until the end of the day or as_of. No row for a sprint the caller can''t see.';

create function private.expects_update(role public.project_role, joined_at timestamptz, profile_id uuid, day date, timezone text)
returns boolean
language sql stable set search_path = '' as $$
  select role <> 'viewer' and (joined_at at time zone timezone)::date <= day
    and not private.is_day_off(expects_update.profile_id, expects_update.day)
$$;
comment on function private.expects_update(public.project_role, timestamptz, uuid, date, text) is
  'Whether a member owes the scrum of a day an update: no viewer, joined by then, not on a day off.';

create function private.task_refs(daily_scrum_id uuid, profile_id uuid, intent public.scrum_task_intent) returns json
language sql stable set search_path = '' as $$
  select coalesce(json_agg(json_build_object('task_id', t.task_id, 'task_name', t.task_name)
    order by t.task_name collate "C", t.task_id), '[]')
  from public.daily_scrum_tasks n join public.tasks t using (task_id)
  where n.daily_scrum_id = task_refs.daily_scrum_id and n.profile_id = task_refs.profile_id and n.intent = task_refs.intent
$$;
comment on function private.task_refs(uuid, uuid, public.scrum_task_intent) is
  'Tasks that a member named in a scrum: [{task_id, task_name}].';

create function private.scrum_update(posted public.daily_scrum_updates, as_of timestamptz) returns json
language sql stable set search_path = '' as $$
  select json_build_object('update_id', posted.update_id, 'yesterday_work', posted.yesterday_work, 'today_work', posted.today_work,
    'created_at', posted.created_at, 'updated_at', posted.updated_at,
    'did', private.task_refs(posted.daily_scrum_id, posted.profile_id, 'did'),
    'will_do', private.task_refs(posted.daily_scrum_id, posted.profile_id, 'will do'))
  where posted.created_at <= scrum_update.as_of
$$;
comment on function private.scrum_update(public.daily_scrum_updates, timestamptz) is
  'An update of a scrum with the tasks it names, in its words of now; null if it hadn''t been posted by as_of.';

create function private.activity(project_id uuid, actor uuid, since timestamptz, until timestamptz)
returns table (event_id bigint, task_id uuid, task_name text, kind public.task_event_kind, old_value text, new_value text, at timestamptz)
language sql stable set search_path = '' as $$
  select e.event_id, e.task_id, coalesce(t.task_name, gone.old_value), e.kind, e.old_value, e.new_value, e.at
  from public.task_events e
  left join public.tasks t on t.task_id = e.task_id
  left join lateral (
    select g.old_value from public.task_events g
    where t.task_id is null and g.task_id = e.task_id and g.kind = 'deleted' limit 1) gone on true
  where e.project_id = activity.project_id and e.at between activity.since and activity.until
    and (activity.actor is null or e.actor = activity.actor)
$$;
comment on function private.activity(uuid, uuid, timestamptz, timestamptz) is
  'What a person (null: anybody) did to a project''s tasks from one moment to the other, both included.';

create function public.scrum_of_day(sprint_id uuid, date date default null, as_of timestamptz default null) returns json
language plpgsql stable security invoker set search_path = '' as $$
declare
  answer json;
  scrum record;
begin
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
    -- Who is a member, and who has posted and left since; the author of an update may be nobody any more.
    select p.profile_id, p.full_name, m.role, posted.update_id,
      m.role is not null and scrum.is_scrum_day
        and private.expects_update(m.role, m.joined_at, m.profile_id, scrum.day, scrum.timezone) as expected,
      private.is_day_off(p.profile_id, scrum.day) as day_off,
      private.scrum_update(posted, scrum.as_of) as posted
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
    from private.activity(scrum.project_id, null, scrum.since, scrum.until) e
    join public.task_events a on a.event_id = e.event_id
  )
  select json_build_object(
    'as_of', scrum.as_of,
    'timezone', scrum.timezone,
    'scope', json_build_object('visible_tasks', (
      select count(*) from private.sprint_changes(scrum.sprint_id, scrum.until) c where c.in_sprint and c.until is null)),
    'sprint', private.sprint_head(scrum.sprint_id),
    'project', private.project_head(scrum.project_id),
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
            select coalesce(json_agg(json_build_object('task_id', s.task_id, 'task_name', s.task_name, 'outcome', s.outcome)
              order by s.task_name collate "C", s.task_id), '[]')
            from said s where s.profile_id = m.profile_id))
        order by m.full_name collate "C", m.profile_id, m.update_id)
      from member m where m.expected or m.posted is not null), '[]'),
    'missing', coalesce((
      select json_agg(json_build_object('profile_id', m.profile_id, 'full_name', m.full_name) order by m.full_name collate "C", m.profile_id)
      from member m where m.expected and m.posted is null), '[]'),
    'impediments', coalesce((
      select json_agg(private.impediment(i, scrum.until) order by i.raised_at, i.impediment_id)
      from public.impediments i
      where i.sprint_id = scrum.sprint_id and i.raised_at <= scrum.until
        and (i.resolved_at is null or i.resolved_at > scrum.until)), '[]'))
  into answer;
  return answer;
end $$;
comment on function public.scrum_of_day(uuid, date, timestamptz) is
  'The scrum of a sprint on a day (default: today, or the sprint''s day that is closest to it, or the day it was completed), as of a moment (default now): {as_of, timezone, scope, sprint, project, date, is_scrum_day, reason, daily_scrum, since, until, expected, posted, rate, members, missing, impediments}. Not held on days off of the organization (reason weekend or holiday), before the sprint is started (not started), after its completion (completed), in a cancelled sprint only where one was opened (cancelled), and not yet on a day to come (to come). Expected is every member but viewers, those who joined later and those on a day off. members: {profile_id, full_name, role (null: has left the project; profile_id too: has no account any more), expected, day_off, update, activity: what they did since the last scrum, said_and_done: what became of the tasks they said they would do: done, progressed, untouched or gone}. 22023 (400) for a date outside of the sprint; null when there is no such sprint for the caller.';

create function public.project_impediments(project_id uuid, as_of timestamptz default null) returns json
language sql stable security invoker set search_path = '' as $$
  with moment as (
    select private.moment(project_impediments.as_of) as as_of
  ), impediment as materialized (
    select i as body, i.impediment_id, i.raised_at, case when i.resolved_at <= m.as_of then i.resolved_at end as resolved_at
    from moment m
    join public.impediments i on i.project_id = project_impediments.project_id and i.raised_at <= m.as_of
  )
  select json_build_object(
    'as_of', m.as_of,
    'timezone', o.timezone,
    'scope', json_build_object('visible_impediments', (select count(*) from impediment)),
    'project', private.project_head(p.project_id),
    'open', coalesce((
      select json_agg(private.impediment(i.body, m.as_of) order by i.raised_at, i.impediment_id)
      from impediment i where i.resolved_at is null), '[]'),
    'resolved', coalesce((
      select json_agg(private.impediment(i.body, m.as_of) order by i.resolved_at desc, i.impediment_id)
      from (select * from impediment where resolved_at is not null order by resolved_at desc, impediment_id limit 20) i), '[]'),
    'statistics', (
      select json_build_object(
        'open', count(*) filter (where i.resolved_at is null),
        'resolved', count(i.resolved_at),
        'median_resolution_hours', private.hours(
          percentile_cont(0.5) within group (order by extract(epoch from i.resolved_at - i.raised_at)::double precision)),
        'oldest_open_hours', private.hours(
          extract(epoch from m.as_of - min(i.raised_at) filter (where i.resolved_at is null))::double precision))
      from impediment i))
  from moment m
  cross join public.projects p
  join public.organizations o on o.org_id = p.org_id
  where p.project_id = project_impediments.project_id
$$;
comment on function public.project_impediments(uuid, timestamptz) is
  'What stands in a project''s way, as of a moment (default now): {as_of, timezone, scope, project, open (oldest first), resolved (the last 20), statistics: {open, resolved, median_resolution_hours, oldest_open_hours}}. Null when there is no such project for the caller.';

create function public.project_participation(
  project_id uuid, from_date date default null, to_date date default null, as_of timestamptz default null
) returns json
language plpgsql stable security invoker set search_path = '' as $$
declare
  answer json;
  span record;
begin
  select p.project_id, p.org_id, o.timezone, c.as_of, (c.as_of at time zone o.timezone)::date as today,
    coalesce(project_participation.from_date, (c.as_of at time zone o.timezone)::date - 29) as from_day,
    coalesce(project_participation.to_date, (c.as_of at time zone o.timezone)::date) as to_day
  into span
  from public.projects p
  join public.organizations o on o.org_id = p.org_id
  cross join (select private.moment(project_participation.as_of) as as_of) c
  where p.project_id = project_participation.project_id;
  if not found then
    return null;
  elsif span.to_day < span.from_day or not isfinite(span.from_day) or not isfinite(span.to_day) or span.to_day - span.from_day > 366 then
    raise exception '% is wrong: from_date is %, to_date %; the second must be on or up to a year after the first',
      case when to_date is not null and (from_date is null or span.to_day < span.from_day) then 'to_date' else 'from_date' end,
      span.from_day, span.to_day using errcode = '22023';
  end if;
  with scrum as materialized (
    select d.daily_scrum_id, d.scrum_date, private.no_scrum_reason(d.sprint_id, d.scrum_date, span.as_of) is null as is_scrum_day
    from public.daily_scrums d
    where d.project_id = span.project_id and d.scrum_date between span.from_day and span.to_day
  ), call as (
    -- A row per member and scrum they were expected in, latest first; today's isn't missed yet.
    select m.profile_id, s.scrum_date, u.update_id is not null as answered,
      row_number() over (partition by m.profile_id order by s.scrum_date, s.daily_scrum_id) as n,
      u.update_id is null and s.scrum_date >= span.today as is_open
    from public.project_members m
    cross join scrum s
    left join public.daily_scrum_updates u on u.daily_scrum_id = s.daily_scrum_id and u.profile_id = m.profile_id
      and u.created_at <= span.as_of
    where m.project_id = span.project_id and s.is_scrum_day
      and private.expects_update(m.role, m.joined_at, m.profile_id, s.scrum_date, span.timezone)
  ), run as (
    -- Answers in a row have the same number of missed ones before them.
    select c.profile_id, c.misses, count(*) filter (where c.answered) as length
    from (select call.*, count(*) filter (where not answered and not is_open) over (partition by profile_id order by n) as misses
          from call) c
    group by c.profile_id, c.misses
  ), member as materialized (
    select m.profile_id, p.full_name, m.role,
      (select count(*) from call c where c.profile_id = m.profile_id) as expected,
      (select count(*) from call c where c.profile_id = m.profile_id and c.answered) as updates,
      coalesce((select r.length from run r where r.profile_id = m.profile_id order by r.misses desc limit 1), 0) as streak,
      coalesce((select max(r.length) from run r where r.profile_id = m.profile_id), 0) as longest_streak
    from public.project_members m join public.profiles p on p.profile_id = m.profile_id
    where m.project_id = span.project_id and m.role <> 'viewer'
  )
  select json_build_object(
    'as_of', span.as_of,
    'timezone', span.timezone,
    'scope', json_build_object('visible_scrums', (select count(*) from scrum)),
    'project', private.project_head(span.project_id),
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
comment on function public.project_participation(uuid, date, date, timestamptz) is
  'How the members of a project take part in its scrums from one day to another (default: the last 30 days), as of a moment (default now): {as_of, timezone, scope, project, from_date, to_date, scheduled, expected, updates, rate, members: [{profile_id, full_name, role, expected, updates, rate, streak, longest_streak}]}. scheduled counts the scrums of these days, those on days off of the organization included, which expect nothing. Members are those of now: who has left counts no more. rate = updates / expected. A streak counts scrums answered in a row; one of today that isn''t answered yet doesn''t break it. 22023 (400) for dates in the wrong order or more than a year apart; null when there is no such project for the caller.';

create function public.scrum_draft(as_of timestamptz default null) returns json
language sql stable security invoker set search_path = '' as $$
  with mine as materialized (
    select d.*, m.role, m.joined_at
    from public.project_members m
    join public.sprints s on s.project_id = m.project_id and s.status = 'Active'
    join public.projects p on p.project_id = s.project_id
    join public.organizations o on o.org_id = p.org_id
    cross join lateral private.scrum_day(s.sprint_id,
      (private.moment(scrum_draft.as_of) at time zone o.timezone)::date, scrum_draft.as_of) d
    where m.profile_id = (select auth.uid()) and m.role <> 'viewer'
  ), mine_now as materialized (
    -- My tasks as they are at as_of; a status holds since the last change that brought it.
    select d.sprint_id, c.task_id, t.task_name, t.priority, t.board_rank, c.status, c.points, c.status_since
    from mine d
    cross join lateral (
      select c.*, max(c.at) filter (where c.status is distinct from c.old_status) over (partition by c.task_id) as status_since
      from private.sprint_changes(d.sprint_id, d.as_of) c) c
    join public.tasks t on t.task_id = c.task_id
    where c.until is null and c.in_scope and c.assigned_to = (select auth.uid())
  )
  select json_build_object(
    'as_of', private.moment(scrum_draft.as_of),
    'timezone', o.timezone,
    'scope', json_build_object('visible_sprints', (select count(*) from mine)),
    'scrums', coalesce((
      select json_agg(json_build_object(
          'sprint', private.sprint_head(d.sprint_id),
          'project', private.project_head(d.project_id),
          'date', d.day,
          'is_scrum_day', d.is_scrum_day,
          'reason', d.reason,
          'expected', d.is_scrum_day and private.expects_update(d.role, d.joined_at, me.profile_id, d.day, d.timezone),
          'daily_scrum_id', d.daily_scrum_id,
          'update', (
            select private.scrum_update(u, d.as_of) from public.daily_scrum_updates u
            where u.daily_scrum_id = d.daily_scrum_id and u.profile_id = me.profile_id),
          'draft', json_build_object(
            'yesterday', coalesce((
              select json_agg(json_build_object('task_id', t.task_id, 'task_name', t.task_name, 'what', t.what) order by t.first_at, t.task_id)
              from (
                select a.task_id, a.task_name, min(a.at) as first_at,
                  json_agg(json_build_object('kind', a.kind, 'old_value', a.old_value, 'new_value', a.new_value, 'at', a.at)
                    order by a.at, a.event_id) as what
                from private.activity(d.project_id, me.profile_id, d.since, d.as_of) a
                group by a.task_id, a.task_name) t), '[]'),
            'today', coalesce((
              select json_agg(json_build_object('task_id', c.task_id, 'task_name', c.task_name, 'status', c.status,
                  'priority', c.priority, 'points', trim_scale(c.points))
                order by c.status not in ('In Progress', 'In Review'), c.priority desc, c.board_rank, c.task_id)
              from mine_now c where c.sprint_id = d.sprint_id
                and c.status in ('In Progress', 'In Review', 'Scheduled', 'Planned')), '[]'),
            'impediments', coalesce((
              select json_agg(json_build_object('task_id', c.task_id, 'task_name', c.task_name, 'blocked_since', c.status_since)
                order by c.status_since, c.board_rank, c.task_id)
              from mine_now c where c.sprint_id = d.sprint_id and c.status = 'Blocked'), '[]')))
        order by d.project_id)
      from mine d), '[]'))
  from public.profiles me join public.organizations o on o.org_id = me.org_id
  where me.profile_id = (select auth.uid())
$$;
comment on function public.scrum_draft(timestamptz) is
  'What the caller owes the scrums of today, with a draft: {as_of, timezone, scope, scrums: [{sprint, project, date, is_scrum_day, reason, expected, daily_scrum_id, update, draft: {yesterday, today, impediments}}]}, one per running sprint they work in. yesterday: what they did to tasks since the last scrum; today: their open tasks, those under way first; impediments: their blocked ones.';

grant execute on function private.no_scrum_reason(uuid, date, timestamptz), private.scrum_day(uuid, date, timestamptz),
  private.expects_update(public.project_role, timestamptz, uuid, date, text),
  private.task_refs(uuid, uuid, public.scrum_task_intent), private.scrum_update(public.daily_scrum_updates, timestamptz),
  private.activity(uuid, uuid, timestamptz, timestamptz),
  public.scrum_of_day(uuid, date, timestamptz), public.project_impediments(uuid, timestamptz),
  public.project_participation(uuid, date, date, timestamptz), public.scrum_draft(timestamptz) to authenticated, service_role;
