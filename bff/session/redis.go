package session

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/mysingle/mysingle/bff/redis"
)

const (
	// look is how often who waits for another instance's refresh looks for it.
	look = 20 * time.Millisecond

	keyPrefix = "mysingle:session:"

	// again is how often notes that are owed to Redis are tried.
	again = time.Second
	// maxOwed bounds them; batch is how many are written at a time.
	maxOwed, batch = 10_000, 500
)

// Redis is the Store of several instances. While Redis is down each goes on
// alone, as a Memory: Auth takes a refresh token a second time within ten
// seconds, so that only stragglers are at risk.
type Redis struct {
	memory *Memory
	client *redis.Client
	sealer *Sealer
	lease  time.Duration

	mu   sync.Mutex
	owed map[string]note // what Redis couldn't be told yet
}

// NewRedis returns a Store in Redis, where values are sealed. Work, as given to
// Once, must take no longer than patience.
func NewRedis(client *redis.Client, sealer *Sealer, patience time.Duration) *Redis {
	return &Redis{memory: NewMemory(), client: client, sealer: sealer, lease: patience + 5*time.Second, owed: make(map[string]note)}
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
	// noteLater is later, for a note in Redis. Moments are compared as texts:
	// they have more digits than Lua's numbers.
	noteLater = goredis.NewScript(`
local held, new = redis.call('GET', KEYS[1]), ARGV[1]
if new == 'alive' and held and held ~= 'alive' then return 0 end
if held and held:match('^%d+$') and new:match('^%d+$') and (#held > #new or #held == #new and held > new) then new = held end
redis.call('SET', KEYS[1], new, 'PX', ARGV[2])
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

// Note implements Store. What Redis can't be told now it is told when it
// answers again; but that a session is alive counts here alone then, and only
// until Redis answers.
func (r *Redis) Note(ctx context.Context, key, value string, until time.Time) {
	if value == alive {
		if !r.write(ctx, map[string]note{key: {value, until}}) {
			r.memory.Note(ctx, key, value, until)
		}
		return
	}
	r.memory.Note(ctx, key, value, until)
	if !r.write(ctx, map[string]note{key: {value, until}}) {
		r.owe(key, note{value, until})
	}
}

// write puts notes into Redis and reports whether they are there.
func (r *Redis) write(ctx context.Context, notes map[string]note) bool {
	return r.client.Ask(ctx, func(ctx context.Context, client *goredis.Client) error {
		_, err := client.Pipelined(ctx, func(pipe goredis.Pipeliner) error {
			for key, n := range notes {
				left := max(time.Until(n.until), time.Millisecond)
				noteLater.Eval(ctx, pipe, []string{keyPrefix + key}, n.value, left.Milliseconds())
			}
			return nil
		})
		return err
	})
}

// owe keeps a note for later. Beyond the bound it stays with this instance.
func (r *Redis) owe(key string, n note) {
	r.mu.Lock()
	defer r.mu.Unlock()
	held, ok := r.owed[key]
	if !ok && len(r.owed) >= maxOwed {
		return
	}
	if len(r.owed) == 0 {
		go r.pay()
	}
	r.owed[key] = note{later(held.value, n.value), n.until}
}

// pay tells Redis, as soon as it answers, all that is owed, and ends with that.
func (r *Redis) pay() {
	for r.due() {
		select {
		case <-time.After(again):
		case <-r.client.Closed():
			return
		}
		for notes := r.some(); len(notes) > 0 && r.write(context.Background(), notes); notes = r.some() {
			r.paid(notes)
		}
	}
}

// due reports whether anything is owed.
func (r *Redis) due() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.owed) > 0
}

// some is a batch of what is owed.
func (r *Redis) some() map[string]note {
	r.mu.Lock()
	defer r.mu.Unlock()
	notes := make(map[string]note)
	for key, n := range r.owed {
		if len(notes) == batch {
			break
		}
		notes[key] = n
	}
	return notes
}

// paid strikes out what was written, unless it has changed meanwhile.
func (r *Redis) paid(notes map[string]note) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for key, n := range notes {
		if r.owed[key] == n {
			delete(r.owed, key)
		}
	}
}

// Notes implements Store. This instance's own are known without Redis; where it
// knows something else the later moment counts, or what is known here: Redis may
// not have been told. Which sessions are alive Redis alone tells while it answers:
// what other instances ended is lost with it, so each outage begins with none.
func (r *Redis) Notes(ctx context.Context, keys ...string) []string {
	var names []string
	for _, key := range keys {
		names = append(names, keyPrefix+key)
	}
	var shared []any
	if r.client.Ask(ctx, func(ctx context.Context, client *goredis.Client) (err error) {
		shared, err = client.MGet(ctx, names...).Result()
		return err
	}) {
		r.memory.forgetAlive()
	}
	values := r.memory.Notes(ctx, keys...)
	for i, value := range shared {
		switch text, ok := value.(string); {
		case !ok:
		case values[i] == "" || values[i] == alive: // Redis has spoken: what it says of a session counts
			values[i] = text
		default:
			values[i] = later(text, values[i])
		}
	}
	return values
}
