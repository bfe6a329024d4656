-- Late updates: an update counts for its day until a time of the next working day, scrum_cutoff_time. A later one is
-- kept and shown, marked as late, but doesn't count as posted. When it was created decides: its texts may be edited
-- later, and one that is deleted and posted anew is late.

set lock_timeout = '5s';
set statement_timeout = '30s';

alter table public.organizations
  add column scrum_cutoff_time time
  constraint organizations_cutoff_time_is_of_a_day check (scrum_cutoff_time < '24:00');
comment on column public.organizations.scrum_cutoff_time is
  'Local time of the next working day until which a scrum update counts for its day; null: reminder_time.';
grant update (scrum_cutoff_time) on public.organizations to authenticated;

create function private.counts_until(sprint uuid, day date) returns timestamptz
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    select coalesce(
      private.first_moment_at(
        -- Hardly ever two weeks off: the first query then tells, at a fraction of the second one's cost.
        coalesce(
          (select min(d.day) from private.sprint_days(s.sprint_id, counts_until.day + 1, counts_until.day + 14) d
           where d.is_working),
          private.sprint_day_after(s.sprint_id, counts_until.day, 1)),
        coalesce(f.cutoff_time, o.scrum_cutoff_time, o.reminder_time),
        coalesce(f.timezone, o.timezone)),
      'infinity')
    from public.sprints s
    join public.projects p on p.project_id = s.project_id
    join public.organizations o on o.org_id = p.org_id
    left join private.closed_sprints f on f.sprint_id = s.sprint_id and f.project_id = s.project_id
    where s.sprint_id = counts_until.sprint);
end $$;
comment on function private.counts_until(uuid, date) is
  'Until when, included, an update of a sprint''s scrum counts for its day: the scrum_cutoff_time of the next working '
  'day, in the calendar of the sprint (private.sprint_days). For definer functions.';

create function private.keep_past_scrums() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if old.created_at <= private.counts_until(old.sprint_id, old.scrum_date)
    and old.scrum_date < (
      select private.org_today(p.org_id) from public.projects p where p.project_id = old.project_id)
  then
    raise exception 'the scrum of % is over, and stays', old.scrum_date
      using errcode = 'PT409', hint = 'If nobody worked that day, enter it as a holiday or as days off.';
  end if;
  return old;
end $$;
comment on function private.keep_past_scrums() is
  'Trigger: refuses to delete a scrum once its day is over: with it, who missed it would be forgotten. One that was '
  'opened when no update of it counted any more goes, as it expects nobody. Definer: private.counts_until reads what '
  'the caller needn''t see.';
create trigger daily_scrums_keep_past before delete on public.daily_scrums
  for each row when (current_user in ('authenticated', 'service_role'))
  execute function private.keep_past_scrums();

drop function private.scrum_update_json(public.daily_scrum_updates, timestamptz);
create function private.scrum_update_json(
  posted public.daily_scrum_updates, as_of timestamptz, counts_until timestamptz
) returns json
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    select (jsonb_build_object(
      'update_id', posted.update_id, 'yesterday_work', posted.yesterday_work,
      'today_work', posted.today_work,
      'created_at', posted.created_at, 'updated_at', posted.updated_at,
      'did', private.named_tasks_json(posted.daily_scrum_id, posted.profile_id, 'did'),
      'will_do', private.named_tasks_json(posted.daily_scrum_id, posted.profile_id, 'will do'))
      -- Only where it is true: readers that don't know of it see what they always saw.
      || case when posted.created_at > scrum_update_json.counts_until then '{"late": true}'::jsonb else '{}' end)::json
    where posted.created_at <= scrum_update_json.as_of);
end $$;
comment on function private.scrum_update_json(public.daily_scrum_updates, timestamptz, timestamptz) is
  'A scrum update with the tasks it names, as it reads now, and late (true) if it came too late to count; null if it '
  'wasn''t posted by as_of.';
grant execute on function private.scrum_update_json(public.daily_scrum_updates, timestamptz, timestamptz)
  to authenticated, service_role;

create function private.live_scrum_of_day(sprint_id uuid, date date, as_of timestamptz) returns json
language plpgsql stable set search_path = '' as $$
declare
  answer json;
  scrum record;
  counts_until timestamptz;
  opened_in_time boolean;
begin
  if not isfinite(live_scrum_of_day.date) then
    raise exception 'date is %, it must be a day', live_scrum_of_day.date using errcode = '22023';
  end if;
  select * into scrum
  from private.scrum_day(live_scrum_of_day.sprint_id, live_scrum_of_day.date, live_scrum_of_day.as_of);
  if not found then
    return null;
  elsif not scrum.in_range then
    raise exception 'date % is outside of the sprint', scrum.day using errcode = '22023';
  end if;
  counts_until := private.counts_until(scrum.sprint_id, scrum.day);
  -- Nobody could answer a scrum that wasn't open while updates of it counted: it expects none.
  opened_in_time := counts_until >= coalesce((
    select d.created_at from public.daily_scrums d
    where d.daily_scrum_id = scrum.daily_scrum_id and d.project_id = scrum.project_id), scrum.as_of);
  with member as materialized (
    -- Members, and authors who have left since; an author who deleted their account has no profile.
    select p.profile_id, p.full_name, m.role, posted.update_id,
      scrum.is_scrum_day and opened_in_time and coalesce(m.is_expected, false) as expected,
      coalesce(m.has_day_off, private.is_day_off(p.profile_id, scrum.day)) as day_off,
      private.scrum_update_json(posted, scrum.as_of, counts_until) as posted,
      posted.created_at <= least(scrum.as_of, counts_until) as has_posted
    from private.scrum_members(scrum.project_id, scrum.day, scrum.timezone) m
    full join (select * from public.daily_scrum_updates u where u.daily_scrum_id = scrum.daily_scrum_id
        and u.project_id = scrum.project_id) posted
      on posted.profile_id = m.profile_id
    left join public.profiles p on p.profile_id = coalesce(m.profile_id, posted.profile_id)
      and p.org_id = scrum.org_id
  ), said as (
    select n.profile_id, n.task_id, t.task_name,
      -- What happened since they said so.
      case when last.kind is null or last.kind = 'deleted' then 'gone'
           when last.status = 'Completed' and (when_said.status is distinct from 'Completed' or exists (
             select from public.task_events e
             where e.task_id = n.task_id and e.project_id = n.project_id
               and e.status <> 'Completed' and e.at > u.created_at and e.at <= scrum.until)) then 'done'
           when last.sprint_id is distinct from scrum.sprint_id then 'gone'
           when exists (select from public.task_events e
                        where e.task_id = n.task_id and e.project_id = n.project_id
                        and e.at > u.created_at and e.at <= scrum.until) then 'progressed'
           else 'untouched' end as outcome
    from public.daily_scrum_tasks n
    join public.daily_scrum_updates u
      on u.daily_scrum_id = n.daily_scrum_id and u.project_id = n.project_id and u.profile_id = n.profile_id
        and u.created_at <= scrum.as_of
    join public.tasks t on t.task_id = n.task_id and t.project_id = n.project_id
    left join lateral (
      select e.kind, e.status, e.sprint_id from public.task_events e
      where e.task_id = n.task_id and e.project_id = n.project_id and e.at <= scrum.until
      order by e.at desc, e.event_id desc limit 1) last on true
    left join lateral (
      select e.status from public.task_events e
      where e.task_id = n.task_id and e.project_id = n.project_id and e.at <= u.created_at
      order by e.at desc, e.event_id desc limit 1) when_said on true
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
    'posted', (select count(*) from member where has_posted),
    'rate', (select private.ratio(count(*) filter (where has_posted), count(*)) from member where expected),
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
      from member m where m.expected and m.has_posted is not true), '[]'),
    'impediments', coalesce((
      select json_agg(private.impediment_json(i, scrum.until) order by i.raised_at, i.impediment_id)
      from public.impediments i
      where i.sprint_id = scrum.sprint_id and i.project_id = scrum.project_id and i.raised_at <= scrum.until
        and (i.resolved_at is null or i.resolved_at > scrum.until)), '[]'))
  into answer;
  return answer;
end $$;
comment on function private.live_scrum_of_day(uuid, date, timestamptz) is
  'The scrum of a day computed from its rows: see public.scrum_of_day. 22023 (400) for a date outside of the sprint. '
  'For definer functions.';

create or replace function private.scrum_of_day(sprint_id uuid, date date, as_of timestamptz) returns json
language plpgsql stable security definer set search_path = ''
set plan_cache_mode = force_generic_plan set random_page_cost = 1.1 as $$
declare
  frozen json;
begin
  if private.may_read_sprint(sprint_id) is not true then
    return null;
  end if;
  if isfinite(scrum_of_day.date) is not false and exists (
    select from private.closed_views v where v.sprint_id = scrum_of_day.sprint_id and v.view = 'scrum') then
    -- A digest of the last day may have come after the completion.
    select case
        when d.summary is null or f.answer #>> '{daily_scrum,summary}' is not null then f.answer
        else jsonb_set(f.answer, '{daily_scrum,summary}', to_jsonb(d.summary)) end::json into frozen
    from private.scrum_day(scrum_of_day.sprint_id, scrum_of_day.date, scrum_of_day.as_of) d
    -- offset 0: once, and not for each mention.
    cross join lateral (
      select private.closed_view(d.sprint_id, 'scrum', d.day, d.as_of)::jsonb as answer offset 0) f
    where d.in_range;
  end if;
  return coalesce(frozen, private.live_scrum_of_day(sprint_id, scrum_of_day.date, as_of));
end $$;

create or replace function private.scrum_draft(as_of timestamptz) returns json
language plpgsql stable security definer set search_path = ''
set plan_cache_mode = force_generic_plan set random_page_cost = 1.1 as $$
#variable_conflict use_column
begin
  return (
    with mine as materialized (
      select d.*
      from (select private.resolve_as_of(scrum_draft.as_of) as as_of) asked
      cross join public.project_members m
      -- Those that were running then.
      join public.sprints s on s.project_id = m.project_id and s.status <> 'Cancelled'
        and s.started_at <= asked.as_of and (s.completed_at is null or s.completed_at > asked.as_of)
      join public.projects p on p.project_id = s.project_id
      join public.organizations o on o.org_id = p.org_id
      left join private.closed_sprints f on f.sprint_id = s.sprint_id and f.project_id = s.project_id
      cross join lateral private.scrum_day(s.sprint_id,
        (asked.as_of at time zone coalesce(f.timezone, o.timezone))::date, asked.as_of) d
      where m.profile_id = (select auth.uid()) and m.role <> 'viewer'
    ), mine_now as materialized (
      -- The caller's tasks at as_of; status_since is the last change that brought the status. One that was deleted
      -- since has its name from then, and neither priority nor rank any more.
      select d.sprint_id, c.task_id, coalesce(t.task_name, gone.old_value) as task_name, t.priority, t.board_rank,
        c.status, c.points, c.status_since
      from mine d
      cross join lateral (
        select c.*,
          max(c.at) filter (where c.status is distinct from c.old_status) over (partition by c.task_id) as status_since
        from private.sprint_changes(d.sprint_id, d.as_of) c) c
      left join public.tasks t on t.task_id = c.task_id and t.project_id = d.project_id
      left join lateral (
        select g.old_value from public.task_events g
        where t.task_id is null and g.task_id = c.task_id and g.project_id = d.project_id and g.kind = 'deleted'
        order by g.at desc, g.event_id desc limit 1) gone on true
      where c.until is null and c.in_scope and c.assigned_to = (select auth.uid())
    )
    select json_build_object(
      'as_of', private.resolve_as_of(scrum_draft.as_of),
      'timezone', o.timezone,
      'scope', json_build_object('visible_sprints', (select count(*) from mine)),
      'scrums', coalesce((
        select json_agg(json_build_object(
            'sprint', private.sprint_json(d.sprint_id),
            'project', private.project_json(d.project_id),
            'date', d.day,
            'is_scrum_day', d.is_scrum_day,
            'reason', d.reason,
            'expected', d.is_scrum_day and exists (
              select from private.scrum_members(d.project_id, d.day, d.timezone) m
              where m.profile_id = me.profile_id and m.is_expected),
            'daily_scrum_id', d.daily_scrum_id,
            'update', (
              select private.scrum_update_json(u, d.as_of, private.counts_until(d.sprint_id, d.day))
              from public.daily_scrum_updates u
              where u.daily_scrum_id = d.daily_scrum_id and u.project_id = d.project_id
                and u.profile_id = me.profile_id),
            'draft', json_build_object(
              'yesterday', coalesce((
                select json_agg(
                  json_build_object('task_id', t.task_id, 'task_name', t.task_name, 'what', t.what)
                  order by t.first_at, t.task_id)
                from (
                  select a.task_id, a.task_name, min(a.at) as first_at,
                    json_agg(
                      json_build_object('kind', a.kind, 'old_value', a.old_value, 'new_value', a.new_value, 'at', a.at)
                      order by a.at, a.event_id) as what
                  from private.task_activity(d.project_id, me.profile_id, d.since, d.as_of) a
                  group by a.task_id, a.task_name) t), '[]'),
              'today', coalesce((
                select json_agg(json_build_object('task_id', c.task_id, 'task_name', c.task_name, 'status', c.status,
                    'priority', c.priority, 'points', trim_scale(c.points))
                  order by c.status not in ('In Progress', 'In Review'), c.priority desc nulls last, c.board_rank,
                    c.task_id)
                from mine_now c where c.sprint_id = d.sprint_id
                  and c.status in ('In Progress', 'In Review', 'Scheduled', 'Planned')), '[]'),
              'impediments', coalesce((
                select json_agg(
                  json_build_object('task_id', c.task_id, 'task_name', c.task_name, 'blocked_since', c.status_since)
                  order by c.status_since, c.board_rank, c.task_id)
                from mine_now c where c.sprint_id = d.sprint_id and c.status in ('Blocked', 'On Hold')), '[]')))
          order by d.project_id, d.sprint_id)
        from mine d), '[]'))
    from public.profiles me join public.organizations o on o.org_id = me.org_id
    where me.profile_id = (select auth.uid()));
end $$;

create function private.live_participation(scrum public.daily_scrums, as_of timestamptz)
returns table (profile_id uuid, answered boolean)
language plpgsql stable set search_path = '' rows 10 as $$
#variable_conflict use_column
declare
  counts_until timestamptz := private.counts_until(scrum.sprint_id, scrum.scrum_date);
begin
  if scrum.created_at > counts_until
    or private.no_scrum_reason(scrum.sprint_id, scrum.scrum_date, as_of) is not null then
    return;
  end if;
  return query
    select m.profile_id, u.update_id is not null
    from public.projects p
    join public.organizations o on o.org_id = p.org_id
    left join private.closed_sprints f on f.sprint_id = scrum.sprint_id and f.project_id = p.project_id
    cross join lateral private.scrum_members(p.project_id, scrum.scrum_date, coalesce(f.timezone, o.timezone)) m
    left join public.daily_scrum_updates u
      on u.daily_scrum_id = scrum.daily_scrum_id and u.project_id = p.project_id and u.profile_id = m.profile_id
      and u.created_at <= least(as_of, counts_until)
    where p.project_id = scrum.project_id and m.is_expected;
end $$;
comment on function private.live_participation(public.daily_scrums, timestamptz) is
  'Of whom a scrum expects an update, computed from its rows, and whether they had posted one in time by as_of. No '
  'rows on a day without a scrum, nor for a scrum that was opened after its cut-off. For definer functions.';

create or replace function private.project_participation(
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
    coalesce(
      project_participation.from_date,
      coalesce(project_participation.to_date, (c.as_of at time zone o.timezone)::date) - 29) as from_day,
    coalesce(project_participation.to_date, (c.as_of at time zone o.timezone)::date) as to_day
  into span
  from public.projects p
  join public.organizations o on o.org_id = p.org_id
  cross join (select private.resolve_as_of(project_participation.as_of) as as_of) c
  where p.project_id = project_participation.project_id;
  if not found then
    return null;
  elsif span.to_day < span.from_day or not isfinite(span.from_day) or not isfinite(span.to_day)
    or span.to_day - span.from_day > 366 or span.to_day > span.today + 366 then
    raise exception '% is wrong: from_date is %, to_date %; the second must be on or up to a year after the first, '
      'and at most a year ahead',
      case
        when to_date is not null and (
          from_date is null or span.to_day < span.from_day or span.to_day > span.today + 366) then 'to_date'
        else 'from_date' end,
      span.from_day, span.to_day using errcode = '22023';
  end if;
  with scrum as materialized (
    select d, d.daily_scrum_id, d.sprint_id, d.scrum_date, s.started_at,
      coalesce(f.views_frozen and s.completed_at <= span.as_of, false) as is_frozen
    from public.daily_scrums d
    join public.sprints s on s.sprint_id = d.sprint_id and s.project_id = d.project_id
    left join private.closed_sprints f on f.sprint_id = d.sprint_id and f.project_id = d.project_id
    where d.project_id = span.project_id and d.scrum_date between span.from_day and span.to_day
      and d.created_at <= span.as_of
  ), asked as (
    select s.daily_scrum_id, s.scrum_date, s.started_at, a.profile_id, a.answered
    from scrum s cross join lateral private.live_participation(s.d, span.as_of) a
    where not s.is_frozen
    union all
    select s.daily_scrum_id, s.scrum_date, s.started_at, a.profile_id, a.answered
    from scrum s join private.closed_participation a on a.sprint_id = s.sprint_id and a.scrum_date = s.scrum_date
    where s.is_frozen
  ), call as (
    -- One row per member and scrum that expected an update of them; today's open scrum isn't missed yet. Of two on
    -- one day, that of the sprint which was started first was first.
    select a.profile_id, a.answered,
      row_number() over (partition by a.profile_id order by a.scrum_date, a.started_at, a.daily_scrum_id) as n,
      not a.answered and a.scrum_date >= span.today as is_open
    from asked a
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

comment on function public.sprint_board(uuid, uuid, public.task_priority, timestamptz) is
  'The board of a sprint, as far as the caller may see it: {as_of, timezone, scope: {visible_tasks}, sprint, project, '
  'columns}. One column per status in board order, with task_count, points (story points), unestimated_count and its '
  'tasks by board_rank; the counts are of tasks that match assignee and priority. days_in_status counts days of the '
  'organization''s time zone until as_of (default now). The tasks are today''s whatever as_of is: pass as_of only '
  'when nothing has happened since. That of a completed sprint is the one right after its completion. Null for a '
  'sprint that the caller can''t see.';
comment on function public.scrum_of_day(uuid, date, timestamptz) is
  'The scrum of a sprint on a day (default: today, or the sprint''s day that is closest to it, or the day it was '
  'completed), as of a moment (default now): {as_of, timezone, scope, sprint, project, date, is_scrum_day, reason, '
  'daily_scrum, since, until, expected, posted, rate, members, missing, impediments}. There is no scrum on the '
  'organization''s days off (reason weekend or holiday), before the sprint is started (not started), after its '
  'completion (completed), on a future day (to come), and in a cancelled sprint unless one was opened (cancelled). '
  'Expected is every member except viewers, those who joined later and those on a day off. members: {profile_id, '
  'full_name, role (null: has left the project; profile_id null, too: deleted their account), expected, day_off, '
  'update (late, true: created after the cut-off, and so not counted as posted), activity: what they did since the '
  'last scrum, said_and_done: what became, since they said so, of the tasks that they would do: done, progressed, '
  'untouched or gone}. A scrum that was opened after as_of isn''t there yet; one that wasn''t opened until its '
  'cut-off expects nobody. '
  '22023 (400) for a date outside of the sprint; null for a sprint that the caller can''t see.';
comment on function public.project_participation(uuid, date, date, timestamptz) is
  'How the members of a project take part in its scrums between two days (default: 30 days until to_date, which is '
  'today by default), as of a moment '
  '(default now): {as_of, timezone, scope, project, from_date, to_date, scheduled, expected, updates, rate, members: '
  '[{profile_id, full_name, role, expected, updates, rate, streak, longest_streak}]}. scheduled counts the scrums of '
  'these days; those on the organization''s days off are included and expect nothing, nor do those that were opened '
  'after their cut-off. Only present members count. '
  'Of a completed sprint counts who was expected and had answered at its completion. '
  'rate = updates / expected; an update created after the cut-off (organizations.scrum_cutoff_time) doesn''t count. '
  'A streak counts scrums answered in a row, of two sprints on one day that of the earlier one first; today''s scrum '
  'doesn''t break it while it is unanswered. 22023 (400) for dates in the wrong '
  'order or more than a year apart, or a to_date more than a year ahead; null for a project that the caller can''t '
  'see.';

comment on function public.scrum_draft(timestamptz) is
  'The scrums of a day (default: today) that expect an update from the caller, with a draft: {as_of, timezone, scope, '
  'scrums: [{sprint, project, date, is_scrum_day, reason, expected, daily_scrum_id, update, draft: {yesterday, today, '
  'impediments}}]}, one per sprint of their projects that runs at as_of. yesterday: what they did to tasks since the '
  'last scrum; today: their open tasks, those in progress first; impediments: their tasks that are Blocked or On Hold. '
  'A task that was deleted since as_of has no priority.';

-- scrum_members took its place.
drop function private.expects_update(public.project_role, timestamptz, uuid, date, text);
