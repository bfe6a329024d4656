package session

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// leaveAlone is for how long Redis isn't asked after it failed.
	leaveAlone = time.Second
	// look is how often who waits for another instance's refresh looks for it.
	look = 20 * time.Millisecond

	keyPrefix = "mysingle:session:"
)

// Redis is the Store of several instances. While Redis is down each goes on
// alone, as a Memory: Auth takes a refresh token a second time within ten
// seconds, so that only stragglers are at risk.
type Redis struct {
	memory *Memory
	client *redis.Client
	sealer *Sealer
	lease  time.Duration
	log    *slog.Logger
	// again is when Redis is asked next, in Unix nanoseconds; zero while it
	// is up.
	again atomic.Int64
}

// NewRedis returns a Store in Redis, where values are sealed. Work, as given to
// Once, must take no longer than patience.
func NewRedis(client *redis.Client, sealer *Sealer, patience time.Duration, log *slog.Logger) *Redis {
	return &Redis{memory: NewMemory(), client: client, sealer: sealer, lease: patience + 5*time.Second, log: log}
}

var (
	// takeOrGet returns the result, or else 1 for the one who is to make it
	// and 0 for who has to wait.
	takeOrGet = redis.NewScript(`
local made = redis.call('GET', KEYS[1])
if made then return made end
if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
return 0`)
	// giveBack ends the lock, if it is still this one's.
	giveBack = redis.NewScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 0`)
)

// Once implements Store.
func (r *Redis) Once(ctx context.Context, key string, work func(context.Context) (Session, error)) (Session, error) {
	// Within the instance first, so that one request of it at most waits for
	// the others.
	return r.memory.Once(ctx, key, func(ctx context.Context) (Session, error) {
		ctx, cancel := context.WithTimeout(ctx, r.lease)
		defer cancel()
		return r.among(ctx, key, work)
	})
}

// among lets one instance do the work.
func (r *Redis) among(ctx context.Context, key string, work func(context.Context) (Session, error)) (Session, error) {
	result, lock := keyPrefix+"{"+key+"}", keyPrefix+"{"+key+"}:lock"
	owner := rand.Text()
	for {
		if !r.up() {
			return work(ctx)
		}
		answer, err := takeOrGet.Run(ctx, r.client, []string{result, lock}, owner, r.lease.Milliseconds()).Result()
		if r.failed(err) {
			return work(ctx)
		}
		switch answer := answer.(type) {
		case string:
			if plain, err := r.sealer.Open(result, answer); err == nil {
				return decode(plain)
			}
			// Sealed with a key that this instance hasn't got (yet).
			return work(ctx)
		case int64:
			if answer == 1 {
				return r.lead(ctx, result, lock, owner, work)
			}
		}
		select {
		case <-time.After(look):
		case <-ctx.Done():
			return Session{}, context.Cause(ctx)
		}
	}
}

// lead does the work for all instances. What it made is sealed under its key,
// so that it is of no use at another one.
func (r *Redis) lead(ctx context.Context, result, lock, owner string, work func(context.Context) (Session, error)) (Session, error) {
	s, err := work(ctx)
	// Whatever became of ctx: the others wait.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err == nil {
		r.failed(r.client.Set(ctx, result, r.sealer.Seal(result, s.encode()), kept).Err())
	}
	r.failed(giveBack.Run(ctx, r.client, []string{lock}, owner).Err())
	return s, err
}

// Note implements Store.
func (r *Redis) Note(ctx context.Context, key, value string, until time.Time) {
	r.memory.Note(ctx, key, value, until)
	if r.up() {
		r.failed(r.client.Set(ctx, keyPrefix+key, value, time.Until(until)).Err())
	}
}

// Notes implements Store. This instance's own are known without Redis.
func (r *Redis) Notes(ctx context.Context, keys ...string) []string {
	values := r.memory.Notes(ctx, keys...)
	if !r.up() {
		return values
	}
	var names []string
	for _, key := range keys {
		names = append(names, keyPrefix+key)
	}
	shared, err := r.client.MGet(ctx, names...).Result()
	if r.failed(err) {
		return values
	}
	for i, value := range shared {
		if text, ok := value.(string); ok {
			values[i] = text
		}
	}
	return values
}

// up reports whether Redis may be asked: always while it works, and once in
// a while when it doesn't.
func (r *Redis) up() bool {
	again := r.again.Load()
	if again == 0 {
		return true
	}
	now := time.Now()
	return now.UnixNano() >= again && r.again.CompareAndSwap(again, now.Add(leaveAlone).UnixNano())
}

// failed takes note of whether Redis works. The log has one line when it
// stops and one when it is back.
func (r *Redis) failed(err error) bool {
	if err == nil {
		if r.again.Swap(0) != 0 {
			r.log.Info("Redis is back: sessions are shared again")
		}
		return false
	}
	if r.again.Swap(time.Now().Add(leaveAlone).UnixNano()) == 0 {
		r.log.Warn("Redis fails: each instance refreshes sessions on its own", "error", err)
	}
	return true
}
