package delivery

import (
	"net/http"
	"time"

	"github.com/mysingle/mysingle/functions/edge"
)

// When is what a schedule's call may say: the moment to act for, and one
// organization.
type When struct {
	At    *string `json:"at"`
	OrgID *string `json:"org_id"`
}

// ReadWhen reads a schedule's call. The error is a *edge.Problem.
func ReadWhen(w http.ResponseWriter, r *http.Request) (When, error) {
	var in When
	if err := edge.ReadJSON(w, r, &in); err != nil {
		return in, err
	}
	return in, in.Check()
}

// Check returns a *edge.Problem that says what is wrong with the call, or nil.
func (in When) Check() error {
	if in.At != nil {
		if _, err := time.Parse(time.RFC3339, *in.At); err != nil {
			return edge.BadRequest("at must be a moment such as 2026-11-24T09:00:00+09:00.")
		}
	}
	if in.OrgID != nil && !edge.IsUUID(*in.OrgID) {
		return edge.BadRequest("org_id must be a UUID.")
	}
	return nil
}
