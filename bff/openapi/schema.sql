-- What a signed-in caller finds under /rest/v1, as one JSON value: the enums,
-- tables, views and functions of the schema public that the role authenticated
-- may use, with the comments that the migrations gave them.
with columns as (
  select a.attrelid as oid, json_agg(json_build_object(
    'name', a.attname,
    'type', format_type(a.atttypid, a.atttypmod),
    'comment', col_description(a.attrelid, a.attnum),
    'nullable', not a.attnotnull,
    'default', a.atthasdef or a.attidentity <> '',
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
)
select json_build_object(
  'enums', (select json_agg(enum order by name collate "C") from enums),
  'relations', (select json_agg(relation order by name collate "C") from relations),
  'functions', (select json_agg(function order by name collate "C") from functions));
