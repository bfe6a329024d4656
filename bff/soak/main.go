// Command soak puts a mixed load on a throw-away stack for a while, ends each
// part of it in turn, and holds what came of it against what should have:
// nothing acknowledged is lost or there twice, nobody is signed out or sees
// another user's data, errors are there while a part is away and of the
// documented kinds, and nothing grows for ever. See README.md beside it.
//
//	go tool task soak                  # 30 minutes
//	go tool task soak -- -duration 4m  # a trial
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// options are what the command line says.
type options struct {
	duration time.Duration
	rate     float64 // requests a second, of all users together
	users    int
	out      string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var o options
	flag.DurationVar(&o.duration, "duration", 30*time.Minute, "how long the load lasts")
	flag.Float64Var(&o.rate, "rate", 30, "actions a second, of all users together; at most 100")
	flag.IntVar(&o.users, "users", 24, "how many users there are; at most 200")
	flag.StringVar(&o.out, "out", "", "a `file` for what was measured, as JSON")
	flag.Parse()
	if err := o.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

var errFailed = errors.New("a check failed")

// run does all of it, and returns errFailed if what came of it isn't right.
func (o options) run(ctx context.Context) error {
	if o.duration < 3*time.Minute || o.rate <= 0 || o.rate > 100 || o.users < 2 || o.users > 200 {
		return errors.New("three minutes at least, at most 100 actions a second, by 2 to 200 users")
	}
	st, err := newStack(ctx)
	if err != nil {
		return err
	}
	defer st.stop()
	s := &soak{options: o, stack: st, ledger: newLedger(), began: time.Now(), tally: make(map[string]int)}
	s.say("%d users sign up", o.users+len(st.deployments))
	if err := s.populate(ctx); err != nil {
		return fmt.Errorf("before the load: %w", err)
	}
	s.began = time.Now()
	if err := s.load(ctx); err != nil {
		return err
	}
	r := s.report(ctx)
	r.print(os.Stdout)
	if o.out != "" {
		if err := r.write(o.out); err != nil {
			return err
		}
	}
	if len(r.Faults) > 0 {
		return errFailed
	}
	return nil
}
