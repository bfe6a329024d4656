package session

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// kept is for how long a refreshed session is at hand for requests that
// still carry the old cookie: they were on their way, or waited in a queue
// of the browser's.
const kept = time.Minute

// maxAlive bounds how many sessions one process remembers as alive, which takes
// some 6 MB. Beyond it an arbitrary one is forgotten, and asked for again.
const maxAlive = 50_000

// Store is what instances of the BFF have to agree on.
type Store interface {
	// Once returns the session that work makes for the key. At a time it runs
	// once per key, whoever asks meanwhile gets the same result, and a success
	// is given again for as long as it is kept. Work goes on when the one
	// whose call began it gives up.
	Once(ctx context.Context, key string, work func(context.Context) (Session, error)) (Session, error)
	// Note keeps a value until then. Of moments (see momentOf) the latest stays,
	// whichever is noted last. The value alive takes no other value's place. Who
	// loses other notes must lose this one too.
	Note(ctx context.Context, key, value string, until time.Time)
	// Notes returns the values of the keys, "" where there is none.
	Notes(ctx context.Context, keys ...string) []string
}

// Memory is the Store of a single instance.
type Memory struct {
	now func() time.Time

	mu    sync.Mutex
	made  map[string]*making
	notes map[string]note
	alive map[string]time.Time // until when the value is alive; never a key of notes
	swept time.Time
}

// making is a result, or work that will have one.
type making struct {
	done    chan struct{} // closed when the rest is there
	session Session
	err     error
	until   time.Time
}

type note struct {
	value string
	until time.Time
}

// NewMemory returns an empty Memory.
func NewMemory() *Memory {
	return &Memory{
		now: time.Now, made: make(map[string]*making), notes: make(map[string]note), alive: make(map[string]time.Time),
	}
}

// Once implements Store.
func (m *Memory) Once(ctx context.Context, key string, work func(context.Context) (Session, error)) (Session, error) {
	m.mu.Lock()
	m.sweep()
	one, ok := m.made[key]
	if !ok {
		one = &making{done: make(chan struct{})}
		m.made[key] = one
		go m.make(context.WithoutCancel(ctx), key, one, work)
	}
	m.mu.Unlock()
	select {
	case <-one.done:
		return one.session, one.err
	case <-ctx.Done():
		return Session{}, context.Cause(ctx)
	}
}

func (m *Memory) make(ctx context.Context, key string, one *making, work func(context.Context) (Session, error)) {
	s, err := guarded(ctx, work)
	m.mu.Lock()
	defer m.mu.Unlock()
	one.session, one.err, one.until = s, err, m.now().Add(kept)
	if err != nil {
		delete(m.made, key) // the next one tries again
	}
	close(one.done)
}

// guarded makes a panic of the work's an error: it runs beside the requests,
// where nobody else would stop it from ending the process.
func guarded(ctx context.Context, work func(context.Context) (Session, error)) (s Session, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("panic: %v\n%s", fault, debug.Stack())
		}
	}()
	return work(ctx)
}

// Note implements Store.
func (m *Memory) Note(_ context.Context, key, value string, until time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sweep()
	held, ok := m.notes[key]
	ok = ok && m.now().Before(held.until)
	switch {
	case value != alive:
		if ok {
			value = later(held.value, value)
		}
		m.notes[key] = note{value, until}
		delete(m.alive, key)
	case !ok:
		delete(m.notes, key)
		m.noteAlive(key, until)
	}
}

// noteAlive remembers a session as alive. The caller holds the lock.
func (m *Memory) noteAlive(key string, until time.Time) {
	held, ok := m.alive[key]
	if !ok && len(m.alive) >= maxAlive {
		for other := range m.alive {
			delete(m.alive, other)
			break
		}
	}
	if until.After(held) {
		m.alive[key] = until
	}
}

// forgetAlive forgets which sessions are alive.
func (m *Memory) forgetAlive() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.alive)
}

// later is the one of two notes that counts: of moments the later one, of
// others the second.
func later(first, second string) string {
	a, ok := momentOf(first)
	if b, both := momentOf(second); ok && both && a.After(b) {
		return first
	}
	return second
}

// Notes implements Store.
func (m *Memory) Notes(_ context.Context, keys ...string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	values := make([]string, len(keys))
	for i, key := range keys {
		if n, ok := m.notes[key]; ok && m.now().Before(n.until) {
			values[i] = n.value
		} else if m.now().Before(m.alive[key]) {
			values[i] = alive
		}
	}
	return values
}

// sweep drops, now and then, what is over. The caller holds the lock.
func (m *Memory) sweep() {
	now := m.now()
	if now.Sub(m.swept) < kept {
		return
	}
	m.swept = now
	for key, one := range m.made {
		select {
		case <-one.done:
			if now.After(one.until) {
				delete(m.made, key)
			}
		default: // still being made
		}
	}
	for key, n := range m.notes {
		if now.After(n.until) {
			delete(m.notes, key)
		}
	}
	for key, until := range m.alive {
		if now.After(until) {
			delete(m.alive, key)
		}
	}
}
