package main

import (
	"strings"
	"time"
	"unicode"

	ics "github.com/arran4/golang-ical"

	"github.com/mysingle/mysingle/functions/phrase"
)

// content is what calendar_of returns: all that a feed shows.
type content struct {
	FeedName     string `json:"feed_name"`
	Organization struct {
		Name     string          `json:"org_name"`
		Timezone string          `json:"timezone"`
		Language phrase.Language `json:"locale"`
	} `json:"organization"`
	Sprints []struct {
		SprintID    string    `json:"sprint_id"`
		SprintName  string    `json:"sprint_name"`
		Goal        *string   `json:"goal"`
		Status      string    `json:"status"`
		StartDate   string    `json:"start_date"`
		EndDate     string    `json:"end_date"`
		ProjectName string    `json:"project_name"`
		UpdatedAt   time.Time `json:"updated_at"`
	} `json:"sprints"`
	Scrums []struct {
		SprintID    string    `json:"sprint_id"`
		SprintName  string    `json:"sprint_name"`
		ProjectName string    `json:"project_name"`
		Date        string    `json:"date"`
		StartsAt    time.Time `json:"starts_at"`
		UpdatedAt   time.Time `json:"updated_at"`
	} `json:"scrums"`
	Tasks []struct {
		TaskID      string    `json:"task_id"`
		TaskName    string    `json:"task_name"`
		DueDate     string    `json:"due_date"`
		ProjectName string    `json:"project_name"`
		UpdatedAt   time.Time `json:"updated_at"`
	} `json:"tasks"`
}

// scrumLasts is how long a daily scrum takes at most (Scrum Guide 2020).
const scrumLasts = 15 * time.Minute

// iCalendar is the content as a calendar (RFC 5545, with the names of RFC 7986
// and those that calendar apps knew before it). The same content gives the
// same text: what an app has already it needn't fetch again.
func (c *content) iCalendar(app string) (string, error) {
	l := c.Organization.Language
	calendar := ics.NewCalendarFor("MySingle")
	calendar.SetProductId("-//MySingle//Calendar//EN")
	calendar.SetMethod(ics.MethodPublish)
	calendar.SetName(clean(c.FeedName))
	calendar.SetXWRCalName(clean(c.FeedName))
	calendar.SetXWRTimezone(c.Organization.Timezone)
	calendar.SetRefreshInterval("PT1H") // with VALUE=DURATION
	calendar.SetXPublishedTTL("PT1H")
	for _, s := range c.Sprints {
		e, err := allDay(calendar, "sprint-"+s.SprintID, s.StartDate, s.EndDate, s.UpdatedAt)
		if err != nil {
			return "", err
		}
		e.SetSummary(clean(l.Say("스프린트: %s", "Sprint: %s", s.SprintName)))
		lines := []string{clean(s.ProjectName)}
		if s.Goal != nil && clean(*s.Goal) != "" {
			lines = append(lines, clean(l.Say("목표: %s", "Goal: %s", *s.Goal)))
		}
		e.SetDescription(strings.Join(lines, "\n"))
		e.SetURL(app + "/?sprint=" + s.SprintID)
	}
	for _, s := range c.Scrums {
		e := calendar.AddEvent("scrum-" + s.SprintID + "-" + s.Date + "@mysingle")
		e.SetDtStampTime(s.UpdatedAt)
		e.SetModifiedAt(s.UpdatedAt)
		e.SetStartAt(s.StartsAt)
		e.SetEndAt(s.StartsAt.Add(scrumLasts))
		e.SetSummary(clean(l.Say("데일리 스크럼: %s", "Daily scrum: %s", s.ProjectName)))
		e.SetDescription(clean(s.SprintName))
		e.SetURL(app + "/?sprint=" + s.SprintID)
	}
	for _, t := range c.Tasks {
		e, err := allDay(calendar, "task-"+t.TaskID, t.DueDate, t.DueDate, t.UpdatedAt)
		if err != nil {
			return "", err
		}
		e.SetSummary(clean(l.Say("마감: %s", "Due: %s", t.TaskName)))
		e.SetDescription(clean(t.ProjectName))
	}
	var text strings.Builder
	err := calendar.SerializeTo(&text, ics.WithNewLine("\r\n"))
	return text.String(), err
}

// allDay adds an event of whole days, the last one included, which keeps
// nobody from other appointments.
func allDay(calendar *ics.Calendar, id, first, last string, changed time.Time) (*ics.VEvent, error) {
	from, err := time.Parse(time.DateOnly, first)
	if err != nil {
		return nil, err
	}
	to, err := time.Parse(time.DateOnly, last)
	if err != nil {
		return nil, err
	}
	e := calendar.AddEvent(id + "@mysingle")
	e.SetDtStampTime(changed)
	e.SetModifiedAt(changed)
	e.SetAllDayStartAt(from)
	e.SetAllDayEndAt(to.AddDate(0, 0, 1)) // the first day that isn't one of it
	e.SetTimeTransparency(ics.TransparencyTransparent)
	return e, nil
}

// clean makes a name fit for one line: it may hold line breaks and control
// characters, which calendars must not have.
func clean(text string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd"))), " ")
}
