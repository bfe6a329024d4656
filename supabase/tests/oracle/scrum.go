package oracle

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/mysingle/mysingle/supabase/tests/history"
)

// ErrDate is the error 22023 about a date outside of the sprint.
var ErrDate = errors.New("date outside of the sprint")

// ScrumOfDay answers as scrum_of_day; "" is the day of the sprint that is closest to today, or to its completion.
func (o *Oracle) ScrumOfDay(sprint string, date history.Date) (Object, error) {
	s := o.sprint(sprint)
	if date == "" {
		date = min(max(s.DateOf(s.horizon), s.startDay), s.lastDay())
	}
	if date < s.startDay || date > s.lastDay() {
		return nil, ErrDate
	}
	answer := s.head()
	answer["date"] = date
	answer["is_scrum_day"], answer["reason"] = s.scrumDay(date)
	scrum := s.scrumOn(date)
	answer["daily_scrum"] = nil
	if scrum != nil {
		answer["daily_scrum"] = Object{"daily_scrum_id": scrum.ID, "summary": orNull(scrum.Summary)}
	}
	since, until := s.since(date), earlier(s.End(date), s.horizon)
	answer["since"], answer["until"] = since, until
	answer["scope"] = Object{"visible_tasks": s.visible(until)}

	expected, posted, answered := 0, 0, 0
	members, missing := List{}, List{}
	for _, e := range s.entries(scrum) {
		p, update := e.profile, e.update
		isExpected := s.expected(p, date)
		if isExpected {
			expected++
		}
		inTime := update != nil && !s.isLate(update.CreatedAt, date)
		if inTime {
			posted++
		}
		switch {
		case isExpected && inTime:
			answered++
		case isExpected:
			missing = append(missing, s.person(p))
		case update == nil:
			continue
		}
		members = append(members, Object{
			"profile_id": orNull(p), "full_name": orNull(s.fullName(p)), "role": orNull(s.role(p)),
			"expected": isExpected, "day_off": s.isOff(p, date), "update": s.update(update, date),
			"activity": s.activity(p, since, until), "said_and_done": s.saidAndDone(p, date, until),
		})
	}
	answer["expected"], answer["posted"], answer["rate"] = expected, posted, rate(answered, expected)
	answer["members"], answer["missing"] = members, missing

	open := List{}
	for _, i := range s.impedimentsRaised(until) {
		if i.SprintID == s.id && !i.resolved(until) {
			open = append(open, s.impediment(i, until))
		}
	}
	answer["impediments"] = open
	return answer, nil
}

// scrumDay tells whether there is a scrum on a day, and if not why.
func (s *sprintView) scrumDay(d history.Date) (is bool, reason any) {
	switch {
	case s.started.IsZero():
		return false, "not started"
	case !s.completed.IsZero() && d > s.DateOf(s.completed):
		return false, "completed"
	case s.row.Status == "Cancelled" && s.scrumOn(d) == nil:
		return false, "cancelled"
	case !slices.Contains(s.WorkingDays, d.Weekday()):
		return false, "weekend"
	case slices.Contains(s.Holidays, d):
		return false, "holiday"
	case d > s.today:
		return false, "to come"
	}
	return true, nil
}

// entry is a person at a scrum, "" for one who has no account any more, and what they posted.
type entry struct {
	profile string
	update  *history.Update
}

// entries are the project's members, and who posted and has left since, by name.
func (s *sprintView) entries(scrum *history.Scrum) []entry {
	var entries []entry
	for _, m := range s.Members {
		entries = append(entries, entry{m.ProfileID, s.updateOf(scrum, m.ProfileID)})
	}
	for i := range s.Updates {
		u := &s.Updates[i]
		if scrum != nil && u.ScrumID == scrum.ID && s.role(u.ProfileID) == "" && !u.CreatedAt.After(s.AsOf) {
			entries = append(entries, entry{u.ProfileID, u})
		}
	}
	slices.SortFunc(entries, func(a, b entry) int {
		if order := s.byFullName(a.profile, b.profile); order != 0 {
			return order
		}
		return cmp.Compare(a.update.ID, b.update.ID) // of several who have no account any more
	})
	return entries
}

// expected tells whether a person owes an update on a day. Nobody does to a scrum that wasn't open while updates
// of it counted.
func (s *sprintView) expected(profile string, d history.Date) bool {
	if is, _ := s.scrumDay(d); !is || s.isOff(profile, d) {
		return false
	}
	opened := s.AsOf
	if scrum := s.scrumOn(d); scrum != nil {
		opened = scrum.OpenedAt
	}
	if s.isLate(opened, d) {
		return false
	}
	for _, m := range s.Members {
		if m.ProfileID == profile {
			return m.Role != "viewer" && s.DateOf(m.JoinedAt) <= d
		}
	}
	return false
}

func (s *sprintView) scrumOn(d history.Date) *history.Scrum {
	for i := range s.Scrums {
		if s.Scrums[i].SprintID == s.id && s.Scrums[i].Date == d && !s.Scrums[i].OpenedAt.After(s.AsOf) {
			return &s.Scrums[i]
		}
	}
	return nil
}

// lastScrum is the sprint's last scrum before a day.
func (s *sprintView) lastScrum(before history.Date) (last *history.Scrum) {
	for i := range s.Scrums {
		scrum := &s.Scrums[i]
		if scrum.SprintID == s.id && scrum.Date < before && !scrum.OpenedAt.After(s.AsOf) && (last == nil || scrum.Date > last.Date) {
			last = scrum
		}
	}
	return last
}

// since is when the time that a day's scrum looks back on begins.
func (s *sprintView) since(d history.Date) time.Time {
	if last := s.lastScrum(d); last != nil {
		return s.Start(last.Date)
	}
	return s.refStart
}

// updateOf is what a person has posted in a scrum by the moment, which may be days later.
func (s *sprintView) updateOf(scrum *history.Scrum, profile string) *history.Update {
	for i := range s.Updates {
		u := &s.Updates[i]
		if scrum != nil && u.ScrumID == scrum.ID && u.ProfileID == profile && !u.CreatedAt.After(s.AsOf) {
			return u
		}
	}
	return nil
}

// isLate tells whether a moment is after the cut-off of a day's scrum, which is on the next working day.
func (s *sprintView) isLate(moment time.Time, d history.Date) bool {
	for next := d.Plus(1); next <= d.Plus(1096); next = next.Plus(1) {
		if s.isWorkingDay(next) {
			return moment.After(s.FirstAt(next, cmp.Or(s.CutoffTime, history.DefaultCutoff)))
		}
	}
	return false
}

func (s *sprintView) update(u *history.Update, d history.Date) any {
	if u == nil {
		return nil
	}
	answer := Object{"update_id": u.ID, "yesterday_work": orNull(u.Yesterday), "today_work": orNull(u.Today),
		"created_at": u.CreatedAt, "updated_at": u.UpdatedAt,
		"did": s.named(u.ScrumID, u.ProfileID, "did"), "will_do": s.named(u.ScrumID, u.ProfileID, "will do")}
	if s.isLate(u.CreatedAt, d) {
		answer["late"] = true
	}
	return answer
}

// namedTasks are the tasks a person named in a scrum, by name.
func (s *sprintView) namedTasks(scrum, profile, intent string) []string {
	var tasks []string
	for _, n := range s.Named {
		if n.ScrumID == scrum && n.ProfileID == profile && n.Intent == intent {
			tasks = append(tasks, n.TaskID)
		}
	}
	slices.SortFunc(tasks, s.byTaskName)
	return tasks
}

func (s *sprintView) named(scrum, profile, intent string) List {
	list := List{}
	for _, task := range s.namedTasks(scrum, profile, intent) {
		list = append(list, s.taskRef(task))
	}
	return list
}

// events are what a person did in [since, until], in order.
func (s *sprintView) events(profile string, since, until time.Time) []history.Event {
	var list []history.Event
	for _, e := range s.Events {
		if e.Actor != "" && e.Actor == profile && !e.At.Before(since) && !e.At.After(until) {
			list = append(list, e)
		}
	}
	return list
}

func (s *sprintView) activity(profile string, since, until time.Time) List {
	list := List{}
	for _, e := range s.events(profile, since, until) {
		entry := what(e)
		entry["task_id"], entry["task_name"] = e.TaskID, s.taskName(e.TaskID)
		list = append(list, entry)
	}
	return list
}

func what(e history.Event) Object {
	return Object{"kind": e.Kind, "old_value": orNull(e.Old), "new_value": orNull(e.New), "at": e.At}
}

// saidAndDone is what became of the tasks a person meant to do in the last scrum.
func (s *sprintView) saidAndDone(profile string, d history.Date, until time.Time) List {
	list := List{}
	last := s.lastScrum(d)
	said := s.updateOf(last, profile)
	if said == nil {
		return list
	}
	for _, task := range s.namedTasks(last.ID, profile, "will do") {
		entry := s.taskRef(task)
		state := s.state(task, until)
		switch {
		case state.is("Completed") && s.wasOpen(task, said.CreatedAt, until):
			entry["outcome"] = "done"
		case !state.in(s.id):
			entry["outcome"] = "gone"
		case len(s.within(task, said.CreatedAt, until)) > 0:
			entry["outcome"] = "progressed"
		default:
			entry["outcome"] = "untouched"
		}
		list = append(list, entry)
	}
	return list
}

// wasOpen tells whether a task wasn't completed at a moment, or at some time since.
func (s *sprintView) wasOpen(task string, at, until time.Time) bool {
	if s.state(task, at).Status != "Completed" {
		return true
	}
	return slices.ContainsFunc(s.within(task, at, until), func(c Change) bool { return c.After.Status != "Completed" })
}
