package history

import (
	"fmt"
	"slices"
	"time"
)

// Example is a history with figures computed by hand.
type Example struct {
	Name string
	*History
	Figures []Figure
}

// Figure is what one place of a function's answer must be. Path leads there: "days[2].tasks.added",
// or "items[*].task_name" for a list of names. Want is JSON.
type Figure struct {
	Function string
	Sprint   int // 1 is the first
	AsOf     time.Time
	Date     Date // of scrum_of_day
	From, To Date // of project_participation
	Path     string
	Want     string
}

// Call is what figures of one answer have in common.
func (f Figure) Call() Figure {
	f.Path, f.Want = "", ""
	return f
}

// newExample is a project with one sprint of that zone, with Kim, its manager, and Lee, a member.
func newExample(name, zone string, start, end Date) *Example {
	location, err := time.LoadLocation(zone)
	if err != nil {
		panic(err)
	}
	e := &Example{Name: name, History: &History{
		Zone: location, WorkingDays: []int{1, 2, 3, 4, 5}, Caller: ProfileID(1), Day: start,
		Profiles: []Profile{{ProfileID(1), "Kim"}, {ProfileID(2), "Lee"}},
		Sprints:  []Sprint{{ID: SprintID(1), Name: "Sprint 1", Goal: "A goal", StartDate: start, EndDate: end, Status: "Planned"}},
	}}
	joined := e.Start(start).AddDate(0, 0, -30)
	e.Members = []Member{{ProfileID(1), "manager", joined}, {ProfileID(2), "member", joined}}
	return e
}

// at is a time of the example's zone, "2026-06-01 09:00".
func (e *Example) at(text string) time.Time {
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02 15:04:05.999999"} {
		if t, err := time.ParseInLocation(layout, text, e.Zone); err == nil {
			return t.UTC()
		}
	}
	panic(fmt.Sprintf("history: %q is no time", text))
}

func (e *Example) start(at string) {
	e.Sprints[0].Status, e.Sprints[0].StartedAt = "Active", e.at(at)
}

func (e *Example) close(at string) {
	e.Sprints[0].Status, e.Sprints[0].CompletedAt = "Completed", e.at(at)
}

// next adds a planned sprint of a week after the first.
func (e *Example) next() *Sprint {
	start := e.Sprints[0].EndDate.Plus(1)
	e.Sprints = append(e.Sprints, Sprint{ID: SprintID(2), Name: "Sprint 2", StartDate: start, EndDate: start.Plus(6), Status: "Planned"})
	return &e.Sprints[1]
}

// create makes a task of Kim's in the first sprint, and returns its key.
func (e *Example) create(at, name, points string) string {
	n := len(e.Tasks) + 1
	e.Create(e.at(at), ProfileID(1), Task{ID: TaskID(n), Name: name, Priority: "Low", Rank: float64(n),
		Row: Row{SprintID(1), points, ProfileID(1), "Planned"}})
	return TaskID(n)
}

func (e *Example) status(at, task, status string) {
	e.Change(e.at(at), ProfileID(1), func(r *Row) { r.Status = status }, task)
}

func (e *Example) points(at, task, points string) {
	e.Change(e.at(at), ProfileID(1), func(r *Row) { r.Points = points }, task)
}

func (e *Example) move(at, task, sprint string) {
	e.Change(e.at(at), ProfileID(1), func(r *Row) { r.Sprint = sprint }, task)
}

func (e *Example) assign(at, task, profile string) {
	e.Change(e.at(at), ProfileID(1), func(r *Row) { r.Assignee = profile }, task)
}

// scrum opens the first sprint's scrum of a day, in which the profiles post.
func (e *Example) scrum(day Date, profiles ...string) string {
	id := ScrumID(len(e.Scrums) + 1)
	e.Scrums = append(e.Scrums, Scrum{ID: id, SprintID: SprintID(1), Date: day, OpenedAt: e.Start(day)})
	for _, p := range profiles {
		at := e.Start(day).Add(9 * time.Hour)
		e.Updates = append(e.Updates, Update{ID: UpdateID(len(e.Updates) + 1), ScrumID: id, ProfileID: p, Today: "Something", CreatedAt: at, UpdatedAt: at})
	}
	return id
}

// figures adds what a function's answer about the first sprint, or the project, must be:
// paths and the JSON there, by turns. With "" it is asked after the sprint was closed.
func (e *Example) figures(function, asOf string, pathsAndWants ...string) {
	e.figuresOf(Figure{Function: function, Sprint: 1}, asOf, pathsAndWants...)
}

func (e *Example) figuresOf(f Figure, asOf string, pathsAndWants ...string) {
	if asOf == "" {
		f.AsOf = e.Sprints[0].CompletedAt
	} else {
		f.AsOf = e.at(asOf)
	}
	for i := 0; i < len(pathsAndWants); i += 2 {
		f.Path, f.Want = pathsAndWants[i], pathsAndWants[i+1]
		e.Figures = append(e.Figures, f)
	}
	if !slices.ContainsFunc(e.Moments, f.AsOf.Equal) {
		e.Moments = append(e.Moments, f.AsOf)
	}
}
