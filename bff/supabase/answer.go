package supabase

import (
	"errors"
	"io"
	"iter"
	"mime"
	"net/url"
	"slices"
	"strings"

	"github.com/mysingle/mysingle/bff/http1"
)

// Answer is Supabase's answer to a request passed on.
type Answer struct {
	Status        int
	Header        http1.Header // all of it, until Close; see ForClient
	ContentLength int64        // -1 when unknown

	base   *url.URL
	stream stream
	upload *Upload // nil without one; it may still be under way
}

// stream is where an answer's body comes from.
type stream interface {
	// Read's errors are an answer's.
	io.ReadCloser
	// flow ends the deadline for the answer as a whole and sets one for each
	// Read of it instead.
	flow()
	giveUp()
}

// Flow ends the deadline for the answer as a whole and sets one for each read
// of it instead, for answers too long to be held back. How long the client
// takes between the reads doesn't count.
func (a *Answer) Flow() { a.stream.flow() }

// Events reports whether the answer is a stream of events, each of which
// somebody waits for.
func (a *Answer) Events() bool {
	given := a.Header.Get("Content-Type")
	if len(given) < len("text/event-stream") || given[0]|0x20 != 't' {
		return false // most are JSON
	}
	kind, _, err := mime.ParseMediaType(string(given))
	return err == nil && kind == "text/event-stream"
}

// GiveUp ends the answer for want of a reader. It may be called at any time,
// by anybody.
func (a *Answer) GiveUp() { a.stream.giveUp() }

// Read reads the body. An answer that breaks off, or takes too long, ends in
// a *Failure and never in io.EOF.
func (a *Answer) Read(b []byte) (int, error) { return a.stream.Read(b) }

// Append reads the body behind what b holds, but only limit bytes of it, and
// reports whether that was all. The error is Read's.
func (a *Answer) Append(b []byte, limit int) (_ []byte, complete bool, err error) {
	const atLeast = 512
	end := len(b) + limit
	b = slices.Grow(b, int(min(max(a.ContentLength, atLeast), int64(limit))))
	for len(b) < end {
		if len(b) == cap(b) {
			b = slices.Grow(b, min(len(b), end-len(b)))
		}
		n, err := a.Read(b[len(b):min(cap(b), end)])
		b = b[:len(b)+n]
		if errors.Is(err, io.EOF) {
			return b, true, nil
		}
		if err != nil {
			return b, false, err
		}
	}
	return b, false, nil
}

// Close gives the connection back, or drops it when there is more to read. An
// upload that is still under way ends here.
func (a *Answer) Close() error {
	err := a.stream.Close()
	if a.upload != nil {
		err = errors.Join(err, a.upload.Close())
	}
	return err
}

// ForClient are the answer's header lines that go to the client.
func (a *Answer) ForClient() iter.Seq[http1.Field] { return listed(a.Header, toClient) }

// LocationBelow returns where the answer sends the client, without the
// service's own address, if it is a full address below that: to the client it
// is another one.
func (a *Answer) LocationBelow() (string, bool) {
	given := a.Header.Get("Location")
	if given == nil {
		return "", false
	}
	location, err := url.Parse(string(given))
	if err != nil || location.Host != a.base.Host {
		return "", false
	}
	rest, ok := strings.CutPrefix(location.RequestURI(), a.base.EscapedPath()+"/")
	return "/" + rest, ok
}
