package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

// webApp is a web app as browsers see it: its pages and the BFF behind one
// origin, with a reverse proxy before both. It keeps what went through.
type webApp struct {
	Own string // the origin
	// Sibling is another origin of the same site, Other one of another site.
	// Both have the pages of somebody hostile.
	Sibling, Other string

	stolen atomic.Int32 // how often a page asked for /app/stolen

	mu       sync.Mutex
	exchange []exchange
}

// exchange is one request of a browser and what the BFF answered.
type exchange struct {
	Method, Path, Site string
	Cookie             bool
	Status             int
	Header             http.Header
	Body               string
}

// names of the hosts, for TLS; the browser takes all of .test for this machine.
const (
	ownHost     = "app.example.test"
	siblingHost = "evil.example.test"
	otherHost   = "evil.test"
)

// mustWebApp starts a web app on the running stack, and the hostile pages.
// Without TLS it is what a developer has: there the own origin and its sibling
// differ in the port.
func mustWebApp(tb testing.TB, secure bool, settings map[string]string) *webApp {
	tb.Helper()
	front, hostile := mustListen(tb), mustListen(tb)
	w := &webApp{Own: "http://" + front.Addr().String(), Sibling: "http://" + hostile.Addr().String()}
	w.Other = strings.Replace(w.Sibling, "127.0.0.1", "localhost", 1)
	if secure {
		at := func(host string, l net.Listener) string {
			_, port, _ := net.SplitHostPort(l.Addr().String())
			return "https://" + net.JoinHostPort(host, port)
		}
		w.Own, w.Sibling, w.Other = at(ownHost, front), at(siblingHost, hostile), at(otherHost, hostile)
	}
	changes := map[string]string{"BFF_PUBLIC_URL": w.Own, "BFF_TRUSTED_PROXIES": "127.0.0.1"}
	for name, value := range settings {
		changes[name] = strings.NewReplacer("{sibling}", w.Sibling, "{other}", w.Other).Replace(value)
	}
	bff := supabasetest.MustURL(tb, mustServe(tb, supabasetest.Config(tb, changes)))
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(bff)
			r.SetXForwarded()
			r.Out.Header.Del("Accept-Encoding") // answers to look into
		},
		ModifyResponse: w.keep,
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/app/", serveWeb)
	mux.HandleFunc("/app/stolen", func(http.ResponseWriter, *http.Request) { w.stolen.Add(1) })
	mux.Handle("/", proxy)
	serveOn(tb, front, secure, mux)
	serveOn(tb, hostile, secure, http.HandlerFunc(serveWeb))
	return w
}

func mustListen(tb testing.TB) net.Listener {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	return listener
}

func serveOn(tb testing.TB, listener net.Listener, secure bool, handler http.Handler) {
	s := httptest.NewUnstartedServer(handler)
	_ = s.Listener.Close()
	s.Listener = listener
	s.Config.ErrorLog = nil
	if secure {
		s.StartTLS()
	} else {
		s.Start()
	}
	tb.Cleanup(s.Close)
}

// serveWeb serves the pages in testdata/web, and supabase-js as it comes from
// npm.
func serveWeb(w http.ResponseWriter, r *http.Request) {
	name := filepath.Join("testdata/web", filepath.Base(r.URL.Path))
	if filepath.Base(name) == "supabase.js" {
		name = filepath.Join(os.Getenv("NODE_MODULES"), "@supabase/supabase-js/dist/umd/supabase.js")
	}
	http.ServeFile(w, r, name)
}

func (w *webApp) keep(resp *http.Response) error {
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	r := resp.Request
	w.mu.Lock()
	defer w.mu.Unlock()
	w.exchange = append(w.exchange, exchange{
		r.Method, r.URL.RequestURI(), r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Cookie") != "",
		resp.StatusCode, resp.Header.Clone(), string(body),
	})
	return nil
}

// exchanges returns what went through since it was last called.
func (w *webApp) exchanges() []exchange {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.exchange
	w.exchange = nil
	return all
}

// chromium is a browser with a profile of its own, which ends with the test.
type chromium struct {
	ctx context.Context
}

// pageTimeout is how long a page may take.
const pageTimeout = 2 * time.Minute

// Tests with one don't run beside others: it takes the processor that those
// need to keep their deadlines.
//
// mustChromium starts a Chromium: CHROME_BIN, or the one that is found.
func mustChromium(t *testing.T) *chromium {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.Flag("host-resolver-rules", "MAP *.test 127.0.0.1"),
		chromedp.IgnoreCertErrors, // httptest's
		chromedp.WSURLReadTimeout(pageTimeout),
	)
	if binary := os.Getenv("CHROME_BIN"); binary != "" {
		options = append(options, chromedp.ExecPath(binary))
	}
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("no browser: install Chromium or Chrome, or say by CHROME_BIN where it is: %v", err)
	}
	return &chromium{ctx}
}

// mustOpen opens a page in the browser's tab.
func (b *chromium) mustOpen(t *testing.T, address string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, pageTimeout)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Navigate(address)); err != nil {
		t.Fatalf("open %s: %v", address, err)
	}
}

// mustSignIn signs in as the web app's page, which must be open, does.
func (b *chromium) mustSignIn(t *testing.T, email string) {
	t.Helper()
	var answer struct {
		Status int
		Body   any
	}
	b.mustRun(t, "ask", &answer, "POST", "/api/v1/session", credentials(email))
	if answer.Status != http.StatusOK {
		t.Fatalf("signing in: %v", answer)
	}
}

func credentials(email string) map[string]string {
	return map[string]string{"email": email, "password": supabasetest.Password}
}

// mustCookies returns the cookies that the browser has for the origin, by
// name.
func (b *chromium) mustCookies(t *testing.T, origin string) map[string]string {
	t.Helper()
	all, err := chromedp.Call(b.ctx, network.GetCookies, network.GetCookiesParams{URLs: []string{origin}})
	if err != nil {
		t.Fatal(err)
	}
	cookies := make(map[string]string)
	for _, c := range all.Cookies {
		cookies[c.Name] = c.Value
	}
	return cookies
}

// mustRun calls an async function in the page, as JavaScript has it, and reads
// what it returns into result, unless that is nil.
func (b *chromium) mustRun(t *testing.T, function string, result any, args ...any) {
	t.Helper()
	text, err := json.Marshal(append([]any{}, args...))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(b.ctx, pageTimeout)
	defer cancel()
	script := "(" + function + ")(..." + string(text) + ").then((result) => result ?? null)"
	answer, err := chromedp.Run(ctx, chromedp.Evaluate[[]byte](script, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("run %s: %v", function, err)
	}
	if result == nil {
		return
	}
	if err := json.Unmarshal(answer, result); err != nil {
		t.Fatalf("%s: %v in %s", function, err, answer)
	}
}
