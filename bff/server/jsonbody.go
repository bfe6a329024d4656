package server

import (
	"bytes"
	"encoding/json"
	"mime"
	"reflect"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/mysingle/mysingle/bff/language"
)

// readBody fills the struct that into points to from the request's JSON and
// returns one error that lists everything wrong with it, as readInput does for
// the query. Fields have the tags json for the name and validate for the
// rules; what its method check, if it has one, finds comes on top.
func (s *Server) readBody(c *fiber.Ctx, into any) error {
	// Nothing but JSON: other sites' forms can send the rest.
	if kind, _, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType)); err != nil || kind != fiber.MIMEApplicationJSON {
		return fiber.ErrUnsupportedMediaType
	}
	body := &requestBody{server: s, c: c}
	defer body.release()
	text, err := body.read()
	if err != nil {
		return err
	}
	var given map[string]json.RawMessage
	if err := json.Unmarshal(text, &given); err != nil || given == nil {
		return badRequest("The request's body must be a JSON object.")
	}
	faults := readFields(given, reflect.ValueOf(into).Elem())
	misread := make(map[string]bool)
	for _, fault := range faults {
		misread[fault.Name] = true
	}
	more := invalid(into)
	if checked, ok := into.(interface{ check() []fieldError }); ok {
		more = append(more, checked.check()...)
	}
	for _, fault := range more {
		if !misread[fault.Name] { // what couldn't be read is empty, which is no news
			faults = append(faults, fault)
		}
	}
	if len(faults) > 0 {
		return &inputError{fields: faults}
	}
	return nil
}

// readFields reads the members of a JSON object into the fields of a struct.
// A member that is null counts as absent.
func readFields(given map[string]json.RawMessage, target reflect.Value) (faults []fieldError) {
	for _, field := range reflect.VisibleFields(target.Type()) {
		_, name := parameter(field)
		raw, ok := given[name]
		delete(given, name)
		if !ok || bytes.Equal(raw, []byte("null")) {
			continue
		}
		if strings.Contains(string(raw), `\u0000`) {
			faults = append(faults, bodyFault(name, "%s must not have a null character", name))
			continue
		}
		if err := json.Unmarshal(raw, target.FieldByIndex(field.Index).Addr().Interface()); err == nil {
			continue
		}
		if field.Type == reflect.TypeFor[*bool]() {
			faults = append(faults, bodyFault(name, "%s must be true or false", name))
		} else {
			faults = append(faults, bodyFault(name, "%s must be a text", name))
		}
	}
	for name := range given {
		faults = append(faults, bodyFault(name, "%s is not known here", name))
	}
	return faults
}

// bodyFault is a fault of a member of the body.
func bodyFault(name, sentence string, args ...any) fieldError {
	return fieldError{In: "body", Name: name, say: func(l language.Language) string { return l.Say(sentence, args...) }}
}
