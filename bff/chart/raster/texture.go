package raster

import (
	"fmt"
	"image"
	"math"
	"strings"
)

// texture is a pattern: a tile that is repeated all over, turned by an angle.
// Its lengths are in pixels of the PNG.
type texture struct {
	width, height float32
	turn          float64 // radians, clockwise
	drawn         *shape  // within the tile, of one layer, each contour convex
	paint         paint
}

// pattern keeps a texture. It is of one element with one paint.
func (r *reader) pattern(a *attributes) error {
	a.word("patternUnits", "", "userSpaceOnUse")
	width, height := a.number("width", 0, 4, 100), a.number("height", 0, 4, 100)
	turn := 0.0
	if text, ok := a.values["patternTransform"]; ok {
		inner, begins := strings.CutPrefix(text, "rotate(")
		inner, ends := strings.CutSuffix(inner, ")")
		degrees, err := parseNumber(inner)
		if err != nil || !begins || !ends {
			a.fail("patternTransform", fmt.Errorf("isn't the rotation by an angle"))
		}
		turn = degrees * math.Pi / 180
	}
	if a.err != nil {
		return a.err
	}
	if a.values["patternUnits"] == "" || a.values["width"] == "" || a.values["height"] == "" {
		return fmt.Errorf("<pattern id=%q> lacks its width, height or patternUnits", a.values["id"])
	}
	var within []painted
	err := r.children(func(child *attributes) error {
		drawn, err := r.shapes(child)
		if err != nil {
			return err
		}
		for _, d := range drawn {
			if d.texture != nil {
				return fmt.Errorf("a pattern in a pattern isn't known")
			}
			if !d.flat() {
				within = append(within, d)
			}
		}
		return r.empty()
	})
	if err != nil {
		return err
	}
	if len(within) != 1 || len(within[0].layers) != 1 || len(within[0].points) > 100 {
		return fmt.Errorf("<pattern id=%q> isn't of one simple shape", a.values["id"])
	}
	r.textures[a.values["id"]] = newTexture(float32(width*r.scale), float32(height*r.scale), turn, within[0].shape, *within[0].paint)
	return nil
}

// flat tells whether a shape has no area, like what a straight line runs
// around.
func (s *shape) flat() bool { return s.box.right <= s.box.left || s.box.bottom <= s.box.top }

// newTexture cuts to the tile what is drawn in it.
func newTexture(width, height float32, turn float64, drawn *shape, p paint) *texture {
	cut := newShape()
	for _, contour := range drawn.layers[0].contours {
		points := drawn.points[contour.from:contour.to]
		for _, within := range []func(point) float32{
			func(p point) float32 { return p.x },
			func(p point) float32 { return width - p.x },
			func(p point) float32 { return p.y },
			func(p point) float32 { return height - p.y },
		} {
			points = cutConvex(points, within)
		}
		if len(points) > 0 {
			cut.add(points...)
		}
	}
	return &texture{width, height, turn, cut, p}
}

// cutConvex keeps of a contour what is on the side where within isn't
// negative (Sutherland and Hodgman, 1974).
func cutConvex(points []point, within func(point) float32) []point {
	var kept []point
	for i, p := range points {
		last := points[(i+len(points)-1)%len(points)]
		from, to := within(last), within(p)
		if from < 0 != (to < 0) {
			kept = append(kept, last.towards(p, from/(from-to)))
		}
		if to >= 0 {
			kept = append(kept, p)
		}
	}
	return kept
}

// shape is the texture where it may be seen in a part of the canvas.
func (t *texture) shape(part image.Rectangle) *shape {
	sin64, cos64 := math.Sincos(t.turn)
	sin, cos := float32(sin64), float32(cos64)
	// The part in the texture's own directions, and the tiles that it touches.
	seen := nowhere
	for _, corner := range [...]image.Point{part.Min, part.Max, {X: part.Min.X, Y: part.Max.Y}, {X: part.Max.X, Y: part.Min.Y}} {
		x, y := float32(corner.X), float32(corner.Y)
		seen = seen.with(point{x*cos + y*sin, y*cos - x*sin})
	}
	floor := func(a, b float32) int { return int(math.Floor(float64(a / b))) }
	s := newShape()
	var turned []point
	for row := floor(seen.top, t.height); row <= floor(seen.bottom, t.height); row++ {
		for column := floor(seen.left, t.width); column <= floor(seen.right, t.width); column++ {
			corner := point{float32(column) * t.width, float32(row) * t.height}
			for _, contour := range t.drawn.layers[0].contours {
				turned = turned[:0]
				for _, p := range t.drawn.points[contour.from:contour.to] {
					p = p.plus(corner)
					turned = append(turned, point{p.x*cos - p.y*sin, p.x*sin + p.y*cos})
				}
				s.add(turned...)
			}
		}
	}
	return s
}
