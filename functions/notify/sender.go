package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Options are what a Sender has to know. All may be left out; then it sends to
// Slack, Discord and Teams alone. Printing or logging Options shows none.
type Options struct {
	// WebhookHosts are those that webhooks may be at: hooks.example.com,
	// *.example.com for all below it, with :8443 for a port other than 443.
	WebhookHosts []string
	// Local is for the stack on a developer's machine: every kind may be on
	// this machine, by http too. Nothing else that is private may be.
	Local bool
	// MailURL is where a mail API of Resend's shape is (https://api.resend.com),
	// MailKey its key, MailFrom the sender: "MySingle <scrum@example.com>".
	// All three or none.
	MailURL, MailKey, MailFrom string
	// Console gets the mails when Local and there is no mail API.
	Console func(Mail)
	// Timeout is how long a message may take, 10 s if zero.
	Timeout time.Duration
}

// Format prints no option: one is a key.
func (o Options) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "notify.Options") }

// MarshalJSON encodes no option.
func (o Options) MarshalJSON() ([]byte, error) { return []byte(`"notify.Options"`), nil }

const (
	defaultTimeout = 10 * time.Second
	// answerSize is how much of an answer is read, in bytes: what there is to
	// learn of a failure, and enough to use the connection again.
	answerSize = 4 << 10
	// answerTime is how long an answer's body may take. Whether the message
	// was taken is known by then.
	answerTime = time.Second
	agent      = "MySingle (+https://github.com/mysingle/mysingle)"
)

// Sender sends messages. It is safe for concurrent use.
type Sender struct {
	hosts    []hostRule
	local    bool
	mail     *mailAPI // nil when there is none
	console  func(Mail)
	timeout  time.Duration
	public   *guard
	loopback *guard
}

type mailAPI struct {
	url       *url.URL
	loopback  bool
	key, from string
}

// Format prints no more than the type's name: the mail API's key is inside.
func (s *Sender) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "notify.Sender") }

// New returns a Sender, or an error that tells all options that can't be used.
func New(o Options) (*Sender, error) {
	s := &Sender{local: o.Local, timeout: o.Timeout, public: newGuard(publicAddress, o.Local), loopback: newGuard(loopbackAddress, o.Local)}
	if s.timeout <= 0 {
		s.timeout = defaultTimeout
	}
	if o.Local {
		s.console = o.Console
	}
	var faults []error
	for _, text := range o.WebhookHosts {
		rule, err := newHostRule(text)
		if err != nil {
			faults = append(faults, fmt.Errorf("webhook hosts: %w", err))
		}
		s.hosts = append(s.hosts, rule)
	}
	if o.MailURL != "" || o.MailKey != "" || o.MailFrom != "" {
		mail, err := newMailAPI(o)
		if err != nil {
			faults = append(faults, err)
		}
		s.mail = mail
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return s, nil
}

func newMailAPI(o Options) (*mailAPI, error) {
	u, err := readTarget(strings.TrimRight(o.MailURL, "/") + "/emails")
	if err != nil || u.RawQuery != "" {
		return nil, errors.New("the mail API's URL is none such as https://api.resend.com")
	}
	loopback := o.Local && thisMachine(u.Hostname())
	if u.Scheme != "https" && !loopback {
		return nil, errors.New("the mail API's URL is not https")
	}
	if !printable(o.MailKey) || strings.Contains(o.MailKey, " ") || o.MailFrom == "" {
		return nil, errors.New("the mail API has a URL, but no key, or no sender")
	}
	return &mailAPI{u, loopback, o.MailKey, o.MailFrom}, nil
}

// Send sends the message to the channel, and returns nil or a *Failure. It
// takes no longer than the timeout, whatever the receiver does.
func (s *Sender) Send(ctx context.Context, c Channel, m Message) error {
	if !idempotencyKey(m.ID) || oneLine(m.Title) == "" {
		return permanent("bad_message", errors.New("the message's ID or title is missing or unusable"))
	}
	if c.Kind == Email {
		return s.Mail(ctx, m.mail(c.Target))
	}
	var body []byte
	var err error
	now := time.Now()
	switch c.Kind {
	case Slack:
		body, err = m.slack()
	case Discord:
		body, err = m.discord()
	case Teams:
		body, err = m.teams()
	case Webhook:
		body, err = m.webhook(now)
	default:
		return permanent("bad_kind", errors.New("there is no such kind of channel"))
	}
	if err != nil {
		return permanent("bad_message", errors.New("the message can't be put into JSON"))
	}
	to, loopback, failure := s.target(c.Kind, c.Target)
	if failure != nil {
		return failure
	}
	header := http.Header{}
	switch c.Kind {
	case Webhook:
		if header, err = sign(c.SigningSecret, m.ID, now, body); err != nil {
			return permanent("bad_secret", err)
		}
	case Discord:
		// Without it Discord answers before it has looked at the message.
		query := to.Query()
		query.Set("wait", "true")
		to.RawQuery = query.Encode()
	}
	return s.post(ctx, c.Kind, to, loopback, header, body)
}

// post sends the body and returns nil or a *Failure.
func (s *Sender) post(ctx context.Context, kind Kind, to *url.URL, loopback bool, header http.Header, body []byte) error {
	caller := ctx
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), bytes.NewReader(body))
	if err != nil {
		return permanent("bad_target", errTarget)
	}
	req.Header = header
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", agent)
	guard := s.public
	if loopback {
		guard = s.loopback
	}
	resp, err := guard.RoundTrip(req)
	if err != nil {
		return unanswered(caller, err)
	}
	defer resp.Body.Close()
	patience := time.AfterFunc(answerTime, cancel)
	defer patience.Stop()
	// One that breaks off is as good as what came of it.
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, answerSize))
	if failure := answered(kind, resp.StatusCode, resp.Header, answer); failure != nil {
		return failure
	}
	return nil
}

// idempotencyKey reports whether the text can be a header, and part of what a
// webhook signs: without a full stop, as Standard Webhooks asks.
func idempotencyKey(text string) bool {
	for _, c := range []byte(text) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && strings.IndexByte("-_:/", c) < 0 {
			return false
		}
	}
	return text != "" && len(text) <= 256
}

// printable reports whether the text is of visible ASCII characters and spaces,
// at least one.
func printable(text string) bool {
	for _, c := range []byte(text) {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return text != ""
}
