package chart

import (
	"fmt"
	"strings"
	"time"
)

// Size is how much room a picture takes.
type Size string

// The sizes, in pixels. Every picture of a size is as wide and as high as the
// others, so that a page can keep the room for one that is still to come.
const (
	Wide   Size = "wide"   // 800 × 450
	Narrow Size = "narrow" // 360 × 480, for phones
)

// layout is a size and the places of a picture's parts, in pixels. Texts are
// as large in one as in the other, but for the title. What stands below the
// first lines of title, facts and legend moves down with every further one.
type layout struct {
	width, height, margin                        float64
	titleSize                                    float64
	titleLine, factsLine, legendLine, footerLine float64 // the first line's
	top, bottom, left, right                     float64 // of the plot
	titleLines, factLines                        int     // at most
	wrapsFacts                                   int     // lines that one fact may take
	sentence                                     float64 // the width of one in place of a plot
	// stacked tells that nothing stands beside the plot or the footer, but
	// below or above it: there is no room for both.
	stacked bool
}

var layouts = map[Size]layout{
	Wide: {
		width: 800, height: 450, margin: 24, titleSize: 18,
		titleLine: 34, factsLine: 57, legendLine: 82, footerLine: 436,
		top: 118, bottom: 394, right: 776,
		titleLines: 1, factLines: 2, wrapsFacts: 1, sentence: 608,
	},
	Narrow: {
		width: 360, height: 480, margin: 14, titleSize: 16,
		titleLine: 27, factsLine: 48, legendLine: 73, footerLine: 469,
		top: 107, bottom: 414, right: 346,
		titleLines: 2, factLines: 7, wrapsFacts: 2, sentence: 300,
		stacked: true,
	},
}

const (
	titleHeight  = 20.0 // of a line
	factHeight   = 18.0
	legendHeight = 20.0
	footerHeight = 15.0
)

// labelLine is where the labels of the horizontal axis stand.
func (l *layout) labelLine() float64 { return l.bottom + 18 }

// room is the width between the margins.
func (l *layout) room() float64 { return l.width - 2*l.margin }

// heading writes what the picture shows and the facts.
func (p *picture) heading(title string, facts ...string) {
	lines := wrap(clean(title), p.titleSize, 1.06, p.room(), p.titleLines)
	for i, line := range lines {
		p.text(p.margin, p.titleLine+float64(i)*titleHeight, line, label{size: p.titleSize, weight: 600, colour: ink})
	}
	lower := float64(len(lines)-1) * titleHeight
	lines = p.inLines(facts)
	for i, line := range lines {
		p.text(p.margin, p.factsLine+lower+float64(i)*factHeight, line, label{size: 13, colour: muted})
	}
	lower += float64(max(len(lines)-1, 0)) * factHeight
	p.top, p.legendLine = p.top+lower, p.legendLine+lower
}

// inLines joins facts, as many in a line as there is room for. One that takes
// several lines has them for itself.
func (p *picture) inLines(facts []string) []string {
	var lines []string
	wrapped := false // the last
	for _, fact := range facts {
		fact = clean(fact)
		n := len(lines)
		if n > 0 {
			longer := lines[n-1] + p.words.separator + fact
			if n == p.factLines || !wrapped && textWidth(longer, 13, 1) <= p.room() {
				lines[n-1] = fit(longer, 13, 1, p.room())
				continue
			}
		}
		lines = append(lines, even(fact, 13, 1, p.room(), min(p.wrapsFacts, p.factLines-n))...)
		wrapped = len(lines) > n+1
	}
	return lines
}

// footer writes where the figures are from: the name and the days (or what
// else) that they are about, and the moment they are of. Without room for all
// of it the name is cut, where the days would be lost.
func (p *picture) footer(name, days string, asOf time.Time) {
	moment := fmt.Sprintf(p.words.asOf, p.words.moment(asOf.In(p.location)))
	look := label{size: 11, colour: muted}
	at, room := p.footerLine, p.room()
	if p.stacked {
		p.text(p.margin, at, moment, look)
		at -= footerHeight
		name = fit(clean(name), 11, 1, room-textWidth(p.words.separator+days, 11, 1))
	} else {
		room -= textWidth(moment, 11, 1) + 16
	}
	about := strings.TrimPrefix(clean(name)+p.words.separator+days, p.words.separator)
	p.text(p.margin, at, fit(clean(about), 11, 1, room), look)
	if !p.stacked {
		look.anchor = end
		p.text(p.width-p.margin, at, moment, look)
	}
}

// say writes a sentence in place of a plot.
func (p *picture) say(sentence string) {
	lines := wrap(sentence, 16, 1, p.sentence, 9)
	if p.stacked {
		lines = even(sentence, 16, 1, p.sentence, 9)
	}
	y := (p.legendLine+p.bottom)/2 - float64(len(lines)-1)*12
	p.rect(p.margin, p.legendLine-12, p.room(), p.bottom-p.legendLine+24, 6, shade)
	for _, line := range lines {
		p.text(p.width/2, y, line, label{size: 16, colour: ink, anchor: middle})
		y += 24
	}
}

// key is an entry of a legend; draw paints its sample into 26 × 12 pixels
// around the given middle.
type key struct {
	name string
	draw func(x, y float64)
}

func (k key) width() float64 { return 32 + textWidth(k.name, 12, 1) }

// rows puts the keys into as few rows as there is room in.
func (p *picture) rows(keys []key) [][]key {
	var rows [][]key
	x := 0.0
	for _, k := range keys {
		if len(rows) == 0 || x+k.width() > p.room() {
			rows, x = append(rows, nil), 0
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], k)
		x += k.width() + 18
	}
	return rows
}

// keep leaves room for a legend: the plot begins below it.
func (p *picture) keep(keys []key) {
	p.top += float64(max(len(p.rows(keys))-1, 0)) * legendHeight
}

// legend writes the keys above the plot.
func (p *picture) legend(keys []key) {
	y := p.legendLine
	for _, row := range p.rows(keys) {
		x := p.margin
		for _, k := range row {
			k.draw(x+13, y-4)
			p.text(x+32, y, k.name, label{size: 12, colour: ink})
			x += k.width() + 18
		}
		y += legendHeight
	}
}
