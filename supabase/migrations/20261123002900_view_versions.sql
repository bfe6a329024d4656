-- Versions of what the views show: they tell, for a fraction of a view's cost, whether an
-- answer somebody holds is still the answer.
--
-- A version is a hash over the keys and row versions (xmin) of everything a view can show, so
-- any change of any row changes it. A maximum of updated_at would not do: that is the time a
-- transaction began, and one that began early but committed late stays below the maximum that
-- was read before. The same goes for event_id: what counts is how many events there are, which
-- only grows. The count is index-only (task_events_project); the rest is a visit per row.
-- NOTE: the cost grows with the project, not with the sprint. With 2,000 tasks and 20,000 events,
-- all of one sprint, it is a third of the board's and a twentieth of the dashboard's.

set lock_timeout = '5s';
set statement_timeout = '30s';

create function private.project_fingerprint(project_id uuid) returns text
language sql stable set search_path = '' as $$
  select concat_ws(',',
    p.project_id, p.xmin, o.xmin,
    (select coalesce(bit_xor(hash_record_extended((h.holiday_date, h.xmin), 0)), 0) from public.org_holidays h where h.org_id = p.org_id),
    (select coalesce(bit_xor(hash_record_extended((r.profile_id, r.xmin), 0)), 0) from public.profiles r where r.org_id = p.org_id),
    (select coalesce(bit_xor(hash_record_extended((d.day_off_id, d.xmin), 0)), 0) from public.days_off d where d.org_id = p.org_id),
    (select coalesce(bit_xor(hash_record_extended((m.profile_id, m.xmin), 0)), 0) from public.project_members m where m.project_id = p.project_id),
    (select coalesce(bit_xor(hash_record_extended((s.sprint_id, s.xmin), 0)), 0) from public.sprints s where s.project_id = p.project_id),
    (select coalesce(bit_xor(hash_record_extended((t.task_id, t.xmin), 0)), 0) from public.tasks t where t.project_id = p.project_id),
    (select count(*) from public.task_events e where e.project_id = p.project_id),
    (select coalesce(bit_xor(hash_record_extended((i.impediment_id, i.xmin), 0)), 0) from public.impediments i where i.project_id = p.project_id))
  from public.projects p join public.organizations o on o.org_id = p.org_id
  where p.project_id = project_fingerprint.project_id
$$;
comment on function private.project_fingerprint(uuid) is
  'Changes with every change of what the caller sees of a project: itself, its organization with calendar and people, members, sprints, tasks, events, impediments. Null for a project the caller can''t see.';

create function private.last_change(project_id uuid) returns timestamptz
language sql stable set search_path = '' as $$
  select greatest(
    (select e.at from public.task_events e
     where e.project_id = last_change.project_id and e.at <= statement_timestamp() order by e.at desc limit 1),
    (select max(m) from public.impediments i cross join lateral (values (i.raised_at), (i.resolved_at)) as moments (m)
     where i.project_id = last_change.project_id and m <= statement_timestamp()),
    (select max(m) from public.sprints s cross join lateral (values (s.started_at), (s.completed_at)) as moments (m)
     where s.project_id = last_change.project_id and m <= statement_timestamp()),
    (select max(u.created_at) from public.daily_scrum_updates u
     where u.project_id = last_change.project_id and u.created_at <= statement_timestamp()))
$$;
comment on function private.last_change(uuid) is
  'The last moment at which something happened that the figures date: an event of a task, an impediment, a start or close of a sprint, an update of a scrum. Null if nothing has.';

create function private.settled(timezone text, by_minute boolean, last_change timestamptz) returns timestamptz
language sql stable set search_path = '' as $$
  select greatest(
    date_trunc(case when by_minute then 'minute' else 'day' end, statement_timestamp(), timezone),
    last_change)
$$;
comment on function private.settled(text, boolean, timestamptz) is
  'The moment since which nothing has happened, but not before the minute or day began: the as_of at which a view''s figures are those of now, and stay the same until something happens or the next minute or day begins.';

create function private.version(variadic parts text[]) returns text
language sql immutable set search_path = '' as $$
  select encode(substr(sha256(convert_to(array_to_string(parts, '|', '-'), 'UTF8')), 1, 16), 'hex')
$$;
comment on function private.version(text[]) is 'A short hash of the parts.';

create function private.sprint_fingerprint(sprint_id uuid) returns text
language sql stable set search_path = '' as $$
  select concat_ws(',', s.sprint_id, private.project_fingerprint(s.project_id),
    (select coalesce(bit_xor(hash_record_extended((d.daily_scrum_id, d.xmin), 0)), 0) from public.daily_scrums d where d.sprint_id = s.sprint_id),
    (select coalesce(bit_xor(hash_record_extended((u.update_id, u.xmin), 0)), 0)
     from public.daily_scrums d join public.daily_scrum_updates u on u.daily_scrum_id = d.daily_scrum_id
     where d.sprint_id = s.sprint_id),
    (select coalesce(bit_xor(hash_record_extended((n.daily_scrum_id, n.profile_id, n.task_id, n.intent, n.xmin), 0)), 0)
     from public.daily_scrums d join public.daily_scrum_tasks n on n.daily_scrum_id = d.daily_scrum_id
     where d.sprint_id = s.sprint_id))
  from public.sprints s where s.sprint_id = sprint_fingerprint.sprint_id
$$;
comment on function private.sprint_fingerprint(uuid) is
  'Changes with every change of what the caller sees of a sprint: its project''s fingerprint, and its scrums. Null for a sprint the caller can''t see.';

create function public.sprint_version(sprint_id uuid, by_minute boolean default true) returns json
language sql stable security invoker set search_path = '' as $$
  select json_build_object(
    'version', private.version(settled.as_of::text, private.sprint_fingerprint(s.sprint_id)),
    'as_of', settled.as_of,
    'timezone', o.timezone,
    'sprint', private.sprint_head(s.sprint_id),
    'project', private.project_head(s.project_id))
  from public.sprints s
  join public.projects p on p.project_id = s.project_id
  join public.organizations o on o.org_id = p.org_id
  cross join lateral (
    select private.settled(o.timezone, by_minute, private.last_change(s.project_id)) as as_of offset 0) settled
  where s.sprint_id = sprint_version.sprint_id
$$;
comment on function public.sprint_version(uuid, boolean) is
  'Whether the views of a sprint may have changed: {version, as_of, timezone, sprint, project}. The version is another one after any change of what they show; asked at as_of, they answer the same as long as it is the same. It also changes with the clock: every minute, as ages in hours do, or, if not by_minute, every day of the organization''s time zone. Null when there is no such sprint for the caller.';

create function public.project_version(project_id uuid, by_minute boolean default true) returns json
language sql stable security invoker set search_path = '' as $$
  select json_build_object(
    'version', private.version(settled.as_of::text, private.project_fingerprint(p.project_id),
      (select coalesce(bit_xor(hash_record_extended((d.daily_scrum_id, d.xmin), 0)), 0)::text
       from public.daily_scrums d where d.project_id = p.project_id),
      (select coalesce(bit_xor(hash_record_extended((u.update_id, u.xmin), 0)), 0)::text
       from public.daily_scrum_updates u where u.project_id = p.project_id)),
    'as_of', settled.as_of,
    'timezone', o.timezone,
    'project', private.project_head(p.project_id))
  from public.projects p
  join public.organizations o on o.org_id = p.org_id
  cross join lateral (
    select private.settled(o.timezone, by_minute, private.last_change(p.project_id)) as as_of offset 0) settled
  where p.project_id = project_version.project_id
$$;
comment on function public.project_version(uuid, boolean) is
  'Whether the views of a project may have changed: {version, as_of, timezone, project}; see sprint_version. Null when there is no such project for the caller.';

create function public.scrum_draft_version() returns json
language sql stable security invoker set search_path = '' as $$
  with mine as materialized (
    select s.sprint_id, s.project_id
    from public.project_members m
    join public.sprints s on s.project_id = m.project_id and s.status = 'Active'
    where m.profile_id = (select auth.uid()) and m.role <> 'viewer'
  )
  select json_build_object(
    'version', private.version(settled.as_of::text, me.profile_id::text, me.xmin::text, o.xmin::text,
      (select string_agg(private.sprint_fingerprint(mine.sprint_id), '/' order by mine.sprint_id) from mine)),
    'as_of', settled.as_of,
    'timezone', o.timezone)
  from public.profiles me
  join public.organizations o on o.org_id = me.org_id
  cross join lateral (
    select private.settled(o.timezone, false, (select max(private.last_change(mine.project_id)) from mine)) as as_of
    offset 0) settled
  where me.profile_id = (select auth.uid())
$$;
comment on function public.scrum_draft_version() is
  'Whether the caller''s scrum_draft may have changed: {version, as_of, timezone}; see sprint_version. It changes with the day.';

grant execute on function private.project_fingerprint(uuid), private.last_change(uuid), private.settled(text, boolean, timestamptz),
  private.version(text[]), private.sprint_fingerprint(uuid),
  public.sprint_version(uuid, boolean), public.project_version(uuid, boolean), public.scrum_draft_version() to authenticated, service_role;
