package forecast

import (
	"bytes"
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var everyDay = []int{1, 2, 3, 4, 5, 6, 7}

func mustNew(tb testing.TB, input Input) *Forecast {
	tb.Helper()
	f, err := New(input)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// repeatedly returns a history of n days with the same amount on each.
func repeatedly(amount float64, n int) []float64 {
	history := make([]float64, n)
	for i := range history {
		history[i] = amount
	}
	return history
}

func date(tb testing.TB, f *Forecast, percent int) string {
	tb.Helper()
	for _, chance := range f.Chances {
		if chance.Percent == percent {
			if chance.Date == nil {
				tb.Fatalf("no date for %d %%: %s", percent, *chance.Reason)
			}
			return *chance.Date
		}
	}
	tb.Fatalf("no chance of %d %%", percent)
	return ""
}

func TestForecast_neverInventsADate(t *testing.T) {
	for _, test := range []struct {
		name   string
		input  Input
		reason string
	}{
		{"no history", Input{Remaining: 3}, TooShort},
		{"four days of history", Input{Remaining: 3, History: repeatedly(9, 4)}, TooShort},
		{"nothing was ever completed", Input{Remaining: 3, History: repeatedly(0, 60)}, NoCompletions},
		{"what is left has no points", Input{Uncounted: 3, History: repeatedly(2, 60)}, Unestimated},
		{"nobody works", Input{Remaining: 3, History: repeatedly(2, 60), WorkingDays: []int{}}, NoWorkingDays},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.input.Today = "2026-11-23"
			if test.input.WorkingDays == nil {
				test.input.WorkingDays = everyDay
			}
			f := mustNew(t, test.input)
			if f.Reason == nil || *f.Reason != test.reason {
				t.Errorf("got reason %v, want %s", f.Reason, test.reason)
			}
			if f.Runs != 0 || f.Days == nil || len(f.Days) != 0 || len(f.Chances) != 3 {
				t.Errorf("got %+v", f)
			}
			for _, chance := range f.Chances {
				if chance.Date != nil || chance.WorkingDays != nil || chance.Reason == nil || *chance.Reason != test.reason {
					t.Errorf("got %+v", chance)
				}
			}
		})
	}
}

func TestForecast_nothingLeftIsDoneToday(t *testing.T) {
	f := mustNew(t, Input{Today: "2026-11-22", WorkingDays: []int{1}}) // a Sunday, no history
	if f.Reason != nil || f.Runs != 0 {
		t.Errorf("got %+v", f)
	}
	for _, chance := range f.Chances {
		if *chance.Date != "2026-11-22" || *chance.WorkingDays != 0 {
			t.Errorf("got %+v", chance)
		}
	}
}

func TestForecast_daysOffAreLeftOut(t *testing.T) {
	// 3 a day, 7 left: the third working day after Wednesday, 23 December.
	f := mustNew(t, Input{
		Remaining: 7, History: repeatedly(3, 5), Today: "2026-12-23",
		WorkingDays: []int{1, 2, 3, 4, 5}, Holidays: []string{"2026-12-25"},
	})
	for _, percent := range chances {
		if got := date(t, f, percent); got != "2026-12-29" {
			t.Errorf("%d %%: got %s, want 2026-12-29", percent, got)
		}
	}
	if len(f.Days) != 1 || f.Days[0] != (Day{"2026-12-29", Runs, 1}) || f.Unfinished != 0 {
		t.Errorf("got %+v", f)
	}
}

func TestForecast_beyondTheHorizon(t *testing.T) {
	input := Input{Remaining: Horizon, History: repeatedly(1, 5), Today: "2026-11-23", WorkingDays: everyDay}
	if got := date(t, mustNew(t, input), 95); got != "2028-11-22" {
		t.Errorf("got %s for the last day of the horizon", got)
	}
	input.Remaining++
	f := mustNew(t, input)
	for _, chance := range f.Chances {
		if chance.Date != nil || chance.Reason == nil || *chance.Reason != TooFar {
			t.Errorf("got %+v", chance)
		}
	}
	if f.Reason != nil || f.Unfinished != Runs || len(f.Days) != 0 {
		t.Errorf("got %+v", f)
	}
}

func TestForecast_faults(t *testing.T) {
	for _, test := range []struct {
		name  string
		input Input
		fault string
	}{
		{"no today", Input{}, "today"},
		{"today isn't a day", Input{Today: "2026-02-30"}, "today"},
		{"negative seed", Input{Today: "2026-11-23", Seed: -1}, "seed"},
		{"seed that JSON can't hold", Input{Today: "2026-11-23", Seed: MaxSeed + 1}, "seed"},
		{"negative amount", Input{Today: "2026-11-23", Remaining: -1}, "no amount"},
		{"no number", Input{Today: "2026-11-23", History: []float64{math.NaN()}}, "no amount"},
		{"infinite", Input{Today: "2026-11-23", Remaining: math.Inf(1)}, "no amount"},
		{"two years of history", Input{Today: "2026-11-23", History: repeatedly(1, 500)}, "500 days"},
		{"eighth weekday", Input{Today: "2026-11-23", WorkingDays: []int{8}}, "weekday"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := New(test.input); err == nil || !strings.Contains(err.Error(), test.fault) {
				t.Errorf("got %v, want %q", err, test.fault)
			}
		})
	}
}

// The golden file was written on linux/amd64; the same test passes with
// GOOS=js GOARCH=wasm and on 32 bits.
func TestForecast_sameSeedSameAnswer(t *testing.T) {
	input := Input{
		Remaining: 48.5, Today: "2026-11-23", WorkingDays: []int{1, 2, 3, 4, 5}, Holidays: []string{"2026-12-25"}, Seed: 20261123,
		History: []float64{0, 2.5, 3, 0, 1, 8, 0, 0, 5, 3, 2, 0, 0, 1, 13, 0, 3, 2, 0.5, 0},
	}
	got, err := json.MarshalIndent(mustNew(t, input), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", "forecast.json")
	if *update {
		if err := os.WriteFile(path, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(append(got, '\n'), want) {
		t.Errorf("the forecast is not that of %s any more:\n%s", path, got)
	}
	input.Seed++
	if other, _ := json.MarshalIndent(mustNew(t, input), "", "  "); bytes.Equal(other, got) {
		t.Error("another seed gave the same answer")
	}
}

// amounts are what is done on a day: mostly little, in tenths.
func amounts() *rapid.Generator[float64] {
	return rapid.Map(rapid.OneOf(rapid.Just(0), rapid.IntRange(0, 5), rapid.IntRange(0, 130)), func(n int) float64 {
		return float64(n) / 10
	})
}

func drawInput(t *rapid.T) Input {
	return Input{
		Remaining:   float64(rapid.IntRange(1, 3000).Draw(t, "remaining")) / 10,
		History:     rapid.SliceOfN(amounts(), MinHistory, 60).Draw(t, "history"),
		Today:       time.Date(2026, 1, rapid.IntRange(1, 1000).Draw(t, "today"), 0, 0, 0, 0, time.UTC).Format(time.DateOnly),
		WorkingDays: rapid.SliceOfNDistinct(rapid.IntRange(1, 7), 1, 7, rapid.ID).Draw(t, "working days"),
		Seed:        rapid.Int64Range(0, MaxSeed).Draw(t, "seed"),
	}
}

// daysTo returns the working days to a chance's date, or more than any.
func daysTo(chance Chance) int {
	if chance.WorkingDays == nil {
		return math.MaxInt
	}
	return *chance.WorkingDays
}

func TestForecast_property_consistent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		input := drawInput(t)
		f, err := New(input)
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := New(input); !equalJSON(t, f, again) {
			t.Fatal("the same input gave another answer")
		}
		runs := f.Unfinished
		for i, day := range f.Days {
			runs += day.Runs
			if i > 0 && (day.Date <= f.Days[i-1].Date || day.Chance < f.Days[i-1].Chance) {
				t.Fatalf("%+v after %+v", day, f.Days[i-1])
			}
		}
		if runs != f.Runs {
			t.Fatalf("%d of %d runs are accounted for", runs, f.Runs)
		}
		for i, chance := range f.Chances {
			if i > 0 && daysTo(chance) < daysTo(f.Chances[i-1]) {
				t.Fatalf("%+v is sooner than %+v", chance, f.Chances[i-1])
			}
			if (chance.Date == nil) == (chance.Reason == nil) {
				t.Fatalf("got %+v", chance)
			}
			if chance.Date != nil {
				for _, day := range f.Days { // the first day with that chance
					if day.Chance*100 >= float64(chance.Percent) {
						if day.Date != *chance.Date {
							t.Fatalf("%d %%: got %s, want %s", chance.Percent, *chance.Date, day.Date)
						}
						break
					}
				}
			}
		}
	})
}

func TestForecast_property_moreWorkIsNeverDoneSooner(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		input := drawInput(t)
		less, err := New(input)
		if err != nil {
			t.Fatal(err)
		}
		input.Remaining += float64(rapid.IntRange(0, 500).Draw(t, "more")) / 10
		more, err := New(input)
		if err != nil {
			t.Fatal(err)
		}
		for i := range chances {
			if daysTo(more.Chances[i]) < daysTo(less.Chances[i]) {
				t.Fatalf("less: %+v, more: %+v", less.Chances[i], more.Chances[i])
			}
		}
	})
}

func TestForecast_property_evenHistoryHasOneAnswer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		input := drawInput(t)
		perDay := rapid.IntRange(5, 200).Draw(t, "tenths per day")
		input.History = repeatedly(float64(perDay)/10, rapid.IntRange(MinHistory, 99).Draw(t, "days"))
		input.WorkingDays = everyDay
		f, err := New(input)
		if err != nil {
			t.Fatal(err)
		}
		left := int(math.Round(input.Remaining * 10))
		want := (left + perDay - 1) / perDay
		today, _ := time.Parse(time.DateOnly, input.Today)
		for _, chance := range f.Chances {
			if *chance.WorkingDays != want || *chance.Date != today.AddDate(0, 0, want).Format(time.DateOnly) {
				t.Fatalf("got %s, want %d days after %s", *chance.Date, want, input.Today)
			}
		}
	})
}

// The exact distribution, by convolution: atLeast[k] is the chance that k
// days add up to what is left.
func exactChances(history []int64, remaining int64, days int) []float64 {
	sums := map[int64]float64{0: 1} // of those not done yet
	done, chances := 0.0, make([]float64, days)
	for k := range chances {
		next := map[int64]float64{}
		for sum, chance := range sums {
			for _, amount := range history {
				p := chance / float64(len(history))
				if sum+amount >= remaining {
					done += p
				} else {
					next[sum+amount] += p
				}
			}
		}
		sums, chances[k] = next, done
	}
	return chances
}

func TestForecast_property_agreesWithTheExactDistribution(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		history := rapid.SliceOfN(rapid.Int64Range(0, 30), MinHistory, 12).Draw(t, "history in tenths")
		remaining := rapid.Int64Range(1, 120).Draw(t, "remaining in tenths")
		const days = 25
		doneOn := run(remaining, history, days, rapid.Uint64Range(0, MaxSeed).Draw(t, "seed"))
		done := 0
		for k, want := range exactChances(history, remaining, days) {
			done += doneOn[k]
			got := float64(done) / Runs
			// Six standard deviations, and a run's worth for the rare cases.
			if off := 6*math.Sqrt(want*(1-want)/Runs) + 10.0/Runs; math.Abs(got-want) > off {
				t.Fatalf("day %d: %.4f of the runs are done, exactly it is %.4f", k+1, got, want)
			}
		}
	})
}

func equalJSON(t *rapid.T, a, b any) bool {
	left, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	right, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Equal(left, right)
}

func BenchmarkForecast(b *testing.B) {
	year := make([]float64, 250)
	for i := range year {
		if i%3 == 0 {
			year[i] = float64(i % 7)
		}
	}
	for _, bench := range []struct {
		name      string
		remaining float64
		history   []float64
	}{
		{"40 tasks, a quarter's history", 40, year[:62]},
		{"500 points, a year's history", 500, year},
		{"never done within the horizon", 1e6, year},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				mustNew(b, Input{Remaining: bench.remaining, History: bench.history, Today: "2026-11-23", WorkingDays: []int{1, 2, 3, 4, 5}, Seed: 7})
			}
		})
	}
}
