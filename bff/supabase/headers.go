package supabase

import (
	"bytes"
	"iter"
	"maps"
	"net/http"
	"slices"

	"github.com/mysingle/mysingle/bff/http1"
)

// What passes is listed; what isn't, stays. Not listed on purpose: cookies
// both ways (the browser's session is the BFF's own affair), Authorization
// and apikey (set from what the BFF verified), X-Forwarded-* and their like
// (nobody may speak for a proxy but the BFF), hop-by-hop headers, those of
// CORS (which origins may call here is the BFF's own affair too),
// X-HTTP-Method-Override (the method is what was checked) and Idempotency-Key
// (to net/http it makes any request one to repeat).

// toSupabase are the request headers that Supabase's clients send and its
// services read.
var toSupabase = set(
	"Accept", "Accept-Encoding", "Accept-Language", "Cache-Control",
	"Content-Encoding", "Content-Language", "Content-Type", "User-Agent", "X-Client-Info",
	"If-Match", "If-Modified-Since", "If-None-Match", "If-Range", "If-Unmodified-Since",
	// PostgREST
	"Accept-Profile", "Content-Profile", "Prefer", "Range", "Range-Unit", "X-Retry-Count",
	// Auth; it takes the Referer for the page to return to
	"Referer", "X-Supabase-Api-Version",
	// Functions and Storage
	"Last-Event-Id", "X-Region", "X-Upsert", "X-Metadata", "X-Signature",
	"Tus-Resumable", "Upload-Length", "Upload-Metadata", "Upload-Offset", "Upload-Defer-Length",
	// tracing
	"Baggage", "Traceparent", "Tracestate",
)

// toClient are the response headers that mean something to a client.
var toClient = set(
	"Accept-Ranges", "Allow", "Cache-Control", "Content-Disposition", "Content-Encoding",
	"Content-Language", "Content-Location", "Content-Range", "Content-Type", "Etag", "Expires",
	"Last-Modified", "Link", "Location", "Retry-After", "Vary", "Www-Authenticate",
	// PostgREST
	"Content-Profile", "Preference-Applied", "Proxy-Status", "Range-Unit", "Server-Timing",
	// Auth
	"X-Supabase-Api-Version", "X-Sb-Error-Code", "X-Total-Count",
	// Functions and Storage
	"X-Relay-Error", "X-Region",
	"Tus-Extension", "Tus-Max-Size", "Tus-Resumable", "Tus-Version",
	"Upload-Defer-Length", "Upload-Expires", "Upload-Length", "Upload-Metadata", "Upload-Offset",
)

// once are those of them of which a second one could be read by one server and
// overlooked by the next.
var once = set("Accept-Profile", "Content-Encoding", "Content-Profile", "Content-Type", "Range", "Range-Unit",
	"Tus-Resumable", "Upload-Length", "Upload-Metadata", "Upload-Offset", "X-Upsert")

// checkHeader returns a *Refusal for headers that don't mean one thing.
func checkHeader(h http1.Header) error {
	for i, field := range h {
		if once[string(field.Name)] && slices.ContainsFunc(h[:i], func(f http1.Field) bool { return bytes.Equal(f.Name, field.Name) }) {
			return &Refusal{Header: true, Message: "A header that may be there once is there more than once."}
		}
	}
	return nil
}

// onward are the request's header lines that go to Supabase.
func onward(h http1.Header) iter.Seq[http1.Field] { return listed(h, toSupabase) }

// ClientHeaders are the names of the headers that go to the client.
func ClientHeaders() []string { return slices.Sorted(maps.Keys(toClient)) }

// listed are the lines whose names are, without those that the Connection
// header names.
func listed(h http1.Header, names map[string]bool) iter.Seq[http1.Field] {
	return func(yield func(http1.Field) bool) {
		here := forThisHop(h)
		for _, field := range h {
			if names[string(field.Name)] && !here[string(field.Name)] && !yield(field) {
				return
			}
		}
	}
}

// forThisHop are the names that the Connection header lists (RFC 9110, 7.6.1):
// they were meant for the next hop, which is the BFF. Nearly always it is nil.
func forThisHop(h http1.Header) (names map[string]bool) {
	for _, field := range h {
		if string(field.Name) != "Connection" {
			continue
		}
		for name := range bytes.SplitSeq(field.Value, []byte(",")) {
			name = bytes.Trim(name, " \t")
			if len(name) == 0 || bytes.EqualFold(name, []byte("keep-alive")) || bytes.EqualFold(name, []byte("close")) {
				continue
			}
			if names == nil {
				names = make(map[string]bool)
			}
			names[http.CanonicalHeaderKey(string(name))] = true
		}
	}
	return names
}

func set(names ...string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, name := range names {
		m[http.CanonicalHeaderKey(name)] = true
	}
	return m
}
