package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mysingle/mysingle/bff/server"
)

// written is what was written, write by write.
type written struct {
	mu     sync.Mutex
	writes []string
}

func (w *written) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writes = append(w.writes, string(b))
	return len(b), nil
}

func (w *written) all() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.writes
}

func TestRequestLinesWait(t *testing.T) {
	for _, tt := range []struct {
		Name   string
		Then   func(log *slog.Logger, flush func())
		Writes int
		Lines  int
	}{
		{"for a while", func(*slog.Logger, func()) { time.Sleep(heldFor - 1) }, 0, 0},
		{"not for long", func(*slog.Logger, func()) { time.Sleep(heldFor); synctest.Wait() }, 1, 2},
		{"not at the end", func(_ *slog.Logger, flush func()) { flush() }, 1, 2},
		{"nothing is written twice", func(_ *slog.Logger, flush func()) { flush(); flush(); time.Sleep(time.Second) }, 1, 2},
		{"not once something happened to a session", func(log *slog.Logger, _ func()) { log.Info("audit") }, 1, 3},
		{"not at a warning", func(log *slog.Logger, _ func()) { log.Warn("breaker") }, 1, 3},
		{"not at a request that failed", func(log *slog.Logger, _ func()) { log.Warn(server.RequestLine) }, 1, 3},
		{"nor with what belongs to all lines", func(log *slog.Logger, _ func()) { log.With("a", 1).WithGroup("g").Info("audit") }, 1, 3},
		{"not for what isn't logged", func(log *slog.Logger, _ func()) { log.Debug("audit") }, 0, 0},
		{"as a second time", func(log *slog.Logger, flush func()) {
			flush()
			log.Info(server.RequestLine)
			time.Sleep(heldFor)
			synctest.Wait()
		}, 2, 3},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				out := new(written)
				log, flush := newLog(out, slog.LevelInfo)
				log.Info(server.RequestLine)
				log.Info(server.RequestLine)
				tt.Then(log, flush)
				if writes := out.all(); len(writes) != tt.Writes || strings.Count(strings.Join(writes, ""), "\n") != tt.Lines {
					t.Errorf("got %d writes, want %d with %d lines: %q", len(writes), tt.Writes, tt.Lines, writes)
				}
			})
		})
	}
}

// TestNoLineIsLost has many write at once, lines of all lengths: each is there
// once, whole, after what its writer wrote before, and no write is larger than
// a pipe takes in one piece unless the line is.
func TestNoLineIsLost(t *testing.T) {
	const writers, each = 8, 500
	out := new(written)
	log, flush := newLog(out, slog.LevelInfo)
	var done sync.WaitGroup
	for writer := range writers {
		done.Go(func() {
			for i := range each {
				message := server.RequestLine
				if i%50 == 49 {
					message = "audit"
				}
				log.Info(message, "writer", writer, "i", i, "text", strings.Repeat("x", (i*37)%(heldBytes+500)))
			}
		})
	}
	done.Wait()
	flush()
	next := make([]int, writers)
	for _, write := range out.all() {
		if !strings.HasSuffix(write, "\n") || len(write) > heldBytes && strings.Count(write, "\n") != 1 {
			t.Errorf("a write: got %d bytes in %d lines, want whole lines, and one alone beyond %d bytes", len(write), strings.Count(write, "\n"), heldBytes)
		}
		for line := range strings.Lines(write) {
			var entry struct {
				Writer, I int
				Text      string
			}
			if err := json.Unmarshal([]byte(line), &entry); err != nil {
				t.Fatalf("%v in %s", err, line)
			}
			if entry.I != next[entry.Writer] || len(entry.Text) != (entry.I*37)%(heldBytes+500) {
				t.Errorf("line %d of %d instead of %d", entry.I, entry.Writer, next[entry.Writer])
			}
			next[entry.Writer]++
		}
	}
	for writer, lines := range next {
		if lines != each {
			t.Errorf("the writer %d: got %d lines, want %d", writer, lines, each)
		}
	}
}

// TestLinesAreSlogs compares with what slog's own handler writes.
func TestLinesAreSlogs(t *testing.T) {
	var got, want bytes.Buffer
	log, flush := newLog(&got, slog.LevelInfo)
	record := slog.NewRecord(time.Date(2026, 5, 4, 3, 2, 1, 987654321, time.FixedZone("KST", 9*60*60)), slog.LevelInfo, server.RequestLine, 0)
	record.AddAttrs(slog.String("text", "\"<\n한"), slog.Int("status", 200), slog.Duration("duration", 1234), slog.Any("error", errors.New("no")))
	if err := log.Handler().Handle(context.Background(), record); err != nil {
		t.Fatal(err)
	}
	flush()
	record.Time = record.Time.UTC()
	if err := slog.NewJSONHandler(&want, nil).Handle(context.Background(), record); err != nil {
		t.Fatal(err)
	}
	if got.String() != want.String() || !strings.HasPrefix(got.String(), `{"time":"2026-05-03T18:02:01.987654321Z","level":"INFO","msg":"request","text":`) {
		t.Errorf("%s instead of %s", got.String(), want.String())
	}
}

// broken is a disk that is full.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestLogThatCannotBeWritten(t *testing.T) {
	log, flush := newLog(broken{}, slog.LevelInfo)
	for i := range 100 {
		log.Info(server.RequestLine, "text", strings.Repeat("x", i*100))
	}
	flush()
	record := slog.NewRecord(time.Now(), slog.LevelInfo, "audit", 0)
	if err := log.Handler().Handle(context.Background(), record); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("got error %v, want %v", err, io.ErrShortWrite)
	}
}

func BenchmarkRequestLine(b *testing.B) {
	log, flush := newLog(io.Discard, slog.LevelInfo)
	defer flush()
	for b.Loop() {
		line := slog.NewRecord(time.Now(), slog.LevelInfo, server.RequestLine, 0)
		line.AddAttrs(slog.String("request_id", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), slog.String("method", "GET"), slog.String("route", "/rest/v1/*"),
			slog.Int("status", 200), slog.Duration("duration", 1234567), slog.String("user", "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"), slog.String("client", "127.0.0.1"))
		_ = log.Handler().Handle(context.Background(), line)
	}
}
