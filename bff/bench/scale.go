package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// share is the part of a core that a BFF has in scale.
const share = 0.05

// scale measures two BFFs behind nginx against one. Two cores can't hold two
// BFFs, nginx, upstream and load without one being in the other's way, so
// each BFF is held to a twentieth of a core by the kernel: what limits is the BFF
// then, as it would be on machines of its own.
func scale(ctx context.Context, b *bench) error {
	if _, err := exec.LookPath("nginx"); err != nil {
		fmt.Fprintln(os.Stderr, "        left out, as nginx isn't installed here (Debian: nginx-light):", err)
		return nil
	}
	above, err := upstream(ctx, otherCore)
	if err != nil {
		return err
	}
	defer above.stop()
	var servers []string
	for range 2 {
		server, err := bff(ctx, above.url, measuredCore)
		if err != nil {
			return err
		}
		free, err := hold(server.cmd.Process.Pid, share)
		defer func() { server.stop(); free() }()
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
			fmt.Fprintln(os.Stderr, "        left out, as processes can't be held to a part of a core here:", err)
			return nil
		}
		if err != nil {
			return err
		}
		defer free()
		servers = append(servers, server.url)
	}
	headers := map[string]string{"Authorization": "Bearer " + token(), "Accept": "application/json"}
	var balancers []*process
	for _, behind := range [][]string{servers, servers[:1]} {
		balancer, err := nginxBefore(ctx, otherCore, behind...)
		if err != nil {
			return err
		}
		defer balancer.stop()
		balancers = append(balancers, balancer)
	}
	rate := func(balancer *process) func() (float64, error) {
		return func() (float64, error) {
			r, err := load{url: balancer.url + "/rest/v1/" + sizes[0].name, headers: headers, connections: 128, span: 2 * b.span, core: otherCore}.run(ctx)
			return r.rate, err
		}
	}
	return b.compare(Row{Section: "scale", Name: fmt.Sprintf("%s through nginx, each BFF with %g of a core", sizes[0].name, share), Subject: "two BFFs", Against: "one", Unit: "requests/s", Goal: atLeast(1.9)},
		rate(balancers[0]), rate(balancers[1]))
}

// hold leaves a process so much of a core, and that before others, by a
// control group of version 1 or 2. free removes the
// group, once the process has ended.
func hold(pid int, share float64) (free func(), err error) {
	free = func() {}
	const period = 100_000 // µs
	quota := strconv.Itoa(int(share * period))
	root, limits := "/sys/fs/cgroup/cpu", map[string]string{"cpu.cfs_period_us": strconv.Itoa(period), "cpu.cfs_quota_us": quota, "cpu.shares": "10240"}
	if _, err := os.Stat(root); err != nil {
		root, limits = "/sys/fs/cgroup", map[string]string{"cpu.max": quota + " " + strconv.Itoa(period), "cpu.weight": "1000"}
		if err := os.WriteFile(filepath.Join(root, "cgroup.subtree_control"), []byte("+cpu"), 0); err != nil {
			return free, err
		}
	}
	group := filepath.Join(root, fmt.Sprintf("bench-%d", pid))
	if err := os.Mkdir(group, 0o755); err != nil {
		return free, err
	}
	free = func() { _ = os.Remove(group) }
	limits["cgroup.procs"] = strconv.Itoa(pid)
	for name, value := range limits {
		if err := os.WriteFile(filepath.Join(group, name), []byte(value), 0); err != nil {
			return free, err
		}
	}
	return free, nil
}
