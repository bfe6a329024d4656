package tests

import (
	"context"
	"fmt"
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
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
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

// MustNow returns the database's time, which need not be the test's.
func MustNow(tb testing.TB) (now time.Time) {
	tb.Helper()
	if err := MustConnect(tb).QueryRow(Deadline(tb), "select now()").Scan(&now); err != nil {
		tb.Fatalf("ask for the database's time: %v", err)
	}
	return now
}

// MustNoon returns a time zone in which it is between noon and one o'clock by the database's clock, and the day there:
// for a test that needs several moments of one day, whenever it runs.
func MustNoon(tb testing.TB) (zone *time.Location, day string) {
	tb.Helper()
	utc := MustNow(tb).UTC()
	name := "Etc/GMT" // the sign of these names is the opposite of the offset's
	if hours := utc.Hour() - 12; hours != 0 {
		name = fmt.Sprintf("Etc/GMT%+d", hours)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		tb.Fatalf("load %s: %v", name, err)
	}
	return zone, utc.In(zone).Format(time.DateOnly)
}

// Deadline bounds what a test may wait for, so that a lock held by mistake fails that test
// and not the whole run.
func Deadline(tb testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
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
