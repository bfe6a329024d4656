// Package writes checks rows on their way to the database's tables, so that
// whoever fills in a form hears of everything that is wrong with it at once.
// The database still decides: what is refused here it would refuse too, and
// what can't be told here goes on to it. Only a change that finds no row is
// told of its faults here, where the database would have had nothing to check.
package writes

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"

	"github.com/go-playground/validator/v10"
)

// rules.json is derived from the database's catalog by bff/openapi.
//
//go:embed rules.json
var rules []byte

// most is how many faults of one write are told.
const most = 100

// Table is what is known of a table's columns that may be written, by name.
type Table map[string]Column

// Column is what a column takes.
type Column struct {
	// Type is PostgreSQL's name of its type, or enum.
	Type string `json:"type"`
	// Required: no row is inserted without it.
	Required bool `json:"required,omitempty"`
	// NotNull: null is refused.
	NotNull bool `json:"not_null,omitempty"`
	// Trim: the rules are for the text without the spaces around it.
	Trim bool `json:"trim,omitempty"`
	// Rules are package validator's, for a value of the type.
	Rules string `json:"rules,omitempty"`
	// Against are the rules between the column and another one of the row.
	Against map[string]string `json:"against,omitempty"`
}

// Tables returns the committed rules, by the table's name.
func Tables() map[string]Table {
	var tables map[string]Table
	if err := json.Unmarshal(rules, &tables); err != nil {
		panic(err) // the file is generated
	}
	return tables
}

// Valid returns an error when a column has a rule that can't be used.
func (t Table) Valid() (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = errors.New(fmt.Sprint(fault)) // package validator panics on such rules
		}
	}()
	for _, column := range t {
		if sample, ok := samples[kindOf(column.Type)]; ok && column.Rules != "" {
			_ = validate.Var(sample, column.Rules)
		}
	}
	return nil
}

// Write is a request to insert or change rows of a table.
type Write struct {
	Method  string   // POST, PUT or PATCH
	Columns []string // the members that count, nil for all: PostgREST's parameter
	Body    []byte   // JSON
}

// Faults are what is wrong with the rows, row by row, and at most a hundred;
// none when the body isn't what PostgREST takes rows from.
func (t Table) Faults(w Write) []validator.FieldError {
	decoder := json.NewDecoder(bytes.NewReader(w.Body))
	if !startsList(w.Body) {
		row, err := nextRow(decoder, nil)
		if err != nil || !atEnd(decoder) {
			return nil
		}
		return t.faults(w, row, "")
	}
	if w.Method != http.MethodPost {
		return nil // of which PostgREST takes one row
	}
	var faults []validator.FieldError
	if _, err := decoder.Token(); err != nil {
		return nil
	}
	row := make(map[string]json.RawMessage)
	for i := 0; decoder.More(); i++ {
		var err error
		if row, err = nextRow(decoder, row); err != nil {
			return nil
		}
		faults = append(faults, t.faults(w, row, fmt.Sprintf("[%d].", i))...)
		if len(faults) >= most {
			if !json.Valid(w.Body) {
				return nil
			}
			return faults[:most]
		}
	}
	if _, err := decoder.Token(); err != nil || !atEnd(decoder) {
		return nil
	}
	return faults
}

// startsList tells whether the JSON is a list.
func startsList(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("["))
}

var errNoRow = errors.New("not an object")

// nextRow reads the next object, into the map if there is one.
func nextRow(decoder *json.Decoder, row map[string]json.RawMessage) (map[string]json.RawMessage, error) {
	clear(row)
	if err := decoder.Decode(&row); err != nil {
		return nil, err
	}
	if row == nil {
		return nil, errNoRow
	}
	return row, nil
}

func atEnd(decoder *json.Decoder) bool {
	_, err := decoder.Token()
	return errors.Is(err, io.EOF)
}

// faults are those of one row, by column. The prefix says which row it is.
func (t Table) faults(w Write, row map[string]json.RawMessage, prefix string) []validator.FieldError {
	var faults []validator.FieldError
	values := make(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(t)) {
		column := t[name]
		raw, given := row[name]
		if w.Columns != nil && !slices.Contains(w.Columns, name) {
			given = false
		}
		if !given {
			if column.Required && w.Method != http.MethodPatch {
				faults = append(faults, missing(prefix+name))
			}
			continue
		}
		value, broken := column.check(raw)
		if broken != nil {
			faults = append(faults, fault{FieldError: broken, name: prefix + name, param: broken.Param()})
		} else if value != nil {
			values[name] = value
		}
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		against := t[name].Against
		for _, other := range slices.Sorted(maps.Keys(against)) {
			if values[other] == nil {
				continue
			}
			if broken := first(validate.VarWithValue(values[name], values[other], against[other])); broken != nil {
				param := other
				if broken.Param() != "" {
					param += " " + broken.Param()
				}
				faults = append(faults, fault{FieldError: broken, name: prefix + name, param: param})
			}
		}
	}
	return faults
}

// check returns the first rule that the value breaks; else what the database
// will take it for, nil where that can't be told.
func (c Column) check(raw json.RawMessage) (any, validator.FieldError) {
	if string(raw) == "null" {
		if c.NotNull {
			return nil, first(validate.Var(nil, "required"))
		}
		return nil, nil
	}
	value, broken := c.read(raw)
	if value == nil || broken != nil || c.Rules == "" {
		return value, broken
	}
	return value, first(validate.Var(value, c.Rules))
}

// first is the first broken rule, if any.
func first(err error) validator.FieldError {
	var broken validator.ValidationErrors
	if errors.As(err, &broken) {
		return broken[0]
	}
	if err != nil {
		panic(err) // the rule is no rule
	}
	return nil
}

func missing(name string) validator.FieldError {
	return fault{FieldError: first(validate.Var(nil, "required")), name: name}
}

// fault is a broken rule of a field that package validator knows no name of.
type fault struct {
	validator.FieldError
	name, param string
}

// Field is the column's name, after the row's place when there are several.
func (f fault) Field() string { return f.name }

// Param is what the rule asks for.
func (f fault) Param() string { return f.param }
