package check

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"go.yaml.in/yaml/v3"
)

const grafanaFiles = "../grafana"

// mustDashboard reads the dashboard into Grafana's own types, which refuse what they don't know.
func mustDashboard(t *testing.T) (panels []dashboard.Panel) {
	t.Helper()
	plugins.RegisterDefaultPlugins()
	text := mustRead(t, filepath.Join(grafanaFiles, "dashboards/bff.json"))
	var strict, board dashboard.Dashboard
	// Its list of faults is an error even where it is empty, and leaves out panels.
	if err := strict.UnmarshalJSONStrict(text); err != nil && err.Error() != "" {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	if err := board.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, panel := range board.Panels {
		panels = append(panels, *panel.Panel)
	}
	return panels
}

// TestDashboard holds the dashboard against what is around it: every panel asks the
// provisioned source, by expressions that Prometheus can read, and none covers another.
func TestDashboard(t *testing.T) {
	var source struct{ Datasources []struct{ UID string } }
	if err := yaml.Unmarshal(mustRead(t, filepath.Join(grafanaFiles, "datasources/prometheus.yaml")), &source); err != nil {
		t.Fatal(err)
	}
	type recording struct {
		Record string `json:"record"`
		Expr   string `json:"expr"`
	}
	var rules []recording
	covered, ids := map[[2]uint32]string{}, map[uint32]bool{}
	for _, panel := range mustDashboard(t) {
		title := *panel.Title
		if ids[*panel.Id] {
			t.Errorf("%s: a second panel %d", title, *panel.Id)
		}
		ids[*panel.Id] = true
		if *panel.Datasource.Uid != source.Datasources[0].UID {
			t.Errorf("%s asks %s", title, *panel.Datasource.Uid)
		}
		for x := panel.GridPos.X; x < panel.GridPos.X+panel.GridPos.W; x++ {
			for y := panel.GridPos.Y; y < panel.GridPos.Y+panel.GridPos.H; y++ {
				if other := covered[[2]uint32{x, y}]; other != "" || x >= 24 {
					t.Fatalf("%s lies over %q, or beyond the edge", title, other)
				}
				covered[[2]uint32{x, y}] = title
			}
		}
		if len(panel.Targets) == 0 {
			t.Errorf("%s asks nothing", title)
		}
		for _, target := range panel.Targets {
			query, ok := target.(*prometheus.Dataquery)
			if !ok {
				t.Fatalf("%s: a %T", title, target)
			}
			expr := strings.ReplaceAll(query.Expr, "$__rate_interval", "1m") // as Grafana does
			rules = append(rules, recording{fmt.Sprintf("panel:%d_%d", *panel.Id, len(rules)), expr})
		}
	}
	file, err := json.Marshal(map[string]any{"groups": []any{map[string]any{"name": "panels", "rules": rules}}}) // is YAML too
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "panels.yml")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	promtool(t, "check", "rules", "--lint=all", "--lint-fatal", path)
}

// TestProvisioning looks where compose.yaml puts what Grafana is to find by itself.
func TestProvisioning(t *testing.T) {
	var provider struct {
		Providers []struct {
			Type    string
			Options struct{ Path string }
		}
	}
	if err := yaml.Unmarshal(mustRead(t, filepath.Join(grafanaFiles, "dashboards/provider.yaml")), &provider); err != nil {
		t.Fatal(err)
	}
	mounted := map[string]string{}
	for _, volume := range mustCompose(t).Services["grafana"].Volumes {
		mounted[volume.Target] = volume.Source
	}
	for _, folder := range []string{"datasources", "dashboards"} {
		want, err := filepath.Abs(filepath.Join(grafanaFiles, folder))
		if err != nil {
			t.Fatal(err)
		}
		if mounted["/etc/grafana/provisioning/"+folder] != want {
			t.Errorf("%s aren't in %v", folder, mounted)
		}
	}
	if len(provider.Providers) != 1 || provider.Providers[0].Type != "file" || provider.Providers[0].Options.Path != "/etc/grafana/provisioning/dashboards" {
		t.Errorf("Grafana's dashboards: got %+v, want one provider of files", provider)
	}
}
