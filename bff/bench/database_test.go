package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

// Making, copying and dropping a database of the bench leaves the connections to other databases open: one that this
// test holds to the stack's database, and those of Auth, whose process ends when it loses one that it uses.
func TestDatabasesLeaveOtherConnectionsOpen(t *testing.T) {
	ctx := context.Background()
	held, err := pgx.Connect(ctx, supabasetest.Env(t, "DATABASE_URL"))
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close(ctx)
	supabasetest.MustSignInDemo(t) // Auth has a connection now
	auth := mustAuthProcess(t)

	made := world{name: mustName(t), organizations: 1}
	copied := world{name: mustName(t), template: made.name, change: "drop trigger tasks_record_change on public.tasks"}
	for _, w := range []world{made, copied} {
		if err := inhabit(ctx, w); err != nil {
			t.Fatalf("making %s: %v", w.name, err)
		}
	}
	for _, w := range []world{made, copied} {
		var tasks int
		conn, err := pgx.Connect(ctx, databaseURL(w.name))
		if err != nil {
			t.Fatal(err)
		}
		err = conn.QueryRow(ctx, "select count(*) from public.tasks where project_id = $1", place{1, 1}.projectID()).Scan(&tasks)
		if err != nil || tasks != 500 {
			t.Errorf("%s has %d tasks in a project (%v), want 500", w.name, tasks, err)
		}
		if err := conn.Close(ctx); err != nil {
			t.Errorf("closing the connection to %s: %v", w.name, err)
		}
		if err := dropDatabase(ctx, w.name); err != nil {
			t.Errorf("dropping %s: %v", w.name, err)
		}
	}

	var pid uint32
	if err := held.QueryRow(ctx, "select pg_backend_pid()").Scan(&pid); err != nil || pid != held.PgConn().PID() {
		t.Errorf("the connection to the stack's database answers as process %d (%v), want %d", pid, err, held.PgConn().PID())
	}
	supabasetest.MustSignInDemo(t)
	if now := mustAuthProcess(t); now != auth {
		t.Errorf("Auth is process %+v now, want %+v: it lost its connections", now, auth)
	}
}

// mustName returns the name of a database that the test drops at its end.
func mustName(t *testing.T) string {
	t.Helper()
	name := "bench_test_" + uuid.NewString()[:8]
	t.Cleanup(func() {
		if err := dropDatabase(context.Background(), name); err != nil {
			t.Errorf("dropping %s: %v", name, err)
		}
	})
	return name
}

// authProcess is the stack's Auth server as the stack records it.
type authProcess struct {
	PID     int    `json:"pid"`
	Started string `json:"started"`
}

func mustAuthProcess(t *testing.T) authProcess {
	t.Helper()
	file := filepath.Join(supabasetest.Env(t, "STACK_FOLDER"), "processes.json")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		Part string `json:"part"`
		authProcess
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	for _, process := range all {
		if process.Part == "auth" {
			return process.authProcess
		}
	}
	t.Fatalf("%s has no part auth: %s", file, text)
	return authProcess{}
}
