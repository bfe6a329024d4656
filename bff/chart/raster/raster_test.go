package raster

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// pictures are the golden files of package chart.
func pictures(tb testing.TB) []string {
	tb.Helper()
	paths, err := filepath.Glob("../testdata/*.svg")
	if err != nil || len(paths) < 40 {
		tb.Fatalf("pictures in testdata: got %d, %v, want at least 40", len(paths), err)
	}
	return paths
}

func mustReadFile(tb testing.TB, path string) []byte {
	tb.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return file
}

func mustRender(tb testing.TB, svg []byte, scale float64) []byte {
	tb.Helper()
	drawn, err := Render(svg, scale)
	if err != nil {
		tb.Fatal(err)
	}
	return drawn
}

func mustDecode(tb testing.TB, drawn []byte) image.Image {
	tb.Helper()
	picture, err := png.Decode(bytes.NewReader(drawn))
	if err != nil {
		tb.Fatal(err)
	}
	return picture
}

// mustDraw draws elements on a canvas of 100 × 100.
func mustDraw(tb testing.TB, elements string, scale float64) *canvas {
	tb.Helper()
	c, err := read([]byte(svgOf(elements)), scale)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func svgOf(elements string) string {
	return `<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100" viewBox="0 0 100 100">` + elements + `</svg>`
}

// ink is how dark a part of the canvas is, in black pixels.
func (c *canvas) ink(part image.Rectangle) float64 {
	sum := 0.0
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			sum += 1 - float64(c.pixels[y*c.width+x]>>8&0xff)/255
		}
	}
	return sum
}

func (c *canvas) all() image.Rectangle { return image.Rect(0, 0, c.width, c.height) }

// inked is the box of what isn't white.
func (c *canvas) inked() image.Rectangle {
	box := image.Rectangle{}
	for i, colour := range c.pixels {
		if colour != 0xffffff {
			at := image.Pt(i%c.width, i/c.width)
			box = box.Union(image.Rectangle{at, at.Add(image.Pt(1, 1))})
		}
	}
	return box
}

// What package chart draws in any of its states is known here, sharp, small
// and the same each time.
func TestRender_everyPicture(t *testing.T) {
	for _, path := range pictures(t) {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".svg"), func(t *testing.T) {
			svg := mustReadFile(t, path)
			drawn := mustRender(t, svg, 2)
			if !bytes.Equal(drawn, mustRender(t, svg, 2)) {
				t.Error("drawn again, it came out differently")
			}
			if len(drawn) > 70_000 {
				t.Errorf("got %d bytes, want at most 70,000", len(drawn))
			}
			whole := image.Rect(0, 0, 1600, 900)
			if strings.Contains(path, "narrow") {
				whole = image.Rect(0, 0, 720, 960)
			}
			if bounds := mustDecode(t, drawn).Bounds(); bounds != whole {
				t.Errorf("of the size %v", bounds)
			}
			c, err := read(svg, 2)
			if err != nil {
				t.Fatal(err)
			}
			if title := c.ink(image.Rect(28, 30, whole.Dx()-28, 80)); title < 500 {
				t.Errorf("the title has but %.0f pixels of ink", title)
			}
			if below := c.ink(image.Rect(0, whole.Dy()-100, whole.Dx(), whole.Dy())); below < 300 && !strings.Contains(path, "velocity-none") {
				t.Errorf("axis and footer have but %.0f pixels of ink", below)
			}
			// No text is wider than package chart thinks.
			if box := c.inked(); !box.In(whole.Inset(8)) {
				t.Errorf("there is something at the edge: %v", box)
			}
			if palette, index := c.palette(); len(palette) > 256 {
				t.Errorf("got %d colours, want at most 256", len(palette))
			} else {
				for colour := range c.count(0xffffff) {
					if off := distance(colour, palette[index(colour)]); off > 16*16 {
						t.Fatalf("%06x became %06x", colour, palette[index(colour)])
					}
				}
			}
		})
	}
}

// What isn't known is named.
func TestRender_unknown(t *testing.T) {
	for name, test := range map[string]struct{ svg, want string }{
		"nothing":             {"", "EOF"},
		"no XML":              {"<svg", "unexpected EOF"},
		"another root":        {"<html/>", "<html>"},
		"a second root":       {svgOf("") + svgOf(""), "only root"},
		"another namespace":   {`<svg width="1" height="1"/>`, "<svg>"},
		"element":             {svgOf(`<ellipse rx="1"/>`), "<ellipse>"},
		"nested svg":          {svgOf(`<svg xmlns="http://www.w3.org/2000/svg"/>`), "<svg>"},
		"element in a shape":  {svgOf(`<rect width="1" height="1"><title>a</title></rect>`), "<title>"},
		"element in a text":   {svgOf(`<text>a<tspan>b</tspan></text>`), "<tspan>"},
		"attribute":           {svgOf(`<rect width="1" height="1" ry="1"/>`), "ry of <rect>"},
		"foreign attribute":   {svgOf(`<rect a:width="1" height="1"/>`), "a:width of <rect>"},
		"transform":           {svgOf(`<path d="M0 0" transform="scale(2)"/>`), "transform of <path>"},
		"path command":        {svgOf(`<path d="M0 0C1 1 2 2 3 3"/>`), "'C'"},
		"path begins":         {svgOf(`<path d="H3"/>`), "'H'"},
		"path number":         {svgOf(`<path d="M0 0L1,1"/>`), "'L'"},
		"path goes on":        {svgOf(`<path d="M0 0H1zH3"/>`), "'H' after its end"},
		"path leads far":      {svgOf(`<path d="M0 9999h9999v-9999h9999"/>`), "too far"},
		"exponent":            {svgOf(`<rect x="1e3"/>`), `"1e3"`},
		"unit":                {svgOf(`<rect width="1px" height="1"/>`), `"1px"`},
		"not a number":        {svgOf(`<circle r="NaN"/>`), `"NaN"`},
		"colour":              {svgOf(`<circle r="1" fill="red"/>`), `fill="red"`},
		"pattern unknown":     {svgOf(`<circle r="1" fill="url(#dots)"/>`), "no such pattern"},
		"pattern of too much": {svgOf(`<pattern id="a" width="6" height="6" patternUnits="userSpaceOnUse"><circle r="1"/><circle r="2"/></pattern>`), "simple shape"},
		"pattern of nothing":  {svgOf(`<pattern id="a" width="6" height="6" patternUnits="userSpaceOnUse"/>`), "simple shape"},
		"pattern units":       {svgOf(`<pattern id="a" width="6" height="6"><circle r="1"/></pattern>`), "lacks"},
		"pattern transform":   {svgOf(`<pattern id="a" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="skewX(3)"/>`), "patternTransform"},
		"joins":               {svgOf(`<path d="M0 0H9V9" stroke="#000000"/>`), "stroke-linejoin"},
		"dash":                {svgOf(`<path d="M0 0H9" stroke="#000000" stroke-dasharray="3"/>`), "odd"},
		"short dash":          {svgOf(`<path d="M0 0H9" stroke="#000000" stroke-dasharray="0 0"/>`), "shorter"},
		"weight":              {svgOf(`<text font-weight="900">a</text>`), `font-weight="900"`},
		"anchor":              {svgOf(`<text text-anchor="centre">a</text>`), `text-anchor="centre"`},
		"style":               {svgOf(`<style>.a{fill:#ffffff}</style>`), "<style>"},
		"style and more":      {svgOf(`<style>@media (prefers-color-scheme:dark){.mysingle-chart .a{fill:#ffffff}}.a{fill:#000000}</style>`), "<style>"},
		"style without end":   {svgOf(`<style>@media (prefers-color-scheme:dark){.mysingle-chart .a{fill:#ffffff}</style>`), "<style>"},
		"text between":        {svgOf(`words`), `"words"`},
		"comment":             {svgOf(`<!-- words -->`), "xml.Comment"},
		"view box":            {strings.Replace(svgOf(""), "0 0 100 100", "0 0 50 50", 1), "viewBox"},
		"long text":           {svgOf(`<text>` + strings.Repeat("a", 3000) + `</text>`), "letters"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Render([]byte(test.svg), 1); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want it to name %s", err, test.want)
			}
		})
	}
}

func TestRender_sizes(t *testing.T) {
	svg := []byte(svgOf(""))
	for _, scale := range []float64{0, -1, 0.4, 4.1, 1e9, math.NaN(), math.Inf(1)} {
		if _, err := Render(svg, scale); err == nil {
			t.Errorf("at %v it isn't refused", scale)
		}
	}
	for scale, want := range map[float64]int{0.5: 50, 1: 100, 1.5: 150, 4: 400} {
		if size := mustDecode(t, mustRender(t, svg, scale)).Bounds().Size(); size != image.Pt(want, want) {
			t.Errorf("at %v of the size %v", scale, size)
		}
	}
	large := strings.ReplaceAll(svgOf(""), "100", "9999")
	if _, err := Render([]byte(large), 1); err == nil || !strings.Contains(err.Error(), "9999") {
		t.Errorf("9999 × 9999: %v", err)
	}
	if _, err := Render(make([]byte, maxInput+1), 1); err == nil || !strings.Contains(err.Error(), "bytes") {
		t.Errorf("too many bytes: %v", err)
	}
}

// What is made to take much is refused before it does.
func TestRender_bounded(t *testing.T) {
	frame := `<path d="` + strings.Repeat("M0 0H100V100H0z", 20_000) + `" stroke="#000000" stroke-linejoin="round"/>`
	for name, elements := range map[string]string{
		"areas":    strings.Repeat(`<rect width="100" height="100"/>`, 30_000),
		"layers":   frame,
		"dashes":   `<path d="M0 0` + strings.Repeat("H9999H-9999", 80_000) + `" stroke="#000000" stroke-linejoin="round" stroke-dasharray="0.5 0.5"/>`,
		"zigzag":   `<path d="M0 0` + strings.Repeat("V99H9H0", 100_000) + `" stroke="#000000" stroke-linejoin="round" stroke-width="100"/>`,
		"texts":    strings.Repeat(`<text stroke="#000000" stroke-linejoin="round">`+strings.Repeat("뷁", 300)+`</text>`, 900),
		"textures": `<pattern id="a" width="4" height="4" patternUnits="userSpaceOnUse"><circle cx="2" cy="2" r="3"/></pattern>` + strings.Repeat(`<rect width="100" height="100" fill="url(#a)"/>`, 20_000),
		"colours":  colourful(),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := Render([]byte(svgOf(elements)), 4)
			runtime.ReadMemStats(&after)
			if wanted := name != "colours"; errors.Is(err, errTooMuch) != wanted || !wanted && err != nil {
				t.Errorf("got %v", err)
			}
			if taken := (after.TotalAlloc - before.TotalAlloc) >> 20; taken > 400 {
				t.Errorf("took %d MB in all", taken)
			}
		})
	}
}

// colourful has more colours than are told apart.
func colourful() string {
	var b strings.Builder
	for i := range 16_000 {
		fmt.Fprintf(&b, `<rect x="%.1f" y="%.1f" width="0.5" height="0.5" fill="#%06x"/>`, float64(i%200)/2, float64(i/200)/2, i*1009)
	}
	return b.String()
}

// No bytes make it panic, or take long.
func FuzzRender(f *testing.F) {
	for _, path := range pictures(f) {
		if svg := mustReadFile(f, path); len(svg) < 9000 {
			f.Add(svg)
		}
	}
	f.Add([]byte(svgOf(`<path d="M-9999 9999L9999 -9999z" stroke="#000" stroke-dasharray="0.5 0.5" stroke-linejoin="round"/><text x="-5" y="5">뷁🦊漢ᄒ</text>`)))
	f.Fuzz(func(t *testing.T, svg []byte) {
		drawn, err := Render(svg, 0.5)
		if err == nil {
			mustDecode(t, drawn)
		}
	})
}

func BenchmarkRender(b *testing.B) {
	for _, name := range []string{"burndown-ko", "flow", "flow-366-days", "forecast", "velocity-50"} {
		svg := mustReadFile(b, "../testdata/"+name+".svg")
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			size := 0
			for b.Loop() {
				size = len(mustRender(b, svg, 2))
			}
			b.ReportMetric(float64(size)/1000, "kB")
		})
	}
}
