package config

import (
	"encoding"
	"fmt"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-playground/validator/v10"

	"github.com/mysingle/mysingle/bff/redis"
	"github.com/mysingle/mysingle/bff/session"
	"github.com/mysingle/mysingle/bff/supabase"
)

// A Fault is one setting that can't be used.
type Fault struct {
	Variable string
	Value    string // as given, or "" when it is a secret
	Expected string
}

func (f Fault) String() string {
	if f.Value == "" {
		return fmt.Sprintf("%s: expected %s", f.Variable, f.Expected)
	}
	return fmt.Sprintf("%s=%q: expected %s", f.Variable, f.Value, f.Expected)
}

// Error lists every setting that can't be used.
type Error struct {
	Faults []Fault
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("invalid configuration:")
	for _, f := range e.Faults {
		b.WriteString("\n  " + f.String())
	}
	return b.String()
}

// parse fills the struct from the variables its tags name.
func parse(c *Config, get func(string) string) []Fault {
	var faults []Fault
	value := reflect.ValueOf(c).Elem()
	for i := range value.NumField() {
		field := value.Type().Field(i)
		raw := get(field.Tag.Get("env"))
		if raw == "" {
			raw = field.Tag.Get("default")
		}
		if raw == "" {
			continue
		}
		if err := set(value.Field(i), raw); err != nil {
			faults = append(faults, fault(field, raw))
		}
	}
	return faults
}

func set(field reflect.Value, raw string) error {
	switch target := field.Addr().Interface().(type) {
	case *string:
		*target = raw
	case *int:
		n, err := strconv.Atoi(raw)
		*target = n
		return err
	case *float64:
		n, err := strconv.ParseFloat(raw, 64)
		*target = n
		return err
	case *bool:
		*target = raw == "on"
		if raw != "on" && raw != "off" {
			return strconv.ErrSyntax
		}
	case *time.Duration:
		d, err := time.ParseDuration(raw)
		*target = d
		return err
	case encoding.TextUnmarshaler: // a log level, a rate
		return target.UnmarshalText([]byte(raw))
	case *[]string:
		*target = list(raw)
	case *[]netip.Prefix:
		networks, err := networks(raw)
		*target = networks
		return err
	case **url.URL:
		u, err := url.Parse(strings.TrimRight(raw, "/"))
		*target = u
		return err
	default:
		return fmt.Errorf("no way to read a %s", field.Type())
	}
	return nil
}

// list is what a comma-separated value has.
func list(raw string) []string {
	var parts []string
	for part := range strings.SplitSeq(raw, ",") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

func fault(field reflect.StructField, raw string) Fault {
	if field.Tag.Get("secret") != "" || strings.Contains(raw, "@") {
		raw = "" // a URL with a user may hold a password
	}
	return Fault{Variable: field.Tag.Get("env"), Value: raw, Expected: field.Tag.Get("expect")}
}

// otherHeaders is what a request's headers take beside a session's cookies, in
// bytes, with room for another cookie.
const otherHeaders = 4096

// check applies the validate tags and the rules that concern two settings.
// Settings that could not even be read are left out: they are listed already.
func check(c Config, unread []Fault) []Fault {
	var faults []Fault
	known := func(variable string) bool {
		return slices.ContainsFunc(slices.Concat(unread, faults), func(f Fault) bool { return f.Variable == variable })
	}
	if err := rules().Struct(c); err != nil {
		for _, bad := range err.(validator.ValidationErrors) {
			name, _, _ := strings.Cut(bad.StructField(), "[") // of a list's element
			field, _ := reflect.TypeFor[Config]().FieldByName(name)
			if f := fault(field, fmt.Sprint(bad.Value())); !known(f.Variable) {
				faults = append(faults, f)
			}
		}
	}
	if c.ShutdownTimeout < c.UpstreamTimeout && !known("BFF_SHUTDOWN_TIMEOUT") && !known("BFF_UPSTREAM_TIMEOUT") {
		faults = append(faults, Fault{"BFF_SHUTDOWN_TIMEOUT", c.ShutdownTimeout.String(),
			fmt.Sprintf("at least BFF_UPSTREAM_TIMEOUT (%s), or running requests would be cut off", c.UpstreamTimeout)})
	}
	if c.MetricsPort != 0 && c.MetricsPort == c.Port && !known("BFF_METRICS_PORT") && !known("BFF_PORT") {
		faults = append(faults, Fault{"BFF_METRICS_PORT", strconv.Itoa(c.MetricsPort), "another port than BFF_PORT: what it shows isn't for everybody"})
	}
	if c.TracesEndpoint != nil && strings.HasSuffix(c.TracesEndpoint.Path, "/v1/traces") && !known("OTEL_EXPORTER_OTLP_ENDPOINT") {
		faults = append(faults, Fault{Variable: "OTEL_EXPORTER_OTLP_ENDPOINT", Value: c.TracesEndpoint.String(), Expected: "the collector's address without /v1/traces, which is added"})
	}
	if c.OtherJWTSecret != "" && (c.JWTSecret == "" || c.JWTSecret == c.OtherJWTSecret) && !known("SUPABASE_JWT_SECRET") && !known("SUPABASE_OTHER_JWT_SECRET") {
		faults = append(faults, Fault{Variable: "SUPABASE_OTHER_JWT_SECRET", Expected: "another secret than SUPABASE_JWT_SECRET, and beside it: the next one, or the last"})
	}
	if needed := c.URLLimit + session.MaxCookies + otherHeaders; c.HeaderLimit < needed && !known("BFF_HEADER_LIMIT") && !known("BFF_URL_LIMIT") {
		faults = append(faults, Fault{"BFF_HEADER_LIMIT", strconv.Itoa(c.HeaderLimit),
			fmt.Sprintf("at least %d: BFF_URL_LIMIT (%d), %d for a session's cookies, %d for the rest", needed, c.URLLimit, session.MaxCookies, otherHeaders)})
	}
	// Over https the keys must outlive the process; instances must have them in common.
	lasting := c.RedisURL != "" || c.PublicURL != nil && c.PublicURL.Scheme == "https"
	if lasting && len(c.SessionKeys) == 0 && !known("BFF_SESSION_KEYS") && !known("BFF_PUBLIC_URL") && !known("REDIS_URL") {
		field, _ := reflect.TypeFor[Config]().FieldByName("SessionKeys")
		faults = append(faults, fault(field, ""))
	}
	return faults
}

func rules() *validator.Validate {
	v := validator.New(validator.WithRequiredStructEnabled())
	must := func(err error) {
		if err != nil { // a rule's name is taken or malformed: a fault in this file
			panic(err)
		}
	}
	// A URL is a struct to the validator; its rule is about its text.
	v.RegisterCustomTypeFunc(func(field reflect.Value) any {
		u := field.Interface().(url.URL)
		return u.String()
	}, url.URL{})
	must(v.RegisterValidation("upstream", func(field validator.FieldLevel) bool {
		u, err := url.Parse(field.Field().String())
		return err == nil && (u.Scheme == "http" || u.Scheme == "https") &&
			u.Hostname() != "" && u.User == nil && u.RawQuery == "" && u.Fragment == ""
	}))
	must(v.RegisterValidation("redis", func(field validator.FieldLevel) bool {
		_, err := redis.Dial(field.Field().String(), nil)
		return err == nil
	}))
	must(v.RegisterValidation("origin", func(field validator.FieldLevel) bool {
		return isOrigin(field.Field().String())
	}))
	must(v.RegisterValidation("private", func(field validator.FieldLevel) bool {
		u, err := url.Parse(field.Field().String())
		return err == nil && (u.Scheme == "https" || isLoopback(u.Hostname()))
	}))
	must(v.RegisterValidation("publishable", func(field validator.FieldLevel) bool {
		return supabase.Publishable(field.Field().String())
	}))
	return v
}
