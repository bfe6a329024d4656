package tests

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// A committedWorld is what personas.psql makes, committed, so that several sessions see it.
// It is deleted when the test ends; its keys and addresses are its own.
type committedWorld struct {
	t   *testing.T
	ctx context.Context
	ids map[string]string

	control  *pgx.Conn
	sessions map[int]*pgx.Conn
}

func mustCommitWorld(t *testing.T) *committedWorld {
	t.Helper()
	mustInstallPgTAP(t)
	personas, err := os.ReadFile("personas.psql")
	if err != nil {
		t.Fatalf("os.ReadFile: %v", err)
	}
	w := &committedWorld{t: t, ctx: Deadline(t), ids: map[string]string{}, control: MustConnect(t), sessions: map[int]*pgx.Conn{}}
	tx, err := w.control.Begin(w.ctx)
	if err != nil {
		t.Fatalf("w.control.Begin: %v", err)
	}
	if _, err := tx.Exec(w.ctx, string(personas), pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatalf("personas.psql: %v", err)
	}
	rows, err := tx.Query(w.ctx, "select name, id::text from ids")
	if err != nil {
		t.Fatalf("tx.Query: %v", err)
	}
	var name, id string
	if _, err := pgx.ForEachRow(rows, []any{&name, &id}, func() error { w.ids[name] = id; return nil }); err != nil {
		t.Fatalf("pgx.ForEachRow: %v", err)
	}
	// The functions have done their work; committed they would be in the catalog for others to see.
	if _, err := tx.Exec(w.ctx, `
		do $$
		declare
			f regprocedure;
		begin
			for f in select oid from pg_proc where pronamespace = pg_my_temp_schema() loop
				execute format('drop function %s', f);
			end loop;
		end $$`); err != nil {
		t.Fatalf("tx.Exec: %v", err)
	}
	if err := tx.Commit(w.ctx); err != nil {
		t.Fatalf("tx.Commit: %v", err)
	}
	t.Cleanup(w.delete)
	return w
}

// delete takes away what the test has committed; the test's own deadline may have passed.
func (w *committedWorld) delete() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		w.t.Errorf("delete the world: %v", err)
		return
	}
	defer func() { _ = conn.Close(ctx) }() // nothing is left to lose
	ids := make([]string, 0, len(w.ids))
	for _, id := range w.ids {
		ids = append(ids, id)
	}
	for _, sql := range []string{
		"delete from public.organizations where org_id = any ($1) or org_id in (select org_id from public.profiles where profile_id = any ($1))",
		"delete from auth.users where id = any ($1)",
	} {
		if _, err := conn.Exec(ctx, sql, ids); err != nil {
			w.t.Errorf("delete the world: %v", err)
		}
	}
}

// A session is a connection on which one person asks, as PostgREST does: each call in a
// transaction of its own with the person's role and claims.
type session struct {
	w    *committedWorld
	conn *pgx.Conn
	who  string
}

// session gives a person of the world, or "postgres", one of the world's connections: the same
// number is the same connection, as there are only so many.
func (w *committedWorld) session(number int, who string) *session {
	w.t.Helper()
	if w.sessions[number] == nil {
		w.sessions[number] = MustConnect(w.t)
	}
	return &session{w: w, conn: w.sessions[number], who: who}
}

// begin opens a transaction in which the person asks.
func (s *session) begin() (pgx.Tx, error) {
	tx, err := s.conn.Begin(s.w.ctx)
	if err != nil || s.who == "postgres" {
		return tx, err
	}
	_, err = tx.Exec(s.w.ctx, "select set_config('role', 'authenticated', true), set_config('request.jwt.claims', $1, true)",
		fmt.Sprintf(`{"role": "authenticated", "sub": %q}`, s.w.ids[s.who]))
	return tx, err
}

// do runs one statement; {name} in it is the id of that thing. A statement that finds no row
// to change is an error.
func (s *session) do(sql string, args ...any) error {
	tx, err := s.begin()
	if err != nil {
		return err
	}
	tag, err := tx.Exec(s.w.ctx, s.w.fill(sql), args...)
	if err == nil && tag.RowsAffected() == 0 {
		err = errors.New(noRow)
	}
	if err != nil {
		return errors.Join(err, tx.Rollback(s.w.ctx))
	}
	return tx.Commit(s.w.ctx)
}

func (w *committedWorld) fill(sql string) string {
	return placeholder.ReplaceAllStringFunc(sql, func(name string) string {
		id, known := w.ids[name[1:len(name)-1]]
		if !known {
			return name // an array literal, perhaps: PostgreSQL will tell
		}
		return "'" + id + "'::uuid"
	})
}

// mustDo prepares something as postgres.
func (w *committedWorld) mustDo(sql string, args ...any) {
	w.t.Helper()
	if _, err := w.control.Exec(w.ctx, w.fill(sql), args...); err != nil {
		w.t.Fatalf("exec: %v\n%s", err, sql)
	}
}

// mustMake runs an insert with "returning <id>" as postgres and keeps the id under a name.
func (w *committedWorld) mustMake(name, sql string, args ...any) {
	w.t.Helper()
	w.ids[name] = w.mustAsk(sql, args...)
}

// mustAsk reads one text as postgres.
func (w *committedWorld) mustAsk(sql string, args ...any) string {
	w.t.Helper()
	var answer string
	if err := w.control.QueryRow(w.ctx, w.fill(sql), args...).Scan(&answer); err != nil {
		w.t.Fatalf("query: %v\n%s", err, sql)
	}
	return answer
}

// atOnce starts all calls at the same moment and returns what each came to: "" or an SQLSTATE.
func atOnce(calls ...func() error) []string {
	start := make(chan struct{})
	results := make([]chan string, len(calls))
	for i, call := range calls {
		results[i] = make(chan string, 1)
		go func() {
			<-start
			results[i] <- code(call())
		}()
	}
	close(start)
	outcomes := make([]string, len(calls))
	for i := range results {
		outcomes[i] = <-results[i]
	}
	return outcomes
}

// code is an error's SQLSTATE, "" for none.
func code(err error) string {
	var refusal *pgconn.PgError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &refusal):
		return refusal.Code
	}
	return err.Error()
}

// mustBlock waits until a session's backend waits for a lock: what it does has met another one.
func (s *session) mustBlock(done <-chan string) {
	s.w.t.Helper()
	for {
		var blocked bool
		if err := s.w.control.QueryRow(s.w.ctx, "select cardinality(pg_blocking_pids($1)) > 0", s.conn.PgConn().PID()).Scan(&blocked); err != nil {
			s.w.t.Fatalf("Scan: %v", err)
		}
		if blocked {
			return
		}
		select {
		case outcome := <-done:
			s.w.t.Fatalf("%s didn't wait for the other session: %q", s.who, outcome)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// background runs a call and gives its outcome when it is there.
func background(call func() error) <-chan string {
	done := make(chan string, 1)
	go func() { done <- code(call()) }()
	return done
}
