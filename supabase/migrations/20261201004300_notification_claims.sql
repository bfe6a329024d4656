-- Claiming notifications: a caller sends what it has claimed, and no two callers get the same.
-- A claim also gives up what failed too often or is no longer due, so that nothing stays failed or sending.

set lock_timeout = '5s';
set statement_timeout = '30s';

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
comment on type private.claimed_notification is 'A claimed notification with all that the sender needs.';

create function private.try_claim_lock(what public.notification_event, channel uuid, subject uuid) returns boolean
language sql set search_path = '' as $$
  -- Two concurrent callers then claim different rows, instead of waiting for each other's and getting none.
  select pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended(concat_ws(' ', what, channel, subject), 0))
$$;
comment on function private.try_claim_lock(public.notification_event, uuid, uuid) is
  'Takes the lock on claiming a notification, and returns whether it got it. Nobody else claims the notification '
  'until the transaction ends.';

create function private.take_notifications(
  what public.notification_event,
  channels uuid[],
  subjects uuid[],
  again boolean
) returns setof private.claimed_notification
language sql set search_path = '' as $$
  -- A channel that is being deleted, alone or with its organization, is left out: waiting for the deletion would fail
  -- for all channels.
  with there as materialized (
    select c.channel_id, c.org_id
    from public.notification_channels c
    join public.organizations o on o.org_id = c.org_id
    where c.channel_id = any (channels) for key share of c, o skip locked
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
      -- Checks the row once it is locked: it may have been settled meanwhile.
      where private.is_claimable(l, take_notifications.again)
    returning l.*
  )
  select taken.log_id, taken.attempts, taken.channel_id, c.kind, c.target, c.signing_secret, taken.event, taken.subject,
    taken.org_id, p.project_id, s.sprint_id, d.scrum_date,
    o.locale, o.timezone, o.org_name, p.project_name, s.sprint_name
  from taken
  join public.notification_channels c on c.channel_id = taken.channel_id
  join public.organizations o on o.org_id = taken.org_id
  left join public.daily_scrums d on taken.event <> 'sprint_report' and d.daily_scrum_id = taken.subject
  join public.sprints s on s.sprint_id = case taken.event when 'sprint_report' then taken.subject else d.sprint_id end
  join public.projects p on p.project_id = s.project_id
  order by taken.org_id, taken.channel_id, taken.subject
$$;
comment on function private.take_notifications(public.notification_event, uuid[], uuid[], boolean) is
  'Claims pairs of channel and subject, and returns what it got. Runs with its caller''s rights: only definer '
  'functions call it.';

create function private.claim_notifications(what public.notification_event, at timestamptz, org uuid, batch integer)
returns setof private.claimed_notification
language plpgsql security definer set search_path = '' as $$
declare
  moment constant timestamptz := private.resolve_past_moment(at);
  channels uuid[];
  subjects uuid[];
  tried_channels uuid[] := '{}';
  tried_subjects uuid[] := '{}';
  missing integer := private.check_batch_size(batch, 1000);
  got integer;
begin
  if what is null then
    raise exception 'event is null, it must be one of %', enum_range(null::public.notification_event)
      using errcode = '22023';
  end if;
  perform private.give_up_notifications(what, moment, org, null);
  -- Others may have claimed and committed some of the listed rows meanwhile: list them again.
  while missing > 0 loop
    select array_agg(due.channel_id), array_agg(due.subject) into channels, subjects
    from (
      select fair.channel_id, fair.subject
      from (
        -- First one of every organization, then a second of each: an organization with many delays nobody.
        select n.channel_id, n.subject
        from private.due_notifications(what, moment, org) n
        join public.notification_channels c on c.channel_id = n.channel_id
        -- A notification that was tried and not taken stays due while somebody deletes its channel. The advisory lock
        -- is re-entrant, so without this the loop would try it until that session commits: never, if it waits for us.
        where not exists (
          select from unnest(tried_channels, tried_subjects) as tried (channel_id, subject)
          where tried.channel_id = n.channel_id and tried.subject = n.subject)
        order by row_number() over (partition by c.org_id order by n.subject, n.channel_id)
        offset 0) fair -- sorts before it takes locks
      where private.try_claim_lock(what, fair.channel_id, fair.subject) limit missing) due;
    exit when channels is null;
    return query select * from private.take_notifications(what, channels, subjects, false);
    get diagnostics got = row_count;
    missing := missing - got;
    tried_channels := tried_channels || channels;
    tried_subjects := tried_subjects || subjects;
  end loop;
end $$;
comment on function private.claim_notifications(public.notification_event, timestamptz, uuid, integer) is
  'See public.claim_notifications. Definer: nobody writes the log directly.';
grant execute on function private.claim_notifications(public.notification_event, timestamptz, uuid, integer)
  to service_role;

create function public.claim_notifications(
  event public.notification_event, at timestamptz default null, org_id uuid default null, batch integer default 50
) returns table (
  log_id uuid, attempt integer, channel_id uuid, kind public.channel_kind, target text, signing_secret text,
  event public.notification_event, subject uuid, org_id uuid, project_id uuid, sprint_id uuid, scrum_date date,
  locale public.org_locale, timezone text, org_name text, project_name text, sprint_name text)
language sql security invoker set search_path = '' as $$
  select * from private.claim_notifications(
    claim_notifications.event, claim_notifications.at, claim_notifications.org_id, claim_notifications.batch)
$$;
comment on function public.claim_notifications(public.notification_event, timestamptz, uuid, integer) is
  'Claims due notifications of an event as of a moment (default now), in one organization (default all), at most '
  'batch (1 to 1000). The caller sends each row and calls settle_notification with its log_id and attempt within 5 '
  'minutes; after that the attempt counts as failed and another caller may get it. No two callers get the same. Due '
  'is what enabled channels with that event haven''t been sent, or may be sent again after a failure. scrum_reminder: '
  'from reminder_time on, for scrums of the organization''s day whose sprint runs and in which an expected update is '
  'missing. scrum_digest: from digest_time until the digest_time of the next day; a channel that was created after '
  'the scrum''s day doesn''t get it any more once the day is over. sprint_report: for sprints completed in the 7 days '
  'before and after the channel was created. A notification that was begun and isn''t due any more is given up '
  '(too_late), and so is one that nobody settled in 8 tries (abandoned). An organization whose time zone the system '
  'no longer knows gets no scrum notifications. subject is the daily scrum or the sprint. For the service. 22023 '
  '(400) without an event, for a moment in the future, or for another batch.';
grant execute on function public.claim_notifications(public.notification_event, timestamptz, uuid, integer)
  to service_role;

create function private.claim_subject(what public.notification_event, about uuid, project uuid, again boolean)
returns setof private.claimed_notification
language plpgsql set search_path = '' as $$
declare
  channels uuid[];
begin
  -- Without a moment: the caller decides whether it is too late.
  perform private.give_up_notifications(what, null, null, about);
  select array_agg(c.channel_id) into channels
  from public.projects p
  join public.notification_channels c on c.org_id = p.org_id and (c.project_id is null or c.project_id = p.project_id)
  where p.project_id = project and c.is_enabled and what = any (c.events)
    and private.try_claim_lock(what, c.channel_id, about);
  return query select * from private.take_notifications(
    what, channels, array_fill(about, array[coalesce(cardinality(channels), 0)]), coalesce(again, false));
end $$;
comment on function private.claim_subject(public.notification_event, uuid, uuid, boolean) is
  'Claims one subject for every channel that gets its event. Runs with its caller''s rights: only definer functions '
  'call it.';

create function private.claim_sprint_report(sprint_id uuid, again boolean) returns setof private.claimed_notification
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
  'See public.claim_sprint_report. Definer: nobody writes the log directly.';
grant execute on function private.claim_sprint_report(uuid, boolean) to service_role;

create function public.claim_sprint_report(sprint_id uuid, again boolean default false)
returns table (
  log_id uuid, attempt integer, channel_id uuid, kind public.channel_kind, target text, signing_secret text,
  event public.notification_event, subject uuid, org_id uuid, project_id uuid, sprint_id uuid, scrum_date date,
  locale public.org_locale, timezone text, org_name text, project_name text, sprint_name text)
language sql security invoker set search_path = '' as $$
  select * from private.claim_sprint_report(claim_sprint_report.sprint_id, claim_sprint_report.again)
$$;
comment on function public.claim_sprint_report(uuid, boolean) is
  'Claims the report of a completed sprint for every enabled channel that gets reports, however long ago the sprint '
  'was completed; as claim_notifications does. With again also what was given up, waits for its next try or was sent '
  'more than a minute ago, but nothing that somebody is sending right now. claim_notifications tries a failed one '
  'again while it is due there; otherwise it is given up. For the service. PT404 (404): unknown sprint; PT409 (409): '
  'not completed.';
grant execute on function public.claim_sprint_report(uuid, boolean) to service_role;

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
  'See public.claim_scrum_digest. Definer: nobody writes the log directly.';
grant execute on function private.claim_scrum_digest(uuid, boolean) to service_role;

create function public.claim_scrum_digest(daily_scrum_id uuid, again boolean default false)
returns table (
  log_id uuid, attempt integer, channel_id uuid, kind public.channel_kind, target text, signing_secret text,
  event public.notification_event, subject uuid, org_id uuid, project_id uuid, sprint_id uuid, scrum_date date,
  locale public.org_locale, timezone text, org_name text, project_name text, sprint_name text)
language sql security invoker set search_path = '' as $$
  select * from private.claim_scrum_digest(claim_scrum_digest.daily_scrum_id, claim_scrum_digest.again)
$$;
comment on function public.claim_scrum_digest(uuid, boolean) is
  'Claims the digest of a daily scrum for every enabled channel that gets digests, whatever the day and the time; as '
  'claim_sprint_report does. For the service. PT404 (404): unknown scrum.';
grant execute on function public.claim_scrum_digest(uuid, boolean) to service_role;
