package notify

import "strings"

// slackLimits are those of Block Kit: a header has 150 characters, a section's
// text 3000, a message 50 blocks (docs.slack.dev/reference/block-kit/blocks).
// All blocks together are refused from about 13,000 on (msg_blocks_too_long,
// github.com/slackapi/bolt-js/issues/2509), which no page tells.
var slackLimits = limits{title: 150, summary: 2500, sections: 40, heading: 200, section: 2500, line: 400, total: 9000}

const slackSize = 12_000 // bytes

// slackText escapes what Slack reads as control sequences, mentions and links
// among them (docs.slack.dev/messaging/formatting-message-text).
var slackText = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

type slackMessage struct {
	Text        string       `json:"text"` // what a notification shows
	Blocks      []slackBlock `json:"blocks"`
	Markdown    bool         `json:"mrkdwn"`
	UnfurlLinks bool         `json:"unfurl_links"`
	UnfurlMedia bool         `json:"unfurl_media"`
}

type slackBlock struct {
	Type     string         `json:"type"`
	Text     *slackPlain    `json:"text,omitempty"`
	Elements []slackElement `json:"elements,omitempty"`
	ImageURL string         `json:"image_url,omitempty"`
	AltText  string         `json:"alt_text,omitempty"`
}

// slackPlain is text that isn't read as markup. Emoji stays off, so that
// :names: of them are not read either.
type slackPlain struct {
	Type  string `json:"type"`
	Text  string `json:"text"`
	Emoji bool   `json:"emoji"`
}

// slackElement is a part of rich text, where text is only text: mentions,
// links and emoji are elements of their own. So it is not escaped.
type slackElement struct {
	Type     string         `json:"type"`
	Elements []slackElement `json:"elements,omitempty"`
	Text     string         `json:"text,omitempty"`
	URL      string         `json:"url,omitempty"`
	Style    any            `json:"style,omitempty"`
}

type slackBold struct {
	Bold bool `json:"bold"`
}

func (m Message) slack() ([]byte, error) {
	return within(slackSize, slackLimits, func(l limits) any { return m.slackMessage(l) })
}

func (m Message) slackMessage(l limits) slackMessage {
	escaped, raw := m.layOut(l, slackText.Replace), m.layOut(l, asIs)
	out := slackMessage{Text: escaped.Title}
	if short := clip(oneLine(m.Summary), 300, slackText.Replace); short != "" {
		out.Text += " — " + short
	}
	text := func(kind, text string) {
		if text != "" {
			out.Blocks = append(out.Blocks, slackBlock{Type: kind, Text: &slackPlain{"plain_text", text, false}})
		}
	}
	text("header", escaped.Title)
	text("section", escaped.Summary)
	for _, section := range raw.Sections {
		out.Blocks = append(out.Blocks, slackBlock{Type: "rich_text", Elements: slackList(section)})
	}
	text("section", raw.More)
	if address, alt := m.picture(); address != "" {
		out.Blocks = append(out.Blocks, slackBlock{Type: "image", ImageURL: address, AltText: alt})
	}
	if address, text := m.link(); address != "" {
		link := slackElement{Type: "link", URL: address, Text: text}
		out.Blocks = append(out.Blocks, slackBlock{Type: "rich_text", Elements: []slackElement{
			{Type: "rich_text_section", Elements: []slackElement{link}}}})
	}
	return out
}

// slackList is a section's heading in bold, and its lines with bullets.
func slackList(s Section) []slackElement {
	var out []slackElement
	if s.Title != "" {
		heading := slackElement{Type: "text", Text: s.Title, Style: slackBold{true}}
		out = append(out, slackElement{Type: "rich_text_section", Elements: []slackElement{heading}})
	}
	if len(s.Lines) == 0 {
		return out
	}
	list := slackElement{Type: "rich_text_list", Style: "bullet"}
	for _, line := range s.Lines {
		list.Elements = append(list.Elements, slackElement{Type: "rich_text_section",
			Elements: []slackElement{{Type: "text", Text: line}}})
	}
	return append(out, list)
}
