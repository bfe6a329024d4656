package delivery

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/mysingle/mysingle/functions/edge"
	"github.com/mysingle/mysingle/functions/project"
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
	if in.OrgID != nil && uuid.Validate(*in.OrgID) != nil {
		return edge.BadRequest("org_id must be a UUID.")
	}
	return nil
}

// Refused turns an error of the database's into the answer to the service: what
// was wrong with its input, where the code says so (class 22, and PT404 and
// PT409 of our own).
func Refused(err error) error {
	fault := new(project.Error)
	if !errors.As(err, &fault) {
		return project.Answer(err)
	}
	switch {
	case strings.HasPrefix(fault.Code, "22"):
		return &edge.Problem{Status: http.StatusBadRequest, Code: fault.Code, Message: fault.Message}
	case fault.Code == "PT404":
		return &edge.Problem{Status: http.StatusNotFound, Code: fault.Code, Message: fault.Message}
	case fault.Code == "PT409":
		return &edge.Problem{Status: http.StatusConflict, Code: fault.Code, Message: fault.Message}
	}
	return project.Answer(err)
}
