package oracle

import (
	"cmp"
	"slices"
	"time"

	"github.com/mysingle/mysingle/supabase/tests/history"
)

// Draft answers as scrum_draft, called by the history's caller.
func (o *Oracle) Draft() Object {
	scrums := List{}
	if role := o.role(o.Caller); role != "" && role != "viewer" {
		for _, row := range o.Sprints { // one at most is running
			if s := o.sprint(row.ID); s.running() {
				scrums = append(scrums, s.draft())
			}
		}
	}
	return Object{"as_of": o.AsOf, "timezone": o.Zone.String(), "scope": Object{"visible_sprints": len(scrums)}, "scrums": scrums}
}

func (s *sprintView) draft() Object {
	scrum := s.scrumOn(s.today)
	isScrumDay, reason := s.scrumDay(s.today)
	answer := Object{"sprint": s.object(), "project": s.project(), "date": s.today,
		"is_scrum_day": isScrumDay, "reason": reason, "expected": s.expected(s.Caller, s.today),
		"daily_scrum_id": nil, "update": s.update(s.updateOf(scrum, s.Caller), s.today),
		"draft": Object{"yesterday": s.yesterday(), "today": s.todo(), "impediments": s.held()}}
	if scrum != nil {
		answer["daily_scrum_id"] = scrum.ID
	}
	return answer
}

// yesterday is what the caller did since the last scrum, by task in the order of the first moment.
func (s *sprintView) yesterday() List {
	var tasks []string
	events := map[string]List{}
	for _, e := range s.events(s.Caller, s.since(s.today), s.AsOf) {
		if !slices.Contains(tasks, e.TaskID) {
			tasks = append(tasks, e.TaskID)
		}
		events[e.TaskID] = append(events[e.TaskID], what(e))
	}
	slices.SortFunc(tasks, func(a, b string) int {
		first := func(task string) time.Time { return events[task][0].(Object)["at"].(time.Time) }
		return cmp.Or(first(a).Compare(first(b)), cmp.Compare(a, b))
	})
	list := List{}
	for _, task := range tasks {
		entry := s.taskRef(task)
		entry["what"] = events[task]
		list = append(list, entry)
	}
	return list
}

// mine are the caller's tasks in the sprint with one of the statuses.
func (s *sprintView) mine(statuses ...string) []string {
	var tasks []string
	for _, task := range s.tasks {
		state := s.state(task, s.AsOf)
		if state.in(s.id) && state.Assignee == s.Caller && slices.Contains(statuses, state.Status) {
			tasks = append(tasks, task)
		}
	}
	return tasks
}

// todo is what the caller may go on with: what is under way, then what isn't yet.
func (s *sprintView) todo() List {
	list := List{}
	for _, statuses := range [][]string{{"In Progress", "In Review"}, {"Scheduled", "Planned"}} {
		list = append(list, s.byUrgency(s.mine(statuses...))...)
	}
	return list
}

// byUrgency lists tasks by priority, highest first, then by rank. Those that were deleted since have neither: they are
// last.
func (s *sprintView) byUrgency(tasks []string) List {
	slices.SortFunc(tasks, func(a, b string) int {
		priority := func(task string) int {
			if s.Task(task).Deleted {
				return -1
			}
			return slices.Index(history.Priorities, s.Task(task).Priority)
		}
		return cmp.Or(cmp.Compare(priority(b), priority(a)), s.byRank(a, b))
	})
	list := List{}
	for _, task := range tasks {
		entry, state := s.taskRef(task), s.state(task, s.AsOf)
		entry["status"], entry["priority"], entry["points"] = state.Status, orNull(s.Task(task).Priority), orNullRat(state.Points)
		if s.Task(task).Deleted {
			entry["priority"] = nil
		}
		list = append(list, entry)
	}
	return list
}

// held is what the caller can't go on with, what has been so for longest first.
func (s *sprintView) held() List {
	since := func(task string) time.Time { return s.lastInto(task, s.state(task, s.AsOf).Status, s.AsOf).At }
	tasks := s.mine("Blocked", "On Hold")
	slices.SortFunc(tasks, func(a, b string) int {
		return cmp.Or(since(a).Compare(since(b)), s.byRank(a, b))
	})
	list := List{}
	for _, task := range tasks {
		entry := s.taskRef(task)
		entry["blocked_since"] = since(task)
		list = append(list, entry)
	}
	return list
}
