// Package chart draws the figures as SVG pictures: Burndown, Flow, Velocity
// and Forecast.
//
// A picture stands on its own: no script, no font, nothing from elsewhere. It
// is drawn in light colours by attributes, which every viewer and mail
// program knows, and in dark ones by a style sheet where the reader prefers
// them. Series differ in dash, marker or texture, not in colour alone, and a
// screen reader finds a title and a sentence with the numbers. It is drawn in
// one of two sizes, for phones with as large letters as for desks. The same
// input gives the same bytes.
//
// It is written by hand, upon the standard library alone: of the charting
// libraries for Go none knows dark colours, descriptions for screen readers or
// shaded days off, and their measures of Korean text are wrong.
package chart

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Measure is what is counted.
type Measure string

// The measures.
const (
	Tasks  Measure = "tasks"
	Points Measure = "points"
)

// Language is what the labels are written in.
type Language string

// The languages. Any other is English.
const (
	English Language = "en"
	Korean  Language = "ko"
)

// Options say how to draw a picture.
type Options struct {
	// Measure is Tasks if empty.
	Measure Measure
	// Language is English if empty.
	Language Language
	// Size is Wide if empty.
	Size Size
	// Location is the zone that the moment of the figures is told in; UTC if
	// nil. (Days need none: they come as days.)
	Location *time.Location
}

// picture is one in the making.
type picture struct {
	canvas
	words    *words
	measure  Measure
	location *time.Location
	// From aboveLeft to aboveRight there is room above the plot, beside its unit.
	aboveLeft, aboveRight float64
}

// newPicture begins a picture of a kind, such as "burndown", about the thing
// with an id.
func newPicture(kind, id string, options Options) (*picture, error) {
	p := &picture{words: &english, measure: options.Measure, location: options.Location}
	if options.Language == Korean {
		p.words = &korean
	}
	switch p.measure {
	case "":
		p.measure = Tasks
	case Tasks, Points:
	default:
		return nil, fmt.Errorf("%q is not measured", p.measure)
	}
	if p.location == nil {
		p.location = time.UTC
	}
	size, known := cmp.Or(options.Size, Wide), false
	if p.layout, known = layouts[size]; !known {
		return nil, fmt.Errorf("%q is no size", size)
	}
	if size != Wide { // one page may have both
		kind += "-" + string(size)
	}
	p.id = identifier(kind + "-" + string(p.measure) + "-" + id)
	return p, nil
}

// in chooses by the measure.
func in[T any](measure Measure, tasks, points T) T {
	if measure == Points {
		return points
	}
	return tasks
}

// shadedSlot is the width of a day below which days off aren't shaded: they
// would be but a haze of stripes.
const shadedSlot = 3

// shaded tells whether a day off is seen among days of a width.
func shaded(days []calendarDay, slot float64) bool {
	return slot >= shadedSlot && slices.ContainsFunc(days, func(day calendarDay) bool { return !day.working })
}

// shadedKey is the legend's entry for days off, if one is shaded.
func (p *picture) shadedKey(days []calendarDay, slot float64) []key {
	if !shaded(days, slot) {
		return nil
	}
	return []key{{p.words.daysOff, func(x, y float64) {
		p.rect(x-13, y-6, 26, 12, 2, shade)
		p.path(fmt.Sprintf("M%s %sh26v12h-26z", num(x-13), num(y-6)), line{colour: grid, width: 1})
	}}}
}

// lineKey is the legend's entry for a line, with a marker if it isn't nil.
func (p *picture) lineKey(name string, l line, marker func(x, y float64)) key {
	return key{name, func(x, y float64) {
		p.path(fmt.Sprintf("M%s %sh26", num(x-13), num(y)), l)
		if marker != nil {
			marker(x, y)
		}
	}}
}

// frame returns where a value is on an axis, and settles the left side of the
// plot: it leaves room for the axis's labels.
func (p *picture) frame(axis axis) func(value float64) float64 {
	widest := 0.0
	for _, tick := range axis.ticks {
		widest = max(widest, textWidth(p.words.number(tick), 12, 1))
	}
	p.left = p.margin + widest + 8
	return func(value float64) float64 {
		return p.bottom - value/axis.top*(p.bottom-p.top)
	}
}

// grid draws the lines and labels of an axis.
func (p *picture) grid(axis axis, y func(float64) float64) {
	lines := ""
	for _, tick := range axis.ticks[1:] {
		lines += fmt.Sprintf("M%s %sH%s", num(p.left), num(y(tick)), num(p.right))
	}
	p.path(lines, line{colour: grid, width: 1})
	for _, tick := range axis.ticks {
		p.text(p.left-8, y(tick)+4, p.words.number(tick), label{size: 12, colour: muted, anchor: end})
	}
}

// unit writes what the vertical axis counts above its left end, or the right
// one if the words above a mark would be in the way.
func (p *picture) unit(unit string, mark float64) {
	const word = 76 // at most half of what stands above a mark
	look := label{size: 11, colour: muted}
	if right := p.margin + textWidth(unit, 11, 1); mark-word > right {
		p.text(p.margin, p.top-12, unit, look)
		p.aboveLeft, p.aboveRight = right+8, p.width-14
		return
	}
	look.anchor, p.aboveLeft, p.aboveRight = end, p.margin, p.right-textWidth(unit, 11, 1)-8
	p.text(p.right, p.top-12, unit, look)
}

// baseline draws the line at 0, over what stands on it.
func (p *picture) baseline() {
	p.path(fmt.Sprintf("M%s %sH%s", num(p.left), num(p.bottom), num(p.right)), line{colour: axisColour, width: 1})
}

// mark draws a line from top to bottom with a word above it.
func (p *picture) mark(x float64, word string, l line) {
	p.markBeside(x, p.wordAbove(x, word), word, l)
}

// wordAbove is the middle of a word above a mark, within the frame.
func (p *picture) wordAbove(x float64, word string) float64 {
	half := textWidth(word, 12, 1.06) / 2
	return min(max(x, p.margin+half), p.width-14-half)
}

// markBeside draws a line with a word above it whose middle is elsewhere.
func (p *picture) markBeside(x, at float64, word string, l line) {
	p.path(fmt.Sprintf("M%s %sV%s", num(x), num(p.top-6), num(p.bottom)), l)
	p.text(at, p.top-10, word, label{size: 12, weight: 600, colour: ink, anchor: middle, halo: true})
}
