package main

import (
	"strings"
	"time"

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
	posted := scrum.Expected - len(scrum.Missing)
	lines := []string{l.Say("%s: %d명 중 %d명이 스크럼을 작성했습니다.", "%s: %[3]d of %[2]d posted.", scrum.Sprint.SprintName, scrum.Expected, posted)}
	switch {
	case scrum.Expected == 0:
		lines = nil
	case posted == scrum.Expected:
		lines = []string{l.Say("%s: %d명 모두 스크럼을 작성했습니다.", "%s: all %d posted.", scrum.Sprint.SprintName, scrum.Expected)}
	case posted == 0:
		lines = []string{l.Say("%s: 아직 아무도 스크럼을 작성하지 않았습니다.", "%s: nobody has posted yet.", scrum.Sprint.SprintName)}
	}
	day, latest := figured(f.Burndown.Days, scrum.Date)
	if day == nil {
		return lines
	}
	of := l.Work(*day.Tasks.Scope, or0(day.Points.Scope))
	switch {
	case *day.Tasks.Scope == 0:
		return append(lines, l.In("스프린트에 작업이 없습니다.", "There are no tasks in the sprint."))
	case *day.Tasks.Remaining == 0:
		return append(lines, l.Say("%s를 모두 완료했습니다.", "All done: %s.", of))
	}
	left := l.Say("%s 중 %s 남았습니다", "%[2]s of %[1]s left", of, l.Work(*day.Tasks.Remaining, or0(day.Points.Remaining)))
	if day.Tasks.Ideal != nil {
		left += l.Say(" (계획대로라면 %s개)", " (%s if all went to plan)", phrase.Number(*day.Tasks.Ideal))
	}
	lines = append(lines, left+".")
	// What is to come is told as of now: an earlier day has none of it.
	if !latest || scrum.Sprint.Status != "Active" {
		return lines
	}
	ends := l.Say("스프린트는 %s에 끝납니다.", "The sprint ends on %s.", l.Day(scrum.Sprint.EndDate))
	// In the project's unit, as the page's headline.
	finish, counted := f.Burndown.ProjectedFinish.Tasks, l.In("작업 수 기준", "counted in tasks")
	if f.Burndown.HeadlineUnit == "points" {
		finish, counted = f.Burndown.ProjectedFinish.Points, l.In("포인트 기준", "counted in points")
	}
	if finish != nil {
		switch late := days(scrum.Sprint.EndDate, *finish); {
		case late == 1:
			ends += l.Say(" 지금 속도라면 %s에 끝나 하루 늦습니다(%s).", " At this pace the work is done on %s, 1 day late (%s).", l.Day(*finish), counted)
		case late > 0:
			ends += l.Say(" 지금 속도라면 %s에 끝나 %d일 늦습니다(%s).", " At this pace the work is done on %s, %d days late (%s).", l.Day(*finish), late, counted)
		default:
			ends += l.Say(" 지금 속도라면 %s에 다 끝납니다(%s).", " At this pace the work is done on %s (%s).", l.Day(*finish), counted)
		}
	}
	return append(lines, ends)
}

func or0(p *float64) float64 {
	if p == nil {
		return 0
	}
	return *p
}

// figured is the day of a burndown that has figures, nil if it has none, and
// whether it is the last one that has.
func figured(all []sprint.BurndownDay, date string) (day *sprint.BurndownDay, latest bool) {
	for i := range all {
		if all[i].Tasks.Remaining == nil || all[i].Tasks.Scope == nil {
			continue
		}
		latest = false
		if all[i].Date == date {
			day, latest = &all[i], true
		}
	}
	return day, latest
}

// days is how many there are from one date to another.
func days(from, to string) int {
	a, err := time.Parse(time.DateOnly, from)
	b, err2 := time.Parse(time.DateOnly, to)
	if err != nil || err2 != nil {
		return 0
	}
	return int(b.Sub(a).Hours() / 24)
}

// sections are who posted what, who is missing and what stands in the way.
func sections(l phrase.Language, scrum *sprint.ScrumOfDay) []notify.Section {
	var all []notify.Section
	add := func(title string, lines []string) {
		if len(lines) > 0 {
			all = append(all, notify.Section{Title: title, Lines: lines})
		}
	}
	var posted, missing, impediments, untouched []string
	for _, member := range scrum.Members {
		name := l.Name(member.FullName)
		if member.Update != nil {
			posted = append(posted, update(l, name, member.Update)...)
		}
		for _, said := range member.SaidAndDone {
			if said.Outcome == "untouched" {
				untouched = append(untouched, said.TaskName+" ("+name+")")
			}
		}
	}
	for _, person := range scrum.Missing {
		missing = append(missing, l.Name(person.FullName))
	}
	for _, one := range scrum.Impediments {
		raised := l.Name(nil)
		if one.RaisedBy != nil {
			raised = l.Name(one.RaisedBy.FullName)
		}
		impediments = append(impediments, one.Description+" ("+raised+", "+l.Age(one.Hours)+")")
	}
	add(l.In("장애물", "Blockers"), impediments)
	add(l.In("아직 작성하지 않은 사람", "Still missing"), missing)
	add(l.In("작성한 내용", "Updates"), posted)
	add(l.In("계획했지만 아직 시작하지 않은 일", "Planned, not started yet"), untouched)
	return all
}

// update is what somebody posted: a line for yesterday and one for today. Tasks
// that the text names already aren't named again.
func update(l phrase.Language, name string, u *sprint.ScrumUpdate) (lines []string) {
	for _, part := range []struct {
		when  string
		text  *string
		tasks []sprint.TaskRef
	}{
		{l.In("어제", "yesterday"), u.YesterdayWork, u.Did},
		{l.In("오늘", "today"), u.TodayWork, u.WillDo},
	} {
		var said []string
		if part.text != nil {
			for line := range strings.Lines(*part.text) {
				if line = strings.TrimSpace(line); line != "" {
					said = append(said, line)
				}
			}
		}
		text := strings.Join(said, "; ")
		for _, task := range part.tasks {
			if !strings.Contains(text, task.TaskName) {
				said = append(said, task.TaskName)
			}
		}
		if len(said) > 0 {
			lines = append(lines, name+", "+part.when+": "+strings.Join(said, "; "))
		}
	}
	return lines
}
