-- What a signed-in caller finds under /rest/v1, as one JSON value: the enums,
-- tables, views and functions of the schema public that the role authenticated
-- may use, with the comments that the migrations gave them, and what the tables
-- check.
with filling as (
  -- What the triggers before a write do, less their comments.
  select t.tgrelid as oid, regexp_replace(p.prosrc, '--[^\n]*', '', 'g') as source
  from pg_trigger t join pg_proc p on p.oid = t.tgfoid
  where not t.tgisinternal and t.tgtype & 2 > 0
), columns as (
  select a.attrelid as oid, json_agg(json_build_object(
    'name', a.attname,
    'type', format_type(a.atttypid, a.atttypmod),
    'comment', col_description(a.attrelid, a.attnum),
    'nullable', not a.attnotnull,
    'default', a.atthasdef or a.attidentity <> '',
    'filled', exists (
      select from filling
      where filling.oid = a.attrelid and filling.source ~* format(
        '((^|;|\mbegin|\mthen|\melse|\mloop)\s*|\minto\s+(strict\s+)?([\w.]+\s*,\s*)*)new(\.%s\M|\M\s*:?=)', a.attname)),
    'select', has_column_privilege('authenticated', a.attrelid, a.attnum, 'select'),
    'insert', has_column_privilege('authenticated', a.attrelid, a.attnum, 'insert'),
    'update', has_column_privilege('authenticated', a.attrelid, a.attnum, 'update')
  ) order by a.attnum) as list
  from pg_attribute a join pg_class c on c.oid = a.attrelid
  where c.relnamespace = 'public'::regnamespace and a.attnum > 0 and not a.attisdropped
  group by a.attrelid
), relations as (
  select c.relname as name, json_build_object(
    'name', c.relname,
    'kind', case c.relkind when 'v' then 'view' else 'table' end,
    'comment', obj_description(c.oid, 'pg_class'),
    'delete', has_table_privilege('authenticated', c.oid, 'delete'),
    'checks', coalesce((
      select json_agg(pg_get_expr(k.conbin, k.conrelid) order by k.conname)
      from pg_constraint k where k.conrelid = c.oid and k.contype = 'c'), '[]'),
    'columns', columns.list
  ) as relation
  from pg_class c join columns on columns.oid = c.oid
  where c.relkind in ('r', 'v') and has_any_column_privilege('authenticated', c.oid, 'select')
), functions as (
  select p.proname as name, json_build_object(
    'name', p.proname,
    'comment', obj_description(p.oid, 'pg_proc'),
    'reads', p.provolatile <> 'v',
    'set', p.proretset,
    'returns', format_type(p.prorettype, null),
    'arguments', coalesce((
      select json_agg(json_build_object(
        'name', name, 'type', format_type(type, null), 'optional', nr > p.pronargs - p.pronargdefaults
      ) order by nr)
      from unnest(p.proargtypes::oid[], p.proargnames[:p.pronargs]) with ordinality as a (type, name, nr)), '[]'),
    'columns', coalesce((
      select json_agg(json_build_object('name', name, 'type', format_type(type, null)) order by nr)
      from unnest(p.proallargtypes, p.proargmodes, p.proargnames) with ordinality as a (type, mode, name, nr)
      where mode = 't'), '[]')
  ) as function
  from pg_proc p
  where p.pronamespace = 'public'::regnamespace and p.prorettype <> 'trigger'::regtype
    and has_function_privilege('authenticated', p.oid, 'execute')
), enums as (
  select t.typname as name, json_build_object(
    'name', t.typname,
    'comment', obj_description(t.oid, 'pg_type'),
    'values', (select json_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid)
  ) as enum
  from pg_type t where t.typnamespace = 'public'::regnamespace and t.typtype = 'e'
), helpers as (
  -- The functions that checks call.
  select distinct p.oid::regproc::text as name, jsonb_build_object(
    'name', p.oid::regproc::text,
    'arguments', to_jsonb(p.proargnames),
    'source', btrim(p.prosrc, E' \n')
  ) as helper
  from pg_constraint k
  join pg_depend d on d.classid = 'pg_constraint'::regclass and d.objid = k.oid and d.refclassid = 'pg_proc'::regclass
  join pg_proc p on p.oid = d.refobjid
  where k.connamespace = 'public'::regnamespace and k.contype = 'c' and p.pronamespace <> 'pg_catalog'::regnamespace
)
select json_build_object(
  'enums', (select json_agg(enum order by name collate "C") from enums),
  'helpers', (select json_agg(helper order by name collate "C") from helpers),
  'relations', (select json_agg(relation order by name collate "C") from relations),
  'functions', (select json_agg(function order by name collate "C") from functions));
