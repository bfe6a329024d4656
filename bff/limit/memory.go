package limit

import (
	"sync"
	"time"
)

const (
	// maxKeys bounds the keys held, to about 8 MB.
	maxKeys = 1 << 17
	// sweepEvery is how often keys that say nothing any more are dropped.
	sweepEvery = time.Minute
	// sampled is among how many keys the one to be dropped is chosen when
	// there is no room.
	sampled = 16
)

// memory counts in process.
type memory struct {
	size  int
	start time.Time // microseconds count from here, by the monotonic clock

	mu    sync.Mutex
	paid  map[key]int64 // up to when each key's tries are paid for
	swept int64
}

func newMemory(size int) *memory {
	return &memory{size: size, start: time.Now(), paid: make(map[key]int64)}
}

func (m *memory) take(k key, rate Rate) State {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Since(m.start).Microseconds()
	before, known := m.paid[k]
	before = max(before, now)
	interval := rate.interval()
	after := before + interval
	if after-now > interval*int64(rate.Quota) {
		return rate.state(false, before-now)
	}
	if !known {
		m.makeRoom(now)
	}
	m.paid[k] = after
	return rate.state(true, after-now)
}

// makeRoom drops keys whose moment is past, which is as if they had never
// been there, and where that isn't enough one of those that are closest to it:
// many new keys can't push out the one that tries most.
func (m *memory) makeRoom(now int64) {
	if now-m.swept >= sweepEvery.Microseconds() {
		m.swept = now
		for k, paid := range m.paid {
			if paid <= now {
				delete(m.paid, k)
			}
		}
	}
	if len(m.paid) < m.size {
		return
	}
	var first key
	var earliest int64
	seen := 0
	for k, paid := range m.paid { // Go begins anywhere
		if seen == 0 || paid < earliest {
			first, earliest = k, paid
		}
		if seen++; seen == sampled {
			break
		}
	}
	delete(m.paid, first)
}
