package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// share is the part of a core that a BFF has in scale.
const share = 0.05

// scale measures two BFFs behind nginx against one. Two cores can't hold two BFFs, nginx, upstream and load without one
// being in the other's way, so the kernel holds each BFF to a twentieth of a core: the BFF is the limit then, as on
// machines of its own.
func scale(ctx context.Context, b *bench) error {
	if err := needNginx(); err != nil {
		return cannot("it needs nginx, and %v", err)
	}
	if err := errors.Join(needTwoCores(), needLoad(ctx)); err != nil {
		return err
	}
	above, err := upstream(ctx, otherCore)
	if err != nil {
		return err
	}
	defer above.stop()
	var urls []string
	var servers []*process
	for range 2 {
		server, err := bff(ctx, above.url, measuredCore)
		if err != nil {
			return err
		}
		defer server.stop()
		servers, urls = append(servers, server), append(urls, server.url)
	}
	headers := map[string]string{"Authorization": "Bearer " + token(), "Accept": "application/json"}
	var balancers []*process
	for _, behind := range [][]string{urls, urls[:1]} {
		balancer, err := nginxBefore(ctx, otherCore, behind...)
		if err != nil {
			return err
		}
		defer balancer.stop()
		balancers = append(balancers, balancer)
	}
	// The BFFs are held once everything has started, so that no start waits for the twentieth of a core.
	for _, server := range servers {
		free, err := hold(server.cmd.Process.Pid, share)
		if err != nil {
			return cannot("a process can't be held to a part of a core here: %v", err)
		}
		defer free()
		if err := server.await(ctx, "/livez", time.Now()); err != nil {
			return cannot("a BFF that is held to %g of a core doesn't answer here: %v", share, err)
		}
	}
	rate := func(balancer *process) func() (float64, error) {
		return func() (float64, error) {
			r, err := load{
				url: balancer.url + "/rest/v1/" + sizes[0].name, headers: headers, connections: 128, span: 2 * b.span, core: otherCore,
			}.run(ctx)
			return r.rate, err
		}
	}
	row := Row{Section: "scale", Subject: "two BFFs", Against: "one", Unit: "requests/s", Goal: atLeast(1.9)}
	row.Name = fmt.Sprintf("%s through nginx, each BFF with %g of a core", sizes[0].name, share)
	return b.compare(row, rate(balancers[0]), rate(balancers[1]))
}

// hold leaves a process so much of a core, and that before others, by a control group of version 1 or 2. free takes
// the process out of the group and removes that.
func hold(pid int, share float64) (free func(), err error) {
	const period = 100_000 // µs
	quota := strconv.Itoa(int(share * period))
	root := "/sys/fs/cgroup/cpu"
	limits := [][2]string{{"cpu.shares", "10240"}, {"cpu.cfs_period_us", strconv.Itoa(period)}, {"cpu.cfs_quota_us", quota}}
	if _, err := os.Stat(root); err != nil {
		root = "/sys/fs/cgroup"
		limits = [][2]string{{"cpu.weight", "1000"}, {"cpu.max", quota + " " + strconv.Itoa(period)}}
		if err := os.WriteFile(filepath.Join(root, "cgroup.subtree_control"), []byte("+cpu"), 0); err != nil {
			return nil, err
		}
	}
	group := filepath.Join(root, fmt.Sprintf("bench-%d", pid))
	if err := os.Mkdir(group, 0o755); err != nil {
		return nil, err
	}
	free = func() {
		// A process that has ended is in no group any more.
		_ = os.WriteFile(filepath.Join(root, "cgroup.procs"), []byte(strconv.Itoa(pid)), 0)
		_ = os.Remove(group)
	}
	// The process comes last, into a group that is complete.
	for _, limit := range append(limits, [2]string{"cgroup.procs", strconv.Itoa(pid)}) {
		if err := os.WriteFile(filepath.Join(group, limit[0]), []byte(limit[1]), 0); err != nil {
			free()
			return nil, err
		}
	}
	return free, nil
}
