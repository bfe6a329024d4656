package notify

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestPlain(t *testing.T) {
	for _, tt := range []struct{ Name, Text, Want string }{
		{"Korean", "로그인 화면 만들기", "로그인 화면 만들기"},
		{"line breaks", "a\r\nb\rc\u2028d\u0085e", "a\nb\nc\nd\ne"},
		{"many line breaks", "a\n\n\n\n\nb", "a\n\nb"},
		{"around", " \n a \n ", "a"},
		{"controls", "a\x00b\x1b[31mc\td", "ab[31mc d"},
		{"reversed", "a\u202Egnp.exe\u202C", "agnp.\u200Bexe"},
		{"isolates", "\u2067a\u2069", "a"},
		{"invisible", "a\u200Bb\uFEFFc\u2060d\u00ADe", "abcde"},
		{"not UTF-8", "a\xffb", "a\uFFFDb"},
		{"family", "👨‍👩‍👧‍👦", "👨‍👩‍👧‍👦"},
		{"mention", "@here @everyone", "@\u200Bhere @\u200Beveryone"},
		{"mention of Slack's", "<!channel> <@U123>", "<!channel> <@\u200BU123>"},
		{"address", "kim@example.com", "kim@\u200Bexample.\u200Bcom"},
		{"link", "https://evil.example/x.png?a=b", "https:\u200B//evil.\u200Bexample/x.\u200Bpng?a=b"},
		{"bare link", "WWW.evil.한국 으로", "WWW.\u200Bevil.\u200B한국 으로"},
		{"broken up already", "https:\u200B//a.\u200Bexample", "https:\u200B//a.\u200Bexample"},
		{"no links", "v1.2.3 at 10:30. Done. 3@2 @ .", "v1.2.3 at 10:30. Done. 3@\u200B2 @ ."},
		{"card function", "{{DATE(2017-02-14T06:08:39Z)}}", "{\u200B{DATE(2017-02-14T06:08:39Z)}}"},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			got := plain(tt.Text)
			if got != tt.Want {
				t.Errorf("the plain text: got %+q, want %+q", got, tt.Want)
			}
			if again := plain(got); again != got {
				t.Errorf("the plain text of %+q: got %+q, want the same", got, again)
			}
		})
	}
}

// clusters are what people see as one character each.
var clusters = []string{
	"a", " ", ".", "가", "힣", "각" /* in jamo */, "한", "𝒳", "é", "e\u0301", "e\u0301\u0323", "ก็", "กำ", "न्", "क्षि", "ி",
	"👩", "👩🏽", "👨‍👩‍👧‍👦", "👩🏽‍❤️‍💋‍👨🏿", "🏳️‍🌈", "🇰🇷", "🇺🇸", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣", "❤️", "が", "ｶﾞ", "⚠︎",
}

func TestClipCutsBetweenCharacters(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		var text strings.Builder
		var parts []string
		for range random.IntN(12) {
			part := clusters[random.IntN(len(clusters))]
			if part == "ி" && len(parts) == 0 {
				continue // a mark alone
			}
			if part == "ி" {
				parts[len(parts)-1] += part
			} else {
				parts = append(parts, part)
			}
			text.WriteString(part)
		}
		whole := text.String()
		limit := random.IntN(30)
		got := clip(whole, limit, asIs)
		if units(got) > limit {
			t.Fatalf("clip %q to %d units: got %q of %d units", whole, limit, got, units(got))
		}
		if got == whole || got == "" && limit == 0 {
			continue
		}
		kept, cut := strings.CutSuffix(got, "…")
		if !cut {
			t.Fatalf("clip %q to %d units: got %q, want an ellipsis at its end", whole, limit, got)
		}
		prefix, fits := "", false
		for i := 0; i <= len(parts); i++ {
			if strings.TrimRight(prefix, " ") == kept {
				fits = true
			}
			if i < len(parts) {
				prefix += parts[i]
			}
		}
		if !fits {
			t.Fatalf("clip %q to %d units: got %+q, cut inside a character", whole, limit, got)
		}
	}
}

func TestClipEscapes(t *testing.T) {
	for _, tt := range []struct {
		Name, Text string
		Limit      int
		Escape     func(string) string
		Want       string
	}{
		{"whole", "a&b", 7, slackText.Replace, "a&amp;b"},
		{"not inside an entity", "a&b", 6, slackText.Replace, "a…"},
		{"not after a backslash", "***", 5, discordText, `\*\*…`},
		{"nothing fits", "가나", 1, asIs, "…"},
		{"no room", "가", 0, asIs, ""},
		{"two units", "😀😀😀", 5, asIs, "😀😀…"},
		{"no space before the ellipsis", "가나 다라", 4, asIs, "가나…"},
	} {
		if got := clip(tt.Text, tt.Limit, tt.Escape); got != tt.Want {
			t.Errorf("%s: got %q, want %q", tt.Name, got, tt.Want)
		}
	}
	// A letter under a thousand marks is not one character for ever.
	zalgo := "Z" + strings.Repeat("\u0301", 1000)
	if got := clip(zalgo, 100, asIs); units(got) < 60 || units(got) > 100 {
		t.Errorf("a letter under 1000 marks: got %d units, want 60 to 100", units(got))
	}
}

func FuzzClip(f *testing.F) {
	for _, seed := range clusters {
		f.Add(seed+"@here"+seed, 5)
	}
	f.Fuzz(func(t *testing.T, text string, limit int) {
		text = plain(text)
		if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }) {
			t.Fatalf("the plain text: got %q, want UTF-8 without control characters other than line breaks", text)
		}
		if plain(text) != text {
			t.Fatalf("the plain text of %+q: got %+q, want the same", text, plain(text))
		}
		for _, escape := range []func(string) string{asIs, discordText, slackText.Replace} {
			got := clip(text, limit, escape)
			if units(got) > max(limit, 0) || !utf8.ValidString(got) {
				t.Fatalf("clip %q to %d units: got %q of %d units, want at most the limit, and UTF-8",
					text, limit, got, units(got))
			}
			bare := strings.NewReplacer("\\", "") // more is escaped where the rest isn't known
			if kept, cut := strings.CutSuffix(got, "…"); cut && got != escape(text) && !strings.HasPrefix(bare.Replace(escape(text)), bare.Replace(kept)) {
				t.Fatalf("clip %q to %d units: got %q, want its beginning", text, limit, got)
			}
		}
	})
}
