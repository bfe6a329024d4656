package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

var here = &deployment{name: "here"}

// TestBalance has writes that are lost, doubled, made up, and as they should be.
func TestBalance(t *testing.T) {
	l := newLedger()
	l.note(inserts, "fine", nil)
	l.note(inserts, "lost", nil)
	l.note(inserts, "doubled", nil)
	l.note(inserts, "refused", &failure{})
	l.note(inserts, "refused and there", &failure{})
	l.note(inserts, "unknown", &failure{sent: true})
	l.note(inserts, "unknown and there", &failure{sent: true})
	l.note(inserts, "unknown and doubled", errors.New("no answer"))
	b, faults := l.balance(inserts, map[string]int{
		"fine": 1, "doubled": 2, "refused and there": 1, "unknown and there": 1, "unknown and doubled": 2, "made up": 1,
	})
	if want := (Balance{inserts, 3, 2, 3, 3}); b != want {
		t.Errorf("the balance: got %+v, want %+v", b, want)
	}
	told := strings.Join(faults, "\n")
	for _, wrong := range []string{"lost", "doubled", "refused and there", "unknown and doubled", "made up"} {
		if !strings.Contains(told, ": "+wrong+" ") {
			t.Errorf("the faults: got none of %q, want one: %s", wrong, told)
		}
	}
	if len(faults) != 5 {
		t.Errorf("the faults: got %d, want 5: %s", len(faults), told)
	}
}

// TestEnds has tasks whose last acknowledged move isn't what they are like.
func TestEnds(t *testing.T) {
	l := newLedger()
	for _, task := range []string{"right", "behind", "back", "unmoved"} {
		l.note(moves, task+" 1", nil)
		l.note(moves, task+" 2", nil)
	}
	l.note(moves, "perhaps 1", nil)
	l.note(moves, "perhaps 2", &failure{sent: true})
	l.note(moves, "late 1", &failure{sent: true})
	l.note(moves, "late 2", nil)
	faults := l.ends(map[string]int{"right 2": 1, "behind 1": 1, "perhaps 2": 1, "late 1": 1, "back 0": 1})
	if len(faults) != 3 || !strings.Contains(faults[0], "back") || !strings.Contains(faults[1], "behind") || !strings.Contains(faults[2], "unmoved") {
		t.Errorf("tasks that end wrong: got %q, want one fault each of back, behind and unmoved", faults)
	}
}

// TestExcuses holds failures against a window from the tenth second to the
// twentieth.
func TestExcuses(t *testing.T) {
	start := time.Now()
	second := func(n float64) time.Time { return start.Add(time.Duration(n * float64(time.Second))) }
	functionsOnly := func(action string, _ *deployment) bool { return action == "function" }
	for _, tt := range []struct {
		name     string
		from, to float64
		action   string
		passing  bool
		excuses  func(string, *deployment) bool
		want     bool
	}{
		{"in it", 12, 13, "board", true, anything, true},
		{"that began before", 9, 11, "board", true, anything, true},
		{"that ended after", 19, 25, "board", true, anything, true},
		{"all along", 9, 25, "board", true, anything, true},
		{"before", 8, 9.9, "board", true, anything, false},
		{"after", 20.1, 21, "board", true, anything, false},
		{"of a kind that never may be", 12, 13, "board", false, anything, false},
		{"of what doesn't need the part", 12, 13, "board", true, functionsOnly, false},
		{"of what does", 12, 13, "function", true, functionsOnly, true},
		{"while Redis is away", 12, 13, "board", true, nothing, false},
	} {
		w := &Window{from: second(10), to: second(20), part: part{excuses: tt.excuses}}
		f := &failure{action: tt.action, deployment: here, from: second(tt.from), to: second(tt.to), passing: tt.passing, what: "502"}
		if got := len(judge([]*failure{f}, []*Window{w})) == 0; got != tt.want || tt.want && w.Failed["502"] != 1 {
			t.Errorf("a failure %s: got excused %t, counted %v, want excused %t", tt.name, got, w.Failed, tt.want)
		}
	}
	// A part that never came back excuses all that follows.
	if excuse(&failure{deployment: here, from: second(50), to: second(51), passing: true}, []*Window{{from: second(10), part: part{excuses: anything}}}) == nil {
		t.Error("a failure while a part is away for good: got no excuse, want one")
	}
}

// TestExplain tells what may be while a part is away, and what it means for a
// write.
func TestExplain(t *testing.T) {
	for _, tt := range []struct {
		status        int
		body          string
		passing, sent bool
	}{
		{503, `{"code":"upstream_unavailable","message":"PostgREST is not running"}`, true, false},
		{503, `{"code":"PGRST001","message":"Database client error"}`, true, true},
		{503, `{"code":"57P01","message":"terminating connection"}`, true, true},
		{502, `{"code":"upstream_failed","message":"broken off"}`, true, true},
		{504, `{"code":"upstream_timeout","message":"too late"}`, true, true},
		{502, `<html>Bad Gateway</html>`, false, true},
		{503, `{"code":"x"}`, false, true},
		{500, `{"code":"internal","message":"it broke"}`, false, true},
		{401, `{"code":"not_signed_in","message":"sign in"}`, false, false},
		{409, `{"code":"23505","message":"it is there already"}`, false, false},
	} {
		what, passing, sent := explain(answer{status: tt.status, body: []byte(tt.body)})
		if passing != tt.passing || sent != tt.sent || !strings.HasPrefix(what, fmt.Sprint(tt.status)) {
			t.Errorf("the answer %d %s: got %q, passing %t, sent %t, want passing %t, sent %t",
				tt.status, tt.body, what, passing, sent, tt.passing, tt.sent)
		}
	}
}

// mustUser is somebody whose BFF the handler is.
func mustUser(t *testing.T, handler http.HandlerFunc) *user {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	u := newUser(&deployment{name: "test", urls: []string{server.URL}})
	u.id, u.tasks = "the id", []*task{{id: "a task"}}
	return u
}

// TestAnswersThatAreWrong has a BFF that answers what nothing excuses.
func TestAnswersThatAreWrong(t *testing.T) {
	look := func(u *user) error { return u.look(context.Background(), "board", "/board") }
	for name, tt := range map[string]struct {
		answer func(u *user, w http.ResponseWriter)
		do     func(u *user) error
		says   string
	}{
		"another user's board": {func(u *user, w http.ResponseWriter) {
			w.Header().Set("ETag", `"1"`)
			fmt.Fprint(w, u.mark, " mark-00000000")
		}, look, "another user's data: mark-00000000"},
		"an empty board": {func(_ *user, w http.ResponseWriter) { w.Header().Set("ETag", `"1"`) }, look, "nothing of the user's own"},
		"no tag":         {func(u *user, w http.ResponseWriter) { fmt.Fprint(w, u.mark) }, look, "no tag"},
		"signed out": {func(_ *user, w http.ResponseWriter) {
			w.WriteHeader(401)
			fmt.Fprint(w, `{"code":"session_ended","message":"sign in again"}`)
		}, look, "401 session_ended"},
		"the old board after a move": {func(u *user, w http.ResponseWriter) { w.WriteHeader(304) }, func(u *user) error {
			u.seen["/board"] = answer{header: http.Header{"Etag": {`"1"`}}}
			if u.written(newLedger(), moves, "a task 1", nil) != nil {
				return nil
			}
			return look(u)
		}, "304 after a change"},
		"a 304 that nobody asked for": {func(u *user, w http.ResponseWriter) { w.WriteHeader(304) }, look, "304 after a change"},
		"somebody else's session":     {func(_ *user, w http.ResponseWriter) { fmt.Fprint(w, "another id") }, func(u *user) error { return u.who(context.Background(), nil) }, "another user's"},
		"half a dashboard":            {func(u *user, w http.ResponseWriter) { fmt.Fprint(w, u.mark, `"incomplete":[{"part":"board"}]`) }, look, "200 incomplete"},
	} {
		t.Run(name, func(t *testing.T) {
			var u *user
			u = mustUser(t, func(w http.ResponseWriter, _ *http.Request) { tt.answer(u, w) })
			err, f := tt.do(u), new(failure)
			if !errors.As(err, &f) || !strings.Contains(f.what, tt.says) {
				t.Fatalf("the fault: got %v, want one with %q", err, tt.says)
			}
			if f.passing != (tt.says == "200 incomplete") {
				t.Errorf("the fault %q: got passing %t, want %t", f.what, f.passing, !f.passing)
			}
		})
	}
}

// TestWrongNotModified has a BFF say that nothing has changed when it has.
func TestWrongNotModified(t *testing.T) {
	var u *user
	changes := 0
	u = mustUser(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") != "" {
			w.WriteHeader(304)
			return
		}
		changes++
		w.Header().Set("ETag", fmt.Sprintf(`"%d"`, changes))
		fmt.Fprint(w, u.mark, changes)
	})
	for range 300 { // one in five is looked at; a minute may end meanwhile
		if err := u.look(context.Background(), "board", "/board"); err != nil {
			if !strings.Contains(err.Error(), "304 for what has changed") {
				t.Fatalf("a wrong 304: got %v, want 304 for what has changed", err)
			}
			return
		}
	}
	t.Error("a wrong 304 in 300 looks: got no fault, want one")
}

// A write without an answer may be there or not; one that nobody took isn't.
func TestWhatBecameOfAWrite(t *testing.T) {
	for name, tt := range map[string]struct {
		answer func(w http.ResponseWriter)
		want   outcome
	}{
		"an answer":   {func(w http.ResponseWriter) { fmt.Fprint(w, "{}") }, acknowledged},
		"half of one": {func(w http.ResponseWriter) { w.Header().Set("Content-Length", "99"); fmt.Fprint(w, "{") }, unknown},
		"none":        {func(w http.ResponseWriter) { panic(http.ErrAbortHandler) }, unknown},
		"a refusal":   {func(w http.ResponseWriter) { w.WriteHeader(503); fmt.Fprint(w, `{"code":"busy","message":"later"}`) }, refused},
		"a broken one": {func(w http.ResponseWriter) {
			w.WriteHeader(502)
			fmt.Fprint(w, `{"code":"upstream_failed","message":"?"}`)
		}, unknown},
	} {
		u, l := mustUser(t, func(w http.ResponseWriter, _ *http.Request) { tt.answer(w) }), newLedger()
		err := u.post(context.Background(), l)
		for id, got := range l.told[posts] {
			if got != tt.want || (err == nil) != (tt.want == acknowledged) {
				t.Errorf("%s: got the write %s as %s (%v), want %s", name, id, got, err, tt.want)
			}
		}
	}
	u, l := mustUser(t, nil), newLedger()
	u.deployment.urls = []string{"http://" + supabasetest.MustRefuse(t)}
	err := u.post(context.Background(), l)
	for _, got := range l.told[posts] {
		if f := new(failure); got != refused || !errors.As(err, &f) || f.what != "refused connection" {
			t.Errorf("a write that nobody listens to: got %s (%v), want %s by refused connection", got, err, refused)
		}
	}
}

// TestLeaks has values that level off, and values that don't.
func TestLeaks(t *testing.T) {
	life := func(minutes int, value func(minute float64) float64) (points []point) {
		for second := 0; second < 60*minutes; second += 2 {
			noise := float64(second*7919%13)/13 - 0.5
			points = append(points, point{float64(second), value(float64(second)/60) + noise})
		}
		return points
	}
	for name, tt := range map[string]struct {
		minutes int
		value   func(minute float64) float64
		leak    bool
	}{
		"level":               {15, func(float64) float64 { return 50 }, false},
		"filling up":          {15, func(m float64) float64 { return 80 - 40*math.Exp(-m/2) }, false},
		"a step":              {15, func(m float64) float64 { return 50 + 20*math.Round(m/15) }, false},
		"a saw":               {15, func(m float64) float64 { return 50 + 10*math.Mod(m, 1) }, false},
		"a megabyte a minute": {15, func(m float64) float64 { return 30 + m }, true},
		"faster and faster":   {15, func(m float64) float64 { return 30 + m*m/10 }, true},
		"a short life":        {5, func(m float64) float64 { return 30 + 5*m }, false},
		"goroutines":          {15, func(m float64) float64 { return 40 + 8*m }, true},
	} {
		if g := level(life(tt.minutes, tt.value)); g.Leak != tt.leak || g.Judged != (tt.minutes > 8) {
			t.Errorf("%s: got %+v, want leak %t, judged %t", name, g, tt.leak, tt.minutes > 8)
		}
	}
	if g := level(life(15, func(m float64) float64 { return 30 + m })); g.Slope < 55 || g.Slope > 65 {
		t.Errorf("a megabyte a minute: got a slope of %f an hour, want 55 to 65", g.Slope)
	}
}

// The longest life of a part is the one that is judged.
func TestLives(t *testing.T) {
	var samples []sample
	for i := range 60 {
		pid := 1
		if i >= 20 {
			pid = 2
		}
		samples = append(samples, sample{time.Unix(int64(i), 0), map[string]int{"bff": pid}, map[string]map[string]float64{"bff": {memory: float64(100 * pid)}}})
	}
	all := growths(samples)
	if len(all) != 1 || all[0].Lives != 2 || all[0].Life != 39 || all[0].Quarters != [4]float64{200, 200, 200, 200} {
		t.Errorf("growths: got %+v, want one part of 2 lives, the longer one of 39 seconds at 200", all)
	}
}

// TestYoungGeneration: the supervisor's memory as a soak has seen it, that of a
// process that isn't Node's, and a leak of Node's.
func TestYoungGeneration(t *testing.T) {
	for name, tt := range map[string]struct {
		part     string
		quarters [4]float64
		leak     bool
	}{
		"Node's":       {"supervisor", [4]float64{77.5, 79.4, 80.8, 95.3}, false},
		"Go's":         {"bff", [4]float64{77.5, 79.4, 80.8, 95.3}, true},
		"Node's, more": {"supervisor", [4]float64{77.5, 89.4, 105.8, 135.3}, true},
	} {
		var samples []sample
		for i := range 600 {
			value := tt.quarters[i/150]
			samples = append(samples, sample{time.Unix(int64(2*i), 0), map[string]int{tt.part: 1}, map[string]map[string]float64{tt.part: {memory: value}}})
		}
		if all := growths(samples); len(all) != 1 || all[0].Leak != tt.leak {
			t.Errorf("%s: got %+v, want one part with leak %t", name, all, tt.leak)
		}
	}
}

// A process that is another one without having been ended has ended by itself.
func TestUnasked(t *testing.T) {
	at := func(second int64, pids map[string]int) sample { return sample{at: time.Unix(second, 0), life: pids} }
	windows := []*Window{{from: time.Unix(10, 0), to: time.Unix(15, 0), part: part{name: "postgres", processes: []string{"postgres"}}}}
	faults := unasked([]sample{
		at(8, map[string]int{"bff": 1, "postgres": 2, "auth": 3}),
		at(12, map[string]int{"bff": 1, "postgres": 20, "auth": 30}),
		at(14, map[string]int{"bff": 10, "postgres": 20, "auth": 30}),
		at(40, map[string]int{"bff": 10, "postgres": 20, "auth": 31}),
	}, windows)
	if len(faults) != 2 || !strings.HasPrefix(faults[0], "bff") || !strings.HasPrefix(faults[1], "auth") {
		t.Errorf("processes that ended by themselves: got %q, want bff and auth", faults)
	}
}

// TestOwnProcess ends a process of the soak's own, which comes back, and ends
// with the soak.
func TestOwnProcess(t *testing.T) {
	t.Setenv("STACK_LOGS", t.TempDir())
	redis := freePort()
	st := &stack{record: "testdata/processes.json"}
	o := &own{name: "redis", command: "redis-server", args: []string{"--port", redis, "--bind", "127.0.0.1", "--save", ""}, address: "127.0.0.1:" + redis}
	if err := st.start(t.Context(), o); err != nil {
		t.Fatalf("st.start: %v", err)
	}
	for _, how := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		back, err := st.end(part{name: "redis", processes: []string{"redis"}}, how)
		if err != nil {
			t.Fatalf("st.end: %v", err)
		}
		for end := time.Now().Add(time.Minute); !back(); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("Redis after %s: got no process for a minute, want one again", how)
			}
		}
	}
	pid := o.pid()
	st.stop()
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("Redis after the soak: got %v for the process %d, want %v", err, pid, syscall.ESRCH)
	}
	if _, err := st.end(part{name: "x", processes: []string{"x"}}, syscall.SIGTERM); err == nil {
		t.Error("end a part that doesn't run: got no error, want one")
	}
}

// What a BFF shows is read.
func TestParse(t *testing.T) {
	into := make(map[string]float64)
	parse(strings.NewReader("# HELP x y\ngo_goroutines 42\ngo_memstats_heap_inuse_bytes 2097152\nother{a=\"b c\"} 1\n"), into)
	if len(into) != 2 || into[goroutines] != 42 || into[heap] != 2 {
		t.Errorf("the metrics: got %v, want 42 goroutines and a heap of 2 MB alone", into)
	}
}
