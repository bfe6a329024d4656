package server_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/mysingle/mysingle/bff/build"
	"github.com/mysingle/mysingle/bff/server"
	"github.com/mysingle/mysingle/bff/supabasetest"
)

// TestStoppedDuringTheStart ends the context at moments before and while the
// server starts to listen.
func TestStoppedDuringTheStart(t *testing.T) {
	t.Parallel()
	for _, after := range []time.Duration{0, 10 * time.Microsecond, 100 * time.Microsecond, time.Millisecond} {
		t.Run(after.String(), func(t *testing.T) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			c := supabasetest.Config(t, nil)
			ctx, cancel := context.WithTimeout(context.Background(), after)
			defer cancel()
			if after == 0 {
				cancel()
			}
			ended := make(chan error, 1)
			go func() {
				ended <- server.New(c, build.Info{Version: "test"}, slog.New(slog.DiscardHandler)).Serve(ctx, listener)
			}()
			select {
			case err := <-ended:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(time.Minute):
				t.Fatal("still serving after 1m")
			}
			if _, err := listener.Accept(); !errors.Is(err, net.ErrClosed) {
				t.Errorf("the listener afterwards: got error %v, want %v", err, net.ErrClosed)
			}
		})
	}
}
