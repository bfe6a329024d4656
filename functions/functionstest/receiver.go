package functionstest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

// Receiver stands for a Slack, a Discord, a webhook's server: it keeps what it
// gets, and answers as the test wants.
type Receiver struct {
	URL string
	// Target is the address to give a channel: what makes it a secret is in its
	// path.
	Target string

	mu     sync.Mutex
	answer http.HandlerFunc
	got    []Received
}

// Received is one request that came.
type Received struct {
	Path   string
	Header http.Header
	Body   string
}

// MustReceive starts a receiver that takes everything.
func MustReceive(tb testing.TB) *Receiver {
	tb.Helper()
	r := &Receiver{answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		r.got = append(r.got, Received{req.URL.Path, req.Header.Clone(), string(body)})
		answer := r.answer
		r.mu.Unlock()
		answer(w, req)
	}))
	tb.Cleanup(server.CloseClientConnections)
	tb.Cleanup(server.Close)
	secret := uuid.NewString()
	supabasetest.Secret(secret)
	r.URL, r.Target = server.URL, server.URL+"/services/"+secret
	return r
}

// Answer makes the receiver answer with the handler from now on.
func (r *Receiver) Answer(h http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = h
}

// Status makes it answer with a status and headers, name and value in turn.
func (r *Receiver) Status(status int, header ...string) {
	r.Answer(func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
	})
}

// Got returns what has come so far.
func (r *Receiver) Got() []Received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Received(nil), r.got...)
}
