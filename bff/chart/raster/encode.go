package raster

import (
	"bytes"
	"cmp"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"slices"
)

// most is how many colours a palette may have.
const most = 256

// encode writes the canvas as a PNG with a palette: a third of the size of one
// without, and as fast again. Of the shades at the edges of what is drawn, so
// many that are all but alike become one that 256 are enough. (image/png would
// bring its decoder along, for which a WebAssembly module has no room.)
func encode(c *canvas) ([]byte, error) {
	palette, index := c.palette()
	var b bytes.Buffer
	b.WriteString("\x89PNG\r\n\x1a\n")
	header := binary.BigEndian.AppendUint32(nil, uint32(c.width))
	header = binary.BigEndian.AppendUint32(header, uint32(c.height))
	chunk(&b, "IHDR", append(header, 8, 3, 0, 0, 0)) // 8 bits, of a palette
	var colours []byte
	for _, colour := range palette {
		colours = append(colours, byte(colour>>16), byte(colour>>8), byte(colour))
	}
	chunk(&b, "PLTE", colours)

	// The best compression would take ten times as long for 8 % less.
	var deflated bytes.Buffer
	w := zlib.NewWriter(&deflated)
	row := make([]byte, 1+c.width) // the first byte: no filter
	last, at := c.pixels[0], index(c.pixels[0])
	for y := range c.height {
		for x, colour := range c.pixels[y*c.width : (y+1)*c.width] {
			if colour != last {
				last, at = colour, index(colour)
			}
			row[1+x] = at
		}
		if _, err := w.Write(row); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	chunk(&b, "IDAT", deflated.Bytes())
	chunk(&b, "IEND", nil)
	return b.Bytes(), nil
}

// chunk writes a part of a PNG (PNG specification, 5.3: chunk layout).
func chunk(b *bytes.Buffer, kind string, data []byte) {
	size := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b.Write(size)
	from := b.Len()
	b.WriteString(kind)
	b.Write(data)
	b.Write(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(b.Bytes()[from:])))
}

// palette returns the colours to draw with, the most used first, and which of
// them stands for a colour of the canvas.
func (c *canvas) palette() (palette []uint32, index func(uint32) uint8) {
	mask := uint32(0xffffff)
	counts := c.count(mask)
	if counts == nil {
		// No chart has so many colours: tell apart fewer.
		mask = 0xf8f8f8
		counts = c.count(mask)
	}
	colours := make([]uint32, 0, len(counts))
	for colour := range counts {
		colours = append(colours, colour)
	}
	slices.SortFunc(colours, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	indices := make(map[uint32]uint8, len(colours))
	for near := 0; ; near += 2 {
		if palette = reduce(colours, near, indices); palette != nil {
			return palette, func(colour uint32) uint8 { return indices[colour&mask] }
		}
	}
}

// count counts the pixels of each colour; nil if there are too many colours.
func (c *canvas) count(mask uint32) map[uint32]int {
	counts := map[uint32]int{}
	last, run := c.pixels[0]&mask, 0
	for _, colour := range c.pixels {
		if colour &= mask; colour != last {
			counts[last] += run
			last, run = colour, 0
			if mask == 0xffffff && len(counts) > 1<<14 {
				return nil
			}
		}
		run++
	}
	counts[last] += run
	return counts
}

// reduce takes the colours, but no two nearer to each other than told, and
// says in indices which stands for each. It returns nil if they are still too
// many.
func reduce(colours []uint32, near int, indices map[uint32]uint8) []uint32 {
	var palette []uint32
	for _, colour := range colours {
		best, least := 0, near*near+1
		for i, other := range palette {
			if d := distance(colour, other); d < least {
				best, least = i, d
			}
		}
		if least > near*near {
			if best = len(palette); best == most {
				return nil
			}
			palette = append(palette, colour)
		}
		indices[colour] = uint8(best)
	}
	return palette
}

// distance is squared.
func distance(a, b uint32) int {
	sum := 0
	for shift := 0; shift < 24; shift += 8 {
		d := int(a>>shift&0xff) - int(b>>shift&0xff)
		sum += d * d
	}
	return sum
}
