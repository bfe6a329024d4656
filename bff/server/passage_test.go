package server_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

// TestSupabaseThroughTheBFF is what a Supabase client does, with the answers
// that it would get from Supabase itself.
func TestSupabaseThroughTheBFF(t *testing.T) {
	t.Parallel()
	bff, gateway := mustServeStack(t), supabasetest.Env(t, "SUPABASE_URL")
	key := supabasetest.Env(t, "SUPABASE_PUBLISHABLE_KEY")
	owner := supabasetest.MustSignUp(t)
	made := owner.MustSprint(t)
	owner.MustTasks(t, made, 12)
	signedIn := []string{"apikey", key, "Authorization", "Bearer " + owner.Token}
	anonymous := []string{"apikey", key, "Authorization", "Bearer " + key}
	tasks := "/rest/v1/tasks?select=task_id,task_name&order=board_rank&sprint_id=eq." + made.SprintID
	for _, tt := range []struct {
		Name, Method, Path, Body string
		Headers                  []string
		Status                   int
	}{
		{"rows", "GET", tasks, "", signedIn, 200},
		{"rows with an explicit key in the query", "GET", tasks + "&apikey=" + key, "", signedIn[2:], 200},
		{"a page with its count", "GET", tasks, "", append([]string{"Range", "0-4", "Range-Unit", "items", "Prefer", "count=exact"}, signedIn...), 206},
		{"count alone", "HEAD", tasks, "", append([]string{"Prefer", "count=exact"}, signedIn...), 200},
		{"one object", "GET", tasks + "&limit=1", "", append([]string{"Accept", "application/vnd.pgrst.object+json"}, signedIn...), 200},
		{"CSV", "GET", tasks, "", append([]string{"Accept", "text/csv"}, signedIn...), 200},
		{"bad column", "GET", "/rest/v1/tasks?nonsense=eq.1", "", signedIn, 400},
		{"unknown table", "GET", "/rest/v1/nonsense", "", signedIn, 404},
		{"malformed JSON", "POST", "/rest/v1/tasks", "{", append([]string{"Content-Type", "application/json"}, signedIn...), 400},
		{"function", "POST", "/rest/v1/rpc/sprint_board", `{"sprint_id":"` + uuid.NewString() + `"}`, append([]string{"Content-Type", "application/json"}, signedIn...), 200},
		{"anonymous", "GET", tasks, "", anonymous, 401},
		{"who am I", "GET", "/auth/v1/user", "", signedIn, 200},
		{"wrong password", "POST", "/auth/v1/token?grant_type=password", `{"email":"nobody@mysingle.test","password":"wrong-password"}`, append([]string{"Content-Type", "application/json"}, anonymous...), 400},
		{"what may be done", "OPTIONS", "/rest/v1/tasks", "", signedIn, 200},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			through := mustSend(t, tt.Method, bff+tt.Path, tt.Body, tt.Headers...)
			direct := mustSend(t, tt.Method, gateway+tt.Path, tt.Body, tt.Headers...)
			if through.Status != direct.Status || tt.Status != 0 && through.Status != tt.Status {
				t.Fatalf("got status %d, directly %d, want %d (0 is any): %s", through.Status, direct.Status, tt.Status, through.Body)
			}
			if through.Body != direct.Body {
				t.Errorf("body\n%s\ndirectly\n%s", through.Body, direct.Body)
			}
			for _, name := range []string{"Content-Type", "Content-Range", "Preference-Applied", "Www-Authenticate", "Allow"} {
				if a, b := through.Header.Get(name), direct.Header.Get(name); a != b {
					t.Errorf("%s %q, directly %q", name, a, b)
				}
			}
		})
	}
}

func TestWritesThroughTheBFF(t *testing.T) {
	t.Parallel()
	bff := mustServeStack(t)
	owner := supabasetest.MustSignUp(t)
	made := owner.MustSprint(t)
	headers := []string{"Authorization", "Bearer " + owner.Token, "Content-Type", "application/json", "Prefer", "return=representation"}
	row := func(a answer, status int) map[string]any {
		t.Helper()
		var rows []map[string]any
		if err := json.Unmarshal([]byte(a.Body), &rows); err != nil || a.Status != status || len(rows) != 1 {
			t.Fatalf("got status %d, %v, want %d and one row: %s", a.Status, err, status, a.Body)
		}
		return rows[0]
	}
	inserted := row(mustSend(t, "POST", bff+"/rest/v1/tasks", fmt.Sprintf(`{"project_id":%q,"sprint_id":%q,"task_name":"새 작업"}`, made.ProjectID, made.SprintID), headers...), 201)
	one := bff + "/rest/v1/tasks?task_id=eq." + inserted["task_id"].(string)
	if updated := row(mustSend(t, "PATCH", one, `{"status":"In Progress"}`, headers...), 200); updated["status"] != "In Progress" || updated["task_name"] != "새 작업" {
		t.Errorf("updated to %v", updated)
	}
	row(mustSend(t, "DELETE", one, "", headers...), 200)
}

func TestRefusedCredentials(t *testing.T) {
	t.Parallel()
	bff := mustServeStack(t)
	secretKey := supabasetest.Env(t, "SUPABASE_SECRET_KEY")
	signed := func(role, key string) string {
		token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
			"role": role, "sub": uuid.NewString(), "aud": "authenticated", "exp": time.Now().Add(time.Hour).Unix(),
		}).SignedString([]byte(key))
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	jwtSecret := supabasetest.Env(t, "SUPABASE_JWT_SECRET")
	service := signed("service_role", jwtSecret)
	for _, tt := range []struct {
		Name, Query string
		Headers     []string
		Status      int
	}{
		{"secret key as apikey", "", []string{"apikey", secretKey}, 403},
		{"secret key after another", "", []string{"apikey", "sb_publishable_x", "ApiKey", secretKey}, 403},
		{"secret key as bearer", "", []string{"Authorization", "Bearer " + secretKey}, 403},
		{"secret key in the query", "?apikey=" + secretKey, nil, 403},
		{"secret key in the query, encoded", "?a=b&%61piKey=%73b_secret_x", nil, 403},
		{"service_role token", "", []string{"Authorization", "Bearer " + service}, 403},
		{"service_role token, scheme in capitals", "", []string{"Authorization", "BEARER " + service}, 403},
		{"service_role token as apikey", "", []string{"apikey", service}, 403},
		{"another role", "", []string{"Authorization", "Bearer " + signed("supabase_admin", jwtSecret)}, 403},
		{"forged service_role token", "", []string{"Authorization", "Bearer " + signed("service_role", strings.Repeat("x", 32))}, 401},
		{"forged token", "", []string{"Authorization", "Bearer " + signed("authenticated", strings.Repeat("x", 32))}, 401},
		{"two tokens", "", []string{"Authorization", "Bearer a", "Authorization", "Bearer b"}, 400},
		{"no bearer", "", []string{"Authorization", "Basic x"}, 401},
	} {
		for _, path := range []string{"/rest/v1/tasks", "/auth/v1/user", "/functions/v1/x", "/storage/v1/object/x", "/api/v1/sprints/" + uuid.NewString() + "/board"} {
			t.Run(tt.Name+path, func(t *testing.T) {
				mustProblem(t, mustSend(t, "GET", bff+path+tt.Query, "", tt.Headers...), tt.Status)
			})
		}
	}
}

// TestWhatReachesSupabase looks at requests as Supabase would receive them.
func TestWhatReachesSupabase(t *testing.T) {
	t.Parallel()
	received := make(chan *http.Request, 1)
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		received <- r
		w.Header().Set("Set-Cookie", "upstream=1")
		w.Header().Set("Server", "upstream")
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Content-Security-Policy", "default-src *")
		w.Header().Set("X-Request-Id", "of-the-upstream")
		w.Header().Set("Connection", "close")
	}))
	t.Cleanup(upstream.Close)
	bff := mustServe(t, supabasetest.Config(t, map[string]string{"SUPABASE_REST_URL": upstream.URL + "/rest/v1"}))
	a := mustSend(t, "GET", bff+"/rest/v1/tasks?select=*&apikey=x&a=%2E", "",
		"Cookie", "session=1", "X-Forwarded-For", "1.2.3.4", "Sb-Forwarded-For", "1.2.3.4", "X-Forwarded-Host", "evil.test",
		"X-Request-Id", "from-the-client", "Connection", "Prefer", "Prefer", "count=exact", "apikey", "anything")
	r := <-received
	if r.RequestURI != "/rest/v1/tasks?select=*&a=%2E" {
		t.Errorf("URI %s", r.RequestURI)
	}
	for name, want := range map[string]string{
		"Cookie": "", "X-Forwarded-For": "127.0.0.1", "Sb-Forwarded-For": "", "X-Forwarded-Host": "", "Prefer": "",
		"X-Request-Id": "from-the-client", "Apikey": supabasetest.Env(t, "SUPABASE_PUBLISHABLE_KEY"), "Authorization": "",
	} {
		if got := strings.Join(r.Header.Values(name), ", "); got != want {
			t.Errorf("to Supabase: %s: %q", name, got)
		}
	}
	for name, want := range map[string]string{
		"Set-Cookie": "", "Server": "", "X-Request-Id": "from-the-client", "Access-Control-Allow-Origin": "", "X-Frame-Options": "DENY",
	} {
		if got := strings.Join(a.Header.Values(name), ", "); got != want {
			t.Errorf("to the client: %s: %q", name, got)
		}
	}
}

// TestForwardedFor has a proxy before the BFF, which is this test.
func TestForwardedFor(t *testing.T) {
	t.Parallel()
	received := make(chan string, 1)
	upstream := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		received <- strings.Join(r.Header.Values("X-Forwarded-For"), "|")
	}))
	t.Cleanup(upstream.Close)
	var log syncBuffer
	bff := mustServeLogging(t, supabasetest.Config(t, map[string]string{
		"SUPABASE_REST_URL": upstream.URL + "/rest/v1", "BFF_TRUSTED_PROXIES": "127.0.0.1,10.0.0.0/8",
	}), &log)
	mustSend(t, "GET", bff+"/rest/v1/tasks", "", "X-Forwarded-For", "192.0.2.1, 203.0.113.9", "X-Forwarded-For", "10.0.0.1")
	if got := <-received; got != "203.0.113.9" {
		t.Errorf("to Supabase it is %s", got)
	}
	supabasetest.MustWait(t, "the client's address in the log", func() bool {
		return strings.Contains(log.String(), `"client":"203.0.113.9"`)
	})
}

// TestPathsCannotLeave sends request lines that no client library would.
func TestPathsCannotLeave(t *testing.T) {
	t.Parallel()
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.RequestURI, "/auth/v1/ok") && r.URL.Path != "/auth/v1/.well-known/jwks.json" {
			t.Errorf("reached %s", r.RequestURI)
		}
	}))
	t.Cleanup(upstream.Close)
	bff := mustServe(t, supabasetest.Config(t, map[string]string{"SUPABASE_URL": upstream.URL, "SUPABASE_REST_URL": upstream.URL + "/rest/v1"}))
	for _, tt := range []struct {
		Line   string
		Status int
	}{
		{"GET /auth/v1/ok HTTP/1.1", 200},
		{"GET http://evil.test/auth/v1/ok HTTP/1.1", 200}, // only the path counts
		{"GET /auth/v1/../../x HTTP/1.1", 400},
		{"GET /auth/v1/%2e%2e/rest/v1/x HTTP/1.1", 400},
		{"GET /auth/v1/..%2fx HTTP/1.1", 400},
		{"GET /auth/v1/..\\x HTTP/1.1", 400},
		{"GET /auth/v1//x HTTP/1.1", 400},
		{"GET /auth/v1/%61dmin/users HTTP/1.1", 403},
		{"POST http://evil.test/auth/v1/admin/users HTTP/1.1", 403},
		{"GET /x/../auth/v1/admin/users HTTP/1.1", 404},
		{"GET //auth/v1/admin/users HTTP/1.1", 404},
		{"GET /AUTH/v1/admin/users HTTP/1.1", 404},
		{"GET /auth%2fv1/admin HTTP/1.1", 404},
		{"GET /auth/v1x/admin HTTP/1.1", 404},
		{"CONNECT /auth/v1/ok HTTP/1.1", 405},
		{"TRACE /auth/v1/ok HTTP/1.1", 405},
		{"BREW /auth/v1/ok HTTP/1.1", 405},
		{"nonsense", 400},
	} {
		t.Run(tt.Line, func(t *testing.T) {
			a := mustSendRaw(t, bff, tt.Line+"\r\nHost: bff\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
			if tt.Status == 200 {
				if a.Status != 200 {
					t.Errorf("got status %d, want 200: %s", a.Status, a.Body)
				}
				return
			}
			mustProblem(t, a, tt.Status)
		})
	}
}

// mustSendRaw sends the bytes as they are.
func mustSendRaw(t *testing.T, address, request string) answer {
	t.Helper()
	return mustReadRaw(t, mustDial(t, address, request))
}

// mustReadRaw reads the one answer that comes before the connection's end.
func mustReadRaw(t *testing.T, c net.Conn) answer {
	t.Helper()
	text, err := io.ReadAll(c)
	if err != nil {
		t.Fatalf("%v after %q", err, text)
	}
	reader := bufio.NewReader(bytes.NewReader(text))
	resp, err := http.ReadResponse(reader, nil)
	if err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if reader.Buffered() > 0 {
		t.Errorf("more than one answer: %q", text)
	}
	return answer{resp.StatusCode, resp.Header, string(body)}
}

// BenchmarkPassage is what the passage adds: the same small answer, from an
// upstream that costs next to nothing, with and without the BFF.
// TestLongAnswersAtOnce: longer ones than are held back, of known length and of
// unknown, each whole and nobody else's.
func TestLongAnswersAtOnce(t *testing.T) {
	t.Parallel()
	bff := mustServe(t, supabasetest.Config(t, mustUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		row := []byte(strings.Repeat(r.URL.Query().Get("limit"), 1<<10))
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Query().Has("known") {
			w.Header().Set("Content-Length", strconv.Itoa(1000*len(row)))
		}
		for range 1000 {
			_, _ = w.Write(row)
		}
	})))
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 4 {
				for _, known := range []string{"", "&known=1"} {
					mine := strconv.Itoa(i)
					a := mustSend(t, "GET", bff+"/rest/v1/tasks?limit="+mine+known, "")
					if len(a.Body) != 1000<<10 || strings.Trim(a.Body, mine) != "" {
						t.Errorf("%d bytes, not all of them %s", len(a.Body), mine)
					}
				}
			}
		})
	}
	all.Wait()
}

func BenchmarkPassage(b *testing.B) {
	payload := bytes.Repeat([]byte(`{"task_id":1},`), 150)
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(payload)
	}))
	b.Cleanup(upstream.Close)
	bff := mustServe(b, supabasetest.Config(b, map[string]string{"SUPABASE_REST_URL": upstream.URL + "/rest/v1"}))
	token := supabasetest.MustSignUp(b).Token
	for name, base := range map[string]string{"bff": bff, "direct": upstream.URL} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if a := mustSend(b, "GET", base+"/rest/v1/tasks", "", "Authorization", "Bearer "+token); a.Status != 200 {
					b.Fatalf("got status %d, want 200: %s", a.Status, a.Body)
				}
			}
		})
	}
}
