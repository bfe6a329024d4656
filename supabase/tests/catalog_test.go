package tests

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Tables whose key is not one uuid made by the database, and why.
var otherKeys = map[string]string{
	"profiles":                 "profile_id: the key of auth.users",
	"org_holidays":             "org_id, holiday_date: one a day",
	"project_members":          "project_id, profile_id: once in a project",
	"daily_scrum_tasks":        "daily_scrum_id, profile_id, task_id, intent: named once",
	"deleted_rows":             "key, table_name: the key of another row, once in each table",
	"task_events":              "event_id: grows, which gives the order",
	"opportunity_stage_events": "event_id: grows, which gives the order",
}

// Columns that a policy reads without being first in an index, and why.
var unindexedPolicyColumns = map[string]string{
	"projects.created_at": "only beside profile_id, which is indexed",
}

// Tables whose rows are written by triggers and functions alone, and what the service may do.
var serviceReads = map[string]string{
	"deleted_rows: SELECT":                  "history",
	"notification_channels: DELETE, SELECT": "the error of a change would tell its secrets",
	"notification_log: SELECT":              "claimed and settled by functions",
	"opportunity_stage_events: SELECT":      "history",
	"sprint_snapshots: SELECT":              "history",
	"task_events: SELECT":                   "history",
}

// Functions of public that people don't call, and who does.
var notForPeople = map[string]string{
	"calendar_of(uuid)": "the edge functions",
	"claim_notifications(notification_event,timestamp with time zone,uuid,integer)": "the edge functions",
	"claim_scrum_digest(uuid,boolean)":                                              "the edge functions",
	"claim_sprint_report(uuid,boolean)":                                             "the edge functions",
	"open_scrums(timestamp with time zone,uuid)":                                    "the edge functions",
	"scrum_digests_due(timestamp with time zone,uuid,integer)":                      "the edge functions",
	"settle_notification(uuid,integer,text,boolean,integer)":                        "the edge functions",
}

// Tables of projects that no view shows, and whose changes are hence not stamped, and why.
var unstamped = map[string]string{
	"deleted_rows":          "written with the deletion of a row",
	"notification_channels": "where messages go",
	"sprint_snapshots":      "written with its sprint",
}

// What mobile clients watch.
var realtimeTables = []string{"daily_scrum_updates", "daily_scrums", "deleted_rows", "impediments", "sprints", "tasks"}

// Values that reach clients' generated types, in order.
var enums = map[string]string{
	"account_type":        "Prospect, Customer, Partner",
	"channel_kind":        "slack, discord, teams, webhook, email",
	"notification_event":  "scrum_reminder, scrum_digest, sprint_report",
	"notification_status": "sending, sent, failed, given up",
	"forecast_category":   "Pipeline, Upside, Expect, Commit, Closed",
	"opportunity_stage":   "Opportunity, Discovery, Objectives, Present Solution, Economic Buyer Identified, Economic Buyer Validation, Validation Completed, Deal Imminent, Closed Won, Closed Lost, Closed No Decision",
	"org_locale":          "ko, en",
	"org_role":            "owner, admin, member",
	"project_role":        "manager, scrum_master, member, viewer",
	"scrum_task_intent":   "did, will do",
	"snapshot_moment":     "start, close",
	"sprint_status":       "Planned, Active, Completed, Cancelled",
	"task_event_kind":     "created, status, points, sprint, assignee, deleted",
	"task_priority":       "Low, Medium, High, Urgent",
	"task_status":         "Planned, Scheduled, In Progress, In Review, Blocked, On Hold, Completed, Cancelled",
	"work_unit":           "tasks, points",
}

// tablesCTE names what a rule about tables is about: every table of public, by its name.
const tablesCTE = `with tables as (
	select c.oid, c.relname, c.relrowsecurity, c.relacl from pg_class c
	where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p'))
`

// functionsCTE names the functions of public and private.
const functionsCTE = `with functions as (
	select p.*, p.oid::regprocedure::text as signature,
		p.pronamespace::regnamespace::text as schema
	from pg_proc p where p.pronamespace::regnamespace::text in ('public', 'private'))
`

// Each rule's query names what breaks it; nothing may.
var catalogRules = []struct {
	name string
	sql  string
	// except says what may break it, by the name that the query gives.
	except map[string]string
}{
	{name: "every table has row-level security", sql: tablesCTE + `
		select relname from tables where not relrowsecurity`},

	{name: "every verb granted to authenticated has exactly one policy", sql: tablesCTE + `
		select format('%s %s: %s policies', v.verb, t.relname, count(p.oid))
		from tables t
		cross join (values ('select', 'r'), ('insert', 'a'), ('update', 'w'), ('delete', 'd')) v (verb, cmd)
		left join pg_policy p on p.polrelid = t.oid and p.polpermissive and p.polcmd in (v.cmd::"char", '*')
		where has_table_privilege('authenticated', t.oid, v.verb)
			or v.verb <> 'delete' and has_any_column_privilege('authenticated', t.oid, v.verb)
		group by v.verb, t.relname having count(p.oid) <> 1`},

	{name: "no policy is for a verb that isn't granted", sql: tablesCTE + `
		select format('%s on %s', p.polname, t.relname)
		from tables t join pg_policy p on p.polrelid = t.oid
		join (values ('select', 'r'), ('insert', 'a'), ('update', 'w'), ('delete', 'd')) v (verb, cmd) on v.cmd::"char" = p.polcmd
		where not has_table_privilege('authenticated', t.oid, v.verb)
			and not (v.verb <> 'delete' and has_any_column_privilege('authenticated', t.oid, v.verb))`},

	{name: "each policy is for one operation, permissive, and for authenticated alone", sql: `
		select format('%s on %s', polname, polrelid::regclass) from pg_policy
		join pg_class c on c.oid = polrelid and c.relnamespace = 'public'::regnamespace
		where polcmd = '*' or not polpermissive or polroles <> array['authenticated'::regrole::oid]`},

	{name: "an update policy checks the new row too", sql: `
		select format('%s on %s', polname, polrelid::regclass) from pg_policy
		join pg_class c on c.oid = polrelid and c.relnamespace = 'public'::regnamespace
		where polcmd = 'w' and polwithcheck is null`},

	{name: "each half of a policy keeps to the caller's organization or projects", sql: `
		select format('%s on %s', p.polname, p.polrelid::regclass)
		from pg_policy p
		join pg_class c on c.oid = p.polrelid and c.relnamespace = 'public'::regnamespace
		cross join lateral (values (pg_get_expr(p.polqual, p.polrelid)), (pg_get_expr(p.polwithcheck, p.polrelid))) e (expression)
		where e.expression !~ 'private\.(my_org_id|my_project_ids)\('`},

	{name: "what a policy asks about the caller is asked once, inside (select …)", sql: `
		select format('%s on %s', p.polname, p.polrelid::regclass)
		from pg_policy p
		join pg_class c on c.oid = p.polrelid and c.relnamespace = 'public'::regnamespace
		cross join lateral (values (pg_get_expr(p.polqual, p.polrelid)), (pg_get_expr(p.polwithcheck, p.polrelid))) e (expression)
		-- What is left once the wrapped calls are taken out.
		where regexp_replace(e.expression, '\( SELECT (auth|private)\.\w+\(', '', 'g') ~ '(auth|private|current_setting)[.(]'`},

	{name: "each column a policy filters on is first in an index", except: unindexedPolicyColumns, sql: `
		select distinct format('%s.%s', c.relname, a.attname)
		from pg_policy p
		join pg_class c on c.oid = p.polrelid and c.relnamespace = 'public'::regnamespace
		join pg_depend d on d.classid = 'pg_policy'::regclass and d.objid = p.oid
			and d.refclassid = 'pg_class'::regclass and d.refobjid = p.polrelid and d.refobjsubid > 0
		join pg_attribute a on a.attrelid = c.oid and a.attnum = d.refobjsubid
		where p.polqual is not null and not exists (
			select from pg_index i where i.indrelid = c.oid and i.indkey[0] = a.attnum and i.indpred is null and i.indisvalid)`},

	{name: "each foreign key is covered by an index", sql: `
		select format('%s of %s', f.conname, f.conrelid::regclass)
		from pg_constraint f
		where f.contype = 'f' and f.connamespace = 'public'::regnamespace and not exists (
			select from pg_index i
			where i.indrelid = f.conrelid and i.indpred is null
				and (select array_agg(k) from unnest(i.indkey::int2[]) with ordinality as u (k, n) where n <= cardinality(f.conkey))
					@> f.conkey)`},

	{name: "no composite foreign key empties a column that must stay", sql: `
		select format('%s of %s', f.conname, f.conrelid::regclass)
		from pg_constraint f
		where f.contype = 'f' and f.connamespace = 'public'::regnamespace and f.confdeltype = 'n'
			and exists (select from pg_attribute a
				where a.attrelid = f.conrelid and a.attnotnull and a.attnum = any (coalesce(f.confdelsetcols, f.conkey)))`},

	{name: "every table and column has a comment", sql: tablesCTE + `
		select relname from tables where obj_description(oid, 'pg_class') is null
		union all
		select format('%s.%s', t.relname, a.attname)
		from tables t
		join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
		where col_description(t.oid, a.attnum) is null`},

	{name: "every enum and every other type of public has a comment", sql: `
		select t.typname from pg_type t
		where t.typnamespace = 'public'::regnamespace and t.typtype in ('e', 'd', 'r')
			and obj_description(t.oid, 'pg_type') is null`},

	{name: "every function has a comment", sql: functionsCTE + `
		select signature from functions where obj_description(oid, 'pg_proc') is null`},

	{name: "every function sets an empty search_path", sql: functionsCTE + `
		select signature from functions where not coalesce(proconfig @> array['search_path=""'], false)`},

	{name: "no function that only reads is in SQL, and so planned at every call, unless a constraint calls it", sql: functionsCTE + `
		select signature from functions f
		where prolang = (select oid from pg_language where lanname = 'sql') and provolatile <> 'v'
			and not exists (select from pg_depend d where d.refobjid = f.oid and d.classid = 'pg_constraint'::regclass)`},

	{name: "no function of public is a definer", sql: functionsCTE + `
		select signature from functions where schema = 'public' and prosecdef`},

	{name: "every definer function says why", sql: functionsCTE + `
		select signature from functions
		where prosecdef and coalesce(obj_description(oid, 'pg_proc'), '') !~ 'Definer: |See public\.\w+\. Definer: '`},

	{name: "a definer that people may ask about a sprint or project asks first whether they may see it", sql: functionsCTE + `
		select signature from functions
		where prosecdef and provolatile <> 'v' and proargnames && '{sprint_id,project_id,task_id,daily_scrum_id}'
			and has_function_privilege('authenticated', oid, 'execute')
			and prosrc !~ 'if private\.may_read_(sprint|project)\(\1_id\) is not true|and private\.may_read_project\('`},

	{name: "no function may be called by public or anon", sql: functionsCTE + `
		select format('%s by %s', signature, coalesce(nullif(x.grantee, 0)::regrole::text, 'public'))
		from functions f cross join lateral aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) x
		where x.grantee in (0, 'anon'::regrole)`},

	{name: "every function of public may be called by authenticated", except: notForPeople, sql: functionsCTE + `
		select signature from functions
		where schema = 'public' and not has_function_privilege('authenticated', oid, 'execute')`},

	{name: "trigger functions are called by triggers alone", sql: functionsCTE + `
		select format('%s by %s', signature, x.grantee::regrole)
		from functions f cross join lateral aclexplode(f.proacl) x
		where f.prorettype = 'trigger'::regtype and x.grantee <> f.proowner`},

	{name: "nothing is granted to public or anon on tables, columns and sequences", sql: `
		select format('%s: %s to %s', c.relname, x.privilege_type, coalesce(nullif(x.grantee, 0)::regrole::text, 'public'))
		from pg_class c
		left join pg_attribute a on a.attrelid = c.oid
		cross join lateral (select * from aclexplode(c.relacl) union all select * from aclexplode(a.attacl)) x
		where c.relnamespace::regnamespace::text in ('public', 'private') and x.grantee in (0, 'anon'::regrole)`},

	{name: "the service reads and writes every table's rows, and can do nothing else", except: serviceReads, sql: tablesCTE + `
		select format('%s: %s', t.relname, string_agg(x.privilege_type || case when x.is_grantable then ' with grant option' else '' end, ', ' order by x.privilege_type))
		from tables t left join lateral aclexplode(t.relacl) x on x.grantee = 'service_role'::regrole
		group by t.relname
		having string_agg(x.privilege_type || case when x.is_grantable then ' with grant option' else '' end, ', ' order by x.privilege_type)
			is distinct from 'DELETE, INSERT, SELECT, UPDATE'`},

	{name: "nobody truncates a table, refers to it or puts triggers on it through the API", sql: tablesCTE + `
		select format('%s: %s by %s', t.relname, v.verb, r.rolname)
		from tables t
		cross join (values ('truncate'), ('references'), ('trigger'), ('maintain')) v (verb)
		join pg_roles r on r.rolname in ('anon', 'authenticated', 'service_role')
		where has_table_privilege(r.oid, t.oid, v.verb)`},

	{name: "what is made later is granted to nobody by itself", sql: `
		select format('%s in %s: %s', d.defaclobjtype, d.defaclnamespace::regnamespace, x.grantee::regrole)
		from pg_default_acl d cross join lateral aclexplode(d.defaclacl) x
		where d.defaclrole = 'postgres'::regrole and d.defaclnamespace in (0, 'public'::regnamespace, 'private'::regnamespace)
			and (x.grantee = 0 or x.grantee::regrole::text in ('anon', 'authenticated', 'service_role'))`},

	{name: "anon can't reach the schema private", sql: `
		select 'usage' where has_schema_privilege('anon', 'private', 'usage')`},

	{name: "every table has created_at, and one that changes updated_at", sql: tablesCTE + `
		select t.relname || '.' || wanted
		from tables t
		cross join (values ('created_at'), ('updated_at')) w (wanted)
		where not exists (
				select from pg_attribute a where a.attrelid = t.oid and a.attname = wanted
					and a.attnotnull and a.atthasdef and a.atttypid = 'timestamptz'::regtype)
			and (wanted = 'created_at' or has_any_column_privilege('authenticated', t.oid, 'update'))`},

	{name: "updated_at is set by trigger", sql: tablesCTE + `
		select t.relname from tables t
		join pg_attribute a on a.attrelid = t.oid and a.attname = 'updated_at'
		where not exists (
			select from pg_trigger g
			where g.tgrelid = t.oid and g.tgfoid = 'private.touch_updated_at'::regproc
				-- For each row, before, on update, without a condition.
				and g.tgtype = 19 and g.tgqual is null and g.tgenabled = 'O')`},

	{name: "a change of what is a project's is stamped, whatever the verb, for the versions of views", except: unstamped, sql: tablesCTE + `
		select t.relname from tables t
		where exists (select from pg_attribute a where a.attrelid = t.oid and a.attname = 'project_id')
			-- Each for the statement, after it: insert, delete, update, truncate.
			and not array(select g.tgtype from pg_trigger g join pg_proc p on p.oid = g.tgfoid
				where g.tgrelid = t.oid and g.tgenabled = 'O' and p.proname ~ '^(stamp|forget)_') @> '{4,8,16,32}'::int2[]`},

	{name: "no client writes created_at or updated_at", sql: tablesCTE + `
		select format('%s.%s', t.relname, a.attname) from tables t
		join pg_attribute a on a.attrelid = t.oid and a.attname in ('created_at', 'updated_at')
		where has_column_privilege('authenticated', t.oid, a.attnum, 'insert')
			or has_column_privilege('authenticated', t.oid, a.attnum, 'update')`},

	{name: "keys are one uuid that the database makes", except: otherKeys, sql: tablesCTE + `
		select t.relname from tables t
		where not exists (
			select from pg_constraint k
			join pg_attribute a on a.attrelid = t.oid and a.attnum = k.conkey[1] and a.atttypid = 'uuid'::regtype
			join pg_attrdef d on d.adrelid = t.oid and d.adnum = a.attnum
			where k.conrelid = t.oid and k.contype = 'p' and cardinality(k.conkey) = 1
				and pg_get_expr(d.adbin, d.adrelid) = 'gen_random_uuid()')`},

	{name: "a key that a client may choose is never used twice", sql: tablesCTE + `
		select t.relname from tables t
		join pg_constraint k on k.conrelid = t.oid and k.contype = 'p' and cardinality(k.conkey) = 1
		join pg_attribute a on a.attrelid = t.oid and a.attnum = k.conkey[1] and a.atttypid = 'uuid'::regtype
		where has_column_privilege('authenticated', t.oid, a.attnum, 'insert')
			-- Each for the statement, after it, always, with the key: insert refuses, delete keeps.
			and not array(select (g.tgtype, p.proname, split_part(encode(g.tgargs, 'escape'), '\000', 1))::text
				from pg_trigger g join pg_proc p on p.oid = g.tgfoid
				where g.tgrelid = t.oid and g.tgenabled = 'O' and g.tgqual is null) @> array[
					(4::int2, 'refuse_deleted_keys'::name, a.attname::text)::text, (8::int2, 'keep_deleted_keys'::name, a.attname::text)::text]`},

	{name: "a deleted row of a project is known to the project's members", sql: tablesCTE + `
		select t.relname from tables t
		join pg_trigger g on g.tgrelid = t.oid and g.tgfoid = 'private.keep_deleted_keys'::regproc
		where exists (select from pg_attribute a where a.attrelid = t.oid and a.attname = 'project_id')
			and t.relname <> 'notification_channels' -- for owners and admins, who read them anew
			and split_part(encode(g.tgargs, 'escape'), '\000', 2) <> 'project_id'`},

	{name: "a published row's deletion is kept, for its deletion isn't published", sql: `
		select p.tablename from pg_publication_tables p
		where p.pubname = 'supabase_realtime' and p.tablename <> 'deleted_rows' and not exists (
			select from pg_trigger g where g.tgrelid = format('%I.%I', p.schemaname, p.tablename)::regclass
				and g.tgfoid = 'private.keep_deleted_keys'::regproc and g.tgenabled = 'O')`},

	{name: "no name was cut off at 63 bytes", sql: `
		select name from (
			select polname::text from pg_policy
			union all select conname from pg_constraint where connamespace = 'public'::regnamespace
			union all select relname from pg_class where relnamespace = 'public'::regnamespace
			union all select t.tgname from pg_trigger t join pg_class c on c.oid = t.tgrelid
				where c.relnamespace = 'public'::regnamespace and not t.tgisinternal
			union all select proname from pg_proc where pronamespace::regnamespace::text in ('public', 'private')
		) names (name) where octet_length(name) >= 63`},

	{name: "views show what the caller may see", sql: `
		select c.relname from pg_class c
		where c.relnamespace = 'public'::regnamespace
			and (c.relkind = 'm' or c.relkind = 'v' and not coalesce(c.reloptions @> '{security_invoker=true}', false))`},
}

// TestCatalog reads the rules every table, policy and function keeps from the catalog, so that
// a new one can't be forgotten.
func TestCatalog(t *testing.T) {
	t.Parallel()
	conn := MustConnect(t)
	for _, rule := range catalogRules {
		t.Run(rule.name, func(t *testing.T) {
			broken := MustStrings(t, conn, rule.sql)
			for _, name := range broken {
				if _, excepted := rule.except[name]; !excepted {
					t.Errorf("broken by: %s", name)
				}
			}
			for name := range rule.except {
				if !slices.Contains(broken, name) {
					t.Errorf("the exception %q isn't one any more: take it off the list", name)
				}
			}
		})
	}
}

// TestCatalogRulesBite breaks rules on purpose, in a transaction that is rolled back: a rule
// that finds nothing because its query is wrong would be no rule.
func TestCatalogRulesBite(t *testing.T) {
	t.Parallel()
	tx := MustBegin(t)
	// On new tables alone: nothing that others use is locked meanwhile.
	if _, err := tx.Exec(Deadline(t), `
		create table public.folders (
			folder_id uuid primary key, owner uuid not null, name text, updated_at timestamptz, unique (folder_id, owner));
		create table public.notes (
			note_id integer primary key, folder_id uuid, project_id uuid, owner uuid not null, body text, updated_at timestamptz,
			foreign key (folder_id, owner) references public.folders (folder_id, owner) on delete set null);
		grant all on public.notes to authenticated;
		grant select on public.notes to anon;
		grant select on public.folders to authenticated;
		create policy p on public.notes using (owner = auth.uid());
		create policy q on public.notes for update using (private.my_org_id() is not null);
		create policy w on public.folders for update to authenticated using (true);
		create policy "A policy is a sentence that can be too long for the catalogue to" on public.folders
			for select to authenticated using (true);
		create function public.peek() returns uuid language sql security definer as 'select auth.uid()';
		grant execute on function public.peek() to public;
		create function private.tells(sprint_id uuid) returns json language plpgsql stable security definer as 'begin return null; end';
		grant execute on function private.tells(uuid) to authenticated;
		create function public.hides() returns uuid language sql stable as 'select auth.uid()';
		revoke all on function public.hides() from public, authenticated;
		comment on column public.folders.folder_id is 'Key.';
		grant all on public.folders to service_role;
		create function private.looks() returns trigger language plpgsql security definer as 'begin return null; end';
		grant execute on function private.looks() to authenticated;
		create type public.mood as enum ('fine');
		create view public.all_profiles as select * from public.profiles;
		create trigger t after delete on public.notes referencing old table as deleted
			for each statement execute function private.keep_deleted_keys('note_id');
		grant insert on public.folders to authenticated;
		alter publication supabase_realtime add table public.folders;
		grant usage on schema private to anon;
		alter default privileges in schema public grant select on tables to anon`); err != nil {
		t.Fatalf("tx.Exec: %v", err)
	}
	for _, rule := range catalogRules {
		var found []string
		for _, name := range MustStrings(t, tx, rule.sql) {
			if _, excepted := rule.except[name]; !excepted {
				found = append(found, name)
			}
		}
		if len(found) == 0 {
			t.Errorf("the rule %q: got nothing on the broken tables, want something", rule.name)
		}
	}
}

func TestRealtimePublication(t *testing.T) {
	t.Parallel()
	got := MustStrings(t, MustConnect(t), `select schemaname || '.' || tablename from pg_publication_tables
		where pubname = 'supabase_realtime' order by 1`)
	want := make([]string, len(realtimeTables))
	for i, name := range realtimeTables {
		want[i] = "public." + name
	}
	if !slices.Equal(got, want) {
		t.Errorf("supabase_realtime publishes %v, want %v", got, want)
	}
	// Realtime applies no policy to a deletion: strangers would learn the keys of what others delete.
	verbs := MustStrings(t, MustConnect(t), `select concat_ws(' ', case when pubinsert then 'insert' end, case when pubupdate then 'update' end,
		case when pubdelete then 'delete' end, case when pubtruncate then 'truncate' end) from pg_publication where pubname = 'supabase_realtime'`)
	if !slices.Equal(verbs, []string{"insert update"}) {
		t.Errorf("supabase_realtime publishes the verbs %v, want insert and update alone", verbs)
	}
}

func TestEnums(t *testing.T) {
	t.Parallel()
	rows, err := MustConnect(t).Query(Deadline(t), `
		select t.typname::text, string_agg(e.enumlabel, ', ' order by e.enumsortorder)
		from pg_type t join pg_enum e on e.enumtypid = t.oid
		where t.typnamespace = 'public'::regnamespace group by 1`)
	if err != nil {
		t.Fatalf("Query: %v", err)
	}
	type enum struct{ Name, Labels string }
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[enum])
	if err != nil {
		t.Fatalf("pgx.CollectRows: %v", err)
	}
	for _, e := range found {
		want, listed := enums[e.Name]
		switch {
		case !listed:
			t.Errorf("enum %s (%s) is not listed in this test", e.Name, e.Labels)
		case want != e.Labels:
			t.Errorf("enum %s is %s, want %s", e.Name, e.Labels, want)
		}
	}
	if len(found) != len(enums) {
		names := make([]string, len(found))
		for i, e := range found {
			names[i] = e.Name
		}
		t.Errorf("%d enums listed, found %d: %s", len(enums), len(found), strings.Join(names, ", "))
	}
}

// A table of which every column has a comment is named by itself when its own is missing.
func TestCatalogNamesTheTableWithoutComment(t *testing.T) {
	t.Parallel()
	tx := MustBegin(t)
	if _, err := tx.Exec(Deadline(t), `
		create table public.shelves (shelf_id uuid primary key);
		comment on column public.shelves.shelf_id is 'Key.'`); err != nil {
		t.Fatalf("tx.Exec: %v", err)
	}
	for _, rule := range catalogRules {
		if rule.name != "every table and column has a comment" {
			continue
		}
		if got := MustStrings(t, tx, rule.sql); !slices.Equal(got, []string{"shelves"}) {
			t.Errorf("tables and columns without a comment: got %q, want the table shelves alone", got)
		}
		return
	}
	t.Error("the rule that every table and column has a comment: got none, want it")
}
