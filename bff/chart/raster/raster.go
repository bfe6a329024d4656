// Package raster turns the SVG pictures of package chart into PNG, for what
// doesn't show SVG: mail programs and chats.
//
// It is no SVG renderer: it knows the elements, attributes and path commands
// that package chart writes, and refuses any other by name, so that a picture
// is right or there is none. It draws the light colours, with letters of its
// own (package letters), and needs nothing of the system, so that it runs in
// a WebAssembly function as it does natively. The same input gives the same
// bytes.
package raster

import (
	"fmt"
	"math"
)

// What is refused, so that no input takes more than some 100 MB of memory and a
// few seconds. The largest picture of package chart, a flow of 366 days, is of
// 51 kB, and at a scale of 2 of 1.4 million pixels.
const (
	maxInput  = 1 << 20 // bytes
	minScale  = 0.5
	maxScale  = 4
	maxPixels = 8 << 20
	maxLength = 10_000 // of any coordinate, in pixels of the picture
	// Pixels that are drawn over, for each of the picture: a chart takes 6.
	maxLayers = 60
	// Points of one element's outline, dashes and letters included: a chart
	// takes 10,000.
	maxPoints  = 500_000
	maxLetters = 2000 // of one text
)

// Render returns the picture as a PNG, scale times as large: 2 is sharp on
// today's screens. It fails if the picture isn't one of package chart, saying
// what it doesn't know, or if it is too large to draw.
func Render(svg []byte, scale float64) ([]byte, error) {
	if !(scale >= minScale && scale <= maxScale) { // true for NaN too
		return nil, fmt.Errorf("raster: a scale of %v isn't from %v to %v", scale, minScale, maxScale)
	}
	if len(svg) > maxInput {
		return nil, fmt.Errorf("raster: %d bytes are more than %d", len(svg), maxInput)
	}
	canvas, err := read(svg, scale)
	if err != nil {
		return nil, fmt.Errorf("raster: %w", err)
	}
	return encode(canvas)
}

// sizedCanvas returns a canvas for a picture of a size.
func sizedCanvas(width, height, scale float64) (*canvas, error) {
	w, h := math.Round(width*scale), math.Round(height*scale)
	if w < 1 || h < 1 || w*h > maxPixels {
		return nil, fmt.Errorf("%v × %v pixels can't be drawn", w, h)
	}
	return newCanvas(int(w), int(h)), nil
}
