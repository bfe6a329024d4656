package tests

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// TestPgTAP runs every .sql file of this folder on a connection of its own and makes each
// assertion a subtest. The files roll back what they do.
func TestPgTAP(t *testing.T) {
	t.Parallel()
	mustInstallPgTAP(t)
	files, err := filepath.Glob("*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no pgTAP files here (%v)", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(file, ".sql"), func(t *testing.T) {
			t.Parallel()
			runPgTAP(t, file)
		})
	}
}

// installPgTAP makes what `supabase test db` makes. The files would each make it too, and
// wait for each other. The grants are needed where the extension's functions belong to
// postgres, whose functions nobody may call by default: here, but not on Supabase, where they
// belong to the superuser.
//
// Once for all tests: two sessions that make an extension at the same moment get in each
// other's way.
var installPgTAP = sync.OnceValue(func() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, `
		create extension if not exists pgtap with schema extensions;
		do $$
		declare
			f regprocedure;
		begin
			for f in
				select p.oid from pg_proc p
				join pg_depend d on d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
				join pg_extension e on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid
				where e.extname = 'pgtap' and not has_function_privilege('anon', p.oid, 'execute')
			loop
				execute format('grant execute on function %s to anon, authenticated, service_role', f);
			end loop;
		end $$`)
	return errors.Join(err, conn.Close(ctx))
})

func mustInstallPgTAP(t *testing.T) {
	t.Helper()
	MustEnv(t, "DATABASE_URL")
	if err := installPgTAP(); err != nil {
		t.Fatalf("install pgTAP: %v", err)
	}
}

func runPgTAP(t *testing.T, file string) {
	conn := MustConnect(t).PgConn()
	var output []string
	for _, part := range mustSplit(t, file) {
		results := conn.Exec(Deadline(t), part.sql)
		for results.NextResult() {
			reader := results.ResultReader()
			for reader.NextRow() {
				if values := reader.Values(); len(values) > 0 && len(values[0]) > 0 {
					output = append(output, strings.Split(string(values[0]), "\n")...)
				}
			}
		}
		if err := results.Close(); err != nil {
			// What was asserted before the error is reported all the same.
			t.Errorf("%s: %s\nthe last line before: %s", part.where(err), describe(err), slices.Concat([]string{"none"}, output)[len(output)])
			break
		}
	}

	tap := parseTAP(output)
	for _, a := range tap.assertions {
		t.Run(a.description, func(t *testing.T) {
			if !a.ok {
				t.Errorf("%s: assertion %d: %s\n%s", file, a.number, a.description, strings.Join(a.diagnostics, "\n"))
			}
		})
	}
	if tap.planned != len(tap.assertions) {
		t.Errorf("assertions of %s: got %d, want the %d planned ones", file, len(tap.assertions), tap.planned)
	}
	if len(tap.assertions) == 0 {
		t.Errorf("assertions of %s: got none, want some", file)
	}
}

// A part of a file that goes to the server as one string of statements.
type part struct {
	file string
	line int // of the first character of sql
	sql  string
}

// mustSplit does what psql does with \ir, the only meta-command the files use: the named
// file runs in its place.
func mustSplit(t *testing.T, file string) []part {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("os.ReadFile: %v", err)
	}
	var parts []part
	pending := part{file: file, line: 1}
	for i, line := range strings.SplitAfter(string(text), "\n") {
		if !strings.HasPrefix(line, `\`) {
			pending.sql += line
			continue
		}
		included, found := strings.CutPrefix(strings.TrimSpace(line), `\ir `)
		if !found {
			t.Fatalf("%s:%d: only \\ir is understood", file, i+1)
		}
		parts = append(parts, pending)
		parts = append(parts, mustSplit(t, filepath.Join(filepath.Dir(file), included))...)
		pending = part{file: file, line: i + 2}
	}
	return append(parts, pending)
}

// where names the line that a server's error points at.
func (p part) where(err error) string {
	line := p.line
	if e, ok := err.(*pgconn.PgError); ok && e.Position > 0 {
		before := []rune(p.sql)[:e.Position-1]
		line += strings.Count(string(before), "\n")
	}
	return fmt.Sprintf("%s:%d", p.file, line)
}

func describe(err error) string {
	e, ok := err.(*pgconn.PgError)
	if !ok {
		return err.Error()
	}
	lines := []string{fmt.Sprintf("%s (%s)", e.Message, e.Code)}
	for _, more := range []string{e.Detail, e.Hint, e.InternalQuery, e.Where} {
		if more != "" {
			lines = append(lines, more)
		}
	}
	return strings.Join(lines, "\n")
}

type assertion struct {
	number      int
	ok          bool
	description string
	diagnostics []string
}

type tapOutput struct {
	planned    int
	assertions []assertion
}

var (
	tapPlan = regexp.MustCompile(`^1\.\.(\d+)$`)
	tapLine = regexp.MustCompile(`^(not )?ok (\d+)(?: - (.*))?$`)
)

// parseTAP reads TAP; lines that are neither plan, assertion nor diagnostic are the rows of
// other statements.
func parseTAP(lines []string) tapOutput {
	var tap tapOutput
	for _, line := range lines {
		if m := tapPlan.FindStringSubmatch(line); m != nil {
			_, _ = fmt.Sscan(m[1], &tap.planned) // digits by the pattern
		} else if m := tapLine.FindStringSubmatch(line); m != nil {
			a := assertion{ok: m[1] == "", description: m[3]}
			_, _ = fmt.Sscan(m[2], &a.number)
			if a.description == "" {
				a.description = fmt.Sprintf("assertion %d", a.number)
			}
			tap.assertions = append(tap.assertions, a)
		} else if n := len(tap.assertions); n > 0 && strings.HasPrefix(line, "#") {
			tap.assertions[n-1].diagnostics = append(tap.assertions[n-1].diagnostics, line)
		}
	}
	return tap
}

func TestParseTAP(t *testing.T) {
	t.Parallel()
	tap := parseTAP([]string{
		"1..3", "", "ok 1 - the owner sees it", "a row", "not ok 2 - the viewer doesn't",
		"# Failed test 2: \"the viewer doesn't\"", "#     Unexpected records:", "ok 3",
	})
	if tap.planned != 3 || len(tap.assertions) != 3 {
		t.Fatalf("the parsed output: got %+v, want 3 assertions planned and made", tap)
	}
	second := tap.assertions[1]
	if second.ok || second.description != "the viewer doesn't" || len(second.diagnostics) != 2 {
		t.Errorf("the second assertion: got %+v, want it failed, with its description and 2 lines of diagnostics",
			second)
	}
	if third := tap.assertions[2]; !third.ok || third.description != "assertion 3" {
		t.Errorf("the third assertion: got %+v, want it passed as assertion 3", third)
	}
}
