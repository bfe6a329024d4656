package openapi

import (
	"cmp"
	"fmt"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"github.com/mysingle/mysingle/bff/writes"
)

// Rules derives what the BFF checks of rows on their way to the tables: from
// the columns' types, from what must not be null, and from those parts of the
// check constraints that say something of one column or of two dates. The
// second result are the other parts, which are left to the database.
func Rules(schema Schema) (map[string]writes.Table, []string, error) {
	tables := make(map[string]writes.Table)
	var unread []string
	for _, relation := range schema.Relations {
		r := ruler{schema: schema, columns: make(map[string]*limits)}
		for _, column := range relation.Columns {
			if column.Insert || column.Update {
				r.columns[column.Name] = r.limitsOf(column)
			}
		}
		if relation.Kind == "view" || len(r.columns) == 0 {
			continue
		}
		for _, check := range relation.Checks {
			for _, part := range conjuncts(check) {
				if !r.read(part) {
					unread = append(unread, relation.Name+": "+part)
				}
			}
		}
		table := make(writes.Table)
		for name, l := range r.columns {
			table[name] = l.column()
		}
		if err := table.Valid(); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", relation.Name, err)
		}
		tables[relation.Name] = table
	}
	return tables, unread, nil
}

// limits are what is known of a column's values.
type limits struct {
	writes.Column
	filled bool
	list   bool // the bounds are of its length, the values of its elements

	min, max *big.Rat // of a number, or of a text's length
	since    string
	until    string
	pattern  string
	values   []string
}

// ruler reads a table's check constraints.
type ruler struct {
	schema  Schema
	columns map[string]*limits
}

var ofNumeric = regexp.MustCompile(`^numeric\((\d+),(\d+)\)$`)

// limitsOf is what the column's type says, and whether it may be null.
func (r ruler) limitsOf(c Column) *limits {
	l := &limits{filled: c.Filled, list: strings.HasSuffix(c.Type, "[]")}
	l.Type = c.Type
	// A trigger may still put something in the place of null.
	l.NotNull = !c.Nullable && !c.Filled
	l.Required = l.NotNull && !c.Default && c.Insert
	for _, enum := range r.schema.Enums {
		if enum.Name == c.Type {
			l.Type, l.values = "enum", enum.Values
		}
	}
	bounds := map[string]uint{"smallint": 15, "integer": 31}
	if bits, ok := bounds[c.Type]; ok {
		bound := new(big.Int).Lsh(big.NewInt(1), bits)
		l.min = new(big.Rat).SetInt(new(big.Int).Neg(bound))
		l.max = new(big.Rat).SetInt(bound.Sub(bound, big.NewInt(1)))
	}
	if size := ofNumeric.FindStringSubmatch(c.Type); size != nil {
		var precision, scale int
		fmt.Sscan(size[1], &precision)
		fmt.Sscan(size[2], &scale)
		if precision <= 15 { // a float64 tells them apart
			l.max, _ = new(big.Rat).SetString(fmt.Sprintf("%s/1%s", strings.Repeat("9", precision), strings.Repeat("0", scale)))
			l.min = new(big.Rat).Neg(l.max)
		}
	}
	if length := regexp.MustCompile(`^character\((\d+)\)$`).FindStringSubmatch(c.Type); length != nil {
		l.max, _ = new(big.Rat).SetString(length[1])
	}
	return l
}

// What a part of a check may say, as PostgreSQL writes it.
var (
	aLength   = regexp.MustCompile(`^char_length\((btrim\()?(\w+)\)?\) (>=|<=) (\d+)$`)
	aCount    = regexp.MustCompile(`^cardinality\((\w+)\) (>=|<=) (\d+)$`)
	aBound    = regexp.MustCompile(`^(\w+) (>=|<=) \(*'?(-?\d+(?:\.\d+)?)'?\)?(?:::[a-z ]+\)?)*$`)
	aPattern  = regexp.MustCompile(`^(\w+) ~ '((?:[^']|'')*)'::text$`)
	aSubset   = regexp.MustCompile(`^(\w+) <@ '\{(-?\d+(?:,-?\d+)*)\}'::\w+\[\]$`)
	anOrder   = regexp.MustCompile(`^(\w+) >= (\w+)$`)
	aDistance = regexp.MustCompile(`^\((\w+) - (\w+)\) <= (\d+)$`)
	aCall     = regexp.MustCompile(`^(\w+\.\w+)\((\w+)\)$`)
	dayRange  = regexp.MustCompile(`^select (\w+) between date '([\d-]{10})' and date '([\d-]{10})'$`)

	// A pattern that means the same to PostgreSQL and to Go, or less to Go:
	// from end to end, of characters and of lists of characters, where \s (some
	// more characters to PostgreSQL) may only be left out.
	portable = regexp.MustCompile(`^\^(?:(?:[\w@ -]|\[(?:[\w@. -]+|\^(?:[\w@. -]|\\s)+)\])(?:[+*?]|\{\d+(?:,\d*)?\})?)+\$$`)
)

// read takes in a part of a check, and tells whether it says something that
// can be checked here.
func (r ruler) read(part string) bool {
	if m := aLength.FindStringSubmatch(part); m != nil {
		l := r.column(m[2], "text")
		trim := m[1] != ""
		if l == nil || (l.min != nil || l.max != nil || l.pattern != "") && l.Trim != trim {
			return false
		}
		l.Trim = trim
		return l.bound(m[3], m[4])
	}
	if m := aCount.FindStringSubmatch(part); m != nil {
		l := r.column(m[1], "smallint[]", "integer[]")
		return l != nil && l.bound(m[2], m[3])
	}
	if m := aBound.FindStringSubmatch(part); m != nil {
		l := r.column(m[1], "smallint", "integer", "bigint", "numeric", "double precision")
		return l != nil && l.bound(m[2], m[3])
	}
	if m := aPattern.FindStringSubmatch(part); m != nil {
		l := r.column(m[1], "text", "character")
		if l == nil || l.Trim || l.pattern != "" || !portable.MatchString(m[2]) {
			return false
		}
		l.pattern = m[2]
		return true
	}
	if m := aSubset.FindStringSubmatch(part); m != nil {
		l := r.column(m[1], "smallint[]", "integer[]")
		if l == nil || l.values != nil {
			return false
		}
		l.values = strings.Split(m[2], ",")
		return true
	}
	if m := aCall.FindStringSubmatch(part); m != nil {
		l := r.column(m[2], "date")
		from, to, ok := r.days(m[1])
		if l == nil || l.since != "" || !ok {
			return false
		}
		l.since, l.until = from, to
		return true
	}
	if m := anOrder.FindStringSubmatch(part); m != nil {
		return r.pair(m[1], m[2], "gtefield")
	}
	if m := aDistance.FindStringSubmatch(part); m != nil {
		return r.pair(m[1], m[2], "within="+m[3])
	}
	return false
}

// column returns the column of one of the types, nil if it isn't one, nobody
// writes it, or what is written isn't what is checked.
func (r ruler) column(name string, types ...string) *limits {
	l, ok := r.columns[name]
	if !ok || l.filled {
		return nil
	}
	base, _, _ := strings.Cut(l.Type, "(")
	if !slices.Contains(types, base) {
		return nil
	}
	return l
}

// bound takes in a lower or upper bound.
func (l *limits) bound(operator, value string) bool {
	n, ok := new(big.Rat).SetString(value)
	switch {
	case !ok:
		return false
	case operator == ">=" && (l.min == nil || l.min.Cmp(n) < 0):
		l.min = n
	case operator == "<=" && (l.max == nil || l.max.Cmp(n) > 0):
		l.max = n
	}
	return true
}

// pair takes in what holds between two dates.
func (r ruler) pair(name, other, rule string) bool {
	l := r.column(name, "date")
	if l == nil || r.column(other, "date") == nil {
		return false
	}
	if l.Against == nil {
		l.Against = make(map[string]string)
	}
	l.Against[other] = strings.TrimPrefix(l.Against[other]+","+rule, ",")
	return true
}

// days are the first and the last day that a helper lets pass.
func (r ruler) days(helper string) (from, to string, ok bool) {
	for _, h := range r.schema.Helpers {
		m := dayRange.FindStringSubmatch(h.Source)
		if h.Name == helper && m != nil && len(h.Arguments) == 1 && h.Arguments[0] == m[1] {
			return m[2], m[3], true
		}
	}
	return "", "", false
}

// column is the column with its rules.
func (l *limits) column() writes.Column {
	var rules []string
	add := func(name, value string) {
		if value != "" {
			rules = append(rules, name+"="+strings.NewReplacer(",", "0x2C", "|", "0x7C").Replace(value))
		}
	}
	add("min", decimal(l.min))
	add("max", decimal(l.max))
	add("since", l.since)
	add("until", l.until)
	add("pattern", l.pattern)
	if l.list && l.values != nil {
		rules = append(rules, "dive")
	}
	quoted := make([]string, len(l.values))
	for i, value := range l.values {
		if quoted[i] = value; strings.Contains(value, " ") {
			quoted[i] = "'" + value + "'"
		}
	}
	add("oneof", strings.Join(quoted, " "))
	c := l.Column
	c.Rules = strings.Join(rules, ",")
	return c
}

// decimal is how a rule has a number.
func decimal(n *big.Rat) string {
	if n == nil {
		return ""
	}
	if float, _ := n.Float64(); len(n.Num().String()) > 30 {
		return fmt.Sprint(float)
	}
	places, _ := n.FloatPrec()
	return n.FloatString(places)
}

// conjuncts are the parts of an expression that all have to hold, without the
// parentheses around them.
func conjuncts(expression string) []string {
	expression = unwrapped(expression)
	depth, quoted := 0, false
	var parts []string
	start := 0
	for i, c := range expression {
		switch {
		case c == '\'':
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')':
			depth--
		case depth == 0 && strings.HasPrefix(expression[i:], " AND "):
			parts = append(parts, expression[start:i])
			start = i + len(" AND ")
		}
	}
	if parts == nil {
		return []string{expression}
	}
	var all []string
	for _, part := range append(parts, expression[start:]) {
		all = append(all, conjuncts(part)...)
	}
	return all
}

// flattened is the expression as PostgreSQL writes it where it was read from a
// text of PostgreSQL's own, as after a dump is restored: (a AND b) AND c is a AND
// b AND c.
func flattened(expression string) string {
	parts := conjuncts(expression)
	if len(parts) == 1 {
		return expression
	}
	return "((" + strings.Join(parts, ") AND (") + "))"
}

// unwrapped is the expression without the parentheses around all of it.
func unwrapped(expression string) string {
	for strings.HasPrefix(expression, "(") {
		depth, quoted := 0, false
		for i, c := range expression {
			switch {
			case c == '\'':
				quoted = !quoted
			case quoted:
			case c == '(':
				depth++
			case c == ')':
				depth--
			}
			if depth == 0 && i < len(expression)-1 {
				return expression // the first one closes before the end
			}
		}
		expression = expression[1 : len(expression)-1]
	}
	return expression
}

// limit adds to a column's schema what its rules say.
func limit(c writes.Column, schema map[string]any) error {
	rules := strings.Split(c.Rules, ",")
	if own, each, isList := strings.Cut(c.Rules, "dive,"); isList {
		items := maps.Clone(schema["items"].(map[string]any))
		if err := apply(each, items); err != nil {
			return err
		}
		schema["items"], rules = items, strings.Split(strings.TrimSuffix(own, ","), ",")
	}
	for _, rule := range rules {
		if err := apply(rule, schema); err != nil {
			return err
		}
	}
	if c.Trim {
		schema["description"] = cmp.Or(schema["description"], any("")).(string) + " Spaces around it don't count."
	}
	return nil
}
