//go:build js && wasm

package edge

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall/js"
)

// hook is the global through which loader.ts gets to know the functions it
// calls. loader.ts is the other half of this file: what the two say to each
// other is numbers, texts and Uint8Arrays, and nothing per request has to be
// released by hand.
const hook = "mysingleEdge"

// init makes Deno's environment the process's. wasm_exec.js could hand it over
// too, but only up to 8 kB.
func init() {
	deno := js.Global().Get("Deno")
	if deno.IsUndefined() {
		return // in Node, for go test
	}
	entries := js.Global().Get("Object").Call("entries", deno.Get("env").Call("toObject"))
	for i := range entries.Length() {
		entry := entries.Index(i)
		if err := os.Setenv(entry.Index(0).String(), entry.Index(1).String()); err != nil {
			panic(err) // a name that Deno has and Go can't
		}
	}
}

// Serve answers the runtime's requests with the handler, for as long as the
// instance lives. A handler's log/slog goes to the console.
func Serve(h http.Handler) {
	logToConsole()
	b := &bridge{handler: h, exchanges: make(map[int]*exchange)}
	b.loader = js.Global().Get(hook).Invoke(js.FuncOf(b.handle), js.FuncOf(b.pulled), js.FuncOf(b.written), js.FuncOf(b.left))
	select {}
}

// bridge is what the loader talks to. All its methods are called by the event
// loop, which stands still meanwhile: none of them waits for anything.
type bridge struct {
	handler   http.Handler
	loader    js.Value // respond, begin, write, end, fail and pull, each with an exchange's id first
	mu        sync.Mutex
	exchanges map[int]*exchange
}

// exchange is one request and its answer.
type exchange struct {
	id     int
	loader js.Value // see bridge
	ctx    context.Context
	cancel context.CancelCauseFunc
	pulled chan chunk // what came of the body
	wrote  chan error // what became of a piece of the answer
}

type chunk struct {
	data js.Value // a Uint8Array, or null at the end
	err  error
}

// errLeft is why a request's context ends when nobody waits for the answer.
var errLeft = errors.New("the client has left")

// handle takes a request: id, head (method, url, remote address, and
// the headers, name and value in turn, all between line ends), body (null, a
// whole Uint8Array, or true if it is to be pulled).
func (b *bridge) handle(_ js.Value, args []js.Value) any {
	id := args[0].Int()
	ctx, cancel := context.WithCancelCause(context.Background())
	x := &exchange{id: id, loader: b.loader, ctx: ctx, cancel: cancel, pulled: make(chan chunk, 1), wrote: make(chan error, 1)}
	b.mu.Lock()
	b.exchanges[id] = x
	b.mu.Unlock()
	go b.run(x, strings.Split(args[1].String(), "\n"), args[2])
	return nil
}

func (b *bridge) run(x *exchange, head []string, body js.Value) {
	defer func() {
		x.cancel(nil)
		b.mu.Lock()
		delete(b.exchanges, x.id)
		b.mu.Unlock()
	}()
	w := &response{exchange: x, header: make(http.Header), head: head[0] == http.MethodHead}
	r, err := request(x, head, body)
	if err != nil {
		(&Problem{Status: 400, Code: "invalid_request", Message: "The request could not be read."}).Write(w)
		w.finish()
		return
	}
	if !guarded(b.handler, w, r) {
		if w.began {
			x.call("fail")
			return
		}
		w = &response{exchange: x, header: make(http.Header), head: w.head}
		answerPanic(w)
	}
	w.finish()
}

// call calls one of the loader's functions for the exchange.
func (x *exchange) call(function string, args ...any) {
	x.loader.Call(function, append([]any{x.id}, args...)...)
}

// find is the exchange with the id; nil once it is over.
func (b *bridge) find(id js.Value) *exchange {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.exchanges[id.Int()]
}

// pulled hands on a piece of a body: id, chunk or null, error or null.
func (b *bridge) pulled(_ js.Value, args []js.Value) any {
	if x := b.find(args[0]); x != nil {
		x.pulled <- chunk{args[1], asError(args[2])}
	}
	return nil
}

// written tells what became of a piece of an answer: id, error or null.
func (b *bridge) written(_ js.Value, args []js.Value) any {
	if x := b.find(args[0]); x != nil {
		x.wrote <- asError(args[1])
	}
	return nil
}

// left tells that nobody waits for the answer any more: id.
func (b *bridge) left(_ js.Value, args []js.Value) any {
	if x := b.find(args[0]); x != nil {
		x.cancel(errLeft)
	}
	return nil
}

func asError(text js.Value) error {
	if text.IsNull() {
		return nil
	}
	return errors.New(text.String())
}

// request makes an http.Request of what the runtime tells.
func request(x *exchange, head []string, body js.Value) (*http.Request, error) {
	r, err := http.NewRequestWithContext(x.ctx, head[0], head[1], nil)
	if err != nil {
		return nil, err
	}
	for i := 3; i+1 < len(head); i += 2 {
		r.Header.Add(head[i], fromLatin1(head[i+1]))
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
		r.Header.Del("Host") // as net/http has it
	}
	r.RequestURI, r.RemoteAddr = r.URL.RequestURI(), head[2]
	r.Body, r.ContentLength = http.NoBody, 0
	switch body.Type() {
	case js.TypeBoolean:
		r.ContentLength = -1
		if length, err := strconv.ParseInt(r.Header.Get("Content-Length"), 10, 64); err == nil && length >= 0 {
			r.ContentLength = length
		}
		r.Body = &pulling{exchange: x}
	case js.TypeObject:
		text := make([]byte, body.Length())
		js.CopyBytesToGo(text, body)
		r.ContentLength = int64(len(text))
		r.Body = io.NopCloser(bytes.NewReader(text))
	}
	return r, nil
}

// pulling is a body that comes piece by piece, each when it is asked for.
type pulling struct {
	exchange *exchange
	rest     []byte
	err      error
}

// Read implements io.Reader.
func (p *pulling) Read(into []byte) (int, error) {
	for len(p.rest) == 0 {
		if p.err != nil {
			return 0, p.err
		}
		p.exchange.call("pull")
		select {
		case c := <-p.exchange.pulled:
			switch {
			case c.err != nil:
				p.err = c.err
			case c.data.IsNull():
				p.err = io.EOF
			default:
				p.rest = make([]byte, c.data.Length())
				js.CopyBytesToGo(p.rest, c.data)
			}
		case <-p.exchange.ctx.Done():
			p.err = context.Cause(p.exchange.ctx)
		}
	}
	n := copy(into, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// Close implements io.Closer. What is left unread the loader drops.
func (p *pulling) Close() error {
	p.rest, p.err = nil, http.ErrBodyReadAfterClose
	return nil
}
