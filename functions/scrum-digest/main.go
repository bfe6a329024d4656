// The function scrum-digest sums up the daily scrum: who posted what, who is
// missing, what stands in the way and how the sprint is doing. It goes to the
// channels as one message, and into the scrum's summary where nobody has
// written one. A schedule calls it every minute; each organization gets its
// digest from its digest_time on.
//
//	POST /scrum-digest {}
//	apikey: <secret key>
//
//	in        at, org_id  as for scrum-reminder
//	out  200  summaries: written; sent, failed, given_up: messages
//	     400, 401  as for scrum-reminder
//
//	POST /scrum-digest {"daily_scrum_id": "…"}
//	Authorization: Bearer <access token of a manager or scrum master>
//
//	in        daily_scrum_id
//	          again   send it to those channels too that had it; false if absent
//	out  200  summary; sent, failed, given_up
//	     400  invalid_request: what is wrong with the input
//	     401  not_signed_in, invalid_token
//	     403  not_allowed: the caller is neither manager nor scrum master
//	     404  scrum_not_found: there is no such scrum, or the caller may not see it
//	     and what every function answers: see functions/edge
//
// Both may be called any number of times: a channel gets one digest of a scrum.
package main

import "github.com/mysingle/mysingle/functions/project"

func main() { project.Serve(newHandler) }
