package session_test

import (
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mysingle/mysingle/bff/session"
)

// signedIn is a session whose access token has so many characters and expires
// within so long.
func signedIn(size int, within time.Duration) session.Session {
	now := time.Now().Truncate(time.Second)
	return session.Session{
		ID: "5e551044-0000-4000-8000-000000000001", Subject: "5eed0001-0000-4000-8000-000000000001",
		AccessToken: strings.Repeat("t", size), RefreshToken: "refresh-me", IssuedAt: now.Add(within - time.Hour), ExpiresAt: now.Add(within),
	}
}

// take does with Set-Cookie what browsers do.
func take(held session.Cookies, cookies []*http.Cookie) session.Cookies {
	held = maps.Clone(held)
	if held == nil {
		held = session.Cookies{}
	}
	for _, cookie := range cookies {
		if cookie.MaxAge < 0 {
			delete(held, cookie.Name)
		} else {
			held[cookie.Name] = cookie.Value
		}
	}
	return held
}

func mustSet(tb testing.TB, jar *session.Jar, s session.Session, sent session.Cookies) []*http.Cookie {
	tb.Helper()
	cookies, err := jar.SetSession(s, sent)
	if err != nil {
		tb.Fatal(err)
	}
	return cookies
}

func TestCookies(t *testing.T) {
	for _, tt := range []struct {
		Name  string
		Size  int
		HTTPS bool
		Count int
		First string
	}{
		{"usual", 600, true, 1, "__Host-mysingle"},
		{"over http", 600, false, 1, "mysingle"},
		{"two", 4000, true, 2, "__Host-mysingle.1"},
		{"five", 13500, false, 5, "mysingle.1"},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			jar := session.NewJar(mustSealer(t, key(1)), tt.HTTPS)
			want := signedIn(tt.Size, time.Hour)
			cookies := mustSet(t, jar, want, nil)
			if len(cookies) != tt.Count || cookies[0].Name != tt.First {
				t.Fatalf("%d cookies, the first is %s", len(cookies), cookies[0].Name)
			}
			for _, cookie := range cookies {
				line := cookie.String()
				if len(line) > 4096 {
					t.Errorf("%s has %d bytes", cookie.Name, len(line))
				}
				for _, attribute := range []string{"Path=/", "HttpOnly", "SameSite=Strict", "Max-Age="} {
					if !strings.Contains(line, "; "+attribute) {
						t.Errorf("%s has no %s", cookie.Name, attribute)
					}
				}
				if strings.Contains(line, "; Secure") != tt.HTTPS || strings.Contains(line, "Domain") || strings.Contains(line, strings.Repeat("t", 20)) {
					t.Errorf("attributes of %s: %s", cookie.Name, line[max(0, len(line)-100):])
				}
			}
			got, found, err := jar.Session(take(nil, cookies))
			if err != nil || !found || got != want {
				t.Errorf("became %+v, %v", got, err)
			}
		})
	}
}

func TestSizesOfCookies(t *testing.T) {
	jar := session.NewJar(mustSealer(t, key(1)), true)
	held := session.Cookies{"other": "stays"}
	var largest int
	for size := 1; ; size += 37 { // up, and with leftovers to delete down again
		want := signedIn(size, time.Hour)
		cookies, err := jar.SetSession(want, held)
		if errors.Is(err, session.ErrTooLarge) {
			break
		}
		held = take(held, cookies)
		if got, _, err := jar.Session(held); err != nil || got != want {
			t.Fatalf("%d bytes: %v", size, err)
		}
		largest = size
	}
	if largest < 12_000 {
		t.Errorf("%d bytes are too many", largest)
	}
	for size := largest; size > 0; size -= 611 {
		want := signedIn(size, time.Hour)
		held = take(held, mustSet(t, jar, want, held))
		if got, _, err := jar.Session(held); err != nil || got != want {
			t.Fatalf("%d bytes: %v", size, err)
		}
	}
	if len(held) != 2 {
		t.Errorf("cookies: got %v, want 2", held)
	}
	for _, cookie := range jar.ClearSession(held) {
		if !strings.Contains(cookie.String(), "Max-Age=0") || !cookie.Secure {
			t.Errorf("doesn't end it: %s", cookie)
		}
	}
	if held = take(held, jar.ClearSession(held)); len(held) != 1 || held["other"] == "" {
		t.Errorf("cleared: got %v, want the other one alone", held)
	}
	if _, found, err := jar.Session(held); found || err != nil {
		t.Errorf("still there: %v", err)
	}
}

func TestForgedCookies(t *testing.T) {
	sealer := mustSealer(t, key(1))
	jar := session.NewJar(sealer, false)
	parts := take(nil, mustSet(t, jar, signedIn(9000, time.Hour), nil))
	without := func(name string) session.Cookies {
		other := maps.Clone(parts)
		delete(other, name)
		return other
	}
	swapped := maps.Clone(parts)
	swapped["mysingle.2"], swapped["mysingle.3"] = parts["mysingle.3"], parts["mysingle.2"]
	_, rest, _ := strings.Cut(parts["mysingle.1"], "~")
	counted := func(count string) session.Cookies {
		other := maps.Clone(parts)
		other["mysingle.1"] = count + "~" + rest
		return other
	}
	for name, cookies := range map[string]session.Cookies{
		"empty": {"mysingle": ""}, "text": {"mysingle": "hello"}, "JSON": {"mysingle": `{"i":"1"}`},
		"no session":            {"mysingle": sealer.Seal("mysingle", []byte(`{}`))},
		"no JSON":               {"mysingle": sealer.Seal("mysingle", []byte(`hello`))},
		"a flow":                {"mysingle": jar.SetFlow(session.Flow{State: "s"}).Value},
		"a part missing":        without("mysingle.2"),
		"the last is not there": without("mysingle.4"),
		"parts swapped":         swapped,
		"no count":              counted(""), "negative": counted("-1"), "none": counted("0"), "fewer": counted("2"), "huge": counted("999999999"),
	} {
		if _, found, err := jar.Session(cookies); !found || !errors.Is(err, session.ErrUnreadable) {
			t.Errorf("%s: got found %t, %v, want true and %v", name, found, err, session.ErrUnreadable)
		}
	}
	if _, found, err := jar.Session(session.Cookies{"mysingle.2": "x", "mysingles": "y", "__Host-mysingle": "z"}); found || err != nil {
		t.Errorf("found in others' cookies: %v", err)
	}
}

func TestFlow(t *testing.T) {
	jar := session.NewJar(mustSealer(t, key(1)), true)
	now := time.Now()
	cookie := jar.SetFlow(session.Flow{State: "state", Verifier: "secret", ReturnTo: "/board", Began: now})
	line := cookie.String()
	if cookie.Name != "__Host-mysingle-oauth" || !strings.Contains(line, "SameSite=Lax") || !strings.Contains(line, "Max-Age=600") ||
		!strings.Contains(line, "HttpOnly") || !strings.Contains(line, "Secure") || strings.Contains(line, "secret") {
		t.Errorf("got the cookie %s, want __Host-mysingle-oauth, Lax, HttpOnly and Secure for 600 s, without the secret", line)
	}
	held := take(nil, []*http.Cookie{cookie})
	if f, ok := jar.Flow(held, now.Add(9*time.Minute)); !ok || f.State != "state" || f.Verifier != "secret" || f.ReturnTo != "/board" {
		t.Errorf("got %+v, want the flow to /board", f)
	}
	for size, kept := range map[int]bool{600: true, 4000: false} {
		previous := signedIn(size, time.Hour)
		cookie := jar.SetFlow(session.Flow{State: "state", Began: now, Previous: &previous})
		f, ok := jar.Flow(session.Cookies{cookie.Name: cookie.Value}, now)
		if !ok || (f.Previous != nil) != kept || kept && *f.Previous != previous || len(cookie.String()) > 4096 {
			t.Errorf("a previous session of %d bytes became %v", size, f.Previous)
		}
	}
	if _, ok := jar.Flow(held, now.Add(11*time.Minute)); ok {
		t.Error("holds for longer than it should")
	}
	if _, ok := jar.Flow(session.Cookies{}, now); ok {
		t.Error("is there without a cookie")
	}
	if _, ok := jar.Flow(session.Cookies{cookie.Name: mustSet(t, jar, signedIn(10, time.Hour), nil)[0].Value}, now); ok {
		t.Error("a session passes for a flow")
	}
	if len(take(held, []*http.Cookie{jar.ClearFlow()})) != 0 {
		t.Error("isn't cleared")
	}
}

// FuzzCookies looks for cookies that break the opener, or that it takes
// although it didn't make them.
func FuzzCookies(f *testing.F) {
	sealer, err := session.NewSealer(session.Keys{key(1), key(2)})
	if err != nil {
		f.Fatal(err)
	}
	jar := session.NewJar(sealer, false)
	for _, size := range []int{1, 600, 4000, 9000} {
		cookies := take(nil, mustSet(f, jar, signedIn(size, time.Hour), nil))
		f.Add(cookies["mysingle"], cookies["mysingle.1"], cookies["mysingle.2"], cookies["mysingle.3"])
	}
	f.Add("", "5~", "", "")
	f.Add(sealer.Seal("mysingle", []byte(`{"i":1}`)), "-1~x", "~", "99999999999999999999~")
	f.Fuzz(func(t *testing.T, whole, first, second, third string) {
		cookies := session.Cookies{"mysingle": whole, "mysingle.1": first, "mysingle.2": second, "mysingle.3": third, "mysingle-oauth": whole}
		if whole == "" {
			delete(cookies, "mysingle")
		}
		if s, _, err := jar.Session(cookies); err == nil && (s.Subject != signedIn(1, 0).Subject || strings.Trim(s.AccessToken, "t") != "") {
			t.Errorf("made up %+v", s)
		}
		if flow, ok := jar.Flow(cookies, time.Now()); ok {
			t.Errorf("made up %+v", flow)
		}
	})
}
