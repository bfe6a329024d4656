-- What is due: which channels have to be told of what, which scrums lack a summary, and what is too late to send.

set lock_timeout = '5s';
set statement_timeout = '30s';

create function private.check_batch_size(batch integer, most integer) returns integer
language plpgsql immutable set search_path = '' as $$
begin
  if batch is null or batch not between 1 and most then
    raise exception 'batch is %, it must be 1 to %', coalesce(batch::text, 'null'), most using errcode = '22023';
  end if;
  return batch;
end $$;
comment on function private.check_batch_size(integer, integer) is
  'The batch, if it is from 1 to most; else 22023 (400).';
grant execute on function private.check_batch_size(integer, integer) to service_role;

create function private.due_notifications(event public.notification_event, at timestamptz, org_id uuid)
returns table (channel_id uuid, subject uuid)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
    with zone as materialized (
      -- Each zone once. A zone that the system doesn't know has no day: its organizations get nothing, and don't stop
      -- the others.
      select z.timezone, private.local_time(due_notifications.at, z.timezone)::date as today
      from (select distinct o.timezone from public.organizations o
            where due_notifications.org_id is null or o.org_id = due_notifications.org_id) z
      where due_notifications.event <> 'sprint_report'
    ), org as materialized (
      -- The last day whose time has come: today, or for a digest still yesterday.
      select o.org_id, zone.timezone, zone.today,
        case when due_notifications.at >= private.first_moment_at(zone.today,
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
      join public.notification_channels c
        on c.org_id = org.org_id and (c.project_id is null or c.project_id = p.project_id)
      where c.is_enabled and due_notifications.event = any (c.events)
        -- A channel gets nothing of a day that was over before the channel was created.
        and (org.day = org.today or (c.created_at at time zone org.timezone)::date <= org.day)
        and not exists (
          select from public.notification_log l
          where l.channel_id = c.channel_id and l.event = due_notifications.event and l.subject = d.daily_scrum_id
            and not private.is_claimable(l, false))
      -- offset 0: missing updates are looked up last, for the rows that are left.
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
          and not private.is_claimable(l, false));
end $$;
comment on function private.due_notifications(public.notification_event, timestamptz, uuid) is
  'Which channels have to be notified of what, as of a moment: see public.claim_notifications. Runs with its '
  'caller''s rights: only definer functions call it.';

create function public.scrum_digests_due(
  at timestamptz default null,
  org_id uuid default null,
  batch integer default 20
) returns table (daily_scrum_id uuid, sprint_id uuid, scrum_date date, locale public.org_locale, timezone text)
language sql security invoker set search_path = '' as $$
  with zone as materialized (
    -- The same days as in private.due_notifications.
    select z.timezone, moment.at, private.local_time(moment.at, z.timezone)::date as today
    from (select private.resolve_past_moment(scrum_digests_due.at) as at) moment
    cross join (select distinct o.timezone from public.organizations o
                where scrum_digests_due.org_id is null or o.org_id = scrum_digests_due.org_id) z
  ), org as materialized (
    select o.org_id, o.locale, zone.timezone,
      zone.today
        - case when zone.at < private.first_moment_at(zone.today, o.digest_time, zone.timezone) then 1 else 0 end as day
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
  limit private.check_batch_size(scrum_digests_due.batch, 200)
$$;
comment on function public.scrum_digests_due(timestamptz, uuid, integer) is
  'The scrums without a summary at a moment (default now), in one organization (default all), at most batch (1 to '
  '200): from the organization''s digest_time until the digest_time of the next day. The order is random, so that '
  'scrums whose summary can''t be written don''t block the others. None for an organization whose time zone the '
  'system no longer knows. For the service. 22023 (400) for a moment in the future or another batch.';
grant execute on function public.scrum_digests_due(timestamptz, uuid, integer) to service_role;

-- Giving up ---------------------------------------------------------------------------------------------------------

create function private.due_until(event public.notification_event, subject uuid) returns timestamptz
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    select case due_until.event
      when 'sprint_report' then (
        select s.completed_at + interval '7 days' from public.sprints s where s.sprint_id = due_until.subject)
      else (
        select private.first_moment_at(d.scrum_date + 1,
          case due_until.event when 'scrum_digest' then o.digest_time else '00:00' end,
          -- For a zone that the system no longer knows nothing is sent; UTC ends its day at some time.
          case when private.local_time(now(), o.timezone) is null then 'UTC' else o.timezone end)
        from public.daily_scrums d
        join public.projects p on p.project_id = d.project_id
        join public.organizations o on o.org_id = p.org_id
        where d.daily_scrum_id = due_until.subject) end);
end $$;
comment on function private.due_until(public.notification_event, uuid) is
  'When due_notifications stops listing a subject: at the end of a reminder''s day, at the digest_time of the day '
  'after a digest''s, 7 days after a report''s sprint was completed. Null for a subject that no longer exists.';

create function private.reason_to_give_up(entry public.notification_log, at timestamptz) returns text
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    select case
      when entry.status = 'sending' and private.is_last_try(entry) then 'abandoned'
      when reason_to_give_up.at >= coalesce(private.due_until(entry.event, entry.subject), '-infinity')
        then 'too_late' end);
end $$;
comment on function private.reason_to_give_up(public.notification_log, timestamptz) is
  'Why a notification that nobody is sending isn''t tried again: abandoned when nobody settled its 8th try either, '
  'too_late when it isn''t due at that moment any more or its subject was deleted. Null if it is tried again. With a '
  'null moment it never is too late.';

create function private.give_up_notifications(what public.notification_event, at timestamptz, org uuid, about uuid)
returns void
language sql set search_path = '' as $$
  with over as materialized (
    select l.log_id, private.reason_to_give_up(l, give_up_notifications.at) as reason
    from public.notification_log l
    where l.event = what and l.status in ('sending', 'failed')
      and coalesce(l.claimed_until, '-infinity') <= now()
      and (org is null or l.org_id = org)
      and (about is null or l.subject = about)
      and private.reason_to_give_up(l, give_up_notifications.at) is not null
    -- Concurrent callers give up different rows, and don't wait for each other.
    for update skip locked
  )
  update public.notification_log l
  set status = 'given up', claimed_until = null, next_try_at = null, last_error = over.reason
  from over
  where l.log_id = over.log_id
$$;
comment on function private.give_up_notifications(public.notification_event, timestamptz, uuid, uuid) is
  'Gives up the notifications of an event that private.reason_to_give_up has a reason for, in one organization (null: '
  'all), of one subject (null: all), whether their channel is enabled or not. Runs with its caller''s rights: only '
  'definer functions call it.';
