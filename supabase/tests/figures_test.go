package tests

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
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

// fewer lets a test take a part of the number of random histories.
func fewer(t *testing.T, divisor int) {
	t.Helper()
	checks := flag.Lookup("rapid.checks")
	all := checks.Value.String()
	n, err := strconv.Atoi(all)
	if err != nil {
		t.Fatalf("strconv.Atoi: %v", err)
	}
	set := func(value string) {
		if err := checks.Value.Set(value); err != nil {
			t.Fatalf("checks.Value.Set: %v", err)
		}
	}
	set(strconv.Itoa(max(1, n/divisor)))
	t.Cleanup(func() { set(all) })
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
	function  string
	arguments map[string]any
	want      oracle.Object // nil: the oracle doesn't tell
	code      string        // SQLSTATE, where the call is to be refused
	// current are the parts of the answer that are of the moment of the call, in a closed sprint too.
	current []string
}

// argumentTypes are the parameters of the functions; each is called with all of its own, null
// where a question leaves one to the default.
var argumentTypes = map[string]string{
	"sprint_id": "uuid", "project_id": "uuid", "date": "date", "from_date": "date", "to_date": "date",
	"days": "int", "last": "int", "as_of": "timestamptz", "assignee": "uuid", "priority": "public.task_priority",
}

// sql calls a function once for each row of a JSON array, so that it is planned once.
func (q question) sql() string {
	var given, columns []string
	for _, name := range slices.Sorted(maps.Keys(q.arguments)) {
		given = append(given, name+" => a."+name)
		columns = append(columns, name+" "+argumentTypes[name])
	}
	return fmt.Sprintf("select public.%s(%s)::text from jsonb_to_recordset($1) as a (%s)",
		q.function, strings.Join(given, ", "), strings.Join(columns, ", "))
}

func (q question) String() string {
	var given []string
	for _, name := range slices.Sorted(maps.Keys(q.arguments)) {
		value := q.arguments[name]
		if day, ok := value.(*history.Date); ok && day != nil {
			value = *day
		}
		given = append(given, fmt.Sprint(name, " => ", value))
	}
	return fmt.Sprintf("%s(%s)", q.function, strings.Join(given, ", "))
}

// questions are all functions at each of the history's moments, and of one of its other sprints
// at the first. A call costs the database 10 ms to plan, so none is made that tells nothing new.
func questions(h *history.History) []question {
	var list []question
	for i, asOf := range h.Moments {
		o := oracle.New(h, asOf)
		ask := func(function string, want oracle.Object, arguments map[string]any) {
			arguments["as_of"] = asOf
			list = append(list, question{function: function, arguments: arguments, want: want})
		}
		sprints := h.Sprints[:1]
		if others := h.Sprints[1:]; i == 0 && len(others) > 0 {
			sprints = []history.Sprint{h.Sprints[0], others[len(h.Events)%len(others)]}
		}
		date := h.Day
		if i > 0 {
			date = "" // the day closest to today
		}
		for _, s := range sprints {
			ofSprint := func() map[string]any { return map[string]any{"sprint_id": s.ID} }
			ask("sprint_burndown", o.Burndown(s.ID), ofSprint())
			ask("sprint_flow", o.Flow(s.ID), ofSprint())
			ask("sprint_report", report(o, s), ofSprint())
			ask("sprint_workload", o.Workload(s.ID), ofSprint())
			want, err := o.ScrumOfDay(s.ID, date)
			ask("scrum_of_day", want, map[string]any{"sprint_id": s.ID, "date": orNull(date)})
			if err != nil {
				list[len(list)-1].code = "22023"
			}
		}
		from, to, days, last := history.Date(""), history.Date(""), 90, 1
		if i == 0 {
			from, to, days, last = h.Sprints[0].StartDate, h.Sprints[0].EndDate, 5, 6
		}
		ask("project_participation", o.Participation(from, to),
			map[string]any{"project_id": history.ProjectID, "from_date": orNull(from), "to_date": orNull(to)})
		ask("project_throughput", o.Throughput(days), map[string]any{"project_id": history.ProjectID, "days": days})
		ask("project_impediments", o.ProjectImpediments(), map[string]any{"project_id": history.ProjectID})
		ask("project_velocity", o.Velocity(last), map[string]any{"project_id": history.ProjectID, "last": last})
		ask("scrum_draft", o.Draft(), map[string]any{})
	}
	return list
}

func orNull(d history.Date) *history.Date {
	if d == "" {
		return nil
	}
	return &d
}

// report is the live report, or what was frozen when the sprint was closed.
func report(o *oracle.Oracle, s history.Sprint) oracle.Object {
	live := o.Report(s.ID)
	if s.Status != "Completed" || s.CompletedAt.After(o.AsOf) {
		return live
	}
	frozen := oracle.FrozenReport(o.History, s.ID)
	frozen["as_of"], frozen["scope"] = live["as_of"], live["scope"]
	return frozen
}

// insertSnapshots queues the snapshots of sprints that were closed. What is always of the moment
// of the call is not in them.
func insertSnapshots(batch *pgx.Batch, h *history.History) {
	for _, s := range h.Sprints {
		if s.Status == "Completed" {
			frozen := oracle.FrozenReport(h, s.ID)
			delete(frozen, "as_of")
			delete(frozen, "scope")
			batch.Queue(`insert into public.sprint_snapshots (project_id, sprint_id, moment, figures, taken_at) values ($1, $2, 'close', $3, $4)`,
				history.ProjectID, s.ID, oracle.JSON(oracle.Object{"report": frozen, "carried_over_to": frozen["carried_over"].(oracle.Object)["to"]}), s.CompletedAt)
		}
	}
}

// The keys of an organization and a project that the history knows nothing of, and of a task there.
const (
	strangerOrg     = "0000000a-f19e-4000-8000-000000000001"
	strangerProject = "0000000a-f19e-4000-8000-000000000004"
	strangerTask    = "0000000a-f19e-4000-8000-000000000006"
)

// insertStrangers queues another organization's project whose rows have the keys of the history's sprints and tasks, as
// a client could choose them before deleted keys were refused: each event again, with another state, and a task for
// each that the history has deleted. None of it may count.
func insertStrangers(batch *pgx.Batch) {
	batch.Queue(`set local session_replication_role = replica`)
	batch.Queue(`insert into public.organizations (org_id, org_name) values ($1, 'Strangers')`, strangerOrg)
	batch.Queue(`insert into public.projects (project_id, org_id, project_name) values ($1, $2, 'Secret')`, strangerProject, strangerOrg)
	batch.Queue(`insert into public.task_events (project_id, task_id, kind, old_value, new_value, actor, at, sprint_id, status, story_points, assigned_to)
		select $2::uuid, e.task_id, e.kind, case e.kind when 'deleted' then 'Secret' else e.old_value end, e.new_value, e.actor,
			e.at + m.later, coalesce(e.sprint_id, $4::uuid), case e.status when 'Completed' then 'Blocked' else 'Completed' end::public.task_status, 99, e.assigned_to
		from public.task_events e, unnest('{0, 1 microsecond, 1 hour}'::interval[]) m (later)
		where e.project_id = $1
		union all
		select $2::uuid, $3::uuid, k.kind, null, 'Secret', null, min(e.at), $4::uuid, 'Completed', 99, null
		from public.task_events e, unnest('{created,sprint}'::public.task_event_kind[]) k (kind)
		where e.project_id = $1
		group by k.kind`, history.ProjectID, strangerProject, strangerTask, history.SprintID(1))
	batch.Queue(`insert into public.tasks (task_id, project_id, sprint_id, task_name, status, story_points, estimated_time)
		select distinct e.task_id, $2::uuid, $3::uuid, 'Secret', 'Blocked'::public.task_status, 99, 9999
		from public.task_events e
		where e.project_id = $1 and not exists (select from public.tasks t where t.task_id = e.task_id)`,
		history.ProjectID, strangerProject, history.SprintID(1))
	batch.Queue(`set local session_replication_role = origin`)
}

func actAs(batch *pgx.Batch, profile string) {
	batch.Queue(`select set_config('request.jwt.claims', $1, true), set_config('role', 'authenticated', true)`,
		fmt.Sprintf(`{"sub": %q, "role": "authenticated"}`, profile))
}

// compareFigures writes a history, asks every function at each of its moments and returns what
// differs from the oracle's answers. It leaves nothing behind.
func compareFigures(tb rapid.TB, conn *pgx.Conn, h *history.History) []string {
	tb.Helper()
	var differences []string
	rolledBack(tb, conn, func(ctx context.Context, tx pgx.Tx) error {
		batch := &pgx.Batch{}
		h.Insert(batch)
		insertSnapshots(batch, h)
		insertStrangers(batch)
		actAs(batch, h.Caller)
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return fmt.Errorf("write the history: %w", err)
		}
		var err error
		differences, err = ask(ctx, tx, h, questions(h))
		return err
	})
	return differences
}

// rolledBack does something in a transaction that leaves nothing behind.
func rolledBack(tb rapid.TB, conn *pgx.Conn, do func(context.Context, pgx.Tx) error) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	tx, err := conn.Begin(ctx)
	if err != nil {
		tb.Fatalf("begin: %v", err)
	}
	err = do(ctx, tx)
	if err := tx.Rollback(ctx); err != nil {
		tb.Fatalf("rollback: %v", err)
	}
	if err != nil {
		tb.Fatalf("the work in the transaction: got error %v, want none", err)
	}
}

// ask calls the functions and returns how their answers differ from the oracle's.
func ask(ctx context.Context, tx pgx.Tx, h *history.History, all []question) ([]string, error) {
	calls := map[string][]question{} // by SQL
	var refused []question
	for _, q := range all {
		if q.code == "" {
			calls[q.sql()] = append(calls[q.sql()], q)
		} else {
			refused = append(refused, q)
		}
	}
	var differences []string
	batch := &pgx.Batch{}
	for _, sql := range slices.Sorted(maps.Keys(calls)) {
		asked := calls[sql]
		var arguments []map[string]any
		for _, q := range asked {
			arguments = append(arguments, q.arguments)
		}
		batch.Queue(sql, arguments).Query(func(rows pgx.Rows) error {
			answers, err := pgx.CollectRows(rows, pgx.RowTo[*string])
			if err != nil {
				return fmt.Errorf("%s … (%d calls): %w", asked[0], len(asked), err)
			}
			for i, answer := range answers {
				for _, d := range asked[i].compare(answer) {
					differences = append(differences, h.Short(fmt.Sprintf("%s %s", asked[i], d)))
				}
			}
			return nil
		})
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return nil, err
	}
	if len(refused) > 0 {
		// The first is enough: it costs several round trips.
		code, err := sqlState(ctx, tx, refused[0])
		if err != nil {
			return nil, err
		}
		if code != refused[0].code {
			differences = append(differences, h.Short(fmt.Sprintf("%s: SQLSTATE want %s, got %q", refused[0], refused[0].code, code)))
		}
	}
	return differences, nil
}

// compare returns how an answer differs from the oracle's.
func (q question) compare(answer *string) []string {
	if answer == nil {
		return []string{"is null"}
	}
	if q.want == nil {
		return nil
	}
	want := oracle.JSON(q.want)
	return slices.DeleteFunc(oracle.Compare(want, []byte(*answer)), func(difference string) bool {
		// Without the parameter it is the moment of the call.
		_, given := q.arguments["as_of"]
		return !given && strings.HasPrefix(difference, ".as_of:")
	})
}

// sqlState returns the code with which a call is refused, "" when it isn't.
func sqlState(ctx context.Context, tx pgx.Tx, q question) (string, error) {
	savepoint, err := tx.Begin(ctx)
	if err != nil {
		return "", err
	}
	_, err = savepoint.Exec(ctx, q.sql(), []map[string]any{q.arguments})
	code := ""
	var refusal *pgconn.PgError
	if errors.As(err, &refusal) {
		code = refusal.Code
	} else if err != nil {
		return "", err
	}
	return code, savepoint.Rollback(ctx)
}
