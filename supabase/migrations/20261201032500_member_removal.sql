-- Member removal: an owner or admin ends a colleague's membership, and says who takes over.

set lock_timeout = '5s';
set statement_timeout = '30s';

create function private.remove_member(profile_id uuid, hand_over_to uuid) returns jsonb
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
declare
  me public.profiles;
  leaver public.profiles;
  successor public.profiles;
  tasks integer;
  accounts integer;
  opportunities integer;
  projects integer;
  invitations integer;
  channels integer;
begin
  select p.* into me from public.profiles p where p.profile_id = auth.uid();
  if not found or me.org_role not in ('owner', 'admin') then
    raise exception 'only an owner or admin of the organization removes people' using errcode = '42501';
  end if;
  -- Whoever leaves, removes or changes a role locks the organization first, so that an owner remains. Then once more:
  -- the caller's own role may have changed while this waited.
  perform from public.organizations o where o.org_id = me.org_id for update;
  select p.* into me from public.profiles p where p.profile_id = auth.uid();
  if not found or me.org_role not in ('owner', 'admin') then
    raise exception 'only an owner or admin of the organization removes people' using errcode = '42501';
  end if;
  select p.* into leaver from public.profiles p
  where p.profile_id = remove_member.profile_id and p.org_id = me.org_id for update;
  if not found then
    raise exception 'no such person in the organization' using errcode = 'PT404';
  elsif leaver.profile_id = me.profile_id then
    raise exception 'nobody removes themselves'
      using errcode = 'PT409', hint = 'Call delete_my_account.';
  elsif leaver.org_role = 'owner' and me.org_role <> 'owner' then
    raise exception 'only an owner removes an owner' using errcode = '42501';
  end if;
  if hand_over_to is not null then
    select p.* into successor from public.profiles p
    where p.profile_id = hand_over_to and p.org_id = me.org_id and p.profile_id <> leaver.profile_id
    for key share;
    if not found then
      raise exception 'hand_over_to is nobody else in the organization' using errcode = '22023';
    end if;
  end if;

  -- Unfinished tasks, where the successor works in the project. The others lose their assignee with the membership.
  update public.tasks t set assigned_to = successor.profile_id
  from public.project_members m
  where t.assigned_to = leaver.profile_id and t.status not in ('Completed', 'Cancelled')
    and m.project_id = t.project_id and m.profile_id = successor.profile_id and m.role <> 'viewer';
  get diagnostics tasks = row_count;
  -- Opportunities before accounts, as a change of their stage locks them.
  update public.opportunities o set profile_id = successor.profile_id
  where successor.profile_id is not null and o.profile_id = leaver.profile_id and o.org_id = me.org_id;
  get diagnostics opportunities = row_count;
  update public.accounts a set profile_id = successor.profile_id
  where successor.profile_id is not null and a.profile_id = leaver.profile_id and a.org_id = me.org_id;
  get diagnostics accounts = row_count;
  -- A project without a manager gets the successor as one; owners and admins manage every project anyway.
  insert into public.project_members (project_id, profile_id, org_id, role)
  select m.project_id, successor.profile_id, me.org_id, 'manager'
  from public.project_members m
  where m.profile_id = leaver.profile_id and m.role = 'manager' and successor.profile_id is not null
    and not exists (
      select from public.project_members other
      where other.project_id = m.project_id and other.role = 'manager' and other.profile_id <> leaver.profile_id)
  on conflict on constraint project_members_pkey do update set role = 'manager';
  get diagnostics projects = row_count;
  -- Otherwise somebody who expects to go could invite another address of theirs.
  delete from public.invitations i
  where i.org_id = me.org_id and i.invited_by = leaver.profile_id and i.accepted_at is null;
  get diagnostics invitations = row_count;

  select count(*) into channels
  from public.notification_channels c
  where c.org_id = me.org_id and c.created_by = leaver.profile_id and c.kind <> 'email' and c.is_enabled;
  delete from auth.users u where u.id = leaver.profile_id;
  return jsonb_build_object(
    'profile_id', leaver.profile_id, 'handed_over_to', successor.profile_id,
    'tasks', tasks, 'accounts', accounts, 'opportunities', opportunities, 'projects', projects,
    'invitations_withdrawn', invitations, 'channels_switched_off', channels);
end $$;
comment on function private.remove_member(uuid, uuid) is
  'See public.remove_member. Definer: it deletes a user of Auth, and changes rows of projects that the caller needn''t '
  'work in.';
grant execute on function private.remove_member(uuid, uuid) to authenticated;

create function public.remove_member(profile_id uuid, hand_over_to uuid default null) returns jsonb
language sql security invoker set search_path = '' as $$
  select private.remove_member(remove_member.profile_id, remove_member.hand_over_to)
$$;
comment on function public.remove_member(uuid, uuid) is
  'Removes a person from the caller''s organization, with their user: they can''t sign in any more, and from now on '
  'every row is refused to their open sessions. For owners and admins; only an owner removes an owner. hand_over_to, '
  'a colleague, gets their accounts, opportunities, unfinished tasks in projects that the colleague works in, and the '
  'projects that would be left without a manager. Without one these have no owner or assignee. Calendar feeds, days '
  'off, memberships and the invitations they made that are still open are deleted. E-mail channels to their address '
  'send nothing more; other channels that they answer for are switched off, as nobody can see where they lead: '
  'write their target anew or switch them on. What they wrote for the team stays without their name, in the views of '
  'completed sprints with it. Returns {profile_id, handed_over_to, tasks, accounts, opportunities, projects, '
  'invitations_withdrawn, channels_switched_off}, the last six as counts. 42501 (403): for other '
  'callers; PT404 (404): nobody of the organization; PT409 (409): oneself; 22023 (400): hand_over_to is nobody else '
  'of the organization.';
grant execute on function public.remove_member(uuid, uuid) to authenticated;
