// The catalog of a database as sorted lines of text, one fact each, so that two schemas can be compared line by line.

import postgres from "postgres";

/** The schemas that the migrations fill. */
const schemas = ["private", "public"];

/** Each query returns `object`, `property` and `value`; a value of several lines makes as many lines. */
const facts = (sql) => {
  const ours = sql`(select oid from pg_namespace where nspname in ${sql(schemas)})`;
  const acl = (column, kind, owner) => sql`
    (select coalesce(string_agg(format('%s=%s%s', coalesce(nullif(x.grantee, 0)::regrole::text, 'public'), x.privilege_type,
        case when x.is_grantable then '*' else '' end), ' ' order by x.grantee::regrole::text, x.privilege_type), '')
     from aclexplode(coalesce(${sql.unsafe(column)}, acldefault(${kind}, ${sql.unsafe(owner)}))) x)`;
  return [
    // Whatever is in the schemas, of any kind: what no query below tells more about is at least named.
    sql`select format('%s %s', i.type, i.identity) as object, 'exists' as property, '' as value
      from (select distinct classid, objid from pg_depend where refclassid = 'pg_namespace'::regclass and refobjid in ${ours}) d
      cross join pg_identify_object(d.classid, d.objid, 0) i
      -- The types of a table and of an array come with what they are of.
      where not (d.classid = 'pg_type'::regclass and exists (
        select from pg_type t where t.oid = d.objid and (t.typrelid <> 0 and t.typtype <> 'c' or t.typelem <> 0)))`,

    sql`select format('schema %s', nspname), v.property, v.value
      from pg_namespace n cross join lateral (values
        ('owner', nspowner::regrole::text), ('acl', ${acl("nspacl", "n", "nspowner")})) v (property, value)
      where n.oid in ${ours}`,

    sql`select format('%s %I.%I', case relkind when 'r' then 'table' when 'p' then 'partitioned table' when 'v' then 'view'
          when 'm' then 'materialized view' when 'S' then 'sequence' when 'c' then 'composite type' else relkind::text end, nspname, relname),
        v.property, v.value
      from pg_class c join pg_namespace n on n.oid = relnamespace cross join lateral (values
        ('owner', relowner::regrole::text),
        ('acl', ${acl("relacl", "case relkind when 'S' then 's' else 'r' end::\"char\"", "relowner")}),
        ('row security', case when relrowsecurity then 'enabled' end || case when relforcerowsecurity then ', forced' else '' end),
        ('persistence', relpersistence::text),
        ('replica identity', relreplident::text),
        ('options', array_to_string(reloptions, ', ')),
        ('toast options', (select array_to_string(t.reloptions, ', ') from pg_class t where t.oid = c.reltoastrelid)),
        ('access method', (select amname from pg_am a where a.oid = relam)),
        ('inherits', (select string_agg(inhparent::regclass::text, ', ' order by inhseqno) from pg_inherits where inhrelid = c.oid)),
        ('definition', case when relkind in ('v', 'm') then pg_get_viewdef(c.oid) end)) v (property, value)
      where relnamespace in ${ours} and relkind not in ('i', 'I', 't')`,

    sql`select format('column %I.%I.%I', nspname, relname, attname), v.property, v.value
      from (select a.*, row_number() over (partition by attrelid order by attnum) as place
            from pg_attribute a where attnum > 0 and not attisdropped) a
      join pg_class c on c.oid = attrelid join pg_namespace n on n.oid = relnamespace
      left join pg_attrdef d on adrelid = attrelid and adnum = attnum
      cross join lateral (values
        ('place', place::text),
        ('type', format_type(atttypid, atttypmod)),
        ('not null', attnotnull::text),
        ('default', case when attgenerated = '' then pg_get_expr(adbin, adrelid) end),
        ('generated', case when attgenerated <> '' then concat(attgenerated, ' ', pg_get_expr(adbin, adrelid)) end),
        ('identity', nullif(attidentity, '')::text),
        ('storage', concat(attstorage, attcompression)),
        ('statistics', attstattarget::text),
        ('options', array_to_string(attoptions, ', ')),
        ('collation', nullif(attcollation, 0)::regcollation::text),
        ('acl', case when attacl is not null then ${acl("attacl", "c", "relowner")} end)) v (property, value)
      where relnamespace in ${ours} and relkind in ('r', 'p', 'v', 'm', 'c')`,

    sql`select format('sequence %I.%I', schemaname, sequencename), 'parameters',
        format('%s %s..%s start %s by %s cache %s%s', data_type, min_value, max_value, start_value, increment_by, cache_size, case when cycle then ' cycle' else '' end)
      from pg_sequences where schemaname in ${sql(schemas)}`,

    sql`select format('constraint %s on %s', conname, coalesce(nullif(conrelid, 0)::regclass::text, contypid::regtype::text)), 'definition',
        pg_get_constraintdef(oid) || case when convalidated then '' else ' not validated' end
      from pg_constraint where connamespace in ${ours}`,

    sql`select format('index %s', indexrelid::regclass), v.property, v.value
      from pg_index i join pg_class c on c.oid = indexrelid cross join lateral (values
        ('definition', pg_get_indexdef(indexrelid)), ('valid', indisvalid::text), ('clustered', indisclustered::text),
        ('replica identity', indisreplident::text)) v (property, value)
      where relnamespace in ${ours}`,

    sql`select format('statistics %I.%I', nspname, stxname), 'definition', format('%s, owner %s, target %s', pg_get_statisticsobjdef(s.oid), stxowner::regrole, stxstattarget)
      from pg_statistic_ext s join pg_namespace n on n.oid = stxnamespace where stxnamespace in ${ours}`,

    sql`select format('function %s', p.oid::regprocedure), v.property, v.value
      from pg_proc p cross join lateral (values
        ('kind', prokind::text),
        ('arguments', pg_get_function_arguments(p.oid)),
        ('result', pg_get_function_result(p.oid)),
        ('language', (select lanname from pg_language l where l.oid = prolang)),
        ('volatility', provolatile::text),
        ('security', case when prosecdef then 'definer' else 'invoker' end),
        ('strict', proisstrict::text),
        ('leakproof', proleakproof::text),
        ('parallel', proparallel::text),
        ('cost', procost::text),
        ('rows', prorows::text),
        ('support', prosupport::text),
        ('settings', (select string_agg(s, ', ' order by s) from unnest(proconfig) s)),
        ('owner', proowner::regrole::text),
        ('acl', ${acl("proacl", "f", "proowner")}),
        ('source', coalesce(pg_get_function_sqlbody(p.oid), prosrc))) v (property, value)
      where pronamespace in ${ours}`,

    sql`select format('policy %I on %s', polname, polrelid::regclass), v.property, v.value
      from pg_policy cross join lateral (values
        ('command', polcmd::text),
        ('permissive', polpermissive::text),
        ('roles', (select string_agg(coalesce(nullif(r, 0)::regrole::text, 'public'), ', ' order by r::regrole::text) from unnest(polroles) r)),
        ('using', pg_get_expr(polqual, polrelid)),
        ('with check', pg_get_expr(polwithcheck, polrelid))) v (property, value)`,

    // Those on other schemas' tables too: Auth's have ours.
    sql`select format('trigger %s on %s', tgname, tgrelid::regclass), v.property, v.value
      from pg_trigger t join pg_proc p on p.oid = tgfoid cross join lateral (values
        ('definition', pg_get_triggerdef(t.oid)), ('enabled', tgenabled::text)) v (property, value)
      where not tgisinternal and (pronamespace in ${ours} or tgrelid in (select oid from pg_class where relnamespace in ${ours}))`,

    sql`select format('event trigger %s', evtname), 'definition', format('%s %s %s, %s', evtevent, evtfoid::regprocedure, evttags, evtenabled)
      from pg_event_trigger`,

    sql`select format('rule %s on %s', rulename, ev_class::regclass), 'definition', pg_get_ruledef(r.oid)
      from pg_rewrite r join pg_class c on c.oid = ev_class where relnamespace in ${ours} and rulename <> '_RETURN'`,

    sql`select format('type %s', t.oid::regtype), v.property, v.value
      from pg_type t cross join lateral (values
        ('kind', typtype::text),
        ('labels', (select string_agg(enumlabel, ', ' order by enumsortorder) from pg_enum where enumtypid = t.oid)),
        ('base', case when typbasetype <> 0 then format('%s%s default %s', format_type(typbasetype, typtypmod), case when typnotnull then ' not null' else '' end, typdefault) end),
        ('owner', typowner::regrole::text),
        ('acl', ${acl("typacl", "T", "typowner")})) v (property, value)
      where typnamespace in ${ours} and typelem = 0 and (typrelid = 0 or typtype = 'c' and exists (
        select from pg_class c where c.oid = typrelid and relkind = 'c'))`,

    // Comments on everything; on other schemas' objects only where they hang on ours (pg_description has those of PostgreSQL itself).
    sql`select format('%s %s', i.type, i.identity), 'comment', d.description
      from pg_description d cross join pg_identify_object(classoid, objoid, objsubid) i
      where i.schema = any (${schemas}) or split_part(i.identity, ' on ', 2) like 'public.%' or split_part(i.identity, ' on ', 2) like 'private.%'
         or classoid = 'pg_namespace'::regclass and objoid in ${ours}`,

    sql`select format('publication %s', pubname), v.property, v.value
      from pg_publication p cross join lateral (values
        ('owner', pubowner::regrole::text),
        ('publishes', concat_ws(' ', case when puballtables then 'all tables' end, case when pubinsert then 'insert' end,
          case when pubupdate then 'update' end, case when pubdelete then 'delete' end, case when pubtruncate then 'truncate' end,
          case when pubviaroot then 'via root' end)),
        ('tables', (select string_agg(format('%s (%s)%s', prrelid::regclass, coalesce(prattrs::text, 'all'), ' where ' || pg_get_expr(prqual, prrelid)),
            E'\n' order by prrelid::regclass::text) from pg_publication_rel where prpubid = p.oid)),
        ('schemas', (select string_agg(pnnspid::regnamespace::text, ', ' order by 1) from pg_publication_namespace where pnpubid = p.oid))) v (property, value)`,

    sql`select format('default privileges of %s in %s on %s', defaclrole::regrole, coalesce(nullif(defaclnamespace, 0)::regnamespace::text, 'any schema'), defaclobjtype),
        'acl', ${acl("defaclacl", "defaclobjtype", "defaclrole")}
      from pg_default_acl`,

    sql`select format('extension %s', extname), 'is', format('in %s, version %s, owner %s', extnamespace::regnamespace, extversion, extowner::regrole)
      from pg_extension`,

    sql`select format('settings of role %s in database %s', coalesce(nullif(setrole, 0)::regrole::text, 'any'), coalesce(datname, 'any')), 'are',
        (select string_agg(s, E'\n' order by s) from unnest(setconfig) s)
      from pg_db_role_setting left join pg_database d on d.oid = setdatabase`,

    sql`select format('database %s', datname), v.property, v.value
      from pg_database cross join lateral (values
        ('owner', datdba::regrole::text), ('acl', ${acl("datacl", "d", "datdba")})) v (property, value)
      where datname = current_database()`,
  ];
};

/**
 * The catalog of the database at the address, sorted: `object: property = value`. With `code`, only what acts: without
 * comments, and a function's source as its tokens, so that its layout doesn't matter.
 */
export async function catalog(url, { code = false } = {}) {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    const objects = await sql.begin("isolation level repeatable read read only", async (sql) => {
      await sql`set local search_path = ''`; // every name is whole
      const found = [];
      for (const query of facts(sql)) found.push(...(await query.values()));
      return found;
    });
    return objects
      .filter(([, property, value]) => value !== null && (property === "exists" || value !== "") && !(code && property === "comment"))
      .sort(([object, property], [other, second]) => (object < other ? -1 : object > other ? 1 : property < second ? -1 : property > second ? 1 : 0))
      .flatMap(([object, property, value]) => linesOf(value, code && property === "source").map((line) => `${object}: ${property} = ${line}`));
  } finally {
    await sql.end();
  }
}

const linesOf = (value, asTokens) => (asTokens ? tokens(value) : value.replace(/\n$/, "").split("\n"));

/** The tokens of a function's source: no comments, and two literals that only a line's end parts are one. */
export function tokens(source) {
  const found = [];
  for (const [token] of source.matchAll(/--[^\n]*|\/\*[^]*?\*\/|[eE]?'(?:[^']|'')*'(?:\s*\n\s*'(?:[^']|'')*')*|"(?:[^"]|"")*"|[\w$]+|::|:=|=>|[<>!~|@&^=#*+/-]+|\S/g)) {
    if (!token.startsWith("--") && !token.startsWith("/*")) found.push(token.replace(/'\s*\n\s*'/g, ""));
  }
  return found;
}
