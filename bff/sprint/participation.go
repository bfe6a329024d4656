package sprint

// Participation is who answered the daily scrums of a project.
type Participation struct {
	ProjectHead
	Scope ParticipationScope `json:"scope"`
	// FromDate is the first day counted.
	FromDate string `json:"from_date"`
	// ToDate is the last day counted.
	ToDate string `json:"to_date"`
	// Scheduled is the number of scrums that were opened for these days.
	Scheduled int `json:"scheduled"`
	// Expected is the number of updates that were expected for them.
	Expected int `json:"expected"`
	// Updates is how many of the expected ones were posted.
	Updates int `json:"updates"`
	// Rate is updates / expected (1 = 100 %); null if none was expected.
	Rate *float64 `json:"rate"`
	// Members are the project's present ones but viewers.
	Members []ParticipationMember `json:"members"`
}

// ParticipationScope tells how many scrums of these days the caller may see.
type ParticipationScope struct {
	VisibleScrums int `json:"visible_scrums"`
}

// ParticipationMember is one member's participation.
type ParticipationMember struct {
	Person
	Role     string   `json:"role"`
	Expected int      `json:"expected"`
	Updates  int      `json:"updates"`
	Rate     *float64 `json:"rate"`
	// Streak is the latest run of expected scrums that the member answered;
	// one of today that isn't answered yet doesn't break it.
	Streak int `json:"streak"`
	// LongestStreak is the longest such run.
	LongestStreak int `json:"longest_streak"`
}
