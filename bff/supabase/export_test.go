package supabase

import "time"

// Waiting is how many requests to the service wait for their turn.
func (c *Client) Waiting(service string) (n int64) {
	for _, u := range c.upstreams {
		if u.service == service {
			n += u.gate.waiting.Load()
		}
	}
	return n
}

// SetQueueTime sets how long requests to every service wait for their turn. No
// request may be under way that waits.
func (c *Client) SetQueueTime(timeout time.Duration) {
	for _, u := range c.upstreams {
		u.gate.timeout = timeout
	}
}

// DownTime is how long nobody is sent to a service that is down.
const DownTime = downTime
