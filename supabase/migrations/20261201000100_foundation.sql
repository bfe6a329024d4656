-- Foundation: what every later migration builds on.
-- The schema private, privileges that deny by default, and the two trigger functions that many tables share.
--
-- Why functions that read are PL/pgSQL, even for a single query: PostgreSQL can't inline functions that set
-- search_path, as all of ours do, and plans a function in SQL again at every call. A PL/pgSQL function keeps its plan
-- for the connection. Planning was more than half the time of most views of a sprint of 100 tasks.
-- SQL remains where a plan isn't worth keeping: in functions that write or that a schedule calls, which a request calls
-- once, and in a column's default. Functions that a constraint calls are in SQL, too: the OpenAPI document reads from
-- them what a column allows.
-- With "#variable_conflict use_column" a name in such a query is the column; the argument is <function>.<argument>.

set lock_timeout = '5s';
set statement_timeout = '30s';

create extension if not exists pgcrypto with schema extensions;
create extension if not exists btree_gist with schema extensions;

-- A new object is exposed to nobody: each migration grants what it means to.
alter default privileges revoke execute on functions from public;
alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges in schema public revoke all on sequences from anon, authenticated, service_role;
alter default privileges in schema public revoke execute on functions from anon, authenticated, service_role;

create schema private;
comment on schema private is 'Helper, trigger and definer functions. Not exposed through the API.';
-- Policies and column defaults run as the caller, who must be able to reach the helpers.
grant usage on schema private to authenticated, service_role;

create function private.touch_updated_at() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.updated_at := now();
  return new;
end $$;
comment on function private.touch_updated_at() is
  'Trigger: sets updated_at to the transaction''s time on every update.';

-- The trigger's WHEN clause compares the columns, so an ordinary update costs a comparison and no call. Clients keep
-- their grant on key columns, which an upsert needs.
create function private.refuse_change() returns trigger
language plpgsql set search_path = '' as $$
begin
  raise exception '% of % can''t be changed', tg_argv[0], tg_table_name
    using errcode = '42501', hint = tg_argv[1];
end $$;
comment on function private.refuse_change() is
  'Trigger: refuses an update. The first argument names the columns in the message, the second is the hint.';
