package supabase

import (
	"errors"
	"io"
	"sync"
	"time"
)

// An Upload is a body that is passed on as it comes. Close must not return
// before the last Read has: what Read reads from may end with the request.
type Upload struct {
	Length int64 // -1 when unknown
	io.ReadCloser
}

// uploadError is the client's fault, not the service's.
type uploadError struct{ error }

func (e *uploadError) Unwrap() error { return e.error }

// uploading is an upload on its way: it notes the error that ends it, and
// every piece puts the deadline off.
type uploading struct {
	*Upload
	deadline *deadline
}

func (u *uploading) Read(b []byte) (int, error) {
	n, err := u.Upload.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		return n, &uploadError{err}
	}
	u.deadline.progress()
	return n, err
}

// deadline ends a request that has to wait too long: for the answer, from the
// request's start or the last piece of its upload; for each piece of an answer
// that flows, from when it is asked for.
type deadline struct {
	limit time.Duration
	mu    sync.Mutex
	timer *time.Timer
	// answered tells that what is uploaded meanwhile doesn't count any more.
	answered bool
}

func newDeadline(limit time.Duration, end func()) *deadline {
	return &deadline{limit: limit, timer: time.AfterFunc(limit, end)}
}

func (d *deadline) progress() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.answered {
		d.timer.Reset(d.limit)
	}
}

func (d *deadline) answer() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answered = true
}

// stop ends it; start begins it anew.
func (d *deadline) stop() {
	d.answer()
	d.timer.Stop()
}

func (d *deadline) start() { d.timer.Reset(d.limit) }
