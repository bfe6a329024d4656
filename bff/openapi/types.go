package openapi

import (
	"fmt"
	"path"
	"reflect"
	"strings"

	"github.com/swaggest/jsonschema-go"
	"github.com/swaggest/openapi-go/openapi31"
)

const schemas = "#/components/schemas/"

// named is a reference to one of the document's schemas.
func named(schema string) map[string]any { return map[string]any{"$ref": schemas + schema} }

// orNull allows null beside what the schema allows.
func orNull(schema map[string]any) map[string]any {
	return map[string]any{"anyOf": []any{map[string]any{"type": "null"}, schema}}
}

// types turns Go types into the document's schemas. A field is required
// unless it says omitempty, a pointer may be null, and what the doc comments
// say becomes the descriptions.
type types struct {
	reflector jsonschema.Reflector
	comments  comments
	spec      *openapi31.Spec
	used      map[string]reflect.Type // by the schema's name
	fault     error
}

func newTypes(spec *openapi31.Spec, c comments) *types {
	t := &types{comments: c, spec: spec, used: make(map[string]reflect.Type)}
	t.reflector.DefaultOptions = []func(*jsonschema.ReflectContext){
		jsonschema.RootRef,
		jsonschema.DefinitionsPrefix(schemas),
		jsonschema.CollectDefinitions(t.collect),
		jsonschema.InterceptDefName(t.name),
		jsonschema.InterceptSchema(t.complete),
		jsonschema.InterceptNullability(emptyLists),
	}
	return t
}

// schema returns a reference to the schema of the value's type.
func (t *types) schema(value any) (map[string]any, error) {
	schema, err := t.reflector.Reflect(value)
	if err == nil {
		err = t.fault
	}
	if err != nil {
		return nil, fmt.Errorf("%T: %w", value, err)
	}
	return schema.ToSchemaOrBool().ToSimpleMap()
}

func (t *types) collect(name string, schema jsonschema.Schema) {
	simple, err := schema.ToSchemaOrBool().ToSimpleMap()
	if err != nil {
		t.fault = err
		return
	}
	t.spec.ComponentsEns().WithSchemasItem(name, simple)
}

// name is the type's own name. Types of bff/forecast are parts of a Forecast.
func (t *types) name(typ reflect.Type, _ string) string {
	name := strings.ToUpper(typ.Name()[:1]) + typ.Name()[1:]
	if path.Base(typ.PkgPath()) == "forecast" {
		name = "Forecast" + strings.Replace(name, "Forecast", "OfUnit", 1)
	}
	if other, ok := t.used[name]; ok && other != typ {
		t.fault = fmt.Errorf("%s and %s would both be the schema %s", other, typ, name)
	}
	t.used[name] = typ
	return name
}

// complete adds what swaggest doesn't know of a struct.
func (t *types) complete(params jsonschema.InterceptSchemaParams) (bool, error) {
	typ := params.Value.Type()
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if !params.Processed || typ.Kind() != reflect.Struct || len(params.Schema.Properties) == 0 {
		return false, nil
	}
	if text := t.comments.ofType(typ, t.name(typ, "")); text != "" {
		params.Schema.WithDescription(text)
	}
	for _, field := range reflect.VisibleFields(typ) {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		property, ok := params.Schema.Properties[name]
		if !ok || name == "" || property.TypeObject == nil {
			continue
		}
		if !strings.Contains(options, "omitempty") {
			params.Schema.Required = append(params.Schema.Required, name)
		}
		owner := ownerOf(typ, field)
		if field.Type.Kind() == reflect.Pointer {
			allowNull(property.TypeObject)
		}
		if text := t.comments.ofField(owner, field.Name, name); text != "" {
			property.TypeObject.WithDescription(text)
		}
		if path.Base(owner.PkgPath()) == "sprint" {
			narrow(owner.Name(), name, property.TypeObject)
		}
	}
	return false, nil
}

// ownerOf is the struct that declares the field, which may be embedded.
func ownerOf(typ reflect.Type, field reflect.StructField) reflect.Type {
	for _, i := range field.Index[:len(field.Index)-1] {
		typ = typ.Field(i).Type
		if typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
	}
	return typ
}

// emptyLists takes back that a list may be null: SQL answers [].
func emptyLists(params jsonschema.InterceptNullabilityParams) {
	if params.NullAdded && params.Type.Kind() == reflect.Slice {
		params.Schema.RemoveType(jsonschema.Null)
	}
}

// enumsOf names the database's enum behind a property: of a struct, or of all
// that have no entry of their own.
var enumsOf = map[string]string{
	"Sprint.status": "sprint_status",
	"status":        "task_status",
	"priority":      "task_priority",
	"role":          "project_role",
	"kind":          "task_event_kind",
	"headline_unit": "work_unit",
}

// formatsOf names formats that a property's name doesn't tell.
var formatsOf = map[string]string{
	"Calendar.holidays":      "date",
	"Calendar.today":         "date",
	"ProjectedFinish.tasks":  "date",
	"ProjectedFinish.points": "date",
}

// nullLists are the lists that are null rather than empty for a sprint that
// hasn't begun.
var nullLists = map[string]bool{"Report.members": true}

// narrow says more of a view's property than its Go type does: keys are UUIDs, dates
// are days, and closed sets are the database's.
func narrow(owner, name string, property *jsonschema.Schema) {
	qualified := owner + "." + name
	if nullLists[qualified] {
		property.AddType(jsonschema.Null)
	}
	text := property
	if items := property.Items; items != nil && items.SchemaOrBool != nil && items.SchemaOrBool.TypeObject != nil {
		text = items.SchemaOrBool.TypeObject
	}
	if text.Ref != nil || text.Type == nil || !text.HasType(jsonschema.String) || text.Format != nil {
		return
	}
	enum, isEnum := enumsOf[qualified]
	if !isEnum {
		enum, isEnum = enumsOf[name]
	}
	format, ok := formatsOf[qualified]
	switch {
	case isEnum && text.HasType(jsonschema.Null):
		text.Type = nil
		text.WithRef(schemas + enum)
		allowNull(text)
	case isEnum:
		text.Type = nil
		text.WithRef(schemas + enum)
	case ok:
		text.WithFormat(format)
	case strings.HasSuffix(name, "_id"):
		text.WithFormat("uuid")
	case name == "date" || strings.HasSuffix(name, "_date"):
		text.WithFormat("date")
	}
}

// allowNull adds null to what the schema allows.
func allowNull(schema *jsonschema.Schema) {
	if schema.Ref == nil {
		if schema.Type != nil {
			schema.AddType(jsonschema.Null)
		}
		return
	}
	var null, reference jsonschema.Schema
	null.AddType(jsonschema.Null)
	reference.Ref, schema.Ref = schema.Ref, nil
	schema.WithAnyOf(null.ToSchemaOrBool(), reference.ToSchemaOrBool())
}
