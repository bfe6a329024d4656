package sprint

import "time"

// MyScrum is what the caller owes today, one scrum per running sprint of the
// projects in which they aren't a mere viewer.
type MyScrum struct {
	AsOf     time.Time         `json:"as_of"`
	Timezone string            `json:"timezone"`
	Scope    MyScrumScope      `json:"scope"`
	Scrums   []MyScrumOfSprint `json:"scrums"`
}

// MyScrumScope tells how many running sprints of theirs the caller may see.
type MyScrumScope struct {
	VisibleSprints int `json:"visible_sprints"`
}

// MyScrumOfSprint is the caller's part in one sprint's scrum of today.
type MyScrumOfSprint struct {
	Sprint     Sprint  `json:"sprint"`
	Project    Project `json:"project"`
	Date       string  `json:"date"`
	IsScrumDay bool    `json:"is_scrum_day"`
	// Reason says why it isn't a scrum day; see ScrumOfDay.
	Reason *string `json:"reason"`
	// Expected tells whether the caller is to post.
	Expected bool `json:"expected"`
	// DailyScrumID is null until the day's scrum was opened.
	DailyScrumID *string `json:"daily_scrum_id"`
	// Update is what the caller posted; null until then.
	Update *ScrumUpdate `json:"update"`
	Draft  Draft        `json:"draft"`
}

// Draft is a proposal for the caller's update, from what they did and have
// to do rather than from memory.
type Draft struct {
	// Yesterday is what the caller changed since the scrum before.
	Yesterday []DraftYesterday `json:"yesterday"`
	// Today is the caller's open tasks in the sprint, those in work first.
	Today []DraftToday `json:"today"`
	// Impediments are the caller's blocked tasks in the sprint.
	Impediments []DraftImpediment `json:"impediments"`
}

// DraftYesterday is a task that the caller changed, and how.
type DraftYesterday struct {
	TaskRef
	What []Change `json:"what"`
}

// DraftToday is a task that the caller may go on with.
type DraftToday struct {
	TaskRef
	Status string `json:"status"`
	// Priority is null for a task that was deleted since as_of.
	Priority *string  `json:"priority"`
	Points   *float64 `json:"points"`
}

// DraftImpediment is a task of the caller's that is Blocked or On Hold.
type DraftImpediment struct {
	TaskRef
	BlockedSince time.Time `json:"blocked_since"`
}
