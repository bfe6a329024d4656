package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/mysingle/mysingle/bff/server"
)

const (
	// heldFor is how long a line about a request may wait for others. It isn't
	// long, as one that waits is lost if the process is killed, or ends by a
	// panic far from any request.
	heldFor = 10 * time.Millisecond
	// heldBytes is how much is written at once: what a pipe takes without
	// tearing it apart (PIPE_BUF), whoever else writes there.
	heldBytes = 4096
)

// newLog returns a log of JSON lines, whose times are UTC wherever it runs, and
// what writes the lines that still wait.
func newLog(out io.Writer, level slog.Leveler) (log *slog.Logger, flush func()) {
	lines := &lines{out: out, held: make([]byte, 0, heldBytes)}
	return slog.New(&handler{slog.NewJSONHandler(lines, &slog.HandlerOptions{Level: level}), lines}), func() { _ = lines.flush() }
}

// handler has the lines about requests, of which there is no end, written
// several at a time. Every other one (a warning, an error, what happened to a
// session) is written at once, and those that waited before it.
type handler struct {
	slog.Handler
	lines *lines
}

func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	r.Time = r.Time.UTC()
	err := h.Handler.Handle(ctx, r)
	if r.Message == server.RequestLine && r.Level < slog.LevelWarn {
		return err
	}
	return errors.Join(err, h.lines.flush())
}

func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &handler{h.Handler.WithAttrs(attrs), h.lines}
}

func (h *handler) WithGroup(name string) slog.Handler {
	return &handler{h.Handler.WithGroup(name), h.lines}
}

// lines holds whole lines back until there are enough of them, or the first has
// waited for heldFor. It is safe for concurrent use.
type lines struct {
	out io.Writer

	mu    sync.Mutex
	held  []byte
	timer *time.Timer // nil until something waits
}

// Write takes one line.
func (l *lines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var err error
	if len(l.held)+len(line) > cap(l.held) {
		err = l.write()
	}
	if len(line) > cap(l.held) {
		_, alone := l.out.Write(line)
		return len(line), errors.Join(err, alone)
	}
	if len(l.held) == 0 {
		l.wait()
	}
	l.held = append(l.held, line...)
	return len(line), err
}

// wait has what is held written in time. The caller holds mu.
func (l *lines) wait() {
	if l.timer == nil {
		l.timer = time.AfterFunc(heldFor, func() { _ = l.flush() })
		return
	}
	l.timer.Reset(heldFor)
}

// flush writes what is held.
func (l *lines) flush() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.write()
}

// write is flush, for a caller that holds mu.
func (l *lines) write() error {
	if len(l.held) == 0 {
		return nil
	}
	_, err := l.out.Write(l.held)
	l.held = l.held[:0]
	return err
}
