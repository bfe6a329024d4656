// Package project is a Supabase project as an edge function sees it: settings,
// who calls, and the database, with the service's rights or the caller's.
package project

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Settings are what functions can be told. Those whose variable begins with
// SUPABASE_ are there in every Supabase project; the others are set with
// `supabase secrets set`.
type Settings struct {
	// URL is the project's address (SUPABASE_URL).
	URL *url.URL
	// PublishableKey goes along with what is asked in a caller's name, SecretKey
	// with what the function asks on its own. SecretKeys are all that callers
	// may show (SUPABASE_PUBLISHABLE_KEYS and SUPABASE_SECRET_KEYS, JSON objects
	// by the keys' names, of which the one to use is the one that
	// FUNCTIONS_PUBLISHABLE_KEY_NAME and FUNCTIONS_SECRET_KEY_NAME name, else
	// "default", else the first; or SUPABASE_PUBLISHABLE_KEY and
	// SUPABASE_SECRET_KEY; else the legacy SUPABASE_ANON_KEY and
	// SUPABASE_SERVICE_ROLE_KEY).
	PublishableKey, SecretKey string
	SecretKeys                []string
	// JWTSecrets verify tokens that aren't signed with the keys of Auth's JWKS
	// (SUPABASE_JWT_SECRET, or JWT_SECRET as Supabase takes no secrets of the
	// other name; SUPABASE_OTHER_JWT_SECRET or OTHER_JWT_SECRET too while it is
	// being changed); may be empty.
	JWTSecrets []string
	// PublicURL is where the world finds the project, if that is not URL: links
	// to functions lead there (FUNCTIONS_PUBLIC_URL).
	PublicURL *url.URL
	// AppURL is where people use the app: links lead there (BFF_PUBLIC_URL).
	AppURL *url.URL
	// SigningKeys sign links: the first signs, all verify
	// (FUNCTIONS_SIGNING_KEYS, 32 bytes each in base64, between commas).
	SigningKeys [][]byte
	// WebhookHosts are those that webhooks may be sent to
	// (FUNCTIONS_WEBHOOK_HOSTS, between commas); none if empty.
	WebhookHosts []string
	// MailURL, MailKey and MailFrom are for an HTTP API of Resend's shape
	// (FUNCTIONS_MAIL_URL, FUNCTIONS_MAIL_KEY, FUNCTIONS_MAIL_FROM).
	MailURL           *url.URL
	MailKey, MailFrom string
	// Local is for the stack on one's own machine (FUNCTIONS_LOCAL=true):
	// channels may be on this machine, and e-mails go to the log.
	Local bool
}

// resend is where e-mails go, unless something else is set.
const resend = "https://api.resend.com"

// ReadSettings reads the settings through get, or returns an error that lists
// everything that is wrong with them.
func ReadSettings(get func(string) string) (Settings, error) {
	var faults []error
	fault := func(name, expected string) {
		faults = append(faults, fmt.Errorf("%s: expected %s", name, expected))
	}
	address := func(name, otherwise string) *url.URL {
		text := get(name)
		if text == "" {
			text = otherwise
		}
		u, err := url.Parse(strings.TrimRight(text, "/"))
		if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Scheme != "https" && u.Scheme != "http" {
			fault(name, "an http or https address")
			return new(url.URL)
		}
		return u
	}
	s := Settings{
		URL:      address("SUPABASE_URL", ""),
		AppURL:   address("BFF_PUBLIC_URL", ""),
		MailURL:  address("FUNCTIONS_MAIL_URL", resend),
		MailKey:  get("FUNCTIONS_MAIL_KEY"),
		MailFrom: get("FUNCTIONS_MAIL_FROM"),
	}
	s.PublicURL = s.URL
	if get("FUNCTIONS_PUBLIC_URL") != "" {
		s.PublicURL = address("FUNCTIONS_PUBLIC_URL", "")
	}
	for _, name := range []string{"JWT_SECRET", "OTHER_JWT_SECRET"} {
		secret := get("SUPABASE_" + name)
		if secret == "" {
			secret = get(name)
		}
		if secret != "" {
			s.JWTSecrets = append(s.JWTSecrets, secret)
		}
	}
	publishable, err := keys(get, "SUPABASE_PUBLISHABLE_KEY", "SUPABASE_ANON_KEY")
	if err != nil {
		fault("SUPABASE_PUBLISHABLE_KEYS", err.Error())
	} else {
		s.PublishableKey = publishable[0]
	}
	if s.SecretKeys, err = keys(get, "SUPABASE_SECRET_KEY", "SUPABASE_SERVICE_ROLE_KEY"); err != nil {
		fault("SUPABASE_SECRET_KEYS", err.Error())
	} else {
		s.SecretKey = s.SecretKeys[0]
	}
	for one := range strings.SplitSeq(get("FUNCTIONS_SIGNING_KEYS"), ",") {
		key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(one))
		if err != nil || len(key) != 32 {
			fault("FUNCTIONS_SIGNING_KEYS", "32 random bytes in base64 (openssl rand -base64 32), or several such keys between commas")
			break
		}
		s.SigningKeys = append(s.SigningKeys, key)
	}
	for host := range strings.SplitSeq(get("FUNCTIONS_WEBHOOK_HOSTS"), ",") {
		if host = strings.TrimSpace(host); host != "" {
			s.WebhookHosts = append(s.WebhookHosts, host)
		}
	}
	if s.MailKey != "" && s.MailFrom == "" {
		fault("FUNCTIONS_MAIL_FROM", `the sender, such as MySingle <hello@example.com>, as FUNCTIONS_MAIL_KEY is set`)
	}
	switch get("FUNCTIONS_LOCAL") {
	case "", "false":
	case "true":
		s.Local = true
		if host := s.URL.Hostname(); host != "" && !loopback(host) {
			fault("FUNCTIONS_LOCAL", "no true where SUPABASE_URL is not on this machine")
		}
	default:
		fault("FUNCTIONS_LOCAL", "true or false")
	}
	return s, errors.Join(faults...)
}

func loopback(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.IsLoopback()
	}
	return !strings.Contains(host, ".") // localhost, or a container of the CLI's stack
}

// keys are a project's API keys of one kind, the one in use first.
func keys(get func(string) string, name, legacy string) ([]string, error) {
	var found []string
	if text := get(name + "S"); text != "" {
		var named map[string]string
		if err := json.Unmarshal([]byte(text), &named); err != nil {
			return nil, errors.New("a JSON object of keys by their names")
		}
		setting := strings.Replace(name, "SUPABASE", "FUNCTIONS", 1) + "_NAME"
		inUse := get(setting)
		if inUse != "" && named[inUse] == "" {
			return nil, fmt.Errorf("a key of the name %q, as %s says", inUse, setting)
		}
		for _, one := range append([]string{inUse, "default"}, slices.Sorted(maps.Keys(named))...) {
			if key := named[one]; key != "" && !slices.Contains(found, key) {
				found = append(found, key)
			}
		}
	}
	// Supabase goes on naming the legacy keys where they don't count any more.
	for _, variable := range []string{name, legacy} {
		if key := get(variable); key != "" && len(found) == 0 {
			found = append(found, key)
		}
	}
	if len(found) == 0 {
		return nil, errors.New("the project's API keys")
	}
	return found, nil
}
