package openapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Contract checks answers against a document.
type Contract struct {
	document any
	paths    []route
	compiler *jsonschema.Compiler
	mu       sync.Mutex // the compiler's
	compiled map[string]*jsonschema.Schema
}

// route is a path of the document.
type route struct {
	path     string
	segments []string
}

const address = "openapi.json"

// NewContract returns the document's contract. It is stricter than the
// document in one way: objects that don't say that there may be more in them
// have nothing but what is listed.
func NewContract(document []byte) (*Contract, error) {
	content, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return nil, err
	}
	c := &Contract{document: content, compiled: make(map[string]*jsonschema.Schema), compiler: jsonschema.NewCompiler()}
	c.compiler.DefaultDraft(jsonschema.Draft2020)
	c.compiler.AssertFormat()
	closeObjects(at(content, "components", "schemas"))
	if err := c.compiler.AddResource(address, content); err != nil {
		return nil, err
	}
	paths, _ := at(content, "paths").(map[string]any)
	for path := range paths {
		c.paths = append(c.paths, route{path, strings.Split(strings.TrimSuffix(path, "/"), "/")})
	}
	return c, nil
}

// closeObjects forbids what isn't listed, in every schema within.
func closeObjects(node any) {
	switch node := node.(type) {
	case map[string]any:
		_, listed := node["properties"].(map[string]any)
		if _, said := node["additionalProperties"]; listed && !said {
			node["additionalProperties"] = false
		}
		for _, child := range node {
			closeObjects(child)
		}
	case []any:
		for _, child := range node {
			closeObjects(child)
		}
	}
}

// Operations are the operations of the document, each as "GET /path/{name}".
func (c *Contract) Operations() []string {
	var operations []string
	paths, _ := at(c.document, "paths").(map[string]any)
	for path, methods := range paths {
		for method := range methods.(map[string]any) {
			operations = append(operations, strings.ToUpper(method)+" "+path)
		}
	}
	return operations
}

// Check returns what is wrong with an answer, nil if it is as documented: its
// path and method, status, content type and JSON body. A path that is in no
// way the document's must be answered with the error body.
func (c *Contract) Check(method, path string, status int, header http.Header, body []byte) error {
	if method == http.MethodOptions && len(body) == 0 {
		return nil // browsers ask what another origin may do; no part of the API
	}
	where, err := c.answer(method, path, status)
	if err != nil {
		return fmt.Errorf("%s %s answered %d: %w", method, path, status, err)
	}
	contents, _ := at(c.document, append(where, "content")...).(map[string]any)
	if err := c.content(where, contents, method, header, body); err != nil {
		return fmt.Errorf("%s %s answered %d: %w\n%.2000s", method, path, status, err, body)
	}
	return nil
}

// answer finds what the document says of an answer.
func (c *Contract) answer(method, path string, status int) ([]string, error) {
	unknown := []string{"components", "responses", "Error"}
	if isPassed(path) {
		unknown[2] = "UpstreamError"
	}
	documented, ok := c.find(path)
	if !ok && status >= 400 {
		return unknown, nil
	} else if !ok {
		return nil, errors.New("the path isn't documented")
	}
	verb := strings.ToLower(method)
	operation, ok := at(c.document, "paths", documented, verb).(map[string]any)
	if !ok && method == http.MethodHead {
		verb = "get"
		operation, ok = at(c.document, "paths", documented, verb).(map[string]any)
	}
	if !ok && status >= 400 {
		return unknown, nil
	} else if !ok {
		return nil, errors.New("the method isn't documented")
	}
	answers, _ := operation["responses"].(map[string]any)
	key := strconv.Itoa(status)
	if _, ok := answers[key]; !ok {
		if _, ok := answers["default"]; !ok || status < 400 {
			return nil, errors.New("the status isn't documented")
		}
		key = "default"
	}
	where := []string{"paths", documented, verb, "responses", key}
	if reference, ok := at(c.document, append(where, "$ref")...).(string); ok {
		where = strings.Split(strings.TrimPrefix(reference, "#/"), "/")
	}
	return where, nil
}

// find returns the documented path that a request's path is of: the one with
// the most segments spelled out.
func (c *Contract) find(path string) (string, bool) {
	segments := strings.Split(strings.TrimSuffix(path, "/"), "/")
	best, most := "", -1
	for _, route := range c.paths {
		if same := route.matches(segments); same > most {
			best, most = route.path, same
		}
	}
	return best, most >= 0
}

// isPassed tells the paths that are passed through.
func isPassed(path string) bool {
	return !strings.HasPrefix(path, "/api/") && strings.Contains(path, "/v1/")
}

// matches returns how many segments are the same, -1 if the path is another.
// The last parameter of a path passed through may have slashes.
func (r route) matches(segments []string) int {
	rest := isPassed(r.path) && strings.HasSuffix(r.path, "}")
	if len(segments) < len(r.segments) || len(segments) > len(r.segments) && !rest {
		return -1
	}
	same := 0
	for i, segment := range r.segments {
		switch {
		case segment == segments[i]:
			same++
		case !strings.HasPrefix(segment, "{") || segments[i] == "":
			return -1
		case i == len(r.segments)-1:
			return same
		}
	}
	if len(segments) > len(r.segments) {
		return -1
	}
	return same
}

func (c *Contract) content(where []string, contents map[string]any, method string, header http.Header, body []byte) error {
	if len(body) == 0 || method == http.MethodHead || len(contents) == 0 && header.Get("Content-Type") == "" {
		return nil
	}
	if len(contents) == 0 {
		return nil // passed through, whatever it is
	}
	given, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return fmt.Errorf("the content type %q: %w", header.Get("Content-Type"), err)
	}
	media, ok := contents[given]
	if !ok {
		if _, any := contents["*/*"]; !any {
			return fmt.Errorf("the content type %s isn't documented", given)
		}
		return nil
	}
	if _, ok := at(media, "schema").(map[string]any); !ok {
		return nil
	}
	schema, err := c.compile(append(where, "content", given, "schema"))
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("the body: %w", err)
	}
	return schema.Validate(value)
}

// Examples returns what is wrong with the examples of answers, each of which
// must be a valid one.
func (c *Contract) Examples() error {
	var faults []error
	paths, _ := at(c.document, "paths").(map[string]any)
	for path, methods := range paths {
		for method, operation := range methods.(map[string]any) {
			answers, _ := at(operation, "responses").(map[string]any)
			for status := range answers {
				where := []string{"paths", path, method, "responses", status}
				if reference, ok := at(answers[status], "$ref").(string); ok {
					where = strings.Split(strings.TrimPrefix(reference, "#/"), "/")
				}
				contents, _ := at(c.document, append(where, "content")...).(map[string]any)
				for contentType, media := range contents {
					example, ok := media.(map[string]any)["example"]
					if !ok {
						continue
					}
					schema, err := c.compile(append(where, "content", contentType, "schema"))
					if err == nil {
						err = schema.Validate(example)
					}
					if err != nil {
						faults = append(faults, fmt.Errorf("the example of %s: %w", strings.Join(where, " "), err))
					}
				}
			}
		}
	}
	return errors.Join(faults...)
}

func (c *Contract) compile(where []string) (*jsonschema.Schema, error) {
	var pointer strings.Builder
	pointer.WriteString(address + "#")
	for _, segment := range where {
		segment = strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(segment)
		pointer.WriteString("/" + segment)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	schema, ok := c.compiled[pointer.String()]
	if !ok {
		var err error
		if schema, err = c.compiler.Compile(pointer.String()); err != nil {
			return nil, err
		}
		c.compiled[pointer.String()] = schema
	}
	return schema, nil
}

// at walks into JSON objects; nil if there is no such thing.
func at(node any, path ...string) any {
	for _, name := range path {
		object, ok := node.(map[string]any)
		if !ok {
			return nil
		}
		node = object[name]
	}
	return node
}

// valid returns what is wrong with a document by the JSON schema of OpenAPI.
func valid(document, schemaOfOpenAPI []byte) error {
	compiler := jsonschema.NewCompiler()
	content, err := jsonschema.UnmarshalJSON(bytes.NewReader(schemaOfOpenAPI))
	if err != nil {
		return err
	}
	if err := compiler.AddResource("openapi-3.1.json", content); err != nil {
		return err
	}
	schema, err := compiler.Compile("openapi-3.1.json")
	if err != nil {
		return err
	}
	var value any
	if err := json.Unmarshal(document, &value); err != nil {
		return err
	}
	return schema.Validate(value)
}
