package chart

import (
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// tester is what a testing.T and a rapid.T have in common.
type tester interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

var (
	numbers  = regexp.MustCompile(`-?\d+(\.\d+)?`)
	commands = regexp.MustCompile(`([MLHVhvz])([^MLHVhvz]*)`)
)

// checkPicture checks all that holds for every picture: well-formed, safe,
// named for screen readers, of its size, nothing outside its frame, and no
// text upon another.
func checkPicture(t tester, svg []byte, size Size) {
	t.Helper()
	f := frame{layout: layouts[cmp.Or(size, Wide)]}
	decoder := xml.NewDecoder(strings.NewReader(string(svg)))
	ids, texts := map[string]string{}, 0
	var labelledBy, id, open string
	var pending *xml.StartElement
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("not well-formed: %v", err)
			return
		}
		switch token := token.(type) {
		case xml.StartElement:
			open = token.Name.Local
			attributes := map[string]string{}
			for _, a := range token.Attr {
				attributes[a.Name.Local] = a.Value
				if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "href" ||
					strings.Contains(a.Value, "url(") && !strings.HasPrefix(a.Value, "url(#") {
					t.Errorf("<%s %s=%q>", open, a.Name.Local, a.Value)
				}
			}
			if id = attributes["id"]; id != "" {
				if _, twice := ids[id]; twice {
					t.Errorf("two elements have the id %q", id)
				}
				ids[id] = ""
			}
			switch open {
			case "svg":
				labelledBy = attributes["aria-labelledby"]
				if attributes["role"] != "img" || attributes["viewBox"] != fmt.Sprintf("0 0 %v %v", f.width, f.height) {
					t.Errorf("got %v", attributes)
				}
			case "title", "desc", "style", "pattern":
			case "text":
				texts++
				pending = &token
			case "rect", "circle", "path":
				if _, inPattern := attributes["d"]; inPattern && !strings.Contains(attributes["d"], " ") || attributes["cx"] == "3" {
					continue // a texture's tile
				}
				f.checkShape(t, open, attributes)
			default:
				t.Errorf("unexpected <%s>", open)
			}
		case xml.CharData:
			switch open {
			case "title", "desc":
				ids[id] += string(token)
			case "text":
				if pending != nil {
					f.checkText(t, *pending, string(token))
					pending = nil
				}
			case "style":
				if strings.Contains(string(token), "@import") || strings.Contains(string(token), "url(") {
					t.Errorf("style: %s", token)
				}
			}
		case xml.EndElement:
			open = ""
		}
	}
	for _, id := range strings.Fields(labelledBy) {
		if strings.TrimSpace(ids[id]) == "" {
			t.Errorf("%q names nothing", id)
		}
	}
	if len(strings.Fields(labelledBy)) != 2 || texts < 2 {
		t.Errorf("labelled by %q, %d texts", labelledBy, texts)
	}
}

// frame is the size of a picture, and the texts that were seen in it.
type frame struct {
	layout
	texts []seenText
}

type seenText struct {
	box
	text string
}

// inside tells whether a place is in the frame; a hair's breadth beside it
// for what is rounded.
func (f *frame) inside(x, y float64) bool {
	return x >= -0.1 && x <= f.width+0.1 && y >= -0.1 && y <= f.height+0.1
}

func number(t tester, text string) float64 {
	t.Helper()
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(value) || math.IsInf(value, 0) {
		t.Fatalf("%q is no coordinate", text)
	}
	return value
}

func (f *frame) checkShape(t tester, name string, attributes map[string]string) {
	t.Helper()
	ok := true
	switch name {
	case "rect":
		x, y := 0.0, 0.0
		if attributes["x"] != "" {
			x, y = number(t, attributes["x"]), number(t, attributes["y"])
		}
		w, h := number(t, attributes["width"]), number(t, attributes["height"])
		ok = f.inside(x, y) && f.inside(x+w, y+h) && w >= 0 && h >= 0
	case "circle":
		x, y, r := number(t, attributes["cx"]), number(t, attributes["cy"]), number(t, attributes["r"])
		ok = f.inside(x-r, y-r) && f.inside(x+r, y+r)
	case "path":
		x, y := 0.0, 0.0
		for _, command := range commands.FindAllStringSubmatch(attributes["d"], -1) {
			var values []float64
			for _, text := range numbers.FindAllString(command[2], -1) {
				values = append(values, number(t, text))
			}
			switch command[1] {
			case "M", "L":
				x, y = values[0], values[1]
			case "H":
				x = values[0]
			case "V":
				y = values[0]
			case "h":
				x += values[0]
			case "v":
				y += values[0]
			}
			ok = ok && f.inside(x, y)
		}
		if rest := commands.ReplaceAllString(attributes["d"], ""); rest != "" || strings.ContainsAny(attributes["d"], "NIne") {
			t.Errorf("path data: %q", attributes["d"])
		}
	}
	if !ok {
		t.Errorf("<%s %v> is outside the frame", name, attributes)
	}
}

func (f *frame) checkText(t tester, element xml.StartElement, text string) {
	t.Helper()
	var x, y, size, stretch float64
	side := start
	stretch = 1
	for _, a := range element.Attr {
		switch a.Name.Local {
		case "x":
			x = number(t, a.Value)
		case "y":
			y = number(t, a.Value)
		case "font-size":
			size = number(t, a.Value)
		case "font-weight":
			stretch = 1.06
		case "text-anchor":
			side = anchor(a.Value)
		case "aria-hidden":
			return // the halo of the next
		}
	}
	w := textWidth(text, size, stretch)
	switch side {
	case middle:
		x -= w / 2
	case end:
		x -= w
	}
	if !f.inside(x, y-size) || !f.inside(x+w, y) {
		t.Errorf("%q, from %.0f to %.0f at %.0f, is outside the frame", text, x, x+w, y)
	}
	// Letters are some three quarters of the size high, and not quite as wide as
	// they are thought to be.
	now := seenText{box{x + 1, y - 0.75*size, w - 2, 0.75 * size}, text}
	for _, other := range f.texts {
		if now.overlaps(other.box) {
			t.Errorf("%q at %.0f, %.0f stands upon %q at %.0f, %.0f", text, x, y, other.text, other.x, other.y)
		}
	}
	f.texts = append(f.texts, now)
}
