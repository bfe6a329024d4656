package supabasetest

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Now returns the present moment by the database's clock, which makes and
// dates the data. A test run may set it to another moment than Go's clock.
func Now(tb testing.TB) (now time.Time) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, Env(tb, "DATABASE_URL"))
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if err := conn.QueryRow(ctx, `select now()`).Scan(&now); err != nil {
		tb.Fatal(err)
	}
	return now
}

// seoul is the time zone of a new organization.
var seoul = time.FixedZone("Asia/Seoul", 9*60*60)

// Day returns a day counted from today, in the time zone of a new organization
// and by the database's clock. The next call may already be in the next day.
func Day(tb testing.TB, from int) string {
	tb.Helper()
	return DayOf(Now(tb), from)
}

// DayOf returns a day counted from the day of the moment, in the time zone of
// a new organization. Views tell their moment as as_of.
func DayOf(moment time.Time, from int) string {
	return moment.In(seoul).AddDate(0, 0, from).Format(time.DateOnly)
}
