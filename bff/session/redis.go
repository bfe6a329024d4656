package session

import (
	"context"
	"crypto/rand"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/mysingle/mysingle/bff/redis"
)

const (
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
}

// NewRedis returns a Store in Redis, where values are sealed. Work, as given to
// Once, must take no longer than patience.
func NewRedis(client *redis.Client, sealer *Sealer, patience time.Duration) *Redis {
	return &Redis{memory: NewMemory(), client: client, sealer: sealer, lease: patience + 5*time.Second}
}

var (
	// takeOrGet returns the result, or else 1 for the one who is to make it
	// and 0 for who has to wait.
	takeOrGet = goredis.NewScript(`
local made = redis.call('GET', KEYS[1])
if made then return made end
if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
return 0`)
	// giveBack ends the lock, if it is still this one's.
	giveBack = goredis.NewScript(`
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
		var answer any
		if !r.client.Ask(ctx, func(ctx context.Context, client *goredis.Client) (err error) {
			answer, err = takeOrGet.Run(ctx, client, []string{result, lock}, owner, r.lease.Milliseconds()).Result()
			return err
		}) {
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
	ctx = context.WithoutCancel(ctx)
	if err == nil {
		r.client.Ask(ctx, func(ctx context.Context, client *goredis.Client) error {
			return client.Set(ctx, result, r.sealer.Seal(result, s.encode()), kept).Err()
		})
	}
	r.client.Ask(ctx, func(ctx context.Context, client *goredis.Client) error {
		return giveBack.Run(ctx, client, []string{lock}, owner).Err()
	})
	return s, err
}

// Note implements Store.
func (r *Redis) Note(ctx context.Context, key, value string, until time.Time) {
	r.memory.Note(ctx, key, value, until)
	r.client.Ask(ctx, func(ctx context.Context, client *goredis.Client) error {
		return client.Set(ctx, keyPrefix+key, value, time.Until(until)).Err()
	})
}

// Notes implements Store. This instance's own are known without Redis.
func (r *Redis) Notes(ctx context.Context, keys ...string) []string {
	values := r.memory.Notes(ctx, keys...)
	var names []string
	for _, key := range keys {
		names = append(names, keyPrefix+key)
	}
	var shared []any
	r.client.Ask(ctx, func(ctx context.Context, client *goredis.Client) (err error) {
		shared, err = client.MGet(ctx, names...).Result()
		return err
	})
	for i, value := range shared {
		if text, ok := value.(string); ok {
			values[i] = text
		}
	}
	return values
}
