package server

import (
	"net/http"
	"strconv"

	"github.com/mysingle/mysingle/bff/supabase"
)

// describeAuth is for what Auth refuses. Its codes pass, so that a web app can
// tell them apart as it would with Supabase's own client; the sentence is
// ours, in the caller's language.
func describeAuth(e *supabase.AuthError) (problem, bool) {
	// Without a code of Auth's it is the gateway, refusing the BFF's own key.
	if e.Status >= 500 || e.Code == "" {
		return problem{Status: http.StatusBadGateway, Code: "upstream_failed", Message: "Auth failed to answer."}, true
	}
	p := authProblem(e.Code)
	if e.Status == http.StatusTooManyRequests {
		p = problem{Message: "Too many tries. Wait a moment before the next one.", wait: "60"}
		if seconds, err := strconv.Atoi(e.RetryAfter); err == nil && seconds > 0 {
			p.wait = strconv.Itoa(seconds)
		}
	}
	p.Status, p.Code = e.Status, e.Code
	return p, false
}

// authProblem is what to say about one of Auth's codes: where a field is to
// blame, it is said of the field.
func authProblem(code string) problem {
	switch code {
	case "invalid_credentials":
		return problem{Message: "The e-mail address or the password is wrong."}
	case "email_not_confirmed":
		return problem{Message: "Confirm your e-mail address first: a message has been sent to it."}
	case "user_already_exists", "email_exists":
		return problem{Message: "There is an account with this e-mail address already."}
	case "signup_disabled", "email_provider_disabled":
		return problem{Message: "Nobody can sign up here at the moment."}
	case "weak_password":
		return problem{Errors: []fieldError{bodyFault("password", "weak", "%s is too weak: take a longer one, or one with more kinds of characters", "password")}}
	case "same_password":
		return problem{Errors: []fieldError{bodyFault("password", "same", "%s is the old one: take another one", "password")}}
	case "otp_expired":
		return problem{Message: "The code or link is wrong or has expired. Ask for a new one."}
	case "reauthentication_needed", "reauthentication_not_valid":
		return problem{Message: "To be sure that it is you, the code is needed that was sent by e-mail."}
	case "user_banned":
		return problem{Message: "This account is blocked."}
	case "email_address_invalid", "email_address_not_authorized":
		return problem{Message: "Messages can't be sent to this e-mail address."}
	case "validation_failed":
		return problem{Message: "Auth does not accept this input."}
	case "flow_state_not_found", "flow_state_expired", "flow_state_already_used", "bad_code_verifier":
		return problem{Message: "The sign-in took too long or was finished already. Begin again."}
	}
	return problem{Message: "Auth refused this."}
}
