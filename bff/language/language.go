// Package language chooses the language of an answer, English or Korean, and
// holds everything that the BFF says in the second one. What a program reads
// (codes, names of parameters) is never translated.
package language

import (
	"fmt"

	"golang.org/x/text/language"
)

// Language is a language that the BFF speaks, as Content-Language names it.
type Language string

// The languages. English is for whoever asks for none of them.
const (
	English Language = "en"
	Korean  Language = "ko"
)

var (
	spoken  = []Language{English, Korean}
	matcher = language.NewMatcher([]language.Tag{language.English, language.Korean})
)

// Of is the language to answer in for the value of an Accept-Language header,
// which may be empty or malformed.
func Of(acceptLanguage string) Language {
	wanted, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil {
		return English
	}
	_, i, _ := matcher.Match(wanted...)
	return spoken[i]
}

// Say puts the arguments into the sentence, a format of package fmt, in this
// language. The sentence is given in English; one that the catalogue doesn't
// have, such as an upstream's own, stays as it is.
func (l Language) Say(sentence string, args ...any) string {
	if translated, ok := korean[sentence]; ok && l == Korean {
		sentence = translated
	}
	if len(args) == 0 {
		return sentence
	}
	return fmt.Sprintf(sentence, args...)
}
