package session_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/mysingle/mysingle/bff/redis"
	"github.com/mysingle/mysingle/bff/session"
	"github.com/mysingle/mysingle/bff/supabasetest"
)

// auth is Auth's rule of refresh tokens: each works once, and a second use
// ends the session.
type auth struct {
	mu    sync.Mutex
	used  map[string]bool
	asked atomic.Int64
	fault error
	delay time.Duration
	life  time.Duration
}

func newAuth() *auth {
	return &auth{used: make(map[string]bool), delay: 50 * time.Millisecond, life: time.Hour}
}

func (a *auth) refresh(_ context.Context, s session.Session) (session.Session, error) {
	n := a.asked.Add(1)
	time.Sleep(a.delay)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.fault != nil {
		return session.Session{}, a.fault
	}
	if a.used[s.RefreshToken] {
		return session.Session{}, session.ErrEnded
	}
	a.used[s.RefreshToken] = true
	s.AccessToken, s.RefreshToken = fmt.Sprintf("fresh-%d", n), fmt.Sprintf("refresh-%d", n)
	s.IssuedAt = time.Now()
	s.ExpiresAt = s.IssuedAt.Add(a.life)
	return s, nil
}

// mustRedis is what an instance has in the Redis.
func mustRedis(tb testing.TB, server *supabasetest.Redis, log io.Writer) session.Store {
	tb.Helper()
	return session.NewRedis(mustDial(tb, server.URL, log), mustSealer(tb, key(1)), time.Minute)
}

func mustDial(tb testing.TB, url string, log io.Writer) *redis.Client {
	tb.Helper()
	client, err := redis.Dial(url, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = client.Close() })
	return client
}

// lines is a log that can be read meanwhile.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// mustLook is a client to look at what is in Redis.
func mustLook(tb testing.TB, server *supabasetest.Redis) *goredis.Client {
	tb.Helper()
	options, err := goredis.ParseURL(server.URL)
	if err != nil {
		tb.Fatal(err)
	}
	client := goredis.NewClient(options)
	tb.Cleanup(func() { _ = client.Close() })
	return client
}

// refreshAll asks for the session so many times at once, from all refreshers
// in turn, and returns the distinct access tokens that came of it.
func refreshAll(t *testing.T, n int, refreshers []*session.Refresher, s session.Session, a *auth) map[string]int {
	t.Helper()
	var wait sync.WaitGroup
	var mu sync.Mutex
	tokens := make(map[string]int)
	for i := range n {
		wait.Go(func() {
			fresh, renewed, err := refreshers[i%len(refreshers)].Fresh(context.Background(), s, a.refresh)
			if err != nil || !renewed {
				t.Errorf("got renewed %t, %v, want true", renewed, err)
				return
			}
			mu.Lock()
			tokens[fresh.AccessToken+fresh.RefreshToken]++
			mu.Unlock()
		})
	}
	wait.Wait()
	return tokens
}

func TestManyRefreshAtOnce(t *testing.T) {
	t.Parallel()
	for _, shared := range []bool{false, true} {
		t.Run(fmt.Sprintf("redis %t", shared), func(t *testing.T) {
			stores := []session.Store{session.NewMemory()}
			if shared {
				server := supabasetest.MustStartRedis(t)
				stores = []session.Store{mustRedis(t, server, io.Discard), mustRedis(t, server, io.Discard)}
			}
			var refreshers []*session.Refresher
			for _, store := range stores {
				refreshers = append(refreshers, session.NewRefresher(store))
			}
			a := newAuth()
			old := signedIn(10, -time.Minute)
			first := refreshAll(t, 100, refreshers, old, a)
			// Stragglers that still carry the old cookie.
			later := refreshAll(t, 20, refreshers, old, a)
			if len(first) != 1 || len(later) != 1 || a.asked.Load() != 1 {
				t.Errorf("%d and %d results, Auth was asked %d times", len(first), len(later), a.asked.Load())
			}
			for token := range first {
				if later[token] != 20 {
					t.Errorf("stragglers got another session")
				}
			}
		})
	}
}

func TestFresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, testFresh)
}

func testFresh(t *testing.T) {
	r := session.NewRefresher(session.NewMemory())
	a := newAuth()
	short := signedIn(10, 20*time.Second)
	short.IssuedAt = short.ExpiresAt.Add(-40 * time.Second)
	for _, tt := range []struct {
		Name    string
		Session session.Session
		Renewed bool
	}{
		{"holds", signedIn(10, time.Hour), false},
		{"holds for 90 seconds", signedIn(10, 90*time.Second), false},
		{"holds for 50 seconds", signedIn(11, 50*time.Second), true},
		{"half of a short life is left", short, false},
		{"over", signedIn(12, -time.Hour), true},
	} {
		tt.Session.RefreshToken = tt.Name
		fresh, renewed, err := r.Fresh(context.Background(), tt.Session, a.refresh)
		if err != nil || renewed != tt.Renewed || renewed == (fresh == tt.Session) {
			t.Errorf("%s: got renewed %t, %v, want %t", tt.Name, renewed, err, tt.Renewed)
		}
	}
}

func TestWhatIsKeptMayBeDueAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := session.NewRefresher(session.NewMemory())
		a := newAuth()
		a.life = time.Second
		old := signedIn(10, -time.Minute)
		if _, _, err := r.Fresh(context.Background(), old, a.refresh); err != nil {
			t.Fatal(err)
		}
		time.Sleep(a.life)
		fresh, renewed, err := r.Fresh(context.Background(), old, a.refresh)
		if err != nil || !renewed || !fresh.ExpiresAt.After(time.Now()) || a.asked.Load() != 2 {
			t.Errorf("got renewed %t, expires %s, %v and %d questions to Auth, want true, a moment to come, no error and 2",
				renewed, fresh.ExpiresAt, err, a.asked.Load())
		}
	})
}

func TestRefreshFails(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	for _, tt := range []struct {
		Name   string
		Within time.Duration
		Fault  error
		Want   error
	}{
		{"Auth is down, the token holds", 30 * time.Second, down, nil},
		{"Auth is down, the token is over", -time.Second, down, down},
		{"the refresh token is dead, the access token holds", 30 * time.Second, session.ErrEnded, session.ErrEnded},
		{"the refresh token is dead", -time.Second, session.ErrEnded, session.ErrEnded},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			r := session.NewRefresher(session.NewMemory())
			a := newAuth()
			a.fault = tt.Fault
			s := signedIn(10, tt.Within)
			fresh, renewed, err := r.Fresh(context.Background(), s, a.refresh)
			if !errors.Is(err, tt.Want) || renewed || err == nil && fresh != s {
				t.Fatalf("got renewed %t, %v, want false and %v", renewed, err, tt.Want)
			}
			a.fault = nil
			if _, renewed, err := r.Fresh(context.Background(), s, a.refresh); !renewed || err != nil {
				t.Errorf("doesn't recover: %t, %v", renewed, err)
			}
		})
	}
}

func TestAnotherUsersSessionIsNotTaken(t *testing.T) {
	t.Parallel()
	r := session.NewRefresher(session.NewMemory())
	if _, _, err := r.Fresh(context.Background(), signedIn(10, -time.Minute), func(context.Context, session.Session) (session.Session, error) {
		other := signedIn(10, time.Hour)
		other.Subject = "somebody else"
		return other, nil
	}); err == nil {
		t.Error("taken")
	}
}

func TestTheOneWhoBeganMayGiveUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := session.NewRefresher(session.NewMemory())
		a := newAuth()
		a.delay = 300 * time.Millisecond
		s := signedIn(10, -time.Minute)
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		if _, _, err := r.Fresh(ctx, s, a.refresh); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("the one who gives up: got error %v, want %v", err, context.DeadlineExceeded)
		}
		if _, renewed, err := r.Fresh(context.Background(), s, a.refresh); !renewed || err != nil || a.asked.Load() != 1 {
			t.Errorf("the next one: got renewed %t, %v and %d questions to Auth, want true, no error and 1", renewed, err, a.asked.Load())
		}
	})
}

func TestSignOutWins(t *testing.T) {
	t.Parallel()
	server := supabasetest.MustStartRedis(t)
	memory := session.NewMemory()
	for name, stores := range map[string][2]session.Store{
		"in process": {memory, memory},
		"over Redis": {mustRedis(t, server, io.Discard), mustRedis(t, server, io.Discard)},
	} {
		for _, reason := range []error{session.ErrEnded, session.ErrReplaced} {
			t.Run(name+": "+reason.Error(), func(t *testing.T) {
				here, there := session.NewRefresher(stores[0]), session.NewRefresher(stores[1])
				s := signedIn(10, -time.Minute)
				s.ID, s.RefreshToken = reason.Error(), reason.Error()
				_, _, err := here.Fresh(context.Background(), s, func(ctx context.Context, s session.Session) (session.Session, error) {
					there.End(ctx, s, reason) // during the refresh
					return newAuth().refresh(ctx, s)
				})
				if !errors.Is(err, session.ErrEnded) || errors.Is(err, session.ErrReplaced) != errors.Is(reason, session.ErrReplaced) {
					t.Errorf("got %v", err)
				}
				if err := here.Ended(context.Background(), s); !errors.Is(err, reason) {
					t.Errorf("isn't known to have ended: %v", err)
				}
				other := s
				other.ID = "another"
				if err := here.Ended(context.Background(), other); err != nil {
					t.Errorf("another session has ended: %v", err)
				}
			})
		}
	}
}

func TestOtherSessionsEnd(t *testing.T) {
	t.Parallel()
	server := supabasetest.MustStartRedis(t)
	memory := session.NewMemory()
	for name, stores := range map[string][2]session.Store{
		"in process": {memory, memory},
		"over Redis": {mustRedis(t, server, io.Discard), mustRedis(t, server, io.Discard)},
	} {
		ctx := context.Background()
		here, there := session.NewRefresher(stores[0]), session.NewRefresher(stores[1])
		mine, other, later, strangers := signedIn(10, time.Minute*30), signedIn(10, time.Minute*30), signedIn(10, time.Hour), signedIn(10, time.Minute*30)
		mine.Subject, other.Subject, later.Subject = name, name, name
		other.ID, later.ID = "other", "later"
		later.IssuedAt = time.Now().Add(10 * time.Minute)
		begun := signedIn(10, time.Hour)
		begun.Subject, begun.ID, begun.IssuedAt = name, "begun-in-the-same-second", time.Now()
		here.EndOthers(ctx, name, mine.ID)
		there.Begin(ctx, begun)
		for _, r := range []*session.Refresher{here, there} {
			if err := r.Ended(ctx, other); !errors.Is(err, session.ErrEnded) {
				t.Errorf("%s: another session goes on: %v", name, err)
			}
			for _, s := range []session.Session{mine, later, begun, strangers} {
				if err := r.Ended(ctx, s); err != nil {
					t.Errorf("%s: the session %s of %s: got error %v, want none", name, s.ID, s.Subject, err)
				}
			}
		}
		// Another session ends those that stayed the last time.
		later.IssuedAt = time.Now()
		there.EndOthers(ctx, name, later.ID)
		for _, s := range []session.Session{mine, begun} {
			if err := here.Ended(ctx, s); !errors.Is(err, session.ErrEnded) {
				t.Errorf("%s: %s goes on: %v", name, s.ID, err)
			}
		}
		if err := here.Ended(ctx, later); err != nil {
			t.Errorf("%s: the session %s: got error %v, want none", name, later.ID, err)
		}
		here.EndOthers(ctx, name, "")
		if err := there.Ended(ctx, later); !errors.Is(err, session.ErrEnded) {
			t.Errorf("%s: one's own session goes on: %v", name, err)
		}
	}
}

// watched is a store that has somebody look at it after every note.
type watched struct {
	*session.Memory
	look func(value string)
}

func (w *watched) Note(ctx context.Context, key, value string, until time.Time) {
	w.Memory.Note(ctx, key, value, until)
	w.look(value)
}

// TestNotesOfOtherSessions has one session end the others again and again,
// while it goes on itself and more begin: at no moment is it taken for ended,
// and no note grows.
func TestNotesOfOtherSessions(t *testing.T) {
	t.Parallel()
	ctx, mine := context.Background(), signedIn(10, time.Hour)
	store := &watched{Memory: session.NewMemory()}
	r := session.NewRefresher(store)
	store.look = func(value string) {
		if err := r.Ended(ctx, mine); err != nil {
			t.Error(err)
		}
		if len(value) > len("1764000000000000000") {
			t.Errorf("a note: got %d bytes, want at most 19", len(value))
		}
	}
	for i := range 20 {
		r.EndOthers(ctx, mine.Subject, mine.ID)
		begun := mine
		begun.ID = fmt.Sprint("begun ", i)
		r.Begin(ctx, begun)
		if err := r.Ended(ctx, begun); err != nil {
			t.Error(err)
		}
	}
}

func TestRedisIsDown_slow(t *testing.T) {
	t.Parallel()
	server := supabasetest.MustStartRedis(t)
	var log lines // which the store writes to by itself
	store := session.NewRedis(mustDial(t, server.URLWithin(5*time.Second), &log), mustSealer(t, key(1)), time.Minute)
	r := session.NewRefresher(store)
	a := newAuth()
	a.delay = 0
	refresh := func(name string) {
		t.Helper()
		s := signedIn(10, -time.Minute)
		s.RefreshToken = name
		begin := time.Now()
		if _, renewed, err := r.Fresh(context.Background(), s, a.refresh); err != nil || !renewed {
			t.Errorf("%s: got renewed %t, %v, want true", name, renewed, err)
		}
		// Stragglers are served from memory.
		if _, _, err := r.Fresh(context.Background(), s, a.refresh); err != nil {
			t.Errorf("%s, again: got error %v, want none", name, err)
		}
		if err := r.Ended(context.Background(), s); err != nil {
			t.Error(err)
		}
		if took := time.Since(begin); took > time.Minute { // a Redis that hangs does so until the end
			t.Errorf("%s: took %s, want at most 1m", name, took)
		}
	}
	refresh("up")
	server.Kill(t)
	for i := range 5 {
		refresh(fmt.Sprintf("killed %d", i))
	}
	gone := signedIn(10, time.Hour)
	gone.ID = "signed out meanwhile"
	r.End(context.Background(), gone, session.ErrEnded)
	if err := r.Ended(context.Background(), gone); !errors.Is(err, session.ErrEnded) {
		t.Errorf("isn't known to have ended: %v", err)
	}
	server.MustStart(t)
	supabasetest.MustWait(t, "Redis to be used again", func() bool {
		// Most of what Redis is asked is this.
		if err := r.Ended(context.Background(), signedIn(10, time.Hour)); err != nil {
			t.Error(err)
		}
		return strings.Contains(log.String(), "back")
	})
	server.Hang(t)
	for i := range 5 {
		refresh(fmt.Sprintf("hung %d", i))
	}
	if lines := strings.Count(log.String(), "\n"); lines != 3 { // down, back, down
		t.Errorf("got %d lines, want 3: %s", lines, log.String())
	}
}

// TestEndIsNotForgotten has Redis hang for a moment, in which sessions end
// again: it knows the moment before, and isn't asked at first when it goes on.
func TestEndIsNotForgotten(t *testing.T) {
	t.Parallel()
	ctx, server := context.Background(), supabasetest.MustStartRedis(t)
	impatient := session.NewRedis(mustDial(t, server.URLWithin(500*time.Millisecond), io.Discard), mustSealer(t, key(1)), time.Minute)
	here, there := session.NewRefresher(impatient), session.NewRefresher(mustRedis(t, server, io.Discard))
	between, gone := signedIn(10, time.Hour), signedIn(10, time.Hour)
	gone.ID, gone.Subject = "gone", "somebody else"
	here.EndOthers(ctx, between.Subject, "")
	between.IssuedAt = time.Now().Add(time.Second)
	for _, r := range []*session.Refresher{here, there} {
		if err := r.Ended(ctx, between); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(1100 * time.Millisecond)
	server.Hang(t)
	if err := here.Ended(ctx, between); err != nil { // nobody answers
		t.Error(err)
	}
	server.Continue(t)
	here.EndOthers(ctx, between.Subject, "")
	here.End(ctx, gone, session.ErrReplaced)
	deadline := time.Now().Add(3 * time.Second) // here it is true at any moment
	for time.Now().Before(deadline) {
		if err := here.Ended(ctx, between); !errors.Is(err, session.ErrEnded) {
			t.Fatalf("forgotten: %v", err)
		}
		if err := here.Ended(ctx, gone); !errors.Is(err, session.ErrReplaced) {
			t.Fatalf("forgotten: %v", err)
		}
	}
	for _, s := range []session.Session{between, gone} {
		supabasetest.MustWait(t, "the other instance to know", func() bool { return errors.Is(there.Ended(ctx, s), session.ErrEnded) })
	}
}

// TestWhatIsOwedIsWritten ends sessions while Redis is down, with nobody
// asking anything once it is back.
func TestWhatIsOwedIsWritten(t *testing.T) {
	t.Parallel()
	ctx, server := context.Background(), supabasetest.MustStartRedis(t)
	here, there := session.NewRefresher(mustRedis(t, server, io.Discard)), session.NewRefresher(mustRedis(t, server, io.Discard))
	server.Kill(t)
	var all []session.Session
	for i := range 1200 { // more than one batch
		s := signedIn(10, time.Hour)
		s.ID = fmt.Sprint("session ", i)
		here.End(ctx, s, session.ErrEnded)
		all = append(all, s)
	}
	server.MustStart(t)
	for _, s := range all {
		supabasetest.MustWait(t, "the other instance to know", func() bool { return errors.Is(there.Ended(ctx, s), session.ErrEnded) })
	}
}

// TestClocksOfInstances has an instance whose clock is behind the one that
// ended the user's sessions before.
func TestClocksOfInstances(t *testing.T) {
	t.Parallel()
	ctx, server := context.Background(), supabasetest.MustStartRedis(t)
	for name, store := range map[string]session.Store{"in process": session.NewMemory(), "over Redis": mustRedis(t, server, io.Discard)} {
		mine, other := signedIn(10, time.Hour), signedIn(10, time.Hour)
		other.ID = "other"
		ahead := time.Now().Add(5 * time.Second)
		for _, key := range []string{"kept:" + other.ID, "user:" + mine.Subject} {
			store.Note(ctx, key, fmt.Sprint(ahead.UnixNano()), ahead.Add(time.Hour))
			store.Note(ctx, key, fmt.Sprint(ahead.Add(-time.Hour).UnixNano()), ahead.Add(time.Hour)) // too late to count
		}
		r := session.NewRefresher(store)
		if err := r.Ended(ctx, mine); !errors.Is(err, session.ErrEnded) {
			t.Errorf("%s: the earlier moment counts: %v", name, err)
		}
		r.EndOthers(ctx, mine.Subject, mine.ID)
		if err := r.Ended(ctx, mine); err != nil {
			t.Errorf("%s: one's own session: %v", name, err)
		}
		if err := r.Ended(ctx, other); !errors.Is(err, session.ErrEnded) {
			t.Errorf("%s: another session: %v", name, err)
		}
	}
}

func TestAnInstanceDiesWhileItRefreshes(t *testing.T) {
	t.Parallel()
	server := supabasetest.MustStartRedis(t)
	// Leases are as long as the work may take, and five seconds.
	store := session.NewRedis(mustDial(t, server.URL, io.Discard), mustSealer(t, key(1)), -4*time.Second)
	other := mustRedis(t, server, io.Discard)
	s := signedIn(10, -time.Minute)
	locked, release := make(chan struct{}), make(chan struct{})
	defer close(release)
	go func() {
		_, _, _ = session.NewRefresher(store).Fresh(context.Background(), s, func(context.Context, session.Session) (session.Session, error) {
			close(locked)
			<-release // it hangs, as if dead
			return session.Session{}, session.ErrEnded
		})
	}()
	// Not by a look at Redis: the lease ends after a second, and a busy machine may look too late.
	<-locked
	if _, renewed, err := session.NewRefresher(other).Fresh(context.Background(), s, newAuth().refresh); !renewed || err != nil {
		t.Errorf("got renewed %t, %v, want true", renewed, err)
	}
}

// mustResults are the keys of so many refreshed sessions in Redis.
func mustResults(tb testing.TB, client *goredis.Client, n int) []string {
	tb.Helper()
	keys := client.Keys(context.Background(), "mysingle:session:{*").Val()
	if len(keys) != n {
		tb.Fatalf("keys of refreshed sessions: got %v, want %d", keys, n)
	}
	return keys
}

func TestRedisHoldsNoSecrets(t *testing.T) {
	t.Parallel()
	server := supabasetest.MustStartRedis(t)
	client := mustLook(t, server)
	s := signedIn(10, -time.Minute)
	if _, _, err := session.NewRefresher(mustRedis(t, server, io.Discard)).Fresh(context.Background(), s, newAuth().refresh); err != nil {
		t.Fatal(err)
	}
	var held string
	for _, key := range client.Keys(context.Background(), "*").Val() {
		held += key + client.Get(context.Background(), key).Val()
	}
	for _, secret := range []string{s.RefreshToken, s.AccessToken, "fresh-1", "refresh-1", s.Subject} {
		if strings.Contains(held, secret) {
			t.Errorf("%s shows in %s", secret, held)
		}
	}
	keys := mustResults(t, client, 1)
	if life := client.TTL(context.Background(), keys[0]).Val(); life < 10*time.Second || life > time.Minute {
		t.Errorf("kept for %s, want 10s to 1m", life)
	}
}

// TestValuesOfRedisAreOfTheirKey puts one user's session where another's is
// looked for.
func TestValuesOfRedisAreOfTheirKey(t *testing.T) {
	t.Parallel()
	ctx, server, a := context.Background(), supabasetest.MustStartRedis(t), newAuth()
	client := mustLook(t, server)
	mine, theirs := signedIn(10, -time.Minute), signedIn(10, -time.Minute)
	theirs.ID, theirs.Subject, theirs.RefreshToken = "their session", "them", "their token"
	mustFresh := func(s session.Session) session.Session {
		t.Helper()
		fresh, _, err := session.NewRefresher(mustRedis(t, server, io.Discard)).Fresh(ctx, s, a.refresh)
		if err != nil {
			t.Fatal(err)
		}
		return fresh
	}
	mustFresh(theirs)
	keys := mustResults(t, client, 1)
	value := client.Get(ctx, keys[0]).Val()
	mustFresh(mine)
	for _, key := range client.Keys(ctx, "*").Val() {
		if key != keys[0] {
			client.Set(ctx, key, value, time.Minute)
		}
	}
	// Another instance doesn't take it, and asks Auth, where mine is used up.
	fresh, _, err := session.NewRefresher(mustRedis(t, server, io.Discard)).Fresh(ctx, mine, a.refresh)
	if !errors.Is(err, session.ErrEnded) || fresh.Subject == theirs.Subject {
		t.Errorf("got %+v, %v, want %v and nobody else's session", fresh, err, session.ErrEnded)
	}
}

// untils is a store that tells until when it keeps notes.
type untils struct {
	*session.Memory
	until time.Time
}

func (u *untils) Note(ctx context.Context, key, value string, until time.Time) {
	u.until = until
	u.Memory.Note(ctx, key, value, until)
}

// TestEndIsKnownAsLongAsATokenLives ends a session whose token is about to
// end: one that was refreshed meanwhile would hold for a whole life.
func TestEndIsKnownAsLongAsATokenLives(t *testing.T) {
	store := &untils{Memory: session.NewMemory()}
	s := signedIn(10, 10*time.Second)
	s.IssuedAt = s.ExpiresAt.Add(-2 * time.Hour)
	session.NewRefresher(store).End(context.Background(), s, session.ErrEnded)
	if left := time.Until(store.until); left < 119*time.Minute {
		t.Errorf("known for %s, want at least 119m", left)
	}
}

func TestRefreshThatPanics(t *testing.T) {
	r, s := session.NewRefresher(session.NewMemory()), signedIn(10, -time.Minute)
	_, _, err := r.Fresh(context.Background(), s, func(context.Context, session.Session) (session.Session, error) { panic("no such thing") })
	if err == nil || !strings.Contains(err.Error(), "no such thing") {
		t.Errorf("a refresh that panics: got error %v, want one with \"no such thing\"", err)
	}
	if _, _, err := r.Fresh(context.Background(), s, newAuth().refresh); err != nil {
		t.Errorf("the refresh after it: got error %v, want none", err)
	}
}
