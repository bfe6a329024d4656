package tests

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/big"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"pgregory.net/rapid"

	"github.com/mysingle/mysingle/supabase/tests/history"
	"github.com/mysingle/mysingle/supabase/tests/oracle"
)

// TestMain makes 200 the number of random histories. RAPID_CHECKS or -rapid.checks sets another.
func TestMain(m *testing.M) {
	flag.Parse()
	given := os.Getenv("RAPID_CHECKS") != ""
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		if err := flag.Set("rapid.checks", "200"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// TestFigures compares each SQL function's answer with the oracle's on random histories.
func TestFigures(t *testing.T) {
	conn := MustConnect(t)
	rapid.Check(t, func(rt *rapid.T) {
		h := history.Generate(rt)
		if differences := compareFigures(rt, conn, h); len(differences) > 0 {
			rt.Fatalf("%d differences:\n%s\nhistory:\n%s", len(differences), strings.Join(differences[:min(12, len(differences))], "\n"), h)
		}
	})
}

// question is one call of a SQL function, and what the oracle answers.
type question struct {
	about string
	sql   string
	args  []any
	want  any
	code  string // SQLSTATE, where the call is to be refused
}

// questions are all functions at one moment. Of sprints but the first only what is asked of any.
func questions(h *history.History, asOf time.Time) []question {
	o := oracle.New(h, asOf)
	var list []question
	ask := func(want any, function, arguments string, args ...any) {
		list = append(list, question{
			about: h.Short(fmt.Sprintf("%s%v as of %s", function, args, h.Moment(asOf))),
			sql:   fmt.Sprintf("select public.%s(%s as_of => $%d)::text", function, arguments, len(args)+1),
			args:  append(args, asOf), want: want,
		})
	}
	for i, s := range h.Sprints {
		ask(o.Burndown(s.ID), "sprint_burndown", "sprint_id => $1,", s.ID)
		ask(o.Flow(s.ID), "sprint_flow", "sprint_id => $1,", s.ID)
		ask(report(o, s), "sprint_report", "sprint_id => $1,", s.ID)
		ask(o.Workload(s.ID), "sprint_workload", "sprint_id => $1,", s.ID)
		for _, date := range []history.Date{"", s.StartDate, s.EndDate, h.DateOf(asOf).Plus(-1)} {
			want, err := o.ScrumOfDay(s.ID, date)
			if date == "" {
				ask(want, "scrum_of_day", "sprint_id => $1,", s.ID)
			} else {
				ask(want, "scrum_of_day", "sprint_id => $1, date => $2,", s.ID, date)
			}
			if err != nil {
				list[len(list)-1].code = "22023"
			}
		}
		if i == 0 {
			ask(o.Participation(s.StartDate, s.EndDate), "project_participation", "project_id => $1, from_date => $2, to_date => $3,",
				history.ProjectID, s.StartDate, s.EndDate)
		}
	}
	ask(o.Participation("", ""), "project_participation", "project_id => $1,", history.ProjectID)
	ask(o.Throughput(90), "project_throughput", "project_id => $1,", history.ProjectID)
	ask(o.Throughput(5), "project_throughput", "project_id => $1, days => $2,", history.ProjectID, 5)
	ask(o.ProjectImpediments(), "project_impediments", "project_id => $1,", history.ProjectID)
	ask(o.Draft(), "scrum_draft", "")
	return list
}

// report is the live report, or what was frozen when the sprint was closed.
func report(o *oracle.Oracle, s history.Sprint) oracle.Object {
	live := o.Report(s.ID)
	if s.Status != "Completed" || s.CompletedAt.After(o.AsOf) {
		return live
	}
	frozen := oracle.FrozenReport(o.History, s.ID, nil)
	frozen["as_of"], frozen["scope"] = live["as_of"], live["scope"]
	return frozen
}

// insertSnapshots queues the snapshots of sprints that were closed.
func insertSnapshots(batch *pgx.Batch, h *history.History) {
	for _, s := range h.Sprints {
		if s.Status == "Completed" {
			batch.Queue(`insert into public.sprint_snapshots (project_id, sprint_id, moment, figures, taken_at) values ($1, $2, 'close', $3, $4)`,
				history.ProjectID, s.ID, oracle.JSON(oracle.Object{"report": oracle.FrozenReport(h, s.ID, nil)}), s.CompletedAt)
		}
	}
}

func actAs(batch *pgx.Batch, profile string) {
	batch.Queue(`select set_config('request.jwt.claims', $1, true), set_config('role', 'authenticated', true)`,
		fmt.Sprintf(`{"sub": %q, "role": "authenticated"}`, profile))
}

// compareFigures writes a history, asks every function at each of its moments and returns what
// differs from the oracle's answers. It leaves nothing behind.
func compareFigures(tb rapid.TB, conn *pgx.Conn, h *history.History) []string {
	tb.Helper()
	var all []question
	for _, asOf := range h.Moments {
		all = append(all, questions(h, asOf)...)
	}
	for _, last := range []int{6, 1} {
		want := oracle.New(h, time.Now()).Velocity(last)
		delete(want, "as_of") // always now
		all = append(all, question{about: "project_velocity", sql: "select (public.project_velocity(project_id => $1, last => $2)::jsonb - 'as_of')::text",
			args: []any{history.ProjectID, last}, want: want})
	}

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	tx, err := conn.Begin(ctx)
	if err != nil {
		tb.Fatalf("begin: %v", err)
	}
	defer func() {
		if err := tx.Rollback(ctx); err != nil {
			tb.Errorf("rollback: %v", err)
		}
	}()

	batch := &pgx.Batch{}
	h.Insert(batch)
	insertSnapshots(batch, h)
	actAs(batch, h.Caller)
	answers := make([][]byte, len(all))
	for i, q := range all {
		if q.code == "" {
			batch.Queue(q.sql, q.args...).QueryRow(func(row pgx.Row) error {
				if err := row.Scan(&answers[i]); err != nil {
					return fmt.Errorf("%s: %w", q.about, err)
				}
				return nil
			})
		}
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return []string{err.Error()}
	}

	var differences []string
	refused := false
	for i, q := range all {
		if q.code == "" {
			for _, d := range compareJSON(oracle.JSON(q.want), answers[i]) {
				differences = append(differences, h.Short(q.about+" "+d))
			}
		} else if !refused {
			// One is enough: each costs three round trips.
			refused = true
			if code := sqlState(ctx, tx, q); code != q.code {
				differences = append(differences, fmt.Sprintf("%s: SQLSTATE want %s, got %q", q.about, q.code, code))
			}
		}
	}
	return differences
}

// sqlState returns the code with which a call is refused, "" when it isn't.
func sqlState(ctx context.Context, tx pgx.Tx, q question) string {
	savepoint, err := tx.Begin(ctx)
	if err != nil {
		return err.Error()
	}
	_, err = savepoint.Exec(ctx, q.sql, q.args...)
	var refusal *pgconn.PgError
	code := ""
	if errors.As(err, &refusal) {
		code = refusal.Code
	} else if err != nil {
		code = err.Error()
	}
	if err := savepoint.Rollback(ctx); err != nil {
		return err.Error()
	}
	return code
}

// compareJSON returns a line for each place in which two JSON texts differ. Numbers are
// compared as exact decimals, moments as moments.
func compareJSON(want, got []byte) []string {
	var differences []string
	var w, g any
	for text, value := range map[*[]byte]*any{&want: &w, &got: &g} {
		if *text == nil {
			continue // SQL null
		}
		decoder := json.NewDecoder(bytes.NewReader(*text))
		decoder.UseNumber()
		if err := decoder.Decode(value); err != nil {
			return []string{err.Error()}
		}
	}
	compareValues("", w, g, &differences)
	return differences
}

func compareValues(path string, want, got any, differences *[]string) {
	switch w := want.(type) {
	case map[string]any:
		if g, ok := got.(map[string]any); ok {
			for _, name := range slices.Sorted(maps.Keys(w)) {
				if value, there := g[name]; there {
					compareValues(path+"."+name, w[name], value, differences)
				} else {
					*differences = append(*differences, fmt.Sprintf("%s.%s: missing, want %s", path, name, inLine(w[name])))
				}
			}
			for _, name := range slices.Sorted(maps.Keys(g)) {
				if _, there := w[name]; !there {
					*differences = append(*differences, fmt.Sprintf("%s.%s: not wanted, got %s", path, name, inLine(g[name])))
				}
			}
			return
		}
	case []any:
		if g, ok := got.([]any); ok && len(w) == len(g) {
			for i := range w {
				compareValues(fmt.Sprintf("%s[%d]", path, i), w[i], g[i], differences)
			}
			return
		}
	case json.Number:
		if g, ok := got.(json.Number); ok && sameNumber(w, g) {
			return
		}
	case string:
		if g, ok := got.(string); ok && (w == g || sameMoment(w, g)) {
			return
		}
	default: // bool, nil
		if want == got {
			return
		}
	}
	*differences = append(*differences, fmt.Sprintf("%s: want %s, got %s", path, inLine(want), inLine(got)))
}

func sameNumber(a, b json.Number) bool {
	x, okX := new(big.Rat).SetString(a.String())
	y, okY := new(big.Rat).SetString(b.String())
	return okX && okY && x.Cmp(y) == 0
}

func sameMoment(a, b string) bool {
	x, errX := time.Parse(time.RFC3339Nano, a)
	y, errY := time.Parse(time.RFC3339Nano, b)
	return errX == nil && errY == nil && x.Equal(y)
}

func inLine(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
