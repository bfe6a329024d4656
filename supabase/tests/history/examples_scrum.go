package history

import "time"

func joinedMidSprint() *Example {
	e := twoWeeks("a member who joined mid-sprint")
	e.start("2026-06-01 09:00")
	e.Members[1].JoinedAt = e.at("2026-06-04 14:00")
	e.scrum("2026-06-03", ProfileID(1))
	e.scrum("2026-06-04", ProfileID(1))
	e.scrum("2026-06-05")

	e.scrumFigures("2026-06-03", "2026-06-05 09:00", "expected", "1", "posted", "1", "rate", "1", "missing", "[]")
	e.scrumFigures("2026-06-04", "2026-06-05 09:00",
		"expected", "2", "posted", "1", "rate", "0.5", "missing[*].full_name", `["Lee"]`)
	// Kim owes one for today, which doesn't break the streak; Lee owes one for yesterday.
	e.figuresOf(Figure{Function: "project_participation", From: "2026-06-01", To: "2026-06-05"}, "2026-06-05 09:00",
		"scope", `{"visible_scrums": 3}`, "scheduled", "3", "expected", "5", "updates", "2", "rate", "0.4",
		"members[*].full_name", `["Kim", "Lee"]`, "members[*].expected", "[3, 2]", "members[*].rate", "[0.6667, 0]",
		"members[*].streak", "[2, 0]", "members[*].longest_streak", "[2, 0]")
	return e
}

func viewer() *Example {
	e := twoWeeks("a viewer")
	e.start("2026-06-01 09:00")
	e.Members[1].Role = "viewer"
	e.scrum("2026-06-03", ProfileID(1))
	a := e.create("2026-06-04 09:00", "A", "3.0")

	e.scrumFigures("2026-06-03", "2026-06-03 18:00", "expected", "1", "missing", "[]", "members[*].full_name", `["Kim"]`)
	e.figures("sprint_workload", "2026-06-04 10:00", "members[*].full_name", `["Kim"]`)
	// With a task they have a load all the same.
	e.assign("2026-06-04 12:00", a, ProfileID(2))
	e.figures("sprint_workload", "2026-06-04 13:00",
		"members[*].full_name", `["Kim", "Lee"]`, "members[1].role", `"viewer"`, "members[1].assigned", `{"tasks": 1, "points": 3}`)
	e.figuresOf(Figure{Function: "project_participation", From: "2026-06-01", To: "2026-06-05"}, "2026-06-04 09:00",
		"members[*].full_name", `["Kim"]`, "expected", "1", "rate", "1")
	return e
}

func dayOff() *Example {
	e := twoWeeks("a day off")
	e.start("2026-06-01 09:00")
	e.DaysOff = []DayOff{{ProfileID(2), "2026-06-03", "2026-06-04"}, {ProfileID(2), "2026-06-06", "2026-06-07"}}
	e.Holidays = []Date{"2026-06-12"}
	e.scrum("2026-06-03", ProfileID(1))
	a := e.create("2026-06-01 10:00", "A", "3.0")
	e.assign("2026-06-01 11:00", a, ProfileID(2))
	e.Tasks[0].Estimated = "2500"
	b := e.create("2026-06-01 12:00", "B", "")
	e.assign("2026-06-01 13:00", b, "")

	e.scrumFigures("2026-06-03", "2026-06-03 18:00", "expected", "1", "missing", "[]", "is_scrum_day", "true")
	e.scrumFigures("2026-06-05", "2026-06-05 18:00", "expected", "2", "missing[*].full_name", `["Kim", "Lee"]`)
	e.scrumFigures("2026-06-06", "2026-06-08 18:00", "expected", "0", "rate", "null", "is_scrum_day", "false", "reason", `"weekend"`)
	e.scrumFigures("2026-06-12", "2026-06-08 18:00", "reason", `"holiday"`)
	// 3, 4, 5, 8, 9, 10 and 11 June are left, for Lee two less: 5 × 480 minutes. The weekend costs nothing.
	e.figures("sprint_workload", "2026-06-03 09:00",
		"working_days_left", "7", "members[*].full_name", `["Kim", "Lee", null]`,
		"members[0].capacity_minutes", "3360",
		"members[1].days_off", "2", "members[1].working_days_left", "5", "members[1].capacity_minutes", "2400",
		"members[1].remaining", `{"tasks": 1, "points": 3, "estimated_minutes": 2500, "unestimated_count": 0}`,
		"members[1].overload_minutes", "100",
		"members[2].profile_id", "null", "members[2].remaining.unestimated_count", "1", "members[2].overload_minutes", "null")
	return e
}

// scrumFigures are of the scrum of a day.
func (e *Example) scrumFigures(day Date, asOf string, pathsAndWants ...string) {
	e.figuresOf(Figure{Function: "scrum_of_day", Sprint: 1, Date: day}, asOf, pathsAndWants...)
}

func acrossMidnightSeoul() *Example {
	e := twoWeeks("a scrum across midnight in Seoul")
	a := e.create("2026-05-29 09:00", "A", "3.0")
	b := e.create("2026-05-29 09:05", "B", "5.0")
	e.start("2026-06-01 09:00")
	first := e.scrum("2026-06-02", ProfileID(1))
	e.scrum("2026-06-03", ProfileID(1))
	e.Named = []Named{{first, ProfileID(1), a, "will do"}, {first, ProfileID(1), b, "will do"}}
	e.status("2026-06-03 23:59:59.999999", a, "Completed")
	e.status("2026-06-04 00:00", b, "In Progress")

	// 15:00 UTC is midnight.
	e.scrumFigures("2026-06-03", "2026-06-04 09:00",
		"since", `"2026-06-01T15:00:00Z"`, "until", `"2026-06-03T14:59:59.999999Z"`,
		"members[0].activity[*].task_name", `["A"]`, "members[0].said_and_done[*].outcome", `["done", "untouched"]`)
	e.scrumFigures("2026-06-04", "2026-06-04 09:00",
		"since", `"2026-06-02T15:00:00Z"`, "until", `"2026-06-04T00:00:00Z"`,
		"members[0].activity[*].task_name", `["A", "B"]`, "members[0].said_and_done", "[]")
	e.figures("sprint_burndown", "2026-06-04 09:00", "days[2].tasks.completed", "1", "days[3].date", `"2026-06-04"`)
	e.figures("scrum_draft", "2026-06-04 09:00",
		"scrums[0].draft.yesterday[*].task_name", `["A", "B"]`, "scrums[0].draft.today[*].task_name", `["B"]`)
	return e
}

// The clock is put forward on Sunday 8 March, so that day has 23 hours.
func acrossMidnightLosAngeles() *Example {
	e := newExample("a scrum across midnight in Los Angeles", "America/Los_Angeles", "2026-03-02", "2026-03-13")
	a := e.create("2026-02-27 09:00", "A", "3.0")
	b := e.create("2026-02-27 09:05", "B", "5.0")
	e.start("2026-03-02 09:00")
	first := e.scrum("2026-03-06", ProfileID(1))
	e.scrum("2026-03-09", ProfileID(1))
	e.Named = []Named{{first, ProfileID(1), a, "will do"}, {first, ProfileID(1), b, "will do"}}
	e.status("2026-03-08 12:00", b, "In Progress")
	e.status("2026-03-09 23:59:59.999999", a, "Completed")
	e.status("2026-03-10 00:00", b, "Completed")

	e.scrumFigures("2026-03-09", "2026-03-10 09:00",
		"since", `"2026-03-06T08:00:00Z"`, "until", `"2026-03-10T06:59:59.999999Z"`,
		"members[0].activity[*].task_name", `["B", "A"]`, "members[0].said_and_done[*].outcome", `["done", "progressed"]`)
	e.scrumFigures("2026-03-10", "2026-03-10 09:00",
		"since", `"2026-03-09T07:00:00Z"`, "until", `"2026-03-10T16:00:00Z"`, "members[0].activity[*].task_name", `["A", "B"]`)
	e.figures("sprint_burndown", "2026-03-10 09:00",
		"days[7].date", `"2026-03-09"`, "days[7].tasks.completed", "1", "days[8].tasks.completed", "2")
	// From 27 February 9:05 to 10 March 0:00 it is 10 days, 14 hours and 55 minutes, less the hour.
	e.figures("sprint_flow", "2026-03-10 00:00:00.000001",
		"lead_time.p50_hours", "253.96", "cycle_time", `{"count": 1, "p50_hours": 36, "p85_hours": 36, "p95_hours": 36}`)
	return e
}

func emptySprint() *Example {
	e := twoWeeks("an empty sprint")
	e.start("2026-06-01 09:00")
	e.figures("sprint_burndown", "2026-06-03 12:00",
		"start", `{"tasks": 0, "points": 0}`, "unestimated_count", "0", "days[0].tasks.ideal", "0",
		"pace", `{"working_days": 2, "tasks": 0, "points": 0}`,
		"projected_finish", `{"tasks": null, "points": null}`)
	e.figures("sprint_report", "2026-06-03 12:00",
		"committed", `{"tasks": 0, "points": 0, "items": []}`, "completion", `{"tasks": null, "points": null}`,
		"scope_change", `{"tasks": null, "points": null}`, "members", "[]",
		"impediments", `{"raised": 0, "resolved": 0, "open": 0, "median_resolution_hours": null, "items": []}`)
	e.figures("sprint_flow", "2026-06-03 12:00",
		"lead_time", `{"count": 0, "p50_hours": null, "p85_hours": null, "p95_hours": null}`,
		"blocked", `{"tasks": 0, "hours": 0}`, "reopened", `{"tasks": 0, "times": 0}`)
	e.figures("project_velocity", "2026-06-03 12:00",
		"sprints", "[]", "tasks", `{"average": null, "standard_deviation": null, "low": null, "high": null}`)
	e.figures("project_throughput", "2026-06-03 12:00", "history", "[]", "remaining", `{"tasks": 0, "points": 0, "unestimated_count": 0}`,
		"scope", `{"visible_tasks": 0}`)
	e.figures("project_impediments", "2026-06-03 12:00", "open", "[]", "scope", `{"visible_impediments": 0}`,
		"statistics", `{"open": 0, "resolved": 0, "median_resolution_hours": null, "oldest_open_hours": null}`)
	e.figuresOf(Figure{Function: "project_participation"}, "2026-06-03 12:00",
		"scheduled", "0", "rate", "null", "from_date", `"2026-05-05"`, "members[*].rate", "[null, null]")
	return e
}

func neverStarted() *Example {
	e := twoWeeks("a sprint that was never started")
	e.create("2026-05-29 09:00", "A", "3.0")
	e.figures("sprint_burndown", "2026-05-30 09:00",
		"start", "null", "unestimated_count", "null", "reference_start", "null", "scope", `{"visible_tasks": 1}`,
		"days[0].tasks", `{"scope": null, "completed": null, "remaining": null, "added": null, "removed": null,
			"reestimated": null, "ideal": null, "projection": null}`,
		"pace", `{"working_days": null, "tasks": null, "points": null}`)
	e.figures("sprint_report", "2026-05-30 09:00", "committed", "null", "members", "null", "scope_change", "null", "final", "false")
	e.scrumFigures("2026-06-01", "2026-05-30 09:00", "is_scrum_day", "false", "reason", `"not started"`, "expected", "0", "rate", "null")
	// Its days went by all the same, and no other came after them.
	e.figures("sprint_burndown", "2026-06-30 09:00",
		"start", `{"tasks": 1, "points": 3}`, "reference_finish", `"2026-06-12T14:59:59.999999Z"`,
		"days[*].tasks.remaining", `[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]`, "pace.tasks", "null")
	e.figures("scrum_draft", "2026-06-03 09:00", "scrums", "[]")
	return e
}

func oneDay() *Example {
	e := newExample("a sprint of one day, a Sunday", "Asia/Seoul", "2026-06-07", "2026-06-07")
	a := e.create("2026-06-06 09:00", "A", "3.0")
	e.start("2026-06-07 00:00")
	e.status("2026-06-07 23:59:59.999999", a, "Completed")
	// No working day to fall over: the ideal stays.
	e.figures("sprint_burndown", "2026-06-07 12:00",
		"days[*].date", `["2026-06-07"]`, "days[0].tasks.ideal", "1", "days[0].points.ideal", "3",
		"pace", `{"working_days": 0, "tasks": null, "points": null}`, "days[0].tasks.projection", "null",
		"projected_finish", `{"tasks": null, "points": null}`)
	e.figures("sprint_burndown", "2026-06-08 12:00",
		"days[0].tasks.completed", "1", "days[1].tasks.ideal", "0", "days[1].tasks.completed", "1",
		"projected_finish", `{"tasks": "2026-06-08", "points": "2026-06-08"}`)
	e.figures("sprint_workload", "2026-06-07 12:00", "working_days_left", "0", "members[0].capacity_minutes", "0")
	return e
}

func oneYear() *Example {
	e := newExample("a sprint of one year", "Asia/Seoul", "2026-01-01", "2026-12-31")
	a := e.create("2026-01-01 09:00", "A", "8.0")
	e.create("2026-01-01 09:05", "B", "8.0")
	e.start("2026-01-01 10:00")
	e.status("2026-01-09 10:00", a, "Completed")
	e.figures("sprint_burndown", "2026-01-12 09:00",
		// 261 weekdays; one is past on the first day.
		"days[0].points.ideal", "15.94", "days[364].points.ideal", "0", "days[364].date", `"2026-12-31"`,
		// 5 to 9 January: 8 points, so 1.6 a day; 8 are left: Monday 19 January.
		"pace", `{"working_days": 5, "tasks": 0.2, "points": 1.6}`,
		"projected_finish", `{"tasks": "2026-01-19", "points": "2026-01-19"}`,
		"days[364].points.projection", "0", "days[364].points.scope", "null")
	e.figures("sprint_workload", "2026-01-12 09:00", "working_days_left", "254")
	return e
}

// An update counts for its day until 10:00 of the next working day, which for a Friday is the Monday.
func lateUpdates() *Example {
	e := twoWeeks("updates posted at the cut-off and after it")
	e.start("2026-06-01 09:00")
	e.scrum("2026-06-04", ProfileID(1), ProfileID(2))
	e.scrum("2026-06-05", ProfileID(1), ProfileID(2))
	for i, at := range []string{"2026-06-05 10:00", "2026-06-05 10:00:00.000001", "2026-06-08 10:00", "2026-06-08 10:01"} {
		e.Updates[i].CreatedAt, e.Updates[i].UpdatedAt = e.at(at), e.at("2026-06-09 12:00")
	}

	for _, day := range []Date{"2026-06-04", "2026-06-05"} {
		e.scrumFigures(day, "2026-06-09 18:00",
			"expected", "2", "posted", "1", "rate", "0.5", "missing[*].full_name", `["Lee"]`,
			"members[*].full_name", `["Kim", "Lee"]`, "members[1].update.late", "true")
	}
	e.figuresOf(Figure{Function: "project_participation", From: "2026-06-01", To: "2026-06-05"}, "2026-06-09 18:00",
		"expected", "4", "updates", "2", "members[*].updates", "[2, 0]", "members[*].longest_streak", "[2, 0]")
	return e
}

// The organization chose a cut-off, and then had a holiday: the sprint was closed in the old calendar.
func cutoffOfTheClose() *Example {
	e := twoWeeks("a cut-off and a holiday that came after the close")
	e.start("2026-06-01 09:00")
	e.scrum("2026-06-04", ProfileID(1))
	e.Updates[0].CreatedAt = e.at("2026-06-05 08:00")
	e.close("2026-06-11 18:00")
	e.Sprints[0].Closed = &Calendar{Zone: e.Zone, WorkingDays: e.WorkingDays, CutoffTime: "07:30"}
	e.Holidays, e.CutoffTime = []Date{"2026-06-03", "2026-06-05"}, "23:00"

	e.figuresOf(Figure{Function: "project_participation", From: "2026-06-01", To: "2026-06-12"}, "2026-06-30 09:00",
		"updates", "0", "expected", "2")
	e.scrumFigures("2026-06-03", "2026-06-10 09:00", "is_scrum_day", "true", "reason", "null")
	e.scrumFigures("2026-06-04", "2026-06-10 09:00", "posted", "0", "members[0].update.late", "true")
	e.figures("sprint_burndown", "2026-06-10 09:00", "days[2].is_working_day", "true", "days[4].is_working_day", "true")
	return e
}

// While a sprint runs, a holiday that is entered afterwards counts for the days that are over.
func holidayOfThePast() *Example {
	e := twoWeeks("a holiday entered after the day, while the sprint runs")
	e.create("2026-05-29 09:00", "A", "9.0")
	e.start("2026-06-01 09:00")
	e.scrum("2026-06-03", ProfileID(1))
	e.Holidays = []Date{"2026-06-03"}

	e.scrumFigures("2026-06-03", "2026-06-10 09:00", "is_scrum_day", "false", "reason", `"holiday"`, "expected", "0")
	// Nine working days: each takes a point.
	e.figures("sprint_burndown", "2026-06-10 09:00",
		"days[2].is_working_day", "false", "days[*].points.ideal", "[8, 7, 7, 6, 5, 5, 5, 4, 3, 2, 1, 0]")
	return e
}

// The organization's own cut-off counts instead of the time of its reminder.
func chosenCutoff() *Example {
	e := twoWeeks("an update posted after a cut-off of half past eight")
	e.CutoffTime = "08:30"
	e.start("2026-06-01 09:00")
	e.scrum("2026-06-04", ProfileID(1), ProfileID(2))
	e.Updates[0].CreatedAt, e.Updates[1].CreatedAt = e.at("2026-06-05 08:30"), e.at("2026-06-05 08:31")

	e.scrumFigures("2026-06-04", "2026-06-05 09:00", "posted", "1", "members[1].update.late", "true")
	e.figuresOf(Figure{Function: "project_participation", From: "2026-06-01", To: "2026-06-04"}, "2026-06-05 09:00",
		"updates", "1", "members[*].streak", "[1, 0]")
	return e
}

// Who joined at 22:00 in Seoul joined on that day, though it is the next one where the organization is now.
func zoneOfTheClose() *Example {
	e := twoWeeks("a time zone that changed after the close")
	e.start("2026-06-01 09:00")
	e.Members[1].JoinedAt = e.at("2026-06-04 22:00")
	e.scrum("2026-06-04", ProfileID(1), ProfileID(2))
	e.close("2026-06-11 18:00")
	e.Sprints[0].Closed = &Calendar{Zone: e.Zone, WorkingDays: e.WorkingDays}

	e.figuresOf(Figure{Function: "project_participation", From: "2026-06-01", To: "2026-06-12"}, "2026-06-30 09:00",
		"expected", "2", "updates", "2")
	e.scrumFigures("2026-06-04", "2026-06-10 09:00", "timezone", `"Asia/Seoul"`, "expected", "2", "posted", "2")
	auckland, err := time.LoadLocation("Pacific/Auckland")
	if err != nil {
		panic(err)
	}
	e.Zone = auckland
	return e
}
