package limit_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"pgregory.net/rapid"

	"github.com/mysingle/mysingle/bff/limit"
	"github.com/mysingle/mysingle/bff/redis"
	"github.com/mysingle/mysingle/bff/supabasetest"
)

func mustRate(tb testing.TB, text string) limit.Rate {
	tb.Helper()
	var r limit.Rate
	if err := r.UnmarshalText([]byte(text)); err != nil {
		tb.Fatal(err)
	}
	return r
}

func inProcess() *limit.Limiter { return limit.New(nil, nil) }

func TestRates(t *testing.T) {
	for text, want := range map[string]limit.Rate{
		"600/m":       {Quota: 600, Window: time.Minute},
		"10/5m":       {Quota: 10, Window: 5 * time.Minute},
		"5/1h30m":     {Quota: 5, Window: 90 * time.Minute},
		"1000000/1s":  {Quota: 1000000, Window: time.Second},
		"off":         {},
		"3/24h":       {Quota: 3, Window: 24 * time.Hour},
		"0/m":         {Quota: -1},
		"-1/m":        {Quota: -1},
		"10":          {Quota: -1},
		"10/":         {Quota: -1},
		"/m":          {Quota: -1},
		"10/0s":       {Quota: -1},
		"10/500ms":    {Quota: -1},
		"10/1.5s":     {Quota: -1},
		"10/-1m":      {Quota: -1},
		"10/25h":      {Quota: -1},
		"10/d":        {Quota: -1},
		"1000001/m":   {Quota: -1},
		"OFF":         {Quota: -1},
		"10/m/m":      {Quota: -1},
		"ten/m":       {Quota: -1},
		"0x10/m":      {Quota: -1},
		" 10/m":       {Quota: -1},
		"10/99999999": {Quota: -1},
	} {
		var got limit.Rate
		if err := got.UnmarshalText([]byte(text)); (err != nil) != (want.Quota < 0) || err == nil && got != want {
			t.Errorf("%q: got %v, %v, want %v (a negative quota is an error)", text, got, err, want)
		}
	}
}

// TestStateIsTrue checks at random moments that what a state promises comes
// true: that many more tries and no other, and one more exactly when it says.
func TestStateIsTrue(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rate := limit.Rate{Quota: rapid.IntRange(1, 50).Draw(rt, "quota"), Window: time.Duration(rapid.IntRange(1, 600).Draw(rt, "window")) * time.Second}
		waits := rapid.SliceOfN(rapid.Int64Range(0, rate.Window.Microseconds()/int64(rate.Quota)*3), 0, 40).Draw(rt, "waits")
		fault := ""
		synctest.Test(t, func(*testing.T) {
			l := inProcess()
			for _, wait := range waits {
				time.Sleep(time.Duration(wait) * time.Microsecond)
				l.Take("p", rate, "a")
			}
			s := l.Take("p", rate, "a")
			for left := s.Remaining; left > 0; left-- {
				if s = l.Take("p", rate, "a"); !s.Allowed || s.Remaining != left-1 {
					fault = fmt.Sprintf("%d were promised, then %+v", left, s)
					return
				}
			}
			refused := l.Take("p", rate, "a")
			if refused.Allowed || refused.Remaining != 0 || refused.Next != s.Next || refused.Full != s.Full {
				fault = fmt.Sprintf("%+v after %+v", refused, s)
				return
			}
			time.Sleep(s.Next - time.Microsecond)
			if early := l.Take("p", rate, "a"); early.Allowed {
				fault = fmt.Sprintf("allowed before its time: %+v", early)
				return
			}
			time.Sleep(time.Microsecond)
			if s = l.Take("p", rate, "a"); !s.Allowed {
				fault = fmt.Sprintf("refused at its time: %+v", s)
				return
			}
			time.Sleep(s.Full)
			if s = l.Take("p", rate, "a"); s.Remaining != rate.Quota-1 {
				fault = fmt.Sprintf("not all there again: %+v", s)
			}
		})
		if fault != "" {
			rt.Fatal(fault)
		}
	})
}

// TestSteadyRate tries without a pause for ten windows.
func TestSteadyRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, rate, allowed := inProcess(), mustRate(t, "60/m"), 0
		for range 10 * 60 * 10 {
			if l.Take("p", rate, "a").Allowed {
				allowed++
			}
			time.Sleep(100 * time.Millisecond)
		}
		if allowed != 60+10*60-1 { // at once, and then one a second
			t.Errorf("%d were allowed", allowed)
		}
	})
}

func TestKeysDontMeet(t *testing.T) {
	l, rate := inProcess(), mustRate(t, "1/h")
	for _, k := range [][2]string{{"p", "a"}, {"p", "b"}, {"q", "a"}, {"p", "a\x00"}, {"p\x00a", ""}} {
		if k[0] != "p\x00a" && !l.Take(k[0], rate, k[1]).Allowed {
			t.Errorf("%q was counted with another one", k)
		}
	}
	if l.Take("p", rate, "a").Allowed {
		t.Error("not counted at all")
	}
	if off := mustRate(t, "off"); !l.Take("p", off, "a").Allowed {
		t.Error("off is a limit")
	}
}

// TestMemoryIsBounded has more keys than there is room for: the one that
// tries most stays refused all the while.
func TestMemoryIsBounded(t *testing.T) {
	l := limit.NewBounded(1000)
	persistent, others := mustRate(t, "10/h"), mustRate(t, "10/m")
	for range 10 {
		l.Take("p", persistent, "attacker")
	}
	for i := range 50_000 {
		l.Take("p", others, fmt.Sprint(i))
		if i%100 == 0 && l.Take("p", persistent, "attacker").Allowed {
			t.Fatalf("forgotten after %d other keys", i)
		}
	}
	if n := l.Keys(); n > 1000 {
		t.Errorf("keys: got %d, want at most 1000", n)
	}
	synctest.Test(t, func(t *testing.T) {
		l := limit.NewBounded(1000)
		for i := range 900 {
			l.Take("p", others, fmt.Sprint(i))
		}
		time.Sleep(2 * time.Minute)
		if l.Take("p", others, "a"); l.Keys() != 1 {
			t.Errorf("%d keys after all are past", l.Keys())
		}
	})
}

func TestConcurrentTries(t *testing.T) {
	l, rate := inProcess(), mustRate(t, "100/h")
	if n := tryAtOnce(500, rate, l); n != 100 {
		t.Errorf("%d were allowed", n)
	}
}

// tryAtOnce returns how many of n tries, each with the next limiter, are
// allowed.
func tryAtOnce(n int, rate limit.Rate, limiters ...*limit.Limiter) int64 {
	var tried, allowed atomic.Int64
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			for tried.Add(1) <= int64(n) {
				if limiters[i%len(limiters)].Take("p", rate, "a").Allowed {
					allowed.Add(1)
				}
			}
		})
	}
	all.Wait()
	return allowed.Load()
}

func mustShare(tb testing.TB, url string) *limit.Limiter {
	tb.Helper()
	client, err := redis.Dial(url, slog.New(slog.DiscardHandler))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = client.Close() })
	return limit.New([]byte("pepper"), client)
}

func TestInstancesShareRedis(t *testing.T) {
	t.Parallel()
	r := supabasetest.MustStartRedis(t)
	one, two := mustShare(t, r.URL), mustShare(t, r.URL)
	rate := mustRate(t, "100/h")
	if n := tryAtOnce(300, rate, one, two); n != 100 {
		t.Errorf("%d were allowed", n)
	}
	s := two.Take("p", rate, "a")
	if s.Allowed || s.Remaining != 0 || s.Next <= 0 || s.Next > 36*time.Second || s.Full <= 59*time.Minute || s.Full > time.Hour {
		t.Errorf("the 301st try: got %+v, want it refused, the next one within 36s and all within an hour", s)
	}
	if s := one.Take("p", rate, "b"); !s.Allowed || s.Remaining != 99 || s.Full != 36*time.Second {
		t.Errorf("another's first try: got %+v, want it allowed, 99 remaining and all within 36s", s)
	}
	client := goredis.NewClient(&goredis.Options{Addr: r.Address})
	defer client.Close()
	keys, err := client.Keys(t.Context(), "*").Result()
	if err != nil || len(keys) != 2 {
		t.Fatalf("keys in Redis: got %q, %v, want 2", keys, err)
	}
	for _, k := range keys {
		if !strings.HasPrefix(k, "mysingle:limit:") {
			t.Errorf("got the key %s, want it below mysingle:limit:", k)
		}
		if left, err := client.PTTL(t.Context(), k).Result(); err != nil || left <= 0 || left > time.Hour {
			t.Errorf("%s: is kept for %s, %v, want between 0 and 1h", k, left, err)
		}
	}
	// Tries come faster than one a second, so one of them is refused.
	short := mustRate(t, "2/2s")
	supabasetest.MustWait(t, "a try to be refused", func() bool {
		for range 10 {
			one.Take("p", short, "c")
			if s = two.Take("p", short, "c"); !s.Allowed {
				return true
			}
		}
		return false
	})
	if s.Next <= 0 || s.Next > time.Second {
		t.Fatalf("the next try: got %s, want at most 1s: %+v", s.Next, s)
	}
	time.Sleep(s.Next)
	if s := two.Take("p", short, "c"); !s.Allowed {
		t.Errorf("refused at its time: %+v", s)
	}
}

// TestRedisDown kills and hangs Redis: tries are counted all the same, and in
// Redis again when it is back.
func TestRedisDown(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(*supabasetest.Redis, testing.TB){
		"killed": (*supabasetest.Redis).Kill, "hung": (*supabasetest.Redis).Hang,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := supabasetest.MustStartRedis(t)
			l, rate := mustShare(t, r.URLWithin(5*time.Second)), mustRate(t, "100/h")
			if s := l.Take("p", rate, "a"); s.Remaining != 99 {
				t.Fatalf("the first try: got %+v, want 99 remaining", s)
			}
			fail(r, t)
			began := time.Now()
			if n := tryAtOnce(300, rate, l); n != 100 {
				t.Errorf("%d were allowed in process", n)
			}
			// All wait at once for the first 5 s, and then one every second at most.
			if took := time.Since(began); took > time.Minute {
				t.Errorf("300 tries without Redis: took %s, want at most 1m", took)
			}
			r.Kill(t)
			r.MustStart(t)
			supabasetest.MustWait(t, "Redis' count", func() bool { return l.Take("p", rate, "a").Remaining == 99 })
		})
	}
}

func BenchmarkInProcess(b *testing.B) {
	l, rate := inProcess(), limit.Rate{Quota: 1000, Window: time.Minute}
	for i := 0; b.Loop(); i++ {
		l.Take("p", rate, http.StatusText(200+i%8))
	}
}
