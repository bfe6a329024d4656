-- Versions of views: whether an answer that a client holds is still the answer, at a fraction of a view's cost and
-- whatever the size of the project. A version is a hash of the change stamps and of the moment the figures are of.

set lock_timeout = '5s';
set statement_timeout = '30s';

create function private.last_change(project_id uuid) returns timestamptz
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    select greatest(
      (select e.at from public.task_events e
       where e.project_id = last_change.project_id and e.at <= statement_timestamp() order by e.at desc limit 1),
      (select max(m) from public.impediments i cross join lateral (values (i.raised_at), (i.resolved_at)) as moments (m)
       where i.project_id = last_change.project_id and m <= statement_timestamp()),
      (select max(m) from public.sprints s cross join lateral (values (s.started_at), (s.completed_at)) as moments (m)
       where s.project_id = last_change.project_id and m <= statement_timestamp()),
      (select max(u.created_at) from public.daily_scrum_updates u
       where u.project_id = last_change.project_id and u.created_at <= statement_timestamp())));
end $$;
comment on function private.last_change(uuid) is
  'The last moment at which something happened that the figures date: an event of a task, an impediment, a start or '
  'completion of a sprint, a scrum update. Null if nothing happened.';
grant execute on function private.last_change(uuid) to authenticated, service_role;

create function private.version_as_of(timezone text, by_minute boolean, last_change timestamptz) returns timestamptz
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    select greatest(
      date_trunc(case when by_minute then 'minute' else 'day' end, statement_timestamp(), timezone),
      last_change));
end $$;
comment on function private.version_as_of(text, boolean, timestamptz) is
  'The as_of of a version: the last change, or the beginning of the present minute or day if that is later. Figures '
  'as of that moment are those of now, and stay the same until something happens or the next minute or day begins.';
grant execute on function private.version_as_of(text, boolean, timestamptz) to authenticated, service_role;

create function private.version_hash(variadic parts text[]) returns text
language plpgsql immutable set search_path = '' as $$
begin
  return encode(substr(sha256(convert_to(array_to_string(parts, '|', '-'), 'UTF8')), 1, 16), 'hex');
end $$;
comment on function private.version_hash(text[]) is 'A short hash of the parts.';
grant execute on function private.version_hash(text[]) to authenticated, service_role;

create function private.sprint_version(sprint_id uuid, by_minute boolean) returns json
language plpgsql stable security definer set search_path = ''
set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
  return (
    select json_build_object(
      'version', private.version_hash(settled.as_of::text, s.sprint_id::text,
        private.stamp_sum(s.project_id, and_named => true), private.stamp_sum(p.org_id)),
      'as_of', settled.as_of,
      'timezone', o.timezone,
      'sprint', private.sprint_json(s.sprint_id),
      'project', private.project_json(s.project_id))
    from public.sprints s
    join public.projects p on p.project_id = s.project_id
    join public.organizations o on o.org_id = p.org_id
    cross join lateral (
      select private.version_as_of(o.timezone, by_minute, private.last_change(s.project_id)) as as_of offset 0) settled
    where s.sprint_id = sprint_version.sprint_id and private.may_read_project(s.project_id));
end $$;
comment on function private.sprint_version(uuid, boolean) is
  'See public.sprint_version. Definer: nobody may read stamps; it checks once what the caller may see.';
grant execute on function private.sprint_version(uuid, boolean) to authenticated, service_role;

create function public.sprint_version(sprint_id uuid, by_minute boolean default true) returns json
language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.sprint_version(sprint_id, by_minute);
end $$;
comment on function public.sprint_version(uuid, boolean) is
  'Whether the views of a sprint may have changed: {version, as_of, timezone, sprint, project}. Any change of what '
  'they show makes another version; asked at this as_of, they answer the same while the version is the same. The '
  'version also changes with the clock: every minute, as ages in hours do, or, if not by_minute, every day of the '
  'organization''s time zone. Null for a sprint that the caller can''t see.';
grant execute on function public.sprint_version(uuid, boolean) to authenticated, service_role;

create function private.project_version(project_id uuid, by_minute boolean) returns json
language plpgsql stable security definer set search_path = ''
set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
  return (
    select json_build_object(
      'version', private.version_hash(settled.as_of::text, p.project_id::text,
        private.stamp_sum(p.project_id), private.stamp_sum(p.org_id)),
      'as_of', settled.as_of,
      'timezone', o.timezone,
      'project', private.project_json(p.project_id))
    from public.projects p
    join public.organizations o on o.org_id = p.org_id
    cross join lateral (
      select private.version_as_of(o.timezone, by_minute, private.last_change(p.project_id)) as as_of offset 0) settled
    where p.project_id = project_version.project_id and private.may_read_project(p.project_id));
end $$;
comment on function private.project_version(uuid, boolean) is
  'See public.project_version. Definer: nobody may read stamps; it checks once what the caller may see.';
grant execute on function private.project_version(uuid, boolean) to authenticated, service_role;

create function public.project_version(project_id uuid, by_minute boolean default true) returns json
language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.project_version(project_id, by_minute);
end $$;
comment on function public.project_version(uuid, boolean) is
  'Whether the views of a project may have changed: {version, as_of, timezone, project}; see sprint_version. Null for '
  'a project that the caller can''t see.';
grant execute on function public.project_version(uuid, boolean) to authenticated, service_role;

create function private.scrum_draft_version() returns json
language plpgsql stable security definer set search_path = ''
set plan_cache_mode = force_generic_plan as $$
begin
  return (
    with mine as materialized (
      select s.sprint_id, s.project_id
      from public.project_members m
      join public.sprints s on s.project_id = m.project_id and s.status = 'Active'
      where m.profile_id = auth.uid() and m.role <> 'viewer'
    )
    select json_build_object(
      'version', private.version_hash(settled.as_of::text, me.profile_id::text, private.stamp_sum(me.org_id),
        (select string_agg(
          concat_ws(',', mine.sprint_id, private.stamp_sum(mine.project_id, and_named => true)), '/'
          order by mine.sprint_id)
         from mine)),
      'as_of', settled.as_of,
      'timezone', o.timezone)
    from public.profiles me
    join public.organizations o on o.org_id = me.org_id
    cross join lateral (
      select private.version_as_of(
        o.timezone, false, (select max(private.last_change(mine.project_id)) from mine)) as as_of
      offset 0) settled
    where me.profile_id = auth.uid());
end $$;
comment on function private.scrum_draft_version() is
  'See public.scrum_draft_version. Definer: nobody may read stamps; it looks up the caller alone.';
grant execute on function private.scrum_draft_version() to authenticated, service_role;

create function public.scrum_draft_version() returns json
language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.scrum_draft_version();
end $$;
comment on function public.scrum_draft_version() is
  'Whether the caller''s scrum_draft may have changed: {version, as_of, timezone}; see sprint_version. It also '
  'changes every day.';
grant execute on function public.scrum_draft_version() to authenticated, service_role;

create function public.running_sprint_version(project_id uuid, by_minute boolean default true) returns json
language plpgsql stable security invoker set search_path = ''
set plan_cache_mode = force_generic_plan set random_page_cost = 1.1 as $$
#variable_conflict use_column
begin
  return (
    select case
        when s.sprint_id is null then
          json_build_object('sprint', null, 'project', private.project_json(p.project_id))
        else public.sprint_version(s.sprint_id, by_minute) end
    from public.projects p
    -- At most one: sprints_one_active.
    left join public.sprints s on s.project_id = p.project_id and s.status = 'Active'
    where p.project_id = running_sprint_version.project_id);
end $$;
comment on function public.running_sprint_version(uuid, boolean) is
  'The sprint_version of a project''s running sprint, {version, as_of, timezone, sprint, project}; it also changes '
  'when another sprint becomes the running one. {sprint: null, project} while no sprint runs. Null for a project that '
  'the caller can''t see.';
grant execute on function public.running_sprint_version(uuid, boolean) to authenticated, service_role;
