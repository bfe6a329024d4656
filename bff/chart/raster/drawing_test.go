package raster

import (
	"image"
	"math"
	"testing"
)

func checkNear(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if math.Abs(got-want) > within {
		t.Errorf("%s: got %.2f, want %.2f", what, got, want)
	}
}

// What shapes cover is as large as geometry says.
func TestDraw_areas(t *testing.T) {
	for name, test := range map[string]struct {
		elements string
		want     float64 // pixels of ink
	}{
		"rect":               {`<rect x="10.5" y="10" width="30" height="20.5"/>`, 30 * 20.5},
		"rect over the edge": {`<rect x="-10" y="90" width="30" height="30"/>`, 20 * 10},
		"rounded":            {`<rect x="10" y="10" width="30" height="20" rx="6"/>`, 600 - (4-math.Pi)*36},
		"circle":             {`<circle cx="50" cy="50" r="20"/>`, math.Pi * 400},
		"triangle":           {`<path d="M10 10L90 10V70z"/>`, 80 * 60 / 2},
		"hole":               {`<path d="M10 10h40v40h-40zM20 20v20h20v-20z"/>`, 1600 - 400},
		"opacity":            {`<circle cx="50" cy="50" r="20" fill-opacity=".5"/>`, math.Pi * 200},
		"line":               {`<path d="M10 10H90" fill="none" stroke="#000000" stroke-width="2.5"/>`, 80 * 2.5},
		"oblique line":       {`<path d="M10 10L70 90" fill="none" stroke="#000000" stroke-width="3"/>`, 100 * 3},
		"closed line":        {`<path d="M10 10h40v40h-40z" fill="none" stroke="#000000" stroke-width="4" stroke-linejoin="round"/>`, 160*4 - 4*4 + math.Pi*4},
		"line upon itself":   {`<path d="M10 10.3H90M10 10.3H90" fill="none" stroke="#000000" stroke-width="3" stroke-linejoin="round"/>`, 80 * 3},
		"dashes":             {`<path d="M10 10H90V90" fill="none" stroke="#000000" stroke-width="2" stroke-linejoin="round" stroke-dasharray="10 3 2 3"/>`, (9*10 + 9*2) * 2},
		"pale":               {`<rect width="50" height="50" fill="#7f7f7f"/>`, 2500 * 128.0 / 255},
	} {
		t.Run(name, func(t *testing.T) {
			for _, scale := range []float64{1, 2, 3.3} {
				c := mustDraw(t, test.elements, scale)
				checkNear(t, "ink", c.ink(c.all())/scale/scale, test.want, 2+test.want*0.006)
			}
		})
	}
}

// A line that comes from far away is where it should be.
func TestDraw_exact(t *testing.T) {
	c := mustDraw(t, `<path d="M-9990 -9950L9950 9990" fill="none" stroke="#000000" stroke-width="4"/>`, 4)
	for _, x := range []int{3, 130, 210} {
		column := c.ink(image.Rect(x, x+160-20, x+1, x+160+20))
		above, below := c.ink(image.Rect(x, x+160-20, x+1, x+160)), c.ink(image.Rect(x, x+160+1, x+1, x+160+21))
		checkNear(t, "the line's height", column, 16*math.Sqrt2, 0.5)
		checkNear(t, "above and below its middle", above, below, 0.5)
	}
}

// Tiles of a texture fit together, at any angle.
func TestDraw_textures(t *testing.T) {
	const area = `<rect x="10" y="10" width="80" height="80" fill="url(#a)"/>`
	pattern := func(transform, body string) string {
		return `<pattern id="a" width="6" height="6" patternUnits="userSpaceOnUse"` + transform + `>` + body + `</pattern>` + area
	}
	stripe := `<path d="M0 0V6" stroke="#000" stroke-opacity=".45" stroke-width="2.4"/>`
	for name, test := range map[string]struct {
		elements string
		want     float64
	}{
		"upright": {pattern("", stripe), 0.2 * 0.45},
		"rising":  {pattern(` patternTransform="rotate(45)"`, stripe), 0.2 * 0.45},
		"falling": {pattern(` patternTransform="rotate(-45)"`, stripe), 0.2 * 0.45},
		"dotted":  {pattern("", `<circle cx="3" cy="3" r="1.3" fill-opacity=".5"/>`), math.Pi * 1.69 / 36 * 0.5},
	} {
		t.Run(name, func(t *testing.T) {
			c := mustDraw(t, test.elements, 2)
			checkNear(t, "ink", c.ink(image.Rect(24, 24, 180, 180))/156/156*100, test.want*100, 0.3)
			checkNear(t, "ink beside", c.ink(image.Rect(0, 0, 200, 20)), 0, 0)
		})
	}
	// A rising stripe goes up to the right.
	c := mustDraw(t, pattern(` patternTransform="rotate(45)"`, stripe), 2)
	for i := range 60 {
		if a, b := c.pixels[(150-i)*c.width+60+i], c.pixels[150*c.width+60]; a != b {
			t.Fatalf("%d pixels up the stripe it is %06x, not %06x", i, a, b)
		}
	}
}

func TestDraw_text(t *testing.T) {
	text := func(attributes, text string) image.Rectangle {
		return mustDraw(t, `<text x="50" y="60" font-size="12" `+attributes+`>`+text+`</text>`, 2).inked()
	}
	start, middle, end := text("", "일2"), text(`text-anchor="middle"`, "일2"), text(`text-anchor="end"`, "일2")
	if start.Min.X < 100 || end.Max.X > 100 || start.Dx() < 24 {
		t.Errorf("from %v, to %v", start, end)
	}
	checkNear(t, "the middle", float64(middle.Min.X), float64(start.Min.X+end.Min.X)/2, 1)
	if capital := text("", "H"); capital.Max.Y != 120 || capital.Dy() < 16 || capital.Dy() > 19 {
		t.Errorf("a capital H stands from %d to %d", capital.Min.Y, capital.Max.Y)
	}
	if spaced := text("", "  일\n 2 "); spaced.Min != start.Min {
		t.Errorf("with white space it begins at %v, without at %v", spaced.Min, start.Min)
	}
	if bold := text(`font-weight="600"`, "뷁"); bold == (image.Rectangle{}) {
		t.Error("a rare syllable has no bold letter")
	}
	weigh := func(attributes, text string) float64 {
		c := mustDraw(t, `<text x="20" y="60" font-size="24" `+attributes+`>`+text+`</text>`, 2)
		return c.ink(c.all())
	}
	for _, syllable := range []string{"가", "뷁"} {
		if ratio := weigh(`font-weight="600"`, syllable) / weigh("", syllable); ratio < 1.2 || ratio > 1.6 {
			t.Errorf("%s is %.2f times as dark in bold", syllable, ratio)
		}
	}
	// The halo parts text from what is below it.
	c := mustDraw(t, `<rect width="100" height="100"/><text x="50" y="60" font-size="20" fill="none" stroke="#ffffff" stroke-width="4" stroke-linejoin="round">일</text>`, 2)
	if white := c.ink(c.all()); white > 40_000-400 {
		t.Errorf("all but %.0f pixels are black", 40_000-white)
	}
}

func TestLay(t *testing.T) {
	letters := func(text string, bold bool) string {
		line, _ := lay(text, bold)
		var runes []rune
		for _, l := range line {
			runes = append(runes, l.rune)
		}
		return string(runes)
	}
	for text, want := range map[string]string{
		"\u1112\u1161\u11ab\u1100\u1173\u11af": "한글", // in parts
		"\uac00\u11a8":                         "각",
		"\u1161\u11a8":                         "\u1161\u11a8", // no syllable
		"a\u200db\ufe0f\u0301":                 "ab",
		"  a \n\t b ":                          "a b",
		"":                                     "",
	} {
		if got := letters(text, false); got != want {
			t.Errorf("%q is laid out as %q", text, got)
		}
	}
	width := func(text string, bold bool) float64 {
		_, width := lay(text, bold)
		return float64(width)
	}
	if width("AV", false) >= width("A", false)+width("V", false) {
		t.Error("no kerning")
	}
	checkNear(t, "the width of a syllable", width("한", false), 0.864, 0.001)
	checkNear(t, "the width of what no face has", width("漢🦊\u0590", false), 2.6, 0.001)
	if width("Sprint", true) <= width("Sprint", false) {
		t.Error("bold is no wider")
	}
}
