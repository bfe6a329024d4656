package raster

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// reader draws a picture as it reads it.
type reader struct {
	decoder  *xml.Decoder
	scale    float64
	canvas   *canvas
	textures map[string]*texture // by their ids
}

// read draws a picture.
func read(svg []byte, scale float64) (*canvas, error) {
	r := &reader{decoder: xml.NewDecoder(bytes.NewReader(svg)), scale: scale, textures: map[string]*texture{}}
	for {
		token, err := r.decoder.Token()
		if errors.Is(err, io.EOF) && r.canvas != nil {
			return r.canvas, nil
		}
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			if token.Name.Local != "svg" || r.canvas != nil {
				return nil, fmt.Errorf("<%s> isn't the only root, <svg>", token.Name.Local)
			}
			if err := r.svg(token); err != nil {
				return nil, err
			}
		default:
			if err := blank(token); err != nil {
				return nil, err
			}
		}
	}
}

// blank refuses what isn't white space between elements.
func blank(token xml.Token) error {
	if text, ok := token.(xml.CharData); ok && len(bytes.TrimSpace(text)) == 0 {
		return nil
	}
	if text, ok := token.(xml.CharData); ok {
		return fmt.Errorf("the text %.40q stands outside of <text>", text)
	}
	return fmt.Errorf("XML of the kind %T isn't known", token)
}

// children calls with each element in the present one.
func (r *reader) children(child func(*attributes) error) error {
	for {
		token, err := r.decoder.Token()
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.StartElement:
			a, err := newAttributes(token)
			if err != nil {
				return err
			}
			if err := child(a); err != nil {
				return err
			}
		case xml.EndElement:
			return nil
		default:
			if err := blank(token); err != nil {
				return err
			}
		}
	}
}

// content is the text of the present element, which has no elements.
func (r *reader) content() (string, error) {
	var text strings.Builder
	for {
		token, err := r.decoder.Token()
		if err != nil {
			return "", err
		}
		switch token := token.(type) {
		case xml.CharData:
			text.Write(token)
		case xml.EndElement:
			return text.String(), nil
		case xml.StartElement:
			return "", fmt.Errorf("the element <%s> isn't known in a text", token.Name.Local)
		default:
			return "", blank(token)
		}
	}
}

// empty checks that the present element has no content.
func (r *reader) empty() error {
	return r.children(func(a *attributes) error { return fmt.Errorf("the element <%s> isn't known there", a.element) })
}

func (r *reader) svg(element xml.StartElement) error {
	a, err := newAttributes(element)
	if err != nil {
		return err
	}
	width, height := a.number("width", 0, 1, maxLength), a.number("height", 0, 1, maxLength)
	a.word("viewBox", fmt.Sprintf("0 0 %s %s", a.values["width"], a.values["height"]))
	if a.err != nil {
		return a.err
	}
	if r.canvas, err = sizedCanvas(width, height, r.scale); err != nil {
		return err
	}
	return r.children(r.element)
}

// element draws an element of the picture.
func (r *reader) element(a *attributes) error {
	switch a.element {
	case "title", "desc":
		_, err := r.content()
		return err
	case "style":
		return r.style()
	case "pattern":
		return r.pattern(a)
	case "text":
		return r.text(a)
	case "svg":
		return fmt.Errorf("the element <svg> isn't known there")
	}
	drawn, err := r.shapes(a)
	if err != nil {
		return err
	}
	for _, d := range drawn {
		if err := r.canvas.fill(d.shape, *d.paint); err != nil {
			return err
		}
	}
	return r.empty()
}

// style checks that a style sheet is about dark surroundings only.
func (r *reader) style() error {
	text, err := r.content()
	if err != nil {
		return err
	}
	rules, dark := strings.CutPrefix(text, "@media (prefers-color-scheme:dark){")
	for dark && rules != "}" {
		var rule string
		rule, rules, dark = strings.Cut(rules, "}")
		selector, colour, ok := strings.Cut(rule, "{")
		dark = dark && ok && strings.HasPrefix(selector, ".mysingle-chart .") && !strings.ContainsAny(colour, "{")
	}
	if !dark {
		return fmt.Errorf("<style> is about more than dark colours: %.60q", text)
	}
	return nil
}

// painted is a shape with what it is filled with.
type painted struct {
	*shape
	*paint
}

// shapes are the area and the line of a rect, a path or a circle.
func (r *reader) shapes(a *attributes) ([]painted, error) {
	fill, stroke := a.paint("fill", "#000", r.textures), (*paint)(nil)
	length := func(name string) float32 { return float32(a.number(name, 0, 0, maxLength) * r.scale) }
	var outline []subpath
	switch a.element {
	case "rect":
		at := scaled(a.place("x"), a.place("y"), r.scale)
		if w, h := length("width"), length("height"); w > 0 && h > 0 {
			outline = []subpath{{rectangle(at.x, at.y, w, h, length("rx")), true}}
		}
	case "circle":
		if radius := length("r"); radius > 0 {
			outline = []subpath{{circle(scaled(a.place("cx"), a.place("cy"), r.scale), radius), true}}
		}
	case "path":
		var err error
		if outline, err = parsePath(a.values["d"], r.scale); err != nil {
			return nil, fmt.Errorf("<path d=%.60q>: %w", a.values["d"], err)
		}
		stroke = a.paint("stroke", "none", r.textures)
	default:
		return nil, fmt.Errorf("the element <%s> isn't known there", a.element)
	}
	var drawn []painted
	if fill != nil && len(outline) > 0 {
		drawn = append(drawn, painted{area(outline), fill})
	}
	if stroke != nil {
		line, err := r.pen(a, outline).stroke(outline, false)
		if err != nil {
			return nil, err
		}
		drawn = append(drawn, painted{line, stroke})
	}
	return drawn, a.err
}

// pen is that of an element along an outline. Joins are round if there are
// any.
func (r *reader) pen(a *attributes, outline []subpath) pen {
	joins := a.word("stroke-linejoin", "miter", "round")
	for _, sub := range outline {
		if joins != "round" && (len(sub.points) > 2 || sub.closed) {
			a.fail("stroke-linejoin", fmt.Errorf("joins that aren't round aren't known"))
		}
	}
	return a.pen(r.scale)
}
