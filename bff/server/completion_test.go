package server_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

// TestCompletionMayTakeLonger_slow has the completion of a sprint take longer than the 8 s of other statements. Who
// asked is told that the time is over, and it goes on.
func TestCompletionMayTakeLonger_slow(t *testing.T) {
	t.Parallel()
	bff := mustServe(t, supabasetest.Config(t, map[string]string{"BFF_UPSTREAM_TIMEOUT": "2s"}))
	owner := supabasetest.MustSignUp(t)
	made := owner.MustSprint(t)
	owner.MustTasks(t, made, 2)
	owner.MustDo(t, "start_sprint", map[string]any{"sprint_id": made.SprintID}, nil)

	// It waits for three locks after each other, for each less than the 8 s that any may take.
	ctx := context.Background()
	hold := func(sql string) pgx.Tx {
		tx, err := supabasetest.MustConnect(t).Begin(ctx)
		if err != nil {
			t.Fatalf("Begin: %v", err)
		}
		if _, err := tx.Exec(ctx, sql, made.SprintID); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		return tx
	}
	held := []pgx.Tx{
		hold("select from public.tasks where task_id = (select min(task_id::text)::uuid from public.tasks where sprint_id = $1) for update"),
		hold("select from public.tasks where task_id = (select max(task_id::text)::uuid from public.tasks where sprint_id = $1) for update"),
		hold("select from public.sprints where sprint_id = $1 for update"),
	}
	a := mustSend(t, "POST", bff+"/rest/v1/rpc/complete_sprint", fmt.Sprintf(`{"sprint_id":%q}`, made.SprintID),
		"Authorization", "Bearer "+owner.Token, "Content-Type", "application/json")
	mustProblem(t, a, 504)
	for _, tx := range held {
		time.Sleep(3 * time.Second)
		if err := tx.Rollback(ctx); err != nil {
			t.Fatalf("Rollback: %v", err)
		}
	}
	supabasetest.MustWait(t, "the sprint is completed", func() bool {
		var rows []struct{ Status string }
		owner.MustSelect(t, "sprints", "select=status&sprint_id=eq."+made.SprintID, &rows)
		return rows[0].Status == "Completed"
	})
}
