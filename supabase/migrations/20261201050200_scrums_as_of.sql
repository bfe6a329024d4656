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
