package history

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"
)

// zones with days around which sprints are put: those on which the clock changes, from Santiago on at midnight, so that
// midnight comes twice or not at all. In Nuuk, Scoresbysund and Pyongyang the last hour or half of the day before is
// skipped, in Apia the whole of it. All are well in the past.
var zones = []struct {
	name string
	days []Date
}{
	{"UTC", []Date{"2026-03-01"}},
	{"Asia/Seoul", []Date{"2026-06-03"}},
	{"Asia/Kathmandu", []Date{"2026-01-01", "2026-04-14"}},
	{"America/Los_Angeles", []Date{"2026-03-08", "2025-11-02"}},
	{"Australia/Lord_Howe", []Date{"2026-04-05", "2025-10-05"}},
	{"America/Santiago", []Date{"2026-04-04", "2026-09-06"}},
	{"Atlantic/Azores", []Date{"2026-03-29", "2025-10-26"}},
	{"America/Nuuk", []Date{"2026-03-29", "2025-10-26"}},
	{"America/Scoresbysund", []Date{"2026-03-29", "2025-10-26"}},
	{"Pacific/Apia", []Date{"2011-12-31"}},
	{"Asia/Pyongyang", []Date{"2018-05-05", "2015-08-15"}},
}

var weeks = [][]int{{1, 2, 3, 4, 5}, {1, 2, 3, 4, 5, 6, 7}, {1, 2, 3, 4}, {1, 2, 3, 4, 7}, {3}, {6, 7}}

var pointValues = []string{"", "3.0", "5.0", "0.0", "0.5", "1.0", "2.0", "8.0", "13.0", "2.5", "9999.9"}

// generator makes one history; its methods draw what they need.
type generator struct {
	*rapid.T
	*History
	special []time.Time // moments at which things like to happen together
}

// Generate draws a random history. Its first sprint is the one that most happens to.
func Generate(t *rapid.T) *History {
	g := &generator{T: t, History: &History{}}
	g.calendar()
	g.people()
	g.sprints()
	g.work()
	g.scrums()
	g.impediments()
	g.moments()
	g.closed()
	return g.History
}

func pick[V any](g *generator, label string, values ...V) V {
	return rapid.SampledFrom(values).Draw(g.T, label)
}

func (g *generator) number(label string, low, high int) int {
	return rapid.IntRange(low, high).Draw(g.T, label)
}

// oneIn is true once in n times, and false in what a failure is shrunk to.
func (g *generator) oneIn(label string, n int) bool {
	return g.number(label, 1, n) == n
}

// moment draws a moment on the days from … to, often one at which something else happens.
func (g *generator) moment(label string, from, to Date) time.Time {
	if len(g.special) > 0 && g.oneIn(label+" together", 4) {
		return pick(g, label+" with", g.special...)
	}
	midnight := g.Start(from.Plus(g.number(label+" day", 0, from.Until(to))))
	switch g.number(label+" kind", 0, 4) {
	case 0:
		return midnight.Add(9 * time.Hour)
	case 1:
		return midnight
	case 2:
		return midnight.Add(-time.Microsecond)
	case 3:
		return midnight.Add(time.Duration(g.number(label+" minute", 0, 24*60-1)) * time.Minute)
	default:
		return midnight.Add(time.Duration(g.number(label+" microsecond", 0, 24*3600*1e6-1)) * time.Microsecond)
	}
}

func (g *generator) calendar() {
	zone := pick(g, "zone", zones...)
	location, err := time.LoadLocation(zone.name)
	if err != nil {
		g.Fatalf("time zone %s: %v", zone.name, err)
	}
	g.Zone = location
	g.WorkingDays = pick(g, "working days", weeks...)
	g.CutoffTime = pick(g, "cutoff", "", "", "00:00", "01:30", "09:00", "23:59")
	g.Unit = pick(g, "headline unit", "tasks", "points")

	length := g.number("length", 1, pick(g, "longest", 10, 3, 60))
	change := pick(g, "day", zone.days...)
	g.special = append(g.special, g.Start(change).Add(-30*time.Minute), g.Start(change), g.Start(change).Add(30*time.Minute))
	start := change.Plus(-g.number("days before", 0, length))
	g.Sprints = []Sprint{{ID: SprintID(1), Name: "Sprint 1", Goal: pick(g, "goal", "", "A goal"),
		StartDate: start, EndDate: start.Plus(length - 1), Status: "Planned"}}

	for range g.number("holidays", 0, 3) {
		day := start.Plus(g.number("holiday", -3, length+10))
		if !slices.Contains(g.Holidays, day) {
			g.Holidays = append(g.Holidays, day)
		}
	}
}

// closed gives completed sprints a calendar of their own, as if the organization's was another when they were completed.
func (g *generator) closed() {
	for i := range g.Sprints {
		s := &g.Sprints[i]
		if s.Status != "Completed" || g.oneIn("old sprint", 4) {
			continue
		}
		s.Closed = &Calendar{Zone: g.Zone, WorkingDays: g.WorkingDays, Holidays: g.Holidays, CutoffTime: g.CutoffTime}
		if g.oneIn("another calendar", 2) {
			s.Closed.WorkingDays = pick(g, "working days then", weeks...)
			s.Closed.Holidays = []Date{s.StartDate.Plus(g.number("holiday then", 0, 10))}
			s.Closed.CutoffTime = pick(g, "cutoff then", "", "00:00", "23:59")
		}
		if g.oneIn("another zone", 3) {
			location, err := time.LoadLocation(pick(g, "zone then", zones...).name)
			if err != nil {
				g.Fatalf("time zone: %v", err)
			}
			s.Closed.Zone = location
		}
	}
}

func (g *generator) people() {
	s := g.Sprints[0]
	n := g.number("people", 1, 5)
	for i := range n {
		p := Profile{ID: ProfileID(i + 1), FullName: pick(g, "full name", fmt.Sprintf("P%02d", n-i), "P00", "")}
		g.Profiles = append(g.Profiles, p)
		// Somebody may have left the project, but not the caller.
		if i == 0 || !g.oneIn("left", 5) {
			g.Members = append(g.Members, Member{p.ID, pick(g, "role", "member", "viewer", "manager", "scrum_master"),
				g.moment("joined", s.StartDate.Plus(-3), s.EndDate)})
		}
		for range g.number("days off", 0, 2) {
			from := s.StartDate.Plus(g.number("day off", -3, s.StartDate.Until(s.EndDate)+3))
			g.DaysOff = append(g.DaysOff, DayOff{p.ID, from, from.Plus(g.number("days off long", 0, 4))})
		}
	}
	g.Caller = g.Profiles[0].ID
}

// sprints lets the first sprint be started and closed early, late or never, and adds others.
func (g *generator) sprints() {
	s := &g.Sprints[0]
	g.special = append(g.special, g.Start(s.StartDate), g.End(s.EndDate), g.Start(s.EndDate.Plus(1)))
	s.Status = pick(g, "status", "Active", "Completed", "Planned", "Cancelled")
	if s.Status == "Active" || s.Status == "Completed" || s.Status == "Cancelled" && g.oneIn("cancelled while running", 2) {
		s.StartedAt = g.moment("started", s.StartDate.Plus(-2), s.EndDate.Plus(1))
		g.special = append(g.special, s.StartedAt)
	}
	if s.Status == "Completed" {
		day := max(s.StartDate, g.DateOf(s.StartedAt))
		s.CompletedAt = g.moment("completed", day, max(day, s.EndDate.Plus(4)))
		if s.CompletedAt.Before(s.StartedAt) {
			s.CompletedAt = s.StartedAt
		}
		g.special = append(g.special, s.CompletedAt)
	}

	if g.oneIn("sprint before", 2) {
		end := s.StartDate.Plus(-1 - g.number("gap", 0, 6))
		before := Sprint{ID: SprintID(2), Name: "Sprint 0", StartDate: end.Plus(-6), EndDate: end,
			Status: pick(g, "status before", "Completed", "Completed", "Planned", "Cancelled")}
		if before.Status == "Completed" || before.Status == "Cancelled" && g.oneIn("cancelled while running", 2) {
			before.StartedAt = g.Start(before.StartDate).Add(10 * time.Hour)
		}
		if before.Status == "Completed" {
			before.CompletedAt = g.Start(before.EndDate).Add(17 * time.Hour)
			if !s.StartedAt.IsZero() && s.StartedAt.Before(before.CompletedAt) {
				before.CompletedAt = s.StartedAt // one at a time runs
			}
			g.special = append(g.special, before.CompletedAt)
		}
		g.Sprints = append(g.Sprints, before)
	}
	if g.oneIn("sprint after", 2) {
		start := g.Sprints[0].EndDate.Plus(1)
		g.Sprints = append(g.Sprints, Sprint{ID: SprintID(3), Name: "Sprint 2", StartDate: start, EndDate: start.Plus(6), Status: "Planned"})
	}
}

// work lets statements happen to tasks, one after the other.
func (g *generator) work() {
	s := g.Sprints[0]
	var times []time.Time
	for range g.number("statements", 0, 30) {
		if len(times) > 0 && g.oneIn("same moment", 6) {
			times = append(times, times[len(times)-1])
		} else {
			times = append(times, g.moment("at", s.StartDate.Plus(-3), s.EndDate.Plus(6)))
		}
	}
	slices.SortStableFunc(times, time.Time.Compare)
	for _, at := range times {
		actor := pick(g, "actor", append(g.profileIDs(), "")...)
		live := g.Live()
		action := "create"
		if len(live) > 0 {
			action = pick(g, "action", "change", "change", "change", "change", "change", "create", "create", "change many", "delete")
		}
		switch action {
		case "create":
			var made []Task
			for range g.number("tasks", 1, 3) {
				n := len(g.Tasks) + len(made) + 1
				made = append(made, g.task(n))
			}
			g.Create(at, actor, made...)
		case "change":
			g.Change(at, actor, g.change(), pick(g, "task", live...))
		case "change many":
			g.Change(at, actor, g.change(), live...)
		case "delete":
			g.Delete(at, actor, pick(g, "task", live...))
		}
	}
	// Whoever left the project has no tasks in it now.
	last := g.moment("left", s.StartDate, s.EndDate.Plus(6))
	if len(times) > 0 && last.Before(times[len(times)-1]) {
		last = times[len(times)-1]
	}
	for _, id := range g.Live() {
		if a := g.Task(id).Assignee; a != "" && !slices.ContainsFunc(g.Members, func(m Member) bool { return m.ProfileID == a }) {
			g.Change(last, "", func(r *Row) { r.Assignee = "" }, id)
		}
	}
	for _, e := range g.Events {
		g.special = append(g.special, e.At)
	}
}

func (g *generator) task(n int) Task {
	name := fmt.Sprintf("T%02d", n)
	if g.oneIn("same name", 5) {
		name = "T00"
	}
	return Task{
		ID: TaskID(n), Name: name,
		Priority:  pick(g, "priority", Priorities...),
		Rank:      float64(g.number("rank", 0, 5)),
		Estimated: pick(g, "estimated", "", "60", "0", "480", "5000"),
		Row:       Row{g.sprint(), g.points(), g.assignee(), pick(g, "status", "Planned", "Planned", "Planned", "In Progress", "Completed", "Cancelled", "Blocked")},
	}
}

func (g *generator) sprint() string {
	ids := []string{SprintID(1), SprintID(1), SprintID(1), ""}
	for _, s := range g.Sprints {
		ids = append(ids, s.ID)
	}
	return pick(g, "sprint", ids...)
}

func (g *generator) points() string { return pick(g, "points", pointValues...) }

func (g *generator) assignee() string {
	return pick(g, "assignee", append([]string{""}, g.profileIDs()...)...)
}

func (g *generator) status() string {
	return pick(g, "status", "In Progress", "Completed", "Completed", "Completed", "Cancelled", "Blocked", "Planned", "Scheduled", "In Review", "On Hold")
}

// change draws which columns an update sets, and to what.
func (g *generator) change() func(*Row) {
	columns := pick(g, "columns", "status", "status", "status", "points", "sprint", "sprint", "assignee", "all")
	var r Row
	switch columns {
	case "status":
		r.Status = g.status()
	case "points":
		r.Points = g.points()
	case "sprint":
		r.Sprint = g.sprint()
	case "assignee":
		r.Assignee = g.assignee()
	case "all":
		r = Row{g.sprint(), g.points(), g.assignee(), g.status()}
	}
	return func(task *Row) {
		switch columns {
		case "status":
			task.Status = r.Status
		case "points":
			task.Points = r.Points
		case "sprint":
			task.Sprint = r.Sprint
		case "assignee":
			task.Assignee = r.Assignee
		case "all":
			*task = r
		}
	}
}

func (g *generator) profileIDs() []string {
	var ids []string
	for _, p := range g.Profiles {
		ids = append(ids, p.ID)
	}
	return ids
}

// scrums opens scrums from the first day on, and some of the sprint before.
func (g *generator) scrums() {
	if !g.oneIn("scrums", 2) {
		return
	}
	for _, s := range g.Sprints[:min(2, len(g.Sprints))] {
		first := s.StartDate
		if !s.StartedAt.IsZero() {
			first = g.DateOf(s.StartedAt)
		}
		for i := range min(12, first.Until(s.EndDate)+4) {
			day := first.Plus(i)
			taken := slices.ContainsFunc(g.Scrums, func(other Scrum) bool { return other.SprintID == s.ID && other.Date == day })
			if !taken && s.Status != "Planned" && g.oneIn("scrum", 2) {
				g.scrum(s, day)
			}
		}
	}
}

func (g *generator) scrum(s Sprint, day Date) {
	scrum := Scrum{ScrumID(len(g.Scrums) + 1), s.ID, day, pick(g, "summary", "", "Summary"), g.Start(day)}
	if g.oneIn("opened later", 3) {
		scrum.OpenedAt = scrum.OpenedAt.Add(time.Duration(g.number("hours later", 1, 100)) * time.Hour)
	}
	g.Scrums = append(g.Scrums, scrum)
	authors := g.profileIDs()
	if g.oneIn("gone", 10) {
		authors = append(authors, "")
	}
	for _, author := range authors {
		if !g.oneIn("update", 2) {
			continue
		}
		created := g.Start(day).Add(time.Duration(g.number("minute", 0, 23*60)) * time.Minute)
		if g.oneIn("late", 4) {
			created = created.AddDate(0, 0, g.number("days late", 1, 5))
		}
		if created.Before(scrum.OpenedAt) {
			created = scrum.OpenedAt
		}
		g.special = append(g.special, created)
		g.Updates = append(g.Updates, Update{UpdateID(len(g.Updates) + 1), scrum.ID, author,
			pick(g, "yesterday", "", "Something"), pick(g, "today", "Something", ""), created, created.Add(time.Minute)})
		for _, task := range g.Live() {
			if author != "" && g.oneIn("named", 3) {
				g.Named = append(g.Named, Named{scrum.ID, author, task, pick(g, "intent", "will do", "did")})
			}
		}
	}
}

func (g *generator) impediments() {
	s := g.Sprints[0]
	for i := range g.number("impediments", 0, 4) {
		m := Impediment{ID: ImpedimentID(i + 1), SprintID: pick(g, "sprint", g.Sprints...).ID,
			TaskID: pick(g, "task", append([]string{""}, g.Live()...)...), Description: fmt.Sprint("Impediment ", i),
			RaisedBy: pick(g, "raised by", append([]string{""}, g.profileIDs()...)...),
			RaisedAt: g.moment("raised", s.StartDate.Plus(-2), s.EndDate.Plus(3))}
		if g.oneIn("resolved", 2) {
			m.ResolvedAt = g.moment("resolved", s.StartDate.Plus(-2), s.EndDate.Plus(6))
			if m.ResolvedAt.Before(m.RaisedAt) {
				m.ResolvedAt = m.RaisedAt
			}
			m.ResolvedBy = pick(g, "resolved by", append([]string{""}, g.profileIDs()...)...)
		}
		g.Impediments = append(g.Impediments, m)
	}
}

// moments draws what to look at: before, during, at what happened, and long after.
func (g *generator) moments() {
	s := g.Sprints[0]
	g.Day = s.StartDate.Plus(g.number("day", 0, s.StartDate.Until(s.EndDate)))
	for range g.number("moments", 2, 3) {
		g.Moments = append(g.Moments, g.look(s))
	}
}

func (g *generator) look(s Sprint) time.Time {
	switch g.number("look", 0, 6) {
	case 0:
		return g.moment("as of", s.StartDate, s.EndDate)
	case 1:
		return g.moment("as of", s.StartDate.Plus(-4), s.EndDate.Plus(7))
	case 2:
		return pick(g, "as of", g.special...)
	case 3:
		return pick(g, "just before", g.special...).Add(-time.Microsecond)
	case 4:
		if len(g.Updates) == 0 {
			return g.End(s.EndDate)
		}
		return pick(g, "posted just then", g.Updates...).CreatedAt.Add(-time.Duration(g.number("before that", 0, 1)) * time.Microsecond)
	case 5:
		return g.End(s.EndDate).Add(10 * 24 * time.Hour)
	default:
		return time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)
	}
}
