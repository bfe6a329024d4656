package supabasetest

import (
	"fmt"
	"net/http"
	"os/exec"
	"testing"
	"time"
)

// PostgREST is a process of the test's own beside the stack's, on the same
// database, to be killed and started again.
type PostgREST struct {
	*Process
	URL string
}

// MustStartPostgREST starts a PostgREST on a free port, with the settings
// beside the stack's, such as PGRST_DB_TX_END=rollback. It is ready once it
// answers from the database.
func MustStartPostgREST(tb testing.TB, settings ...string) *PostgREST {
	tb.Helper()
	binary, database, secret := Env(tb, "POSTGREST_BIN"), Env(tb, "POSTGREST_DB_URI"), Env(tb, "SUPABASE_JWT_SECRET")
	p := MustStartProgram(tb, Program{
		Name: "PostgREST",
		Command: func(port int) *exec.Cmd {
			command := exec.Command(binary)
			command.Env = append([]string{
				"PGRST_DB_URI=" + database,
				"PGRST_DB_SCHEMAS=public",
				"PGRST_DB_EXTRA_SEARCH_PATH=public,extensions",
				"PGRST_DB_ANON_ROLE=anon",
				"PGRST_DB_POOL=10",
				"PGRST_JWT_SECRET=" + secret,
				"PGRST_SERVER_HOST=127.0.0.1",
				fmt.Sprintf("PGRST_SERVER_PORT=%d", port),
			}, settings...)
			return command
		},
		// The database refuses anon.
		IsReady: func(address string) bool {
			return answers("http://"+address+"/sprints?limit=0", http.StatusUnauthorized)
		},
	})
	return &PostgREST{p, "http://" + p.Address}
}

// answers tells whether a GET of the address has this status.
func answers(address string, status int) bool {
	client := http.Client{Timeout: 10 * time.Second}
	resp, err := client.Get(address)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == status
}
