package server_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

// witness stands before a part of the real stack and notes what reaches it.
type witness struct {
	*httptest.Server
	mu   sync.Mutex
	seen []*http.Request
}

func mustWitness(tb testing.TB, address string) *witness {
	tb.Helper()
	part := httputil.NewSingleHostReverseProxy(supabasetest.MustURL(tb, address))
	r := &witness{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.mu.Lock()
		r.seen = append(r.seen, req.Clone(req.Context()))
		r.mu.Unlock()
		part.ServeHTTP(w, req)
	}))
	tb.Cleanup(r.Close)
	return r
}

// of are the requests with the id, in the order in which they came.
func (r *witness) of(requestID string) (found []*http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, req := range r.seen {
		if req.Header.Get("X-Request-Id") == requestID {
			found = append(found, req)
		}
	}
	return found
}

// TestRequestIDInPostgRESTsLog looks for the id that an answer has in the log of
// a real PostgREST, for every way on which a request gets there.
func TestRequestIDInPostgRESTsLog(t *testing.T) {
	t.Parallel()
	rest := supabasetest.MustStartPostgREST(t, "PGRST_LOG_LEVEL=info")
	bff := mustServe(t, supabasetest.Config(t, map[string]string{"SUPABASE_REST_URL": rest.URL}))
	owner := supabasetest.MustSignUp(t)
	made := owner.MustSprint(t)
	for _, tt := range []struct {
		Name, Method, Path, Agent, Body, ID string
		Logged                              []string // of requests, as PostgREST writes them
	}{
		{"passed", "GET", "/rest/v1/tasks?limit=1", "app/1.0", "", "", []string{"GET /tasks?limit=1"}},
		{"passed with an id of the client's", "GET", "/rest/v1/tasks?limit=1", "app/1.0", "", "a=b:c/d+e.f-g_h", []string{"GET /tasks?limit=1"}},
		{"of an agent that names another id", "GET", "/rest/v1/tasks?limit=1", "mysingle-bff (request ANOTHER)", "", "", []string{"GET /tasks?limit=1"}},
		{"of nobody", "GET", "/rest/v1/tasks?limit=1", "", "", "", []string{"GET /tasks?limit=1"}},
		{"HEAD", "HEAD", "/rest/v1/tasks?limit=1", "app/1.0", "", "", []string{"HEAD /tasks?limit=1"}},
		{"refused", "POST", "/rest/v1/rpc/nothing", "app/1.0", "{}", "", []string{"POST /rpc/nothing"}},
		{"too long for http1", "POST", "/rest/v1/rpc/nothing", "app/1.0", "{" + strings.Repeat(" ", 40<<10) + "}", "", []string{"POST /rpc/nothing"}},
		{"a view", "GET", "/api/v1/sprints/" + made.SprintID + "/board", "app/1.0", "", "", []string{"POST /rpc/sprint_version", "POST /rpc/sprint_board"}},
		{"a dashboard", "GET", "/api/v1/sprints/" + made.SprintID + "/dashboard?include=board,flow", "", "", "",
			[]string{"POST /rpc/sprint_version", "POST /rpc/sprint_board", "POST /rpc/sprint_flow"}},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			headers := []string{"Authorization", "Bearer " + owner.Token, "User-Agent", tt.Agent, "Content-Type", "application/json"}
			if tt.ID != "" {
				headers = append(headers, "X-Request-Id", tt.ID)
			}
			id := mustSend(t, tt.Method, bff+tt.Path, tt.Body, headers...).Header.Get("X-Request-Id")
			if id == "" || tt.ID != "" && id != tt.ID {
				t.Fatalf("the id: got %q, want %q, or any", id, tt.ID)
			}
			agent := "mysingle-bff (request " + id + ")"
			if strings.HasPrefix(tt.Path, "/rest/") {
				agent = strings.TrimSpace(tt.Agent + " " + agent)
			}
			for _, line := range tt.Logged {
				wanted := regexp.MustCompile(regexp.QuoteMeta(`"`+line) + `[^"]* HTTP/1.1" \d+ .*"` + regexp.QuoteMeta(agent) + `"\n`)
				supabasetest.MustWait(t, line+" of "+agent+" in the log", func() bool { return wanted.MatchString(rest.Output()) })
			}
		})
	}
}

// TestAgentsAreTheirOwn: Auth keeps the user agent with a session, and has the
// request's id from its own header.
func TestAgentsAreTheirOwn(t *testing.T) {
	t.Parallel()
	auth := mustWitness(t, supabasetest.Env(t, "AUTH_URL"))
	bff := mustServe(t, supabasetest.Config(t, map[string]string{"SUPABASE_AUTH_URL": auth.URL}))
	for _, tt := range []struct{ Given, Want string }{{"app/1.0", "app/1.0"}, {"", "mysingle-bff"}} {
		a := mustSend(t, "GET", bff+"/auth/v1/user", "", "User-Agent", tt.Given, "Authorization", "Bearer "+supabasetest.MustSignUp(t).Token)
		seen := auth.of(a.Header.Get("X-Request-Id"))
		if len(seen) != 1 || seen[0].UserAgent() != tt.Want {
			t.Errorf("the agent %q: got %v, want one request by %q", tt.Given, seen, tt.Want)
		}
	}
	b, email := mustSignedUp(t, bff)
	a := b.mustSignIn(email, password)
	if seen := auth.of(a.Header.Get("X-Request-Id")); len(seen) == 0 || seen[0].UserAgent() != "mysingle-bff" {
		t.Errorf("the BFF's own request: got %v, want one by mysingle-bff", seen)
	}
}
