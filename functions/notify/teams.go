package notify

// teamsLimits keep a card readable; what counts for Teams is teamsSize.
var teamsLimits = limits{title: 200, summary: 2500, sections: 30, heading: 200, section: 4000, line: 500, total: 15_000}

// teamsSize is in bytes. A message may have "approximately 28 KB"
// (learn.microsoft.com/connectors/teams, known issues), in which Teams counts
// what the workflow makes of it; some found 21 KB to be the most that passes.
const teamsSize = 20_000

// teamsMessage is what the trigger "When a Teams webhook request is received"
// takes: a message with an Adaptive Card. The connectors that took a
// MessageCard, at webhook.office.com, were switched off in 2026.
type teamsMessage struct {
	Type        string            `json:"type"`
	Attachments []teamsAttachment `json:"attachments"`
}

type teamsAttachment struct {
	ContentType string    `json:"contentType"`
	ContentURL  *string   `json:"contentUrl"`
	Content     teamsCard `json:"content"`
}

// teamsCard is an Adaptive Card 1.4 (adaptivecards.io/explorer). A TextBlock's
// text is Markdown, a TextRun's is not, so all texts are TextRuns.
type teamsCard struct {
	Schema       string         `json:"$schema"`
	Type         string         `json:"type"`
	Version      string         `json:"version"`
	Language     string         `json:"lang,omitempty"`
	FallbackText string         `json:"fallbackText"`
	Body         []teamsElement `json:"body"`
	Actions      []teamsAction  `json:"actions,omitempty"`
	Teams        teamsWidth     `json:"msteams"`
}

type teamsWidth struct {
	Width string `json:"width"`
}

type teamsElement struct {
	Type      string         `json:"type"`
	Inlines   []teamsRun     `json:"inlines,omitempty"`
	Items     []teamsElement `json:"items,omitempty"`
	Separator bool           `json:"separator,omitempty"`
	Spacing   string         `json:"spacing,omitempty"`
	URL       string         `json:"url,omitempty"`
	AltText   string         `json:"altText,omitempty"`
	Size      string         `json:"size,omitempty"`
}

type teamsRun struct {
	Type   string `json:"type"`
	Text   string `json:"text"`
	Size   string `json:"size,omitempty"`
	Weight string `json:"weight,omitempty"`
}

type teamsAction struct {
	Type  string `json:"type"`
	Title string `json:"title"`
	URL   string `json:"url"`
}

func (m Message) teams() ([]byte, error) {
	return within(teamsSize, teamsLimits, func(l limits) any { return m.teamsMessage(l) })
}

func (m Message) teamsMessage(l limits) teamsMessage {
	text := m.layOut(l, asIs)
	card := teamsCard{
		Schema: "http://adaptivecards.io/schemas/adaptive-card.json", Type: "AdaptiveCard", Version: "1.4",
		Language: m.languageTag(), FallbackText: text.Title, Teams: teamsWidth{"Full"},
		Body: []teamsElement{teamsText(teamsRun{Text: text.Title, Size: "Large", Weight: "Bolder"})},
	}
	if text.Summary != "" {
		card.Body = append(card.Body, teamsText(teamsRun{Text: text.Summary}))
	}
	for _, section := range text.Sections {
		group := teamsElement{Type: "Container", Separator: true, Spacing: "Medium"}
		if section.Title != "" {
			group.Items = append(group.Items, teamsText(teamsRun{Text: section.Title, Weight: "Bolder"}))
		}
		for _, line := range section.Lines {
			item := teamsText(teamsRun{Text: "• " + line})
			item.Spacing = "Small"
			group.Items = append(group.Items, item)
		}
		card.Body = append(card.Body, group)
	}
	if text.More != "" {
		card.Body = append(card.Body, teamsText(teamsRun{Text: text.More}))
	}
	if address, alt := m.picture(); address != "" {
		card.Body = append(card.Body, teamsElement{Type: "Image", URL: address, AltText: alt, Size: "Stretch"})
	}
	if address, text := m.link(); address != "" {
		card.Actions = []teamsAction{{"Action.OpenUrl", text, address}}
	}
	return teamsMessage{"message", []teamsAttachment{{ContentType: "application/vnd.microsoft.card.adaptive", Content: card}}}
}

func teamsText(run teamsRun) teamsElement {
	run.Type = "TextRun"
	return teamsElement{Type: "RichTextBlock", Inlines: []teamsRun{run}}
}
