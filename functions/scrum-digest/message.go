package main

import (
	"strings"

	"github.com/mysingle/mysingle/bff/sprint"
	"github.com/mysingle/mysingle/functions/notify"
	"github.com/mysingle/mysingle/functions/phrase"
)

// message is the digest in words.
func message(l phrase.Language, f figures) notify.Message {
	return notify.Message{
		Title:    l.Say("%s: %s 데일리 스크럼", "%s: daily scrum, %s", f.Scrum.Project.ProjectName, l.Day(f.Scrum.Date)),
		Summary:  strings.Join(headlines(l, f), "\n"),
		Sections: sections(l, f.Scrum),
		Link:     &notify.Link{Text: l.In("스프린트 열기", "Open the sprint")},
		At:       f.Scrum.AsOf,
	}
}

// maxSummary is how long a scrum's summary may be, in characters: see
// daily_scrums_summary_length.
const maxSummary = 10_000

// summary is the digest as the text that is kept with the scrum.
func summary(l phrase.Language, f figures) string {
	lines := headlines(l, f)
	for _, section := range sections(l, f.Scrum) {
		lines = append(lines, "", section.Title)
		for _, line := range section.Lines {
			lines = append(lines, "- "+line)
		}
	}
	text := []rune(strings.Join(lines, "\n"))
	if len(text) > maxSummary {
		text = append(text[:maxSummary-1], '…')
	}
	return string(text)
}

// headlines are how many posted, and how the sprint is doing.
func headlines(l phrase.Language, f figures) []string {
	scrum := f.Scrum
	lines := []string{l.Say("%s: %d명 중 %d명이 스크럼을 남겼습니다.", "%s: %[3]d of %[2]d posted.", scrum.Sprint.SprintName, scrum.Expected, scrum.Expected-len(scrum.Missing))}
	today := last(f.Burndown.Days)
	if today == nil {
		return lines
	}
	points := func(p *float64) float64 {
		if p == nil {
			return 0
		}
		return *p
	}
	left := l.Say("남은 일은 %s 중 %s입니다.", "%[2]s of %[1]s left.",
		l.Work(*today.Tasks.Scope, points(today.Points.Scope)), l.Work(*today.Tasks.Remaining, points(today.Points.Remaining)))
	if today.Tasks.Ideal != nil {
		left = l.Say("남은 일은 %s 중 %s이고, 이상적인 진행이라면 %s개입니다.", "%[2]s of %[1]s left, where the ideal is %[3]s.",
			l.Work(*today.Tasks.Scope, points(today.Points.Scope)), l.Work(*today.Tasks.Remaining, points(today.Points.Remaining)), phrase.Number(*today.Tasks.Ideal))
	}
	if finish := f.Burndown.ProjectedFinish.Tasks; finish != nil {
		left += l.Say(" 지금 속도라면 %s에 끝납니다.", " At the present pace the sprint is done on %s.", l.Day(*finish))
	}
	return append(lines, left)
}

// last is the day that the figures reach, nil if there is none.
func last(days []sprint.BurndownDay) *sprint.BurndownDay {
	for i := len(days) - 1; i >= 0; i-- {
		if days[i].Tasks.Remaining != nil {
			return &days[i]
		}
	}
	return nil
}

// sections are who posted what, who is missing and what stands in the way.
func sections(l phrase.Language, scrum *sprint.ScrumOfDay) []notify.Section {
	var all []notify.Section
	add := func(title string, lines []string) {
		if len(lines) > 0 {
			all = append(all, notify.Section{Title: title, Lines: lines})
		}
	}
	var posted, missing, impediments, broken []string
	for _, member := range scrum.Members {
		name := l.Name(member.FullName)
		if member.Update != nil {
			posted = append(posted, name+": "+update(l, member.Update))
		}
		for _, said := range member.SaidAndDone {
			if said.Outcome == "untouched" {
				broken = append(broken, name+": "+said.TaskName)
			}
		}
	}
	for _, person := range scrum.Missing {
		missing = append(missing, l.Name(person.FullName))
	}
	for _, one := range scrum.Impediments {
		raised := l.In("알 수 없음", "somebody")
		if one.RaisedBy != nil {
			raised = l.Name(one.RaisedBy.FullName)
		}
		impediments = append(impediments, one.Description+" ("+raised+", "+l.Age(one.Hours)+")")
	}
	add(l.In("장애물", "In the way"), impediments)
	add(l.In("아직 남기지 않은 사람", "Still missing"), missing)
	add(l.In("남긴 내용", "Posted"), posted)
	add(l.In("하기로 했지만 손대지 않은 일", "Said, and not touched"), broken)
	return all
}

// update is what somebody posted, on one line.
func update(l phrase.Language, u *sprint.ScrumUpdate) string {
	var parts []string
	for _, part := range []struct {
		name  string
		text  *string
		tasks []sprint.TaskRef
	}{
		{l.In("어제", "yesterday"), u.YesterdayWork, u.Did},
		{l.In("오늘", "today"), u.TodayWork, u.WillDo},
	} {
		var said []string
		if part.text != nil && strings.TrimSpace(*part.text) != "" {
			said = append(said, strings.Join(strings.Fields(*part.text), " "))
		}
		for _, task := range part.tasks {
			said = append(said, task.TaskName)
		}
		if len(said) > 0 {
			parts = append(parts, part.name+" "+strings.Join(said, ", "))
		}
	}
	return strings.Join(parts, " / ")
}
