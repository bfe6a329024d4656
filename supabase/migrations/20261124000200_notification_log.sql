-- The notification log: what was sent where, so that nothing is sent twice and what failed is
-- tried again. Whoever sends claims first, sends, and settles; a claim is a lease of 5 minutes.
-- Whoever claims also gives up what was tried often enough or has become pointless, so that
-- nothing stays failed or sending.

set lock_timeout = '5s';
set statement_timeout = '30s';

create type public.notification_status as enum ('sending', 'sent', 'failed', 'given up');
comment on type public.notification_status is 'What became of a notification: failed is tried again, given up isn''t.';

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
  -- Too short and plain for an address to get in.
  constraint notification_log_last_error_form check (last_error ~ '^[a-z][a-z0-9_]{0,49}$')
);
comment on table public.notification_log is 'What was sent to which channel: one row per channel, event and subject. Written by functions alone.';
comment on column public.notification_log.log_id is 'Key.';
comment on column public.notification_log.org_id is 'Organization of the channel.';
comment on column public.notification_log.channel_id is 'Channel.';
comment on column public.notification_log.event is 'What it was told of.';
comment on column public.notification_log.subject is 'The daily scrum of a reminder or digest, the sprint of a report.';
comment on column public.notification_log.status is 'What became of it.';
comment on column public.notification_log.attempts is 'How often it was tried; the number of the last attempt.';
comment on column public.notification_log.first_attempt is 'With which attempt the present round began: sent again on demand it has a new one, and as many tries as before.';
comment on column public.notification_log.claimed_until is 'While sending: from when on somebody else may take it.';
comment on column public.notification_log.next_try_at is 'Once failed: from when on it is tried again.';
comment on column public.notification_log.sent_at is 'When it was last sent.';
comment on column public.notification_log.last_error is 'Why the last attempt failed: a short code such as http_500 or timeout; abandoned when nobody said within 5 minutes what became of it, too_late when its time was over before it was sent.';
comment on column public.notification_log.created_at is 'When it was first claimed.';
comment on column public.notification_log.updated_at is 'When the row was last changed; set by trigger.';
-- org_id first: the column the policy filters on.
create index notification_log_org on public.notification_log (org_id, created_at);
-- What isn't through yet, of the little that is ever in work.
create index notification_log_open on public.notification_log (event) where status in ('sending', 'failed');
-- What has to be reported: the sprints completed of late.
create index sprints_completed on public.sprints (completed_at) where status = 'Completed';

create trigger notification_log_touch before update on public.notification_log
  for each row execute function private.touch_updated_at();

alter table public.notification_log enable row level security;
grant select on public.notification_log to authenticated, service_role;
create policy "The log is visible to owners and admins" on public.notification_log
  for select to authenticated
  using (org_id = (select private.my_org_id()) and (select private.is_org_admin()));

-- What is due ------------------------------------------------------------------------

create function private.past_moment(at timestamptz) returns timestamptz
language plpgsql stable set search_path = '' as $$
begin
  if at is null then
    return now();
  elsif not isfinite(at) or at > now() then
    raise exception 'at is %, it must be a moment that has come', at using errcode = '22023';
  end if;
  return at;
end $$;
comment on function private.past_moment(timestamptz) is
  'The moment a schedule is asked of: now for null. 22023 (400) for one in the future.';

create function private.batch_size(batch integer, most integer) returns integer
language plpgsql immutable set search_path = '' as $$
begin
  if batch is null or batch not between 1 and most then
    raise exception 'batch is %, it must be 1 to %', coalesce(batch::text, 'null'), most using errcode = '22023';
  end if;
  return batch;
end $$;
comment on function private.batch_size(integer, integer) is
  'How many rows are asked for at a time. 22023 (400) for less than one or more than most.';

create function private.local_time(at timestamptz, timezone text) returns timestamp
language plpgsql stable set search_path = '' as $$
begin
  return at at time zone timezone;
exception when invalid_parameter_value then
  return null;
end $$;
comment on function private.local_time(timestamptz, text) is
  'What the clocks of a time zone show at a moment; null for a zone that the system doesn''t know, or no longer: an update of it may drop one.';

-- In plpgsql, as it is asked for every organization: a tenth of the time.
create function private.moment_of(day date, clock time, timezone text) returns timestamptz
language plpgsql stable set search_path = '' as $$
declare
  wall constant timestamp := day + clock;
  near constant timestamptz := wall at time zone timezone;
  -- The clock read with the offset of the day before and of the day after: the same moment but
  -- around a change, where the first that shows it counts.
  earlier constant timestamptz := near - interval '1 day';
  later constant timestamptz := near + interval '1 day';
  by_earlier constant timestamptz := (wall - (earlier at time zone timezone - earlier at time zone 'UTC')) at time zone 'UTC';
  by_later constant timestamptz := (wall - (later at time zone timezone - later at time zone 'UTC')) at time zone 'UTC';
begin
  if by_earlier at time zone timezone = wall then
    return by_earlier;
  elsif by_later at time zone timezone = wall then
    return by_later;
  end if;
  -- Clocks jump over it: when they do.
  return (
    select min(m)
    from generate_series(date_trunc('minute', least(by_earlier, by_later)), greatest(by_earlier, by_later), interval '1 minute') m
    where m at time zone moment_of.timezone >= wall);
end $$;
comment on function private.moment_of(date, time, text) is
  'The first moment at which the clocks of a time zone show a time of a day, or have jumped over it: of a time that comes twice the first, of one that is skipped the moment after the jump.';

create function private.is_last_try(entry public.notification_log) returns boolean
language sql immutable set search_path = '' as $$
  select entry.attempts - entry.first_attempt + 1 >= 8
$$;
comment on function private.is_last_try(public.notification_log) is
  'Whether a notification has had the 8 tries of its present round.';

create function private.is_claimable(entry public.notification_log, again boolean) returns boolean
language sql stable set search_path = '' as $$
  select case entry.status
    when 'sending' then entry.claimed_until <= now() and not private.is_last_try(entry)
    when 'failed' then again or entry.next_try_at <= now()
    when 'sent' then again and entry.sent_at <= now() - interval '1 minute'
    else again end
$$;
comment on function private.is_claimable(public.notification_log, boolean) is
  'Whether a notification of the log may be claimed: it failed and its time has come, or the lease of who was sending it has run out, which counts as a try that failed; with again whatever nobody is sending right now and wasn''t sent within the last minute.';

create function private.due_notifications(event public.notification_event, at timestamptz, org_id uuid)
returns table (channel_id uuid, subject uuid)
language sql stable set search_path = '' as $$
  with zone as materialized (
    -- Each zone once. One that the system doesn't know has no day: its organizations are told of
    -- nothing, and stop no other.
    select z.timezone, private.local_time(due_notifications.at, z.timezone)::date as today
    from (select distinct o.timezone from public.organizations o
          where due_notifications.org_id is null or o.org_id = due_notifications.org_id) z
    where due_notifications.event <> 'sprint_report'
  ), org as materialized (
    -- The day whose time has come last: today, or for a digest still the day before.
    select o.org_id, zone.timezone, zone.today,
      case when due_notifications.at >= private.moment_of(zone.today,
        case due_notifications.event when 'scrum_digest' then o.digest_time else o.reminder_time end, zone.timezone)
      then zone.today when due_notifications.event = 'scrum_digest' then zone.today - 1 end as day
    from zone
    join public.organizations o on o.timezone = zone.timezone
    where zone.today is not null
      and (due_notifications.org_id is null or o.org_id = due_notifications.org_id)
      and exists (
        select from public.notification_channels c
        where c.org_id = o.org_id and c.is_enabled and due_notifications.event = any (c.events))
  )
  select due.channel_id, due.daily_scrum_id
  from (
    select c.channel_id, d.daily_scrum_id, d.project_id, d.scrum_date, s.status, org.timezone
    from org
    join public.projects p on p.org_id = org.org_id
    join public.daily_scrums d on d.project_id = p.project_id and d.scrum_date = org.day
    join public.sprints s on s.sprint_id = d.sprint_id
    join public.notification_channels c on c.org_id = org.org_id and (c.project_id is null or c.project_id = p.project_id)
    where c.is_enabled and due_notifications.event = any (c.events)
      -- Of a day that is over, nothing to a channel that wasn't there yet.
      and (org.day = org.today or (c.created_at at time zone org.timezone)::date <= org.day)
      and not exists (
        select from public.notification_log l
        where l.channel_id = c.channel_id and l.event = due_notifications.event and l.subject = d.daily_scrum_id
          and not private.is_claimable(l, false))
    -- offset 0: who is missing is looked at last, of what is left.
    offset 0) due
  where due_notifications.event = 'scrum_digest'
    or due.status = 'Active' and exists (
      select from public.project_members m
      where m.project_id = due.project_id
        and not exists (
          select from public.daily_scrum_updates u
          where u.daily_scrum_id = due.daily_scrum_id and u.profile_id = m.profile_id)
        and private.expects_update(m.role, m.joined_at, m.profile_id, due.scrum_date, due.timezone))
  union all
  select c.channel_id, s.sprint_id
  from public.sprints s
  join public.projects p on p.project_id = s.project_id
  join public.notification_channels c on c.org_id = p.org_id and (c.project_id is null or c.project_id = p.project_id)
  where due_notifications.event = 'sprint_report'
    and s.status = 'Completed'
    and s.completed_at > due_notifications.at - interval '7 days' and s.completed_at <= due_notifications.at
    and s.completed_at >= c.created_at
    and (due_notifications.org_id is null or c.org_id = due_notifications.org_id)
    and c.is_enabled and due_notifications.event = any (c.events)
    and not exists (
      select from public.notification_log l
      where l.channel_id = c.channel_id and l.event = due_notifications.event and l.subject = s.sprint_id
        and not private.is_claimable(l, false))
$$;
comment on function private.due_notifications(public.notification_event, timestamptz, uuid) is
  'Which channels have to be told of what, as of a moment: see public.claim_notifications. Runs with its caller''s rights: called by definer functions only.';

-- Giving up ---------------------------------------------------------------------------

create function private.due_until(event public.notification_event, subject uuid) returns timestamptz
language sql stable set search_path = '' as $$
  select case due_until.event
    when 'sprint_report' then (
      select s.completed_at + interval '7 days' from public.sprints s where s.sprint_id = due_until.subject)
    else (
      select private.moment_of(d.scrum_date + 1,
        case due_until.event when 'scrum_digest' then o.digest_time else '00:00' end,
        -- A zone that the system no longer knows: nothing is sent, some day or other it is over.
        case when private.local_time(now(), o.timezone) is null then 'UTC' else o.timezone end)
      from public.daily_scrums d
      join public.projects p on p.project_id = d.project_id
      join public.organizations o on o.org_id = p.org_id
      where d.daily_scrum_id = due_until.subject) end
$$;
comment on function private.due_until(public.notification_event, uuid) is
  'From when on due_notifications doesn''t tell of a subject any more: a reminder''s day is over, a digest''s organization comes to the digest_time of the next day, a report''s sprint was completed 7 days ago. Null for a subject that there is no longer.';

create function private.reason_to_give_up(entry public.notification_log, at timestamptz) returns text
language sql stable set search_path = '' as $$
  select case
    when entry.status = 'sending' and private.is_last_try(entry) then 'abandoned'
    when reason_to_give_up.at >= coalesce(private.due_until(entry.event, entry.subject), '-infinity') then 'too_late' end
$$;
comment on function private.reason_to_give_up(public.notification_log, timestamptz) is
  'Why a notification that nobody is sending isn''t tried again: abandoned when its 8th try came to no end either, too_late when it isn''t due at a moment any more or what it tells of was deleted. Null when it is, and for lateness when the moment is null.';

create function private.give_up_notifications(what public.notification_event, at timestamptz, org uuid, about uuid) returns void
language sql volatile set search_path = '' as $$
  with over as materialized (
    select l.log_id, private.reason_to_give_up(l, give_up_notifications.at) as reason
    from public.notification_log l
    where l.event = what and l.status in ('sending', 'failed')
      and coalesce(l.claimed_until, '-infinity') <= now()
      and (org is null or l.org_id = org)
      and (about is null or l.subject = about)
      and private.reason_to_give_up(l, give_up_notifications.at) is not null
    -- Who claims at the same moment gives up the others, and waits for nobody.
    for update skip locked
  )
  update public.notification_log l
  set status = 'given up', claimed_until = null, next_try_at = null, last_error = over.reason
  from over
  where l.log_id = over.log_id
$$;
comment on function private.give_up_notifications(public.notification_event, timestamptz, uuid, uuid) is
  'Gives up what private.reason_to_give_up has a reason for, of an event, in an organization (null: all), of a subject (null: all), whether its channel is enabled or not. Runs with its caller''s rights: called by definer functions only.';

-- Claiming ----------------------------------------------------------------------------

create type private.claimed_notification as (
  log_id         uuid,
  attempt        integer,
  channel_id     uuid,
  kind           public.channel_kind,
  target         text,
  signing_secret text,
  event          public.notification_event,
  subject        uuid,
  org_id         uuid,
  project_id     uuid,
  sprint_id      uuid,
  scrum_date     date,
  locale         public.org_locale,
  timezone       text,
  org_name       text,
  project_name   text,
  sprint_name    text
);
comment on type private.claimed_notification is 'A notification to send, with all that sending it takes.';

create function private.take_notifications(what public.notification_event, channels uuid[], subjects uuid[], again boolean)
returns setof private.claimed_notification
language sql volatile set search_path = '' as $$
  -- A channel that somebody is deleting is left out: waiting for that would end in an error, for all.
  with there as materialized (
    select c.channel_id, c.org_id from public.notification_channels c
    where c.channel_id = any (channels) for key share skip locked
  ), taken as (
    insert into public.notification_log as l (org_id, channel_id, event, subject, claimed_until)
    select c.org_id, c.channel_id, what, due.subject, clock_timestamp() + interval '5 minutes'
    from unnest(channels, subjects) as due (channel_id, subject)
    join there c on c.channel_id = due.channel_id
    on conflict on constraint notification_log_once do update
      set status = 'sending', attempts = l.attempts + 1,
          first_attempt = case when l.status in ('sent', 'given up') then l.attempts + 1 else l.first_attempt end,
          claimed_until = excluded.claimed_until, next_try_at = null,
          last_error = case l.status when 'sending' then 'abandoned' else l.last_error end
      -- Asked of the row as it is once we have its lock: it may have been settled meanwhile.
      where private.is_claimable(l, take_notifications.again)
    returning l.*
  )
  select taken.log_id, taken.attempts, taken.channel_id, c.kind, c.target, c.signing_secret, taken.event, taken.subject,
    taken.org_id, p.project_id, s.sprint_id, d.scrum_date, o.locale, o.timezone, o.org_name, p.project_name, s.sprint_name
  from taken
  join public.notification_channels c on c.channel_id = taken.channel_id
  join public.organizations o on o.org_id = taken.org_id
  left join public.daily_scrums d on taken.event <> 'sprint_report' and d.daily_scrum_id = taken.subject
  join public.sprints s on s.sprint_id = case taken.event when 'sprint_report' then taken.subject else d.sprint_id end
  join public.projects p on p.project_id = s.project_id
  order by taken.org_id, taken.channel_id, taken.subject
$$;
comment on function private.take_notifications(public.notification_event, uuid[], uuid[], boolean) is
  'Claims what is due, pairs of channel and subject, and returns what it got. Runs with its caller''s rights: called by definer functions only.';

create function private.is_mine_to_take(what public.notification_event, channel uuid, subject uuid) returns boolean
language sql volatile set search_path = '' as $$
  -- Two who claim at the same moment then go for different rows, instead of waiting for those of
  -- the other and getting none.
  select pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended(concat_ws(' ', what, channel, subject), 0))
$$;
comment on function private.is_mine_to_take(public.notification_event, uuid, uuid) is
  'Whether nobody else is claiming the notification at this moment; until the transaction ends nobody else does.';

create function private.claim_notifications(what public.notification_event, at timestamptz, org uuid, batch integer)
returns setof private.claimed_notification
language plpgsql security definer set search_path = '' as $$
declare
  moment constant timestamptz := private.past_moment(at);
  channels uuid[];
  subjects uuid[];
  missing integer := private.batch_size(batch, 1000);
  got integer;
begin
  if what is null then
    raise exception 'event is null, it must be one of %', enum_range(null::public.notification_event) using errcode = '22023';
  end if;
  perform private.give_up_notifications(what, moment, org, null);
  -- Some of what we saw may have been claimed, and committed, before we came to it: look again.
  while missing > 0 loop
    select array_agg(due.channel_id), array_agg(due.subject) into channels, subjects
    from (
      select fair.channel_id, fair.subject
      from (
        -- Every organization's first, then everybody's second: one with a great many makes nobody wait.
        select n.channel_id, n.subject
        from private.due_notifications(what, moment, org) n
        join public.notification_channels c on c.channel_id = n.channel_id
        order by row_number() over (partition by c.org_id order by n.subject, n.channel_id)
        offset 0) fair -- first in order, then asked whether they are ours
      where private.is_mine_to_take(what, fair.channel_id, fair.subject) limit missing) due;
    exit when channels is null;
    return query select * from private.take_notifications(what, channels, subjects, false);
    get diagnostics got = row_count;
    missing := missing - got;
  end loop;
end $$;
comment on function private.claim_notifications(public.notification_event, timestamptz, uuid, integer) is
  'See public.claim_notifications. Definer: the log is written by nobody directly.';

create function private.claim_subject(what public.notification_event, about uuid, project uuid, again boolean)
returns setof private.claimed_notification
language plpgsql set search_path = '' as $$
declare
  channels uuid[];
begin
  -- Late or not: that is the caller's to say.
  perform private.give_up_notifications(what, null, null, about);
  select array_agg(c.channel_id) into channels
  from public.projects p
  join public.notification_channels c on c.org_id = p.org_id and (c.project_id is null or c.project_id = p.project_id)
  where p.project_id = project and c.is_enabled and what = any (c.events)
    and private.is_mine_to_take(what, c.channel_id, about);
  return query select * from private.take_notifications(
    what, channels, array_fill(about, array[coalesce(cardinality(channels), 0)]), coalesce(again, false));
end $$;
comment on function private.claim_subject(public.notification_event, uuid, uuid, boolean) is
  'Claims one subject for every channel that is told of it. Runs with its caller''s rights: called by definer functions only.';

create function private.claim_sprint_report(sprint_id uuid, again boolean)
returns setof private.claimed_notification
language plpgsql security definer set search_path = '' as $$
declare
  sprint public.sprints;
begin
  select s.* into sprint from public.sprints s where s.sprint_id = claim_sprint_report.sprint_id;
  if not found then
    raise exception 'no such sprint' using errcode = 'PT404';
  elsif sprint.status <> 'Completed' then
    raise exception 'sprint "%" is %: only a completed sprint is reported', sprint.sprint_name, sprint.status
      using errcode = 'PT409';
  end if;
  return query select * from private.claim_subject('sprint_report', sprint.sprint_id, sprint.project_id, again);
end $$;
comment on function private.claim_sprint_report(uuid, boolean) is
  'See public.claim_sprint_report. Definer: the log is written by nobody directly.';

create function private.claim_scrum_digest(daily_scrum_id uuid, again boolean)
returns setof private.claimed_notification
language plpgsql security definer set search_path = '' as $$
declare
  scrum public.daily_scrums;
begin
  select d.* into scrum from public.daily_scrums d where d.daily_scrum_id = claim_scrum_digest.daily_scrum_id;
  if not found then
    raise exception 'no such daily scrum' using errcode = 'PT404';
  end if;
  return query select * from private.claim_subject('scrum_digest', scrum.daily_scrum_id, scrum.project_id, again);
end $$;
comment on function private.claim_scrum_digest(uuid, boolean) is
  'See public.claim_scrum_digest. Definer: the log is written by nobody directly.';

create function public.claim_notifications(
  event public.notification_event, at timestamptz default null, org_id uuid default null, batch integer default 50
) returns table (
  log_id uuid, attempt integer, channel_id uuid, kind public.channel_kind, target text, signing_secret text,
  event public.notification_event, subject uuid, org_id uuid, project_id uuid, sprint_id uuid, scrum_date date,
  locale public.org_locale, timezone text, org_name text, project_name text, sprint_name text)
language sql security invoker set search_path = '' as $$
  select * from private.claim_notifications(claim_notifications.event, claim_notifications.at, claim_notifications.org_id, claim_notifications.batch)
$$;
comment on function public.claim_notifications(public.notification_event, timestamptz, uuid, integer) is
  'Claims what is due of an event, as of a moment (default now), in an organization (default all), at most batch (1 to 1000): whoever gets a row sends it and calls settle_notification with its log_id and attempt within 5 minutes; after that it counts as failed and somebody else may get it. No two callers get the same. Due is what enabled channels that are told of the event haven''t been told yet, or couldn''t be and may be again: scrum_reminder from reminder_time on in the scrums of the organization''s day whose sprint runs and in which somebody expected hasn''t posted; scrum_digest from digest_time on until the digest_time of the next day, whether it was begun or not, but of a day that is over only to channels made on it or before; sprint_report of sprints completed in the 7 days before, and since the channel was made. What was begun and isn''t due any more is given up (too_late), and so is what nobody settled in 8 tries (abandoned). An organization whose time zone the system no longer knows is told of no scrum. subject is the daily scrum or the sprint. For the service. 22023 (400) for no event, a moment in the future, or another batch.';

create function public.claim_sprint_report(sprint_id uuid, again boolean default false) returns table (
  log_id uuid, attempt integer, channel_id uuid, kind public.channel_kind, target text, signing_secret text,
  event public.notification_event, subject uuid, org_id uuid, project_id uuid, sprint_id uuid, scrum_date date,
  locale public.org_locale, timezone text, org_name text, project_name text, sprint_name text)
language sql security invoker set search_path = '' as $$
  select * from private.claim_sprint_report(claim_sprint_report.sprint_id, claim_sprint_report.again)
$$;
comment on function public.claim_sprint_report(uuid, boolean) is
  'Claims the report of a completed sprint for every enabled channel that is told of it, however long ago the sprint was completed; as claim_notifications does. With again also what was given up, waits for its next try or was sent more than a minute ago, but nothing that somebody is sending right now. What fails is tried again by claim_notifications while it is due there, and given up otherwise. For the service. PT404 (404) unknown sprint, PT409 (409) not completed.';

create function public.claim_scrum_digest(daily_scrum_id uuid, again boolean default false) returns table (
  log_id uuid, attempt integer, channel_id uuid, kind public.channel_kind, target text, signing_secret text,
  event public.notification_event, subject uuid, org_id uuid, project_id uuid, sprint_id uuid, scrum_date date,
  locale public.org_locale, timezone text, org_name text, project_name text, sprint_name text)
language sql security invoker set search_path = '' as $$
  select * from private.claim_scrum_digest(claim_scrum_digest.daily_scrum_id, claim_scrum_digest.again)
$$;
comment on function public.claim_scrum_digest(uuid, boolean) is
  'Claims the digest of a daily scrum for every enabled channel that is told of it, whatever the day and the time; as claim_sprint_report does. For the service. PT404 (404) unknown scrum.';

-- Settling ----------------------------------------------------------------------------

create function private.settle_notification(log_id uuid, attempt integer, error text, permanent boolean, retry_after_seconds integer)
returns public.notification_status
language plpgsql security definer set search_path = '' as $$
declare
  entry public.notification_log;
  tries integer;
begin
  -- Not named in the message, which is logged: what a caller sends by mistake may hold a secret.
  if error is not null and error !~ '^[a-z][a-z0-9_]{0,49}$' then
    raise exception 'error is no code'
      using errcode = '22023', hint = 'Send a short one such as http_500 or timeout: small letters, digits and _.';
  end if;
  select l.* into entry from public.notification_log l where l.log_id = settle_notification.log_id for update;
  if not found then
    raise exception 'no such notification' using errcode = 'PT404';
  elsif entry.status <> 'sending' or entry.attempts is distinct from attempt then
    raise exception 'attempt % is no longer the one that sends: it is %, attempt %', attempt, entry.status, entry.attempts
      using errcode = 'PT409';
  end if;
  tries := entry.attempts - entry.first_attempt + 1;
  update public.notification_log l
  set status = case when error is null then 'sent' when permanent or private.is_last_try(entry) then 'given up' else 'failed' end::public.notification_status,
      claimed_until = null,
      sent_at = case when error is null then now() else l.sent_at end,
      next_try_at = case when error is not null and not (coalesce(permanent, false) or private.is_last_try(entry)) then now() + greatest(
        least(interval '1 minute' * 2 ^ (tries - 1), interval '1 hour'),
        least(make_interval(secs => coalesce(retry_after_seconds, 0)), interval '1 day')) end,
      last_error = error
  where l.log_id = entry.log_id returning l.* into entry;
  return entry.status;
end $$;
comment on function private.settle_notification(uuid, integer, text, boolean, integer) is
  'See public.settle_notification. Definer: the log is written by nobody directly.';

create function public.settle_notification(
  log_id uuid, attempt integer, error text default null, permanent boolean default false, retry_after_seconds integer default null
) returns public.notification_status
language sql security invoker set search_path = '' as $$
  select private.settle_notification(settle_notification.log_id, settle_notification.attempt, settle_notification.error,
    settle_notification.permanent, settle_notification.retry_after_seconds)
$$;
comment on function public.settle_notification(uuid, integer, text, boolean, integer) is
  'Says what became of a claimed notification and returns its status: sent without an error; failed with one (a code such as http_500 or timeout), to be tried again after 1, 2, 4 … minutes, at most an hour, and not before retry_after_seconds, at most a day; given up when the error is permanent or after 8 tries. For the service. PT409 (409) for anybody but the holder of the last attempt, PT404 (404) when its channel was deleted meanwhile, 22023 (400) for an error that is no code.';

-- Opening scrums ------------------------------------------------------------------------

create function private.due_scrums(scrum_date date, at timestamptz, org uuid)
returns table (org_id uuid, sprint_id uuid, scrum_date date)
language sql stable set search_path = '' as $$
  select o.org_id, s.sprint_id, day.scrum_date
  from public.sprints s
  join public.projects p using (project_id)
  join public.organizations o using (org_id)
  cross join lateral (
    select coalesce(due_scrums.scrum_date, (due_scrums.at at time zone o.timezone)::date) as scrum_date) day
  where s.status = 'Active'
    and (due_scrums.org is null or o.org_id = due_scrums.org)
    and day.scrum_date between (s.started_at at time zone o.timezone)::date and (due_scrums.at at time zone o.timezone)::date
    and private.is_working_day(o.org_id, day.scrum_date)
    and ((select auth.role()) = 'service_role'
         or s.project_id = any (array(select private.my_project_ids('{manager,scrum_master,member}'))))
$$;
comment on function private.due_scrums(date, timestamptz, uuid) is
  'The running sprints the caller works in (the service: all) that have a scrum on a day (null: the organization''s day at the moment "at"): on a working day that has come, from the day they were started on.';

create function private.open_due_scrums(scrum_date date, at timestamptz, org uuid, new_ones boolean)
returns setof public.daily_scrums
language plpgsql set search_path = '' as $$
declare
  sprints uuid[];
  days date[];
  opened uuid[] := '{}';
  all_at_once boolean := false;
  each_org uuid;
begin
  for attempt in 1 .. 5 loop
    begin
      select array_agg(due.sprint_id), array_agg(due.scrum_date) into sprints, days
      from private.due_scrums(open_due_scrums.scrum_date, open_due_scrums.at, org) due;
      with made as (
        insert into public.daily_scrums (sprint_id, scrum_date)
        select due.sprint_id, due.scrum_date from unnest(sprints, days) as due (sprint_id, scrum_date)
        on conflict on constraint daily_scrums_once_a_day do nothing
        returning daily_scrum_id
      )
      select coalesce(array_agg(made.daily_scrum_id), '{}') into opened from made;
      all_at_once := true;
      exit;
    exception
      when not_null_violation or foreign_key_violation or insufficient_privilege or sqlstate 'PT409' then
        -- One of the sprints was completed or deleted after we had looked: look again.
        if attempt = 5 and not new_ones then
          raise;
        end if;
      when others then
        if not new_ones then
          raise;
        end if;
        exit;
    end;
  end loop;
  if not all_at_once then
    -- One after the other, so that whichever is in the way stands there alone.
    for each_org in select o.org_id from public.organizations o where org is null or o.org_id = org loop
      begin
        with made as (
          insert into public.daily_scrums (sprint_id, scrum_date)
          select due.sprint_id, due.scrum_date
          from private.due_scrums(open_due_scrums.scrum_date, open_due_scrums.at, each_org) due
          on conflict on constraint daily_scrums_once_a_day do nothing
          returning daily_scrum_id
        )
        select opened || coalesce(array_agg(made.daily_scrum_id), '{}') into opened from made;
      exception when others then
        raise warning 'the scrums of organization % were not opened: % (%)', each_org, sqlerrm, sqlstate;
      end;
    end loop;
  end if;
  if new_ones then
    return query select d.* from public.daily_scrums d where d.daily_scrum_id = any (opened);
  else
    -- A statement of its own: it also sees the scrum that somebody else opened meanwhile.
    return query
      select d.* from unnest(sprints, days) as due (sprint_id, scrum_date)
      join public.daily_scrums d on d.sprint_id = due.sprint_id and d.scrum_date = due.scrum_date;
  end if;
end $$;
comment on function private.open_due_scrums(date, timestamptz, uuid, boolean) is
  'Opens the scrums that private.due_scrums tells of and returns them, or new_ones alone: then an organization whose scrums can''t be opened stops no other, and is warned of. Runs with its caller''s rights.';

create or replace function public.open_daily_scrums(scrum_date date default null)
returns setof public.daily_scrums
language sql volatile security invoker set search_path = '' as $$
  select * from private.open_due_scrums(open_daily_scrums.scrum_date, now(), null, false)
$$;

create function public.open_scrums(at timestamptz default null, org_id uuid default null)
returns setof public.daily_scrums
language sql volatile security invoker set search_path = '' as $$
  select * from private.open_due_scrums(null, private.past_moment(open_scrums.at), open_scrums.org_id, true)
$$;
comment on function public.open_scrums(timestamptz, uuid) is
  'Opens, in every organization or one, the scrums of its own day at a moment (default now): of the running sprints, on working days, from the day they were started on. Returns those that this call opened; any number of calls does it once. An organization in which that fails stops no other. For the service. 22023 (400) for a moment in the future.';

create function public.scrum_digests_due(at timestamptz default null, org_id uuid default null, batch integer default 20)
returns table (daily_scrum_id uuid, sprint_id uuid, scrum_date date, locale public.org_locale, timezone text)
language sql volatile security invoker set search_path = '' as $$
  with zone as materialized (
    -- As in private.due_notifications, of which these are the days.
    select z.timezone, moment.at, private.local_time(moment.at, z.timezone)::date as today
    from (select private.past_moment(scrum_digests_due.at) as at) moment
    cross join (select distinct o.timezone from public.organizations o
                where scrum_digests_due.org_id is null or o.org_id = scrum_digests_due.org_id) z
  ), org as materialized (
    select o.org_id, o.locale, zone.timezone,
      zone.today - case when zone.at < private.moment_of(zone.today, o.digest_time, zone.timezone) then 1 else 0 end as day
    from zone
    join public.organizations o on o.timezone = zone.timezone
    where zone.today is not null
      and (scrum_digests_due.org_id is null or o.org_id = scrum_digests_due.org_id)
  )
  select d.daily_scrum_id, d.sprint_id, d.scrum_date, org.locale, org.timezone
  from org
  join public.projects p on p.org_id = org.org_id
  join public.daily_scrums d on d.project_id = p.project_id and d.scrum_date = org.day
  where d.summary is null
  order by random()
  limit private.batch_size(scrum_digests_due.batch, 200)
$$;
comment on function public.scrum_digests_due(timestamptz, uuid, integer) is
  'The scrums that have no summary yet at a moment (default now), in an organization (default all), at most batch (1 to 200): from the organization''s digest_time on until the digest_time of the next day. In an order that is another one each time, so that those whose summary can''t be written aren''t in the way of the others. None of an organization whose time zone the system no longer knows. For the service. 22023 (400) for a moment in the future or another batch.';

grant execute on function private.due_scrums(date, timestamptz, uuid), private.open_due_scrums(date, timestamptz, uuid, boolean) to authenticated, service_role;
grant execute on function private.past_moment(timestamptz), private.batch_size(integer, integer), private.local_time(timestamptz, text), private.moment_of(date, time, text),
  private.claim_notifications(public.notification_event, timestamptz, uuid, integer), private.claim_sprint_report(uuid, boolean),
  private.claim_scrum_digest(uuid, boolean), private.settle_notification(uuid, integer, text, boolean, integer),
  public.claim_notifications(public.notification_event, timestamptz, uuid, integer), public.claim_sprint_report(uuid, boolean),
  public.claim_scrum_digest(uuid, boolean), public.settle_notification(uuid, integer, text, boolean, integer),
  public.open_scrums(timestamptz, uuid), public.scrum_digests_due(timestamptz, uuid, integer) to service_role;
