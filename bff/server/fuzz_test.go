package server_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

// FuzzWhatReachesSupabase sends requests written byte by byte. Whatever they
// are, what gets through stays below the prefix that it was sent to, and says
// who asks in the BFF's words alone.
func FuzzWhatReachesSupabase(f *testing.F) {
	for _, seed := range []struct{ method, target, headers string }{
		{"GET", "/rest/v1/tasks?select=*&apikey=x", "Prefer: count=exact"},
		{"POST", "/auth/v1/token?grant_type=password", "Cookie: a=b\r\nContent-Type: application/json"},
		{"GET", "http://evil.test/functions/v1/x", "Host: evil.test"},
		{"GET", "/storage/v1/object/a/../../../rest/v1/x", "X-Forwarded-For: 1.2.3.4"},
		{"GET", "/rest/v1/%2e%2e/auth/v1/admin", "apikey: anything"},
		{"GET", "/auth/v1/%61dmin/users", "X-Forwarded-Host: evil.test\r\nForwarded: for=1.2.3.4"},
		{"GET", "/rest/v1/a%2fb", "Connection: X-Forwarded-For, apikey"},
		{"GET", "/rest/v1//x", "X-HTTP-Method-Override: DELETE"},
		{"GET", "/rest/v1/..;/x", "X-Original-URL: /auth/v1/admin"},
		{"GET", "/rest/v1/x?apikey=a&%61pikey=b&ApiKey=c", "Transfer-Encoding: chunked\r\nContent-Length: 5"},
		{"HEAD", "/functions/v1/x#/../y", "Authorization: Bearer"},
		{"OPTIONS", "/storage/v1/%5c..%5cx", "Upgrade: websocket\r\nConnection: Upgrade"},
		{"GET", "//rest/v1/x", "Content-Type: a\r\nContent-Type: b"},
		{"PATCH", "/rest/v1/x?\x01", "X-A: b\r\n c"},
		{"DELETE", "/rest/v1/\xff", "Proxy-Authorization: Basic x\r\nTE: trailers"},
		{"GET", "*", "Sb-Forwarded-For: 1.2.3.4\r\nVia: x"},
	} {
		f.Add(seed.method, seed.target, seed.headers)
	}
	received := make(chan *http.Request, 100)
	upstream := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/up/auth/v1/.well-known/jwks.json" {
			received <- r
		}
	}))
	f.Cleanup(upstream.Close)
	key := supabasetest.Env(f, "SUPABASE_PUBLISHABLE_KEY")
	bff := mustServe(f, supabasetest.Config(f, map[string]string{
		"SUPABASE_URL": upstream.URL + "/up", "BFF_CLIENT_TIMEOUT": "5s",
		"BFF_RATE_ADDRESS": "off", "BFF_RATE_USER": "off", "BFF_RATE_SIGN_IN": "off", "BFF_RATE_EMAIL": "off",
	}))
	f.Fuzz(func(t *testing.T, method, target, headers string) {
		c, err := net.Dial("tcp", strings.TrimPrefix(bff, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		_, _ = fmt.Fprintf(c, "%s %s HTTP/1.1\r\nHost: bff\r\nConnection: close\r\n%s\r\n\r\n", method, target, headers)
		_ = c.(*net.TCPConn).CloseWrite()
		if resp, err := http.ReadResponse(bufio.NewReader(c), nil); err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
		for n := 0; ; n++ {
			select {
			case r := <-received:
				if n > 0 && !strings.Contains(headers+target+method, "\n") {
					t.Fatalf("more than one request")
				}
				mustStay(t, r, key, target+headers+method)
				continue
			default:
			}
			return
		}
	})
}

// mustStay checks one request as Supabase received it.
func mustStay(t *testing.T, r *http.Request, key, sent string) {
	t.Helper()
	stays := false
	for _, prefix := range []string{"/rest/v1", "/auth/v1", "/functions/v1", "/storage/v1"} {
		clean := path.Clean(r.URL.Path) + "/"
		if strings.HasPrefix(clean, "/up"+prefix+"/") && strings.HasPrefix(r.RequestURI, "/up"+prefix) && strings.Contains(sent, prefix) {
			stays = true
		}
		if strings.HasPrefix(strings.ToLower(clean), "/up/auth/v1/admin/") {
			t.Errorf("reaches the administration: %q", r.RequestURI)
		}
	}
	if !stays {
		t.Errorf("leaves its prefix: %q", r.RequestURI)
	}
	if r.URL.Query().Has("apikey") {
		t.Errorf("keeps a key in the query: %q", r.RequestURI)
	}
	for name, want := range map[string]string{
		"Apikey": key, "X-Forwarded-For": "127.0.0.1", "Cookie": "", "Authorization": "", "Host": "", "X-Forwarded-Host": "", "X-Forwarded-Proto": "",
		"Forwarded": "", "Sb-Forwarded-For": "", "X-Real-Ip": "", "Via": "", "X-Http-Method-Override": "", "X-Original-Url": "", "Proxy-Authorization": "",
		"Upgrade": "", "Te": "", "Connection": "", "Idempotency-Key": "", "Origin": "",
	} {
		if got := r.Header.Values(name); len(got) > 1 || strings.Join(got, "") != want {
			t.Errorf("%s, as Supabase sees it: got %q, want %q", name, got, want)
		}
	}
	if len(r.Header.Values("X-Request-Id")) != 1 || len(r.Header.Values("Content-Type")) > 1 {
		t.Errorf("headers %q", r.Header)
	}
}
