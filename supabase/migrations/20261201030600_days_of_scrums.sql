-- Days of scrums: one rule says on which days a sprint has a scrum, and all that open, show or announce scrums ask it.
--
-- private.scrum_obstacle is that rule. A running sprint has a scrum on each working day from the day it was started,
-- also after its end_date, until it is closed. private.due_scrums opens them, the trigger on daily_scrums lets no other
-- in, private.no_scrum_reason tells the views, private.due_notifications reminds of them, and the calendar feed shows
-- them: those that have come, and until end_date those to come. The rule takes values, not a sprint's key: who asks of
-- thousands of sprints has read them already.

set lock_timeout = '5s';
set statement_timeout = '30s';

create function private.scrum_obstacle(
  day date, today date, started_on date, completed_on date, is_working boolean
) returns text
language plpgsql immutable set search_path = '' as $$
begin
  return case
    when started_on is null or day < started_on then 'not started'
    when day > completed_on then 'completed'
    when not is_working then 'day off'
    when day > today then 'to come' end;
end $$;
comment on function private.scrum_obstacle(date, date, date, date, boolean) is
  'Why a sprint that isn''t cancelled has no scrum on a day: not started, completed, day off, or to come. Null if it '
  'has one: on each working day from the day it was started (null: it wasn''t) until the day it was completed (null: '
  'it runs), also after its end_date. The other arguments: today, and whether the organization works on the day.';
grant execute on function private.scrum_obstacle(date, date, date, date, boolean) to authenticated, service_role;

create or replace function private.due_scrums(on_day date, at timestamptz, org uuid)
returns table (org_id uuid, sprint_id uuid, scrum_date date)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
    select o.org_id, s.sprint_id, day.scrum_date
    from public.sprints s
    join public.projects p using (project_id)
    join public.organizations o using (org_id)
    cross join lateral (
      select coalesce(due_scrums.on_day, (due_scrums.at at time zone o.timezone)::date) as scrum_date) day
    where s.status = 'Active'
      and (due_scrums.org is null or o.org_id = due_scrums.org)
      and ((select auth.role()) = 'service_role'
           or s.project_id = any (array(select private.my_project_ids('{manager,scrum_master,member}'))))
      and private.scrum_obstacle(
        day.scrum_date, (due_scrums.at at time zone o.timezone)::date, (s.started_at at time zone o.timezone)::date,
        null, private.is_working_day(o.org_id, day.scrum_date)) is null;
end $$;
comment on function private.due_scrums(date, timestamptz, uuid) is
  'The running sprints that have a scrum on a day (null: the organization''s day at the moment "at"), of those the '
  'caller works in; for the service all of them. private.scrum_obstacle decides which sprint has one.';

create or replace function private.check_scrum_date() returns trigger
language plpgsql set search_path = '' as $$
declare
  sprint record;
  obstacle text;
begin
  select s.status, s.sprint_name, (s.started_at at time zone o.timezone)::date as started_on, p.org_id into sprint
  from public.sprints s
  join public.projects p using (project_id)
  join public.organizations o using (org_id)
  where s.sprint_id = new.sprint_id;
  if not found then
    return new;
  elsif sprint.status = 'Planned' then
    raise exception 'sprint "%" is %: only a running sprint has scrums', sprint.sprint_name, sprint.status
      using errcode = 'PT409';
  end if;
  obstacle := private.scrum_obstacle(new.scrum_date, private.org_today(sprint.org_id), sprint.started_on, null,
    private.is_working_day(sprint.org_id, new.scrum_date));
  if obstacle = 'not started' then
    raise exception 'scrum_date % is before the sprint started (%)', new.scrum_date, sprint.started_on
      using errcode = '23514';
  elsif obstacle = 'to come' then
    raise exception 'scrum_date % has not come yet', new.scrum_date using errcode = '23514';
  elsif obstacle is not null then
    raise exception 'scrum_date % is a day off of the organization', new.scrum_date using errcode = '23514';
  end if;
  return new;
end $$;
comment on function private.check_scrum_date() is
  'Trigger: a scrum belongs to a sprint that was started and to a day on which private.scrum_obstacle finds nothing '
  'against it. Closed sprints are refused by private.refuse_after_close, which waits for a completion under way. Does '
  'nothing for a sprint that the caller can''t see: the policy refuses that row.';

create function private.scrum_members(project_id uuid, day date, timezone text)
returns table (profile_id uuid, role public.project_role, is_expected boolean, has_day_off boolean)
language plpgsql stable set search_path = '' rows 10 as $$
#variable_conflict use_column
begin
  return query
    select m.profile_id, m.role,
      m.role <> 'viewer' and (m.joined_at at time zone scrum_members.timezone)::date <= scrum_members.day
        and not free.has_day_off,
      free.has_day_off
    from public.project_members m
    cross join lateral (
      select exists (
        select from public.days_off o
        where o.profile_id = m.profile_id and scrum_members.day between o.from_date and o.to_date) as has_day_off) free
    where m.project_id = scrum_members.project_id;
end $$;
comment on function private.scrum_members(uuid, date, text) is
  'The members of a project on the day of a scrum, which is a day of the time zone. is_expected: the scrum expects an '
  'update from them, who are no viewers, had joined by then and aren''t on a day off. has_day_off: they are.';
grant execute on function private.scrum_members(uuid, date, text) to service_role;

create or replace function public.calendar_of(feed_id uuid) returns json
language plpgsql stable security invoker set search_path = ''
set plan_cache_mode = force_generic_plan set random_page_cost = 1.1 as $$
#variable_conflict use_column
begin
  return (
    with feed as materialized (
      select f.feed_name, p.profile_id, p.full_name, o.org_id, o.org_name, o.timezone, o.locale, o.reminder_time,
        o.updated_at as org_updated_at, day.today, day.today - 90 as from_day, day.today + 365 as to_day
      from public.calendar_feeds f
      -- Only while the person is in the feed's organization.
      join public.profiles p on p.profile_id = f.profile_id and p.org_id = f.org_id
      join public.organizations o on o.org_id = p.org_id
      cross join lateral (select (now() at time zone o.timezone)::date as today) day
      where f.feed_id = calendar_of.feed_id
    ), project as materialized (
      -- The projects that the person is a member of: owners and admins may see more, but don't work in them.
      select p.project_id, p.project_name
      from feed
      join public.project_members m on m.profile_id = feed.profile_id and m.org_id = feed.org_id
      join public.projects p on p.project_id = m.project_id and p.org_id = feed.org_id
    ), sprint as materialized (
      select s.*, project.project_name
      from feed
      cross join project
      join public.sprints s on s.project_id = project.project_id
      where s.status <> 'Cancelled' and s.start_date <= feed.to_day
        and (s.end_date >= feed.from_day or s.status = 'Active')
    )
    select json_build_object(
      'feed_name', feed.feed_name,
      'profile', json_build_object('profile_id', feed.profile_id, 'full_name', feed.full_name),
      'organization', json_build_object('org_name', feed.org_name, 'timezone', feed.timezone, 'locale', feed.locale),
      'sprints', coalesce((
        select json_agg(json_build_object(
            'sprint_id', s.sprint_id, 'sprint_name', s.sprint_name, 'goal', s.goal, 'status', s.status,
            'start_date', s.start_date, 'end_date', s.end_date,
            'project_id', s.project_id, 'project_name', s.project_name, 'updated_at', s.updated_at)
          order by s.start_date, s.sprint_id)
        from sprint s where s.end_date >= feed.from_day), '[]'),
      'scrums', coalesce((
        select json_agg(json_build_object(
            'sprint_id', s.sprint_id, 'sprint_name', s.sprint_name,
            'project_id', s.project_id, 'project_name', s.project_name,
            'date', c.day, 'starts_at', private.first_moment_at(c.day, feed.reminder_time, feed.timezone),
            'updated_at', greatest(s.updated_at, feed.org_updated_at))
          order by c.day, s.sprint_id)
        from sprint s
        cross join lateral (
          select (s.started_at at time zone feed.timezone)::date as started_on,
            greatest(s.end_date, feed.today) as until) k
        cross join lateral private.calendar_days(
          feed.org_id, greatest(k.started_on, feed.from_day), least(k.until, feed.to_day)) c
        cross join lateral private.scrum_obstacle(c.day, feed.today, k.started_on, null, c.is_working) as obstacle
        where s.status = 'Active' and (obstacle is null or obstacle = 'to come')
          and exists (
            select from private.scrum_members(s.project_id, c.day, feed.timezone) m
            where m.profile_id = feed.profile_id and m.is_expected)), '[]'),
      'tasks', coalesce((
        select json_agg(json_build_object(
            'task_id', t.task_id, 'task_name', t.task_name, 'status', t.status,
            'priority', t.priority, 'due_date', t.due_date,
            'project_id', t.project_id, 'project_name', project.project_name, 'updated_at', t.updated_at)
          order by t.due_date, t.task_id)
        from public.tasks t
        join project on project.project_id = t.project_id
        where t.assigned_to = feed.profile_id and t.due_date between feed.from_day and feed.to_day
          and t.status not in ('Completed', 'Cancelled')), '[]'))
    from feed);
end $$;
comment on function public.calendar_of(uuid) is
  'What a calendar feed shows, from 90 days ago to 365 days ahead: {feed_name, profile: {profile_id, full_name}, '
  'organization: {org_name, timezone, locale}, sprints: [{sprint_id, sprint_name, goal, status, start_date, end_date, '
  'project_id, project_name, updated_at}], scrums: [{sprint_id, sprint_name, project_id, project_name, date, '
  'starts_at, updated_at}], tasks: [{task_id, task_name, status, priority, due_date, project_id, project_name, '
  'updated_at}]}. Of the projects that its person is a member of now: all sprints except cancelled ones; the scrums '
  'of running sprints, until end_date, and until today for a sprint that is overdue, on the days on which an update '
  'of theirs is expected, at the organization''s reminder_time; their own unfinished tasks with a due date. Null for '
  'an unknown feed, and for one whose person isn''t in its organization any more. For the service, which has checked '
  'the link''s signature.';
