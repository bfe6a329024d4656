package server

import (
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/mysingle/mysingle/bff/language"
	"github.com/mysingle/mysingle/bff/supabase"
	"github.com/mysingle/mysingle/bff/writes"
)

// tables are the rules for rows, by the table's name.
var tables = writes.Tables()

// columnList is PostgREST's parameter columns as its clients write it.
var columnList = regexp.MustCompile(`^"?\w+"?(,"?\w+"?)*$`)

// checkWrite returns everything that is wrong with the rows that somebody who
// is signed in writes to a table. What isn't known here, or can't be read, is
// left to the database, and so is whoever isn't signed in.
func checkWrite(r supabase.Request, body []byte) error {
	table, known := tables[strings.TrimPrefix(r.Path, "/")]
	if !known || r.Caller.Anonymous() || len(body) == 0 {
		return nil
	}
	switch r.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
	default:
		return nil
	}
	// PostgREST takes a body without a type for JSON.
	if given := string(r.Header.Get("Content-Type")); given != "" {
		if media, _, err := mime.ParseMediaType(given); err != nil || media != "application/json" {
			return nil
		}
	}
	if profile := string(r.Header.Get("Content-Profile")); profile != "" && profile != "public" {
		return nil
	}
	query, err := url.ParseQuery(r.Query)
	if err != nil {
		return nil
	}
	write := writes.Write{Method: r.Method, Body: body}
	if lists := query["columns"]; len(lists) > 0 {
		if len(lists) > 1 || !columnList.MatchString(lists[0]) {
			return nil
		}
		write.Columns = strings.Split(strings.ReplaceAll(lists[0], `"`, ""), ",")
	}
	var fields []fieldError
	for i, broken := range table.Faults(write) {
		fields = append(fields, fieldError{In: "body", Name: broken.Field(), Rule: broken.Tag(), place: i,
			say: func(l language.Language) string { return l.Fault(broken) }})
	}
	if len(fields) > 0 {
		return &inputError{fields: fields}
	}
	return nil
}
