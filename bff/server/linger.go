package server

import (
	"bytes"
	"errors"
	"io"
	"net"
	"time"

	"github.com/valyala/fasthttp"
)

const (
	lingerTime  = time.Second
	lingerBytes = 8 << 20
)

// lingering is a listener whose connections can be told to close gently.
type lingering struct {
	net.Listener
	// writeTimeout is how long a client may leave a write waiting. It counts
	// per write and not per answer, so that long answers may take their time.
	writeTimeout time.Duration
}

// Accept waits for the next connection.
func (l lingering) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &lingeringConn{Conn: c, writeTimeout: l.writeTimeout}, nil
}

type lingeringConn struct {
	net.Conn
	writeTimeout time.Duration
	// The rest is set and read by the one goroutine that serves it.
	linger bool
	ended  bool // nothing more comes
	line   int  // how many bytes have come since the last line's end
	from   place
}

func (c *lingeringConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if errors.Is(err, io.EOF) {
		c.ended = true
	}
	if end := bytes.LastIndexByte(b[:n], '\n'); end >= 0 {
		c.line = n - end - 1
	} else {
		c.line += n
	}
	return n, err
}

func (c *lingeringConn) Write(b []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(c.writeTimeout)); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

// Close closes the connection. After a request that was refused unread it
// first takes in, and drops, some of what the client still sends: otherwise
// the kernel answers that with a reset, which wipes out the refusal before
// the client has read it.
func (c *lingeringConn) Close() error {
	tcp, ok := c.Conn.(*net.TCPConn)
	if c.linger && ok && tcp.CloseWrite() == nil && tcp.SetReadDeadline(time.Now().Add(lingerTime)) == nil {
		_, _ = io.CopyN(io.Discard, tcp, lingerBytes) // ends with the client, the time or the bytes
	}
	return c.Conn.Close()
}

// brokenOff reports whether the client has ended the request's connection. To
// fasthttp one that ends between two chunks of a body ends the body as well.
func brokenOff(ctx *fasthttp.RequestCtx) bool {
	conn, ok := ctx.Conn().(*lingeringConn)
	return ok && conn.ended
}

// isOneLine reports whether so many bytes came on the request's connection
// without an end of line: a URL that never ends.
func isOneLine(ctx *fasthttp.RequestCtx, length int) bool {
	conn, ok := ctx.Conn().(*lingeringConn)
	return ok && conn.line >= length
}

// lingerOnClose makes the request's connection close gently.
func lingerOnClose(ctx *fasthttp.RequestCtx) {
	if conn, ok := ctx.Conn().(*lingeringConn); ok {
		conn.linger = true
	}
}
