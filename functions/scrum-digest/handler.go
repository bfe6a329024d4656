package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mysingle/mysingle/bff/sprint"
	"github.com/mysingle/mysingle/bff/supabase"
	"github.com/mysingle/mysingle/functions/delivery"
	"github.com/mysingle/mysingle/functions/edge"
	"github.com/mysingle/mysingle/functions/notify"
	"github.com/mysingle/mysingle/functions/phrase"
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
	mux.Handle("/scrum-digest", edge.Methods{http.MethodPost: (&handler{p, messages}).digest})
	mux.HandleFunc("/", edge.NotFound)
	return mux, nil
}

// digest tells a schedule's call from a person's.
func (h *handler) digest(w http.ResponseWriter, r *http.Request) error {
	if h.project.IsService(r) {
		return h.scheduled(w, r)
	}
	return h.asked(w, r)
}

// due is a scrum whose summary is due.
type due struct {
	DailyScrumID string          `json:"daily_scrum_id"`
	SprintID     string          `json:"sprint_id"`
	ScrumDate    string          `json:"scrum_date"`
	Language     phrase.Language `json:"locale"`
}

const (
	// atOnce is how many summaries are written at a time, and patience after
	// which time no more are begun: what is left comes with the next call.
	atOnce   = 4
	patience = 30 * time.Second
)

// scheduled sends the digests that are due, and writes the summaries. The
// messages come first: they are bounded as they are, and nobody's wait for
// somebody else's summary.
func (h *handler) scheduled(w http.ResponseWriter, r *http.Request) error {
	in, err := delivery.ReadWhen(w, r)
	if err != nil {
		return err
	}
	ctx := context.WithoutCancel(r.Context())
	tally, err := h.messages.Due(ctx, "scrum_digest", in.At, in.OrgID, h.compose)
	if err != nil {
		return project.Answer(err)
	}
	var scrums []due
	if err := h.project.Service(ctx, "scrum_digests_due", map[string]any{"at": in.At, "org_id": in.OrgID}, &scrums); err != nil {
		return project.Answer(err)
	}
	var written atomic.Int32
	began := time.Now()
	for some := range slices.Chunk(scrums, atOnce) {
		if time.Since(began) > patience {
			break
		}
		var all sync.WaitGroup
		for _, scrum := range some {
			all.Go(func() {
				// One that fails is due again at the next call.
				if err := h.summarize(ctx, scrum); err != nil {
					slog.Error("a summary could not be written", "daily_scrum", scrum.DailyScrumID, "error", err)
					return
				}
				written.Add(1)
			})
		}
		all.Wait()
	}
	return edge.WriteJSON(w, http.StatusOK, struct {
		Summaries int32 `json:"summaries"`
		delivery.Tally
	}{written.Load(), tally})
}

// summarize writes the summary of a scrum, unless somebody was faster.
func (h *handler) summarize(ctx context.Context, scrum due) (err error) {
	defer func() { // in a goroutine of its own, where it would end everybody's
		if fault := recover(); fault != nil {
			err = fmt.Errorf("panic: %v\n%s", fault, debug.Stack())
		}
	}()
	figures, err := h.figures(ctx, h.project.Service, scrum.SprintID, scrum.ScrumDate)
	if err != nil {
		return err
	}
	return h.project.SetAsService(ctx, "daily_scrums", map[string]string{"summary": summary(scrum.Language, figures)},
		"daily_scrum_id", scrum.DailyScrumID, "summary")
}

// figures are what a digest is made of.
type figures struct {
	Scrum    *sprint.ScrumOfDay `json:"scrum"`
	Burndown *sprint.Burndown   `json:"burndown"`
}

// ask calls a function of the database with somebody's rights.
type ask func(ctx context.Context, function string, args, target any) error

func (h *handler) figures(ctx context.Context, ask ask, sprintID, date string) (figures, error) {
	var f figures
	if err := ask(ctx, "scrum_of_day", map[string]any{"sprint_id": sprintID, "date": date}, &f.Scrum); err != nil {
		return f, err
	}
	if err := ask(ctx, "sprint_burndown", map[string]any{"sprint_id": sprintID}, &f.Burndown); err != nil {
		return f, err
	}
	if f.Scrum == nil || f.Burndown == nil {
		return f, errGone
	}
	return f, nil
}

var errGone = errors.New("the sprint is gone")

// compose writes the digest of a claim.
func (h *handler) compose(ctx context.Context, claim delivery.Claim) (notify.Message, error) {
	figures, err := h.figures(ctx, h.project.Service, claim.SprintID, *claim.ScrumDate)
	if errors.Is(err, errGone) {
		return notify.Message{}, delivery.ErrNothing
	}
	if err != nil {
		return notify.Message{}, err
	}
	m := message(claim.Language, figures)
	if m.Data, err = json.Marshal(figures); err != nil {
		return m, err
	}
	m.Link.URL = h.project.AppURL.String() + "/?sprint=" + claim.SprintID
	return m, nil
}

// scrum is a daily scrum as its project's members see it.
type scrum struct {
	SprintID  string  `json:"sprint_id"`
	ScrumDate string  `json:"scrum_date"`
	Summary   *string `json:"summary"`
}

// asked sums up one scrum for somebody who leads its sprint.
func (h *handler) asked(w http.ResponseWriter, r *http.Request) error {
	who, err := h.project.User(r)
	if err != nil {
		return err
	}
	var in struct {
		DailyScrumID string `json:"daily_scrum_id"`
		Again        bool   `json:"again"`
	}
	if err := edge.ReadJSON(w, r, &in); err != nil {
		return err
	}
	if !edge.IsUUID(in.DailyScrumID) {
		return edge.BadRequest("daily_scrum_id must be the UUID of a daily scrum.")
	}
	ctx := context.WithoutCancel(r.Context())
	text, err := h.ensureSummary(ctx, who, in.DailyScrumID)
	if err != nil {
		return err
	}
	var claims []delivery.Claim
	if err := h.project.Service(ctx, "claim_scrum_digest", map[string]any{"daily_scrum_id": in.DailyScrumID, "again": in.Again}, &claims); err != nil {
		return project.Answer(err)
	}
	return edge.WriteJSON(w, http.StatusOK, struct {
		Summary string `json:"summary"`
		delivery.Tally
	}{text, h.messages.Deliver(ctx, claims, h.compose)})
}

var errNoScrum = &edge.Problem{Status: http.StatusNotFound, Code: "scrum_not_found", Message: "There is no such daily scrum, or you may not see it."}

// ensureSummary returns the scrum's summary. Where it has none, one is written
// as the user; what somebody has written stays. The scrums of a closed sprint
// stay as they are, so that one is returned only.
func (h *handler) ensureSummary(ctx context.Context, who supabase.Identity, id string) (string, error) {
	one, err := h.scrum(ctx, who, id)
	if err != nil {
		return "", err
	}
	var standing *struct {
		Leads    bool            `json:"leads"`
		Language phrase.Language `json:"locale"`
	}
	if err := h.project.As(ctx, who, "sprint_standing", map[string]string{"sprint_id": one.SprintID}, &standing); err != nil {
		return "", project.Answer(err)
	}
	switch {
	case standing == nil:
		return "", errNoScrum // gone meanwhile
	case !standing.Leads:
		return "", &edge.Problem{Status: http.StatusForbidden, Code: "not_allowed", Message: "Digests are sent by managers and scrum masters of the project."}
	case one.Summary != nil:
		return *one.Summary, nil
	}
	asUser := func(ctx context.Context, function string, args, target any) error {
		return h.project.As(ctx, who, function, args, target)
	}
	figures, err := h.figures(ctx, asUser, one.SprintID, one.ScrumDate)
	if err != nil {
		return "", project.Answer(err)
	}
	text := summary(standing.Language, figures)
	var changed []struct {
		ID string `json:"daily_scrum_id"`
	}
	err = h.project.UpdateIfNull(ctx, who, "daily_scrums", map[string]string{"summary": text}, "daily_scrum_id", id, "summary", &changed)
	fault := new(project.Error)
	switch {
	case errors.As(err, &fault) && fault.Status == http.StatusConflict: // the sprint is closed
		return text, nil
	case err != nil:
		return "", project.Answer(err)
	case len(changed) > 0:
		return text, nil
	}
	if one, err = h.scrum(ctx, who, id); err != nil || one.Summary == nil {
		return text, err
	}
	return *one.Summary, nil // somebody was faster
}

// scrum reads a daily scrum as the user.
func (h *handler) scrum(ctx context.Context, who supabase.Identity, id string) (scrum, error) {
	var found []scrum
	if err := h.project.Select(ctx, who, "daily_scrums", "sprint_id,scrum_date,summary", "daily_scrum_id", id, &found); err != nil {
		return scrum{}, project.Answer(err)
	}
	if len(found) == 0 {
		return scrum{}, errNoScrum
	}
	return found[0], nil
}
