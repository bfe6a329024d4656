package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
)

const (
	// proxyCommand makes this program httputil's reverse proxy: `bench proxy
	// <address> <upstream>`.
	proxyCommand = "proxy"
	// caddyModule is built once; nginx is Debian's, where it is installed.
	caddyModule = "github.com/caddyserver/caddy/v2/cmd/caddy@v2.10.2"
)

// proxy is one of the BFF's peers.
type proxy struct {
	name  string
	start func(ctx context.Context, upstream string, core int) (*process, error)
}

// proxies are those that are to be had here; the section's notes name the others.
func (b *bench) proxies(ctx context.Context) []proxy {
	all := []proxy{{"ReverseProxy", reverseProxy}}
	if _, err := builtTool(ctx, caddyModule); err == nil {
		all = append(all, proxy{"Caddy", caddy})
	} else {
		b.leaveOut("without Caddy: %v", err)
	}
	if err := needNginx(); err == nil {
		all = append(all, proxy{"nginx", nginx})
	} else {
		b.leaveOut("without nginx: %v", err)
	}
	return all
}

// needNginx returns why there is no nginx here, or nil.
func needNginx() error {
	if _, err := exec.LookPath("nginx"); err != nil {
		return cannot("it isn't installed (Debian: nginx-light)")
	}
	return nil
}

// nginxConfig is a plain reverse proxy with kept-alive connections and an
// access log, on one worker.
const nginxConfig = `worker_processes 1;
daemon off;
error_log stderr crit;
pid %[1]s/pid;
worker_rlimit_nofile 65536;
events { worker_connections 30000; }
http {
  access_log %[1]s/access.log;
  client_body_temp_path %[1]s; proxy_temp_path %[1]s; fastcgi_temp_path %[1]s; uwsgi_temp_path %[1]s; scgi_temp_path %[1]s;
  keepalive_requests 100000000;
  upstream above { %[3]s keepalive 1024; keepalive_requests 100000000; }
  server {
    listen %[2]s backlog=4096;
    location / { proxy_pass http://above; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_max_temp_file_size 0; proxy_buffers 16 32k; proxy_busy_buffers_size 64k; }
  }
}
`

func nginx(ctx context.Context, upstream string, core int) (*process, error) {
	return nginxBefore(ctx, core, upstream)
}

// nginxBefore starts nginx before one or more upstreams.
func nginxBefore(ctx context.Context, core int, upstreams ...string) (*process, error) {
	folder, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return nil, err
	}
	var servers string
	for _, upstream := range upstreams {
		servers += "server " + mustHost(upstream) + "; "
	}
	address, file := freeAddress(), filepath.Join(folder, "nginx.conf")
	if err := os.WriteFile(file, fmt.Appendf(nil, nginxConfig, folder, address, servers), 0o644); err != nil {
		return nil, err
	}
	return launch{name: "nginx", args: []string{"-p", folder, "-c", file}, core: core, address: address, ready: "/", folder: folder}.start(ctx)
}

const caddyConfig = `{
	admin off
	auto_https off
}
http://%s {
	bind 127.0.0.1
	log {
		output file %s/access.log
	}
	reverse_proxy %s
}
`

func caddy(ctx context.Context, upstream string, core int) (*process, error) {
	binary, err := builtTool(ctx, caddyModule)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return nil, err
	}
	address, file := freeAddress(), filepath.Join(folder, "Caddyfile")
	if err := os.WriteFile(file, fmt.Appendf(nil, caddyConfig, address, folder, mustHost(upstream)), 0o644); err != nil {
		return nil, err
	}
	return launch{name: binary, args: []string{"run", "--config", file, "--adapter", "caddyfile"}, env: []string{"HOME=" + folder, "XDG_DATA_HOME=" + folder}, core: core, address: address, ready: "/", folder: folder}.start(ctx)
}

func reverseProxy(ctx context.Context, upstream string, core int) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	address := freeAddress()
	return launch{name: self, args: []string{proxyCommand, address, upstream}, core: core, address: address, ready: "/"}.start(ctx)
}

// serveProxy is net/http's own reverse proxy, as one would write it in ten
// lines, with as many kept-alive connections as the others have.
func serveProxy(ctx context.Context, address, upstream string) error {
	above, err := url.Parse(upstream)
	if err != nil {
		return err
	}
	proxy := httputil.NewSingleHostReverseProxy(above)
	proxy.Transport = &http.Transport{MaxIdleConns: 1024, MaxIdleConnsPerHost: 1024, DisableCompression: true}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: proxy}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	return server.Serve(listener)
}

func mustHost(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		panic(err) // of our own making
	}
	return u.Host
}
