package raster

import (
	"errors"
	"image"
	"image/draw"

	"golang.org/x/image/vector"
)

// tile is the side of the squares that a canvas is drawn in, in pixels. A long
// line or a frame touches few of them, which is what makes drawing fast.
const tile = 128

// pointCost is the work of making and drawing a point of an outline, in pixels.
const pointCost = 20

// canvas is what is drawn on: opaque pixels, 0xrrggbb.
type canvas struct {
	width, height int
	pixels        []uint32
	rasterizer    vector.Rasterizer
	mask, second  *image.Alpha
	left          int // of the work that may be done, in pixels drawn over
}

// paint is what a shape is filled with: a colour, 0xrrggbb, with an opacity
// of up to 256, where a texture is if there is one.
type paint struct {
	colour  uint32
	opacity uint32
	texture *texture
}

var errTooMuch = errors.New("more is drawn than in any chart")

func newCanvas(width, height int) *canvas {
	c := &canvas{
		width: width, height: height,
		pixels: make([]uint32, width*height),
		mask:   image.NewAlpha(image.Rect(0, 0, tile, tile)),
		second: image.NewAlpha(image.Rect(0, 0, tile, tile)),
		left:   max(width*height, 64*tile*tile) * maxLayers,
	}
	for i := range c.pixels {
		c.pixels[i] = 0xffffff
	}
	return c
}

// fill paints a shape.
func (c *canvas) fill(s *shape, p paint) error {
	if err := c.spend(pointCost * len(s.points)); err != nil {
		return err
	}
	all := s.box.pixels().Intersect(image.Rect(0, 0, c.width, c.height))
	for y := all.Min.Y &^ (tile - 1); y < all.Max.Y; y += tile {
		for x := all.Min.X &^ (tile - 1); x < all.Max.X; x += tile {
			part := image.Rect(x, y, x+tile, y+tile).Intersect(all)
			if err := c.fillPart(s, p, part); err != nil {
				return err
			}
		}
	}
	return nil
}

// fillPart paints what of a shape is in a tile.
func (c *canvas) fillPart(s *shape, p paint, part image.Rectangle) error {
	drawn := 0
	for i := range s.layers {
		l := &s.layers[i]
		if !l.touches(part) {
			continue
		}
		if err := c.spend(part.Dx()*part.Dy() + len(l.contours)); err != nil {
			return err
		}
		if drawn++; drawn == 1 {
			c.cover(c.mask, s, l, part)
			continue
		}
		c.cover(c.second, s, l, part)
		for i, covered := range c.second.Pix {
			c.mask.Pix[i] = max(c.mask.Pix[i], covered)
		}
	}
	if drawn == 0 {
		return nil
	}
	if p.texture != nil {
		textured := p.texture.shape(part)
		if err := c.spend(part.Dx()*part.Dy() + len(textured.points)); err != nil {
			return err
		}
		c.cover(c.second, textured, &textured.layers[0], part)
		for i, covered := range c.second.Pix {
			c.mask.Pix[i] = uint8((uint32(c.mask.Pix[i])*uint32(covered) + 127) / 255)
		}
	}
	c.blend(part, p)
	return nil
}

// spend counts the work of drawing, in pixels.
func (c *canvas) spend(pixels int) error {
	if c.left -= pixels; c.left < 0 {
		return errTooMuch
	}
	return nil
}

// cover makes the mask how much of each pixel of a part a layer of a shape
// covers.
func (c *canvas) cover(mask *image.Alpha, s *shape, l *layer, part image.Rectangle) {
	w, h := part.Dx(), part.Dy()
	z := &c.rasterizer
	z.Reset(w, h)
	z.DrawOp = draw.Src
	left, top := float32(part.Min.X), float32(part.Min.Y)
	for _, contour := range l.contours {
		// One that is beside the part covers nothing of it.
		if !contour.box.touches(part) {
			continue
		}
		last := s.points[contour.to-1]
		for _, p := range s.points[contour.from:contour.to] {
			c.edge(point{last.x - left, last.y - top}, point{p.x - left, p.y - top}, float32(w), float32(h))
			last = p
		}
	}
	// A mask of the very size is drawn the fast way.
	*mask = image.Alpha{Pix: mask.Pix[:w*h], Stride: w, Rect: image.Rect(0, 0, w, h)}
	z.Draw(mask, mask.Rect, image.Opaque, image.Point{})
}

// edge gives the rasterizer a side of a contour, from a to b, cut to the
// part's width and height: what is of a line far outside would make it slow.
func (c *canvas) edge(a, b point, w, h float32) {
	if a.y == b.y || a.y <= 0 && b.y <= 0 || a.y >= h && b.y >= h {
		return
	}
	a, b = atHeight(a, b, min(max(a.y, 0), h)), atHeight(a, b, min(max(b.y, 0), h))
	for a.y != b.y {
		// The rasterizer loses up to 1/512 of a pixel in each row of a line.
		const rows = 16
		next := atHeight(a, b, min(max(b.y, a.y-rows), a.y+rows))
		// What is on the left covers the whole row, as if it were on the edge;
		// what is on the right nothing, which the rasterizer has to be told too.
		for _, x := range [...]float32{0, w} {
			if a.x < x && next.x > x || a.x > x && next.x < x {
				next = point{x, a.y + (x-a.x)/(next.x-a.x)*(next.y-a.y)}
			}
		}
		c.rasterizer.MoveTo(min(max(a.x, 0), w), a.y)
		c.rasterizer.LineTo(min(max(next.x, 0), w), next.y)
		a = next
	}
}

// atHeight is where the line from a to b is at a height between theirs.
func atHeight(a, b point, y float32) point {
	switch y {
	case a.y:
		return a
	case b.y:
		return b
	}
	return point{a.x + (y-a.y)/(b.y-a.y)*(b.x-a.x), y}
}

// blend lays the paint over the pixels of a part as far as the mask tells.
func (c *canvas) blend(part image.Rectangle, p paint) {
	w := part.Dx()
	for y := range part.Dy() {
		mask := c.mask.Pix[y*w : (y+1)*w]
		pixels := c.pixels[(part.Min.Y+y)*c.width+part.Min.X:][:w]
		for x, covered := range mask {
			switch {
			case covered == 0:
			case covered == 255 && p.opacity == 256:
				pixels[x] = p.colour
			default:
				pixels[x] = mix(pixels[x], p.colour, uint32(covered)*p.opacity)
			}
		}
	}
}

// mix lays one colour over another with an opacity of up to 255 × 256.
func mix(under, over, opacity uint32) uint32 {
	const whole = 255 * 256
	mixed := uint32(0)
	for shift := 0; shift < 24; shift += 8 {
		u, o := under>>shift&0xff, over>>shift&0xff
		mixed |= (u*(whole-opacity) + o*opacity + whole/2) / whole << shift
	}
	return mixed
}
