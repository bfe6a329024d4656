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
	// Input is what readInput fills, Body what readBody does.
	Input, Body any
	// Output is what the JSON of the answer is of; nil for another
	// ContentType, or for no content at all.
	Output      any
	ContentType string
	// Status is that of success, 200 if it is 0.
	Status int
	// Instead is another success.
	Instead *Success
	// Example names the example of the answer; the ID if empty.
	Example string
	// Cached tells that there is an ETag.
	Cached bool
	// Public tells that nobody has to be signed in.
	Public bool
	// Errors are statuses that are its own affair.
	Errors []int
}

// Success is an answer other than the usual one.
type Success struct {
	Status int
	Answer string
	Output any
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
		Input:       sprintDashboardInput{}, Output: sprint.Dashboard{},
	}, {
		Path: "/api/v1/projects/:project_id/dashboard", ID: "runningDashboard",
		Summary: "Several views of the running sprint at once", Answer: "The parts asked for. One that failed is null and named in `incomplete`.",
		Description: "The dashboard of the project's running sprint, which `sprint` names; its ETag is another one, too, when another sprint becomes " +
			"the running one. While none runs it is 404 `no_running_sprint`: start one (`start_sprint`), or ask for a sprint's dashboard by its id. " +
			"An answer that is incomplete has no ETag.",
		Input: projectDashboardInput{}, Output: sprint.Dashboard{}, Example: "dashboard",
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
	return append(append(operations, sessionOperations()...), []Operation{{
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
	}, {
		Method: http.MethodGet, Path: "/", ID: "room", Tag: "BFF", Public: true, Cached: true,
		Summary: "The sprint room", Description: "The page for people. With `BFF_SPRINT_ROOM=off` it isn't there.", ContentType: "text/html",
		Errors: []int{http.StatusNotFound},
	}, {
		Method: http.MethodGet, Path: "/room/:asset", ID: "roomAsset", Tag: "BFF", Public: true, Cached: true,
		Summary: "What the sprint room is made of", ContentType: "*/*", Input: assetInput{}, Errors: []int{http.StatusNotFound},
	}}...)
}

// sessionOperations are the paths of signInRoutes.
func sessionOperations() []Operation {
	const newSession = "The browser gets the session's cookie, which no script can read; it takes the place of the session before."
	operations := []Operation{{
		Method: http.MethodPost, Path: sessionPath, ID: "openSession", Public: true,
		Summary: "Sign in with the password", Description: newSession,
		Body: credentials{}, Answer: "Who is signed in.", Output: sessionAnswer{}, Example: "session",
	}, {
		Method: http.MethodGet, Path: sessionPath, ID: "session",
		Summary: "Who is signed in?", Answer: "Who is signed in.", Output: sessionAnswer{},
	}, {
		Method: http.MethodDelete, Path: sessionPath, ID: "closeSession", Public: true,
		Summary: "Sign out", Description: "Who isn't signed in any more is told the same.",
		Input: signOutInput{}, Status: http.StatusNoContent, Answer: "The sessions have ended.",
	}, {
		Method: http.MethodPost, Path: sessionPath + "/sign-up", ID: "signUpWithSession", Public: true,
		Summary: "Sign up", Description: newSession,
		Body: newUser{}, Status: http.StatusCreated, Answer: "The user was made and is signed in.", Output: sessionAnswer{}, Example: "session",
		Instead: &Success{http.StatusAccepted, "The user was made. A message to the address says how to confirm it.", confirmationAnswer{}},
	}, {
		Method: http.MethodPost, Path: sessionPath + "/code", ID: "sendCode", Public: true,
		Summary: "Send me a code to sign in with", Body: codeInput{}, Status: http.StatusAccepted,
		Answer: "If there is such a user, a message with a code and a link is on its way.",
	}, {
		Method: http.MethodPost, Path: sessionPath + "/verify", ID: "verifyCode", Public: true,
		Summary: "Sign in with a code or link", Description: newSession,
		Body: proofInput{}, Answer: "Who is signed in.", Output: sessionAnswer{}, Example: "session",
	}, {
		Method: http.MethodPost, Path: sessionPath + "/recovery", ID: "recoverPassword", Public: true,
		Summary: "I forgot my password", Body: recoveryInput{}, Status: http.StatusAccepted,
		Answer: "If there is such a user, a message is on its way. Its code or link signs in (`verify`, type `recovery`); then set a new password.",
	}, {
		Method: http.MethodPut, Path: sessionPath + "/password", ID: "setPassword",
		Summary: "Change my password", Body: passwordInput{}, Status: http.StatusNoContent,
		Answer: "The password is changed, and the user's other sessions have ended.",
	}, {
		Method: http.MethodGet, Path: sessionPath + "/oauth/:provider", ID: "beginOAuth", Public: true,
		Summary: "Sign in at a provider", Description: "To be opened as a page, not fetched.",
		Input: oauthInput{}, Status: http.StatusSeeOther,
		Answer: "To the provider's page. Where that can't be, to the page that `return_to` names: its parameter `error` says why (`provider_disabled`, `upstream_unavailable` …).",
	}, {
		Method: http.MethodGet, Path: sessionPath + "/callback", ID: "endOAuth", Public: true,
		Summary: "Back from the provider", Description: "Where Auth sends the browser. " + newSession,
		Input: callbackInput{}, Status: http.StatusSeeOther,
		Answer: "To the page that `return_to` named. Where signing in failed, its parameter `error` says why. " +
			"With a state that isn't this browser's: to `/?error=oauth_state`, and nothing changes.",
	}}
	for i := range operations {
		operations[i].Tag = "Session"
	}
	return operations
}
