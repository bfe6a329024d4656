-- Versions of what the views show, by stamps: the same whatever the size of the project.
--
-- They were a hash over every row that a view can show, each visited under its policy. Now whoever
-- asks is looked up once, and what has changed is one number (change_stamps). What as_of is hasn't
-- changed.

set lock_timeout = '5s';
set statement_timeout = '30s';

-- The last update of a scrum without a visit to each.
drop index public.daily_scrum_updates_project;
create index daily_scrum_updates_project on public.daily_scrum_updates (project_id, created_at);

create function private.may_read_project(project_id uuid) returns boolean
language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_column
declare
  me constant uuid := auth.uid();
begin
  perform from public.project_members where project_id = $1 and profile_id = me;
  if not found then
    perform from public.profiles i join public.projects p on p.org_id = i.org_id
    where i.profile_id = me and i.org_role in ('owner', 'admin') and p.project_id = $1;
  end if;
  return found or coalesce(auth.role() = 'service_role', false)
    or current_setting('role') = 'none'
      and exists (select from pg_catalog.pg_roles where rolname = session_user and (rolbypassrls or rolsuper));
end $$;
comment on function private.may_read_project(uuid) is
  'Whether the caller may see a project and all that is of it: its members, the owner and admins of its organization, and whom no policy binds: the service, and the database''s own role while it plays no other. What private.my_project_ids answers for one project, asked by definers before they read. Definer: it reads what decides that.';

create function private.stamp_of(scope uuid, and_named boolean default false) returns text
language plpgsql stable set search_path = '' as $$
begin
  return (select sum(s.stamp) from private.change_stamps s where s.scope = $1 and (not s.named or and_named));
end $$;
comment on function private.stamp_of(uuid, boolean) is
  'Another after every change of a project or organization, and, if and_named, of the tasks named in its scrums. For definers that have asked what the caller may see.';

create function private.sprint_version(sprint_id uuid, by_minute boolean) returns json
language plpgsql stable security definer set search_path = '' set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
  return (
    select json_build_object(
      'version', private.version(settled.as_of::text, s.sprint_id::text,
        private.stamp_of(s.project_id, and_named => true), private.stamp_of(p.org_id)),
      'as_of', settled.as_of,
      'timezone', o.timezone,
      'sprint', private.sprint_head(s.sprint_id),
      'project', private.project_head(s.project_id))
    from public.sprints s
    join public.projects p on p.project_id = s.project_id
    join public.organizations o on o.org_id = p.org_id
    cross join lateral (
      select private.settled(o.timezone, by_minute, private.last_change(s.project_id)) as as_of offset 0) settled
    where s.sprint_id = $1 and private.may_read_project(s.project_id));
end $$;
comment on function private.sprint_version(uuid, boolean) is
  'See public.sprint_version. Definer: stamps are for nobody to read, and who asks is looked up once.';

create function private.project_version(project_id uuid, by_minute boolean) returns json
language plpgsql stable security definer set search_path = '' set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
  return (
    select json_build_object(
      'version', private.version(settled.as_of::text, p.project_id::text,
        private.stamp_of(p.project_id), private.stamp_of(p.org_id)),
      'as_of', settled.as_of,
      'timezone', o.timezone,
      'project', private.project_head(p.project_id))
    from public.projects p
    join public.organizations o on o.org_id = p.org_id
    cross join lateral (
      select private.settled(o.timezone, by_minute, private.last_change(p.project_id)) as as_of offset 0) settled
    where p.project_id = $1 and private.may_read_project(p.project_id));
end $$;
comment on function private.project_version(uuid, boolean) is
  'See public.project_version. Definer: stamps are for nobody to read, and who asks is looked up once.';

create function private.scrum_draft_version() returns json
language plpgsql stable security definer set search_path = '' set plan_cache_mode = force_generic_plan as $$
begin
  return (
    with mine as materialized (
      select s.sprint_id, s.project_id
      from public.project_members m
      join public.sprints s on s.project_id = m.project_id and s.status = 'Active'
      where m.profile_id = auth.uid() and m.role <> 'viewer'
    )
    select json_build_object(
      'version', private.version(settled.as_of::text, me.profile_id::text, private.stamp_of(me.org_id),
        (select string_agg(concat_ws(',', mine.sprint_id, private.stamp_of(mine.project_id, and_named => true)), '/' order by mine.sprint_id)
         from mine)),
      'as_of', settled.as_of,
      'timezone', o.timezone)
    from public.profiles me
    join public.organizations o on o.org_id = me.org_id
    cross join lateral (
      select private.settled(o.timezone, false, (select max(private.last_change(mine.project_id)) from mine)) as as_of
      offset 0) settled
    where me.profile_id = auth.uid());
end $$;
comment on function private.scrum_draft_version() is
  'See public.scrum_draft_version. Definer: stamps are for nobody to read; it asks for the caller alone.';

create or replace function public.sprint_version(sprint_id uuid, by_minute boolean default true) returns json
language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.sprint_version(sprint_id, by_minute);
end $$;

create or replace function public.project_version(project_id uuid, by_minute boolean default true) returns json
language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.project_version(project_id, by_minute);
end $$;

create or replace function public.scrum_draft_version() returns json
language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.scrum_draft_version();
end $$;

grant execute on function private.sprint_version(uuid, boolean), private.project_version(uuid, boolean),
  private.scrum_draft_version() to authenticated, service_role;
drop function private.project_fingerprint(uuid), private.sprint_fingerprint(uuid);
