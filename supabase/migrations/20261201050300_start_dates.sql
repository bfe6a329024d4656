-- Start dates: a sprint that is started on another day than planned may take its dates along, so that it lasts as long
-- as planned and its figures speak of the days on which it runs.

set lock_timeout = '5s';
set statement_timeout = '30s';

drop function public.start_sprint(uuid);
drop function private.start_sprint(uuid);

create function private.start_sprint(sprint_id uuid, move_dates boolean) returns public.sprints
language plpgsql security definer set search_path = '' as $$
declare
  sprint public.sprints := private.lock_sprint(start_sprint.sprint_id);
  today date;
begin
  -- Two callers who start different sprints of the project wait for each other here.
  perform from public.projects p where p.project_id = sprint.project_id for no key update;
  if sprint.status <> 'Planned' then
    raise exception 'sprint "%" is % and can''t be started', sprint.sprint_name, sprint.status
      using errcode = 'PT409';
  end if;
  if exists (select from public.sprints s where s.project_id = sprint.project_id and s.status = 'Active') then
    raise exception 'another sprint of the project is running'
      using errcode = 'PT409', hint = 'Complete it first.';
  end if;
  if move_dates then
    select private.org_today(p.org_id) into today from public.projects p where p.project_id = sprint.project_id;
    begin
      update public.sprints s set start_date = today, end_date = today + (sprint.end_date - sprint.start_date)
      where s.sprint_id = sprint.sprint_id and s.project_id = sprint.project_id and s.start_date <> today;
    exception when exclusion_violation then
      raise exception 'another sprint of the project is planned for some of the days until %',
        today + (sprint.end_date - sprint.start_date)
        using errcode = 'PT409', hint = 'Move that one first, or start this one without moving its dates.';
    end;
  end if;
  -- The clock, not now(): the transaction may have waited for the locks since it began.
  update public.sprints s set status = 'Active', started_at = clock_timestamp()
  where s.sprint_id = sprint.sprint_id returning s.* into sprint;
  insert into public.sprint_snapshots (project_id, sprint_id, moment, figures, taken_at)
  values (sprint.project_id, sprint.sprint_id, 'start', private.sprint_figures(sprint.sprint_id), sprint.started_at);
  return sprint;
end $$;
comment on function private.start_sprint(uuid, boolean) is
  'See public.start_sprint. Definer: nobody writes the status or snapshots directly.';
grant execute on function private.start_sprint(uuid, boolean) to authenticated;

create function public.start_sprint(sprint_id uuid, move_dates boolean default false) returns public.sprints
language sql security invoker set search_path = '' as $$
  select private.start_sprint(start_sprint.sprint_id, start_sprint.move_dates)
$$;
comment on function public.start_sprint(uuid, boolean) is
  'Starts a planned sprint and freezes what it contains; returns the sprint. With move_dates it begins today and ends '
  'as many days later as planned; else its dates stay, whatever day it is. For managers and scrum masters. PT404 '
  '(404): unknown sprint; 42501 (403): without the role; PT409 (409): not planned, another sprint is running, or '
  'another one is planned for a day to which this one would move.';
grant execute on function public.start_sprint(uuid, boolean) to authenticated;
