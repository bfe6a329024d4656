package http1

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// pieces is a connection that brings the bytes a few at a time, and then ends
// with the error.
type pieces struct {
	net.Conn
	bytes []byte
	size  int
	end   error
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.bytes) == 0 {
		return 0, p.end
	}
	n := copy(b[:min(len(b), p.size)], p.bytes)
	p.bytes = p.bytes[n:]
	return n, nil
}

func (p *pieces) Write(b []byte) (int, error)      { return len(b), nil }
func (p *pieces) SetDeadline(time.Time) error      { return nil }
func (p *pieces) SetReadDeadline(time.Time) error  { return nil }
func (p *pieces) SetWriteDeadline(time.Time) error { return nil }
func (p *pieces) Close() error                     { return nil }

// read reads an answer that comes in pieces of the size, into buffers of the
// other size, and reports whether its connection would be used again.
func read(method, text string, size, buffer int, end error) (resp *Response, header http.Header, body []byte, again bool, err error) {
	used, _ := newConn(&pieces{bytes: []byte(text), size: size, end: end})
	resp = &Response{}
	client := New("nobody")
	resp.begin(client, used)
	if err := used.exchange(&Request{Method: method, Target: []byte("/"), Host: "h"}, resp); err != nil {
		return resp, nil, nil, false, err
	}
	header = http.Header{}
	p := make([]byte, buffer)
	for err == nil {
		var n int
		n, err = resp.Read(p)
		body = append(body, p[:n]...)
	}
	for _, field := range resp.Header { // after the body, which must not have touched it
		header.Add(string(field.Name), string(field.Value))
	}
	if err == io.EOF {
		err = nil
	}
	_ = resp.Close()
	again = len(client.idle) == 1
	client.Close()
	return resp, header, body, again, err
}

const (
	ok      = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	chunked = ok + "Transfer-Encoding: chunked\r\n\r\n"
)

func TestAnswers(t *testing.T) {
	long := strings.Repeat("0123456789abcdef", 10_000)
	for _, tt := range []struct {
		Name, Method, Text string
		Status             int
		Body               string
		Again              bool
	}{
		{"length", "GET", ok + "Content-Length: 3\r\n\r\nabc", 200, "abc", true},
		{"empty", "GET", ok + "Content-Length: 0\r\n\r\n", 200, "", true},
		{"long", "GET", ok + "Content-Length: 160000\r\n\r\n" + long, 200, long, true},
		{"chunks", "GET", chunked + "3\r\nabc\r\nA;x=\"y\"\r\n0123456789\r\n0\r\n\r\n", 200, "abc0123456789", true},
		{"long chunks", "GET", chunked + "27100\r\n" + long + "\r\n0\r\n\r\n", 200, long, true},
		{"trailers", "GET", chunked + "3\r\nabc\r\n0\r\nX-Sum: 1\r\nY: 2\r\n\r\n", 200, "abc", true},
		{"until it closes", "GET", ok + "\r\nabc", 200, "abc", false},
		{"to close", "GET", ok + "Connection: x, Close\r\nContent-Length: 3\r\n\r\nabc", 200, "abc", false},
		{"HTTP/1.0", "GET", "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc", 200, "abc", false},
		{"HEAD", "HEAD", ok + "Content-Length: 3\r\n\r\n", 200, "", true},
		{"HEAD of chunks", "HEAD", chunked, 200, "", true},
		{"no content", "GET", "HTTP/1.1 204 No Content\r\n\r\n", 204, "", true},
		{"not modified", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n", 304, "", true},
		{"no reason", "GET", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", 200, "", true},
		{"interim", "GET", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + ok + "Content-Length: 3\r\n\r\nabc", 200, "abc", true},
		{"more than the answer", "GET", ok + "Content-Length: 3\r\n\r\nabcHTTP/1.1 200 OK\r\n\r\n", 200, "abc", false},
		{"a body that isn't one", "GET", "HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\nabc", 204, "", false},
		{"long head", "GET", ok + "X: " + long[:60_000] + "\r\nContent-Length: 3\r\n\r\nabc", 200, "abc", true},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			for _, size := range []int{1, 7, 4096, 1 << 20} {
				for _, buffer := range []int{1, 13, 1 << 10, 64 << 10} {
					if len(tt.Text) > 10_000 && size*buffer < 10_000 {
						continue
					}
					resp, _, body, again, err := read(tt.Method, tt.Text, size, buffer, io.EOF)
					// What is too much is seen at once, or when the connection is to be used again.
					if strings.Contains(tt.Name, "isn't") || strings.Contains(tt.Name, "more") {
						again = again && size > 4000
					}
					if err != nil || resp.Status != tt.Status || string(body) != tt.Body || again != tt.Again {
						t.Fatalf("by %d into %d: %d, %d bytes, again %v, %v", size, buffer, resp.Status, len(body), again, err)
					}
				}
			}
		})
	}
}

func TestHeaderOfAnAnswer(t *testing.T) {
	_, header, _, _, err := read("GET", "HTTP/1.1 200 OK\r\ncontent-TYPE:text/html \t\r\nX-a:\r\nX-A: 2\r\nContent-Length: 1\r\n\r\nx", 3, 9, io.EOF)
	if err != nil || header.Get("Content-Type") != "text/html" || strings.Join(header["X-A"], ",") != ",2" {
		t.Errorf("got the header %v, %v, want Content-Type text/html and two lines of X-A", header, err)
	}
}

// malformed are answers that must not be taken for whole ones.
var malformed = map[string]string{
	"nothing":                "",
	"half a status line":     "HTTP/1.1 2",
	"no HTTP":                "\x00\x01 not http\r\n\r\n",
	"HTTP/2":                 "HTTP/2.0 200 OK\r\n\r\n",
	"no status":              "HTTP/1.1 OK\r\n\r\n",
	"four digits":            "HTTP/1.1 2000 OK\r\n\r\n",
	"status 0":               "HTTP/1.1 000 OK\r\n\r\n",
	"half the head":          ok,
	"bare line feeds":        "HTTP/1.1 200 OK\nContent-Length: 3\n\nabc",
	"a bare line feed":       "HTTP/1.1 200 OK\r\nX: a\nContent-Length: 3\r\n\r\nabc",
	"a bare return":          "HTTP/1.1 200 OK\r\nX: a\rContent-Length: 3\r\n\r\nabc",
	"folded":                 ok + "X: a\r\n b\r\nContent-Length: 3\r\n\r\nabc",
	"space before the colon": ok + "Content-Length : 3\r\n\r\nabc",
	"no name":                ok + ": x\r\n\r\n",
	"no colon":               ok + "X\r\n\r\n",
	"NUL":                    ok + "X: a\x00b\r\n\r\n",
	"two lengths":            ok + "Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde",
	"a list of lengths":      ok + "Content-Length: 3, 3\r\n\r\nabc",
	"negative length":        ok + "Content-Length: -3\r\n\r\nabc",
	"signed length":          ok + "Content-Length: +3\r\n\r\nabc",
	"hexadecimal length":     ok + "Content-Length: 0x3\r\n\r\nabc",
	"no length":              ok + "Content-Length:\r\n\r\n",
	"endless length":         ok + "Content-Length: 99999999999999999999\r\n\r\nabc",
	"length and chunks":      ok + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	"gzip, chunked":          ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
	"identity":               ok + "Transfer-Encoding: identity\r\n\r\nabc",
	"chunked twice":          ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	"chunks of HTTP/1.0":     "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	"body cut":               ok + "Content-Length: 100\r\n\r\nabc",
	"chunks cut":             chunked + "3\r\nabc\r\n",
	"cut in a chunk":         chunked + "ff\r\nabc",
	"cut after a chunk":      chunked + "3\r\nabc",
	"cut after the last":     chunked + "3\r\nabc\r\n0\r\n",
	"cut in a trailer":       chunked + "3\r\nabc\r\n0\r\nX: y\r\n",
	"no hexadecimal":         chunked + "zz\r\n",
	"no size":                chunked + "\r\nabc\r\n",
	"signed size":            chunked + "+3\r\nabc\r\n0\r\n\r\n",
	"endless size":           chunked + "fffffffffffffffff\r\nabc\r\n0\r\n\r\n",
	"longer than its size":   chunked + "3\r\nabcd\r\n0\r\n\r\n",
	"size without return":    chunked + "3\nabc\r\n0\r\n\r\n",
	"endless line":           chunked + strings.Repeat("1", 10<<10),
	"bad trailer":            chunked + "0\r\nno trailer\r\n\r\n",
	"endless trailers":       chunked + "0\r\n" + strings.Repeat("X: y\r\n", 1000) + "\r\n",
	"another protocol":       "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
	"nothing but interim":    strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 20),
	"endless head":           ok + "X: " + strings.Repeat("x", 1<<20),
	"endless lines":          ok + strings.Repeat("X: x\r\n", 1<<15),
}

func TestMalformedAnswers(t *testing.T) {
	for name, text := range malformed {
		t.Run(name, func(t *testing.T) {
			for _, size := range []int{1, 5, 4096, 1 << 20} {
				if len(text) > 100_000 && size < 100 {
					continue
				}
				if resp, _, body, again, err := read("GET", text, size, 64, io.EOF); err == nil || again {
					t.Fatalf("by %d: %d %q, again %v", size, resp.Status, body, again)
				}
			}
		})
	}
}

// TestABreakIsNoEnd: where the connection's end is the body's, a reset isn't.
func TestABreakIsNoEnd(t *testing.T) {
	broken := errors.New("connection reset by peer")
	for _, text := range []string{ok + "\r\nabc", ok + "Content-Length: 5\r\n\r\nabc", chunked + "3\r\nabc\r\n"} {
		if _, _, _, again, err := read("GET", text, 4, 64, broken); !errors.Is(err, broken) || again {
			t.Errorf("%q: got error %v, used again %t, want %v and false", text, err, again, broken)
		}
	}
}

// FuzzAnswers holds what is read against net/http: whatever is accepted here,
// net/http reads in the same way, however it comes.
func FuzzAnswers(f *testing.F) {
	for _, text := range malformed {
		if len(text) < 10_000 {
			f.Add(text, false, uint16(3), uint16(5))
		}
	}
	f.Add(ok+"Content-Length: 3\r\n\r\nabc", true, uint16(1), uint16(1))
	f.Add(chunked+"3;x\r\nabc\r\n0\r\nX: y\r\n\r\n", false, uint16(2), uint16(9))
	f.Add("HTTP/1.1 100 Continue\r\n\r\n"+ok+"Content-Length: 3\r\n\r\nabc", false, uint16(4), uint16(2))
	f.Fuzz(func(t *testing.T, text string, head bool, size, buffer uint16) {
		method := "GET"
		if head {
			method = "HEAD"
		}
		resp, header, body, again, err := read(method, text, int(size)+1, int(buffer)+1, io.EOF)
		if err != nil {
			return
		}
		r := bufio.NewReader(strings.NewReader(text))
		var want *http.Response
		for {
			if want, err = http.ReadResponse(r, &http.Request{Method: method}); err != nil {
				t.Fatalf("net/http: %v in %q, here %d", err, text, resp.Status)
			}
			if want.StatusCode >= 200 {
				break
			}
		}
		wanted, err := io.ReadAll(want.Body)
		if err != nil {
			t.Fatalf("net/http: %v in the body of %q", err, text)
		}
		if resp.Status != want.StatusCode || !bytes.Equal(body, wanted) {
			t.Fatalf("%d %q, in net/http %d %q", resp.Status, body, want.StatusCode, wanted)
		}
		if again && want.Close {
			t.Errorf("%q: the connection would be used again", text)
		}
		for name, values := range want.Header {
			if got := header[name]; strings.Join(got, "|") != strings.Join(values, "|") {
				t.Errorf("%s: %q, in net/http %q", name, got, values)
			}
		}
	})
}
