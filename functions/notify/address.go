package notify

import (
	"encoding/binary"
	"errors"
	"net/netip"
)

// What a guard refuses with, besides the errors of its connections.
var (
	errPrivate    = errors.New("the host leads to an address that is not allowed")
	errNoAddress  = errors.New("the host has no address")
	errNoResolver = errors.New("there is no mysingleResolve to ask for the host's addresses")
)

// reserved4 are the IPv4 addresses that are not public: IANA's special-purpose
// registry (iana.org/assignments/iana-ipv4-special-registry), multicast, and
// the metadata service of a cloud where it is outside of these.
var reserved4 = prefixes(
	"0.0.0.0/8",          // this network
	"10.0.0.0/8",         // private
	"100.64.0.0/10",      // between provider and subscriber; Alibaba's metadata
	"127.0.0.0/8",        // loopback
	"168.63.129.16/32",   // Azure's metadata and DNS
	"169.254.0.0/16",     // link-local; metadata of most clouds
	"172.16.0.0/12",      // private
	"192.0.0.0/24",       // protocol assignments; Oracle's metadata
	"192.0.2.0/24",       // documentation
	"192.31.196.0/24",    // AS112
	"192.52.193.0/24",    // AMT
	"192.88.99.0/24",     // 6to4 relays
	"192.168.0.0/16",     // private
	"192.175.48.0/24",    // AS112
	"198.18.0.0/15",      // benchmarks
	"198.51.100.0/24",    // documentation
	"203.0.113.0/24",     // documentation
	"224.0.0.0/4",        // multicast
	"240.0.0.0/4",        // reserved
	"255.255.255.255/32", // broadcast
)

// global6 is all that was ever assigned for use on the internet.
var global6 = netip.MustParsePrefix("2000::/3")

// reserved6 are the parts of it that are not
// (iana.org/assignments/iana-ipv6-special-registry).
var reserved6 = prefixes(
	"2001::/23",         // protocol assignments: Teredo, benchmarks, ORCHID
	"2001:db8::/32",     // documentation
	"2002::/16",         // 6to4, which leads to any IPv4 address
	"2620:4f:8000::/48", // AS112
	"3ffe::/16",         // the 6bone's, given back
	"3fff::/20",         // documentation
)

// nat64 is where networks without IPv4 put the IPv4 internet (RFC 6052).
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

// publicAddress reports whether the address is on the internet, for certain.
// An IPv6 address that has an IPv4 address in it is as public as that one.
func publicAddress(a netip.Addr) bool {
	if !a.IsValid() || a.Zone() != "" {
		return false
	}
	a = a.Unmap()
	if a.Is4() {
		return !within4(a)
	}
	bytes := a.As16()
	if nat64.Contains(a) {
		return !within4(netip.AddrFrom4([4]byte(bytes[12:])))
	}
	// ISATAP (RFC 5214): the interface is 0000:5efe or 0200:5efe and an IPv4 address.
	if id := binary.BigEndian.Uint32(bytes[8:]); id&^(2<<24) == 0x5EFE {
		return false
	}
	return global6.Contains(a) && !contained(reserved6, a)
}

// loopbackAddress reports whether the address is this machine's.
func loopbackAddress(a netip.Addr) bool { return a.Zone() == "" && a.Unmap().IsLoopback() }

func within4(a netip.Addr) bool { return contained(reserved4, a) }

func contained(in []netip.Prefix, a netip.Addr) bool {
	for _, prefix := range in {
		if prefix.Contains(a) {
			return true
		}
	}
	return false
}

func prefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		out[i] = netip.MustParsePrefix(text)
	}
	return out
}
