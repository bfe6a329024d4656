package notify

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// sesame is in every target, secret and answer of the tests, and may be in no
// failure.
const sesame = "sesame"

// shortTimeout is for a sender that must run into it. Other senders have more,
// as the machine may be busy.
const shortTimeout = 500 * time.Millisecond

// senderTimeout is how long a sender takes that waits for what never comes,
// atMost what one takes that doesn't, on a machine that is busy.
const (
	senderTimeout = 5 * time.Minute
	atMost        = time.Minute
)

func localSender(t *testing.T, o Options) *Sender {
	t.Helper()
	o.Local = true
	if o.Timeout == 0 {
		o.Timeout = senderTimeout
	}
	s, err := New(o)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return s
}

// receiver is a server that closes when the test ends, whoever is still there.
func receiver(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Start()
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server
}

func channel(kind Kind, base string) Channel {
	return Channel{kind, base + "/" + sesame + "?key=" + sesame, "whsec_" + strings.Repeat(sesame[:4], 10)}
}

// status answers with it, and with headers given as pairs.
func status(code int, pairs ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(pairs); i += 2 {
			w.Header().Set(pairs[i], pairs[i+1])
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, sesame)
	}
}

// raw answers with bytes, one at a time if slowly, then closes.
func raw(answer string, slowly time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		if slowly == 0 {
			_, _ = io.WriteString(conn, answer)
			return
		}
		for _, b := range []byte(answer) {
			if _, err := conn.Write([]byte{b}); err != nil {
				return
			}
			time.Sleep(slowly)
		}
	}
}

func hang(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

// fault is the failure in a send's error. No part of it may have been shown
// to the sender, or tell where it was sent.
func fault(t *testing.T, err error, secrets ...string) *Failure {
	t.Helper()
	if err == nil {
		return nil
	}
	failure := new(Failure)
	if !errors.As(err, &failure) {
		t.Fatalf("the error: got %T, %v, want a *Failure", err, err)
	}
	text := printed(t, err) + printed(t, *failure) + printed(t, failure.Err)
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		text += printed(t, inner)
	}
	for _, secret := range append(secrets, sesame, strings.Repeat(sesame[:4], 2), "127.0.0.1", "localhost", "://") {
		if secret != "" && strings.Contains(text, secret) {
			t.Errorf("the failure %v shows %q", failure, secret)
		}
	}
	return failure
}

func TestFaultsOfReceivers(t *testing.T) {
	const permanent, again = true, false
	dated := func(code int, in time.Duration) http.HandlerFunc { // from when it answers
		return func(w http.ResponseWriter, r *http.Request) {
			status(code, "Retry-After", time.Now().Add(in).UTC().Format(http.TimeFormat))(w, r)
		}
	}
	for _, tt := range []struct {
		Name      string
		Kind      Kind
		Handler   http.HandlerFunc
		Code      string // "" if it was sent
		Permanent bool
		After     time.Duration // RetryAfter
	}{
		{"200", Slack, status(200), "", again, 0},
		{"202", Teams, status(202), "", again, 0},
		{"204", Discord, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, "", again, 0},
		{"400", Slack, status(400), "http_400", permanent, 0},
		{"401", Teams, status(401), "http_401", permanent, 0},
		{"403 action_prohibited", Slack, status(403), "http_403", permanent, 0},
		{"404 no_service", Slack, status(404), "no_such_channel", permanent, 0},
		{"410 channel_is_archived", Slack, status(410), "no_such_channel", permanent, 0},
		{"404 of Discord", Discord, status(404), "no_such_channel", permanent, 0},
		{"401 of Discord", Discord, status(401), "no_such_channel", permanent, 0},
		{"404 of Teams", Teams, status(404), "no_such_channel", permanent, 0},
		{"404 of a webhook", Webhook, status(404), "http_404", permanent, 0},
		{"410 of a webhook", Webhook, status(410), "http_410", permanent, 0},
		{"409 of a webhook", Webhook, status(409), "http_409", permanent, 0},
		{"413", Teams, status(413), "too_large", permanent, 0},
		{"418", Webhook, status(418), "http_418", permanent, 0},
		{"408", Webhook, status(408), "http_408", again, 0},
		{"425", Webhook, status(425), "http_425", again, 0},
		{"500", Slack, status(500), "http_500", again, 0},
		{"502", Teams, status(502), "http_502", again, 0},
		{"503 with a date", Webhook, dated(503, 90*time.Second), "http_503", again, 90 * time.Second},
		{"599", Webhook, status(599), "http_599", again, 0},
		{"999", Webhook, status(999), "http_999", again, 0},

		{"429", Slack, status(429), "rate_limited", again, 0},
		{"429 with seconds", Slack, status(429, "Retry-After", "30"), "rate_limited", again, 30 * time.Second},
		{"429 with a date", Teams, dated(429, 10*time.Minute), "rate_limited", again, 10 * time.Minute},
		{"429 with a date that is past", Teams, dated(429, -time.Hour), "rate_limited", again, 0},
		{"429 with garbage", Slack, status(429, "Retry-After", "soon, "+sesame), "rate_limited", again, 0},
		{"429 with a huge number", Slack, status(429, "Retry-After", strings.Repeat("9", 400)), "rate_limited", again, 24 * time.Hour},
		{"429 with a date far off", Slack, status(429, "Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT"), "rate_limited", again, 24 * time.Hour},
		{"429 with less than nothing", Slack, status(429, "Retry-After", "-5"), "rate_limited", again, 0},
		{"429 with no number", Slack, status(429, "Retry-After", "NaN"), "rate_limited", again, 0},
		{"429 of Discord", Discord, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(429)
			_, _ = io.WriteString(w, `{"message": "You are being rate limited.", "retry_after": 64.57, "global": false}`)
		}, "rate_limited", again, 64570 * time.Millisecond},

		{"301", Slack, status(301, "Location", "/elsewhere"), "redirected", permanent, 0},
		{"302", Slack, status(302, "Location", "/elsewhere"), "redirected", permanent, 0},
		{"303", Webhook, status(303, "Location", "/elsewhere"), "redirected", permanent, 0},
		{"307", Discord, status(307, "Location", "/elsewhere"), "redirected", permanent, 0},
		{"308", Teams, status(308, "Location", "http://169.254.169.254/"), "redirected", permanent, 0},
		{"300 without a location", Teams, status(300), "redirected", permanent, 0},

		{"hangs", Slack, hang, "timeout", again, 0},
		{"trickles headers", Slack, raw("HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 500), 20*time.Millisecond), "timeout", again, 0},
		{"interim answers without end", Slack, raw(strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 1000), 0), "connection_failed", again, 0},
		{"trickles the answer", Slack, raw("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"+strings.Repeat("x", 500), time.Millisecond*5), "", again, 0},
		{"trickles the answer of a failure", Slack, raw("HTTP/1.1 500 No\r\nContent-Length: 500\r\n\r\n"+strings.Repeat("x", 500), time.Millisecond*5), "http_500", again, 0},
		{"breaks off", Slack, raw("", 0), "connection_failed", again, 0},
		{"breaks off in the headers", Slack, raw("HTTP/1.1 200 OK\r\nContent-Le", 0), "connection_failed", again, 0},
		{"breaks off in the answer", Slack, raw("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nok", 0), "", again, 0},
		{"breaks off in the answer of a failure", Slack, raw("HTTP/1.1 404 No\r\nContent-Length: 500\r\n\r\nno_ser", 0), "no_such_channel", permanent, 0},
		{"no HTTP", Slack, raw("220 "+sesame+" ESMTP\r\n", 0), "connection_failed", again, 0},
		{"headers without end", Slack, raw("HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 1<<20), 0), "connection_failed", again, 0},
		{"10 MB", Slack, func(w http.ResponseWriter, _ *http.Request) {
			for range 10 {
				if _, err := w.Write(make([]byte, 1<<20)); err != nil {
					return
				}
			}
		}, "", again, 0},
		{"10 MB of a failure", Slack, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(500)
			for range 10 {
				if _, err := w.Write(make([]byte, 1<<20)); err != nil {
					return
				}
			}
		}, "http_500", again, 0},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			t.Parallel()
			server := receiver(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/"+sesame || r.Method != http.MethodPost {
					t.Errorf("the request: got %s %s, want POST /%s", r.Method, r.URL, sesame)
				}
				tt.Handler(w, r)
			})
			options := Options{}
			if tt.Code == "timeout" {
				options.Timeout = shortTimeout
			}
			began := time.Now()
			failure := fault(t, localSender(t, options).Send(t.Context(), channel(tt.Kind, server.URL), messages["digest_ko"]))
			took := time.Since(began)
			if took > atMost {
				t.Errorf("it took %s, want at most %s", took, atMost)
			}
			if failure == nil {
				failure = &Failure{}
			}
			if failure.Code != tt.Code || failure.Permanent != tt.Permanent {
				t.Errorf("got failure %q, permanent %t, want %q, permanent %t",
					failure.Code, failure.Permanent, tt.Code, tt.Permanent)
			}
			earliest := max(0, tt.After-time.Microsecond) // seconds come as floating-point numbers
			if strings.HasSuffix(tt.Name, "with a date") {
				earliest -= took + time.Second // a date has no fraction of a second
			}
			if failure.RetryAfter < earliest || failure.RetryAfter > tt.After {
				t.Errorf("the time until the next try: got %s, want %s to %s", failure.RetryAfter, earliest, tt.After)
			}
		})
	}
}

// TestAnswersAreNotWaitedFor has a sender with all the time in the world: what
// became of the message is known when the body begins.
func TestAnswersAreNotWaitedFor(t *testing.T) {
	for code, want := range map[int]string{200: "", 500: "http_500"} {
		server := receiver(t, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(code)
			_, _ = io.WriteString(w, sesame)
			_ = http.NewResponseController(w).Flush()
			hang(w, r)
		})
		began := time.Now()
		failure := fault(t, localSender(t, Options{}).Send(t.Context(), channel(Slack, server.URL), messages["bare_en"]))
		if (want == "") != (failure == nil) || failure != nil && failure.Code != want {
			t.Errorf("status %d without an end: got failure %v, want %q", code, failure, want)
		}
		if took := time.Since(began); took > atMost {
			t.Errorf("%d took %s, want at most %s", code, took, atMost)
		}
	}
}

func TestNoConnection(t *testing.T) {
	server := receiver(t, status(200))
	address := server.URL
	server.Close()
	if failure := fault(t, localSender(t, Options{}).Send(t.Context(), channel(Slack, address), messages["bare_en"])); failure == nil || failure.Code != "connection_failed" || failure.Permanent {
		t.Errorf("a receiver that is gone: got failure %v, want connection_failed, not permanent", failure)
	}
}

func TestNoSecureConnection(t *testing.T) {
	plain := receiver(t, status(200))
	unknown := httptest.NewUnstartedServer(status(200))
	unknown.Config.ErrorLog = log.New(io.Discard, "", 0)
	unknown.StartTLS()
	defer unknown.Close()
	old := httptest.NewUnstartedServer(status(200))
	old.Config.ErrorLog = log.New(io.Discard, "", 0)
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11}
	old.StartTLS()
	defer old.Close()
	for name, address := range map[string]string{"plain": strings.Replace(plain.URL, "http", "https", 1), "unknown": unknown.URL, "old": old.URL} {
		failure := fault(t, localSender(t, Options{}).Send(t.Context(), channel(Slack, address), messages["bare_en"]))
		if failure == nil || failure.Permanent || failure.Code != "tls_failed" && (name != "old" || failure.Code != "connection_failed") {
			t.Errorf("the receiver %s: got failure %v, want tls_failed (connection_failed if old), not permanent",
				name, failure)
		}
	}
}

func TestCallersContext(t *testing.T) {
	server := receiver(t, hang)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if failure := fault(t, localSender(t, Options{}).Send(ctx, channel(Slack, server.URL), messages["bare_en"])); failure.Code != "canceled" || failure.Permanent || !errors.Is(failure, context.Canceled) {
		t.Errorf("a canceled context: got failure %v, want canceled by %v, not permanent", failure, context.Canceled)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if failure := fault(t, localSender(t, Options{}).Send(ctx, channel(Slack, server.URL), messages["bare_en"])); failure.Code != "timeout" || !errors.Is(failure, context.DeadlineExceeded) {
		t.Errorf("a context with a deadline: got failure %v, want timeout by %v", failure, context.DeadlineExceeded)
	}
}

// request is what a receiver got.
type request struct {
	*http.Request
	body string
}

// recorder answers with the status and keeps what it got.
func recorder(t *testing.T, code int, answer string) (base string, got func() request) {
	t.Helper()
	var mu sync.Mutex
	var last request
	server := receiver(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("io.ReadAll: %v", err)
		}
		mu.Lock()
		defer mu.Unlock()
		last = request{r, string(body)}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, answer)
	})
	return server.URL, func() request {
		mu.Lock()
		defer mu.Unlock()
		return last
	}
}

func TestRequests(t *testing.T) {
	base, got := recorder(t, 200, "ok")
	for _, kind := range []Kind{Slack, Discord, Teams, Webhook} {
		m := messages["digest_ko"]
		before := time.Now()
		if err := localSender(t, Options{}).Send(t.Context(), channel(kind, base), m); err != nil {
			t.Fatalf("send to %s: got error %v, want none", kind, err)
		}
		after := time.Now()
		r := got()
		if !json.Valid([]byte(r.body)) || r.Header.Get("Content-Type") != "application/json; charset=utf-8" || !strings.HasPrefix(r.UserAgent(), "MySingle") ||
			r.Header.Get("Cookie") != "" || r.ContentLength != int64(len(r.body)) {
			t.Errorf("%s: got %s of %d bytes with %v, want JSON, its own length and type, MySingle, no cookie",
				kind, r.body, r.ContentLength, r.Header)
		}
		if r.URL.Query().Get("key") != sesame || (kind == Discord) != (r.URL.Query().Get("wait") == "true") {
			t.Errorf("%s: got the URL %s, want the key %s, and wait=true for Discord alone", kind, r.URL, sesame)
		}
		if kind != Webhook {
			if r.Header.Get("Webhook-Signature") != "" {
				t.Errorf("%s: got the signature %q, want none", kind, r.Header.Get("Webhook-Signature"))
			}
			continue
		}
		c := channel(kind, base)
		timestamp := r.Header.Get("webhook-timestamp")
		if r.Header.Get("webhook-id") != m.ID || r.Header.Get("webhook-signature") != signature(c.SigningSecret, m.ID, timestamp, r.body) {
			t.Errorf("the webhook: got ID %q, signature %q, want %q, %q",
				r.Header.Get("webhook-id"), r.Header.Get("webhook-signature"),
				m.ID, signature(c.SigningSecret, m.ID, timestamp, r.body))
		}
		if seconds, err := strconv.ParseInt(timestamp, 10, 64); err != nil || seconds < before.Unix() || seconds > after.Unix() {
			t.Errorf("the time of the signature: got %s (%v), want %d to %d",
				timestamp, err, before.Unix(), after.Unix())
		}
	}
}

func TestCookiesAreNotKept(t *testing.T) {
	server := receiver(t, func(w http.ResponseWriter, r *http.Request) {
		if len(r.Cookies()) > 0 {
			t.Errorf("cookies of a request: got %v, want none", r.Cookies())
		}
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
	})
	s := localSender(t, Options{})
	for range 2 {
		if err := s.Send(t.Context(), channel(Slack, server.URL), messages["bare_en"]); err != nil {
			t.Fatalf("s.Send: %v", err)
		}
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	var connections atomic.Int32
	server := httptest.NewUnstartedServer(status(200))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	s := localSender(t, Options{})
	for range 10 {
		if err := s.Send(t.Context(), channel(Slack, server.URL), messages["bare_en"]); err != nil {
			t.Fatalf("s.Send: %v", err)
		}
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("connections for 10 messages: got %d, want 1", n)
	}
}

func TestManyAtOnce(t *testing.T) {
	server := receiver(t, status(200))
	slow := receiver(t, hang)
	s := localSender(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { _ = s.Send(ctx, channel(Slack, slow.URL), messages["bare_en"]) })
	}
	var quick sync.WaitGroup
	for i := range 100 {
		quick.Go(func() {
			kind := []Kind{Slack, Discord, Teams, Webhook}[i%4]
			if err := s.Send(t.Context(), channel(kind, server.URL), messages["digest_ko"]); err != nil {
				t.Errorf("s.Send: %v", err)
			}
		})
	}
	quick.Wait()
	cancel()
	all.Wait()
}

func TestWhatCanNotBeSent(t *testing.T) {
	base, _ := recorder(t, 200, "ok")
	good := messages["bare_en"]
	with := func(change func(*Message)) Message {
		m := good
		change(&m)
		return m
	}
	for _, tt := range []struct {
		Name    string
		Channel Channel
		Message Message
		Code    string
	}{
		{"no ID", channel(Slack, base), with(func(m *Message) { m.ID = "" }), "bad_message"},
		{"an ID that adds a header", channel(Webhook, base), with(func(m *Message) { m.ID = "1\r\nX: y" }), "bad_message"},
		{"an ID with a full stop", channel(Webhook, base), with(func(m *Message) { m.ID = "1.2" }), "bad_message"},
		{"a long ID", channel(Webhook, base), with(func(m *Message) { m.ID = strings.Repeat("1", 257) }), "bad_message"},
		{"no title", channel(Slack, base), with(func(m *Message) { m.Title = " \u200B\n" }), "bad_message"},
		{"figures that are no JSON", channel(Webhook, base), with(func(m *Message) { m.Data = json.RawMessage(sesame) }), "bad_message"},
		{"no secret", Channel{Webhook, base, ""}, good, "bad_secret"},
		{"a short secret", Channel{Webhook, base, "whsec_" + sesame}, good, "bad_secret"},
		{"no kind", Channel{"", base, ""}, good, "bad_kind"},
		{"an unknown kind", Channel{sesame, base, ""}, good, "bad_kind"},
		{"no target", Channel{Slack, "", ""}, good, "bad_target"},
		{"no URL", Channel{Slack, sesame, ""}, good, "bad_target"},
		{"another host", Channel{Slack, "https://" + sesame + ".example/", ""}, good, "refused_host"},
		{"no address", Channel{Email, sesame, ""}, good, "bad_target"},
	} {
		failure := fault(t, localSender(t, Options{}).Send(t.Context(), tt.Channel, tt.Message), "sesame.example")
		if failure == nil || failure.Code != tt.Code || !failure.Permanent {
			t.Errorf("%s: got failure %v, want %s, permanent", tt.Name, failure, tt.Code)
		}
	}
}

func TestNotLocal(t *testing.T) {
	base, got := recorder(t, 200, "ok")
	s, err := New(Options{})
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	for _, kind := range []Kind{Slack, Discord, Teams, Webhook} {
		if failure := fault(t, s.Send(t.Context(), channel(kind, base), messages["bare_en"])); failure == nil || failure.Code != "bad_target" {
			t.Errorf("%s to this machine: got failure %v, want bad_target", kind, failure)
		}
	}
	// A host on the list, of which the address is not public after all.
	s.hosts = []hostRule{{host: "localhost", port: "443"}}
	if failure := fault(t, s.Send(t.Context(), channel(Webhook, "https://localhost"), messages["bare_en"])); failure == nil || failure.Code != "private_address" || !failure.Permanent {
		t.Errorf("a webhook to localhost: got failure %v, want private_address, permanent", failure)
	}
	if got().Request != nil {
		t.Errorf("the receiver got %s %s, want no request", got().Method, got().URL)
	}
}

func TestUnknownHost(t *testing.T) {
	err := &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: sesame, IsNotFound: true}}
	if failure := fault(t, unanswered(t.Context(), err)); failure.Code != "host_not_found" || failure.Permanent {
		t.Errorf("an unknown host: got failure %v, want host_not_found, not permanent", failure)
	}
	if failure := fault(t, unanswered(t.Context(), fmt.Errorf("fetch() failed: TypeError: error sending request for url (https://%s/): %w", sesame, io.EOF))); failure.Code != "connection_failed" {
		t.Errorf("an error of fetch: got failure %v, want connection_failed", failure)
	}
}

// TestLargeFigures sends the message without them.
func TestLargeFigures(t *testing.T) {
	m := Message{ID: "1", Event: "sprint_report", Title: "t", Data: json.RawMessage(`"` + strings.Repeat("x", webhookSize) + `"`)}
	body, err := m.webhook(time.Now())
	if err != nil || len(body) > 1000 || !strings.Contains(string(body), `"data_omitted":true,"message":{`) {
		t.Errorf("the webhook of large figures: got %d bytes (%v), want at most 1000 with data_omitted",
			len(body), err)
	}
}
