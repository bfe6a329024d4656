package writes_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mysingle/mysingle/bff/writes"
)

// Rows that may be written pass, whole and in every way to write them.
func TestRowsPass(t *testing.T) {
	w := mustWorld(t)
	for name, target := range w.targets {
		for method, values := range target.rows() {
			wr := writeOf(name, method, values)
			if faults := w.faults(wr); faults != nil {
				t.Errorf("%s %s: got the faults %v, want none", method, name, faults)
			}
			if a := w.ask(t, wr); !a.accepted() {
				t.Errorf("%s %s: the database says %+v", method, name, a)
			}
		}
	}
}

// rows are the target's rows by the method that writes them.
func (tg target) rows() map[string]row {
	rows := make(map[string]row)
	if tg.fresh != nil {
		rows[http.MethodPost] = tg.fresh
	}
	if tg.found != nil {
		rows[http.MethodPatch] = tg.found
	}
	return rows
}

// Each rule is the database's too: a row that breaks it, and nothing else, is
// refused by the rule here and for its values there.
func TestBreakingARuleIsRefusedByBoth(t *testing.T) {
	w := mustWorld(t)
	broken := make(map[string]bool)
	for name, target := range w.targets {
		for method, values := range target.rows() {
			for column, rules := range target.rules {
				if !target.writable(column, method) {
					continue
				}
				for _, v := range violations(column, rules) {
					if v.rule == "required" && method != http.MethodPost && v.values[column] == absent {
						continue
					}
					changed := values.with(v.values)
					maps.DeleteFunc(changed, func(_ string, value any) bool { return value == absent })
					wr := writeOf(name, method, changed)
					// A day out of bounds is far from the other one too.
					faults, outOfBounds := w.faults(wr), v.rule == "since" || v.rule == "until"
					if !slices.Contains(faults, column+" "+v.rule) || len(faults) > 1 && !outOfBounds {
						t.Errorf("%s %s with %.100v: the faults are %v instead of %s", method, name, v.values, faults, v.rule)
					}
					// A key without a value is no business of the caller's either.
					if a := w.ask(t, wr); !a.ofValues() && (v.rule != "required" || a.code != "42501") {
						t.Errorf("%s %s with %.100v: the database says %+v", method, name, v.values, a)
					}
					broken[v.rule] = true
				}
			}
		}
	}
	for _, rule := range []string{"required", "uuid", "date", "timestamp", "integer", "number",
		"min", "max", "oneof", "pattern", "since", "until", "gtefield", "within"} {
		if !broken[rule] {
			t.Errorf("nothing broke the rule %s", rule)
		}
	}
}

// Values at the limits, and other ways to write them, pass both. What the
// database says of something else than the values (a right, a row that isn't
// there) isn't for the rules to know.
func TestValuesAtTheLimitsPassBoth_slow(t *testing.T) {
	w := mustWorld(t)
	for name, target := range w.targets {
		for method, values := range target.rows() {
			for column, rules := range target.rules {
				if !target.writable(column, method) {
					continue
				}
				accepted := 0
				for _, v := range allowed(column, rules, target.rules, values) {
					wr := writeOf(name, method, values.with(v))
					if faults := w.faults(wr); faults != nil {
						t.Errorf("%s %s with %.100v: %v", method, name, v, faults)
					}
					a := w.ask(t, wr)
					if a.accepted() {
						accepted++
					} else if elsewhere := []string{"42501", "23503", "PT409"}; !slices.Contains(elsewhere, a.code) {
						t.Errorf("%s %s with %.100v: the database says %+v", method, name, v, a)
					}
				}
				if accepted == 0 {
					t.Errorf("%s %s: no value of %s was accepted", method, name, column)
				}
			}
		}
	}
}

// writable tells whether the method may set the column.
func (tg target) writable(column, method string) bool {
	_, written := tg.rows()[method][column]
	return written
}

// absent is a column that the row doesn't have.
const absent = "\x00absent"

// violation is what to change in a row to break a rule.
type violation struct {
	rule   string
	values row
}

// violations are the ways to break each of a column's rules.
func violations(column string, rules writes.Column) []violation {
	var all []violation
	add := func(rule string, values ...any) {
		for _, value := range values {
			all = append(all, violation{rule, row{column: value}})
		}
	}
	if rules.Required {
		all = append(all, violation{"required", row{column: absent}})
	}
	if rules.NotNull {
		all = append(all, violation{"required", row{column: nil}})
	}
	base, _, _ := strings.Cut(rules.Type, "(")
	switch base {
	case "uuid":
		add("uuid", "", "x", " 5eed0001-0000-4000-8000-000000000001", "5eed0001-0000-4000-8000-00000000000", "{5eed00010000400080000000000000001}")
	case "date":
		add("date", "", "  ", "soon", "내일", "2026-02-29", "2026-13-01", "0000-01-01", "Monday")
	case "timestamp with time zone":
		add("timestamp", "", "soon", "내일", "UTC")
	case "smallint", "integer", "bigint":
		add("integer", "", " ", "many", "1.5", 1.5, "1.0", "1e2", "1,000", "1 2", "٣")
	case "numeric", "double precision":
		add("number", "", " ", "many", "1,000", "1.2.3", "1e", "5 points", "--1")
	case "smallint[]":
		add("integer", []any{"x"}, []any{1, 2.5})
	}
	for rule, param := range parsed(rules) {
		isList := strings.HasSuffix(rules.Type, "[]")
		switch {
		case rule == "min" && isList:
			add("min", []int{})
		case rule == "max" && isList:
			add("max", slices.Repeat([]int{1}, must(strconv.Atoi(param))+1))
		case rule == "oneof" && isList:
			add("oneof", []int{0}, []int{1, 8}, []any{"9"}, []int{-1})
		case rule == "oneof":
			add("oneof", "", "☃", strings.ToUpper(labels(param)[0])+"?", labels(param)[0]+" ", " "+labels(param)[0])
		case rule == "since":
			add("since", shifted(param, -1), "1000-01-01", "0001-01-01")
		case rule == "until":
			add("until", shifted(param, 1), "9999-12-31")
		case rule == "pattern":
			add("pattern", "☃", "krw", "KR", "")
		case base == "text" && rule == "min":
			add("min", "", "   ")
		case base == "text" || base == "character": // max
			length := must(strconv.Atoi(param))
			add("max", strings.Repeat("가", length+1), strings.Repeat("😀", length+1))
		case rule == "min" && rational(param).Sign() == 0 && base == "integer":
			add("min", -1, "-1", -2147483649, "-99999999999999999999")
		case rule == "min" && rational(param).Sign() == 0:
			add("min", -1, "-1", -0.06, "-1e3")
		case rule == "min":
			add("min", "-1.0000001e300", -1e301)
		case base == "integer":
			add("max", 2147483648, "2147483648", "99999999999999999999999")
		case base == "numeric":
			// Half a unit of the last place more rounds up, out of what fits.
			step := "0." + strings.Repeat("0", len(param)-strings.Index(param, ".")-1) + "5"
			add("max", new(big.Rat).Add(rational(param), rational(step)).FloatString(3), 1e99)
		default:
			add("max", 1.0000001e300, "1e301")
		}
	}
	for other, between := range rules.Against {
		for rule := range strings.SplitSeq(between, ",") {
			if rule, param, _ := strings.Cut(rule, "="); rule == "within" {
				all = append(all, violation{rule, row{other: "2031-01-01", column: shifted("2031-01-01", must(strconv.Atoi(param))+1)}})
			} else {
				all = append(all, violation{rule, row{other: "2031-01-02", column: "2031-01-01"}})
			}
		}
	}
	return all
}

// allowed are values of a column that pass.
func allowed(column string, rules writes.Column, table writes.Table, values row) []row {
	var all []row
	add := func(values ...any) {
		for _, value := range values {
			all = append(all, together(column, table, value))
		}
	}
	current := values[column]
	add(current)
	switch {
	case column == "forecast_category": // which is filled in where the stage is closed
		all = append(all, row{column: nil, "stage": "Closed Lost"})
	case !rules.NotNull:
		add(nil)
	}
	base, _, _ := strings.Cut(rules.Type, "(")
	switch base {
	case "uuid":
		if id, ok := current.(string); ok {
			bare := strings.ReplaceAll(id, "-", "")
			add(strings.ToUpper(id), bare, "{"+id+"}", bare[:4]+"-"+bare[4:])
		}
	case "date":
		if column == "scrum_date" {
			break // only today is one of a scrum
		}
		add("2031-1-5", "20310105", "Jan 5 2031", "5 January 2031", " 2031-01-05 ", "2031-01-05T09:00:00Z", "2031.005", "1/5/2031", "tomorrow")
	case "timestamp with time zone":
		add("now", "2031-01-05", "2031-01-05T09:00:00+09:00", "infinity", "epoch")
	case "integer":
		add("7", " 7 ", "+7", "0x1F", "1_000", "0", 0)
	case "numeric":
		add("7", " 7 ", "+7", "1e2", 1e2, "0x1F", "1_000", ".5", "5.", 0.04, -0.004, "-0.004", 0)
	case "double precision":
		add("7", " 7 ", "-7.5", "1e2", "0x1Fp3", ".5", "5.", 0, 5e-324)
	case "smallint[]":
		add("{1,2}", []any{"1", 2}, []any{[]int{1, 2}, []int{3, 4}}, []any{1, 1, 1})
	}
	for rule, param := range parsed(rules) {
		isList := strings.HasSuffix(rules.Type, "[]")
		switch {
		case isList && rule == "oneof":
			add([]any{1, 7})
		case isList:
			add(slices.Repeat([]int{5}, must(strconv.Atoi(param))))
		case rule == "oneof" && column == "org_role":
			// The last owner stays one.
		case rule == "oneof" && column == "kind":
			// A mail channel has another target.
			add("slack", "discord", "teams", "webhook")
		case rule == "oneof":
			for _, label := range labels(param) {
				add(label)
			}
		case rule == "pattern":
			add(map[string]any{"currency_code": "USD", "work_email": "한@글"}[column])
		case base == "text":
			length := must(strconv.Atoi(param))
			if column == "work_email" {
				add("a@" + strings.Repeat("😀", length-2))
				continue
			}
			if column == "target" {
				add("https://a.test/" + strings.Repeat("x", length-len("https://a.test/")))
				continue
			}
			add(strings.Repeat("가", length), strings.Repeat("😀", length))
			if rules.Trim {
				add("  " + strings.Repeat("가", length) + "  ")
			} else {
				add("", "   ")
			}
			if length > 1 {
				add(12345, true) // which become texts
			}
		case base == "character":
			add("USD", "USD ", "USD     ")
		case rule == "since" || rule == "until":
			add(param)
		case base == "numeric" && rule == "max":
			places := strings.Repeat("0", len(param)-strings.Index(param, ".")-1)
			add(param, rational(param), new(big.Rat).Add(rational(param), rational("0."+places+"4")).FloatString(3))
		default: // min and max of numbers
			add(param, rational(param))
		}
	}
	for other, between := range rules.Against {
		all = append(all, row{other: "2031-01-01", column: "2031-01-01"})
		for rule := range strings.SplitSeq(between, ",") {
			if rule, param, _ := strings.Cut(rule, "="); rule == "within" {
				all = append(all, row{other: "2031-01-01", column: shifted("2031-01-01", must(strconv.Atoi(param)))})
			}
		}
	}
	for _, v := range all {
		for name, value := range v {
			if number, ok := value.(*big.Rat); ok {
				float, _ := number.Float64()
				v[name] = float
			}
		}
	}
	return all
}

// together sets a column, and to the same those days that are compared with
// it.
func together(column string, table writes.Table, value any) row {
	values := row{column: value}
	for name, rules := range table {
		if _, ok := rules.Against[column]; ok {
			values[name] = value
		}
		if name == column {
			for other := range rules.Against {
				values[other] = value
			}
		}
	}
	return values
}

// parsed are a column's rules by name.
func parsed(rules writes.Column) map[string]string {
	all := make(map[string]string)
	for rule := range strings.SplitSeq(rules.Rules, ",") {
		if name, param, _ := strings.Cut(rule, "="); name != "" && name != "dive" {
			all[name] = param
		}
	}
	return all
}

// labels are the values of a oneof.
func labels(param string) []string {
	var all []string
	for i, part := range strings.Split(param, "'") {
		if i%2 == 1 {
			all = append(all, part)
		} else {
			all = append(all, strings.Fields(part)...)
		}
	}
	return all
}

func shifted(day string, days int) string {
	return must(time.Parse(time.DateOnly, day)).AddDate(0, 0, days).Format(time.DateOnly)
}

func rational(number string) *big.Rat {
	n, ok := new(big.Rat).SetString(number)
	if !ok {
		panic(fmt.Sprintf("%q is no number", number)) // a fault in the test
	}
	return n
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err) // a fault in the test
	}
	return value
}

// By way of jsonb, which PostgREST takes where defaults are to fill in, a
// number is no longer as it was written.
func TestNumbersByWayOfJSONBPassBoth(t *testing.T) {
	w := mustWorld(t)
	wr := writeOf("tasks", http.MethodPost, w.targets["tasks"].fresh.with(row{"estimated_time": json.Number("1e2")}))
	for prefer, accepted := range map[string]bool{"": false, "missing=default": true} {
		wr.prefer = prefer
		if a := w.ask(t, wr); a.accepted() != accepted {
			t.Errorf("with %q the database says %+v", prefer, a)
		}
	}
	if faults := w.faults(wr); faults != nil {
		t.Errorf("the same number by both ways: got the faults %v, want none", faults)
	}
}
