package server

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

// slowestUpload is the least that an upload must bring on average, in bytes a
// second, beyond the time that any request has: each holds one of the places
// that there are for requests to its service.
const slowestUpload = 4 << 10

var errGivenUp = errors.New("the upload was given up")

// upload is a request's body on its way to Supabase. The transport reads it
// in a goroutine of its own; Close ends that, so that the request may end.
type upload struct {
	ctx      *fasthttp.RequestCtx
	stream   io.Reader
	length   int64 // -1 when unknown
	limit    int64
	patience time.Duration // for the client
	received int64
	started  time.Time
	finished atomic.Bool

	reading sync.Mutex // held by a Read
	mu      sync.Mutex // of the two below: a closed one gets no new deadline
	closed  bool
}

func newUpload(ctx *fasthttp.RequestCtx, length, limit int64, patience time.Duration) *upload {
	return &upload{ctx: ctx, stream: ctx.RequestBodyStream(), length: length, limit: limit, patience: patience, started: time.Now()}
}

// Read reads what has come, or waits for some. Only a body that came to its
// end ends in io.EOF.
func (u *upload) Read(p []byte) (int, error) {
	u.reading.Lock()
	defer u.reading.Unlock()
	if u.finished.Load() {
		return 0, io.EOF
	}
	if err := u.wait(); err != nil {
		return 0, err
	}
	n, err := u.stream.Read(p)
	u.received += int64(n)
	switch {
	case u.received > u.limit:
		return 0, unreadBody(errTooLong)
	case u.received == u.length:
		u.finished.Store(true)
		return n, io.EOF
	case err == nil:
		return n, nil
	case errors.Is(err, io.EOF) && u.length < 0 && !brokenOff(u.ctx):
		u.finished.Store(true)
		return n, io.EOF
	}
	return n, unreadBody(err)
}

// wait sets how long the next Read may wait for the client.
func (u *upload) wait() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.closed {
		return errGivenUp
	}
	now := time.Now()
	last := u.started.Add(u.patience + time.Duration(u.received/slowestUpload)*time.Second)
	if next := now.Add(u.patience); next.Before(last) {
		last = next
	}
	return u.ctx.SetReadDeadline(last)
}

// Close ends the upload, and a Read that is still waiting.
func (u *upload) Close() error {
	u.mu.Lock()
	if !u.closed && !u.finished.Load() {
		_ = u.ctx.SetReadDeadline(time.Unix(1, 0)) // where it fails there is no connection to wait for
	}
	u.closed = true
	u.mu.Unlock()
	u.reading.Lock() // the last Read is over
	defer u.reading.Unlock()
	return nil
}
