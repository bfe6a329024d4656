package history

// Histories that show what a figure means where another meaning is near.

func nightCutShort() *Example {
	// On 28 March the clocks of Nuuk go from 23:00 to midnight, which is 1:00 UTC.
	e := newExample("the hour before midnight is skipped in Nuuk", "America/Nuuk", "2026-03-29", "2026-04-03")
	e.create("2026-03-29 00:30", "A", "3.0")
	e.figures("sprint_burndown", "2026-03-29 00:45", "reference_start", `"2026-03-29T01:00:00Z"`)
	e.figures("sprint_report", "2026-04-05 09:00", "committed.tasks", "0", "added.tasks", "1")
	return e
}

func twoScrumsOfADay() *Example {
	// On 12 June Kim missed the scrum of the first sprint, and answered that of the next one, whose key is the smaller.
	e := twoWeeks("a scrum of either sprint on the day between them")
	e.start("2026-06-01 09:00")
	e.close("2026-06-12 10:00")
	next := e.next()
	next.Status, next.StartedAt = "Active", e.at("2026-06-12 11:00")
	answered := e.at("2026-06-12 11:30")
	e.Scrums = []Scrum{
		{ID: ScrumID(1), SprintID: SprintID(2), Date: "2026-06-12", OpenedAt: e.at("2026-06-12 11:00")},
		{ID: ScrumID(2), SprintID: SprintID(1), Date: "2026-06-12", OpenedAt: e.at("2026-06-12 00:00")},
	}
	e.Updates = []Update{{ID: UpdateID(1), ScrumID: ScrumID(1), ProfileID: ProfileID(1), Today: "Something", CreatedAt: answered, UpdatedAt: answered}}
	e.figuresOf(Figure{Function: "project_participation", From: "2026-06-12", To: "2026-06-12"}, "2026-06-15 09:00",
		"scheduled", "2", "members[0].expected", "2", "members[0].streak", "1", "members[0].longest_streak", "1", "members[1].streak", "0")
	return e
}

func openedLater() *Example {
	e := twoWeeks("a scrum that was opened a day later")
	e.start("2026-06-01 09:00")
	e.scrum("2026-06-03")
	e.Scrums[0].OpenedAt = e.at("2026-06-04 11:00")
	e.scrumFigures("2026-06-03", "2026-06-04 09:00", "daily_scrum", "null")
	e.scrumFigures("2026-06-03", "2026-06-04 11:00", "daily_scrum.summary", "null")
	for asOf, scheduled := range map[string]string{"2026-06-04 09:00": "0", "2026-06-04 11:00": "1"} {
		// No update of it counted any more, so nobody missed it.
		e.figuresOf(Figure{Function: "project_participation", From: "2026-06-01", To: "2026-06-05"}, asOf, "scheduled", scheduled, "expected", "0")
	}
	e.scrumFigures("2026-06-03", "2026-06-04 09:00", "expected", "2")
	e.scrumFigures("2026-06-03", "2026-06-04 11:00", "is_scrum_day", "true", "expected", "0", "missing", "[]")
	// Nobody opened that of the day before.
	e.scrumFigures("2026-06-02", "2026-06-03 10:00", "expected", "2")
	e.scrumFigures("2026-06-02", "2026-06-03 10:01", "daily_scrum", "null", "expected", "0", "missing", "[]")
	return e
}

func draftOfThePast() *Example {
	e := twoWeeks("a draft as of a day before the close")
	a := e.create("2026-05-29 09:00", "A", "3.0")
	b := e.create("2026-05-29 09:05", "B", "5.0")
	e.start("2026-06-01 09:00")
	e.status("2026-06-02 09:00", b, "On Hold")
	e.Delete(e.at("2026-06-09 09:00"), ProfileID(1), a)
	e.close("2026-06-10 18:00")
	e.figures("scrum_draft", "2026-06-08 09:00", "scope.visible_sprints", "1",
		"scrums[0].draft.today[*].task_name", `["A"]`, "scrums[0].draft.today[0].priority", "null",
		// What is on hold is held up as well.
		"scrums[0].draft.impediments[*].task_name", `["B"]`, "scrums[0].draft.impediments[0].blocked_since", `"2026-06-02T00:00:00Z"`)
	e.figures("scrum_draft", "2026-06-11 09:00", "scope.visible_sprints", "0")
	return e
}

func paceOfTheSprint() *Example {
	e := twoWeeks("pace is the work completed in the sprint")
	reopened := e.create("2026-05-29 09:00", "A", "3.0")
	movedOut := e.create("2026-05-29 09:05", "B", "5.0")
	saturday := e.create("2026-05-29 09:10", "C", "1.0")
	doneBefore := e.create("2026-05-29 09:15", "D", "8.0")
	e.move("2026-05-29 09:20", doneBefore, "")
	e.status("2026-05-29 09:25", doneBefore, "Completed")
	e.start("2026-06-01 09:00")
	e.status("2026-06-01 15:00", reopened, "Completed")
	e.status("2026-06-02 09:00", reopened, "In Progress")
	e.move("2026-06-02 10:00", doneBefore, SprintID(1))
	e.status("2026-06-02 12:00", movedOut, "Completed")
	e.move("2026-06-03 09:00", movedOut, "")
	deleted := e.create("2026-06-03 09:30", "E", "13.0")
	e.status("2026-06-03 10:00", deleted, "Completed")
	e.Delete(e.at("2026-06-04 09:00"), ProfileID(1), deleted)
	e.status("2026-06-06 11:00", saturday, "Completed")
	// B alone on five working days.
	e.figures("sprint_burndown", "2026-06-06 12:00", "pace", `{"working_days": 5, "tasks": 0.2, "points": 1}`)
	// Saturday's C is counted on Monday. A is left: one task of 3 points takes 2.5 and 2.5 working days.
	e.figures("sprint_burndown", "2026-06-08 09:00", "pace", `{"working_days": 5, "tasks": 0.4, "points": 1.2}`,
		"projected_finish", `{"tasks": "2026-06-11", "points": "2026-06-11"}`)
	return e
}

func unestimatedLeft() *Example {
	e := twoWeeks("only a task without points is left")
	a := e.create("2026-05-29 09:00", "A", "3.0")
	e.create("2026-05-29 09:05", "B", "")
	e.start("2026-06-01 09:00")
	e.status("2026-06-01 15:00", a, "Completed")
	// Half a task a day: one more takes two working days.
	e.figures("sprint_burndown", "2026-06-03 09:00", "days[2].points.remaining", "0",
		"projected_finish", `{"tasks": "2026-06-05", "points": null}`)
	return e
}

func removedAsItWas() *Example {
	e := twoWeeks("removed tasks are shown as they were")
	a := e.create("2026-05-29 09:00", "A", "3.0")
	e.start("2026-06-01 09:00")
	e.status("2026-06-02 09:00", a, "In Progress")
	e.points("2026-06-02 10:00", a, "5.0")
	e.assign("2026-06-02 11:00", a, ProfileID(2))
	e.move("2026-06-03 09:00", a, "")
	b := e.create("2026-06-03 10:00", "B", "2.0")
	e.status("2026-06-04 09:00", b, "In Progress")
	e.move("2026-06-05 09:00", b, "")
	e.status("2026-06-05 10:00", b, "Completed")
	e.points("2026-06-05 11:00", b, "8.0")
	e.figures("sprint_report", "2026-06-08 09:00",
		// A as it was committed, so that committed and removed add up; B as it was when it was last in scope.
		"removed.points", "3", "removed.items[0].status", `"Planned"`, "removed.items[0].assignee.full_name", `"Kim"`,
		"added_then_removed.points", "2", "added_then_removed.items[0].status", `"In Progress"`)
	return e
}

func onlyCancelled() *Example {
	e := twoWeeks("a viewer who holds a cancelled task alone")
	e.Members[1].Role = "viewer"
	a := e.create("2026-05-29 09:00", "A", "3.0")
	e.start("2026-06-01 09:00")
	e.assign("2026-06-01 10:00", a, ProfileID(2))
	e.figures("sprint_workload", "2026-06-01 11:00", "members[*].full_name", `["Kim", "Lee"]`)
	e.status("2026-06-01 12:00", a, "Cancelled")
	e.figures("sprint_workload", "2026-06-01 13:00", "members[*].full_name", `["Kim"]`)
	return e
}

func overdueAgree() *Example {
	e := twoWeeks("burndown and report of an overdue sprint agree")
	a := e.create("2026-05-29 09:00", "A", "3.0")
	e.start("2026-06-01 09:00")
	e.status("2026-06-15 10:00", a, "Completed")
	e.figures("sprint_burndown", "2026-06-15 11:00", "days[14].tasks.remaining", "0")
	e.figures("sprint_report", "2026-06-15 11:00", "completed.tasks", "1", "not_completed.tasks", "0")
	return e
}

func sinceItWasSaid() *Example {
	e := twoWeeks("what was said counts from the moment it was said")
	e.start("2026-06-01 09:00")
	// Named at 9:00 in the scrum.
	doneBefore := e.create("2026-06-01 10:00", "B", "3.0")
	done := e.create("2026-06-01 10:05", "C", "3.0")
	e.status("2026-06-01 15:00", doneBefore, "Completed")
	fresh := e.create("2026-06-02 08:00", "A", "3.0")
	said := e.scrum("2026-06-02", ProfileID(1))
	e.Named = []Named{{said, ProfileID(1), fresh, "will do"}, {said, ProfileID(1), doneBefore, "will do"}, {said, ProfileID(1), done, "will do"}}
	e.status("2026-06-02 16:00", done, "Completed")
	e.scrum("2026-06-03", ProfileID(1))
	e.scrumFigures("2026-06-03", "2026-06-03 18:00",
		"members[0].said_and_done[*].outcome", `["untouched", "untouched", "done"]`)
	return e
}

func reopenedElsewhere() *Example {
	e := twoWeeks("reopened and moved in one statement")
	a := e.create("2026-05-29 09:00", "A", "3.0")
	e.start("2026-06-01 09:00")
	e.next()
	e.status("2026-06-02 09:00", a, "Completed")
	e.Change(e.at("2026-06-15 10:00"), ProfileID(1), func(r *Row) { r.Sprint, r.Status = SprintID(2), "In Progress" }, a)
	e.figures("sprint_flow", "2026-06-15 11:00", "reopened", `{"tasks": 0, "times": 0}`)
	e.figuresOf(Figure{Function: "sprint_flow", Sprint: 2}, "2026-06-15 11:00", "reopened", `{"tasks": 1, "times": 1}`)
	return e
}

func untilADayOfThePast() *Example {
	e := twoWeeks("participation until a day of the past")
	e.start("2026-06-01 09:00")
	e.scrum("2026-06-03", ProfileID(1))
	// 30 days, the last one included.
	e.figuresOf(Figure{Function: "project_participation", To: "2026-03-31"}, "2026-06-05 09:00", "from_date", `"2026-03-02"`, "scheduled", "0")
	return e
}

func sayDoRatio() *Example {
	e := twoWeeks("added work doesn't fill the gap in what was committed")
	kept := e.create("2026-05-29 09:00", "A", "3.0")
	e.assign("2026-05-29 09:01", kept, ProfileID(1))
	handed := e.create("2026-05-29 09:05", "B", "5.0")
	e.assign("2026-05-29 09:06", handed, ProfileID(1))
	missed := e.create("2026-05-29 09:10", "C", "2.0")
	e.assign("2026-05-29 09:11", missed, ProfileID(2))
	e.start("2026-06-01 09:00")
	e.status("2026-06-02 09:00", kept, "Completed")
	// Re-estimated and handed over: it counts as it was committed, for whom it was assigned to then.
	e.points("2026-06-03 09:00", handed, "8.0")
	e.assign("2026-06-03 09:05", handed, ProfileID(2))
	e.status("2026-06-04 09:00", handed, "Completed")
	added := e.create("2026-06-04 10:00", "D", "13.0")
	e.assign("2026-06-04 10:05", added, ProfileID(2))
	e.status("2026-06-05 09:00", added, "Completed")
	e.figures("sprint_report", "2026-06-08 09:00",
		"committed.tasks", "3", "committed.points", "10", "completed.tasks", "3", "completed.points", "24",
		"completion", `{"tasks": 0.6667, "points": 0.8}`,
		"committed_completed", `{"tasks": 2, "points": 8}`, "added_completed", `{"tasks": 1, "points": 13}`,
		"members[0].full_name", `"Kim"`, "members[0].completion", `{"tasks": 1, "points": 1}`, "members[0].added_completed.tasks", "0",
		"members[1].completion", `{"tasks": 0, "points": 0}`, "members[1].committed_completed.tasks", "0", "members[1].added_completed", `{"tasks": 1, "points": 13}`)
	return e
}
