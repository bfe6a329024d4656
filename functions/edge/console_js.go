//go:build js && wasm

package edge

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"syscall/js"
)

// logToConsole makes the console the default log: a line of JSON per record,
// by the method that has the record's level, which is how Supabase files it.
func logToConsole() {
	s := &sink{console: js.Global().Get("console")}
	slog.SetDefault(slog.New(&console{slog.NewJSONHandler(&s.line, nil), s}))
}

// console is a slog.Handler whose records end in a sink.
type console struct {
	slog.Handler // writes the line
	sink         *sink
}

// sink is where the lines of a console and of those derived from it go.
type sink struct {
	console js.Value
	mu      sync.Mutex
	line    bytes.Buffer
}

// Handle implements slog.Handler.
func (c *console) Handle(ctx context.Context, record slog.Record) error {
	method := "info"
	switch {
	case record.Level >= slog.LevelError:
		method = "error"
	case record.Level >= slog.LevelWarn:
		method = "warn"
	case record.Level < slog.LevelInfo:
		method = "debug"
	}
	c.sink.mu.Lock()
	defer c.sink.mu.Unlock()
	c.sink.line.Reset()
	err := c.Handler.Handle(ctx, record)
	c.sink.console.Call(method, strings.TrimSuffix(c.sink.line.String(), "\n"))
	return err
}

// WithAttrs implements slog.Handler.
func (c *console) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &console{c.Handler.WithAttrs(attrs), c.sink}
}

// WithGroup implements slog.Handler.
func (c *console) WithGroup(name string) slog.Handler {
	return &console{c.Handler.WithGroup(name), c.sink}
}
