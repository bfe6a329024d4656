package writes_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Whatever the rules refuse the database refuses: rows with anything at all
// in one or two of their columns, in every way to send them.
func TestWhatIsRefusedHereIsRefusedThere(t *testing.T) {
	w := mustWorld(t)
	names := slices.Sorted(maps.Keys(w.targets))
	refused, passed := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(names).Draw(t, "table")
		target := w.targets[name]
		rows := target.rows()
		method := rapid.SampledFrom(slices.Sorted(maps.Keys(rows))).Draw(t, "method")
		values := maps.Clone(rows[method])
		columns := slices.Sorted(maps.Keys(values))
		for range rapid.IntRange(1, 2).Draw(t, "changes") {
			column := rapid.SampledFrom(columns).Draw(t, "column")
			values[column] = anything().Draw(t, "value")
		}
		for range rapid.IntRange(0, 2).Draw(t, "left out") {
			if method == http.MethodPatch || rapid.Bool().Draw(t, "one") {
				delete(values, rapid.SampledFrom(columns).Draw(t, "column"))
			}
		}
		wr := writeOf(name, method, values)
		wr.prefer = rapid.SampledFrom([]string{"", "missing=default", "resolution=merge-duplicates", "resolution=ignore-duplicates"}).Draw(t, "prefer")
		if rapid.IntRange(0, 3).Draw(t, "narrowed") == 0 {
			wr.columns = rapid.SliceOfNDistinct(rapid.SampledFrom(columns), 1, len(columns), rapid.ID).Draw(t, "columns")
		}
		switch rapid.IntRange(0, 4).Draw(t, "list") {
		case 0:
			wr.body = "[" + wr.body + "]"
		case 1: // twice, so that there is a conflict at the end
			wr.body = " [" + wr.body + ",\n" + wr.body + " ]"
		case 2:
			wr.body = "[" + writeOf(name, method, rows[method]).body + "," + wr.body + "]"
		}
		if faults := w.faults(wr); faults == nil {
			passed++
		} else if a := w.ask(t, wr); a.accepted() {
			t.Fatalf("%s %s?columns=%s with %s: the rules say %v, the database takes it", method, name, strings.Join(wr.columns, ","), wr.body, faults)
		} else {
			refused++
		}
	})
	t.Logf("%d refused by both, %d passed", refused, passed)
}

// anything is a JSON value: the usual, the odd ways to write it, and what
// nobody would expect.
func anything() *rapid.Generator[any] {
	digits := rapid.StringMatching(`[+-]?[0-9]{1,12}`)
	texts := rapid.OneOf(
		rapid.SampledFrom([]string{"", " ", "null", "true", "KRW", "usd", "USD ", "a@b", "a@b c", "Planned", "In Progress", "did", "will do", "owner", "member",
			"NaN", "Infinity", "-inf", "now", "today", " Tomorrow ", "yesterday", "epoch", "infinity", "-infinity", "allballs", "J2451187", "nowhere", "BC",
			"{}", "{1,2}", "{8}", "{1,null}", "[1,2]", "0x1F", "1_000", "0b11", "0o17", "1e5", "1e-5", ".5", "5.", "1.", "+.5e+1", "1e400", "1e-400", "1__0", "_1", "0x", "0x.8p3"}),
		digits,
		rapid.StringMatching(`\s?[+-]?[0-9]{0,6}(\.[0-9]{0,4})?([eE][+-]?[0-9]{1,3})?\s?`),
		rapid.StringMatching(`[0-9]{2,6}-[0-9]{1,2}-[0-9]{1,2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?( BC)?`),
		rapid.StringMatching(`(18|19|20|22)[0-9]{2}-(0[0-9]|1[0-3])-([0-2][0-9]|3[0-2])`),
		rapid.StringMatching(`(Mon|Jan|February|5th|[0-9]{1,4}|noon|of|AD|UTC|Asia/Seoul|,|:|[.]|/| ){1,5}`),
		rapid.StringMatching(`\{?[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?4[0-9a-fA-F]{3}-?8[0-9a-fA-F]{3}-?[0-9a-fA-F]{12}\}?`),
		rapid.StringMatching(`([0-9a-f]{2}-?){16}`),
		rapid.String(),
		rapid.StringMatching(`( |[A-Z]| |@|가|😀){0,8}`),
		rapid.Map(rapid.SampledFrom([]int{1, 99, 100, 101, 199, 200, 201, 320, 321, 500, 501, 2000, 2001, 5000, 5001, 10001, 20000, 20001}), func(n int) string {
			return strings.Repeat("긴", n)
		}),
	)
	numbers := rapid.OneOf(
		rapid.Map(digits, func(d string) any { return json.Number(fmt.Sprint(json.Number(strings.TrimLeft(d, "+-0") + "0"))) }),
		rapid.Map(rapid.SampledFrom([]string{"0", "-0", "-0.0", "1.0", "1.50", "1e2", "1E+2", "10e-1", "15e-1", "-0.04", "-0.05", "9999.94", "9999.95", "-9999.95",
			"9999999999999.994", "9999999999999.995", "2147483647", "2147483648", "-2147483649", "1e99", "1e300", "1.0000000000000000001e300", "1e301", "1e308",
			"1e-400", "12345678123456781234567812345678", "1e31", "20310105", "7", "8"}), func(n string) any { return json.Number(n) }),
		rapid.Map(rapid.Float64(), func(f float64) any { return f }),
		rapid.Map(rapid.IntRange(-3, 40), func(i int) any { return i }),
	)
	scalars := rapid.OneOf(
		rapid.Map(texts, func(s string) any { return s }),
		rapid.Map(texts, func(s string) any { return s }),
		numbers,
		rapid.SampledFrom([]any{nil, true, false}),
	)
	return rapid.OneOf(
		scalars, scalars, scalars,
		rapid.Map(rapid.SliceOfN(scalars, 0, 8), func(list []any) any { return list }),
		rapid.Map(rapid.SliceOfN(rapid.IntRange(0, 8), 0, 9), func(list []int) any { return list }),
		rapid.Map(rapid.MapOfN(rapid.StringMatching(`[a-z]{1,5}`), scalars, 0, 3), func(object map[string]any) any { return object }),
	)
}
