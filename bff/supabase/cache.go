package supabase

import (
	"crypto/subtle"
	"hash/maphash"
	"sync"
	"time"
)

// maxTokens bounds the cache; a browser has one token an hour.
const maxTokens = 8192

// tokenCache remembers verified tokens until they expire: to verify one with
// ES256 costs more than all else that the BFF does to pass a request on, and a
// screen's requests come with the same token. It is emptied when the signing
// keys change, so that a revoked key's tokens die.
//
// Tokens are found by a hash whose seed nobody else has, and are then compared
// whole, in constant time.
type tokenCache struct {
	seed    maphash.Seed
	mu      sync.RWMutex
	version int
	known   map[uint64]Identity
}

func newTokenCache() *tokenCache { return &tokenCache{seed: maphash.MakeSeed()} }

func (c *tokenCache) get(token string, version int, now time.Time) (Identity, bool) {
	sum := maphash.String(c.seed, token)
	c.mu.RLock()
	identity, ok := c.known[sum]
	ok = ok && c.version == version
	c.mu.RUnlock()
	if !ok || !now.Before(identity.ExpiresAt.Add(clockSkew)) || subtle.ConstantTimeCompare([]byte(identity.Token), []byte(token)) == 0 {
		return Identity{}, false
	}
	return identity, true
}

// put remembers whom a token stands for that was verified with the keys of the
// version.
func (c *tokenCache) put(version int, identity Identity, now time.Time) {
	sum := maphash.String(c.seed, identity.Token)
	c.mu.Lock()
	defer c.mu.Unlock()
	if version < c.version {
		return // the keys changed during the verification
	}
	if version > c.version || c.known == nil {
		c.version, c.known = version, make(map[uint64]Identity)
	}
	if len(c.known) >= maxTokens {
		c.shrink(now)
	}
	c.known[sum] = identity
}

// shrink drops the expired tokens, or where that isn't enough any half: they
// only have to be verified again.
func (c *tokenCache) shrink(now time.Time) {
	for sum, identity := range c.known {
		if len(c.known) > maxTokens/2 || now.After(identity.ExpiresAt) {
			delete(c.known, sum)
		}
	}
}
