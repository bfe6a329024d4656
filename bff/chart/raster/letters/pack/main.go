// Command pack makes the files that package letters embeds from an OpenType
// font with cubic outlines (.otf), read from standard input:
//
//	pack regular|semibold < font.otf > file
package main

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"slices"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/encoding/korean"
)

// units are the steps in an em that outlines are rounded to: a fourteenth of a
// pixel in the largest text, at twice its size. Finer ones would make the
// files larger by a quarter. Advances and kerning are as exact as in the font,
// since they add up.
const units = 512

func main() {
	log.SetFlags(0)
	sets := map[string]func() []rune{"regular": all, "semibold": most}
	if len(os.Args) != 2 || sets[os.Args[1]] == nil {
		log.Fatal("usage: pack regular|semibold < font.otf > file")
	}
	if err := pack(os.Stdin, os.Stdout, sets[os.Args[1]]()); err != nil {
		log.Fatal(err)
	}
}

// all is Latin, punctuation and symbols, kana, jamo and every syllable.
func all() []rune {
	return spans(0x20, 0x7e, 0xa0, 0x24f, 0x2010, 0x27bf, 0x3000, 0x33ff, 0xac00, 0xd7a3, 0xff01, 0xffef)
}

// most is what all but a few words consist of: of the syllables the 2,350 of
// KS X 1001.
func most() []rune {
	runes := append(spans(0x20, 0x7e, 0xa0, 0x17f, 0x2010, 0x2122), hangul()...)
	slices.Sort(runes)
	return runes
}

func spans(ends ...rune) []rune {
	var runes []rune
	for i := 0; i < len(ends); i += 2 {
		for r := ends[i]; r <= ends[i+1]; r++ {
			runes = append(runes, r)
		}
	}
	return runes
}

// hangul are the syllables of KS X 1001: the rows 0xb0 to 0xc8 of EUC-KR.
func hangul() []rune {
	var runes []rune
	for row := byte(0xb0); row <= 0xc8; row++ {
		for cell := byte(0xa1); cell <= 0xfe; cell++ {
			syllable, err := korean.EUCKR.NewDecoder().Bytes([]byte{row, cell})
			if err != nil {
				log.Fatal(err) // there are no gaps in these rows
			}
			runes = append(runes, []rune(string(syllable))...)
		}
	}
	return runes
}

// pack writes what of the runes the font has.
func pack(in io.Reader, out io.Writer, runes []rune) error {
	file, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	source, err := sfnt.Parse(file)
	if err != nil {
		return err
	}
	p := packer{font: source, scale: units / float64(source.UnitsPerEm())}
	for _, r := range runes {
		if err := p.letter(r); err != nil {
			return fmt.Errorf("%q: %w", r, err)
		}
	}
	if err := p.kerning(); err != nil {
		return err
	}
	deflated, err := zlib.NewWriterLevel(out, zlib.BestCompression)
	if err != nil {
		return err
	}
	if _, err := deflated.Write(p.file()); err != nil {
		return err
	}
	return deflated.Close()
}

type packer struct {
	font   *sfnt.Font
	buffer sfnt.Buffer
	scale  float64

	runes                     []rune
	pairs                     int
	advances, lefts, distance []byte // as they are written
	ops, xs, ys               []byte
}

// ppem makes the font tell its lengths in its own units.
func (p *packer) ppem() fixed.Int26_6 { return fixed.I(int(p.font.UnitsPerEm())) }

func (p *packer) round(length fixed.Int26_6) int64 {
	return int64(math.Round(float64(length) / 64 * p.scale))
}

func (p *packer) letter(r rune) error {
	glyph, err := p.font.GlyphIndex(&p.buffer, r)
	if err != nil || glyph == 0 {
		return err
	}
	advance, err := p.font.GlyphAdvance(&p.buffer, glyph, p.ppem(), font.HintingNone)
	if err != nil {
		return err
	}
	segments, err := p.font.LoadGlyph(&p.buffer, glyph, p.ppem(), nil)
	if err != nil {
		return err
	}
	p.runes = append(p.runes, r)
	p.advances = binary.AppendUvarint(p.advances, uint64(advance.Round()))
	var x, y int64
	for _, segment := range segments {
		points := segment.Args[:1]
		switch segment.Op {
		case sfnt.SegmentOpMoveTo:
			p.ops = append(p.ops, 1)
		case sfnt.SegmentOpLineTo:
			p.ops = append(p.ops, 2)
		case sfnt.SegmentOpCubeTo:
			p.ops = append(p.ops, 3)
			points = segment.Args[:]
		default:
			return fmt.Errorf("the outline isn't cubic: take the .otf file")
		}
		for _, point := range points {
			nextX, nextY := p.round(point.X), p.round(-point.Y)
			p.xs, p.ys = binary.AppendVarint(p.xs, nextX-x), binary.AppendVarint(p.ys, nextY-y)
			x, y = nextX, nextY
		}
	}
	p.ops = append(p.ops, 0)
	return nil
}

// kerning takes the distances between the letters and signs of ASCII.
func (p *packer) kerning() error {
	glyphs := map[rune]sfnt.GlyphIndex{}
	for r := rune(0x21); r <= 0x7e; r++ {
		glyph, err := p.font.GlyphIndex(&p.buffer, r)
		if err != nil {
			return err
		}
		glyphs[r] = glyph
	}
	last := uint64(0)
	for left := rune(0x21); left <= 0x7e; left++ {
		for right := rune(0x21); right <= 0x7e; right++ {
			kern, err := p.font.Kern(&p.buffer, glyphs[left], glyphs[right], p.ppem(), font.HintingNone)
			if err != nil && err != sfnt.ErrNotFound {
				return err
			}
			if distance := int64(kern.Round()); distance != 0 {
				pair := uint64(left)<<32 | uint64(right)
				p.lefts = binary.AppendUvarint(p.lefts, pair-last)
				p.distance = binary.AppendVarint(p.distance, distance)
				last = pair
				p.pairs++
			}
		}
	}
	return nil
}

// file is what unpack in package letters reads.
func (p *packer) file() []byte {
	var b bytes.Buffer
	number := func(n int) { b.Write(binary.AppendUvarint(nil, uint64(n))) }
	number(units)
	number(int(p.font.UnitsPerEm()))
	number(len(p.runes))
	last := rune(0)
	for _, r := range p.runes {
		number(int(r - last))
		last = r
	}
	b.Write(p.advances)
	number(p.pairs)
	b.Write(p.lefts)
	b.Write(p.distance)
	for _, stream := range [][]byte{p.ops, p.xs, p.ys} {
		number(len(stream))
		b.Write(stream)
	}
	log.Printf("%d letters, %d pairs, %d kB", len(p.runes), p.pairs, b.Len()/1000)
	return b.Bytes()
}
