// Package redis is the way to the Redis that instances of the BFF share. What
// they keep there makes them agree, but each can do without: Redis must never
// hold up a request, nor fail one.
package redis

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
)

const (
	// defaultTimeout is how long Redis may take to answer where its URL doesn't
	// say so.
	defaultTimeout = 500 * time.Millisecond
	// leaveAlone is for how long Redis isn't asked after it failed.
	leaveAlone = time.Second
)

// Client asks Redis while it is up. It is safe for concurrent use.
type Client struct {
	client  *goredis.Client
	timeout time.Duration
	log     *slog.Logger
	// again is when Redis is asked next, in Unix nanoseconds; zero while it
	// is up.
	again  atomic.Int64
	closed chan struct{}
}

// Dial returns a client for the Redis at the URL (redis:// or rediss://), which
// connects when it is first used. Redis has 500 ms for an answer, or the URL's
// read_timeout, such as redis://host:6379/0?read_timeout=2s.
func Dial(url string, log *slog.Logger) (*Client, error) {
	options, err := goredis.ParseURL(url)
	if err != nil {
		return nil, err
	}
	options.ContextTimeoutEnabled = true
	timeout := options.ReadTimeout
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout = timeout, timeout, timeout
	options.MaxRetries = 1 // a kept connection may have died
	options.DialerRetries = 1
	goredis.SetLogger(&logging.VoidLogger{}) // Ask says once what is wrong
	return &Client{client: goredis.NewClient(options), timeout: timeout, log: log, closed: make(chan struct{})}, nil
}

// Close closes the connections. It may be called once.
func (c *Client) Close() error {
	close(c.closed)
	return c.client.Close()
}

// Closed is closed by Close.
func (c *Client) Closed() <-chan struct{} { return c.closed }

// Ask has the question put, and reports whether Redis answered it. After a
// failure Redis is left alone for a second: nobody asks meanwhile, and then
// one does. The log has a line when it stops and one when it is back.
func (c *Client) Ask(ctx context.Context, question func(context.Context, *goredis.Client) error) bool {
	if !c.up() {
		return false
	}
	within, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	err := question(within, c.client)
	switch {
	case err == nil:
		if c.again.Swap(0) != 0 {
			c.log.Info("Redis is back: sessions and rate limits are shared again")
		}
	case ctx.Err() != nil: // who asked has given up, which says nothing of Redis
	case c.again.Swap(time.Now().Add(leaveAlone).UnixNano()) == 0:
		c.log.Warn("Redis fails: this instance refreshes sessions and counts rate limits on its own", "error", err)
	}
	return err == nil
}

// up reports whether Redis may be asked: always while it works, and once in
// a while when it doesn't.
func (c *Client) up() bool {
	again := c.again.Load()
	if again == 0 {
		return true
	}
	now := time.Now()
	return now.UnixNano() >= again && c.again.CompareAndSwap(again, now.Add(leaveAlone).UnixNano())
}
