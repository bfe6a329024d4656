package chart

import (
	"fmt"
	"strings"
	"time"

	"github.com/mysingle/mysingle/bff/sprint"
)

// Burndown draws what was left of a sprint at the end of each day, beside the
// ideal, the scope, and what is to be expected at the present pace. It fails
// only for a view that isn't one: days that aren't days, or negative amounts.
func Burndown(view *sprint.Burndown, options Options) ([]byte, error) {
	p, err := newPicture("burndown", view.Sprint.SprintID, options)
	if err != nil {
		return nil, err
	}
	b, err := newBurndown(view, p.measure)
	if err != nil {
		return nil, err
	}
	w := p.words
	title := fmt.Sprintf(w.titleOf, w.burndown, view.Sprint.SprintName)
	days, err := p.from(view.Head)
	if err != nil {
		return nil, err
	}
	p.footer(view.Project.ProjectName, days, view.AsOf)

	if said, err := p.instead(view.Head, b.scope, b.start); said != "" || err != nil {
		p.heading(title, view.Project.ProjectName)
		return p.svg(w.code, title, said), err
	}
	now := b.remaining.last()
	state, err := p.state(view.Head)
	if err != nil {
		return nil, err
	}
	facts := append(state, b.facts(view, p, now)...)
	p.heading(title, facts...)
	b.draw(view, p, now)
	return p.svg(w.code, title, b.describe(view, p, now, title, state)), nil
}

// burndown is the view in one measure.
type burndown struct {
	days                                []calendarDay
	end                                 int // index of the last day that is the sprint's
	start                               float64
	scope, remaining, ideal, projection series
	completed                           series
	finish                              *string // projected
}

func newBurndown(view *sprint.Burndown, measure Measure) (*burndown, error) {
	b := &burndown{finish: in(measure, view.ProjectedFinish.Tasks, view.ProjectedFinish.Points)}
	if view.Start != nil {
		b.start = in(measure, float64(view.Start.Tasks), view.Start.Points)
	}
	for _, day := range view.Days {
		date, err := parseDate(day.Date)
		if err != nil {
			return nil, err
		}
		b.days = append(b.days, calendarDay{date, day.IsWorkingDay})
		if day.Date <= view.Sprint.EndDate || day.Tasks.Remaining != nil {
			b.end = len(b.days) - 1
		}
		tasks, points := day.Tasks, day.Points
		b.scope = append(b.scope, in(measure, float(tasks.Scope), points.Scope))
		b.completed = append(b.completed, in(measure, float(tasks.Completed), points.Completed))
		b.remaining = append(b.remaining, in(measure, float(tasks.Remaining), points.Remaining))
		b.ideal = append(b.ideal, in(measure, tasks.Ideal, points.Ideal))
		b.projection = append(b.projection, in(measure, tasks.Projection, points.Projection))
	}
	// Of the days after the sprint's those until this measure's projected finish.
	shown := min(b.end+1, len(b.days))
	for b.finish != nil && shown < len(b.days) && b.days[shown].date.Format(time.DateOnly) <= *b.finish {
		shown++
	}
	b.days = b.days[:shown]
	for _, s := range []*series{&b.scope, &b.completed, &b.remaining, &b.ideal, &b.projection} {
		*s = (*s)[:shown]
	}
	for name, s := range map[string]series{
		"start": {&b.start}, "scope": b.scope, "completed": b.completed, "remaining": b.remaining, "ideal": b.ideal, "projection": b.projection,
	} {
		if err := s.check(name); err != nil {
			return nil, err
		}
	}
	for i, day := range b.days {
		if (b.scope[i] == nil) != (b.remaining[i] == nil) || (b.completed[i] == nil) != (b.remaining[i] == nil) {
			return nil, fmt.Errorf("the figures of %s are incomplete", day.date.Format(time.DateOnly))
		}
	}
	return b, consecutive(b.days)
}

// due is how much should be left ideally, and at the end of which day (-1 for
// the start): while the sprint runs the last one that is over, as today isn't.
// Nil if that is no question any more: the sprint should be over.
func (b *burndown) due(head sprint.Head, p *picture, now int) (amount *float64, day int) {
	switch {
	case p.overdue(head):
		return nil, now
	case !running(head):
		return b.ideal[now], now
	case now == 0:
		return &b.start, -1
	default:
		return b.ideal[now-1], now - 1
	}
}

// idealOf names what is compared with.
func (b *burndown) idealOf(day, now int, w *words) string {
	switch day {
	case now:
		return w.idealNow
	case -1:
		return w.atStart
	default:
		return fmt.Sprintf(w.idealOf, w.day(b.days[day].date))
	}
}

// facts are the figures that a reader wants to know first.
func (b *burndown) facts(view *sprint.Burndown, p *picture, now int) []string {
	w, measure := p.words, p.measure
	left, scope := *b.remaining[now], *b.scope[now]
	var facts []string
	switch {
	case scope == 0:
		facts = append(facts, w.nothingInScope)
	case left == 0 && cancelled(view.Head):
		facts = append(facts, fmt.Sprintf(w.wasDone, w.count(scope, measure)))
	case left == 0:
		facts = append(facts, fmt.Sprintf(w.allDone, w.count(scope, measure)))
	default:
		facts = append(facts, fmt.Sprintf(w.left, w.amount(left, measure), w.count(scope, measure)))
		if due, day := b.due(view.Head, p, now); due != nil {
			ideal := b.idealOf(day, now, w)
			switch off := brief(left - *due); {
			case off > 0:
				facts = append(facts, fmt.Sprintf(w.moreThan, w.amount(off, measure), ideal))
			case off < 0:
				facts = append(facts, fmt.Sprintf(w.lessThan, w.amount(-off, measure), ideal))
			default:
				facts = append(facts, fmt.Sprintf(w.same, ideal))
			}
		}
		if b.finish != nil {
			if finish, err := parseDate(*b.finish); err == nil {
				facts = append(facts, fmt.Sprintf(w.projected, w.date(finish)))
			}
		}
	}
	if n := view.UnestimatedCount; measure == Points && n != nil && *n > 0 {
		facts = append(facts, fmt.Sprintf(w.unestimated, w.count(float64(*n), Tasks)))
	}
	return facts
}

func (b *burndown) describe(view *sprint.Burndown, p *picture, now int, title string, state []string) string {
	w, measure := p.words, p.measure
	sentences := []string{fmt.Sprintf(w.burndownDesc, title, w.date(b.days[0].date), w.date(b.days[b.end].date),
		w.count(b.start, measure), w.count(*b.scope[now], measure), w.amount(*b.completed[now], measure), w.amount(*b.remaining[now], measure), w.date(b.days[now].date))}
	for _, fact := range state {
		sentences = append(sentences, fact+".")
	}
	if due, day := b.due(view.Head, p, now); due != nil && day >= 0 {
		sentences = append(sentences, fmt.Sprintf(w.burndownIdealDesc, w.amount(*due, measure), w.date(b.days[day].date)))
	}
	if b.finish != nil {
		if finish, err := parseDate(*b.finish); err == nil {
			sentences = append(sentences, fmt.Sprintf(w.burndownFinishDesc, w.date(finish)))
		}
	}
	return strings.Join(sentences, " ")
}

func (b *burndown) draw(view *sprint.Burndown, p *picture, now int) {
	w := p.words
	scale := newAxis(max(b.start, b.scope.greatest(), b.ideal.greatest(), b.projection.greatest()), p.measure == Tasks)
	y := p.frame(scale)
	// The reference start has a place of its own before the first day.
	slot := (p.right - p.left) / float64(len(b.days)+1)
	x := func(day int) float64 { return p.left + (float64(day)+1.5)*slot }

	remainingLine := line{colour: blue, width: 2.5}
	idealLine := line{colour: grey, width: 1.5, dash: "7 5"}
	scopeLine := line{colour: purple, width: 1.8, dash: "10 3 2 3"}
	projectionLine := line{colour: vermillion, width: 2, dash: "2 4"}
	dot := func(x, y float64) { p.circle(x, y, 3.4, blue) }
	keys := []key{p.lineKey(w.remaining, remainingLine, dot), p.lineKey(w.ideal, idealLine, nil), p.lineKey(w.scope, scopeLine, nil)}
	if b.projection.count() > 1 {
		keys = append(keys, p.lineKey(w.projection, projectionLine, nil))
	}
	keys = append(keys, p.shadedKey(b.days, slot)...)
	p.keep(keys)

	p.days(b.days, now, slot, x)
	if slot >= 40 {
		p.text(x(-1), p.labelLine(), w.startWord, label{size: 12, colour: muted, anchor: middle})
	}
	p.grid(scale, y)
	p.unit(in(p.measure, w.tasksUnit, w.pointsUnit), x(now))

	lineOf := func(s series, first *float64) []point {
		var points []point
		if first != nil {
			points = append(points, point{x(-1), y(*first)})
		}
		for i, value := range s {
			if value != nil {
				points = append(points, point{x(i), y(*value)})
			}
		}
		return points
	}
	remaining, projection := lineOf(b.remaining, &b.start), lineOf(b.projection.untilZero(), nil)
	ideal := lineOf(b.ideal[:b.end+1], &b.start)

	p.baseline()
	b.marks(view, p, now, x)
	p.path(polyline(ideal), idealLine)
	p.path(polyline(lineOf(b.scope, &b.start)), scopeLine)
	p.path(polyline(projection), projectionLine)
	if n := len(projection); n > 0 && projection[n-1].y == y(0) && len(b.days) > b.end+1 {
		p.circle(projection[n-1].x, projection[n-1].y, 3.4, vermillion)
	}
	p.path(polyline(remaining), remainingLine)
	if slot >= 9 {
		for _, at := range remaining {
			dot(at.x, at.y)
		}
	} else {
		dot(x(now), y(*b.remaining[now]))
	}
	b.values(p, now, x(now), y, remaining, projection, ideal, lineOf(b.scope, &b.start))
	p.legend(keys)
}

// marks draws the line of the last day with figures, and the planned end if
// the sprint went on after it, or will at the present pace.
func (b *burndown) marks(view *sprint.Burndown, p *picture, now int, x func(int) float64) {
	word := p.lastDay(view.Head, b.days[now].date)
	at := p.wordAbove(x(now), word)
	for i, day := range b.days {
		late := i < now || i > now && len(b.days) > b.end+1
		if !late || day.date.Format(time.DateOnly) != view.Sprint.EndDate {
			continue
		}
		// Its word stands aside for the other; without room for it the line
		// stands alone.
		planned := p.words.plannedEnd
		half, aside := textWidth(planned, 12, 1.06)/2, textWidth(word, 12, 1.06)/2+10
		place := min(p.wordAbove(x(i), planned), at-aside-half)
		if i > now {
			place = max(p.wordAbove(x(i), planned), at+aside+half)
		}
		if place-half < p.aboveLeft || place+half > p.aboveRight {
			planned = ""
		}
		p.markBeside(x(i), place, planned, line{colour: grey, width: 1, dash: "3 3"})
	}
	p.mark(x(now), word, line{colour: ink, width: 1})
}
