package main

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

// direct measures what the BFF adds to PostgREST and PostgreSQL: the tasks of
// a running sprint, as one of its people sees them by row-level security,
// through the BFF and from PostgREST itself. Everything shares all cores, so
// that what the BFF takes is missing elsewhere.
func direct(ctx context.Context, b *bench) error {
	if err := needLoad(ctx); err != nil {
		return err
	}
	var person supabasetest.Person
	if err := made(func(tb testing.TB) { person = supabasetest.MustSignInDemo(tb) }); err != nil {
		return err
	}
	rest := os.Getenv("POSTGREST_URL")
	server, err := bff(ctx, os.Getenv("SUPABASE_URL"), -1, "SUPABASE_REST_URL="+rest)
	if err != nil {
		return err
	}
	defer server.stop()
	const tasks = "/tasks?select=task_id,task_name,status,priority,story_points,assigned_to,due_date,board_rank&order=board_rank&sprint_id=eq."
	headers := map[string]string{"Authorization": "Bearer " + person.Token, "Accept": "application/json"}
	bases := []string{server.url + "/rest/v1", rest}
	for _, connections := range []int{8, 32} {
		if err := b.more(ctx); err != nil {
			return err
		}
		rates, slowest := make([][]float64, 2), make([][]float64, 2)
		// Twice as many rounds as elsewhere: a p99 is made of few requests.
		for round := range 2 * b.rounds {
			for i := range bases {
				side := (i + round) % 2
				r, err := load{url: bases[side] + tasks + demoSprint.SprintID, headers: headers, connections: connections, span: 2 * b.span, core: -1}.run(ctx)
				if err != nil {
					return err
				}
				rates[side] = append(rates[side], r.rate)
				slowest[side] = append(slowest[side], float64(r.p99)/float64(time.Millisecond))
			}
		}
		row := Row{Section: "direct", Subject: "BFF and PostgREST", Against: "PostgREST"}
		row.Name, row.Unit, row.Goal = fmt.Sprintf("a sprint's 27 tasks, %d connections", connections), "requests/s", atLeast(0.95)
		row.Values, row.Others = rates[0], rates[1]
		b.add(row)
		row.Name, row.Unit, row.Goal = row.Name+", p99", "ms", atMost(1.1)
		row.Values, row.Others = slowest[0], slowest[1]
		b.add(row)
	}
	return nil
}
