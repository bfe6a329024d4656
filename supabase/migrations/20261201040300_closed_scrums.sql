-- The scrums of closed sprints: nobody opens or answers one afterwards, and a closed sprint takes no new impediment. An
-- old impediment is still resolved, which no view of the closed sprint shows. A digest may still come: in the evening
-- the service writes the summary of the last scrum, if nobody did. Who asks for a digest of a closed sprint is sent one
-- whose text isn't kept.

set lock_timeout = '5s';
set statement_timeout = '30s';

create function private.refuse_after_close() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  changed record;
  sprint record;
begin
  if tg_op = 'DELETE' then
    changed := old;
  else
    changed := new;
  end if;
  -- The lock waits for a completion under way, and makes a later one wait: what is written is in its views.
  if tg_table_name in ('daily_scrums', 'impediments') then
    select s.sprint_name, s.status into sprint from public.sprints s
    where s.sprint_id = changed.sprint_id and s.project_id = changed.project_id
    for key share;
  else
    select s.sprint_name, s.status into sprint from public.daily_scrums d
    join public.sprints s on s.sprint_id = d.sprint_id and s.project_id = d.project_id
    where d.daily_scrum_id = changed.daily_scrum_id and d.project_id = changed.project_id
    for key share of s;
  end if;
  if sprint.status in ('Completed', 'Cancelled') then
    raise exception 'sprint "%" is closed (%)', sprint.sprint_name, sprint.status
      using errcode = 'PT409', hint = tg_argv[0];
  end if;
  return changed;
end $$;
comment on function private.refuse_after_close() is
  'Trigger: refuses a change in a closed sprint; the argument is the hint. Does nothing for a row without a project, '
  'whose sprint the caller can''t see: the policy refuses that row. Definer: it locks the sprint, which only its '
  'managers may change.';

-- Clients alone, but for the opening of a scrum: the deletion of an account, a task or a project changes the scrums of
-- closed sprints, too. The names make these triggers fire after those that fill in the project.
create trigger daily_scrums_b_keep_closed before insert on public.daily_scrums
  for each row execute function private.refuse_after_close('Open the scrum of a running sprint.');
create trigger daily_scrums_keep_closed before delete on public.daily_scrums
  for each row when (current_user in ('authenticated', 'service_role'))
  execute function private.refuse_after_close('The scrums of a closed sprint stay.');
create trigger daily_scrums_keep_closed_summary before update of summary on public.daily_scrums
  for each row when (
    new.summary is distinct from old.summary
    and (current_user = 'authenticated' or current_user = 'service_role' and old.summary is not null))
  execute function private.refuse_after_close('The scrums of a closed sprint stay.');
create trigger daily_scrum_updates_b_keep_closed before insert or update or delete on public.daily_scrum_updates
  for each row when (current_user in ('authenticated', 'service_role'))
  execute function private.refuse_after_close('Post in a scrum of the running sprint.');
create trigger daily_scrum_tasks_b_keep_closed before insert or update or delete on public.daily_scrum_tasks
  for each row when (current_user in ('authenticated', 'service_role'))
  execute function private.refuse_after_close('Name the task in a scrum of the running sprint.');
create trigger impediments_b_keep_closed before insert on public.impediments
  for each row when (current_user in ('authenticated', 'service_role'))
  execute function private.refuse_after_close('Raise it in the running sprint.');
