package project_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/mysingle/mysingle/functions/project"
)

const key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="

// hosted is what a function finds in a Supabase project, and what is set there.
var hosted = map[string]string{
	"SUPABASE_URL":              "https://abc.supabase.co",
	"SUPABASE_PUBLISHABLE_KEYS": `{"default":"sb_publishable_1","web":"sb_publishable_2"}`,
	"SUPABASE_SECRET_KEYS":      `{"default":"sb_secret_1","schedules":"sb_secret_2"}`,
	"SUPABASE_ANON_KEY":         "legacy-anon",
	"SUPABASE_SERVICE_ROLE_KEY": "legacy-service",
	"BFF_PUBLIC_URL":            "https://app.example.com/",
	"FUNCTIONS_SIGNING_KEYS":    key,
}

func read(changes map[string]string) (project.Settings, error) {
	settings := maps.Clone(hosted)
	maps.Copy(settings, changes)
	return project.ReadSettings(func(name string) string { return settings[name] })
}

func TestSettings(t *testing.T) {
	s, err := read(nil)
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	if s.PublishableKey != "sb_publishable_1" || s.SecretKey != "sb_secret_1" || strings.Join(s.SecretKeys, " ") != "sb_secret_1 sb_secret_2" {
		t.Errorf("the keys: got publishable %q, secret %q of %q, want the default ones, and both secrets",
			s.PublishableKey, s.SecretKey, s.SecretKeys)
	}
	if s.AppURL.String() != "https://app.example.com" || s.MailURL.String() != "https://api.resend.com" || s.Local || len(s.SigningKeys) != 1 {
		t.Errorf("the settings: got %s, %s, local %t, %d signing keys, want app.example.com, api.resend.com, false, 1",
			s.AppURL, s.MailURL, s.Local, len(s.SigningKeys))
	}
	for name, changes := range map[string]map[string]string{
		"legacy keys alone": {"SUPABASE_PUBLISHABLE_KEYS": "", "SUPABASE_SECRET_KEYS": ""},
		"single keys":       {"SUPABASE_PUBLISHABLE_KEYS": "", "SUPABASE_SECRET_KEYS": "", "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_3", "SUPABASE_SECRET_KEY": "sb_secret_3"},
		"keys that change":  {"FUNCTIONS_SIGNING_KEYS": key + ", " + key},
		"on one's machine":  {"SUPABASE_URL": "http://127.0.0.1:54321", "FUNCTIONS_LOCAL": "true"},
		"in the CLI's own":  {"SUPABASE_URL": "http://kong:8000", "FUNCTIONS_LOCAL": "true"},
		"with mails":        {"FUNCTIONS_MAIL_KEY": "re_1", "FUNCTIONS_MAIL_FROM": "a@b.test"},
	} {
		if _, err := read(changes); err != nil {
			t.Errorf("%s: got error %v, want none", name, err)
		}
	}
}

func TestJWTSecrets(t *testing.T) {
	for want, changes := range map[string]map[string]string{
		"":    {},
		"a":   {"SUPABASE_JWT_SECRET": "a", "JWT_SECRET": "b"},
		"b":   {"JWT_SECRET": "b"},
		"a c": {"SUPABASE_JWT_SECRET": "a", "SUPABASE_OTHER_JWT_SECRET": "c"},
		"b c": {"JWT_SECRET": "b", "OTHER_JWT_SECRET": "c"},
	} {
		if s, err := read(changes); err != nil || strings.Join(s.JWTSecrets, " ") != want {
			t.Errorf("the JWT secrets of %v: got %q (%v), want %q", changes, s.JWTSecrets, err, want)
		}
	}
}

// TestKeyInUse has several keys, as while one takes another's place.
func TestKeyInUse(t *testing.T) {
	for want, changes := range map[string]map[string]string{
		"1 2 3": {},
		"2 1 3": {"FUNCTIONS_SECRET_KEY_NAME": "b", "FUNCTIONS_PUBLISHABLE_KEY_NAME": "b"},
		"2 3":   {"SUPABASE_PUBLISHABLE_KEYS": `{"b":"p"}`, "SUPABASE_SECRET_KEYS": `{"c":"3","b":"2","d":""}`}, // the default one is gone
	} {
		all := map[string]string{"SUPABASE_PUBLISHABLE_KEYS": `{"default":"o","b":"p"}`, "SUPABASE_SECRET_KEYS": `{"c":"3","default":"1","b":"2"}`}
		maps.Copy(all, changes)
		if s, err := read(all); err != nil || strings.Join(s.SecretKeys, " ") != want || s.SecretKey != want[:1] || (s.PublishableKey == "o") != (want == "1 2 3") {
			t.Errorf("the keys with %v: got secret %q of %q, publishable %q (%v), want secrets %s, the first in use",
				changes, s.SecretKey, s.SecretKeys, s.PublishableKey, err, want)
		}
	}
	if _, err := read(map[string]string{"FUNCTIONS_SECRET_KEY_NAME": "next"}); err == nil || !strings.Contains(err.Error(), `SUPABASE_SECRET_KEYS: expected a key of the name "next"`) {
		t.Errorf("a key name that no key has: got error %v, want one that names SUPABASE_SECRET_KEYS and next", err)
	}
}

// TestFaults tells all that is wrong at once, and no secret.
func TestFaults(t *testing.T) {
	_, err := read(map[string]string{
		"SUPABASE_URL": "abc.supabase.co", "SUPABASE_PUBLISHABLE_KEYS": `{}`, "SUPABASE_ANON_KEY": "", "SUPABASE_SECRET_KEYS": "sb_secret_plain",
		"BFF_PUBLIC_URL": "", "FUNCTIONS_SIGNING_KEYS": "c2hvcnQ=", "FUNCTIONS_MAIL_KEY": "re_secret", "FUNCTIONS_MAIL_URL": "ftp://x", "FUNCTIONS_LOCAL": "yes",
	})
	if err == nil {
		t.Fatal("bad settings: got no error, want one")
	}
	for _, name := range []string{"SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEYS", "SUPABASE_SECRET_KEYS", "BFF_PUBLIC_URL", "FUNCTIONS_SIGNING_KEYS", "FUNCTIONS_MAIL_FROM", "FUNCTIONS_MAIL_URL", "FUNCTIONS_LOCAL"} {
		if !strings.Contains(err.Error(), name+": expected ") {
			t.Errorf("the error doesn't name %s: %v", name, err)
		}
	}
	for _, secret := range []string{"sb_secret_plain", "re_secret", "c2hvcnQ"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error shows %s: %v", secret, err)
		}
	}
	for name, changes := range map[string]map[string]string{
		"local, elsewhere":   {"FUNCTIONS_LOCAL": "true"},
		"no signing key":     {"FUNCTIONS_SIGNING_KEYS": ""},
		"one of two is none": {"FUNCTIONS_SIGNING_KEYS": key + ",x"},
		"no keys":            {"SUPABASE_SECRET_KEYS": "", "SUPABASE_SERVICE_ROLE_KEY": ""},
		"a user in the URL":  {"SUPABASE_URL": "https://user:pass@abc.supabase.co"},
	} {
		if _, err := read(changes); err == nil {
			t.Errorf("%s: got no error, want one", name)
		}
	}
}
