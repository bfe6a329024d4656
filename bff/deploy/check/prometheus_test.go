package check

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

const (
	prometheusFiles = "../prometheus"
	rulesTest       = "testdata/rules.test.yml"
)

// promtool runs Prometheus's own checks.
func promtool(t *testing.T, arguments ...string) {
	t.Helper()
	if _, err := exec.LookPath("promtool"); err != nil {
		t.Fatalf("%v\nIt is in Debian's and Ubuntu's package prometheus (apt-get install prometheus), which go tool task test installs, and in Homebrew's.", err)
	}
	if output, err := exec.Command("promtool", arguments...).CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(arguments, " "), err, output)
	}
}

func TestPrometheusReadsItsFiles(t *testing.T) {
	promtool(t, "check", "config", filepath.Join(prometheusFiles, "prometheus.yml"))
	promtool(t, "check", "rules", "--lint=all", "--lint-fatal", filepath.Join(prometheusFiles, "rules.yml"))
}

type rule struct {
	Alert, Expr string
	Labels      map[string]string
	Annotations map[string]string
}

func mustRules(t *testing.T) []rule {
	t.Helper()
	var file struct{ Groups []struct{ Rules []rule } }
	if err := yaml.Unmarshal(mustRead(t, filepath.Join(prometheusFiles, "rules.yml")), &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Groups) != 1 || len(file.Groups[0].Rules) == 0 {
		t.Fatalf("the rules: got %+v, want one group of rules", file)
	}
	return file.Groups[0].Rules
}

// TestRules fires every rule by made series, and has series that come near.
func TestRules(t *testing.T) {
	promtool(t, "test", "rules", rulesTest)
	type check struct {
		Alert  string           `yaml:"alertname"`
		Alerts []map[string]any `yaml:"exp_alerts"`
	}
	var file struct {
		Tests []struct {
			Checks []check `yaml:"alert_rule_test"`
		}
	}
	if err := yaml.Unmarshal(mustRead(t, rulesTest), &file); err != nil {
		t.Fatal(err)
	}
	fires, stays := map[string]bool{}, map[string]bool{}
	for _, test := range file.Tests {
		fired := slices.ContainsFunc(test.Checks, func(c check) bool { return len(c.Alerts) > 0 })
		for _, check := range test.Checks {
			fires[check.Alert] = fires[check.Alert] || fired
			stays[check.Alert] = stays[check.Alert] || !fired
		}
	}
	for _, rule := range mustRules(t) {
		if !fires[rule.Alert] || !stays[rule.Alert] {
			t.Errorf("%s: fires %t, has series that don't fire it %t", rule.Alert, fires[rule.Alert], stays[rule.Alert])
		}
	}
}

// TestRunbook follows the link of every alert, and finds no section without one.
func TestRunbook(t *testing.T) {
	const runbook = "https://github.com/mysingle/mysingle/blob/main/bff/deploy/runbook.md#"
	text := string(mustRead(t, "../runbook.md"))
	var alerts []string
	for _, rule := range mustRules(t) {
		if severity := rule.Labels["severity"]; severity != "page" && severity != "ticket" {
			t.Errorf("%s: severity %q", rule.Alert, severity)
		}
		if rule.Annotations["summary"] == "" || rule.Annotations["runbook_url"] != runbook+strings.ToLower(rule.Alert) {
			t.Errorf("%s: got the annotations %v, want a summary and its section of the runbook", rule.Alert, rule.Annotations)
		}
		alerts = append(alerts, rule.Alert)
	}
	var sections []string
	for _, heading := range regexp.MustCompile(`(?m)^## (.*)$`).FindAllStringSubmatch(text, -1) {
		sections = append(sections, heading[1])
	}
	if !slices.Equal(sections, alerts) {
		t.Errorf("the runbook has %q, the rules are %q", sections, alerts)
	}
}
