package config_test

import (
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mysingle/mysingle/bff/config"
)

var sessionKey = base64.StdEncoding.EncodeToString(make([]byte, 32))

// from reads the settings out of a map, over a base that is valid alone.
func from(changes map[string]string) (config.Config, error) {
	settings := map[string]string{"SUPABASE_PUBLISHABLE_KEY": "sb_publishable_test"}
	for name, value := range changes {
		settings[name] = value
	}
	return config.From(func(name string) (string, bool) {
		value, ok := settings[name]
		return value, ok
	})
}

// legacyKey is a JWT with the role alone; its signature is of no concern here.
func legacyKey(role string) string {
	return "eyJhbGciOiJIUzI1NiJ9." + base64.RawURLEncoding.EncodeToString([]byte(`{"role":"`+role+`"}`)) + ".c2ln"
}

func TestDefaultsFollowFromOneKey(t *testing.T) {
	c, err := from(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Address(); got != "127.0.0.1:8080" {
		t.Errorf("address %s", got)
	}
	if got := c.RestURL.String(); got != "http://127.0.0.1:54321/rest/v1" {
		t.Errorf("REST upstream %s", got)
	}
	if got := c.AuthURL.String(); got != "http://127.0.0.1:54321/auth/v1" {
		t.Errorf("Auth upstream %s", got)
	}
	if c.UpstreamTimeout != 15*time.Second {
		t.Errorf("upstream timeout %s", c.UpstreamTimeout)
	}
}

func TestUpstreamsFollowTheProjectURL(t *testing.T) {
	c, err := from(map[string]string{
		"SUPABASE_URL":      "https://abc.supabase.co/",
		"SUPABASE_AUTH_URL": "http://auth:9999",
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.RestURL.String(); got != "https://abc.supabase.co/rest/v1" {
		t.Errorf("REST upstream %s", got)
	}
	if got := c.AuthURL.String(); got != "http://auth:9999" {
		t.Errorf("Auth upstream %s", got)
	}
}

func TestFaults(t *testing.T) {
	for _, tt := range []struct {
		Name     string
		Settings map[string]string
		Names    []string // what the error must contain
		Hides    string   // what it must not
	}{
		{"no publishable key", map[string]string{"SUPABASE_PUBLISHABLE_KEY": ""}, []string{"SUPABASE_PUBLISHABLE_KEY"}, ""},
		{"secret key as publishable key", map[string]string{"SUPABASE_PUBLISHABLE_KEY": "sb_secret_abc123"}, []string{"SUPABASE_PUBLISHABLE_KEY", "never a secret"}, "abc123"},
		{"service_role key as publishable key", map[string]string{"SUPABASE_PUBLISHABLE_KEY": legacyKey("service_role")}, []string{"SUPABASE_PUBLISHABLE_KEY"}, "eyJ"},
		{"short JWT secret", map[string]string{"SUPABASE_JWT_SECRET": "hunter2"}, []string{"SUPABASE_JWT_SECRET", "32"}, "hunter2"},
		{"the other JWT secret alone", map[string]string{"SUPABASE_OTHER_JWT_SECRET": strings.Repeat("a", 32)}, []string{"beside it"}, "aaaa"},
		{"port out of range", map[string]string{"BFF_PORT": "65536"}, []string{`BFF_PORT="65536"`}, ""},
		{"port no number", map[string]string{"BFF_PORT": "http"}, []string{`BFF_PORT="http"`}, ""},
		{"stack port no number", map[string]string{"SUPABASE_PORT": "x"}, []string{`SUPABASE_PORT="x"`}, ""},
		{"upstream of another scheme", map[string]string{"SUPABASE_URL": "postgres://db/x"}, []string{`SUPABASE_URL="postgres://db/x"`}, ""},
		{"upstream with a password", map[string]string{"SUPABASE_URL": "http://me:pass@host"}, []string{"SUPABASE_URL"}, "pass@"},
		{"upstream unreadable", map[string]string{"SUPABASE_REST_URL": "http://[::1"}, []string{"SUPABASE_REST_URL"}, ""},
		{"public URL with a path", map[string]string{"BFF_PUBLIC_URL": "https://app.test/x"}, []string{`BFF_PUBLIC_URL="https://app.test/x"`}, ""},
		{"public URL with a password", map[string]string{"BFF_PUBLIC_URL": "https://me:pass@app.test"}, []string{"BFF_PUBLIC_URL"}, "pass@"},
		{"public URL with the usual port", map[string]string{"BFF_PUBLIC_URL": "https://app.test:443"}, []string{"BFF_PUBLIC_URL"}, ""},
		{"public URL in capitals", map[string]string{"BFF_PUBLIC_URL": "https://App.test"}, []string{"BFF_PUBLIC_URL"}, ""},
		{"public URL not in punycode", map[string]string{"BFF_PUBLIC_URL": "https://앱.test"}, []string{"BFF_PUBLIC_URL"}, ""},
		{"public URL without https", map[string]string{"BFF_PUBLIC_URL": "http://app.test"}, []string{`BFF_PUBLIC_URL="http://app.test"`, "loopback"}, ""},
		{"public URL with no host", map[string]string{"BFF_PUBLIC_URL": "https://"}, []string{"BFF_PUBLIC_URL"}, ""},
		{"allowed origin of everybody", map[string]string{"BFF_ALLOWED_ORIGINS": "*"}, []string{`BFF_ALLOWED_ORIGINS="*"`}, ""},
		{"allowed origin of nobody", map[string]string{"BFF_ALLOWED_ORIGINS": "null"}, []string{"BFF_ALLOWED_ORIGINS"}, ""},
		{"allowed origin with a slash", map[string]string{"BFF_ALLOWED_ORIGINS": "https://a.test, https://b.test/"}, []string{`BFF_ALLOWED_ORIGINS="https://b.test/"`}, ""},
		{"allowed origin without https", map[string]string{"BFF_ALLOWED_ORIGINS": "http://a.test"}, []string{"BFF_ALLOWED_ORIGINS"}, ""},
		{"proxy by name", map[string]string{"BFF_TRUSTED_PROXIES": "10.0.0.1,proxy"}, []string{`BFF_TRUSTED_PROXIES="10.0.0.1,proxy"`}, ""},
		{"everybody as a proxy", map[string]string{"BFF_TRUSTED_PROXIES": "0.0.0.0/0"}, []string{"BFF_TRUSTED_PROXIES"}, ""},
		{"everybody as a proxy, in IPv6", map[string]string{"BFF_TRUSTED_PROXIES": "::/0"}, []string{"BFF_TRUSTED_PROXIES"}, ""},
		{"proxy in two spellings", map[string]string{"BFF_TRUSTED_PROXIES": "::ffff:10.0.0.1"}, []string{"BFF_TRUSTED_PROXIES"}, ""},
		{"duration without unit", map[string]string{"BFF_UPSTREAM_TIMEOUT": "15"}, []string{`BFF_UPSTREAM_TIMEOUT="15"`}, ""},
		{"shutdown shorter than an upstream call", map[string]string{"BFF_SHUTDOWN_TIMEOUT": "5s"}, []string{`BFF_SHUTDOWN_TIMEOUT="5s"`, "BFF_UPSTREAM_TIMEOUT"}, ""},
		{"metrics for everybody", map[string]string{"BFF_METRICS_PORT": "8080"}, []string{`BFF_METRICS_PORT="8080"`, "BFF_PORT"}, ""},
		{"headers too short for a session", map[string]string{"BFF_HEADER_LIMIT": "40959"}, []string{`BFF_HEADER_LIMIT="40959"`, "at least 40960", "BFF_URL_LIMIT (16384)"}, ""},
		{"a URL too long for the headers", map[string]string{"BFF_URL_LIMIT": "16385"}, []string{`BFF_HEADER_LIMIT="40960"`, "at least 40961"}, ""},
		{"rate without a time", map[string]string{"BFF_RATE_USER": "600"}, []string{`BFF_RATE_USER="600"`, "600/m"}, ""},
		{"rate of nothing", map[string]string{"BFF_RATE_ADDRESS": "0/m"}, []string{`BFF_RATE_ADDRESS="0/m"`, "off"}, ""},
		{"Redis of another scheme", map[string]string{"REDIS_URL": "http://:hunter2@redis"}, []string{"REDIS_URL", "rediss://"}, "hunter2"},
		{"session key too short", map[string]string{"BFF_SESSION_KEYS": "aHVudGVyMg=="}, []string{"BFF_SESSION_KEYS", "32"}, "aHVudGVyMg"},
		{"second session key no base64", map[string]string{"BFF_SESSION_KEYS": sessionKey + ",hunter2"}, []string{"BFF_SESSION_KEYS"}, "hunter2"},
		{"https without session keys", map[string]string{"BFF_PUBLIC_URL": "https://app.test"}, []string{"BFF_SESSION_KEYS"}, ""},
		{"Redis without session keys", map[string]string{"REDIS_URL": "redis://:hunter2@127.0.0.1"}, []string{"BFF_SESSION_KEYS"}, "hunter2"},
		{"sprint room neither on nor off", map[string]string{"BFF_SPRINT_ROOM": "true"}, []string{`BFF_SPRINT_ROOM="true"`, "on or off"}, ""},
		{"traces by gRPC", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "grpc://collector:4317"}, []string{`OTEL_EXPORTER_OTLP_ENDPOINT="grpc://collector:4317"`, "http"}, ""},
		{"traces' address with a password", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "https://me:hunter2@collector"}, []string{"OTEL_EXPORTER_OTLP_ENDPOINT"}, "hunter2"},
		{"traces' header without a name", map[string]string{"OTEL_EXPORTER_OTLP_HEADERS": "hunter2"}, []string{"OTEL_EXPORTER_OTLP_HEADERS", "%20"}, "hunter2"},
		{"traces' header that is two", map[string]string{"OTEL_EXPORTER_OTLP_HEADERS": "a=hunter2%0d%0ab: c"}, []string{"OTEL_EXPORTER_OTLP_HEADERS"}, "hunter2"},
		{"traces' attribute without a value", map[string]string{"OTEL_RESOURCE_ATTRIBUTES": "a=b,c"}, []string{`OTEL_RESOURCE_ATTRIBUTES="a=b,c"`}, ""},
		{"traces' name too long", map[string]string{"OTEL_SERVICE_NAME": strings.Repeat("x", 256)}, []string{"OTEL_SERVICE_NAME", "255"}, ""},
		{"unknown sampler", map[string]string{"OTEL_TRACES_SAMPLER": "jaeger_remote"}, []string{`OTEL_TRACES_SAMPLER="jaeger_remote"`, "parentbased_"}, ""},
		{"ratio beyond one", map[string]string{"OTEL_TRACES_SAMPLER_ARG": "1.5"}, []string{`OTEL_TRACES_SAMPLER_ARG="1.5"`}, ""},
		{"ratio no number", map[string]string{"OTEL_TRACES_SAMPLER_ARG": "NaN"}, []string{"OTEL_TRACES_SAMPLER_ARG"}, ""},
		{"unknown log level", map[string]string{"BFF_LOG_LEVEL": "loud"}, []string{`BFF_LOG_LEVEL="loud"`}, ""},
		{
			"all at once",
			map[string]string{"BFF_PORT": "x", "SUPABASE_URL": "ftp://a", "BFF_BODY_LIMIT": "1", "SUPABASE_PUBLISHABLE_KEY": "sb_secret_x", "BFF_LOG_LEVEL": "loud"},
			[]string{"BFF_PORT", "SUPABASE_URL", "BFF_BODY_LIMIT", "SUPABASE_PUBLISHABLE_KEY", "BFF_LOG_LEVEL"},
			"",
		},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			_, err := from(tt.Settings)
			if err == nil {
				t.Fatal("accepted")
			}
			for _, name := range tt.Names {
				if !strings.Contains(err.Error(), name) {
					t.Errorf("%q is missing in: %v", name, err)
				}
			}
			if tt.Hides != "" && strings.Contains(err.Error(), tt.Hides) {
				t.Errorf("a secret shows in: %v", err)
			}
			if faults := err.(*config.Error).Faults; len(faults) != max(1, len(tt.Settings)) {
				t.Errorf("got %d faults, want %d: %v", len(faults), max(1, len(tt.Settings)), err)
			}
		})
	}
}

// TestOtherJWTSecret has a second one, as while the secret is being changed.
func TestOtherJWTSecret(t *testing.T) {
	first := strings.Repeat("a", 32)
	for other, want := range map[string]string{
		strings.Repeat("b", 32): "",
		"hunter2":               "at least 32 characters",
		first:                   "another secret than SUPABASE_JWT_SECRET",
	} {
		_, err := from(map[string]string{"SUPABASE_JWT_SECRET": first, "SUPABASE_OTHER_JWT_SECRET": other})
		switch {
		case want == "" && err != nil:
			t.Error(err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), "SUPABASE_OTHER_JWT_SECRET: expected "+want) || strings.Contains(err.Error(), other)):
			t.Errorf("the other secret %q: got error %v, want one with %q and without the secret", other, err, want)
		}
	}
}

func TestPublicURL(t *testing.T) {
	for given, want := range map[string]string{
		"":                      "http://127.0.0.1:9999",
		"https://app.test/":     "https://app.test",
		"https://app.test:8443": "https://app.test:8443",
		"http://localhost:3000": "http://localhost:3000",
		"http://[::1]:3000":     "http://[::1]:3000",
		"http://127.0.0.2":      "http://127.0.0.2",
	} {
		c, err := from(map[string]string{"BFF_PUBLIC_URL": given, "BFF_PORT": "9999", "BFF_SESSION_KEYS": sessionKey})
		if err != nil {
			t.Error(err)
		} else if got := c.At(&net.TCPAddr{Port: 5000}).PublicURL.String(); got != want {
			t.Errorf("%s became %s", given, got)
		}
	}
	c, err := from(map[string]string{"BFF_PORT": "0"})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.At(&net.TCPAddr{Port: 5000}).PublicURL.String(); got != "http://127.0.0.1:5000" {
		t.Errorf("on a free port it is %s", got)
	}
}

func TestSprintRoom(t *testing.T) {
	for given, want := range map[string]bool{"": true, "on": true, "off": false} {
		c, err := from(map[string]string{"BFF_SPRINT_ROOM": given})
		if err != nil || c.SprintRoom != want {
			t.Errorf("%q became %t, %v", given, c.SprintRoom, err)
		}
	}
}

func TestTraces_slow(t *testing.T) {
	c, err := from(nil)
	if err != nil || c.TracesEndpoint != nil {
		t.Errorf("on without an address: %v, %v", c.TracesEndpoint, err)
	}
	if _, err = from(map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318/v1/traces"}); err == nil || !strings.Contains(err.Error(), "without /v1/traces") {
		t.Errorf("with the path: %v", err)
	}
	c, err = from(map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318/", "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20key, x-tenant=1",
		"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.25",
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%s %v %s %v", c.TracesEndpoint, c.TracesHeaders, c.TracesSampler, c.TracesRatio); got != "http://collector:4318 map[authorization:Bearer key x-tenant:1] parentbased_traceidratio 0.25" {
		t.Errorf("traces: got %s, want the collector, two headers, parentbased_traceidratio and 0.25", got)
	}
}

func TestLists(t *testing.T) {
	c, err := from(map[string]string{
		"BFF_ALLOWED_ORIGINS": "https://a.test, http://localhost:5173,",
		"BFF_TRUSTED_PROXIES": "10.1.2.3/8, 192.0.2.1 ,2001:db8::/32",
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(c.AllowedOrigins); got != "[https://a.test http://localhost:5173]" {
		t.Errorf("AllowedOrigins: got %s, want [https://a.test http://localhost:5173]", got)
	}
	if got := fmt.Sprint(c.TrustedProxies); got != "[10.0.0.0/8 192.0.2.1/32 2001:db8::/32]" {
		t.Errorf("TrustedProxies: got %s, want [10.0.0.0/8 192.0.2.1/32 2001:db8::/32]", got)
	}
}

func TestLegacyAnonKeyIsAccepted(t *testing.T) {
	if _, err := from(map[string]string{"SUPABASE_PUBLISHABLE_KEY": legacyKey("anon")}); err != nil {
		t.Error(err)
	}
}

func TestEnvironmentWinsOverFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), ".env")
	lines := "SUPABASE_PUBLISHABLE_KEY=sb_publishable_file\nBFF_PORT=1111\nBFF_HOST=localhost\n"
	if err := os.WriteFile(file, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SUPABASE_PUBLISHABLE_KEY", "")
	if err := os.Unsetenv("SUPABASE_PUBLISHABLE_KEY"); err != nil {
		t.Fatal(err)
	}
	t.Setenv("BFF_PORT", "2222")
	c, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if c.PublishableKey != "sb_publishable_file" || c.Address() != "localhost:2222" {
		t.Errorf("got key %s, address %s", c.PublishableKey, c.Address())
	}
}
