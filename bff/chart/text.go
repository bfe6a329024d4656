package chart

import (
	"strings"
	"unicode"
)

// textWidth estimates the width of a text in pixels, on the wide side: which
// font the reader has is not known. stretch is for bold text.
func textWidth(text string, size, stretch float64) float64 {
	em := 0.0
	for _, r := range text {
		em += runeWidth(r)
	}
	return em * size * stretch
}

// runeWidth is in em.
func runeWidth(r rune) float64 {
	switch {
	case strings.ContainsRune(" .,:;'|!iljI()[]·", r):
		return 0.33
	case strings.ContainsRune("mwMW%@—…", r):
		return 0.92
	case r >= 'A' && r <= 'Z':
		return 0.7
	case r < 0x1100:
		return 0.6
	case unicode.Is(unicode.Mn, r) || r == '\u200d' || r == '\ufe0f':
		return 0
	case r >= 0xac00 && r <= 0xd7a3: // Hangul
		return 0.95
	default: // Chinese characters, pictures
		return 1
	}
}

// fit cuts a text that is wider than the room for it.
func fit(text string, size, stretch, room float64) string {
	if textWidth(text, size, stretch) <= room {
		return text
	}
	kept := fitting(text, size, stretch, room-runeWidth('…')*size*stretch)
	return strings.TrimRight(text[:kept], " \u200d") + "…"
}

// fitting is how much of a text there is room for, in bytes.
func fitting(text string, size, stretch, room float64) int {
	kept := 0
	for i, r := range text {
		if room -= runeWidth(r) * size * stretch; room < 0 {
			break
		}
		kept = i + len(string(r))
	}
	return kept
}

// wrap breaks a text that is clean into lines, most at most: at its spaces, or
// within a word that is longer than a line. The last line is cut if need be.
func wrap(text string, size, stretch, room float64, most int) []string {
	var lines []string
	for len(lines) < most-1 && textWidth(text, size, stretch) > room {
		at := fitting(text, size, stretch, room)
		if space := strings.LastIndex(text[:at+1], " "); space > 0 {
			at = space
		}
		lines = append(lines, text[:at])
		text = strings.TrimPrefix(text[at:], " ")
	}
	return append(lines, fit(text, size, stretch, room))
}

// even breaks a text into as few lines as wrap does, but into ones of more
// even lengths: a last word doesn't stand alone.
func even(text string, size, stretch, room float64, most int) []string {
	lines := wrap(text, size, stretch, room, most)
	for room -= 8; room > 0; room -= 8 {
		narrower := wrap(text, size, stretch, room, most+1)
		if len(narrower) > len(lines) {
			break
		}
		lines = narrower
	}
	return lines
}

// clean makes a name fit for one line: a name may hold line breaks, control
// characters, and marks that turn the direction of what follows them.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200e, r == 0x200f:
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd"))
	return strings.Join(strings.Fields(text), " ")
}
