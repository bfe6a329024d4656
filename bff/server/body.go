package server

import (
	"errors"
	"io"
	"os"
	"sync/atomic"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/mysingle/mysingle/bff/supabase"
)

const (
	// anonymousBody bounds the body of who isn't signed in, in bytes. Signing
	// up, the largest thing to do then, takes about one thousand.
	anonymousBody = 64 << 10

	// bodiesAtOnce is how many bodies of the largest size are held in memory
	// at a time, or more of smaller ones.
	bodiesAtOnce = 16

	// drained is up to how many bytes of a body that nobody read are taken in
	// to keep the connection; fasthttp itself would take four times as many.
	drained = 64 << 10
)

// budget is a number of bytes that requests share.
type budget struct{ left atomic.Int64 }

func newBudget(bytes int64) *budget {
	b := &budget{}
	b.left.Store(bytes)
	return b
}

// take returns whether there are as many bytes left; if so they are taken.
func (b *budget) take(bytes int64) bool {
	if b.left.Add(-bytes) < 0 {
		b.left.Add(bytes)
		return false
	}
	return true
}

func (b *budget) give(bytes int64) { b.left.Add(bytes) }

// requestBody is a request's body, on the connection until it is read.
type requestBody struct {
	server *Server
	c      *fiber.Ctx
	taken  int64
	sent   *upload
}

// isLong reports whether the body is too long, or of a length too uncertain,
// to be held for nothing.
func (b *requestBody) isLong() bool {
	length := b.c.Request().Header.ContentLength()
	return b.c.Context().RequestBodyStream() != nil && (length < 0 || length > drained)
}

// upload returns the body to be sent on as it comes, at most limit bytes.
func (b *requestBody) upload(limit int) (*supabase.Upload, error) {
	length := int64(b.c.Request().Header.ContentLength())
	if length > int64(limit) {
		return nil, fiber.ErrRequestEntityTooLarge
	}
	b.sent = newUpload(b.c.Context(), max(length, -1), int64(limit), b.server.config.ClientTimeout)
	return &supabase.Upload{Length: b.sent.length, ReadCloser: b.sent}, nil
}

// finished reports whether there is nothing left of the body to read.
func (b *requestBody) finished() bool {
	return b.c.Context().RequestBodyStream() == nil || b.sent != nil && b.sent.finished.Load()
}

// read returns the body, or an error for one that is too large (for this
// caller, or for the memory left), late or malformed. What is read belongs to
// the caller of read; its bytes count until release.
func (b *requestBody) read() ([]byte, error) {
	stream := b.c.Context().RequestBodyStream()
	if stream == nil {
		return nil, nil
	}
	limit := int64(b.server.config.BodyLimit)
	if identityOf(b.c).Anonymous() {
		limit = min(limit, anonymousBody)
	}
	length := int64(b.c.Request().Header.ContentLength()) // negative when chunked
	if length > limit {
		return nil, fiber.ErrRequestEntityTooLarge
	}
	expected := length
	if expected < 0 {
		expected = limit
	}
	if !b.server.bodies.take(expected) {
		return nil, supabase.ErrBusy
	}
	b.taken = expected
	text, err := readAll(stream, length, limit)
	if err == nil && length < 0 && brokenOff(b.c.Context()) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, unreadBody(err)
	}
	b.c.Request().CloseBodyStream() // so that closeUnread knows
	return text, nil
}

// release gives back what the body took.
func (b *requestBody) release() {
	b.server.bodies.give(b.taken)
	if b.sent != nil && b.sent.finished.Load() {
		b.c.Request().CloseBodyStream() // so that closeUnread knows
	}
}

// unreadBody tells what was wrong with a body that could not be read.
func unreadBody(err error) error {
	switch {
	case errors.Is(err, errTooLong):
		return fiber.ErrRequestEntityTooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fiber.ErrRequestTimeout
	}
	return badRequest("The request's body is incomplete or malformed.")
}

var errTooLong = errors.New("too long")

// readAll reads a stream of the length, or of any up to the limit where the
// length is unknown. A stream that ends early is an error.
func readAll(stream io.Reader, length, limit int64) ([]byte, error) {
	if length >= 0 {
		text := make([]byte, length)
		_, err := io.ReadFull(stream, text)
		return text, err
	}
	text, err := io.ReadAll(io.LimitReader(stream, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = errTooLong
	}
	return text, err
}

// closeUnread ends the connection, gently, after an answer that left a large
// part of the request unread.
func closeUnread(next fasthttp.RequestHandler) fasthttp.RequestHandler {
	return func(ctx *fasthttp.RequestCtx) {
		next(ctx)
		if ctx.RequestBodyStream() == nil {
			return
		}
		if length := ctx.Request.Header.ContentLength(); length < 0 || length > drained {
			ctx.SetConnectionClose()
			lingerOnClose(ctx)
		}
	}
}
