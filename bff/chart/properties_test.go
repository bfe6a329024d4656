package chart

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mysingle/mysingle/bff/sprint"
)

func TestPictures_hold(t *testing.T) {
	for _, s := range scenarios() {
		t.Run(s.name, func(t *testing.T) {
			for _, s.Size = range []Size{Wide, Narrow} {
				svg := s.mustDraw(t)
				checkPicture(t, svg, s.Size)
				if limit := 40_000; len(svg) > limit && !strings.Contains(s.name, "366") {
					t.Errorf("%s: %d bytes are more than %d", s.Size, len(svg), limit)
				}
				if text := string(svg); strings.Contains(text, "<script") || strings.ContainsAny(text, "\u202e\x00") {
					t.Errorf("%s: a name reached the picture as it came", s.Size)
				}
			}
		})
	}
}

func options(t *rapid.T) Options {
	return Options{
		Measure:  rapid.SampledFrom([]Measure{Tasks, Points}).Draw(t, "measure"),
		Language: rapid.SampledFrom([]Language{English, Korean, "fr"}).Draw(t, "language"),
		Size:     rapid.SampledFrom([]Size{"", Wide, Narrow}).Draw(t, "size"),
	}
}

// amount draws few or many, or none.
func amount() *rapid.Generator[int] {
	return rapid.OneOf(rapid.Just(0), rapid.IntRange(0, 12), rapid.IntRange(0, 900), rapid.IntRange(0, 2_000_000))
}

func drawHead(t *rapid.T, days int) (sprint.Head, time.Time) {
	first := time.Date(2026, 1, rapid.IntRange(1, 1000).Draw(t, "first day"), 0, 0, 0, 0, time.UTC)
	head := sprint.Head{
		AsOf: first.AddDate(0, 0, days/2), Scope: sprint.Scope{VisibleTasks: rapid.IntRange(0, 9).Draw(t, "visible")},
		Sprint: sprint.Sprint{
			SprintID: rapid.String().Draw(t, "id"), SprintName: rapid.String().Draw(t, "name"),
			StartDate: first.Format(time.DateOnly),
			EndDate:   first.AddDate(0, 0, rapid.IntRange(0, max(days-1, 0)).Draw(t, "end")).Format(time.DateOnly),
		},
		Project: sprint.Project{ProjectName: rapid.String().Draw(t, "project")},
	}
	if rapid.IntRange(0, 9).Draw(t, "started") > 0 {
		head.Sprint.StartedAt = &first
	}
	if rapid.Bool().Draw(t, "closed") {
		head.Sprint.CompletedAt = &head.AsOf
	}
	return head, first
}

func TestBurndown_property_holds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.OneOf(rapid.IntRange(1, 30), rapid.IntRange(0, 500)).Draw(t, "days")
		head, first := drawHead(t, n)
		view := &sprint.Burndown{Head: head, ReferenceStart: &first}
		begin := amount().Draw(t, "at the start")
		view.Start = &sprint.Amount{Tasks: begin, Points: float64(begin) / 2}
		known := rapid.IntRange(0, n).Draw(t, "days with figures")
		for i := range n {
			day := sprint.BurndownDay{Date: first.AddDate(0, 0, i).Format(time.DateOnly), IsWorkingDay: rapid.IntRange(0, 6).Draw(t, "weekday") > 1}
			if i < known {
				scope := amount().Draw(t, "scope")
				done := min(scope, amount().Draw(t, "done"))
				left := scope - done
				s, d, l := float64(scope)/2, float64(done)/2, float64(left)/2
				day.Tasks.Scope, day.Tasks.Completed, day.Tasks.Remaining = &scope, &done, &left
				day.Points.Scope, day.Points.Completed, day.Points.Remaining = &s, &d, &l
			} else if rapid.Bool().Draw(t, "projected") {
				day.Tasks.Projection, day.Points.Projection = &view.Start.Points, &view.Start.Points
			}
			if rapid.Bool().Draw(t, "with an ideal") {
				day.Tasks.Ideal, day.Points.Ideal = &view.Start.Points, &view.Start.Points
			}
			view.Days = append(view.Days, day)
		}
		o := options(t)
		svg, err := Burndown(view, o)
		if err != nil {
			t.Fatal(err)
		}
		checkPicture(t, svg, o.Size)
	})
}

func TestFlow_property_holds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.OneOf(rapid.IntRange(1, 30), rapid.IntRange(0, 200)).Draw(t, "days")
		head, first := drawHead(t, n)
		view := &sprint.Flow{Head: head, ReferenceStart: &first}
		known := rapid.IntRange(0, n).Draw(t, "days with figures")
		for i := range n {
			day := sprint.FlowDay{Date: first.AddDate(0, 0, i).Format(time.DateOnly), IsWorkingDay: i%7 < 5}
			if i < known {
				var a [8]int
				var x [8]float64
				for status := range a {
					a[status] = amount().Draw(t, "amount")
					x[status] = float64(a[status]) / 2
				}
				day.Tasks = sprint.StatusTasks{Planned: &a[0], Scheduled: &a[1], InProgress: &a[2], InReview: &a[3], Blocked: &a[4], OnHold: &a[5], Completed: &a[6], Cancelled: &a[7]}
				day.Points = sprint.StatusPoints{Planned: &x[0], Scheduled: &x[1], InProgress: &x[2], InReview: &x[3], Blocked: &x[4], OnHold: &x[5], Completed: &x[6], Cancelled: &x[7]}
			}
			view.Days = append(view.Days, day)
		}
		o := options(t)
		svg, err := Flow(view, o)
		if err != nil {
			t.Fatal(err)
		}
		checkPicture(t, svg, o.Size)
	})
}

func TestVelocity_property_holds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		view := velocity(rapid.IntRange(0, 50).Draw(t, "sprints"), rapid.String().Draw(t, "project"))
		var tasks, points []float64
		for i := range view.Sprints {
			s := &view.Sprints[i]
			s.SprintName = rapid.String().Draw(t, "name")
			s.Committed.Tasks, s.Completed.Tasks = amount().Draw(t, "committed"), amount().Draw(t, "completed")
			s.Committed.Points, s.Completed.Points = float64(s.Committed.Tasks)/2, float64(s.Completed.Tasks)/2
			tasks, points = append(tasks, float64(s.Completed.Tasks)), append(points, s.Completed.Points)
		}
		view.Tasks, view.Points = spread(tasks), spread(points)
		o := options(t)
		svg, err := Velocity(view, o)
		if err != nil {
			t.Fatal(err)
		}
		checkPicture(t, svg, o.Size)
	})
}

func TestForecast_property_holds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		throughput := &sprint.Throughput{
			ProjectHead: velocity(0, rapid.String().Draw(t, "project")).ProjectHead,
			Remaining:   sprint.Remaining{UnestimatedCount: rapid.IntRange(0, 3).Draw(t, "unestimated")},
			Calendar: sprint.Calendar{
				Today:       time.Date(2026, 1, rapid.IntRange(1, 1000).Draw(t, "today"), 0, 0, 0, 0, time.UTC).Format(time.DateOnly),
				WorkingDays: rapid.SliceOfNDistinct(rapid.IntRange(1, 7), 1, 7, rapid.ID).Draw(t, "working days"),
			},
		}
		throughput.Remaining.Tasks = rapid.IntRange(0, 800).Draw(t, "remaining")
		throughput.Remaining.Points = float64(throughput.Remaining.Tasks) / 2
		for _, done := range rapid.SliceOfN(rapid.IntRange(0, 6), 0, 30).Draw(t, "history") {
			throughput.History = append(throughput.History, sprint.ThroughputDay{Amount: sprint.Amount{Tasks: done, Points: float64(done) / 2}})
		}
		view, err := sprint.NewForecast(throughput, 1)
		if err != nil {
			t.Fatal(err)
		}
		o := options(t)
		svg, err := Forecast(view, o)
		if err != nil {
			t.Fatal(err)
		}
		checkPicture(t, svg, o.Size)
	})
}

func TestPictures_refuseWhatIsNoView(t *testing.T) {
	broken := func(change func(*sprint.Burndown)) func() ([]byte, error) {
		return func() ([]byte, error) {
			view := fortnight.burndown()
			change(view)
			return Burndown(view, Options{})
		}
	}
	negative, infinite := -1.0, math.Inf(1)
	for _, test := range []struct {
		name  string
		draw  func() ([]byte, error)
		fault string
	}{
		{"a day that is none", broken(func(v *sprint.Burndown) { v.Days[3].Date = "2026-02-30" }), "no"},
		{"a day is missing", broken(func(v *sprint.Burndown) { v.Days = append(v.Days[:3], v.Days[4:]...) }), "follow"},
		{"no end date", broken(func(v *sprint.Burndown) { v.Sprint.EndDate = "" }), "not a day"},
		{"a figure is missing", broken(func(v *sprint.Burndown) { v.Days[2].Tasks.Scope = nil }), "incomplete"},
		{"negative", broken(func(v *sprint.Burndown) { v.Days[2].Tasks.Ideal = &negative }), "can't be drawn"},
		{"infinite", broken(func(v *sprint.Burndown) { v.Days[9].Tasks.Projection = &infinite }), "can't be drawn"},
		{"unknown measure", func() ([]byte, error) { return Flow(fortnight.flow(), Options{Measure: "hours"}) }, "hours"},
		{"unknown size", func() ([]byte, error) { return Flow(fortnight.flow(), Options{Size: "tall"}) }, "tall"},
		{"a forecast without today", func() ([]byte, error) {
			view := ahead(t, 48, 0, 20, "Web shop")
			view.Calendar.Today = ""
			return Forecast(view, Options{})
		}, "not a day"},
		{"a sprint without days", func() ([]byte, error) {
			view := velocity(2, "Web shop")
			view.Sprints[0].StartDate = "yesterday"
			return Velocity(view, Options{})
		}, "not a day"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if svg, err := test.draw(); err == nil || svg != nil || !strings.Contains(err.Error(), test.fault) {
				t.Errorf("got %d bytes, %v, want %q", len(svg), err, test.fault)
			}
		})
	}
}

func TestBurndown_describesItself(t *testing.T) {
	for _, test := range []struct {
		language Language
		want     []string
	}{
		{English, []string{
			"<title id=\"burndown-tasks-0f8fad5b-d9cb-469f-a165-70867728950e-title\">Burndown · Sprint 12</title>",
			"Nov 9, 2026 to Nov 20, 2026: at the start 40 tasks, now 46 tasks in scope, of which 20 are completed and 26 remain on Nov 16, 2026. The ideal line is at 20 at the end of Nov 15, 2026.",
		}},
		{Korean, []string{
			"번다운 · Sprint 12</title>",
			"시작할 때 작업 40개, 현재 범위 작업 46개 중 완료 20개, 남은 일 26개 (2026년 11월 16일). 2026년 11월 15일 기준으로 이상적인 진행은 20개입니다.",
		}},
	} {
		svg, err := Burndown(fortnight.burndown(), Options{Language: test.language})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range test.want {
			if !strings.Contains(string(svg), want) {
				t.Errorf("%s: %q is missing in\n%.1200s", test.language, want, svg)
			}
		}
	}
}

// Every label is there in every language, and takes the same arguments.
func TestWords_sameInEveryLanguage(t *testing.T) {
	verbs := regexp.MustCompile(`%(\[\d\])?s`)
	en, ko := reflect.ValueOf(english), reflect.ValueOf(korean)
	for i := range en.NumField() {
		name := en.Type().Field(i).Name
		if en.Field(i).Kind() != reflect.String {
			continue
		}
		a, b := en.Field(i).String(), ko.Field(i).String()
		if a == "" || b == "" {
			t.Errorf("%s is missing: %q, %q", name, a, b)
		}
		n := len(verbs.FindAllString(a, -1))
		if n != len(verbs.FindAllString(b, -1)) {
			t.Errorf("%s takes other arguments: %q, %q", name, a, b)
		}
		if strings.HasSuffix(name, "Layout") {
			continue
		}
		for _, text := range []string{a, b} {
			args := make([]any, n)
			for i := range args {
				args[i] = "x"
			}
			if n > 0 && strings.Contains(fmt.Sprintf(text, args...), "%!") {
				t.Errorf("%s: got %q, whose arguments don't fit", name, fmt.Sprintf(text, args...))
			}
		}
	}
	for _, layer := range layers {
		if english.statuses[layer.status] == "" || korean.statuses[layer.status] == "" {
			t.Errorf("the status %s has no name", layer.status)
		}
	}
}

// luminance is the relative luminance of WCAG 2.2.
func luminance(tb testing.TB, hex string) float64 {
	tb.Helper()
	value, err := strconv.ParseUint(strings.TrimPrefix(hex, "#"), 16, 32)
	if err != nil {
		tb.Fatal(err)
	}
	channel := func(shift int) float64 {
		c := float64(value>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(16) + 0.7152*channel(8) + 0.0722*channel(0)
}

func TestPalette_contrast(t *testing.T) {
	contrast := func(a, b string) float64 {
		x, y := luminance(t, a), luminance(t, b)
		return (max(x, y) + 0.05) / (min(x, y) + 0.05)
	}
	for _, test := range []struct {
		front, back colour
		least       float64
	}{
		{ink, background, 4.5}, {muted, background, 4.5}, {ink, shade, 4.5}, {muted, shade, 4.5},
		{ink, band, 4.5}, {ink, pale, 4.5}, {background, blue, 4.5},
		{blue, background, 3}, {deepBlue, background, 3}, {grey, background, 3}, {purple, background, 3},
		{vermillion, background, 3}, {green, background, 3}, {axisColour, background, 3},
	} {
		front, back := palette[test.front], palette[test.back]
		if got := contrast(front.light, back.light); got < test.least {
			t.Errorf("light: %s on %s has %.2f, want %.1f", front.light, back.light, got, test.least)
		}
		if got := contrast(front.dark, back.dark); got < test.least {
			t.Errorf("dark: %s on %s has %.2f, want %.1f", front.dark, back.dark, got, test.least)
		}
	}
}

func TestAxis_property_roundAndComplete(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		greatest := rapid.Float64Range(0, 1e12).Draw(t, "greatest")
		if rapid.Bool().Draw(t, "small") {
			greatest = rapid.Float64Range(0, 40).Draw(t, "small greatest")
		}
		whole := rapid.Bool().Draw(t, "whole")
		a := newAxis(greatest, whole)
		if n := len(a.ticks); n < 2 || n > 8 || a.ticks[0] != 0 || a.top < greatest {
			t.Fatalf("got %+v for %v", a, greatest)
		}
		for i, tick := range a.ticks {
			if i > 0 && tick <= a.ticks[i-1] || whole && tick != math.Trunc(tick) {
				t.Fatalf("got %+v for %v", a, greatest)
			}
		}
	})
}

func TestFit(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"short", "short"},
		{"a name that is too long", "a name t…"},
		{"스프린트 열두 번째", "스프린트…"},
		{"", ""},
	} {
		if got := fit(test.text, 12, 1, 70); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, test := range []struct {
		text       string
		most       int
		wrap, even string
	}{
		{"", 3, "", ""},
		{"short", 3, "short", "short"},
		{"a name that is too long", 3, "a name that|is too long", "a name that|is too long"},
		{"up to here it is", 2, "up to here|it is", "up to|here it is"},
		{"a name that is much too long for it", 2, "a name that|is much to…", "a name that|is much to…"},
		{"Donaudampfschifffahrt", 3, "Donaudampf|schifffahrt", "Donaudampf|schifffahrt"},
		{"스프린트 열두 번째", 3, "스프린트 열두|번째", "스프린트|열두 번째"},
	} {
		if got := strings.Join(wrap(test.text, 12, 1, 80, test.most), "|"); got != test.wrap {
			t.Errorf("wrap: got %q, want %q", got, test.wrap)
		}
		if got := strings.Join(even(test.text, 12, 1, 80, test.most), "|"); got != test.even {
			t.Errorf("even: got %q, want %q", got, test.even)
		}
	}
}

func TestClean(t *testing.T) {
	if got, want := clean(hostile), "</title><script>alert(1)</script>&amp;\"'\ufffd 🦊 스프린트"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func BenchmarkBurndown(b *testing.B) {
	view := korea.burndown()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Burndown(view, Options{Language: Korean}); err != nil {
			b.Fatal(err)
		}
	}
}

func TestDuration(t *testing.T) {
	for _, test := range []struct {
		hours   float64
		en, kor string
	}{
		{0, "1 hour", "1시간"}, {0.04, "1 hour", "1시간"}, {1, "1 hour", "1시간"}, {1.24, "1.2 hours", "1.2시간"},
		{47.9, "47.9 hours", "47.9시간"}, {48, "2 days", "2일"}, {61.5, "2.6 days", "2.6일"},
	} {
		if en, kor := english.duration(test.hours), korean.duration(test.hours); en != test.en || kor != test.kor {
			t.Errorf("%v hours: got %q and %q, want %q and %q", test.hours, en, kor, test.en, test.kor)
		}
	}
}
