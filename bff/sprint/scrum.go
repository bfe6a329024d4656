package sprint

import "time"

// ScrumOfDay is the daily scrum of a sprint on one day.
type ScrumOfDay struct {
	Head
	Date string `json:"date"`
	// IsScrumDay is true on a working day from the sprint's start to its
	// completion. Nobody is expected on another day.
	IsScrumDay bool `json:"is_scrum_day"`
	// Reason says why it isn't one: "holiday", "weekend" (not a working
	// weekday), "not started", "completed" (before), "cancelled" (and no
	// scrum was opened for this day) or "to come".
	Reason *string `json:"reason"`
	// DailyScrum is null until the day's scrum was opened.
	DailyScrum *DailyScrum `json:"daily_scrum"`
	// Since is the moment from which activity counts: the beginning of the
	// day of the scrum before, else the reference start.
	Since time.Time `json:"since"`
	// Until is the moment up to which activity counts: the end of the day, or
	// sooner the completion of the sprint or as_of.
	Until time.Time `json:"until"`
	// Expected is the number of members who are expected to post.
	Expected int `json:"expected"`
	// Posted is how many members did, expected or not.
	Posted int `json:"posted"`
	// Rate is how many of the expected posted (1 = 100 %); null if nobody is
	// expected.
	Rate *float64 `json:"rate"`
	// Members are those expected and those who posted, by name.
	Members []ScrumMember `json:"members"`
	// Missing are those expected who haven't posted.
	Missing []Person `json:"missing"`
	// Impediments are those open at `until`.
	Impediments []Impediment `json:"impediments"`
}

// DailyScrum is the record of a scrum.
type DailyScrum struct {
	DailyScrumID string  `json:"daily_scrum_id"`
	Summary      *string `json:"summary"`
}

// ScrumMember is one member at a scrum, or somebody who posted and has left.
type ScrumMember struct {
	// ProfileID is null for somebody who has no account any more.
	ProfileID *string `json:"profile_id"`
	FullName  *string `json:"full_name"`
	// Role is the member's in the project; null for somebody who left it.
	Role     *string `json:"role"`
	Expected bool    `json:"expected"`
	DayOff   bool    `json:"day_off"`
	// Update is null until the member has posted.
	Update *ScrumUpdate `json:"update"`
	// Activity is what the member changed on the project's tasks since the
	// scrum before, oldest first.
	Activity []Activity `json:"activity"`
	// SaidAndDone is what became of the tasks that the member named as "will
	// do" at the scrum before.
	SaidAndDone []SaidAndDone `json:"said_and_done"`
}

// ScrumUpdate is what a member posted.
type ScrumUpdate struct {
	UpdateID      string    `json:"update_id"`
	YesterdayWork *string   `json:"yesterday_work"`
	TodayWork     *string   `json:"today_work"`
	CreatedAt     time.Time `json:"created_at"`
	UpdatedAt     time.Time `json:"updated_at"`
	Did           []TaskRef `json:"did"`
	WillDo        []TaskRef `json:"will_do"`
	// Late tells that the update was created after the cut-off on the next
	// working day, and so doesn't count as posted. It is left out otherwise.
	Late bool `json:"late,omitempty"`
}

// Activity is one change of a task.
type Activity struct {
	TaskRef
	Change
}

// Change is what happened to a task.
type Change struct {
	// Kind is created, status, points, sprint, assignee or deleted.
	Kind     string    `json:"kind"`
	OldValue *string   `json:"old_value"`
	NewValue *string   `json:"new_value"`
	At       time.Time `json:"at"`
}

// SaidAndDone is what became of a task that somebody said they would do, since
// they said so.
type SaidAndDone struct {
	TaskRef
	// Outcome is "done", "gone" (deleted, or out of the sprint), "progressed"
	// (anything changed) or "untouched".
	Outcome string `json:"outcome"`
}
