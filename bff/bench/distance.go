package main

import (
	"context"
	"net"
	"time"
)

// distance puts a round trip between who connects to the address that it
// returns and the server behind it, half of it each way, and nothing else:
// the bandwidth has no limit, nothing is lost, and opening a connection costs
// nothing, as if it had been opened before it was needed. It ends with ctx.
func distance(ctx context.Context, server string, roundTrip time.Duration) (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	context.AfterFunc(ctx, func() { _ = listener.Close() })
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", server)
			if err != nil {
				_ = near.Close()
				continue
			}
			go carry(far, near, roundTrip/2)
			go carry(near, far, roundTrip/2)
		}
	}()
	return listener.Addr().String(), nil
}

// carry moves what comes from one connection to the other, each piece so much
// later than it came, and closes both after the last.
func carry(to, from net.Conn, later time.Duration) {
	type piece struct {
		due  time.Time
		text []byte
	}
	under := make(chan piece, 1024) // way
	go func() {
		defer close(under)
		for {
			text := make([]byte, 32<<10)
			n, err := from.Read(text)
			if n > 0 {
				under <- piece{time.Now().Add(later), text[:n]}
			}
			if err != nil {
				return
			}
		}
	}()
	for p := range under {
		time.Sleep(time.Until(p.due))
		if _, err := to.Write(p.text); err != nil {
			break
		}
	}
	_, _ = to.Close(), from.Close()
	for range under { // what nobody reads any more
	}
}
