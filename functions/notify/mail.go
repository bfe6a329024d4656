package notify

import (
	"html"
	"strings"
)

// mailLimits keep a mail below the 102 kB from which on Gmail hides the rest.
var mailLimits = limits{title: 200, summary: 4000, sections: 50, heading: 200, section: 6000, line: 500, total: 20_000}

// Mail is an e-mail: Text for every program, HTML (which may be missing) for
// those that show it. ID is as a Message's.
type Mail struct {
	ID, To, Subject, Text, HTML string
}

func (m Message) mail(to string) Mail {
	text := m.layOut(mailLimits, asIs)
	return Mail{ID: m.ID, To: to, Subject: text.Title, Text: m.mailText(text), HTML: m.mailHTML(text)}
}

func (m Message) mailText(text layout) string {
	var b strings.Builder
	b.WriteString(text.Title + "\n")
	if text.Summary != "" {
		b.WriteString("\n" + text.Summary + "\n")
	}
	for _, section := range text.Sections {
		b.WriteString("\n")
		if section.Title != "" {
			b.WriteString(section.Title + "\n")
		}
		for _, line := range section.Lines {
			b.WriteString("- " + line + "\n")
		}
	}
	if text.More != "" {
		b.WriteString("\n" + text.More + "\n")
	}
	if address, label := m.link(); address != "" {
		b.WriteString("\n" + label + ": " + address + "\n")
	}
	return b.String()
}

// mailHTML is a page as mail programs can show it: a table for Outlook's sake,
// styles on the elements. It sets no background and no colour of text, so
// that light and dark are both the program's own; the button is legible on
// either.
func (m Message) mailHTML(text layout) string {
	var b strings.Builder
	line := func(parts ...string) {
		for _, part := range parts {
			b.WriteString(part)
		}
		b.WriteString("\n")
	}
	line(`<!doctype html>`)
	line(`<html lang="`, m.languageTag(), `"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">`)
	line(`<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">`)
	line(`<meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no">`)
	line(`<title>`, html.EscapeString(text.Title), `</title></head>`)
	line(`<body style="margin:0;padding:0">`)
	line(`<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr><td align="center" style="padding:24px 16px">`)
	line(`<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:600px"><tr><td align="left" style="`,
		`font-family:'Apple SD Gothic Neo','Malgun Gothic','Noto Sans KR','Segoe UI',Helvetica,Arial,sans-serif;font-size:15px;line-height:1.6;word-break:keep-all;overflow-wrap:anywhere">`)
	line(`<h1 style="margin:0 0 12px;font-size:20px;line-height:1.4">`, html.EscapeString(text.Title), `</h1>`)
	if text.Summary != "" {
		line(`<p style="margin:0 0 16px">`, strings.ReplaceAll(html.EscapeString(text.Summary), "\n", "<br>"), `</p>`)
	}
	if address, alt := m.picture(); address != "" {
		line(`<img src="`, html.EscapeString(address), `" alt="`, html.EscapeString(alt),
			`" width="600" style="display:block;width:100%;max-width:600px;height:auto;border:0;margin:0 0 16px">`)
	}
	for _, section := range text.Sections {
		if section.Title != "" {
			line(`<h2 style="margin:20px 0 6px;font-size:16px;line-height:1.4">`, html.EscapeString(section.Title), `</h2>`)
		}
		if len(section.Lines) == 0 {
			continue
		}
		line(`<ul style="margin:0 0 12px;padding:0 0 0 20px">`)
		for _, item := range section.Lines {
			line(`<li style="margin:0 0 4px">`, html.EscapeString(item), `</li>`)
		}
		line(`</ul>`)
	}
	if text.More != "" {
		line(`<p style="margin:0 0 16px">`, html.EscapeString(text.More), `</p>`)
	}
	if address, label := m.link(); address != "" {
		line(`<p style="margin:24px 0 0"><a href="`, html.EscapeString(address), `" style="display:inline-block;padding:10px 18px;border-radius:6px;`,
			`background-color:#4f46e5;color:#ffffff;text-decoration:none;font-weight:bold">`, html.EscapeString(label), `</a></p>`)
	}
	line(`</td></tr></table>`)
	line(`</td></tr></table>`)
	line(`</body></html>`)
	return b.String()
}

// mailAddress reports whether the text is one bare address, name@example.com:
// no display name, no list, nothing that a mail API may read otherwise.
func mailAddress(text string) bool {
	name, domain, ok := strings.Cut(text, "@")
	if !ok || len(text) > 254 || len(name) == 0 || len(name) > 64 || strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".") {
		return false
	}
	for _, r := range name {
		if r <= ' ' || r > '~' || strings.ContainsRune(`"(),:;<>@[\]`, r) {
			return false
		}
	}
	return hostName(domain) && strings.Contains(domain, ".")
}
