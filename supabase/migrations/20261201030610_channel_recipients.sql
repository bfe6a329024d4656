-- Channel recipients: a channel of kind email is sent nothing that its address's owner may not read any more, and
-- another one nothing once who answers for it is no owner or admin any more.
--
-- The person may have left, been removed, changed their address, lost its confirmation, or left a project since the
-- channel was made. So has_recipient is asked when an address is written, and again when a claim hands it out
-- (claims_for_recipients). Where other channels lead, nobody can see: see channels_of_leavers.

set lock_timeout = '5s';
set statement_timeout = '30s';

comment on column public.notification_channels.target is
  'Where messages go: an https address (http only to the own machine); for email the confirmed sign-in address of a '
  'member, which is sent what that person may read and nothing while it isn''t one''s (notification_log: '
  'target_left). Secret: clients write it, only the service reads it.';
create function private.has_recipient(channel public.notification_channels, project_id uuid) returns boolean
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  if channel.kind <> 'email' then
    return exists (
      select from public.profiles p
      where p.profile_id = channel.created_by and p.org_id = channel.org_id and p.org_role in ('owner', 'admin'));
  end if;
  return exists (
    select from public.profiles p
    where p.org_id = channel.org_id and lower(p.email) = lower(channel.target) and p.is_verified
      and (has_recipient.project_id is null or p.org_role in ('owner', 'admin') or exists (
        select from public.project_members m
        where m.project_id = has_recipient.project_id and m.profile_id = p.profile_id and m.org_id = p.org_id)));
end $$;
comment on function private.has_recipient(public.notification_channels, uuid) is
  'Whether a channel may be sent anything about a project (null: at all): one of kind email only while its target is '
  'the confirmed sign-in address of a member of its organization who may read the project; another only while who '
  'answers for it (created_by) is an owner or admin.';
grant execute on function private.has_recipient(public.notification_channels, uuid) to authenticated, service_role;

create function private.is_subscribed(
  channel public.notification_channels, event public.notification_event, project_id uuid
) returns boolean
language plpgsql stable set search_path = '' as $$
begin
  return channel.is_enabled and is_subscribed.event = any (channel.events)
    and case
      when channel.project_id is not null then channel.project_id = is_subscribed.project_id
      -- Without any recipient it stays subscribed: the claim gives up, and the log says so.
      else channel.kind <> 'email' or private.has_recipient(channel, is_subscribed.project_id)
        or not private.has_recipient(channel, null) end;
end $$;
comment on function private.is_subscribed(public.notification_channels, public.notification_event, uuid) is
  'Whether a channel gets an event of a project of its organization: it is enabled, has the event, and is that '
  'project''s or every project''s. Of one for every project that goes by mail, these are those that its person may '
  'read.';

create or replace function private.check_channel_target() returns trigger
language plpgsql set search_path = '' as $$
begin
  -- Messages don't contain the target: they are logged, and it is a secret.
  if new.kind = 'email' then
    if new.target !~ '^[^@\s,;<>]+@[^@\s,;<>]+$' or char_length(new.target) > 320 then
      raise exception 'target is no e-mail address'
        using errcode = '22023', hint = 'A channel of kind email has one address, such as minji@example.com.';
    end if;
    -- Otherwise anybody who signs up could make the service mail strangers every day.
    if not private.has_recipient(new, null) then
      raise exception 'target is the address of nobody in the organization'
        using errcode = '22023',
          hint = 'A channel of kind email goes to the confirmed sign-in address of one of its people, '
            'not to a work_email or a mailing list.';
    elsif not private.has_recipient(new, new.project_id) then
      raise exception 'target is the address of somebody who doesn''t work in the project'
        using errcode = '22023', hint = 'Make the person a member of the project first.';
    end if;
  elsif new.target !~*
      '^(https://([a-z0-9.-]+|\[[0-9a-f:.]+\])|http://(localhost|127(\.[0-9]{1,3}){3}|\[::1\]))'
      '(:[0-9]{1,5})?([/?#][!-~]*)?$' then
    raise exception 'target is no https address'
      using errcode = '22023', hint = format(
        'A channel of kind %s has the address that %s gave you, without a user or password in it '
        'and percent-encoded.', new.kind, new.kind);
  end if;
  return new;
end $$;
comment on function private.check_channel_target() is
  'Trigger: refuses a target that doesn''t fit its kind, and an e-mail address that isn''t a member''s confirmed '
  'sign-in address when it is written: 22023. A claim asks again, when the target is used. The sender decides whether '
  'it may call a host.';
