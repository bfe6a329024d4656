package session

import (
	"context"
	"sync"
	"time"
)

const (
	// kept is for how long a refreshed session is at hand for requests that
	// still carry the old cookie: they were on their way, or waited in a queue
	// of the browser's.
	kept = time.Minute
	// endedFor is how long, at least, it is known that a session has ended:
	// longer than any refresh that was under way.
	endedFor = 10 * time.Minute
)

// Store is what instances of the BFF have to agree on.
type Store interface {
	// Once returns the session that work makes for the key. At a time it runs
	// once per key, whoever asks meanwhile gets the same result, and a success
	// is given again for as long as it is kept. Work goes on when the one
	// whose call began it gives up.
	Once(ctx context.Context, key string, work func(context.Context) (Session, error)) (Session, error)
	// End makes Ended return the reason, ErrEnded or ErrReplaced, until then.
	End(ctx context.Context, id string, reason error, until time.Time)
	// Ended returns nil for a session that isn't known to have ended.
	Ended(ctx context.Context, id string) error
}

// Memory is the Store of a single instance.
type Memory struct {
	now func() time.Time

	mu    sync.Mutex
	made  map[string]*making
	ended map[string]ending
	swept time.Time
}

// making is a result, or work that will have one.
type making struct {
	done    chan struct{} // closed when the rest is there
	session Session
	err     error
	until   time.Time
}

type ending struct {
	reason error
	until  time.Time
}

// NewMemory returns an empty Memory.
func NewMemory() *Memory {
	return &Memory{now: time.Now, made: make(map[string]*making), ended: make(map[string]ending)}
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
	s, err := work(ctx)
	m.mu.Lock()
	defer m.mu.Unlock()
	one.session, one.err, one.until = s, err, m.now().Add(kept)
	if err != nil {
		delete(m.made, key) // the next one tries again
	}
	close(one.done)
}

// End implements Store.
func (m *Memory) End(_ context.Context, id string, reason error, until time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ended[id] = ending{reason, until}
}

// Ended implements Store.
func (m *Memory) Ended(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e, ok := m.ended[id]; ok && m.now().Before(e.until) {
		return e.reason
	}
	return nil
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
	for id, e := range m.ended {
		if now.After(e.until) {
			delete(m.ended, id)
		}
	}
}
