//go:build js && wasm

package edge

import (
	"context"
	"net/http"
	"strings"
	"syscall/js"
)

// held is up to how many bytes of an answer are kept back: one that is no
// longer goes out in one piece, with its length.
const held = 64 << 10

// response is the http.ResponseWriter of an exchange.
type response struct {
	exchange *exchange
	header   http.Header
	head     bool // nobody reads the body
	status   int  // 0 until it is known
	buffer   []byte
	began    bool // the runtime has the head of the answer, and more is to come
	err      error
}

var (
	_          http.Flusher = (*response)(nil)
	uint8Array              = js.Global().Get("Uint8Array")
)

// Header implements http.ResponseWriter.
func (w *response) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter. The runtime has no way to send
// what precedes an answer (1xx): that is dropped.
func (w *response) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
}

// Write implements http.ResponseWriter. It waits until the client takes what
// is beyond the buffer.
func (w *response) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if w.err != nil {
		return 0, w.err
	}
	if w.bodyless() {
		return len(p), nil
	}
	w.buffer = append(w.buffer, p...)
	if len(w.buffer) > held {
		w.Flush()
	}
	return len(p), w.err
}

// Flush implements http.Flusher: what was written goes out now.
func (w *response) Flush() {
	w.WriteHeader(http.StatusOK)
	if w.err != nil || w.bodyless() {
		return
	}
	if !w.began {
		headers := w.headers() // looks at the buffer
		w.exchange.call("begin", w.status, headers)
		w.began = true
	}
	if len(w.buffer) == 0 {
		return
	}
	w.exchange.call("write", bytesOf(w.buffer))
	w.buffer = w.buffer[:0]
	select {
	case w.err = <-w.exchange.wrote:
	case <-w.exchange.ctx.Done():
		w.err = context.Cause(w.exchange.ctx)
	}
}

// finish sends what is left.
func (w *response) finish() {
	w.WriteHeader(http.StatusOK)
	if w.began {
		w.Flush()
		w.exchange.call("end")
		return
	}
	var body any // null
	if !w.bodyless() {
		body = bytesOf(w.buffer)
	}
	w.exchange.call("respond", w.status, w.headers(), body)
}

// bodyless reports whether the answer can have no body (RFC 9110, 6.4.1).
func (w *response) bodyless() bool {
	return w.head || w.status == http.StatusNoContent || w.status == http.StatusResetContent || w.status == http.StatusNotModified
}

// headers are name and value in turn, between line ends.
func (w *response) headers() string {
	if _, ok := w.header["Content-Type"]; !ok && len(w.buffer) > 0 {
		w.header.Set("Content-Type", http.DetectContentType(w.buffer))
	}
	if !w.head {
		w.header.Del("Content-Length") // the runtime counts itself
	}
	var lines []string
	for name, values := range w.header {
		for _, value := range values {
			lines = append(lines, name, latin1(oneLine.Replace(value)))
		}
	}
	return strings.Join(lines, "\n")
}

// oneLine does to a header's value what net/http does.
var oneLine = strings.NewReplacer("\n", " ", "\r", " ")

func bytesOf(p []byte) js.Value {
	array := uint8Array.New(len(p))
	js.CopyBytesToJS(array, p)
	return array
}

// latin1 is a header's value as JavaScript has it: a character for each byte
// (ByteString, Web IDL 3.10.15).
func latin1(text string) string {
	if isASCII(text) {
		return text
	}
	runes := make([]rune, len(text))
	for i := range len(text) {
		runes[i] = rune(text[i])
	}
	return string(runes)
}

// fromLatin1 is the reverse.
func fromLatin1(text string) string {
	if isASCII(text) {
		return text
	}
	var raw []byte
	for _, r := range text {
		raw = append(raw, byte(r))
	}
	return string(raw)
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}
