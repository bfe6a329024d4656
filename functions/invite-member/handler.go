package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/mysingle/mysingle/bff/supabase"
	"github.com/mysingle/mysingle/functions/edge"
	"github.com/mysingle/mysingle/functions/notify"
	"github.com/mysingle/mysingle/functions/phrase"
	"github.com/mysingle/mysingle/functions/project"
)

type handler struct {
	project *project.Project
	sender  *notify.Sender
}

func newHandler(p *project.Project) (http.Handler, error) {
	sender, err := p.NewSender()
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/invite-member", edge.Methods{http.MethodPost: (&handler{p, sender}).invite})
	mux.HandleFunc("/", edge.NotFound)
	return mux, nil
}

// invitation is what create_invitation returns.
type invitation struct {
	InvitationID string    `json:"invitation_id"`
	Token        string    `json:"token"`
	ExpiresAt    time.Time `json:"expires_at"`
}

// inviter is who invites, and into what.
type inviter struct {
	FullName     *string `json:"full_name"`
	Organization struct {
		Name     string          `json:"org_name"`
		Language phrase.Language `json:"locale"`
	} `json:"organizations"`
}

func (h *handler) invite(w http.ResponseWriter, r *http.Request) error {
	who, err := h.project.User(r)
	if err != nil {
		return err
	}
	in := struct {
		Email    string          `json:"email"`
		OrgRole  string          `json:"org_role"`
		Language phrase.Language `json:"language"`
	}{OrgRole: "member"}
	if err := edge.ReadJSON(w, r, &in); err != nil {
		return err
	}
	in.Email = strings.ToLower(strings.TrimSpace(in.Email)) // as the database has it
	switch {
	case in.Email == "":
		return edge.BadRequest("email is missing: whom to invite.")
	case in.OrgRole != "member" && in.OrgRole != "admin":
		return edge.BadRequest("org_role must be member or admin.")
	case in.Language != "" && in.Language != phrase.Korean && in.Language != phrase.English:
		return edge.BadRequest("language must be ko or en.")
	}
	// What was begun is finished, whether or not the page still waits.
	ctx := context.WithoutCancel(r.Context())
	var by []inviter
	if err := h.project.Select(ctx, who, "profiles", "full_name,organizations(org_name,locale)", "profile_id", who.Subject, &by); err != nil {
		return project.Answer(err)
	}
	if len(by) == 0 {
		return &edge.Problem{Status: http.StatusForbidden, Code: "profile_not_found", Message: "There is no profile of yours."}
	}
	var before []invitation
	if err := h.project.Select(ctx, who, "invitations", "invitation_id,accepted_at", "email", in.Email, &before); err != nil {
		return project.Answer(err)
	}
	var made []invitation
	if err := h.project.As(ctx, who, "create_invitation", map[string]string{"email": in.Email, "org_role": in.OrgRole}, &made); err != nil {
		return project.Answer(err)
	}
	if len(made) != 1 {
		return fmt.Errorf("create_invitation returned %d rows", len(made))
	}
	if in.Language == "" {
		in.Language = by[0].Organization.Language
	}
	if err := h.mail(ctx, in.Email, in.Language, by[0], made[0]); err != nil {
		renewed := slices.ContainsFunc(before, func(one invitation) bool { return one.InvitationID == made[0].InvitationID })
		return h.unmailed(ctx, who, made[0], renewed, err)
	}
	return edge.WriteJSON(w, http.StatusCreated, map[string]any{
		"invitation_id": made[0].InvitationID, "email": in.Email, "org_role": in.OrgRole, "expires_at": made[0].ExpiresAt,
	})
}

// mail sends the link. The token is behind a #, which browsers keep to
// themselves: no server's log ever has it.
func (h *handler) mail(ctx context.Context, to string, language phrase.Language, by inviter, made invitation) error {
	link := h.project.AppURL.String() + "/#invitation=" + made.Token
	return h.sender.Send(ctx, notify.Channel{Kind: notify.Email, Target: to}, message(language, link, by, made))
}

// unmailed is for an invitation whose mail wasn't taken. One that nobody can have
// got is withdrawn; one that was renewed stays, as the person has been invited.
func (h *handler) unmailed(ctx context.Context, who supabase.Identity, made invitation, renewed bool, cause error) error {
	failure := new(notify.Failure)
	if !errors.As(cause, &failure) {
		failure = &notify.Failure{Code: "failed"}
	}
	slog.Error("an invitation could not be mailed", "invitation", made.InvitationID, "reason", failure.Code)
	problem := &edge.Problem{Status: http.StatusBadGateway, Code: "mail_failed", Details: failure.Code}
	switch failure.Code {
	case "already_sent":
		return nil
	case "timeout", "connection_failed", "canceled":
		problem.Message = "The mail may not have been sent: no answer came."
		problem.Hint = "If it doesn't arrive, invite again, which sends a new link."
		return problem
	case "bad_target":
		problem = edge.BadRequest("email is no address that mails can be sent to.")
	case "mail_not_configured":
		problem = &edge.Problem{Status: http.StatusServiceUnavailable, Code: failure.Code, Message: "Nobody was invited: there is nowhere to send mails from.", Hint: "Set FUNCTIONS_MAIL_KEY and FUNCTIONS_MAIL_FROM."}
	default:
		problem.Message = "Nobody was invited: the mail could not be sent. Check the address, or try again later."
	}
	if renewed {
		problem.Message = "The mail could not be sent again, and the link of the one before is void."
		problem.Hint = "Try again later."
		return problem
	}
	var gone []struct {
		ID string `json:"invitation_id"`
	}
	if err := h.project.Delete(ctx, who, "invitations", "invitation_id", made.InvitationID, &gone); err != nil {
		return fmt.Errorf("withdrawing the invitation %s: %w", made.InvitationID, err)
	}
	if len(gone) == 0 {
		slog.Warn("an invitation to withdraw is gone already", "invitation", made.InvitationID)
	}
	return problem
}
