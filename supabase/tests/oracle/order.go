package oracle

import "cmp"

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

// byRank orders tasks as on the board.
func (o *Oracle) byRank(a, b string) int {
	return cmp.Or(cmp.Compare(o.Task(a).Rank, o.Task(b).Rank), cmp.Compare(a, b))
}
