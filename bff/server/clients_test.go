package server_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

// TestWhatSupabaseJSSends has supabase-js call everything that it can, once at
// what takes Supabase's place and once through the BFF: the same must arrive.
func TestWhatSupabaseJSSends(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var arrived []string
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/jwks.json") {
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		arrived = append(arrived, describeRequest(r, string(body)))
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "{}")
	}))
	t.Cleanup(upstream.Close)
	bff := mustServe(t, supabasetest.Config(t, map[string]string{"SUPABASE_URL": upstream.URL}))
	token := supabasetest.MustSignUp(t).Token
	run := func(url string) []string {
		t.Helper()
		mu.Lock()
		arrived = nil
		mu.Unlock()
		command := exec.Command("node", "testdata/clients.mjs", url, supabasetest.Env(t, "SUPABASE_PUBLISHABLE_KEY"), token)
		command.Env = append(os.Environ(), "DO_NOT_TRACK=1")
		if output, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		mu.Lock()
		defer mu.Unlock()
		return arrived
	}
	direct, through := run(upstream.URL), run(bff)
	if len(direct) < 40 || len(through) != len(direct) {
		t.Fatalf("requests that arrived: got %d directly and %d through the BFF, want the same, at least 40", len(direct), len(through))
	}
	for i := range direct {
		if direct[i] != through[i] {
			t.Errorf("directly\n%s\nthrough the BFF\n%s", direct[i], through[i])
		}
	}
}

// signature is what the BFF adds to an agent, for PostgREST's log.
var signature = regexp.MustCompile(` mysingle-bff \(request \w+\)$`)

// describeRequest is what of a request must arrive as it was sent: all but
// the framing, and what browsers and the BFF add.
func describeRequest(r *http.Request, body string) string {
	var lines []string
	boundary := ""
	for name, values := range r.Header {
		switch name {
		case "Connection", "Content-Length", "Sec-Fetch-Mode", "X-Forwarded-For", "X-Request-Id":
			continue
		}
		text := strings.Join(values, ", ")
		if name == "User-Agent" {
			text = signature.ReplaceAllString(text, "")
		}
		if _, random, ok := strings.Cut(text, "boundary="); ok {
			boundary = random
		}
		lines = append(lines, name+": "+text)
	}
	slices.Sort(lines)
	text := fmt.Sprintf("%s %s\n%s\n%s", r.Method, r.RequestURI, strings.Join(lines, "\n"), body)
	if boundary != "" {
		text = strings.ReplaceAll(text, boundary, "boundary")
	}
	return text
}
