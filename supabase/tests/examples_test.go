package tests

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mysingle/mysingle/supabase/tests/history"
	"github.com/mysingle/mysingle/supabase/tests/oracle"
)

// TestExamples asks the SQL functions for the figures that were computed by hand, and for all
// others what the oracle says.
func TestExamples(t *testing.T) {
	conn := MustConnect(t)
	for _, e := range history.Examples() {
		t.Run(e.Name, func(t *testing.T) {
			for _, difference := range compareFigures(t, conn, e.History) {
				t.Error(difference)
			}
			checkByHand(t, conn, e)
		})
	}
}

// checkByHand compares an example's figures. Its report after the close is what the database
// itself freezes when it completes the sprint.
func checkByHand(t *testing.T, conn *pgx.Conn, e *history.Example) {
	answers := map[history.Figure][]byte{}
	read := func(ctx context.Context, tx pgx.Tx, frozen bool) error {
		for _, f := range e.Figures {
			if _, asked := answers[f.Call()]; asked || frozen != isFrozen(e, f) {
				continue
			}
			q := figureQuestion(f)
			if frozen {
				q.arguments["as_of"] = nil // it was completed just now
			}
			var answer *string
			if err := tx.QueryRow(ctx, q.sql(), []map[string]any{q.arguments}).Scan(&answer); err != nil {
				return fmt.Errorf("%s: %w", q, err)
			}
			if answer != nil {
				answers[f.Call()] = []byte(*answer)
			}
		}
		return nil
	}
	rolledBack(t, conn, func(ctx context.Context, tx pgx.Tx) error {
		batch := &pgx.Batch{}
		e.Insert(batch)
		insertSnapshots(batch, e.History)
		actAs(batch, e.Caller)
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		return read(ctx, tx, false)
	})
	if s := e.Sprints[0]; !s.CompletedAt.IsZero() {
		rolledBack(t, conn, func(ctx context.Context, tx pgx.Tx) error {
			if _, err := completeSprint(ctx, tx, e.History, s.CompletedAt, s.CarriedOverTo); err != nil {
				return err
			}
			return read(ctx, tx, true)
		})
	}

	for _, f := range e.Figures {
		got, err := oracle.At(answers[f.Call()], f.Path)
		if err != nil {
			t.Errorf("%s as of %s: %v", f.Function, e.Moment(f.AsOf), err)
			continue
		}
		for _, difference := range oracle.Compare([]byte(f.Want), got) {
			t.Errorf("%s as of %s: %s%s", f.Function, e.Moment(f.AsOf), f.Path, difference)
		}
	}
}

// isFrozen tells whether a figure is of the report after the close.
func isFrozen(e *history.Example, f history.Figure) bool {
	closed := e.Sprints[0].CompletedAt
	return f.Function == "sprint_report" && f.Sprint == 1 && !closed.IsZero() && !closed.After(f.AsOf)
}

// figureQuestion is the call that a figure is of.
func figureQuestion(f history.Figure) question {
	q := question{function: f.Function, arguments: map[string]any{"as_of": f.AsOf}}
	switch f.Function {
	case "scrum_draft":
	case "project_participation":
		q.arguments["project_id"], q.arguments["from_date"], q.arguments["to_date"] = history.ProjectID, orNull(f.From), orNull(f.To)
	case "project_throughput", "project_impediments", "project_velocity":
		q.arguments["project_id"] = history.ProjectID
	case "scrum_of_day":
		q.arguments["sprint_id"], q.arguments["date"] = history.SprintID(f.Sprint), orNull(f.Date)
	default:
		q.arguments["sprint_id"] = history.SprintID(f.Sprint)
	}
	return q
}

// completeSprint writes a history as it stood at a moment, with its first sprint running, and
// completes that sprint as the caller, with everything that the database does then. It returns
// the history with what came of it.
func completeSprint(ctx context.Context, tx pgx.Tx, h *history.History, at time.Time, to string) (*history.History, error) {
	h = h.Until(at)
	s := &h.Sprints[0]
	s.Status, s.CompletedAt, s.Closed = "Active", time.Time{}, nil
	batch := &pgx.Batch{}
	h.Insert(batch)
	insertSnapshots(batch, h)
	actAs(batch, h.Caller)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("write the history: %w", err)
	}
	var target *string
	if to != "" {
		target = &to
	}
	if _, err := tx.Exec(ctx, "select public.complete_sprint($1, $2)", s.ID, target); err != nil {
		return nil, fmt.Errorf("complete the sprint: %w", err)
	}
	s.Status, s.CarriedOverTo = "Completed", to
	if err := tx.QueryRow(ctx, "select completed_at from public.sprints where sprint_id = $1", s.ID).Scan(&s.CompletedAt); err != nil {
		return nil, fmt.Errorf("read the sprint: %w", err)
	}
	return h, nil
}
