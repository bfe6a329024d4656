package server

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/mysingle/mysingle/bff/http1"
	"github.com/mysingle/mysingle/bff/supabase"
)

// heldBack is up to how many bytes of an answer are read before its first one
// is passed on. An answer that breaks off within them becomes a 502; a longer
// one can only be cut off, which the client sees as a broken connection.
const heldBack = 256 << 10

// heldBodies are for the beginnings of answers longer than that.
var heldBodies = sync.Pool{New: func() any { b := make([]byte, heldBack); return &b }}

// pass registers the passage of one of Supabase's own paths.
func (s *Server) pass(service, prefix string, base *url.URL) {
	passage := s.client.NewPassage(service, base)
	uploads := false // else bodies are JSON, and held so that they can be looked at
	switch service {
	case "Functions":
		passage.Timeout, uploads = s.config.FunctionsTimeout, true
	case "Storage":
		passage.Timeout, uploads = s.config.StorageTimeout, true
	}
	s.app.All(prefix+"/*", s.authenticate, s.sameOrigin, s.renew, s.limitUser, func(c *fiber.Ctx) error {
		p := &requestOf(c).passing
		*p = passing{service: service, request: requestToPass(c, prefix), body: requestBody{server: s, c: c}}
		defer p.body.release()
		if service == "Auth" && sessionOf(c) != nil {
			if err := refuseSession(p.request); err != nil {
				return err
			}
		}
		if uploads && p.body.isLong() {
			var err error
			if p.request.Upload, err = p.body.upload(s.config.UploadLimit); err != nil {
				return err
			}
		} else {
			p.request.Body = p
		}
		answer, err := passage.Do(c.UserContext(), p.request)
		if err != nil {
			return err
		}
		if service == "Auth" && answer.Status < http.StatusMultipleChoices {
			s.endWithAuth(c, p.password)
		}
		if location, ok := answer.LocationBelow(); ok {
			answer.Header.Set(fiber.HeaderLocation, prefix+location)
		}
		if service == "Functions" && answer.ContentLength < 0 || answer.Events() {
			return s.streamAnswer(c, answer, &p.body)
		}
		return passAnswer(c, answer)
	})
}

// passing is a request on its way through a passage, and its body.
type passing struct {
	service  string
	request  supabase.Request
	body     requestBody
	password bool // it sets one
}

// Bytes reads the body, and looks at what must not pass.
func (p *passing) Bytes() ([]byte, error) {
	text, err := p.body.read()
	switch {
	case err != nil:
	case p.service == "PostgREST":
		err = checkWrite(p.request, text)
	case p.service == "Auth":
		p.password = setsPassword(p.body.c, text)
		if p.password && sessionOf(p.body.c) != nil {
			err = errOwnSessions
		}
	}
	return text, err
}

var (
	// errTokens refuses, where the cookie speaks, what Auth could answer with tokens.
	errTokens = errors.New("tokens are not for pages")
	// errOwnSessions refuses, where the cookie speaks, what ends sessions that the
	// BFF has to know of.
	errOwnSessions = errors.New("the BFF's sessions end by its own paths")
)

// refuseSession is what of Auth is not for the cookie: signing out, and
// whatever could be answered with a token, which pages never get hold of.
func refuseSession(r supabase.Request) error {
	switch r.Path {
	case "/logout":
		return errOwnSessions
	case "/user", "/settings", "/health", "/reauthenticate", "/factors", "/.well-known/jwks.json":
		return nil
	}
	if r.Method == http.MethodDelete && (strings.HasPrefix(r.Path, "/factors/") || strings.HasPrefix(r.Path, "/user/identities/")) {
		return nil
	}
	return errTokens
}

// requestToPass is the request without its body. All but the caller is
// fasthttp's own memory, and not to be kept.
func requestToPass(c *fiber.Ctx, prefix string) supabase.Request {
	in, r := c.Request(), requestOf(c)
	r.header = r.header[:0]
	for name, value := range in.Header.All() {
		r.header = append(r.header, http1.Field{Name: name, Value: value})
	}
	return supabase.Request{
		Method: methodOf(c),
		Path:   strings.TrimPrefix(lent(in.URI().PathOriginal()), prefix),
		Query:  lent(in.URI().QueryString()),
		Header: r.header,
		Caller: callerOf(c),
	}
}

// passAnswer writes the answer as it came. Headers that earlier middleware
// set stay, but for those that the answer has too.
func passAnswer(c *fiber.Ctx, answer *supabase.Answer) error {
	out := c.Response()
	if c.Method() == http.MethodHead {
		passHeader(c, answer)
		if answer.ContentLength >= 0 {
			out.Header.SetContentLength(int(answer.ContentLength))
		}
		return answer.Close()
	}
	var body []byte
	if answer.ContentLength > heldBack {
		body = *heldBodies.Get().(*[]byte)
	} else {
		body = out.SwapBody(nil) // the response's own will do
	}
	body, complete, err := answer.Append(body[:0], heldBack)
	if err != nil {
		out.SwapBody(body[:0])
		return errors.Join(err, answer.Close())
	}
	passHeader(c, answer)
	if complete {
		out.SwapBody(body)
		return answer.Close()
	}
	answer.Flow()
	out.SetBodyStream(&longBody{answer: answer, buffer: body[:cap(body)], held: body}, int(answer.ContentLength))
	return nil
}

// longBody is what fasthttp writes a long answer from: first what was held of
// it, then the rest through the same buffer.
type longBody struct {
	answer *supabase.Answer
	buffer []byte
	held   []byte
}

func (l *longBody) Read(b []byte) (int, error) {
	if len(l.held) > 0 {
		n := copy(b, l.held)
		l.held = l.held[n:]
		return n, nil
	}
	return l.answer.Read(b)
}

// WriteTo writes pieces as large as the buffer; by Read they would be of 4 kB.
func (l *longBody) WriteTo(w io.Writer) (written int64, err error) {
	for {
		n, fault := w.Write(l.held)
		written += int64(n)
		switch {
		case fault != nil:
			return written, fault
		case errors.Is(err, io.EOF):
			return written, nil
		case err != nil:
			return written, err
		}
		n, err = l.answer.Read(l.buffer)
		l.held = l.buffer[:n]
	}
}

// SupportsBodyWriteTo has fasthttp use WriteTo where it makes chunks, too.
func (l *longBody) SupportsBodyWriteTo() bool { return true }

func (l *longBody) Close() error {
	if buffer := l.buffer; buffer != nil {
		*l = longBody{answer: l.answer}
		heldBodies.Put(&buffer)
	}
	return l.answer.Close()
}

// streamAnswer writes the answer piece by piece, as they come: somebody waits
// for them. When who reads events is gone, or the server stops, they end; a
// client that is still there connects again.
func (s *Server) streamAnswer(c *fiber.Ctx, answer *supabase.Answer, body *requestBody) error {
	if c.Method() == http.MethodHead {
		return passAnswer(c, answer)
	}
	passHeader(c, answer)
	answer.Flow()
	end := func() {}
	if answer.Events() {
		stopped := context.AfterFunc(s.stopping, answer.GiveUp)
		end = func() { stopped() }
		if body.finished() {
			watch(c.Context(), answer.GiveUp)
		}
	}
	out := c.Response()
	out.ImmediateHeaderFlush = true
	out.SetBodyStream(&streamed{answer, closing(func() error { end(); return answer.Close() })}, int(answer.ContentLength))
	return nil
}

// watch calls gone when the client has closed the connection, which is read
// for nothing else any more: it is closed after the answer.
func watch(ctx *fasthttp.RequestCtx, gone func()) {
	ctx.SetConnectionClose()
	conn := ctx.Conn()
	if err := conn.SetReadDeadline(time.Time{}); err != nil {
		return
	}
	go func() {
		_, _ = io.Copy(io.Discard, conn)
		gone()
	}()
}

// passHeader writes the answer's status and headers.
func passHeader(c *fiber.Ctx, answer *supabase.Answer) {
	c.Status(answer.Status)
	out := &c.Response().Header
	for field := range answer.ForClient() {
		out.DelBytes(field.Name)
	}
	for field := range answer.ForClient() {
		out.AddBytesKV(field.Name, field.Value)
	}
	if sessionOf(c) != nil { // a cache can't tell from the cookie, as from Authorization, that it is for one user
		out.Set(fiber.HeaderCacheControl, "private, no-cache")
		c.Vary(fiber.HeaderAuthorization, fiber.HeaderCookie)
	}
	// PostgREST 12 has two in some errors, of which fasthttp keeps the last.
	if kind := answer.Header.Get(fiber.HeaderContentType); len(kind) > 0 {
		out.SetContentTypeBytes(kind)
	}
}

// closing is a function to be called by Close.
type closing func() error

func (f closing) Close() error { return f() }

// streamed is what fasthttp reads an answer from piece by piece, and closes at
// its end.
type streamed struct {
	io.Reader
	io.Closer
}
