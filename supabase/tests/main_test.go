package tests

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// MustEnv returns a variable that the stack gives to the command it runs.
func MustEnv(tb testing.TB, name string) string {
	tb.Helper()
	value := os.Getenv(name)
	if value == "" {
		tb.Fatalf("%s is not set: start with: go tool task test", name)
	}
	return value
}

// MustConnect opens a connection of its own to the stack's database, as the role postgres,
// and closes it when the test ends: what is not committed by then is rolled back.
func MustConnect(tb testing.TB) *pgx.Conn {
	tb.Helper()
	conn, err := pgx.Connect(Deadline(tb), MustEnv(tb, "DATABASE_URL"))
	if err != nil {
		tb.Fatalf("connect to DATABASE_URL: %v", err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := conn.Close(ctx); err != nil {
			tb.Errorf("close the connection: %v", err)
		}
	})
	return conn
}

// MustBegin opens a transaction on a connection of its own that is rolled back when the test ends.
func MustBegin(tb testing.TB) pgx.Tx {
	tb.Helper()
	tx, err := MustConnect(tb).Begin(Deadline(tb))
	if err != nil {
		tb.Fatalf("begin: %v", err)
	}
	return tx
}

// Deadline bounds what a test may wait for, so that a lock held by mistake fails that test
// and not the whole run.
func Deadline(tb testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	tb.Cleanup(cancel)
	return ctx
}

// querier is a connection or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// MustStrings returns the first column of a query's rows.
func MustStrings(tb testing.TB, db querier, sql string, args ...any) []string {
	tb.Helper()
	rows, err := db.Query(Deadline(tb), sql, args...)
	if err != nil {
		tb.Fatalf("query: %v\n%s", err, sql)
	}
	values, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		tb.Fatalf("query: %v\n%s", err, sql)
	}
	return values
}
