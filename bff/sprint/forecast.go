package sprint

import "github.com/mysingle/mysingle/bff/forecast"

// Forecast is by when a project's remaining work will be done, in tasks and
// in story points. Both are of the same imagined futures.
type Forecast struct {
	ProjectHead
	Scope     ThroughputScope   `json:"scope"`
	Remaining Remaining         `json:"remaining"`
	Calendar  Calendar          `json:"calendar"`
	Tasks     forecast.Forecast `json:"tasks"`
	Points    forecast.Forecast `json:"points"`
}

// NewForecast makes the forecast for a project from its throughput, the same
// one for the same seed (0 to forecast.MaxSeed). Its errors are faults of the
// input.
func NewForecast(throughput *Throughput, seed int64) (*Forecast, error) {
	tasks := forecast.Input{
		Remaining:   float64(throughput.Remaining.Tasks),
		History:     make([]float64, len(throughput.History)),
		Today:       throughput.Calendar.Today,
		WorkingDays: throughput.Calendar.WorkingDays,
		Holidays:    throughput.Calendar.Holidays,
		Seed:        seed,
	}
	points := tasks
	points.Remaining = throughput.Remaining.Points
	points.Uncounted = throughput.Remaining.UnestimatedCount
	points.History = make([]float64, len(throughput.History))
	for i, day := range throughput.History {
		tasks.History[i], points.History[i] = float64(day.Tasks), day.Points
	}

	inTasks, err := forecast.New(tasks)
	if err != nil {
		return nil, err
	}
	inPoints, err := forecast.New(points)
	if err != nil {
		return nil, err
	}
	return &Forecast{throughput.ProjectHead, throughput.Scope, throughput.Remaining, throughput.Calendar, *inTasks, *inPoints}, nil
}
