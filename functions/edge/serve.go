//go:build !(js && wasm)

package edge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// Serve answers requests with the handler at 127.0.0.1, on the port that the
// variable PORT names (a free one without it), until the process is asked to
// end; then running requests have ten seconds to finish. Paths are as at the
// edge: the first segment is the function's name.
func Serve(h http.Handler) {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stderr, nil)))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", cmp.Or(os.Getenv("PORT"), "0")))
	if err == nil {
		slog.Info("listening", "url", "http://"+listener.Addr().String())
		err = serve(ctx, listener, h)
	}
	if err != nil {
		slog.Error("serving failed", "error", err)
		os.Exit(1)
	}
}

// serve answers on the listener until ctx ends.
func serve(ctx context.Context, listener net.Listener, h http.Handler) error {
	server := &http.Server{
		Handler:           Native(h),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       75 * time.Second,
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("serving %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := server.Shutdown(bound); err != nil {
		return fmt.Errorf("requests were still running: %w", err)
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving %s: %w", listener.Addr(), err)
	}
	return nil
}

// Native is the handler as Serve runs it natively: a panic before the answer
// has begun is answered 500, as at the edge, instead of a broken connection.
func Native(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := &beginning{ResponseWriter: w}
		if guarded(h, began, r) {
			return
		}
		if began.began {
			panic(http.ErrAbortHandler) // cut off, so that nobody takes it for whole
		}
		clear(w.Header())
		answerPanic(w)
	})
}

// beginning notices whether an answer has begun.
type beginning struct {
	http.ResponseWriter
	began bool
}

func (b *beginning) WriteHeader(status int) {
	b.began = b.began || status >= 200
	b.ResponseWriter.WriteHeader(status)
}

func (b *beginning) Write(p []byte) (int, error) {
	b.began = true
	return b.ResponseWriter.Write(p)
}

// Flush implements http.Flusher.
func (b *beginning) Flush() {
	b.began = true
	if f, ok := b.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
}

// Unwrap is for http.ResponseController.
func (b *beginning) Unwrap() http.ResponseWriter { return b.ResponseWriter }
