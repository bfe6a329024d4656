package chart

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const hostile = "</title><script>alert(1)</script>&amp;\"'\u202e\x00\xff 🦊\n스프린트"

var (
	fortnight = story{name: "Sprint 12", project: "Web shop", from: "2026-11-09", days: 12, today: 7, tasks: 40}
	korea     = story{name: "스프린트 12", project: "쇼핑몰 개편", from: "2026-09-14", days: 19, today: 11, tasks: 40, holidays: []string{"2026-09-24", "2026-09-25"}}
)

// picture under test: what is drawn, and how.
type scenario struct {
	name string
	draw func(testing.TB, Options) ([]byte, error)
	Options
}

func burndownOf(s story) func(testing.TB, Options) ([]byte, error) {
	return func(_ testing.TB, o Options) ([]byte, error) { return Burndown(s.burndown(), o) }
}

func flowOf(s story) func(testing.TB, Options) ([]byte, error) {
	return func(_ testing.TB, o Options) ([]byte, error) { return Flow(s.flow(), o) }
}

func velocityOf(n int, project string) func(testing.TB, Options) ([]byte, error) {
	return func(_ testing.TB, o Options) ([]byte, error) { return Velocity(velocity(n, project), o) }
}

func forecastOf(tasks, unestimated, days int, project string) func(testing.TB, Options) ([]byte, error) {
	return func(tb testing.TB, o Options) ([]byte, error) {
		return Forecast(ahead(tb, tasks, unestimated, days, project), o)
	}
}

// scenarios are every picture in every state that differs.
func scenarios() []scenario {
	with := func(s story, change func(*story)) story {
		change(&s)
		return s
	}
	notBegun := with(fortnight, func(s *story) { s.today = -1 })
	unstarted := with(fortnight, func(s *story) { s.today, s.unstarted = 3, true })
	neverStarted := with(unstarted, func(s *story) { s.cancelled = true })
	weekend := with(fortnight, func(s *story) { s.from, s.days, s.today = "2026-11-14", 2, 0 })
	week := with(fortnight, func(s *story) { s.days, s.today, s.tasks = 5, 2, 1234 })
	empty := with(fortnight, func(s *story) { s.tasks = 0 })
	oneDay := with(fortnight, func(s *story) { s.days, s.today = 1, 0 })
	firstDay := with(fortnight, func(s *story) { s.today = 0 })
	cancelled := with(korea, func(s *story) { s.today, s.cancelled = s.days-1, true })
	closedEarly := with(fortnight, func(s *story) { s.today, s.closed = 9, true })
	late := with(fortnight, func(s *story) { s.today = 14 })
	twoMonths := with(fortnight, func(s *story) { s.days, s.today, s.tasks = 60, 38, 320 })
	year := with(fortnight, func(s *story) { s.days, s.today, s.tasks = 366, 250, 1500 })
	hostileNames := with(fortnight, func(s *story) { s.name, s.project = hostile, hostile })
	longNames := with(korea, func(s *story) {
		s.name = "아주 긴 이름을 가진 스프린트이며 그 이름은 제목 줄에 다 들어가지 않아서 끝이 잘려야만 하는 그런 스프린트입니다"
		s.project = "Replatforming of the customer portal, the partner portal and everything that hangs together with them, phase two of five"
	})
	ko, kst := Options{Language: Korean, Location: zone}, Options{Location: zone}
	koPoints := Options{Language: Korean, Measure: Points, Location: zone}
	points := Options{Measure: Points}
	narrow := func(o Options) Options {
		o.Size = Narrow
		return o
	}
	return []scenario{
		{"burndown", burndownOf(fortnight), kst},
		{"burndown-ko", burndownOf(korea), ko},
		{"burndown-points", burndownOf(week), points},
		{"burndown-points-ko", burndownOf(korea), koPoints},
		{"burndown-closed-early", burndownOf(closedEarly), points},
		{"burndown-cancelled-ko", burndownOf(cancelled), ko},
		{"burndown-late", burndownOf(late), kst},
		{"burndown-first-day", burndownOf(firstDay), kst},
		{"burndown-one-day", burndownOf(oneDay), kst},
		{"burndown-60-days", burndownOf(twoMonths), ko},
		{"burndown-366-days", burndownOf(year), kst},
		{"burndown-empty", burndownOf(empty), points},
		{"burndown-not-begun-ko", burndownOf(notBegun), ko},
		{"burndown-unstarted", burndownOf(unstarted), kst},
		{"burndown-never-started-ko", burndownOf(neverStarted), ko},
		{"burndown-weekend", burndownOf(weekend), kst},
		{"burndown-long-names", burndownOf(longNames), kst},
		{"burndown-hostile-names", burndownOf(hostileNames), kst},
		{"flow", flowOf(fortnight), kst},
		{"flow-points-ko", flowOf(korea), koPoints},
		{"flow-cancelled", flowOf(cancelled), kst},
		{"flow-late-ko", flowOf(late), ko},
		{"flow-one-day", flowOf(oneDay), kst},
		{"flow-60-days", flowOf(twoMonths), kst},
		{"flow-366-days", flowOf(year), ko},
		{"flow-empty-ko", flowOf(empty), ko},
		{"flow-not-begun", flowOf(notBegun), kst},
		{"flow-unstarted-ko", flowOf(unstarted), ko},
		{"flow-hostile-names", flowOf(hostileNames), kst},
		{"velocity", velocityOf(6, "Web shop"), kst},
		{"velocity-points-ko", velocityOf(6, "쇼핑몰 개편"), koPoints},
		{"velocity-1", velocityOf(1, "Web shop"), kst},
		{"velocity-50", velocityOf(50, "Web shop"), kst},
		{"velocity-none-ko", velocityOf(0, "쇼핑몰 개편"), ko},
		{"velocity-hostile-names", velocityOf(2, hostile), kst},
		{"forecast", forecastOf(48, 5, 62, "Web shop"), kst},
		{"forecast-points-ko", forecastOf(48, 5, 62, "쇼핑몰 개편"), koPoints},
		{"forecast-soon", forecastOf(3, 0, 20, "Web shop"), kst},
		{"forecast-long", forecastOf(350, 0, 62, "Web shop"), ko},
		{"forecast-too-far", forecastOf(640, 0, 62, "Web shop"), kst},
		{"forecast-too-short-ko", forecastOf(48, 5, 4, "쇼핑몰 개편"), ko},
		{"forecast-nothing-left", forecastOf(0, 0, 62, "Web shop"), kst},
		{"forecast-hostile-names", forecastOf(48, 5, 62, hostile), kst},
		{"narrow-burndown", burndownOf(fortnight), narrow(kst)},
		{"narrow-burndown-points-ko", burndownOf(korea), narrow(koPoints)},
		{"narrow-burndown-late", burndownOf(late), narrow(kst)},
		{"narrow-burndown-366-days-ko", burndownOf(year), narrow(ko)},
		{"narrow-burndown-never-started", burndownOf(neverStarted), narrow(kst)},
		{"narrow-burndown-long-names-ko", burndownOf(longNames), narrow(ko)},
		{"narrow-flow", flowOf(fortnight), narrow(kst)},
		{"narrow-flow-late-ko", flowOf(late), narrow(ko)},
		{"narrow-velocity-points", velocityOf(6, "Web shop"), narrow(points)},
		{"narrow-velocity-ko", velocityOf(6, "쇼핑몰 개편"), narrow(ko)},
		{"narrow-forecast-points", forecastOf(48, 5, 62, "Web shop"), narrow(points)},
		{"narrow-forecast-long-ko", forecastOf(350, 0, 62, "쇼핑몰 개편"), narrow(ko)},
		{"narrow-forecast-too-short-ko", forecastOf(48, 5, 4, "쇼핑몰 개편"), narrow(ko)},
	}
}

func (s scenario) mustDraw(tb testing.TB) []byte {
	tb.Helper()
	svg, err := s.draw(tb, s.Options)
	if err != nil {
		tb.Fatal(err)
	}
	return svg
}

// After a change of the drawing: go test ./bff/chart -update, and look at the
// pictures.
func TestPictures_golden(t *testing.T) {
	for _, s := range scenarios() {
		t.Run(s.name, func(t *testing.T) {
			got := s.mustDraw(t)
			path := filepath.Join("testdata", s.name+".svg")
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("the picture is not that of %s any more", path)
			}
			if again := s.mustDraw(t); !bytes.Equal(got, again) {
				t.Error("drawn again, it came out differently")
			}
		})
	}
}
