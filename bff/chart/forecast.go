package chart

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mysingle/mysingle/bff/forecast"
	"github.com/mysingle/mysingle/bff/sprint"
)

// Forecast draws by when the work is done with a chance of 50, 85 and 95 %, and
// below that on which days the imagined futures were done. It fails only for a view that
// isn't one; see Burndown.
func Forecast(view *sprint.Forecast, options Options) ([]byte, error) {
	p, err := newPicture("forecast", view.Project.ProjectID, options)
	if err != nil {
		return nil, err
	}
	w := p.words
	f := in(p.measure, &view.Tasks, &view.Points)
	if err := (series{&f.Remaining, f.PerDay}).check("forecast"); err != nil {
		return nil, err
	}
	title := fmt.Sprintf(w.titleOf, w.forecast, view.Project.ProjectName)
	origin := ""
	if f.Runs > 0 {
		origin = fmt.Sprintf(w.seed, w.number(float64(f.Runs)), fmt.Sprint(f.Seed))
	}
	p.footer("", origin, view.AsOf)

	left := w.count(f.Remaining, p.measure)
	facts := []string{fmt.Sprintf(w.leftNow, left)}
	if p.measure == Points && view.Remaining.UnestimatedCount > 0 {
		facts = append(facts, fmt.Sprintf(w.unestimated, w.count(float64(view.Remaining.UnestimatedCount), Tasks)))
	}
	if f.PerDay != nil && f.Runs > 0 {
		facts = append(facts, fmt.Sprintf(w.pace, w.amount(*f.PerDay, p.measure), w.number(float64(f.HistoryDays))))
	}
	if said := w.noForecast(f); said != "" {
		p.heading(title, facts...)
		p.say(said)
		return p.svg(w.code, title, said), nil
	}

	sentences := []string{fmt.Sprintf(w.forecastDesc, title, left)}
	var strip []stripDate
	for _, chance := range f.Chances {
		percent := fmt.Sprint(chance.Percent)
		if chance.Date == nil {
			strip = append(strip, stripDate{fmt.Sprintf(w.chance, percent), w.tooFar})
			sentences = append(sentences, fmt.Sprintf(w.tooFarFact, percent)+".")
			continue
		}
		date, err := parseDate(*chance.Date)
		if err != nil {
			return nil, err
		}
		at := stripDate{fmt.Sprintf(w.chance, percent), w.date(date)}
		if p.stacked { // no room for the year beside the day
			at = stripDate{at.chance + w.separator + fmt.Sprint(date.Year()), w.day(date)}
		}
		strip = append(strip, at)
		sentences = append(sentences, fmt.Sprintf(w.chanceBy, percent, w.date(date))+".")
	}
	sentences = append(sentences, fmt.Sprintf(w.forecastFromDesc, w.number(float64(f.Runs)), w.number(float64(f.HistoryDays)), fmt.Sprint(f.Seed)))
	p.heading(title, facts...)
	p.strip(strip)
	if err := drawForecast(p, view.Calendar, f); err != nil {
		return nil, err
	}
	return p.svg(w.code, title, strings.Join(sentences, " ")), nil
}

// stripDate is a chance and the day by which the work is done with it.
type stripDate struct{ chance, date string }

// chanceDash is the dash of the line at a chance's day, and of its sign in the strip.
func chanceDash(i int) line {
	return line{colour: vermillion, width: 1.8, dash: [...]string{"", "7 4", "2 3"}[min(i, 2)]}
}

// strip writes the dates that a reader looks for, side by side above the legend and the plot.
func (p *picture) strip(dates []stripDate) {
	if len(dates) == 0 {
		return
	}
	const height, gap = 48.0, 8.0
	top := p.legendLine - 12
	width := (p.room() - gap*float64(len(dates)-1)) / float64(len(dates))
	size := 18.0
	if p.stacked {
		size = 15
	}
	for i, d := range dates {
		left := p.margin + float64(i)*(width+gap)
		p.rect(left, top, width, height, 6, shade)
		p.path(fmt.Sprintf("M%s %sv%s", num(left+9), num(top+9), num(height-18)), chanceDash(i))
		p.text(left+18, top+18, d.chance, label{size: 12, colour: muted})
		p.text(left+18, top+38, fit(d.date, size, 1.06, width-22), label{size: size, weight: 600, colour: ink})
	}
	p.legendLine, p.top = p.legendLine+height+gap, p.top+height+gap
}

// noForecast says why there is nothing to draw, "" if there is something.
func (w *words) noForecast(f *forecast.Forecast) string {
	switch {
	case f.Reason == nil && f.Runs == 0:
		return w.nothingLeft
	case f.Reason == nil && len(f.Days) == 0:
		return w.reasonTooFar
	case f.Reason == nil:
		return ""
	case *f.Reason == forecast.NoCompletions:
		return fmt.Sprintf(w.reasonNoCompletions, w.number(float64(f.HistoryDays)))
	case *f.Reason == forecast.Unestimated:
		return w.reasonUnestimated
	case *f.Reason == forecast.NoWorkingDays:
		return w.reasonNoWorkingDays
	default:
		return fmt.Sprintf(w.reasonTooShort, w.number(forecast.MinHistory))
	}
}

// bin is a bar: some days from the first on, and the share of the runs that
// were done on them, in percent.
type bin struct {
	first  int // index of a day
	share  float64
	beyond int // how many of the chances
}

// tones are the colours of the bars, paler with each chance that they are
// beyond.
var tones = [...]colour{blue, blue2, blue3, blue4}

func drawForecast(p *picture, calendar sprint.Calendar, f *forecast.Forecast) error {
	w := p.words
	days, done, err := forecastDays(calendar, f)
	if err != nil {
		return err
	}
	// A bar is a day, or so many weeks that there aren't too many bars.
	size := 1
	for _, size = range []int{1, 7, 14, 28} {
		if len(days)/size <= 70 {
			break
		}
	}
	var bins []bin
	var seen [len(tones)]bool
	greatest := 0.0
	for i := 0; i < len(days); {
		next := i + 1
		for next < len(days) && (size > 1 && (days[next].date.Unix()/86400+3)%int64(size) != 0) {
			next++
		}
		b := bin{first: i}
		for ; i < next; i++ {
			b.share += float64(done[i]) * 100 / float64(f.Runs)
		}
		for _, chance := range f.Chances {
			if chance.Date != nil && days[b.first].date.Format(time.DateOnly) > *chance.Date {
				b.beyond++
			}
		}
		if greatest = max(greatest, b.share); b.share > 0 {
			bins, seen[b.beyond] = append(bins, b), true
		}
	}

	const rows = 54.0 // for the labels of the chances, above the bars
	scale := newAxis(greatest*(p.bottom-p.top)/(p.bottom-p.top-rows), false)
	y := p.frame(scale)
	slot := (p.right - p.left) / float64(len(days))
	x := func(day int) float64 { return p.left + (float64(day)+0.5)*slot }

	var keys []key
	for i, tone := range tones {
		if seen[i] {
			keys = append(keys, key{[...]string{w.upTo50, w.upTo85, w.upTo95, w.beyond95}[i], func(x, y float64) {
				p.rect(x-13, y-6, 26, 12, 0, tone)
				p.path(fmt.Sprintf("M%s %sh26v12h-26z", num(x-13), num(y-6)), line{colour: blue, width: 1})
			}})
		}
	}
	keys = append(keys, p.shadedKey(days, slot)...)
	p.keep(keys)

	p.days(days, -1, slot, x)
	unit := w.perDay
	switch {
	case size == 7:
		unit = w.perWeek
	case size > 7:
		unit = fmt.Sprintf(w.perWeeks, fmt.Sprint(size/7))
	}
	p.grid(scale, y)
	p.unit(unit, x(0))

	var bars [len(tones)]string
	for _, b := range bins {
		last := min(b.first+size, len(days))
		from, to := x(b.first)-slot/2, x(last-1)+slot/2
		gap := min((to-from)*0.12, 2)
		bars[b.beyond] += fmt.Sprintf("M%s %sV%sH%sV%sz", num(from+gap), num(p.bottom), num(y(b.share)), num(to-gap), num(p.bottom))
	}
	for i, tone := range tones {
		p.area(bars[i], tone, plain)
		p.path(bars[i], line{colour: blue, width: 1})
	}
	p.baseline()
	drawChances(p, days, f, x)
	if days[0].date.Format(time.DateOnly) == calendar.Today {
		p.mark(x(0), fmt.Sprintf(w.today, w.day(days[0].date)), line{colour: ink, width: 1})
	}
	p.legend(keys)
	return nil
}

// forecastDays returns the days of the axis, with the number of runs done on
// each: from today, unless that would squeeze the distribution.
func forecastDays(calendar sprint.Calendar, f *forecast.Forecast) (days []calendarDay, done []int, err error) {
	today, err := parseDate(calendar.Today)
	if err != nil {
		return nil, nil, err
	}
	first, err := parseDate(f.Days[0].Date)
	if err != nil {
		return nil, nil, err
	}
	// The last 2 of 1,000 runs wouldn't be seen, but squeeze the others.
	end := 0
	for end < len(f.Days)-1 && f.Days[end].Chance < 0.998 {
		end++
	}
	last, err := parseDate(f.Days[end].Date)
	if err != nil {
		return nil, nil, err
	}
	if last.Sub(today) > (2*forecast.Horizon)*24*time.Hour || first.Before(today) || last.Before(first) {
		return nil, nil, fmt.Errorf("the forecast's days from %s to %s aren't after %s", f.Days[0].Date, f.Days[end].Date, calendar.Today)
	}
	from := today
	if first.Sub(today) > 2*last.Sub(first)+14*24*time.Hour {
		from = first.AddDate(0, 0, -3)
	}
	runs := map[string]int{}
	for _, day := range f.Days {
		runs[day.Date] = day.Runs
	}
	for day := from; !day.After(last.AddDate(0, 0, 1)); day = day.AddDate(0, 0, 1) {
		date := day.Format(time.DateOnly)
		weekday := (int(day.Weekday())+6)%7 + 1 // ISO
		days = append(days, calendarDay{day, slices.Contains(calendar.WorkingDays, weekday) && !slices.Contains(calendar.Holidays, date)})
		done = append(done, runs[date])
	}
	return days, done, nil
}

// drawChances draws a line at the day of each chance.
func drawChances(p *picture, days []calendarDay, f *forecast.Forecast, x func(int) float64) {
	var marks []chanceMark
	for _, chance := range f.Chances {
		if chance.Date == nil {
			continue
		}
		for i, day := range days {
			if day.date.Format(time.DateOnly) == *chance.Date {
				marks = append(marks, chanceMark{x(i), fmt.Sprintf(p.words.chance, fmt.Sprint(chance.Percent))})
			}
		}
	}
	for i, place := range placeMarks(marks, p.left, p.right) {
		m, at := marks[i], marks[i].x-6
		if place.side == start {
			at = m.x + 6
		}
		y := p.top + 4 + float64(place.row)*18
		p.path(fmt.Sprintf("M%s %sV%s", num(m.x), num(y), num(p.bottom)), chanceDash(i))
		p.text(at, y+9, m.text, label{size: 13, weight: 600, colour: ink, anchor: place.side, halo: true})
	}
}

// chanceMark is a line with a text at its upper end.
type chanceMark struct {
	x    float64
	text string
}

// place is on which side of its line a text stands, and in which row from
// the top.
type place struct {
	side anchor
	row  int
}

// placeMarks finds places so that no line runs through another's text: a line
// reaches from the row of its text down. The marks are in order from the left.
func placeMarks(marks []chanceMark, left, right float64) []place {
	room := func(m chanceMark) float64 { return textWidth(m.text, 13, 1.06) + 10 }
	fitLeft, fitRight := true, true
	for _, m := range marks {
		fitLeft = fitLeft && m.x-room(m) >= left
		fitRight = fitRight && m.x+room(m) <= right
	}
	places := make([]place, len(marks))
	for i, m := range marks {
		switch {
		case fitLeft: // each text is over the lines on its left
			places[i] = place{end, len(marks) - 1 - i}
		case fitRight || i == 0: // each text is over the lines on its right
			places[i] = place{start, i}
		case i == len(marks)-1: // far to the right of the first
			places[i] = place{end, 0}
		case m.x-room(m) > marks[0].x:
			places[i] = place{end, i}
		default:
			places[i] = place{start, i}
		}
	}
	return places
}
