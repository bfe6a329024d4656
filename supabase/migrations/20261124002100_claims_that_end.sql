-- A claim ends while somebody deletes a channel or an organization: it tries each notification once, and waits for nobody.

set lock_timeout = '5s';
set statement_timeout = '30s';

create or replace function private.take_notifications(what public.notification_event, channels uuid[], subjects uuid[], again boolean)
returns setof private.claimed_notification
language sql volatile set search_path = '' as $$
  -- A channel that somebody is deleting, alone or with its organization, is left out: waiting for that would end in an
  -- error, for all.
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

create or replace function private.claim_notifications(what public.notification_event, at timestamptz, org uuid, batch integer)
returns setof private.claimed_notification
language plpgsql security definer set search_path = '' as $$
declare
  moment constant timestamptz := private.past_moment(at);
  channels uuid[];
  subjects uuid[];
  tried_channels uuid[] := '{}';
  tried_subjects uuid[] := '{}';
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
        -- What we tried and didn't get stays due while somebody deletes its channel. Our advisory lock on it can be
        -- taken again, so without this we would try it until they commit: never, if they wait for us.
        where not exists (
          select from unnest(tried_channels, tried_subjects) as tried (channel_id, subject)
          where tried.channel_id = n.channel_id and tried.subject = n.subject)
        order by row_number() over (partition by c.org_id order by n.subject, n.channel_id)
        offset 0) fair -- first in order, then asked whether they are ours
      where private.is_mine_to_take(what, fair.channel_id, fair.subject) limit missing) due;
    exit when channels is null;
    return query select * from private.take_notifications(what, channels, subjects, false);
    get diagnostics got = row_count;
    missing := missing - got;
    tried_channels := tried_channels || channels;
    tried_subjects := tried_subjects || subjects;
  end loop;
end $$;
