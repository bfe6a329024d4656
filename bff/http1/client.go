// Package http1 is an HTTP/1.1 client (RFC 9112) for the one server at an
// address. A request is written and its answer read by the goroutine that
// asks, in memory that belongs to the connection and is used again.
//
// net/http hands each request to two goroutines of its connection and makes a
// map of its headers, which is half the cost of passing a small answer on.
// fasthttp's client (v1.77) takes an answer for complete whose chunks are cut
// off, and uses a connection again on which more came than the answer to its
// request: the next one, another user's, would read that.
//
// What can be read in two ways is refused: folded headers, bare line feeds, a
// length beside chunks or more than one of them. There is no TLS, no HTTP/2,
// no Expect and no upgrade; a request's body is one that the kernel takes in
// at once, as it is written before the answer is looked at.
package http1

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

const (
	// DialTimeout is how long a connection may take to be there.
	DialTimeout = 3 * time.Second
	// KeepAlive is how often the kernel asks whether the other side still is.
	KeepAlive = 30 * time.Second
	// IdleTime is how long a connection is kept that nobody uses.
	IdleTime = 50 * time.Second
	// MaxIdle is how many of them are kept.
	MaxIdle = 256
	// MaxHead bounds an answer's head, in bytes.
	MaxHead = 64 << 10
	// Buffer is what a connection reads with one call, in bytes: the size of most
	// answers.
	Buffer = 32 << 10
)

// Client keeps connections to one server. It is safe for concurrent use.
type Client struct {
	address string
	dialer  net.Dialer

	mu     sync.Mutex
	idle   []*conn // the one that was used last is the last
	sweep  *time.Timer
	closed bool
}

// New returns a client of the server at the address, a host and a port. It
// doesn't connect yet.
func New(address string) *Client {
	return &Client{address: address, dialer: net.Dialer{Timeout: DialTimeout, KeepAlive: KeepAlive}}
}

// Do sends the request and reads the head of its answer into resp, whose body
// is then to be read and whose Close is to be called. On an error there is
// nothing to close. The error is ctx's cause when that ended, and one for
// which errors.Is(err, os.ErrDeadlineExceeded) holds after the deadline.
//
// A request is sent a second time only if it is Repeatable, and only after its
// connection broke or brought something that is no answer. net/http also
// repeats one of which nothing was written; here the connection was looked at
// just before.
func (c *Client) Do(ctx context.Context, req *Request, resp *Response) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	used, err := c.take(ctx, req.Deadline)
	if err != nil {
		return err
	}
	err = c.on(ctx, used, req, resp)
	if err == nil || !req.Repeatable || ctx.Err() != nil || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, ErrRequest) {
		return err
	}
	fresh, fault := c.dial(ctx, req.Deadline)
	if fault != nil {
		return err
	}
	return c.on(ctx, fresh, req, resp)
}

// on does it on the connection, which is closed on an error.
func (c *Client) on(ctx context.Context, used *conn, req *Request, resp *Response) error {
	resp.begin(c, used)
	if ctx.Done() != nil {
		resp.unwatch = context.AfterFunc(ctx, resp.Abort)
	}
	err := used.exchange(req, resp)
	if err == nil {
		return nil
	}
	resp.broken(err)
	_ = resp.Close()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// take returns a kept connection that is still open, or a new one.
func (c *Client) take(ctx context.Context, deadline time.Time) (*conn, error) {
	for {
		kept := c.last()
		if kept == nil {
			return c.dial(ctx, deadline)
		}
		if kept.open() {
			return kept, nil
		}
		_ = kept.Close()
	}
}

func (c *Client) last() *conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(c.idle)
	if n == 0 {
		return nil
	}
	kept := c.idle[n-1]
	c.idle[n-1], c.idle = nil, c.idle[:n-1]
	return kept
}

func (c *Client) dial(ctx context.Context, deadline time.Time) (*conn, error) {
	if !deadline.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadlineCause(ctx, deadline, os.ErrDeadlineExceeded)
		defer cancel()
	}
	fresh, err := c.dialer.DialContext(ctx, "tcp", c.address)
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, err
	}
	return newConn(fresh)
}

// keep has the connection used again.
func (c *Client) keep(used *conn) {
	used.since = time.Now()
	c.mu.Lock()
	kept := !c.closed && len(c.idle) < MaxIdle
	if kept {
		c.idle = append(c.idle, used)
		if c.sweep == nil {
			c.sweep = time.AfterFunc(IdleTime, c.dropOld)
		}
	}
	c.mu.Unlock()
	if !kept {
		_ = used.Close()
	}
}

// dropOld closes what nobody has used for long, and comes again while there
// is something left.
func (c *Client) dropOld() {
	c.mu.Lock()
	defer c.mu.Unlock()
	limit, old := time.Now().Add(-IdleTime), 0
	for old < len(c.idle) && c.idle[old].since.Before(limit) {
		_ = c.idle[old].Close()
		old++
	}
	left := copy(c.idle, c.idle[old:])
	clear(c.idle[left:])
	c.idle = c.idle[:left]
	if c.sweep = nil; left > 0 {
		c.sweep = time.AfterFunc(time.Until(c.idle[0].since.Add(IdleTime)), c.dropOld)
	}
}

// Close closes the connections that nobody uses; the others are closed after
// their answers.
func (c *Client) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if c.sweep != nil {
		c.sweep.Stop()
	}
	for _, kept := range c.idle {
		_ = kept.Close()
	}
	c.idle = nil
}
