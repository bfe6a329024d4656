// Package config reads the BFF's settings: one struct, read once, with every
// fault reported in one error. No other package looks at the environment.
package config

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/joho/godotenv"

	"github.com/mysingle/mysingle/bff/limit"
	"github.com/mysingle/mysingle/bff/session"
	"github.com/mysingle/mysingle/bff/traces"
)

// Config is everything the BFF can be told. The tag env names the variable,
// default is its value when unset, and secret keeps the value out of error
// messages. validate holds the rules that concern one setting alone; what
// concerns two is in check.
type Config struct {
	// Host and Port are where the BFF listens; port 0 takes a free one.
	Host string `env:"BFF_HOST" default:"127.0.0.1" validate:"hostname_rfc1123|ip" expect:"a host name or an IP address"`
	Port int    `env:"BFF_PORT" default:"8080" validate:"min=0,max=65535" expect:"a port, 0 to 65535"`

	// MetricsPort is where /metrics is served, at the same host; 0 is nowhere.
	MetricsPort int `env:"BFF_METRICS_PORT" default:"0" validate:"min=0,max=65535" expect:"a port, 1 to 65535, or 0 for none"`

	// PublicURL is where browsers see the BFF: the one origin whose pages may
	// use the session cookie. Without https there is no protecting a session
	// but on the machine itself. Unset it is where the BFF listens (see At).
	PublicURL *url.URL `env:"BFF_PUBLIC_URL" validate:"omitnil,origin,private" expect:"https://<host>, or http:// with a loopback host, without path"`

	// AllowedOrigins are the origins of other sites whose pages may call the
	// BFF. TrustedProxies are the proxies before it that may say whom they
	// speak for: without them the peer is the client.
	AllowedOrigins []string       `env:"BFF_ALLOWED_ORIGINS" validate:"dive,origin,private" expect:"origins as browsers send them, comma-separated: https://<host>, or http:// with a loopback host, without path"`
	TrustedProxies []netip.Prefix `env:"BFF_TRUSTED_PROXIES" expect:"IP addresses or networks such as 10.0.0.0/8, comma-separated, and not the whole internet"`

	// SupabaseURL is the project's one public address. The others name one
	// upstream each where it isn't below SupabaseURL.
	SupabaseURL  *url.URL `env:"SUPABASE_URL" validate:"omitnil,upstream" expect:"an http or https URL without query or user"`
	RestURL      *url.URL `env:"SUPABASE_REST_URL" validate:"omitnil,upstream" expect:"an http or https URL without query or user"`
	AuthURL      *url.URL `env:"SUPABASE_AUTH_URL" validate:"omitnil,upstream" expect:"an http or https URL without query or user"`
	FunctionsURL *url.URL `env:"SUPABASE_FUNCTIONS_URL" validate:"omitnil,upstream" expect:"an http or https URL without query or user"`
	StorageURL   *url.URL `env:"SUPABASE_STORAGE_URL" validate:"omitnil,upstream" expect:"an http or https URL without query or user"`

	// PublishableKey is what a browser may know. The BFF never holds the
	// secret key: whatever it may do, it may do as the signed-in user only.
	PublishableKey string `env:"SUPABASE_PUBLISHABLE_KEY" secret:"true" validate:"required,publishable" expect:"a publishable key (sb_publishable_…) or a legacy anon key, never a secret or service_role key"`
	// JWTSecret verifies HS256 tokens; without it only the JWKS counts.
	JWTSecret string `env:"SUPABASE_JWT_SECRET" secret:"true" validate:"omitempty,min=32" expect:"at least 32 characters, or unset when Auth signs with asymmetric keys"`
	// OtherJWTSecret verifies them too while the secret is being changed: it is
	// the next one before Auth signs with it, and the last one afterwards.
	OtherJWTSecret string `env:"SUPABASE_OTHER_JWT_SECRET" secret:"true" validate:"omitempty,min=32" expect:"at least 32 characters, or unset while the secret isn't being changed"`
	// JWTIssuer, when set, must be the token's iss.
	JWTIssuer string `env:"SUPABASE_JWT_ISSUER" validate:"omitempty,url" expect:"the URL that Auth puts into iss"`

	// SessionKeys seal the session cookie; without them a random key does, and
	// sessions end with the process.
	SessionKeys session.Keys `env:"BFF_SESSION_KEYS" secret:"true" expect:"32 random bytes in base64 (openssl rand -base64 32), or several such keys between commas"`

	// BodyLimit bounds a signed-in user's request body to PostgREST or Auth,
	// UploadLimit anybody's to Storage or Functions, HeaderLimit first line and
	// headers together (a session's cookies and a URL must fit, see check), all
	// in bytes. The first are held in memory, uploads pass through; their default
	// is Supabase's own for a file.
	BodyLimit   int `env:"BFF_BODY_LIMIT" default:"4194304" validate:"min=1024,max=1073741824" expect:"bytes, 1024 to 1073741824"`
	UploadLimit int `env:"BFF_UPLOAD_LIMIT" default:"52428800" validate:"min=1024,max=5368709120" expect:"bytes, 1024 to 5368709120"`
	HeaderLimit int `env:"BFF_HEADER_LIMIT" default:"40960" validate:"max=2097152" expect:"bytes, at most 2097152"`

	// ConnectionLimit bounds the clients' connections, UpstreamLimit the
	// requests under way to each of Supabase's services, and how many more wait
	// for their turn. The first costs about 60 kB each.
	ConnectionLimit int `env:"BFF_CONNECTION_LIMIT" default:"2048" validate:"min=1,max=65536" expect:"a number, 1 to 65536"`
	UpstreamLimit   int `env:"BFF_UPSTREAM_LIMIT" default:"256" validate:"min=1,max=65536" expect:"a number, 1 to 65536"`

	// URLLimit bounds a request's path and query, in bytes. ClientTimeout is
	// how long a client may take to send a request, or to take in some of the
	// answer.
	URLLimit      int           `env:"BFF_URL_LIMIT" default:"16384" validate:"min=1024,max=1048576" expect:"bytes, 1024 to 1048576"`
	ClientTimeout time.Duration `env:"BFF_CLIENT_TIMEOUT" default:"30s" validate:"min=100ms,max=10m" expect:"a duration such as 30s, 100ms to 10m"`

	// The rates bound how often one address (of IPv6: its /64) and one user
	// ask; how often one address signs in, signs up or has e-mails sent; and
	// how often it tries one e-mail.
	AddressRate limit.Rate `env:"BFF_RATE_ADDRESS" default:"6000/m" expect:"a rate such as 600/m or 100/5m, or off"`
	UserRate    limit.Rate `env:"BFF_RATE_USER" default:"1200/m" expect:"a rate such as 600/m or 100/5m, or off"`
	SignInRate  limit.Rate `env:"BFF_RATE_SIGN_IN" default:"100/5m" expect:"a rate such as 600/m or 100/5m, or off"`
	EmailRate   limit.Rate `env:"BFF_RATE_EMAIL" default:"10/10m" expect:"a rate such as 600/m or 100/5m, or off"`

	// RedisURL is where instances agree on who refreshes a session, and share
	// what they count. A single one needs none.
	RedisURL string `env:"REDIS_URL" secret:"true" validate:"omitempty,redis" expect:"redis://[user:password@]host:port/database, or rediss:// for TLS"`

	// UpstreamTimeout is how long PostgREST or Auth may take for one answer. It
	// is longer than the 8 s statement timeout of the role authenticated, so
	// that PostgREST gets to say what went wrong. Only complete_sprint may take
	// longer, up to 60 s: who asked gets 504, and it goes on. FunctionsTimeout is how long
	// a function may take to begin its answer, or to go on with it (the default
	// is Supabase's limit), StorageTimeout how long Storage may do nothing.
	UpstreamTimeout  time.Duration `env:"BFF_UPSTREAM_TIMEOUT" default:"15s" validate:"min=100ms,max=10m" expect:"a duration such as 15s, 100ms to 10m"`
	FunctionsTimeout time.Duration `env:"BFF_FUNCTIONS_TIMEOUT" default:"150s" validate:"min=100ms,max=1h" expect:"a duration such as 150s, 100ms to 1h"`
	StorageTimeout   time.Duration `env:"BFF_STORAGE_TIMEOUT" default:"60s" validate:"min=100ms,max=1h" expect:"a duration such as 60s, 100ms to 1h"`
	// ShutdownTimeout bounds how long running requests may take to finish
	// once the BFF was asked to stop.
	ShutdownTimeout time.Duration `env:"BFF_SHUTDOWN_TIMEOUT" default:"20s" validate:"min=1s,max=10m" expect:"a duration such as 20s, 1s to 10m"`

	// SprintRoom serves the page at /, for who has no web app of their own.
	SprintRoom bool `env:"BFF_SPRINT_ROOM" default:"on" expect:"on or off"`

	// TracesEndpoint is the address of a collector that takes OpenTelemetry's
	// traces by OTLP over HTTP; without one there are none. TracesHeaders go
	// there, TracesService and TracesResource say whose they are, and
	// TracesSampler, with its argument TracesRatio, which of them are recorded.
	TracesEndpoint *url.URL     `env:"OTEL_EXPORTER_OTLP_ENDPOINT" validate:"omitnil,upstream" expect:"an http or https URL without query or user"`
	TracesHeaders  traces.Pairs `env:"OTEL_EXPORTER_OTLP_HEADERS" secret:"true" expect:"headers such as authorization=Bearer%20key, comma-separated, values percent-encoded"`
	TracesService  string       `env:"OTEL_SERVICE_NAME" validate:"max=255" expect:"a name of at most 255 characters"`
	TracesResource traces.Pairs `env:"OTEL_RESOURCE_ATTRIBUTES" expect:"attributes such as deployment.environment.name=production, comma-separated, values percent-encoded"`
	TracesSampler  string       `env:"OTEL_TRACES_SAMPLER" default:"always_on" validate:"oneof=always_on always_off traceidratio parentbased_always_on parentbased_always_off parentbased_traceidratio" expect:"always_on, always_off or traceidratio, or one of them with parentbased_ before it"`
	TracesRatio    float64      `env:"OTEL_TRACES_SAMPLER_ARG" default:"1" validate:"min=0,max=1" expect:"a ratio, 0 to 1"`

	LogLevel slog.Level `env:"BFF_LOG_LEVEL" default:"info" expect:"debug, info, warn or error"`
}

// Address is host and port in the form net.Listen takes.
func (c Config) Address() string {
	return net.JoinHostPort(c.Host, strconv.Itoa(c.Port))
}

// At is the configuration of a BFF that listens on the address: the public
// URL follows it where the port was left to the system.
func (c Config) At(address net.Addr) Config {
	if tcp, ok := address.(*net.TCPAddr); ok && c.PublicURL.Port() == "0" {
		c.PublicURL = loopback(tcp.Port)
	}
	return c
}

// loopback is the URL of the port on this machine.
func loopback(port int) *url.URL {
	return &url.URL{Scheme: "http", Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(port))}
}

// service is the address of one of the project's services, given by its path.
func (c Config) service(path string) *url.URL {
	u := *c.SupabaseURL
	u.Path += path // JoinPath would lose the slash where there was no path
	return &u
}

// Load reads the file envFile, where there is one, and the environment, which
// wins over the file, and returns the settings or an error that lists all
// faults.
func Load(envFile string) (Config, error) {
	file, err := godotenv.Read(envFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Config{}, fmt.Errorf("settings file %s: %w", envFile, err)
	}
	return From(func(name string) (string, bool) {
		if value, ok := os.LookupEnv(name); ok {
			return value, true
		}
		value, ok := file[name]
		return value, ok
	})
}

// From reads the settings through lookup. An empty value counts as unset, as
// a line `NAME=` in .env means no more than that.
func From(lookup func(name string) (string, bool)) (Config, error) {
	get := func(name string) string {
		value, _ := lookup(name)
		return value
	}
	var c Config
	faults := parse(&c, get)
	faults = append(faults, check(c, faults)...)
	faults = append(faults, c.derive(get)...)
	if len(faults) > 0 {
		return Config{}, &Error{Faults: faults}
	}
	return c, nil
}

// derive fills in the addresses that follow from others.
func (c *Config) derive(get func(string) string) []Fault {
	if c.PublicURL == nil {
		c.PublicURL = loopback(c.Port)
	}
	if c.SupabaseURL == nil && get("SUPABASE_URL") == "" {
		port := get("SUPABASE_PORT")
		if port == "" {
			port = "54321"
		}
		n, err := strconv.Atoi(port)
		if err != nil || n < 1 || n > 65535 {
			return []Fault{{Variable: "SUPABASE_PORT", Value: port, Expected: "a port, 1 to 65535"}}
		}
		c.SupabaseURL = loopback(n)
	}
	if c.SupabaseURL != nil {
		for path, own := range map[string]**url.URL{
			"/rest/v1": &c.RestURL, "/auth/v1": &c.AuthURL, "/functions/v1": &c.FunctionsURL, "/storage/v1": &c.StorageURL,
		} {
			if *own == nil {
				*own = c.service(path)
			}
		}
	}
	return nil
}
