package openapi

import (
	_ "embed"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/swaggest/openapi-go/openapi31"

	"github.com/mysingle/mysingle/bff/sprint"
)

// SchemaQuery returns the database's Schema as JSON.
//
//go:embed schema.sql
var SchemaQuery string

// Schema is what a signed-in caller finds below /rest/v1.
type Schema struct {
	Enums     []Enum     `json:"enums"`
	Helpers   []Helper   `json:"helpers"`
	Relations []Relation `json:"relations"`
	Functions []Function `json:"functions"`
}

// Enum is a closed set of values.
type Enum struct {
	Name    string   `json:"name"`
	Comment string   `json:"comment"`
	Values  []string `json:"values"`
}

// Helper is an SQL function that check constraints call.
type Helper struct {
	Name      string   `json:"name"`
	Arguments []string `json:"arguments"`
	Source    string   `json:"source"`
}

// Relation is a table or a view.
type Relation struct {
	Name    string   `json:"name"`
	Kind    string   `json:"kind"`
	Comment string   `json:"comment"`
	Delete  bool     `json:"delete"`
	Checks  []string `json:"checks"` // expressions
	Columns []Column `json:"columns"`
}

// Column is a column of a relation, with what a signed-in caller may do to it.
type Column struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	Comment  string `json:"comment"`
	Nullable bool   `json:"nullable"`
	Default  bool   `json:"default"`
	Filled   bool   `json:"filled"` // by a trigger before the row is checked
	Select   bool   `json:"select"`
	Insert   bool   `json:"insert"`
	Update   bool   `json:"update"`
}

// Function is an SQL function.
type Function struct {
	Name      string     `json:"name"`
	Comment   string     `json:"comment"`
	Reads     bool       `json:"reads"` // and changes nothing
	Set       bool       `json:"set"`   // answers rows
	Returns   string     `json:"returns"`
	Arguments []Argument `json:"arguments"`
	Columns   []Argument `json:"columns"` // of rows that are of no table
}

// Argument is an argument of a function or a column of its answer.
type Argument struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	Optional bool   `json:"optional"`
}

// viewsOf are the Go types of what SQL functions answer as one JSON value.
var viewsOf = map[string]any{
	"sprint_board":          sprint.Board{},
	"sprint_burndown":       sprint.Burndown{},
	"sprint_flow":           sprint.Flow{},
	"sprint_report":         sprint.Report{},
	"sprint_workload":       sprint.Workload{},
	"scrum_of_day":          sprint.ScrumOfDay{},
	"scrum_draft":           sprint.MyScrum{},
	"project_velocity":      sprint.Velocity{},
	"project_throughput":    sprint.Throughput{},
	"project_impediments":   sprint.Impediments{},
	"project_participation": sprint.Participation{},
}

func (b *builder) enums(enums []Enum) {
	for _, enum := range enums {
		b.spec.ComponentsEns().WithSchemasItem(enum.Name, map[string]any{
			"type": "string", "enum": enum.Values, "description": enum.Comment,
		})
	}
}

// tables adds every table and view with what may be done to it.
func (b *builder) tables(relations []Relation) error {
	b.standard()
	for _, relation := range relations {
		b.spec.Tags = append(b.spec.Tags, *(&openapi31.Tag{Name: relation.Name}).WithDescription(relation.Comment))
		if err := b.table(relation); err != nil {
			return fmt.Errorf("%s: %w", relation.Name, err)
		}
	}
	return nil
}

func (b *builder) table(r Relation) error {
	components := b.spec.ComponentsEns()
	row, inserted, updated := object(r.Comment), object("A new row of "+r.Name+"."), object("Changes to rows of "+r.Name+".")
	row["additionalProperties"] = true // what select names or embeds
	var filters []openapi31.ParameterOrReference
	var required []string
	for _, column := range r.Columns {
		if !column.Select && !column.Insert && !column.Update {
			continue
		}
		schema, err := b.column(column)
		if err != nil {
			return err
		}
		if column.Select { // else a secret, which is written and not read
			row["properties"].(map[string]any)[column.Name] = schema
		}
		if rules, ok := b.rules[r.Name][column.Name]; ok && rules.Type != "enum" {
			schema = maps.Clone(schema)
			if err := limit(rules, schema); err != nil {
				return err
			}
		}
		if column.Insert {
			inserted["properties"].(map[string]any)[column.Name] = schema
			if b.rules[r.Name][column.Name].Required {
				required = append(required, column.Name)
			}
		}
		if column.Update {
			updated["properties"].(map[string]any)[column.Name] = schema
		}
		if !column.Select {
			continue
		}
		key := r.Name + "." + column.Name
		components.WithParametersItem(key, query(column.Name, column.Comment+" A filter: `"+b.filterOf(column.Type)+"`.",
			map[string]any{"type": "string"}))
		filters = append(filters, shared(key))
	}
	components.WithSchemasItem(r.Name, row)
	rows := map[string]any{"type": "array", "items": named(r.Name)}
	path := "/rest/v1/" + r.Name
	add := func(method, verb, summary, status, description string, parameters []openapi31.ParameterOrReference, body map[string]any) error {
		o := passed(verb+"_"+r.Name, r.Name, summary, parameters)
		media := openapi31.MediaType{Schema: rows}
		if example, ok := b.rows[r.Name]; ok {
			media.WithExample([]any{example})
		}
		answer := openapi31.Response{Description: description, Content: map[string]openapi31.MediaType{
			"application/json": media, "application/vnd.pgrst.object+json": {Schema: named(r.Name)}, "text/csv": {},
		}}
		answers := o.ResponsesEns()
		answers.WithMapOfResponseOrReferenceValuesItem(status, openapi31.ResponseOrReference{Response: &answer})
		switch method {
		case http.MethodGet:
			answer.WithHeadersItem("Content-Range", header("Which rows these are, and of how many if `Prefer: count` asks."))
			answers.WithMapOfResponseOrReferenceValuesItem("206", openapi31.ResponseOrReference{Response: &answer})
		case http.MethodPatch, http.MethodDelete:
			answers.WithMapOfResponseOrReferenceValuesItem("204", openapi31.ResponseOrReference{
				Response: &openapi31.Response{Description: "Done; the rows weren't asked for."}})
		}
		if body != nil {
			content := jsonOf(body)
			o.WithRequestBody(openapi31.RequestBodyOrReference{
				RequestBody: (&openapi31.RequestBody{Content: content}).WithRequired(true)})
		}
		return b.spec.AddOperation(method, path, o)
	}

	err := add(http.MethodGet, "read", "Read "+r.Name, "200", "The rows that the caller may see.",
		append(slices.Clone(filters), sharedAll("select", "order", "limit", "offset", "or", "Range", "Prefer.read")...), nil)
	if err != nil || r.Kind == "view" {
		return err
	}
	if len(properties(inserted)) > 0 {
		if required != nil {
			inserted["required"] = required
		}
		components.WithSchemasItem(r.Name+"_insert", inserted)
		one := named(r.Name + "_insert")
		err := add(http.MethodPost, "insert", "Insert into "+r.Name, "201", "Made. The rows, if `Prefer: return=representation` asks.",
			sharedAll("select", "columns", "on_conflict", "Prefer.write"),
			map[string]any{"anyOf": []any{one, map[string]any{"type": "array", "items": one}}})
		if err != nil {
			return err
		}
	}
	write := append(slices.Clone(filters), sharedAll("select", "or", "Prefer.write")...)
	if len(properties(updated)) > 0 {
		components.WithSchemasItem(r.Name+"_update", updated)
		err := add(http.MethodPatch, "update", "Change rows of "+r.Name, "200",
			"Changed. What the caller may not change isn't among the rows.", write, named(r.Name+"_update"))
		if err != nil {
			return err
		}
	}
	if r.Delete {
		return add(http.MethodDelete, "delete", "Delete rows of "+r.Name, "200",
			"Deleted. What the caller may not delete isn't among the rows.", write, nil)
	}
	return nil
}

// functions adds the SQL functions.
func (b *builder) functions(functions []Function) error {
	for _, f := range functions {
		if err := b.function(f); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return nil
}

func (b *builder) function(f Function) error {
	answer, err := b.returned(f)
	if err != nil {
		return err
	}
	arguments := object("")
	delete(arguments, "description")
	var required []string
	var inQuery []openapi31.ParameterOrReference
	for _, a := range f.Arguments {
		schema, err := b.ofType(a.Type)
		if err != nil {
			return err
		}
		argument := query(a.Name, "", schema)
		argument.Parameter.Description = nil
		if a.Optional {
			schema = orNull(schema)
		} else {
			required = append(required, a.Name)
			argument.Parameter.WithRequired(true)
		}
		arguments["properties"].(map[string]any)[a.Name] = schema
		inQuery = append(inQuery, argument)
	}
	if required != nil {
		arguments["required"] = required
	}
	methods := []string{http.MethodPost}
	if f.Reads {
		methods = append(methods, http.MethodGet)
	}
	for _, method := range methods {
		o := passed(strings.ToLower(method)+"_"+f.Name, "Functions", f.Name, nil)
		o.WithDescription(f.Comment)
		if method == http.MethodGet {
			o.WithID("read_" + f.Name)
			o.Parameters = inQuery
		} else {
			o.WithID("call_" + f.Name)
			o.WithRequestBody(openapi31.RequestBodyOrReference{RequestBody: &openapi31.RequestBody{Content: jsonOf(arguments)}})
		}
		status, response := "200", openapi31.Response{Description: "What the function answers."}
		if answer == nil {
			status = "204"
		} else {
			response.Content = jsonOf(answer)
		}
		o.ResponsesEns().WithMapOfResponseOrReferenceValuesItem(status, openapi31.ResponseOrReference{Response: &response})
		if err := b.spec.AddOperation(method, "/rest/v1/rpc/"+f.Name, o); err != nil {
			return err
		}
	}
	return nil
}

// returned is the schema of a function's answer, nil if it has none.
func (b *builder) returned(f Function) (map[string]any, error) {
	var one map[string]any
	var err error
	switch view, isView := viewsOf[f.Name]; {
	case isView:
		if one, err = b.types.schema(view); err == nil {
			one = orNull(one) // null: there is no such thing for the caller
		}
	case f.Returns == "void":
		return nil, nil
	case len(f.Columns) > 0:
		one = object("")
		delete(one, "description")
		for _, column := range f.Columns {
			if one["properties"].(map[string]any)[column.Name], err = b.ofType(column.Type); err != nil {
				return nil, err
			}
		}
	default:
		one, err = b.ofType(f.Returns)
	}
	if err == nil && f.Set {
		one = map[string]any{"type": "array", "items": one}
	}
	return one, err
}

// standard adds PostgREST's own parameters.
func (b *builder) standard() {
	text := map[string]any{"type": "string"}
	for _, p := range []openapi31.ParameterOrReference{
		query("select", "Which columns, with related rows in parentheses: `task_name,assignee:profiles!tasks_assignee(full_name)`.", text),
		query("order", "`due_date.asc.nullslast,task_name`", text),
		query("limit", "At most so many rows; never more than 1,000.", map[string]any{"type": "integer", "minimum": 0}),
		query("offset", "Rows to leave out first.", map[string]any{"type": "integer", "minimum": 0}),
		query("or", "Alternatives: `(status.eq.Blocked,due_date.lt.2027-01-01)`. There are `and`, `not.or` and `not.and` too.", text),
		query("columns", "Which members of the body count, when its rows have different ones.", text),
		query("on_conflict", "The unique columns by which `Prefer: resolution=…` knows a row.", text),
	} {
		b.spec.ComponentsEns().WithParametersItem(p.Parameter.Name, p)
	}
	for name, p := range map[string]openapi31.Parameter{
		"Range":        *(&openapi31.Parameter{Name: "Range"}).WithDescription("`0-24`: the first 25 rows."),
		"Prefer.read":  *(&openapi31.Parameter{Name: "Prefer"}).WithDescription("`count=exact`, `count=planned` or `count=estimated`: how many rows there are in all."),
		"Prefer.write": *(&openapi31.Parameter{Name: "Prefer"}).WithDescription("`return=representation` (the rows), `return=minimal` (nothing, the default); for inserts also `resolution=merge-duplicates`, `resolution=ignore-duplicates`, `missing=default`."),
	} {
		p.In, p.Schema = openapi31.ParameterInHeader, text
		b.spec.ComponentsEns().WithParametersItem(name, openapi31.ParameterOrReference{Parameter: &p})
	}
}

func sharedAll(names ...string) []openapi31.ParameterOrReference {
	var list []openapi31.ParameterOrReference
	for _, name := range names {
		list = append(list, shared(name))
	}
	return list
}

func object(description string) map[string]any {
	return map[string]any{"type": "object", "description": description, "properties": map[string]any{}}
}

func properties(object map[string]any) map[string]any { return object["properties"].(map[string]any) }

// column is the schema of a column's values.
func (b *builder) column(c Column) (map[string]any, error) {
	schema, err := b.ofType(c.Type)
	if err != nil {
		return nil, err
	}
	switch kind, isSimple := schema["type"].(string); {
	case c.Nullable && isSimple:
		schema["type"] = []any{kind, "null"}
	case c.Nullable && schema["$ref"] != nil:
		schema = orNull(schema)
	}
	if c.Comment != "" {
		schema["description"] = c.Comment
	}
	return schema, nil
}

// simple are the schemas of PostgreSQL's types.
var simple = map[string]map[string]any{
	"uuid":                     {"type": "string", "format": "uuid"},
	"text":                     {"type": "string"},
	"date":                     {"type": "string", "format": "date"},
	"timestamp with time zone": {"type": "string", "format": "date-time"},
	"time without time zone":   {"type": "string", "description": "A time of day, as hours:minutes:seconds."},
	"boolean":                  {"type": "boolean"},
	"smallint":                 {"type": "integer"},
	"integer":                  {"type": "integer", "format": "int32"},
	"bigint":                   {"type": "integer", "format": "int64"},
	"numeric":                  {"type": "number"},
	"double precision":         {"type": "number", "format": "double"},
	"json":                     {},
	"jsonb":                    {},
	"bytea":                    {"type": "string", "description": "Bytes, as \\x and hexadecimal digits."},
}

// ofType is the schema of a PostgreSQL type: a simple one, an enum or a
// table's row.
func (b *builder) ofType(name string) (map[string]any, error) {
	if element, ok := strings.CutSuffix(name, "[]"); ok {
		items, err := b.ofType(element)
		return map[string]any{"type": "array", "items": items}, err
	}
	base, _, _ := strings.Cut(name, "(")
	if schema, ok := simple[base]; ok {
		return maps.Clone(schema), nil
	}
	if base == "character" {
		return map[string]any{"type": "string"}, nil
	}
	if _, ok := b.spec.ComponentsEns().Schemas[name]; ok {
		return named(name), nil
	}
	return nil, fmt.Errorf("the type %q is unknown to bff/openapi", name)
}

// filterOf is a typical filter on a column of the type.
func (b *builder) filterOf(name string) string {
	if element, ok := strings.CutSuffix(name, "[]"); ok {
		if values, ok := b.spec.ComponentsEns().Schemas[element]["enum"].([]string); ok {
			return "cs.{" + values[0] + "}"
		}
		return "cs.{1,2}"
	}
	base, _, _ := strings.Cut(name, "(")
	switch base {
	case "uuid":
		return "eq.<uuid>"
	case "date":
		return "gte.2026-11-23"
	case "timestamp with time zone":
		return "lt.2026-11-23T09:00:00Z"
	case "time without time zone":
		return "gte.10:00"
	case "boolean":
		return "is.true"
	case "text":
		return "ilike.*demo*"
	case "character":
		return "eq.KRW"
	case "smallint", "integer", "bigint", "numeric", "double precision":
		return "gt.0"
	}
	if values, ok := b.spec.ComponentsEns().Schemas[name]["enum"].([]string); ok {
		return "in.(" + strings.Join(values[:2], ",") + ")"
	}
	return "not.is.null"
}
