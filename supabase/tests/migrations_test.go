package tests

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var migrationName = regexp.MustCompile(`^(\d{14})_[a-z]+(_[a-z]+)*\.sql$`)

// beginsInTime is a file whose first statements are the two timeouts.
var beginsInTime = regexp.MustCompile(`^(--[^\n]*\n|\n)+set lock_timeout = '[1-5]s';\nset statement_timeout = '([1-9]\d?s|1\d\ds|[12]min)';\n`)

var (
	ownLine = regexp.MustCompile(`(?m)^\s*--.*$`)
	bound   = regexp.MustCompile(`(?i)\b(lock|statement)_timeout\b`)
	lifts   = regexp.MustCompile(`(?i)\b(reset|discard)\s+all\b`)
	// A function's own bound counts when somebody calls it, not here.
	ofCalls = regexp.MustCompile(`(?m)^(language [^\n;]*) set statement_timeout = '[1-9]\d?s'( as \$)`)
)

// lifted reports whether a migration may change its bounds after it has set them.
func lifted(sql string) bool {
	sql = ofCalls.ReplaceAllString(ownLine.ReplaceAllString(sql, ""), "$1$2")
	return len(bound.FindAllString(sql, -1)) != 2 || lifts.MatchString(sql)
}

func TestLifted(t *testing.T) {
	t.Parallel()
	const begins = "-- A lock_timeout.\nset lock_timeout = '5s';\nset statement_timeout = '30s';\n"
	for sql, want := range map[string]bool{
		"": false, "-- no statement_timeout here\nselect 1;": false,
		"set lock_timeout = 0;": true, "SET STATEMENT_TIMEOUT = 0;": true, "select set_config('statement_timeout', '0', false);": true,
		"language sql set search_path = '' set statement_timeout = '60s' as $$ $$;": false, "language sql set statement_timeout = 0 as $$ $$;": true,
		"reset  statement_timeout;": true, "RESET ALL;": true, "discard all;": true,
	} {
		if got := lifted(begins + sql); got != want {
			t.Errorf("%s: lifts a timeout: got %t, want %t", sql, got, want)
		}
	}
}

// TestMigrations looks at the files: a name that the CLI sorts and applies, the subject in the
// first line, no waiting and no working without end, nothing in capitals but what must be.
func TestMigrations(t *testing.T) {
	t.Parallel()
	for _, version := range mustListMigrations(t) {
		t.Run(version.name, func(t *testing.T) {
			if version.sql[:3] != "-- " {
				t.Error("the first line says what the file is about, as a comment")
			}
			if !beginsInTime.MatchString(version.sql) {
				t.Error("after the comment set lock_timeout (5s at most) and statement_timeout (2min at most) first: a migration that waits for a lock stops everybody behind it, and so does one that holds its own for long")
			}
			if lifted(version.sql) {
				t.Error("what a migration sets first is what it runs inside: lock_timeout and statement_timeout once each, and no reset or discard of all")
			}
			for _, shouted := range regexp.MustCompile(`(?m)^(CREATE|ALTER|GRANT|SELECT|INSERT|UPDATE|DELETE|REVOKE|COMMENT)\b`).FindAllString(version.sql, -1) {
				t.Errorf("%s: SQL is written in lower case", shouted)
			}
			for _, policy := range regexp.MustCompile(`(?m)^create policy "([^"]*)"`).FindAllStringSubmatch(version.sql, -1) {
				if len(policy[1]) > 62 {
					t.Errorf("policy %q is cut off at 63 bytes: it has %d", policy[1], len(policy[1]))
				}
			}
		})
	}
}

// onTable finds what a migration makes of a table, or says of it: the table itself, a change of it, its policies, indexes
// and comments. Triggers are left out: they belong to the subject that they serve.
var onTable = regexp.MustCompile(`(?m)^(?:create table (\S+)|alter table (?:only |if exists )*(\S+)|create policy "[^"]*" on (\S+)|` +
	`create (?:unique )?index (?:if not exists )?\S+ on (\S+)|comment on table (\S+)|comment on column (\w+\.\w+)\.)`)

// tablesOf returns the tables that a migration makes or changes.
func tablesOf(sql string) map[string]bool {
	tables := map[string]bool{}
	for _, found := range onTable.FindAllStringSubmatch(sql, -1) {
		tables[strings.TrimRight(strings.Join(found[1:], ""), "(;,")] = true
	}
	return tables
}

// TestMigrationsHaveOneSubject finds a migration that has parts of two subjects: what it says of tables is all of tables
// that one file has made, its own or an earlier one.
func TestMigrationsHaveOneSubject(t *testing.T) {
	t.Parallel()
	migrations := mustListMigrations(t)
	madeIn := map[string]string{} // by table
	for _, m := range migrations {
		for _, found := range regexp.MustCompile(`(?m)^create (?:table|(?:materialized )?view) (\S+)`).FindAllStringSubmatch(m.sql, -1) {
			madeIn[found[1]] = m.name
		}
	}
	if len(madeIn) < 20 {
		t.Fatalf("the migrations make %d tables and views, want at least 20", len(madeIn))
	}
	for _, m := range migrations {
		subjects := map[string][]string{}
		for table := range tablesOf(m.sql) {
			subjects[madeIn[table]] = append(subjects[madeIn[table]], table)
		}
		if len(subjects) > 1 {
			t.Errorf("%s has parts of %d subjects, want one file for each: %v", m.name, len(subjects), subjects)
		}
	}
}

func TestTablesOf(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		"create table public.notes (\n  note_id uuid);":                     "public.notes",
		"alter table public.notes enable row level security;":               "public.notes",
		"create policy \"Notes are read\" on public.notes\n  for select;":   "public.notes",
		"create unique index notes_name on public.notes (note_name);":       "public.notes",
		"comment on column public.notes.note_id is 'Key.';":                 "public.notes",
		"comment on table public.notes is 'Notes.';":                        "public.notes",
		"create trigger notes_touch before update on public.notes":          "",
		"create function private.f() returns trigger\nlanguage sql as $$$$": "",
	} {
		if got := strings.Join(slices.Sorted(maps.Keys(tablesOf(sql))), " "); got != want {
			t.Errorf("%q: got the tables %q, want %q", sql, got, want)
		}
	}
}

// TestMigrationsAreApplied compares the files with what the database says it has.
func TestMigrationsAreApplied(t *testing.T) {
	t.Parallel()
	var answer struct {
		Migrations []struct{ Local, Remote string }
	}
	MustSupabase(t, &answer, "migration", "list")
	if want := len(mustListMigrations(t)); len(answer.Migrations) != want {
		t.Errorf("migrations that the CLI lists: got %d, want %d, one for each file", len(answer.Migrations), want)
	}
	for _, m := range answer.Migrations {
		if m.Local != m.Remote {
			t.Errorf("the CLI lists the file %q and the applied migration %q, want the same version",
				m.Local, m.Remote)
		}
	}
}

type migration struct{ name, sql string }

func mustListMigrations(t *testing.T) []migration {
	t.Helper()
	files, err := filepath.Glob("../migrations/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("files in ../migrations: got %d (%v), want at least one", len(files), err)
	}
	var migrations []migration
	seen := map[string]string{}
	for _, file := range files {
		name := filepath.Base(file)
		match := migrationName.FindStringSubmatch(name)
		if match == nil {
			t.Errorf("%s: not YYYYMMDDHHmmss_<subject>.sql, the subject of lower-case letters and underscores", name)
			continue
		}
		if _, err := time.Parse("20060102150405", match[1]); err != nil {
			t.Errorf("%s: the version is no time: %v", name, err)
		}
		if other, taken := seen[match[1]]; taken {
			t.Errorf("%s has the version of %s", name, other)
		}
		seen[match[1]] = name
		sql, err := os.ReadFile(file)
		if err != nil {
			t.Fatalf("os.ReadFile: %v", err)
		}
		migrations = append(migrations, migration{name, string(sql)})
	}
	return migrations
}
