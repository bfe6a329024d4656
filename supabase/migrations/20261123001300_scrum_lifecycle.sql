-- Opening the day's scrums and posting an update: changes that are all or nothing.

set lock_timeout = '5s';
set statement_timeout = '30s';

create function public.open_daily_scrums(scrum_date date default null)
returns setof public.daily_scrums
language plpgsql security invoker set search_path = '' as $$
declare
  due uuid[];
begin
  for attempt in 1 .. 5 loop
    begin
      select array_agg(s.sprint_id) into due
      from public.sprints s
      join public.projects p using (project_id)
      join public.organizations o using (org_id)
      cross join lateral (
        select coalesce(open_daily_scrums.scrum_date, private.org_today(o.org_id)) as scrum_date) day
      where s.status = 'Active'
        and day.scrum_date between (s.started_at at time zone o.timezone)::date and private.org_today(o.org_id)
        and private.is_working_day(o.org_id, day.scrum_date)
        and ((select auth.role()) = 'service_role'
             or s.project_id = any (array(select private.my_project_ids('{manager,scrum_master,member}'))));
      insert into public.daily_scrums (sprint_id, scrum_date)
      select s.sprint_id, coalesce(open_daily_scrums.scrum_date, private.org_today(p.org_id))
      from public.sprints s join public.projects p using (project_id)
      where s.sprint_id = any (due)
      on conflict on constraint daily_scrums_once_a_day do nothing;
      exit;
    exception when not_null_violation or foreign_key_violation or insufficient_privilege or sqlstate 'PT409' then
      -- One of the sprints was completed or deleted after we had looked: look again.
      if attempt = 5 then
        raise;
      end if;
    end;
  end loop;
  -- A statement of its own: it also sees the scrum that somebody else opened meanwhile.
  return query
    select d.* from public.daily_scrums d
    join public.sprints s using (sprint_id) join public.projects p on p.project_id = s.project_id
    where d.sprint_id = any (due)
      and d.scrum_date = coalesce(open_daily_scrums.scrum_date, private.org_today(p.org_id));
end $$;
comment on function public.open_daily_scrums(date) is
  'Opens the scrums of a day (default: today, in each organization''s own time zone) for the running sprints the caller works in, or for all when the service calls: none on days off of the organization, none before the sprint started or on a day to come. Returns the scrums of that day, those that were open already too; any number of calls does it once.';

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

  -- The row lock of the update orders two submissions of the same person.
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
  'Posts the caller''s update of a scrum in one go: texts, the tasks done and meant, and new impediments [{description, task_id}]. Posting again replaces texts and tasks; an impediment already raised by this update isn''t raised twice. Returns the update. PT404 (404) unknown scrum, 42501 (403) for viewers, 22023 (400) when impediments is something else.';

grant execute on function public.open_daily_scrums(date) to authenticated, service_role;
grant execute on function public.submit_scrum_update(uuid, text, text, uuid[], uuid[], jsonb) to authenticated;
