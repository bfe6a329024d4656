//go:build js && wasm

package notify

import (
	"context"
	"net/http"
	"net/netip"
	"syscall/js"
)

// guard sends requests to addresses of one kind only, through fetch, which
// shows no address. So it asks for the name's addresses before, by
//
//	globalThis.mysingleResolve(host: string): Promise<string[]>
//
// which the loader of the edge functions sets: all A and AAAA records. All of
// them have to be allowed. Between this and fetch's own look-up a name's
// owner can change where it leads. What bounds that is the list of hosts:
// their owners are the platforms, and those whom the operator allowed.
type guard struct {
	allowed func(netip.Addr) bool
	unasked bool
}

// newGuard returns a guard for the addresses that allowed tells. Without
// mysingleResolve it refuses, unless unasked: then it sends unasked.
func newGuard(allowed func(netip.Addr) bool, unasked bool) *guard { return &guard{allowed, unasked} }

// RoundTrip sends the request. It follows no redirect, and sends no cookie.
func (g *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := g.admit(req.Context(), req.URL.Hostname()); err != nil {
		return nil, err
	}
	return fetch(req)
}

// admit returns nil if all of the host's addresses are allowed.
func (g *guard) admit(ctx context.Context, host string) error {
	if thisMachine(host) {
		if host == "localhost" {
			host = "127.0.0.1"
		}
		if !g.allowed(netip.MustParseAddr(host)) {
			return errPrivate
		}
		return nil
	}
	hook := js.Global().Get("mysingleResolve")
	if hook.Type() != js.TypeFunction {
		if g.unasked {
			return nil
		}
		return errNoResolver
	}
	addresses, err := resolve(ctx, hook, host)
	if err != nil {
		return err
	}
	for _, text := range addresses {
		a, err := netip.ParseAddr(text)
		if err != nil || !g.allowed(a) {
			return errPrivate
		}
	}
	return nil
}

// resolve calls the hook. What isn't a text in its answer is returned as an
// empty one, which is no address. The error is errNoAddress or the context's.
func resolve(ctx context.Context, hook js.Value, host string) (addresses []string, err error) {
	defer func() {
		if recover() != nil { // what the hook threw
			err = errNoAddress
		}
	}()
	list, err := await(ctx, hook.Invoke(host))
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil || !list.InstanceOf(js.Global().Get("Array")) || list.Length() == 0 {
		return nil, errNoAddress
	}
	addresses = make([]string, list.Length())
	for i := range addresses {
		if item := list.Index(i); item.Type() == js.TypeString {
			addresses[i] = item.String()
		}
	}
	return addresses, nil
}
