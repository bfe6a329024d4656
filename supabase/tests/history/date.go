package history

import (
	"fmt"
	"time"
)

// Date is a calendar day as "2026-11-23". Dates compare as their strings do.
type Date string

func (d Date) utc() time.Time {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		panic(fmt.Sprintf("history: %q is no date", string(d)))
	}
	return t
}

// Plus returns the day n days later.
func (d Date) Plus(n int) Date {
	return Date(d.utc().AddDate(0, 0, n).Format(time.DateOnly))
}

// Weekday returns the ISO weekday, 1 Monday to 7 Sunday.
func (d Date) Weekday() int {
	return (int(d.utc().Weekday())+6)%7 + 1
}

// Until returns the number of days from d to other.
func (d Date) Until(other Date) int {
	return int(other.utc().Sub(d.utc()) / (24 * time.Hour))
}

// DateOf returns the day a moment belongs to in the organization's time zone.
func (h *History) DateOf(t time.Time) Date {
	return Date(t.In(h.Zone).Format(time.DateOnly))
}

// Start returns the first moment of a day in the organization's time zone. Where the clock is
// put forward at midnight that is 1:00; where it is put back to midnight it is the first of
// the two.
func (h *History) Start(d Date) time.Time {
	const step = 15 * time.Minute // every zone's clock changes on a quarter of an hour
	midnight := d.utc()
	t := time.Date(midnight.Year(), midnight.Month(), midnight.Day(), 0, 0, 0, 0, h.Zone)
	for h.DateOf(t) < d {
		t = t.Add(step)
	}
	for h.DateOf(t.Add(-step)) >= d {
		t = t.Add(-step)
	}
	return t.UTC()
}

// FirstAt returns the first moment of a day at which its clock shows that time, "15:04", or a later one.
func (h *History) FirstAt(d Date, clock string) time.Time {
	t := h.Start(d)
	for h.DateOf(t) == d && t.In(h.Zone).Format("15:04") < clock {
		t = t.Add(time.Minute)
	}
	return t
}

// End returns the last moment of a day: PostgreSQL counts microseconds.
func (h *History) End(d Date) time.Time {
	return h.Start(d.Plus(1)).Add(-time.Microsecond)
}
