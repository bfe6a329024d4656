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
	room -= runeWidth('…') * size * stretch
	kept := 0
	for i, r := range text {
		if room -= runeWidth(r) * size * stretch; room < 0 {
			break
		}
		kept = i + len(string(r))
	}
	return strings.TrimRight(text[:kept], " \u200d") + "…"
}

// wrap breaks a text into lines at its spaces.
func wrap(text string, size, room float64) []string {
	var lines []string
	current := ""
	for _, word := range strings.Fields(text) {
		longer := strings.TrimSpace(current + " " + word)
		if current != "" && textWidth(longer, size, 1) > room {
			lines, longer = append(lines, current), word
		}
		current = longer
	}
	return append(lines, current)
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
