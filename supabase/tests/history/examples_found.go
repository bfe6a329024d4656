package history

import "time"

// Histories on which SQL and oracle once differed, cut down to what made the difference.

func midnightTwice() *Example {
	// On Sunday the clock is put back from 1:00 to 0:00, which is 1:00 and 0:00 UTC the first time.
	e := newExample("midnight comes twice in the Azores", "Atlantic/Azores", "2025-10-20", "2025-10-25")
	a := e.create("2025-10-17 09:00", "A", "3.0")
	e.start("2025-10-20 09:00")
	e.Change(e.at("2025-10-25 23:30").Add(time.Hour), ProfileID(1), func(r *Row) { r.Status = "Completed" }, a)
	e.figures("sprint_burndown", "2025-10-27 09:00",
		"reference_finish", `"2025-10-27T10:00:00Z"`,
		"days[5].tasks.completed", "0", "days[6].date", `"2025-10-26"`, "days[6].tasks.completed", "1")
	e.figures("sprint_report", "2025-10-27 09:00", "completed.tasks", "1", "not_completed.tasks", "0")
	e.scrumFigures("2025-10-25", "2025-10-27 09:00", "until", `"2025-10-25T23:59:59.999999Z"`)
	return e
}

func startedAfterItsEnd() *Example {
	e := newExample("started after its last day", "Asia/Seoul", "2026-06-01", "2026-06-05")
	e.create("2026-05-29 09:00", "A", "3.0")
	e.create("2026-06-06 09:00", "B", "5.0")
	e.start("2026-06-08 09:00")
	e.create("2026-06-08 10:00", "C", "1.0")
	e.figures("sprint_report", "2026-06-09 09:00",
		"reference_start", `"2026-06-08T00:00:00Z"`, "reference_finish", `"2026-06-09T00:00:00Z"`,
		"committed.points", "8", "not_completed.points", "9", "added.tasks", "1")
	e.figures("sprint_burndown", "2026-06-09 09:00",
		"days[*].date", `["2026-06-08", "2026-06-09"]`, "days[*].tasks.ideal", "[0, 0]", "days[*].tasks.added", "[1, 0]")
	return e
}

func idealTie() *Example {
	// 12 working days: on the last but one 0.3 × 1 / 12 = 0.025 is left, a half to be rounded up.
	e := newExample("a tie on the ideal line", "Asia/Seoul", "2026-06-01", "2026-06-16")
	e.create("2026-05-29 09:00", "A", "0.3")
	e.start("2026-06-01 09:00")
	e.figures("sprint_burndown", "2026-06-02 09:00", "days[14].date", `"2026-06-15"`, "days[14].points.ideal", "0.03")
	return e
}

func throughputAtTheEdge() *Example {
	e := newExample("completed on a day off just before the throughput's first day", "Asia/Seoul", "2026-03-09", "2026-03-20")
	e.WorkingDays = []int{3}
	a := e.create("2026-03-13 09:00", "A", "3.0")
	e.status("2026-03-13 10:00", a, "Completed")
	// The list begins on Saturday 14 March; the next Wednesday is on it.
	e.figures("project_throughput", "2026-06-12 09:00", "history[0]", `{"date": "2026-03-18", "tasks": 1, "points": 3}`)
	return e
}

func scrumOnAHoliday() *Example {
	e := twoWeeks("a scrum on a day that became a holiday")
	e.start("2026-06-01 09:00")
	e.scrum("2026-06-02", ProfileID(1))
	e.scrum("2026-06-03")
	e.scrum("2026-06-04", ProfileID(1))
	e.Holidays = []Date{"2026-06-03"}
	e.figuresOf(Figure{Function: "project_participation", From: "2026-06-01", To: "2026-06-05"}, "2026-06-05 09:00",
		"scheduled", "3", "expected", "4", "updates", "2", "rate", "0.5",
		"members[*].expected", "[2, 2]", "members[*].streak", "[2, 0]")
	return e
}

func doneAndMoved() *Example {
	e := twoWeeks("done as said, then moved out")
	a := e.create("2026-05-29 09:00", "A", "3.0")
	e.start("2026-06-01 09:00")
	named := e.scrum("2026-06-02", ProfileID(1))
	e.Named = []Named{{named, ProfileID(1), a, "will do"}}
	e.status("2026-06-02 11:00", a, "Completed")
	e.move("2026-06-02 12:00", a, "")
	e.scrumFigures("2026-06-03", "2026-06-03 09:00", "members[0].said_and_done[*].outcome", `["done"]`)
	return e
}

func blockedLater() *Example {
	e := twoWeeks("a draft of before a task was blocked")
	a := e.create("2026-05-29 09:00", "A", "3.0")
	e.start("2026-06-01 09:00")
	e.status("2026-06-02 11:00", a, "Blocked")
	e.figures("scrum_draft", "2026-06-02 09:00",
		"scrums[0].draft.today[*].status", `["Planned"]`, "scrums[0].draft.impediments", "[]")
	e.figures("scrum_draft", "2026-06-02 12:00",
		"scrums[0].draft.today", "[]", "scrums[0].draft.impediments[*].blocked_since", `["2026-06-02T02:00:00Z"]`)
	return e
}
