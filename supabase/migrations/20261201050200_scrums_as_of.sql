-- Scrums as of a moment: one that was opened later doesn't exist yet (private.scrum_day, project_participation). So
-- the opening of a scrum is a change that versions date.

set lock_timeout = '5s';
set statement_timeout = '30s';

create or replace function private.last_change(project_id uuid) returns timestamptz
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
    select greatest(
      (select e.at from public.task_events e
       where e.project_id = last_change.project_id and e.at <= statement_timestamp() order by e.at desc limit 1),
      (select max(m) from public.impediments i cross join lateral (values (i.raised_at), (i.resolved_at)) as moments (m)
       where i.project_id = last_change.project_id and m <= statement_timestamp()),
      (select max(m) from public.sprints s cross join lateral (values (s.started_at), (s.completed_at)) as moments (m)
       where s.project_id = last_change.project_id and m <= statement_timestamp()),
      (select max(d.created_at) from public.daily_scrums d
       where d.project_id = last_change.project_id and d.created_at <= statement_timestamp()),
      (select max(u.created_at) from public.daily_scrum_updates u
       where u.project_id = last_change.project_id and u.created_at <= statement_timestamp())));
end $$;
comment on function private.last_change(uuid) is
  'The last moment at which something happened that the figures date: an event of a task, an impediment, a start or '
  'completion of a sprint, the opening of a scrum, a scrum update. Null if nothing happened.';

create or replace function private.open_due_scrums(scrum_date date, at timestamptz, org uuid, new_ones boolean)
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
  -- The service may open those of an earlier moment: they are open since then.
  if open_due_scrums.at < now() then
    update public.daily_scrums d set created_at = open_due_scrums.at where d.daily_scrum_id = any (opened);
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
  'Opens the scrums that private.due_scrums lists, as at the moment "at", and returns them. With new_ones it returns '
  'only those it opened, and an organization whose scrums can''t be opened is warned about and doesn''t stop the '
  'others. Runs with its caller''s rights.';
