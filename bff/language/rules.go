package language

import (
	"strings"

	enlocale "github.com/go-playground/locales/en"
	kolocale "github.com/go-playground/locales/ko"
	ut "github.com/go-playground/universal-translator"
	"github.com/go-playground/validator/v10"
	entranslations "github.com/go-playground/validator/v10/translations/en"
	kotranslations "github.com/go-playground/validator/v10/translations/ko"
)

// rules are the BFF's own rules of validation; {0} is the parameter's name.
var rules = map[string]map[Language]string{
	"date": {
		English: "{0} must be a date such as 2026-11-23",
		Korean:  "{0}은(는) 2026-11-23과 같은 날짜여야 합니다",
	},
	// Of query parameters that name a person.
	"eq=me|uuid": {
		English: "{0} must be me or a member's UUID",
		Korean:  "{0}은(는) me이거나 구성원의 UUID여야 합니다",
	},
}

// Faults translates broken rules.
type Faults map[Language]ut.Translator

// NewFaults gives the validator's rules their sentences: the validator's own
// translations, and the BFF's for its own rules. It panics if one is missing.
func NewFaults(validate *validator.Validate) Faults {
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	locales := ut.New(enlocale.New(), kolocale.New())
	faults := make(Faults, len(spoken))
	for _, l := range spoken {
		translator, _ := locales.GetTranslator(string(l))
		faults[l] = translator
	}
	must(entranslations.RegisterDefaultTranslations(validate, faults[English]))
	must(kotranslations.RegisterDefaultTranslations(validate, faults[Korean]))
	for rule, sentences := range rules {
		for l, sentence := range sentences {
			must(validate.RegisterTranslation(rule, faults[l],
				func(t ut.Translator) error { return t.Add(rule, sentence, true) },
				func(t ut.Translator, fault validator.FieldError) string {
					said, err := t.T(rule, fault.Field())
					if err != nil {
						return fault.Error()
					}
					return said
				}))
		}
	}
	return faults
}

// Say tells what is wrong, without a full stop.
func (f Faults) Say(l Language, fault validator.FieldError) string {
	return strings.TrimSuffix(fault.Translate(f[l]), ".")
}
