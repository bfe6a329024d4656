package server_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

// place is one address, as a load balancer has it, before whatever serves there
// at the moment. Who was replaced may finish what it is at.
type place struct {
	url     string
	mu      sync.Mutex
	targets []*url.URL
	turn    int
}

func mustPlace(t *testing.T, targets ...string) *place {
	t.Helper()
	p := &place{targets: make([]*url.URL, len(targets))}
	for i, target := range targets {
		p.move(t, i, target)
	}
	server := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.turn++
		r.SetURL(p.targets[p.turn%len(p.targets)])
	}})
	t.Cleanup(server.Close)
	p.url = server.URL
	return p
}

// move has the target serve in the place of the one with the number.
func (p *place) move(t *testing.T, number int, target string) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.targets[number] = supabasetest.MustURL(t, strings.TrimSuffix(target, "/auth/v1"))
}

// asked is how many requests have come.
func (p *place) asked() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.turn
}

// each calls with every address behind the place.
func (p *place) each(f func(address string)) {
	p.mu.Lock()
	targets := slices.Clone(p.targets)
	p.mu.Unlock()
	for _, target := range targets {
		f(target.String())
	}
}

// mustFleet is two BFFs behind one address.
func mustFleet(t *testing.T, settings map[string]string) *place {
	t.Helper()
	c := supabasetest.Config(t, settings)
	return mustPlace(t, mustServe(t, c), mustServe(t, c))
}

// mustRoll replaces one BFF after the other by one with the changes made to the
// settings, which stay made, and checks after each.
func (p *place) mustRoll(t *testing.T, settings, changes map[string]string, check func()) {
	t.Helper()
	maps.Copy(settings, changes)
	for i := range p.targets {
		p.move(t, i, mustServe(t, supabasetest.Config(t, settings)))
		check()
	}
}

// crowd are people at work during a drill.
type crowd struct {
	t     *testing.T
	wait  sync.WaitGroup
	asked []*atomic.Int64
	stop  chan struct{}
	end   func()
}

func newCrowd(t *testing.T) *crowd {
	c := &crowd{t: t, stop: make(chan struct{})}
	c.end = sync.OnceFunc(func() { close(c.stop); c.wait.Wait() })
	t.Cleanup(c.end)
	return c
}

// join has somebody ask again and again, and be answered every time.
func (c *crowd) join(who string, ask func(turn int64) (answer, error)) {
	asked := new(atomic.Int64)
	c.asked = append(c.asked, asked)
	c.wait.Go(func() {
		pace := time.NewTicker(20 * time.Millisecond)
		defer pace.Stop()
		for {
			select {
			case <-c.stop:
				return
			case <-pace.C:
			}
			if a, err := ask(asked.Load()); err != nil || a.Status != http.StatusOK {
				c.t.Errorf("%s: got status %d, %v, want 200: %s", who, a.Status, err, a.Body)
			}
			asked.Add(1)
		}
	})
}

// joinBrowser has the page of somebody who is signed in ask.
func (c *crowd) joinBrowser(b *browser) {
	paths := []string{"/api/v1/session", "/api/v1/me/scrum", "/rest/v1/profiles?select=email"}
	c.join("a page", func(turn int64) (answer, error) {
		return b.try(http.MethodGet, paths[turn%int64(len(paths))], "")
	})
}

// mustGoOn waits until everybody has asked some more.
func (c *crowd) mustGoOn() {
	c.t.Helper()
	for _, asked := range c.asked {
		before := asked.Load()
		supabasetest.MustWait(c.t, "the others to go on", func() bool { return asked.Load() >= before+6 })
	}
}

// phone is an app that keeps its own tokens, as a Supabase client does, and the
// publishable key it was built with.
type phone struct {
	url, key string
	mu       sync.Mutex
	who      supabasetest.Person
}

func newPhone(address, key string, who supabasetest.Person) *phone {
	return &phone{url: address, key: key, who: who}
}

func (p *phone) token() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.who.Token
}

// ask reads the owner's profile.
func (p *phone) ask(int64) (answer, error) { return p.with(p.token()) }

func (p *phone) with(token string) (answer, error) {
	return send(http.MethodGet, p.url+"/rest/v1/profiles?select=email", "", "apikey", p.key, "Authorization", "Bearer "+token)
}

// mustRenew gets the next tokens.
func (p *phone) mustRenew(t *testing.T) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mustTake(t, "refresh_token", map[string]string{"refresh_token": p.who.RefreshToken})
}

// mustTake asks Auth for tokens, showing the key as bearer, as nobody is signed
// in by it.
func (p *phone) mustTake(t *testing.T, grant string, proof map[string]string) {
	t.Helper()
	a := mustSend(t, http.MethodPost, p.url+"/auth/v1/token?grant_type="+grant, mustJSON(t, proof),
		"apikey", p.key, "Authorization", "Bearer "+p.key, "Content-Type", "application/json")
	var tokens struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	if err := json.Unmarshal([]byte(a.Body), &tokens); err != nil || a.Status != http.StatusOK {
		t.Fatalf("tokens by %s: got status %d, want 200 and tokens: %s", grant, a.Status, a.Body)
	}
	p.who.Token, p.who.RefreshToken = tokens.Access, tokens.Refresh
	supabasetest.Secret(tokens.Access, tokens.Refresh)
}

// mustPhone is a phone on which who is signed in in the browser signs in too.
func mustPhone(t *testing.T, address, email string) *phone {
	t.Helper()
	p := newPhone(address, supabasetest.Env(t, "SUPABASE_PUBLISHABLE_KEY"), supabasetest.Person{})
	p.mustTake(t, "password", map[string]string{"email": email, "password": password})
	return p
}

func randomKey() string {
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	text := base64.StdEncoding.EncodeToString(key)
	supabasetest.Secret(text)
	return text
}
