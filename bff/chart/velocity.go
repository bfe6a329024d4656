package chart

import (
	"fmt"
	"math"
	"strings"

	"github.com/mysingle/mysingle/bff/sprint"
)

// Velocity draws what the last closed sprints of a project committed to and
// completed, with the average and the range to plan with. It fails only for
// a view that isn't one; see Burndown.
func Velocity(view *sprint.Velocity, options Options) ([]byte, error) {
	p, err := newPicture("velocity", view.Project.ProjectID, options)
	if err != nil {
		return nil, err
	}
	w := p.words
	title := fmt.Sprintf(w.titleOf, w.velocity, view.Project.ProjectName)
	spread := in(p.measure, view.Tasks, view.Points)

	var bars []velocityBar
	greatest := 0.0
	for _, s := range view.Sprints {
		bar := velocityBar{s.SprintName, in(p.measure, float64(s.Committed.Tasks), s.Committed.Points),
			in(p.measure, float64(s.Completed.Tasks), s.Completed.Points)}
		bars = append(bars, bar)
		greatest = max(greatest, bar.committed, bar.completed)
		if err := (series{&bar.committed, &bar.completed}).check(s.SprintName); err != nil {
			return nil, err
		}
	}
	if err := (series{spread.Average, spread.Low, spread.High}).check("spread"); err != nil {
		return nil, err
	}
	days := ""
	if n := len(view.Sprints); n > 0 {
		from, err := parseDate(view.Sprints[0].StartDate)
		if err != nil {
			return nil, err
		}
		to, err := parseDate(view.Sprints[n-1].EndDate)
		if err != nil {
			return nil, err
		}
		days = w.date(from) + " – " + w.date(to)
	}
	p.footer("", days, view.AsOf)
	if greatest == 0 {
		said := w.noSprints
		if len(bars) > 0 {
			said = w.noCompleted
		}
		p.heading(title)
		p.say(said)
		return p.svg(w.code, title, said), nil
	}

	var facts []string
	if spread.Average != nil {
		facts = append(facts, fmt.Sprintf(w.averageFact, w.count(brief(*spread.Average), p.measure)))
		greatest = max(greatest, *spread.Average)
	}
	if spread.Low != nil && spread.High != nil {
		facts = append(facts, fmt.Sprintf(w.trustedFact, w.number(brief(*spread.Low)), w.number(brief(*spread.High))))
		greatest = max(greatest, *spread.High)
	}
	p.heading(title, facts...)
	drawVelocity(p, bars, spread, newAxis(greatest, p.measure == Tasks))

	sentences := []string{fmt.Sprintf(w.velocityDesc, title, w.number(float64(len(bars))))}
	for _, bar := range bars {
		sentences = append(sentences, fmt.Sprintf(w.velocitySprintDesc, bar.name, w.number(bar.completed), w.count(bar.committed, p.measure)))
	}
	for _, fact := range facts {
		sentences = append(sentences, fact+".")
	}
	return p.svg(w.code, title, strings.Join(sentences, " ")), nil
}

type velocityBar struct {
	name                 string
	committed, completed float64
}

func drawVelocity(p *picture, bars []velocityBar, spread sprint.Spread, scale axis) {
	w := p.words
	y := p.frame(scale)
	slot := (p.right - p.left) / float64(len(bars))
	bar := min(slot*0.36, 56)
	x := func(i int) float64 { return p.left + (float64(i)+0.5)*slot }

	average := line{colour: vermillion, width: 2, dash: "7 5"}
	box := func(colour colour, edge bool) func(x, y float64) {
		return func(x, y float64) {
			p.rect(x-13, y-6, 26, 12, 0, colour)
			if edge {
				p.path(fmt.Sprintf("M%s %sh26v12h-26z", num(x-13), num(y-6)), line{colour: grey, width: 1})
			}
		}
	}
	keys := []key{{w.committed, box(pale, true)}, {w.completed, box(blue, false)}}
	if spread.Average != nil {
		keys = append(keys, p.lineKey(fmt.Sprintf(w.average, w.number(brief(*spread.Average))), average, nil))
	}
	if spread.Low != nil && spread.High != nil {
		keys = append(keys, key{w.trusted, box(band, false)})
	}
	p.keep(keys)

	if spread.Low != nil && spread.High != nil {
		p.rect(p.left, y(*spread.High), p.right-p.left, y(*spread.Low)-y(*spread.High), 0, band)
	}
	p.grid(scale, y)
	p.unit(in(p.measure, w.tasksUnit, w.pointsUnit), p.right)

	upright := func(left, value float64) string {
		return fmt.Sprintf("M%s %sV%sh%sV%sz", num(left), num(p.bottom), num(y(value)), num(bar), num(p.bottom))
	}
	committed, completed := "", ""
	for i, b := range bars {
		if b.committed > 0 {
			committed += upright(x(i)-bar-1, b.committed)
		}
		if b.completed > 0 {
			completed += upright(x(i)+1, b.completed)
		}
	}
	p.area(committed, pale, plain)
	p.path(committed, line{colour: grey, width: 1})
	p.area(completed, blue, plain)
	if spread.Average != nil {
		p.path(fmt.Sprintf("M%s %sH%s", num(p.left), num(y(*spread.Average)), num(p.right)), average)
	}
	p.baseline()

	// The values stand above the bars if there is room for all of them (in
	// them where the average runs) or, in a narrow picture, for half; the names
	// below, as many as there is room for.
	over := func(value float64) float64 {
		if spread.Average != nil && math.Abs(y(*spread.Average)-(y(value)-10)) < 10 && p.bottom-y(value) > 24 {
			return y(value) + 17
		}
		return y(value) - 6
	}
	widest := 0.0
	for _, b := range bars {
		widest = max(widest, textWidth(w.number(b.committed), 12, 1.06), textWidth(w.number(b.completed), 12, 1.06))
	}
	each := int(math.Ceil(64 / slot))
	for i, b := range bars {
		switch {
		case widest+4 <= bar+2:
			p.text(x(i)-bar/2-1, over(b.committed), w.number(b.committed), label{size: 12, colour: ink, anchor: middle})
			look := label{size: 12, weight: 600, colour: ink, anchor: middle}
			at := over(b.completed)
			if at > y(b.completed) {
				look.colour = background
			}
			p.text(x(i)+bar/2+1, at, w.number(b.completed), look)
		case p.stacked && widest <= slot-bar-4: // only what was completed, reaching beyond its bar
			p.text(x(i)+1, y(b.completed)-6, w.number(b.completed), label{size: 12, weight: 600, colour: ink, halo: true})
		}
		if i%each == each/2 {
			if room := min(slot*float64(each)-8, 2*(p.width-8-x(i))); room > 40 {
				p.text(x(i), p.labelLine(), fit(clean(b.name), 12, 1, room), label{size: 12, colour: muted, anchor: middle})
			}
		}
	}
	p.legend(keys)
}
