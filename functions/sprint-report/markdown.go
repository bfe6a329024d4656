package main

import (
	"strconv"
	"strings"

	"github.com/mysingle/mysingle/bff/sprint"
	"github.com/mysingle/mysingle/functions/phrase"
)

// markdown is the report as a document (CommonMark, with GitHub's tables).
func markdown(l phrase.Language, report *sprint.Report) string {
	var b strings.Builder
	b.WriteString("# " + escape(title(l, report)) + "\n\n")
	b.WriteString(report.Sprint.StartDate + " – " + report.Sprint.EndDate + " · " + report.Timezone + "\n\n")
	for _, line := range headlines(l, report) {
		b.WriteString("- " + escape(line) + "\n")
	}
	b.WriteString("\n## " + l.In("숫자로 보면", "In numbers") + "\n\n")
	b.WriteString("| | " + l.In("작업", "Tasks") + " | " + l.In("포인트", "Points") + " |\n|---|---:|---:|\n")
	row := func(name string, of *sprint.ReportList) {
		if of != nil {
			b.WriteString("| " + name + " | " + strconv.Itoa(of.Tasks) + " | " + phrase.Number(of.Points) + " |\n")
		}
	}
	row(l.In("약속", "Committed"), report.Committed)
	row(l.In("완료", "Completed"), report.Completed)
	row(notCompleted(l, report), report.NotCompleted)
	row(l.In("중간에 추가", "Added"), report.Added)
	row(l.In("중간에 제외", "Removed"), report.Removed)
	row(l.In("취소", "Cancelled"), report.Cancelled)
	if len(report.Members) > 0 {
		b.WriteString("\n## " + l.In("사람별", "By person") + "\n\n| | " + l.In("약속", "Committed") + " | " +
			l.In("완료", "Completed") + " | " + notCompleted(l, report) + " |\n|---|---:|---:|---:|\n")
		for _, member := range report.Members {
			name := l.In("담당자 없음", "Nobody")
			if member.ProfileID != nil {
				name = l.Name(member.FullName)
			}
			b.WriteString("| " + escape(name) + " | " + amount(member.Committed) + " | " + amount(member.Completed) + " | " + amount(member.NotCompleted) + " |\n")
		}
	}
	for _, part := range lists(l, report) {
		if len(part.items) == 0 {
			continue
		}
		b.WriteString("\n## " + part.title + "\n\n")
		for _, item := range part.items {
			b.WriteString("- " + escape(item) + "\n")
		}
	}
	return b.String()
}

func amount(a sprint.Amount) string {
	return strconv.Itoa(a.Tasks) + " (" + phrase.Number(a.Points) + ")"
}

// escape makes a text of people's making mean nothing but itself in Markdown:
// on one line, and neither mark-up, link, mention, table, list nor HTML.
func escape(text string) string {
	var b strings.Builder
	runes := []rune(strings.Join(strings.Fields(text), " "))
	item := len(runes) - len([]rune(strings.TrimLeft(string(runes), "0123456789"))) // where "1." would begin a list
	for i, r := range runes {
		switch {
		case strings.ContainsRune("\\`*_[]<>|~&!#@", r),
			i == 0 && strings.ContainsRune("-+=", r),
			i == item && i > 0 && (r == '.' || r == ')'),
			r == ':' && i+1 < len(runes) && runes[i+1] == '/',
			r == '.' && i >= 3 && strings.EqualFold(string(runes[i-3:i]), "www"):
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
