// Package letters holds the outlines of the letters that pictures are
// labelled with: Latin, symbols, kana and every Hangul syllable in a regular
// weight, and what is written most in a semibold one. See README.md for where
// they are from and how to make them anew.
//
// They are not kept as a font file: of one only outlines, advances and kerning
// are needed, and in streams of alike bytes these compress to less than two
// thirds of it, which counts where the program is a WebAssembly module with a
// limit on its size.
package letters

import (
	"bufio"
	"compress/zlib"
	_ "embed"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
)

//go:embed regular.z
var regular string

//go:embed semibold.z
var semibold string

// Regular is the weight 400. It is unpacked when it is first asked for.
var Regular = sync.OnceValue(func() *Face { return mustUnpack(regular) })

// SemiBold is the weight 600, with fewer letters than Regular.
var SemiBold = sync.OnceValue(func() *Face { return mustUnpack(semibold) })

// Face is a font in one weight. Its lengths are in em.
type Face struct {
	em       float32 // units in one, of outlines
	fine     float32 // units in one, of advances and kerning
	runes    []rune  // ascending
	advances []uint64
	// Where the outline of each letter begins in the streams.
	at         []offset
	ops        []byte
	xs, ys     []byte
	kernPairs  []uint64 // left << 32 | right, ascending
	kernValues []int64
}

type offset struct{ op, x, y int32 }

// Pen is drawn an outline with: contours, each begun by MoveTo and closed by
// the next or the end. The origin is on the base line, y grows upwards.
type Pen interface {
	MoveTo(x, y float32)
	LineTo(x, y float32)
	CubeTo(x1, y1, x2, y2, x, y float32)
}

// The operations of an outline.
const (
	endOp = iota
	moveOp
	lineOp
	cubeOp
)

// Has tells whether the face has a letter.
func (f *Face) Has(r rune) bool {
	_, ok := slices.BinarySearch(f.runes, r)
	return ok
}

// Advance is the width of a letter with the space around it; 0 if the face
// doesn't have it.
func (f *Face) Advance(r rune) float32 {
	i, ok := slices.BinarySearch(f.runes, r)
	if !ok {
		return 0
	}
	return float32(f.advances[i]) / f.fine
}

// Kern is what the space between two letters grows by, mostly negative.
func (f *Face) Kern(left, right rune) float32 {
	i, ok := slices.BinarySearch(f.kernPairs, uint64(left)<<32|uint64(right))
	if !ok {
		return 0
	}
	return float32(f.kernValues[i]) / f.fine
}

// Draw draws the outline of a letter; none if the face doesn't have it.
func (f *Face) Draw(r rune, pen Pen) {
	i, ok := slices.BinarySearch(f.runes, r)
	if !ok {
		return
	}
	ops, xs, ys := f.ops[f.at[i].op:], f.xs[f.at[i].x:], f.ys[f.at[i].y:]
	var x, y int64
	next := func() (float32, float32) {
		dx, n := binary.Varint(xs)
		xs = xs[n:]
		dy, n := binary.Varint(ys)
		ys = ys[n:]
		x, y = x+dx, y+dy
		return float32(x) / f.em, float32(y) / f.em
	}
	for {
		switch ops[0] {
		case moveOp:
			pen.MoveTo(next())
		case lineOp:
			pen.LineTo(next())
		case cubeOp:
			x1, y1 := next()
			x2, y2 := next()
			x3, y3 := next()
			pen.CubeTo(x1, y1, x2, y2, x3, y3)
		default:
			return
		}
		ops = ops[1:]
	}
}

func mustUnpack(packed string) *Face {
	face, err := unpack(strings.NewReader(packed))
	if err != nil {
		panic(fmt.Sprintf("the embedded letters: %v", err)) // a fault of the build
	}
	return face
}

// unpack reads what the program in pack wrote.
func unpack(packed io.Reader) (*Face, error) {
	inflated, err := zlib.NewReader(packed)
	if err != nil {
		return nil, err
	}
	in := &reader{bufio.NewReader(inflated), nil}
	f := &Face{em: float32(in.uint()), fine: float32(in.uint())}
	f.runes = make([]rune, in.uint())
	f.advances = make([]uint64, len(f.runes))
	for i, r := range in.ascending(len(f.runes)) {
		f.runes[i] = rune(r)
	}
	for i := range f.advances {
		f.advances[i] = in.uint()
	}
	f.kernPairs = in.ascending(int(in.uint()))
	f.kernValues = make([]int64, len(f.kernPairs))
	for i := range f.kernValues {
		f.kernValues[i] = in.int()
	}
	f.ops, f.xs, f.ys = in.bytes(), in.bytes(), in.bytes()
	if in.err != nil {
		return nil, in.err
	}
	return f, f.index()
}

// index finds where each letter's outline begins. That is counted rather than
// stored: the streams have to be unpacked whole anyway.
func (f *Face) index() error {
	f.at = make([]offset, len(f.runes))
	points := [...]int{endOp: 0, moveOp: 1, lineOp: 1, cubeOp: 3}
	var now offset
	for i := range f.at {
		f.at[i] = now
		for {
			if int(now.op) == len(f.ops) || int(f.ops[now.op]) >= len(points) {
				return fmt.Errorf("letter %d has no end", i)
			}
			op := f.ops[now.op]
			now.op++
			if op == endOp {
				break
			}
			for range points[op] {
				now.x = skip(f.xs, now.x)
				now.y = skip(f.ys, now.y)
			}
			if int(now.x) > len(f.xs) || int(now.y) > len(f.ys) {
				return fmt.Errorf("letter %d has too few points", i)
			}
		}
	}
	return nil
}

// skip returns where the next number begins in a stream.
func skip(stream []byte, at int32) int32 {
	for int(at) < len(stream) && stream[at] >= 0x80 {
		at++
	}
	return at + 1
}

// reader keeps the first error, and reads zeros after it.
type reader struct {
	*bufio.Reader
	err error
}

func (r *reader) uint() uint64 {
	value, err := binary.ReadUvarint(r)
	if r.keep(err); r.err != nil || value > 1<<40 {
		return 0
	}
	return value
}

func (r *reader) int() int64 {
	value, err := binary.ReadVarint(r)
	r.keep(err)
	return value
}

// ascending reads numbers told by their distances.
func (r *reader) ascending(n int) []uint64 {
	values := make([]uint64, n)
	last := uint64(0)
	for i := range values {
		last += r.uint()
		values[i] = last
	}
	return values
}

func (r *reader) bytes() []byte {
	stream := make([]byte, r.uint())
	_, err := io.ReadFull(r, stream)
	r.keep(err)
	return stream
}

func (r *reader) keep(err error) {
	if r.err == nil {
		r.err = err
	}
}
