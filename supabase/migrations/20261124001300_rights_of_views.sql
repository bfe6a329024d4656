-- The views look up once who asks.
--
-- A view read its tables under their policies, and each of these asked anew who the caller is and
-- what they may see: a fifth of what a board took, half of a project's impediments. But a project's
-- data is for a caller to see whole or not at all, and its people are of their organization. So a
-- view now asks that, and then reads. Its query stays what it was, in a function of private; the one
-- of public that clients call passes its arguments on.

set lock_timeout = '5s';
set statement_timeout = '30s';

create function private.may_read_sprint(sprint_id uuid) returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return private.may_read_project((select s.project_id from public.sprints s where s.sprint_id = $1));
end $$;
comment on function private.may_read_sprint(uuid) is
  'Whether the caller may see a sprint and all that is of it: see private.may_read_project. Definer: it reads what decides that.';

do $views$
declare
  f record;
  definition text;
begin
  for f in
    select p.oid, p.proname as name, p.oid::regprocedure as signature, pg_get_functiondef(p.oid) as definition,
      pg_get_function_identity_arguments(p.oid) as arguments, pg_get_function_arguments(p.oid) as defaults,
      (select string_agg('$' || n, ', ') from generate_series(1, p.pronargs) n) as passed, v.guard
    from (values
      ('public.sprint_board(uuid, uuid, public.task_priority, timestamptz)', 'private.may_read_sprint($1)'),
      ('public.sprint_burndown(uuid, timestamptz)', 'private.may_read_sprint($1)'),
      ('public.sprint_flow(uuid, timestamptz)', 'private.may_read_sprint($1)'),
      ('public.sprint_report(uuid, timestamptz)', 'private.may_read_sprint($1)'),
      ('public.sprint_workload(uuid, timestamptz)', 'private.may_read_sprint($1)'),
      ('public.scrum_of_day(uuid, date, timestamptz)', 'private.may_read_sprint($1)'),
      ('public.project_velocity(uuid, integer, timestamptz)', 'private.may_read_project($1)'),
      ('public.project_throughput(uuid, integer, timestamptz)', 'private.may_read_project($1)'),
      ('public.project_impediments(uuid, timestamptz)', 'private.may_read_project($1)'),
      ('public.project_participation(uuid, date, date, timestamptz)', 'private.may_read_project($1)'),
      -- The caller's own: it begins at their memberships.
      ('public.scrum_draft(timestamptz)', null)) v (signature, guard)
    join pg_proc p on p.oid = v.signature::regprocedure
  loop
    definition := replace(f.definition, 'FUNCTION public.', 'FUNCTION private.');
    definition := replace(definition, E'\n STABLE\n', E'\n STABLE SECURITY DEFINER\n');
    assert strpos(definition, 'STABLE SECURITY DEFINER') > 0, f.signature;
    if f.guard is not null then
      definition := regexp_replace(definition, '\nbegin\n', format(E'\nbegin\n  if %s is not true then\n    return null;\n  end if;\n', f.guard));
      assert strpos(definition, f.guard) > 0, f.signature;
    end if;
    execute definition;
    execute format('comment on function private.%I(%s) is %L', f.name, f.arguments,
      format('See public.%s. Definer: it %s, and reads past the policies, each of which would ask anew.',
        f.name, case when f.guard is null then 'begins at the caller' else 'asks once what the caller may see' end));
    execute format('grant execute on function private.%I(%s) to authenticated, service_role', f.name, f.arguments);
    execute format(
      'create or replace function public.%I(%s) returns json language plpgsql stable security invoker set search_path = %L as %L',
      f.name, f.defaults, '', format(E'\nbegin\n  return private.%s(%s);\nend ', f.name, f.passed));
  end loop;
end $views$;
