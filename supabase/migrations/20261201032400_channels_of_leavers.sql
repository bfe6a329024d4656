-- Channels of leavers: a webhook, or a channel of a chat, for which somebody answers who may not make channels any more
-- is switched off. Nobody can see where it leads: its target is secret, and may be that person's own server. An owner
-- or admin writes the target anew, or switches the channel on, and answers for it then. Channels of people who left
-- before this migration are switched off here, and so are those for which nobody answers.
--
-- changes data: public.notification_channels.is_enabled, public.notification_channels.updated_at

set lock_timeout = '5s';
set statement_timeout = '30s';

comment on column public.notification_channels.created_by is
  'Who answers for the channel: who created it, or wrote its target anew or switched it on since; null once that '
  'person''s account is deleted. Unless the channel is of kind email, it is sent nothing while that person is no owner '
  'or admin, or nobody answers for it.';
comment on column public.notification_channels.is_enabled is
  'Whether the channel gets notifications at present. Off for one that isn''t of kind email once who answers for it '
  'leaves, or is no owner or admin any more.';

create function private.sign_channel() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.created_by := auth.uid();
  return new;
end $$;
comment on function private.sign_channel() is
  'Trigger: who writes a channel''s target or switches the channel on answers for it from then on.';
create trigger notification_channels_sign before update on public.notification_channels
  for each row when (current_user = 'authenticated'
    and ((old.kind, old.target) is distinct from (new.kind, new.target) or new.is_enabled and not old.is_enabled))
  execute function private.sign_channel();

create function private.switch_off_channels() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  update public.notification_channels c set is_enabled = false
  where c.created_by = old.profile_id and c.org_id = old.org_id and c.kind <> 'email' and c.is_enabled;
  if tg_op = 'DELETE' then
    return old;
  end if;
  return new;
end $$;
comment on function private.switch_off_channels() is
  'Trigger: switches off the channels that a person answers for, so that owners and admins see it, but for e-mail. '
  'Each claim asks for that person''s rights anyway: a target that they write at the same moment isn''t seen here. '
  'Definer: the person may be leaving, and has no right to change channels then.';
create trigger profiles_switch_off_channels before delete on public.profiles
  for each row execute function private.switch_off_channels();
create trigger profiles_switch_off_channels_on_update before update of org_role on public.profiles
  for each row when (old.org_role in ('owner', 'admin') and new.org_role not in ('owner', 'admin'))
  execute function private.switch_off_channels();

update public.notification_channels c set is_enabled = false
where c.kind <> 'email' and c.is_enabled and not exists (
  select from public.profiles p
  where p.profile_id = c.created_by and p.org_id = c.org_id and p.org_role in ('owner', 'admin'));
