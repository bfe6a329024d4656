package server_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

// mustService starts a BFF whose Functions and Storage are the handler.
func mustService(t *testing.T, changes map[string]string, handler http.HandlerFunc) string {
	t.Helper()
	upstream := httptest.NewServer(handler)
	t.Cleanup(upstream.Close)
	settings := map[string]string{"SUPABASE_FUNCTIONS_URL": upstream.URL + "/functions", "SUPABASE_STORAGE_URL": upstream.URL + "/storage"}
	for name, value := range changes {
		settings[name] = value
	}
	return mustServe(t, supabasetest.Config(t, settings))
}

// pattern is endless and has no two pieces alike, so that a piece that is
// lost, doubled or in another's place shows.
type pattern struct{ at, key uint64 }

func (p *pattern) Read(b []byte) (int, error) {
	for i := range b {
		p.at++
		b[i] = byte((p.at ^ p.key) * 0x9e3779b97f4a7c15 >> 56)
	}
	return len(b), nil
}

func patternOf(key uint64, size int64) io.Reader { return io.LimitReader(&pattern{key: key}, size) }

func sumOf(r io.Reader) (string, error) {
	sum := sha256.New()
	_, err := io.Copy(sum, r)
	return fmt.Sprintf("%x", sum.Sum(nil)), err
}

// TestLargeBodies_alone uploads and downloads 200 MB several times at once, with and
// without a length. Each must arrive as it was sent, and the memory of the
// BFF, the client and the service together must stay what it is.
func TestLargeBodies_alone(t *testing.T) {
	const size = 200 << 20
	want, err := sumOf(patternOf(1, size))
	if err != nil {
		t.Fatal(err)
	}
	bff := mustService(t, map[string]string{"BFF_UPLOAD_LIMIT": fmt.Sprint(size)}, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			sum, err := sumOf(r.Body)
			_, _ = fmt.Fprintf(w, "%d %s %v", r.ContentLength, sum, err)
			return
		}
		if r.URL.Query().Has("length") {
			w.Header().Set("Content-Length", fmt.Sprint(size))
		}
		_, _ = io.Copy(w, patternOf(1, size))
	})
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	var highest atomic.Uint64
	done, watched := make(chan bool), make(chan bool)
	go func() {
		defer close(watched)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				runtime.ReadMemStats(&now)
				highest.Store(max(highest.Load(), now.HeapInuse+now.StackInuse))
			}
		}
	}()
	var all sync.WaitGroup
	for _, length := range []int64{size, -1} {
		all.Go(func() {
			req, err := http.NewRequest("POST", bff+"/storage/v1/object/files/large", patternOf(1, size))
			if err != nil {
				t.Error(err)
				return
			}
			req.ContentLength = length
			resp, err := http.DefaultTransport.RoundTrip(req)
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			text, err := io.ReadAll(resp.Body)
			if got := fmt.Sprintf("%d %s <nil>", length, want); err != nil || string(text) != got {
				t.Errorf("the upload: got status %d and %q, %v, want %q", resp.StatusCode, text, err, got)
			}
		})
		all.Go(func() {
			resp, err := http.Get(fmt.Sprintf("%s/storage/v1/object/files/large?%s", bff, map[bool]string{true: "length"}[length > 0]))
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			if sum, err := sumOf(resp.Body); err != nil || sum != want || resp.ContentLength != length {
				t.Errorf("the download: got the sum %s of %d bytes, %v, want %s of %d", sum, resp.ContentLength, err, want, length)
			}
		})
	}
	all.Wait()
	close(done)
	<-watched
	grown := (int64(highest.Load()) - int64(before.HeapInuse+before.StackInuse)) >> 20
	t.Logf("4 × 200 MB at once took %d MB more than none", grown)
	if grown > 48 {
		t.Errorf("memory in use: got %d MB more, want at most 48", grown)
	}
}

// TestABrokenUploadIsNeverComplete ends uploads in every way in which they can
// end too soon. The service must get an error, and the client an answer.
func TestABrokenUploadIsNeverComplete(t *testing.T) {
	t.Parallel()
	var complete atomic.Int64
	ended := make(chan bool, 100)
	bff := mustService(t, map[string]string{"BFF_UPLOAD_LIMIT": "1048576"}, func(_ http.ResponseWriter, r *http.Request) {
		if n, err := io.Copy(io.Discard, r.Body); err == nil {
			complete.Add(n)
		}
		ended <- true
	})
	piece := strings.Repeat("x", 100<<10)
	chunk := fmt.Sprintf("%x\r\n%s\r\n", len(piece), piece)
	for _, tt := range []struct {
		Name, Request string
		Status        int
	}{
		{"ends early", "Content-Length: 300000\r\n\r\n" + piece, 400},
		{"a byte short", "Content-Length: 102401\r\n\r\n" + piece, 400},
		{"ends inside a chunk", "Transfer-Encoding: chunked\r\n\r\n" + chunk + "ffff\r\nabc", 400},
		{"ends between chunks", "Transfer-Encoding: chunked\r\n\r\n" + chunk + chunk, 400},
		{"ends inside a chunk's size", "Transfer-Encoding: chunked\r\n\r\n" + chunk + "ff", 400},
		{"ends before the last line", "Transfer-Encoding: chunked\r\n\r\n" + chunk + "0\r\n", 400},
		{"malformed chunk", "Transfer-Encoding: chunked\r\n\r\n" + chunk + "zz\r\n", 400},
		{"too much", "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat(chunk, 11) + "0\r\n\r\n", 413},
	} {
		for _, path := range []string{"/storage/v1/object/files/x", "/functions/v1/take"} {
			t.Run(tt.Name+path, func(t *testing.T) {
				c := mustDial(t, bff, "POST "+path+" HTTP/1.1\r\nHost: bff\r\n"+tt.Request)
				if err := c.(*net.TCPConn).CloseWrite(); err != nil {
					t.Fatal(err)
				}
				mustProblem(t, mustReadRaw(t, c), tt.Status)
				select {
				case <-ended:
				case <-time.After(time.Minute):
					t.Error("the service still waits for the upload after 1m")
				}
			})
		}
	}
	t.Run("gone without a word", func(t *testing.T) {
		c := mustDial(t, bff, "POST /storage/v1/object/files/x HTTP/1.1\r\nHost: bff\r\nTransfer-Encoding: chunked\r\n\r\n"+chunk)
		_ = c.(*net.TCPConn).SetLinger(0)
		_ = c.Close()
		<-ended
	})
	t.Run("announced too large", func(t *testing.T) {
		mustProblem(t, mustSendRaw(t, bff, "POST /storage/v1/object/files/x HTTP/1.1\r\nHost: bff\r\nContent-Length: 1048577\r\n\r\n"+strings.Repeat("x", 16<<10)), 413)
	})
	if n := complete.Load(); n != 0 {
		t.Errorf("the service took broken uploads for whole ones: %d bytes", n)
	}
	a := mustSend(t, "POST", bff+"/storage/v1/object/files/x", strings.Repeat("x", 1<<20))
	if a.Status != 200 {
		t.Errorf("afterwards: got status %d, want 200: %s", a.Status, a.Body)
	}
}

// TestSlowUploads_slow: one may take its time as long as it moves, and no longer.
func TestSlowUploads_slow(t *testing.T) {
	t.Parallel()
	const timeout = 3 * time.Second
	ended := make(chan error, 1)
	bff := mustService(t, map[string]string{"BFF_CLIENT_TIMEOUT": timeout.String()}, func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		ended <- err
	})
	begin := func(t *testing.T, length int) net.Conn {
		return mustDial(t, bff, fmt.Sprintf("POST /storage/v1/object/files/x HTTP/1.1\r\nHost: bff\r\nContent-Length: %d\r\n\r\n", length)+strings.Repeat("x", 10<<10))
	}
	for name, pause := range map[string]time.Duration{"stalls": time.Hour, "trickles": 50 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			c := begin(t, 200<<10) // the rest would take 10,000 s
			go func() {
				for {
					if _, err := io.WriteString(c, "x"); err != nil {
						return
					}
					time.Sleep(pause)
				}
			}()
			resp, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if took := time.Since(start); resp.StatusCode != 408 || took > time.Minute {
				t.Errorf("got status %d after %s, want 408 within 1m", resp.StatusCode, took)
			}
			if err := <-ended; err == nil {
				t.Error("the service took it for a whole one")
			}
		})
	}
	t.Run("moves", func(t *testing.T) {
		const pieces, pause = 40, timeout / 30
		c := begin(t, 10<<10*(1+pieces))
		for range pieces { // it takes longer than the timeout, which no pause comes near
			time.Sleep(pause)
			if _, err := io.WriteString(c, strings.Repeat("x", 10<<10)); err != nil {
				t.Fatal(err)
			}
		}
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if err := <-ended; resp.StatusCode != 200 || err != nil {
			t.Errorf("got status %d, %v, want 200 and no error", resp.StatusCode, err)
		}
	})
}

// TestAnUploadRefusedEarly: the service answers before it has read everything.
// The client gets the answer, and nobody reads the connection any more.
func TestAnUploadRefusedEarly(t *testing.T) {
	t.Parallel()
	bff := mustService(t, nil, func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no room", http.StatusInsufficientStorage)
	})
	for range 20 {
		c := mustDial(t, bff, "POST /storage/v1/object/files/x HTTP/1.1\r\nHost: bff\r\nContent-Length: 40000000\r\n\r\n"+strings.Repeat("x", 100<<10))
		if a := mustReadRaw(t, c); a.Status != 507 || a.Body != "no room\n" {
			t.Fatalf("got status %d and %q, want 507 and \"no room\\n\"", a.Status, a.Body)
		}
	}
}

// TestAnUploadAndItsAnswerAtOnce: a function that answers each piece as it
// comes.
func TestAnUploadAndItsAnswerAtOnce(t *testing.T) {
	t.Parallel()
	bff := mustService(t, nil, func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		if err := control.EnableFullDuplex(); err != nil {
			t.Error(err)
		}
		piece := make([]byte, 1)
		for {
			if _, err := io.ReadFull(r.Body, piece); err != nil {
				return
			}
			_, _ = w.Write(piece)
			_ = control.Flush()
		}
	})
	c := mustDial(t, bff, "POST /functions/v1/echo HTTP/1.1\r\nHost: bff\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	piece := make([]byte, 1)
	for _, letter := range "abcdefgh" {
		if _, err := io.ReadFull(resp.Body, piece); err != nil || piece[0] != byte(letter) {
			t.Fatalf("%q instead of %q: %v", piece, letter, err)
		}
		if _, err := fmt.Fprintf(c, "1\r\n%c\r\n", letter+1); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := io.WriteString(c, "0\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(resp.Body); err != nil || string(rest) != "i" {
		t.Errorf("the rest of the answer: got %q, %v, want \"i\"", rest, err)
	}
}

// TestKeptAliveAfterAnUpload: what was read to its end leaves the connection
// as it was.
func TestKeptAliveAfterAnUpload(t *testing.T) {
	t.Parallel()
	bff := mustService(t, nil, func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		_, _ = fmt.Fprint(w, n, err)
	})
	c := mustDial(t, bff, "")
	reader := bufio.NewReader(c)
	for i := range 20 {
		body := strings.Repeat("x", 70<<10+i)
		request := fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)
		if i%2 == 0 {
			request = fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(body), body)
		}
		if _, err := io.WriteString(c, "POST /storage/v1/object/files/x HTTP/1.1\r\nHost: bff\r\n"+request); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(reader, nil)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		if want := fmt.Sprint(len(body), nil); err != nil || string(text) != want {
			t.Fatalf("upload %d: %d %s instead of %s, %v", i, resp.StatusCode, text, want, err)
		}
	}
}

// TestEvents reads a function's events, each of which waits until the one
// before has been read.
func TestEvents(t *testing.T) {
	t.Parallel()
	next := make(chan bool)
	gone := make(chan bool, 1)
	bff := mustService(t, nil, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		control := http.NewResponseController(w)
		_ = control.Flush()
		for i := 0; ; i++ {
			select {
			case <-next:
				_, _ = fmt.Fprintf(w, "data: %s %d\n\n", r.Header.Get("Last-Event-Id"), i)
				_ = control.Flush()
			case <-r.Context().Done():
				gone <- true
				return
			}
		}
	})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for _, method := range []string{"GET", "POST"} {
		req, err := http.NewRequestWithContext(ctx, method, bff+"/functions/v1/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Last-Event-Id", "41")
		resp, err := http.DefaultTransport.RoundTrip(req) // before the first event
		if err != nil {
			t.Fatal(err)
		}
		reader := bufio.NewReader(resp.Body)
		for i := range 20 {
			next <- true
			line, err := reader.ReadString('\n')
			if want := fmt.Sprintf("data: 41 %d\n", i); err != nil || line != want {
				t.Fatalf("%q instead of %q, %v", line, want, err)
			}
			if _, err := reader.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
		}
		// Nothing comes any more, and the client leaves: so does the BFF.
		_ = resp.Body.Close()
		select {
		case <-gone:
		case <-time.After(time.Minute):
			t.Fatal("the function still has a reader after 1m")
		}
	}
	// Who is reading when the BFF stops is no reason to wait: then Serve would
	// return an error.
	resp, err := http.Get(bff + "/functions/v1/events")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}()
}

// TestAFunctionsAnswerComesInPieces: without a length it is a stream too.
func TestAFunctionsAnswerComesInPieces(t *testing.T) {
	t.Parallel()
	next := make(chan bool)
	bff := mustService(t, nil, func(w http.ResponseWriter, _ *http.Request) {
		for i := range 5 {
			_, _ = fmt.Fprintf(w, "token %d\n", i)
			_ = http.NewResponseController(w).Flush()
			<-next
		}
	})
	resp, err := http.Get(bff + "/functions/v1/tokens")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	reader := bufio.NewReader(resp.Body)
	for i := range 5 {
		if line, err := reader.ReadString('\n'); err != nil || line != fmt.Sprintf("token %d\n", i) {
			t.Fatalf("piece %d: got %q, %v, want \"token %[1]d\\n\"", i, line, err)
		}
		next <- true
	}
	if _, err := reader.ReadByte(); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}

// TestEachServiceHasItsOwnTimeout: PostgREST's is short, a function's is not.
func TestEachServiceHasItsOwnTimeout(t *testing.T) {
	t.Parallel()
	arrived, others := make(chan struct{}), make(chan struct{})
	upstream := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/functions/") {
			close(arrived)
			<-others
			return
		}
		<-r.Context().Done()
	}))
	t.Cleanup(upstream.Close)
	release := sync.OnceFunc(func() { close(others) })
	t.Cleanup(release)
	bff := mustServe(t, supabasetest.Config(t, map[string]string{
		"SUPABASE_URL": upstream.URL, "BFF_UPSTREAM_TIMEOUT": "200ms", "BFF_FUNCTIONS_TIMEOUT": "5m", "BFF_STORAGE_TIMEOUT": "500ms",
	}))
	function := make(chan string, 1)
	go func() {
		a, err := send("GET", bff+"/functions/v1/x", "")
		function <- fmt.Sprintf("%d %v", a.Status, err)
	}()
	<-arrived
	for _, path := range []string{"/rest/v1/x", "/auth/v1/x", "/storage/v1/x"} { // all time out before the function answers
		if a := mustSend(t, "GET", bff+path, ""); a.Status != 504 {
			t.Errorf("%s: got status %d, want 504: %s", path, a.Status, a.Body)
		}
	}
	release()
	if got := <-function; got != "200 <nil>" {
		t.Errorf("/functions/v1/x: got %s, want 200 <nil>", got)
	}
}

// TestWhereUploadsGo: Storage names the place of an upload by its own full
// address, which to the client is another one.
func TestWhereUploadsGo(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"http://%s/storage/upload/resumable/abc?x=1": "/storage/v1/upload/resumable/abc?x=1",
		"https://%s/storage/upload/a%%2Fb":           "/storage/v1/upload/a%2Fb",
		"http://%s/other/abc":                        "http://%s/other/abc",
		"http://%s/storagex":                         "http://%s/storagex",
		"https://provider.test/%s":                   "https://provider.test/%s",
		"/upload/resumable/%s":                       "/upload/resumable/%s",
	} {
		var host string
		bff := mustService(t, nil, func(w http.ResponseWriter, r *http.Request) {
			host = r.Host
			w.Header().Set("Location", fmt.Sprintf(given, host))
		})
		a := mustSend(t, "POST", bff+"/storage/v1/upload/resumable", "", "Tus-Resumable", "1.0.0")
		if strings.Contains(want, "%s") {
			want = fmt.Sprintf(want, host)
		}
		if got := a.Header.Get("Location"); got != want {
			t.Errorf("%s became %s instead of %s", given, got, want)
		}
	}
}

// TestAnswersPassAsTheyAre: compressed, in part, or not at all.
func TestAnswersPassAsTheyAre(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	if _, err := io.CopyN(writer, &pattern{}, 400<<10); err != nil { // longer than what is held back
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(patternOf(0, 400<<10))
	if err != nil {
		t.Fatal(err)
	}
	bff := mustService(t, nil, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Etag", `"1"`)
		if r.Header.Get("Accept-Encoding") == "gzip" {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(packed.Bytes())
			return
		}
		http.ServeContent(w, r, "file.bin", time.Unix(1_700_000_000, 0), bytes.NewReader(content))
	})
	for _, tt := range []struct {
		Name    string
		Method  string
		Headers []string
		Status  int
		Body    string
		Range   string
	}{
		{"as it is", "GET", nil, 200, string(content), ""},
		{"compressed", "GET", []string{"Accept-Encoding", "gzip"}, 200, packed.String(), ""},
		{"in part", "GET", []string{"Range", "bytes=10-19"}, 206, string(content[10:20]), "bytes 10-19/409600"},
		{"a large part", "GET", []string{"Range", "bytes=1-"}, 206, string(content[1:]), "bytes 1-409599/409600"},
		{"beyond the end", "GET", []string{"Range", "bytes=500000-"}, 416, "invalid range: failed to overlap\n", "bytes */409600"},
		{"not changed", "GET", []string{"If-None-Match", `"1"`}, 304, "", ""},
		{"part of another version", "GET", []string{"Range", "bytes=10-19", "If-Range", `"0"`}, 200, string(content), ""},
		{"its size", "HEAD", nil, 200, "", ""},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			req, err := http.NewRequest(tt.Method, bff+"/storage/v1/object/files/file.bin", nil)
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i < len(tt.Headers); i += 2 {
				req.Header.Set(tt.Headers[i], tt.Headers[i+1])
			}
			resp, err := plain.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != tt.Status || string(body) != tt.Body || resp.Header.Get("Content-Range") != tt.Range {
				t.Errorf("got status %d, %d bytes, Content-Range %q, %v, want %d, %d bytes and %q", resp.StatusCode, len(body), resp.Header.Get("Content-Range"), err, tt.Status, len(tt.Body), tt.Range)
			}
			if tt.Method == "HEAD" && resp.ContentLength != int64(len(content)) {
				t.Errorf("Content-Length: got %d, want %d", resp.ContentLength, len(content))
			}
		})
	}
}
