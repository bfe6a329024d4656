package history

import (
	"testing"
	"time"
)

func TestStartAndEnd(t *testing.T) {
	for _, c := range []struct {
		zone, why  string
		day        Date
		start, end string
	}{
		{"Asia/Seoul", "an ordinary day", "2026-06-01", "2026-05-31T15:00:00Z", "2026-06-01T14:59:59.999999Z"},
		{"America/Los_Angeles", "23 hours", "2026-03-08", "2026-03-08T08:00:00Z", "2026-03-09T06:59:59.999999Z"},
		{"America/Los_Angeles", "25 hours", "2026-11-01", "2026-11-01T07:00:00Z", "2026-11-02T07:59:59.999999Z"},
		{"Australia/Lord_Howe", "half an hour more", "2026-04-05", "2026-04-04T13:00:00Z", "2026-04-05T13:29:59.999999Z"},
		{"Asia/Kathmandu", "a quarter past", "2026-04-14", "2026-04-13T18:15:00Z", "2026-04-14T18:14:59.999999Z"},
		{"America/Santiago", "no midnight: begins at 1:00", "2026-09-06", "2026-09-06T04:00:00Z", "2026-09-07T02:59:59.999999Z"},
		{"America/Santiago", "23:00 comes twice", "2026-04-04", "2026-04-04T03:00:00Z", "2026-04-05T03:59:59.999999Z"},
		{"Atlantic/Azores", "midnight comes twice", "2026-10-25", "2026-10-25T00:00:00Z", "2026-10-26T00:59:59.999999Z"},
	} {
		location, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatalf("time.LoadLocation: %v", err)
		}
		h := &History{Zone: location}
		if got := h.Start(c.day).Format(time.RFC3339Nano); got != c.start {
			t.Errorf("%s %s (%s) starts %s, want %s", c.zone, c.day, c.why, got, c.start)
		}
		if got := h.End(c.day).Format(time.RFC3339Nano); got != c.end {
			t.Errorf("%s %s (%s) ends %s, want %s", c.zone, c.day, c.why, got, c.end)
		}
		if got := h.DateOf(h.Start(c.day)); got != c.day {
			t.Errorf("%s: the start of %s is on %s", c.zone, c.day, got)
		}
		if got := h.DateOf(h.End(c.day)); got != c.day {
			t.Errorf("%s: the end of %s is on %s", c.zone, c.day, got)
		}
	}
}

func TestDate(t *testing.T) {
	if got := Date("2026-12-31").Plus(1); got != "2027-01-01" {
		t.Errorf("the day after 31 December is %s", got)
	}
	if got := Date("2026-06-07").Weekday(); got != 7 {
		t.Errorf("7 June 2026 is ISO weekday %d, want 7, Sunday", got)
	}
	if got := Date("2026-02-27").Until("2026-03-02"); got != 3 {
		t.Errorf("from 27 February to 2 March it is %d days, want 3", got)
	}
}
