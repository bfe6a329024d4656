package project_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/mysingle/mysingle/bff/supabasetest"
	"github.com/mysingle/mysingle/functions/functionstest"
	"github.com/mysingle/mysingle/functions/project"
)

// TestJWTSecretOfFunctionsChanges_slow has functions verify tokens by two secrets,
// while one takes the other's place.
func TestJWTSecretOfFunctionsChanges_slow(t *testing.T) {
	first, second := supabasetest.Env(t, "SUPABASE_JWT_SECRET"), uuid.NewString()
	supabasetest.Secret(second)
	before := supabasetest.MustSignUp(t).Token
	claims := jwt.MapClaims{}
	if _, _, err := jwt.NewParser().ParseUnverified(before, claims); err != nil {
		t.Fatalf("ParseUnverified: %v", err)
	}
	after, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(second))
	if err != nil {
		t.Fatalf("SignedString: %v", err)
	}
	for _, step := range []struct {
		secret, other string
		takes         string // the token before, and the one after
	}{
		{first, "", "true false"},
		{first, second, "true true"},
		{second, "", "false true"},
	} {
		p := functionstest.MustProject(t, map[string]string{"SUPABASE_JWT_SECRET": step.secret, "SUPABASE_OTHER_JWT_SECRET": step.other})
		taken := func(token string) bool {
			_, err := p.User(&http.Request{Header: http.Header{"Authorization": {"Bearer " + token}}})
			if err != nil && status(err) != http.StatusUnauthorized {
				t.Errorf("a refused token: got error %v, want status 401", err)
			}
			return err == nil
		}
		if got := fmt.Sprint(taken(before), " ", taken(after)); got != step.takes {
			t.Errorf("tokens by the old and the new secret are taken: got %s, want %s", got, step.takes)
		}
	}
}

// TestKeysOfFunctionsChange_slow walks bff/deploy/keys.md with the secret and the
// publishable key of functions: after each step schedules and people call, and
// functions ask the database as the service and as who calls.
func TestKeysOfFunctionsChange_slow(t *testing.T) {
	me := supabasetest.MustSignUp(t)
	first, second := "sb_secret_"+uuid.NewString(), "sb_secret_"+uuid.NewString()
	firstOpen, secondOpen := "sb_publishable_"+uuid.NewString(), "sb_publishable_"+uuid.NewString()
	supabasetest.Secret(first, second)
	both := map[string]string{
		"SUPABASE_SECRET_KEYS":      fmt.Sprintf(`{"default":%q,"next":%q}`, first, second),
		"SUPABASE_PUBLISHABLE_KEYS": fmt.Sprintf(`{"default":%q,"next":%q}`, firstOpen, secondOpen),
	}
	gateway := func(secret, publishable []string) string {
		return supabasetest.MustStartGateway(t, supabasetest.Keys{Secret: secret, Publishable: publishable, JWTSecret: supabasetest.Env(t, "SUPABASE_JWT_SECRET")})
	}
	before := gateway([]string{first}, []string{firstOpen})
	during := gateway([]string{first, second}, []string{firstOpen, secondOpen})
	after := gateway([]string{second}, []string{secondOpen})
	instance := func(gateway string, changes ...map[string]string) *project.Project {
		all := map[string]string{"SUPABASE_URL": gateway}
		for _, some := range changes {
			for name, value := range some {
				all[name] = value
			}
		}
		return functionstest.MustProject(t, all)
	}
	called := func(p *project.Project, key string) error {
		return p.RequireService(&http.Request{Header: http.Header{"Apikey": {key}}})
	}
	works := func(p *project.Project) error {
		var nothing any
		if err := p.Service(t.Context(), "calendar_of", map[string]string{"feed_id": uuid.NewString()}, &nothing); err != nil {
			return fmt.Errorf("as the service: %w", err)
		}
		who, err := p.User(&http.Request{Header: http.Header{"Authorization": {"Bearer " + me.Token}}})
		if err != nil {
			return err
		}
		return p.Select(t.Context(), who, "profiles", "profile_id", "profile_id", me.ID, &nothing)
	}

	old := map[string]string{
		"SUPABASE_SECRET_KEYS":      fmt.Sprintf(`{"default":%q}`, first),
		"SUPABASE_PUBLISHABLE_KEYS": fmt.Sprintf(`{"default":%q}`, firstOpen),
	}
	named := map[string]string{"FUNCTIONS_SECRET_KEY_NAME": "next", "FUNCTIONS_PUBLISHABLE_KEY_NAME": "next"}
	last := map[string]string{
		"SUPABASE_SECRET_KEYS":      fmt.Sprintf(`{"next":%q}`, second),
		"SUPABASE_PUBLISHABLE_KEYS": fmt.Sprintf(`{"next":%q}`, secondOpen),
	}
	for _, step := range []struct {
		name      string
		instances []*project.Project // that are there at the same time
		shown     string             // by schedules
	}{
		{"before", []*project.Project{instance(before, old)}, first},
		{"there is a new one", []*project.Project{instance(during, old)}, first},
		{"functions are deployed again, one by one", []*project.Project{instance(during, old), instance(during, both)}, first},
		{"schedules show the new one", []*project.Project{instance(during, both)}, second},
		{"functions show it, one by one", []*project.Project{instance(during, both), instance(during, both, named)}, second},
		{"the old one is deleted, instances know it still", []*project.Project{instance(after, both, named)}, second},
		{"and are deployed again", []*project.Project{instance(after, last, named), instance(after, last)}, second},
	} {
		for _, p := range step.instances {
			if err := called(p, step.shown); err != nil {
				t.Errorf("%s: a schedule calls: got error %v, want none", step.name, err)
			}
			if err := works(p); err != nil {
				t.Errorf("%s: the function asks the database: got error %v, want none", step.name, err)
			}
		}
	}
	if err := called(instance(after, last), first); status(err) != http.StatusUnauthorized {
		t.Errorf("a schedule with the old key: got error %v, want status 401", err)
	}
	if err := works(instance(after, old)); err == nil {
		t.Error("the old key at the gateway: got no error, want one")
	}
}
