package main

import (
	"context"
	"fmt"
)

// growth measures what a sprint's views cost in a database a hundred times as
// large, and in a sprint ten times as large. The databases are there at once;
// the sprint of the first comparison is the same in all, to its keys.
func growth(ctx context.Context, b *bench) error {
	// The more tasks, the less each may cost.
	for i := 1; i < len(middle.sprints); i++ {
		err := b.compareViews(ctx, atMost(float64(middle.sprints[i]/middle.sprints[i-1])), sprintViews,
			spot{middle, place{0, i + 1}, fmt.Sprintf("a sprint of %d", middle.sprints[i])},
			spot{middle, place{0, i}, fmt.Sprintf("one of %d", middle.sprints[i-1])})
		if err != nil {
			return err
		}
	}
	at := place{1, 1}
	among := func(w world, goal *Goal) error {
		name := fmt.Sprintf("%d,000 tasks", w.organizations)
		return b.compareViews(ctx, goal, views, spot{w, at, name}, spot{small, at, "10,000 tasks"})
	}
	if err := among(middle, nil); err != nil {
		return err
	}
	if b.quick {
		b.leaveOut("without the database of a million tasks, which takes minutes to fill")
		return nil
	}
	return among(large, atMost(1.2))
}

// A spot is a place in a world.
type spot struct {
	world world
	place place
	name  string
}

// compareViews measures the views of two spots.
func (b *bench) compareViews(ctx context.Context, goal *Goal, views func(place) []view, subject, against spot) error {
	var both [2]*session
	for i, s := range []spot{subject, against} {
		if err := inhabit(ctx, s.world); err != nil {
			return err
		}
		var err error
		if both[i], err = connect(ctx, s.world, "authenticated", s.place); err != nil {
			return err
		}
		defer both[i].Close(ctx)
	}
	others := views(against.place)
	for i, v := range views(subject.place) {
		if err := b.more(ctx); err != nil {
			return err
		}
		first, err := both[0].query(ctx, v.sql)
		if err != nil {
			return err
		}
		second, err := both[1].query(ctx, others[i].sql)
		if err != nil {
			return err
		}
		row := Row{Section: "growth", Name: v.name, Subject: subject.name, Against: against.name, Goal: goal}
		if err := b.inTurn(ctx, row, task{session: both[0], do: first}, task{session: both[1], do: second}); err != nil {
			return err
		}
	}
	return nil
}
