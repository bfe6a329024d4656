package supabase

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// What passes is listed; what isn't, stays. Not listed on purpose: cookies
// both ways (the browser's session is the BFF's own affair), Authorization
// and apikey (set from what the BFF verified), X-Forwarded-* and their like
// (nobody may speak for a proxy but the BFF), hop-by-hop headers, and those of
// CORS: which origins may call here is the BFF's own affair too.

// toSupabase are the request headers that Supabase's clients send and its
// services read.
var toSupabase = set(
	"Accept", "Accept-Encoding", "Accept-Language", "Cache-Control",
	"Content-Encoding", "Content-Language", "Content-Type", "User-Agent", "X-Client-Info",
	"If-Match", "If-Modified-Since", "If-None-Match", "If-Range", "If-Unmodified-Since",
	// PostgREST
	"Accept-Profile", "Content-Profile", "Prefer", "Range", "Range-Unit",
	// Auth; it takes the Referer for the page to return to
	"Referer", "X-Supabase-Api-Version",
	// Functions and Storage
	"X-Region", "X-Upsert", "X-Metadata",
	"Tus-Resumable", "Upload-Length", "Upload-Metadata", "Upload-Offset", "Upload-Defer-Length",
)

// toClient are the response headers that mean something to a client.
var toClient = set(
	"Accept-Ranges", "Allow", "Cache-Control", "Content-Disposition", "Content-Encoding",
	"Content-Language", "Content-Location", "Content-Range", "Content-Type", "Etag", "Expires",
	"Last-Modified", "Link", "Location", "Retry-After", "Vary", "Www-Authenticate",
	// PostgREST
	"Content-Profile", "Preference-Applied", "Proxy-Status", "Range-Unit",
	// Auth
	"X-Supabase-Api-Version", "X-Sb-Error-Code", "X-Total-Count",
	// Functions and Storage
	"X-Relay-Error", "X-Region",
	"Tus-Extension", "Tus-Max-Size", "Tus-Resumable", "Tus-Version", "Upload-Length", "Upload-Metadata", "Upload-Offset",
)

// onward returns the request headers that go to Supabase.
func onward(h http.Header) http.Header { return filter(h, toSupabase) }

// ForClient returns the answer's headers that go to the client.
func (a *Answer) ForClient() http.Header { return filter(a.Header, toClient) }

// ClientHeaders are the names of those headers.
func ClientHeaders() []string { return slices.Sorted(maps.Keys(toClient)) }

// filter returns the listed headers, without those that the Connection header
// names: they were meant for the next hop, which is the BFF.
func filter(h http.Header, listed map[string]bool) http.Header {
	kept := make(http.Header, len(h)+5)
	for name, values := range h {
		if listed[name] {
			kept[name] = values
		}
	}
	for _, value := range h["Connection"] {
		for name := range strings.SplitSeq(value, ",") {
			kept.Del(strings.TrimSpace(name))
		}
	}
	return kept
}

func set(names ...string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, name := range names {
		m[http.CanonicalHeaderKey(name)] = true
	}
	return m
}
