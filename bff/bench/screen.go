package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
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

// noBrowser is the exit code of screen.mjs where it can't start one.
const noBrowser = 3

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
	what, err := json.Marshal(map[string]any{
		"sides": sides, "people": people, "rounds": b.rounds, "times": times, "until": b.part.until,
	})
	if err != nil {
		return err
	}
	browser := exec.CommandContext(ctx, "node", filepath.Join("bff", "bench", "screen.mjs"), string(what))
	out, err := browser.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == noBrowser {
		return cannot("%s", bytes.TrimSpace(exit.Stderr))
	}
	if errors.As(err, &exit) {
		return fmt.Errorf("screen.mjs: %w: %s", err, bytes.TrimSpace(exit.Stderr))
	}
	if err != nil {
		return err
	}
	if err := b.screens(out); err != nil {
		return err
	}
	if err := b.more(ctx); err != nil {
		return err
	}
	return b.unchanged(ctx, server.url, people)
}

// unchanged adds what an answer takes that says that nothing has changed, beside
// a whole one, without a browser's own share in both.
func (b *bench) unchanged(ctx context.Context, bff string, people []viewer) error {
	for _, who := range people {
		var token string
		if err := made(func(tb testing.TB) { token = supabasetest.MustSignIn(tb, who.Email, who.Password).Token }); err != nil {
			return err
		}
		row := Row{Section: "screen", Name: fmt.Sprintf("%d tasks, dashboard", who.Tasks), Subject: "304", Against: "200", Unit: "ms, p50", Goal: atMost(0.15)}
		for range b.rounds {
			for status, into := range map[int]*[]float64{http.StatusNotModified: &row.Values, http.StatusOK: &row.Others} {
				p50, err := dashboard(ctx, bff+"/api/v1/sprints/"+who.Sprint+"/dashboard", token, status, b.span/2)
				if err != nil {
					return err
				}
				*into = append(*into, p50)
			}
		}
		b.add(row)
	}
	return nil
}

// dashboard asks again and again, with the last answer's tag for 304, and
// returns the median of the answers of the status in ms.
func dashboard(ctx context.Context, address, token string, status int, span time.Duration) (float64, error) {
	client := http.Client{Transport: &http.Transport{DisableCompression: true}}
	defer client.CloseIdleConnections()
	tag := ""
	return repeated(span, func() error {
		for range 2 { // it changes every minute, and is unknown at first
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
			if err != nil {
				return err
			}
			req.Header.Set("Authorization", "Bearer "+token)
			if status == http.StatusNotModified {
				req.Header.Set("If-None-Match", tag)
			}
			resp, err := client.Do(req)
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			if _, err := io.Copy(io.Discard, resp.Body); err != nil {
				return err
			}
			if tag = resp.Header.Get("ETag"); resp.StatusCode == status {
				return nil
			}
		}
		return fmt.Errorf("%s isn't answered %d", address, status)
	})
}

// screens makes rows of what screen.mjs told.
func (b *bench) screens(told []byte) error {
	var rounds []struct {
		Tasks, Delay int
		Start, Name  string
		First, Again float64
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
	}
	goals := map[int]*Goal{0: atMost(0.7), 40: atMost(0.35)}
	for _, key := range order {
		row := Row{Section: "screen", Subject: "BFF", Against: "supabase-js", Unit: "ms", Values: rows[key].Values, Others: rows[key].Others}
		row.Name, row.Goal = fmt.Sprintf("%d tasks, from the %s, %s, %d ms away", key.tasks, key.start, key.visit, key.delay), goals[key.delay]
		b.add(row)
	}
	return nil
}
