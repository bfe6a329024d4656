package http1

import (
	"bytes"
	"errors"
	"io"
	"net"
	"syscall"
	"time"
)

const (
	// maxOut is up to what size the buffer of requests is kept.
	maxOut = 64 << 10
	// maxFields is up to how many lines of a header there is room kept for.
	maxFields = 128
	// maxInterim is how many interim answers (1xx) may precede the one.
	maxInterim = 8
)

var (
	errNoAnswer = errors.New("the connection was closed without an answer")
	errHead     = errors.New("the answer's head is malformed")
	errHeadSize = errors.New("the answer's head is too long")
)

// conn is a connection with its buffers: in[r:w] is what was read and not yet
// taken, in[:head] the head of the answer, which its Header points into.
type conn struct {
	net.Conn
	raw   syscall.RawConn
	since time.Time // when it was last used

	in         []byte
	head, r, w int
	out        []byte
	fields     Header

	peeked bool // what open has found; peek writes it
	peek   func(fd uintptr)
}

func newConn(c net.Conn) (*conn, error) {
	made := &conn{Conn: c, in: make([]byte, Buffer)}
	if tcp, ok := c.(syscall.Conn); ok {
		raw, err := tcp.SyscallConn()
		if err != nil {
			return nil, errors.Join(err, c.Close())
		}
		made.raw = raw
	}
	made.peek = func(fd uintptr) { made.peeked = quiet(fd) }
	return made, nil
}

// open reports whether the server has neither closed the kept connection nor
// sent something on it that nobody asked for.
func (c *conn) open() bool {
	if time.Since(c.since) > IdleTime {
		return false
	}
	return c.raw != nil && c.raw.Control(c.peek) == nil && c.peeked
}

// exchange sends the request and reads the answer's head.
func (c *conn) exchange(req *Request, resp *Response) error {
	out, err := req.appendTo(c.out[:0])
	if err != nil {
		return err
	}
	if c.out = out; cap(out) > maxOut {
		c.out = nil
	}
	if err := c.SetDeadline(req.Deadline); err != nil {
		return err
	}
	if _, err := c.Write(out); err != nil {
		return err
	}
	c.head, c.r, c.w = 0, 0, 0
	if cap(c.fields) > maxFields {
		c.fields = nil
	}
	if len(c.in) > Buffer {
		c.in = make([]byte, Buffer) // the last answer's was an exception
	}
	for range maxInterim {
		end, err := c.readHead()
		if err != nil {
			return err
		}
		head := c.in[c.r:end]
		c.r = end + len(headEnd)
		if c.fields, err = resp.parse(head, c.fields[:0], req.Method); err != nil {
			return err
		}
		if resp.Status >= 200 {
			c.head = c.r
			return nil
		}
		if resp.Status == 101 {
			break // nobody asked for another protocol
		}
	}
	return errHead
}

var headEnd = []byte("\r\n\r\n")

// readHead reads on until in has a whole head from r on, and returns where
// its last line ends.
func (c *conn) readHead() (int, error) {
	for searched := c.r; ; {
		if i := bytes.Index(c.in[searched:c.w], headEnd); i >= 0 {
			return searched + i, nil
		}
		searched = max(c.r, c.w-len(headEnd)+1)
		if c.w-c.r > MaxHead {
			return 0, errHeadSize
		}
		if c.w == len(c.in) {
			c.in = append(c.in, make([]byte, len(c.in))...)
		}
		n, err := c.Read(c.in[c.w:])
		c.w += n
		switch {
		case n > 0:
		case err == io.EOF && c.w == c.r:
			return 0, errNoAnswer
		case err == io.EOF:
			return 0, io.ErrUnexpectedEOF
		case err != nil:
			return 0, err
		}
	}
}

// fill reads more behind the head. It must be called with nothing left there.
func (c *conn) fill() error {
	if c.head == len(c.in) {
		c.in = append(c.in, make([]byte, Buffer)...) // the header keeps the old one
	}
	n, err := c.Read(c.in[c.head:])
	c.r, c.w = c.head, c.head+n
	if n > 0 {
		return nil
	}
	return err
}

// take copies what there is of the body into p or, with nothing left, reads it
// directly from the connection.
func (c *conn) take(p []byte) (int, error) {
	if c.r == c.w {
		return c.Read(p)
	}
	n := copy(p, c.in[c.r:c.w])
	c.r += n
	return n, nil
}

// line returns the next line of a chunked body, without its end.
func (c *conn) line() ([]byte, error) {
	for {
		if i := bytes.IndexByte(c.in[c.r:c.w], '\n'); i >= 0 {
			line := c.in[c.r : c.r+i]
			c.r += i + 1
			if len(line) == 0 || line[len(line)-1] != '\r' {
				return nil, errChunk
			}
			return line[:len(line)-1], nil
		}
		if c.w-c.r > maxLine {
			return nil, errChunk
		}
		// The rest of the line goes behind what there is of it.
		if c.r > c.head {
			c.w = c.head + copy(c.in[c.head:], c.in[c.r:c.w])
			c.r = c.head
		}
		if c.w == len(c.in) {
			c.in = append(c.in, make([]byte, Buffer)...)
		}
		n, err := c.Read(c.in[c.w:])
		c.w += n
		if n == 0 && err != nil {
			return nil, err
		}
	}
}
