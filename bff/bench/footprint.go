package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"syscall"
	"time"
)

// footprint measures what the BFF takes beside proxies: memory with no
// connection and with many that have asked once and stay open, the time from
// its start to its first answer, the size of its binary, and how often a
// passed request allocates.
func footprint(ctx context.Context, b *bench) error {
	above, err := upstream(ctx, -1)
	if err != nil {
		return err
	}
	defer above.stop()
	ours := proxy{"BFF", func(ctx context.Context, upstream string, core int) (*process, error) {
		return bff(ctx, upstream, core)
	}}
	all := append([]proxy{ours}, b.proxies(ctx)...)
	measured := make(map[string]map[string][]float64) // by what is measured and the server's name
	what := []struct{ name, unit string }{
		{"start to first answer", "ms"},
		{"memory, idle", "MiB"}, {"memory, 1,000 connections", "MiB"}, {"memory, 10,000 connections", "MiB"},
	}
	counts := []int{0, 1_000, 10_000}
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		return err
	}
	if files.Max < 12_000 {
		b.leaveOut("without 10,000 connections, as a process may have %d files open (ulimit -Hn)", files.Max)
		what, counts = what[:3], counts[:2]
	}
	for _, w := range what {
		measured[w.name] = make(map[string][]float64)
	}
	for round := range b.rounds {
		if err := b.more(ctx); err != nil && round > 0 {
			b.leaveOut("memory and start in %d rounds: %v", round, err)
			break
		}
		for i := range all {
			p := all[(i+round)%len(all)]
			values, err := occupy(ctx, p, above.url, counts)
			if err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			for i, w := range what {
				measured[w.name][p.name] = append(measured[w.name][p.name], values[i])
			}
		}
	}
	for _, w := range what {
		for _, p := range all[1:] {
			b.add(Row{Section: "footprint", Name: w.name, Subject: "BFF", Against: p.name, Unit: w.unit,
				Values: measured[w.name][ours.name], Others: measured[w.name][p.name]})
		}
	}
	if err := b.binaries(ctx); err != nil {
		return err
	}
	if err := b.more(ctx); err != nil {
		return err
	}
	return b.allocations(ctx)
}

// occupy starts a server and opens connections to it; it returns the milliseconds to its first answer, and the memory
// in MiB with each of these numbers of connections.
func occupy(ctx context.Context, p proxy, upstream string, counts []int) ([]float64, error) {
	server, err := p.start(ctx, upstream, -1)
	if err != nil {
		return nil, err
	}
	defer server.stop()
	values := []float64{float64(server.started) / float64(time.Millisecond)}
	var open []net.Conn
	defer func() {
		for _, conn := range open {
			_ = conn.Close()
		}
	}()
	for _, connections := range counts {
		if open, err = openMore(open, connections, mustHost(server.url)); err != nil {
			return nil, err
		}
		time.Sleep(200 * time.Millisecond) // what the last answers took is given back
		memory, err := server.memory()
		if err != nil {
			return nil, err
		}
		values = append(values, memory)
	}
	return values, nil
}

// openMore opens connections until there are so many, eight at a time.
func openMore(open []net.Conn, connections int, address string) ([]net.Conn, error) {
	type opened struct {
		conn net.Conn
		err  error
	}
	came, missing := make(chan opened), connections-len(open)
	for i := range 8 {
		go func() {
			for n := i; n < missing; n += 8 {
				conn, err := askOnce(address)
				came <- opened{conn, err}
			}
		}()
	}
	var failed error
	for range missing {
		if next := <-came; next.err != nil {
			failed = next.err
		} else {
			open = append(open, next.conn)
		}
	}
	return open, failed
}

// askOnce opens a connection, asks once, and leaves it open.
func askOnce(address string) (net.Conn, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintf(conn, "GET /rest/v1/0.5kB HTTP/1.1\r\nHost: %s\r\n\r\n", address); err != nil {
		return nil, err
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return conn, err
}

// binaries compares the BFF's binary, pages and fonts included, with Caddy's.
func (b *bench) binaries(ctx context.Context) error {
	caddy, err := builtTool(ctx, caddyModule)
	if err != nil {
		return nil // the section's notes say why
	}
	row := Row{Section: "footprint", Name: "binary", Subject: "BFF", Against: "Caddy", Unit: "MiB"}
	for file, values := range map[string]*[]float64{os.Getenv("BFF_BIN"): &row.Values, caddy: &row.Others} {
		about, err := os.Stat(file)
		if err != nil {
			return err
		}
		*values = []float64{float64(about.Size()) / (1 << 20)}
	}
	b.add(row)
	return nil
}

var allocated = regexp.MustCompile(`BenchmarkAllocations/(\w+)\S*\s.*?(\d+) B/op\s+(\d+) allocs/op`)

// allocations runs the Go benchmark of one passed request.
func (b *bench) allocations(ctx context.Context) error {
	out, err := exec.CommandContext(ctx, "go", "test", "-run=^$", "-bench=^BenchmarkAllocations$", "-benchtime=2000x",
		fmt.Sprintf("-count=%d", b.rounds), "./bff/server").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	counts := Row{Section: "footprint", Name: "a passed request", Subject: "BFF", Against: "ReverseProxy", Unit: "allocations"}
	bytes := counts
	bytes.Unit = "bytes"
	for _, line := range allocated.FindAllSubmatch(out, -1) {
		size, _ := strconv.ParseFloat(string(line[2]), 64)
		count, _ := strconv.ParseFloat(string(line[3]), 64)
		if string(line[1]) == "BFF" {
			counts.Values, bytes.Values = append(counts.Values, count), append(bytes.Values, size)
		} else {
			counts.Others, bytes.Others = append(counts.Others, count), append(bytes.Others, size)
		}
	}
	if len(counts.Values) != b.rounds || len(counts.Others) != b.rounds {
		return fmt.Errorf("no allocations in %s", out)
	}
	b.add(counts)
	b.add(bytes)
	return nil
}
