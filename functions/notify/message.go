package notify

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Message is what is sent. All of its texts are plain; Summary may have line
// breaks. Title is the one that is needed.
type Message struct {
	ID       string // idempotency key, the same at every attempt: at most 256 letters, digits and - _ : /
	Event    string // scrum_reminder, scrum_digest, sprint_report
	Language string // ko or en
	Title    string
	Summary  string
	Sections []Section
	Picture  *Picture
	Link     *Link
	Data     json.RawMessage // the figures, for webhooks
	At       time.Time       // when the event was
}

// Section is a list with a heading. One without lines is a heading alone.
type Section struct {
	Title string   `json:"title,omitempty"`
	Lines []string `json:"lines,omitempty"`
}

// Picture is shown with the message where its URL is https, or http on this
// machine, and left out otherwise. Everyone who gets the message fetches it.
type Picture struct{ URL, Alt string }

// Link is where the message leads. Its URL is subject to the same as a
// Picture's; a Text is made up when it has none.
type Link struct{ URL, Text string }

// korean reports whether the message's fixed words are Korean.
func (m Message) korean() bool { return strings.HasPrefix(m.Language, "ko") }

// languageTag is the language of the message's fixed words.
func (m Message) languageTag() string {
	if m.korean() {
		return "ko"
	}
	return "en"
}

// more says that n things were left out.
func (m Message) more(n int) string {
	if m.korean() {
		return "그 외 " + strconv.Itoa(n) + "개"
	}
	return "and " + strconv.Itoa(n) + " more"
}

// picture returns the picture's URL and its description, or "" when there is
// none that can be shown. Screen readers get the title if it has no text.
func (m Message) picture() (address, alt string) {
	if m.Picture == nil {
		return "", ""
	}
	alt = clip(oneLine(m.Picture.Alt), maxAlt, asIs)
	if alt == "" {
		alt = clip(oneLine(m.Title), maxAlt, asIs)
	}
	return webAddress(m.Picture.URL), alt
}

// link returns the link's URL and its text, both "" when there is none.
func (m Message) link() (address, text string) {
	if m.Link == nil {
		return "", ""
	}
	if address = webAddress(m.Link.URL); address == "" {
		return "", ""
	}
	if text = clip(oneLine(m.Link.Text), maxLinkText, asIs); text != "" {
		return address, text
	}
	if m.korean() {
		return address, "열기"
	}
	return address, "Open"
}

const (
	maxAlt      = 500 // Slack takes 2000, and screen readers read it all
	maxLinkText = 60
	maxAddress  = 2000 // Discord takes 2048, Slack 3000
)

// webAddress returns the URL in characters that have no meaning in any kind's
// markup, or "" unless it is https, or http on this machine.
func webAddress(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.User != nil || u.Opaque != "" || !hostName(u.Hostname()) && !thisMachine(u.Hostname()) {
		return ""
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !thisMachine(u.Hostname())) {
		return ""
	}
	var b strings.Builder
	for _, c := range []byte(u.String()) {
		if c <= ' ' || c > '~' || strings.IndexByte("\"'()*<>\\^_`{|}~", c) >= 0 {
			b.WriteByte('%')
			b.WriteByte("0123456789ABCDEF"[c>>4])
			b.WriteByte("0123456789ABCDEF"[c&15])
			continue
		}
		b.WriteByte(c)
	}
	if b.Len() > maxAddress {
		return ""
	}
	return b.String()
}
