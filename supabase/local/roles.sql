-- The roles of Supabase's own PostgreSQL image, with what they may and their settings. Run by the superuser
-- supabase_admin on every start, so each statement may be repeated, and before a dump is restored, which
-- names them and doesn't make them. As on Supabase, `postgres`, which runs the migrations, is not a
-- superuser: what it may not do there fails here too.

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
