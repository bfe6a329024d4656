// Package edge runs an http.Handler as an edge function: compiled to
// WebAssembly (GOOS=js GOARCH=wasm) below Deno, where loader.ts hands it the
// runtime's requests, and natively as an ordinary server, for tests and quick
// work. A function's main is the same for both:
//
//	func main() { edge.Serve(newHandler(…)) }
//
// Its index.ts names the compiled file:
//
//	import { serve } from "../edge/loader.ts";
//	serve(new URL("main.wasm", import.meta.url));
//
// One instance serves many requests at once, each in a goroutine of its own.
// A handler that panics answers 500 and takes nobody else down.
package edge

import (
	"log/slog"
	"net/http"
	"runtime/debug"
)

// guarded calls the handler and makes a panic a line in the log. It reports
// whether the handler came to its end, and whether it ended on purpose
// (http.ErrAbortHandler, which has no line).
func guarded(h http.Handler, w http.ResponseWriter, r *http.Request) (finished bool) {
	defer func() {
		fault := recover()
		if fault == nil {
			return
		}
		finished = false
		if fault != http.ErrAbortHandler {
			slog.Error("panic", "method", r.Method, "function", functionOf(r), "fault", fault, "stack", string(debug.Stack()))
		}
	}()
	h.ServeHTTP(w, r)
	return true
}
