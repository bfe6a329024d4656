package server

import (
	"strings"

	"github.com/mysingle/mysingle/bff/chart"
	"github.com/mysingle/mysingle/bff/supabase"
)

// The inputs of the views: what a request may say, and the arguments of the
// view's SQL function that follow from it. Parameters that are absent are
// left to the function's defaults.

// sprintInput names a sprint.
type sprintInput struct {
	// SprintID is the sprint's key.
	SprintID string `path:"sprint_id" validate:"uuid"`
}

func (in *sprintInput) arguments(supabase.Caller) map[string]any {
	return map[string]any{"sprint_id": strings.ToLower(in.SprintID)}
}

// boardInput names a sprint and, optionally, which of its tasks.
type boardInput struct {
	sprintInput
	// Assignee leaves only the tasks of a member, or one's own.
	Assignee *string `query:"assignee" validate:"omitnil,eq=me|uuid"`
	// Priority leaves only the tasks of a priority.
	Priority *string `query:"priority" validate:"omitnil,oneof=Low Medium High Urgent"`
}

func (in *boardInput) arguments(caller supabase.Caller) map[string]any {
	arguments := in.sprintInput.arguments(caller)
	if in.Assignee != nil && *in.Assignee == "me" {
		arguments["assignee"] = caller.Subject
	} else {
		give(arguments, "assignee", in.Assignee)
	}
	give(arguments, "priority", in.Priority)
	return arguments
}

// scrumInput names a sprint and, optionally, one of its days.
type scrumInput struct {
	sprintInput
	// Date is the day of the scrum, in the organization's time zone; if absent
	// the sprint's day that is closest to today.
	Date *string `query:"date" validate:"omitnil,date"`
}

func (in *scrumInput) arguments(caller supabase.Caller) map[string]any {
	arguments := in.sprintInput.arguments(caller)
	give(arguments, "date", in.Date)
	return arguments
}

// projectInput names a project.
type projectInput struct {
	// ProjectID is the project's key.
	ProjectID string `path:"project_id" validate:"uuid"`
}

func (in *projectInput) arguments(supabase.Caller) map[string]any {
	return map[string]any{"project_id": strings.ToLower(in.ProjectID)}
}

// velocityInput names a project and how many of its sprints count.
type velocityInput struct {
	projectInput
	// Last is how many of the last closed sprints count; 6 if absent.
	Last *int `query:"last" validate:"omitnil,min=1,max=50"`
}

func (in *velocityInput) arguments(caller supabase.Caller) map[string]any {
	arguments := in.projectInput.arguments(caller)
	give(arguments, "last", in.Last)
	return arguments
}

// forecastInput names a project and chooses the forecast.
type forecastInput struct {
	projectInput
	// Days is how many days of the past the forecast is from; 90 if absent.
	Days *int `query:"days" validate:"omitnil,min=1,max=366"`
	// Seed repeats a forecast. If absent it follows from the project's
	// history, so the forecast stays the same until something changes.
	Seed *int64 `query:"seed" validate:"omitnil,min=0,max=9007199254740991"`
}

func (in *forecastInput) arguments(caller supabase.Caller) map[string]any {
	arguments := in.projectInput.arguments(caller)
	give(arguments, "days", in.Days)
	return arguments
}

func (in *forecastInput) seed() *int64 { return in.Seed }

// participationInput names a project and the days that count.
type participationInput struct {
	projectInput
	// From is the first day that counts; 29 days before to if absent.
	From *string `query:"from" validate:"omitnil,date"`
	// To is the last day that counts; today if absent.
	To *string `query:"to" validate:"omitnil,date"`
}

func (in *participationInput) arguments(caller supabase.Caller) map[string]any {
	arguments := in.projectInput.arguments(caller)
	give(arguments, "from_date", in.From)
	give(arguments, "to_date", in.To)
	return arguments
}

// noInput is for what depends on the caller alone.
type noInput struct{}

func (in *noInput) arguments(supabase.Caller) map[string]any { return map[string]any{} }

// pictureInput chooses what a picture counts, and how large it is.
type pictureInput struct {
	// Unit is what is counted; tasks if absent.
	Unit *string `query:"unit" validate:"omitnil,oneof=tasks points"`
	// Size is wide, of 800 × 450 pixels, or narrow, of 360 × 480, for phones;
	// wide if absent.
	Size *string `query:"size" validate:"omitnil,oneof=wide narrow"`
}

// options are what the picture's function takes.
func (in *pictureInput) options() chart.Options {
	var options chart.Options
	if in.Unit != nil {
		options.Measure = chart.Measure(*in.Unit)
	}
	if in.Size != nil {
		options.Size = chart.Size(*in.Size)
	}
	return options
}

type sprintPictureInput struct {
	sprintInput
	pictureInput
}

type velocityPictureInput struct {
	velocityInput
	pictureInput
}

type forecastPictureInput struct {
	forecastInput
	pictureInput
}

// give sets an argument, unless the parameter is absent.
func give[V any](arguments map[string]any, name string, value *V) {
	if value != nil {
		arguments[name] = *value
	}
}
