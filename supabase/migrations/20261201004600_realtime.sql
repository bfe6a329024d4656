-- Realtime: what mobile clients watch. The publication is Supabase's own; without it nobody watches.

set lock_timeout = '5s';
set statement_timeout = '30s';

do $$
begin
  if exists (select from pg_publication where pubname = 'supabase_realtime' and not puballtables) then
    alter publication supabase_realtime add table
      public.tasks, public.sprints, public.daily_scrums, public.daily_scrum_updates, public.impediments;
  end if;
end $$;
