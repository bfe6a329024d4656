package main

import (
	"github.com/mysingle/mysingle/bff/sprint"
	"github.com/mysingle/mysingle/functions/notify"
	"github.com/mysingle/mysingle/functions/phrase"
)

// message is the reminder in words.
func message(l phrase.Language, scrum *sprint.ScrumOfDay) notify.Message {
	var missing []string
	for _, person := range scrum.Missing {
		missing = append(missing, l.Name(person.FullName))
	}
	summary := l.Say("%s, %s. 아직 %d명이 오늘 스크럼을 작성하지 않았습니다.", "%s, %s. %d people haven't posted their scrum update yet.",
		scrum.Sprint.SprintName, l.Day(scrum.Date), len(missing))
	if len(missing) == 1 {
		summary = l.Say("%s, %s. 아직 한 명이 오늘 스크럼을 작성하지 않았습니다.", "%s, %s. One person hasn't posted a scrum update yet.",
			scrum.Sprint.SprintName, l.Day(scrum.Date))
	}
	return notify.Message{
		Title:    l.Say("%s: 데일리 스크럼을 작성해 주세요", "%s: time for the daily scrum", scrum.Project.ProjectName),
		Summary:  summary,
		Sections: []notify.Section{{Title: l.In("아직 작성하지 않은 사람", "Still missing"), Lines: missing}},
		Link:     &notify.Link{Text: l.In("스크럼 작성하기", "Post an update")},
		At:       scrum.AsOf,
	}
}
