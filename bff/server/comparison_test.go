package server_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

// question is a request to PostgREST, its path without a prefix.
type question struct {
	method, path, body string
	headers            []string
	writes             bool
}

func (q question) String() string {
	return fmt.Sprintf("%s %s %s %q", q.method, q.path, q.body, q.headers)
}

// with returns the question with more headers.
func (q question) with(headers ...string) question {
	q.headers = append(slices.Clip(q.headers), headers...)
	return q
}

// isEstimated reports whether the answer has the planner's estimate of a count.
func (q question) isEstimated() bool {
	return slices.ContainsFunc(q.headers, func(value string) bool {
		return strings.Contains(value, "count=planned") || strings.Contains(value, "count=estimated")
	})
}

// reads are every combination of what a client may ask of a table.
func reads(s supabasetest.Sprint) []question {
	tasks := "/tasks?sprint_id=eq." + s.SprintID + "&order=board_rank"
	var all []question
	for _, method := range []string{"GET", "HEAD"} {
		for _, path := range []string{
			tasks + "&select=task_id,task_name,status",
			tasks + "&select=task_name,sprints(sprint_name,projects(project_name))&limit=1",
			tasks + "&select=task_name&story_points=gte.100",
		} {
			for _, prefer := range []string{"", "count=exact", "count=planned", "count=estimated"} {
				for _, rows := range []string{"", "0-4", "5-", "100-200", "3-1"} {
					for _, accept := range []string{"", "application/vnd.pgrst.object+json", "text/csv", "application/octet-stream"} {
						q := question{method: method, path: path}
						for name, value := range map[string]string{"Prefer": prefer, "Range": rows, "Accept": accept} {
							if value != "" {
								q = q.with(name, value)
							}
						}
						all = append(all, q)
					}
				}
			}
		}
	}
	for _, query := range []string{
		"&select=n:task_name,story_points::text", "&select=*,profiles!tasks_created_by_fkey(email)", "&select=count", "&select=nothing",
		"&task_name=like.*%EA%B3%A0%EA%B0%9D*&select=task_name", "&or=(status.eq.%22In%20Progress%22,status.eq.Planned)&select=status",
		"&status=in.(%22In%20Progress%22,Planned)&select=status", "&task_name=eq.a%2Bb", "&task_name=eq.a+b", "&task_name=eq.%25", "&task_name=ilike.*task*&select=task_name&limit=2&offset=3",
		"&status=eq.Nonsense", "&story_points=gt.x", "&nonsense=eq.1", "&limit=x", "&order=nonsense", "&select=*)", "&description=is.null&select=task_id", "&and=(", "&task_name=eq.%00", "&%FF=eq.1", "&&", "&a", "&=",
	} {
		for _, method := range []string{"GET", "HEAD"} {
			all = append(all, question{method: method, path: tasks + query})
		}
	}
	for _, headers := range [][]string{
		{"Accept-Profile", "public"}, {"Accept-Profile", "private"}, {"Accept-Profile", "auth"}, {"Accept", "*/*"}, {"Accept", "application/json;q=0.5, text/csv"},
		{"Accept", "application/vnd.pgrst.array+json;nulls=stripped"}, {"Accept", "application/vnd.pgrst.object+json;nulls=stripped"}, {"Accept", "application/vnd.pgrst.plan+json"},
		{"Accept", "application/geo+json"}, {"Accept", "text/html"}, {"Accept", "nonsense"}, {"Accept-Encoding", "gzip"}, {"Accept-Encoding", "identity;q=0"},
		{"Range", "items=0-1"}, {"Range", "bytes=0-1"}, {"Range", "0-1", "Range-Unit", "items"}, {"Range", "-5"}, {"Range", "x"},
		{"Prefer", "handling=strict, nonsense"}, {"Prefer", "handling=lenient, nonsense"}, {"Prefer", "count=exact", "Prefer", "timezone=Asia/Seoul"}, {"Prefer", "timezone=Nowhere/At_All"},
		{"If-None-Match", `"x"`}, {"If-Modified-Since", "Mon, 01 Jan 2001 00:00:00 GMT"}, {"Accept-Language", "ko"}, {"X-Client-Info", "supabase-js/2"}, {"X-Retry-Count", "1"},
	} {
		for _, method := range []string{"GET", "HEAD"} {
			all = append(all, question{method: method, path: tasks + "&select=task_name,created_at&limit=3", headers: headers})
		}
	}
	return all
}

// calls are of functions, by GET and POST. The moment is given, or two calls
// would differ.
func calls(s supabasetest.Sprint) []question {
	const moment = "2030-01-01T00:00:00Z"
	var all []question
	json := []string{"Content-Type", "application/json"}
	for name, argument := range map[string]string{
		"sprint_burndown": "sprint_id", "sprint_flow": "sprint_id", "sprint_report": "sprint_id", "sprint_workload": "sprint_id",
		"project_velocity": "project_id", "project_impediments": "project_id", "project_throughput": "project_id",
	} {
		for _, id := range []string{s.SprintID, s.ProjectID, uuid.Nil.String(), "nonsense"} {
			body := fmt.Sprintf(`{%q:%q,"as_of":%q}`, argument, id, moment)
			query := url.Values{argument: {id}, "as_of": {moment}}.Encode()
			all = append(all,
				question{method: "GET", path: "/rpc/" + name + "?" + query},
				question{method: "HEAD", path: "/rpc/" + name + "?" + query},
				question{method: "POST", path: "/rpc/" + name, body: body, headers: json},
				question{method: "POST", path: "/rpc/" + name, body: body, headers: json}.with("Accept", "application/vnd.pgrst.object+json"),
				question{method: "POST", path: "/rpc/" + name, body: body, headers: json}.with("Prefer", "count=exact"))
		}
	}
	for _, path := range []string{"/rpc/nonsense", "/rpc/start_sprint", "/rpc/", "/rpc/sprint_report?nonsense=1"} {
		for _, method := range []string{"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"} {
			all = append(all, question{method: method, path: path})
		}
		for _, body := range []string{"", "{", "[]", "{}", `{"sprint_id":null}`, `"x"`} {
			all = append(all, question{method: "POST", path: path, body: body, headers: json, writes: true}.with("Prefer", "tx=rollback"))
		}
	}
	return all
}

// writes are inserts, upserts, updates and deletes that PostgREST undoes
// itself, so that each finds what the one before found.
func writes(s supabasetest.Sprint) []question {
	const id = "11111111-1111-4111-8111-111111111111"
	row := func(id, name string) string {
		return fmt.Sprintf(`{"task_id":%q,"project_id":%q,"sprint_id":%q,"task_name":%q,"board_rank":1}`, id, s.ProjectID, s.SprintID, name)
	}
	bulk := "[" + row(id, "하나") + "," + row("22222222-2222-4222-8222-222222222222", "둘 \\\" 셋") + "]"
	tasks, one := "/tasks?select=task_id,task_name,status", "/tasks?select=task_name,status&order=task_name&sprint_id=eq."+s.SprintID
	var all []question
	add := func(method, path, body, kind string, prefer ...string) {
		q := question{method: method, path: path, body: body, writes: true}
		if kind != "" {
			q = q.with("Content-Type", kind)
		}
		all = append(all, q.with("Prefer", strings.Join(append([]string{"tx=rollback"}, prefer...), ", ")))
	}
	const json = "application/json"
	for _, back := range []string{"return=minimal", "return=representation", "return=headers-only", ""} {
		prefer := []string{back}
		if back == "" {
			prefer = nil
		}
		for _, body := range []string{row(id, "하나"), bulk, "[]", "{}", "{", `[{"a":1},{"b":2}]`, `{"nonsense":1}`, row("x", "no uuid"), row(id, ""), "[" + row(id, "twice") + "," + row(id, "twice") + "]", "null", "1"} {
			add("POST", tasks, body, json, prefer...)
			add("POST", tasks, body, json, append(prefer, "count=exact")...)
			add("POST", tasks, body, json, append(prefer, "resolution=merge-duplicates")...)
			add("POST", tasks+"&on_conflict=task_id", body, json, append(prefer, "resolution=ignore-duplicates")...)
			add("POST", tasks+"&columns=task_id,project_id,task_name", body, json, append(prefer, "missing=default")...)
		}
		add("POST", tasks, "task_id,project_id,task_name\n"+id+","+s.ProjectID+",from a table\n", "text/csv", prefer...)
		add("POST", tasks, url.Values{"task_id": {id}, "project_id": {s.ProjectID}, "task_name": {"양식에서"}}.Encode(), "application/x-www-form-urlencoded", prefer...)
		add("POST", tasks, row(id, "x"), "text/plain", prefer...)
		add("POST", tasks, row(id, "x"), "", prefer...)
		for _, body := range []string{`{"status":"In Progress"}`, `{"status":"Nonsense"}`, `{"story_points":-1}`, `{}`, `[]`, `{"nonsense":1}`, `{"project_id":"` + id + `"}`} {
			add("PATCH", one, body, json, prefer...)
			add("PATCH", one, body, json, append(prefer, "count=exact")...)
			add("PATCH", one+"&limit=1", body, json, prefer...)
			add("PATCH", one, body, json, append(prefer, "handling=strict", "max-affected=2")...)
		}
		// Of no row the database takes anything; the BFF doesn't.
		add("PATCH", one+"&task_name=eq.nobody", `{"status":"In Progress"}`, json, prefer...)
		add("PUT", "/tasks?select=task_name&task_id=eq."+id, row(id, "put"), json, prefer...)
		add("PUT", "/tasks?select=task_name&task_id=eq."+uuid.Nil.String(), row(id, "put"), json, prefer...)
		for _, query := range []string{"", "&task_name=eq.nobody", "&nonsense=eq.1"} {
			add("DELETE", one+query, "", "", prefer...)
			add("DELETE", one+query, "", "", append(prefer, "count=exact")...)
		}
	}
	for _, accept := range []string{"application/vnd.pgrst.object+json", "text/csv"} {
		for _, body := range []string{row(id, "하나"), bulk} {
			q := question{method: "POST", path: tasks, body: body, writes: true}
			all = append(all, q.with("Content-Type", json, "Prefer", "tx=rollback, return=representation", "Accept", accept))
		}
	}
	return append(all,
		question{method: "POST", path: tasks, body: row(id, "x"), writes: true, headers: []string{"Content-Type", json, "Content-Profile", "private", "Prefer", "tx=rollback"}},
		question{method: "POST", path: tasks, body: row(id, "x"), writes: true, headers: []string{"Content-Type", json, "Content-Profile", "public", "Prefer", "tx=rollback", "Prefer", "return=representation"}},
		question{method: "POST", path: "/profiles", body: "{}", writes: true, headers: []string{"Content-Type", json, "Prefer", "tx=rollback"}},
		question{method: "POST", path: "/nonsense", body: "{}", writes: true, headers: []string{"Content-Type", json, "Prefer", "tx=rollback"}},
		question{method: "DELETE", path: "/task_events?task_id=eq." + id, writes: true, headers: []string{"Prefer", "tx=rollback"}})
}

// others are paths and methods beside those.
func others() []question {
	var all []question
	for _, path := range []string{"/", "/tasks", "/nonsense", "/task_events", "/rpc/sprint_board", "/nothing/below", "/%EC%9E%91%EC%97%85"} {
		for _, method := range []string{"OPTIONS", "HEAD", "GET"} {
			all = append(all, question{method: method, path: path + "?limit=1"})
		}
		all = append(all, question{method: "PUT", path: path}, question{method: "OPTIONS", path: path, headers: []string{"Accept-Profile", "private"}})
	}
	return all
}

var (
	// changing are what PostgREST's own answers differ in from one moment to
	// the next: times in the failing rows of refused writes.
	changing = regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(\+\d\d(:\d\d)?)?`)

	// ofTheHop are the answer's headers that are the BFF's own: the framing,
	// who answers, and which other origins may read it.
	ofTheHop = map[string]bool{"Date": true, "Server": true, "Transfer-Encoding": true, "Connection": true, "Keep-Alive": true, "Vary": true}
	// ofTheBFF are those that it adds.
	ofTheBFF = []string{
		"X-Request-Id", "Content-Length", "Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options",
		"Referrer-Policy", "Cross-Origin-Resource-Policy", "Ratelimit", "Ratelimit-Policy",
	}
)

// mustBeAlike asks both and compares status, body and headers.
func mustBeAlike(t *testing.T, q question, direct, through string, headers ...string) int {
	t.Helper()
	sent := q.with(headers...)
	ask := func(base string) answer {
		t.Helper()
		req, err := http.NewRequest(q.method, base+q.path, strings.NewReader(q.body))
		if err != nil {
			t.Fatalf("make the request %s%s: %v", base, q, err)
		}
		for i := 0; i < len(sent.headers); i += 2 {
			req.Header.Add(sent.headers[i], sent.headers[i+1])
		}
		// Not the transport that checks the contract: it is of what is usual.
		transport := plain
		if q.method == http.MethodHead {
			transport = heads
		}
		resp, err := transport.RoundTrip(req)
		if err != nil {
			t.Fatalf("send %s%s: %v", base, q, err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatalf("read the answer to %s%s: %v", base, q, err)
		}
		if q.writes && resp.StatusCode >= 400 {
			body = changing.ReplaceAll(body, []byte("then"))
		}
		return answer{resp.StatusCode, resp.Header, string(body)}
	}
	a, b := ask(direct), ask(through)
	// The planner's estimate of a table's rows moves while others write to it, and may move back: ask until PostgREST,
	// the BFF and PostgREST again agree. A BFF that changes the estimate never does.
	if q.isEstimated() {
		supabasetest.MustWait(t, "an estimate that stands still, the same through the BFF", func() bool {
			estimate := a.Header.Get("Content-Range")
			if b.Header.Get("Content-Range") == estimate && ask(direct).Header.Get("Content-Range") == estimate {
				return true
			}
			a, b = ask(direct), ask(through)
			return false
		})
	}
	// A write may be refused by the BFF, with all its faults at once; but only
	// one that PostgREST refuses too.
	if q.writes && a.Status >= 400 && b.Status == 400 && strings.Contains(b.Body, `"code":"invalid_request"`) {
		return a.Status
	}
	if a.Status != b.Status || a.Body != b.Body {
		t.Errorf("%s\n%d %s\n%s\nthrough the BFF\n%d %s\n%s", q, a.Status, a.Header, a.Body, b.Status, b.Header, b.Body)
	}
	for name, values := range a.Header {
		if name == "Content-Type" {
			values = values[:1] // where PostgREST has two they contradict each other
		}
		if got := b.Header.Values(name); !ofTheHop[name] && !strings.HasPrefix(name, "Access-Control-") && !slices.Equal(got, values) {
			t.Errorf("%s\n%s is %q and through the BFF %q", q, name, values, got)
		}
	}
	for name := range b.Header {
		if _, ok := a.Header[name]; !ok && !ofTheHop[name] && !slices.Contains(ofTheBFF, name) {
			t.Errorf("%s\nonly through the BFF: %s: %q", q, name, b.Header.Values(name))
		}
	}
	return a.Status
}

// These leave bodies as they come. PostgREST closes a connection after HEAD
// without a word; the next request must not be on it.
var (
	plain = &http.Transport{DisableCompression: true}
	heads = &http.Transport{DisableCompression: true, DisableKeepAlives: true}
)

// TestByteForByte_slow sends the same requests to PostgREST and through the BFF:
// once past the gateway, with writes that are undone, and once with it. The
// gateway adds to PostgREST its key check, its CORS headers, X-Forwarded-*,
// and that a write of every row is refused.
func TestByteForByte_slow(t *testing.T) {
	owner := supabasetest.MustSignUp(t)
	made := owner.MustSprint(t)
	owner.MustTasks(t, made, 12)
	rest := supabasetest.MustStartPostgREST(t, "PGRST_DB_TX_END=commit-allow-override")
	key := supabasetest.Env(t, "SUPABASE_PUBLISHABLE_KEY")
	off := map[string]string{"BFF_RATE_ADDRESS": "off", "BFF_RATE_USER": "off"}
	past := mustServe(t, supabasetest.Config(t, merged(off, map[string]string{"SUPABASE_REST_URL": rest.URL})))
	with := mustServe(t, supabasetest.Config(t, off))
	gateway := supabasetest.Env(t, "SUPABASE_URL")

	readOnly := slices.Concat(reads(made), calls(made), others())
	t.Logf("PostgREST %s, BFFs %s and %s, gateway %s", rest.URL, past, with, gateway)
	statuses := map[int]int{}
	for _, q := range slices.Concat(readOnly, writes(made)) {
		statuses[mustBeAlike(t, q, rest.URL, past+"/rest/v1", "Authorization", "Bearer "+owner.Token)]++
	}
	for _, q := range slices.Concat(reads(made)[:50], calls(made)[:50], others()) { // and nobody signed in
		statuses[mustBeAlike(t, q, rest.URL, past+"/rest/v1")]++
	}
	for _, q := range readOnly {
		if strings.HasPrefix(q.path, "/?") && !q.writes { // PostgREST's own description, of the address asked
			continue
		}
		statuses[mustBeAlike(t, q, gateway+"/rest/v1", with+"/rest/v1", "Authorization", "Bearer "+owner.Token, "apikey", key)]++
	}
	total := 0
	for _, n := range statuses {
		total += n
	}
	t.Logf("%d questions; answers by status: %v", total, statuses)
	for _, status := range []int{200, 201, 204, 206, 400, 401, 403, 404, 405, 406, 409, 415, 416} {
		if statuses[status] == 0 {
			t.Errorf("no question was answered %d", status)
		}
	}
	var left []struct{}
	owner.MustSelect(t, "tasks", "select=task_id&sprint_id=eq."+made.SprintID, &left)
	if len(left) != 12 {
		t.Errorf("%d tasks are left: some write was not undone", len(left))
	}
}

// merged is both maps in one.
func merged(maps ...map[string]string) map[string]string {
	all := map[string]string{}
	for _, m := range maps {
		for name, value := range m {
			all[name] = value
		}
	}
	return all
}
