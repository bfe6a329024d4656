package raster

import (
	"image"
	"math"
)

// smooth is how far a line may be from the curve it stands for, in pixels.
const smooth = 0.02

// point is in pixels of the PNG.
type point struct{ x, y float32 }

func (p point) plus(q point) point               { return point{p.x + q.x, p.y + q.y} }
func (p point) minus(q point) point              { return point{p.x - q.x, p.y - q.y} }
func (p point) times(f float32) point            { return point{p.x * f, p.y * f} }
func (p point) length() float32                  { return float32(math.Hypot(float64(p.x), float64(p.y))) }
func (p point) towards(q point, t float32) point { return p.plus(q.minus(p).times(t)) }

// box holds points.
type box struct{ left, top, right, bottom float32 }

var nowhere = box{math.MaxFloat32, math.MaxFloat32, -math.MaxFloat32, -math.MaxFloat32}

func (b box) with(p point) box {
	return box{min(b.left, p.x), min(b.top, p.y), max(b.right, p.x), max(b.bottom, p.y)}
}

func (b box) around(c box) box {
	return box{min(b.left, c.left), min(b.top, c.top), max(b.right, c.right), max(b.bottom, c.bottom)}
}

// pixels are those that the box touches.
func (b box) pixels() image.Rectangle {
	if b.left > b.right {
		return image.Rectangle{}
	}
	return image.Rect(int(math.Floor(float64(b.left))), int(math.Floor(float64(b.top))), int(math.Ceil(float64(b.right))), int(math.Ceil(float64(b.bottom))))
}

func (b box) touches(part image.Rectangle) bool {
	return b.right >= float32(part.Min.X) && b.left <= float32(part.Max.X) && b.bottom >= float32(part.Min.Y) && b.top <= float32(part.Max.Y)
}

// shape is an area: what the contours of its layers run around, closed each.
// Where contours of a layer overlap they have to run in the same direction,
// and may not share an edge. Where layers overlap, the one that covers more of
// a pixel counts.
type shape struct {
	points []point
	layers []layer
	box    box
}

type layer struct {
	contours []span
	box      box
}

// span is a contour among the points of a shape.
type span struct {
	from, to int
	box      box
}

func newShape() *shape { return &shape{layers: []layer{{box: nowhere}}, box: nowhere} }

// layer begins a new one, unless the last has nothing in it yet.
func (s *shape) layer() {
	if len(s.layers[len(s.layers)-1].contours) > 0 {
		s.layers = append(s.layers, layer{box: nowhere})
	}
}

// add adds a contour to the last layer.
func (s *shape) add(points ...point) {
	contour := span{len(s.points), len(s.points) + len(points), nowhere}
	for _, p := range points {
		contour.box = contour.box.with(p)
	}
	s.points = append(s.points, points...)
	last := &s.layers[len(s.layers)-1]
	last.contours = append(last.contours, contour)
	last.box, s.box = last.box.around(contour.box), s.box.around(contour.box)
}

// touches tells whether there is something of a layer in a part.
func (l *layer) touches(part image.Rectangle) bool {
	if !l.box.touches(part) {
		return false
	}
	for _, contour := range l.contours {
		if contour.box.touches(part) {
			return true
		}
	}
	return false
}

// subpath is a line to fill or to draw along.
type subpath struct {
	points []point
	closed bool
}

// area is what the subpaths run around.
func area(subpaths []subpath) *shape {
	s := newShape()
	for _, sub := range subpaths {
		s.add(sub.points...)
	}
	return s
}

// circle is of straight lines, as many as it takes to look round.
func circle(middle point, radius float32) []point {
	n := steps(2*math.Pi, radius)
	points := make([]point, n)
	for i := range points {
		points[i] = middle.plus(polar(radius, 2*math.Pi*float64(i)/float64(n)))
	}
	return points
}

// steps is how many lines make an arc of an angle.
func steps(angle, radius float32) int {
	if radius <= 2*smooth {
		return 4
	}
	return int(math.Ceil(float64(angle)/(2*math.Acos(1-smooth/float64(radius))))) + 2
}

func polar(radius float32, angle float64) point {
	sin, cos := math.Sincos(angle)
	return point{radius * float32(cos), radius * float32(sin)}
}

// rectangle has corners of a radius, or 0.
func rectangle(x, y, w, h, radius float32) []point {
	radius = min(radius, w/2, h/2)
	if radius <= 0 {
		return []point{{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}}
	}
	var points []point
	n := steps(math.Pi/2, radius)
	for corner, middle := range []point{{x + w - radius, y + h - radius}, {x + radius, y + h - radius}, {x + radius, y + radius}, {x + w - radius, y + radius}} {
		for i := range n + 1 {
			points = append(points, middle.plus(polar(radius, math.Pi/2*(float64(corner)+float64(i)/float64(n)))))
		}
	}
	return points
}

// cube appends the lines of a cubic curve from the last point on.
func cube(points []point, b, c, d point) []point {
	a := points[len(points)-1]
	bend := max(a.minus(b.times(2)).plus(c).length(), b.minus(c.times(2)).plus(d).length())
	// Wang's formula for a curve of degree 3.
	n := min(int(math.Ceil(math.Sqrt(0.75*float64(bend)/smooth))), 64)
	for i := 1; i < n; i++ {
		t := float32(i) / float32(n)
		ab, bc, cd := a.towards(b, t), b.towards(c, t), c.towards(d, t)
		points = append(points, ab.towards(bc, t).towards(bc.towards(cd, t), t))
	}
	return append(points, d)
}
