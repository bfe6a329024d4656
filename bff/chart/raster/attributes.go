package raster

import (
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
)

// known are the attributes of each element. Those in brackets say nothing
// about the light picture.
var known = map[string]string{
	"svg":     "width height viewBox [xmlns] [role] [aria-labelledby] [lang] [class] [font-family]",
	"title":   "[id]",
	"desc":    "[id]",
	"style":   "",
	"pattern": "id width height patternUnits patternTransform",
	"rect":    "x y width height rx fill [class]",
	"path":    "d fill stroke stroke-width stroke-dasharray stroke-linejoin stroke-opacity [class]",
	"circle":  "cx cy r fill fill-opacity [class]",
	"text":    "x y font-size font-weight text-anchor fill stroke stroke-width stroke-linejoin [class] [aria-hidden]",
}

// attributes are those of an element. They keep the first fault that is met
// in reading them.
type attributes struct {
	element string
	values  map[string]string
	err     error
}

// newAttributes checks that an element and its attributes are known.
func newAttributes(element xml.StartElement) (*attributes, error) {
	name := element.Name.Local
	allowed, ok := known[name]
	if !ok || element.Name.Space != "http://www.w3.org/2000/svg" {
		return nil, fmt.Errorf("the element <%s> isn't known", name)
	}
	a := &attributes{element: name, values: map[string]string{}}
	for _, attr := range element.Attr {
		key := attr.Name.Local
		words := " " + allowed + " "
		if attr.Name.Space != "" && attr.Name.Space != "http://www.w3.org/XML/1998/namespace" {
			key = attr.Name.Space + ":" + key
		}
		if !strings.Contains(words, " "+key+" ") && !strings.Contains(words, " ["+key+"] ") {
			return nil, fmt.Errorf("the attribute %s of <%s> isn't known", key, name)
		}
		a.values[key] = attr.Value
	}
	return a, nil
}

func (a *attributes) fail(name string, err error) {
	if a.err == nil {
		a.err = fmt.Errorf("<%s %s=%q>: %w", a.element, name, a.values[name], err)
	}
}

// number is a length or the like from least to most; without the attribute
// otherwise.
func (a *attributes) number(name string, otherwise, least, most float64) float64 {
	text, ok := a.values[name]
	if !ok {
		return otherwise
	}
	value, err := parseNumber(text)
	if err == nil && (value < least || value > most) {
		err = fmt.Errorf("isn't from %v to %v", least, most)
	}
	if err != nil {
		a.fail(name, err)
		return otherwise
	}
	return value
}

// place is a coordinate.
func (a *attributes) place(name string) float64 { return a.number(name, 0, -maxLength, maxLength) }

// word is one of those given; without the attribute the first.
func (a *attributes) word(name string, words ...string) string {
	text, ok := a.values[name]
	if !ok {
		return words[0]
	}
	for _, word := range words {
		if text == word {
			return word
		}
	}
	a.fail(name, fmt.Errorf("isn't one of %q", words))
	return words[0]
}

// paint is a colour with its opacity, or a texture of those defined; otherwise
// without the attribute. It is nil for none.
func (a *attributes) paint(name, otherwise string, textures map[string]*texture) *paint {
	text, ok := a.values[name]
	if !ok {
		text = otherwise
	}
	opacity := uint32(a.number(name+"-opacity", 1, 0, 1)*256 + 0.5)
	if id, ok := strings.CutPrefix(text, "url(#"); ok {
		t, ok := textures[strings.TrimSuffix(id, ")")]
		if !ok {
			a.fail(name, fmt.Errorf("no such pattern before it"))
			return nil
		}
		p := t.paint
		p.texture = t
		return &p
	}
	if text == "none" {
		return nil
	}
	digits, isColour := strings.CutPrefix(text, "#")
	if len(digits) == 3 {
		digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
	}
	colour, err := strconv.ParseUint(digits, 16, 24)
	if err != nil || !isColour || len(digits) != 6 {
		a.fail(name, fmt.Errorf("isn't a colour"))
		return nil
	}
	return &paint{colour: uint32(colour), opacity: opacity}
}

// pen is what a stroke is drawn with.
func (a *attributes) pen(scale float64) pen {
	p := pen{width: float32(a.number("stroke-width", 1, 0.1, 100) * scale)}
	for _, part := range strings.Fields(a.values["stroke-dasharray"]) {
		length, err := parseNumber(part)
		if err == nil && length < 0.5 {
			err = fmt.Errorf("a dash is shorter than 0.5")
		}
		if err != nil {
			a.fail("stroke-dasharray", err)
			return p
		}
		p.dash = append(p.dash, float32(length*scale))
	}
	if len(p.dash)%2 != 0 {
		a.fail("stroke-dasharray", fmt.Errorf("an odd number of dashes"))
	}
	return p
}
