-- The notification log: what was sent to which channel, so that nothing is sent twice and what failed is sent again.
-- Whoever sends claims a notification (notification_claims), sends it and settles it; a claim is a lease of 5 minutes.

set lock_timeout = '5s';
set statement_timeout = '30s';

create type public.notification_status as enum ('sending', 'sent', 'failed', 'given up');
comment on type public.notification_status is
  'Delivery status of a notification: failed is tried again, given up isn''t.';

create table public.notification_log (
  log_id        uuid primary key default gen_random_uuid(),
  org_id        uuid not null references public.organizations (org_id) on delete cascade,
  channel_id    uuid not null references public.notification_channels (channel_id) on delete cascade,
  event         public.notification_event not null,
  subject       uuid not null,
  status        public.notification_status not null default 'sending',
  attempts      integer not null default 1,
  first_attempt integer not null default 1,
  claimed_until timestamptz,
  next_try_at   timestamptz,
  sent_at       timestamptz,
  last_error    text,
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now(),
  constraint notification_log_once unique (channel_id, event, subject),
  constraint notification_log_attempts_in_order check (attempts >= first_attempt and first_attempt >= 1),
  constraint notification_log_times_match_status check (
    (status = 'sending') = (claimed_until is not null)
    and (status = 'failed') = (next_try_at is not null)
    and (status <> 'sent' or sent_at is not null)),
  -- Too short and plain to contain an address.
  constraint notification_log_last_error_form check (last_error ~ '^[a-z][a-z0-9_]{0,49}$')
);
comment on table public.notification_log is
  'Deliveries of notifications: one row per channel, event and subject. Only functions write it.';
comment on column public.notification_log.log_id is 'Key.';
comment on column public.notification_log.org_id is 'Organization of the channel.';
comment on column public.notification_log.channel_id is 'Channel.';
comment on column public.notification_log.event is 'Event that the channel is notified of.';
comment on column public.notification_log.subject is
  'For a reminder or digest the daily scrum, for a report the sprint.';
comment on column public.notification_log.status is 'Delivery status.';
comment on column public.notification_log.attempts is 'Number of attempts so far, and number of the last attempt.';
comment on column public.notification_log.first_attempt is
  'Attempt with which the present round began. Sending again on demand begins a new round with as many tries.';
comment on column public.notification_log.claimed_until is
  'While sending: when the claim expires and another sender may take the notification.';
comment on column public.notification_log.next_try_at is 'Once failed: when it may be tried again.';
comment on column public.notification_log.sent_at is 'When it was last sent.';
comment on column public.notification_log.last_error is
  'Why the last attempt failed: a short code such as http_500 or timeout; abandoned when nobody settled the claim '
  'within 5 minutes, too_late when it was no longer due before it was sent.';
comment on column public.notification_log.created_at is 'When it was first claimed.';
comment on column public.notification_log.updated_at is 'When the row was last changed; a trigger sets it.';
-- org_id first: the column the policy filters on.
create index notification_log_org on public.notification_log (org_id, created_at);
-- The few notifications that are neither sent nor given up.
create index notification_log_open on public.notification_log (event) where status in ('sending', 'failed');

alter table public.notification_log enable row level security;
create policy "The log is visible to owners and admins" on public.notification_log
  for select to authenticated
  using (org_id = (select private.my_org_id()) and (select private.is_org_admin()));

create trigger notification_log_touch before update on public.notification_log
  for each row execute function private.touch_updated_at();

grant select on public.notification_log to authenticated, service_role;

create function private.is_last_try(entry public.notification_log) returns boolean
language plpgsql immutable set search_path = '' as $$
begin
  return entry.attempts - entry.first_attempt + 1 >= 8;
end $$;
comment on function private.is_last_try(public.notification_log) is
  'Whether a notification has had the 8 tries of its present round.';

create function private.is_claimable(entry public.notification_log, again boolean) returns boolean
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    select case entry.status
      when 'sending' then entry.claimed_until <= now() and not private.is_last_try(entry)
      when 'failed' then again or entry.next_try_at <= now()
      when 'sent' then again and entry.sent_at <= now() - interval '1 minute'
      else again end);
end $$;
comment on function private.is_claimable(public.notification_log, boolean) is
  'Whether a notification of the log may be claimed: it failed and its next try has come, or the lease of its sender '
  'has expired, which counts as a failed try. With again: whatever nobody is sending right now and wasn''t sent '
  'within the last minute.';

create function private.settle_notification(
  log_id uuid,
  attempt integer,
  error text,
  permanent boolean,
  retry_after_seconds integer
) returns public.notification_status
language plpgsql security definer set search_path = '' as $$
declare
  entry public.notification_log;
  tries integer;
begin
  -- The message, which is logged, doesn't contain the error: a caller may send a secret by mistake.
  if error is not null and error !~ '^[a-z][a-z0-9_]{0,49}$' then
    raise exception 'error is no code'
      using errcode = '22023', hint = 'Send a short one such as http_500 or timeout: small letters, digits and _.';
  end if;
  select l.* into entry from public.notification_log l where l.log_id = settle_notification.log_id for update;
  if not found then
    raise exception 'no such notification' using errcode = 'PT404';
  elsif entry.status <> 'sending' or entry.attempts is distinct from attempt then
    raise exception 'attempt % is no longer the one that sends: it is %, attempt %',
      attempt, entry.status, entry.attempts
      using errcode = 'PT409';
  end if;
  tries := entry.attempts - entry.first_attempt + 1;
  update public.notification_log l
  set status = case
        when error is null then 'sent'
        when permanent or private.is_last_try(entry) then 'given up'
        else 'failed' end::public.notification_status,
      claimed_until = null,
      sent_at = case when error is null then now() else l.sent_at end,
      next_try_at = case when error is not null and not (coalesce(permanent, false) or private.is_last_try(entry))
        then now() + greatest(
          least(interval '1 minute' * 2 ^ (tries - 1), interval '1 hour'),
          least(make_interval(secs => coalesce(retry_after_seconds, 0)), interval '1 day')) end,
      last_error = error
  where l.log_id = entry.log_id returning l.* into entry;
  return entry.status;
end $$;
comment on function private.settle_notification(uuid, integer, text, boolean, integer) is
  'See public.settle_notification. Definer: nobody writes the log directly.';
grant execute on function private.settle_notification(uuid, integer, text, boolean, integer) to service_role;

create function public.settle_notification(
  log_id uuid, attempt integer, error text default null, permanent boolean default false,
  retry_after_seconds integer default null
) returns public.notification_status
language sql security invoker set search_path = '' as $$
  select private.settle_notification(settle_notification.log_id, settle_notification.attempt, settle_notification.error,
    settle_notification.permanent, settle_notification.retry_after_seconds)
$$;
comment on function public.settle_notification(uuid, integer, text, boolean, integer) is
  'Records the outcome of a claimed notification and returns its status: sent without an error; failed with one (a '
  'code such as http_500 or timeout), to be tried again after 1, 2, 4 … minutes, at most an hour, and not before '
  'retry_after_seconds, at most a day; given up when the error is permanent or after 8 tries. For the service. PT409 '
  '(409) for any caller but the holder of the last attempt, PT404 (404) when its channel was deleted meanwhile, 22023 '
  '(400) for an error that isn''t a code.';
grant execute on function public.settle_notification(uuid, integer, text, boolean, integer) to service_role;
