package notify

import "encoding/json"

// limits are how long a message's parts may be, in units after escaping.
type limits struct {
	title, summary int
	sections       int // how many
	heading        int // a section's title
	section        int // a section's lines, each with lineCost
	line           int
	total          int
}

const (
	// lineCost is what a line costs besides its text: a bullet, a space, a
	// line break.
	lineCost = 3
	// moreCost is room for "and 12345 more" as a line, in either language.
	moreCost = 24
)

// layout is a message's text, escaped and cut. Lines end with one that tells
// how many were left out, if any; More tells how many sections were.
type layout struct {
	Title, Summary string
	Sections       []Section
	More           string
}

// layOut cuts the message to the limits: what comes first stays.
func (m Message) layOut(l limits, escape func(string) string) layout {
	left := l.total - moreCost
	take := func(text string, limit int) string {
		cut := clip(text, min(limit, left), escape)
		left -= units(cut)
		return cut
	}
	out := layout{Title: take(oneLine(m.Title), l.title), Summary: take(plain(m.Summary), l.summary)}
	for i, section := range m.Sections {
		if i == l.sections || left < 2*(moreCost+lineCost) {
			out.More = m.more(len(m.Sections) - i)
			break
		}
		kept := Section{Title: take(oneLine(section.Title), min(l.heading, left-moreCost-lineCost))}
		room := min(l.section, left)
		kept.Lines = m.lines(section.Lines, l.line, room, escape)
		for _, line := range kept.Lines {
			left -= units(line) + lineCost
		}
		if kept.Title != "" || len(kept.Lines) > 0 {
			out.Sections = append(out.Sections, kept)
		}
	}
	return out
}

// lines returns the lines that there is room for, and how many there isn't.
func (m Message) lines(all []string, limit, room int, escape func(string) string) []string {
	var kept []string
	for i, raw := range all {
		line := clip(oneLine(raw), min(limit, room-2*lineCost-moreCost), escape)
		if line == "" && room >= 2*(lineCost+moreCost) {
			continue // it was empty
		}
		if line == "" || units(line)+2*lineCost+moreCost > room {
			return append(kept, m.more(len(all)-i))
		}
		room -= units(line) + lineCost
		kept = append(kept, line)
	}
	return kept
}

// within encodes what render returns for the limits, with ever less text until
// it is at most size bytes long.
func within(size int, l limits, render func(limits) any) ([]byte, error) {
	for {
		body, err := json.Marshal(render(l))
		if err != nil || len(body) <= size || l.total < 1000 {
			return body, err
		}
		l.total = l.total * 3 / 4
	}
}
