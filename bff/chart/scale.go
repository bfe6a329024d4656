package chart

import (
	"fmt"
	"math"
	"time"
)

// axis is a vertical axis from 0 to top with its ticks, 0 first.
type axis struct {
	top   float64
	ticks []float64
}

// newAxis returns an axis with round ticks that reaches the greatest value,
// leaving some air above it. whole keeps the ticks to whole numbers; others
// are at least a tenth apart.
func newAxis(greatest float64, whole bool) axis {
	const most = 6 // ticks above 0
	least := 0.1
	if whole {
		least = 1
	}
	greatest = max(greatest*1.04, least)
	step := least
	for _, factor := range []float64{1, 2, 2.5, 5, 10, 20} {
		candidate := max(least, math.Pow(10, math.Floor(math.Log10(greatest/most)))) * factor
		if whole && candidate != math.Trunc(candidate) {
			continue
		}
		if step = candidate; greatest <= step*most {
			break
		}
	}
	a := axis{top: step * math.Ceil(greatest/step)}
	for i := range int(math.Ceil(greatest/step)) + 1 {
		a.ticks = append(a.ticks, math.Round(step*float64(i)*1e6)/1e6)
	}
	return a
}

// series is what a line shows: a value per day, nil where there is none.
type series []*float64

// check refuses what can't be drawn.
func (s series) check(name string) error {
	for _, value := range s {
		if value != nil && !(*value >= 0 && *value <= 1e12) { // true for NaN too
			return fmt.Errorf("%s: %v can't be drawn", name, *value)
		}
	}
	return nil
}

func (s series) greatest() float64 {
	greatest := 0.0
	for _, value := range s {
		if value != nil {
			greatest = max(greatest, *value)
		}
	}
	return greatest
}

// last returns the index of the last value, -1 if there is none.
func (s series) last() int {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] != nil {
			return i
		}
	}
	return -1
}

// untilZero returns the series up to its first 0.
func (s series) untilZero() series {
	for i, value := range s {
		if value != nil && *value == 0 {
			return s[:i+1]
		}
	}
	return s
}

// count returns how many values there are.
func (s series) count() int {
	n := 0
	for _, value := range s {
		if value != nil {
			n++
		}
	}
	return n
}

func float(value *int) *float64 {
	if value == nil {
		return nil
	}
	f := float64(*value)
	return &f
}

// calendarDay is a slot of a horizontal axis of days.
type calendarDay struct {
	date    time.Time
	working bool
}

func parseDate(date string) (time.Time, error) {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return day, fmt.Errorf("%q is not a day", date)
	}
	return day, nil
}

// consecutive checks that days follow upon each other.
func consecutive(days []calendarDay) error {
	for i := 1; i < len(days); i++ {
		if !days[i].date.Equal(days[i-1].date.AddDate(0, 0, 1)) {
			return fmt.Errorf("%s doesn't follow upon %s", days[i].date.Format(time.DateOnly), days[i-1].date.Format(time.DateOnly))
		}
	}
	return nil
}

// dateTick is a labelled day.
type dateTick struct {
	index int
	text  string
}

// dateTicks chooses the days to label, as many as there is room for: every
// day, every other one (bold, unless -1, among them), every Monday, every
// other Monday, or the first of every month, of every other, of every third,
// of every half year, of every year. slot is the width of a day.
func (w *words) dateTicks(days []calendarDay, bold int, slot float64) []dateTick {
	monthly := func(months int) func(time.Time) bool {
		return func(day time.Time) bool { return day.Day() == 1 && (int(day.Month())-1)%months == 0 }
	}
	weekly := func(weeks int64) func(time.Time) bool {
		return func(day time.Time) bool {
			monday := day.Unix()/86400 + 3 // 1 January 1970 was a Thursday
			return monday%(7*weeks) == 0
		}
	}
	for _, rule := range []struct {
		picks func(time.Time) bool
		every float64 // days between, at least
		text  func(time.Time) string
	}{
		{func(time.Time) bool { return true }, 1, w.day},
		{func(day time.Time) bool { return (day.Unix()-days[max(bold, 0)].date.Unix())/86400%2 == 0 }, 2, w.day},
		{weekly(1), 7, w.day},
		{weekly(2), 14, w.day},
		{monthly(1), 28, w.month},
		{monthly(2), 59, w.month},
		{monthly(3), 90, w.month},
		{monthly(6), 181, w.month},
		{monthly(12), 365, w.month},
	} {
		var ticks []dateTick
		widest := 0.0
		for i, day := range days {
			if rule.picks(day.date) {
				text := rule.text(day.date)
				widest = max(widest, textWidth(text, 12, 1))
				ticks = append(ticks, dateTick{i, text})
			}
		}
		if widest+10 <= slot*rule.every && len(ticks) > 0 {
			return ticks
		}
	}
	return []dateTick{{0, w.month(days[0].date)}}
}

// days draws the horizontal axis: what isn't a working day is shaded, some
// days are labelled, one of them (-1 for none) in bold. x is the middle of a
// day's slot.
func (p *picture) days(days []calendarDay, bold int, slot float64, x func(int) float64) {
	shaded := ""
	for i := 0; i < len(days); i++ {
		if days[i].working || slot < shadedSlot {
			continue
		}
		first := i
		for i+1 < len(days) && !days[i+1].working {
			i++
		}
		shaded += fmt.Sprintf("M%s %sH%sV%sH%[1]sz", num(x(first)-slot/2), num(p.top), num(x(i)+slot/2), num(p.bottom))
	}
	p.area(shaded, shade, plain)

	ticks := ""
	for _, tick := range p.words.dateTicks(days, bold, slot) {
		look := label{size: 12, colour: muted, anchor: middle}
		if tick.index == bold {
			look.weight, look.colour = 600, ink
		}
		half := textWidth(tick.text, 12, 1) / 2
		p.text(min(max(x(tick.index), half+2), p.width-p.margin/2-half), p.labelLine(), tick.text, look)
		ticks += fmt.Sprintf("M%s %sv4", num(x(tick.index)), num(p.bottom))
	}
	p.path(ticks, line{colour: axisColour, width: 1})
}
