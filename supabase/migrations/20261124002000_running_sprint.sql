-- The version of a project's running sprint: whoever knows the project alone finds the sprint and
-- learns what its views are to be asked at, both at once.

set lock_timeout = '5s';
set statement_timeout = '30s';

create function public.running_sprint_version(project_id uuid, by_minute boolean default true) returns json
language plpgsql stable security invoker set search_path = '' set plan_cache_mode = force_generic_plan set random_page_cost = 1.1 as $$
#variable_conflict use_column
begin
  return (
    select case when s.sprint_id is null then json_build_object('sprint', null, 'project', private.project_head(p.project_id))
                else public.sprint_version(s.sprint_id, by_minute) end
    from public.projects p
    -- At most one: sprints_one_active.
    left join public.sprints s on s.project_id = p.project_id and s.status = 'Active'
    where p.project_id = running_sprint_version.project_id);
end $$;
comment on function public.running_sprint_version(uuid, boolean) is
  'The sprint_version of a project''s running sprint, {version, as_of, timezone, sprint, project}: it is another one, too, when another sprint becomes the running one. While none runs {sprint: null, project}. Null when there is no such project for the caller.';

grant execute on function public.running_sprint_version(uuid, boolean) to authenticated, service_role;
