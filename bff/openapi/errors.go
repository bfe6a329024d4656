package openapi

import (
	"net/http"
	"strconv"

	"github.com/swaggest/openapi-go/openapi31"

	"github.com/mysingle/mysingle/bff/server"
)

// wrongPriority is what the BFF says of ?priority=urgent.
const wrongPriority = `priority: "urgent" is not one of Low, Medium, High, Urgent`

// faults are the errors that operations name, each with an example of what
// the BFF answers.
var faults = []struct {
	status                    int
	description               string
	code, message             string
	in, name, rule, complaint string // of one fault of the input
}{
	{400, "Something is wrong with the request. All that is wrong is listed.", "invalid_request",
		wrongPriority + ".", "query", "priority", "oneof", wrongPriority},
	{401, "The request has no access token, or one that has expired or isn't valid.", "not_signed_in",
		"Sign in first: this needs an access token.", "", "", "", ""},
	{403, "The token's role, or the request's key, is refused here.", "role_refused",
		"Tokens of this role are refused here.", "", "", "", ""},
	{404, "There is no such thing, or the caller may not see it.", "sprint_not_found",
		"There is no such sprint, or you may not see it.", "", "", "", ""},
	{503, "A part that the BFF can't do without is down.", "not_ready", "Down: rest.", "", "", "", ""},
}

// problem adds the one error body and the answers that have it.
func (b *builder) problem() error {
	schema, err := b.types.schema(server.ErrorBody())
	if err != nil {
		return err
	}
	components := b.spec.ComponentsEns()
	answer := func(description string, example any) openapi31.ResponseOrReference {
		media := openapi31.MediaType{Schema: schema}
		if example != nil {
			media.WithExample(example)
		}
		return openapi31.ResponseOrReference{Response: &openapi31.Response{
			Description: description,
			Content:     map[string]openapi31.MediaType{"application/problem+json": media},
		}}
	}
	for _, fault := range faults {
		example := map[string]any{
			"code": fault.code, "message": fault.message, "details": nil, "hint": nil,
			"type": "about:blank", "title": http.StatusText(fault.status), "status": fault.status,
		}
		if fault.name != "" {
			example["errors"] = []any{map[string]any{"in": fault.in, "name": fault.name, "rule": fault.rule, "message": fault.complaint}}
		}
		components.WithResponsesItem(strconv.Itoa(fault.status), answer(fault.description, example))
	}
	components.WithResponsesItem("Error", answer(
		"Anything else: a limit (408, 413, 414, 429 with Retry-After, 431), a fault here (500), or an upstream that fails (502), is down (503) or too slow (504).", nil))
	ifNoneMatch := openapi31.Parameter{Name: "If-None-Match", In: openapi31.ParameterInHeader, Schema: map[string]any{"type": "string"}}
	ifNoneMatch.WithDescription("The ETag of an answer that the caller still has.")
	components.WithParametersItem("If-None-Match", openapi31.ParameterOrReference{Parameter: &ifNoneMatch})

	upstream, err := b.types.schema(UpstreamError{})
	if err != nil {
		return err
	}
	passed := answer("What Supabase answered (JSON), or why the BFF did not pass the request on (problem).", nil)
	passed.Response.WithContentItem("application/json", openapi31.MediaType{Schema: upstream})
	components.WithResponsesItem("UpstreamError", passed)
	return nil
}

// UpstreamError is an error of Supabase's own, passed through as it came. The
// database's have code, message, details and hint; Auth's have msg and
// error_code.
type UpstreamError struct {
	Code      any     `json:"code,omitempty"`
	Message   *string `json:"message,omitempty"`
	Details   any     `json:"details,omitempty"`
	Hint      any     `json:"hint,omitempty"`
	Msg       *string `json:"msg,omitempty"`
	ErrorCode *string `json:"error_code,omitempty"`
	open
}
