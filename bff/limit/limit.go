// Package limit bounds how often something is done, by the generic cell rate
// algorithm (GCRA): one moment per key says up to when what was done is paid
// for, and a try is allowed unless it would push that moment further ahead
// than the window. It is kept in process, or in Redis for several instances.
package limit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"sync"
	"time"

	"github.com/mysingle/mysingle/bff/redis"
)

// State is where somebody stands after a try. A try that was refused costs
// nothing.
type State struct {
	Allowed bool
	// Remaining is how many more tries would be allowed at once.
	Remaining int
	// Full is when all tries are there again; Next when there is one, zero
	// while some remain.
	Full, Next time.Duration
}

// state tells where somebody stands whose tries are paid for up to ahead
// microseconds from now.
func (r Rate) state(allowed bool, ahead int64) State {
	interval := r.interval()
	room := interval*int64(r.Quota) - ahead
	s := State{Allowed: allowed, Remaining: int(max(room, 0) / interval), Full: time.Duration(ahead) * time.Microsecond}
	if s.Remaining == 0 {
		s.Next = time.Duration(interval-room) * time.Microsecond
	}
	return s
}

// Limiter counts tries. It is safe for concurrent use.
type Limiter struct {
	pepper []byte
	hashes sync.Pool // of *keyed
	memory *memory
	shared *redis.Client // nil without
}

// New returns a limiter that counts in Redis, or in process where client is
// nil or Redis is down. Whoever is counted is known by a hash with the pepper
// alone, which instances that share a Redis must have in common.
func New(pepper []byte, client *redis.Client) *Limiter {
	return &Limiter{pepper: pepper, memory: newMemory(maxKeys), shared: client}
}

// Take counts a try of who's under the policy's rate, and returns whether it
// is allowed. It never fails: without Redis, this process counts alone.
func (l *Limiter) Take(policy string, rate Rate, who string) State {
	if rate.Off() {
		return State{Allowed: true}
	}
	k := l.key(policy, who)
	if l.shared != nil {
		if state, ok := l.takeShared(k, rate); ok {
			return state
		}
	}
	return l.memory.take(k, rate)
}

// Name is what stands for who, an e-mail say, in a log: a hash with the pepper,
// in twelve hexadecimal digits, the same for as long as the pepper is.
func (l *Limiter) Name(who string) string {
	k := l.key("name", who)
	return hex.EncodeToString(k[:6])
}

// key is a policy and whom it counts. Neither an address nor an e-mail can be
// read from it.
type key [16]byte

// keyed makes keys. A hash that was used before has the pepper in it already,
// which is half of its work.
type keyed struct {
	mac       hash.Hash
	text, sum []byte
}

func (l *Limiter) key(policy, who string) (k key) {
	h, ok := l.hashes.Get().(*keyed)
	if !ok {
		h = &keyed{mac: hmac.New(sha256.New, l.pepper)}
	}
	h.text = append(append(append(h.text[:0], policy...), 0), who...)
	h.mac.Reset()
	h.mac.Write(h.text)
	h.sum = h.mac.Sum(h.sum[:0])
	copy(k[:], h.sum)
	l.hashes.Put(h)
	return k
}
