package openapi

import (
	"slices"
	"testing"
)

// What a check says in another way, or of something else, is left to the
// database rather than guessed.
func TestRulesOfChecks(t *testing.T) {
	schema := Schema{
		Enums: []Enum{{Name: "mood", Values: []string{"good", "so so"}}},
		Helpers: []Helper{
			{"private.is_day", []string{"day"}, "select day between date '1900-01-01' and date '2200-12-31'"},
			{"private.is_other", []string{"day"}, "select other between date '1900-01-01' and date '2200-12-31'"},
		},
	}
	for _, tt := range []struct {
		Check  string
		Column string // the one that gets a rule
		Rules  string
	}{
		{"(char_length(btrim(name)) >= 1)", "name", "min=1"},
		{"((char_length(name) >= 2) AND (char_length(name) <= 10))", "name", "min=2,max=10"},
		{"(name ~ '^[A-Z]{1,3}$'::text)", "name", "pattern=^[A-Z]{10x2C3}$"},
		{"(code ~ '^[a-z][a-z0-9]+$'::text)", "code", "max=3,pattern=^[a-z][a-z0-9]+$"},
		{"((size >= 1) AND (size <= '-5'::integer))", "size", "min=1,max=-5"},
		{"(price >= 0.5)", "price", "min=0.5,max=999.99"},
		{"(price <= (10000)::numeric)", "price", "min=-999.99,max=999.99"},
		{"((cardinality(list) >= 1) AND (list <@ '{1,-2}'::integer[]))", "list", "min=1,dive,oneof=1 -2"},
		{"private.is_day(start)", "start", "since=1900-01-01,until=2200-12-31"},

		{"((size >= 1) OR (size <= 5))", "", ""},
		{"(size > 0)", "", ""},
		{"(NOT (size >= 1))", "", ""},
		{"((size + 1) >= 1)", "", ""},
		{"(char_length(lower(name)) >= 1)", "", ""},
		{"(octet_length(name) <= 10)", "", ""},
		{"(name ~ '^\\w+$'::text)", "", ""},
		{"(name ~ '[A-Z]'::text)", "", ""},
		{"(name ~ '^(a|b)$'::text)", "", ""},
		{"(name ~ '^[가-힣]+$'::text)", "", ""},
		{"(name ~ '^[[:alpha:]]+$'::text)", "", ""},
		{"(name ~* '^[A-Z]+$'::text)", "", ""},
		{"(name ~~ 'a AND b%'::text)", "", ""},
		{"(set_by_trigger >= 1)", "", ""},
		{"(unwritten >= 1)", "", ""},
		{"private.is_other(start)", "", ""},
		{"private.is_day(moment)", "", ""},
		{"(moment >= start)", "", ""},
		{"(mood <> 'good'::mood)", "", ""},
		{"((size IS NULL) = (name IS NULL))", "", ""},
	} {
		t.Run(tt.Check, func(t *testing.T) {
			write := func(name, typ string) Column { return Column{Name: name, Type: typ, Nullable: true, Insert: true} }
			columns := []Column{write("name", "text"), write("code", "character(3)"), write("size", "bigint"), write("price", "numeric(5,2)"),
				write("list", "integer[]"), write("start", "date"), write("moment", "timestamp with time zone"), write("mood", "mood"),
				{Name: "set_by_trigger", Type: "bigint", Insert: true, Filled: true}, {Name: "unwritten", Type: "bigint"}}
			bare, _, err := Rules(with(schema, columns, nil))
			if err != nil {
				t.Fatal(err)
			}
			got, unread, err := Rules(with(schema, columns, []string{tt.Check}))
			if err != nil {
				t.Fatal(err)
			}
			if (tt.Column == "") != (len(unread) > 0) {
				t.Errorf("left to the database: %q", unread)
			}
			for name, column := range got["t"] {
				want := bare["t"][name].Rules
				if name == tt.Column {
					want = tt.Rules
				}
				if column.Rules != want {
					t.Errorf("%s has the rules %s instead of %s", name, column.Rules, want)
				}
			}
		})
	}
}

func with(schema Schema, columns []Column, checks []string) Schema {
	schema.Relations = []Relation{{Name: "t", Kind: "table", Columns: columns, Checks: checks}}
	return schema
}

func TestConjuncts(t *testing.T) {
	for expression, want := range map[string][]string{
		"(a)":                                 []string{"a"},
		"((a >= 1) AND (a <= 2))":             {"a >= 1", "a <= 2"},
		"(((a) AND (b)) AND (c))":             {"a", "b", "c"},
		"((a) OR ((b) AND (c)))":              {"(a) OR ((b) AND (c))"},
		"(a = ') AND ('::text)":               {"a = ') AND ('::text"},
		"f((a AND b))":                        {"f((a AND b))"},
		"((a = 'it''s') AND (b = '('::text))": {"a = 'it''s'", "b = '('::text"},
	} {
		if got := conjuncts(expression); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", expression, got, want)
		}
	}
}
