package http1

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// ErrRequest is of a request that can't be written down, and wasn't sent.
var ErrRequest = errors.New("malformed request")

// Request is what Do sends. Nothing of it is kept.
type Request struct {
	Method string
	Target []byte // path and query as they are to be sent (RFC 9112, 3.2.1)
	Host   string
	// Header goes without Host, Connection and those that frame the body.
	Header Header
	Body   []byte
	// Repeatable tells that it does nothing but read, so that it may be sent
	// a second time when the first brought no answer.
	Repeatable bool
	// Deadline is by when the whole answer must be there; zero for none. See
	// Response.SetDeadline.
	Deadline time.Time
}

// appendTo appends the request as it is sent.
func (r *Request) appendTo(b []byte) ([]byte, error) {
	if !isToken(r.Method) {
		return b, fmt.Errorf("%w: the method %q", ErrRequest, r.Method)
	}
	if len(r.Target) == 0 || r.Target[0] != '/' {
		return b, fmt.Errorf("%w: the target has no path", ErrRequest)
	}
	for _, c := range r.Target {
		if c <= ' ' || c == 0x7f {
			return b, fmt.Errorf("%w: a control character or a space in the target", ErrRequest)
		}
	}
	b = append(b, r.Method...)
	b = append(b, ' ')
	b = append(b, r.Target...)
	b = append(b, " HTTP/1.1\r\nHost: "...)
	b = append(b, r.Host...)
	b = append(b, '\r', '\n')
	for _, field := range r.Header {
		if !isToken(field.Name) || !isValue(field.Value) {
			return b, fmt.Errorf("%w: the header %.40q", ErrRequest, field.Name)
		}
		b = append(b, field.Name...)
		b = append(b, ':', ' ')
		b = append(b, field.Value...)
		b = append(b, '\r', '\n')
	}
	// Servers expect a length, if only 0, of methods that have a body by their
	// meaning (RFC 9110, 8.6).
	if len(r.Body) > 0 || r.Method == "POST" || r.Method == "PUT" || r.Method == "PATCH" {
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, int64(len(r.Body)), 10)
		b = append(b, '\r', '\n')
	}
	b = append(b, '\r', '\n')
	return append(b, r.Body...), nil
}
