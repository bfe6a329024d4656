-- Notification channels: where an organization hears of its scrums and sprints, and when.
-- Where a channel leads and what signs its messages are secrets: nobody but the service reads them.

set lock_timeout = '5s';
set statement_timeout = '30s';

create type public.channel_kind as enum ('slack', 'discord', 'teams', 'webhook', 'email');
comment on type public.channel_kind is 'What is at the other end of a channel.';

create type public.notification_event as enum ('scrum_reminder', 'scrum_digest', 'sprint_report');
comment on type public.notification_event is
  'What a channel is told of: who hasn''t posted yet, what the day''s scrum came to, how a completed sprint went.';

alter table public.organizations
  add column reminder_time time not null default '10:00',
  add column digest_time   time not null default '11:00',
  -- 24:00 is a time to PostgreSQL; no clock ever shows it.
  add constraint organizations_times_are_of_a_day check (reminder_time < '24:00' and digest_time < '24:00');
comment on column public.organizations.reminder_time is 'From when on those who haven''t posted are reminded of the day''s scrum, by the organization''s own clocks.';
comment on column public.organizations.digest_time is 'From when on the digest of the day''s scrum goes out, by the organization''s own clocks.';
grant update (reminder_time, digest_time) on public.organizations to authenticated;

create function private.is_set_of_events(events public.notification_event[]) returns boolean
language sql immutable set search_path = '' as $$
  select count(*) > 0 and count(*) = count(e) and count(*) = count(distinct e) from unnest(events) e
$$;
comment on function private.is_set_of_events(public.notification_event[]) is
  'Whether a list of events has one at least, none twice and no null.';

-- Standard Webhooks: "whsec_" and 24 to 64 bytes as base64.
create function private.new_signing_secret() returns text
language sql volatile security definer set search_path = '' as $$
  select 'whsec_' || encode(extensions.gen_random_bytes(32), 'base64')
$$;
comment on function private.new_signing_secret() is
  'A new secret to sign messages with, as Standard Webhooks writes it: whsec_ and 32 random bytes as base64. Definer: a column''s default, whatever the caller may do in the schema of the extensions.';
grant execute on function private.is_set_of_events(public.notification_event[]), private.new_signing_secret() to authenticated, service_role;

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
  'Where an organization is told of its scrums and sprints. For its owners and admins. Nobody reads target and signing_secret: name the other columns (select=channel_id,org_id,project_id,channel_name,kind,target_hint,events,is_enabled,created_by,created_at,updated_at), also for what a write returns; select=* is refused, and so is an upsert that brings a target.';
comment on column public.notification_channels.channel_id is 'Key.';
comment on column public.notification_channels.org_id is 'Organization; filled in by default.';
comment on column public.notification_channels.project_id is 'Project it is told of; null: every project of the organization.';
comment on column public.notification_channels.channel_name is 'Name as its people write it, 1 to 100 characters.';
comment on column public.notification_channels.kind is 'What is at the other end.';
comment on column public.notification_channels.target is 'Where messages go: an https address (http to the own machine alone), for email the confirmed sign-in address of somebody in the organization. Secret: written, and read by the service alone.';
comment on column public.notification_channels.target_hint is 'What may be shown of the target: its host, for email …@domain.';
comment on column public.notification_channels.signing_secret is 'What signs the messages of a webhook (Standard Webhooks). Secret: made by the database, shown once by rotate_channel_secret, read by the service alone.';
comment on column public.notification_channels.events is 'What it is told of; all by default, one at least.';
comment on column public.notification_channels.is_enabled is 'Whether it is told anything at present.';
comment on column public.notification_channels.created_by is 'Who made it; null once that person has gone.';
comment on column public.notification_channels.created_at is 'When the row was made. Sprints completed before are none of its reports.';
comment on column public.notification_channels.updated_at is 'When the row was last changed; set by trigger.';
-- org_id first: the column the policies filter on.
create index notification_channels_org on public.notification_channels (org_id);
create index notification_channels_project on public.notification_channels (project_id, org_id);
create index notification_channels_created_by on public.notification_channels (created_by);

create function private.check_channel_target() returns trigger
language plpgsql set search_path = '' as $$
begin
  -- The target is named by its column alone: messages are logged, and it is a secret.
  if new.kind = 'email' then
    if new.target !~ '^[^@\s,;<>]+@[^@\s,;<>]+$' or char_length(new.target) > 320 then
      raise exception 'target is no e-mail address'
        using errcode = '22023', hint = 'A channel of kind email has one address, such as minji@example.com.';
    end if;
    -- Else anybody who signs up could have us write to strangers, every day.
    if not exists (
      select from public.profiles p
      where p.org_id = new.org_id and lower(p.email) = lower(new.target) and p.is_verified) then
      raise exception 'target is the address of nobody in the organization'
        using errcode = '22023', hint = 'A channel of kind email goes to the confirmed sign-in address of one of its people, not to a work_email or a mailing list.';
    end if;
  elsif new.target !~* '^(https://([a-z0-9.-]+|\[[0-9a-f:.]+\])|http://(localhost|127(\.[0-9]{1,3}){3}|\[::1\]))(:[0-9]{1,5})?([/?#][!-~]*)?$' then
    raise exception 'target is no https address'
      using errcode = '22023', hint = format('A channel of kind %s has the address that %s gave you, without a user or password in it and percent-encoded.', new.kind, new.kind);
  end if;
  return new;
end $$;
comment on function private.check_channel_target() is
  'Trigger: refuses a target that its kind can''t have, and an e-mail address that is no confirmed sign-in address in the organization at the moment it is written: 22023. Whether a host may be called is decided by who calls it.';

create trigger notification_channels_check_target_on_insert before insert on public.notification_channels
  for each row execute function private.check_channel_target();
create trigger notification_channels_check_target_on_update before update on public.notification_channels
  for each row when ((old.kind, old.target) is distinct from (new.kind, new.target))
  execute function private.check_channel_target();
create function private.limit_notification_channels() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if new.org_id is distinct from private.my_org_id() and (select auth.role()) is distinct from 'service_role' then
    return new; -- which the policies refuse, without a word of how many there are
  end if;
  -- The lock makes two that are made at once wait for each other.
  perform from public.organizations o where o.org_id = new.org_id for no key update;
  if (select count(*) from public.notification_channels c where c.org_id = new.org_id) >= 50 then
    raise exception 'there are 50 channels already'
      using errcode = 'PT409', hint = 'Delete one that is no longer used.';
  end if;
  return new;
end $$;
comment on function private.limit_notification_channels() is
  'Trigger: at most 50 channels an organization. Definer: it locks and counts whatever the caller may do.';

create trigger notification_channels_limit before insert on public.notification_channels
  for each row execute function private.limit_notification_channels();
create trigger notification_channels_touch before update on public.notification_channels
  for each row execute function private.touch_updated_at();
create trigger notification_channels_keep_key before update on public.notification_channels
  for each row when ((old.channel_id, old.org_id) is distinct from (new.channel_id, new.org_id))
  execute function private.refuse_change('channel_id, org_id', 'A channel stays in its organization.');

alter table public.notification_channels enable row level security;
grant select (channel_id, org_id, project_id, channel_name, kind, target_hint, events, is_enabled, created_by, created_at, updated_at),
      insert (channel_id, org_id, project_id, channel_name, kind, target, events, is_enabled),
      update (channel_id, org_id, project_id, channel_name, kind, target, events, is_enabled)
  on public.notification_channels to authenticated;
grant delete on public.notification_channels to authenticated;
-- Read only: the error of a change would tell the whole row, secrets and all.
grant select, delete on public.notification_channels to service_role;

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

create function public.rotate_channel_secret(channel_id uuid) returns text
language sql security invoker set search_path = '' as $$
  select private.rotate_channel_secret(rotate_channel_secret.channel_id)
$$;
comment on function public.rotate_channel_secret(uuid) is
  'Gives a channel a new signing secret and returns it, this once; messages are signed with it from now on. For owners and admins. PT404 (404) for a channel the caller can''t see.';

grant execute on function private.rotate_channel_secret(uuid) to authenticated;
grant execute on function public.rotate_channel_secret(uuid) to authenticated;
