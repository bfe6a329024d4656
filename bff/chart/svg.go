package chart

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// canvas collects the elements of a picture.
type canvas struct {
	layout
	// id is the picture's own, so that several can stand in one page.
	id       string
	elements bytes.Buffer
	textures [textureCount]bool // those in use
	filled   [colourCount]bool
	stroked  [colourCount]bool
}

type anchor string

const (
	start  anchor = "start"
	middle anchor = "middle"
	end    anchor = "end"
)

// label is how a text looks.
type label struct {
	size   float64
	weight int // 400 if 0
	colour colour
	anchor anchor // start if empty
	halo   bool   // keep it readable upon lines
}

// line is how a line looks.
type line struct {
	colour colour
	width  float64
	dash   string
}

// fonts are those of the systems, the Korean ones among them.
const fonts = `system-ui,-apple-system,'Segoe UI','Noto Sans',Roboto,'Apple SD Gothic Neo','Malgun Gothic','Noto Sans KR','Noto Sans CJK KR',sans-serif`

func (c *canvas) fill(colour colour) string {
	c.filled[colour] = true
	return fmt.Sprintf(`class="f%s" fill="%s"`, palette[colour].class, palette[colour].light)
}

func (c *canvas) stroke(colour colour) string {
	c.stroked[colour] = true
	return fmt.Sprintf(`class="s%s" stroke="%s"`, palette[colour].class, palette[colour].light)
}

func (c *canvas) text(x, y float64, text string, l label) {
	if text == "" {
		return
	}
	if l.halo {
		// Drawn twice: not every viewer knows paint-order.
		c.write(x, y, text, l, ` `+c.stroke(background)+` fill="none" stroke-width="4" stroke-linejoin="round" aria-hidden="true"`)
	}
	c.write(x, y, text, l, ` `+c.fill(l.colour))
}

func (c *canvas) write(x, y float64, text string, l label, paint string) {
	fmt.Fprintf(&c.elements, `<text x="%s" y="%s" font-size="%s"`, num(x), num(y), num(l.size))
	if l.weight != 0 {
		fmt.Fprintf(&c.elements, ` font-weight="%d"`, l.weight)
	}
	if l.anchor != "" && l.anchor != start {
		fmt.Fprintf(&c.elements, ` text-anchor="%s"`, l.anchor)
	}
	fmt.Fprintf(&c.elements, "%s>%s</text>\n", paint, escape(text))
}

func (c *canvas) rect(x, y, w, h, radius float64, colour colour) {
	fmt.Fprintf(&c.elements, `<rect x="%s" y="%s" width="%s" height="%s"`, num(x), num(y), num(w), num(h))
	if radius > 0 {
		fmt.Fprintf(&c.elements, ` rx="%s"`, num(radius))
	}
	fmt.Fprintf(&c.elements, " %s/>\n", c.fill(colour))
}

// path draws a line along path data.
func (c *canvas) path(data string, l line) {
	if data == "" {
		return
	}
	fmt.Fprintf(&c.elements, `<path d="%s" fill="none" %s stroke-width="%s"`, data, c.stroke(l.colour), num(l.width))
	if l.dash != "" {
		fmt.Fprintf(&c.elements, ` stroke-dasharray="%s"`, l.dash)
	}
	c.elements.WriteString(" stroke-linejoin=\"round\"/>\n")
}

// area fills path data, with a texture over the colour and a fine line of the
// background around it.
func (c *canvas) area(data string, colour colour, texture texture) {
	if data == "" {
		return
	}
	fmt.Fprintf(&c.elements, "<path d=\"%s\" %s/>\n", data, c.fill(colour))
	if texture != plain {
		c.textures[texture] = true
		fmt.Fprintf(&c.elements, "<path d=\"%s\" fill=\"url(#%s-%s)\"/>\n", data, c.id, textures[texture].name)
	}
}

func (c *canvas) circle(x, y, radius float64, colour colour) {
	fmt.Fprintf(&c.elements, "<circle cx=\"%s\" cy=\"%s\" r=\"%s\" %s/>\n", num(x), num(y), num(radius), c.fill(colour))
}

// svg returns the picture. The title is short, the description a sentence
// with the content.
func (c *canvas) svg(language, title, description string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%s" height="%s" viewBox="0 0 %[1]s %[2]s" role="img" aria-labelledby="%[3]s-title %[3]s-desc" lang="%[4]s" xml:lang="%[4]s" class="mysingle-chart" font-family="%[5]s">`+"\n",
		num(c.width), num(c.height), c.id, language, fonts)
	fmt.Fprintf(&b, "<title id=\"%s-title\">%s</title>\n", c.id, escape(clean(title)))
	fmt.Fprintf(&b, "<desc id=\"%s-desc\">%s</desc>\n", c.id, escape(clean(description)))

	paper := c.fill(background)
	b.WriteString("<style>@media (prefers-color-scheme:dark){")
	for colour, tone := range palette {
		if c.filled[colour] {
			fmt.Fprintf(&b, ".mysingle-chart .f%s{fill:%s}", tone.class, tone.dark)
		}
		if c.stroked[colour] {
			fmt.Fprintf(&b, ".mysingle-chart .s%s{stroke:%s}", tone.class, tone.dark)
		}
	}
	b.WriteString("}</style>\n")
	for texture, used := range c.textures {
		if used {
			fmt.Fprintf(&b, `<pattern id="%s-%s" width="6" height="6" patternUnits="userSpaceOnUse"%s</pattern>`+"\n",
				c.id, textures[texture].name, textures[texture].body)
		}
	}
	fmt.Fprintf(&b, "<rect width=\"%s\" height=\"%s\" %s/>\n", num(c.width), num(c.height), paper)
	b.Write(c.elements.Bytes())
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// polyline returns path data through points, left to right. It leaves out
// what lies on a level line between its neighbours.
func polyline(points []point) string {
	var b strings.Builder
	for i, p := range points {
		switch {
		case i == 0:
			fmt.Fprintf(&b, "M%s %s", num(p.x), num(p.y))
		case i < len(points)-1 && num(points[i-1].y) == num(p.y) && num(points[i+1].y) == num(p.y):
		default:
			fmt.Fprintf(&b, "L%s %s", num(p.x), num(p.y))
		}
	}
	return b.String()
}

type point struct{ x, y float64 }

// box is where a label may stand.
type box struct{ x, y, width, height float64 }

func (b box) overlaps(other box) bool {
	return b.x < other.x+other.width && other.x < b.x+b.width && b.y < other.y+other.height && other.y < b.y+b.height
}

// crossings counts the parts of a line that run through the box, closely
// enough for a label.
func (b box) crossings(line []point) int {
	const samples = 40
	crossings := 0
	for i := 1; i < len(line); i++ {
		from, to := line[i-1], line[i]
		if to.x < b.x || from.x > b.x+b.width {
			continue
		}
		for s := range samples + 1 {
			t := float64(s) / samples
			if b.overlaps(box{from.x + t*(to.x-from.x), from.y + t*(to.y-from.y), 0.1, 0.1}) {
				crossings++
				break
			}
		}
	}
	return crossings
}

// num writes a coordinate, to a tenth of a pixel.
func num(value float64) string {
	text := strconv.FormatFloat(math.Round(value*10)/10+0, 'f', 1, 64) // + 0 turns -0 to 0
	return strings.TrimSuffix(text, ".0")
}

func escape(text string) string {
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(text)); err != nil {
		panic(err) // a strings.Builder takes everything
	}
	return b.String()
}

// identifier keeps of a text what an identifier in a page may have.
func identifier(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '-'
	}, text)
}
