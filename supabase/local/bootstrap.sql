-- What Supabase's own PostgreSQL image has before the first migration: roles, schemas, auth.uid() and
-- its sisters, privileges. Run by the superuser supabase_admin on every start, so each statement may be
-- repeated. As on Supabase, `postgres`, which runs the migrations, is not a superuser: what it may not
-- do there fails here too.

-- Roles ---------------------------------------------------------------------------------------------

do $$
declare
    role record;
begin
    for role in
        select * from (values
            ('anon',                'nologin noinherit'),
            ('authenticated',       'nologin noinherit'),
            ('service_role',        'nologin noinherit bypassrls'),
            ('authenticator',       'login noinherit'),
            ('supabase_auth_admin', 'login noinherit createrole'),
            ('postgres',            'login createdb createrole replication bypassrls')
        ) as wanted (name, attributes)
    loop
        if not exists (select from pg_roles where rolname = role.name) then
            execute format('create role %I %s', role.name, role.attributes);
        end if;
    end loop;
end
$$;

grant anon, authenticated, service_role to authenticator;
grant anon, authenticated, service_role, authenticator to postgres with admin option;
grant pg_monitor, pg_read_all_data, pg_signal_backend, pg_create_subscription to postgres with admin option;
-- Supabase lets postgres do this through an extension (supautils).
grant set on parameter session_replication_role to postgres;

alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';
alter role supabase_auth_admin set search_path = auth;
alter role supabase_auth_admin set idle_in_transaction_session_timeout = '60s';
alter role postgres set search_path = "$user", public, extensions;
alter role supabase_admin set search_path = "$user", public, auth, extensions;

-- Schemas -------------------------------------------------------------------------------------------

alter database postgres owner to postgres;
grant create on database postgres to supabase_auth_admin;

create schema if not exists extensions authorization postgres;
grant usage on schema extensions to anon, authenticated, service_role, supabase_auth_admin;

create extension if not exists pgcrypto with schema extensions;
create extension if not exists "uuid-ossp" with schema extensions;
create extension if not exists pg_stat_statements with schema extensions;

create schema if not exists auth authorization supabase_auth_admin;
grant usage on schema auth to anon, authenticated, service_role;
grant all on schema auth to postgres;
alter default privileges for role supabase_auth_admin in schema auth grant all on tables to postgres;
alter default privileges for role supabase_auth_admin in schema auth grant all on sequences to postgres;
alter default privileges for role supabase_auth_admin in schema auth grant all on routines to postgres;

-- Tables made in public are not exposed by themselves (config.toml: auto_expose_new_tables = false):
-- each migration grants what it means to.
grant usage on schema public to anon, authenticated, service_role;

-- Who is asking: from the verified token's claims, which PostgREST sets for each request ----------------

create or replace function auth.uid() returns uuid language sql stable as $$
    select coalesce(
        nullif(current_setting('request.jwt.claim.sub', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'
    )::uuid
$$;

create or replace function auth.role() returns text language sql stable as $$
    select coalesce(
        nullif(current_setting('request.jwt.claim.role', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role'
    )::text
$$;

create or replace function auth.email() returns text language sql stable as $$
    select coalesce(
        nullif(current_setting('request.jwt.claim.email', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email'
    )::text
$$;

create or replace function auth.jwt() returns jsonb language sql stable as $$
    select coalesce(
        nullif(current_setting('request.jwt.claim', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')
    )::jsonb
$$;

alter function auth.uid() owner to supabase_auth_admin;
alter function auth.role() owner to supabase_auth_admin;
alter function auth.email() owner to supabase_auth_admin;
alter function auth.jwt() owner to supabase_auth_admin;

-- Realtime's publication, empty until a migration adds tables ------------------------------------------

do $$
begin
    if not exists (select from pg_publication where pubname = 'supabase_realtime') then
        create publication supabase_realtime;
        alter publication supabase_realtime owner to postgres;
    end if;
end
$$;

-- PostgREST learns of every change of the schema, as on Supabase ------------------------------------------

create or replace function extensions.pgrst_ddl_watch() returns event_trigger language plpgsql as $$
begin
    notify pgrst, 'reload schema';
end
$$;

do $$
begin
    if not exists (select from pg_event_trigger where evtname = 'pgrst_ddl_watch') then
        create event trigger pgrst_ddl_watch on ddl_command_end execute function extensions.pgrst_ddl_watch();
        create event trigger pgrst_drop_watch on sql_drop execute function extensions.pgrst_ddl_watch();
    end if;
end
$$;
