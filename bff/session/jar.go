package session

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// maxLine is how long a whole Set-Cookie line may be: browsers drop
	// longer ones without a word.
	maxLine = 4096
	// maxParts bounds the cookies of one session: tokens with so much in them
	// don't reach Supabase either.
	maxParts = 5
	// MaxCookies is what one session's cookies may take of a request's
	// headers, in bytes.
	MaxCookies = maxParts * maxLine
	// sessionAge is for how long a browser keeps a session that it doesn't use.
	sessionAge = 30 * 24 * time.Hour
	// FlowAge is how long somebody may take to sign in at a provider.
	FlowAge = 10 * time.Minute
)

// ErrTooLarge is a session that no browser would keep.
var ErrTooLarge = errors.New("the session's tokens are too large for cookies")

// Cookies are those that a request came with, by name.
type Cookies map[string]string

// Jar puts sessions into cookies and takes them out.
type Jar struct {
	name   string
	secure bool
	sealer *Sealer
}

// NewJar returns a Jar. Over https the cookies' names have the prefix __Host-:
// browsers then take such a cookie only from this very host, Secure and
// without Domain. Over http, on one's own machine, not every browser would
// take it.
func NewJar(sealer *Sealer, https bool) *Jar {
	name := "mysingle"
	if https {
		name = "__Host-" + name
	}
	return &Jar{name, https, sealer}
}

// Session takes the session out of the cookies. There may be none, which is
// no error; ErrUnreadable is for one that can't be opened.
func (j *Jar) Session(cookies Cookies) (s Session, found bool, err error) {
	sealed, ok := cookies[j.name]
	if !ok {
		if sealed, ok = j.joined(cookies); !ok {
			return Session{}, false, nil
		}
	}
	plain, err := j.sealer.Open(j.name, sealed)
	if err != nil {
		return Session{}, true, err
	}
	s, err = decode(plain)
	return s, true, err
}

// SetSession returns the cookies that make the browser hold the session
// instead of what it sent. Where one would be too long there are several,
// numbered; the first says how many.
func (j *Jar) SetSession(s Session, sent Cookies) ([]*http.Cookie, error) {
	cookies, err := j.split(j.sealer.Seal(j.name, s.encode()))
	if err != nil {
		return nil, err
	}
	set := make(map[string]bool)
	for _, cookie := range cookies {
		set[cookie.Name] = true
	}
	for name := range sent {
		if j.owns(name) && !set[name] {
			cookies = append(cookies, j.cookie(name, "", gone, http.SameSiteStrictMode))
		}
	}
	return cookies, nil
}

// ClearSession returns the cookies that make the browser forget the session.
func (j *Jar) ClearSession(sent Cookies) []*http.Cookie {
	cookies := []*http.Cookie{j.cookie(j.name, "", gone, http.SameSiteStrictMode)}
	for name := range sent {
		if j.owns(name) && name != j.name {
			cookies = append(cookies, j.cookie(name, "", gone, http.SameSiteStrictMode))
		}
	}
	return cookies
}

// split makes one cookie of the text, or as many as it takes.
func (j *Jar) split(sealed string) ([]*http.Cookie, error) {
	one := j.cookie(j.name, sealed, sessionAge, http.SameSiteStrictMode)
	if len(one.String()) <= maxLine {
		return []*http.Cookie{one}, nil
	}
	room := maxLine - len(j.cookie(j.part(maxParts), strconv.Itoa(maxParts)+countMark, sessionAge, http.SameSiteStrictMode).String())
	parts := (len(sealed) + room - 1) / room
	if parts > maxParts {
		return nil, ErrTooLarge
	}
	var cookies []*http.Cookie
	for i := range parts {
		value := sealed[i*room : min((i+1)*room, len(sealed))]
		if i == 0 {
			value = strconv.Itoa(parts) + countMark + value
		}
		cookies = append(cookies, j.cookie(j.part(i+1), value, sessionAge, http.SameSiteStrictMode))
	}
	return cookies, nil
}

// countMark stands behind the number of parts; sealed text has no such sign.
const countMark = "~"

// joined is the text that split made several cookies of, or, where some are
// missing, one that won't open.
func (j *Jar) joined(cookies Cookies) (string, bool) {
	first, ok := cookies[j.part(1)]
	if !ok {
		return "", false
	}
	count, text, _ := strings.Cut(first, countMark)
	parts, err := strconv.Atoi(count)
	if err != nil || parts > maxParts {
		return "", true
	}
	for i := 2; i <= parts; i++ {
		part, ok := cookies[j.part(i)]
		if !ok {
			return "", true
		}
		text += part
	}
	return text, true
}

func (j *Jar) part(number int) string { return j.name + "." + strconv.Itoa(number) }

// owns reports whether the cookie holds a session or a part of one.
func (j *Jar) owns(name string) bool {
	return name == j.name || strings.HasPrefix(name, j.name+".")
}

// gone as the age of a cookie makes browsers drop it.
const gone = -time.Second

// cookie is a cookie for this host alone.
func (j *Jar) cookie(name, value string, age time.Duration, sameSite http.SameSite) *http.Cookie {
	return &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: int(age / time.Second),
		HttpOnly: true, Secure: j.secure, SameSite: sameSite,
	}
}

// Flow is a sign-in at a provider that has begun in this browser.
type Flow struct {
	State    string    `json:"s"` // comes back with the browser
	Verifier string    `json:"v"` // PKCE: what only who began it knows
	ReturnTo string    `json:"t"`
	Began    time.Time `json:"b"`
	// Previous is the session that the new one takes the place of. Its own
	// cookie doesn't come along on the way back from another site.
	Previous *Session `json:"-"`
	// Held is Previous as it is sealed.
	Held json.RawMessage `json:"p,omitempty"`
}

// SetFlow returns the cookie that ties the flow to the browser. It comes back
// with a navigation from another site, which SameSite=Strict would not let it.
// Where there is no room for the previous session it is left out.
func (j *Jar) SetFlow(f Flow) *http.Cookie {
	if f.Previous != nil {
		f.Held = f.Previous.encode()
	}
	text, err := json.Marshal(f)
	if err != nil {
		panic(err) // a time of this millennium
	}
	cookie := j.cookie(j.flowName(), j.sealer.Seal(j.flowName(), text), FlowAge, http.SameSiteLaxMode)
	if len(cookie.String()) > maxLine && f.Previous != nil {
		f.Previous, f.Held = nil, nil
		return j.SetFlow(f)
	}
	return cookie
}

// ClearFlow returns the cookie that ends the flow.
func (j *Jar) ClearFlow() *http.Cookie {
	return j.cookie(j.flowName(), "", gone, http.SameSiteLaxMode)
}

// Flow takes the flow out of the cookies, unless there is none that has begun
// within FlowAge.
func (j *Jar) Flow(cookies Cookies, now time.Time) (Flow, bool) {
	plain, err := j.sealer.Open(j.flowName(), cookies[j.flowName()])
	if err != nil {
		return Flow{}, false
	}
	var f Flow
	if err := json.Unmarshal(plain, &f); err != nil || f.State == "" || now.Sub(f.Began) > FlowAge {
		return Flow{}, false
	}
	if previous, err := decode(f.Held); err == nil {
		f.Previous = &previous
	}
	f.Held = nil
	return f, true
}

func (j *Jar) flowName() string { return j.name + "-oauth" }
