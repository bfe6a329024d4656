-- What a caller is to a sprint: asked by what acts for people outside of the database.

set lock_timeout = '5s';
set statement_timeout = '30s';

create function public.sprint_standing(sprint_id uuid) returns json
language sql stable security invoker set search_path = '' as $$
  select json_build_object(
    'leads', s.project_id = any (array(select private.my_project_ids('{manager,scrum_master}'))),
    'locale', o.locale)
  from public.sprints s
  join public.projects p using (project_id)
  join public.organizations o using (org_id)
  where s.sprint_id = sprint_standing.sprint_id
$$;
comment on function public.sprint_standing(uuid) is
  'What the caller is to a sprint: {leads: manager or scrum master of its project, or owner or admin of the organization; locale: the language of what is sent about it}. Null for a sprint that the caller may not see.';
grant execute on function public.sprint_standing(uuid) to authenticated;
