package delivery_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mysingle/mysingle/bff/supabasetest"
	"github.com/mysingle/mysingle/functions/delivery"
	"github.com/mysingle/mysingle/functions/functionstest"
	"github.com/mysingle/mysingle/functions/notify"
)

const event = "scrum_reminder"

// mustScene is a team with an open scrum, and so many channels that are told of
// it.
func mustScene(tb testing.TB, channels int) (team functionstest.Team, receiver *functionstest.Receiver, ids []string) {
	tb.Helper()
	team, receiver = functionstest.MustTeam(tb, 0), functionstest.MustReceive(tb)
	team.Owner.MustDo(tb, "open_daily_scrums", map[string]any{}, nil)
	for range channels {
		ids = append(ids, team.MustChannel(tb, "slack", receiver.Target, event))
	}
	return team, receiver, ids
}

func mustDeliverer(tb testing.TB) *delivery.Deliverer {
	tb.Helper()
	d, err := delivery.New(functionstest.MustProject(tb, nil))
	if err != nil {
		tb.Fatalf("delivery.New: %v", err)
	}
	return d
}

// TestComposedOnce writes a message once for all of its channels, more of them
// than are sent at a time.
func TestComposedOnce(t *testing.T) {
	t.Parallel()
	team, receiver, _ := mustScene(t, 21)
	var composed atomic.Int32
	tally, err := mustDeliverer(t).Due(t.Context(), event, nil, &team.OrgID, func(context.Context, delivery.Claim) (notify.Message, error) {
		composed.Add(1)
		return notify.Message{Title: "x"}, nil
	})
	if err != nil || tally != (delivery.Tally{Sent: 21}) || composed.Load() != 1 || len(receiver.Got()) != 21 {
		t.Errorf("the delivery: got %+v (%v), composed %d times, %d messages, want 21 sent, composed once, 21 messages",
			tally, err, composed.Load(), len(receiver.Got()))
	}
}

// TestPanics makes a panic the failure of one message.
func TestPanics(t *testing.T) {
	t.Parallel()
	team, receiver, ids := mustScene(t, 3)
	tally, err := mustDeliverer(t).Due(t.Context(), event, nil, &team.OrgID, func(context.Context, delivery.Claim) (notify.Message, error) {
		panic("on purpose")
	})
	if err != nil || tally != (delivery.Tally{Failed: 3}) || len(receiver.Got()) != 0 {
		t.Fatalf("the delivery: got %+v (%v) and %d messages, want 3 failed and none",
			tally, err, len(receiver.Got()))
	}
	panicked := 0
	for _, id := range ids {
		log := team.MustLog(t, id)
		if len(log) != 1 || log[0].Status != "failed" {
			t.Errorf("the log of channel %s: got %+v, want one failed entry", id, log)
		} else if *log[0].LastError == "panicked" {
			panicked++
		}
	}
	if panicked == 0 {
		t.Errorf("entries with the error panicked: got %d, want at least 1", panicked)
	}
}

// TestChannelGoesMeanwhile sends to a channel that is deleted before the word of
// it is written down.
func TestChannelGoesMeanwhile(t *testing.T) {
	t.Parallel()
	team, receiver, ids := mustScene(t, 1)
	receiver.Answer(func(w http.ResponseWriter, _ *http.Request) {
		supabasetest.MustExec(t, `delete from public.notification_channels where channel_id = $1`, ids[0])
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // a claim that waits for the deletion never ends
	defer cancel()
	tally, err := mustDeliverer(t).Due(ctx, event, nil, &team.OrgID, func(context.Context, delivery.Claim) (notify.Message, error) {
		return notify.Message{Title: "x"}, nil
	})
	if want := (delivery.Tally{Sent: 1}); err != nil || tally != want {
		t.Errorf("the delivery: got %+v (%v), want %+v", tally, err, want)
	}
}

// TestNothingToSay gives up what has become pointless.
func TestNothingToSay(t *testing.T) {
	t.Parallel()
	team, receiver, ids := mustScene(t, 1)
	tally, err := mustDeliverer(t).Due(t.Context(), event, nil, &team.OrgID, func(context.Context, delivery.Claim) (notify.Message, error) {
		return notify.Message{}, delivery.ErrNothing
	})
	if log := team.MustLog(t, ids[0]); err != nil || tally != (delivery.Tally{GivenUp: 1}) || len(receiver.Got()) != 0 || *log[0].LastError != "nothing_to_say" {
		t.Errorf("the delivery: got %+v (%v), %d messages, the log %+v, want 1 given up, none, nothing_to_say",
			tally, err, len(receiver.Got()), log)
	}
}

// TestClaimExpiresMeanwhile sends nothing that was composed for longer than its
// claim holds: whoever it was for may have left since.
func TestClaimExpiresMeanwhile(t *testing.T) {
	t.Parallel()
	for name, deliver := range map[string]func(*delivery.Deliverer, functionstest.Team, delivery.Compose) (delivery.Tally, error){
		"due": func(d *delivery.Deliverer, team functionstest.Team, compose delivery.Compose) (delivery.Tally, error) {
			return d.Due(t.Context(), event, nil, &team.OrgID, compose)
		},
		"on demand": func(d *delivery.Deliverer, team functionstest.Team, compose delivery.Compose) (delivery.Tally, error) {
			var claims []delivery.Claim
			args := map[string]any{"event": event, "org_id": team.OrgID}
			err := d.Project.Service(t.Context(), "claim_notifications", args, &claims)
			return d.Deliver(t.Context(), claims, compose), err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			team, receiver, ids := mustScene(t, 1)
			d := mustDeliverer(t)
			var passed atomic.Int64
			d.Now = func() time.Time { return time.Unix(passed.Load(), 0) }
			tally, err := deliver(d, team, func(context.Context, delivery.Claim) (notify.Message, error) {
				passed.Add(4 * 60)
				return notify.Message{Title: "x"}, nil
			})
			if log := team.MustLog(t, ids[0]); err != nil || tally != (delivery.Tally{Failed: 1}) || len(receiver.Got()) != 0 ||
				len(log) != 1 || log[0].Status != "failed" || *log[0].LastError != "claim_expired" {
				t.Errorf("the delivery: got %+v (%v), %d messages, the log %+v, want 1 failed, none, claim_expired",
					tally, err, len(receiver.Got()), log)
			}
		})
	}
}

// TestTargetLeaves sends nothing to a colleague who has left, and the log that
// the owner reads says why.
func TestTargetLeaves(t *testing.T) {
	t.Parallel()
	team, receiver, _ := mustScene(t, 1)
	leaver := team.Owner.MustColleague(t, team.ProjectID, "member")
	mail := team.MustChannel(t, "email", leaver.Email, event)
	leaver.MustDo(t, "delete_my_account", map[string]any{}, nil)
	tally, err := mustDeliverer(t).Due(t.Context(), event, nil, &team.OrgID, func(context.Context, delivery.Claim) (notify.Message, error) {
		return notify.Message{Title: "x"}, nil
	})
	log := team.MustLog(t, mail)
	if err != nil || tally != (delivery.Tally{Sent: 1}) || len(receiver.Got()) != 1 {
		t.Errorf("the delivery: got %+v (%v) and %d messages, want the one of the other channel", tally, err, len(receiver.Got()))
	}
	if len(log) != 1 || log[0].Status != "given up" || log[0].LastError == nil || *log[0].LastError != "target_left" {
		t.Errorf("the log of the leaver's channel: got %+v, want it given up as target_left", log)
	}
}
