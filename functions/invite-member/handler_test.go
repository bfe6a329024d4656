package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/mysingle/mysingle/bff/supabasetest"
	"github.com/mysingle/mysingle/functions/functionstest"
)

const path = "/invite-member"

// invitations are those of an organization, as its owner sees them.
func invitations(tb testing.TB, owner supabasetest.Person) (rows []struct {
	InvitationID string `json:"invitation_id"`
	Email        string `json:"email"`
	OrgRole      string `json:"org_role"`
}) {
	tb.Helper()
	owner.MustSelect(tb, "invitations", "select=invitation_id,email,org_role", &rows)
	return rows
}

func TestInvite(t *testing.T) {
	t.Parallel()
	for _, target := range functionstest.Both(t, newHandler) {
		t.Run(target.Name, func(t *testing.T) {
			owner := supabasetest.MustSignUp(t)
			email := uuid.NewString() + "@Test.mysingle.test"
			got := target.MustDo(t, functionstest.Request{Path: path, As: owner, Body: map[string]any{"email": " " + email, "org_role": "admin"}})
			var made struct {
				InvitationID string    `json:"invitation_id"`
				Email        string    `json:"email"`
				OrgRole      string    `json:"org_role"`
				ExpiresAt    time.Time `json:"expires_at"`
			}
			if got.Decode(t, &made); got.Status != http.StatusCreated || made.Email != strings.ToLower(email) || made.OrgRole != "admin" || made.ExpiresAt.Before(supabasetest.Now(t).AddDate(0, 0, 6)) {
				t.Fatalf("invite %s as an admin: got status %d (%s), want 201 with both, and six days at least",
					strings.ToLower(email), got.Status, got.Body)
			}
			if strings.Contains(got.Body, "token") {
				t.Errorf("the answer has the token: %s", got.Body)
			}
			rows := invitations(t, owner)
			if len(rows) != 1 || rows[0].InvitationID != made.InvitationID || rows[0].Email != made.Email {
				t.Errorf("invitations: got %+v, want %s to %s alone", rows, made.InvitationID, made.Email)
			}
		})
	}
}

// TestInvitationIsAccepted follows the link that was mailed.
func TestInvitationIsAccepted(t *testing.T) {
	t.Parallel()
	mails := functionstest.MustReceive(t)
	function := functionstest.Native(t, newHandler, map[string]string{
		"FUNCTIONS_MAIL_URL": mails.URL, "FUNCTIONS_MAIL_KEY": "re_test_key", "FUNCTIONS_MAIL_FROM": "MySingle <hello@mysingle.test>",
	})
	owner := supabasetest.MustSignUp(t)
	owner.MustUpdate(t, "profiles", "profile_id=eq."+owner.ID, map[string]any{"first_name": "도현", "last_name": "이"})
	for language, word := range map[string]string{"ko": "이도현 님이", "en": "이도현 invited you"} {
		email := uuid.NewString() + "@test.mysingle.test"
		if got := function.MustDo(t, functionstest.Request{Path: path, As: owner, Body: map[string]any{"email": email, "language": language}}); got.Status != http.StatusCreated {
			t.Fatalf("invite %s in the language %s: got status %d (%s), want 201",
				email, language, got.Status, got.Body)
		}
		all := mails.Got()
		mail := all[len(all)-1]
		var sent struct {
			From, Subject, Text, HTML string
			To                        []string
		}
		if err := json.Unmarshal([]byte(mail.Body), &sent); err != nil {
			t.Fatalf("json.Unmarshal: %v", err)
		}
		if mail.Path != "/emails" || mail.Header.Get("Authorization") != "Bearer re_test_key" || len(sent.To) != 1 || sent.To[0] != email || !strings.Contains(sent.Text, word) {
			t.Errorf("the mail: got path %s, authorization %q, to %v, text %q; want /emails, the API key, %s, %q in it",
				mail.Path, mail.Header.Get("Authorization"), sent.To, sent.Text, email, word)
		}
		link := regexp.MustCompile(regexp.QuoteMeta(os.Getenv("BFF_URL")) + `/#invitation=([0-9a-f]{64})`).FindStringSubmatch(sent.Text)
		if link == nil || !strings.Contains(sent.HTML, link[0]) {
			t.Fatalf("the mail to %s: got no invitation link, or none in its HTML: %s", email, sent.Text)
		}
		guest := supabasetest.MustSignUp(t)
		supabasetest.MustExec(t, `update public.profiles set email = $2 where profile_id = $1`, guest.ID, email)
		guest.MustDo(t, "accept_invitation", map[string]string{"token": link[1]}, nil)
		var people []struct{}
		if owner.MustSelect(t, "profiles", "profile_id=eq."+guest.ID, &people); len(people) != 1 {
			t.Errorf("profiles of the guest that the owner sees: got %d, want 1", len(people))
		}
	}
}

// TestMailInTheLog reads the invitation in the log of the stack's function.
func TestMailInTheLog(t *testing.T) {
	t.Parallel()
	owner, email := supabasetest.MustSignUp(t), uuid.NewString()+"@test.mysingle.test"
	if got := functionstest.Both(t, newHandler)[1].MustDo(t, functionstest.Request{Path: path, As: owner, Body: map[string]any{"email": email}}); got.Status != http.StatusCreated {
		t.Fatalf("invite %s: got status %d (%s), want 201", email, got.Status, got.Body)
	}
	log, err := os.ReadFile(filepath.Join(supabasetest.Env(t, "STACK_LOGS"), "function-invite-member.log"))
	if err != nil || !strings.Contains(string(log), "E-mail to "+email) {
		t.Errorf("the function's log: got no mail to %s (%v): %s", email, err, log)
	}
}

func TestBadInvitations(t *testing.T) {
	t.Parallel()
	owner := supabasetest.MustSignUp(t)
	sprint := owner.MustSprint(t)
	member := owner.MustColleague(t, sprint.ProjectID, "member")
	for _, target := range functionstest.Both(t, newHandler) {
		// The same address isn't invited twice in a minute.
		nowhere := uuid.NewString() + "@-b-.test"
		functionstest.Refuses(t, []functionstest.Target{target}, path, []functionstest.Refusal{
			{Name: "nobody", Request: functionstest.Request{Body: map[string]any{"email": "a@b.test"}}, Status: 401, Code: "not_signed_in"},
			{Name: "a token that is none", Request: functionstest.Request{Body: map[string]any{"email": "a@b.test"}, Header: http.Header{"Authorization": {"Bearer x.y.z"}}}, Status: 401, Code: "invalid_token"},
			{Name: "the service", Request: functionstest.Request{Body: map[string]any{"email": "a@b.test"}, Service: true}, Status: 403, Code: "role_refused"},
			{Name: "a member", Request: functionstest.Request{As: member, Body: map[string]any{"email": "a@b.test"}}, Status: 403, Code: "42501"},
			{Name: "no address", Request: functionstest.Request{As: owner, Body: map[string]any{}}, Status: 400, Code: "invalid_request"},
			{Name: "nothing", Request: functionstest.Request{As: owner}, Status: 400, Code: "invalid_request"},
			{Name: "an address no mail gets to", Request: functionstest.Request{As: owner, Body: map[string]any{"email": nowhere}}, Status: 400, Code: "invalid_request"},
			{Name: "a bad address", Request: functionstest.Request{As: owner, Body: map[string]any{"email": "nobody"}}, Status: 400, Code: "22023"},
			{Name: "an address that is none", Request: functionstest.Request{As: owner, Body: map[string]any{"email": 7}}, Status: 400, Code: "invalid_request"},
			{Name: "an owner", Request: functionstest.Request{As: owner, Body: map[string]any{"email": "a@b.test", "org_role": "owner"}}, Status: 400, Code: "invalid_request"},
			{Name: "a language", Request: functionstest.Request{As: owner, Body: map[string]any{"email": "a@b.test", "language": "fr"}}, Status: 400, Code: "invalid_request"},
			{Name: "who is in", Request: functionstest.Request{As: owner, Body: map[string]any{"email": member.Email}}, Status: 409, Code: "PT409"},
			{Name: "no JSON", Request: functionstest.Request{As: owner, Body: "email=a@b.test"}, Status: 400, Code: "invalid_request"},
			{Name: "no object", Request: functionstest.Request{As: owner, Body: `["a@b.test"]`}, Status: 400, Code: "invalid_request"},
			{Name: "a form", Request: functionstest.Request{As: owner, Body: "email=a@b.test", Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}}, Status: 415, Code: "unsupported_media_type"},
			{Name: "too much", Request: functionstest.Request{As: owner, Body: map[string]any{"email": strings.Repeat("a", 70_000)}}, Status: 413, Code: "body_too_large"},
			{Name: "another method", Request: functionstest.Request{As: owner, Method: http.MethodGet}, Status: 405, Code: "method_not_allowed"},
			{Name: "another path", Request: functionstest.Request{As: owner, Path: path + "/more"}, Status: 404, Code: "no_such_path"},
		})
	}
	if rows := invitations(t, owner); len(rows) != 0 {
		t.Errorf("invitations after refused calls: got %+v, want none", rows)
	}
}

// TestMailFails leaves nobody invited where the mail isn't taken, but for who may
// have got it.
func TestMailFails(t *testing.T) {
	t.Parallel()
	mails := functionstest.MustReceive(t)
	settings := map[string]string{"FUNCTIONS_MAIL_URL": mails.URL, "FUNCTIONS_MAIL_KEY": "re_test_key", "FUNCTIONS_MAIL_FROM": "hello@mysingle.test"}
	function := functionstest.Native(t, newHandler, settings)
	for name, answer := range map[string]func(){
		"refused":    func() { mails.Status(422) },
		"down":       func() { mails.Status(503) },
		"redirected": func() { mails.Status(302, "Location", mails.URL+"/elsewhere") },
		"too many":   func() { mails.Status(429, "Retry-After", "60") },
		"broken":     func() { mails.Answer(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }) },
	} {
		answer()
		owner := supabasetest.MustSignUp(t)
		before := len(mails.Got())
		got := function.MustDo(t, functionstest.Request{Path: path, As: owner, Body: map[string]any{"email": uuid.NewString() + "@test.mysingle.test"}})
		if got.Status != http.StatusBadGateway || got.Code() != "mail_failed" {
			t.Errorf("the mail API is %s: got status %d (%s), want 502 with the code mail_failed",
				name, got.Status, got.Body)
		}
		// A broken connection is tried once more: the mail has an Idempotency-Key.
		if n := len(mails.Got()) - before; n != 1 && (name != "broken" || n != 2) {
			t.Errorf("the mail API is %s: got %d tries, want 1 (or 2 where it is broken)", name, n)
		}
		if rows := invitations(t, owner); len(rows) != 0 && name != "broken" || len(rows) != 1 && name == "broken" {
			t.Errorf("the mail API is %s: got the invitations %+v, want none (or 1 where it is broken)", name, rows)
		}
	}
	// Somebody who was invited before stays so.
	owner, email := supabasetest.MustSignUp(t), uuid.NewString()+"@test.mysingle.test"
	owner.MustDo(t, "create_invitation", map[string]string{"email": email}, nil)
	again := functionstest.Request{Path: path, As: owner, Body: map[string]any{"email": email}}
	if got := function.MustDo(t, again); got.Status != http.StatusTooManyRequests || got.Code() != "PT429" {
		t.Errorf("invite %s again at once: got status %d (%s), want 429 with the code PT429",
			email, got.Status, got.Body)
	}
	supabasetest.MustExec(t, `delete from private.invitations_made where email = $1`, email)
	mails.Status(500)
	got := function.MustDo(t, again)
	if got.Code() != "mail_failed" || !strings.Contains(got.Body, "void") || len(invitations(t, owner)) != 1 {
		t.Errorf("a failed mail to somebody invited before: got status %d (%s), %d invitations, want mail_failed, 1",
			got.Status, got.Body, len(invitations(t, owner)))
	}
	{
		owner := supabasetest.MustSignUp(t)
		function := functionstest.Native(t, newHandler, map[string]string{"FUNCTIONS_LOCAL": ""})
		got := function.MustDo(t, functionstest.Request{Path: path, As: owner, Body: map[string]any{"email": uuid.NewString() + "@test.mysingle.test"}})
		if got.Status != http.StatusServiceUnavailable || got.Code() != "mail_not_configured" || len(invitations(t, owner)) != 0 {
			t.Errorf("without a mail API: got status %d (%s), %d invitations, want 503 mail_not_configured, none",
				got.Status, got.Body, len(invitations(t, owner)))
		}
	}
}
