-- The functions that views and policies call keep their plans.
--
-- PostgreSQL 17 parses and plans a function in SQL anew whenever a statement calls it, and puts
-- none in the place of its call that has a search_path of its own, as all here have. That was more
-- than half of what most views of a sprint of 100 tasks cost, and most of what a policy did. A
-- function in PL/pgSQL keeps its plans for as long as the connection lasts, and PostgREST's last.

set lock_timeout = '5s';
set statement_timeout = '30s';

-- What every policy asks, in as few steps as it takes: the caller's id read once, and no look at
-- the organization's projects but for those who run it.

create or replace function private.my_project_ids(
  roles public.project_role[] default enum_range(null::public.project_role)
) returns setof uuid
language plpgsql stable security definer set search_path = '' rows 10 as $$
declare
  me constant uuid := auth.uid();
begin
  if 'manager' = any (roles) then
    return query
      select p.project_id from public.profiles i join public.projects p on p.org_id = i.org_id
      where i.profile_id = me and i.org_role in ('owner', 'admin');
    if found then
      return; -- these are all there are
    end if;
  end if;
  return query
    select m.project_id from public.project_members m where m.profile_id = me and m.role = any (roles);
end $$;

create or replace function private.my_org_id() returns uuid
language plpgsql stable security definer set search_path = '' as $$
begin
  return (select p.org_id from public.profiles p where p.profile_id = auth.uid());
end $$;

-- Every other is made again around the very same query. use_column: a name means what it meant,
-- the column where there is one.

do $keep$
declare
  f record;
  query text;
begin
  for f in
    select p.oid, p.oid::regprocedure::text as signature, pg_get_functiondef(p.oid) as definition, p.proname as name, p.prosrc as query,
      p.proretset as is_set, obj_description(p.oid) as comment,
      p.proargnames[:p.pronargs] as arguments,
      -- An argument can't have the name of a column of the result there: it goes by its number.
      p.proargnames[:p.pronargs] && p.proargnames[p.pronargs + 1:] as clashes
    from pg_proc p join pg_language l on l.oid = p.prolang
    where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
      and l.lanname = 'sql' and p.prokind = 'f' and p.provolatile <> 'v'
      -- A constraint's stays: the OpenAPI document reads what it allows.
      and not exists (select from pg_depend d where d.refobjid = p.oid and d.classid = 'pg_constraint'::regclass)
  loop
    query := rtrim(f.query, E' \n;');
    if f.clashes then
      for i in 1 .. cardinality(f.arguments) loop
        query := replace(query, f.name || '.' || f.arguments[i], '$' || i);
      end loop;
      f.definition := regexp_replace(f.definition, '\([^)]*\)', '(' || split_part(f.signature, '(', 2));
      execute format('drop function %s', f.signature);
    end if;
    execute replace(replace(f.definition, E'\n LANGUAGE sql\n', E'\n LANGUAGE plpgsql\n'), f.query,
      format(E'\n#variable_conflict use_column\nbegin\n  return %s;\nend ',
        case when f.is_set then 'query' || query else '(' || query || ')' end));
    if f.clashes then
      execute format('comment on function %s is %L', f.signature, f.comment);
      execute format('grant execute on function %s to authenticated, service_role', f.signature);
    end if;
  end loop;
end $keep$;

-- Those that clients call take one plan for all arguments, and so do the functions below them: of
-- a condition such as "assignee is null or …" PostgreSQL expects more when it knows the argument, and
-- would plan each time. What they read is in memory or on an SSD, so to follow an index is not four
-- times as dear as to read on: with the default, a policy's condition made the board sort every
-- task's events instead of taking the last.

do $generic$
declare
  name regprocedure;
begin
  for name in
    select p.oid from pg_proc p join pg_language l on l.oid = p.prolang
    where p.pronamespace = 'public'::regnamespace and l.lanname = 'plpgsql' and p.provolatile = 's'
  loop
    execute format('alter function %s set plan_cache_mode = force_generic_plan', name);
    execute format('alter function %s set random_page_cost = 1.1', name);
  end loop;
end $generic$;
