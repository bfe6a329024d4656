package limit

// NewBounded returns a limiter that holds at most so many keys.
func NewBounded(keys int) *Limiter { return &Limiter{memory: newMemory(keys)} }

// Keys is how many keys are held.
func (l *Limiter) Keys() int {
	l.memory.mu.Lock()
	defer l.memory.mu.Unlock()
	return len(l.memory.paid)
}
