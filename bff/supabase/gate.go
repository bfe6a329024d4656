package supabase

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"time"
)

// ErrBusy refuses a request while too many others are under way: they would
// wait for PostgREST's few database connections, each holding memory here.
var ErrBusy = errors.New("too many requests are under way")

// queueTime is how long a request waits for its turn: long enough for a burst
// to pass, too short for anybody to ask again meanwhile.
const queueTime = 2 * time.Second

// gate bounds the requests under way, and those that wait for one of them to
// end: to as many again.
type gate struct {
	places  chan struct{} // one in it for each request under way
	waiting atomic.Int64
	timeout time.Duration // of those that wait
}

func newGate(limit int) *gate {
	return &gate{places: make(chan struct{}, limit), timeout: queueTime}
}

// enter takes a place, in the order of arrival, or returns ErrBusy when there
// is none in time, or too many wait already.
func (g *gate) enter(ctx context.Context) error {
	select {
	case g.places <- struct{}{}:
		return nil
	default:
	}
	defer g.waiting.Add(-1)
	if g.waiting.Add(1) > int64(cap(g.places)) {
		return ErrBusy
	}
	timer := time.NewTimer(g.timeout)
	defer timer.Stop()
	select {
	case g.places <- struct{}{}:
		return nil
	case <-timer.C:
		return ErrBusy
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (g *gate) leave() { <-g.places }

// countedBody calls end once the answer was read or given up.
type countedBody struct {
	io.ReadCloser
	end func()
}

func (b *countedBody) Close() error {
	defer b.end()
	return b.ReadCloser.Close()
}
