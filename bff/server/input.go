package server

import (
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/go-playground/validator/v10"
	"github.com/gofiber/fiber/v2"
)

// validate is safe for concurrent use and caches what it knows of a struct.
var validate = validator.New(validator.WithRequiredStructEnabled())

// readInput fills the struct that into points to from the path and the query
// and returns one error that lists everything wrong: unknown parameters,
// repeated ones, and values against their validate tags.
//
// Fields are strings (from the path) or pointers to strings (from the query,
// nil when absent) with the tags path or query for the name, validate for
// the rule, and expect for the rule in words.
func readInput(c *fiber.Ctx, into any) error {
	target := reflect.ValueOf(into).Elem()
	given, fields := queryOf(c)
	known := make(map[string]bool)
	for i := range target.NumField() {
		field := target.Type().Field(i)
		if name := field.Tag.Get("path"); name != "" {
			target.Field(i).SetString(strings.Clone(c.Params(name)))
		}
		if name := field.Tag.Get("query"); name != "" {
			known[name] = true
			if value, ok := given[name]; ok {
				target.Field(i).Set(reflect.ValueOf(&value))
			}
		}
	}
	for name := range given {
		if !known[name] {
			fields = append(fields, fieldError{"query", name, "is not known here"})
		}
	}
	fields = append(fields, invalid(into)...)
	if len(fields) == 0 {
		return nil
	}
	slices.SortFunc(fields, func(a, b fieldError) int {
		return strings.Compare(a.In+" "+a.Name+" "+a.Message, b.In+" "+b.Name+" "+b.Message)
	})
	var says []string
	for _, f := range fields {
		says = append(says, f.Name+" "+f.Message)
	}
	return &inputError{strings.Join(says, "; ") + ".", fields}
}

// queryOf returns the query's parameters, and a fault for each repeated one.
func queryOf(c *fiber.Ctx) (map[string]string, []fieldError) {
	given := make(map[string]string)
	var faults []fieldError
	for key, value := range c.Request().URI().QueryArgs().All() {
		name := string(key)
		if _, ok := given[name]; !ok {
			given[name] = string(value)
		} else if fault := (fieldError{"query", name, "is there more than once"}); !slices.Contains(faults, fault) {
			faults = append(faults, fault)
		}
	}
	return given, faults
}

// invalid lists the values that break their rules.
func invalid(input any) []fieldError {
	var broken validator.ValidationErrors
	if !errors.As(validate.Struct(input), &broken) {
		return nil
	}
	var fields []fieldError
	for _, b := range broken {
		field, _ := reflect.TypeOf(input).Elem().FieldByName(b.StructField())
		fault := fieldError{In: "path", Name: field.Tag.Get("path"), Message: "must be " + field.Tag.Get("expect")}
		if fault.Name == "" {
			fault.In, fault.Name = "query", field.Tag.Get("query")
		}
		fields = append(fields, fault)
	}
	return fields
}
