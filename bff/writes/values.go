package writes

import (
	"encoding/json"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/go-playground/validator/v10"
)

// longestNumber is up to how many characters of a number are calculated with.
const longestNumber = 100

// validate is safe for concurrent use.
var validate = newValidate()

// newValidate knows the rules of the columns, and those of the types, which
// refuse only what PostgreSQL can't read in any way.
func newValidate() *validator.Validate {
	v := validator.New(validator.WithRequiredStructEnabled())
	ofText := func(valid func(string) bool) validator.Func {
		return func(field validator.FieldLevel) bool { return valid(field.Field().String()) }
	}
	ofDay := func(valid func(day, bound time.Time) bool) validator.Func {
		return func(field validator.FieldLevel) bool {
			bound, err := time.Parse(time.DateOnly, field.Param())
			if err != nil {
				panic(err) // a fault in rules.json
			}
			return valid(field.Field().Interface().(time.Time), bound)
		}
	}
	for name, rule := range map[string]validator.Func{
		"uuid":      ofText(uuids.MatchString),
		"date":      ofText(isDate),
		"timestamp": ofText(isTimestamp),
		"integer":   ofText(integers.MatchString),
		"number":    ofText(numbers.MatchString),
		"pattern": func(field validator.FieldLevel) bool {
			return compiled(field.Param()).MatchString(field.Field().String())
		},
		"since": ofDay(func(day, first time.Time) bool { return !day.Before(first) }),
		"until": ofDay(func(day, last time.Time) bool { return !day.After(last) }),
		"within": func(field validator.FieldLevel) bool {
			days, err := strconv.Atoi(field.Param())
			if err != nil {
				panic(err) // a fault in rules.json
			}
			start := field.Parent().Interface().(time.Time)
			return !field.Field().Interface().(time.Time).After(start.AddDate(0, 0, days))
		},
	} {
		if err := v.RegisterValidation(name, rule); err != nil {
			panic(err) // the rule's name is malformed: a fault in this file
		}
	}
	return v
}

// patterns are those of the rules, compiled.
var patterns sync.Map

func compiled(pattern string) *regexp.Regexp {
	if found, ok := patterns.Load(pattern); ok {
		return found.(*regexp.Regexp)
	}
	made := regexp.MustCompile(pattern)
	patterns.Store(pattern, made)
	return made
}

// What PostgreSQL reads, or more. Its integers and numbers may have other
// bases and underscores; \s is what it takes for white space there.
var (
	uuids    = regexp.MustCompile(`^(?:(?:[0-9A-Fa-f]{4}-?){7}[0-9A-Fa-f]{4}|\{(?:[0-9A-Fa-f]{4}-?){7}[0-9A-Fa-f]{4}\})$`)
	integers = regexp.MustCompile(`^[\s\v]*[+-]?(?:[0-9][0-9_]*|0[xX][0-9A-Fa-f_]+|0[oO][0-7_]+|0[bB][01_]+)[\s\v]*$`)
	numbers  = regexp.MustCompile(`^[\s\v]*[+-]?(?:[0-9][0-9_]*\.?[0-9_]*(?:[eE][+-]?[0-9_]+)?|\.[0-9_]+(?:[eE][+-]?[0-9_]+)?` +
		`|0[xX][0-9A-Fa-f_.]+(?:[pP][+-]?[0-9]+)?|0[oO][0-7_]+|0[bB][01_]+|(?i:nan|inf|infinity))[\s\v]*$`)

	// plain is a number as everybody writes it; its value can be told.
	plain = regexp.MustCompile(`^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?$`)
	whole = regexp.MustCompile(`^[+-]?[0-9]+$`)
	day   = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
	// moment has a number in it, or is one of PostgreSQL's special words.
	moment = regexp.MustCompile(`(?i)[0-9]|now|today|tomorrow|yesterday|epoch|infinity|allballs`)
)

// isDate tells whether PostgreSQL may read the text as a date. It reads many
// ways to write one; what is written as in a form must be a real one.
func isDate(text string) bool {
	if day.MatchString(text) {
		parsed, err := time.Parse(time.DateOnly, text)
		return err == nil && parsed.Year() > 0
	}
	return isTimestamp(text)
}

func isTimestamp(text string) bool { return moment.MatchString(text) }

// kind is what the types of a sort have in common.
type kind string

const (
	ofText      kind = "text"
	ofEnum      kind = "enum"
	ofUUID      kind = "uuid"
	ofDate      kind = "date"
	ofTimestamp kind = "timestamp"
	ofInteger   kind = "integer"
	ofNumber    kind = "number"
	ofIntegers  kind = "integers"
	unknown     kind = "" // left to the database
)

// kindOf is the kind of PostgreSQL's type, whatever its size.
func kindOf(typ string) kind {
	base, _, _ := strings.Cut(typ, "(")
	switch base {
	case "text", "character":
		return ofText
	case "enum", "uuid", "date":
		return kind(base)
	case "timestamp with time zone":
		return ofTimestamp
	case "smallint", "integer", "bigint":
		return ofInteger
	case "numeric", "double precision":
		return ofNumber
	case "smallint[]", "integer[]", "bigint[]":
		return ofIntegers
	}
	return unknown
}

// samples are values of each kind that has rules.
var samples = map[kind]any{
	ofText: "", ofEnum: "", ofDate: time.Time{}, ofInteger: int64(0), ofNumber: 0.0, ofIntegers: []int64{0},
}

// read is what the database will take the value for, and nil where that can't
// be told: a value of another JSON type than the form's, or one written in a
// way that only PostgreSQL reads. The fault is a value that can't be read.
func (c Column) read(raw json.RawMessage) (any, validator.FieldError) {
	kind := kindOf(c.Type)
	if kind == ofIntegers {
		return readList(raw)
	}
	var text string
	isNumber := raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9'
	switch {
	case raw[0] == '"' && json.Unmarshal(raw, &text) == nil:
	case isNumber && (kind == ofInteger || kind == ofNumber):
		text = string(raw)
	default:
		return nil, nil
	}
	switch kind {
	case ofText:
		return c.readText(text), nil
	case ofEnum:
		return text, nil
	case ofUUID, ofTimestamp:
		return nil, first(validate.Var(text, string(kind)))
	case ofDate:
		if broken := first(validate.Var(text, "date")); broken != nil || !day.MatchString(text) {
			return nil, broken
		}
		parsed, err := time.Parse(time.DateOnly, text)
		if err != nil {
			panic(err) // the rule has read it too
		}
		return parsed, nil
	case ofInteger:
		return readInteger(text, isNumber)
	case ofNumber:
		return c.readNumber(text)
	}
	return nil, nil
}

// readText is the text as it is checked. One of a fixed length loses spaces
// at its end that are too many, and gets those that are missing.
func (c Column) readText(text string) string {
	if c.Trim {
		return strings.Trim(text, " ")
	}
	if size, ok := strings.CutPrefix(c.Type, "character("); ok {
		length, err := strconv.Atoi(strings.TrimSuffix(size, ")"))
		if err != nil {
			panic(err) // a fault in rules.json
		}
		text = strings.TrimRight(text, " ")
		text += strings.Repeat(" ", max(0, length-utf8.RuneCountInString(text)))
	}
	return text
}

// readInteger reads an integer; one out of int64's range is the nearest in it.
func readInteger(text string, isNumber bool) (any, validator.FieldError) {
	if len(text) > longestNumber {
		return nil, nil
	}
	if isNumber && !whole.MatchString(text) {
		// 1e2 is an integer to PostgreSQL when it comes by way of jsonb.
		if !plain.MatchString(text) {
			return nil, nil
		}
		if n, ok := new(big.Rat).SetString(text); ok && n.IsInt() {
			return nil, nil
		}
	}
	if broken := first(validate.Var(text, "integer")); broken != nil || !whole.MatchString(text) {
		return nil, broken
	}
	n, _ := strconv.ParseInt(text, 10, 64)
	return n, nil
}

// readNumber reads a number, rounded as its column will round it.
func (c Column) readNumber(text string) (any, validator.FieldError) {
	if len(text) > longestNumber {
		return nil, nil
	}
	if broken := first(validate.Var(text, "number")); broken != nil || !plain.MatchString(text) {
		return nil, broken
	}
	n, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil, nil
	}
	if _, scale, ok := strings.Cut(c.Type, ","); ok {
		places, err := strconv.Atoi(strings.TrimSuffix(scale, ")"))
		if err != nil {
			panic(err) // a fault in rules.json
		}
		n.SetString(n.FloatString(places))
	}
	float, _ := n.Float64()
	return float, nil
}

// readList reads a list of integers, if each of them can be told.
func readList(raw json.RawMessage) (any, validator.FieldError) {
	var elements []json.RawMessage
	if raw[0] != '[' || json.Unmarshal(raw, &elements) != nil {
		return nil, nil
	}
	list := make([]int64, 0, len(elements))
	for _, element := range elements {
		one := Column{Type: "bigint"}
		value, broken := one.read(element)
		n, ok := value.(int64)
		if broken != nil || !ok {
			return nil, broken
		}
		list = append(list, n)
	}
	return list, nil
}
