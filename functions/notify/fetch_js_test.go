//go:build js && wasm

package notify

import (
	"errors"
	"os"
	"strings"
	"syscall/js"
	"testing"
	"time"
)

// receiverVariable names the receiver that TestWebAssembly has started.
const receiverVariable = "MYSINGLE_TEST_RECEIVER"

// TestFetch runs in JavaScript, by TestWebAssembly: requests go out by fetch.
func TestFetch(t *testing.T) {
	base := os.Getenv(receiverVariable)
	if base == "" {
		t.Fatal("run by TestWebAssembly only")
	}
	for _, tt := range []struct {
		Path, Code string
		Permanent  bool
		After      time.Duration
	}{
		{"200", "", false, 0},
		{"404", "no_such_channel", true, 0},
		{"429", "rate_limited", false, 30 * time.Second},
		{"500", "http_500", false, 0},
		{"301", "redirected", true, 0},
		{"307", "redirected", true, 0},
		{"hang", "timeout", false, 0},
		{"unfinished", "", false, 0},
		{"unfinished-failure", "http_500", false, 0},
		{"large", "", false, 0},
		{"break-off", "connection_failed", false, 0},
		{"break-off-later", "", false, 0},
		{"break-off-late", "", false, 0},
		{"no-http", "connection_failed", false, 0},
	} {
		options := Options{}
		if tt.Code == "timeout" {
			options.Timeout = shortTimeout
		}
		began := time.Now()
		failure := fault(t, localSender(t, options).Send(t.Context(), channel(Slack, base+"/"+tt.Path), messages["digest_ko"]))
		if failure == nil {
			failure = &Failure{}
		}
		if failure.Code != tt.Code || failure.Permanent != tt.Permanent || failure.RetryAfter != tt.After {
			t.Errorf("%s: got failure %q, permanent %t, after %s, want %q, permanent %t, after %s",
				tt.Path, failure.Code, failure.Permanent, failure.RetryAfter, tt.Code, tt.Permanent, tt.After)
		}
		if took := time.Since(began); took > atMost {
			t.Errorf("%s took %s, want at most %s", tt.Path, took, atMost)
		}
		time.Sleep(time.Millisecond) // a turn of the event loop: a promise that is left alone ends the process in it
	}
}

// TestFetchAfterResolving has the loader's hook answer in every way.
func TestFetchAfterResolving(t *testing.T) {
	const host = "hooks.example.com"
	list := func(items ...any) any { return js.ValueOf(items) }
	promise := func(method string, value any) any { return js.Global().Get("Promise").Call(method, value) }
	calls := 0
	for _, tt := range []struct {
		Name string
		Hook func() any // nil for none
		Want error      // nil if it may be sent
	}{
		{"no hook", nil, errNoResolver},
		{"public", func() any { return promise("resolve", list("1.1.1.1", "2606:4700::1")) }, nil},
		{"no promise", func() any { return list("1.1.1.1") }, nil},
		{"private", func() any { return promise("resolve", list("10.0.0.1")) }, errPrivate},
		{"one of them private", func() any { return promise("resolve", list("1.1.1.1", "::1")) }, errPrivate},
		{"mapped", func() any { return promise("resolve", list("::ffff:127.0.0.1")) }, errPrivate},
		{"a name", func() any { return promise("resolve", list("localhost")) }, errPrivate},
		{"an empty text", func() any { return promise("resolve", list("")) }, errPrivate},
		{"a number", func() any { return promise("resolve", list(16843009)) }, errPrivate},
		{"no addresses", func() any { return promise("resolve", list()) }, errNoAddress},
		{"a text", func() any { return promise("resolve", "1.1.1.1") }, errNoAddress},
		{"undefined", func() any { return js.Undefined() }, errNoAddress},
		{"rejected", func() any { return promise("reject", "NXDOMAIN "+host) }, errNoAddress},
		{"never", func() any {
			return js.Global().Get("Promise").New(js.FuncOf(func(js.Value, []js.Value) any { return nil }))
		}, errors.New("timeout")},
	} {
		js.Global().Delete("mysingleResolve")
		if tt.Hook != nil {
			hook := js.FuncOf(func(_ js.Value, args []js.Value) any {
				if calls++; len(args) != 1 || args[0].String() != host {
					t.Errorf("%s: the hook was called with %v, want %s alone", tt.Name, args, host)
				}
				return tt.Hook()
			})
			defer hook.Release()
			js.Global().Set("mysingleResolve", hook)
		}
		began := time.Now()
		if tt.Want != nil {
			// All the way, as nothing is sent.
			s, err := New(Options{WebhookHosts: []string{host}, Timeout: shortTimeout})
			if err != nil {
				t.Fatalf("New: %v", err)
			}
			failure := fault(t, s.Send(t.Context(), channel(Webhook, "https://"+host), messages["bare_en"]), host)
			if failure == nil || !errors.Is(failure, tt.Want) && failure.Code != tt.Want.Error() {
				t.Errorf("%s: got failure %v, want %v", tt.Name, failure, tt.Want)
			}
		} else if err := newGuard(publicAddress, false).admit(t.Context(), host); err != nil {
			t.Errorf("%s: got error %v, want none", tt.Name, err)
		}
		if took := time.Since(began); took > atMost {
			t.Errorf("%s took %s, want at most %s", tt.Name, took, atMost)
		}
	}
	js.Global().Set("mysingleResolve", js.Global().Call("eval", `() => { throw new Error("`+host+`") }`))
	if err := newGuard(publicAddress, false).admit(t.Context(), host); !errors.Is(err, errNoAddress) {
		t.Errorf("a hook that throws: got error %v, want %v", err, errNoAddress)
	}
	js.Global().Delete("mysingleResolve")
	if err := newGuard(publicAddress, true).admit(t.Context(), host); err != nil {
		t.Errorf("no hook on the local stack: got error %v, want none", err)
	}
	if calls < 10 {
		t.Errorf("calls of the hook: got %d, want at least 10", calls)
	}
	for _, address := range []string{"127.0.0.1", "localhost", "::1"} {
		if err := newGuard(publicAddress, true).admit(t.Context(), address); !errors.Is(err, errPrivate) {
			t.Errorf("the address %s: got error %v, want %v", address, err, errPrivate)
		}
	}
	if strings.Contains(errNoResolver.Error(), host) {
		t.Errorf("the error %v shows the host %s", errNoResolver, host)
	}
}
