//go:build !js

package notify

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// guard sends requests to addresses of one kind only. It looks at the address
// at the moment of connecting, when the name has been resolved: a name that
// leads elsewhere the next time it is asked (DNS rebinding) gains nothing.
type guard struct{ transport *http.Transport }

// newGuard returns a guard for the addresses that allowed tells. It takes no
// proxy from the environment, keeps connections, and reads no more than 16 kB
// of headers.
func newGuard(allowed func(netip.Addr) bool, _ bool) *guard {
	dialer := &net.Dialer{
		Timeout:   5 * time.Second,
		KeepAlive: 30 * time.Second,
		ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
			at, err := netip.ParseAddrPort(address)
			if err != nil || !allowed(at.Addr()) {
				return errPrivate
			}
			return nil
		},
	}
	return &guard{&http.Transport{
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    5 * time.Second,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true,
		MaxIdleConns:           64,
		MaxIdleConnsPerHost:    4,
		IdleConnTimeout:        50 * time.Second,
		MaxResponseHeaderBytes: 16 << 10,
	}}
}

// RoundTrip sends the request. It follows no redirect and keeps no cookie: it
// is the transport alone.
func (g *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	return g.transport.RoundTrip(req)
}
