package chart

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/mysingle/mysingle/bff/forecast"
	"github.com/mysingle/mysingle/bff/sprint"
)

// story is a sprint for the tests: plain arithmetic instead of a history, so
// that the pictures don't change with anything but the drawing.
type story struct {
	name, project string
	from          string // first day
	days          int    // until the end date
	today         int    // index of the last day with figures; -1: not begun
	unstarted     bool   // although the day has come
	tasks         int    // at the start
	closed        bool   // on the last day with figures
	cancelled     bool   // and looked at a week later
	holidays      []string
}

var zone = time.FixedZone("KST", 9*60*60)

func (s story) date(i int) time.Time {
	first, err := time.Parse(time.DateOnly, s.from)
	if err != nil {
		panic(err)
	}
	return first.AddDate(0, 0, i)
}

func (s story) working(i int) bool {
	day := s.date(i)
	for _, holiday := range s.holidays {
		if holiday == day.Format(time.DateOnly) {
			return false
		}
	}
	return day.Weekday() != time.Saturday && day.Weekday() != time.Sunday
}

func (s story) head() sprint.Head {
	head := sprint.Head{
		AsOf: s.date(max(s.today, 0)).Add(6 * time.Hour), Timezone: "Asia/Seoul", Scope: sprint.Scope{VisibleTasks: s.tasks},
		Sprint: sprint.Sprint{
			SprintID: "0f8fad5b-d9cb-469f-a165-70867728950e", SprintName: s.name, Status: "Active",
			StartDate: s.date(0).Format(time.DateOnly), EndDate: s.date(s.days - 1).Format(time.DateOnly),
		},
		Project: sprint.Project{ProjectID: "7c9e6679-7425-40de-944b-e07fc1f90ae7", ProjectName: s.project},
	}
	if s.cancelled {
		head.Sprint.Status, head.AsOf = "Cancelled", head.AsOf.AddDate(0, 0, 7)
	}
	if s.today >= 0 && !s.unstarted {
		head.Sprint.StartedAt = s.begun()
	}
	if s.closed {
		head.Sprint.CompletedAt = &head.AsOf
	}
	return head
}

// begun is the moment of the start, planned or real; nil if that is to come.
func (s story) begun() *time.Time {
	if s.today < 0 {
		return nil
	}
	at := s.date(0)
	return &at
}

// workingDays counts those up to a day, that one included.
func (s story) workingDays(last int) int {
	n := 0
	for i := 0; i <= last; i++ {
		if s.working(i) {
			n++
		}
	}
	return n
}

// completed is how many tasks are done on a day.
func (s story) completed(i int) int {
	return min(s.scope(i), s.workingDays(i)*s.tasks*4/5/max(s.workingDays(s.days-1), 1)+i/max(1, s.days/12)%3*s.tasks/40)
}

// scope grows twice and shrinks once.
func (s story) scope(i int) int {
	scope := s.tasks
	if i >= s.days/5 {
		scope += s.tasks / 10
	}
	if i >= s.days/3 {
		scope += s.tasks / 8
	}
	if i >= s.days/2 {
		scope -= s.tasks / 12
	}
	return scope
}

func round2(value float64) float64 { return math.Round(value*100) / 100 }

func (s story) burndown() *sprint.Burndown {
	view := &sprint.Burndown{Head: s.head(), ReferenceStart: s.begun()}
	const size = 2.5 // points of a task
	all := s.workingDays(s.days - 1)
	unestimated := s.tasks / 9
	pace := float64(s.tasks) * 0.8 / float64(max(all, 1))
	if s.today >= 0 {
		view.Start = &sprint.Amount{Tasks: s.tasks, Points: float64(s.tasks) * size}
		view.UnestimatedCount = &unestimated
	}
	// The days go on to the projected finish, but not for ever.
	running := s.today > 0 && !s.closed && !s.cancelled
	shown := max(s.days, s.today+1)
	for i := 0; i < shown || running && view.ProjectedFinish.Tasks == nil && i < shown+max(shown, 28); i++ {
		day := sprint.BurndownDay{Date: s.date(i).Format(time.DateOnly), IsWorkingDay: s.working(i)}
		if s.today >= 0 {
			ideal := 0.0
			if i < s.days {
				ideal = float64(s.tasks)
				if all > 0 {
					ideal = float64(s.tasks) * float64(all-s.workingDays(i)) / float64(all)
				}
			}
			inTasks, inPoints := round2(ideal), round2(ideal*size)
			day.Tasks.Ideal, day.Points.Ideal = &inTasks, &inPoints
		}
		if i <= s.today {
			scope, completed := s.scope(i), s.completed(i)
			left := scope - completed
			scopePoints, completedPoints, leftPoints := float64(scope)*size, float64(completed)*size, float64(left)*size
			day.Tasks.Scope, day.Tasks.Completed, day.Tasks.Remaining = &scope, &completed, &left
			day.Points.Scope, day.Points.Completed, day.Points.Remaining = &scopePoints, &completedPoints, &leftPoints
		}
		if i >= s.today && running {
			left := float64(s.scope(s.today) - s.completed(s.today))
			inTasks := round2(max(0, left-pace*float64(s.workingDays(i)-s.workingDays(s.today))))
			inPoints := round2(inTasks * size)
			day.Tasks.Projection, day.Points.Projection = &inTasks, &inPoints
			if inTasks == 0 && view.ProjectedFinish.Tasks == nil {
				view.ProjectedFinish = sprint.ProjectedFinish{Tasks: &day.Date, Points: &day.Date}
			}
		}
		view.Days = append(view.Days, day)
	}
	if view.ProjectedFinish.Tasks == nil && running {
		finish := s.date(3 * s.days).Format(time.DateOnly)
		view.ProjectedFinish = sprint.ProjectedFinish{Tasks: &finish, Points: &finish}
	}
	return view
}

func (s story) flow() *sprint.Flow {
	view := &sprint.Flow{Head: s.head(), ReferenceStart: s.begun()}
	if s.today > 2 {
		hours := 61.5
		view.CycleTime = sprint.Durations{Count: 7, P50Hours: &hours, P85Hours: &hours, P95Hours: &hours}
	}
	for i := 0; i < max(s.days, s.today+1); i++ {
		day := sprint.FlowDay{Date: s.date(i).Format(time.DateOnly), IsWorkingDay: s.working(i)}
		if i <= s.today {
			scope, done := s.scope(i), s.completed(i)
			open := scope - done
			take := func(part, of int) int {
				n := min(open, scope*part/of)
				open -= n
				return n
			}
			amounts := [8]int{}
			amounts[6] = done
			wave := i
			if s.days > 30 {
				wave = i / 6
			}
			amounts[3] = take(1+wave%2, 12)
			amounts[2] = take(2, 9)
			amounts[4] = take((wave+1)%3, 16)
			amounts[5] = take(wave/4%2, 14)
			amounts[1] = take(1, 5)
			amounts[0] = open
			amounts[7] = min(i, scope) / 4
			var points [8]float64
			for status, n := range amounts {
				points[status] = float64(n) * 2.5
			}
			day.Tasks = sprint.StatusTasks{Planned: &amounts[0], Scheduled: &amounts[1], InProgress: &amounts[2], InReview: &amounts[3],
				Blocked: &amounts[4], OnHold: &amounts[5], Completed: &amounts[6], Cancelled: &amounts[7]}
			day.Points = sprint.StatusPoints{Planned: &points[0], Scheduled: &points[1], InProgress: &points[2], InReview: &points[3],
				Blocked: &points[4], OnHold: &points[5], Completed: &points[6], Cancelled: &points[7]}
		}
		view.Days = append(view.Days, day)
	}
	return view
}

// velocity is a project with n closed sprints.
func velocity(n int, project string) *sprint.Velocity {
	view := &sprint.Velocity{ProjectHead: sprint.ProjectHead{
		AsOf: time.Date(2026, 11, 23, 5, 30, 0, 0, time.UTC), Timezone: "Asia/Seoul",
		Project: sprint.Project{ProjectID: "7c9e6679-7425-40de-944b-e07fc1f90ae7", ProjectName: project},
	}}
	var tasks, points []float64
	for i := range n {
		committed, completed := 18+i*7%9, 14+i*5%11
		view.Sprints = append(view.Sprints, sprint.VelocitySprint{
			SprintRef: sprint.SprintRef{SprintID: fmt.Sprint(i), SprintName: fmt.Sprintf("Sprint %d", i+1)},
			StartDate: time.Date(2026, 11, 9-14*(n-i), 0, 0, 0, 0, time.UTC).Format(time.DateOnly),
			EndDate:   time.Date(2026, 11, 20-14*(n-i), 0, 0, 0, 0, time.UTC).Format(time.DateOnly),
			Committed: sprint.Amount{Tasks: committed, Points: float64(committed) * 2.5},
			Completed: sprint.Amount{Tasks: completed, Points: float64(completed) * 2.5},
		})
		tasks, points = append(tasks, float64(completed)), append(points, float64(completed)*2.5)
	}
	view.Tasks, view.Points = spread(tasks), spread(points)
	return view
}

func spread(values []float64) sprint.Spread {
	if len(values) == 0 {
		return sprint.Spread{}
	}
	sum, squares := 0.0, 0.0
	for _, value := range values {
		sum += value
	}
	average := sum / float64(len(values))
	for _, value := range values {
		squares += (value - average) * (value - average)
	}
	rounded := round2(average)
	if len(values) < 2 {
		return sprint.Spread{Average: &rounded}
	}
	deviation := math.Sqrt(squares / float64(len(values)-1))
	low, high := round2(max(0, average-deviation)), round2(average+deviation)
	deviation = round2(deviation)
	return sprint.Spread{Average: &rounded, StandardDeviation: &deviation, Low: &low, High: &high}
}

// ahead is a forecast for what is left, after days of history.
func ahead(tb testing.TB, tasks, unestimated, days int, project string) *sprint.Forecast {
	tb.Helper()
	throughput := &sprint.Throughput{
		ProjectHead: velocity(0, project).ProjectHead,
		Remaining:   sprint.Remaining{Amount: sprint.Amount{Tasks: tasks, Points: float64(tasks-unestimated) * 2.5}, UnestimatedCount: unestimated},
		Calendar:    sprint.Calendar{Today: "2026-11-23", WorkingDays: []int{1, 2, 3, 4, 5}, Holidays: []string{"2026-12-25", "2027-01-01"}},
	}
	for i := range days {
		done := [...]int{0, 2, 1, 0, 3, 0, 5, 1, 0, 2, 0}[i%11]
		throughput.History = append(throughput.History, sprint.ThroughputDay{Amount: sprint.Amount{Tasks: done, Points: float64(done) * 2.5}})
	}
	view, err := sprint.NewForecast(throughput, 20261123)
	if err != nil {
		tb.Fatal(err)
	}
	if view.Tasks.Runs != 0 && view.Tasks.Runs != forecast.Runs {
		tb.Fatalf("got %d runs, want 0 or %d", view.Tasks.Runs, forecast.Runs)
	}
	return view
}
