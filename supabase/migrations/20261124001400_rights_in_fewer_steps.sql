-- What the policies ask about the caller, in fewer steps.
--
-- The caller's id is read before the query that looks them up: within it, PostgreSQL prepares it anew
-- each time. And "in any role" is null: the list of all roles was read from the catalog for every
-- policy.

set lock_timeout = '5s';
set statement_timeout = '30s';

create or replace function private.my_project_ids(roles public.project_role[] default null) returns setof uuid
language plpgsql stable security definer set search_path = '' rows 10 as $$
declare
  me constant uuid := auth.uid();
  org uuid;
begin
  if roles is null or 'manager' = any (roles) then
    select i.org_id into org from public.profiles i where i.profile_id = me and i.org_role in ('owner', 'admin');
    if found then
      return query select p.project_id from public.projects p where p.org_id = org;
      return; -- these are all there are
    end if;
  end if;
  return query
    select m.project_id from public.project_members m where m.profile_id = me and (roles is null or m.role = any (roles));
end $$;

create or replace function private.my_org_id() returns uuid
language plpgsql stable security definer set search_path = '' as $$
declare
  me constant uuid := auth.uid();
begin
  return (select p.org_id from public.profiles p where p.profile_id = me);
end $$;
