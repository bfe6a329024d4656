package http1

import (
	"bytes"
	"errors"
	"io"
	"math"
	"sync"
	"time"
)

const (
	// maxLine bounds a line of a chunked body, in bytes.
	maxLine = 4 << 10
	// maxTrailers bounds the lines behind it.
	maxTrailers = 64
)

var (
	errChunk  = errors.New("the answer's chunks are malformed")
	errClosed = errors.New("the answer was closed")
)

// Response is an answer. It is one user's at a time, but for Abort.
type Response struct {
	Status int
	// Header belongs to the connection: it is valid until Close.
	Header Header
	// ContentLength is that of the header, which a HEAD's answer has too; -1
	// where it doesn't tell.
	ContentLength int64

	client  *Client
	mu      sync.Mutex // of the two below
	conn    *conn      // nil once it was closed
	aborted bool
	unwatch func() bool
	framing framing
	left    int64 // bytes of the body, or of the chunk
	keep    bool  // the connection may be used again
	err     error // what the body ended with
}

// framing is how the end of a body is known (RFC 9112, 6.3).
type framing int

const (
	byLength framing = iota
	byClose
	beforeChunk
	inChunk
	afterChunk
)

func (r *Response) begin(client *Client, used *conn) {
	r.client, r.unwatch, r.err = client, nil, nil
	r.mu.Lock()
	r.conn, r.aborted = used, false
	r.mu.Unlock()
}

// broken has the connection closed and not kept.
func (r *Response) broken(err error) { r.err, r.keep = err, false }

// parse reads a head, without its last line's end. The lines are appended to
// fields, and point into the head.
func (r *Response) parse(head []byte, fields Header, method string) (Header, error) {
	line, rest, _ := bytes.Cut(head, crlf)
	if len(line) < len("HTTP/1.1 200") || string(line[:7]) != "HTTP/1." || line[7] != '0' && line[7] != '1' || line[8] != ' ' ||
		len(line) > 12 && line[12] != ' ' || !isValue(line) {
		return fields, errHead
	}
	old := line[7] == '0'
	r.Status = 0
	for _, digit := range line[9:12] {
		if digit < '0' || digit > '9' {
			return fields, errHead
		}
		r.Status = 10*r.Status + int(digit-'0')
	}
	if r.Status < 100 {
		return fields, errHead
	}
	r.ContentLength, r.keep = -1, !old
	chunks := false
	for len(rest) > 0 {
		line, rest, _ = bytes.Cut(rest, crlf)
		colon := bytes.IndexByte(line, ':')
		if colon < 0 || !canonical(line[:colon]) {
			return fields, errHead
		}
		field := Field{line[:colon], bytes.Trim(line[colon+1:], " \t")}
		if !isValue(field.Value) {
			return fields, errHead
		}
		switch string(field.Name) {
		case "Content-Length":
			length, ok := number(field.Value)
			if !ok || r.ContentLength >= 0 {
				return fields, errHead
			}
			r.ContentLength = length
		case "Transfer-Encoding":
			if chunks || old || !bytes.EqualFold(field.Value, []byte("chunked")) {
				return fields, errHead
			}
			chunks = true
		case "Connection":
			r.keep = r.keep && !lists(field.Value, []byte("close"))
		}
		fields = append(fields, field)
	}
	switch {
	case chunks && r.ContentLength >= 0:
		return fields, errHead
	case method == "HEAD" || r.Status < 200 || r.Status == 304:
		r.framing, r.left = byLength, 0
	case r.Status == 204:
		r.framing, r.left, r.ContentLength = byLength, 0, 0
	case chunks:
		r.framing = beforeChunk
	case r.ContentLength >= 0:
		r.framing, r.left = byLength, r.ContentLength
	default:
		r.framing, r.keep = byClose, false
	}
	r.Header = fields
	return fields, nil
}

var crlf = []byte("\r\n")

// number reads a length: digits and nothing else.
func number(digits []byte) (int64, bool) {
	var n int64
	for _, digit := range digits {
		if digit < '0' || digit > '9' || n > (math.MaxInt64-9)/10 {
			return 0, false
		}
		n = 10*n + int64(digit-'0')
	}
	return n, len(digits) > 0
}

// SetDeadline sets another deadline for what is yet to be read.
func (r *Response) SetDeadline(t time.Time) error {
	if r.conn == nil {
		return errClosed
	}
	return r.conn.SetReadDeadline(t)
}

// Read reads the body. io.EOF, often with the last bytes, tells that it is
// complete; a body that breaks off ends in another error.
func (r *Response) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	if r.conn == nil {
		return 0, errClosed
	}
	n, err := r.read(p)
	if err != nil && err != io.EOF {
		r.keep = false
	}
	r.err = err
	return n, err
}

func (r *Response) read(p []byte) (int, error) {
	switch r.framing {
	case byLength:
		n, err := r.part(p)
		if err == nil && r.left == 0 {
			err = io.EOF
		}
		return n, err
	case byClose:
		return r.conn.take(p)
	}
	for n := 0; ; {
		if n > 0 && !r.more() {
			return n, nil // the rest would have to be waited for
		}
		var err error
		switch r.framing {
		case beforeChunk:
			err = r.chunk()
		case inChunk:
			if n == len(p) {
				return n, nil
			}
			var got int
			got, err = r.part(p[n:])
			if n += got; err == nil && r.left == 0 {
				r.framing = afterChunk
			}
		case afterChunk:
			err = r.chunkEnd()
		}
		if err != nil {
			return n, err
		}
	}
}

// more reports whether what comes next of a chunked body is there already.
func (r *Response) more() bool {
	there := r.conn.in[r.conn.r:r.conn.w]
	return len(there) > 0 && (r.framing == inChunk || bytes.IndexByte(there, '\n') >= 0)
}

// part reads some of the left bytes.
func (r *Response) part(p []byte) (int, error) {
	if r.left == 0 || len(p) == 0 {
		return 0, nil
	}
	p = p[:min(int64(len(p)), r.left)]
	// A short chunk is read together with what follows it.
	if c := r.conn; r.framing == inChunk && c.r == c.w && r.left < Buffer/2 {
		if err := c.fill(); err != nil {
			return 0, cut(err)
		}
	}
	n, err := r.conn.take(p)
	r.left -= int64(n)
	if n > 0 {
		err = nil // it comes again, if it matters
	}
	return n, cut(err)
}

// chunk reads the line before a chunk, or io.EOF after the last.
func (r *Response) chunk() error {
	line, err := r.conn.line()
	if err != nil {
		return cut(err)
	}
	size, _, _ := bytes.Cut(line, []byte(";")) // extensions may be ignored (RFC 9112, 7.1.1)
	size = bytes.TrimRight(size, " \t")
	if len(size) == 0 || len(size) > 15 || !isValue(line) {
		return errChunk
	}
	r.left = 0
	for _, digit := range size {
		value := bytes.IndexByte(hex, digit|0x20)
		if value < 0 || digit < '0' {
			return errChunk
		}
		r.left = r.left<<4 | int64(value)
	}
	if r.left > 0 {
		r.framing = inChunk
		return nil
	}
	for range maxTrailers { // which nobody reads
		line, err := r.conn.line()
		if err != nil {
			return cut(err)
		}
		if len(line) == 0 {
			return io.EOF
		}
		if colon := bytes.IndexByte(line, ':'); colon < 0 || !isToken(line[:colon]) || !isValue(line) {
			return errChunk
		}
	}
	return errChunk
}

var hex = []byte("0123456789abcdef")

// chunkEnd reads the line's end behind a chunk.
func (r *Response) chunkEnd() error {
	line, err := r.conn.line()
	if err == nil && len(line) > 0 {
		err = errChunk
	}
	r.framing = beforeChunk
	return cut(err)
}

// cut makes the end of a connection the break that it is within a body.
func cut(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Abort ends the answer: whoever reads it gets an error. It may be called at
// any time and by anybody.
func (r *Response) Abort() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.conn != nil {
		r.aborted = true
		_ = r.conn.Close()
	}
}

// Close gives the connection back if the body was read to its end, or closes
// it. The header is no longer valid then.
func (r *Response) Close() error {
	r.mu.Lock()
	used, aborted := r.conn, r.aborted
	r.conn = nil
	r.mu.Unlock()
	if used == nil {
		return nil
	}
	if r.unwatch != nil {
		r.unwatch()
	}
	r.Header = nil
	complete := r.err == io.EOF || r.err == nil && r.framing == byLength && r.left == 0
	switch {
	case aborted:
		return nil
	case !r.keep || !complete || used.r < used.w:
		return used.Close()
	}
	r.client.keep(used)
	return nil
}
