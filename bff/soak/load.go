package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"
)

// soak is one run.
type soak struct {
	options
	stack  *stack
	ledger *ledger
	users  []*user
	probes []*user // one of each deployment, for finding out whether it works
	began  time.Time

	mu       sync.Mutex
	tally    map[string]int // actions that went as they should, by name
	late     int            // actions left out because everybody was busy
	failures []*failure
	dropped  int // failures beyond mostKept
	windows  []*Window
	samples  []sample
	wrong    []string // what went wrong beside the load
}

// A Window is the time that a part was away.
type Window struct {
	Part string `json:"part"`
	How  string `json:"how"`
	// At is when it was ended, from the beginning on.
	At seconds `json:"at_s"`
	// Back is how long it took until requests through every BFF succeeded.
	Back seconds `json:"back_s"`
	// Failed is how many actions failed meanwhile, by what they were told.
	Failed map[string]int `json:"failed"`

	part     part
	from, to time.Time
}

type seconds float64

func since(from, to time.Time) seconds { return seconds(to.Sub(from).Seconds()) }

func (s *soak) say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%7s  %s\n", time.Since(s.began).Round(time.Second), fmt.Sprintf(format, args...))
}

// populate makes the users, some at a time.
func (s *soak) populate(ctx context.Context) error {
	for i := range s.options.users {
		s.users = append(s.users, newUser(s.stack.deployments[i%len(s.stack.deployments)]))
	}
	for _, d := range s.stack.deployments {
		s.probes = append(s.probes, newUser(d))
	}
	faults, turn := make(chan error), make(chan struct{}, 4)
	everybody := append(append([]*user(nil), s.users...), s.probes...)
	for _, u := range everybody {
		go func() {
			turn <- struct{}{}
			err := u.begin(ctx, s.ledger)
			<-turn
			faults <- err
		}()
	}
	var first error
	for range everybody {
		if err := <-faults; err != nil && first == nil {
			first = err
		}
	}
	return first
}

// load has users act at the rate, while parts are ended and samples taken. Its
// error is that it was interrupted.
func (s *soak) load(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.duration)
	defer cancel()
	var all sync.WaitGroup
	all.Go(func() { s.observe(ctx) })
	all.Go(func() {
		if err := s.restart(ctx); err != nil {
			s.mu.Lock()
			s.wrong = append(s.wrong, err.Error())
			s.mu.Unlock()
			s.say("%v", err)
		}
	})
	idle := make(chan *user, len(s.users))
	for _, u := range s.users {
		idle <- u
	}
	pace := time.NewTicker(time.Duration(float64(time.Second) / s.rate))
	defer pace.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-pace.C:
			select {
			case u := <-idle:
				all.Go(func() {
					// What has begun may end, also after the last second.
					s.count(u.act(context.WithoutCancel(ctx), s.ledger))
					idle <- u
				})
			default:
				s.mu.Lock()
				s.late++
				s.mu.Unlock()
			}
		}
	}
	all.Wait()
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return ctx.Err()
	}
	return nil
}

// mostKept bounds the memory of what went wrong.
const mostKept = 200_000

func (s *soak) count(name string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := new(failure)
	switch {
	case err == nil:
		s.tally[name]++
	case len(s.failures) >= mostKept:
		s.dropped++
	case errors.As(err, &f):
		s.failures = append(s.failures, f)
	default:
		now := time.Now()
		s.failures = append(s.failures, &failure{action: name, deployment: s.stack.deployments[0], from: now, to: now, what: err.Error()})
	}
}

const (
	settle  = 20 * time.Second // before the first restart and after the last
	longest = time.Minute      // that a part may be away
)

// restart ends each part in turn: first by its own signal, then by SIGKILL.
func (s *soak) restart(ctx context.Context) error {
	type step struct {
		part part
		how  syscall.Signal
	}
	var steps []step
	for _, p := range s.stack.parts {
		steps = append(steps, step{p, p.polite})
	}
	for _, p := range s.stack.parts {
		if p.name == "pair" {
			p.processes = []string{"bff-3"}
		}
		if p.killable {
			steps = append(steps, step{p, syscall.SIGKILL})
		}
	}
	spacing := (s.duration - 2*settle) / time.Duration(len(steps))
	for i, next := range steps {
		if !sleep(ctx, time.Until(s.began.Add(settle+time.Duration(i)*spacing))) {
			return errors.New("there was no time left for every restart: take longer")
		}
		w := &Window{Part: next.part.name, How: name(next.how), part: next.part, from: time.Now()}
		w.At = since(s.began, w.from)
		s.mu.Lock()
		s.windows = append(s.windows, w)
		s.mu.Unlock()
		back, err := s.stack.end(next.part, next.how)
		if err != nil {
			return err
		}
		took, ok := s.recovery(w.from, back)
		s.mu.Lock()
		w.to, w.Back = w.from.Add(took+grace), seconds(took.Seconds())
		s.mu.Unlock()
		if !ok {
			return fmt.Errorf("%s did not come back within %s after %s", w.Part, longest, w.How)
		}
		s.say("%s ended by %s, back after %.1f s", w.Part, w.How, w.Back)
	}
	return nil
}

func name(s syscall.Signal) string {
	return map[syscall.Signal]string{syscall.SIGINT: "SIGINT", syscall.SIGTERM: "SIGTERM", syscall.SIGKILL: "SIGKILL", syscall.SIGUSR2: "SIGUSR2"}[s]
}

// grace is what a part that is back has until all of it works again: a breaker
// asks every two seconds.
const grace = 2500 * time.Millisecond

// recovery asks until everything works three times in a row, and returns how
// long it took until the first of these.
func (s *soak) recovery(from time.Time, back func() bool) (time.Duration, bool) {
	in, first := 0, time.Duration(0)
	for time.Since(from) < longest {
		if !back() {
			time.Sleep(50 * time.Millisecond)
			continue
		}
		if !s.works() {
			in = 0
		} else if in++; in == 1 {
			first = time.Since(from)
		} else if in == 3 {
			return first, true
		}
		time.Sleep(100 * time.Millisecond)
	}
	return time.Since(from), false
}

// works reports whether a view, a sign-in and a function work everywhere.
func (s *soak) works() bool {
	all := make(chan bool)
	for _, p := range s.probes {
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			defer cancel()
			good := p.signIn(ctx) == nil // also where the answer to the last one never came
			for range p.deployment.urls {
				_, view := p.ask(ctx, "probe", "GET", "/api/v1/sprints/"+p.sprint+"/board", "", ok)
				_, function := p.ask(ctx, "probe", "GET", p.feed, "", ok)
				good = good && view == nil && function == nil
				p.turn.Add(1) // two requests of each: the other BFF is next
			}
			all <- good
		}()
	}
	good := true
	for range s.probes {
		good = <-all && good
	}
	return good
}

// sleep reports whether the time went by before ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// judge tells for each failure which window excuses it, and returns those that
// none does.
func judge(failures []*failure, windows []*Window) (unexcused []*failure) {
	for _, f := range failures {
		if w := excuse(f, windows); w != nil {
			if w.Failed == nil {
				w.Failed = make(map[string]int)
			}
			w.Failed[f.what]++
		} else {
			unexcused = append(unexcused, f)
		}
	}
	return unexcused
}

// excuse is the window that a failure fell into, if it is of a kind that is
// documented for while the part is away.
func excuse(f *failure, windows []*Window) *Window {
	if !f.passing {
		return nil
	}
	for _, w := range windows {
		if f.to.After(w.from) && (w.to.IsZero() || f.from.Before(w.to)) && w.part.excuses(f.action, f.deployment) {
			return w
		}
	}
	return nil
}
