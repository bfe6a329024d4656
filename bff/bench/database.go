package main

import (
	"context"
	"crypto/md5"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

//go:embed world.sql
var worldSQL string

// A world is a database on the stack's PostgreSQL that world.sql has filled.
// Several of them are there at once, so that sizes are measured in turn.
type world struct {
	name          string
	organizations int
	sprints       []int  // sizes of the running sprints of organization 0
	template      string // the world that it is a copy of, with a change; empty for one of its own
	change        string
}

var (
	small  = world{name: "bench_small", organizations: 10}
	middle = world{name: "bench_middle", organizations: 100, sprints: []int{100, 1000, 10000}}
	large  = world{name: "bench_large", organizations: 1000}
)

// databaseURL is the address of one of the server's databases, for the role
// postgres, which owns the tables.
func databaseURL(name string) string { return onDatabase(os.Getenv("DATABASE_URL"), name) }

func onDatabase(address, name string) string {
	u, err := url.Parse(address)
	if err != nil {
		panic(err) // not one of `stack run`
	}
	u.Path = "/" + name
	return u.String()
}

// environment is the address as libpq's programs read it.
func environment(address string) []string {
	u, err := url.Parse(address)
	if err != nil {
		panic(err) // see onDatabase
	}
	password, _ := u.User.Password()
	return []string{
		"PGHOST=" + u.Hostname(), "PGPORT=" + u.Port(), "PGUSER=" + u.User.Username(),
		"PGPASSWORD=" + password, "PGDATABASE=" + strings.TrimPrefix(u.Path, "/"), "PGSSLMODE=disable",
	}
}

// template is a copy of the stack's database. Nobody connects to it but its makers, so that a world can be copied
// from it while Auth, PostgREST and the bench stay connected to theirs.
const template = "bench_template"

// inhabit makes the world where it isn't there yet.
func inhabit(ctx context.Context, w world) error {
	began := time.Now()
	scripts := []string{w.change}
	if w.template == "" {
		if err := makeTemplate(ctx); err != nil {
			return err
		}
		w.template = template
		sprints := strings.Trim(strings.Join(strings.Fields(fmt.Sprint(w.sprints)), ","), "[]")
		scripts = []string{
			fmt.Sprintf("set bench.organizations = %d; set bench.sprints = '%s'", w.organizations, sprints),
			worldSQL,
			"vacuum analyze",
		}
	}
	made, err := copyDatabase(ctx, w.template, w.name)
	if err != nil || !made {
		return err
	}
	if err := fill(ctx, w.name, scripts); err != nil {
		// Without this the next section would take the half-filled database for the world.
		return errors.Join(fmt.Errorf("filling %s: %w", w.name, err), dropDatabase(context.WithoutCancel(ctx), w.name))
	}
	fmt.Fprintf(os.Stderr, "        made %s in %s\n", w.name, time.Since(began).Round(time.Second))
	return nil
}

// makeTemplate copies the stack's database, unless there is a copy.
func makeTemplate(ctx context.Context) error {
	server, err := pgx.Connect(ctx, databaseURL("template1"))
	if err != nil {
		return err
	}
	defer server.Close(ctx)
	if there, err := exists(ctx, server, template); err != nil || there {
		return err
	}
	script := filepath.Join(os.Getenv("NODE_MODULES"), "..", "copy.mjs")
	if out, err := exec.CommandContext(ctx, "node", script, template).CombinedOutput(); err != nil {
		return fmt.Errorf("copying the stack's database: %w: %s", err, out)
	}
	return nil
}

// fill runs the scripts on the database.
func fill(ctx context.Context, name string, scripts []string) error {
	conn, err := pgx.Connect(ctx, databaseURL(name))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for _, script := range scripts {
		if _, err := conn.Exec(ctx, script, pgx.QueryExecModeSimpleProtocol); err != nil {
			return err
		}
	}
	return nil
}

// copyDatabase copies a database unless there is a database of that name, and reports whether it did. It ends nobody's
// connection: PostgreSQL refuses to copy a database that somebody stays connected to for five seconds.
func copyDatabase(ctx context.Context, from, name string) (made bool, err error) {
	server, err := pgx.Connect(ctx, databaseURL("template1"))
	if err != nil {
		return false, err
	}
	defer server.Close(ctx)
	if there, err := exists(ctx, server, name); err != nil || there {
		return false, err
	}
	_, err = server.Exec(ctx, "create database "+name+" template "+from)
	return err == nil, err
}

// dropDatabase drops a database that nobody is connected to.
func dropDatabase(ctx context.Context, name string) error {
	server, err := pgx.Connect(ctx, databaseURL("template1"))
	if err != nil {
		return err
	}
	defer server.Close(ctx)
	_, err = server.Exec(ctx, "drop database if exists "+name)
	return err
}

// exists reports whether the server has a database of that name.
func exists(ctx context.Context, server *pgx.Conn, name string) (there bool, err error) {
	err = server.QueryRow(ctx, "select exists (select from pg_database where datname = $1)", name).Scan(&there)
	return there, err
}

// key is what world.sql makes of the same words.
func key(format string, args ...any) string {
	sum := md5.Sum(fmt.Appendf(nil, format, args...))
	return uuid.UUID(sum[:]).String()
}

// A place in the world: a running sprint, its project, and who asks.
type place struct{ organization, project int }

func (p place) sprint() string    { return p.closed(4) }
func (p place) projectID() string { return key("project:%d:%d", p.organization, p.project) }

// closed is an earlier sprint of the project: 1 to 3.
func (p place) closed(n int) string {
	return key("sprint:%d:%d:%d", p.organization, p.project, n)
}

// master is the project's scrum master, an ordinary member of the organization.
func (p place) master() string { return key("person:%d:2", p.organization) }

// claims are what PostgREST tells PostgreSQL of the caller's token.
func (p place) claims() string {
	return fmt.Sprintf(`{"role":"authenticated","sub":"%s"}`, p.master())
}

// A view is a SQL function and the BFF's path for it.
type view struct{ name, sql, path string }

// views are all of them, of the place.
func views(p place) []view {
	sprint, project := p.sprint(), p.projectID()
	all := []view{
		{"board", "sprint_board('" + sprint + "')", "sprints/" + sprint + "/board"},
		{"burndown", "sprint_burndown('" + sprint + "')", "sprints/" + sprint + "/burndown"},
		{"flow", "sprint_flow('" + sprint + "')", "sprints/" + sprint + "/flow"},
		{"report", "sprint_report('" + sprint + "')", "sprints/" + sprint + "/report"},
		{"workload", "sprint_workload('" + sprint + "')", "sprints/" + sprint + "/workload"},
		{"scrum", "scrum_of_day('" + sprint + "')", "sprints/" + sprint + "/scrum"},
		{"velocity", "project_velocity('" + project + "')", "projects/" + project + "/velocity"},
		{"throughput", "project_throughput('" + project + "')", "projects/" + project + "/forecast"},
		{"impediments", "project_impediments('" + project + "')", "projects/" + project + "/impediments"},
		{"participation", "project_participation('" + project + "')", "projects/" + project + "/participation"},
		{"my scrum", "scrum_draft()", "me/scrum"},
		{"version", "sprint_version('" + sprint + "')", ""},
		{"running version", "running_sprint_version('" + project + "')", ""},
	}
	for i := range all {
		all[i].sql = "select public." + all[i].sql
	}
	return all
}

// sprintViews are those of the place's sprint alone, whose cost follows its
// size.
func sprintViews(p place) []view {
	return slices.DeleteFunc(views(p), func(v view) bool { return !strings.HasPrefix(v.path, "sprints/") })
}

// A session is a connection with a caller's claims and a role.
type session struct {
	*pgx.Conn
	schedule string // of its server process
}

// connect opens a session: authenticated is bound by the policies, postgres
// owns the tables and isn't.
func connect(ctx context.Context, w world, role string, p place) (*session, error) {
	config, err := pgx.ParseConfig(databaseURL(w.name))
	if err != nil {
		return nil, err
	}
	config.RuntimeParams["role"] = role
	config.RuntimeParams["request.jwt.claims"] = p.claims()
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	s := &session{conn, fmt.Sprintf("/proc/%d/schedstat", conn.PgConn().PID())}
	if _, err := s.worked(); err != nil {
		return nil, errors.Join(cannot("this system doesn't tell a process's processor time: %v", err), conn.Close(ctx))
	}
	return s, nil
}

// query is a prepared statement of the session's, its rows thrown away.
func (s *session) query(ctx context.Context, sql string) (func() error, error) {
	name := key("%s", sql)
	if _, err := s.Prepare(ctx, name, sql); err != nil {
		return nil, fmt.Errorf("%s: %w", sql, err)
	}
	return func() error {
		return s.PgConn().ExecPrepared(ctx, name, nil, nil, nil).Read().Err
	}, nil
}

// exec runs SQL of any number of statements.
func (s *session) exec(ctx context.Context, sql string) error {
	results := s.PgConn().Exec(ctx, sql)
	_, err := results.ReadAll()
	return err
}

// worked is the processor time that the session's server process has taken.
// It isn't disturbed by what else the machine does, as a clock is: a ratio of
// it is of the work that PostgreSQL has.
func (s *session) worked() (time.Duration, error) {
	text, err := os.ReadFile(s.schedule)
	if err != nil {
		return 0, err
	}
	var ns int64
	_, err = fmt.Sscan(string(text), &ns)
	return time.Duration(ns), err
}

// A task is what a session is given to do; before and after it are not
// measured.
type task struct {
	session           *session
	before, do, after func() error
}

// took does the task and returns its processor time in ms.
func (t task) took() (took float64, err error) {
	if t.before != nil {
		if err := t.before(); err != nil {
			return 0, err
		}
		defer func() { err = errors.Join(err, t.after()) }()
	}
	begun, err := t.session.worked()
	if err != nil {
		return 0, err
	}
	if err := t.do(); err != nil {
		return 0, err
	}
	ended, err := t.session.worked()
	return float64(ended-begun) / 1e6, err
}

// inTurn does one task after the other for a while, in every round, and keeps
// the medians of what each took.
func (b *bench) inTurn(ctx context.Context, row Row, subject, against task) error {
	row.Unit = "ms of processor time"
	// A plan is kept from the sixth time on, that of a view from the first.
	for i, began := 0, time.Now(); i < 2 || i < 6 && time.Since(began) < b.span; i++ {
		if err := errors.Join(keep(new([]float64), subject.took), keep(new([]float64), against.took)); err != nil {
			return fmt.Errorf("%s: %w", row.Name, err)
		}
	}
	for range b.rounds {
		var values, others []float64
		for began := time.Now(); time.Since(began) < b.span/4 || len(values) < 3; {
			if err := keep(&values, subject.took); err != nil {
				return fmt.Errorf("%s: %w", row.Name, err)
			}
			if err := keep(&others, against.took); err != nil {
				return fmt.Errorf("%s: %w", row.Name, err)
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
		row.Values, row.Others = append(row.Values, median(values)), append(row.Others, median(others))
	}
	b.add(row)
	return nil
}
