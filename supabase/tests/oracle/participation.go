package oracle

import (
	"cmp"
	"slices"
	"time"

	"github.com/mysingle/mysingle/supabase/tests/history"
)

// Participation answers as project_participation; "" are the default dates.
func (o *Oracle) Participation(from, to history.Date) Object {
	today := o.DateOf(o.AsOf)
	to = cmp.Or(to, today)
	from = cmp.Or(from, to.Plus(-29))
	var scheduled []history.Scrum
	for _, s := range o.Scrums {
		if from <= s.Date && s.Date <= to && !s.OpenedAt.After(o.AsOf) {
			scheduled = append(scheduled, s)
		}
	}
	slices.SortFunc(scheduled, func(a, b history.Scrum) int {
		started := func(s history.Scrum) time.Time { return o.Sprint(s.SprintID).StartedAt }
		return cmp.Or(cmp.Compare(a.Date, b.Date), started(a).Compare(started(b)), cmp.Compare(a.ID, b.ID))
	})

	var people []string
	for _, m := range o.Members {
		if m.Role != "viewer" {
			people = append(people, m.ProfileID)
		}
	}
	slices.SortFunc(people, o.byFullName)
	allExpected, allUpdates := 0, 0
	members := List{}
	for _, p := range people {
		expected, updates, streak, longest := 0, 0, 0, 0
		for _, scrum := range scheduled {
			s := o.sprint(scrum.SprintID)
			if !s.expected(p, scrum.Date) {
				continue
			}
			expected++
			if u := s.updateOf(&scrum, p); u != nil && !s.isLate(u.CreatedAt, scrum.Date) {
				updates++
				streak++
				longest = max(longest, streak)
			} else if scrum.Date < today { // until then it may yet be answered
				streak = 0
			}
		}
		allExpected += expected
		allUpdates += updates
		members = append(members, Object{"profile_id": p, "full_name": orNull(o.fullName(p)), "role": o.role(p),
			"expected": expected, "updates": updates, "rate": rate(updates, expected), "streak": streak, "longest_streak": longest})
	}
	return Object{
		"as_of": o.AsOf, "timezone": o.Zone.String(), "scope": Object{"visible_scrums": len(scheduled)},
		"project": o.project(), "from_date": from, "to_date": to,
		"scheduled": len(scheduled), "expected": allExpected, "updates": allUpdates, "rate": rate(allUpdates, allExpected),
		"members": members,
	}
}
