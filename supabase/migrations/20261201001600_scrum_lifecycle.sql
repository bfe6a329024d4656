-- The life of a daily scrum: opening the scrums of a day, and posting an update. Each is all or nothing.

set lock_timeout = '5s';
set statement_timeout = '30s';

create function private.due_scrums(on_day date, at timestamptz, org uuid)
returns table (org_id uuid, sprint_id uuid, scrum_date date)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
    select o.org_id, s.sprint_id, day.scrum_date
    from public.sprints s
    join public.projects p using (project_id)
    join public.organizations o using (org_id)
    cross join lateral (
      select coalesce(due_scrums.on_day, (due_scrums.at at time zone o.timezone)::date) as scrum_date) day
    where s.status = 'Active'
      and (due_scrums.org is null or o.org_id = due_scrums.org)
      and day.scrum_date between (s.started_at at time zone o.timezone)::date
        and (due_scrums.at at time zone o.timezone)::date
      and private.is_working_day(o.org_id, day.scrum_date)
      and ((select auth.role()) = 'service_role'
           or s.project_id = any (array(select private.my_project_ids('{manager,scrum_master,member}'))));
end $$;
comment on function private.due_scrums(date, timestamptz, uuid) is
  'The running sprints that have a scrum on a day (null: the organization''s day at the moment "at"), of those the '
  'caller works in; for the service all of them. A sprint has a scrum on each working day from the day it was started '
  'until the day of "at".';
grant execute on function private.due_scrums(date, timestamptz, uuid) to authenticated, service_role;

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
        -- One of the sprints was completed or deleted after it was listed: list them again.
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
    -- One organization after the other, so that a failure concerns only its own scrums.
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
    -- A statement of its own also sees a scrum that somebody else opened meanwhile.
    return query
      select d.* from unnest(sprints, days) as due (sprint_id, scrum_date)
      join public.daily_scrums d on d.sprint_id = due.sprint_id and d.scrum_date = due.scrum_date;
  end if;
end $$;
comment on function private.open_due_scrums(date, timestamptz, uuid, boolean) is
  'Opens the scrums that private.due_scrums lists and returns them. With new_ones it returns only those it opened, '
  'and an organization whose scrums can''t be opened is warned about and doesn''t stop the others. Runs with its '
  'caller''s rights.';
grant execute on function private.open_due_scrums(date, timestamptz, uuid, boolean) to authenticated, service_role;

create function public.open_daily_scrums(scrum_date date default null) returns setof public.daily_scrums
language sql security invoker set search_path = '' as $$
  select * from private.open_due_scrums(open_daily_scrums.scrum_date, now(), null, false)
$$;
comment on function public.open_daily_scrums(date) is
  'Opens the scrums of a day (default: today, in each organization''s own time zone) for the running sprints the '
  'caller works in, or for all when the service calls. It opens none on a day off of the organization, before the '
  'sprint started or on a future day. Returns the scrums of that day, also those that were open already; repeated '
  'calls open each scrum once.';
grant execute on function public.open_daily_scrums(date) to authenticated, service_role;

create function public.open_scrums(at timestamptz default null, org_id uuid default null)
returns setof public.daily_scrums
language sql security invoker set search_path = '' as $$
  select * from private.open_due_scrums(null, private.resolve_past_moment(open_scrums.at), open_scrums.org_id, true)
$$;
comment on function public.open_scrums(timestamptz, uuid) is
  'Opens the scrums of the day at a moment (default now) in every organization, or in one: for the running sprints, '
  'on working days, from the day the sprint was started. Returns the scrums that this call opened; repeated calls '
  'open each scrum once. A failure in one organization doesn''t stop the others. For the service. 22023 (400) for a '
  'moment in the future.';
grant execute on function public.open_scrums(timestamptz, uuid) to service_role;

create function public.submit_scrum_update(
  daily_scrum_id uuid,
  yesterday_work text default null,
  today_work text default null,
  did uuid[] default '{}',
  will_do uuid[] default '{}',
  impediments jsonb default '[]'
) returns public.daily_scrum_updates
language plpgsql security invoker set search_path = '' as $$
#variable_conflict use_column
declare
  scrum public.daily_scrums;
  posted public.daily_scrum_updates;
begin
  select d.* into scrum from public.daily_scrums d
  where d.daily_scrum_id = submit_scrum_update.daily_scrum_id;
  if not found then
    raise exception 'no such daily scrum' using errcode = 'PT404';
  end if;
  if jsonb_typeof(impediments) is distinct from 'array' or exists (
       select from jsonb_array_elements(case jsonb_typeof(impediments) when 'array' then impediments else '[]' end) item
       where jsonb_typeof(item -> 'description') is distinct from 'string') then
    raise exception 'impediments is no list of descriptions'
      using errcode = '22023', hint = 'Send [{"description": "…", "task_id": null}].';
  end if;

  -- The lock on the update's row orders two submissions of the same person.
  insert into public.daily_scrum_updates as u (daily_scrum_id, profile_id, yesterday_work, today_work)
  values (scrum.daily_scrum_id, auth.uid(), submit_scrum_update.yesterday_work, submit_scrum_update.today_work)
  on conflict on constraint daily_scrum_updates_once
    do update set yesterday_work = excluded.yesterday_work, today_work = excluded.today_work
  returning u.* into posted;

  delete from public.daily_scrum_tasks t
  where t.daily_scrum_id = scrum.daily_scrum_id and t.profile_id = auth.uid();
  insert into public.daily_scrum_tasks (daily_scrum_id, task_id, profile_id, intent)
  select distinct scrum.daily_scrum_id, named.task_id, auth.uid(), named.intent
  from (select unnest(did) as task_id, 'did'::public.scrum_task_intent as intent
        union all
        select unnest(will_do), 'will do') named;

  insert into public.impediments (sprint_id, task_id, update_id, raised_by, description)
  select distinct scrum.sprint_id, (item ->> 'task_id')::uuid, posted.update_id, auth.uid(), item ->> 'description'
  from jsonb_array_elements(submit_scrum_update.impediments) item
  where not exists (
    select from public.impediments i
    where i.update_id = posted.update_id and i.description = item ->> 'description');
  return posted;
end $$;
comment on function public.submit_scrum_update(uuid, text, text, uuid[], uuid[], jsonb) is
  'Posts the caller''s update of a scrum in one transaction: texts, tasks done and planned, and new impediments '
  '[{description, task_id}]. Posting again replaces texts and tasks; an impediment that this update raised already '
  'isn''t raised twice. Returns the update. PT404 (404): unknown scrum; 42501 (403): viewers; 22023 (400): '
  'impediments is not such a list.';
grant execute on function public.submit_scrum_update(uuid, text, text, uuid[], uuid[], jsonb) to authenticated;
