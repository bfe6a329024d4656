//go:build js && wasm

package notify

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/textproto"
	"syscall/js"
)

// errRejected is a promise that was rejected. Why isn't kept: fetch's reasons
// have the URL in them.
var errRejected = errors.New("a promise was rejected")

// fetch sends the request by JavaScript's fetch (fetch.spec.whatwg.org) and
// returns the answer when its headers are there, or an error. It does by
// itself what net/http's transport would do, for two reasons: here a body's
// reads end with the request's context, and no rejected promise is left alone.
// That transport cancels a body which has broken off, and the promise of that
// is rejected too; Deno then ends the whole process.
func fetch(req *http.Request) (resp *http.Response, err error) {
	defer func() {
		if recover() != nil { // what JavaScript threw
			resp, err = nil, errRejected
		}
	}()
	ctx := req.Context()
	content, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	body := js.Global().Get("Uint8Array").New(len(content))
	js.CopyBytesToJS(body, content)
	headers := js.Global().Get("Headers").New()
	for name, values := range req.Header {
		for _, value := range values {
			headers.Call("append", name, value)
		}
	}
	abort := js.Global().Get("AbortController").New()
	answer, err := await(ctx, js.Global().Call("fetch", req.URL.String(), map[string]any{
		"method": req.Method, "headers": headers, "body": body, "signal": abort.Get("signal"),
		"redirect": "manual", "credentials": "omit", "cache": "no-store", "referrerPolicy": "no-referrer",
	}))
	if err != nil {
		abort.Call("abort")
		return nil, err
	}
	resp = &http.Response{StatusCode: answer.Get("status").Int(), Header: http.Header{}, Body: http.NoBody, Request: req}
	for entries := answer.Get("headers").Call("entries"); ; {
		next := entries.Call("next")
		if next.Get("done").Bool() {
			break
		}
		name := textproto.CanonicalMIMEHeaderKey(next.Get("value").Index(0).String())
		resp.Header[name] = append(resp.Header[name], next.Get("value").Index(1).String())
	}
	if stream := answer.Get("body"); stream.Truthy() {
		resp.Body = &fetchBody{ctx: ctx, reader: stream.Call("getReader"), abort: abort}
	}
	return resp, nil
}

// fetchBody reads an answer's body as it comes.
type fetchBody struct {
	ctx           context.Context
	reader, abort js.Value
	rest          []byte
	err           error // how it ended
}

func (b *fetchBody) Read(p []byte) (int, error) {
	for len(b.rest) == 0 && b.err == nil {
		chunk, err := await(b.ctx, b.reader.Call("read"))
		switch {
		case err != nil:
			b.err = err
		case chunk.Get("done").Bool():
			b.err = io.EOF
		default:
			value := chunk.Get("value")
			b.rest = make([]byte, value.Get("byteLength").Int())
			js.CopyBytesToGo(b.rest, value)
		}
	}
	if len(b.rest) == 0 {
		return 0, b.err
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

// Close ends the request, unless all of it was read: then the connection may
// be used again.
func (b *fetchBody) Close() error {
	if b.err != io.EOF {
		b.abort.Call("abort")
		b.err = io.EOF
	}
	b.rest = nil
	return nil
}

// await returns what the promise resolves to (or the value, if it is none),
// errRejected, or the context's error when it ends before.
func await(ctx context.Context, promise js.Value) (js.Value, error) {
	type outcome struct {
		value js.Value
		err   error
	}
	settled := make(chan outcome, 1)
	var resolved, rejected js.Func
	settle := func(o outcome) {
		resolved.Release()
		rejected.Release()
		settled <- o
	}
	resolved = js.FuncOf(func(_ js.Value, args []js.Value) any {
		settle(outcome{args[0], nil})
		return nil
	})
	rejected = js.FuncOf(func(js.Value, []js.Value) any {
		settle(outcome{js.Undefined(), errRejected})
		return nil
	})
	js.Global().Get("Promise").Call("resolve", promise).Call("then", resolved, rejected)
	select {
	case o := <-settled:
		return o.value, o.err
	case <-ctx.Done():
		return js.Undefined(), ctx.Err()
	}
}
