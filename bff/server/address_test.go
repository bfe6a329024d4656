package server

import (
	"net/netip"
	"strings"
	"testing"
)

func TestClientAddress(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")}
	for _, tt := range []struct{ Name, Peer, Forwarded, Want string }{
		{"nobody before it", "198.51.100.7", "", "198.51.100.7"},
		{"a client that makes one up", "198.51.100.7", "203.0.113.9", "198.51.100.7"},
		{"a proxy", "10.0.0.1", "203.0.113.9", "203.0.113.9"},
		{"a proxy that says nothing", "10.0.0.1", "", "10.0.0.1"},
		{"a client that makes one up before a proxy", "10.0.0.1", "192.0.2.1, 203.0.113.9", "203.0.113.9"},
		{"two proxies", "10.0.0.1", "203.0.113.9, 10.2.3.4", "203.0.113.9"},
		{"a client that claims a proxy's address", "10.0.0.1", "192.0.2.1,10.9.9.9, 203.0.113.9,10.2.3.4", "203.0.113.9"},
		{"a client within the proxies' network", "10.0.0.1", "10.7.7.7", "10.7.7.7"},
		{"IPv6", "2001:db8::1", "2001:db9::5", "2001:db9::5"},
		{"IPv4 within IPv6", "10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"},
		{"with a port", "10.0.0.1", "203.0.113.9:4711", "203.0.113.9"},
		{"IPv6 with a port", "10.0.0.1", "[2001:db9::5]:4711", "2001:db9::5"},
		{"IPv6 in brackets", "10.0.0.1", "[2001:db9::5]", "2001:db9::5"},
		{"IPv6 with a zone", "10.0.0.1", "fe80::1%eth0", "fe80::1"},
		{"no address", "10.0.0.1", "203.0.113.9, unknown", "10.0.0.1"},
		{"no address further left", "10.0.0.1", "<script>, 203.0.113.9", "203.0.113.9"},
		{"empty parts", "10.0.0.1", ", ,", "10.0.0.1"},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			if got := clientAddress(netip.MustParseAddr(tt.Peer), strings.Split(tt.Forwarded, ","), trusted); got.String() != tt.Want {
				t.Errorf("the client of %s for %q: got %s, want %s", tt.Peer, tt.Forwarded, got, tt.Want)
			}
		})
	}
}

// FuzzClientAddress looks for clients that name themselves: whatever they
// send, a trusted proxy adds their address behind it.
func FuzzClientAddress(f *testing.F) {
	for _, sent := range []string{"", "192.0.2.1", "10.0.0.1, 10.0.0.2", "unknown", "[::1]:80", "203.0.113.9:99999", ",,,", "10.0.0.1%eth0"} {
		f.Add(sent)
	}
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	client, proxy := netip.MustParseAddr("203.0.113.9"), netip.MustParseAddr("10.0.0.1")
	f.Fuzz(func(t *testing.T, sent string) {
		if got := clientAddress(client, strings.Split(sent, ","), trusted); got != client {
			t.Errorf("straight: %s", got)
		}
		if got := clientAddress(proxy, append(strings.Split(sent, ","), client.String()), trusted); got != client {
			t.Errorf("by the proxy: %s", got)
		}
		if got := clientAddress(proxy, strings.Split(sent, ","), trusted); !got.IsValid() {
			t.Error("no address")
		}
	})
}
