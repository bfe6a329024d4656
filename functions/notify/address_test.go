package notify

import (
	"math/rand/v2"
	"net/netip"
	"testing"
)

func TestAddresses(t *testing.T) {
	for _, text := range []string{
		"1.1.1.1", "8.8.8.8", "3.162.38.100", "52.112.0.1", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0", "11.0.0.0",
		"169.253.255.255", "169.255.0.0", "191.255.255.255", "192.0.1.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255",
		"2606:4700::6810:84e5", "2a04:4e42::485", "2001:4860:4860::8888", "2404:6800:4004::1", "64:ff9b::808:808", "::ffff:8.8.8.8",
	} {
		if !publicAddress(netip.MustParseAddr(text)) {
			t.Errorf("%s is refused", text)
		}
	}
	for _, text := range []string{
		"0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.255", "168.63.129.16", "169.254.169.254", "169.254.170.2",
		"172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1",
		"224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::7f00:1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1",
		"64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808", "100::1", "100:0:0:1::1",
		"2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1",
		"2002:7f00:1::", "2002:808:808::1", "3ffe::1", "3fff::1", "3fff:fff::1", "4000::1", "5f00::1",
		"fc00::1", "fd00:ec2::254", "fd20:ce::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1", "2606:4700::1%eth0",
		"2606:4700::5efe:7f00:1", "2606:4700::200:5efe:7f00:1",
	} {
		if publicAddress(netip.MustParseAddr(text)) {
			t.Errorf("%s passes", text)
		}
	}
	if publicAddress(netip.Addr{}) || loopbackAddress(netip.Addr{}) {
		t.Error("no address passes")
	}
}

// TestReservedAddressesInAnyForm takes addresses from the ranges that are not
// public, and puts them into every form of IPv6 that leads to IPv4.
func TestReservedAddressesInAnyForm(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		prefix := reserved4[random.IntN(len(reserved4))]
		in := prefix.Masked().Addr().As4()
		bits := random.Uint32() >> prefix.Bits()
		if prefix.Bits() == 32 {
			bits = 0
		}
		for i := range in {
			in[i] |= byte(bits >> (24 - 8*i))
		}
		a := netip.AddrFrom4(in)
		if !prefix.Contains(a) {
			t.Fatalf("%s is not in %s", a, prefix)
		}
		forms := []netip.Addr{a, netip.AddrFrom16(a.As16())}
		for _, before := range []string{"64:ff9b::", "::", "::ffff:0:0", "2606:4700::5efe:0:0", "2606:4700::200:5efe:0:0"} {
			form := netip.MustParseAddr(before).As16()
			copy(form[12:], in[:])
			forms = append(forms, netip.AddrFrom16(form))
		}
		sixToFour := netip.MustParseAddr("2002::1").As16()
		copy(sixToFour[2:], in[:])
		teredo := netip.MustParseAddr("2001::").As16()
		for i, b := range in {
			teredo[12+i] = ^b
		}
		for _, form := range append(forms, netip.AddrFrom16(sixToFour), netip.AddrFrom16(teredo)) {
			if publicAddress(form) {
				t.Fatalf("%s passes as %s", a, form)
			}
		}
	}
}

// TestNothingPublicIsLocal asks netip, which knows the well-known ranges.
func TestNothingPublicIsLocal(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	public := 0
	for range 200_000 {
		var a netip.Addr
		if random.IntN(2) == 0 {
			a = netip.AddrFrom4([4]byte{byte(random.Uint32()), byte(random.Uint32()), byte(random.Uint32()), byte(random.Uint32())})
		} else {
			var bytes [16]byte
			for i := range bytes {
				bytes[i] = byte(random.IntN(256) & random.IntN(64)) // few bits
			}
			a = netip.AddrFrom16(bytes)
		}
		if !publicAddress(a) {
			continue
		}
		public++
		if !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast() || loopbackAddress(a) {
			t.Fatalf("%s passes", a)
		}
	}
	if public < 50_000 {
		t.Errorf("public addresses: got %d of 200,000, want at least 50,000", public)
	}
}
