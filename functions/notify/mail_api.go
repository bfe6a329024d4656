package notify

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
)

// mailBody is what Resend's API takes (resend.com/docs/api-reference/emails/send-email).
type mailBody struct {
	From    string   `json:"from"`
	To      []string `json:"to"`
	Subject string   `json:"subject"`
	Text    string   `json:"text"`
	HTML    string   `json:"html,omitempty"`
}

// Mail sends the mail, and returns nil or a *Failure. Where there is no mail
// API, the local stack's mails go to Options.Console. The API sends mails with
// one ID once, if the attempts are within 24 hours
// (resend.com/docs/dashboard/emails/idempotency-keys).
func (s *Sender) Mail(ctx context.Context, mail Mail) error {
	mail.Subject = clip(oneLine(mail.Subject), mailLimits.title, asIs)
	if !idempotencyKey(mail.ID) || mail.Subject == "" || mail.Text == "" {
		return permanent("bad_message", errors.New("the mail's ID, subject or text is missing or unusable"))
	}
	if !mailAddress(mail.To) {
		return permanent("bad_target", errors.New("the target is no e-mail address"))
	}
	if s.mail == nil {
		if s.console == nil {
			return permanent("mail_not_configured", errors.New("there is no mail API"))
		}
		s.console(mail)
		return nil
	}
	body, err := json.Marshal(mailBody{s.mail.from, []string{mail.To}, mail.Subject, mail.Text, mail.HTML})
	if err != nil {
		return permanent("bad_message", errors.New("the mail can't be put into JSON"))
	}
	header := http.Header{
		"Authorization":   {"Bearer " + s.mail.key},
		"Idempotency-Key": {mail.ID},
	}
	return s.post(ctx, Email, s.mail.url, s.mail.loopback, header, body)
}
