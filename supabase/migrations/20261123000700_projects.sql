-- Projects: the work that follows a sale, its members, and the helper that tells which
-- projects the caller has a part in. Every policy on project data asks that helper.

set lock_timeout = '5s';
set statement_timeout = '30s';

create type public.project_role as enum ('manager', 'scrum_master', 'member', 'viewer');
comment on type public.project_role is 'What a person does in a project; a viewer only reads and owes no scrum.';

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
comment on column public.projects.account_id is 'Account it is done for, if any.';
comment on column public.projects.opportunity_id is 'Sale it came from, if any.';
comment on column public.projects.profile_id is 'Who made it; its first manager. Null once that person has gone.';
comment on column public.projects.description is 'Free text.';
comment on column public.projects.created_at is 'When the row was made.';
comment on column public.projects.updated_at is 'When the row was last changed; set by trigger.';
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
  -- Both in one organization: nobody joins a project of another.
  constraint project_members_project_in_org foreign key (project_id, org_id)
    references public.projects (project_id, org_id) on delete cascade,
  constraint project_members_profile_in_org foreign key (profile_id, org_id)
    references public.profiles (profile_id, org_id) on delete cascade
);
comment on table public.project_members is 'Who works on a project, and as what.';
comment on column public.project_members.project_id is 'Project.';
comment on column public.project_members.profile_id is 'Person.';
comment on column public.project_members.org_id is 'Organization of both; filled in by default.';
comment on column public.project_members.role is 'What the person does in the project.';
comment on column public.project_members.joined_at is 'Since when.';
comment on column public.project_members.created_at is 'When the row was made.';
comment on column public.project_members.updated_at is 'When the row was last changed; set by trigger.';
create index project_members_project on public.project_members (project_id, org_id);
create index project_members_profile on public.project_members (profile_id, org_id);

create function private.my_project_ids(
  roles public.project_role[] default enum_range(null::public.project_role)
) returns setof uuid
language sql stable security definer set search_path = '' as $$
  select m.project_id from public.project_members m
  where m.profile_id = (select auth.uid()) and m.role = any (roles)
  union
  select p.project_id
  from public.profiles me join public.projects p on p.org_id = me.org_id
  where me.profile_id = (select auth.uid()) and me.org_role in ('owner', 'admin')
    and 'manager' = any (roles)
$$;
comment on function private.my_project_ids(public.project_role[]) is
  'Projects in which the caller has one of the roles (default: any); an owner or admin of the organization counts as manager of all its projects. Depends on no row: use as "= any (array(select private.my_project_ids()))", which is asked once and uses the index. Definer: the policies of the tables it reads need it.';
grant execute on function private.my_project_ids(public.project_role[]) to authenticated, service_role;

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
  'Trigger: who makes a project is its first manager. Definer: only managers add members, and there is none yet.';

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
  for each row when ((old.project_id, old.profile_id, old.org_id) is distinct from (new.project_id, new.profile_id, new.org_id))
  execute function private.refuse_change('project_id, profile_id', 'Remove the member and add the other.');

alter table public.projects enable row level security;
alter table public.project_members enable row level security;
grant select, delete on public.projects, public.project_members to authenticated;
grant insert (project_id, org_id, project_name, account_id, opportunity_id, profile_id, description),
      update (project_id, org_id, project_name, account_id, opportunity_id, description)
  on public.projects to authenticated;
grant insert (project_id, profile_id, org_id, role), update (project_id, profile_id, org_id, role)
  on public.project_members to authenticated;
grant select, insert, update, delete on public.projects, public.project_members to service_role;

-- The second half lets "insert … returning" show a project to its maker: the membership
-- that the trigger adds is not visible to the statement that caused it.
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
