// Package functionstest is for tests of edge functions: the same scenario runs
// on the handler natively, by HTTP, and on the compiled WebAssembly under Deno,
// through the stack's gateway, by supabase-js.
package functionstest

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/mysingle/mysingle/bff/supabasetest"
	"github.com/mysingle/mysingle/functions/edge"
	"github.com/mysingle/mysingle/functions/project"
)

// MustProject returns the stack's project, as the functions of the stack see
// it, with the changes made to the settings.
func MustProject(tb testing.TB, changes map[string]string) *project.Project {
	tb.Helper()
	settings, err := project.ReadSettings(func(name string) string {
		if value, ok := changes[name]; ok {
			return value
		}
		if name == "BFF_PUBLIC_URL" {
			name = "BFF_URL" // as the stack has it
		}
		return os.Getenv(name)
	})
	if err != nil {
		tb.Fatalf("project.ReadSettings: %v", err)
	}
	return project.New(settings)
}

// Request is a call of a function.
type Request struct {
	Method string // POST if empty
	Path   string // with the function's name: /calendar/x
	Body   any    // JSON; a string is sent as it is
	// As is the user who calls, Service the project itself. Who is neither
	// shows the publishable key alone.
	As      supabasetest.Person
	Service bool
	Header  http.Header
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Decode reads a JSON body.
func (a Answer) Decode(tb testing.TB, target any) {
	tb.Helper()
	if err := json.Unmarshal([]byte(a.Body), target); err != nil {
		tb.Fatalf("decode the answer: %v in status %d (%s)", err, a.Status, a.Body)
	}
}

// Code is the code of an error body, "" of any other.
func (a Answer) Code() string {
	var problem struct{ Code, Message string }
	if json.Unmarshal([]byte(a.Body), &problem) != nil || problem.Message == "" || a.Header.Get("Content-Type") != "application/problem+json" {
		return ""
	}
	return problem.Code
}

// Target is where a scenario runs.
type Target struct {
	Name string
	do   func(testing.TB, Request) Answer
}

// MustDo makes the call.
func (t Target) MustDo(tb testing.TB, r Request) Answer {
	tb.Helper()
	if r.Method == "" {
		r.Method = http.MethodPost
	}
	return t.do(tb, r)
}

// Both returns the function natively, with the stack's own settings, and as the
// stack runs it.
func Both(tb testing.TB, newHandler func(*project.Project) (http.Handler, error)) []Target {
	tb.Helper()
	return []Target{Native(tb, newHandler, nil), {"WebAssembly", invoke}}
}

// Native returns the function natively, with changes to the stack's settings.
func Native(tb testing.TB, newHandler func(*project.Project) (http.Handler, error), changes map[string]string) Target {
	tb.Helper()
	handler, err := newHandler(MustProject(tb, changes))
	if err != nil {
		tb.Fatalf("newHandler: %v", err)
	}
	server := httptest.NewServer(edge.Native(handler))
	tb.Cleanup(server.Close)
	return Target{"native", func(tb testing.TB, r Request) Answer { return send(tb, server.URL, r) }}
}

// key is what the caller shows as apikey.
func (r Request) key(tb testing.TB) string {
	if r.Service {
		return supabasetest.Env(tb, "SUPABASE_SECRET_KEY")
	}
	return supabasetest.Env(tb, "SUPABASE_PUBLISHABLE_KEY")
}

// header has what the test set, and what goes with who calls.
func (r Request) header() http.Header {
	header := r.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	if r.As.Token != "" {
		header.Set("Authorization", "Bearer "+r.As.Token)
	}
	if r.Body != nil && header.Get("Content-Type") == "" {
		header.Set("Content-Type", "application/json")
	}
	return header
}

func (r Request) body(tb testing.TB) string {
	switch body := r.Body.(type) {
	case nil:
		return ""
	case string:
		return body
	}
	text, err := json.Marshal(r.Body)
	if err != nil {
		tb.Fatalf("json.Marshal: %v", err)
	}
	return string(text)
}

func send(tb testing.TB, base string, r Request) Answer {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), r.Method, base+r.Path, strings.NewReader(r.body(tb)))
	if err != nil {
		tb.Fatalf("http.NewRequestWithContext: %v", err)
	}
	req.Header = r.header()
	req.Header.Set("apikey", r.key(tb))
	if req.Header.Get("Authorization") == "" { // as supabase-js does
		req.Header.Set("Authorization", "Bearer "+r.key(tb))
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		tb.Fatalf("http.DefaultClient.Do: %v", err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		tb.Fatalf("io.ReadAll: %v", err)
	}
	return Answer{resp.StatusCode, resp.Header, string(text)}
}

// invoke makes the call by supabase-js.
func invoke(tb testing.TB, r Request) Answer {
	tb.Helper()
	headers := map[string]string{}
	for name := range r.header() {
		headers[name] = r.header().Get(name)
	}
	answer, err := program().call(map[string]any{
		"key": r.key(tb), "path": r.Path, "method": r.Method, "headers": headers, "body": r.body(tb),
	})
	if err != nil {
		tb.Fatalf("call: %v", err)
	}
	return answer
}

// caller is the Node program that calls by supabase-js, one for all tests of a
// package; it ends with them.
type caller struct {
	mu    sync.Mutex
	in    io.Writer
	last  int
	waits map[int]chan reply
	ended error
}

type reply struct {
	ID      int               `json:"id"`
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
	Error   string            `json:"error"`
}

var program = sync.OnceValue(func() *caller {
	c := &caller{waits: make(map[int]chan reply)}
	_, file, _, _ := runtime.Caller(0)
	cmd := exec.Command("node", filepath.Join(filepath.Dir(file), "testdata", "invoke.mjs"), os.Getenv("SUPABASE_URL"))
	var errs bytes.Buffer
	cmd.Stderr = &errs
	in, err := cmd.StdinPipe()
	if err == nil {
		c.in = in
		var out io.Reader
		if out, err = cmd.StdoutPipe(); err == nil {
			if err = cmd.Start(); err == nil {
				go c.read(out, &errs)
			}
		}
	}
	c.ended = err
	return c
})

func (c *caller) read(out io.Reader, errs fmt.Stringer) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var r reply
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			break
		}
		c.mu.Lock()
		c.waits[r.ID] <- r
		delete(c.waits, r.ID)
		c.mu.Unlock()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = fmt.Errorf("the program that calls by supabase-js has ended: %s", errs)
	for _, wait := range c.waits {
		close(wait)
	}
}

func (c *caller) call(request map[string]any) (Answer, error) {
	c.mu.Lock()
	if c.ended != nil {
		c.mu.Unlock()
		return Answer{}, c.ended
	}
	c.last++
	request["id"] = c.last
	wait := make(chan reply, 1)
	c.waits[c.last] = wait
	text, err := json.Marshal(request)
	if err == nil {
		_, err = c.in.Write(append(text, '\n'))
	}
	c.mu.Unlock()
	if err != nil {
		return Answer{}, err
	}
	r, ok := <-wait
	if !ok || r.Error != "" {
		return Answer{}, fmt.Errorf("supabase-js: %s", r.Error)
	}
	body, err := base64.StdEncoding.DecodeString(r.Body)
	header := http.Header{}
	for name, value := range r.Headers {
		header.Set(name, value)
	}
	return Answer{r.Status, header, string(body)}, err
}

// Refusal is a call that must be refused.
type Refusal struct {
	Name    string
	Request Request // Path is the function's own if empty
	Status  int
	Code    string
}

// Refuses makes each call of each target and wants to see it refused.
func Refuses(t *testing.T, targets []Target, path string, refusals []Refusal) {
	t.Helper()
	for _, target := range targets {
		for _, refusal := range refusals {
			t.Run(target.Name+"/"+refusal.Name, func(t *testing.T) {
				if refusal.Request.Path == "" {
					refusal.Request.Path = path
				}
				if got := target.MustDo(t, refusal.Request); got.Status != refusal.Status || got.Code() != refusal.Code {
					t.Errorf("got status %d (%s), want %d %s", got.Status, got.Body, refusal.Status, refusal.Code)
				}
			})
		}
	}
}
