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
// One instance serves many requests at once, each in a goroutine of its own. A
// handler that panics answers 500 and takes nobody else down; a panic in a
// goroutine that a handler has started ends the program, as anywhere in Go, and
// below Deno the next request starts it again.
//
// What the runtime keeps from a function is not there either: a header that was
// sent twice arrives as one, its values joined by commas, and answers of 1xx are
// not sent.
//
// Every function answers, besides what its own comment lists:
//
//	400  invalid_request: the body is no JSON object, or a member is of the wrong type
//	401  not_signed_in, invalid_token: where a user's access token is needed
//	403  role_refused: a key or a token of another role, where a user's is needed
//	404  no_such_path
//	405  method_not_allowed, with Allow
//	413  body_too_large: more than 64 kB of JSON
//	415  unsupported_media_type: the body is not called application/json
//	500  internal: it has been logged
//	502  upstream_failed: the database gave no usable answer
//	503  upstream_unavailable: Auth's keys can't be fetched; not_configured: see the log
//	504  upstream_timeout: the database did not answer in time
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
