package letters

import (
	"bytes"
	"compress/zlib"
	"io"
	"strings"
	"testing"
)

// tally is a pen that counts, and keeps how far it came.
type tally struct {
	contours, points         int
	left, bottom, right, top float32
}

func (t *tally) to(x, y float32) {
	t.points++
	t.left, t.bottom, t.right, t.top = min(t.left, x), min(t.bottom, y), max(t.right, x), max(t.top, y)
}

func (t *tally) MoveTo(x, y float32) { t.contours++; t.to(x, y) }
func (t *tally) LineTo(x, y float32) { t.to(x, y) }
func (t *tally) CubeTo(x1, y1, x2, y2, x, y float32) {
	t.to(x1, y1)
	t.to(x2, y2)
	t.to(x, y)
}

func TestFaces(t *testing.T) {
	const both = "!\"#$%&'()*+,-./0123456789:;<=>?@ABCXYZ[\\]^_`abcxyz{|}~¡ÀÿŁž–—…·‘’“”•₩€™번다운누적흐름속도완료예측"
	for name, test := range map[string]struct {
		face *Face
		want string
	}{
		"regular":  {Regular(), both + "→←①■★「」ㄱㅋㅏ㎡あア％똠뷁"},
		"semibold": {SemiBold(), both},
	} {
		t.Run(name, func(t *testing.T) {
			for _, r := range test.want {
				var drawn tally
				test.face.Draw(r, &drawn)
				if !test.face.Has(r) || drawn.points < 3 || test.face.Advance(r) <= 0 {
					t.Errorf("%q: got %+v, want a letter with an advance and at least 3 points", r, drawn)
				}
			}
			if !test.face.Has(' ') || test.face.Advance(' ') <= 0 {
				t.Error("no space")
			}
			if test.face.Kern('A', 'V') >= 0 || test.face.Kern('H', 'H') != 0 {
				t.Error("no kerning")
			}
			for _, r := range []rune{0, '漢', '🦊', -1} {
				var drawn tally
				test.face.Draw(r, &drawn)
				if test.face.Has(r) || drawn.points > 0 || test.face.Advance(r) != 0 {
					t.Errorf("%q is there", r)
				}
			}
		})
	}
}

// Every syllable is there in regular, and stands on its line within its width.
func TestRegular_everySyllable(t *testing.T) {
	for r := rune(0xac00); r <= 0xd7a3; r++ {
		var drawn tally
		Regular().Draw(r, &drawn)
		if drawn.points < 10 || drawn.left < -0.1 || drawn.right > 1 || drawn.bottom < -0.2 || drawn.top > 0.95 {
			t.Errorf("%c: got %+v, want at least 10 points within the line", r, drawn)
		}
	}
}

// The syllables of KS X 1001 are there in semibold.
func TestSemiBold_syllables(t *testing.T) {
	n := 0
	for r := rune(0xac00); r <= 0xd7a3; r++ {
		if SemiBold().Has(r) {
			n++
		}
	}
	if n != 2350 {
		t.Errorf("got %d syllables, want 2350", n)
	}
}

// What is damaged is refused.
func TestUnpack_damaged(t *testing.T) {
	inflated, err := zlib.NewReader(strings.NewReader(semibold))
	if err != nil {
		t.Fatal(err)
	}
	whole, err := io.ReadAll(inflated)
	if err != nil {
		t.Fatal(err)
	}
	for _, end := range []int{0, 1, 5, 100, 9000, len(whole) / 2, len(whole) - 1} {
		var packed bytes.Buffer
		w := zlib.NewWriter(&packed)
		if _, err := w.Write(whole[:end]); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := unpack(&packed); err == nil {
			t.Errorf("the first %d bytes are taken for all", end)
		}
	}
	if _, err := unpack(strings.NewReader(semibold[:1000])); err == nil {
		t.Error("a part is taken for all")
	}
}

func BenchmarkUnpack(b *testing.B) {
	for b.Loop() {
		mustUnpack(regular)
		mustUnpack(semibold)
	}
}
