package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A server that hangs up on the first attempt is asked again.
func TestAwait(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if asked.Add(1) == 1 {
			panic(http.ErrAbortHandler)
		}
	}))
	defer server.Close()
	p := &process{url: server.URL, ended: make(chan struct{})}
	if err := p.await(context.Background(), "/", time.Now()); err != nil {
		t.Errorf("await returned %v, want nil after the second attempt", err)
	}
	if got := asked.Load(); got != 2 {
		t.Errorf("the server was asked %d times, want 2", got)
	}
}

// A server that ends before it answers isn't waited for, and the error has what it said.
func TestStart_ended(t *testing.T) {
	began := time.Now()
	_, err := launch{
		name: "sh", args: []string{"-c", "echo no such setting; exit 1"}, core: -1, address: freeAddress(), ready: "/",
	}.start(context.Background())
	if err == nil || !strings.Contains(err.Error(), "no such setting") {
		t.Errorf("start returned %v, want an error with what the program said", err)
	}
	if took := time.Since(began); took >= startLimit {
		t.Errorf("start returned after %s, want less than the %s that a start may take", took, startLimit)
	}
}
