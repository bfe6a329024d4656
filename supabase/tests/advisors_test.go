package tests

import (
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"testing"
)

// MustSupabase runs the Supabase CLI against the stack's database and decodes the JSON it
// answers with. The CLI and its answers are what a hosted project's checks show too.
func MustSupabase(t *testing.T, answer any, args ...string) {
	t.Helper()
	database, err := url.Parse(MustEnv(t, "DATABASE_URL"))
	if err != nil {
		t.Fatalf("url.Parse: %v", err)
	}
	// Every user of the machine can read the arguments.
	password, _ := database.User.Password()
	database.User = url.User(database.User.Username())
	args = append(args, "--remote="+database.String(), "--workdir", "../..", "--output-format", "json")
	command := exec.CommandContext(Deadline(t), MustEnv(t, "SUPABASE_BIN"), args...)
	command.Env = append(os.Environ(), "PGPASSWORD="+password, "DO_NOT_TRACK=1", "SUPABASE_TELEMETRY_DISABLED=1", "SUPABASE_NO_UPDATE_NOTIFIER=1")
	output, err := command.Output()
	if exit, failed := err.(*exec.ExitError); failed {
		t.Fatalf("supabase %v: %v\n%s", args, err, exit.Stderr)
	} else if err != nil {
		t.Fatalf("supabase %v: %v", args, err)
	}
	if err := json.Unmarshal(output, answer); err != nil {
		t.Fatalf("supabase %v: %v\n%s", args, err, output)
	}
}

// TestAdvisors fails on anything the security and performance advisors say, at any level. On a database that has just
// been made every index is one that nobody has used, and what tests roll back bloats small tables.
func TestAdvisors(t *testing.T) {
	t.Parallel()
	var answer struct {
		Results []struct {
			Name, Level, Detail string
		}
		Message string
	}
	MustSupabase(t, &answer, "db", "advisors", "--level", "info")
	if answer.Message == "" {
		t.Error("the advisors' answer: got no message, want one, as the CLI writes it")
	}
	for _, result := range answer.Results {
		if result.Name != "unused_index" && result.Name != "table_bloat" {
			t.Errorf("the advisors: got %s %s (%s), want nothing but unused_index and table_bloat",
				result.Level, result.Name, result.Detail)
		}
	}
}
