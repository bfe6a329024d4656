package redis_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/mysingle/mysingle/bff/redis"
	"github.com/mysingle/mysingle/bff/supabasetest"
)

func ping(ctx context.Context, client *goredis.Client) error { return client.Ping(ctx).Err() }

// TestRedisIsDown_slow kills and hangs Redis while many ask: nobody waits long, and
// the log has a line for the end and one for the return.
func TestRedisIsDown_slow(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(*supabasetest.Redis, testing.TB){
		"killed": (*supabasetest.Redis).Kill, "hung": (*supabasetest.Redis).Hang,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, server := context.Background(), supabasetest.MustStartRedis(t)
			var log bytes.Buffer // the handler writes one line at a time
			c, err := redis.Dial(server.URLWithin(5*time.Second), slog.New(slog.NewTextHandler(&log, nil)))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			gone, cancel := context.WithCancel(ctx)
			cancel()
			if c.Ask(gone, ping) {
				t.Error("up, by one who has given up: got an answer, want none")
			}
			if !c.Ask(ctx, ping) || log.Len() > 0 {
				t.Fatalf("up: got no answer or a line in the log, want an answer and no line: %s", &log)
			}
			fail(server, t)
			began := time.Now()
			var all sync.WaitGroup
			for range 20 {
				all.Go(func() {
					for range 100 {
						if c.Ask(ctx, ping) {
							t.Errorf("%s: Redis answers", name)
						}
					}
				})
			}
			all.Wait()
			// All wait at once for the first 5 s, and then nobody. One after another
			// would take 10,000 s.
			if took := time.Since(began); took > time.Minute {
				t.Errorf("2,000 questions without Redis: took %s, want at most 1m", took)
			}
			server.Kill(t)
			server.MustStart(t)
			supabasetest.MustWait(t, "Redis to be asked again", func() bool { return c.Ask(ctx, ping) })
			lines := strings.Split(strings.TrimSpace(log.String()), "\n")
			if len(lines) != 2 || !strings.Contains(lines[0], "Redis fails: this instance") || !strings.Contains(lines[1], "Redis is back: ") {
				t.Errorf("got %d lines in the log, want one for the end and one for the return: %s", len(lines), &log)
			}
		})
	}
}

func TestAddresses(t *testing.T) {
	for _, address := range []string{"", "127.0.0.1:6379", "http://127.0.0.1", "redis://host/notanumber"} {
		if _, err := redis.Dial(address, nil); err == nil {
			t.Errorf("%q was accepted", address)
		}
	}
}
