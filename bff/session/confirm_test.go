package session_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mysingle/mysingle/bff/session"
	"github.com/mysingle/mysingle/bff/supabasetest"
)

// question is what Confirm asks Auth: it counts, and answers what is set.
type question struct {
	asked  atomic.Int64
	answer error
	delay  time.Duration
}

func (q *question) ask(context.Context) error {
	q.asked.Add(1)
	time.Sleep(q.delay)
	return q.answer
}

// mustConfirm checks what Confirm says, and how often Auth has been asked so far.
func (q *question) mustConfirm(tb testing.TB, r *session.Refresher, s session.Session, want error, asked int64) {
	tb.Helper()
	if err := r.Confirm(context.Background(), s, q.ask); !errors.Is(err, want) || q.asked.Load() != asked {
		tb.Errorf("got %v after %d questions, want %v after %d", err, q.asked.Load(), want, asked)
	}
}

func TestConfirm(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	for _, tt := range []struct {
		Name   string
		Answer error
		Asked  int64 // when it is asked for twice
	}{
		{"alive", nil, 1},
		{"ended", session.ErrEnded, 1},
		{"not known", down, 2},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, s, q := session.NewRefresher(session.NewMemory()), signedIn(10, time.Hour), &question{answer: tt.Answer}
				if alive, err := r.Known(t.Context(), s); alive || err != nil {
					t.Errorf("before: got alive %t, %v, want false", alive, err)
				}
				q.mustConfirm(t, r, s, tt.Answer, 1)
				q.mustConfirm(t, r, s, tt.Answer, tt.Asked)
				alive, err := r.Known(t.Context(), s)
				if alive != (tt.Answer == nil) || errors.Is(err, session.ErrEnded) != errors.Is(tt.Answer, session.ErrEnded) {
					t.Errorf("afterwards: got alive %t, %v, want what was answered: %v", alive, err, tt.Answer)
				}
				// A browser may come with the session's next token, which this process
				// has not seen.
				time.Sleep(time.Hour + time.Second)
				s.IssuedAt, s.ExpiresAt, s.AccessToken = time.Now(), time.Now().Add(time.Hour), "next"
				if tt.Answer == nil {
					q.mustConfirm(t, r, s, nil, 2)
				}
			})
		})
	}
}

// TestConfirmIsNotAskedInVain has sessions that this process has begun or
// refreshed itself: Auth gave them just now.
func TestConfirmIsNotAskedInVain(t *testing.T) {
	t.Parallel()
	r, q := session.NewRefresher(session.NewMemory()), &question{answer: errors.New("asked")}
	begun, refreshed := signedIn(10, time.Hour), signedIn(10, -time.Minute)
	refreshed.ID = "refreshed"
	r.Begin(t.Context(), begun)
	fresh, _, err := r.Fresh(t.Context(), refreshed, newAuth().refresh)
	if err != nil {
		t.Fatal(err)
	}
	q.mustConfirm(t, r, begun, nil, 0)
	q.mustConfirm(t, r, fresh, nil, 0)
	r.End(t.Context(), begun, session.ErrEnded)
	r.EndOthers(t.Context(), fresh.Subject, "")
	q.mustConfirm(t, r, begun, session.ErrEnded, 0)
	q.mustConfirm(t, r, fresh, session.ErrEnded, 0)
}

// TestManyConfirmAtOnce has a hundred sessions ask a hundred times each at once:
// each is asked for once, and at Auth are 32 questions at a time.
func TestManyConfirmAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := session.NewRefresher(session.NewMemory())
		var asked, now, most atomic.Int64
		ask := func(context.Context) error {
			asked.Add(1)
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			defer now.Add(-1)
			time.Sleep(time.Second) // of the bubble's time: all others wait by then
			return nil
		}
		var wait sync.WaitGroup
		for i := range 10_000 {
			wait.Go(func() {
				s := signedIn(10, time.Hour)
				s.ID = fmt.Sprint("session ", i%100)
				s.AccessToken = s.ID
				if err := r.Confirm(t.Context(), s, ask); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if asked.Load() != 100 || most.Load() != 32 {
			t.Errorf("got %d questions, at most %d at a time, want 100 and 32", asked.Load(), most.Load())
		}
	})
}

// TestConfirmHasADeadline has Auth hang: nobody waits beyond the deadline, be it
// for the answer or for their turn.
func TestConfirmHasADeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := session.NewRefresher(session.NewMemory())
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		var wait sync.WaitGroup
		for i := range 200 {
			wait.Go(func() {
				s := signedIn(10, time.Hour)
				s.ID = fmt.Sprint("session ", i)
				s.AccessToken = s.ID
				if err := r.Confirm(ctx, s, func(ctx context.Context) error {
					<-ctx.Done()
					return ctx.Err()
				}); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v, want %v", err, context.DeadlineExceeded)
				}
			})
		}
		wait.Wait()
		if took := time.Since(began); took != time.Minute {
			t.Errorf("took %s, want 1m", took)
		}
	})
}

func TestTheOneWhoAskedMayGiveUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, s, q := session.NewRefresher(session.NewMemory()), signedIn(10, time.Hour), &question{delay: time.Second}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second/2, cancel)
		if err := r.Confirm(ctx, s, q.ask); !errors.Is(err, context.Canceled) {
			t.Errorf("the one who gives up: got %v, want %v", err, context.Canceled)
		}
		q.mustConfirm(t, r, s, nil, 1)
	})
}

// TestSignOutWinsOverAConfirmation ends the session, at another instance where
// there is one, while Auth is asked, which still knew it.
func TestSignOutWinsOverAConfirmation(t *testing.T) {
	t.Parallel()
	server := supabasetest.MustStartRedis(t)
	memory := session.NewMemory()
	for name, stores := range map[string][2]session.Store{
		"in process": {memory, memory},
		"over Redis": {mustRedis(t, server, io.Discard), mustRedis(t, server, io.Discard)},
	} {
		for _, reason := range []error{session.ErrEnded, session.ErrReplaced} {
			r, other, s := session.NewRefresher(stores[0]), session.NewRefresher(stores[1]), signedIn(10, time.Hour)
			s.ID, s.AccessToken = reason.Error(), reason.Error()
			err := r.Confirm(t.Context(), s, func(ctx context.Context) error {
				other.End(ctx, s, reason)
				return nil
			})
			if !errors.Is(err, reason) {
				t.Errorf("%s: got %v, want %v", name, err, reason)
			}
			r.Begin(t.Context(), s) // neither does a late beginning
			if err := r.Ended(t.Context(), s); !errors.Is(err, reason) {
				t.Errorf("%s, afterwards: got %v, want %v", name, err, reason)
			}
		}
	}
}

func TestConfirmThatPanics(t *testing.T) {
	t.Parallel()
	r, s, q := session.NewRefresher(session.NewMemory()), signedIn(10, time.Hour), &question{}
	err := r.Confirm(t.Context(), s, func(context.Context) error { panic("no such thing") })
	if err == nil || !strings.Contains(err.Error(), "no such thing") {
		t.Errorf("a question that panics: got error %v, want one with \"no such thing\"", err)
	}
	q.mustConfirm(t, r, s, nil, 1)
}

// TestAliveIsBounded has more sessions than one process remembers.
func TestAliveIsBounded(t *testing.T) {
	t.Parallel()
	const most, all = 50_000, 51_000
	r, alive := session.NewRefresher(session.NewMemory()), 0
	of := func(i int) session.Session {
		s := signedIn(10, time.Hour)
		s.ID = fmt.Sprint("session ", i)
		return s
	}
	for i := range all {
		r.Begin(t.Context(), of(i))
	}
	for i := range all {
		switch is, err := r.Known(t.Context(), of(i)); {
		case err != nil:
			t.Fatal(err)
		case is:
			alive++
		}
	}
	if alive != most {
		t.Errorf("remembered: got %d, want %d", alive, most)
	}
}

// TestConfirmOverRedis has two instances: what one has confirmed the other knows,
// until Redis has lost it, and with it what ended.
func TestConfirmOverRedis(t *testing.T) {
	t.Parallel()
	server := supabasetest.MustStartRedis(t)
	here := session.NewRefresher(mustRedis(t, server, io.Discard))
	there := session.NewRefresher(mustRedis(t, server, io.Discard))
	alive, gone, q := signedIn(10, time.Hour), signedIn(10, time.Hour), &question{}
	gone.ID, gone.AccessToken = "gone", "gone"
	q.mustConfirm(t, here, alive, nil, 1)
	q.mustConfirm(t, here, gone, nil, 2)
	q.mustConfirm(t, there, alive, nil, 2)
	q.mustConfirm(t, there, gone, nil, 2)
	here.End(t.Context(), gone, session.ErrEnded)
	q.mustConfirm(t, there, gone, session.ErrEnded, 2)

	// There it isn't known any more what ended here: so nothing is known.
	server.Kill(t)
	q.mustConfirm(t, there, alive, nil, 3)
	q.mustConfirm(t, there, alive, nil, 3)
	q.answer = session.ErrEnded // as Auth says of a session that has ended
	q.mustConfirm(t, there, gone, session.ErrEnded, 4)
	q.answer = nil

	server.MustStart(t) // empty
	mustAnswer := func(r *session.Refresher) {
		t.Helper()
		probe := signedIn(10, time.Hour)
		supabasetest.MustWait(t, "Redis to be used again", func() bool {
			probe.ID += "'"
			r.Begin(t.Context(), probe)
			for _, other := range []*session.Refresher{here, there} {
				if known, err := other.Known(t.Context(), probe); !known || err != nil {
					return false
				}
			}
			return true
		})
	}
	mustAnswer(here)
	mustAnswer(there)
	q.mustConfirm(t, there, alive, nil, 5) // what it confirmed in the outage counts no more
	q.mustConfirm(t, here, alive, nil, 5)
}
