package supabase

import (
	"context"
	"errors"
	"net/http"
	"net/url"
)

// insufficientPrivilege is PostgreSQL's error code for a missing grant.
const insufficientPrivilege = "42501"

// CheckRest returns nil when PostgREST answers from its database. It reads a
// table that anonymous callers may not: the database's own refusal is the
// proof, and costs next to nothing.
func (c *Client) CheckRest(ctx context.Context) error {
	err := c.check(ctx, "PostgREST", c.rest.base.JoinPath("sprints"), "select=sprint_id&limit=0")
	if answer := new(Error); errors.As(err, &answer) && answer.Code == insufficientPrivilege {
		return nil
	}
	return err
}

// CheckAuth returns nil when Auth reports itself healthy.
func (c *Client) CheckAuth(ctx context.Context) error {
	return c.check(ctx, "Auth", c.auth.base.JoinPath("health"), "")
}

func (c *Client) check(ctx context.Context, service string, address *url.URL, query string) error {
	address.RawQuery = query
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return &Failure{Service: service, Err: err}
	}
	// Past the bound on requests and the breaker: being busy isn't being down,
	// and whether it is down is the question.
	trip := &reading{ctx: ctx, client: c, transport: c.transport}
	resp, err := trip.RoundTrip(req)
	if err != nil {
		return asFailure(ctx, service, err)
	}
	return resp.Body.Close()
}
