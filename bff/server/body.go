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
	switch {
	case err == nil:
		b.c.Request().CloseBodyStream() // so that closeUnread knows
		return text, nil
	case errors.Is(err, errTooLong):
		return nil, fiber.ErrRequestEntityTooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, fiber.ErrRequestTimeout
	}
	return nil, badRequest("The request's body is incomplete or malformed.")
}

func (b *requestBody) release() { b.server.bodies.give(b.taken) }

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
