//go:build !js

package notify

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// TestGuardLooksWhenConnecting uses a name that leads to this machine, as one
// may that led elsewhere when it was checked.
func TestGuardLooksWhenConnecting(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer server.Close()
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatalf("url.Parse: %v", err)
	}
	ask := func(g *guard, host string) error {
		req, err := http.NewRequest(http.MethodPost, "http://"+net.JoinHostPort(host, u.Port())+"/", strings.NewReader("{}"))
		if err != nil {
			t.Fatalf("http.NewRequest: %v", err)
		}
		resp, err := g.RoundTrip(req)
		if err == nil {
			resp.Body.Close()
		}
		return err
	}
	for _, host := range []string{"localhost", "127.0.0.1", "::1", "::ffff:127.0.0.1", "0.0.0.0"} {
		if err := ask(newGuard(publicAddress, false), host); !errors.Is(err, errPrivate) {
			t.Errorf("a request to %s: got error %v, want %v", host, err, errPrivate)
		}
	}
	if asked != 0 {
		t.Errorf("the receiver got %d requests, want none", asked)
	}
	if err := ask(newGuard(loopbackAddress, true), "localhost"); err != nil || asked != 1 {
		t.Errorf("a request on the local stack: got error %v, %d requests received, want none and 1", err, asked)
	}
}

func TestGuardTakesNoProxy(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("the proxy got a request for %s, want none", r.URL)
	}))
	defer proxy.Close()
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"} {
		t.Setenv(name, proxy.URL)
	}
	req, err := http.NewRequest(http.MethodPost, "http://192.0.2.1/", nil)
	if err != nil {
		t.Fatalf("http.NewRequest: %v", err)
	}
	if _, err := newGuard(publicAddress, false).RoundTrip(req); !errors.Is(err, errPrivate) {
		t.Errorf("a request to 192.0.2.1: got error %v, want %v", err, errPrivate)
	}
}
