package oracle

import "slices"

// Workload answers as sprint_workload.
func (o *Oracle) Workload(sprint string) Object {
	s := o.sprint(sprint)
	answer := s.head()
	answer["working_days_left"] = len(s.daysLeft())

	var people []string
	for _, m := range s.Members {
		if m.Role != "viewer" {
			people = append(people, m.ProfileID)
		}
	}
	for _, task := range s.tasks {
		state := s.state(task, s.horizon)
		if state.scope(s.id) && !slices.Contains(people, state.Assignee) {
			people = append(people, state.Assignee) // "" for unassigned
		}
	}
	slices.SortFunc(people, s.byFullName)
	members := List{}
	for _, p := range people {
		members = append(members, s.load(p))
	}
	answer["members"] = members
	return answer
}

func (s *sprintView) load(profile string) Object {
	var assigned, remaining amount
	minutes, unestimated := 0, 0
	for _, task := range s.tasks {
		state := s.state(task, s.horizon)
		if !state.scope(s.id) || state.Assignee != profile {
			continue
		}
		assigned.add(state.Points)
		if state.done(s.id) {
			continue
		}
		remaining.add(state.Points)
		if state.Points == nil {
			unestimated++
		}
		if row := s.Task(task); !row.Deleted {
			estimated, _ := orZero(decimal(row.Estimated)).Float64()
			minutes += int(estimated)
		}
	}
	answer := Object{
		"profile_id": orNull(profile), "full_name": orNull(s.fullName(profile)), "role": orNull(s.role(profile)),
		"assigned": assigned.object(),
		"remaining": Object{"tasks": remaining.tasks, "points": orZero(remaining.points),
			"estimated_minutes": minutes, "unestimated_count": unestimated},
		"days_off": nil, "working_days_left": nil, "capacity_minutes": nil, "overload_minutes": nil,
	}
	if profile != "" {
		off := 0
		for _, d := range s.daysLeft() {
			if s.isOff(profile, d) {
				off++
			}
		}
		left := len(s.daysLeft()) - off
		answer["days_off"], answer["working_days_left"] = off, left
		answer["capacity_minutes"], answer["overload_minutes"] = 480*left, max(0, minutes-480*left)
	}
	return answer
}
