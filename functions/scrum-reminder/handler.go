package main

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/mysingle/mysingle/bff/sprint"
	"github.com/mysingle/mysingle/functions/delivery"
	"github.com/mysingle/mysingle/functions/edge"
	"github.com/mysingle/mysingle/functions/notify"
	"github.com/mysingle/mysingle/functions/project"
)

type handler struct {
	project  *project.Project
	messages *delivery.Deliverer
}

func newHandler(p *project.Project) (http.Handler, error) {
	messages, err := delivery.New(p)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/scrum-reminder", edge.Methods{http.MethodPost: (&handler{p, messages}).remind})
	mux.HandleFunc("/", edge.NotFound)
	return mux, nil
}

// answer is what a call did.
type answer struct {
	Opened int `json:"opened"`
	delivery.Tally
}

func (h *handler) remind(w http.ResponseWriter, r *http.Request) error {
	if err := h.project.RequireService(r); err != nil {
		return err
	}
	in, err := delivery.ReadWhen(w, r)
	if err != nil {
		return err
	}
	// What was begun is finished, whether or not the schedule still waits.
	ctx := context.WithoutCancel(r.Context())
	var opened []json.RawMessage
	if err := h.project.Service(ctx, "open_scrums", map[string]any{"at": in.At, "org_id": in.OrgID}, &opened); err != nil {
		return project.Answer(err)
	}
	tally, err := h.messages.Due(ctx, "scrum_reminder", in.At, in.OrgID, h.compose)
	if err != nil {
		return project.Answer(err)
	}
	return edge.WriteJSON(w, http.StatusOK, answer{len(opened), tally})
}

// compose writes the reminder from the scrum as it stands now.
func (h *handler) compose(ctx context.Context, claim delivery.Claim) (notify.Message, error) {
	var scrum *sprint.ScrumOfDay
	var raw json.RawMessage
	args := map[string]any{"sprint_id": claim.SprintID, "date": claim.ScrumDate}
	if err := h.project.Service(ctx, "scrum_of_day", args, &raw); err != nil {
		return notify.Message{}, err
	}
	if err := json.Unmarshal(raw, &scrum); err != nil {
		return notify.Message{}, err
	}
	if scrum == nil || len(scrum.Missing) == 0 {
		return notify.Message{}, delivery.ErrNothing
	}
	m := message(claim.Language, scrum)
	m.Data = raw
	m.Link.URL = h.project.AppURL.String() + "/?sprint=" + claim.SprintID
	return m, nil
}
