package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// floorSQL measures each view as a client gets it, from PostgREST and from the
// BFF, against the same SQL run by pgbench: prepared, as the same user, on a
// connection that has nothing else to do. One request at a time, so that what
// is compared is time and not what two cores share.
func floorSQL(ctx context.Context, b *bench) error {
	if err := inhabit(ctx, middle); err != nil {
		return err
	}
	rest, err := postgrest(ctx, middle)
	if err != nil {
		return err
	}
	defer rest.stop()
	front, err := bff(ctx, os.Getenv("SUPABASE_URL"), -1, "SUPABASE_REST_URL="+rest.url)
	if err != nil {
		return err
	}
	defer front.stop()
	if _, err := exec.LookPath("pgbench"); err != nil {
		b.leaveOut("against pgx in a loop, as pgbench isn't installed (Debian: postgresql-contrib)")
	}
	// Sprints as teams have them, and ten times that.
	for _, of := range []struct {
		at    place
		views func(place) []view
	}{{place{1, 1}, views}, {place{0, 2}, sprintViews}} {
		at := of.at
		floor, err := newFloor(ctx, middle, at)
		if err != nil {
			return err
		}
		defer floor.close(ctx)
		headers := map[string]string{"Authorization": "Bearer " + at.token(), "Accept": "application/json"}
		for _, v := range of.views(at) {
			if v.path == "" {
				continue
			}
			if err := b.more(ctx); err != nil {
				return err
			}
			ways := map[string]string{"PostgREST": rest.url + "/rpc/" + v.call(), "BFF": front.url + "/api/v1/" + v.path}
			took := make(map[string][]float64)
			for round := range b.rounds {
				for i := range 3 {
					name := []string{floor.name, "PostgREST", "BFF"}[(i+round)%3]
					var p50 float64
					if name == floor.name {
						p50, err = floor.p50(ctx, v.sql, b.span/2)
					} else {
						p50, err = getP50(ctx, ways[name], headers, b.span/2)
					}
					if err != nil {
						return fmt.Errorf("%s: %s: %w", v.name, name, err)
					}
					took[name] = append(took[name], p50)
				}
			}
			for _, name := range []string{"PostgREST", "BFF"} {
				row := Row{Section: "sql", Name: fmt.Sprintf("%s, a sprint of %d", v.name, at.tasks()), Subject: name, Against: floor.name,
					Unit: "ms, p50", Values: took[name], Others: took[floor.name]}
				if name == "BFF" && median(row.Others) > 5 {
					row.Goal = atMost(1.5)
				}
				b.add(row)
			}
		}
	}
	return nil
}

// tasks is how many the place's running sprint has.
func (p place) tasks() int {
	if p.organization == 0 {
		return middle.sprints[p.project-1]
	}
	return 100
}

// token is the scrum master's, signed as the stack's Auth does.
func (p place) token() string {
	now := time.Now()
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"sub": p.master(), "aud": "authenticated", "role": "authenticated", "session_id": p.master(),
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}).SignedString([]byte(os.Getenv("SUPABASE_JWT_SECRET")))
	if err != nil {
		panic(err) // HS256 signs whatever there is
	}
	return signed
}

// call is the view's function with its argument as PostgREST takes it.
func (v view) call() string {
	name, argument, _ := strings.Cut(strings.TrimPrefix(v.sql, "select public."), "(")
	argument = strings.Trim(argument, "')")
	if argument == "" {
		return name
	}
	subject, _, _ := strings.Cut(v.path, "s/")
	return name + "?" + subject + "_id=" + argument
}

// postgrest starts the stack's PostgREST on the world, with the stack's settings.
func postgrest(ctx context.Context, w world) (*process, error) {
	address := freeAddress()
	host, port, _ := net.SplitHostPort(address)
	return launch{
		name: os.Getenv("POSTGREST_BIN"),
		env: []string{
			"PGRST_DB_URI=" + onDatabase(os.Getenv("POSTGREST_DB_URI"), w.name), "PGRST_DB_SCHEMAS=public",
			"PGRST_DB_EXTRA_SEARCH_PATH=public, extensions", "PGRST_DB_ANON_ROLE=anon", "PGRST_DB_MAX_ROWS=1000",
			"PGRST_JWT_SECRET=" + os.Getenv("SUPABASE_JWT_SECRET"), "PGRST_SERVER_HOST=" + host, "PGRST_SERVER_PORT=" + port,
		},
		core: -1, address: address, ready: "/",
	}.start(ctx)
}

// getP50 gets the address again and again on one connection and returns the
// median time in ms.
func getP50(ctx context.Context, address string, headers map[string]string, span time.Duration) (float64, error) {
	client := http.Client{Transport: &http.Transport{DisableCompression: true}}
	defer client.CloseIdleConnections()
	var body bytes.Buffer
	return repeated(span, func() error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return err
		}
		for name, value := range headers {
			req.Header.Set(name, value)
		}
		resp, err := client.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		body.Reset()
		if _, err := body.ReadFrom(resp.Body); err != nil {
			return err
		}
		if resp.StatusCode != http.StatusOK || body.Len() < 5 { // null
			return fmt.Errorf("status %d: %s", resp.StatusCode, body.Bytes())
		}
		return nil
	})
}

// repeated does something for a while, and ten times at least, and returns the
// median time in ms.
func repeated(span time.Duration, do func() error) (float64, error) {
	var times []float64
	for began := time.Now(); time.Since(began) < span || len(times) < 10; {
		at := time.Now()
		if err := do(); err != nil {
			return 0, err
		}
		times = append(times, float64(time.Since(at))/float64(time.Millisecond))
	}
	return median(times), nil
}

// A floor runs SQL with as little around it as can be: pgbench where it is
// installed, else the same loop over the Go driver.
type floor struct {
	name    string
	pgbench string
	world   world
	place   place
	session *session // without pgbench
}

func newFloor(ctx context.Context, w world, p place) (*floor, error) {
	if path, err := exec.LookPath("pgbench"); err == nil {
		return &floor{name: "pgbench", pgbench: path, world: w, place: p}, nil
	}
	s, err := connect(ctx, w, "authenticated", p)
	return &floor{name: "pgx in a loop", world: w, place: p, session: s}, err
}

func (f *floor) close(ctx context.Context) {
	if f.session != nil {
		_ = f.session.Close(ctx)
	}
}

// p50 runs the SQL, prepared, and returns its median time in ms.
func (f *floor) p50(ctx context.Context, sql string, span time.Duration) (float64, error) {
	if f.session != nil {
		run, err := f.session.query(ctx, sql)
		if err != nil {
			return 0, err
		}
		return repeated(span, run)
	}
	folder, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(folder)
	script, log := filepath.Join(folder, "view.sql"), filepath.Join(folder, "log")
	if err := os.WriteFile(script, []byte(sql+";\n"), 0o600); err != nil {
		return 0, err
	}
	command := exec.CommandContext(ctx, f.pgbench, "-n", "-M", "prepared", "-c", "1", "-T", strconv.Itoa(max(1, int(span.Seconds()))),
		"-l", "--log-prefix="+log, "-f", script)
	// By the environment, because arguments are seen by every user of the machine.
	command.Env = append(os.Environ(), environment(databaseURL(f.world.name))...)
	command.Env = append(command.Env, "PGOPTIONS=-c role=authenticated -c request.jwt.claims="+f.place.claims())
	if out, err := command.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("%w: %s", err, out)
	}
	logs, err := filepath.Glob(log + ".*")
	if err != nil || len(logs) != 1 {
		return 0, fmt.Errorf("pgbench wrote %d logs: %w", len(logs), err)
	}
	text, err := os.ReadFile(logs[0])
	if err != nil {
		return 0, err
	}
	var times []float64
	for line := range strings.Lines(string(text)) {
		us, err := strconv.ParseFloat(strings.Fields(line)[2], 64) // client, number, microseconds
		if err != nil {
			return 0, err
		}
		times = append(times, us/1000)
	}
	return median(times), nil
}
