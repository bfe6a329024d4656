package main

import (
	"strings"

	"github.com/mysingle/mysingle/bff/sprint"
	"github.com/mysingle/mysingle/functions/notify"
	"github.com/mysingle/mysingle/functions/phrase"
)

// message is the report in words, for channels.
func message(l phrase.Language, report *sprint.Report) notify.Message {
	m := notify.Message{
		Title:   title(l, report),
		Summary: strings.Join(headlines(l, report), "\n"),
		Link:    &notify.Link{Text: l.In("보고서 열기", "Open the report")},
		Picture: &notify.Picture{Alt: l.Say("%s 번다운", "Burndown of %s", report.Sprint.SprintName)},
		At:      report.AsOf,
	}
	for _, part := range lists(l, report) {
		if len(part.items) > 0 {
			m.Sections = append(m.Sections, notify.Section{Title: part.title, Lines: part.items})
		}
	}
	return m
}

func title(l phrase.Language, report *sprint.Report) string {
	if !report.Final {
		return l.Say("%s · 스프린트 ‘%s’ 중간 현황", "%s · sprint “%s” so far", report.Project.ProjectName, report.Sprint.SprintName)
	}
	return l.Say("%s · 스프린트 ‘%s’ 보고서", "%s · report of sprint “%s”", report.Project.ProjectName, report.Sprint.SprintName)
}

// headlines are the report in a few sentences. A sprint that hasn't begun has
// none of these figures.
func headlines(l phrase.Language, report *sprint.Report) []string {
	var lines []string
	if report.Goal != nil && strings.TrimSpace(*report.Goal) != "" {
		lines = append(lines, l.Say("목표: %s", "Goal: %s", strings.Join(strings.Fields(*report.Goal), " ")))
	}
	if report.Committed == nil || report.Completed == nil {
		return append(lines, l.In("아직 시작하지 않은 스프린트입니다.", "The sprint hasn't begun."))
	}
	lines = append(lines, l.Say("약속 %s 중 완료 %s (%s)", "Committed to %s, completed %s of it (%s)",
		work(l, report.Committed), share(l, report.CommittedCompleted), completion(l, report)))
	if added := report.AddedCompleted; added != nil && added.Tasks > 0 {
		lines = append(lines, l.Say("추가된 일 완료 %s", "Completed besides, of what was added: %s", share(l, added)))
	}
	if change := report.ScopeChange; change != nil && change.Tasks != nil && *change.Tasks != 0 {
		lines = append(lines, l.Say("범위 변화 %s: 추가 %s, 제외 %s", "Scope changed by %s: added %s, removed %s",
			phrase.Percent(change.Tasks), work(l, report.Added), work(l, report.Removed)))
	}
	if carried := report.CarriedOver; carried != nil && carried.Tasks > 0 {
		to := l.In("백로그", "the backlog")
		if carried.To != nil {
			to = l.In("‘", "“") + carried.To.SprintName + l.In("’", "”")
		}
		lines = append(lines, l.Say("%s에 넘긴 일 %s", "Moved to %s: %s", to, l.Work(carried.Tasks, carried.Points)))
	}
	if i := report.Impediments; i != nil && i.Raised > 0 {
		lines = append(lines, l.Say("장애물 %d건, 해결 %d건", "Blockers: %d raised, %d resolved", i.Raised, i.Resolved))
	}
	return lines
}

// completion is how much of what was committed to was completed, in points
// where there are any.
func completion(l phrase.Language, report *sprint.Report) string {
	ratio := report.Completion
	switch {
	case ratio != nil && ratio.Points != nil:
		return l.Say("포인트로 %s", "%s of the points", phrase.Percent(ratio.Points))
	case ratio != nil && ratio.Tasks != nil:
		return l.Say("작업 수로 %s", "%s of the tasks", phrase.Percent(ratio.Tasks))
	}
	return phrase.Percent(nil)
}

func work(l phrase.Language, list *sprint.ReportList) string {
	if list == nil {
		return l.Work(0, 0)
	}
	return l.Work(list.Tasks, list.Points)
}

func share(l phrase.Language, amount *sprint.Amount) string {
	if amount == nil {
		return l.Work(0, 0)
	}
	return l.Work(amount.Tasks, amount.Points)
}

// notCompleted is what is left, while there is time for it and afterwards.
func notCompleted(l phrase.Language, report *sprint.Report) string {
	if report.Final {
		return l.In("완료하지 못함", "Not completed")
	}
	return l.In("남은 일", "Left")
}

// list is one of the report's lists, each item on a line.
type list struct {
	title string
	items []string
}

// lists are all of the report's, the empty ones too.
func lists(l phrase.Language, report *sprint.Report) []list {
	items := func(of *sprint.ReportList) []string {
		if of == nil {
			return nil
		}
		var lines []string
		for _, item := range of.Items {
			lines = append(lines, line(l, item))
		}
		return lines
	}
	var reestimated, impediments []string
	if report.Reestimated != nil {
		for _, item := range report.Reestimated.Items {
			reestimated = append(reestimated, item.TaskName+": "+points(item.PointsBefore)+" → "+points(item.PointsAfter))
		}
	}
	if report.Impediments != nil {
		for _, one := range report.Impediments.Items {
			state := l.In("아직 열려 있음", "still open")
			if one.ResolvedAt != nil {
				state = l.Say("%s 해결", "resolved %s", l.Span(one.Hours))
			}
			impediments = append(impediments, one.Description+" ("+state+")")
		}
	}
	return []list{
		{l.In("완료", "Completed"), items(report.Completed)},
		{notCompleted(l, report), items(report.NotCompleted)},
		{l.In("중간에 추가", "Added"), items(report.Added)},
		{l.In("중간에 제외", "Removed"), items(report.Removed)},
		{l.In("추가했다가 제외", "Added, then removed"), items(report.AddedThenRemoved)},
		{l.In("취소", "Cancelled"), items(report.Cancelled)},
		{l.In("스프린트 밖에서 완료", "Completed outside of the sprint"), items(report.CompletedOutside)},
		{l.In("추정 변경", "Re-estimated"), reestimated},
		{l.In("장애물", "Blockers"), impediments},
	}
}

// line is a task with its points and whose it is.
func line(l phrase.Language, item sprint.ReportItem) string {
	text := item.TaskName
	if item.Points != nil {
		text += " · " + l.Points(*item.Points)
	}
	if item.Assignee != nil {
		text += " · " + l.Name(item.Assignee.FullName)
	}
	return text
}

func points(p *float64) string {
	if p == nil {
		return "–"
	}
	return phrase.Number(*p)
}
