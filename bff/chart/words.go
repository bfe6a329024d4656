package chart

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// words are the catalogue: all that the pictures say, in one language. What
// holds a verb is a format; both languages take the same arguments.
type words struct {
	code string // of the language

	// How things are counted and told.
	task, tasks, point, points string // formats of a number
	amountTasks, amountPoints  string // the same where the noun is told elsewhere
	tasksUnit, pointsUnit      string // an axis's
	dayLayout, monthLayout     string // of a tick
	yearLayout                 string // of January's tick
	dateLayout, momentLayout   string

	// Every picture.
	titleOf, asOf, daysOff, today, separator string

	// Burndown.
	burndown, remaining, ideal, scope, projection, closed, plannedEnd, startWord string
	over, cancelled, overdue                                                     string
	left, allDone, wasDone, nothingInScope                                       string
	idealNow, idealOf, atStart                                                   string // what the next compare with
	moreThan, lessThan, same, projected, unestimated                             string
	notBegun, notBegunInTime, neverBegun, noTasks, noPoints                      string
	burndownDesc, burndownIdealDesc, burndownFinishDesc                          string

	// Flow.
	flow                     string
	statuses                 map[string]string
	inTheSprint, statusCount string
	cycleTime                string
	hour, hours, days        string
	flowDesc                 string

	// Velocity.
	velocity, committed, completed, average, trusted string
	averageFact, trustedFact                         string
	noSprints, noCompleted                           string
	velocityDesc, velocitySprintDesc                 string

	// Forecast.
	forecast, chanceBy, chance, leftNow, pace, perDay, perWeek, perWeeks, seed string
	upTo50, upTo85, upTo95, beyond95                                           string
	tooFar, tooFarFact, reasonTooShort, reasonNoCompletions                    string
	reasonUnestimated, reasonNoWorkingDays, reasonTooFar                       string
	nothingLeft, forecastDesc, forecastFromDesc                                string
}

var english = words{
	code: "en",
	task: "%s task", tasks: "%s tasks", point: "%s point", points: "%s points",
	amountTasks: "%s", amountPoints: "%s",
	tasksUnit: "Tasks", pointsUnit: "Story points",
	dayLayout: "Jan 2", monthLayout: "Jan", yearLayout: "Jan 2006",
	dateLayout: "Jan 2, 2006", momentLayout: "Jan 2, 2006, 15:04 MST",

	titleOf: "%s · %s", asOf: "As of %s", daysOff: "Days off", today: "Today, %s", separator: " · ",

	burndown: "Burndown", remaining: "Remaining", ideal: "Ideal", scope: "Scope", projection: "Projection",
	closed: "Closed, %s", plannedEnd: "Planned end", startWord: "Start",
	over: "Last day, %s", cancelled: "Cancelled", overdue: "Still running after its end date, %s",
	left: "%s of %s left", allDone: "All done: %s", wasDone: "%s done", nothingInScope: "Nothing in scope",
	idealNow: "ideal", idealOf: "the ideal of %s", atStart: "at the start",
	moreThan: "%s more than %s", lessThan: "%s less than %s", same: "as %s",
	projected: "at the present pace done on %s", unestimated: "%s without points",
	notBegun:       "This sprint hasn't begun. Its start is planned for %s.",
	notBegunInTime: "This sprint hasn't been started. Its start was planned for %s.",
	neverBegun:     "This sprint was cancelled before it was started. Its start was planned for %s.",
	noTasks:        "There are no tasks in this sprint.", noPoints: "No task in this sprint has story points.",
	burndownDesc:       "%s, %s to %s: at the start %s, now %s in scope, of which %s are completed and %s remain on %s.",
	burndownIdealDesc:  "The ideal line is at %s at the end of %s.",
	burndownFinishDesc: "At the present pace the sprint is done on %s.",

	flow: "Cumulative flow",
	statuses: map[string]string{
		"Planned": "Planned", "Scheduled": "Scheduled", "In Progress": "In Progress", "In Review": "In Review",
		"Blocked": "Blocked", "On Hold": "On Hold", "Completed": "Completed", "Cancelled": "Cancelled",
	},
	inTheSprint: "%s in the sprint", statusCount: "%s: %s",
	cycleTime: "half of the tasks took up to %s from start to completion", hour: "%s hour", hours: "%s hours", days: "%s days",
	flowDesc: "%s, %s to %s. On %s there are %s in the sprint: %s.",

	velocity: "Velocity", committed: "Committed", completed: "Completed", average: "Average %s", trusted: "Range to plan with",
	averageFact: "%s a sprint on average", trustedFact: "plan with %s to %s",
	noSprints: "No sprint of this project has been closed yet.", noCompleted: "The closed sprints neither committed to nor completed any story points.",
	velocityDesc: "%s: what the last %s closed sprints committed to and completed.", velocitySprintDesc: "%s: %s of %s.",

	forecast: "Forecast", chanceBy: "%s %% by %s", chance: "%s %%", leftNow: "%s left", pace: "%s a working day over the last %s working days",
	perDay: "Runs done per day, %", perWeek: "Runs done per week, %", perWeeks: "Runs done per %s weeks, %%", seed: "%s runs, seed %s",
	upTo50: "up to 50 %", upTo85: "up to 85 %", upTo95: "up to 95 %", beyond95: "later",
	tooFar:              "> 2 years",
	tooFarFact:          "%s %%: not within two years",
	reasonTooShort:      "The history is too short to tell: it takes at least %s working days.",
	reasonNoCompletions: "Nothing was completed in the last %s working days, so there is no telling.",
	reasonUnestimated:   "None of what is left has story points, so there is no telling.",
	reasonNoWorkingDays: "There is no working day ahead.",
	reasonTooFar:        "It will more likely than not take longer than two years.",
	nothingLeft:         "There is nothing left to do.",
	forecastDesc:        "%s: %s left.", forecastFromDesc: "From %s imagined futures, made of the last %s working days (seed %s).",
}

var korean = words{
	code: "ko",
	task: "작업 %s개", tasks: "작업 %s개", point: "%s포인트", points: "%s포인트",
	amountTasks: "%s개", amountPoints: "%s포인트",
	tasksUnit: "작업 수", pointsUnit: "스토리 포인트",
	dayLayout: "1/2", monthLayout: "1월", yearLayout: "2006년 1월",
	dateLayout: "2006년 1월 2일", momentLayout: "2006년 1월 2일 15:04 MST",

	titleOf: "%s · %s", asOf: "%s 기준", daysOff: "쉬는 날", today: "오늘 %s", separator: " · ",

	burndown: "번다운", remaining: "남은 일", ideal: "이상적인 진행", scope: "범위", projection: "예상",
	closed: "종료 %s", plannedEnd: "종료 예정일", startWord: "시작",
	over: "마지막 날 %s", cancelled: "취소된 스프린트", overdue: "종료 예정일 %s이 지났지만 진행 중",
	left: "%[2]s 중 %[1]s 남음", allDone: "모두 완료: %s", wasDone: "%s 완료", nothingInScope: "범위에 든 일 없음",
	idealNow: "이상적인 진행", idealOf: "%s의 이상적인 진행", atStart: "시작 시점",
	moreThan: "%[2]s보다 %[1]s 많음", lessThan: "%[2]s보다 %[1]s 적음", same: "%s과 같음",
	projected: "지금 속도로 %s 완료 예상", unestimated: "포인트 없는 %s",
	notBegun:       "아직 시작하지 않은 스프린트입니다. 시작 예정일은 %s입니다.",
	notBegunInTime: "아직 시작하지 않은 스프린트입니다. 시작 예정일은 %s이었습니다.",
	neverBegun:     "시작하기 전에 취소된 스프린트입니다. 시작 예정일은 %s이었습니다.",
	noTasks:        "이 스프린트에는 작업이 없습니다.", noPoints: "이 스프린트에는 스토리 포인트가 있는 작업이 없습니다.",
	burndownDesc:       "%s, %s부터 %s까지: 시작할 때 %s, 현재 범위 %s 중 완료 %s, 남은 일 %s (%s).",
	burndownIdealDesc:  "%[2]s 기준으로 이상적인 진행은 %[1]s입니다.",
	burndownFinishDesc: "지금 속도라면 %s에 끝납니다.",

	flow: "누적 흐름",
	statuses: map[string]string{
		"Planned": "계획", "Scheduled": "예정", "In Progress": "진행 중", "In Review": "검토 중",
		"Blocked": "막힘", "On Hold": "보류", "Completed": "완료", "Cancelled": "취소",
	},
	inTheSprint: "스프린트에 %s", statusCount: "%s %s",
	cycleTime: "작업의 절반은 시작부터 완료까지 %s 이내", hour: "%s시간", hours: "%s시간", days: "%s일",
	flowDesc: "%s, %s부터 %s까지. %s 현재 스프린트에 %s: %s.",

	velocity: "속도", committed: "약속", completed: "완료", average: "평균 %s", trusted: "계획에 쓸 범위",
	averageFact: "스프린트당 평균 %s", trustedFact: "%s에서 %s 사이로 계획",
	noSprints: "이 프로젝트에는 아직 종료된 스프린트가 없습니다.", noCompleted: "종료된 스프린트에 약속하거나 완료한 스토리 포인트가 없습니다.",
	velocityDesc: "%s: 최근에 종료된 스프린트 %s개의 약속과 완료.", velocitySprintDesc: "%s: %[3]s 중 %[2]s 완료.",

	forecast: "완료 예측", chanceBy: "%s %% · %s", chance: "%s %%", leftNow: "%s 남음", pace: "최근 근무일 %[2]s일 동안 하루 평균 %[1]s",
	perDay: "하루에 끝난 시뮬레이션, %", perWeek: "한 주에 끝난 시뮬레이션, %", perWeeks: "%s주에 끝난 시뮬레이션, %%", seed: "시뮬레이션 %s회, 시드 %s",
	upTo50: "50 %까지", upTo85: "85 %까지", upTo95: "95 %까지", beyond95: "그 이후",
	tooFar:              "2년 이후",
	tooFarFact:          "%s %%: 2년 안에는 어려움",
	reasonTooShort:      "예측하기에는 기록이 너무 짧습니다. 근무일이 적어도 %s일은 있어야 합니다.",
	reasonNoCompletions: "최근 근무일 %s일 동안 완료된 일이 없어 예측할 수 없습니다.",
	reasonUnestimated:   "남은 일에 스토리 포인트가 없어 예측할 수 없습니다.",
	reasonNoWorkingDays: "앞으로 근무일이 없습니다.",
	reasonTooFar:        "2년 안에 끝나기 어려울 것으로 보입니다.",
	nothingLeft:         "남은 일이 없습니다.",
	forecastDesc:        "%s: %s 남음.", forecastFromDesc: "최근 근무일 %[2]s일로 만든 시뮬레이션 %[1]s회의 결과(시드 %[3]s).",
}

// number writes a number with up to two decimals and thousands apart.
func (w *words) number(value float64) string {
	text := strconv.FormatFloat(math.Round(value*100)/100, 'f', -1, 64)
	whole, decimals, _ := strings.Cut(text, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if decimals != "" {
		return whole + "." + decimals
	}
	return whole
}

// count writes a number of tasks or points.
func (w *words) count(value float64, measure Measure) string {
	format := in(measure, w.tasks, w.points)
	if value == 1 {
		format = in(measure, w.task, w.point)
	}
	return strings.Replace(format, "%s", w.number(value), 1)
}

// amount writes a number of tasks or points in a sentence that has the noun.
func (w *words) amount(value float64, measure Measure) string {
	return strings.Replace(in(measure, w.amountTasks, w.amountPoints), "%s", w.number(value), 1)
}

// brief rounds what is an estimate anyway to a tenth.
func brief(value float64) float64 { return math.Round(value*10) / 10 }

// day writes a day for a tick.
func (w *words) day(day time.Time) string { return day.Format(w.dayLayout) }

// month writes a month for a tick, January with its year.
func (w *words) month(day time.Time) string {
	if day.Month() == time.January {
		return day.Format(w.yearLayout)
	}
	return day.Format(w.monthLayout)
}

func (w *words) date(day time.Time) string { return day.Format(w.dateLayout) }

func (w *words) moment(at time.Time) string { return at.Format(w.momentLayout) }

// duration writes an upper bound: hours, at least one, or days of 24 hours if
// there are many.
func (w *words) duration(hours float64) string {
	switch hours = max(1, brief(hours)); {
	case hours == 1:
		return fmt.Sprintf(w.hour, w.number(hours))
	case hours < 48:
		return fmt.Sprintf(w.hours, w.number(hours))
	}
	return fmt.Sprintf(w.days, w.number(brief(hours/24)))
}
