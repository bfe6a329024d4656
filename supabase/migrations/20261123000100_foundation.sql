-- Foundation: what every later migration stands on.
-- The unexposed schema `private`, privileges that deny by default, and the two
-- trigger functions that many tables share.

set lock_timeout = '5s';
set statement_timeout = '30s';

create extension if not exists pgcrypto with schema extensions;
create extension if not exists btree_gist with schema extensions;

-- Nothing is exposed by being created: each migration grants what it means to.
alter default privileges revoke execute on functions from public;
alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges in schema public revoke all on sequences from anon, authenticated, service_role;
alter default privileges in schema public revoke execute on functions from anon, authenticated, service_role;

create schema private;
comment on schema private is
  'Helper, trigger and definer functions. Not exposed through the API.';
-- Policies and column defaults run as the caller, who must be able to reach the helpers.
grant usage on schema private to authenticated, service_role;

-- No infinity, no typing error that makes a view a thousand years long.
create function private.is_calendar_day(day date) returns boolean
language sql immutable set search_path = '' as $$
  select day between date '1900-01-01' and date '2200-12-31'
$$;
comment on function private.is_calendar_day(date) is 'Whether a day is one that a calendar here can hold: 1900 to 2200.';
grant execute on function private.is_calendar_day(date) to authenticated, service_role;

create function private.touch_updated_at() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.updated_at := now();
  return new;
end $$;
comment on function private.touch_updated_at() is
  'Trigger: sets updated_at to the transaction''s time on every update.';

-- Used with a WHEN clause that compares the columns, so that an ordinary update costs a
-- comparison and no call. Key columns stay grantable that way, which an upsert needs.
create function private.refuse_change() returns trigger
language plpgsql set search_path = '' as $$
begin
  raise exception '% of % can''t be changed', tg_argv[0], tg_table_name
    using errcode = '42501', hint = tg_argv[1];
end $$;
comment on function private.refuse_change() is
  'Trigger: refuses an update. First argument: the columns named in the message; second: a hint.';
