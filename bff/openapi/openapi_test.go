package openapi

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/mysingle/mysingle/bff/server"
	"github.com/mysingle/mysingle/bff/supabasetest"
)

var (
	update = flag.Bool("update", false, "rewrite schema.json, the rules for writes and the document, and add missing examples")
	afresh = flag.Bool("examples", false, "rewrite all examples")
)

const documentFile = "../server/docs/openapi.json"

// seeded are the requests on the demo data that the examples are answers to.
var seeded = map[string]string{
	"board":         seededSprint + "/board",
	"burndown":      seededSprint + "/burndown",
	"flow":          seededSprint + "/flow",
	"report":        seededSprint + "/report",
	"workload":      seededSprint + "/workload",
	"scrum":         seededSprint + "/scrum",
	"dashboard":     seededSprint + "/dashboard?include=burndown,workload",
	"velocity":      seededProject + "/velocity",
	"forecast":      seededProject + "/forecast",
	"impediments":   seededProject + "/impediments",
	"participation": seededProject + "/participation",
	"myScrum":       "/api/v1/me/scrum",
	"session":       "/api/v1/session",
	"live":          "/livez",
	"ready":         "/readyz",
}

const (
	seededSprint  = "/api/v1/sprints/5eed0006-0000-4000-8000-000000000004"
	seededProject = "/api/v1/projects/5eed0005-0000-4000-8000-000000000001"
)

// What is committed is what the database and the source make. The parts build
// on each other, so they run in this order.
func TestCommittedFilesAreCurrent(t *testing.T) {
	t.Run("schema", func(t *testing.T) { mustBeCurrent(t, "schema.json", mustReadSchema(t)) })
	t.Run("rules", func(t *testing.T) { mustBeCurrent(t, "../writes/rules.json", mustRules(t)) })
	if *update {
		t.Run("examples", writeExamples)
	}
	t.Run("document", func(t *testing.T) {
		document, err := Build("..")
		if err != nil {
			t.Fatal(err)
		}
		mustBeCurrent(t, documentFile, document)
	})
}

// mustRules are the rules for writes that follow from the schema.
func mustRules(t *testing.T) []byte {
	t.Helper()
	tables, unread, err := Rules(mustSchema(t))
	if err != nil {
		t.Fatal(err)
	}
	// What the checks of writable columns say beyond the rules. A new one may
	// be worth a rule; if not, it belongs here.
	left := []string{
		"impediments: resolved_at >= raised_at", // a trigger sets the time
		"notification_channels: private.is_set_of_events(events)",
		"notification_channels: signing_secret ~ '^whsec_[A-Za-z0-9+/]{32,86}={0,2}$'::text", // written by functions alone
		"opportunities: acv <> 'NaN'::numeric",
		"organizations: digest_time < '24:00:00'::time without time zone",
		"organizations: reminder_time < '24:00:00'::time without time zone",
		"organizations: scrum_cutoff_time < '24:00:00'::time without time zone",
		"sprints: completed_at >= started_at", // written by functions alone
		"sprints: (status <> 'Planned'::sprint_status) OR (started_at IS NULL)",
		"sprints: (status <> ALL (ARRAY['Active'::sprint_status, 'Completed'::sprint_status])) OR (started_at IS NOT NULL)",
		"sprints: (status = 'Completed'::sprint_status) = (completed_at IS NOT NULL)",
		"tasks: related_task_id <> task_id",
		"tasks: story_points <> 'NaN'::numeric",
	}
	slices.Sort(left)
	slices.Sort(unread)
	if !slices.Equal(unread, left) {
		t.Errorf("left to the database are\n%s", strings.Join(unread, "\n"))
	}
	text, err := json.Marshal(tables)
	if err != nil {
		t.Fatal(err)
	}
	return mustIndent(t, text)
}

// mustSchema reads the committed schema.
func mustSchema(t *testing.T) Schema {
	t.Helper()
	text, err := os.ReadFile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema Schema
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	return schema
}

// mustBeCurrent compares a file with what it should have, or writes it.
func mustBeCurrent(t *testing.T, name string, content []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, content, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	committed, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(committed, content) {
		return
	}
	was, is := strings.Split(string(committed), "\n"), strings.Split(string(content), "\n")
	for i := range min(len(was), len(is)) {
		if was[i] != is[i] {
			t.Fatalf("%s is not current from line %d on; rewrite it with: go tool task openapi\n-%s\n+%s", name, i+1, was[i], is[i])
		}
	}
	t.Fatalf("%s is not current: %d lines instead of %d; rewrite it with: go tool task openapi", name, len(was), len(is))
}

func mustReadSchema(t *testing.T) []byte {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, supabasetest.Env(t, "DATABASE_URL"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	var text []byte
	if err := conn.QueryRow(ctx, SchemaQuery).Scan(&text); err != nil {
		t.Fatal(err)
	}
	var schema Schema
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	for _, relation := range schema.Relations {
		for i, check := range relation.Checks {
			relation.Checks[i] = flattened(check)
		}
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(schema); err != nil {
		t.Fatal(err)
	}
	return mustIndent(t, out.Bytes())
}

func mustIndent(t *testing.T, text []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := json.Indent(&out, bytes.TrimSpace(text), "", "  "); err != nil {
		t.Fatal(err)
	}
	out.WriteByte('\n')
	return out.Bytes()
}

// writeExamples asks the running BFF as the owner of the demo organization.
func writeExamples(t *testing.T) {
	demo := supabasetest.MustSignInDemo(t)
	write := func(name string, value any) {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(exampleFile(name), mustIndent(t, text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// Answers change with the time, so examples that are there stay.
	wanted := func(name string) bool {
		_, err := os.Stat(exampleFile(name))
		return err != nil || *afresh
	}
	for _, operation := range server.Operations() {
		if operation.Output == nil || operation.Example != "" || !wanted(operation.ID) {
			continue
		}
		path, ok := seeded[operation.ID]
		if !ok {
			t.Errorf("no request for the example of %s: add it to seeded", operation.ID)
			continue
		}
		write(operation.ID, short(mustRead(t, demo, path, http.StatusOK)))
	}
	if !wanted("rows") {
		return
	}
	var schema Schema
	if err := json.Unmarshal(mustReadSchema(t), &schema); err != nil {
		t.Fatal(err)
	}
	rows := make(map[string]any)
	for _, relation := range schema.Relations {
		var columns []string
		for _, column := range relation.Columns {
			if column.Select {
				columns = append(columns, column.Name)
			}
		}
		path := "/rest/v1/" + relation.Name + "?limit=1&select=" + strings.Join(columns, ",")
		if found := mustRead(t, demo, path, http.StatusOK).([]any); len(found) > 0 {
			rows[relation.Name] = short(found[0])
		}
	}
	write("rows", rows)
}

func exampleFile(name string) string { return filepath.Join("examples", name+".json") }

func mustRead(t *testing.T, p supabasetest.Person, path string, status int) any {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, supabasetest.Env(t, "BFF_URL")+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+p.Token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != status {
		t.Fatalf("%s answered %s: %s", path, resp.Status, text)
	}
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// short cuts every list after two.
func short(value any) any {
	switch value := value.(type) {
	case []any:
		for i := range value {
			value[i] = short(value[i])
		}
		return value[:min(2, len(value))]
	case map[string]any:
		for name := range value {
			value[name] = short(value[name])
		}
	}
	return value
}

func mustDocument(t *testing.T) []byte {
	t.Helper()
	document, err := os.ReadFile(documentFile)
	if err != nil {
		t.Fatal(err)
	}
	return document
}

func TestDocumentIsValid(t *testing.T) {
	schema, err := os.ReadFile("testdata/openapi-3.1.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := valid(mustDocument(t), schema); err != nil {
		t.Error(err)
	}
}

func TestSchemasOfDocumentAreValid(t *testing.T) {
	contract, err := NewContract(mustDocument(t))
	if err != nil {
		t.Fatal(err)
	}
	schemas := at(contract.document, "components", "schemas").(map[string]any)
	if len(schemas) < 50 {
		t.Errorf("only %d schemas", len(schemas))
	}
	for name := range schemas {
		if _, err := contract.compile([]string{"components", "schemas", name}); err != nil {
			t.Errorf("the schema %s: got error %v, want none", name, err)
		}
	}
}

func TestExamplesAreValid(t *testing.T) {
	contract, err := NewContract(mustDocument(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := contract.Examples(); err != nil {
		t.Errorf("rewrite the examples with: go tool task openapi:examples\n%v", err)
	}
}

// The example of wrong input is what the BFF answers.
func TestExampleOfFaults(t *testing.T) {
	contract, err := NewContract(mustDocument(t))
	if err != nil {
		t.Fatal(err)
	}
	answer := mustRead(t, supabasetest.MustSignInDemo(t), seeded["board"]+"?priority=urgent", http.StatusBadRequest)
	for _, member := range []string{"code", "message", "errors", "title"} {
		example := at(contract.document, "components", "responses", "400", "content", "application/problem+json", "example", member)
		if got := at(answer, member); got == nil || !reflect.DeepEqual(got, example) {
			t.Errorf("%s: %v instead of %v", member, got, example)
		}
	}
}

// Everything in the document says what it is.
func TestEverythingIsDescribed(t *testing.T) {
	var document struct {
		Paths map[string]map[string]struct {
			OperationID string
			Summary     string
			Tags        []string
		}
		Components struct {
			Schemas map[string]struct {
				Description string
				Properties  map[string]map[string]any
			}
		}
	}
	if err := json.Unmarshal(mustDocument(t), &document); err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]string)
	for path, methods := range document.Paths {
		for method, operation := range methods {
			if operation.Summary == "" || operation.OperationID == "" || len(operation.Tags) == 0 {
				t.Errorf("%s %s has no summary, id or tag", method, path)
			}
			if other, ok := seen[operation.OperationID]; ok {
				t.Errorf("%s and %s %s have the same id", other, method, path)
			}
			seen[operation.OperationID] = method + " " + path
		}
	}
	// Enums are described where they are made, and names of the tables'
	// schemas are lower case.
	goName := regexp.MustCompile(`\b[A-Z][a-z]+[A-Z]\w*`)
	for name, schema := range document.Components.Schemas {
		if schema.Description == "" {
			t.Errorf("the schema %s has no description", name)
		}
		for property, fields := range schema.Properties {
			text, _ := fields["description"].(string)
			for _, word := range goName.FindAllString(text, -1) {
				if _, ok := document.Components.Schemas[word]; !ok && word != "RateLimit" { // a header
					t.Errorf("%s.%s speaks of %s, which is Go's name", name, property, word)
				}
			}
		}
		if strings.ToLower(name) != name {
			continue
		}
		for property, fields := range schema.Properties {
			if fields["description"] == nil {
				t.Errorf("%s.%s has no description", name, property)
			}
		}
	}
}

func TestContract(t *testing.T) {
	contract, err := NewContract(mustDocument(t))
	if err != nil {
		t.Fatal(err)
	}
	const problem = `{"code":"x","message":"m","details":null,"hint":null,"type":"about:blank","title":"t","status":404}`
	for _, test := range []struct {
		name, method, path string
		status             int
		contentType, body  string
		fault              string // part of it, "" if there is none
	}{
		{"as documented", "GET", "/livez", 200, "application/json", `{"status":"ok","version":"1","commit":"2","built":"3"}`, ""},
		{"HEAD", "HEAD", "/livez", 200, "application/json", "", ""},
		{"unknown status", "GET", "/livez", 201, "application/json", `{"status":"ok","version":"1","commit":"2","built":"3"}`, "status isn't documented"},
		{"unknown content type", "GET", "/livez", 200, "text/plain", "ok", "content type text/plain"},
		{"unlisted member", "GET", "/livez", 200, "application/json", `{"status":"ok","version":"1","commit":"2","built":"3","uptime":1}`, "uptime"},
		{"missing member", "GET", "/livez", 200, "application/json", `{"status":"ok","version":"1","commit":"2"}`, "built"},
		{"no JSON", "GET", "/livez", 200, "application/json", `ok`, "the body"},
		{"unknown path", "GET", "/nowhere", 200, "application/json", `{}`, "path isn't documented"},
		{"unknown path refused", "GET", "/nowhere", 404, "application/problem+json", problem, ""},
		{"other error body", "GET", "/nowhere", 404, "application/problem+json", `{"error":true}`, "error"},
		{"unknown method", "POST", "/livez", 200, "application/json", `{}`, "method isn't documented"},
		{"row", "GET", "/rest/v1/tasks", 200, "application/json", `[{"task_id":"5eed0001-0000-4000-8000-000000000001","status":"Planned"}]`, ""},
		{"wrong row", "GET", "/rest/v1/tasks", 200, "application/json", `[{"status":"planned"}]`, "status"},
		{"longest path wins", "GET", "/auth/v1/user", 200, "application/json", `{}`, "id"},
		{"nothing but a slash", "GET", "/", 200, "text/html", `<!doctype html>`, ""},
		{"rest of a path", "GET", "/auth/v1/a/b/c", 200, "application/json", `{}`, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := contract.Check(test.method, test.path, test.status, http.Header{"Content-Type": {test.contentType}}, []byte(test.body))
			if test.fault == "" && err != nil {
				t.Error(err)
			}
			if test.fault != "" && (err == nil || !strings.Contains(err.Error(), test.fault)) {
				t.Errorf("%v instead of %q", err, test.fault)
			}
		})
	}
}

func TestRules(t *testing.T) {
	number, list := 0, []string{}
	for _, test := range []struct {
		of          any
		rules, want string
	}{
		{"", "uuid", `{"format":"uuid","type":"string"}`},
		{"", "omitnil,eq=me|uuid", `{"anyOf":[{"const":"me","type":"string"},{"format":"uuid","type":"string"}]}`},
		{"", "omitnil,oneof=Low 'In Progress'", `{"enum":["Low","In Progress"],"type":"string"}`},
		{&number, "omitnil,min=1,max=50", `{"maximum":50,"minimum":1,"type":"integer"}`},
		{list, "omitempty,dive,oneof=a b", `{"items":{"enum":["a","b"],"type":"string"},"type":"array","uniqueItems":true}`},
	} {
		schema, err := ruled(reflect.TypeOf(test.of), test.rules)
		if err != nil {
			t.Errorf("the rules %q: got error %v, want none", test.rules, err)
		}
		if got, _ := json.Marshal(schema); string(got) != test.want {
			t.Errorf("%s: %s instead of %s", test.rules, got, test.want)
		}
	}
	if _, err := ruled(reflect.TypeFor[string](), "luhn_checksum"); err == nil {
		t.Error("a rule that nobody described passed")
	}
}
