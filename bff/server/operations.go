package server

import (
	"net/http"
	"strings"

	"github.com/mysingle/mysingle/bff/sprint"
)

// Operation describes one of the BFF's own paths for the API's document (see
// bff/openapi). What a view has in it is told by the doc comments of its type.
type Operation struct {
	Method string
	Path   string // as in routes.go
	ID     string
	Tag    string // its chapter
	// Summary is a line, Description may be Markdown, Answer is what status
	// 200 means.
	Summary, Description, Answer string
	// Input is what readInput fills.
	Input any
	// Output is what the JSON of the answer is of; nil for another
	// ContentType.
	Output      any
	ContentType string
	// Cached tells that there is an ETag.
	Cached bool
	// Public tells that nobody has to be signed in.
	Public bool
	// Errors are statuses that are its own affair.
	Errors []int
}

// ErrorBody is the one error body.
func ErrorBody() any { return problem{} }

// Operations describes every path of routes.go but those passed through.
func Operations() []Operation {
	operations := []Operation{{
		Path: "/api/v1/sprints/:sprint_id/board", ID: "board",
		Summary: "The board", Answer: "The sprint's tasks by status.",
		Description: "All eight statuses in the board's order. A filter changes the figures too. In SQL: `sprint_board`.",
		Input:       boardInput{}, Output: sprint.Board{},
	}, {
		Path: "/api/v1/sprints/:sprint_id/burndown", ID: "burndown",
		Summary: "The burndown", Answer: "Scope, what is completed and what remains, day by day.",
		Description: "With the ideal line over working days and, while the sprint runs, a projection from its pace. In SQL: `sprint_burndown`.",
		Input:       sprintInput{}, Output: sprint.Burndown{},
	}, {
		Path: "/api/v1/sprints/:sprint_id/burndown.svg", ID: "burndownPicture",
		Summary: "The burndown as a picture", Input: sprintPictureInput{}, ContentType: svg,
	}, {
		Path: "/api/v1/sprints/:sprint_id/flow", ID: "flow",
		Summary: "The cumulative flow", Answer: "Tasks and points by status, day by day, and how long tasks took.",
		Description: "Lead time, cycle time, time spent blocked, and how often tasks were reopened. In SQL: `sprint_flow`.",
		Input:       sprintInput{}, Output: sprint.Flow{},
	}, {
		Path: "/api/v1/sprints/:sprint_id/flow.svg", ID: "flowPicture",
		Summary: "The cumulative flow as a picture", Input: sprintPictureInput{}, ContentType: svg,
	}, {
		Path: "/api/v1/sprints/:sprint_id/report", ID: "report",
		Summary: "The report", Answer: "What the sprint set out to do, and what became of it.",
		Description: "Once the sprint is completed its report never changes again, whatever happens to the tasks. In SQL: `sprint_report`.",
		Input:       sprintInput{}, Output: sprint.Report{},
	}, {
		Path: "/api/v1/sprints/:sprint_id/workload", ID: "workload",
		Summary: "The workload", Answer: "What every member has to do, and the time they have for it.",
		Description: "In SQL: `sprint_workload`.",
		Input:       sprintInput{}, Output: sprint.Workload{},
	}, {
		Path: "/api/v1/sprints/:sprint_id/scrum", ID: "scrum",
		Summary: "The daily scrum", Answer: "Who posted what, who is missing, and what was done since.",
		Description: "In SQL: `scrum_of_day`.",
		Input:       scrumInput{}, Output: sprint.ScrumOfDay{},
	}, {
		Path: "/api/v1/sprints/:sprint_id/dashboard", ID: "dashboard",
		Summary: "Several views at once", Answer: "The parts asked for. One that failed is null and named in `incomplete`.",
		Description: "One answer for a whole screen. An answer that is incomplete has no ETag.",
		Input:       dashboardInput{}, Output: sprint.Dashboard{},
	}, {
		Path: "/api/v1/projects/:project_id/velocity", ID: "velocity",
		Summary: "The velocity", Answer: "What the last closed sprints committed to and completed.",
		Description: "From their frozen reports. In SQL: `project_velocity`.",
		Input:       velocityInput{}, Output: sprint.Velocity{},
	}, {
		Path: "/api/v1/projects/:project_id/velocity.svg", ID: "velocityPicture",
		Summary: "The velocity as a picture", Input: velocityPictureInput{}, ContentType: svg,
	}, {
		Path: "/api/v1/projects/:project_id/forecast", ID: "forecast",
		Summary: "The forecast", Answer: "By when the remaining work is done, with 50, 85 and 95 % chance.",
		Description: "A Monte Carlo simulation of 10,000 runs over the project's throughput (in SQL: `project_throughput`). " +
			"With a history that is too short it says so instead of inventing a date.",
		Input: forecastInput{}, Output: sprint.Forecast{},
	}, {
		Path: "/api/v1/projects/:project_id/forecast.svg", ID: "forecastPicture",
		Summary: "The forecast as a picture", Input: forecastPictureInput{}, ContentType: svg,
	}, {
		Path: "/api/v1/projects/:project_id/impediments", ID: "impediments",
		Summary: "The impediments", Answer: "What is in the way, and what lately was.",
		Description: "In SQL: `project_impediments`.",
		Input:       projectInput{}, Output: sprint.Impediments{},
	}, {
		Path: "/api/v1/projects/:project_id/participation", ID: "participation",
		Summary: "The participation", Answer: "Who answered the daily scrums.",
		Description: "In SQL: `project_participation`.",
		Input:       participationInput{}, Output: sprint.Participation{},
	}, {
		Path: "/api/v1/me/scrum", ID: "myScrum",
		Summary: "What I owe today", Answer: "One scrum per running sprint, with a draft of my update.",
		Description: "In SQL: `scrum_draft`.",
		Output:      sprint.MyScrum{},
	}}
	for i := range operations {
		o := &operations[i]
		o.Method, o.Cached, o.Errors = http.MethodGet, true, []int{http.StatusNotFound}
		switch {
		case strings.HasPrefix(o.Path, "/api/v1/sprints/"):
			o.Tag = "Sprints"
		case strings.HasPrefix(o.Path, "/api/v1/projects/"):
			o.Tag = "Projects"
		default:
			o.Tag = "Me"
		}
		if o.ContentType == svg {
			o.Answer = "The picture, for light and dark pages, with labels in the language of Accept-Language."
		}
	}
	return append(operations, []Operation{{
		Method: http.MethodGet, Path: "/livez", ID: "live", Tag: "BFF", Public: true,
		Summary: "Is the process alive?", Answer: "It is.", Output: liveness{},
	}, {
		Method: http.MethodGet, Path: "/readyz", ID: "ready", Tag: "BFF", Public: true,
		Summary: "Can requests be served?", Answer: "They can.", Output: readiness{}, Errors: []int{http.StatusServiceUnavailable},
	}, {
		Method: http.MethodGet, Path: "/openapi.json", ID: "openapi", Tag: "BFF", Public: true, Cached: true,
		Summary: "This document", ContentType: "application/json",
	}, {
		Method: http.MethodGet, Path: "/docs", ID: "docs", Tag: "BFF", Public: true, Cached: true,
		Summary: "This document as a page", ContentType: "text/html",
	}, {
		Method: http.MethodGet, Path: "/docs/:asset", ID: "docsAsset", Tag: "BFF", Public: true, Cached: true,
		Summary: "What the page is made of", ContentType: "*/*", Input: assetInput{}, Errors: []int{http.StatusNotFound},
	}}...)
}
