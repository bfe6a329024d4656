// Package forecast tells by when the work that is left will be done, from how
// much was done on the working days so far: a Monte Carlo simulation. It needs
// nothing but the standard library, so it runs in an edge function too.
//
// Each of the 10,000 runs is one imagined future. It takes a day at random
// from the history (with replacement: a day may be taken again) for the first
// working day after today, another for the second, and so on, until what was
// done on them adds up to what is left. The answer for a chance of 85 % is the
// first date by which 85 % of the runs were done. It assumes that the days to
// come are like those of the history and independent of each other, and that
// nothing is added to what is left.
package forecast

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

const (
	// Runs is the number of imagined futures.
	Runs = 10_000
	// MinHistory is the number of working days below which there is no
	// telling.
	MinHistory = 5
	// Horizon is how many days ahead a run looks, two years: what isn't done
	// by then has no date.
	Horizon = 730
	// maxHistory keeps the table of all pairs of days small.
	maxHistory = 400
	// MaxSeed is the greatest seed: what a JSON number holds everywhere.
	MaxSeed = 1<<53 - 1
)

// Reasons for the lack of a date.
const (
	// TooShort: the history has fewer than MinHistory working days.
	TooShort = "too_short"
	// NoCompletions: nothing was completed on any day of the history.
	NoCompletions = "no_completions"
	// Unestimated: tasks are left, but none of them has points.
	Unestimated = "unestimated"
	// NoWorkingDays: there is no working day within the horizon.
	NoWorkingDays = "no_working_days"
	// TooFar: fewer runs than the chance asks for were done within the
	// horizon.
	TooFar = "too_far"
)

// chances are the chances that a forecast gives dates for, in percent.
var chances = [...]int{50, 85, 95}

// Input is what a forecast is made from.
type Input struct {
	// Remaining is what is left, in tasks or in story points.
	Remaining float64
	// Uncounted is the number of tasks left that count nothing in Remaining,
	// being without points.
	Uncounted int
	// History is what was completed on each working day before today, in the
	// same unit. Like Remaining it is exact to a tenth, as story points are.
	History []float64
	// Today is the day before the first one on which something can be done.
	Today string
	// WorkingDays are ISO weekdays: 1 is Monday, 7 is Sunday.
	WorkingDays []int
	// Holidays are days (YYYY-MM-DD) on which nothing is done.
	Holidays []string
	// Seed, from 0 to MaxSeed, chooses the imagined futures.
	Seed int64
}

// Forecast is by when the work will be done. The same input gives the same
// forecast on every platform.
type Forecast struct {
	// Remaining is what is left, in tasks or in story points.
	Remaining float64 `json:"remaining"`
	// HistoryDays is the number of working days that the forecast is from.
	HistoryDays int `json:"history_days"`
	// PerDay is the average of what was completed on one of them; null
	// without any.
	PerDay *float64 `json:"per_day"`
	// Runs is the number of imagined futures; 0 if there was no need for any.
	Runs int `json:"runs"`
	// Seed repeats the forecast.
	Seed int64 `json:"seed"`
	// Reason says why there is no date at all: too_short, no_completions,
	// unestimated or no_working_days. Null otherwise.
	Reason *string `json:"reason"`
	// Chances are the dates by which it is done, for 50, 85 and 95 %.
	Chances []Chance `json:"chances"`
	// Days are the working days from the first to the last on which a run was
	// done: the distribution.
	Days []Day `json:"days"`
	// Unfinished is the number of runs that weren't done within two years.
	Unfinished int `json:"unfinished"`
}

// Chance is a date with the chance that the work is done by its end.
type Chance struct {
	// Percent is 50, 85 or 95.
	Percent int `json:"percent"`
	// Date is null if there is none; the reason then says why.
	Date *string `json:"date"`
	// WorkingDays is the number of working days from tomorrow to the date; 0
	// if there is nothing left to do today.
	WorkingDays *int `json:"working_days"`
	// Reason is the forecast's, or too_far.
	Reason *string `json:"reason"`
}

// Day is a working day and how many runs were done on it.
type Day struct {
	Date string `json:"date"`
	Runs int    `json:"runs"`
	// Chance is the share of the runs that were done by the end of this day.
	Chance float64 `json:"chance"`
}

// New makes a forecast. Its errors are faults of the input.
func New(input Input) (*Forecast, error) {
	remaining, history, err := exact(input)
	if err != nil {
		return nil, err
	}
	ahead, err := workingDaysAhead(input)
	if err != nil {
		return nil, err
	}
	var sum int64
	for _, done := range history {
		sum += done
	}
	f := &Forecast{Remaining: input.Remaining, HistoryDays: len(history), Seed: input.Seed, Days: []Day{}}
	if len(history) > 0 {
		perDay := math.Round(float64(sum)/tenths/float64(len(history))*1e4) / 1e4
		f.PerDay = &perDay
	}

	switch {
	case remaining == 0 && input.Uncounted == 0:
		f.doneToday(input.Today)
	case remaining == 0:
		f.cannotTell(Unestimated)
	case len(history) < MinHistory:
		f.cannotTell(TooShort)
	case sum == 0:
		f.cannotTell(NoCompletions)
	case len(ahead) == 0:
		f.cannotTell(NoWorkingDays)
	default:
		f.simulate(remaining, history, ahead)
	}
	return f, nil
}

func (f *Forecast) doneToday(today string) {
	none := 0
	for _, percent := range chances {
		f.Chances = append(f.Chances, Chance{Percent: percent, Date: &today, WorkingDays: &none})
	}
}

func (f *Forecast) cannotTell(reason string) {
	f.Reason = &reason
	for _, percent := range chances {
		f.Chances = append(f.Chances, Chance{Percent: percent, Reason: &reason})
	}
}

func (f *Forecast) simulate(remaining int64, history []int64, ahead []string) {
	doneOn := run(remaining, history, len(ahead), uint64(f.Seed))
	f.Runs = Runs

	next, done := 0, 0
	for i, date := range ahead {
		done += doneOn[i]
		for next < len(chances) && done*100 >= chances[next]*Runs {
			days := i + 1
			f.Chances = append(f.Chances, Chance{Percent: chances[next], Date: &date, WorkingDays: &days})
			next++
		}
		if done > 0 {
			f.Days = append(f.Days, Day{Date: date, Runs: doneOn[i], Chance: float64(done) / Runs})
		}
	}
	f.Unfinished = Runs - done
	for len(f.Days) > 0 && f.Days[len(f.Days)-1].Runs == 0 {
		f.Days = f.Days[:len(f.Days)-1]
	}
	tooFar := TooFar
	for _, percent := range chances[next:] {
		f.Chances = append(f.Chances, Chance{Percent: percent, Reason: &tooFar})
	}
}

// run returns how many runs were done on each of the days ahead.
//
// Every run has a generator of its own, seeded from the one seed, so a run's
// days are the same whatever is left: more work can never be done sooner. The
// generator is PCG-DXSM, whose output Go keeps. One number of it makes four
// days: each half picks a pair of days by multiplication, from a table of the
// sums of all pairs, which is four times as fast as day by day. (A pair's
// chance is off by less than 1 in 10,000 of it for a year's history.)
// Methods of rand.Rand aren't used, as their way of picking may change.
func run(remaining int64, history []int64, ahead int, seed uint64) []int {
	days := len(history)
	pairs := make([]int64, 0, days*days)
	for _, first := range history {
		for _, second := range history {
			pairs = append(pairs, first+second)
		}
	}
	doneOn := make([]int, ahead+4) // the last number's days may be beyond
	seeds, stream := rand.NewPCG(seed, 0), rand.NewPCG(0, 0)
	for range Runs {
		stream.Seed(seeds.Uint64(), seeds.Uint64())
		left := remaining
		for day := 0; day < ahead; day += 4 {
			random := stream.Uint64()
			pair := random >> 32 * uint64(len(pairs)) >> 32
			if left <= pairs[pair] {
				if left > history[pair/uint64(days)] {
					day++
				}
				doneOn[day]++
				break
			}
			left -= pairs[pair]
			pair = random & math.MaxUint32 * uint64(len(pairs)) >> 32
			if left <= pairs[pair] {
				day += 2
				if left > history[pair/uint64(days)] {
					day++
				}
				doneOn[day]++
				break
			}
			left -= pairs[pair]
		}
	}
	return doneOn[:ahead]
}

// tenths is what a unit is counted in, so that sums are exact.
const tenths = 10

// exact returns the amounts in tenths.
func exact(input Input) (remaining int64, history []int64, err error) {
	if input.Seed < 0 || input.Seed > MaxSeed {
		return 0, nil, fmt.Errorf("the seed %d is not from 0 to %d", input.Seed, int64(MaxSeed))
	}
	inTenths := func(amount float64) int64 {
		if !(amount >= 0 && amount < 1e9) { // true for NaN too
			err = fmt.Errorf("%v is no amount of work", amount)
			return 0
		}
		return int64(math.Round(amount * tenths))
	}
	remaining = inTenths(input.Remaining)
	history = make([]int64, len(input.History))
	for i, done := range input.History {
		history[i] = inTenths(done)
	}
	if len(history) > maxHistory {
		err = fmt.Errorf("a history of %d days is more than %d", len(history), maxHistory)
	}
	return remaining, history, err
}

// workingDaysAhead returns the working days after today within the horizon.
func workingDaysAhead(input Input) ([]string, error) {
	today, err := time.Parse(time.DateOnly, input.Today)
	if err != nil {
		return nil, fmt.Errorf("today: %w", err)
	}
	var works [7]bool
	for _, day := range input.WorkingDays {
		if day < 1 || day > 7 {
			return nil, fmt.Errorf("%d is no ISO weekday", day)
		}
		works[day%7] = true // time.Weekday counts from Sunday, 0
	}
	holidays := make(map[string]bool, len(input.Holidays))
	for _, day := range input.Holidays {
		holidays[day] = true
	}
	var ahead []string
	for i := 1; i <= Horizon; i++ {
		day := today.AddDate(0, 0, i)
		if date := day.Format(time.DateOnly); works[day.Weekday()] && !holidays[date] {
			ahead = append(ahead, date)
		}
	}
	return ahead, nil
}
