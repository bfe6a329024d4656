package server

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/gofiber/fiber/v2"

	"github.com/mysingle/mysingle/bff/supabase"
)

// heldBack is up to how many bytes of an answer are read before its first one
// is passed on. An answer that breaks off within them becomes a 502; a longer
// one can only be cut off, which the client sees as a broken connection.
const heldBack = 256 << 10

// copyBuffers are for moving bodies; io.Copy would make one each time.
var copyBuffers = sync.Pool{New: func() any { b := make([]byte, 32<<10); return &b }}

// pass registers the passage of one of Supabase's own paths.
func (s *Server) pass(service, prefix string, base *url.URL) {
	passage := s.client.NewPassage(service, base)
	s.app.All(prefix+"/*", s.authenticate, func(c *fiber.Ctx) error {
		body := &requestBody{server: s, c: c}
		defer body.release()
		request := requestToPass(c, prefix)
		request.Body = func() ([]byte, error) {
			text, err := body.read()
			if err == nil && service == "PostgREST" {
				err = checkWrite(request, text)
			}
			return text, err
		}
		answer, err := passage.Do(c.UserContext(), request)
		if err != nil {
			return err
		}
		return passAnswer(c, answer)
	})
}

// requestToPass copies everything but the body out of the request: its
// buffers belong to fasthttp, and a connection may still read them after the
// answer has come.
func requestToPass(c *fiber.Ctx, prefix string) supabase.Request {
	in := c.Request()
	header := make(http.Header, in.Header.Len())
	for name, value := range in.Header.All() {
		header.Add(string(name), string(value))
	}
	return supabase.Request{
		Method: string(in.Header.Method()),
		Path:   strings.TrimPrefix(string(in.URI().PathOriginal()), prefix),
		Query:  string(in.URI().QueryString()),
		Header: header,
		Caller: callerOf(c),
	}
}

// passAnswer writes the answer as it came. Headers that earlier middleware
// set stay, but for those that the answer has too.
func passAnswer(c *fiber.Ctx, answer *supabase.Answer) error {
	out := c.Response()
	held := c.Method() == http.MethodHead
	if !held {
		buffer := copyBuffers.Get().(*[]byte)
		n, err := io.CopyBuffer(onlyWriter{out.BodyWriter()}, io.LimitReader(answer, heldBack), *buffer)
		copyBuffers.Put(buffer)
		if err != nil {
			out.ResetBody()
			return errors.Join(err, answer.Close())
		}
		held = n < heldBack
	}
	c.Status(answer.Status)
	for name, values := range answer.ForClient() {
		out.Header.Del(name)
		for _, value := range values {
			out.Header.Add(name, value)
		}
	}
	if held {
		if answer.ContentLength >= 0 {
			out.Header.SetContentLength(int(answer.ContentLength)) // of a HEAD; else it is the body's
		}
		return answer.Close()
	}
	answer.Flow()
	start := bytes.Clone(out.Body())
	out.SetBodyStream(&streamed{io.MultiReader(bytes.NewReader(start), answer), answer}, int(answer.ContentLength))
	return nil
}

// onlyWriter hides all but Write, so that io.CopyBuffer uses the buffer.
type onlyWriter struct{ io.Writer }

// streamed is what fasthttp reads a long answer from, and closes at its end.
type streamed struct {
	io.Reader
	io.Closer
}
