package tests

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// maxColumns is how long a line of a migration may be, in characters.
const maxColumns = 120

// Functions of private that are named by one word, and why that says enough.
var oneWordFunctions = map[string]string{
	"private.ratio": "it returns one",
}

var (
	makesFunction = regexp.MustCompile(`(?i)\bcreate\s+(or\s+replace\s+)?(function|procedure|aggregate)\b`)
	// As all of them are written: at the beginning of a line, with the schema.
	writtenFunction = regexp.MustCompile(`(?m)^(create|create or replace|drop) function (?:if exists )?((?:public|private)\.\w+)\(`)
	altersFunction  = regexp.MustCompile(`(?i)\balter\s+(function|procedure|routine)\b`)
	readsDefinition = regexp.MustCompile(`(?i)\b(pg_get_functiondef|pg_get_function_sqlbody|pg_get_viewdef|prosrc)\b`)
	buildsStatement = regexp.MustCompile(`(?is)\bexecute\s+(format\s*\(\s*)?[eE]?'\s*(create|alter|drop)\b`)
)

// faultsOfText returns what in the migrations, in their order, keeps the text of a function from being the function
// that the database runs, and the functions that they leave.
func faultsOfText(migrations []migration) (faults []string, functions map[string]string) {
	functions = map[string]string{} // the file that a function is written in
	for _, m := range migrations {
		sql := ownLine.ReplaceAllString(m.sql, "")
		fault := func(format string, arguments ...any) {
			faults = append(faults, m.name+": "+fmt.Sprintf(format, arguments...))
		}
		created := 0
		for _, match := range writtenFunction.FindAllStringSubmatch(sql, -1) {
			verb, name := match[1], match[2]
			before, exists := functions[name]
			switch {
			case verb == "drop":
				delete(functions, name)
				continue
			case before == m.name:
				fault("%s is written twice", name)
			case verb == "create" && exists:
				fault("%s is in %s: to change it, restate it whole with create or replace", name, before)
			case verb == "create or replace" && !exists:
				fault("%s is new: write create, which fails if there is one already", name)
			}
			created++
			functions[name] = m.name
		}
		if made := len(makesFunction.FindAllString(sql, -1)); made != created {
			fault("%d functions, of which %d begin a line as create function <schema>.<name>(", made, created)
		}
		if altersFunction.MatchString(sql) {
			fault("alter function: restate the function whole, with its settings, so that its text stays true")
		}
		if found := readsDefinition.FindString(sql); found != "" {
			fault("%s: a function is written out, not derived from the one before", found)
		}
		if found := buildsStatement.FindString(sql); found != "" {
			fault("%s …: write the statement, so that what the database has stands in a file", strings.TrimSpace(found))
		}
	}
	return faults, functions
}

func TestFaultsOfText(t *testing.T) {
	t.Parallel()
	const first = "create function private.add_one(n integer) returns integer\nlanguage sql as 'select n + 1';\n"
	for _, test := range []struct{ name, later, want string }{
		{"restated", "create or replace function private.add_one(n integer) returns integer\nlanguage sql as 'select 1 + n';", ""},
		{"with other arguments", "drop function private.add_one(integer);\ncreate function private.add_one(n bigint) returns bigint\nlanguage sql as 'select n';", ""},
		{"created again", first, "restate it whole"},
		{"twice in a file", strings.Repeat("create or replace function private.add_one(n integer) returns integer\nlanguage sql as 'select n';\n", 2), "written twice"},
		{"replaced without being there", "create or replace function private.add_two(n integer) returns integer\nlanguage sql as 'select n';", "is new"},
		{"without a schema", "create function add_two(n integer) returns integer language sql as 'select n';", "1 functions, of which 0"},
		{"in a block", "do $$ begin\n  create function private.add_two(n integer) returns integer language sql as 'select n';\nend $$;", "1 functions, of which 0"},
		{"altered", "ALTER FUNCTION private.add_one(integer) stable;", "alter function"},
		{"derived", "do $$ declare d text := pg_get_functiondef('private.add_one'::regproc); begin execute replace(d, '1', '2'); end $$;", "pg_get_functiondef"},
		{"built", "do $$ begin execute format('create trigger %I after insert on public.tasks execute function private.f()', 'a'); end $$;", "write the statement"},
		{"built of parts", "do $$ begin execute E' DROP ' || 'table public.tasks'; end $$;", "write the statement"},
		{"only named", "-- create function private.add_two( is how one begins; pg_get_functiondef isn't.\nselect 1;", ""},
	} {
		faults, _ := faultsOfText([]migration{{"1_first.sql", first}, {"2_later.sql", test.later}})
		switch {
		case test.want == "" && len(faults) > 0:
			t.Errorf("%s: got the faults %q, want none", test.name, faults)
		case test.want != "" && (len(faults) != 1 || !strings.Contains(faults[0], test.want)):
			t.Errorf("%s: got the faults %q, want one with %q", test.name, faults, test.want)
		}
	}
}

// TestFunctionText holds the migrations to one text for each function, and the catalog to these texts: what the
// database runs stands in a file, whole.
func TestFunctionText(t *testing.T) {
	t.Parallel()
	faults, functions := faultsOfText(mustListMigrations(t))
	for _, fault := range faults {
		t.Error(fault)
	}
	// Each name once: there are no overloads, which PostgREST can't tell apart.
	live := MustStrings(t, MustConnect(t), `
		select format('%s.%s', p.pronamespace::regnamespace, p.proname) from pg_proc p
		where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
			and not exists (select from pg_depend d where d.objid = p.oid and d.classid = 'pg_proc'::regclass and d.deptype = 'e')
		order by 1`)
	if written := slices.Sorted(maps.Keys(functions)); !slices.Equal(written, live) {
		t.Errorf("written, but not in the database: %v; in the database, but not written: %v", without(written, live), without(live, written))
	}
	for _, name := range live {
		_, excepted := oneWordFunctions[name]
		if short := strings.HasPrefix(name, "private.") && !strings.Contains(name, "_"); short != excepted {
			t.Errorf("%s: a function is named by a verb, or by what it returns; one word says neither", name)
		}
	}
}

// without returns the names that the other list hasn't, as often as it hasn't.
func without(names, others []string) []string {
	var left []string
	for _, name := range names {
		if i := slices.Index(others, name); i >= 0 {
			others = slices.Delete(slices.Clone(others), i, i+1)
		} else {
			left = append(left, name)
		}
	}
	return left
}

// TestMigrationLines finds lines that don't fit beside another file in a review.
func TestMigrationLines(t *testing.T) {
	t.Parallel()
	for _, m := range mustListMigrations(t) {
		for i, line := range strings.Split(m.sql, "\n") {
			if columns := utf8.RuneCountInString(line); columns > maxColumns {
				t.Errorf("%s:%d has %d columns, %d at most", m.name, i+1, columns, maxColumns)
			}
		}
	}
}
