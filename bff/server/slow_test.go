package server_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

// trickle sends the text byte by byte until the other side has had enough of
// it, and returns how long that took.
func trickle(c net.Conn, text string) time.Duration {
	began := time.Now()
	for i := range text {
		if _, err := io.WriteString(c, text[i:i+1]); err != nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	return time.Since(began)
}

// TestSlowClients sends requests byte by byte, never too slowly for a
// deadline that counts from one byte to the next. Each is given up in time.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	const timeout, enough = 2 * time.Second, 30 * time.Second
	bff := mustServe(t, supabasetest.Config(t, map[string]string{"BFF_CLIENT_TIMEOUT": timeout.String()}))
	signedIn := "Authorization: Bearer " + supabasetest.MustSignUp(t).Token + "\r\n"
	const forever = 1200 // bytes: 60 s
	for _, tt := range []struct {
		Name, AtOnce, Slowly string
		Status, Other        int // where there is an answer; by where it was when the time ended
	}{
		{"the first line", "", "GET /rest/v1/" + strings.Repeat("x", forever), 408, 0},
		{"headers", "GET /livez HTTP/1.1\r\nHost: bff\r\n", strings.Repeat("X-A: b\r\n", forever/8), 408, 0},
		{"one header", "GET /livez HTTP/1.1\r\nHost: bff\r\nX-A: ", strings.Repeat("x", forever), 408, 0},
		{"a body", "POST /rest/v1/tasks HTTP/1.1\r\nHost: bff\r\n" + signedIn + "Content-Length: 1200\r\n\r\n", strings.Repeat(" ", forever), 408, 0},
		{"chunks", "POST /rest/v1/tasks HTTP/1.1\r\nHost: bff\r\n" + signedIn + "Transfer-Encoding: chunked\r\n\r\n", strings.Repeat("1\r\n \r\n", forever/6), 400, 408},
		{"a sign-in", "POST /auth/v1/token?grant_type=password HTTP/1.1\r\nHost: bff\r\nContent-Length: 1200\r\n\r\n", strings.Repeat(" ", forever), 408, 0},
		{"a body that nobody reads", "POST /nope HTTP/1.1\r\nHost: bff\r\nContent-Length: 1200\r\n\r\n", strings.Repeat(" ", forever), 408, 0},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			t.Parallel()
			c := mustDial(t, bff, tt.AtOnce)
			answered := make(chan *http.Response, 1)
			go func() {
				resp, err := http.ReadResponse(bufio.NewReader(c), nil)
				if err != nil {
					resp = nil // closed without a word
				}
				answered <- resp
			}()
			if took := trickle(c, tt.Slowly); took > enough {
				t.Errorf("given up after %s, want at most %s", took, enough)
			}
			if resp := <-answered; resp != nil && resp.StatusCode != tt.Status && resp.StatusCode != tt.Other {
				t.Errorf("got status %d, want %d or %d", resp.StatusCode, tt.Status, tt.Other)
			}
		})
	}
	t.Run("silence", func(t *testing.T) {
		t.Parallel()
		c, began := mustDial(t, bff, ""), time.Now()
		_, _ = io.Copy(io.Discard, c)
		if took := time.Since(began); took > enough {
			t.Errorf("given up after %s, want at most %s", took, enough)
		}
	})
	t.Run("others go on", func(t *testing.T) {
		t.Parallel()
		if a := mustSend(t, "GET", bff+"/livez", ""); a.Status != 200 {
			t.Errorf("got status %d, want 200", a.Status)
		}
	})
}

// TestSlowReaders ask for a long answer and don't take it in: the BFF lets go
// of them, and of its own connection to Supabase.
func TestSlowReaders(t *testing.T) {
	t.Parallel()
	var under atomic.Int32
	settings := mustUpstream(t, func(w http.ResponseWriter, _ *http.Request) {
		under.Add(1)
		defer under.Add(-1)
		w.Header().Set("Content-Type", "application/json")
		row := `{"text":"` + strings.Repeat("x", 64<<10) + `"}`
		for range 2000 { // 128 MB, more than all buffers on the way
			if _, err := io.WriteString(w, row); err != nil {
				return
			}
		}
	})
	settings["BFF_CLIENT_TIMEOUT"] = "3s" // for each write
	settings["BFF_UPSTREAM_LIMIT"] = "3"
	bff := mustServe(t, supabasetest.Config(t, settings))
	for range 3 {
		mustDial(t, bff, "GET /rest/v1/tasks HTTP/1.1\r\nHost: bff\r\n\r\n")
	}
	supabasetest.MustWait(t, "the answers to begin", func() bool { return under.Load() == 3 })
	supabasetest.MustWait(t, "the BFF to let go", func() bool { return under.Load() == 0 })
	resp, err := http.Get(bff + "/rest/v1/tasks")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if n, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != 200 || n != 2000*(64<<10+11) {
		t.Errorf("a quick reader: got status %d, %d bytes, %v, want 200, %d bytes and no error", resp.StatusCode, n, err, 2000*(64<<10+11))
	}
}
