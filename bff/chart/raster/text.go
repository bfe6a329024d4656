package raster

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mysingle/mysingle/bff/chart/raster/letters"
)

// bolder is how much a regular letter's outline is widened where the
// semibold face doesn't have it, in em.
const bolder = 0.03

// letter is one with its place in a line.
type letter struct {
	rune
	x    float32 // in em, from the beginning
	face *letters.Face
	bold bool // to be made so
}

// text draws a text: its outlines' stroke, which is its halo, or its letters.
func (r *reader) text(a *attributes) error {
	at := scaled(a.place("x"), a.place("y"), r.scale)
	size := float32(a.number("font-size", 16, 1, 200) * r.scale)
	bold := a.word("font-weight", "400", "600") == "600"
	anchor := a.word("text-anchor", "start", "middle", "end")
	fill, stroke := a.paint("fill", "#000", nil), a.paint("stroke", "none", nil)
	text, err := r.content()
	if err != nil {
		return err
	}
	if utf8.RuneCountInString(text) > maxLetters {
		return fmt.Errorf("<text> of more than %d letters: %.40q", maxLetters, text)
	}
	line, width := lay(text, bold)
	at.x -= map[string]float32{"start": 0, "middle": width / 2, "end": width}[anchor] * size
	all, thin := outlines(line, at, size)
	if stroke != nil {
		p := r.pen(a, all)
		if a.err == nil {
			if err := r.strokeText(all, p, *stroke); err != nil {
				return err
			}
		}
	}
	if a.err != nil || fill == nil {
		return a.err
	}
	if err := r.canvas.fill(area(all), *fill); err != nil {
		return err
	}
	return r.strokeText(thin, pen{width: bolder * size}, *fill)
}

func (r *reader) strokeText(outline []subpath, p pen, paint paint) error {
	halo, err := p.stroke(outline, true)
	if err != nil {
		return err
	}
	return r.canvas.fill(halo, paint)
}

// lay lays out a text in a line, and returns its width in em.
func lay(text string, bold bool) ([]letter, float32) {
	regular, main := letters.Regular(), letters.Regular()
	if bold {
		main = letters.SemiBold()
	}
	var line []letter
	x := float32(0)
	for _, r := range syllables(oneLine(text)) {
		l := letter{r, x, main, false}
		switch {
		case main.Has(r):
			if n := len(line); n > 0 && line[n-1].face == main {
				x += main.Kern(line[n-1].rune, r)
				l.x = x
			}
			x += main.Advance(r)
		case regular.Has(r):
			l.face, l.bold = regular, bold
			x += regular.Advance(r)
		case invisible(r):
			continue
		default:
			l.face = nil
			x += boxAdvance(r)
		}
		line = append(line, l)
	}
	return line, x
}

// oneLine makes white space what it is in SVG: a line's ends have none, and
// several spaces are one.
func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\r\n", r) }), " ")
}

// syllables puts together Hangul that comes in parts, as the names of files
// do from a Mac (The Unicode Standard, 3.12: conjoining jamo behavior).
func syllables(text string) []rune {
	const first, leads, vowels, tails = 0xac00, 0x1100, 0x1161, 0x11a7
	var runes []rune
	for _, r := range text {
		n := len(runes) - 1
		switch {
		case n >= 0 && r >= vowels && r < vowels+21 && runes[n] >= leads && runes[n] < leads+19:
			runes[n] = first + ((runes[n]-leads)*21+r-vowels)*28
		case n >= 0 && r > tails && r < tails+28 && runes[n] >= first && runes[n] < first+11172 && (runes[n]-first)%28 == 0:
			runes[n] += r - tails
		default:
			runes = append(runes, r)
		}
	}
	return runes
}

// invisible is what has no width of its own: marks upon the letter before,
// joiners and other signs of no shape.
func invisible(r rune) bool {
	return unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Cc, unicode.Variation_Selector) || r >= 0x1f3fb && r <= 0x1f3ff
}

// boxAdvance is the width of the box in place of a letter that no face has:
// Chinese characters and pictures are as wide as high.
func boxAdvance(r rune) float32 {
	if r < 0x1100 {
		return 0.6
	}
	return 1
}

// tracer is the pen that draws letters to subpaths.
type tracer struct {
	origin   point
	size     float32
	subpaths []subpath
}

func (t *tracer) at(x, y float32) point {
	return point{t.origin.x + x*t.size, t.origin.y - y*t.size}
}

func (t *tracer) MoveTo(x, y float32) {
	t.subpaths = append(t.subpaths, subpath{[]point{t.at(x, y)}, true})
}

func (t *tracer) LineTo(x, y float32) {
	sub := &t.subpaths[len(t.subpaths)-1]
	sub.points = append(sub.points, t.at(x, y))
}

func (t *tracer) CubeTo(x1, y1, x2, y2, x, y float32) {
	sub := &t.subpaths[len(t.subpaths)-1]
	sub.points = cube(sub.points, t.at(x1, y1), t.at(x2, y2), t.at(x, y))
}

// outlines are those of a line of letters of a size from a place on, and of
// those among them that are to be made bold.
func outlines(line []letter, from point, size float32) (all, thin []subpath) {
	for _, l := range line {
		t := tracer{origin: point{from.x + l.x*size, from.y}, size: size}
		if l.face == nil {
			t.box(boxAdvance(l.rune))
		} else {
			l.face.Draw(l.rune, &t)
		}
		all = append(all, t.subpaths...)
		if l.bold {
			thin = append(thin, t.subpaths...)
		}
	}
	return all, thin
}

// box draws the sign for a letter that isn't known: an empty box.
func (t *tracer) box(advance float32) {
	const line = 0.06
	for _, side := range [...]float32{0, line} {
		left, right, bottom, top := 0.09+side, advance-0.09-side, -0.05+side, 0.75-side
		if side > 0 {
			left, right = right, left // the other way round: a hole
		}
		t.MoveTo(left, bottom)
		t.LineTo(right, bottom)
		t.LineTo(right, top)
		t.LineTo(left, top)
	}
}
