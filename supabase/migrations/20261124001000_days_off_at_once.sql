-- Days off are looked up within the queries that ask for many: a function called for each person
-- and day asks each time who the caller is. That was a quarter of what workload took, a third of participation.

set lock_timeout = '5s';
set statement_timeout = '30s';

do $inline$
declare
  change record;
  definition text;
begin
  for change in
    select * from (values
      ('public.sprint_workload(uuid, timestamptz)'::regprocedure,
       'private.is_day_off(p.profile_id, w.day)',
       'exists (select from public.days_off o where o.profile_id = p.profile_id and w.day between o.from_date and o.to_date)'),
      ('public.project_participation(uuid, date, date, timestamptz)',
       'private.expects_update(m.role, m.joined_at, m.profile_id, s.scrum_date, span.timezone)',
       'm.role <> ''viewer'' and (m.joined_at at time zone span.timezone)::date <= s.scrum_date'
       ' and not exists (select from public.days_off o where o.profile_id = m.profile_id and s.scrum_date between o.from_date and o.to_date)'),
      ('public.scrum_of_day(uuid, date, timestamptz)',
       'private.expects_update(m.role, m.joined_at, m.profile_id, scrum.day, scrum.timezone)',
       'm.role <> ''viewer'' and (m.joined_at at time zone scrum.timezone)::date <= scrum.day'
       ' and not exists (select from public.days_off o where o.profile_id = m.profile_id and scrum.day between o.from_date and o.to_date)'),
      ('public.scrum_of_day(uuid, date, timestamptz)',
       'private.is_day_off(p.profile_id, scrum.day)',
       'exists (select from public.days_off o where o.profile_id = p.profile_id and scrum.day between o.from_date and o.to_date)')
    ) as v (function, call, query)
  loop
    definition := pg_get_functiondef(change.function);
    assert strpos(definition, change.call) > 0, change.call;
    execute replace(definition, change.call, change.query);
  end loop;
end $inline$;
