package server

import (
	"errors"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-playground/validator/v10"
	"github.com/gofiber/fiber/v2"

	"github.com/mysingle/mysingle/bff/language"
)

// validate is safe for concurrent use and caches what it knows of a struct.
var validate = newValidate()

func newValidate() *validator.Validate {
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(func(field reflect.StructField) string {
		_, name := parameter(field)
		return name
	})
	for name, rule := range map[string]func(text, parameter string) bool{
		// PostgreSQL has no year 0, which time.Parse accepts.
		"date": func(text, _ string) bool {
			day, err := time.Parse(time.DateOnly, text)
			return err == nil && day.Year() > 0
		},
		"longest":  func(text, most string) bool { return utf8.RuneCountInString(text) <= mustInt(most) },
		"bytes":    func(text, most string) bool { return len(text) <= mustInt(most) },
		"provider": func(text, _ string) bool { return providerName.MatchString(text) },
		"app_path": func(text, _ string) bool { return isAppPath(text) },
	} {
		if err := v.RegisterValidation(name, func(field validator.FieldLevel) bool {
			return rule(field.Field().String(), field.Param())
		}); err != nil {
			panic(err) // the rule's name is taken or malformed: a fault in this file
		}
	}
	return v
}

// providerName is how Auth names the providers of sign-ins.
var providerName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// mustInt is the number in a rule.
func mustInt(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(err) // a fault in the input's type
	}
	return n
}

// parameter is where a field of an input comes from and what it is called
// there.
func parameter(field reflect.StructField) (in, name string) {
	if name := field.Tag.Get("path"); name != "" {
		return "path", name
	}
	if name := field.Tag.Get("json"); name != "" {
		return "body", name
	}
	return "query", field.Tag.Get("query")
}

// readInput fills the struct that into points to from the path and the query
// and returns one error that lists everything wrong: unknown parameters,
// repeated ones, and values against their validate tags.
//
// Fields are strings (from the path), pointers to strings or integers (from
// the query, nil when absent) or lists of strings (from the query, between
// commas), with the tags path or query for the name and validate for the rule.
// Inputs may embed one another.
func readInput(c *fiber.Ctx, into any) error {
	target := reflect.ValueOf(into).Elem()
	given, fields := queryOf(c)
	known := make(map[string]bool)
	for _, field := range reflect.VisibleFields(target.Type()) {
		in, name := parameter(field)
		if field.Anonymous || name == "" {
			continue
		}
		if in == "path" {
			target.FieldByIndex(field.Index).SetString(strings.Clone(c.Params(name)))
			continue
		}
		known[name] = true
		if value, ok := given[name]; ok {
			fields = append(fields, set(target.FieldByIndex(field.Index), name, value)...)
		}
	}
	for name := range given {
		if !known[name] {
			fields = append(fields, queryFault(name, "%s is not known here", name))
		}
	}
	if fields = append(fields, invalid(into)...); len(fields) > 0 {
		return &inputError{fields: fields}
	}
	return nil
}

// set puts a parameter's value into a field, as far as it can be read.
func set(field reflect.Value, name, value string) []fieldError {
	switch target := field.Addr().Interface().(type) {
	case **string:
		*target = &value
	case **int:
		n, err := strconv.Atoi(value)
		if err != nil {
			return []fieldError{queryFault(name, "%s must be a whole number", name)}
		}
		*target = &n
	case **int64:
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return []fieldError{queryFault(name, "%s must be a whole number", name)}
		}
		*target = &n
	case *[]string:
		var repeated []fieldError
		*target = strings.Split(value, ",")
		for i, one := range *target {
			if slices.Contains((*target)[:i], one) {
				repeated = append(repeated, queryFault(name, "%s names %s more than once", name, one))
			}
		}
		return repeated
	default:
		panic("no way to read a " + field.Type().String()) // a fault in the input's type
	}
	return nil
}

// queryOf returns the query's parameters, and a fault for each repeated one.
func queryOf(c *fiber.Ctx) (map[string]string, []fieldError) {
	given := make(map[string]string)
	var repeated []string
	for key, value := range c.Request().URI().QueryArgs().All() {
		name := string(key)
		if _, ok := given[name]; !ok {
			given[name] = string(value)
		} else if !slices.Contains(repeated, name) {
			repeated = append(repeated, name)
		}
	}
	var fields []fieldError
	for _, name := range repeated {
		fields = append(fields, queryFault(name, "%s is there more than once", name))
	}
	return given, fields
}

// invalid lists the values that break their rules.
func invalid(input any) []fieldError {
	var broken validator.ValidationErrors
	if !errors.As(validate.Struct(input), &broken) {
		return nil
	}
	var fields []fieldError
	for _, b := range broken {
		name, _, _ := strings.Cut(b.StructField(), "[") // an element of a list
		field, _ := reflect.TypeOf(input).Elem().FieldByName(name)
		fault := fieldError{say: func(l language.Language) string { return l.Fault(b) }}
		fault.In, fault.Name = parameter(field)
		fields = append(fields, fault)
	}
	return fields
}

// queryFault is a fault of a parameter of the query.
func queryFault(name, sentence string, args ...any) fieldError {
	return fieldError{In: "query", Name: name, say: func(l language.Language) string { return l.Say(sentence, args...) }}
}
