package notify

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite testdata: go test ./functions/notify -update")

var seoul = time.FixedZone("KST", 9*60*60)

// attack is what somebody might write into a name, a goal or a task.
const attack = "@here @everyone <!channel> <!here> <@U0123> <@&9876> <#C01|general> <https://evil.example|click> " +
	"[click](https://evil.example) ![x](https://evil.example/a.png) **bold** *b* _i_ ~s~ ||spoiler|| `code` ```block``` " +
	"# heading\n> quote\n- item\n1. item\n<script>alert(1)</script><img src=x onerror=alert(1)> &lt;b&gt; \" ' " +
	"<at>Kim</at> {{DATE(2026-01-01T00:00:00Z)}} ${x} @{triggerBody()} <t:1618953630:R> <:emoji:1234> :smile: " +
	"\u202Eesrever\u202C \x00\x1b[31m www.evil.example kim@evil.example javascript:alert(1) \\*not\\* \xff"

var messages = map[string]Message{
	"digest_ko": {
		ID: "5e0f0a4e-6f0e-4f5e-9d27-3d5f5f0b7a11", Event: "scrum_digest", Language: "ko",
		Title:   "모바일 앱 · 스프린트 12 데일리 스크럼",
		Summary: "11월 24일 화요일, 5명 중 4명이 작성했습니다.\n남은 작업 8개, 21점.",
		Sections: []Section{
			{"업데이트", []string{"김서연: 로그인 화면 완료, 오늘은 결제 연동", "이준호: API 오류 처리 → 코드 리뷰"}},
			{"미작성", []string{"박민지"}},
			{"방해 요소", []string{"결제 테스트 계정 대기 (3일째)"}},
		},
		Picture: &Picture{"https://project.supabase.co/storage/v1/object/public/charts/12.png", "번다운 차트: 21점 남음"},
		Link:    &Link{"https://app.example.com/sprints/12?tab=scrum&day=2026-11-24", "스크럼 보기"},
		Data:    json.RawMessage(`{"sprint_id": "12", "remaining": {"tasks": 8, "points": 21}}`),
		At:      time.Date(2026, 11, 24, 10, 30, 0, 0, seoul),
	},
	"report_en": {
		ID: "0c7a3f52-8d3b-4b0f-8a55-0a6d1c0f9b42", Event: "sprint_report", Language: "en",
		Title:    "Sprint 12 is complete: 34 of 40 points",
		Summary:  "Goal: customers can pay by card. Reached.",
		Sections: []Section{{"Carried over", []string{"Refunds (5 points)", "Receipt e-mail (1 point)"}}, {"No impediments", nil}},
		Link:     &Link{"https://app.example.com/sprints/12", ""},
		At:       time.Date(2026, 11, 24, 18, 0, 0, 0, seoul),
	},
	"bare_en": {ID: "1", Event: "scrum_reminder", Language: "en", Title: "Two updates are missing"},
	"hostile_en": {
		ID: "2", Event: "scrum_digest", Language: "en", Title: attack, Summary: attack,
		Sections: []Section{{attack, []string{attack, "", "\u200B", attack}}, {"", []string{"no heading"}}, {"", nil}},
		Picture:  &Picture{"https://cdn.example.com/a)b\"c<d>.png?x='y'&z=가", attack},
		Link:     &Link{"https://app.example.com/(a)*_~|`?q=\"><script>", attack},
		Data:     json.RawMessage(`{"goal": "<script>"}`),
		At:       time.Date(2026, 11, 24, 1, 30, 0, 0, time.UTC),
	},
	"long_ko": long("ko", "아주 긴 작업 이름 👨‍👩‍👧‍👦 "),
	"long_en": long("en", "*A* <very> [long] & `windy` name. "),
}

func long(language, text string) Message {
	m := Message{
		ID: "3", Event: "scrum_digest", Language: language, Title: strings.Repeat(text, 200), Summary: strings.Repeat(text+"\n", 2000),
		Picture: &Picture{"https://cdn.example.com/a.png", strings.Repeat(text, 500)},
		Link:    &Link{"https://app.example.com/" + strings.Repeat("a", 1900), strings.Repeat(text, 100)},
		At:      time.Date(2026, 11, 24, 1, 30, 0, 0, time.UTC),
	}
	for range 120 {
		section := Section{Title: strings.Repeat(text, 50)}
		for range 300 {
			section.Lines = append(section.Lines, strings.Repeat(text, 100))
		}
		m.Sections = append(m.Sections, section)
	}
	return m
}

// payloads are the bodies by the name of their file in testdata.
func payloads(t *testing.T, m Message) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for name, render := range map[string]func() ([]byte, error){
		"slack.json": m.slack, "discord.json": m.discord, "teams.json": m.teams,
		"webhook.json": func() ([]byte, error) { return m.webhook(time.Unix(1614265330, 0)) },
	} {
		body, err := render()
		if err != nil {
			t.Fatalf("render %s: got error %v, want none", name, err)
		}
		out[name] = body
	}
	mail := m.mail("kim@example.com")
	out["mail.html"], out["mail.txt"] = []byte(mail.HTML), []byte("Subject: "+mail.Subject+"\n\n"+mail.Text)
	return out
}

func TestPayloads(t *testing.T) {
	for name, m := range messages {
		for kind, body := range payloads(t, m) {
			t.Run(name+"/"+kind, func(t *testing.T) {
				check(t, kind, body)
				if strings.HasPrefix(name, "long") && kind != "slack.json" && kind != "mail.txt" {
					return // the checks say enough of it
				}
				shown := body
				if filepath.Ext(kind) == ".json" {
					var b bytes.Buffer
					if err := json.Indent(&b, body, "", "  "); err != nil {
						t.Fatalf("json.Indent: %v", err)
					}
					shown = append(b.Bytes(), '\n')
				}
				file := filepath.Join("testdata", name+"."+kind)
				if *update {
					if err := os.WriteFile(file, shown, 0o644); err != nil {
						t.Fatalf("os.WriteFile: %v", err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatalf("os.ReadFile: %v", err)
				}
				if !bytes.Equal(shown, want) {
					t.Errorf("the payload: got another one than in %s:\n%s", file, shown)
				}
			})
		}
	}
}

// FuzzPayloads holds every kind to its platform's rules, whatever the texts.
func FuzzPayloads(f *testing.F) {
	f.Add("제목", attack, "heading", "line", "https://app.example.com/a?b=c", 3, 4)
	f.Add(attack, strings.Repeat(attack, 8), attack, strings.Repeat("&", 500), "https://x.example/"+strings.Repeat("(", 500), 45, 20)
	f.Add("x", "", "", "", "javascript:alert(1)", 0, 0)
	f.Fuzz(func(t *testing.T, title, summary, heading, line, address string, sections, lines int) {
		if oneLine(title) == "" {
			return // Send refuses it
		}
		m := Message{ID: "1", Event: "scrum_digest", Title: title, Summary: summary, Picture: &Picture{address, line}, Link: &Link{address, heading}}
		for range min(max(sections, 0), 60) {
			section := Section{Title: heading}
			for range min(max(lines, 0), 40) {
				section.Lines = append(section.Lines, line)
			}
			m.Sections = append(m.Sections, section)
		}
		for kind, body := range payloads(t, m) {
			check(t, kind, body)
		}
	})
}

func check(t *testing.T, kind string, body []byte) {
	t.Helper()
	switch kind {
	case "slack.json":
		checkSlack(t, body)
	case "discord.json":
		checkDiscord(t, body)
	case "teams.json":
		checkTeams(t, body)
	case "webhook.json":
		var got webhookBody
		decode(t, body, &got)
		if len(body) > webhookSize || got.Type == "" || got.Timestamp == "" {
			t.Errorf("the webhook: got %d bytes of type %q at %q, want at most %d bytes with a type and a time",
				len(body), got.Type, got.Timestamp, webhookSize)
		}
	case "mail.html":
		checkHTML(t, string(body))
	case "mail.txt":
		subject, text, _ := strings.Cut(string(body), "\n\n")
		inert(t, subject)
		if strings.Contains(subject, "\n") || units(subject) > 210 || units(text) > 25_000 {
			t.Errorf("the mail: got a subject of %d and a text of %d characters, want one line of 210 and 25,000",
				units(subject), units(text))
		}
	}
}

func decode(t *testing.T, body []byte, into any) {
	t.Helper()
	reader := json.NewDecoder(bytes.NewReader(body))
	reader.DisallowUnknownFields()
	if err := reader.Decode(into); err != nil {
		t.Fatalf("decode the payload: %v in %s", err, body)
	}
}

// live is what some program makes a link or a mention of, or acts on.
var (
	live        = regexp.MustCompile(`(?i)@(here|everyone|channel)|https?://|www\.[a-z]|[a-z0-9]@[a-z]|\{\{|[\x{202A}-\x{202E}\x{2066}-\x{2069}\x00-\x08\x1b]`)
	webURL      = regexp.MustCompile(`^(https://|http://(localhost|127\.|\[::1\]))[A-Za-z0-9.\-/?#\[\]@!$&+,;=%:]+$`)
	slackEntity = regexp.MustCompile(`&(amp|lt|gt);`)
	backslashed = regexp.MustCompile(`\\[^A-Za-z0-9\s]`)
	markdown    = regexp.MustCompile("[\\\\`*_~|\\[\\]<]|(?m)^ *([#>+-]|[0-9]+[.)])|:[A-Za-z0-9_+-]+:")
	htmlEntity  = regexp.MustCompile(`&(amp|lt|gt|#34|#39);`)
	htmlTag     = regexp.MustCompile(`^</?(!doctype|html|head|meta|title|body|table|tr|td|h1|h2|p|br|img|ul|li|a)(?: [a-z-]+(?:="[^"<>]*")?)*>$`)
	htmlText    = regexp.MustCompile(`alt="[^"]*"`)
	htmlURL     = regexp.MustCompile(`(?:src|href)="([^"]*)"`)
)

func inert(t *testing.T, text string) {
	t.Helper()
	if found := live.FindString(text); found != "" {
		t.Errorf("%q is in %.300q", found, text)
	}
}

func address(t *testing.T, text string) {
	t.Helper()
	if !webURL.MatchString(text) || len(text) > maxAddress {
		t.Errorf("the URL %.300q: got %d bytes, want a web address of at most %d", text, len(text), maxAddress)
	}
}

func length(t *testing.T, what, text string, least, most int) {
	t.Helper()
	if n := units(text); n < least || n > most {
		t.Errorf("%s: got %d characters, want %d to %d: %.80q", what, n, least, most, text)
	}
}

func checkSlack(t *testing.T, body []byte) {
	t.Helper()
	var got struct {
		Text                             string
		Blocks                           []slackBlock
		Mrkdwn, UnfurlLinks, UnfurlMedia bool
	}
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatalf("json.Unmarshal: %v", err)
	}
	if len(body) > slackSize || len(got.Blocks) < 1 || len(got.Blocks) > 50 {
		t.Errorf("the message to Slack: got %d bytes and %d blocks, want at most %d and 1 to 50",
			len(body), len(got.Blocks), slackSize)
	}
	escaped := func(text string) {
		t.Helper()
		inert(t, text)
		if rest := slackEntity.ReplaceAllString(text, ""); strings.ContainsAny(rest, "<>&") {
			t.Errorf("%q is not escaped", text)
		}
	}
	length(t, "text", got.Text, 1, 3000)
	escaped(got.Text)
	for _, block := range got.Blocks {
		switch block.Type {
		case "header", "section":
			most := map[string]int{"header": 150, "section": 3000}[block.Type]
			length(t, block.Type, block.Text.Text, 1, most)
			escaped(block.Text.Text)
			if block.Text.Type != "plain_text" || block.Text.Emoji {
				t.Errorf("the text of a %s: got type %s, emoji %t, want plain_text and false",
					block.Type, block.Text.Type, block.Text.Emoji)
			}
		case "image":
			address(t, block.ImageURL)
			length(t, "alt_text", block.AltText, 1, 2000)
		case "rich_text":
			if len(block.Elements) == 0 {
				t.Error("rich text without elements")
			}
			checkRichText(t, block.Elements)
		default:
			t.Errorf("a block: got type %s, want header, section, image or rich_text", block.Type)
		}
	}
}

func checkRichText(t *testing.T, elements []slackElement) {
	t.Helper()
	for _, element := range elements {
		switch element.Type {
		case "rich_text_section", "rich_text_list":
			if len(element.Elements) == 0 {
				t.Errorf("%s without elements", element.Type)
			}
			checkRichText(t, element.Elements)
		case "text":
			length(t, "rich text", element.Text, 1, 3000)
			inert(t, element.Text)
		case "link":
			address(t, element.URL)
			inert(t, element.Text)
			length(t, "link", element.Text, 1, maxLinkText)
		default:
			t.Errorf("an element: got type %s, want rich_text_section, rich_text_list, text or link", element.Type)
		}
	}
}

func checkDiscord(t *testing.T, body []byte) {
	t.Helper()
	var got discordMessage
	decode(t, body, &got)
	if got.AllowedMentions.Parse == nil || len(got.AllowedMentions.Parse) != 0 || len(got.Embeds) != 1 {
		t.Fatalf("the message to Discord: got mentions %v and %d embeds, want an empty list and 1",
			got.AllowedMentions.Parse, len(got.Embeds))
	}
	embed := got.Embeds[0]
	length(t, "title", embed.Title, 1, 256)
	length(t, "description", embed.Description, 0, 4096)
	total := units(embed.Title) + units(embed.Description)
	if len(embed.Fields) > 25 {
		t.Errorf("fields of the embed: got %d, want at most 25", len(embed.Fields))
	}
	description, link := embed.Description, ""
	if at := strings.LastIndex(description, "]("); at >= 0 && !strings.HasSuffix(description[:at], `\`) {
		from := strings.LastIndex(description, "\n\n[")
		if from < 0 {
			from = -2
		}
		description, link = description[:max(from, 0)], description[from+2:]
		text, target, _ := strings.Cut(link[1:len(link)-1], "](")
		address(t, target)
		escapedForDiscord(t, text)
	}
	escapedForDiscord(t, embed.Title)
	escapedForDiscord(t, description)
	for _, field := range embed.Fields {
		length(t, "name", field.Name, 1, 256)
		length(t, "value", field.Value, 1, 1024)
		escapedForDiscord(t, field.Name)
		escapedForDiscord(t, field.Value)
		total += units(field.Name) + units(field.Value)
	}
	if total > 6000 {
		t.Errorf("the embed: got %d characters in all, want at most 6000", total)
	}
	if embed.Image != nil {
		address(t, embed.Image.URL)
	}
}

func escapedForDiscord(t *testing.T, text string) {
	t.Helper()
	inert(t, text)
	if found := markdown.FindString(backslashed.ReplaceAllString(text, "x")); found != "" {
		t.Errorf("%q is not escaped in %.300q", found, text)
	}
}

func checkTeams(t *testing.T, body []byte) {
	t.Helper()
	var got teamsMessage
	decode(t, body, &got)
	if len(body) > teamsSize {
		t.Errorf("the message to Teams: got %d bytes, want at most %d", len(body), teamsSize)
	}
	card := got.Attachments[0].Content
	if got.Type != "message" || card.Type != "AdaptiveCard" || len(card.Body) == 0 || strings.Contains(string(body), `"TextBlock"`) {
		t.Errorf("the message to Teams: got %s with %s of %d elements, want message, AdaptiveCard, no TextBlock",
			got.Type, card.Type, len(card.Body))
	}
	inert(t, card.FallbackText)
	var walk func([]teamsElement)
	walk = func(elements []teamsElement) {
		for _, element := range elements {
			switch element.Type {
			case "RichTextBlock":
				for _, run := range element.Inlines {
					length(t, "text", run.Text, 1, 6000)
					inert(t, run.Text)
				}
			case "Container":
				if len(element.Items) == 0 {
					t.Error("an empty container")
				}
				walk(element.Items)
			case "Image":
				address(t, element.URL)
				length(t, "altText", element.AltText, 1, maxAlt)
			default:
				t.Errorf("an element: got type %s, want RichTextBlock, Container or Image", element.Type)
			}
		}
	}
	walk(card.Body)
	for _, action := range card.Actions {
		address(t, action.URL)
		inert(t, action.Title)
	}
}

// checkHTML reads the page tag by tag: there are no others than mailHTML's own.
func checkHTML(t *testing.T, page string) {
	t.Helper()
	if len(page) > 102_000 {
		t.Errorf("the HTML: got %d bytes, want at most 102,000", len(page))
	}
	counts := map[string]int{}
	for rest := page; ; {
		text, after, found := strings.Cut(rest, "<")
		if strings.ContainsAny(htmlEntity.ReplaceAllString(text, ""), "&>") {
			t.Errorf("%.300q is not escaped", text)
		}
		inert(t, text)
		if !found {
			break
		}
		inside, following, _ := strings.Cut(after, ">")
		tag := "<" + inside + ">"
		parts := htmlTag.FindStringSubmatch(tag)
		if parts == nil {
			t.Fatalf("the HTML: got the tag %.300q, want only those that mailHTML writes", tag)
		}
		counts[parts[1]]++
		for _, target := range htmlURL.FindAllStringSubmatch(htmlText.ReplaceAllString(tag, ""), -1) {
			address(t, strings.ReplaceAll(target[1], "&amp;", "&"))
		}
		if bare := htmlText.ReplaceAllString(tag, ""); strings.Contains(bare, " on") || strings.Contains(bare, "script:") {
			t.Errorf("the HTML: got the tag %.300q, want no event handler and no script", tag)
		}
		rest = following
	}
	if counts["a"] > 2 || counts["img"] > 1 || counts["html"] != 2 {
		t.Errorf("tags: got %v, want at most 2 a, at most 1 img, and html opened and closed once", counts)
	}
}

func TestWebAddress(t *testing.T) {
	for _, tt := range []struct{ Raw, Want string }{
		{"https://app.example.com/a?b=c&d#e", "https://app.example.com/a?b=c&d#e"},
		{"https://app.example.com/(a)_[b]", "https://app.example.com/%28a%29%5F[b]"},
		{"https://app.example.com/가?나=다", "https://app.example.com/%EA%B0%80?%EB%82%98=%EB%8B%A4"},
		{"http://127.0.0.1:54321/x.png", "http://127.0.0.1:54321/x.png"},
		{"http://localhost/x", "http://localhost/x"},
		{"http://app.example.com/", ""}, {"javascript:alert(1)", ""}, {"data:image/png;base64,AAAA", ""}, {"//evil.example/", ""},
		{"/relative", ""}, {"", ""}, {"https://", ""}, {"https://user@app.example.com/", ""}, {"https://앱.example/", ""},
		{"https://app.example.com/" + strings.Repeat("a", maxAddress), ""}, {"https:app.example.com", ""}, {"https://a b/", ""},
	} {
		if got := webAddress(tt.Raw); got != tt.Want {
			t.Errorf("the web address of %q: got %q, want %q", tt.Raw, got, tt.Want)
		}
	}
}
