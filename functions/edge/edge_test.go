package edge_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mysingle/mysingle/functions/edge/deno"
)

// The same program, natively and compiled to WebAssembly under Deno: whatever
// a client can see of them is the same.

// probe is where a probe listens, and what it has logged.
type probe struct {
	url string
	log string // a file
}

var native, wasm probe

func TestMain(m *testing.M) {
	code, err := withProbes(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// withProbes builds and starts both probes around the run.
func withProbes(run func() int) (int, error) {
	folder, err := os.MkdirTemp("", "edge")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(folder)
	build := exec.Command("go", "build", "-o", filepath.Join(folder, "probe"), "./testdata/probe")
	compile := exec.Command("go", "run", "./functions/build", "./functions/edge/testdata/probe")
	compile.Dir = filepath.Join("..", "..")
	for _, cmd := range []*exec.Cmd{build, compile} {
		if out, err := cmd.CombinedOutput(); err != nil {
			return 0, fmt.Errorf("%v: %w\n%s", cmd.Args, err, out)
		}
	}
	for _, one := range []struct {
		probe  *probe
		start  func(string, io.Writer, ...string) (*deno.Function, error)
		script string
	}{
		{&native, deno.StartNative, filepath.Join(folder, "probe")},
		{&wasm, deno.Start, "testdata/probe/index.ts"},
	} {
		log, err := os.CreateTemp(folder, "log")
		if err != nil {
			return 0, err
		}
		defer log.Close()
		f, err := one.start(one.script, log, "PROBE_SAYS=안녕", "PROBE_LONG="+strings.Repeat("x", 20_000))
		if err != nil {
			text, _ := os.ReadFile(log.Name())
			return 0, fmt.Errorf("%w\n%s", err, text)
		}
		defer f.Stop()
		*one.probe = probe{f.URL, log.Name()}
	}
	code := run()
	if code != 0 {
		text, _ := os.ReadFile(wasm.log)
		fmt.Fprintf(os.Stderr, "what the function logged as WebAssembly, at the end:\n%s\n", text[max(0, len(text)-4000):])
	}
	return code, nil
}

// answer is what a client sees, but for what each server adds of its own.
type answer struct {
	Status int
	Header http.Header
	Body   string
}

var client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func (p *probe) mustDo(tb testing.TB, method, path string, header http.Header, body io.Reader) answer {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, p.url+path, body)
	if err != nil {
		tb.Fatalf("http.NewRequestWithContext: %v", err)
	}
	maps.Copy(req.Header, header)
	req.Header.Set("Accept-Encoding", "identity")
	resp, err := client.Do(req)
	if err != nil {
		tb.Fatalf("client.Do: %v", err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		tb.Fatalf("io.ReadAll: %v", err)
	}
	for _, name := range []string{"Date", "Vary"} { // Deno varies by Accept-Encoding
		resp.Header.Del(name)
	}
	if resp.ContentLength < 0 || method == http.MethodHead {
		resp.Header.Del("Content-Length")
	}
	return answer{resp.StatusCode, resp.Header, string(text)}
}

func TestSameAnswers(t *testing.T) {
	// What only the WebAssembly is made of is looked at, so that go test knows
	// when its last result is out of date.
	for _, pattern := range []string{"*_js.go", "*.ts", "../build/*.go"} {
		sources, err := filepath.Glob(pattern)
		if err != nil || len(sources) == 0 {
			t.Fatalf("the sources %s: got %d files (%v), want at least one", pattern, len(sources), err)
		}
		for _, source := range sources {
			if _, err := os.Stat(source); err != nil {
				t.Fatalf("os.Stat: %v", err)
			}
		}
	}
	for _, scenario := range []struct {
		name, method, path string
		header             http.Header
		body               string
	}{
		{name: "a query", method: "GET", path: "/probe/hello?name=%EB%A7%88%EC%9D%B4"},
		{name: "no such path", method: "GET", path: "/probe/nothing"},
		{name: "a path that is cleaned", method: "GET", path: "/probe//hello"},
		{name: "a wrong method", method: "DELETE", path: "/probe/bytes"},
		{name: "HEAD", method: "HEAD", path: "/probe/hello"},
		{name: "OPTIONS", method: "OPTIONS", path: "/probe/echo"},
		{name: "PATCH without a body", method: "PATCH", path: "/probe/echo"},
		{name: "a body in Korean", method: "POST", path: "/probe/echo", body: `{"이름":"해온"}`, header: http.Header{"Content-Type": {"application/json"}}},
		{name: "an empty body", method: "POST", path: "/probe/echo", body: ""},
		{name: "an escaped path", method: "GET", path: "/probe/echo?a=%2F&b=+&c=%ea"},
		{name: "headers in Korean", method: "GET", path: "/probe/echo", header: http.Header{"X-Ko": {"이름"}}},
		{name: "an answer with a header in Korean", method: "GET", path: "/probe/korean"},
		{name: "headers", method: "GET", path: "/probe/echo", header: http.Header{"X-One": {"1"}, "X-Empty": {""}, "Authorization": {"Bearer x.y.z"}, "Cookie": {"a=1; b=2"}}},
		{name: "answers with repeated headers", method: "GET", path: "/probe/headers"},
		{name: "201", method: "GET", path: "/probe/status?code=201"},
		{name: "204", method: "GET", path: "/probe/status?code=204"},
		{name: "304", method: "GET", path: "/probe/status?code=304"},
		{name: "302", method: "GET", path: "/probe/status?code=302"},
		{name: "418", method: "GET", path: "/probe/status?code=418"},
		{name: "503", method: "GET", path: "/probe/status?code=503"},
		{name: "a panic", method: "GET", path: "/probe/panic"},
		{name: "an environment variable", method: "GET", path: "/probe/environment?name=PROBE_SAYS"},
		{name: "a long environment variable", method: "GET", path: "/probe/environment?name=PROBE_LONG"},
		{name: "nothing", method: "GET", path: "/probe/bytes?count=0"},
		{name: "as much as is held back", method: "GET", path: "/probe/bytes?count=65536"},
		{name: "one byte more", method: "GET", path: "/probe/bytes?count=65537"},
		{name: "10 MB", method: "GET", path: "/probe/bytes?count=10000000"},
	} {
		t.Run(scenario.name, func(t *testing.T) {
			t.Parallel()
			body := func() io.Reader { return strings.NewReader(scenario.body) }
			want := native.mustDo(t, scenario.method, scenario.path, scenario.header, body())
			got := wasm.mustDo(t, scenario.method, scenario.path, scenario.header, body())
			if got.Status != want.Status || got.Body != want.Body {
				t.Errorf("natively %d %.300q, as WebAssembly %d %.300q", want.Status, want.Body, got.Status, got.Body)
			}
			if want.Header.Get("Content-Length") == "" {
				got.Header.Del("Content-Length") // short answers have one here
			}
			for _, name := range slices.Sorted(maps.Keys(want.Header)) {
				if !slices.Equal(got.Header[name], want.Header[name]) {
					t.Errorf("%s: natively %q, as WebAssembly %q", name, want.Header[name], got.Header[name])
				}
			}
			for name := range got.Header {
				if _, ok := want.Header[name]; !ok {
					t.Errorf("%s: %q only as WebAssembly", name, got.Header[name])
				}
			}
		})
	}
}

// TestBodies sends bodies that are larger than anything held at once.
func TestBodies(t *testing.T) {
	for _, size := range []int{1, 64 << 10, 64<<10 + 1, 1 << 20, 10 << 20} {
		text := make([]byte, size)
		_, _ = rand.Read(text)
		sum := sha256.Sum256(text)
		want := fmt.Sprintf("%d %s", size, hex.EncodeToString(sum[:]))
		for name, body := range map[string]io.Reader{"with its length": bytes.NewReader(text), "chunked": io.MultiReader(bytes.NewReader(text))} {
			t.Run(fmt.Sprint(size, " ", name), func(t *testing.T) {
				if got := wasm.mustDo(t, "POST", "/probe/digest", nil, body); got.Status != 200 || got.Body != want {
					t.Errorf("the digest: got status %d (%.100s), want 200 (%s)", got.Status, got.Body, want)
				}
			})
		}
		if got := wasm.mustDo(t, "POST", "/probe/mirror", nil, bytes.NewReader(text)); got.Body != string(text) {
			t.Errorf("mirror %d bytes: got %d bytes, want the same ones", size, len(got.Body))
		}
	}
	// One that isn't read at all.
	if got := wasm.mustDo(t, "POST", "/probe/hello", nil, bytes.NewReader(make([]byte, 5<<20))); got.Status != 200 {
		t.Errorf("a body that the handler doesn't read: got status %d (%s), want 200", got.Status, got.Body)
	}
}

// TestEventsAsTheyCome reads each event of a function that sends the next one only when it has been read.
func TestEventsAsTheyCome(t *testing.T) {
	for name, p := range map[string]probe{"native": native, "wasm": wasm} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			lines := p.mustStream(t, ctx, "/probe/ticks")
			for i := range 5 {
				if i > 0 {
					p.mustDo(t, "GET", "/probe/tick", nil, nil)
				}
				if got, want := nextEvent(lines), fmt.Sprint("data: ", i); got != want {
					t.Fatalf("event %d: got %q (%v), want %q", i, got, lines.Err(), want)
				}
			}
			if more := nextEvent(lines); more != "" || lines.Err() != nil {
				t.Errorf("after five events: got %q (%v), want the end", more, lines.Err())
			}
		})
	}
}

// mustStream begins to read an answer, whose lines it returns as they come.
func (p *probe) mustStream(t *testing.T, ctx context.Context, path string) *bufio.Scanner {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, "GET", p.url+path, nil)
	if err != nil {
		t.Fatalf("GET %s: %v", path, err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatalf("GET %s: %v", path, err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return bufio.NewScanner(resp.Body)
}

// nextEvent is the next line with data, "" at the end.
func nextEvent(lines *bufio.Scanner) string {
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "data: ") {
			return lines.Text()
		}
	}
	return ""
}

// TestClientLeaves ends the request's context, before an answer and within it.
func TestClientLeaves(t *testing.T) {
	for name, p := range map[string]probe{"native": native, "wasm": wasm} {
		for path, leave := range map[string]func(*testing.T){
			"/probe/wait": func(t *testing.T) {
				before := p.mustDo(t, "GET", "/probe/waiting", nil, nil).Body
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				req, err := http.NewRequestWithContext(ctx, "GET", p.url+"/probe/wait", nil)
				if err != nil {
					t.Fatalf("GET /probe/wait: %v", err)
				}
				answered := make(chan error, 1)
				go func() {
					resp, err := client.Do(req)
					if err == nil {
						resp.Body.Close()
					}
					answered <- err
				}()
				mustChange(t, "the handler to begin", before, func() string { return p.mustDo(t, "GET", "/probe/waiting", nil, nil).Body })
				cancel()
				if err := <-answered; !errors.Is(err, context.Canceled) {
					t.Errorf("the canceled request: got error %v, want %v", err, context.Canceled)
				}
			},
			"/probe/ticks": func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if got := nextEvent(p.mustStream(t, ctx, "/probe/ticks")); got != "data: 0" {
					t.Errorf("the first event: got %q, want data: 0", got)
				}
			},
		} {
			t.Run(name+path, func(t *testing.T) {
				before := p.mustDo(t, "GET", "/probe/gone", nil, nil).Body
				leave(t)
				mustChange(t, "the function to notice", before, func() string { return p.mustDo(t, "GET", "/probe/gone", nil, nil).Body })
			})
		}
	}
}

// mustChange waits until the answer is another one than before.
func mustChange(t *testing.T, what, before string, answer func() string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); answer() == before; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited a minute in vain for %s: it is still %q", what, before)
		}
	}
}

// TestPanicsAndEnds shows that neither a panic, nor the end of the program
// itself, takes the function away.
func TestPanicsAndEnds(t *testing.T) {
	for name, p := range map[string]probe{"native": native, "wasm": wasm} {
		resp, err := client.Get(p.url + "/probe/late-panic")
		if err != nil {
			t.Fatalf("%s: GET /probe/late-panic: got error %v, want the beginning of an answer", name, err)
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err == nil {
			t.Errorf("%s: a panic within the answer: got %q and no error, want a broken answer", name, text)
		}
		if got := p.mustDo(t, "GET", "/probe/panic", nil, nil); got.Status != 500 || strings.Contains(got.Body, "purpose") || !strings.Contains(got.Body, `"code":"internal"`) {
			t.Errorf("%s: a panic before the answer: got status %d (%s), want 500 with the code internal alone",
				name, got.Status, got.Body)
		}
		if log := p.mustLog(t); strings.Count(log, `"fault":"on purpose"`) == 0 || !strings.Contains(log, "main.go") {
			t.Errorf("%s: the log: got no panic with its stack, want one: %s", name, log)
		}
	}
	if got := wasm.mustDo(t, "GET", "/probe/exit", nil, nil); got.Status != 500 {
		t.Errorf("the end of the program: got status %d (%s), want 500", got.Status, got.Body)
	}
	if got := wasm.mustDo(t, "GET", "/probe/hello", nil, nil); got.Status != 200 {
		t.Errorf("a call after the end of the program: got status %d (%s), want 200", got.Status, got.Body)
	}
	// An answer that HTTP hasn't got ends the handler, which would wait for ever.
	before := wasm.mustDo(t, "GET", "/probe/gone", nil, nil).Body
	if got := wasm.mustDo(t, "GET", "/probe/bad-header", nil, nil); got.Status != 500 {
		t.Errorf("an answer with a bad header: got status %d (%s), want 500", got.Status, got.Body)
	}
	if after := wasm.mustDo(t, "GET", "/probe/gone", nil, nil).Body; after == before {
		t.Errorf("handlers that have ended: got %s as before the bad header, want one more", after)
	}
	if got := wasm.mustDo(t, "GET", "/probe/status?code=99", nil, nil); got.Status != 200 { // dropped, as what precedes an answer
		t.Errorf("an answer of status 99: got status %d (%s), want 200", got.Status, got.Body)
	}
	if got := wasm.mustDo(t, "GET", "/probe/status?code=700", nil, nil); got.Status != 500 {
		t.Errorf("an answer of status 700: got status %d (%s), want 500", got.Status, got.Body)
	}
}

func TestLogs(t *testing.T) {
	for name, p := range map[string]probe{"native": native, "wasm": wasm} {
		p.mustDo(t, "GET", "/probe/log", nil, nil)
		log := p.mustLog(t)
		for _, want := range []string{
			`"level":"INFO","msg":"an info","part":"probe","g":{"n":1}}`,
			`"level":"WARN","msg":"a warning","part":"probe","g":{"n":2}}`,
			`"level":"ERROR","msg":"an error","part":"probe","g":{"n":3}}`,
		} {
			if !strings.Contains(log, want) {
				t.Errorf("%s: the log: got no %s, want it: %s", name, want, log)
			}
		}
	}
}

func (p *probe) mustLog(tb testing.TB) string {
	tb.Helper()
	text, err := os.ReadFile(p.log)
	if err != nil {
		tb.Fatalf("os.ReadFile: %v", err)
	}
	return string(text)
}

// TestManyAtOnce has 200 requests under way in one instance, those that read
// bodies, stream answers and panic among them.
func TestManyAtOnce(t *testing.T) {
	text := bytes.Repeat([]byte("0123456789"), 30_000)
	sum := sha256.Sum256(text)
	digest := fmt.Sprintf("%d %s", len(text), hex.EncodeToString(sum[:]))
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			switch i % 5 {
			case 0:
				if got := wasm.mustDo(t, "GET", fmt.Sprint("/probe/hello?name=", i), nil, nil); !strings.Contains(got.Body, fmt.Sprintf(`"hello":"%d"`, i)) {
					t.Errorf("request %d, a query: got status %d (%s), want the name %d in it",
						i, got.Status, got.Body, i)
				}
			case 1:
				if got := wasm.mustDo(t, "POST", "/probe/digest", nil, bytes.NewReader(text)); got.Body != digest {
					t.Errorf("request %d, a digest: got status %d (%s), want %s", i, got.Status, got.Body, digest)
				}
			case 2:
				if got := wasm.mustDo(t, "GET", "/probe/bytes?count=300000", nil, nil); len(got.Body) != 300_000 {
					t.Errorf("request %d: got status %d and %d bytes, want 300000 bytes",
						i, got.Status, len(got.Body))
				}
			case 3:
				if got := wasm.mustDo(t, "GET", "/probe/panic", nil, nil); got.Status != 500 {
					t.Errorf("request %d, a panic: got status %d (%s), want 500", i, got.Status, got.Body)
				}
			case 4:
				if got := wasm.mustDo(t, "GET", "/probe/ticks?alone=true", nil, nil); strings.Count(got.Body, "data: ") != 5 {
					t.Errorf("request %d, a stream: got %q, want 5 events", i, got.Body)
				}
			}
		})
	}
	all.Wait()
}
