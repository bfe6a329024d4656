// The function sprint-report tells what became of a sprint: as one message with
// its burndown to the channels when the sprint is completed, and as Markdown to
// who asks for it.
//
//	POST /sprint-report {"type": "UPDATE", "table": "sprints", "record": {"sprint_id": "…", "status": "Completed"}}
//	apikey: <secret key>                a database webhook: a sprint was completed
//	POST /sprint-report {}              a schedule: what hasn't been sent yet
//	     in   at, org_id                as for scrum-reminder
//	     out  200  sent, failed, given_up: messages
//	          400  invalid_request, unknown_event: what is wrong with the input
//	          401  not_signed_in, not_allowed: with neither the secret key nor a user's token
//	          404  PT404: the record's sprint is unknown
//	          409  PT409: it isn't completed
//
//	POST /sprint-report {"sprint_id": "…"}
//	Authorization: Bearer <access token of a manager or scrum master>
//	     in   sprint_id
//	          again   send it to those channels too that had it; false if absent
//	     out  200  markdown, picture; sent, failed, given_up
//	          400  invalid_request
//	          401  not_signed_in, invalid_token
//	          403  not_allowed: the caller is neither manager nor scrum master
//	          404  sprint_not_found: there is no such sprint, or the caller may not see it
//	          409  not_completed: it has no report to send yet
//
//	GET /sprint-report/{sprint_id}      the report as text/markdown, for who may see the sprint
//	     out  200, 401, 404
//
//	GET /sprint-report/{sprint_id}.{language}.{signature}.png
//	     the burndown of a completed sprint, for chat and mail programs: whoever
//	     has the link sees the picture, and nothing else. The link lives as long
//	     as the sprint and the signing key
//	     out  200  image/png, with an ETag
//	          304  the picture is the one that If-None-Match names
//	          404  no_picture: there is none, or the link is not its own
//	          and what every function answers: see functions/edge
package main

import (
	_ "time/tzdata" // WebAssembly finds no zones on the machine

	"github.com/mysingle/mysingle/functions/project"
)

func main() { project.Serve(newHandler) }
