package history

// Examples are histories from the field. Their sprint goes from Monday 1 June to Friday
// 12 June 2026 in Seoul, ten working days, unless they say otherwise.
func Examples() []*Example {
	return []*Example{
		addedAndRemoved(), doneBefore(), reopened(), movedToAnotherSprint(), cancelled(), unestimated(),
		carriedOver(true), carriedOver(false), closedLate(), joinedMidSprint(), viewer(), dayOff(),
		lateUpdates(), chosenCutoff(), cutoffOfTheClose(), zoneOfTheClose(), holidayOfThePast(),
		acrossMidnightSeoul(), acrossMidnightLosAngeles(), blocked(), velocity(), throughput(), impediments(),
		emptySprint(), neverStarted(), oneDay(), oneYear(),
		longOver(), cancelledWhileRunning(), cancelledAfterItsEnd(), noClosedSprint(), startedEarly(), startedLate(), closedEarly(),
		postedLater(), overAndNotYet(),
		midnightTwice(), startedAfterItsEnd(), idealTie(), throughputAtTheEdge(), scrumOnAHoliday(), doneAndMoved(), blockedLater(),
		nightCutShort(), twoScrumsOfADay(), openedLater(), draftOfThePast(), paceOfTheSprint(), unestimatedLeft(), removedAsItWas(),
		onlyCancelled(), overdueAgree(), sayDoRatio(), sinceItWasSaid(), reopenedElsewhere(), untilADayOfThePast(),
	}
}

func twoWeeks(name string) *Example {
	return newExample(name, "Asia/Seoul", "2026-06-01", "2026-06-12")
}

func addedAndRemoved() *Example {
	e := twoWeeks("scope added and removed again")
	a := e.create("2026-05-29 09:00", "A", "3.0")
	e.create("2026-05-29 09:05", "B", "5.0")
	e.start("2026-06-01 09:00")
	c := e.create("2026-06-03 10:00", "C", "8.0")
	e.move("2026-06-04 15:00", c, "")
	e.status("2026-06-05 11:00", a, "Completed")

	e.figures("sprint_burndown", "2026-06-05 18:00",
		"start", `{"tasks": 2, "points": 8}`,
		"days[2].tasks.added", "1", "days[2].points.added", "8",
		"days[2].tasks.scope", "3", "days[2].points.scope", "16",
		"days[3].tasks.removed", "1", "days[3].points.removed", "8",
		"days[3].tasks.scope", "2", "days[3].points.remaining", "8",
		"days[4].tasks.completed", "1", "days[4].points.remaining", "5",
		// One of ten working days after the other; the weekend is flat.
		"days[0].tasks.ideal", "1.8", "days[0].points.ideal", "7.2", "days[4].points.ideal", "4",
		"days[5].date", `"2026-06-06"`, "days[5].is_working_day", "false", "days[5].points.ideal", "4",
		"days[5].tasks.scope", "null", "days[11].points.ideal", "0",
		// Nothing was completed on the four working days before today.
		"pace", `{"working_days": 4, "tasks": 0, "points": 0}`,
		"projected_finish", `{"tasks": null, "points": null}`)
	e.figures("sprint_burndown", "2026-06-08 09:00",
		// One task of 3 points in five working days; 1 task and 5 points are left: 5 and 9 working days.
		"pace", `{"working_days": 5, "tasks": 0.2, "points": 0.6}`,
		"days[7].points.projection", "5", "days[11].tasks.projection", "0.2", "days[11].points.projection", "2.6",
		"days[6].points.projection", "null",
		"projected_finish", `{"tasks": "2026-06-15", "points": "2026-06-19"}`)
	e.figures("sprint_report", "2026-06-05 18:00",
		"committed.tasks", "2", "committed.points", "8", "committed.items[*].task_name", `["A", "B"]`,
		"completed.items[*].task_name", `["A"]`, "completed.points", "3",
		"not_completed.items[*].task_name", `["B"]`,
		"added.tasks", "0", "removed.tasks", "0",
		"added_then_removed.items[*].task_name", `["C"]`, "added_then_removed.points", "8",
		"scope_change", `{"tasks": 0, "points": 0}`, "completion", `{"tasks": 0.5, "points": 0.375}`,
		"carried_over", "null", "final", "false",
		"members", `[{"profile_id": "`+ProfileID(1)+`", "full_name": "Kim", "committed": {"tasks": 2, "points": 8},
			"completed": {"tasks": 1, "points": 3}, "not_completed": {"tasks": 1, "points": 5},
			"completion": {"tasks": 0.5, "points": 0.375},
			"committed_completed": {"tasks": 1, "points": 3}, "added_completed": {"tasks": 0, "points": 0}}]`)
	return e
}

func doneBefore() *Example {
	e := twoWeeks("done before the sprint started")
	a := e.create("2026-05-29 09:00", "A", "5.0")
	e.create("2026-05-29 09:05", "B", "3.0")
	e.status("2026-05-30 09:00", a, "Completed")
	e.start("2026-06-01 09:00")

	e.figures("sprint_burndown", "2026-06-03 12:00",
		"start", `{"tasks": 2, "points": 8}`, "days[0].tasks.completed", "1", "days[0].points.remaining", "3")
	e.figures("sprint_report", "2026-06-03 12:00",
		"completed.tasks", "0", "completed_outside.items[*].task_name", `["A"]`, "completed_outside.points", "5",
		"not_completed.points", "3", "completion", `{"tasks": 0, "points": 0}`)
	e.figures("sprint_flow", "2026-06-03 12:00",
		"lead_time", `{"count": 1, "p50_hours": 24, "p85_hours": 24, "p95_hours": 24}`,
		"cycle_time", `{"count": 0, "p50_hours": null, "p85_hours": null, "p95_hours": null}`)
	return e
}

func reopened() *Example {
	e := twoWeeks("reopened, and again after the close")
	a := e.create("2026-05-29 09:00", "A", "3.0")
	e.start("2026-06-01 09:00")
	e.status("2026-06-03 09:00", a, "In Progress")
	e.status("2026-06-05 09:00", a, "Completed")
	e.status("2026-06-08 09:00", a, "In Progress")
	e.status("2026-06-10 10:00", a, "Completed")
	e.close("2026-06-12 18:00")
	e.status("2026-06-15 09:00", a, "In Progress")

	e.figures("sprint_burndown", "2026-06-16 09:00",
		"days[4].tasks.completed", "1", "days[7].tasks.completed", "0", "days[11].tasks.completed", "1",
		"days[*].date", `["2026-06-01","2026-06-02","2026-06-03","2026-06-04","2026-06-05","2026-06-06",
			"2026-06-07","2026-06-08","2026-06-09","2026-06-10","2026-06-11","2026-06-12"]`,
		"pace", `{"working_days": null, "tasks": null, "points": null}`,
		"projected_finish", `{"tasks": null, "points": null}`)
	e.figures("sprint_flow", "2026-06-16 09:00",
		"reopened", `{"tasks": 1, "times": 1}`,
		"lead_time.p50_hours", "289", "cycle_time.p50_hours", "169")
	e.figures("sprint_report", "",
		"completed.items[*].task_name", `["A"]`, "completed.points", "3", "completion", `{"tasks": 1, "points": 1}`,
		"not_completed.tasks", "0", "final", "true")
	return e
}

func movedToAnotherSprint() *Example {
	e := twoWeeks("moved between two sprints")
	a := e.create("2026-05-29 09:00", "A", "5.0")
	e.create("2026-05-29 09:05", "B", "3.0")
	e.start("2026-06-01 09:00")
	next := e.next()
	e.move("2026-06-04 10:00", a, next.ID)

	e.figures("sprint_report", "2026-06-05 09:00",
		"committed.tasks", "2", "removed.items[*].task_name", `["A"]`, "removed.points", "5",
		"scope_change", `{"tasks": -0.5, "points": -0.625}`)
	second := func(function string) Figure { return Figure{Function: function, Sprint: 2} }
	e.figuresOf(second("sprint_burndown"), "2026-06-05 09:00",
		"scope", `{"visible_tasks": 1}`, "start", "null", "reference_start", "null", "days[0].tasks.ideal", "null")
	// It was never started, so it began with its first day.
	e.figuresOf(second("sprint_burndown"), "2026-06-16 09:00",
		"start", `{"tasks": 1, "points": 5}`, "reference_start", `"2026-06-12T15:00:00Z"`)
	e.figuresOf(second("sprint_report"), "2026-06-16 09:00",
		"committed.items[*].task_name", `["A"]`, "added.tasks", "0")
	return e
}

func cancelled() *Example {
	e := twoWeeks("cancelled")
	e.create("2026-05-29 09:00", "A", "3.0")
	b := e.create("2026-05-29 09:05", "B", "5.0")
	c := e.create("2026-05-29 09:10", "C", "2.0")
	e.status("2026-05-29 10:00", c, "Cancelled")
	e.start("2026-06-01 09:00")
	e.status("2026-06-04 10:00", b, "Cancelled")

	e.figures("sprint_burndown", "2026-06-05 09:00",
		"start", `{"tasks": 2, "points": 8}`, "days[3].tasks.removed", "1", "days[3].points.removed", "5", "days[3].points.scope", "3")
	e.figures("sprint_report", "2026-06-05 09:00",
		// C was cancelled before, so it never was in scope.
		"cancelled.items[*].task_name", `["B"]`, "cancelled.points", "5", "committed.points", "8",
		"removed.tasks", "0", "not_completed.points", "3", "scope_change.tasks", "0")
	e.figures("sprint_flow", "2026-06-05 09:00",
		"days[2].tasks.Cancelled", "1", "days[3].tasks.Cancelled", "2", "days[3].points.Cancelled", "7",
		"days[3].tasks.Planned", "1", "days[5].tasks.Planned", "null")
	return e
}

func unestimated() *Example {
	e := twoWeeks("unestimated")
	a := e.create("2026-05-29 09:00", "A", "")
	e.create("2026-05-29 09:05", "B", "3.0")
	e.start("2026-06-01 09:00")
	e.points("2026-06-03 09:00", a, "5.0")
	e.create("2026-06-04 09:00", "C", "")

	e.figures("sprint_burndown", "2026-06-05 09:00",
		"start", `{"tasks": 2, "points": 3}`, "unestimated_count", "1",
		"days[2].tasks.reestimated", "1", "days[2].points.reestimated", "5", "days[2].points.scope", "8",
		"days[3].tasks.added", "1", "days[3].points.added", "0")
	e.figures("sprint_report", "2026-06-05 09:00",
		"reestimated.tasks", "1", "reestimated.points", "5",
		"reestimated.items[0].points_before", "null", "reestimated.items[0].points_after", "5",
		"added.items[*].task_name", `["C"]`, "added.points", "0", "unestimated_count", "1",
		"scope_change", `{"tasks": 0.5, "points": 0}`)
	return e
}

func carriedOver(next bool) *Example {
	name := "carry-over to the backlog"
	if next {
		name = "carry-over to the next sprint"
	}
	e := twoWeeks(name)
	a := e.create("2026-05-29 09:00", "A", "3.0")
	b := e.create("2026-05-29 09:05", "B", "5.0")
	e.start("2026-06-01 09:00")
	e.status("2026-06-03 09:00", a, "Completed")
	e.status("2026-06-04 09:00", b, "In Progress")
	e.close("2026-06-12 18:00")
	to := `null`
	target := ""
	if next {
		target = e.next().ID
		e.Sprints[0].CarriedOverTo = target
		to = `{"sprint_id": "` + target + `", "sprint_name": "Sprint 2"}`
	}
	e.move("2026-06-12 18:00:00.000123", b, target)

	e.figures("sprint_report", "",
		"completed.points", "3", "not_completed.points", "5", "removed.tasks", "0",
		"carried_over.tasks", "1", "carried_over.points", "5", "carried_over.items[*].task_name", `["B"]`,
		"carried_over.to", to)
	// What happened right after the close is no part of the sprint.
	e.figures("sprint_burndown", "2026-06-15 09:00", "days[11].tasks.remaining", "1", "days[11].tasks.removed", "0")
	return e
}

func closedLate() *Example {
	e := twoWeeks("closed three days late")
	a := e.create("2026-05-29 09:00", "A", "3.0")
	e.start("2026-06-01 09:00")
	e.status("2026-06-15 09:00", a, "Completed")
	e.close("2026-06-15 10:00")

	e.figures("sprint_burndown", "2026-06-20 09:00",
		"reference_finish", `"2026-06-15T01:00:00Z"`,
		"days[11].date", `"2026-06-12"`, "days[11].tasks.remaining", "1", "days[11].tasks.ideal", "0",
		"days[12].tasks.ideal", "0", "days[13].tasks.remaining", "1",
		"days[14].date", `"2026-06-15"`, "days[14].tasks.remaining", "0", "days[14].points.completed", "3")
	// Still running on the Saturday, it is looked at as it stands; burndown and report agree.
	e.figures("sprint_report", "2026-06-13 09:00",
		"reference_finish", `"2026-06-13T00:00:00Z"`, "completed.tasks", "0", "not_completed.tasks", "1")
	e.figures("sprint_report", "", "completed.points", "3", "completion.tasks", "1")
	return e
}

func blocked() *Example {
	e := twoWeeks("blocked, also before the sprint and outside of it")
	a := e.create("2026-05-29 09:00", "A", "3.0")
	e.status("2026-05-29 12:00", a, "Blocked")
	e.start("2026-06-01 09:00")
	e.move("2026-06-01 15:00", a, "") // 6 hours
	e.move("2026-06-02 09:00", a, SprintID(1))
	e.status("2026-06-02 10:30", a, "In Progress") // 1.5 hours
	b := e.create("2026-06-02 11:00", "B", "1.0")
	e.status("2026-06-04 09:00", b, "Blocked") // 1 hour and 15 minutes until now

	e.figures("sprint_flow", "2026-06-04 10:15", "blocked", `{"tasks": 2, "hours": 8.75}`)
	e.figures("scrum_draft", "2026-06-04 10:15",
		"scrums[0].draft.impediments[*].task_name", `["B"]`, "scrums[0].draft.today[*].task_name", `["A"]`,
		"scrums[0].expected", "true", "scrums[0].daily_scrum_id", "null")
	return e
}

func velocity() *Example {
	e := twoWeeks("velocity of two closed sprints")
	a := e.create("2026-05-29 09:00", "A", "3.0")
	e.create("2026-05-29 09:05", "B", "5.0")
	e.start("2026-06-01 09:00")
	e.status("2026-06-03 09:00", a, "Completed")
	e.close("2026-06-12 18:00")
	second := e.next()
	second.Status, second.StartedAt, second.CompletedAt = "Completed", e.at("2026-06-15 09:00"), e.at("2026-06-19 18:00")
	c, d := e.create("2026-06-14 09:00", "C", "4.0"), e.create("2026-06-14 09:00", "D", "4.0")
	e.move("2026-06-14 10:00", c, second.ID)
	e.move("2026-06-14 10:00", d, second.ID)
	e.status("2026-06-17 09:00", c, "Completed")
	e.status("2026-06-18 09:00", d, "Completed")

	// 1 and 2 tasks, 3 and 8 points: deviations √0.5 = 0.7071 and √12.5 = 3.5355.
	e.figures("project_velocity", "2026-06-20 09:00",
		"sprints[*].sprint_name", `["Sprint 1", "Sprint 2"]`,
		"sprints[0].committed", `{"tasks": 2, "points": 8}`, "sprints[0].completed", `{"tasks": 1, "points": 3}`,
		"tasks", `{"average": 1.5, "standard_deviation": 0.71, "low": 0.79, "high": 2.21}`,
		"points", `{"average": 5.5, "standard_deviation": 3.54, "low": 1.96, "high": 9.04}`)
	// As of the close of the first the second was still to come, and just before it there was none.
	e.figures("project_velocity", "2026-06-12 18:00",
		"scope", `{"visible_sprints": 1}`, "sprints[*].sprint_name", `["Sprint 1"]`,
		"points", `{"average": 3, "standard_deviation": null, "low": null, "high": null}`)
	e.figures("project_velocity", "2026-06-12 17:59:59.999999", "scope", `{"visible_sprints": 0}`, "sprints", "[]")
	return e
}

func throughput() *Example {
	e := twoWeeks("throughput, also of a Saturday")
	a := e.create("2026-05-29 09:00", "A", "3.0")
	b := e.create("2026-05-29 09:05", "B", "5.0")
	e.create("2026-05-29 09:10", "C", "")
	e.start("2026-06-01 09:00")
	e.status("2026-06-03 09:00", a, "Completed")
	e.status("2026-06-04 09:00", a, "In Progress")
	e.status("2026-06-05 09:00", a, "Completed") // counts here alone
	e.status("2026-06-06 09:00", b, "Completed") // Saturday: counts on Monday
	e.Holidays = []Date{"2026-06-02", "2026-06-11"}

	e.figures("project_throughput", "2026-06-09 09:00",
		"history[*].date", `["2026-05-29", "2026-06-01", "2026-06-03", "2026-06-04", "2026-06-05", "2026-06-08"]`,
		"history[*].tasks", `[0, 0, 0, 0, 1, 1]`, "history[*].points", `[0, 0, 0, 0, 3, 5]`,
		"remaining", `{"tasks": 1, "points": 0, "unestimated_count": 1}`,
		"calendar", `{"today": "2026-06-09", "working_days": [1, 2, 3, 4, 5], "holidays": ["2026-06-11"]}`)
	return e
}

func impediments() *Example {
	e := twoWeeks("impediments")
	e.start("2026-06-01 09:00")
	e.Impediments = []Impediment{
		{ID: ImpedimentID(1), SprintID: SprintID(1), Description: "No access", RaisedBy: ProfileID(1), RaisedAt: e.at("2026-06-02 09:00"),
			ResolvedBy: ProfileID(2), ResolvedAt: e.at("2026-06-03 09:00")},
		{ID: ImpedimentID(2), SprintID: SprintID(1), Description: "No answer", RaisedBy: ProfileID(2), RaisedAt: e.at("2026-06-03 09:00"),
			ResolvedBy: ProfileID(2), ResolvedAt: e.at("2026-06-03 10:30")},
		{ID: ImpedimentID(3), SprintID: SprintID(1), Description: "No room", RaisedAt: e.at("2026-06-04 09:00")},
	}

	// 24 and 1.5 hours: the median is between them.
	e.figures("project_impediments", "2026-06-05 11:00",
		"scope", `{"visible_impediments": 3}`,
		"statistics", `{"open": 1, "resolved": 2, "median_resolution_hours": 12.75, "oldest_open_hours": 26}`,
		"open[*].description", `["No room"]`, "resolved[*].description", `["No answer", "No access"]`)
	// The third was still to be raised.
	e.figures("project_impediments", "2026-06-03 10:00", "scope", `{"visible_impediments": 2}`,
		"statistics", `{"open": 1, "resolved": 1, "median_resolution_hours": 24, "oldest_open_hours": 1}`)
	e.figures("sprint_report", "2026-06-05 11:00",
		"impediments.raised", "3", "impediments.resolved", "2", "impediments.open", "1", "impediments.median_resolution_hours", "12.75",
		"impediments.items[*].hours", `[24, 1.5, 26]`, "impediments.items[2].raised_by", "null")
	return e
}
