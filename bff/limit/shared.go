package limit

import (
	"context"
	"encoding/hex"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
)

const (
	// patience is how long a request may wait for Redis.
	patience = 200 * time.Millisecond
	// leaveAlone is for how long Redis isn't asked after it failed.
	leaveAlone = time.Second
)

// script is memory.take inside Redis, so that instances don't race each
// other, and by its clock, so that theirs may differ.
var script = redis.NewScript(`
local interval, quota = tonumber(ARGV[1]), tonumber(ARGV[2])
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local before = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local after = before + interval
if after - now > interval * quota then
	return {0, before - now}
end
redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', math.ceil((after - now) / 1000))
return {1, after - now}
`)

// Dial returns a client for the Redis at the URL (redis:// or rediss://), which
// connects when it is first used. It gives up early: what is kept in Redis here
// must never hold up a request.
func Dial(address string) (*redis.Client, error) {
	options, err := redis.ParseURL(address)
	if err != nil {
		return nil, err
	}
	options.ContextTimeoutEnabled = true
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout = patience, patience, patience
	options.MaxRetries = 1 // a kept connection may have died
	options.DialerRetries = 1
	redis.SetLogger(&logging.VoidLogger{}) // whoever uses the client says once what is wrong
	return redis.NewClient(options), nil
}

// shared counts in Redis. While that is down it is asked once a second, and
// the log has one line for its end and one for its return.
type shared struct {
	client *redis.Client
	log    *slog.Logger
	// again is when Redis is asked next, in Unix nanoseconds; zero while it
	// is up.
	again atomic.Int64
}

// take returns false where Redis doesn't answer.
func (s *shared) take(k key, rate Rate) (State, bool) {
	again := s.again.Load()
	if again != 0 {
		now := time.Now()
		if now.UnixNano() < again || !s.again.CompareAndSwap(again, now.Add(leaveAlone).UnixNano()) {
			return State{}, false
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	answer, err := script.Run(ctx, s.client, []string{"mysingle:limit:" + hex.EncodeToString(k[:])}, rate.interval(), rate.Quota).Int64Slice()
	if err == nil && len(answer) != 2 {
		err = errors.New("not the script's answer")
	}
	if err != nil {
		if s.again.Swap(time.Now().Add(leaveAlone).UnixNano()) == 0 {
			s.log.Warn("Redis fails: rate limits count in this process alone", "error", err)
		}
		return State{}, false
	}
	if s.again.Swap(0) != 0 {
		s.log.Info("Redis is back: rate limits are shared again")
	}
	return rate.state(answer[0] == 1, answer[1]), true
}
