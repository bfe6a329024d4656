package oracle

import (
	"math/big"
	"testing"
	"time"

	"github.com/mysingle/mysingle/supabase/tests/history"
)

// TestExamples checks the oracle itself, against figures computed by hand.
func TestExamples(t *testing.T) {
	for _, e := range history.Examples() {
		t.Run(e.Name, func(t *testing.T) {
			answers := map[history.Figure][]byte{}
			for _, f := range e.Figures {
				call := f.Call()
				if answers[call] == nil {
					answer, err := Answer(e.History, f)
					if err != nil {
						t.Fatalf("%s: got error %v, want a figure", f.Function, err)
					}
					answers[call] = answer
				}
				got, err := At(answers[call], f.Path)
				if err != nil {
					t.Errorf("%s as of %s: %v", f.Function, e.Moment(f.AsOf), err)
					continue
				}
				for _, difference := range Compare([]byte(f.Want), got) {
					t.Errorf("%s as of %s: %s%s", f.Function, e.Moment(f.AsOf), f.Path, difference)
				}
			}
		})
	}
}

func TestScrumOfDay_dateOutside(t *testing.T) {
	for _, e := range history.Examples() {
		first, last := e.Sprints[0].StartDate, e.Sprints[0].EndDate
		o := New(e.History, e.Start(first).Add(12*time.Hour))
		if started := e.Sprints[0].StartedAt; !started.IsZero() && !started.After(o.AsOf) {
			first = min(first, e.DateOf(started))
		}
		for _, d := range []history.Date{first.Plus(-1), last.Plus(1)} {
			if _, err := o.ScrumOfDay(history.SprintID(1), d); err != ErrDate {
				t.Errorf("%s, the scrum of %s: got error %v, want %v", e.Name, d, err, ErrDate)
			}
		}
	}
}

func TestRounded(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"0.005", "0.01"}, {"-0.005", "-0.01"}, {"0.0049999", "0"}, {"2.675", "2.68"}, {"7", "7"}, {"1/3", "0.33"},
	} {
		if got := rounded(decimal(c.in), 2); got.Cmp(decimal(c.want)) != 0 {
			t.Errorf("rounded(%s) = %s, want %s", c.in, got, c.want)
		}
	}
}

func TestPercentile(t *testing.T) {
	values := []*big.Rat{whole(10), whole(1), whole(4), whole(2)}
	// Between 2 and 4; at 2.55 and 2.85 of 0 to 3: 4 + 0.55 × 6 and 4 + 0.85 × 6.
	for percent, want := range map[int]string{50: "3", 85: "7.3", 95: "9.1"} {
		if got := percentile(values, percent); got.Cmp(decimal(want)) != 0 {
			t.Errorf("p%d = %s, want %s", percent, got, want)
		}
	}
	if percentile(nil, 50) != nil {
		t.Error("the median of no values: got a number, want none")
	}
}

func TestSquareRoot(t *testing.T) {
	if got := squareRoot(decimal("6.25")); got.Cmp(decimal("2.5")) != 0 {
		t.Errorf("√6.25 = %s, want 2.5", got)
	}
	if got := rounded(squareRoot(whole(2)), 20).FloatString(20); got != "1.41421356237309504880" {
		t.Errorf("√2 = %s, want 1.41421356237309504880", got)
	}
}
