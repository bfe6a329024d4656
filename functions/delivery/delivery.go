// Package delivery brings messages to channels, each once: the database says
// what is due and keeps book (notification_log), and a message that fails is
// tried again at a later call. One channel's failure is nothing to the others.
package delivery

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/mysingle/mysingle/functions/notify"
	"github.com/mysingle/mysingle/functions/phrase"
	"github.com/mysingle/mysingle/functions/project"
)

const (
	// batch is how many messages are claimed, and on their way, at a time: a
	// function that is ended in the middle has no more than these unsettled.
	batch = 8
	// lease is how long after its claim a message may be sent. The claim holds for
	// five minutes: what is left of them is longer than sending takes. Whoever a
	// message is for may leave meanwhile, and is sent nothing afterwards.
	lease = 4 * time.Minute
	// most is how many messages a call sends, and enough the time after which it
	// claims no more: a call has two seconds of processor time in all. Fifty
	// reports of 300 tasks took 0.8 s, and 1.6 s in an instance that had just
	// begun. What is left comes with the next call.
	most   = 40
	enough = 45 * time.Second
)

// Claim is one message that is to be sent by whoever holds it.
type Claim struct {
	LogID   string `json:"log_id"`
	Attempt int    `json:"attempt"`
	notify.Channel
	Event       string          `json:"event"`
	Subject     string          `json:"subject"` // a daily scrum's or a sprint's id
	SprintID    string          `json:"sprint_id"`
	ScrumDate   *string         `json:"scrum_date"`
	Language    phrase.Language `json:"locale"`
	ProjectName string          `json:"project_name"`
	SprintName  string          `json:"sprint_name"`
}

// Tally is what became of the messages of a call.
type Tally struct {
	Sent int `json:"sent"`
	// Failed are to be tried again, GivenUp are not.
	Failed  int `json:"failed"`
	GivenUp int `json:"given_up"`
}

func (t *Tally) count(status string) {
	switch status {
	case "sent":
		t.Sent++
	case "given up":
		t.GivenUp++
	default:
		t.Failed++
	}
}

func (t *Tally) add(more Tally) {
	t.Sent, t.Failed, t.GivenUp = t.Sent+more.Sent, t.Failed+more.Failed, t.GivenUp+more.GivenUp
}

// Compose writes the message of a claim, but for its ID and its event. ErrNothing
// tells that there is nothing to say any more.
type Compose func(context.Context, Claim) (notify.Message, error)

// ErrNothing is a message that has become pointless.
var ErrNothing = errors.New("there is nothing to say any more")

// Deliverer sends what is due.
type Deliverer struct {
	Project *project.Project
	Sender  *notify.Sender
	// Now is the clock that claims expire by.
	Now func() time.Time
}

// New returns a Deliverer for the project.
func New(p *project.Project) (*Deliverer, error) {
	sender, err := p.NewSender()
	if err != nil {
		return nil, err
	}
	return &Deliverer{p, sender, time.Now}, nil
}

// Due sends what is due of an event, in each organization's own time, at the
// moment (now if empty) and in the organization (all if empty).
func (d *Deliverer) Due(ctx context.Context, event string, at, org *string, compose Compose) (Tally, error) {
	var sum Tally
	compose = once(compose)
	for began, claimed := time.Now(), 0; claimed < most && time.Since(began) < enough; {
		var claims []Claim
		expires := d.Now().Add(lease)
		args := map[string]any{"event": event, "at": at, "org_id": org, "batch": batch}
		if err := d.Project.Service(ctx, "claim_notifications", args, &claims); err != nil {
			return sum, err
		}
		sum.add(d.deliver(ctx, claims, expires, compose))
		if claimed += len(claims); len(claims) < batch {
			break
		}
	}
	return sum, nil
}

// Deliver sends the messages of claims that were made just now, side by side.
func (d *Deliverer) Deliver(ctx context.Context, claims []Claim, compose Compose) Tally {
	var sum Tally
	expires := d.Now().Add(lease)
	compose = once(compose)
	for some := range slices.Chunk(claims, batch) {
		sum.add(d.deliver(ctx, some, expires, compose))
	}
	return sum
}

// once makes compose write each message one time, for all of its channels.
func once(compose Compose) Compose {
	type key struct {
		subject  string
		language phrase.Language
	}
	type message struct {
		once sync.Once
		m    notify.Message
		err  error
	}
	var written sync.Map // key: *message
	return func(ctx context.Context, claim Claim) (notify.Message, error) {
		one, _ := written.LoadOrStore(key{claim.Subject, claim.Language}, &message{err: errPanicked})
		m := one.(*message)
		m.once.Do(func() { m.m, m.err = compose(ctx, claim) })
		return m.m, m.err
	}
}

// errPanicked is what is left of a message whose composition panicked.
var errPanicked = errors.New("composing it panicked")

func (d *Deliverer) deliver(ctx context.Context, claims []Claim, expires time.Time, compose Compose) Tally {
	var mu sync.Mutex
	var tally Tally
	var all sync.WaitGroup
	for _, claim := range claims {
		all.Go(func() {
			status := d.settle(ctx, claim, d.guarded(ctx, claim, expires, compose))
			mu.Lock()
			defer mu.Unlock()
			tally.count(status)
		})
	}
	all.Wait()
	return tally
}

// guarded is send, and makes a panic a failure: it is in a goroutine of its own,
// where it would end everybody else's requests too.
func (d *Deliverer) guarded(ctx context.Context, claim Claim, expires time.Time, compose Compose) (failure *notify.Failure) {
	defer func() {
		if fault := recover(); fault != nil {
			slog.Error("panic", "event", claim.Event, "subject", claim.Subject, "fault", fault, "stack", string(debug.Stack()))
			failure = &notify.Failure{Code: "panicked"}
		}
	}()
	return d.send(ctx, claim, expires, compose)
}

// send sends one message, unless its claim expires first.
func (d *Deliverer) send(ctx context.Context, claim Claim, expires time.Time, compose Compose) *notify.Failure {
	message, err := compose(ctx, claim)
	if errors.Is(err, ErrNothing) {
		return &notify.Failure{Code: "nothing_to_say", Permanent: true}
	}
	if err != nil {
		slog.Error("a message could not be written", "event", claim.Event, "subject", claim.Subject, "error", err)
		return &notify.Failure{Code: "not_composed"}
	}
	if !d.Now().Before(expires) {
		return &notify.Failure{Code: "claim_expired"}
	}
	message.ID, message.Event, message.Language = claim.LogID, claim.Event, string(claim.Language)
	err = d.Sender.Send(ctx, claim.Channel, message)
	if err == nil {
		return nil
	}
	failure := new(notify.Failure)
	if !errors.As(err, &failure) {
		failure = &notify.Failure{Code: "failed"}
	}
	return failure
}

// settle writes down what became of a message, and returns its status in the
// log. Where even that fails the claim runs out, and the message is sent again:
// twice is better than never, and receivers that look at its ID know. What the
// database refuses is final: the channel is gone, or the claim had run out and
// is somebody else's, or an earlier word of ours arrived after all.
func (d *Deliverer) settle(ctx context.Context, claim Claim, failure *notify.Failure) (status string) {
	args := map[string]any{"log_id": claim.LogID, "attempt": claim.Attempt}
	became := "sent"
	if failure != nil {
		became = "failed"
		slog.Warn("a message was not sent", "event", claim.Event, "subject", claim.Subject, "log", claim.LogID,
			"channel", claim.Channel, "attempt", claim.Attempt, "reason", failure.Code, "permanent", failure.Permanent)
		args["error"], args["permanent"] = failure.Code, failure.Permanent
		if failure.RetryAfter > 0 {
			args["retry_after_seconds"] = int(failure.RetryAfter.Seconds()) + 1
		}
	}
	var err error
	for attempt := range 3 {
		time.Sleep(time.Duration(attempt) * 200 * time.Millisecond)
		if err = d.Project.Service(ctx, "settle_notification", args, &status); err == nil {
			return status
		}
		if errors.As(err, new(*project.Error)) {
			break
		}
	}
	slog.Error("a message's end could not be written down", "log", claim.LogID, "became", became, "error", err)
	return became
}
