package language

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/go-playground/validator/v10"
)

// rules are what is said when a value breaks a rule of validation, by the
// rule's name. What is said of a text or of a list is under the name and
// "of text" or "of list"; what is said where the rule asks for one thing in
// particular is under the rule as it is written. They are formats of package
// fmt for the field's name, what the rule asks for (all of it between commas)
// and the value, then the words of what it asks for, one by one.
var rules = map[string]map[Language]string{
	"required": {
		English: "%[1]s is required",
		Korean:  "%[1]s은(는) 필수입니다",
	},
	"uuid": {
		English: "%[1]s must be a valid UUID",
		Korean:  "%[1]s은(는) 올바른 UUID여야 합니다",
	},
	"date": {
		English: "%[1]s must be a date such as 2026-11-23",
		Korean:  "%[1]s은(는) 2026-11-23처럼 적은 실제 날짜여야 합니다",
	},
	"email": {
		English: "%[1]s must be an e-mail address",
		Korean:  "%[1]s은(는) 올바른 이메일 주소여야 합니다",
	},
	"longest": {
		English: "%[1]s must have at most %[2]s characters",
		Korean:  "%[1]s은(는) %[2]s자를 넘을 수 없습니다",
	},
	"bytes": {
		English: "%[1]s must have at most %[2]s bytes; a letter takes one, a Korean syllable three",
		Korean:  "%[1]s은(는) %[2]s바이트를 넘을 수 없습니다. 영문자는 1바이트, 한글은 한 글자에 3바이트입니다",
	},
	"provider": {
		English: "%[1]s must be a provider's name such as google",
		Korean:  "%[1]s은(는) google 같은 로그인 제공자의 이름이어야 합니다",
	},
	"app_path": {
		English: "%[1]s must be the path of one of the app's pages, such as /board",
		Korean:  "%[1]s은(는) /board처럼 이 앱에 있는 페이지의 경로여야 합니다",
	},
	"timestamp": {
		English: "%[1]s must be a time such as 2026-11-23T09:00:00Z",
		Korean:  "%[1]s은(는) 2026-11-23T09:00:00Z처럼 적은 실제 시각이어야 합니다",
	},
	"integer": {
		English: "%[1]s must be a whole number",
		Korean:  "%[1]s은(는) 정수여야 합니다",
	},
	"number": {
		English: "%[1]s must be a number",
		Korean:  "%[1]s은(는) 숫자여야 합니다",
	},
	"min": {
		English: "%[1]s must be %[2]s or greater",
		Korean:  "%[1]s은(는) %[2]s 이상이어야 합니다",
	},
	"max": {
		English: "%[1]s must be %[2]s or less",
		Korean:  "%[1]s은(는) %[2]s 이하여야 합니다",
	},
	"min of text": {
		English: "%[1]s must have at least %[2]s characters",
		Korean:  "%[1]s은(는) %[2]s자 이상이어야 합니다",
	},
	"min=1 of text": {
		English: "%[1]s must not be empty",
		Korean:  "%[1]s은(는) 비워 둘 수 없습니다",
	},
	"max of text": {
		English: "%[1]s must have at most %[2]s characters",
		Korean:  "%[1]s은(는) %[2]s자 이하여야 합니다",
	},
	"min of list": {
		English: "%[1]s must have %[2]s or more elements",
		Korean:  "%[1]s의 항목은 %[2]s개 이상이어야 합니다",
	},
	"max of list": {
		English: "%[1]s must have %[2]s or fewer elements",
		Korean:  "%[1]s의 항목은 %[2]s개 이하여야 합니다",
	},
	"oneof": {
		English: "%[1]s: %[3]q is not one of %[2]s",
		Korean:  "%[1]s: %[3]q은(는) %[2]s 중 하나가 아닙니다",
	},
	// Of query parameters that name a person.
	"eq=me|uuid": {
		English: "%[1]s must be me or a member's UUID",
		Korean:  "%[1]s은(는) me 또는 구성원의 UUID여야 합니다",
	},
	// Of columns of the database.
	"since": {
		English: "%[1]s must be on or after %[2]s",
		Korean:  "%[1]s은(는) %[2]s이거나 그 뒤여야 합니다",
	},
	"until": {
		English: "%[1]s must be on or before %[2]s",
		Korean:  "%[1]s은(는) %[2]s이거나 그 앞이어야 합니다",
	},
	"gtefield": {
		English: "%[1]s must be on or after %[2]s",
		Korean:  "%[1]s은(는) %[2]s와(과) 같거나 그 뒤여야 합니다",
	},
	"within": {
		English: "%[1]s must be at most %[5]s days after %[4]s",
		Korean:  "%[1]s은(는) %[4]s부터 %[5]s일 이내여야 합니다",
	},
	"pattern": {
		English: "%[1]s must match %[2]s",
		Korean:  "%[1]s은(는) %[2]s 형식이어야 합니다",
	},
	`pattern=^[^@\s]+@[^@\s]+$`: {
		English: "%[1]s must be an e-mail address",
		Korean:  "%[1]s은(는) 이메일 주소여야 합니다",
	},
	"pattern=^[A-Z]{3}$": {
		English: "%[1]s must be three capital letters such as KRW",
		Korean:  "%[1]s은(는) KRW처럼 영문 대문자 세 글자여야 합니다",
	},
}

// longest is how many characters of a value are quoted.
const longest = 60

// element is the place in a list at the end of a field's name.
var element = regexp.MustCompile(`\[\d+\]$`)

// word is one of those that a rule asks for; some are in quotes.
var word = regexp.MustCompile(`'[^']*'|\S+`)

// Fault tells which rule a value breaks, without a full stop.
func (l Language) Fault(broken validator.FieldError) string {
	words := word.FindAllString(broken.Param(), -1)
	for i := range words {
		words[i] = strings.Trim(words[i], "'")
	}
	value := []rune(fmt.Sprint(broken.Value()))
	if len(value) > longest {
		value = append(value[:longest], '…')
	}
	args := []any{element.ReplaceAllString(broken.Field(), ""), strings.Join(words, ", "), string(value)}
	for _, w := range words {
		args = append(args, w)
	}
	return fmt.Sprintf(sentences(broken)[l], args...)
}

// sentences are those for the broken rule in every language.
func sentences(broken validator.FieldError) map[Language]string {
	of := ""
	switch broken.Kind() {
	case reflect.String:
		of = " of text"
	case reflect.Slice:
		of = " of list"
	}
	exactly := broken.Tag() + "=" + broken.Param()
	for _, name := range []string{exactly + of, exactly, broken.Tag() + of, broken.Tag()} {
		if found, ok := rules[name]; ok {
			return found
		}
	}
	panic("no sentence for the rule " + broken.Tag()) // a fault in rules
}
