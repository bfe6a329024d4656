package openapi

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/swaggest/openapi-go/openapi31"
)

// parameters describes the fields of a handler's input: their tags path or
// query give the name, the type and the validate tag the schema, and the doc
// comment the description.
func parameters(input any, c comments) ([]openapi31.ParameterOrReference, error) {
	if input == nil {
		return nil, nil
	}
	var list []openapi31.ParameterOrReference
	typ := reflect.TypeOf(input)
	for _, field := range reflect.VisibleFields(typ) {
		if field.Anonymous {
			continue
		}
		name, in := field.Tag.Get("path"), openapi31.ParameterInPath
		if name == "" {
			name, in = field.Tag.Get("query"), openapi31.ParameterInQuery
		}
		if name == "" {
			return nil, fmt.Errorf("%s.%s has no name", typ, field.Name)
		}
		schema, err := ruled(field.Type, field.Tag.Get("validate"))
		if err != nil {
			return nil, fmt.Errorf("%s.%s: %w", typ, field.Name, err)
		}
		p := openapi31.Parameter{Name: name, In: in, Schema: schema}
		if in == openapi31.ParameterInPath {
			p.WithRequired(true)
		}
		if schema["type"] == "array" {
			p.WithExplode(false) // between commas
		}
		p.WithDescription(c.ofParameter(ownerOf(typ, field), field.Name))
		list = append(list, openapi31.ParameterOrReference{Parameter: &p})
	}
	return list, nil
}

// body describes a JSON body as parameters does a query: by the tags json and
// validate.
func body(input any, c comments) (map[string]any, error) {
	typ := reflect.TypeOf(input)
	properties, required := make(map[string]any), []any{}
	for _, field := range reflect.VisibleFields(typ) {
		name, rules := field.Tag.Get("json"), field.Tag.Get("validate")
		schema, err := ruled(field.Type, rules)
		if err != nil {
			return nil, fmt.Errorf("%s.%s: %w", typ, field.Name, err)
		}
		if text := c.ofParameter(ownerOf(typ, field), field.Name); text != "" {
			schema["description"] = text
		}
		if strings.HasPrefix(rules, "required") {
			required = append(required, name)
		}
		properties[name] = schema
	}
	return map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}, nil
}

// ruled is the schema of a parameter's type and validator's rules for it. It
// fails for a rule that it doesn't know, so that none is left undocumented.
func ruled(typ reflect.Type, rules string) (map[string]any, error) {
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	schema := map[string]any{"type": "string"}
	switch typ.Kind() {
	case reflect.String:
	case reflect.Int, reflect.Int64:
		schema["type"] = "integer"
	case reflect.Bool:
		schema["type"] = "boolean"
	case reflect.Slice:
		own, each, _ := strings.Cut(rules, "dive,")
		items, err := ruled(typ.Elem(), each)
		if err != nil {
			return nil, err
		}
		schema["type"], schema["items"], schema["uniqueItems"] = "array", items, true
		rules = strings.TrimSuffix(own, ",")
	default:
		return nil, fmt.Errorf("the type %s is unknown to bff/openapi", typ)
	}
	for rule := range strings.SplitSeq(rules, ",") {
		if err := apply(rule, schema); err != nil {
			return nil, err
		}
	}
	return schema, nil
}

// apply adds one rule to a schema.
func apply(rule string, schema map[string]any) error {
	if strings.Contains(rule, "|") {
		var options []any
		for option := range strings.SplitSeq(rule, "|") {
			one := map[string]any{"type": schema["type"]}
			if err := apply(option, one); err != nil {
				return err
			}
			options = append(options, one)
		}
		delete(schema, "type")
		schema["anyOf"] = options
		return nil
	}
	name, value, _ := strings.Cut(rule, "=")
	switch name {
	case "", "omitnil", "omitempty", "required":
	case "uuid", "date", "email":
		schema["format"] = name
	case "provider":
		schema["pattern"] = "^[a-z][a-z0-9_]*$"
	case "app_path":
		schema["pattern"] = "^/"
	case "longest", "bytes": // a byte may be less than a character
		most, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return err
		}
		schema["maxLength"] = most
	case "eq":
		schema["const"] = value
	case "oneof":
		schema["enum"] = words(value)
	case "min", "max":
		bound, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return err
		}
		schema[name+"imum"] = bound
	default:
		return fmt.Errorf("the rule %q is unknown to bff/openapi", rule)
	}
	return nil
}

// words are the values of a oneof, some of which may be in quotes.
func words(list string) []any {
	var values []any
	for _, word := range regexp.MustCompile(`'[^']*'|\S+`).FindAllString(list, -1) {
		values = append(values, strings.Trim(word, "'"))
	}
	return values
}
