package oracle

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Compare returns a line for each place in which two JSON texts differ. Numbers are
// compared as exact decimals, moments as moments.
func Compare(want, got []byte) []string {
	var differences []string
	w, err := decode(want)
	if err != nil {
		return []string{err.Error()}
	}
	g, err := decode(got)
	if err != nil {
		return []string{err.Error()}
	}
	compareValues("", w, g, &differences)
	return differences
}

func decode(text []byte) (value any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return nil, fmt.Errorf("%w in %s", err, text)
	}
	return value, nil
}

// At returns what stands at a place of a JSON text: "days[2].tasks.added", or "items[*].task_name"
// for the list of them.
func At(text []byte, path string) ([]byte, error) {
	value, err := decode(text)
	if err != nil {
		return nil, err
	}
	steps := strings.FieldsFunc(path, func(r rune) bool { return strings.ContainsRune(".[]", r) })
	found, err := follow(value, steps)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return json.Marshal(found)
}

func follow(value any, steps []string) (any, error) {
	if len(steps) == 0 {
		return value, nil
	}
	switch value := value.(type) {
	case map[string]any:
		if field, there := value[steps[0]]; there {
			return follow(field, steps[1:])
		}
	case []any:
		if steps[0] == "*" {
			list := []any{}
			for _, item := range value {
				found, err := follow(item, steps[1:])
				if err != nil {
					return nil, err
				}
				list = append(list, found)
			}
			return list, nil
		}
		if i, err := strconv.Atoi(steps[0]); err == nil && i < len(value) {
			return follow(value[i], steps[1:])
		}
	}
	return nil, fmt.Errorf("there is no %q in %s", steps[0], inLine(value))
}

func compareValues(path string, want, got any, differences *[]string) {
	switch w := want.(type) {
	case map[string]any:
		if g, ok := got.(map[string]any); ok {
			for _, name := range slices.Sorted(maps.Keys(w)) {
				if value, there := g[name]; there {
					compareValues(path+"."+name, w[name], value, differences)
				} else {
					*differences = append(*differences, fmt.Sprintf("%s.%s: missing, want %s", path, name, inLine(w[name])))
				}
			}
			for _, name := range slices.Sorted(maps.Keys(g)) {
				if _, there := w[name]; !there {
					*differences = append(*differences, fmt.Sprintf("%s.%s: not wanted, got %s", path, name, inLine(g[name])))
				}
			}
			return
		}
	case []any:
		if g, ok := got.([]any); ok && len(w) == len(g) {
			for i := range w {
				compareValues(fmt.Sprintf("%s[%d]", path, i), w[i], g[i], differences)
			}
			return
		}
	case json.Number:
		if g, ok := got.(json.Number); ok && sameNumber(w, g) {
			return
		}
	case string:
		if g, ok := got.(string); ok && (w == g || sameMoment(w, g)) {
			return
		}
	default: // bool, nil
		if want == got {
			return
		}
	}
	*differences = append(*differences, fmt.Sprintf("%s: want %s, got %s", path, inLine(want), inLine(got)))
}

func sameNumber(a, b json.Number) bool {
	x, okX := new(big.Rat).SetString(a.String())
	y, okY := new(big.Rat).SetString(b.String())
	return okX && okY && x.Cmp(y) == 0
}

func sameMoment(a, b string) bool {
	x, errX := time.Parse(time.RFC3339Nano, a)
	y, errY := time.Parse(time.RFC3339Nano, b)
	return errX == nil && errY == nil && x.Equal(y)
}

func inLine(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
