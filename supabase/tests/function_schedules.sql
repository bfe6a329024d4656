-- Function schedules: who calls the edge functions. This database has none of the extensions that
-- do it; what would be called is looked at by stand-ins for their signatures: net.http_post of
-- pg_net, cron.schedule of pg_cron, vault.decrypted_secrets of supabase_vault. They record, and
-- go with the transaction.

begin;
\ir personas.psql
select plan(31);

-- Without the extensions
select is_empty($$select from pg_namespace where nspname in ('net', 'cron', 'vault')$$, 'without: there is none of them');
select is(private.call_function('sprint-report', '{}'), null, 'without: nothing is called');
select is_empty('select private.schedule_functions()', 'without: nothing is scheduled');
select pg_temp.become('scrum_master');
select is(complete_sprint(pg_temp.id('sprint')) ->> 'status', 'Completed', 'without: a sprint is completed all the same');
select throws_ok($$select private.call_function('sprint-report', '{}')$$, '42501', null, 'nobody calls a function by this way');
select throws_ok($$select private.schedule_functions()$$, '42501', null, 'nor schedules them');
select pg_temp.become('service');
select throws_ok($$select private.call_function('sprint-report', '{}')$$, '42501', null, 'the service neither');

-- Stand-ins
select pg_temp.become('postgres');
create schema net;
create table net.calls (id bigint generated always as identity, url text, body jsonb, params jsonb, headers jsonb, timeout_milliseconds integer);
create function net.http_post(url text, body jsonb default '{}', params jsonb default '{}', headers jsonb default '{"Content-Type": "application/json"}', timeout_milliseconds integer default 5000)
returns bigint language sql as $$
  insert into net.calls (url, body, params, headers, timeout_milliseconds) values ($1, $2, $3, $4, $5) returning id
$$;
create schema vault;
create table vault.secrets (name text, decrypted_secret text);
create view vault.decrypted_secrets as select name, decrypted_secret from vault.secrets;
create schema cron;
create table cron.job (jobname text primary key, schedule text, command text);
create function cron.schedule(job_name text, schedule text, command text) returns bigint language sql as $$
  insert into cron.job values ($1, $2, $3) on conflict (jobname) do update set schedule = excluded.schedule, command = excluded.command;
  select 1::bigint
$$;

-- The clock
select results_eq('select private.schedule_functions()', $$values ('scrum-reminder'), ('scrum-digest'), ('sprint-report')$$, 'schedule: three of them');
select results_eq('select private.schedule_functions()', $$values ('scrum-reminder'), ('scrum-digest'), ('sprint-report')$$, 'schedule: any number of times');
select results_eq('select jobname, schedule, command from cron.job order by jobname', $$values
  ('scrum-digest', '* * * * *', 'select private.call_function(''scrum-digest'', ''{}'')'),
  ('scrum-reminder', '* * * * *', 'select private.call_function(''scrum-reminder'', ''{}'')'),
  ('sprint-report', '*/5 * * * *', 'select private.call_function(''sprint-report'', ''{}'')')$$, 'schedule: once each, every minute and every five');

-- Without the secrets, or one of them
select is(private.call_function('sprint-report', '{}'), null, 'no secrets: nothing is called');
insert into vault.secrets values ('functions_url', 'https://ref.supabase.co/functions/v1/');
select is(private.call_function('sprint-report', '{}'), null, 'no key: nothing is called');
insert into vault.secrets values ('functions_secret_key', '');
select is(private.call_function('sprint-report', '{}'), null, 'an empty key: nothing is called');
select is_empty('select from net.calls', 'no secrets: really nothing');

-- A call
update vault.secrets set decrypted_secret = 'sb_secret_of_this_test' where name = 'functions_secret_key';
insert into vault.secrets values ('other', 'not to be seen');
do $$
declare
  job record;
begin
  for job in select command from cron.job order by jobname loop
    execute job.command;
  end loop;
end $$;
select results_eq('select url, body::text, params::text, timeout_milliseconds from net.calls order by id', $$values
  ('https://ref.supabase.co/functions/v1/scrum-digest', '{}', '{}', 60000),
  ('https://ref.supabase.co/functions/v1/scrum-reminder', '{}', '{}', 60000),
  ('https://ref.supabase.co/functions/v1/sprint-report', '{}', '{}', 60000)$$, 'call: what the clock calls, at its address');
select results_eq('select distinct headers from net.calls', $$values ('{"apikey": "sb_secret_of_this_test", "Content-Type": "application/json"}'::jsonb)$$, 'call: the key on apikey and nowhere else');
select is_empty($$select from net.calls where concat(url, body, params) ~ 'sb_secret' or calls::text ~* 'authorization|not to be seen'$$, 'call: nor in the address or the body');

-- A sprint that is completed
delete from net.calls;
select pg_temp.become('scrum_master');
select isnt_empty($$select start_sprint(pg_temp.id('next_sprint'))$$, 'a sprint is started');
select pg_temp.become('postgres');
select is_empty('select from net.calls', 'started: nothing is called');
select pg_temp.become('scrum_master');
select isnt_empty($$select complete_sprint(pg_temp.id('next_sprint'))$$, 'a sprint is completed');
select pg_temp.become('postgres');
select results_eq('select url, body from net.calls', $$select 'https://ref.supabase.co/functions/v1/sprint-report', jsonb_build_object(
  'type', 'UPDATE', 'table', 'sprints', 'schema', 'public',
  'record', jsonb_build_object('sprint_id', pg_temp.id('next_sprint'), 'project_id', pg_temp.id('project'), 'status', 'Completed'),
  'old_record', jsonb_build_object('status', 'Active'))$$, 'completed: its report is called for, once');
update sprints set goal = 'Changed later' where sprint_id = pg_temp.id('next_sprint');
select results_eq('select count(*)::int from net.calls', 'values (1)', 'changed later: nothing is called');
select pg_temp.become('service');
select isnt_empty($$update sprints set status = 'Completed', completed_at = now() where sprint_id = pg_temp.id('foreign_sprint') returning 1$$, 'service: completes a sprint itself');
select pg_temp.become('postgres');
select results_eq('select count(*)::int from net.calls', 'values (2)', 'service: its report is called for too');

-- What fails there stays there
create or replace function net.http_post(url text, body jsonb default '{}', params jsonb default '{}', headers jsonb default '{"Content-Type": "application/json"}', timeout_milliseconds integer default 5000)
returns bigint language plpgsql as $$
begin
  insert into net.calls (url) values ('half done');
  raise exception 'no queue for %', headers;
end $$;
select is(private.call_function('sprint-report', '{}'), null, 'the call fails: nothing comes of it');
insert into sprints (sprint_id, project_id, sprint_name, start_date, end_date, status, started_at)
values (pg_temp.keep('third_sprint'), pg_temp.id('project'), 'Third', '2040-01-01', '2040-01-02', 'Active', now());
select pg_temp.become('scrum_master');
select isnt_empty($$select complete_sprint(pg_temp.id('third_sprint'))$$, 'the call fails: a sprint is completed all the same');
select pg_temp.become('postgres');
select results_eq($$select status::text from sprints where sprint_id = pg_temp.id('third_sprint')$$, $$values ('Completed')$$, 'the call fails: and stays so');
select is_empty($$select from net.calls where url = 'half done'$$, 'the call fails: nothing half done');
drop view vault.decrypted_secrets;
select is(private.call_function('sprint-report', '{}'), null, 'no vault: nothing is called');
create view vault.decrypted_secrets as select 1 as one;
select is(private.call_function('sprint-report', '{}'), null, 'another vault: nothing is called');
alter function cron.schedule(text, text, text) rename to plan;
select is_empty('select private.schedule_functions()', 'another cron: nothing is scheduled');

select * from finish();
rollback;
