// The BFF stands between the web app and Supabase: it passes Supabase's own
// paths through and adds views for sprint and scrum. See bff/server/routes.go.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
	_ "time/tzdata" // for machines that have none: pictures name days in the organization's zone

	"github.com/mysingle/mysingle/bff/build"
	"github.com/mysingle/mysingle/bff/config"
	"github.com/mysingle/mysingle/bff/server"
)

func main() {
	// A second signal ends the process at once: stop gives it back its
	// usual effect when the first one has come.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	if err := command(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bff:", err)
		os.Exit(1)
	}
}

// command does what the arguments ask for.
func command(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("bff", flag.ContinueOnError)
	envFile := flags.String("env-file", ".env", "settings `file`; the environment wins over it")
	showVersion := flags.Bool("version", false, "print version, commit and time of the build and exit")
	probe := flags.Bool("health", false, "ask the running BFF whether it is alive and exit")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *showVersion {
		_, err := fmt.Fprintln(out, build.Read())
		return err
	}
	c, err := config.Load(*envFile)
	if err != nil {
		return err
	}
	if *probe {
		return alive(ctx, c)
	}
	public, metrics, err := listen(c)
	if err != nil {
		return err
	}
	return run(ctx, c, public, metrics)
}

// listen opens the configured ports. Without a port for them, metrics is nil.
func listen(c config.Config) (public, metrics net.Listener, err error) {
	public, err = net.Listen("tcp", c.Address())
	if err != nil {
		return nil, nil, fmt.Errorf("BFF_HOST and BFF_PORT: %w", err)
	}
	if c.MetricsPort == 0 {
		return public, nil, nil
	}
	metrics, err = net.Listen("tcp", net.JoinHostPort(c.Host, strconv.Itoa(c.MetricsPort)))
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("BFF_METRICS_PORT: %w", err), public.Close())
	}
	return public, metrics, nil
}

// run serves on the listeners, which it closes, until ctx ends and the running
// requests have finished. A nil metrics serves none.
func run(ctx context.Context, c config.Config, listener, metrics net.Listener) error {
	log, flush := newLog(os.Stderr, c.LogLevel)
	defer flush()
	c = c.At(listener.Addr())
	log.Info("listening", "address", listener.Addr().String(), "public", c.PublicURL.String(), "version", build.Read().String(),
		"rest", c.RestURL.String(), "auth", c.AuthURL.String())
	s := server.New(c, build.Read(), log)
	if metrics != nil {
		defer serveMetrics(metrics, s.Metrics(), log)()
	}
	return s.Serve(ctx, listener)
}

// serveMetrics serves what is to be measured on its own port until stop is
// called, which is after the last request: that counts too.
func serveMetrics(listener net.Listener, handler http.Handler, log *slog.Logger) (stop func()) {
	metrics := &http.Server{Handler: handler, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second}
	go func() {
		if err := metrics.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("metrics are not served any more", "error", err)
		}
	}()
	return func() { _ = metrics.Close() }
}

// alive returns nil if a BFF answers at the configured port. It is for
// containers, which have no curl.
func alive(ctx context.Context, c config.Config) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	address := "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(c.Port)) + "/livez"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", address, resp.Status)
	}
	return nil
}
