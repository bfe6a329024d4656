package supabase

import (
	"errors"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mysingle/mysingle/bff/http1"
)

func passageTo(base, service string) *Passage {
	u, err := url.Parse(base)
	if err != nil {
		panic(err)
	}
	return NewClient(u, u, "sb_publishable_test", time.Second, 100).NewPassage(service, u)
}

// targetOf is where the request would go: what is sent by http1, which net/http
// sends too.
func targetOf(t *testing.T, p *Passage, r Request) (string, error) {
	t.Helper()
	decoded, err := p.check(&r)
	if err != nil {
		return "", err
	}
	sent := string(p.appendTarget(nil, &r, decoded))
	if other := p.target(&r, decoded).RequestURI(); sent != other {
		t.Errorf("%q by http1, %q by net/http", sent, other)
	}
	return sent, nil
}

func TestTarget(t *testing.T) {
	for _, tt := range []struct {
		Name, Base, Path, Query string
		Want                    string // "" when refused
	}{
		{"table", "http://rest", "/tasks", "", "/tasks"},
		{"below a prefix", "http://gateway:8000/rest/v1", "/tasks", "select=*&limit=1", "/rest/v1/tasks?select=*&limit=1"},
		{"prefix alone", "http://gateway/rest/v1", "", "", "/rest/v1"},
		{"trailing slash", "http://gateway/rest/v1", "/", "", "/rest/v1/"},
		{"encoding stays", "http://rest", "/%EC%9E%91%EC%97%85", "or=(a.eq.%221%22,b.is.null)", "/%EC%9E%91%EC%97%85?or=(a.eq.%221%22,b.is.null)"},
		{"percent sign in a name", "http://storage", "/object/a/100%25.png", "", "/object/a/100%25.png"},
		{"dots in names", "http://storage", "/object/a/..b/c..d/...", "", "/object/a/..b/c..d/..."},
		{"key in the query", "http://rest", "/tasks", "apikey=x&select=*&ApiKey=y&%61pikey=z&a=apikey", "/tasks?select=*&a=apikey"},
		{"looks like a host", "http://rest", "/@evil.test", "", "/@evil.test"},
		{"nothing", "http://rest", "", "a=b", "/?a=b"},
		{"characters that aren't sent", "http://rest/x y", "/a\"b<ü>|%20", "", "/x%20y/a%22b%3C%C3%BC%3E%7C%20"},

		{"dot segment", "http://rest/rest/v1", "/../auth/v1/admin", "", ""},
		{"single dot", "http://rest", "/./tasks", "", ""},
		{"dot segment at the end", "http://rest", "/tasks/..", "", ""},
		{"encoded dots", "http://rest", "/%2e%2e/auth", "", ""},
		{"half encoded dots", "http://rest", "/.%2E/auth", "", ""},
		{"dots encoded twice", "http://rest", "/%252e%252e/auth", "", ""},
		{"dots encoded five times", "http://rest", "/%252525252e%252525252e/auth", "", ""},
		{"dots with parameters", "http://rest", "/..;x=1/auth", "", ""},
		{"encoded slash", "http://rest", "/a%2fb", "", ""},
		{"slash encoded twice", "http://rest", "/a%252Fb", "", ""},
		{"backslash", "http://rest", `/..\auth`, "", ""},
		{"encoded backslash", "http://rest", "/..%5cauth", "", ""},
		{"empty segment", "http://rest", "//tasks", "", ""},
		{"empty segment inside", "http://rest", "/a//b", "", ""},
		{"line break", "http://rest", "/a%0d%0aHost:%20evil", "", ""},
		{"zero byte", "http://rest", "/tasks%00", "", ""},
		{"malformed encoding", "http://rest", "/a%zz", "", ""},
		{"control character in the query", "http://rest", "/tasks", "a=\x01", ""},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			got, err := targetOf(t, passageTo(tt.Base, "PostgREST"), Request{Path: tt.Path, Query: tt.Query})
			if tt.Want == "" {
				if refusal := new(Refusal); !errors.As(err, &refusal) || refusal.Forbidden {
					t.Fatalf("got %v, %v, want a Refusal that isn't Forbidden", got, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got != tt.Want {
				t.Errorf("got %s, want %s", got, tt.Want)
			}
		})
	}
}

func TestAdministrationIsRefused(t *testing.T) {
	for _, path := range []string{
		"/admin", "/admin/", "/admin/users", "/ADMIN/users", "/Admin", "/%61dmin/users", "/%41DMIN/users",
		"/%2561dmin/users", "/admin;x=1/users", "/admin%3bx/users", "/admin%20/users", "//admin/users", "/./admin/users", "/x/../admin",
	} {
		if target, err := targetOf(t, passageTo("http://auth/auth/v1", "Auth"), Request{Path: path}); err == nil {
			t.Errorf("%s leads to %s", path, target)
		}
	}
	for _, path := range []string{"/administrators", "/user/admin", "/token"} {
		if _, err := targetOf(t, passageTo("http://auth/auth/v1", "Auth"), Request{Path: path}); err != nil {
			t.Errorf("%s: got error %v, want none", path, err)
		}
	}
	if _, err := targetOf(t, passageTo("http://rest", "PostgREST"), Request{Path: "/admin"}); err != nil {
		t.Errorf("a table may be called admin: %v", err)
	}
}

func FuzzTarget(f *testing.F) {
	for _, seed := range []string{"/tasks", "/../x", "/%2e%2e/x", "/a%2fb", "/%252e%252e", "/@x", "/a;b", "/%", "//x", `/\x`, "/admin", "/%61dmin", "/:80", "/?x"} {
		f.Add(seed, "apikey=1&a=b")
	}
	f.Fuzz(func(t *testing.T, path, query string) {
		if path != "" && path[0] != '/' || strings.ContainsAny(path, "?#") || strings.Contains(query, "#") {
			return // can't be what follows the prefix
		}
		text, err := targetOf(t, passageTo("http://auth:9999/auth/v1", "Auth"), Request{Path: path, Query: query})
		if err != nil {
			return
		}
		// What goes out must, read again by anybody, stay below the prefix.
		for range 3 {
			again, err := url.ParseRequestURI(text)
			if err != nil {
				return
			}
			clean := again.JoinPath().Path
			if again.Host != "" || !strings.HasPrefix(clean+"/", "/auth/v1/") {
				t.Fatalf("%q leads to %q", path, text)
			}
			if segments := strings.Split(clean, "/"); len(segments) > 3 && strings.EqualFold(segments[3], "admin") {
				t.Fatalf("%q leads to the administration", path)
			}
			if again.Query().Has("apikey") {
				t.Fatalf("%q keeps the key", query)
			}
			text = again.Path
		}
	})
}

func TestHeaders(t *testing.T) {
	sent := http.Header{
		"Accept": {"application/json"}, "Prefer": {"return=representation", "count=exact"}, "Range": {"0-9"},
		"X-Client-Info": {"supabase-js"}, "X-Supabase-Api-Version": {"2024-01-01"}, "If-None-Match": {`"1"`},
		// none of these may pass
		"Cookie": {"session=1"}, "Authorization": {"Bearer x"}, "Apikey": {"sb_secret_x"}, "Host": {"evil.test"},
		"X-Forwarded-For": {"1.2.3.4"}, "Sb-Forwarded-For": {"1.2.3.4"}, "X-Forwarded-Host": {"evil.test"}, "Forwarded": {"for=1.2.3.4"},
		"X-Real-Ip": {"1.2.3.4"}, "Connection": {"keep-alive, if-none-match", "Upgrade"}, "Keep-Alive": {"1"}, "Upgrade": {"websocket"},
		"Transfer-Encoding": {"chunked"}, "Te": {"trailers"}, "Trailer": {"X"}, "Proxy-Authorization": {"Basic x"}, "Expect": {"100-continue"},
		"Content-Length": {"5"}, "X-Request-Id": {"x"}, "X-Http-Method-Override": {"DELETE"}, "X-Original-Url": {"/admin"},
		"Origin": {"https://app.test"}, "Access-Control-Request-Method": {"POST"}, "Access-Control-Request-Headers": {"apikey"}, "Sec-Fetch-Site": {"same-origin"},
	}
	want := []string{"Accept", "Prefer", "Range", "X-Client-Info", "X-Supabase-Api-Version"}
	if got := names(onward(lines(sent))); !slices.Equal(got, want) {
		t.Errorf("to Supabase: %v", got)
	}
	a := &Answer{Header: lines(http.Header{
		"Content-Type": {"application/json"}, "Content-Range": {"0-9/*"}, "Preference-Applied": {"count=exact"}, "Location": {"/tasks?id=eq.1"},
		"Etag": {`"1"`}, "Access-Control-Allow-Origin": {"*"},
		"Set-Cookie": {"a=b"}, "Server": {"postgrest/12"}, "Connection": {"close, etag"}, "Transfer-Encoding": {"chunked"},
		"X-Kong-Upstream-Latency": {"1"}, "Sb-Gateway-Version": {"1"}, "Via": {"kong"}, "X-Powered-By": {"x"}, "Date": {"x"}, "Strict-Transport-Security": {"max-age=1"},
	})}
	want = []string{"Content-Range", "Content-Type", "Location", "Preference-Applied"}
	if got := names(a.ForClient()); !slices.Equal(got, want) {
		t.Errorf("to the client: %v", got)
	}
}

// TestManyHeaders: what a header costs grows with its length and no faster.
func TestManyHeaders(t *testing.T) {
	const lines = 200_000 // if each looked at all others, 10 minutes
	sent := http1.Header{{Name: []byte("Connection"), Value: []byte(strings.Repeat("a,", lines))}}
	for range lines {
		sent = append(sent, http1.Field{Name: []byte("Accept"), Value: []byte("b")})
	}
	began, passed := time.Now(), 0
	for range onward(sent) {
		passed++
	}
	if took := time.Since(began); passed != lines || took > 30*time.Second {
		t.Errorf("got %d lines in %s, want %d in at most 30s", passed, took, lines)
	}
}

func TestHeadersThatMustBeAlone(t *testing.T) {
	for _, name := range []string{"Content-Type", "Content-Profile", "Range", "Upload-Offset"} {
		refusal := new(Refusal)
		if err := checkHeader(lines(http.Header{name: {"a", "b"}})); !errors.As(err, &refusal) || !refusal.Header {
			t.Errorf("%s twice: got error %v, want a Refusal of the header", name, err)
		}
	}
	if err := checkHeader(lines(http.Header{"Prefer": {"a", "b"}, "Range": {"0-1"}, "Cookie": {"a", "b"}})); err != nil {
		t.Error(err)
	}
}

// FuzzHeaders gives headers as a client may write them: what goes on is
// listed, and was not meant for the BFF alone.
func FuzzHeaders(f *testing.F) {
	for _, seed := range []string{
		"Prefer: a\r\nCookie: b", "connection: prefer\r\nPREFER: a", "Connection: close, X-Upsert\r\nx-upsert: true", "Apikey: a\r\naPIKEY: b",
		"Connection:\r\nAccept: */*", "Transfer-Encoding: chunked", "X-Forwarded-For: 1.2.3.4", "Content-Type: a\r\ncontent-type: b", "Range: 0-1\r\nConnection: ,,range ,",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		sent := http.Header{}
		for line := range strings.SplitSeq(text, "\r\n") {
			name, value, _ := strings.Cut(line, ":")
			sent.Add(name, strings.TrimSpace(value))
		}
		types := 0
		for field := range onward(lines(sent)) {
			name := string(field.Name)
			if name == "Content-Type" {
				types++
			}
			if !toSupabase[name] {
				t.Errorf("%q goes on", name)
			}
			for _, named := range sent["Connection"] {
				for part := range strings.SplitSeq(named, ",") {
					if strings.EqualFold(strings.Trim(part, " \t"), name) {
						t.Errorf("%q goes on although Connection names it", name)
					}
				}
			}
		}
		if checkHeader(lines(sent)) == nil && types > 1 {
			t.Error("two content types go on")
		}
	})
}

// lines are the header's, one for each value.
func lines(h http.Header) (all http1.Header) {
	for name, values := range h {
		for _, value := range values {
			all = append(all, http1.Field{Name: []byte(name), Value: []byte(value)})
		}
	}
	return all
}

func names(fields iter.Seq[http1.Field]) []string {
	var all []string
	for field := range fields {
		if name := string(field.Name); !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}
