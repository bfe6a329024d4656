package language

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/go-playground/validator/v10"

	"github.com/mysingle/mysingle/bff/writes"
)

func TestOf(t *testing.T) {
	for _, tt := range []struct {
		Header string
		Want   Language
	}{
		{"", English}, {"*", English}, {"en", English}, {"en-GB", English}, {"ko", Korean}, {"ko-KR", Korean}, {"KO", Korean},
		{"ko;q=0.1, en;q=0.9", English}, {"ko;q=0.9, en;q=0.1", Korean}, {"fr, ko;q=0.5", Korean}, {"fr, de", English},
		{"ko;q=0, en", English}, {"ja", English}, {";;;", English}, {"한국어", English}, {strings.Repeat("x-", 5000), English},
	} {
		if got := Of(tt.Header); got != tt.Want {
			t.Errorf("%q is answered in %s", tt.Header, got)
		}
	}
}

func TestSay(t *testing.T) {
	if got := Korean.Say("%s did not answer in time.", "PostgREST"); got != "PostgREST이(가) 제시간에 응답하지 않았습니다." {
		t.Errorf("in Korean: got %q, want the sentence with PostgREST", got)
	}
	if got := Korean.Say("100% of an upstream's own words"); got != "100% of an upstream's own words" {
		t.Errorf("unknown words in Korean: got %q, want them as they are", got)
	}
	if got := English.Say("Down: %s.", "auth, rest"); got != "Down: auth, rest." {
		t.Errorf("in English: got %q, want \"Down: auth, rest.\"", got)
	}
}

// TestCatalogue looks for sentences in the BFF's source: whatever it says has
// to be in the catalogue, and nothing else may.
func TestCatalogue(t *testing.T) {
	said := make(map[string]bool)
	for _, folder := range []string{"../server", "../supabase"} {
		files, err := filepath.Glob(folder + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if !strings.HasSuffix(name, "_test.go") {
				collect(t, name, said)
			}
		}
	}
	if len(said) < 40 {
		t.Errorf("found %d sentences only: %v", len(said), said)
	}
	for sentence := range said {
		if korean[sentence] == "" {
			t.Errorf("has no Korean: %q", sentence)
		}
	}
	verbs := regexp.MustCompile(`%.`)
	for sentence, translated := range korean {
		if !said[sentence] {
			t.Errorf("nobody says %q", sentence)
		}
		if a, b := verbs.FindAllString(sentence, -1), verbs.FindAllString(translated, -1); !slices.Equal(a, b) {
			t.Errorf("%q takes %v, its translation %v", sentence, a, b)
		}
		if !strings.ContainsFunc(translated, func(r rune) bool { return unicode.Is(unicode.Hangul, r) }) {
			t.Errorf("%q isn't Korean", translated)
		}
	}
}

// collect adds the sentences of a file: those of the errors and of the faults
// of input.
func collect(t *testing.T, name string, said map[string]bool) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	add := func(e ast.Expr) {
		if literal, ok := e.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			sentence, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			said[sentence] = true
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CompositeLit:
			typ, _ := n.Type.(*ast.Ident)
			if typ == nil || !slices.Contains([]string{"problem", "Refusal", "TokenError"}, typ.Name) {
				return true
			}
			for _, element := range n.Elts {
				if pair, ok := element.(*ast.KeyValueExpr); !ok {
					add(element)
				} else if key, ok := pair.Key.(*ast.Ident); ok && (key.Name == "Message" || key.Name == "advice") {
					add(pair.Value)
				}
			}
		case *ast.CallExpr:
			called, _ := n.Fun.(*ast.Ident)
			switch {
			case called == nil:
			case called.Name == "badRequest":
				add(n.Args[0])
			case called.Name == "queryFault" || called.Name == "bodyFault":
				add(n.Args[2])
			}
		}
		return true
	})
}

// TestRules looks for rules of validation: those in the BFF's source, and
// those of the database's columns. Each has a sentence, and no sentence is
// without a rule.
func TestRules(t *testing.T) {
	ruled := map[string]bool{"timestamp": true, "integer": true, "number": true} // of types; uuid and date are inputs' too
	add := func(tag string) {
		for rule := range strings.SplitSeq(tag, ",") {
			ruled[rule] = true
			if !strings.Contains(rule, "|") {
				rule, _, _ = strings.Cut(rule, "=")
				ruled[rule] = true
			}
		}
	}
	files, err := filepath.Glob("../server/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, tag := range regexp.MustCompile(`validate:"([^"]*)"`).FindAllSubmatch(source, -1) {
			add(string(tag[1]))
		}
	}
	for _, table := range writes.Tables() {
		for _, column := range table {
			add(column.Rules)
			for _, rules := range column.Against {
				add(rules)
			}
			ruled["required"] = ruled["required"] || column.Required
		}
	}
	for name := range rules {
		if rule, _, _ := strings.Cut(name, " of "); !ruled[rule] {
			t.Errorf("there is a sentence for %s, but no such rule", rule)
		}
	}
	for rule := range ruled {
		if name, _, hasValue := strings.Cut(rule, "="); hasValue && ruled[name] || slices.Contains([]string{"", "omitnil", "omitempty", "dive"}, rule) {
			continue
		}
		if rules[rule] == nil {
			t.Errorf("there is no sentence for %s", rule)
		}
	}
}

func TestFault(t *testing.T) {
	validate := validator.New()
	if err := validate.RegisterValidation("date", func(validator.FieldLevel) bool { return false }); err != nil {
		t.Fatal(err)
	}
	unit := "hours"
	var broken validator.ValidationErrors
	errors.As(validate.Struct(struct {
		Date   string   `validate:"date"`
		Member string   `validate:"eq=me|uuid"`
		Last   int      `validate:"min=1"`
		Seed   int64    `validate:"max=9007199254740991"`
		Unit   *string  `validate:"omitnil,oneof=tasks points"`
		Parts  []string `validate:"dive,oneof=board flow"`
		ID     string   `validate:"uuid"`
		Name   string   `validate:"min=1"`
		Code   string   `validate:"min=3"`
		Long   string   `validate:"max=2"`
		Days   []int    `validate:"min=1"`
		Week   []int    `validate:"max=1,dive,oneof=1 2"`
		Goal   *string  `validate:"required"`
		Status string   `validate:"oneof=Planned 'In Progress'"`
	}{Seed: math.MaxInt64, Unit: &unit, Parts: []string{"flow", `"보드"`, ""}, Code: "긴", Long: "너무 긴", Week: []int{3, 4},
		Status: strings.Repeat("긴 ", 50)}), &broken)
	want := map[Language][]string{
		English: {
			"Date must be a date such as 2026-11-23", "Member must be me or a member's UUID", "Last must be 1 or greater",
			"Seed must be 9007199254740991 or less", `Unit: "hours" is not one of tasks, points`,
			`Parts: "\"보드\"" is not one of board, flow`, `Parts: "" is not one of board, flow`, "ID must be a valid UUID",
			"Name must not be empty", "Code must have at least 3 characters", "Long must have at most 2 characters",
			"Days must have 1 or more elements", "Week must have 1 or fewer elements", "Goal is required",
			`Status: "` + strings.Repeat("긴 ", 30) + `…" is not one of Planned, In Progress`,
		},
		Korean: {
			"Date은(는) 2026-11-23처럼 적은 실제 날짜여야 합니다", "Member은(는) me 또는 구성원의 UUID여야 합니다", "Last은(는) 1 이상이어야 합니다",
			"Seed은(는) 9007199254740991 이하여야 합니다", `Unit: "hours"은(는) tasks, points 중 하나가 아닙니다`,
			`Parts: "\"보드\""은(는) board, flow 중 하나가 아닙니다`, `Parts: ""은(는) board, flow 중 하나가 아닙니다`, "ID은(는) 올바른 UUID여야 합니다",
			"Name은(는) 비워 둘 수 없습니다", "Code은(는) 3자 이상이어야 합니다", "Long은(는) 2자 이하여야 합니다",
			"Days의 항목은 1개 이상이어야 합니다", "Week의 항목은 1개 이하여야 합니다", "Goal은(는) 필수입니다",
			`Status: "` + strings.Repeat("긴 ", 30) + `…"은(는) Planned, In Progress 중 하나가 아닙니다`,
		},
	}
	for l, sentences := range want {
		var said []string
		for _, fault := range broken {
			said = append(said, l.Fault(fault))
		}
		if !slices.Equal(said, sentences) {
			t.Errorf("%s: got the sentences %q, want %q", l, said, sentences)
		}
	}
}
