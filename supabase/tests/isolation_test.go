package tests

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// TestIsolation tries every verb on every table as every role, in the own organization and in
// the other one, against the expectations of matrix. Each role works in a transaction of its own
// with two complete organizations, each try in a savepoint: nothing stays, whatever is there.
func TestIsolation(t *testing.T) {
	t.Parallel()
	roles := slices.Concat(everybody, people{anonymous, service})
	for _, role := range roles {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			world := mustMakeWorld(t)
			for _, side := range []string{"", "foreign_"} {
				name := map[string]string{"": "own organization", "foreign_": "other organization"}[side]
				t.Run(name, func(t *testing.T) {
					for _, a := range matrix {
						for _, try := range a.tries(role, side) {
							t.Run(try.name, func(t *testing.T) {
								if got := world.attempt(t, role, try); got != try.want {
									t.Errorf("%s in the %s: %s\n%s\ngot %s, want %s", role, name, try.name, try.sql, got, try.want)
								}
							})
						}
					}
				})
			}
		})
	}
}

// A try is one statement and what must come of it: "1 row", "no row" or an SQLSTATE.
type try struct {
	name, sql, want string
}

const (
	oneRow  = "1 row"
	noRow   = "no row"
	refused = "42501"
	// PostgreSQL says so before it asks for rights.
	unwritable = "55000"
)

// tries lists what a role tries with a table in one of the organizations.
func (a access) tries(role, side string) []try {
	verbs := []struct {
		name, sql string
		allowed   people
	}{
		{"select", "select from public." + a.table + " where " + a.row, a.read},
		{"insert", "insert into public." + a.table + " " + a.insert, a.add},
		{"update", "update public." + a.table + " set " + a.set + " where " + a.row, a.change},
		{"delete", "delete from public." + a.table + " where " + a.row, a.remove},
	}
	var tries []try
	for _, verb := range verbs {
		one := try{name: a.table + ", " + verb.name, sql: fill(verb.sql, role, side)}
		if a.whose != "" {
			one.name = a.table + ", " + a.whose + ", " + verb.name
		}
		switch {
		case a.view && verb.name != "select":
			one.want = unwritable
		case role == service:
			if a.service == "" {
				continue // the service is nobody, so it has nothing of its own
			}
			one.want = refused
			if strings.Contains(a.service, verb.name) {
				one.want = oneRow
			}
		case a.mine != nil && verb.name != "insert" && (side != "" || !slices.Contains(a.mine, role)) && role != anonymous:
			continue // there is no such row
		case role == anonymous || verb.allowed == nil:
			one.want = refused
		case side == "" && slices.Contains(verb.allowed, role):
			one.want = oneRow
		case verb.name == "insert":
			one.want = refused
		default:
			one.want = noRow
		}
		tries = append(tries, one)
	}
	return tries
}

var placeholder = regexp.MustCompile(`\{(\w+)\}`)

// fill puts the ids of one organization into a statement.
func fill(sql, role, side string) string {
	return placeholder.ReplaceAllStringFunc(sql, func(name string) string {
		name = strings.Trim(name, "{}")
		switch {
		case name != "me":
			return "pg_temp.id('" + side + name + "')"
		case role == anonymous:
			return "gen_random_uuid()"
		default:
			return "pg_temp.id('" + role + "')"
		}
	})
}

// A world is the two organizations, in a transaction that is rolled back.
type world struct {
	ctx context.Context
	tx  pgx.Tx
}

func mustMakeWorld(t *testing.T) world {
	t.Helper()
	personas, err := os.ReadFile("personas.psql")
	if err != nil {
		t.Fatalf("os.ReadFile: %v", err)
	}
	mustInstallPgTAP(t)
	w := world{ctx: Deadline(t), tx: MustBegin(t)}
	// More than one statement: the simple protocol.
	if _, err := w.tx.Exec(w.ctx, string(personas), pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatalf("personas.psql: %v", err)
	}
	if _, err := w.tx.Exec(w.ctx, isolationWorld); err != nil {
		t.Fatalf("isolationWorld: %v", err)
	}
	return w
}

// attempt makes a try as a role and takes it back.
func (w world) attempt(t *testing.T, role string, try try) string {
	t.Helper()
	// In one message each: there are some 1,500 of them.
	tag, err := w.tx.Exec(w.ctx, fmt.Sprintf("savepoint try; select pg_temp.become('%s'); %s", role, try.sql),
		pgx.QueryExecModeSimpleProtocol)
	if _, err := w.tx.Exec(w.ctx, "rollback to try; release try", pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatalf("w.tx.Exec: %v", err)
	}
	var refusal *pgconn.PgError
	switch {
	case errors.As(err, &refusal):
		return refusal.Code
	case err != nil:
		t.Fatalf("%s as %s: %v", try.name, role, err)
	case tag.RowsAffected() == 0:
		return noRow
	case tag.RowsAffected() == 1:
		return oneRow
	}
	return fmt.Sprintf("%d rows", tag.RowsAffected())
}

// TestIsolationCoversEveryTable fails for a table, view or function that nobody has thought
// about yet.
func TestIsolationCoversEveryTable(t *testing.T) {
	t.Parallel()
	conn := MustConnect(t)
	listed := map[string]bool{}
	for _, a := range matrix {
		listed[a.table] = true
	}
	found := MustStrings(t, conn, `select relname::text from pg_class
		where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f')`)
	for _, table := range found {
		if !listed[table] {
			t.Errorf("%s is not in the matrix: say in expectations_test.go who may do what with it", table)
		}
		delete(listed, table)
	}
	for table := range listed {
		t.Errorf("the matrix has %s, the database doesn't", table)
	}
}

func TestFunctionGrants(t *testing.T) {
	t.Parallel()
	rows, err := MustConnect(t).Query(Deadline(t), `
		select p.oid::regprocedure::text, string_agg(r.rolname, ', ' order by r.rolname)
		from pg_proc p
		join pg_roles r on r.rolname in ('anon', 'authenticated', 'service_role')
			and has_function_privilege(r.oid, p.oid, 'execute')
		where p.pronamespace::regnamespace::text in ('public', 'private') group by 1`)
	if err != nil {
		t.Fatalf("Query: %v", err)
	}
	type grant struct{ Function, Roles string }
	grants, err := pgx.CollectRows(rows, pgx.RowToStructByPos[grant])
	if err != nil {
		t.Fatalf("pgx.CollectRows: %v", err)
	}
	for _, g := range grants {
		if want := callable[g.Function]; want != g.Roles {
			t.Errorf("roles that may call %s: got %q, want %q", g.Function, g.Roles, want)
		}
	}
	if len(grants) < len(callable) {
		t.Errorf("functions that may be called: got %d, want the %d listed ones", len(grants), len(callable))
	}
}
