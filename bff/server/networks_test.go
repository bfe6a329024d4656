package server

import (
	"net/netip"
	"testing"
)

func TestNetworks(t *testing.T) {
	for given, want := range map[string]string{
		"192.0.2.7":                "192.0.2.7",
		"::ffff:192.0.2.7":         "192.0.2.7",
		"2001:db8:1:2:3:4:5:6":     "2001:db8:1:2::/64",
		"2001:db8:1:2:ffff::1":     "2001:db8:1:2::/64",
		"2001:db8:1:3::1":          "2001:db8:1:3::/64",
		"fe80::1%eth0":             "fe80::/64",
		"::1":                      "::/64",
		"2001:db8:ffff:ffff::1":    "2001:db8:ffff:ffff::/64",
		"255.255.255.255":          "255.255.255.255",
		"::ffff:255.255.255.255":   "255.255.255.255",
		"64:ff9b::192.0.2.7":       "64:ff9b::/64",
		"2001:db8::ffff:192.0.2.7": "2001:db8::/64",
	} {
		if got := network(netip.MustParseAddr(given)); got != want {
			t.Errorf("%s counts as %s", given, got)
		}
	}
}
