package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// A failure is an action that went another way than it should have.
type failure struct {
	action     string
	deployment *deployment
	from, to   time.Time // of the request
	// what happened, in the words of the documentation where it is a kind that
	// may happen while a part is away, which passing tells.
	what    string
	passing bool
	// sent tells that the request may have had an effect.
	sent bool
}

func (f *failure) Error() string {
	return fmt.Sprintf("%s at %s: %s", f.action, f.deployment.name, f.what)
}

const slowest = 40 * time.Second // of an answer; the BFF gives up on Supabase before

// ask sends one request and returns the answer, if its status is one of those
// that are wanted; anything else is a *failure.
func (u *user) ask(ctx context.Context, action, method, path, body string, want []int, headers ...string) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, slowest)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, u.url()+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("X-MySingle", "1")
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	f := &failure{action: action, deployment: u.deployment, from: time.Now()}
	a, err := u.exchange(req)
	f.to = time.Now()
	switch {
	case err != nil && errors.Is(context.Cause(ctx), context.DeadlineExceeded):
		f.what, f.sent = fmt.Sprintf("no answer within %s", slowest), true
	case errors.Is(err, syscall.ECONNREFUSED):
		f.what, f.passing = "refused connection", true
	case err != nil:
		f.what, f.passing, f.sent = "broken connection", true, true
	case !slices.Contains(want, a.status):
		f.what, f.passing, f.sent = explain(a)
	case !u.anonymous(path) && u.foreign(a.body) != "":
		f.what, f.sent = "another user's data: "+u.foreign(a.body), true
	case a.status == http.StatusOK && bytes.Contains(a.body, []byte(`"incomplete":[{`)):
		f.what, f.passing = "200 incomplete", true // a dashboard without one of its parts
	default:
		if action != "set-up" && action != "sign-in" && action != "sign-out" && a.header.Get("Set-Cookie") != "" {
			u.refreshes.Add(1)
		}
		return a, nil
	}
	return a, f
}

func (u *user) exchange(req *http.Request) (answer, error) {
	resp, err := u.client().Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, body}, err
}

// explain says what an answer is that wasn't wanted, whether it is of a kind
// that may be there while a part is away, and whether the request may have had
// an effect all the same.
func explain(a answer) (what string, passing, sent bool) {
	var p struct{ Code, Message string }
	if json.Unmarshal(a.body, &p) != nil || p.Code == "" || p.Message == "" {
		return fmt.Sprintf("%d without a problem: %.200q", a.status, a.body), false, true
	}
	what = fmt.Sprintf("%d %s", a.status, p.Code)
	switch a.status {
	case http.StatusServiceUnavailable:
		// The BFF's and the gateway's own say that nobody was asked. PostgREST
		// (its codes) and PostgreSQL (SQLSTATE) were.
		return what, true, theirs.MatchString(p.Code)
	case http.StatusBadGateway, http.StatusGatewayTimeout:
		return what, true, true
	}
	return fmt.Sprintf("%s: %.200s", what, p.Message), false, a.status >= 500
}

var theirs = regexp.MustCompile(`^(PGRST|[0-9A-Z]{5}$)`)

// Everything that a user makes is marked, so that whose it is can be seen in
// any answer.
var mark = regexp.MustCompile(`mark-[0-9a-f]{8}`)

// foreign is another user's mark in an answer, if there is one.
func (u *user) foreign(body []byte) string {
	for _, found := range mark.FindAll(body, -1) {
		if string(found) != u.mark {
			return string(found)
		}
	}
	return ""
}

// own reports whether the answer has something of the user's.
func (u *user) own(a answer) bool { return bytes.Contains(a.body, []byte(u.mark)) }
