package notify

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestMail(t *testing.T) {
	base, got := recorder(t, 200, `{"id": "49a3999c-0ce1-4ea6-ab68-afcd6dc2e794"}`)
	s := localSender(t, Options{MailURL: base + "/v1/", MailKey: "re_" + sesame, MailFrom: "MySingle <scrum@example.com>", Console: func(Mail) { t.Error("to the console") }})
	m := messages["digest_ko"]
	if err := s.Send(t.Context(), Channel{Kind: Email, Target: "kim@example.com"}, m); err != nil {
		t.Fatalf("s.Send: %v", err)
	}
	r := got()
	if r.URL.Path != "/v1/emails" || r.Header.Get("Authorization") != "Bearer re_"+sesame || r.Header.Get("Idempotency-Key") != m.ID {
		t.Errorf("the request: got %s with %v, want /v1/emails with the key as bearer token and the Idempotency-Key %s",
			r.URL, r.Header, m.ID)
	}
	var sent mailBody
	if err := json.Unmarshal([]byte(r.body), &sent); err != nil {
		t.Fatalf("json.Unmarshal: %v", err)
	}
	want := m.mail("kim@example.com")
	if sent.From != "MySingle <scrum@example.com>" || len(sent.To) != 1 || sent.To[0] != "kim@example.com" || sent.Subject != m.Title || sent.Text != want.Text || sent.HTML != want.HTML {
		t.Errorf("the mail: got %+v, want it from scrum@example.com to kim@example.com, of subject %q, and %+v",
			sent, m.Title, want)
	}
	if err := s.Mail(t.Context(), Mail{ID: "1", To: "kim@example.com", Subject: "Welcome\r\nBcc: all@example.com", Text: "Hello"}); err != nil {
		t.Fatalf("s.Mail: %v", err)
	}
	if body := got().body; strings.Contains(body, `\n`) || strings.Contains(body, `"html"`) {
		t.Errorf("a mail without HTML: got %s, want no html and a subject of one line", body)
	}
}

func TestAnswersOfTheMailAPI(t *testing.T) {
	for _, tt := range []struct {
		Status    int
		Answer    string
		Code      string
		Permanent bool
	}{
		{401, `{"statusCode": 401, "name": "missing_api_key", "message": "sesame"}`, "http_401", true},
		{403, `{"statusCode": 403, "name": "invalid_api_key", "message": "sesame"}`, "http_403", true},
		{404, `{}`, "http_404", true},
		{409, `{"statusCode": 409, "name": "invalid_idempotent_request"}`, "already_sent", true},
		{409, `{"statusCode": 409, "name": "concurrent_idempotent_requests"}`, "http_409", false},
		{409, `sesame`, "http_409", false},
		{422, `{"statusCode": 422, "name": "invalid_from_address"}`, "http_422", true},
		{429, `{"statusCode": 429, "name": "rate_limit_exceeded"}`, "rate_limited", false},
		{500, `{"statusCode": 500, "name": "application_error"}`, "http_500", false},
	} {
		base, _ := recorder(t, tt.Status, tt.Answer)
		s := localSender(t, Options{MailURL: base, MailKey: "re_" + sesame, MailFrom: "scrum@example.com"})
		failure := fault(t, s.Send(t.Context(), Channel{Kind: Email, Target: "kim@example.com"}, messages["bare_en"]), "kim@", "re_")
		if failure == nil || failure.Code != tt.Code || failure.Permanent != tt.Permanent {
			t.Errorf("the answer %d %s: got failure %v, want %s, permanent %t",
				tt.Status, tt.Answer, failure, tt.Code, tt.Permanent)
		}
	}
}

func TestConsole(t *testing.T) {
	var mails []Mail
	options := Options{Console: func(m Mail) { mails = append(mails, m) }}
	if err := localSender(t, options).Send(t.Context(), Channel{Kind: Email, Target: "kim@example.com"}, messages["report_en"]); err != nil {
		t.Fatalf("Send: %v", err)
	}
	if len(mails) != 1 || mails[0] != messages["report_en"].mail("kim@example.com") {
		t.Errorf("mails to the console: got %+v, want %+v alone",
			mails, messages["report_en"].mail("kim@example.com"))
	}
	deployed, err := New(options)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	for _, s := range []*Sender{deployed, localSender(t, Options{})} {
		if failure := fault(t, s.Send(t.Context(), Channel{Kind: Email, Target: "kim@example.com"}, messages["report_en"])); failure == nil || failure.Code != "mail_not_configured" || !failure.Permanent {
			t.Errorf("a sender without mail: got failure %v, want mail_not_configured, permanent", failure)
		}
	}
	if len(mails) != 1 {
		t.Errorf("mails to the console: got %d after a deployed sender's, want 1", len(mails))
	}
}

func TestMailAddresses(t *testing.T) {
	for _, text := range []string{"kim@example.com", "kim.seoyeon+scrum@mail.example.co.kr", "o'neil@example.com", "a@xn--9n2bp8q.example"} {
		if !mailAddress(text) {
			t.Errorf("%s is refused", text)
		}
	}
	for _, text := range []string{
		"", "kim", "@example.com", "kim@", "kim@localhost", "kim@example.com,all@example.com", "kim@example.com;all@example.com", "Kim <kim@example.com>",
		"kim@example.com\r\nBcc: all@example.com", "kim @example.com", "kim@@example.com", "kim@a@example.com", `"a b"@example.com`, "kim@[127.0.0.1]", "kim@127.0.0.1",
		".kim@example.com", "kim.@example.com", "김@example.com", "kim@예시.example", "kim(x)@example.com", strings.Repeat("a", 65) + "@example.com", "kim@" + strings.Repeat("a.", 130) + "com",
	} {
		if mailAddress(text) {
			t.Errorf("%q passes", text)
		}
	}
}

func TestMailOptions(t *testing.T) {
	for _, o := range []Options{
		{MailURL: "https://api.resend.com"},
		{MailKey: "re_sesame", MailFrom: "a@example.com"},
		{MailURL: "https://api.resend.com", MailKey: "re_sesame"},
		{MailURL: "https://api.resend.com", MailKey: "re_sesame\n", MailFrom: "a@example.com"},
		{MailURL: "http://api.resend.com", MailKey: "re_sesame", MailFrom: "a@example.com"},
		{MailURL: "http://127.0.0.1", MailKey: "re_sesame", MailFrom: "a@example.com"},
		{MailURL: "https://user:sesame@api.resend.com", MailKey: "re_sesame", MailFrom: "a@example.com"},
		{MailURL: "https://api.resend.com?x=sesame", MailKey: "re_sesame", MailFrom: "a@example.com"},
	} {
		if _, err := New(o); err == nil || strings.Contains(err.Error(), sesame) {
			t.Errorf("options with the mail URL %q: got error %v, want one that doesn't show the key", o.MailURL, err)
		}
	}
	if _, err := New(Options{MailURL: "https://api.resend.com", MailKey: "re_sesame", MailFrom: "a@example.com", WebhookHosts: []string{"*", "com"}}); err == nil || strings.Count(err.Error(), "webhook hosts") != 2 {
		t.Errorf("two bad webhook hosts: got error %v, want one that names both", err)
	}
}

func TestKeyIsNotShown(t *testing.T) {
	options := Options{MailURL: "https://mail.example.com", MailKey: "re_sesame", MailFrom: "a@example.com"}
	sender, err := New(options)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	for _, value := range []any{options, &options, sender} {
		if text := printed(t, value); strings.Contains(text, "sesame") {
			t.Errorf("%T shows the key:\n%s", value, text)
		}
	}
}
