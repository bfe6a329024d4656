package edge

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
)

// maxBody bounds the JSON that a function is called with, in bytes.
const maxBody = 64 << 10

// ReadJSON reads the request's body, a JSON object, into the target (a pointer
// to a struct). An empty body is an empty object; a member that the struct
// hasn't got is refused, as it may be what the caller cares for most. The error
// is a *Problem that says what is wrong.
func ReadJSON(w http.ResponseWriter, r *http.Request, target any) error {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if large := new(http.MaxBytesError); errors.As(err, &large) {
		return &Problem{Status: http.StatusRequestEntityTooLarge, Code: "body_too_large", Message: "The request's body is too large."}
	}
	if err != nil {
		return BadRequest("The request's body did not arrive whole.")
	}
	if len(text) == 0 {
		return nil
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return &Problem{Status: http.StatusUnsupportedMediaType, Code: "unsupported_media_type", Message: "Send JSON, with Content-Type: application/json."}
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil || object == nil {
		return BadRequest("The request's body must be a JSON object.")
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(target); err != nil {
		if _, name, ok := strings.Cut(err.Error(), "json: unknown field "); ok {
			return BadRequest(strings.Trim(name, `"`) + " is not known here.")
		}
		if fault := new(json.UnmarshalTypeError); errors.As(err, &fault) {
			return BadRequest(fault.Field[strings.LastIndexByte(fault.Field, '.')+1:] + " must not be a " + fault.Value + ".")
		}
		return BadRequest("The request's body has a member that can't be read.")
	}
	return nil
}

// WriteJSON answers with a body that no cache keeps.
func WriteJSON(w http.ResponseWriter, status int, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // who has left needs no answer
	return nil
}
