-- Claims for recipients: a claim hands out no notification whose channel has no recipient any more.
--
-- What counts is the moment of the claim: it gives up what it would have handed out, with the reason target_left, where
-- owners and admins read it. A sender that claimed a message before the person left may still send it: for 5 minutes,
-- then the claim expires.
-- The functions restated here also bind the organization or project in each join, and share what was written twice:
-- which channels get an event (is_subscribed) and which day an organization's notifications are of
-- (notification_days).

set lock_timeout = '5s';
set statement_timeout = '30s';

comment on column public.notification_log.last_error is
  'Why the last attempt failed: a short code such as http_500 or timeout; abandoned when nobody settled the claim '
  'within 5 minutes, too_late when it was no longer due before it was sent, target_left when the channel''s e-mail '
  'address was no longer the confirmed sign-in address of a member who may read the project, or who answers for '
  'another channel no longer owner or admin.';

-- What is due -------------------------------------------------------------------------------------------------------

create function private.notification_days(event public.notification_event, at timestamptz, org uuid)
returns table (org_id uuid, timezone text, today date, day date)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
    with clock as materialized (
      -- Each zone and time once. A zone that the system doesn't know has no day: its organizations get nothing, and
      -- don't stop the others.
      select z.timezone, z.clock, private.local_time(notification_days.at, z.timezone)::date as today
      from (
        select distinct o.timezone,
          case notification_days.event when 'scrum_digest' then o.digest_time else o.reminder_time end as clock
        from public.organizations o
        where notification_days.event <> 'sprint_report'
          and (notification_days.org is null or o.org_id = notification_days.org)) z
    ), due as materialized (
      select c.timezone, c.clock, c.today,
        case when notification_days.at >= private.first_moment_at(c.today, c.clock, c.timezone) then c.today
             when notification_days.event = 'scrum_digest' then c.today - 1 end as day
      from clock c
      where c.today is not null
    )
    select o.org_id, due.timezone, due.today, due.day
    from due
    join public.organizations o on o.timezone = due.timezone
      and case notification_days.event when 'scrum_digest' then o.digest_time else o.reminder_time end = due.clock
    where due.day is not null
      and (notification_days.org is null or o.org_id = notification_days.org);
end $$;
comment on function private.notification_days(public.notification_event, timestamptz, uuid) is
  'The day whose scrums an event is about at a moment, per organization (null: all), with the day of the moment. '
  'Reminders: today, from the organization''s reminder_time on. Digests: today from digest_time on, before it '
  'yesterday. No row for an organization without such a day, or whose time zone the system doesn''t know, nor for '
  'reports, which have no day.';
grant execute on function private.notification_days(public.notification_event, timestamptz, uuid) to service_role;

create or replace function private.due_notifications(event public.notification_event, at timestamptz, org_id uuid)
returns table (channel_id uuid, subject uuid)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
    with org as materialized (
      select n.org_id, n.timezone, n.today, n.day, private.is_working_day(n.org_id, n.day) as is_working
      from private.notification_days(due_notifications.event, due_notifications.at, due_notifications.org_id) n
      where exists (select from public.notification_channels c where c.org_id = n.org_id and c.is_enabled)
    )
    select due.channel_id, due.daily_scrum_id
    from (
      select c.channel_id, d.daily_scrum_id, d.project_id, d.scrum_date, s.status, s.started_at,
        org.timezone, org.today, org.is_working, c as channel
      from org
      join public.projects p on p.org_id = org.org_id
      join public.daily_scrums d on d.project_id = p.project_id and d.scrum_date = org.day
      join public.sprints s on s.sprint_id = d.sprint_id and s.project_id = p.project_id
      join public.notification_channels c on c.org_id = org.org_id
      where c.is_enabled
        -- A channel gets nothing of a day that was over before the channel was created.
        and (org.day = org.today or (c.created_at at time zone org.timezone)::date <= org.day)
        and not exists (
          select from public.notification_log l
          where l.channel_id = c.channel_id and l.org_id = c.org_id
            and l.event = due_notifications.event and l.subject = d.daily_scrum_id
            and not private.is_claimable(l, false))
      -- offset 0: what follows is asked last, for the rows that are left, which are few after the first minute.
      offset 0) due
    where private.is_subscribed(due.channel, due_notifications.event, due.project_id)
      and (due_notifications.event = 'scrum_digest'
        or due.status = 'Active'
          -- The day may have become a day off since its scrum was opened.
          and private.scrum_obstacle(
            due.scrum_date, due.today, (due.started_at at time zone due.timezone)::date, null, due.is_working) is null
          and exists (
            select from private.scrum_members(due.project_id, due.scrum_date, due.timezone) m
            where m.is_expected
              and not exists (
                select from public.daily_scrum_updates u
                where u.daily_scrum_id = due.daily_scrum_id and u.project_id = due.project_id
                  and u.profile_id = m.profile_id)))
    union all
    select c.channel_id, s.sprint_id
    from public.sprints s
    join public.projects p on p.project_id = s.project_id
    join public.notification_channels c on c.org_id = p.org_id
    where due_notifications.event = 'sprint_report'
      and s.status = 'Completed'
      and s.completed_at > due_notifications.at - interval '7 days' and s.completed_at <= due_notifications.at
      and s.completed_at >= c.created_at
      and (due_notifications.org_id is null or c.org_id = due_notifications.org_id)
      and private.is_subscribed(c, due_notifications.event, p.project_id)
      and not exists (
        select from public.notification_log l
        where l.channel_id = c.channel_id and l.org_id = c.org_id
          and l.event = due_notifications.event and l.subject = s.sprint_id
          and not private.is_claimable(l, false));
end $$;
comment on function private.due_notifications(public.notification_event, timestamptz, uuid) is
  'Which channels have to be notified of what, as of a moment: see public.claim_notifications. Channels without a '
  'recipient are listed, too: private.take_notifications gives up what is theirs, which shows it in the log. Runs with '
  'its caller''s rights: only definer functions call it.';

create or replace function public.scrum_digests_due(
  at timestamptz default null,
  org_id uuid default null,
  batch integer default 20
) returns table (daily_scrum_id uuid, sprint_id uuid, scrum_date date, locale public.org_locale, timezone text)
language sql security invoker set search_path = '' as $$
  select d.daily_scrum_id, d.sprint_id, d.scrum_date, o.locale, n.timezone
  from private.notification_days(
    'scrum_digest', private.resolve_past_moment(scrum_digests_due.at), scrum_digests_due.org_id) n
  join public.organizations o on o.org_id = n.org_id
  join public.projects p on p.org_id = n.org_id
  join public.daily_scrums d on d.project_id = p.project_id and d.scrum_date = n.day
  where d.summary is null
  order by random()
  limit private.check_batch_size(scrum_digests_due.batch, 200)
$$;

-- Giving up ---------------------------------------------------------------------------------------------------------

-- With one more argument: the organization that the subject has to be of.
drop function private.due_until(public.notification_event, uuid);
create function private.due_until(event public.notification_event, subject uuid, org_id uuid) returns timestamptz
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    select case due_until.event
      when 'sprint_report' then (
        select s.completed_at + interval '7 days'
        from public.sprints s
        join public.projects p on p.project_id = s.project_id and p.org_id = due_until.org_id
        where s.sprint_id = due_until.subject)
      else (
        select private.first_moment_at(d.scrum_date + 1,
          case due_until.event when 'scrum_digest' then o.digest_time else '00:00' end,
          -- For a zone that the system no longer knows nothing is sent; UTC ends its day at some time.
          case when private.local_time(now(), o.timezone) is null then 'UTC' else o.timezone end)
        from public.daily_scrums d
        join public.projects p on p.project_id = d.project_id and p.org_id = due_until.org_id
        join public.organizations o on o.org_id = p.org_id
        where d.daily_scrum_id = due_until.subject) end);
end $$;
comment on function private.due_until(public.notification_event, uuid, uuid) is
  'When due_notifications stops listing a subject of an organization: at the end of a reminder''s day, at the '
  'digest_time of the day after a digest''s, 7 days after a report''s sprint was completed. Null for a subject that '
  'the organization doesn''t have, any more.';

create or replace function private.reason_to_give_up(entry public.notification_log, at timestamptz) returns text
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    select case
      when entry.status = 'sending' and private.is_last_try(entry) then 'abandoned'
      when reason_to_give_up.at >= coalesce(private.due_until(entry.event, entry.subject, entry.org_id), '-infinity')
        then 'too_late' end);
end $$;

-- Claiming ----------------------------------------------------------------------------------------------------------

create or replace function private.take_notifications(
  what public.notification_event,
  channels uuid[],
  subjects uuid[],
  again boolean
) returns setof private.claimed_notification
language sql set search_path = '' as $$
  -- A channel that is being deleted, alone or with its organization, is left out: waiting for the deletion would fail
  -- for all channels.
  with there as materialized (
    select c as channel, c.channel_id, c.org_id
    from public.notification_channels c
    join public.organizations o on o.org_id = c.org_id
    where c.channel_id = any (channels) for key share of c, o skip locked
  ), asked as (
    select c.org_id, c.channel_id, due.subject, private.has_recipient(c.channel, p.project_id) as has_recipient
    from unnest(channels, subjects) as due (channel_id, subject)
    join there c on c.channel_id = due.channel_id
    left join public.daily_scrums d on what <> 'sprint_report' and d.daily_scrum_id = due.subject
    left join public.sprints s on what = 'sprint_report' and s.sprint_id = due.subject
    join public.projects p on p.project_id = coalesce(d.project_id, s.project_id) and p.org_id = c.org_id
  ), taken as (
    insert into public.notification_log as l (
      org_id, channel_id, event, subject, status, claimed_until, last_error)
    select a.org_id, a.channel_id, what, a.subject,
      case when a.has_recipient then 'sending' else 'given up' end::public.notification_status,
      case when a.has_recipient then clock_timestamp() + interval '5 minutes' end,
      case when not a.has_recipient then 'target_left' end
    from asked a
    on conflict on constraint notification_log_once do update
      set status = excluded.status,
          attempts = l.attempts + (excluded.status = 'sending')::int,
          first_attempt = case when excluded.status = 'sending' and l.status in ('sent', 'given up')
            then l.attempts + 1 else l.first_attempt end,
          claimed_until = excluded.claimed_until, next_try_at = null,
          last_error = case when excluded.status = 'given up' then excluded.last_error
            when l.status = 'sending' then 'abandoned' else l.last_error end
      -- Checks the row once it is locked: it may have been settled meanwhile.
      where private.is_claimable(l, take_notifications.again)
    returning l.*
  )
  select taken.log_id, taken.attempts, taken.channel_id, c.kind, c.target, c.signing_secret, taken.event, taken.subject,
    taken.org_id, p.project_id, s.sprint_id, d.scrum_date,
    o.locale, o.timezone, o.org_name, p.project_name, s.sprint_name
  from taken
  join public.notification_channels c on c.channel_id = taken.channel_id and c.org_id = taken.org_id
  join public.organizations o on o.org_id = taken.org_id
  left join public.daily_scrums d on taken.event <> 'sprint_report' and d.daily_scrum_id = taken.subject
  join public.sprints s
    on s.sprint_id = case taken.event when 'sprint_report' then taken.subject else d.sprint_id end
    and (taken.event = 'sprint_report' or s.project_id = d.project_id)
  join public.projects p on p.project_id = s.project_id and p.org_id = taken.org_id
  where taken.status = 'sending'
  order by taken.org_id, taken.channel_id, taken.subject
$$;
comment on function private.take_notifications(public.notification_event, uuid[], uuid[], boolean) is
  'Claims pairs of channel and subject for 5 minutes, and returns what it got. Gives up those of a channel that has no '
  'recipient (private.has_recipient), with the error target_left. Runs with its caller''s rights: only definer '
  'functions call it.';

create or replace function private.claim_subject(
  what public.notification_event, about uuid, project uuid, again boolean
) returns setof private.claimed_notification
language plpgsql set search_path = '' as $$
declare
  channels uuid[];
begin
  -- Without a moment: the caller decides whether it is too late.
  perform private.give_up_notifications(what, null, null, about);
  select array_agg(c.channel_id) into channels
  from public.projects p
  join public.notification_channels c on c.org_id = p.org_id
  where p.project_id = project and private.is_subscribed(c, what, p.project_id)
    and private.try_claim_lock(what, c.channel_id, about);
  return query select * from private.take_notifications(
    what, channels, array_fill(about, array[coalesce(cardinality(channels), 0)]), coalesce(again, false));
end $$;

comment on function public.claim_notifications(public.notification_event, timestamptz, uuid, integer) is
  'Claims due notifications of an event as of a moment (default now), in one organization (default all), at most '
  'batch (1 to 1000). The caller sends each row and calls settle_notification with its log_id and attempt within 5 '
  'minutes; after that the attempt counts as failed and another caller may get it. No two callers get the same. Due '
  'is what enabled channels with that event haven''t been sent, or may be sent again after a failure. scrum_reminder: '
  'from reminder_time on, for scrums of the organization''s day whose sprint runs and in which an expected update is '
  'missing. scrum_digest: from digest_time until the digest_time of the next day; a channel that was created after '
  'the scrum''s day doesn''t get it any more once the day is over. sprint_report: for sprints completed in the 7 days '
  'before and after the channel was created. A notification that was begun and isn''t due any more is given up '
  '(too_late), and so is one that nobody settled in 8 tries (abandoned). What is due to an e-mail address that isn''t '
  'the confirmed sign-in address of a member who may read it any more isn''t claimed but given up (target_left). So is '
  'what is due to another channel for which somebody answers who is no owner or admin any more. An organization whose '
  'time zone the system no longer knows gets no scrum notifications. subject is the daily scrum or the sprint. For the '
  'service. 22023 (400) without an event, for a moment in the future, or for another batch.';
