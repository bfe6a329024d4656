package oracle

import (
	"cmp"
	"math"
)

// Orders of lists. PostgreSQL puts a missing name last.

func (o *Oracle) byTaskName(a, b string) int {
	return cmp.Or(cmp.Compare(o.taskName(a), o.taskName(b)), cmp.Compare(a, b))
}

// byFullName orders profiles by name and key; nobody ("") comes after everybody.
func (o *Oracle) byFullName(a, b string) int {
	if a == "" || b == "" {
		return cmp.Compare(b, a)
	}
	nameA, nameB := o.fullName(a), o.fullName(b)
	if nameA == "" || nameB == "" {
		return cmp.Or(cmp.Compare(nameB, nameA), cmp.Compare(a, b))
	}
	return cmp.Or(cmp.Compare(nameA, nameB), cmp.Compare(a, b))
}

// byRank orders tasks as on the board; those that were deleted are on none, and last.
func (o *Oracle) byRank(a, b string) int {
	rank := func(task string) float64 {
		if o.Task(task).Deleted {
			return math.Inf(1)
		}
		return o.Task(task).Rank
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
}
