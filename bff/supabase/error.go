package supabase

import (
	"encoding/json"
	"fmt"
)

// Error is an answer of Supabase's with a status of 300 or more. Its members
// are PostgREST's own; Auth uses some of them.
type Error struct {
	Status  int             `json:"-"`
	Code    string          `json:"code"`
	Message string          `json:"message"`
	Details json.RawMessage `json:"details"`
	Hint    json.RawMessage `json:"hint"`
}

func (e *Error) Error() string {
	return fmt.Sprintf("supabase answered %d %s: %s", e.Status, e.Code, e.Message)
}

// newError reads an error body. One that can't be read leaves the status
// alone, which is all that can be said then.
func newError(status int, body []byte) *Error {
	e := &Error{}
	if err := json.Unmarshal(body, e); err != nil {
		e = &Error{Message: "the answer's body is no error object"}
	}
	e.Status = status
	return e
}

// Failure is the lack of a usable answer: the connection refused or broken,
// the deadline passed, or something that is no answer of this service.
type Failure struct {
	Service string
	Timeout bool // the deadline passed
	Err     error
}

func (f *Failure) Error() string { return fmt.Sprintf("%s: %v", f.Service, f.Err) }

func (f *Failure) Unwrap() error { return f.Err }

// Refusal is a request that the BFF passes to nobody.
type Refusal struct {
	// Forbidden tells what may not be asked from what can't be understood.
	Forbidden bool
	// Header tells that the fault is in a header and not in the path.
	Header  bool
	Message string
}

func (r *Refusal) Error() string { return r.Message }
