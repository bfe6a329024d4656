-- Sprints that were completed before their views were frozen: they are frozen as they are now, the latest first.

set lock_timeout = '5s';
set statement_timeout = '2min';

create function private.freeze_earlier_sprints() returns integer
language plpgsql set search_path = '' as $$
declare
  sprint_id uuid;
  sprint_name text;
  frozen integer := 0;
begin
  for sprint_id, sprint_name in
    select c.sprint_id, s.sprint_name
    from private.closed_sprints c
    join public.sprints s on s.sprint_id = c.sprint_id and s.project_id = c.project_id
    where s.status = 'Completed' and not c.views_frozen
    order by s.completed_at desc
  loop
    exit when clock_timestamp() > statement_timestamp() + interval '60 seconds';
    begin
      perform private.freeze_views(sprint_id);
      frozen := frozen + 1;
    exception when others then
      raise warning 'the views of sprint % ("%") were not frozen: % (%)', sprint_id, sprint_name, sqlerrm, sqlstate;
    end;
  end loop;
  return frozen;
end $$;
comment on function private.freeze_earlier_sprints() is
  'Freezes the views of completed sprints whose views aren''t frozen, the latest first, and returns how many it did. '
  'It stops after 60 seconds: whoever upgrades a database with more calls it again until it returns 0. One that fails '
  'is warned about and doesn''t stop the others. The views of sprints that aren''t frozen are computed.';

select private.freeze_earlier_sprints();
