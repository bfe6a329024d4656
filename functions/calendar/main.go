// The function calendar gives calendar apps a feed of one's sprints, scrums
// and due tasks. A feed's link is signed: whoever has it reads the feed and
// nothing else, until the feed is deleted.
//
//	POST   /calendar {"feed_name": "Work"}     a new feed; feed_name may be left out
//	GET    /calendar                           one's feeds, with their links
//	DELETE /calendar/{feed_id}                 revokes the link
//	       Authorization: Bearer <access token>
//	GET    /calendar/{feed_id}.{signature}.ics the feed, without signing in
//
//	out  200  a list of {feed_id, feed_name, url, created_at}, or text/calendar
//	     201  {feed_id, feed_name, url, created_at}
//	     204  revoked
//	     304  the feed is the one that If-None-Match names
//	     400  invalid_request, 22P02, 23514: what is wrong with the input
//	     401  not_signed_in, invalid_token
//	     409  PT409: one has as many feeds as one may
//	     404  no_feed: there is no such feed, it isn't yours, or the link is not
//	          its own: which of these is not told
//	     and what every function answers: see functions/edge
//
// A feed shows what its owner may see as a member of projects at the moment of
// the request: planned, running and completed sprints from 90 days back to a
// year ahead, the scrums of running ones, and open tasks with a due date.
package main

import "github.com/mysingle/mysingle/functions/project"

func main() { project.Serve(newHandler) }
