-- Notification channels: where an organization hears of its scrums and sprints.
-- The target of a channel and the key that signs its messages are secrets: only the service reads them.

set lock_timeout = '5s';
set statement_timeout = '30s';

create type public.channel_kind as enum ('slack', 'discord', 'teams', 'webhook', 'email');
comment on type public.channel_kind is 'Kind of service that a channel posts to.';
create type public.notification_event as enum ('scrum_reminder', 'scrum_digest', 'sprint_report');
comment on type public.notification_event is
  'Events that a channel can subscribe to: a reminder of members who haven''t posted, the digest of a day''s scrum, '
  'the report of a completed sprint.';

create function private.is_set_of_events(events public.notification_event[]) returns boolean
language sql immutable set search_path = '' as $$
  select count(*) > 0 and count(*) = count(e) and count(*) = count(distinct e) from unnest(events) e
$$;
comment on function private.is_set_of_events(public.notification_event[]) is
  'Whether a list of events has at least one, none twice and no null.';
grant execute on function private.is_set_of_events(public.notification_event[]) to authenticated, service_role;

create function private.new_signing_secret() returns text
language sql security definer set search_path = '' as $$
  select 'whsec_' || encode(extensions.gen_random_bytes(32), 'base64')
$$;
comment on function private.new_signing_secret() is
  'A new signing secret as Standard Webhooks writes it: whsec_ and 32 random bytes as base64. Definer: a column '
  'default calls it, and the caller may have no right to the schema of the extensions.';
grant execute on function private.new_signing_secret() to authenticated, service_role;

create table public.notification_channels (
  channel_id     uuid primary key default gen_random_uuid(),
  org_id         uuid not null default private.my_org_id() references public.organizations (org_id) on delete cascade,
  project_id     uuid,
  channel_name   text not null,
  kind           public.channel_kind not null,
  target         text not null,
  target_hint    text not null generated always as (
    case when kind = 'email' then '…@' || split_part(target, '@', 2)
         else coalesce(lower(substring(target from '(?i)^https?://(\[[^\]]*\]|[^/:?#]+)')), '') end) stored,
  signing_secret text not null default private.new_signing_secret(),
  events         public.notification_event[] not null default enum_range(null::public.notification_event),
  is_enabled     boolean not null default true,
  created_by     uuid default auth.uid() references public.profiles (profile_id) on delete set null,
  created_at     timestamptz not null default now(),
  updated_at     timestamptz not null default now(),
  constraint notification_channels_project_in_org foreign key (project_id, org_id)
    references public.projects (project_id, org_id) on delete cascade,
  constraint notification_channels_channel_name_length check (char_length(btrim(channel_name)) between 1 and 100),
  constraint notification_channels_target_length check (char_length(target) <= 2000),
  constraint notification_channels_signing_secret_form check (signing_secret ~ '^whsec_[A-Za-z0-9+/]{32,86}={0,2}$'),
  constraint notification_channels_events_are_a_set check (private.is_set_of_events(events))
);
comment on table public.notification_channels is
  'Channels to which an organization''s scrum and sprint notifications are sent. For its owners and admins. Nobody '
  'reads target and signing_secret. Name the other columns, also for what a write returns: select=channel_id,org_id,'
  'project_id,channel_name,kind,target_hint,events,is_enabled,created_by,created_at,updated_at. select=* is refused, '
  'and so is an upsert that has a target.';
comment on column public.notification_channels.channel_id is 'Key.';
comment on column public.notification_channels.org_id is 'Organization; filled in by default.';
comment on column public.notification_channels.project_id is
  'Project whose notifications it gets; null: those of every project of the organization.';
comment on column public.notification_channels.channel_name is 'Name as its members write it, 1 to 100 characters.';
comment on column public.notification_channels.kind is 'Kind of service behind target.';
comment on column public.notification_channels.target is
  'Where messages go: an https address (http only to the own machine); for email the confirmed sign-in address of a '
  'member. Secret: clients write it, only the service reads it.';
comment on column public.notification_channels.target_hint is
  'The part of target that may be shown: its host; for email …@domain.';
comment on column public.notification_channels.signing_secret is
  'Key that signs a webhook''s messages (Standard Webhooks). Secret: the database makes it, rotate_channel_secret '
  'shows it once, only the service reads it.';
comment on column public.notification_channels.events is 'Events that the channel gets; all by default, at least one.';
comment on column public.notification_channels.is_enabled is 'Whether the channel gets notifications at present.';
comment on column public.notification_channels.created_by is
  'Who created the channel; null once that person''s account is deleted.';
comment on column public.notification_channels.created_at is
  'When the row was created. The channel gets no report of a sprint that was completed before.';
comment on column public.notification_channels.updated_at is 'When the row was last changed; a trigger sets it.';
-- org_id first: the column the policies filter on.
create index notification_channels_org on public.notification_channels (org_id);
create index notification_channels_project on public.notification_channels (project_id, org_id);
create index notification_channels_created_by on public.notification_channels (created_by);

alter table public.notification_channels enable row level security;
create policy "Channels are visible to owners and admins" on public.notification_channels
  for select to authenticated
  using (org_id = (select private.my_org_id()) and (select private.is_org_admin()));
create policy "Channels are made by owners and admins" on public.notification_channels
  for insert to authenticated
  with check (org_id = (select private.my_org_id()) and (select private.is_org_admin()));
create policy "Channels are changed by owners and admins" on public.notification_channels
  for update to authenticated
  using (org_id = (select private.my_org_id()) and (select private.is_org_admin()))
  with check (org_id = (select private.my_org_id()));
create policy "Channels are deleted by owners and admins" on public.notification_channels
  for delete to authenticated
  using (org_id = (select private.my_org_id()) and (select private.is_org_admin()));

create function private.check_channel_target() returns trigger
language plpgsql set search_path = '' as $$
begin
  -- Messages don't contain the target: they are logged, and it is a secret.
  if new.kind = 'email' then
    if new.target !~ '^[^@\s,;<>]+@[^@\s,;<>]+$' or char_length(new.target) > 320 then
      raise exception 'target is no e-mail address'
        using errcode = '22023', hint = 'A channel of kind email has one address, such as minji@example.com.';
    end if;
    -- Otherwise anybody who signs up could make the service mail strangers every day.
    if not exists (
      select from public.profiles p
      where p.org_id = new.org_id and lower(p.email) = lower(new.target) and p.is_verified) then
      raise exception 'target is the address of nobody in the organization'
        using errcode = '22023',
          hint = 'A channel of kind email goes to the confirmed sign-in address of one of its people, '
            'not to a work_email or a mailing list.';
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
  'sign-in address when it is written: 22023. The sender decides whether it may call a host.';

create function private.limit_notification_channels() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if new.org_id is distinct from private.my_org_id() and (select auth.role()) is distinct from 'service_role' then
    return new; -- the policies refuse it, without telling how many there are
  end if;
  -- The lock makes two concurrent inserts wait for each other.
  perform from public.organizations o where o.org_id = new.org_id for no key update;
  if (select count(*) from public.notification_channels c where c.org_id = new.org_id) >= 50 then
    raise exception 'there are 50 channels already'
      using errcode = 'PT409', hint = 'Delete one that is no longer used.';
  end if;
  return new;
end $$;
comment on function private.limit_notification_channels() is
  'Trigger: at most 50 channels per organization. Definer: it locks and counts rows that the caller may not see.';

create trigger notification_channels_check_target_on_insert before insert on public.notification_channels
  for each row execute function private.check_channel_target();
create trigger notification_channels_check_target_on_update before update on public.notification_channels
  for each row when ((old.kind, old.target) is distinct from (new.kind, new.target))
  execute function private.check_channel_target();
create trigger notification_channels_limit before insert on public.notification_channels
  for each row execute function private.limit_notification_channels();
create trigger notification_channels_touch before update on public.notification_channels
  for each row execute function private.touch_updated_at();
create trigger notification_channels_keep_key before update on public.notification_channels
  for each row when ((old.channel_id, old.org_id) is distinct from (new.channel_id, new.org_id))
  execute function private.refuse_change('channel_id, org_id', 'A channel stays in its organization.');

grant
  select (
    channel_id, org_id, project_id, channel_name, kind, target_hint, events, is_enabled, created_by,
    created_at, updated_at),
  insert (channel_id, org_id, project_id, channel_name, kind, target, events, is_enabled),
  update (channel_id, org_id, project_id, channel_name, kind, target, events, is_enabled)
  on public.notification_channels to authenticated;
grant delete on public.notification_channels to authenticated;
-- The service doesn't update rows: the error of an update would show the whole row with its secrets.
grant select, delete on public.notification_channels to service_role;

create function private.rotate_channel_secret(channel_id uuid) returns text
language plpgsql security definer set search_path = '' as $$
declare
  made text;
begin
  update public.notification_channels c set signing_secret = private.new_signing_secret()
  where c.channel_id = rotate_channel_secret.channel_id
    and c.org_id = private.my_org_id() and private.is_org_admin()
  returning c.signing_secret into made;
  if not found then
    raise exception 'no such channel' using errcode = 'PT404';
  end if;
  return made;
end $$;
comment on function private.rotate_channel_secret(uuid) is
  'See public.rotate_channel_secret. Definer: nobody else writes or reads a secret.';
grant execute on function private.rotate_channel_secret(uuid) to authenticated;

create function public.rotate_channel_secret(channel_id uuid) returns text
language sql security invoker set search_path = '' as $$
  select private.rotate_channel_secret(rotate_channel_secret.channel_id)
$$;
comment on function public.rotate_channel_secret(uuid) is
  'Gives a channel a new signing secret and returns it, this once; from now on it signs the channel''s messages. For '
  'owners and admins. PT404 (404) for a channel that the caller can''t see.';
grant execute on function public.rotate_channel_secret(uuid) to authenticated;
