package phrase_test

import (
	"testing"

	"github.com/mysingle/mysingle/functions/phrase"
)

func TestPhrases(t *testing.T) {
	name, nobody, half, third := "이도현", "", 0.5, 1.0/3
	for want, got := range map[string]string{
		"11월 24일 (화)":       phrase.Korean.Day("2026-11-24"),
		"Tue, 24 Nov":       phrase.English.Day("2026-11-24"),
		"someday":           phrase.Korean.Day("someday"),
		"이도현":               phrase.English.Name(&name),
		"somebody":          phrase.English.Name(&nobody),
		"이름 없음":             phrase.Korean.Name(nil),
		"3":                 phrase.Number(3),
		"3.3":               phrase.Number(10.0 / 3),
		"3개(5.5포인트)":        phrase.Korean.Work(3, 5.5),
		"1 task":            phrase.English.Work(1, 0),
		"2 tasks":           phrase.English.Work(2, 0),
		"1개":                phrase.Korean.Work(1, 0),
		"50%":               phrase.Percent(&half),
		"33%":               phrase.Percent(&third),
		"–":                 phrase.Percent(nil),
		"방금":                phrase.Korean.Age(0.4),
		"just now":          phrase.English.Age(0.4),
		"5시간 전부터":           phrase.Korean.Age(5.9),
		"하루 전부터":            phrase.Korean.Age(24),
		"for a day":         phrase.English.Age(47.9),
		"1 point":           phrase.English.Points(1),
		"2 tasks (1 point)": phrase.English.Work(2, 1),
		"3시간 만에":            phrase.Korean.Span(3.2),
		"6일 만에":             phrase.Korean.Span(144.6),
		"in 3 days":         phrase.English.Span(78.3),
		"within an hour":    phrase.English.Span(0.2),
		"for 3 days":        phrase.English.Age(72),
		"b of a":            phrase.English.Say("", "%[2]s of %[1]s", "a", "b"),
		"for other words":   phrase.Language("fr").In("", "for other words"),
	} {
		if got != want {
			t.Errorf("the phrase: got %q, want %q", got, want)
		}
	}
}
