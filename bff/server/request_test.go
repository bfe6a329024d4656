package server

import (
	"reflect"
	"testing"

	"github.com/mysingle/mysingle/bff/session"
	"github.com/mysingle/mysingle/bff/supabase"
)

// TestRequestsForget fills everything that is known about a request: nothing of
// it may be there when the memory is used for another one.
func TestRequestsForget(t *testing.T) {
	r := &request{id: "x", routed: true, ip: "x", network: "x", identity: supabase.Identity{Subject: "x"}, session: new(session.Session), guesses: true}
	for i := range reflect.TypeFor[request]().NumField() {
		if reflect.ValueOf(*r).Field(i).IsZero() {
			t.Fatalf("fill in %s", reflect.TypeFor[request]().Field(i).Name)
		}
	}
	r.forget()
	if !reflect.ValueOf(*r).IsZero() {
		t.Errorf("%+v", r)
	}
}
