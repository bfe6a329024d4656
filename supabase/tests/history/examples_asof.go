package history

// Histories about where a sprint's time begins and ends, seen from before, within and after.

func longOver() *Example {
	e := newExample("never started and long over", "Asia/Seoul", "1990-01-01", "1990-01-05")
	e.create("2026-05-29 09:00", "A", "3.0")

	e.figures("sprint_burndown", "2026-06-03 09:00",
		"scope", `{"visible_tasks": 1}`, "start", `{"tasks": 0, "points": 0}`,
		"reference_start", `"1989-12-31T15:00:00Z"`, "reference_finish", `"1990-01-05T14:59:59.999999Z"`,
		"days[*].date", `["1990-01-01", "1990-01-02", "1990-01-03", "1990-01-04", "1990-01-05"]`,
		"days[*].tasks.scope", "[0, 0, 0, 0, 0]", "pace.tasks", "null", "projected_finish.tasks", "null")
	e.figures("sprint_flow", "2026-06-03 09:00",
		"days[*].date", `["1990-01-01", "1990-01-02", "1990-01-03", "1990-01-04", "1990-01-05"]`)
	e.figures("sprint_workload", "2026-06-03 09:00",
		"scope", `{"visible_tasks": 1}`, "working_days_left", "0", "members[0].assigned", `{"tasks": 1, "points": 3}`)
	e.scrumFigures("", "2026-06-03 09:00",
		"date", `"1990-01-05"`, "until", `"1990-01-05T14:59:59.999999Z"`, "scope", `{"visible_tasks": 0}`)
	return e
}

func cancelledWhileRunning() *Example {
	e := twoWeeks("a sprint that was cancelled on its third day")
	a := e.create("2026-05-29 09:00", "A", "3.0")
	b := e.create("2026-05-29 09:05", "B", "5.0")
	e.start("2026-06-01 09:00")
	e.status("2026-06-02 15:00", a, "Completed")
	e.Sprints[0].Status = "Cancelled"
	e.move("2026-06-03 10:00", b, "")

	e.figures("sprint_burndown", "2026-06-30 09:00",
		"scope", `{"visible_tasks": 1}`, "reference_finish", `"2026-06-12T14:59:59.999999Z"`,
		"days[*].tasks.scope", "[2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]",
		"days[*].tasks.remaining", "[2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]",
		"pace", `{"working_days": null, "tasks": null, "points": null}`, "projected_finish.tasks", "null")
	e.figures("sprint_flow", "2026-06-30 09:00", "days[*].tasks.Completed", "[0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]")
	e.scrumFigures("", "2026-06-30 09:00", "date", `"2026-06-12"`)
	// A cancelled sprint is in nobody's velocity.
	e.figures("project_velocity", "2026-06-30 09:00", "sprints", "[]")
	// 5, 8, 9, 10, 11 and 12 June.
	e.figures("sprint_workload", "2026-06-05 09:00", "working_days_left", "0")
	e.figures("sprint_workload", "2026-06-30 09:00", "working_days_left", "0")
	return e
}

func cancelledAfterItsEnd() *Example {
	e := newExample("started after its last day, then cancelled", "Asia/Seoul", "2026-06-01", "2026-06-05")
	e.create("2026-05-29 09:00", "A", "3.0")
	e.start("2026-06-08 09:00")
	e.Sprints[0].Status = "Cancelled"

	e.figures("sprint_burndown", "2026-06-30 09:00", "days[*].date", `["2026-06-08"]`, "days[*].tasks.remaining", "[1]")
	e.scrumFigures("", "2026-06-30 09:00", "date", `"2026-06-08"`)
	return e
}

func noClosedSprint() *Example {
	e := twoWeeks("a project without a closed sprint")
	a := e.create("2026-05-29 09:00", "A", "3.0")
	b := e.create("2026-05-29 09:05", "B", "")
	c := e.create("2026-05-29 09:10", "C", "2.0")
	d := e.create("2026-05-29 09:15", "D", "8.0")
	e.start("2026-06-01 09:00")
	e.status("2026-06-01 15:00", a, "Completed")
	e.status("2026-06-02 15:00", c, "Cancelled")
	e.Delete(e.at("2026-06-02 16:00"), ProfileID(1), d)
	e.move("2026-06-02 17:00", b, "")

	e.figures("project_velocity", "2026-06-03 09:00",
		"scope", `{"visible_sprints": 0}`, "sprints", "[]",
		"tasks", `{"average": null, "standard_deviation": null, "low": null, "high": null}`,
		"points", `{"average": null, "standard_deviation": null, "low": null, "high": null}`)
	// What a forecast stands on, the backlog included. D is gone; C is there but nothing to do.
	e.figures("project_throughput", "2026-06-03 09:00",
		"scope", `{"visible_tasks": 3}`, "remaining", `{"tasks": 1, "points": 0, "unestimated_count": 1}`,
		"history", `[{"date": "2026-05-29", "tasks": 0, "points": 0}, {"date": "2026-06-01", "tasks": 1, "points": 3},
			{"date": "2026-06-02", "tasks": 0, "points": 0}]`)
	e.figures("project_throughput", "2026-06-02 15:59", "scope", `{"visible_tasks": 4}`, "remaining.tasks", "2")
	return e
}

func startedEarly() *Example {
	e := newExample("started two working days early", "Asia/Seoul", "2026-06-08", "2026-06-12")
	e.create("2026-06-01 09:00", "A", "3.0")
	e.start("2026-06-04 09:00")

	// As of the day before it was to begin on Monday: five days.
	e.figures("sprint_workload", "2026-06-03 09:00", "working_days_left", "5")
	// 4, 5, 8, 9, 10, 11 and 12 June.
	e.figures("sprint_workload", "2026-06-04 10:00",
		"working_days_left", "7", "members[*].working_days_left", "[7, 7]", "members[0].capacity_minutes", "3360")
	e.figures("sprint_workload", "2026-06-09 10:00", "working_days_left", "4")
	e.figures("sprint_burndown", "2026-06-05 10:00", "days[0].date", `"2026-06-04"`, "days[8].date", `"2026-06-12"`)
	e.scrumFigures("", "2026-06-05 10:00", "date", `"2026-06-05"`, "is_scrum_day", "true", "expected", "2")
	return e
}

func startedLate() *Example {
	e := newExample("started two days late", "Asia/Seoul", "2026-06-08", "2026-06-12")
	e.create("2026-06-01 09:00", "A", "3.0")
	e.start("2026-06-10 09:00")

	e.figures("sprint_workload", "2026-06-09 10:00", "working_days_left", "4")
	e.figures("sprint_workload", "2026-06-10 08:00", "working_days_left", "3")
	e.figures("sprint_workload", "2026-06-10 10:00", "working_days_left", "3")
	return e
}

func closedEarly() *Example {
	e := twoWeeks("closed two days early")
	a := e.create("2026-05-29 09:00", "A", "3.0")
	b := e.create("2026-05-29 09:05", "B", "5.0")
	e.Tasks[1].Estimated = "60"
	e.start("2026-06-01 09:00")
	e.status("2026-06-09 15:00", a, "Completed")
	e.close("2026-06-10 18:00")
	e.move("2026-06-10 18:00:00.000123", b, "")

	// 10, 11 and 12 June; once it is closed, none.
	e.figures("sprint_workload", "2026-06-10 17:59:59.999999",
		"working_days_left", "3", "members[0].capacity_minutes", "1440", "members[0].overload_minutes", "0")
	e.figures("sprint_workload", "2026-06-10 18:00",
		"working_days_left", "0", "members[*].working_days_left", "[0, 0]", "members[0].capacity_minutes", "0",
		"members[0].remaining", `{"tasks": 1, "points": 5, "estimated_minutes": 60, "unestimated_count": 0}`,
		"members[0].overload_minutes", "60")
	e.figures("sprint_workload", "2026-06-11 09:00", "working_days_left", "0")
	// Its days go on to the end of the plan, without figures.
	e.figures("sprint_burndown", "2026-06-20 09:00",
		"days[*].tasks.remaining", "[2, 2, 2, 2, 2, 2, 2, 2, 1, 1, null, null]")
	e.scrumFigures("", "2026-06-20 09:00", "date", `"2026-06-10"`, "is_scrum_day", "true")
	e.scrumFigures("2026-06-11", "2026-06-20 09:00", "is_scrum_day", "false", "reason", `"completed"`, "expected", "0")
	return e
}

func postedLater() *Example {
	e := twoWeeks("an update posted the morning after")
	a := e.create("2026-05-29 09:00", "A", "3.0")
	e.start("2026-06-01 09:00")
	first := e.scrum("2026-06-03", ProfileID(1), ProfileID(2))
	e.scrum("2026-06-04", ProfileID(1))
	kim, lee, today := &e.Updates[0], &e.Updates[1], &e.Updates[2]
	kim.UpdatedAt, kim.Today = e.at("2026-06-05 11:00"), "Something else"
	lee.CreatedAt, lee.UpdatedAt = e.at("2026-06-04 08:30"), e.at("2026-06-04 08:30")
	today.CreatedAt, today.UpdatedAt = e.at("2026-06-04 10:00"), e.at("2026-06-04 10:00")
	e.Named = []Named{{first, ProfileID(2), a, "will do"}}

	e.scrumFigures("2026-06-03", "2026-06-03 18:00",
		"posted", "1", "expected", "2", "rate", "0.5", "missing[*].full_name", `["Lee"]`, "members[1].update", "null",
		// An update is there in its words of now, changed later or not.
		"members[0].update.today_work", `"Something else"`)
	e.scrumFigures("2026-06-03", "2026-06-04 08:29:59.999999", "posted", "1")
	// Posted after the day, it counts for the day.
	e.scrumFigures("2026-06-03", "2026-06-04 08:30",
		"until", `"2026-06-03T14:59:59.999999Z"`, "posted", "2", "rate", "1", "missing", "[]",
		"members[1].update.will_do[*].task_name", `["A"]`)
	// What Lee said there, Lee had not said before.
	e.scrumFigures("2026-06-04", "2026-06-04 08:00", "members[1].said_and_done", "[]")
	e.scrumFigures("2026-06-04", "2026-06-04 09:00", "posted", "0", "members[1].said_and_done[*].outcome", `["untouched"]`)

	span := Figure{Function: "project_participation", From: "2026-06-01", To: "2026-06-05"}
	e.figuresOf(span, "2026-06-04 08:00", "expected", "4", "updates", "1", "members[*].updates", "[1, 0]", "members[*].streak", "[1, 0]")
	e.figuresOf(span, "2026-06-04 09:00", "expected", "4", "updates", "2", "members[*].streak", "[1, 1]")
	e.figuresOf(span, "2026-06-04 10:00", "updates", "3", "rate", "0.75", "members[*].streak", "[2, 1]")

	e.figures("scrum_draft", "2026-06-04 09:59:59.999999", "scope", `{"visible_sprints": 1}`, "scrums[0].update", "null")
	e.figures("scrum_draft", "2026-06-04 10:00", "scrums[0].update.update_id", `"`+UpdateID(3)+`"`)
	return e
}

func overAndNotYet() *Example {
	e := twoWeeks("the scrum of a sprint that is over, and of one to come")
	e.create("2026-05-29 09:00", "A", "3.0")
	e.start("2026-06-01 09:00")
	e.close("2026-06-15 10:00")

	e.scrumFigures("", "2026-05-30 09:00", "date", `"2026-06-01"`, "reason", `"not started"`)
	e.scrumFigures("", "2026-06-03 09:00", "date", `"2026-06-03"`)
	// Past its end it still ran, a Saturday too.
	e.scrumFigures("", "2026-06-13 09:00", "date", `"2026-06-13"`, "reason", `"weekend"`)
	e.scrumFigures("", "2026-06-20 09:00",
		"date", `"2026-06-15"`, "is_scrum_day", "true", "until", `"2026-06-15T01:00:00Z"`, "scope", `{"visible_tasks": 1}`)
	return e
}
