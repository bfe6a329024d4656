package oracle

import (
	"math/big"
	"slices"

	"github.com/mysingle/mysingle/supabase/tests/history"
)

// item is a task in a group of the report, with its state at one moment.
type item struct {
	task  string
	shown State
}

// FrozenReport answers as sprint_report once the sprint has been completed and its unfinished
// tasks carried over.
func FrozenReport(h *history.History, sprint string) Object {
	row := h.Sprint(sprint)
	answer := New(h, row.CompletedAt).Report(sprint)
	carried := Object{"to": nil}
	for name, value := range answer["not_completed"].(Object) {
		carried[name] = value
	}
	if row.CarriedOverTo != "" {
		carried["to"] = Object{"sprint_id": row.CarriedOverTo, "sprint_name": h.Sprint(row.CarriedOverTo).Name}
	}
	answer["carried_over"] = carried
	return answer
}

// Report answers as sprint_report of a sprint that isn't closed. Of one that is, it gives the
// figures to be frozen, but for carried_over.
func (o *Oracle) Report(sprint string) Object {
	s := o.sprint(sprint)
	answer := s.head()
	s.references(answer)
	answer["goal"] = orNull(s.row.Goal)
	answer["final"] = !s.completed.IsZero()
	if !s.begun {
		for _, name := range []string{"committed", "completed", "not_completed", "completed_outside", "added", "removed",
			"added_then_removed", "cancelled", "reestimated", "carried_over", "scope_change", "completion",
			"committed_completed", "added_completed", "unestimated_count", "members", "impediments"} {
			answer[name] = nil
		}
		return answer
	}

	var committed, completed, notCompleted, outside, added, removed, addedThenRemoved, cancelled []item
	reestimated, reestimatedPoints := List{}, new(big.Rat)
	for _, task := range s.tasks {
		start, finish := s.state(task, s.refStart), s.state(task, s.refFinish)
		atStart, atFinish := item{task, start}, item{task, finish}
		wasInScope, last := s.inScopeWithin(task)

		if start.scope(s.id) {
			committed = append(committed, atStart)
		}
		if finish.done(s.id) {
			c := s.lastInto(task, "Completed", s.refFinish)
			if c.At.After(s.refStart) && c.After.in(s.id) {
				completed = append(completed, atFinish)
			} else {
				outside = append(outside, atFinish)
			}
		} else if finish.scope(s.id) {
			notCompleted = append(notCompleted, atFinish)
		}
		if !start.scope(s.id) && finish.scope(s.id) {
			added = append(added, atFinish)
		}
		if start.scope(s.id) && !finish.in(s.id) {
			removed = append(removed, atStart)
		}
		if !start.scope(s.id) && !finish.in(s.id) && wasInScope {
			addedThenRemoved = append(addedThenRemoved, item{task, last})
		}
		if finish.in(s.id) && finish.Status == "Cancelled" && (start.scope(s.id) || wasInScope) {
			cancelled = append(cancelled, atFinish)
		}
		if start.scope(s.id) && finish.scope(s.id) && !same(start.Points, finish.Points) {
			entry := s.item(atFinish)
			entry["points"] = difference(finish.Points, start.Points)
			entry["points_before"], entry["points_after"] = orNullRat(start.Points), orNullRat(finish.Points)
			reestimated = append(reestimated, entry)
			reestimatedPoints = sum(reestimatedPoints, difference(finish.Points, start.Points))
		}
	}

	answer["committed"] = s.group(committed)
	answer["completed"] = s.group(completed)
	answer["not_completed"] = s.group(notCompleted)
	answer["completed_outside"] = s.group(outside)
	answer["added"] = s.group(added)
	answer["removed"] = s.group(removed)
	answer["added_then_removed"] = s.group(addedThenRemoved)
	answer["cancelled"] = s.group(cancelled)
	answer["reestimated"] = Object{"tasks": len(reestimated), "points": reestimatedPoints, "items": reestimated}
	answer["carried_over"] = nil
	c, a, r := total(committed), total(added), total(removed)
	answer["scope_change"] = Object{
		"tasks":  ratio(whole(a.tasks-r.tasks), whole(c.tasks)),
		"points": ratio(difference(a.points, r.points), orZero(c.points)),
	}
	kept, extra := sayDo(committed, completed)
	complete(answer, committed, kept, extra)
	answer["unestimated_count"] = s.unestimatedAt(s.refFinish)
	answer["members"] = s.reportMembers(committed, completed, notCompleted, outside, kept, extra)
	answer["impediments"] = s.reportImpediments()
	return answer
}

// sayDo splits what was completed: what of it was committed, as committed, and what wasn't, at the finish.
func sayDo(committed, completed []item) (kept, extra []item) {
	in := func(items []item, task string) bool {
		return slices.ContainsFunc(items, func(i item) bool { return i.task == task })
	}
	for _, i := range committed {
		if in(completed, i.task) {
			kept = append(kept, i)
		}
	}
	for _, i := range completed {
		if !in(committed, i.task) {
			extra = append(extra, i)
		}
	}
	return kept, extra
}

// complete adds the completion of the sprint or of one of its members.
func complete(answer Object, committed, kept, extra []item) {
	said, done := total(committed), total(kept)
	answer["completion"] = Object{
		"tasks":  ratio(whole(done.tasks), whole(said.tasks)),
		"points": ratio(orZero(done.points), orZero(said.points)),
	}
	answer["committed_completed"], answer["added_completed"] = done.object(), total(extra).object()
}

// inScopeWithin tells whether a task came to be, or stayed, in scope by a change in
// (refStart, refFinish], and its state when it last was.
func (s *sprintView) inScopeWithin(task string) (was bool, last State) {
	for _, c := range s.within(task, s.refStart, s.refFinish) {
		if c.After.scope(s.id) {
			was, last = true, c.After
		}
	}
	return was, last
}

func total(items []item) (sum amount) {
	for _, i := range items {
		sum.add(i.shown.Points)
	}
	return sum
}

func (s *sprintView) item(i item) Object {
	return Object{"task_id": i.task, "task_name": s.taskName(i.task), "status": i.shown.Status,
		"points": orNullRat(i.shown.Points), "assignee": s.person(i.shown.Assignee)}
}

// group is {tasks, points, items}; s.tasks are in the order of items already.
func (s *sprintView) group(items []item) Object {
	answer := total(items).object()
	list := List{}
	for _, i := range items {
		list = append(list, s.item(i))
	}
	answer["items"] = list
	return answer
}

func (s *sprintView) reportMembers(committed, completed, notCompleted, outside, kept, extra []item) List {
	var people []string
	for _, group := range [][]item{committed, completed, notCompleted, outside} {
		for _, i := range group {
			if !slices.Contains(people, i.shown.Assignee) {
				people = append(people, i.shown.Assignee)
			}
		}
	}
	slices.SortFunc(people, s.byFullName)
	list := List{}
	for _, p := range people {
		of := func(group []item) (theirs []item) {
			for _, i := range group {
				if i.shown.Assignee == p {
					theirs = append(theirs, i)
				}
			}
			return theirs
		}
		member := Object{"profile_id": orNull(p), "full_name": orNull(s.fullName(p)),
			"committed": total(of(committed)).object(), "completed": total(of(completed)).object(), "not_completed": total(of(notCompleted)).object()}
		complete(member, of(committed), of(kept), of(extra))
		list = append(list, member)
	}
	return list
}

func (s *sprintView) reportImpediments() Object {
	raised, resolved := 0, 0
	var resolutions []*big.Rat
	items := List{}
	for _, i := range s.impedimentsRaised(s.refFinish) {
		if i.SprintID != s.id {
			continue
		}
		raised++
		if i.resolved(s.refFinish) {
			resolved++
			resolutions = append(resolutions, i.hours(s.refFinish))
		}
		items = append(items, s.impediment(i, s.refFinish))
	}
	return Object{"raised": raised, "resolved": resolved, "open": raised - resolved,
		"median_resolution_hours": roundedOrNull(percentile(resolutions, 50), 2), "items": items}
}
