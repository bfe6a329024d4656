package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"unicode"
)

// isOrigin reports whether the text is an origin as browsers write it into
// the Origin header, so that the two can be compared as they are: scheme and
// host in lower case, the port unless it is the scheme's own, nothing else.
func isOrigin(text string) bool {
	u, err := url.Parse(text)
	if err != nil || text != u.Scheme+"://"+u.Host || u.Hostname() == "" {
		return false
	}
	switch u.Scheme + ":" + u.Port() {
	case "http:80", "https:443":
		return false
	}
	foreign := strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII }) // browsers send punycode
	return (u.Scheme == "http" || u.Scheme == "https") && text == strings.ToLower(text) && !foreign && !strings.HasSuffix(u.Host, ":")
}

// isLoopback reports whether browsers know the host to be their own machine,
// which they trust without https.
func isLoopback(host string) bool {
	if address, err := netip.ParseAddr(host); err == nil {
		return address.IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// networks reads addresses and networks. One of everybody is a mistake: then
// every client could name whom it speaks for.
func networks(raw string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for _, part := range list(raw) {
		network, err := netip.ParsePrefix(part)
		if err != nil {
			var address netip.Addr
			if address, err = netip.ParseAddr(part); err != nil {
				return nil, err
			}
			network = netip.PrefixFrom(address, address.BitLen())
		}
		if network.Bits() == 0 || network.Addr().Is4In6() || network.Addr().Zone() != "" {
			return nil, fmt.Errorf("%s can't be trusted", part)
		}
		all = append(all, network.Masked())
	}
	return all, nil
}
