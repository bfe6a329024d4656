package server_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

// panel is a part of Grafana's dashboard.
type panel struct {
	Title   string
	Targets []struct{ Expr string }
}

func mustDashboard(t *testing.T) []panel {
	t.Helper()
	text, err := os.ReadFile("../deploy/grafana/dashboards/bff.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct{ Panels []panel }
	if err := json.Unmarshal(text, &dashboard); err != nil || len(dashboard.Panels) == 0 {
		t.Fatalf("the dashboard: got %d panels, %v, want some", len(dashboard.Panels), err)
	}
	return dashboard.Panels
}

// prom is a Prometheus that scrapes one BFF every second.
type prom struct{ url string }

// mustStartPrometheus starts one on a free port, for as long as the test runs,
// with the rules that go along with the BFF.
func mustStartPrometheus(t *testing.T, metrics http.Handler) prom {
	t.Helper()
	binary, err := exec.LookPath("prometheus")
	if err != nil {
		t.Fatal("prometheus is not on PATH: install it with `apt-get install prometheus` or `brew install prometheus`")
	}
	exposed := httptest.NewServer(metrics)
	t.Cleanup(exposed.Close)
	rules, err := filepath.Abs("../deploy/prometheus/rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	config := fmt.Sprintf("global: { scrape_interval: 1s, evaluation_interval: 1s }\nrule_files: [%s]\nscrape_configs: [{ job_name: bff, static_configs: [{ targets: [%q] }] }]\n",
		rules, exposed.Listener.Addr())
	if err := os.WriteFile(filepath.Join(folder, "prometheus.yml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	p := supabasetest.MustStartProgram(t, supabasetest.Program{
		Name: "Prometheus",
		Log:  supabasetest.Log(),
		Command: func(port int) *exec.Cmd {
			command := exec.Command(binary, "--config.file=prometheus.yml", "--storage.tsdb.path=data",
				fmt.Sprintf("--web.listen-address=127.0.0.1:%d", port))
			command.Dir = folder
			return command
		},
		IsReady: func(address string) bool {
			resp, err := http.Get("http://" + address + "/-/ready")
			if err != nil {
				return false
			}
			defer resp.Body.Close()
			return resp.StatusCode == http.StatusOK
		},
	})
	return prom{"http://" + p.Address}
}

// must reads an answer of Prometheus's API.
func (p prom) must(t *testing.T, path string, parameters url.Values, into any) {
	t.Helper()
	resp, err := http.PostForm(p.url+path, parameters)
	if parameters == nil {
		resp, err = http.Get(p.url + path)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer := struct {
		Error string
		Data  any
	}{Data: into}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.Error != "" {
		t.Fatalf("Prometheus, asked %s %v: got error %v %s, want none", path, parameters, err, answer.Error)
	}
}

// mustAsk returns what an expression has now: how many numbers.
func (p prom) mustAsk(t *testing.T, expr string) (n int) {
	t.Helper()
	var found struct {
		Result []struct{ Value [2]any }
	}
	p.must(t, "/api/v1/query", url.Values{"query": {strings.ReplaceAll(expr, "$__rate_interval", "1m")}}, &found)
	for _, one := range found.Result {
		if one.Value[1] != "NaN" {
			n++
		}
	}
	return n
}

// alert is a rule as Prometheus has read it.
type alert struct{ Name, Query, Health, State string }

func (p prom) mustAlerts(t *testing.T) []alert {
	t.Helper()
	var found struct{ Groups []struct{ Rules []alert } }
	p.must(t, "/api/v1/rules", nil, &found)
	if len(found.Groups) != 1 || len(found.Groups[0].Rules) == 0 {
		t.Fatalf("rules in Prometheus: got %+v, want one group of rules", found)
	}
	return found.Groups[0].Rules
}

// notMetrics is what stands in an expression beside the names of metrics.
var notMetrics = regexp.MustCompile(`"[^"]*"|\{[^}]*\}|\[[^\]]*\]|\w+ (by|on) *\([^)]*\)|\w+ *\(|\b(or|and)\b|\b[\d.]+(e\d+)?\b`)

func metricsOf(expr string) []string {
	return regexp.MustCompile(`\w+`).FindAllString(notMetrics.ReplaceAllString(expr, " "), -1)
}

// TestSignals_alone has a Prometheus scrape a BFF to which everything happens that is
// measured. Every panel of the dashboard shows something, what the rules watch
// is there, and the one for a service that is down is on its way.
func TestSignals_alone(t *testing.T) {
	t.Parallel()
	c := supabasetest.Config(t, map[string]string{"SUPABASE_FUNCTIONS_URL": "http://127.0.0.1:1", "BFF_RATE_USER": "10/10s", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"})
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(8 << 30)) // as GOMEMLIMIT
	bff, metrics := mustServeMeasured(t, c, io.Discard)
	p := mustStartPrometheus(t, metrics)
	token := supabasetest.MustSignUp(t).Token
	b, _ := mustSignedUp(t, bff)
	b.mustExpire(time.Minute)
	b.send(http.MethodGet, "/api/v1/session", "")

	panels := mustDashboard(t)
	within := time.Now().Add(3 * time.Minute)
	for {
		for _, path := range []string{"/livez", "/readyz", "/api/v1/me/scrum", "/rest/v1/tasks?limit=1", "/nope"} {
			mustSend(t, http.MethodGet, bff+path, "", "Authorization", "Bearer "+token)
		}
		mustSend(t, http.MethodGet, bff+"/functions/v1/calendar", "")
		var missing, wanted []string
		for _, panel := range panels {
			for _, target := range panel.Targets {
				if p.mustAsk(t, target.Expr) == 0 {
					missing = append(missing, panel.Title+" shows nothing: "+target.Expr)
				}
				wanted = append(wanted, metricsOf(target.Expr)...)
			}
		}
		for _, rule := range p.mustAlerts(t) {
			wanted = append(wanted, metricsOf(rule.Query)...)
			if rule.Health != "ok" || rule.Name == "SupabaseDown" && rule.State == "inactive" {
				missing = append(missing, fmt.Sprintf("%+v", rule))
			}
		}
		for _, name := range wanted {
			if p.mustAsk(t, name) == 0 {
				missing = append(missing, "there is no "+name)
			}
		}
		if missing == nil {
			return
		}
		if time.Now().After(within) {
			t.Fatal(strings.Join(missing, "\n"))
		}
		time.Sleep(500 * time.Millisecond)
	}
}
