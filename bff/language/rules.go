package language

import (
	"fmt"
	"strings"

	"github.com/go-playground/validator/v10"
)

// rules are what is said when a parameter breaks a rule of validation, by the
// rule's name. They are formats of package fmt for the parameter's name, what
// the rule asks for and the value.
var rules = map[string]map[Language]string{
	"uuid": {
		English: "%[1]s must be a valid UUID",
		Korean:  "%[1]s은(는) 올바른 UUID여야 합니다",
	},
	"date": {
		English: "%[1]s must be a date such as 2026-11-23",
		Korean:  "%[1]s은(는) 2026-11-23처럼 적은 실제 날짜여야 합니다",
	},
	"required": {
		English: "%[1]s is needed",
		Korean:  "%[1]s은(는) 꼭 있어야 합니다",
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
	"min": {
		English: "%[1]s must be %[2]s or greater",
		Korean:  "%[1]s은(는) %[2]s 이상이어야 합니다",
	},
	"max": {
		English: "%[1]s must be %[2]s or less",
		Korean:  "%[1]s은(는) %[2]s 이하여야 합니다",
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
}

// Fault tells which rule a parameter breaks, without a full stop.
func (l Language) Fault(broken validator.FieldError) string {
	sentences, ok := rules[broken.Tag()]
	if !ok {
		panic("no sentence for the rule " + broken.Tag()) // a fault in rules
	}
	name, _, _ := strings.Cut(broken.Field(), "[") // an element of a list
	return fmt.Sprintf(sentences[l], name, strings.ReplaceAll(broken.Param(), " ", ", "), broken.Value())
}
