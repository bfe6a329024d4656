package main

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/mysingle/mysingle/bff/sprint"
	"github.com/mysingle/mysingle/bff/supabase"
	"github.com/mysingle/mysingle/functions/delivery"
	"github.com/mysingle/mysingle/functions/edge"
	"github.com/mysingle/mysingle/functions/link"
	"github.com/mysingle/mysingle/functions/notify"
	"github.com/mysingle/mysingle/functions/phrase"
	"github.com/mysingle/mysingle/functions/project"
)

type handler struct {
	project  *project.Project
	messages *delivery.Deliverer
	signer   *link.Signer
	pictures pictures
}

func newHandler(p *project.Project) (http.Handler, error) {
	messages, err := delivery.New(p)
	if err != nil {
		return nil, err
	}
	signer, err := link.NewSigner(p.SigningKeys, "report picture")
	if err != nil {
		return nil, err
	}
	h := &handler{project: p, messages: messages, signer: signer}
	mux := http.NewServeMux()
	mux.Handle("/sprint-report", edge.Methods{http.MethodPost: h.post})
	mux.Handle("/sprint-report/{name}", edge.Methods{http.MethodGet: h.get})
	mux.HandleFunc("/", edge.NotFound)
	return mux, nil
}

// call is what may be posted: of a webhook's members, a schedule's or a
// person's, one kind at a time.
type call struct {
	delivery.When
	Type      *string         `json:"type"`
	Table     *string         `json:"table"`
	Schema    *string         `json:"schema"`
	Record    json.RawMessage `json:"record"` // whichever columns there are
	OldRecord json.RawMessage `json:"old_record"`
	SprintID  *string         `json:"sprint_id"`
	Again     bool            `json:"again"`
}

// post tells the callers apart.
func (h *handler) post(w http.ResponseWriter, r *http.Request) error {
	service := h.project.IsService(r)
	if !service && r.Header.Get("Authorization") == "" {
		return h.project.RequireService(r)
	}
	if !service {
		return h.asked(w, r)
	}
	var in call
	if err := edge.ReadJSON(w, r, &in); err != nil {
		return err
	}
	switch {
	case in.Type != nil || in.Table != nil || in.Record != nil:
		return h.completed(w, r, in)
	case in.SprintID != nil:
		return edge.BadRequest("sprint_id is for people: a webhook names it in its record.")
	}
	if err := in.Check(); err != nil {
		return err
	}
	tally, err := h.messages.Due(context.WithoutCancel(r.Context()), "sprint_report", in.At, in.OrgID, h.compose)
	if err != nil {
		return project.Answer(err)
	}
	return edge.WriteJSON(w, http.StatusOK, tally)
}

// completed is for the database's word that a sprint was completed.
func (h *handler) completed(w http.ResponseWriter, r *http.Request, in call) error {
	if in.Type == nil || *in.Type != "UPDATE" || in.Table == nil || *in.Table != "sprints" {
		return &edge.Problem{Status: http.StatusBadRequest, Code: "unknown_event", Message: "Nothing is done here but for an UPDATE of the table sprints."}
	}
	var record struct {
		SprintID string `json:"sprint_id"`
	}
	if err := json.Unmarshal(in.Record, &record); err != nil || !edge.IsUUID(record.SprintID) {
		return edge.BadRequest("record.sprint_id must be the UUID of a sprint.")
	}
	ctx := context.WithoutCancel(r.Context())
	tally, err := h.send(ctx, record.SprintID, false)
	if err != nil {
		return project.Answer(err)
	}
	return edge.WriteJSON(w, http.StatusOK, tally)
}

// send sends the report of a sprint to the channels that haven't got it, or to
// all of them.
func (h *handler) send(ctx context.Context, sprintID string, again bool) (delivery.Tally, error) {
	var claims []delivery.Claim
	if err := h.project.Service(ctx, "claim_sprint_report", map[string]any{"sprint_id": sprintID, "again": again}, &claims); err != nil {
		return delivery.Tally{}, err
	}
	return h.messages.Deliver(ctx, claims, h.compose), nil
}

// asked sends a report for somebody who leads the sprint.
func (h *handler) asked(w http.ResponseWriter, r *http.Request) error {
	who, err := h.project.User(r)
	if err != nil {
		return err
	}
	var in call
	if err := edge.ReadJSON(w, r, &in); err != nil {
		return err
	}
	if in.SprintID == nil || !edge.IsUUID(*in.SprintID) {
		return edge.BadRequest("sprint_id must be the UUID of a sprint.")
	}
	ctx := context.WithoutCancel(r.Context())
	report, caller, err := h.read(ctx, who, *in.SprintID)
	switch {
	case err != nil:
		return err
	case !caller.Leads:
		return &edge.Problem{Status: http.StatusForbidden, Code: "not_allowed", Message: "Reports are sent by managers and scrum masters of the project."}
	case !report.Final || report.Sprint.Status != "Completed":
		return &edge.Problem{Status: http.StatusConflict, Code: "not_completed", Message: "The sprint is not completed: there is no report to send yet."}
	}
	tally, err := h.send(ctx, *in.SprintID, in.Again)
	if err != nil {
		return project.Answer(err)
	}
	return edge.WriteJSON(w, http.StatusOK, struct {
		Markdown string `json:"markdown"`
		Picture  string `json:"picture"`
		delivery.Tally
	}{markdown(caller.Language, report), h.picture(*in.SprintID, caller.Language), tally})
}

var errNoSprint = &edge.Problem{Status: http.StatusNotFound, Code: "sprint_not_found", Message: "There is no such sprint, or you may not see it."}

// standing is what a report's reader is to the sprint.
type standing struct {
	Leads    bool            `json:"leads"`
	Language phrase.Language `json:"locale"` // the organization's
}

// read reads a report with the user's own rights.
func (h *handler) read(ctx context.Context, who supabase.Identity, sprintID string) (*sprint.Report, standing, error) {
	var caller *standing
	if err := h.project.As(ctx, who, "sprint_standing", map[string]string{"sprint_id": sprintID}, &caller); err != nil {
		return nil, standing{}, project.Answer(err)
	}
	if caller == nil {
		return nil, standing{}, errNoSprint
	}
	var report *sprint.Report
	if err := h.project.As(ctx, who, "sprint_report", map[string]string{"sprint_id": sprintID}, &report); err != nil {
		return nil, standing{}, project.Answer(err)
	}
	if report == nil { // deleted meanwhile
		return nil, standing{}, errNoSprint
	}
	return report, *caller, nil
}

// compose writes the report's message.
func (h *handler) compose(ctx context.Context, claim delivery.Claim) (notify.Message, error) {
	var raw json.RawMessage
	if err := h.project.Service(ctx, "sprint_report", map[string]any{"sprint_id": claim.SprintID}, &raw); err != nil {
		return notify.Message{}, err
	}
	var report *sprint.Report
	if err := json.Unmarshal(raw, &report); err != nil {
		return notify.Message{}, err
	}
	if report == nil {
		return notify.Message{}, delivery.ErrNothing
	}
	m := message(claim.Language, report)
	m.Data = raw
	m.Link.URL = h.project.AppURL.String() + "/?sprint=" + claim.SprintID
	m.Picture.URL = h.picture(claim.SprintID, claim.Language)
	return m, nil
}

// get gives the report as Markdown, or its picture to whoever has the link.
func (h *handler) get(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	if id, language, ok := h.signed(name); ok {
		return h.draw(w, r, id, language)
	}
	if !edge.IsUUID(name) {
		return errNoPicture
	}
	who, err := h.project.User(r)
	if err != nil {
		return err
	}
	report, caller, err := h.read(r.Context(), who, name)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/markdown; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, err = w.Write([]byte(markdown(caller.Language, report)))
	return err
}
