package chart

import (
	"fmt"
	"strings"

	"github.com/mysingle/mysingle/bff/sprint"
)

// layers are the statuses from the bottom up: what is done lies at the bottom,
// so its upper edge shows how much has been finished, and what comes in is on
// top. What is done is green, what is worked on blue, and what waits for its turn
// grey; only what is blocked is loud.
var layers = [...]struct {
	status  string
	colour  colour
	texture texture
	tasks   func(*sprint.StatusTasks) *int
	points  func(*sprint.StatusPoints) *float64
}{
	{"Completed", green, plain, func(s *sprint.StatusTasks) *int { return s.Completed }, func(s *sprint.StatusPoints) *float64 { return s.Completed }},
	{"In Review", blue3, plain, func(s *sprint.StatusTasks) *int { return s.InReview }, func(s *sprint.StatusPoints) *float64 { return s.InReview }},
	{"In Progress", deepBlue, plain, func(s *sprint.StatusTasks) *int { return s.InProgress }, func(s *sprint.StatusPoints) *float64 { return s.InProgress }},
	{"Blocked", vermillion, rising, func(s *sprint.StatusTasks) *int { return s.Blocked }, func(s *sprint.StatusPoints) *float64 { return s.Blocked }},
	{"On Hold", grey, falling, func(s *sprint.StatusTasks) *int { return s.OnHold }, func(s *sprint.StatusPoints) *float64 { return s.OnHold }},
	{"Scheduled", middleGrey, plain, func(s *sprint.StatusTasks) *int { return s.Scheduled }, func(s *sprint.StatusPoints) *float64 { return s.Scheduled }},
	{"Planned", pale, plain, func(s *sprint.StatusTasks) *int { return s.Planned }, func(s *sprint.StatusPoints) *float64 { return s.Planned }},
	{"Cancelled", grid, dotted, func(s *sprint.StatusTasks) *int { return s.Cancelled }, func(s *sprint.StatusPoints) *float64 { return s.Cancelled }},
}

// Flow draws how much of a sprint was in which status at the end of each day.
// It fails only for a view that isn't one; see Burndown.
func Flow(view *sprint.Flow, options Options) ([]byte, error) {
	p, err := newPicture("flow", view.Sprint.SprintID, options)
	if err != nil {
		return nil, err
	}
	f, err := newFlow(view, p.measure)
	if err != nil {
		return nil, err
	}
	w := p.words
	title := fmt.Sprintf(w.titleOf, w.flow, view.Sprint.SprintName)
	days, err := p.from(view.Head)
	if err != nil {
		return nil, err
	}
	p.footer(view.Project.ProjectName, days, view.AsOf)
	if said, err := p.instead(view.Head, f.total, 0); said != "" || err != nil {
		p.heading(title, view.Project.ProjectName)
		return p.svg(w.code, title, said), err
	}

	now := f.total.last()
	total := w.count(*f.total[now], p.measure)
	var counts []string
	for i, layer := range layers {
		if amount := *f.amounts[i][now]; amount > 0 {
			counts = append(counts, fmt.Sprintf(w.statusCount, w.statuses[layer.status], w.number(amount)))
		}
	}
	state, err := p.state(view.Head)
	if err != nil {
		return nil, err
	}
	facts := append(state, fmt.Sprintf(w.inTheSprint, total))
	description := fmt.Sprintf(w.flowDesc, title, w.date(f.days[0].date), w.date(f.days[len(f.days)-1].date),
		w.date(f.days[now].date), total, strings.Join(counts, ", "))
	for _, fact := range state {
		description += " " + fact + "."
	}
	if hours := view.CycleTime.P50Hours; hours != nil {
		facts = append(facts, fmt.Sprintf(w.cycleTime, w.duration(*hours)))
	}
	p.heading(title, facts...)
	f.draw(view, p, now)
	return p.svg(w.code, title, description), nil
}

// flow is the view in one measure.
type flow struct {
	days    []calendarDay
	amounts [len(layers)]series
	// total is what is in the sprint in any status.
	total series
}

func newFlow(view *sprint.Flow, measure Measure) (*flow, error) {
	f := &flow{}
	for _, day := range view.Days {
		date, err := parseDate(day.Date)
		if err != nil {
			return nil, err
		}
		f.days = append(f.days, calendarDay{date, day.IsWorkingDay})
		total := 0.0
		known := true
		for i, layer := range layers {
			amount := in(measure, float(layer.tasks(&day.Tasks)), layer.points(&day.Points))
			if known = known && amount != nil; known {
				total += *amount
			}
			f.amounts[i] = append(f.amounts[i], amount)
		}
		if !known {
			f.total = append(f.total, nil)
			continue
		}
		f.total = append(f.total, &total)
	}
	for i, layer := range layers {
		if err := f.amounts[i].check(layer.status); err != nil {
			return nil, err
		}
	}
	return f, consecutive(f.days)
}

func (f *flow) draw(view *sprint.Flow, p *picture, now int) {
	w := p.words
	scale := newAxis(f.total.greatest(), p.measure == Tasks)
	y := p.frame(scale)
	if !p.stacked {
		p.top -= legendHeight // the legend stands on the right
		p.right -= f.keysWidth(p, now)
	}
	slot := (p.right - p.left) / float64(len(f.days))
	x := func(day int) float64 { return p.left + (float64(day)+0.5)*slot }
	keys := append(f.keys(p, now), p.shadedKey(f.days, slot)...)
	if p.stacked {
		p.keep(keys)
	}

	p.days(f.days, now, slot, x)
	p.grid(scale, y)
	p.unit(in(p.measure, w.tasksUnit, w.pointsUnit), x(now))

	// Each layer lies upon the one before. A single day is drawn as wide as
	// its slot.
	places := func(heights []float64) []point {
		if now == 0 {
			return []point{{x(0) - slot*0.4, y(heights[0])}, {x(0) + slot*0.4, y(heights[0])}}
		}
		points := make([]point, now+1)
		for i := range points {
			points[i] = point{x(i), y(heights[i])}
		}
		return points
	}
	heights := make([]float64, now+1)
	below := places(heights)
	var edges []string
	for i, layer := range layers {
		for day := range heights {
			if f.total[day] != nil {
				heights[day] += *f.amounts[i][day]
			}
		}
		above := places(heights)
		if f.amounts[i].greatest() > 0 {
			p.area(polyline(above)+"L"+polyline(reversed(below))[1:]+"z", layer.colour, layer.texture)
			edges = append(edges, polyline(above))
		}
		below = above
	}
	if slot >= shadedSlot {
		p.path(strings.Join(edges, ""), line{colour: background, width: 1})
	}
	p.baseline()

	p.mark(x(now), p.lastDay(view.Head, f.days[now].date), line{colour: ink, width: 1})
	if p.stacked {
		p.legend(keys)
	} else {
		f.keysBeside(p, now)
	}
}

func reversed(points []point) []point {
	back := make([]point, len(points))
	for i, p := range points {
		back[len(points)-1-i] = p
	}
	return back
}

// keysWidth is the room for the legend on the right.
func (f *flow) keysWidth(p *picture, now int) float64 {
	widest := textWidth(p.words.daysOff, 12, 1)
	for i, layer := range layers {
		if f.amounts[i].greatest() > 0 {
			widest = max(widest, textWidth(p.words.statuses[layer.status]+"  "+p.words.number(*f.amounts[i][now]), 12, 1.06))
		}
	}
	return widest + 50
}

// keys are the legend above the plot: the layers that occur, top down as in the
// picture, with what they hold now.
func (f *flow) keys(p *picture, now int) []key {
	var keys []key
	for i := len(layers) - 1; i >= 0; i-- {
		if f.amounts[i].greatest() > 0 {
			keys = append(keys, key{p.words.statuses[layers[i].status] + " " + p.words.number(*f.amounts[i][now]), func(x, y float64) {
				p.area(fmt.Sprintf("M%s %sh26v12h-26z", num(x-13), num(y-6)), layers[i].colour, layers[i].texture)
			}})
		}
	}
	return keys
}

// keysBeside draws the same on the right, the numbers under each other.
func (f *flow) keysBeside(p *picture, now int) {
	left, y := p.right+20, p.top+8
	for i := len(layers) - 1; i >= 0; i-- {
		if f.amounts[i].greatest() == 0 {
			continue
		}
		p.area(fmt.Sprintf("M%s %sh22v14h-22z", num(left), num(y-7)), layers[i].colour, layers[i].texture)
		p.text(left+30, y+4, p.words.statuses[layers[i].status], label{size: 12, colour: ink})
		p.text(p.width-p.margin, y+4, p.words.number(*f.amounts[i][now]), label{size: 12, weight: 600, colour: ink, anchor: end})
		y += 24
	}
	if !shaded(f.days, (p.right-p.left)/float64(len(f.days))) {
		return
	}
	p.rect(left, y-7, 22, 14, 0, shade)
	p.path(fmt.Sprintf("M%s %sh22v14h-22z", num(left), num(y-7)), line{colour: grid, width: 1})
	p.text(left+30, y+4, p.words.daysOff, label{size: 12, colour: ink})
}
