-- Projects: the work that follows a sale, and its members.
-- With them come the two questions that decide who sees project data: policies ask my_project_ids, definer functions
-- ask may_read_project.

set lock_timeout = '5s';
set statement_timeout = '30s';

create type public.project_role as enum ('manager', 'scrum_master', 'member', 'viewer');
comment on type public.project_role is
  'Role in a project; a viewer only reads, and no scrum update is expected of them.';

create function private.my_project_ids(roles public.project_role[] default null) returns setof uuid
language plpgsql stable security definer set search_path = '' rows 10 as $$
declare
  me constant uuid := auth.uid();
  org uuid;
begin
  if roles is null or 'manager' = any (roles) then
    select i.org_id into org from public.profiles i where i.profile_id = me and i.org_role in ('owner', 'admin');
    if found then
      return query select p.project_id from public.projects p where p.org_id = org;
      return; -- all there are
    end if;
  end if;
  return query
    select m.project_id from public.project_members m
    where m.profile_id = me and (roles is null or m.role = any (roles));
end $$;
comment on function private.my_project_ids(public.project_role[]) is
  'Projects in which the caller has one of the roles (null: any). An owner or admin of the organization counts as '
  'manager of all its projects. Depends on no row: write "= any (array(select private.my_project_ids()))", which '
  'PostgreSQL evaluates once and looks up in the index. Definer: the policies of the tables that it reads call it.';
grant execute on function private.my_project_ids(public.project_role[]) to authenticated, service_role;

create function private.may_read_project(project_id uuid) returns boolean
language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_column
declare
  me constant uuid := auth.uid();
begin
  perform from public.project_members where project_id = may_read_project.project_id and profile_id = me;
  if not found then
    perform from public.profiles i join public.projects p on p.org_id = i.org_id
    where i.profile_id = me and i.org_role in ('owner', 'admin') and p.project_id = may_read_project.project_id;
  end if;
  return found or coalesce(auth.role() = 'service_role', false)
    or current_setting('role') = 'none'
      and exists (select from pg_catalog.pg_roles where rolname = session_user and (rolbypassrls or rolsuper));
end $$;
comment on function private.may_read_project(uuid) is
  'Whether the caller may see a project and all of its data: its members, the owner and admins of its organization, '
  'and roles that bypass policies: the service, and the database''s own role unless it has set another. The same '
  'answer as private.my_project_ids for one project; definer functions ask it before they read. Definer: it reads the '
  'tables that decide that.';

create table public.projects (
  project_id     uuid primary key default gen_random_uuid(),
  org_id         uuid not null default private.my_org_id() references public.organizations (org_id) on delete cascade,
  project_name   text not null,
  account_id     uuid,
  opportunity_id uuid,
  profile_id     uuid default auth.uid(),
  description    text,
  created_at     timestamptz not null default now(),
  updated_at     timestamptz not null default now(),
  constraint projects_in_org unique (project_id, org_id),
  constraint projects_account_in_org foreign key (account_id, org_id)
    references public.accounts (account_id, org_id) on delete set null (account_id),
  constraint projects_opportunity_in_org foreign key (opportunity_id, org_id)
    references public.opportunities (opportunity_id, org_id) on delete set null (opportunity_id),
  constraint projects_owner_in_org foreign key (profile_id, org_id)
    references public.profiles (profile_id, org_id) on delete set null (profile_id),
  constraint projects_project_name_length check (char_length(btrim(project_name)) between 1 and 200),
  constraint projects_description_length check (char_length(description) <= 20000)
);
comment on table public.projects is 'Work for an account, or for the organization itself.';
comment on column public.projects.project_id is 'Key.';
comment on column public.projects.org_id is 'Organization; filled in by default.';
comment on column public.projects.project_name is 'Name.';
comment on column public.projects.account_id is 'Account the project is done for, if any.';
comment on column public.projects.opportunity_id is 'Sale that led to the project, if any.';
comment on column public.projects.profile_id is
  'Who created the project; its first manager. Null once that person''s account is deleted.';
comment on column public.projects.description is 'Free text.';
comment on column public.projects.created_at is 'When the row was created.';
comment on column public.projects.updated_at is 'When the row was last changed; a trigger sets it.';
create index projects_org on public.projects (org_id);
create index projects_account on public.projects (account_id, org_id);
create index projects_opportunity on public.projects (opportunity_id, org_id);
create index projects_profile on public.projects (profile_id, org_id);

create table public.project_members (
  project_id uuid not null,
  profile_id uuid not null,
  org_id     uuid not null default private.my_org_id(),
  role       public.project_role not null default 'member',
  joined_at  timestamptz not null default now(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (project_id, profile_id),
  -- Both in one organization: nobody joins a project of another organization.
  constraint project_members_project_in_org foreign key (project_id, org_id)
    references public.projects (project_id, org_id) on delete cascade,
  constraint project_members_profile_in_org foreign key (profile_id, org_id)
    references public.profiles (profile_id, org_id) on delete cascade
);
comment on table public.project_members is 'Who works on a project, and as what.';
comment on column public.project_members.project_id is 'Project.';
comment on column public.project_members.profile_id is 'Person.';
comment on column public.project_members.org_id is 'Organization of both; filled in by default.';
comment on column public.project_members.role is 'Role of the person in the project.';
comment on column public.project_members.joined_at is 'When the person joined the project.';
comment on column public.project_members.created_at is 'When the row was created.';
comment on column public.project_members.updated_at is 'When the row was last changed; a trigger sets it.';
create index project_members_project on public.project_members (project_id, org_id);
create index project_members_profile on public.project_members (profile_id, org_id);

alter table public.projects enable row level security;
-- The second half lets "insert … returning" show a project to its creator: the statement doesn't see the membership
-- that its own trigger adds.
create policy "Projects are visible to their members" on public.projects
  for select to authenticated
  using (project_id = any (array(select private.my_project_ids()))
         or (profile_id = (select auth.uid()) and created_at = now()));
create policy "Projects are made by anybody, for their own organization" on public.projects
  for insert to authenticated
  with check (org_id = (select private.my_org_id()) and profile_id = (select auth.uid()));
create policy "Projects are changed by their managers" on public.projects
  for update to authenticated
  using (project_id = any (array(select private.my_project_ids('{manager}'))))
  with check (project_id = any (array(select private.my_project_ids('{manager}'))));
create policy "Projects are deleted by their managers" on public.projects
  for delete to authenticated
  using (project_id = any (array(select private.my_project_ids('{manager}'))));

alter table public.project_members enable row level security;
create policy "Members are visible to members" on public.project_members
  for select to authenticated
  using (project_id = any (array(select private.my_project_ids())));
create policy "Members are added by managers" on public.project_members
  for insert to authenticated
  with check (project_id = any (array(select private.my_project_ids('{manager}'))));
create policy "Members are changed by managers" on public.project_members
  for update to authenticated
  using (project_id = any (array(select private.my_project_ids('{manager}'))))
  with check (project_id = any (array(select private.my_project_ids('{manager}'))));
create policy "Members are removed by managers, or leave" on public.project_members
  for delete to authenticated
  using (project_id = any (array(select private.my_project_ids('{manager}')))
         or profile_id = (select auth.uid()));

create function private.add_creator_as_manager() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if new.profile_id is not null then
    insert into public.project_members (project_id, profile_id, org_id, role)
    values (new.project_id, new.profile_id, new.org_id, 'manager');
  end if;
  return null;
end $$;
comment on function private.add_creator_as_manager() is
  'Trigger: the creator of a project becomes its first manager. Definer: only managers add members, and there is none '
  'yet.';

create trigger projects_add_manager after insert on public.projects
  for each row execute function private.add_creator_as_manager();
create trigger projects_touch before update on public.projects
  for each row execute function private.touch_updated_at();
create trigger projects_keep_key before update on public.projects
  for each row when ((old.project_id, old.org_id) is distinct from (new.project_id, new.org_id))
  execute function private.refuse_change('project_id, org_id', 'A project stays in its organization.');

create trigger project_members_touch before update on public.project_members
  for each row execute function private.touch_updated_at();
create trigger project_members_keep_key before update on public.project_members
  for each row when ((old.project_id, old.profile_id, old.org_id)
    is distinct from (new.project_id, new.profile_id, new.org_id))
  execute function private.refuse_change('project_id, profile_id', 'Remove the member and add the other.');

grant select, delete on public.projects to authenticated;
grant
  insert (project_id, org_id, project_name, account_id, opportunity_id, profile_id, description),
  update (project_id, org_id, project_name, account_id, opportunity_id, description)
  on public.projects to authenticated;
grant select, insert, update, delete on public.projects to service_role;
grant select, delete on public.project_members to authenticated;
grant
  insert (project_id, profile_id, org_id, role),
  update (project_id, profile_id, org_id, role)
  on public.project_members to authenticated;
grant select, insert, update, delete on public.project_members to service_role;
