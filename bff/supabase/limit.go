package supabase

import (
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
)

// ErrBusy refuses a request while too many others are under way: they would
// wait for PostgREST's few database connections, each holding memory here.
var ErrBusy = errors.New("too many requests are under way")

// limited is a transport with a bound on the requests in flight. One counts
// from its start until its answer's body is closed.
type limited struct {
	transport *http.Transport
	free      atomic.Int64
}

func newLimited(transport *http.Transport, limit int) *limited {
	l := &limited{transport: transport}
	l.free.Store(int64(limit))
	return l
}

// RoundTrip returns ErrBusy, at once, for a request beyond the limit.
func (l *limited) RoundTrip(req *http.Request) (*http.Response, error) {
	if l.free.Add(-1) < 0 {
		l.free.Add(1)
		if req.Body != nil {
			_ = req.Body.Close() // as every round tripper must; these are in memory
		}
		return nil, ErrBusy
	}
	resp, err := l.transport.RoundTrip(req)
	if err != nil {
		l.free.Add(1)
		return nil, err
	}
	resp.Body = &countedBody{ReadCloser: resp.Body, end: sync.OnceFunc(func() { l.free.Add(1) })}
	return resp, nil
}

type countedBody struct {
	io.ReadCloser
	end func()
}

func (b *countedBody) Close() error {
	defer b.end()
	return b.ReadCloser.Close()
}
