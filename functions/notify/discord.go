package notify

import (
	"encoding/json"
	"strings"
	"time"
)

// discordLimits are those of an embed: title 256, description 4096, 25 fields
// of 256 and 1024, and 6000 in all of these together
// (discord.com/developers/docs/resources/message#embed-object-embed-limits).
// The description has the link too, one field says what was left out, and
// names and values that would be empty have a character.
var discordLimits = limits{title: 256, summary: 1500, sections: 24, heading: 256, section: 1024, line: 300, total: 5900}

const discordColor = 0x4F46E5

type discordMessage struct {
	Embeds          []discordEmbed  `json:"embeds"`
	AllowedMentions discordMentions `json:"allowed_mentions"`
}

// discordMentions with an empty list lets nobody be notified, whatever the
// text is (…/resources/message#allowed-mentions-object).
type discordMentions struct {
	Parse []string `json:"parse"`
}

type discordEmbed struct {
	Title       string         `json:"title,omitempty"`
	Description string         `json:"description,omitempty"`
	Color       int            `json:"color"`
	Fields      []discordField `json:"fields,omitempty"`
	Image       *discordImage  `json:"image,omitempty"`
	Timestamp   string         `json:"timestamp,omitempty"`
}

type discordField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type discordImage struct {
	URL string `json:"url"`
}

func (m Message) discord() ([]byte, error) {
	var link string
	if address, text := m.link(); address != "" {
		link = "[" + discordText(text) + "](" + address + ")"
	}
	l := discordLimits
	l.total -= units(link)
	text := m.layOut(l, discordText)
	embed := discordEmbed{Title: text.Title, Description: text.Summary, Color: discordColor}
	for _, section := range text.Sections {
		embed.Fields = append(embed.Fields, discordField{filled(section.Title), filled(bulleted(section.Lines))})
	}
	if text.More != "" {
		embed.Fields = append(embed.Fields, discordField{string(breaker), text.More})
	}
	if link != "" {
		embed.Description = strings.TrimPrefix(embed.Description+"\n\n"+link, "\n\n")
	}
	if address, _ := m.picture(); address != "" {
		embed.Image = &discordImage{address}
	}
	if !m.At.IsZero() {
		embed.Timestamp = m.At.UTC().Format(time.RFC3339)
	}
	return json.Marshal(discordMessage{[]discordEmbed{embed}, discordMentions{[]string{}}})
}

// discordText puts a backslash before the signs to which Discord's Markdown
// gives a meaning (support.discord.com/hc/articles/210298617): some anywhere,
// some where a line begins, and colons that may begin an emoji's name.
func discordText(text string) string {
	var b strings.Builder
	start := true // of a line, or after the number of a list's item
	for i, r := range text {
		switch {
		case strings.ContainsRune("\\`*_~|[]<", r), start && strings.ContainsRune("#>-+.)", r), r == ':' && beginsName(text[i+1:]):
			b.WriteByte('\\')
		}
		b.WriteRune(r)
		start = r == '\n' || start && (r == ' ' || r >= '0' && r <= '9')
	}
	return b.String()
}

// beginsName reports whether an emoji's name may begin here, as it may where
// the text was divided.
func beginsName(rest string) bool {
	return rest == "" || rest[0] >= '0' && rest[0] <= '9' || rest[0]|0x20 >= 'a' && rest[0]|0x20 <= 'z' || strings.IndexByte("_+-", rest[0]) >= 0
}

// bulleted is the lines as one text.
func bulleted(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return "• " + strings.Join(lines, "\n• ")
}

// filled replaces an empty text, which Discord refuses.
func filled(text string) string {
	if text == "" {
		return string(breaker)
	}
	return text
}
