package server

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// address finds out from whose address the request comes.
func (s *Server) address(c *fiber.Ctx) error {
	s.locate(c)
	return c.Next()
}

func (s *Server) locate(c *fiber.Ctx) {
	var hops []string
	if len(s.config.TrustedProxies) > 0 {
		for _, value := range c.Request().Header.PeekAll(fiber.HeaderXForwardedFor) {
			hops = append(hops, strings.Split(string(value), ",")...)
		}
	}
	r, client := requestOf(c), clientAddress(peerOf(c), hops, s.config.TrustedProxies)
	conn, ours := c.Context().Conn().(*lingeringConn)
	switch {
	case !ours:
		r.from = newPlace(client)
	case conn.from.address != client: // once for most connections
		conn.from = newPlace(client)
		fallthrough
	default:
		r.from = conn.from
	}
}

// peerOf is who holds the connection.
func peerOf(c *fiber.Ctx) netip.Addr {
	peer, _ := netip.AddrFromSlice(c.Context().RemoteIP())
	return peer.Unmap()
}

// place is an address as it is written, and whom it stands for.
type place struct {
	address     netip.Addr
	ip, network string
}

func newPlace(address netip.Addr) place { return place{address, address.String(), network(address)} }

// clientAddress goes back from the peer, hop by hop, for as long as whoever
// names the next one is a trusted proxy. What stands further left may be the
// client's own invention.
func clientAddress(peer netip.Addr, hops []string, trusted []netip.Prefix) netip.Addr {
	client := peer
	for _, hop := range slices.Backward(hops) {
		if !isAmong(trusted, client) {
			break
		}
		next, err := readHop(strings.TrimSpace(hop))
		if err != nil {
			break // "unknown", say: no further than the proxy that wrote it
		}
		client = next
	}
	return client
}

func isAmong(networks []netip.Prefix, address netip.Addr) bool {
	return slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(address) })
}

// readHop reads an address, to which some proxies add the port.
func readHop(hop string) (netip.Addr, error) {
	if withPort, err := netip.ParseAddrPort(hop); err == nil {
		return withPort.Addr().Unmap().WithZone(""), nil
	}
	address, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(hop, "["), "]"))
	return address.Unmap().WithZone(""), err
}
