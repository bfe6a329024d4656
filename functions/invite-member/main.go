// The function invite-member invites somebody into the caller's organization:
// it makes the invitation, with the caller's own rights, and mails the link.
//
//	POST /invite-member {"email": "minji@example.com", "org_role": "member", "language": "ko"}
//	Authorization: Bearer <access token of an owner or admin>
//
//	in        email      whom to invite
//	          org_role   member (if absent) or admin
//	          language   of the mail: ko or en; the organization's if absent
//	out  201  invitation_id, email, org_role, expires_at: never the token, which only the mail has
//	     400  invalid_request, 22023: what is wrong with the input
//	     401  not_signed_in, invalid_token
//	     403  42501: the caller is neither owner nor admin
//	     409  PT409: the person is in the organization already
//	     429  PT429: too many invitations of late
//	     502  mail_failed: the mail wasn't taken. The invitation is withdrawn, unless
//	          it replaces one that was sent before, or the mail may have arrived
//	     503  mail_not_configured: likewise, as there is nowhere to send mails
//	     and what every function answers: see functions/edge
//
// Inviting the same address again sends a new link; the one before is void.
package main

import "github.com/mysingle/mysingle/functions/project"

func main() { project.Serve(newHandler) }
