-- Function schedules: who calls the edge functions, and when. pg_cron keeps the times, pg_net makes the calls, the
-- vault holds the address and the key. A database without them (the local stack) works the same and calls nothing.
--
-- Whoever sets a project up does this once:
--   select vault.create_secret('https://<ref>.supabase.co/functions/v1', 'functions_url');
--   select vault.create_secret('sb_secret_…', 'functions_secret_key');

set lock_timeout = '5s';
set statement_timeout = '30s';

do $$
declare
  wanted text;
begin
  for wanted in
    select name from pg_available_extensions
    where name in ('pg_cron', 'pg_net', 'supabase_vault') and installed_version is null
    order by name
  loop
    begin
      case wanted
        when 'pg_cron' then create extension pg_cron with schema pg_catalog;
        when 'pg_net' then create extension pg_net with schema extensions;
        when 'supabase_vault' then create extension supabase_vault cascade;
      end case;
    exception when others then
      -- Available but not usable, e.g. not in shared_preload_libraries: treated as missing.
      raise warning 'extension % can''t be set up: % (%)', wanted, sqlerrm, sqlstate;
    end;
  end loop;
end $$;

create function private.call_function(name text, body jsonb) returns bigint
language plpgsql security definer set search_path = '' as $$
declare
  url text;
  secret_key text;
  request bigint;
begin
  if to_regprocedure('net.http_post(text,jsonb,jsonb,jsonb,integer)') is null
    or to_regclass('vault.decrypted_secrets') is null then
    raise log 'function % isn''t called: pg_net or the vault is missing', name;
    return null;
  end if;
  -- As dynamic SQL, because neither may exist.
  execute 'select max(s.decrypted_secret) filter (where s.name = ''functions_url''),
                  max(s.decrypted_secret) filter (where s.name = ''functions_secret_key'')
           from vault.decrypted_secrets s where s.name in (''functions_url'', ''functions_secret_key'')'
  into url, secret_key;
  if nullif(url, '') is null or nullif(secret_key, '') is null then
    raise log 'function % isn''t called: the vault has no functions_url or no functions_secret_key', name;
    return null;
  end if;
  -- The key isn't a token, so it goes into apikey, never into Authorization. The timeout is long because a function
  -- sees its caller disconnect when pg_net stops waiting.
  execute 'select net.http_post(url => $1, body => $2, params => ''{}'', headers => $3, timeout_milliseconds => 60000)'
  into request
  using rtrim(url, '/') || '/' || call_function.name, call_function.body,
    jsonb_build_object('Content-Type', 'application/json', 'apikey', secret_key);
  return request;
exception when others then
  -- A failed call rolls nothing back. The message isn't logged: it may contain the key.
  raise log 'function % isn''t called: error %', name, sqlstate;
  return null;
end $$;
comment on function private.call_function(text, jsonb) is
  'Makes pg_net call an edge function once the transaction is committed, with the body, and with the service''s key '
  'in the header apikey; returns the number of the request in net._http_response. Does nothing and returns null '
  'without pg_net, the vault, or its secrets functions_url and functions_secret_key; never fails. Definer: who '
  'completes a sprint may not read the vault.';

create function private.schedule_functions() returns setof text
language plpgsql set search_path = '' as $$
declare
  job record;
begin
  if to_regprocedure('cron.schedule(text,text,text)') is null then
    return;
  end if;
  -- A call sends a few dozen messages; the next minute's call sends the rest.
  for job in
    select * from (values
      ('scrum-reminder', '* * * * *'),
      ('scrum-digest', '* * * * *'),
      ('sprint-report', '*/5 * * * *')) as jobs (name, schedule)
  loop
    execute 'select cron.schedule($1, $2, $3)'
    using job.name, job.schedule, format('select private.call_function(%L, ''{}'')', job.name);
    return next job.name;
  end loop;
end $$;
comment on function private.schedule_functions() is
  'Schedules the edge functions that run by the clock in pg_cron, replacing schedules of the same names, and returns '
  'those names; none without pg_cron. Whoever sets up pg_cron later calls it again.';

select private.schedule_functions();

create function private.report_completed_sprint() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform private.call_function('sprint-report', jsonb_build_object(
    'type', 'UPDATE', 'table', 'sprints', 'schema', 'public',
    'record', jsonb_build_object('sprint_id', new.sprint_id, 'project_id', new.project_id, 'status', new.status),
    'old_record', jsonb_build_object('status', old.status)));
  return null;
end $$;
comment on function private.report_completed_sprint() is
  'Trigger: calls the edge function sprint-report with the payload of a Supabase database webhook. The schedule sends '
  'what a failed call misses. Definer: nobody calls call_function directly.';

create trigger sprints_report_completed after update on public.sprints
  for each row when (old.status <> 'Completed' and new.status = 'Completed')
  execute function private.report_completed_sprint();
