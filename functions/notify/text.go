package notify

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// breaker is a character without width. Between two others it keeps programs
// from reading them as one thing.
const breaker = '\u200B'

// plain returns the text without characters that act on the text around them
// (controls, reversals of direction, invisible ones), its line breaks as \n,
// and broken up where a program would make a link or a mention of it:
// e-mail and chat programs do so with bare text, whatever the markup.
func plain(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	var before rune
	runes := visible(text)
	for i, r := range runes {
		b.WriteRune(r)
		var next rune
		if i+1 < len(runes) {
			next = runes[i+1]
		}
		switch {
		case r == '@' && next > ' ', // @here, name@example.com
			r == ':' && next == '/',                            // https://
			r == '.' && before > ' ' && unicode.IsLetter(next), // example.com
			r == '{' && next == '{':                            // {{DATE(…)}}, of Adaptive Cards
			b.WriteRune(breaker)
		}
		before = r
	}
	return strings.TrimSpace(b.String())
}

// maxText is how much of a text is looked at, in bytes: more than any kind
// shows of one.
const maxText = 16 << 10

// visible returns the characters that can be seen, joiners, spaces, and at
// most two line breaks in a row.
func visible(text string) []rune {
	if len(text) > maxText {
		end := maxText
		for !utf8.RuneStart(text[end]) && end > maxText-utf8.UTFMax {
			end--
		}
		text = text[:end]
	}
	out := make([]rune, 0, len(text))
	breaks := 0 // line breaks at the end
	for _, r := range strings.ReplaceAll(text, "\r\n", "\n") {
		switch {
		case r == '\n', r == '\r', r == '\v', r == '\f', r == 0x85, r == 0x2028, r == 0x2029:
			if breaks++; breaks <= 2 {
				out = append(out, '\n')
			}
			continue
		case r == '\t':
			r = ' '
		case unicode.IsControl(r), unsafeMark(r):
			continue
		}
		out = append(out, r)
		breaks = 0
	}
	return out
}

// oneLine is plain with spaces for line breaks.
func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(plain(text), func(r rune) bool { return r == '\n' }), " ")
}

// unsafeMark reports characters that can't be seen, and that change how others
// are shown or read. Joiners stay: scripts and emoji need them.
func unsafeMark(r rune) bool {
	switch {
	case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, // directions
		r == 0xAD, r == 0x180E, r == breaker, r >= 0x2060 && r <= 0x2064, r >= 0x206A && r <= 0x206F, r == 0xFEFF,
		r >= 0xFFF9 && r <= 0xFFFB, r == 0xE0001:
		return true
	}
	return false
}

// asIs is the escape function of formats in which text is only text.
func asIs(text string) string { return text }

// units is the length in UTF-16 units. The platforms speak of characters and
// don't say which: no way of counting gives more than this one.
func units(text string) int {
	n := 0
	for _, r := range text {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}

// clip escapes the text, which has to be possible piece by piece, and cuts it
// to at most limit units, between characters as people see them.
func clip(text string, limit int, escape func(string) string) string {
	if whole := escape(text); units(whole) <= limit {
		return whole
	}
	if limit < 1 {
		return ""
	}
	var b strings.Builder
	used := units("…")
	for text != "" {
		n := firstCluster(text)
		piece := escape(text[:n])
		if used += units(piece); used > limit {
			break
		}
		b.WriteString(piece)
		text = text[n:]
	}
	return strings.TrimRight(b.String(), " \n"+string(breaker)) + "…"
}

// maxCluster bounds what is taken for one character, in runes: people pile
// hundreds of marks on a letter. A family of four with skin tones has 11.
const maxCluster = 32

// firstCluster returns the length in bytes of the text's first character as
// people see it. It keeps together all that Unicode's extended grapheme
// clusters do (UAX #29), apart from rare signs put before numbers.
func firstCluster(text string) int {
	var before rune
	count, flags := 0, 0
	for i, r := range text {
		if count > 0 && (count == maxCluster || !joined(before, r, flags)) {
			return i
		}
		if regional(r) {
			flags++
		} else {
			flags = 0
		}
		before = r
		count++
	}
	return len(text)
}

// joined reports whether two runes belong together. flags is how many regional
// indicators the first one ends: two make a flag.
func joined(a, b rune, flags int) bool {
	const joiner, nonJoiner = 0x200D, 0x200C
	switch {
	case a == '\n' || a == breaker:
		return false
	case unicode.Is(unicode.M, b), b == joiner, b == nonJoiner, // accents, vowel signs, emoji variants
		b >= 0x1F3FB && b <= 0x1F3FF, b >= 0xE0020 && b <= 0xE007F, // skin tones, tags of flags
		b == 0xFF9E, b == 0xFF9F, b == 0xE33, b == 0xEB3: // Japanese, Thai and Lao marks
		return true
	case a == joiner:
		return b != '\n' && b != breaker
	case regional(a) && regional(b):
		return flags%2 == 1
	case laterJamo(b): // 한글 as macOS writes it in file names
		return leadingJamo(a) || laterJamo(a) || syllable(a)
	case leadingJamo(a):
		return leadingJamo(b) || syllable(b)
	}
	return conjunct(a) && unicode.IsLetter(b)
}

func regional(r rune) bool { return r >= 0x1F1E6 && r <= 0x1F1FF }

func syllable(r rune) bool { return r >= 0xAC00 && r <= 0xD7A3 }

func leadingJamo(r rune) bool { return r >= 0x1100 && r <= 0x115F || r >= 0xA960 && r <= 0xA97C }

// laterJamo reports vowels and final consonants.
func laterJamo(r rune) bool { return r >= 0x1160 && r <= 0x11FF || r >= 0xD7B0 && r <= 0xD7FB }

// conjunct reports the marks after which Indian scripts draw the next
// consonant below or into this one.
func conjunct(r rune) bool {
	switch r {
	case 0x94D, 0x9CD, 0xACD, 0xB4D, 0xC4D, 0xD4D:
		return true
	}
	return false
}
