package chart

import (
	"fmt"
	"time"

	"github.com/mysingle/mysingle/bff/sprint"
)

// from tells the days of a sprint.
func (p *picture) from(head sprint.Head) (string, error) {
	from, err := parseDate(head.Sprint.StartDate)
	if err != nil {
		return "", err
	}
	to, err := parseDate(head.Sprint.EndDate)
	if err != nil {
		return "", err
	}
	return p.words.date(from) + " – " + p.words.date(to), nil
}

// instead says in words what can't be drawn, and returns it: a sprint that
// hasn't been started, or one with nothing in it. Otherwise it returns "".
func (p *picture) instead(head sprint.Head, amounts series, more float64) (string, error) {
	sentence := ""
	switch {
	case !started(head):
		from, err := parseDate(head.Sprint.StartDate)
		if err != nil {
			return "", err
		}
		sentence = p.words.notBegun
		if cancelled(head) {
			sentence = p.words.neverBegun
		} else if p.today(head) > head.Sprint.StartDate {
			sentence = p.words.notBegunInTime
		}
		sentence = fmt.Sprintf(sentence, p.words.date(from))
	case amounts.last() < 0 || amounts.greatest() == 0 && more == 0:
		sentence = in(p.measure, p.words.noTasks, p.words.noPoints)
		if p.measure == Points && head.Scope.VisibleTasks == 0 {
			sentence = p.words.noTasks
		}
	default:
		return "", nil
	}
	p.say(sentence)
	return sentence, nil
}

// started tells whether the sprint had been started at the moment of a view.
func started(head sprint.Head) bool {
	return head.Sprint.StartedAt != nil && !head.Sprint.StartedAt.After(head.AsOf)
}

// closed tells whether the sprint had been completed at the moment of a view.
func closed(head sprint.Head) bool {
	return head.Sprint.CompletedAt != nil && !head.Sprint.CompletedAt.After(head.AsOf)
}

// cancelled tells whether the sprint was cancelled: what wasn't done then has
// left it.
func cancelled(head sprint.Head) bool { return head.Sprint.Status == "Cancelled" }

func running(head sprint.Head) bool { return started(head) && !closed(head) && !cancelled(head) }

// today is the day of a view's moment.
func (p *picture) today(head sprint.Head) string {
	return head.AsOf.In(p.location).Format(time.DateOnly)
}

// state is what a reader wants to know before any figure, if anything: that
// the sprint was cancelled, or that it runs although its last day is over.
func (p *picture) state(head sprint.Head) ([]string, error) {
	switch {
	case cancelled(head):
		return []string{p.words.cancelled}, nil
	case !p.overdue(head):
		return nil, nil
	}
	planned, err := parseDate(head.Sprint.EndDate)
	if err != nil {
		return nil, err
	}
	return []string{fmt.Sprintf(p.words.overdue, p.words.date(planned))}, nil
}

func (p *picture) overdue(head sprint.Head) bool {
	return running(head) && p.today(head) > head.Sprint.EndDate
}

// lastDay names the last day with figures: today, that of the close or, if
// the sprint is over without one, its last.
func (p *picture) lastDay(head sprint.Head, day time.Time) string {
	word := p.words.today
	switch {
	case closed(head):
		word = p.words.closed
	case day.Format(time.DateOnly) < p.today(head):
		word = p.words.over
	}
	return fmt.Sprintf(word, p.words.day(day))
}
