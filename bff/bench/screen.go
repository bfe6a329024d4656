package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

// A viewer is somebody who looks at a sprint, as screen.mjs takes it.
type viewer struct {
	Email    string `json:"email"`
	Password string `json:"password"`
	Project  string `json:"project"`
	Sprint   string `json:"sprint"`
	Tasks    int    `json:"tasks"`
}

// viewers are the demo's owner, and somebody new with a sprint of 500 tasks
// and ten events of each.
func viewers() (all []viewer, err error) {
	err = made(func(tb testing.TB) {
		owner := supabasetest.MustSignUp(tb)
		large := owner.MustSprintOfDays(tb, -9, 4)
		owner.MustUpdate(tb, "organizations", "org_id=not.is.null", map[string]any{"working_days": []int{1, 2, 3, 4, 5, 6, 7}})
		owner.MustHistory(tb, large, 500)
		all = []viewer{
			{"demo@mysingle.test", "mysingle-demo", demoSprint.ProjectID, demoSprint.SprintID, 27},
			{owner.Email, supabasetest.Password, large.ProjectID, large.SprintID, 500},
		}
	})
	return all, err
}

// side is where a page finds both servers, so many milliseconds of network
// away.
type side struct {
	Delay    int    `json:"delay"`
	BFF      string `json:"bff"`
	Supabase string `json:"supabase"`
}

// screen measures a web app's screen in a browser, with the BFF and without;
// screen.mjs tells what each of them does.
func screen(ctx context.Context, b *bench) error {
	people, err := viewers()
	if err != nil {
		return err
	}
	gateway := os.Getenv("SUPABASE_URL")
	server, err := bff(ctx, gateway, -1)
	if err != nil {
		return err
	}
	defer server.stop()
	var sides []side
	for _, delay := range []int{0, 40} {
		far := make(map[string]string)
		for _, url := range []string{server.url, gateway} {
			address, err := distance(ctx, mustHost(url), time.Duration(delay)*time.Millisecond)
			if err != nil {
				return err
			}
			far[url] = "http://" + address
		}
		sides = append(sides, side{delay, far[server.url], far[gateway]})
	}
	times := 3
	if b.quick {
		times = 1
	}
	what, err := json.Marshal(map[string]any{"sides": sides, "people": people, "rounds": b.rounds, "times": times})
	if err != nil {
		return err
	}
	browser := exec.CommandContext(ctx, "node", filepath.Join("bff", "bench", "screen.mjs"), string(what))
	browser.Stderr = os.Stderr
	out, err := browser.Output()
	if err != nil {
		return err
	}
	return b.screens(out)
}

// screens makes rows of what screen.mjs told.
func (b *bench) screens(told []byte) error {
	var rounds []struct {
		Tasks, Delay                  int
		Start, Name                   string
		First, Again, Full, Unchanged float64
	}
	if err := json.Unmarshal(told, &rounds); err != nil {
		return fmt.Errorf("%w in %s", err, told)
	}
	type screen struct {
		tasks, delay int
		start, visit string
	}
	rows := make(map[screen]*Row)
	var order []screen
	keep := func(key screen, ours bool, value float64) {
		if rows[key] == nil {
			rows[key] = &Row{}
			order = append(order, key)
		}
		if values := &rows[key].Values; ours {
			*values = append(*values, value)
		} else {
			rows[key].Others = append(rows[key].Others, value)
		}
	}
	for _, r := range rounds {
		ours := r.Name == "bff"
		keep(screen{r.Tasks, r.Delay, r.Start, "a first visit"}, ours, r.First)
		keep(screen{r.Tasks, r.Delay, r.Start, "again"}, ours, r.Again)
		if ours && r.Start == "sprint" && r.Delay == 0 {
			key := screen{r.Tasks, r.Delay, "", "unchanged"}
			keep(key, true, r.Unchanged)
			keep(key, false, r.Full)
		}
	}
	goals := map[int]*Goal{0: atMost(0.7), 40: atMost(0.35)}
	for _, key := range order {
		row := Row{Section: "screen", Subject: "BFF", Against: "supabase-js", Unit: "ms", Values: rows[key].Values, Others: rows[key].Others}
		row.Name, row.Goal = fmt.Sprintf("%d tasks, from the %s, %s, %d ms away", key.tasks, key.start, key.visit, key.delay), goals[key.delay]
		if key.visit == "unchanged" {
			row.Name, row.Subject, row.Against, row.Goal = fmt.Sprintf("%d tasks, dashboard", key.tasks), "304", "200", atMost(0.15)
		}
		b.add(row)
	}
	return nil
}
