package server_test

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
	"testing"
	"time"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

// BenchmarkAllocations counts what one passed request allocates, in the BFF
// and in net/http's own reverse proxy. Client and upstream write the same
// bytes each time and allocate nothing, so all that is counted is the
// proxy's.
func BenchmarkAllocations(b *testing.B) {
	upstream := "http://" + mustAnswerSame(b)
	bff := mustServe(b, supabasetest.Config(b, map[string]string{"SUPABASE_REST_URL": upstream + "/rest/v1"}))
	proxy := &http.Server{Handler: httputil.NewSingleHostReverseProxy(supabasetest.MustURL(b, upstream))}
	listener := mustListen(b)
	go func() { _ = proxy.Serve(listener) }() // until it is closed
	b.Cleanup(func() { _ = proxy.Close() })
	token := supabasetest.MustSignUp(b).Token
	for _, tt := range []struct{ name, address string }{
		{"BFF", strings.TrimPrefix(bff, "http://")},
		{"ReverseProxy", listener.Addr().String()},
	} {
		b.Run(tt.name, func(b *testing.B) { askRepeatedly(b, tt.address, token) })
	}
}

// askRepeatedly sends the same request to the address, on one connection.
func askRepeatedly(b *testing.B, address, token string) {
	ask := mustAsker(b, address, token)
	b.ReportAllocs()
	for b.Loop() {
		ask()
	}
}

// TestAllocations_alone keeps what README and benchmarks say of a passed request: its
// id and its answer are all that is allocated for it.
func TestAllocations_alone(t *testing.T) {
	upstream := "http://" + mustAnswerSame(t)
	bff := mustServe(t, supabasetest.Config(t, map[string]string{"SUPABASE_REST_URL": upstream + "/rest/v1"}))
	ask := mustAsker(t, strings.TrimPrefix(bff, "http://"), supabasetest.MustSignUp(t).Token)
	if n := testing.AllocsPerRun(2000, ask); n > 2 {
		t.Errorf("allocations for a passed request: got %v, want at most 2", n)
	}
}

// mustAsker returns what sends the same request to the address once more, on one
// connection, and reads the answer. It has been asked once: the BFF knows the
// token, and has a connection to the upstream.
func mustAsker(tb testing.TB, address, token string) (ask func()) {
	tb.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.Close() })
	request := fmt.Appendf(nil, "GET /rest/v1/tasks?select=task_name HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n"+
		"Accept: application/json\r\nUser-Agent: bench\r\n\r\n", address, token)
	answer := make([]byte, 16<<10)
	ask = func() {
		if _, err := conn.Write(request); err != nil {
			tb.Fatal(err)
		}
		for n := 0; !bytes.HasSuffix(answer[:n], end); {
			read, err := conn.Read(answer[n:])
			if n += read; err != nil {
				tb.Fatalf("%v after %s", err, answer[:n])
			}
		}
		if !bytes.HasPrefix(answer, []byte("HTTP/1.1 200")) {
			tb.Fatalf("got %.60s, want status 200", answer)
		}
	}
	ask()
	return ask
}

// end is what the body of mustAnswerSame's answers ends with.
var end = []byte(`"the end"}]`)

// mustAnswerSame answers every request with the same two kilobytes, as
// PostgREST heads them, and returns its address.
func mustAnswerSame(tb testing.TB) string {
	tb.Helper()
	body := append(bytes.Repeat([]byte(`{"task_id":1},`), 150), end...)
	answer := fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nDate: %s\r\nServer: postgrest\r\nContent-Range: 0-26/*\r\n"+
		"Content-Type: application/json; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s", time.Now().UTC().Format(http.TimeFormat), len(body), body)
	listener := mustListen(tb)
	tb.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				request := make([]byte, 16<<10)
				for n := 0; ; {
					read, err := conn.Read(request[n:])
					if err != nil {
						return
					}
					if n += read; bytes.HasSuffix(request[:n], []byte("\r\n\r\n")) {
						n = 0
						if _, err := conn.Write(answer); err != nil {
							return
						}
					}
				}
			}()
		}
	}()
	return listener.Addr().String()
}
