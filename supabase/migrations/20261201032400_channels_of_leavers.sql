-- Channels of leavers: a webhook, or a channel of a chat, that somebody made who may not make channels any more is
-- switched off. Nobody can see where it leads: its target is secret, and may be that person's own server. An owner or
-- admin writes the target anew, or switches the channel on.

set lock_timeout = '5s';
set statement_timeout = '30s';

comment on column public.notification_channels.is_enabled is
  'Whether the channel gets notifications at present. Off for one that isn''t of kind email once who made it leaves, '
  'or is no owner or admin any more.';

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
  'Trigger: switches off the channels that a person made, but for e-mail, where each claim asks for their rights. '
  'Definer: the person may be leaving, and has no right to change channels then.';
create trigger profiles_switch_off_channels before delete on public.profiles
  for each row execute function private.switch_off_channels();
create trigger profiles_switch_off_channels_on_update before update of org_role on public.profiles
  for each row when (old.org_role in ('owner', 'admin') and new.org_role not in ('owner', 'admin'))
  execute function private.switch_off_channels();
