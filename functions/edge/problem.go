package edge

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// Problem is the error body of every function, the same as the BFF's:
// PostgREST's members, so that Supabase clients can read it, beside those of
// RFC 9457.
type Problem struct {
	Status  int    `json:"status"`
	Code    string `json:"code"`    // stable, for programs
	Message string `json:"message"` // a sentence, for people
	Details string `json:"-"`
	Hint    string `json:"-"`
	// RetryAfter is in seconds, for 429 and 503; 0 sends none.
	RetryAfter int `json:"-"`
	// Allow names the methods that a 405 should tell.
	Allow string `json:"-"`
}

func (p *Problem) Error() string { return strconv.Itoa(p.Status) + " " + p.Code + ": " + p.Message }

// BadRequest is a problem with the input; the message names what was wrong.
func BadRequest(message string) *Problem {
	return &Problem{Status: http.StatusBadRequest, Code: "invalid_request", Message: message}
}

// Write answers with the problem.
func (p *Problem) Write(w http.ResponseWriter) {
	orNull := func(text string) any {
		if text == "" {
			return nil
		}
		return text
	}
	body, err := json.Marshal(map[string]any{
		"code": p.Code, "message": p.Message, "details": orNull(p.Details), "hint": orNull(p.Hint),
		"type": "about:blank", "title": http.StatusText(p.Status), "status": p.Status,
	})
	if err != nil {
		panic(err) // texts and a number always have a JSON
	}
	header := w.Header()
	header.Set("Content-Type", "application/problem+json")
	header.Set("Access-Control-Allow-Origin", "*") // or pages could not read what is wrong
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	if p.Status == http.StatusUnauthorized {
		header.Set("WWW-Authenticate", `Bearer realm="mysingle"`)
	}
	if p.RetryAfter > 0 {
		header.Set("Retry-After", strconv.Itoa(p.RetryAfter))
	}
	if p.Allow != "" {
		header.Set("Allow", p.Allow)
	}
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(body, '\n')) // who has left needs no answer
}

// answerPanic is what becomes of a panic.
func answerPanic(w http.ResponseWriter) {
	(&Problem{Status: 500, Code: "internal", Message: "Something went wrong here. It has been logged."}).Write(w)
}
