// The function scrum-reminder opens the scrums of the day and reminds who
// hasn't posted. A schedule calls it every minute; each organization gets
// its scrums at the beginning of its own working day, and its reminder from its
// reminder_time on.
//
//	POST /scrum-reminder {}
//	apikey: <secret key>
//
//	in        at      the moment to act for (RFC 3339), not in the future; now if
//	                  absent. For what was missed while nobody called.
//	          org_id  one organization; all if absent
//	out  200  opened: scrums; sent, failed, given_up: messages, of which the
//	          failed ones are tried again at the next calls
//	     400  invalid_request, 22023: what is wrong with the input
//	     401  not_allowed: without the secret key
//	     and what every function answers: see functions/edge
//
// It may be called any number of times: a scrum is opened once, and a channel
// gets one reminder of it, for those who are missing when it is sent. Who is a
// viewer, or on a day off, isn't.
package main

import "github.com/mysingle/mysingle/functions/project"

func main() { project.Serve(newHandler) }
