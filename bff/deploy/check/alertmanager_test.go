package check

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/prometheus/alertmanager/alert"
	"github.com/prometheus/alertmanager/config"
	"github.com/prometheus/alertmanager/config/receiver"
	"github.com/prometheus/alertmanager/dispatch"
	"github.com/prometheus/alertmanager/eventrecorder"
	"github.com/prometheus/alertmanager/featurecontrol"
	"github.com/prometheus/alertmanager/inhibit"
	"github.com/prometheus/alertmanager/labelset"
	"github.com/prometheus/alertmanager/notify"
	"github.com/prometheus/alertmanager/provider/mem"
	"github.com/prometheus/alertmanager/template"
	"github.com/prometheus/alertmanager/timeinterval"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v3"
)

const alertmanagerFiles = "../alertmanager"

// mustAlertmanager loads the file with the receivers behind it, as the
// container does, the secrets' folder put in the place of the container's.
func mustAlertmanager(t *testing.T, receivers, secrets string) *config.Config {
	t.Helper()
	text := string(mustRead(t, filepath.Join(alertmanagerFiles, "alertmanager.yml"))) +
		string(mustRead(t, filepath.Join(alertmanagerFiles, "receivers", receivers)))
	c, err := config.Load(strings.ReplaceAll(text, "/run/secrets", secrets))
	if err != nil {
		t.Fatalf("with %s: %v", receivers, err)
	}
	return c
}

func labelsOf(r rule) model.LabelSet {
	set := model.LabelSet{"alertname": model.LabelValue(r.Alert)}
	for name, value := range r.Labels {
		set[model.LabelName(name)] = model.LabelValue(value)
	}
	return set
}

// TestAlertsAreRouted follows every rule's alert to who is told of it, and how
// soon.
func TestAlertsAreRouted(t *testing.T) {
	c := mustAlertmanager(t, "nobody.yml", "/run/secrets")
	root := dispatch.NewRoute(c.Route, nil)
	told := func(set model.LabelSet) dispatch.RouteOpts {
		t.Helper()
		routes := root.Match(set)
		if len(routes) != 1 {
			t.Fatalf("%s goes %d ways", set, len(routes))
		}
		return routes[0].RouteOpts
	}
	severities := make(map[string]bool)
	for _, rule := range mustRules(t) {
		severity := rule.Labels["severity"]
		severities[severity] = true
		if got := told(labelsOf(rule)).Receiver; got != severity {
			t.Errorf("%s is a %s and goes to %s", rule.Alert, severity, got)
		}
	}
	if !severities["page"] || !severities["ticket"] {
		t.Errorf("the rules have only %v", severities)
	}
	if got := told(model.LabelSet{"alertname": "SomebodyElses"}).Receiver; got != "page" {
		t.Errorf("an alert without a severity goes to %s", got)
	}
	page, ticket := told(model.LabelSet{"severity": "page"}), told(model.LabelSet{"severity": "ticket"})
	if len(page.GroupBy) != 0 || page.GroupByAll || len(page.ActiveTimeIntervals)+len(page.MuteTimeIntervals) > 0 {
		t.Errorf("what wakes isn't one message at any hour: %+v", page)
	}
	if page.GroupWait > time.Minute || page.RepeatInterval < time.Hour || page.RepeatInterval > 8*time.Hour {
		t.Errorf("it wakes after %s, and again after %s", page.GroupWait, page.RepeatInterval)
	}
	if ticket.GroupWait <= page.GroupWait || ticket.RepeatInterval <= page.RepeatInterval {
		t.Errorf("a ticket doesn't wait: %+v", ticket)
	}
	intervals := make(map[string][]timeinterval.TimeInterval)
	for _, interval := range c.TimeIntervals {
		intervals[interval.Name] = interval.TimeIntervals
	}
	seoul := time.FixedZone("Asia/Seoul", 9*60*60)
	for moment, active := range map[time.Time]bool{
		time.Date(2026, 11, 27, 10, 0, 0, 0, seoul):  true, // a Friday
		time.Date(2026, 11, 27, 17, 59, 0, 0, seoul): true,
		time.Date(2026, 11, 27, 22, 0, 0, 0, seoul):  false,
		time.Date(2026, 11, 27, 3, 0, 0, 0, seoul):   false,
		time.Date(2026, 11, 28, 10, 0, 0, 0, seoul):  false,
		time.Date(2026, 11, 30, 9, 0, 0, 0, seoul):   true,
	} {
		in, _, err := timeinterval.NewIntervener(intervals).Mutes(ticket.ActiveTimeIntervals, moment)
		if err != nil || in != active {
			t.Errorf("a ticket is told at %s: %t, %v", moment, in, err)
		}
	}
}

// TestAlertsAreMuted has one alert fire, and asks of which others nobody is
// told then.
func TestAlertsAreMuted(t *testing.T) {
	c := mustAlertmanager(t, "nobody.yml", "/run/secrets")
	rules := mustRules(t)
	known := make(map[string]model.LabelSet)
	for _, rule := range rules {
		known[rule.Alert] = labelsOf(rule)
	}
	// The alternatives of the matchers are alerts that exist.
	for _, rule := range c.InhibitRules {
		for _, matcher := range slices.Concat(rule.SourceMatchers, rule.TargetMatchers) {
			if matcher.Name == "alertname" {
				for name := range strings.SplitSeq(matcher.Value, "|") {
					if known[name] == nil {
						t.Errorf("%s: there is no alert %s", rule.Name, name)
					}
				}
			}
		}
	}
	for _, tt := range []struct {
		fires, service string
		mutes          []string
	}{
		{"BFFDown", "", []string{"BFFErrors", "BFFNotReady", "BFFRestarting", "BFFSlow", "SessionRefreshesFailing", "SupabaseDown"}},
		{"SupabaseDown", "PostgREST", []string{"BFFErrors", "BFFNotReady", "BFFSlow"}},
		{"SupabaseDown", "Auth", []string{"BFFErrors", "BFFNotReady", "BFFSlow", "SessionRefreshesFailing"}},
		{"SupabaseDown", "Functions", nil},
		{"SupabaseDown", "Storage", nil},
		{"BFFNotReady", "", []string{"BFFErrors", "BFFSlow"}},
		{"BFFErrors", "", nil},
		{"BFFSlow", "", nil},
		{"BFFRestarting", "", nil},
		{"BFFMemoryHigh", "", nil},
		{"ConnectionsNearLimit", "", nil},
		{"SessionRefreshesFailing", "", nil},
	} {
		t.Run(tt.fires+tt.service, func(t *testing.T) {
			fires := known[tt.fires].Clone()
			if tt.service != "" {
				fires["service"] = model.LabelValue(tt.service)
			}
			muted := mustMuted(t, c, fires)
			var names []string
			for _, rule := range rules {
				if muted(known[rule.Alert]) {
					names = append(names, rule.Alert)
				}
			}
			if slices.Sort(names); !slices.Equal(names, tt.mutes) {
				t.Errorf("it mutes %q, not %q", names, tt.mutes)
			}
			if muted(fires) {
				t.Error("it mutes itself")
			}
		})
	}
}

// mustMuted returns what tells whether an alert is muted while another fires.
func mustMuted(t *testing.T, c *config.Config, fires model.LabelSet) func(model.LabelSet) bool {
	t.Helper()
	quiet, nothing := slog.New(slog.DiscardHandler), eventrecorder.NopRecorder()
	alerts, err := mem.NewAlerts(t.Context(), time.Hour, 0, nil, quiet, nothing, prometheus.NewRegistry(), featurecontrol.NoopFlags{})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	if err := alerts.Put(t.Context(), alert.New(model.Alert{Labels: fires, StartsAt: now, EndsAt: now.Add(time.Hour)}, now, false)); err != nil {
		t.Fatal(err)
	}
	inhibitor := inhibit.NewInhibitor(alerts, c.InhibitRules, quiet, nothing)
	go inhibitor.Run()
	t.Cleanup(inhibitor.Stop)
	inhibitor.WaitForLoading()
	return func(set model.LabelSet) bool { return inhibitor.Mutes(context.Background(), labelset.FromModel(set)) }
}

// TestReceivers sends an alert by each of the receivers, to addresses that are
// in files.
func TestReceivers(t *testing.T) {
	for file, integrations := range map[string]int{"nobody.yml": 0, "slack.yml": 1, "webhook.yml": 1} {
		t.Run(file, func(t *testing.T) {
			said := make(map[string]string) // by path
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				said[r.URL.Path] = string(body)
				_, _ = io.WriteString(w, "ok") // as Slack says it
			}))
			defer server.Close()
			secrets := t.TempDir()
			for _, name := range []string{"page", "ticket"} {
				if err := os.WriteFile(filepath.Join(secrets, "alert_"+name+"_url"), []byte(server.URL+"/"+name+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			c := mustAlertmanager(t, file, secrets)
			if len(c.Receivers) != 2 {
				t.Fatalf("%d receivers", len(c.Receivers))
			}
			for _, r := range c.Receivers {
				mustTell(t, r, integrations)
				var anything any
				if integrations > 0 && (json.Unmarshal([]byte(said["/"+r.Name]), &anything) != nil ||
					!strings.Contains(said["/"+r.Name], "the summary") || !strings.Contains(said["/"+r.Name], "https://runbook.test")) {
					t.Errorf("%s is told %q", r.Name, said["/"+r.Name])
				}
			}
			if len(said) != 2*integrations {
				t.Errorf("it was said to %d", len(said))
			}
		})
	}
}

// mustTell sends an alert to the receiver.
func mustTell(t *testing.T, r config.Receiver, want int) {
	t.Helper()
	words, err := template.FromGlobs(nil)
	if err != nil {
		t.Fatal(err)
	}
	words.ExternalURL = &url.URL{Scheme: "http", Host: "127.0.0.1:9093"}
	built, err := receiver.BuildReceiverIntegrations(r, words, slog.New(slog.DiscardHandler))
	if err != nil || len(built) != want {
		t.Fatalf("%s: %d integrations, %v", r.Name, len(built), err)
	}
	now := time.Now()
	fires := alert.New(model.Alert{StartsAt: now, EndsAt: now.Add(time.Hour),
		Labels:      model.LabelSet{"alertname": "BFFDown", "severity": "page"},
		Annotations: model.LabelSet{"summary": "the summary", "runbook_url": "https://runbook.test"}}, now, false)
	ctx := notify.WithReceiverName(notify.WithGroupKey(t.Context(), "{}"), r.Name)
	ctx = notify.WithGroupLabels(ctx, model.LabelSet{})
	for _, integration := range built {
		if verdict := integration.Notify(ctx, fires); verdict.Err() != nil {
			t.Errorf("tell %s: %v", r.Name, verdict.Err())
		}
	}
}

// Prometheus tells Alertmanager, which reads what compose.yaml gives it.
func TestAlertmanagerInCompose(t *testing.T) {
	var file struct {
		Alerting struct {
			Alertmanagers []struct {
				Static []struct{ Targets []string } `yaml:"static_configs"`
			}
		}
	}
	if err := yaml.Unmarshal(mustRead(t, "../prometheus/prometheus.yml"), &file); err != nil {
		t.Fatal(err)
	}
	if a := file.Alerting.Alertmanagers; len(a) != 1 || len(a[0].Static) != 1 || !slices.Equal(a[0].Static[0].Targets, []string{"alertmanager:9093"}) {
		t.Errorf("Prometheus tells %+v", a)
	}
	variables := map[string]string{"ALERT_BY": "slack", "ALERT_PAGE_URL_FILE": "/etc/mysingle/page", "ALERT_TICKET_URL_FILE": "/etc/mysingle/ticket"}
	for name, value := range composeVariables {
		variables[name] = value
	}
	for by, variables := range map[string]map[string]string{"nobody": composeVariables, "slack": variables} {
		project, err := loadCompose(t, variables)
		if err != nil {
			t.Fatal(err)
		}
		service := project.Services["alertmanager"]
		for _, network := range []string{"metrics", "outside"} { // Prometheus is in the one, Slack behind the other
			if _, ok := service.Networks[network]; !ok {
				t.Errorf("it isn't in the network %s", network)
			}
		}
		command := strings.Join(service.Command, " ")
		for _, path := range regexp.MustCompile(`/etc/alertmanager/\S+\.yml`).FindAllString(command, -1) {
			if _, err := os.Stat(filepath.Join(alertmanagerFiles, strings.TrimPrefix(path, "/etc/alertmanager/"))); err != nil {
				t.Error(err)
			}
		}
		if !strings.Contains(command, "/receivers/"+by+".yml") {
			t.Errorf("it reads %s", command)
		}
		for secret, variable := range map[string]string{"alert_page_url": "ALERT_PAGE_URL_FILE", "alert_ticket_url": "ALERT_TICKET_URL_FILE"} {
			want := variables[variable]
			if want == "" {
				want = "/dev/null"
			}
			if got := project.Secrets[secret].File; got != want || !slices.ContainsFunc(service.Secrets, func(s types.ServiceSecretConfig) bool { return s.Source == secret }) {
				t.Errorf("%s is in %s, not %s", secret, got, want)
			}
		}
	}
}
