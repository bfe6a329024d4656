package history

import (
	"fmt"
	"strings"
	"time"
)

// Short names instead of keys, for people who read a failed test.
func (h *History) Short(text string) string {
	var pairs []string
	for i, p := range h.Profiles {
		pairs = append(pairs, p.ID, fmt.Sprint("P", i+1))
	}
	for i, s := range h.Sprints {
		pairs = append(pairs, s.ID, fmt.Sprint("S", i+1))
	}
	for i, t := range h.Tasks {
		pairs = append(pairs, t.ID, fmt.Sprint("T", i+1))
	}
	for i, s := range h.Scrums {
		pairs = append(pairs, s.ID, fmt.Sprint("D", i+1))
	}
	for i, u := range h.Updates {
		pairs = append(pairs, u.ID, fmt.Sprint("U", i+1))
	}
	for i, m := range h.Impediments {
		pairs = append(pairs, m.ID, fmt.Sprint("I", i+1))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// Moment writes a moment in the organization's time zone.
func (h *History) Moment(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.In(h.Zone).Format("2006-01-02T15:04:05.999999Z07:00")
}

// String tells the history line by line: P people, S sprints, T tasks, D scrums, U updates,
// I impediments.
func (h *History) String() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, "  "+format+"\n", args...) }
	line("%s, working days %v, holidays %v, cutoff %q, headline %s, caller %s", h.Zone, h.WorkingDays, h.Holidays, h.CutoffTime, h.Unit, h.Caller)
	for _, p := range h.Profiles {
		line("%s %q", p.ID, p.FullName)
	}
	for _, m := range h.Members {
		line("%s is %s since %s", m.ProfileID, m.Role, h.Moment(m.JoinedAt))
	}
	for _, d := range h.DaysOff {
		line("%s is off %s to %s", d.ProfileID, d.From, d.To)
	}
	for _, s := range h.Sprints {
		line("%s %q %s to %s %s, started %s, completed %s", s.ID, s.Name, s.StartDate, s.EndDate, s.Status, h.Moment(s.StartedAt), h.Moment(s.CompletedAt))
		if c := s.Closed; c != nil {
			line("%s was completed in %s, working days %v, holidays %v, cutoff %q", s.ID, c.Zone, c.WorkingDays, c.Holidays, c.CutoffTime)
		}
	}
	for _, t := range h.Tasks {
		line("%s %q %s, rank %v, estimated %q, deleted %v", t.ID, t.Name, t.Priority, t.Rank, t.Estimated, t.Deleted)
	}
	for _, e := range h.Events {
		line("%s %s %s: %q → %q by %q", h.Moment(e.At), e.TaskID, e.Kind, e.Old, e.New, e.Actor)
	}
	for _, s := range h.Scrums {
		line("%s scrum of %s on %s", s.ID, s.SprintID, s.Date)
	}
	for _, u := range h.Updates {
		line("%s update in %s by %q at %s", u.ID, u.ScrumID, u.ProfileID, h.Moment(u.CreatedAt))
	}
	for _, n := range h.Named {
		line("%s in %s: %s %s", n.ProfileID, n.ScrumID, n.Intent, n.TaskID)
	}
	for _, i := range h.Impediments {
		line("%s in %s on %q, %s by %q to %s by %q", i.ID, i.SprintID, i.TaskID, h.Moment(i.RaisedAt), i.RaisedBy, h.Moment(i.ResolvedAt), i.ResolvedBy)
	}
	return h.Short(b.String())
}
