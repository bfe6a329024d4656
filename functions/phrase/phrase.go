// Package phrase writes dates, names and numbers as messages have them, in
// Korean and English.
package phrase

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// Language is what is written in: Korean, or English for any other.
type Language string

// The languages.
const (
	Korean  Language = "ko"
	English Language = "en"
)

// In chooses by language.
func (l Language) In(korean, english string) string {
	if l == Korean {
		return korean
	}
	return english
}

// Say is In for formats of fmt.
func (l Language) Say(korean, english string, args ...any) string {
	return fmt.Sprintf(l.In(korean, english), args...)
}

// Day writes a date (2006-01-02) with its weekday. What is none comes back as
// it is.
func (l Language) Day(date string) string {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	if l == Korean {
		return day.Format("1월 2일") + " (" + []string{"일", "월", "화", "수", "목", "금", "토"}[day.Weekday()] + ")"
	}
	return day.Format("Mon, 2 Jan")
}

// Name is a person's name; who has none, or no account any more, gets a word.
func (l Language) Name(name *string) string {
	if name == nil || *name == "" {
		return l.In("이름 없음", "somebody")
	}
	return *name
}

// Number writes a number with up to one decimal.
func Number(value float64) string {
	return strconv.FormatFloat(math.Round(value*10)/10, 'f', -1, 64)
}

// Work is a number of tasks and of story points, the latter if there are any.
func (l Language) Work(tasks int, points float64) string {
	text := l.Say("%d개", "%d tasks", tasks)
	if tasks == 1 {
		text = l.In("1개", "1 task")
	}
	if points != 0 {
		text += l.In("(", " (") + l.Points(points) + ")"
	}
	return text
}

// Points is a number of story points.
func (l Language) Points(points float64) string {
	if points == 1 {
		return l.In("1포인트", "1 point")
	}
	return l.Say("%s포인트", "%s points", Number(points))
}

// Percent writes a ratio; one that is null is a dash.
func Percent(ratio *float64) string {
	if ratio == nil {
		return "–"
	}
	return strconv.Itoa(int(math.Round(*ratio*100))) + "%"
}

// Age writes for how long something has been so.
func (l Language) Age(hours float64) string {
	switch days := int(hours / 24); {
	case hours < 1:
		return l.In("방금", "just now")
	case days < 1:
		return l.Say("%d시간 전부터", "for %d h", int(hours))
	case days == 1:
		return l.In("하루 전부터", "for a day")
	default:
		return l.Say("%d일 전부터", "for %d days", days)
	}
}

// Span writes how long something took.
func (l Language) Span(hours float64) string {
	switch {
	case hours < 1:
		return l.In("1시간 안에", "within an hour")
	case hours < 48:
		return l.Say("%d시간 만에", "in %d h", int(math.Round(hours)))
	}
	return l.Say("%d일 만에", "in %d days", int(math.Round(hours/24)))
}
