package notify

import (
	"fmt"
	"net/netip"
	"strings"
)

// hostRule allows one host, or with every all those below it at any depth, at
// one port.
type hostRule struct {
	host  string
	every bool
	port  string
}

// newHostRule reads host, *.host, host:port or *.host:port.
func newHostRule(text string) (hostRule, error) {
	host, port, named := strings.Cut(strings.ToLower(text), ":")
	if !named {
		port = "443"
	}
	host, every := strings.CutPrefix(host, "*.")
	if !hostName(host) || !strings.Contains(host, ".") || !portNumber(port) {
		return hostRule{}, fmt.Errorf("%q is no host such as hooks.example.com, *.example.com or hooks.example.com:8443", text)
	}
	return hostRule{host, every, port}, nil
}

func (r hostRule) allows(host, port string) bool {
	if r.every {
		return port == r.port && strings.HasSuffix(host, "."+r.host)
	}
	return port == r.port && host == r.host
}

// hostName reports whether the text is a DNS name in lower-case ASCII as it is
// usually written. Its last label has a letter first: there are no others at
// the top, and 127.1, 0x7f000001 and 2130706433 are addresses to some.
func hostName(text string) bool {
	if len(text) > 253 {
		return false
	}
	var last string
	for last = range strings.SplitSeq(text, ".") {
		if last == "" || len(last) > 63 || last[0] == '-' || last[len(last)-1] == '-' {
			return false
		}
		for _, c := range []byte(last) {
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
				return false
			}
		}
	}
	return last[0] >= 'a'
}

// portNumber reports whether the text is a port from 1 to 65535, in digits and
// without a zero before.
func portNumber(text string) bool {
	if text == "" || len(text) > 5 || text[0] == '0' {
		return false
	}
	n := 0
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return false
		}
		n = n*10 + int(c-'0')
	}
	return n <= 65535
}

// thisMachine reports whether the host is localhost or a loopback address in
// its usual spelling.
func thisMachine(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && !a.Is4In6() && a.Zone() == "" && a.IsLoopback() && a.String() == host
}
