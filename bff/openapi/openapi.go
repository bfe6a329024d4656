// Package openapi builds the OpenAPI document that the BFF serves, from the
// operations in bff/server, the view types in bff/sprint, and the database's
// catalog. It isn't part of the BFF: `go tool task openapi` writes what it
// builds to bff/server/docs/openapi.json, which is.
package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"

	"github.com/swaggest/openapi-go"
	"github.com/swaggest/openapi-go/openapi31"

	"github.com/mysingle/mysingle/bff/server"
)

// description opens the document.
const description = `The web app's API to MySingle: accounts and opportunities become projects, projects run in sprints, and every working day has a daily scrum.

- **Views** below ` + "`/api/v1`" + ` are whole screens of a sprint, a project or a person. Their figures come from SQL functions, which a Supabase client calls as well: ` + "`supabase.rpc('sprint_burndown', …)`" + `.
- **Supabase's own paths** below ` + "`/rest/v1`, `/auth/v1`, `/functions/v1` and `/storage/v1`" + ` are passed through: a Supabase client pointed at this address works unchanged.

**Who may see what** is decided by the database for the signed-in caller. What the caller may not see is not there: lists are shorter, figures are computed without it, and single things answer 404. A web app of this origin [signs in](#/Session/openSession) and from then on has a cookie; others send ` + "`Authorization: Bearer <access token>`" + ` and sign in with [Auth](#/Auth/signIn) to get one.

**Days** are days of the organization's time zone and written ` + "`YYYY-MM-DD`" + `; moments have an offset. A figure that can't be told is null, never 0.

**HEAD** is answered wherever GET is. Examples are real answers with their lists cut short.`

// tags are the document's chapters, before one for each table.
var tags = []openapi31.Tag{
	*(&openapi31.Tag{Name: "Sprints"}).WithDescription("A sprint, seen from all sides."),
	*(&openapi31.Tag{Name: "Projects"}).WithDescription("Several sprints of a project."),
	*(&openapi31.Tag{Name: "Me"}).WithDescription("What the caller owes."),
	*(&openapi31.Tag{Name: "Session"}).WithDescription("Signing in and out, for browsers: they hold one sealed cookie and never see a token."),
	*(&openapi31.Tag{Name: "Auth"}).WithDescription("Supabase Auth, passed through. Its administration is not."),
	*(&openapi31.Tag{Name: "Functions"}).WithDescription("SQL functions, called by name, and edge functions."),
	*(&openapi31.Tag{Name: "Storage"}).WithDescription("Supabase Storage, passed through."),
	*(&openapi31.Tag{Name: "BFF"}).WithDescription("The BFF itself."),
}

// builder collects the document.
type builder struct {
	folder string // this package's
	spec   *openapi31.Spec
	types  *types
	rows   map[string]any // example rows by table
}

// Build returns the document. bff is that folder of the source: the doc
// comments there become descriptions, openapi/schema.json is what SchemaQuery
// returned, and openapi/examples has real answers, cut short: <operation>.json
// for the views, and rows.json with a row of each table.
func Build(bff string) ([]byte, error) {
	c, err := readComments(bff+"/sprint", bff+"/forecast", bff+"/server", bff+"/openapi")
	if err != nil {
		return nil, err
	}
	spec := &openapi31.Spec{Openapi: "3.1.0"}
	spec.Info.WithTitle("MySingle").WithVersion("1").WithDescription(description)
	spec.Info.WithLicense(*(&openapi31.License{Name: "MIT"}).WithIdentifier("MIT"))
	spec.WithServers(*(&openapi31.Server{URL: "/"}).WithDescription("This BFF"))
	spec.Tags = slices.Clone(tags)
	spec.SetHTTPBearerTokenSecurity("bearer", "JWT", "The access token that Supabase Auth gave the signed-in user.")
	spec.SetAPIKeySecurity("session", "__Host-mysingle", openapi.InCookie,
		"The cookie that signing in below /api/v1/session gave the browser, for the app's own pages; over http it is called mysingle.")
	b := &builder{folder: bff + "/openapi", spec: spec, types: newTypes(spec, c)}
	var schema Schema
	if err := b.read("schema.json", &schema); err != nil {
		return nil, err
	}
	if err := b.read("examples/rows.json", &b.rows); err != nil {
		return nil, err
	}
	if err := b.problem(); err != nil {
		return nil, err
	}
	b.enums(schema.Enums)
	for _, operation := range server.Operations() {
		if err := b.own(operation); err != nil {
			return nil, fmt.Errorf("%s %s: %w", operation.Method, operation.Path, err)
		}
	}
	for _, part := range []func() error{
		b.passages,
		func() error { return b.tables(schema.Relations) },
		func() error { return b.functions(schema.Functions) },
	} {
		if err := part(); err != nil {
			return nil, err
		}
	}
	return indented(spec)
}

// indented is the document as it is committed: readable in a review.
func indented(spec *openapi31.Spec) ([]byte, error) {
	compact, err := json.Marshal(spec)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, compact, "", " "); err != nil {
		return nil, err
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// own adds one of the BFF's own operations.
func (b *builder) own(operation server.Operation) error {
	inputs, err := parameters(operation.Input, b.types.comments)
	if err != nil {
		return err
	}
	answer, err := b.success(operation)
	if err != nil {
		return err
	}
	o := openapi31.Operation{}
	o.WithTags(operation.Tag).WithID(operation.ID).WithSummary(operation.Summary)
	if operation.Description != "" {
		o.WithDescription(operation.Description)
	}
	o.Parameters = inputs
	if operation.Body != nil {
		schema, err := body(operation.Body, b.types.comments)
		if err != nil {
			return err
		}
		content := openapi31.RequestBody{Content: jsonOf(schema)}
		o.WithRequestBody(openapi31.RequestBodyOrReference{RequestBody: content.WithRequired(true)})
	}
	responses := o.ResponsesEns()
	responses.WithMapOfResponseOrReferenceValuesItem(strconv.Itoa(max(operation.Status, http.StatusOK)), openapi31.ResponseOrReference{Response: answer})
	if other := operation.Instead; other != nil {
		schema, err := b.types.schema(other.Output)
		if err != nil {
			return err
		}
		responses.WithMapOfResponseOrReferenceValuesItem(strconv.Itoa(other.Status), openapi31.ResponseOrReference{
			Response: &openapi31.Response{Description: other.Answer, Content: jsonOf(schema)}})
	}
	if operation.Cached {
		answer.WithHeadersItem("ETag", header("What If-None-Match compares."))
		o.Parameters = append(o.Parameters, shared("If-None-Match"))
		responses.WithMapOfResponseOrReferenceValuesItem("304", openapi31.ResponseOrReference{
			Response: &openapi31.Response{Description: "Nothing has changed since the answer with this ETag."}})
	}
	statuses := operation.Errors
	if !operation.Public {
		o.WithSecurity(map[string][]string{"bearer": {}}, map[string][]string{"session": {}})
		statuses = append([]int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden}, statuses...)
	}
	for _, status := range statuses {
		responses.WithMapOfResponseOrReferenceValuesItem(strconv.Itoa(status), sharedResponse(strconv.Itoa(status)))
	}
	responses.WithDefault(sharedResponse("Error"))
	return b.spec.AddOperation(operation.Method, braced(operation.Path), o)
}

// success is the usual answer of an operation.
func (b *builder) success(operation server.Operation) (*openapi31.Response, error) {
	answer := &openapi31.Response{Description: operation.Answer}
	if answer.Description == "" {
		answer.Description = "OK"
	}
	if operation.Output == nil {
		if operation.ContentType != "" {
			answer.WithContentItem(operation.ContentType, openapi31.MediaType{})
		}
		return answer, nil
	}
	schema, err := b.types.schema(operation.Output)
	if err != nil {
		return nil, err
	}
	name := operation.Example
	if name == "" {
		name = operation.ID
	}
	var example any
	if err := b.read("examples/"+name+".json", &example); err != nil {
		return nil, err
	}
	media := openapi31.MediaType{Schema: schema}
	answer.WithContentItem("application/json", *media.WithExample(example))
	return answer, nil
}

// braced turns Fiber's path parameters into OpenAPI's.
func braced(path string) string {
	return regexp.MustCompile(`:(\w+)`).ReplaceAllString(path, "{$1}")
}

// read reads a JSON file of this package into the value.
func (b *builder) read(name string, into any) error {
	text, err := os.ReadFile(filepath.Join(b.folder, name))
	if err != nil {
		return fmt.Errorf("%w; write it with: go tool task openapi", err)
	}
	return json.Unmarshal(text, into)
}

func header(description string) openapi31.HeaderOrReference {
	h := openapi31.Header{Schema: map[string]any{"type": "string"}}
	h.WithDescription(description)
	return openapi31.HeaderOrReference{Header: &h}
}

func shared(parameter string) openapi31.ParameterOrReference {
	return openapi31.ParameterOrReference{Reference: &openapi31.Reference{Ref: "#/components/parameters/" + parameter}}
}

func sharedResponse(name string) openapi31.ResponseOrReference {
	return openapi31.ResponseOrReference{Reference: &openapi31.Reference{Ref: "#/components/responses/" + name}}
}

func jsonOf(schema map[string]any) map[string]openapi31.MediaType {
	return map[string]openapi31.MediaType{"application/json": {Schema: schema}}
}
