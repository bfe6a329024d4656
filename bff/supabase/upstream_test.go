package supabase_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mysingle/mysingle/bff/supabase"
	"github.com/mysingle/mysingle/bff/supabasetest"
)

// get passes a GET on and reads the answer to its end.
func get(p *supabase.Passage) (int, error) {
	answer, err := p.Do(context.Background(), supabase.Request{Method: "GET", Path: "/x"})
	if err != nil {
		return 0, err
	}
	defer answer.Close()
	_, err = io.Copy(io.Discard, answer)
	return answer.Status, err
}

// hangUp ends a request's connection without a word.
func hangUp(t *testing.T, w http.ResponseWriter) {
	c, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		t.Error(err)
		return
	}
	_ = c.Close()
}

func isUnavailable(err error) bool { return errors.As(err, new(*supabase.Unavailable)) }

// TestBreaker takes a service down and up again, in each of the ways in which
// services go down.
func TestBreaker(t *testing.T) {
	for name, fail := range map[string]func(t *testing.T, w http.ResponseWriter, r *http.Request){
		"hangs up": func(t *testing.T, w http.ResponseWriter, _ *http.Request) { hangUp(t, w) },
		"silent":   func(_ *testing.T, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"garbage": func(t *testing.T, w http.ResponseWriter, _ *http.Request) {
			c, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.WriteString(c, "no HTTP\r\n\r\n")
			_ = c.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var down atomic.Bool
			var asked, probed, firstProbe atomic.Int64 // the last one is a moment, in Unix nanoseconds
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/x" {
					firstProbe.CompareAndSwap(0, time.Now().UnixNano())
					probed.Add(1)
				} else {
					asked.Add(1)
				}
				if down.Load() {
					fail(t, w, r)
				}
			}))
			t.Cleanup(server.Close)
			client, base := mustClient(t, server.URL, time.Minute)
			var mu sync.Mutex
			var states []string
			client.OnBreaker = func(service, state string) {
				mu.Lock()
				defer mu.Unlock()
				states = append(states, service+" "+state)
			}
			passage, other := client.NewPassage("PostgREST", base), client.NewPassage("Auth", base)
			if status, err := get(passage); status != 200 {
				t.Fatalf("up: got status %d, %v, want 200", status, err)
			}
			usual := passage.Timeout
			down.Store(true)
			passage.Timeout, other.Timeout = 200*time.Millisecond, 200*time.Millisecond // for the silent one
			var opened time.Time                                                        // or a moment before
			for i := range 5 {
				opened = time.Now()
				if _, err := get(passage); err == nil || isUnavailable(err) {
					t.Fatalf("failure %d: got error %v, want the service's own", i, err)
				}
			}
			passage.Timeout = usual
			// Now nobody is sent there, and nobody waits.
			before, start := asked.Load(), time.Now()
			for range 50 {
				if _, err := get(passage); !isUnavailable(err) {
					t.Fatalf("a passed request, while the service is down: got error %v, want Unavailable", err)
				}
				if _, err := client.ReadRPC(context.Background(), supabase.Caller{}, "x", nil); !isUnavailable(err) {
					t.Fatalf("a function's call, while the service is down: got error %v, want Unavailable", err)
				}
			}
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("100 refusals: took %s, want at most 30s", took)
			}
			if n := asked.Load(); n != before {
				t.Errorf("requests to the service while it is down: got %d, want none", n-before)
			}
			if _, err := get(other); isUnavailable(err) {
				t.Errorf("another service is refused too: %v", err)
			}
			// While it stays down, one question after another is all it gets.
			before = asked.Load()
			supabasetest.MustWait(t, "two questions whether it is back", func() bool {
				var all sync.WaitGroup
				for range 20 {
					all.Go(func() {
						if _, err := get(passage); !isUnavailable(err) {
							t.Errorf("while the service is down: got error %v, want Unavailable", err)
						}
					})
				}
				all.Wait()
				return probed.Load() >= 2
			})
			if n := asked.Load(); n != before {
				t.Errorf("requests to the service while it is down: got %d, want none", n-before)
			}
			if n, most := probed.Load(), int64(time.Since(opened)/supabase.DownTime); n > most {
				t.Errorf("questions whether it is back: got %d, want at most %d in %s", n, most, time.Since(opened))
			}
			if after := time.Unix(0, firstProbe.Load()).Sub(opened); after < supabase.DownTime {
				t.Errorf("the first question whether it is back: got it after %s, want %s", after, supabase.DownTime)
			}
			down.Store(false)
			supabasetest.MustWait(t, "the recovery", func() bool {
				status, err := get(passage)
				if status != 200 && !isUnavailable(err) {
					t.Fatalf("not back: got status %d, %v, want 200 or Unavailable", status, err)
				}
				return status == 200
			})
			for range 20 {
				if status, err := get(passage); status != 200 {
					t.Errorf("after the recovery: got status %d, %v, want 200", status, err)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			if all := strings.Join(states, ", "); !strings.HasPrefix(all, "PostgREST open, PostgREST half-open") || !strings.HasSuffix(all, "PostgREST closed") {
				t.Errorf("states: got %s, want open and half-open at first, and closed at last", all)
			}
		})
	}
}

// TestTheBreakerStaysShut: whatever a service answers it is there, and what a
// client breaks off is no fault of the service.
func TestTheBreakerStaysShut(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(503)
	}))
	t.Cleanup(server.Close)
	client, base := mustClient(t, server.URL, time.Minute)
	passage := client.NewPassage("Storage", base)
	broken := errors.New("the client is gone")
	for range 20 {
		if status, err := get(passage); status != 503 {
			t.Fatalf("got status %d, %v, want 503", status, err)
		}
		body := io.MultiReader(strings.NewReader("half"), failing{broken})
		_, err := passage.Do(context.Background(), supabase.Request{Method: "POST", Path: "/x", Upload: &supabase.Upload{Length: 100, ReadCloser: io.NopCloser(body)}})
		if !errors.Is(err, broken) || errors.As(err, new(*supabase.Failure)) {
			t.Fatalf("got error %T %v, want the client's own", err, err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := passage.Do(ctx, supabase.Request{Method: "GET", Path: "/x"}); err == nil || isUnavailable(err) {
			t.Fatalf("a request that was given up: got error %v, want another one than Unavailable", err)
		}
	}
}

type failing struct{ error }

func (f failing) Read([]byte) (int, error) { return 0, f.error }

// TestRepeatsOnANewConnection: a read whose connection breaks before the
// answer is sent once more, and no more than that; a write never.
func TestRepeatsOnANewConnection(t *testing.T) {
	for _, tt := range []struct {
		Method string
		Breaks int64 // how many times
		Want   int64 // how often the server sees the request
	}{
		{"GET", 1, 2}, {"HEAD", 1, 2}, {"GET", 99, 2}, {"HEAD", 99, 2}, {"RPC", 1, 2}, {"RPC", 99, 2},
		{"POST", 1, 1}, {"PATCH", 1, 1}, {"PUT", 1, 1}, {"DELETE", 1, 1}, {"UPLOAD", 1, 1},
	} {
		for _, warm := range []bool{false, true} {
			t.Run(tt.Method, func(t *testing.T) {
				var seen atomic.Int64
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == "/warm" {
						return
					}
					_, _ = io.Copy(io.Discard, r.Body)
					if seen.Add(1) <= tt.Breaks {
						hangUp(t, w)
						return
					}
					w.Header().Set("Content-Type", "application/json")
					if r.Method != http.MethodHead {
						_, _ = io.WriteString(w, "{}")
					}
				}))
				t.Cleanup(server.Close)
				client, base := mustClient(t, server.URL, time.Minute)
				passage := client.NewPassage("PostgREST", base)
				if warm { // leaves a connection to be used again
					answer, err := passage.Do(context.Background(), supabase.Request{Method: "GET", Path: "/warm"})
					if err != nil {
						t.Fatal(err)
					}
					_, _ = io.ReadAll(answer)
					_ = answer.Close()
				}
				var err error
				switch tt.Method {
				case "RPC":
					_, err = client.ReadRPC(context.Background(), supabase.Caller{}, "x", map[string]int{"a": 1})
				default:
					request := supabase.Request{Method: tt.Method, Path: "/x", Body: text("{}")}
					if tt.Method == "UPLOAD" {
						request.Method, request.Body = "POST", nil
						request.Upload = &supabase.Upload{Length: 2, ReadCloser: io.NopCloser(strings.NewReader("{}"))}
					}
					var answer *supabase.Answer
					if answer, err = passage.Do(context.Background(), request); err == nil {
						_ = answer.Close()
					}
				}
				if (err == nil) != (tt.Breaks < tt.Want) || seen.Load() != tt.Want {
					t.Errorf("the server saw the request %d times, %v, want %d times", seen.Load(), err, tt.Want)
				}
			})
		}
	}
}

// TestQueue fills one service's places: as many again wait, in order and for
// a bounded time, and the next are refused at once. Another service has
// places of its own.
func TestQueue(t *testing.T) {
	t.Parallel()
	arrived, open := make(chan bool, 100), make(chan bool)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/held") {
			arrived <- true
			<-open
		}
	}))
	t.Cleanup(server.Close)
	release := sync.OnceFunc(func() { close(open) })
	t.Cleanup(release)
	_, base := mustClient(t, server.URL, time.Minute)
	client := supabase.NewClient(base, base, "sb_publishable_test", time.Minute, 2)
	t.Cleanup(client.Close)
	passage, other := client.NewPassage("PostgREST", base), client.NewPassage("Auth", base)
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			answer, err := passage.Do(context.Background(), supabase.Request{Method: "GET", Path: "/held"})
			if err != nil {
				t.Error(err)
				return
			}
			_ = answer.Close()
		})
		<-arrived
	}
	results := make(chan error, 2)
	wait := func() {
		for range 2 {
			go func() { _, err := get(passage); results <- err }()
		}
	}
	client.SetQueueTime(time.Second)
	start := time.Now()
	wait()
	for range 2 {
		if err := <-results; !errors.Is(err, supabase.ErrBusy) {
			t.Errorf("waited in vain: got error %v, want %v", err, supabase.ErrBusy)
		}
	}
	if waited := time.Since(start); waited < time.Second || waited > 30*time.Second {
		t.Errorf("waited in vain: got %s, want 1s", waited)
	}
	client.SetQueueTime(5 * time.Minute)
	wait()
	supabasetest.MustWait(t, "two requests to wait", func() bool { return client.Waiting("PostgREST") == 2 })
	if _, err := get(passage); !errors.Is(err, supabase.ErrBusy) {
		t.Errorf("one too many: got error %v, want %v", err, supabase.ErrBusy)
	}
	if status, err := get(other); status != 200 {
		t.Errorf("another service: got status %d, %v, want 200", status, err)
	}
	if n := len(results); n != 0 {
		t.Errorf("%d of the two requests don't wait any more", n)
	}
	release()
	for range 2 {
		if err := <-results; err != nil {
			t.Errorf("its turn came: got error %v, want none", err)
		}
	}
	all.Wait()
	for range 10 { // every place was given back
		if status, err := get(passage); status != 200 {
			t.Errorf("afterwards: got status %d, %v, want 200", status, err)
		}
	}
}

// TestAServicesOwnTimeout: an upload may take as long as it moves, a service
// that stops taking it in may not.
func TestAServicesOwnTimeout(t *testing.T) {
	t.Parallel()
	t.Run("an upload that moves", func(t *testing.T) {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			text, err := io.ReadAll(r.Body)
			if err != nil || len(text) != 40 {
				t.Errorf("the upload: got %d bytes, %v, want 40", len(text), err)
			}
		}))
		t.Cleanup(server.Close)
		client, base := mustClient(t, server.URL, time.Minute)
		passage := client.NewPassage("Storage", base)
		const bytes = 40 // which take longer than the timeout, that no pause comes near
		passage.Timeout = 3 * time.Second
		answer, err := passage.Do(context.Background(), supabase.Request{Method: "POST", Path: "/x", Upload: &supabase.Upload{
			Length: -1, ReadCloser: io.NopCloser(&dripping{bytes, passage.Timeout / 30}),
		}})
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Close()
	})
	t.Run("a service that takes nothing in", func(t *testing.T) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = listener.Close() })
		go func() {
			for {
				if c, err := listener.Accept(); err == nil {
					t.Cleanup(func() { _ = c.Close() })
				} else {
					return
				}
			}
		}()
		client, base := mustClient(t, "http://"+listener.Addr().String(), time.Minute)
		passage := client.NewPassage("Storage", base)
		passage.Timeout = 200 * time.Millisecond
		start := time.Now()
		_, err = passage.Do(context.Background(), supabase.Request{Method: "POST", Path: "/x", Upload: &supabase.Upload{Length: 1 << 30, ReadCloser: io.NopCloser(endless{})}})
		mustFail(t, err, true)
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("took %s, want at most 30s", took)
		}
	})
}

// dripping gives one byte at a time.
type dripping struct {
	left  int
	pause time.Duration
}

func (d *dripping) Read(b []byte) (int, error) {
	if d.left == 0 {
		return 0, io.EOF
	}
	time.Sleep(d.pause)
	d.left--
	b[0] = 'x'
	return 1, nil
}

type endless struct{}

func (endless) Read(b []byte) (int, error) { return len(b), nil }

// TestConnectionsOfHeads: a service that closes the connection after HEAD, as
// PostgREST does, takes no write down with it.
func TestConnectionsOfHeads(t *testing.T) {
	var of sync.Map // remote address: what came on it
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if before, ok := of.LoadOrStore(r.RemoteAddr, r.Method == http.MethodHead); ok && before != (r.Method == http.MethodHead) {
			t.Errorf("%s on a connection of others", r.Method)
		}
	}))
	t.Cleanup(server.Close)
	client, base := mustClient(t, server.URL, time.Minute)
	passage := client.NewPassage("PostgREST", base)
	for range 20 {
		for _, method := range []string{"HEAD", "POST", "GET"} {
			answer, err := passage.Do(context.Background(), supabase.Request{Method: method, Path: "/x"})
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, answer)
			_ = answer.Close()
		}
	}
}
