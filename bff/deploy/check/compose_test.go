package check

import (
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"go.yaml.in/yaml/v3"
)

const testKey = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

var composeVariables = map[string]string{
	"SUPABASE_PUBLISHABLE_KEY": "sb_publishable_test", "BFF_SESSION_KEYS": testKey,
	"GRAFANA_PASSWORD": "test", "REDIS_URL": "redis://redis:6379/0",
}

func loadCompose(t *testing.T, variables map[string]string) (*types.Project, error) {
	t.Helper()
	file, err := filepath.Abs("../compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir:  filepath.Dir(file),
		ConfigFiles: []types.ConfigFile{{Filename: file}},
		Environment: variables,
	}, loader.WithProfiles([]string{"*"}))
}

func mustCompose(t *testing.T) *types.Project {
	t.Helper()
	project, err := loadCompose(t, composeVariables)
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func TestCompose(t *testing.T) {
	project := mustCompose(t)
	for name, s := range project.Services {
		if !s.ReadOnly || len(s.CapDrop) != 1 || s.CapDrop[0] != "ALL" || len(s.SecurityOpt) != 1 || s.SecurityOpt[0] != "no-new-privileges:true" {
			t.Errorf("%s isn't hardened", name)
		}
		if s.Deploy == nil || s.Deploy.Resources.Limits == nil || s.Deploy.Resources.Limits.MemoryBytes == 0 || s.Deploy.Resources.Limits.NanoCPUs == 0 {
			t.Errorf("%s has no limits", name)
		}
		if s.Build == nil && (s.HealthCheck == nil || !pinned(s.Image)) {
			t.Errorf("%s: no health check, or %s isn't pinned", name, s.Image)
		}
		for _, port := range s.Ports {
			if port.HostIP != "127.0.0.1" {
				t.Errorf("%s is open to the network at %s", name, port.Published)
			}
		}
	}
	bff := project.Services["bff"]
	known := settings(t)
	for name := range bff.Environment {
		if !known[name] {
			t.Errorf("the BFF has no setting %s", name)
		}
	}
	for name := range known {
		switch {
		case strings.HasPrefix(name, "FUNCTIONS_"), strings.HasPrefix(name, "GOTRUE_"), name == "SUPABASE_PORT", name == "SUPABASE_SECRET_KEY": // others'
			continue
		case name == "BFF_HOST", name == "BFF_PORT": // the image's
			continue
		}
		if _, ok := bff.Environment[name]; !ok {
			t.Errorf("%s in .env does nothing", name)
		}
	}
	if project, err := loadCompose(t, map[string]string{
		"SUPABASE_PUBLISHABLE_KEY": "test", "BFF_SESSION_KEYS": "test", "GRAFANA_PASSWORD": "test", "BFF_RATE_USER": "7/m",
	}); err != nil || project.Services["bff"].Environment["BFF_RATE_USER"] == nil || *project.Services["bff"].Environment["BFF_RATE_USER"] != "7/m" {
		t.Errorf("BFF_RATE_USER isn't passed on: %v", err)
	}
	shutdown, err := time.ParseDuration(*bff.Environment["BFF_SHUTDOWN_TIMEOUT"])
	if err != nil || time.Duration(*bff.StopGracePeriod) <= shutdown {
		t.Errorf("it has %s to end and %s for running requests, %v", time.Duration(*bff.StopGracePeriod), shutdown, err)
	}
	mustLeaveRoom(t, *bff.Environment["GOMEMLIMIT"], int64(bff.Deploy.Resources.Limits.MemoryBytes))
}

func TestComposeAsksForWhatIsMissing(t *testing.T) {
	for _, name := range []string{"SUPABASE_PUBLISHABLE_KEY", "BFF_SESSION_KEYS", "GRAFANA_PASSWORD"} {
		some := maps.Clone(composeVariables)
		delete(some, name)
		if _, err := loadCompose(t, some); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v", name, err)
		}
	}
}

// Prometheus asks where the BFF's metrics are, and Grafana where Prometheus is.
func TestPrometheusAndGrafana(t *testing.T) {
	project := mustCompose(t)
	var scrapes struct {
		Configs []struct {
			Job     string                       `yaml:"job_name"`
			Targets []struct{ Targets []string } `yaml:"static_configs"`
		} `yaml:"scrape_configs"`
	}
	if err := yaml.Unmarshal(mustRead(t, "../prometheus/prometheus.yml"), &scrapes); err != nil {
		t.Fatal(err)
	}
	want := "bff:" + *project.Services["bff"].Environment["BFF_METRICS_PORT"]
	if len(scrapes.Configs) == 0 || scrapes.Configs[0].Job != "bff" || scrapes.Configs[0].Targets[0].Targets[0] != want {
		t.Errorf("%+v doesn't begin with %s", scrapes.Configs, want)
	}
	var sources struct{ Datasources []struct{ URL string } }
	if err := yaml.Unmarshal(mustRead(t, "../grafana/datasources/prometheus.yaml"), &sources); err != nil {
		t.Fatal(err)
	}
	if len(sources.Datasources) != 1 || sources.Datasources[0].URL != "http://prometheus:9090" {
		t.Errorf("Grafana's data sources: got %+v, want Prometheus alone", sources)
	}
	for _, name := range []string{"bff", "prometheus", "grafana"} {
		if _, ok := project.Services[name].Networks["metrics"]; !ok {
			t.Errorf("%s isn't in their network", name)
		}
	}
}

// The BFF's traces go, if anywhere, where Tempo takes them, and Grafana asks Tempo where it listens.
func TestTempo(t *testing.T) {
	project := mustCompose(t)
	tempo := project.Services["tempo"]
	var config struct {
		Server struct {
			Port int `yaml:"http_listen_port"`
		}
		Distributor struct {
			Receivers struct {
				OTLP struct {
					Protocols struct{ HTTP struct{ Endpoint string } }
				}
			}
		}
		Storage struct {
			Trace struct {
				WAL   struct{ Path string }
				Local struct{ Path string }
			}
		}
		Scheduler struct {
			Work     string `yaml:"local_work_path"`
			Provider struct {
				Compaction struct{ Compaction retention }
			}
		} `yaml:"backend_scheduler"`
		Worker struct{ Compaction retention } `yaml:"backend_worker"`
		Usage  struct {
			Reporting bool `yaml:"reporting_enabled"`
		} `yaml:"usage_report"`
	}
	if err := yaml.Unmarshal(mustRead(t, "../tempo/tempo.yaml"), &config); err != nil {
		t.Fatal(err)
	}
	endpoint := "http://tempo:4318" // as compose.yaml and the README have it
	if config.Distributor.Receivers.OTLP.Protocols.HTTP.Endpoint != "0.0.0.0:4318" || !strings.Contains(string(mustRead(t, "../compose.yaml")), endpoint+" with --profile traces") ||
		!strings.Contains(string(mustRead(t, "../README.md")), "OTEL_EXPORTER_OTLP_ENDPOINT="+endpoint) {
		t.Errorf("%+v doesn't take traces at %s", config.Distributor, endpoint)
	}
	if *project.Services["bff"].Environment["OTEL_EXPORTER_OTLP_ENDPOINT"] != "" {
		t.Error("traces without being asked for")
	}
	var sources struct{ Datasources []struct{ URL, Type string } }
	if err := yaml.Unmarshal(mustRead(t, "../grafana/datasources/tempo.yaml"), &sources); err != nil {
		t.Fatal(err)
	}
	if len(sources.Datasources) != 1 || sources.Datasources[0].Type != "tempo" || sources.Datasources[0].URL != fmt.Sprintf("http://tempo:%d", config.Server.Port) {
		t.Errorf("%+v doesn't ask port %d", sources, config.Server.Port)
	}
	for _, name := range []string{"bff", "tempo", "grafana"} {
		if _, ok := project.Services[name].Networks["traces"]; !ok {
			t.Errorf("%s isn't in their network", name)
		}
	}
	if len(tempo.Networks) != 1 || len(tempo.Ports) != 0 || len(tempo.Profiles) != 1 || !project.Networks["traces"].Internal {
		t.Errorf("the world reaches it: %v, %v, %v", tempo.Networks, tempo.Ports, tempo.Profiles)
	}
	var kept string
	for _, volume := range tempo.Volumes {
		switch {
		case volume.Type == types.VolumeTypeVolume:
			kept = volume.Target
		case !volume.ReadOnly || volume.Target+"/tempo.yaml" != strings.TrimPrefix(tempo.Command[0], "-config.file="):
			t.Errorf("it reads %v, not %s", tempo.Command, volume.Target)
		}
	}
	for _, path := range []string{config.Storage.Trace.WAL.Path, config.Storage.Trace.Local.Path, config.Scheduler.Work} {
		if !strings.HasPrefix(path, kept+"/") {
			t.Errorf("it can't write to %q", path)
		}
	}
	if config.Worker.Compaction.Age == 0 || config.Worker.Compaction != config.Scheduler.Provider.Compaction.Compaction || config.Usage.Reporting {
		t.Errorf("traces are kept for %+v and %+v", config.Worker, config.Scheduler)
	}
	mustLeaveRoom(t, *tempo.Environment["GOMEMLIMIT"], int64(tempo.Deploy.Resources.Limits.MemoryBytes))
}

type retention struct {
	Age time.Duration `yaml:"block_retention"`
}
