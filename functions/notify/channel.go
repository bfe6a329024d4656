// Package notify sends one message to one channel: to Slack, Discord, Teams, a
// webhook or an e-mail address.
//
// What is sent is plain text of people's own making, so each kind's payload
// is built such that the text can't mention anybody, link anywhere or be
// markup, and keeps within the platform's limits. Where it is sent is of
// people's making too: see target.go for the hosts, address.go and guard.go
// for the addresses behind them.
//
// The package runs natively and as WebAssembly (js/wasm), where requests go
// through fetch.
package notify

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// Kind is the kind of a channel. Its values are the database's.
type Kind string

const (
	Slack   Kind = "slack"
	Discord Kind = "discord"
	Teams   Kind = "teams"
	Webhook Kind = "webhook"
	Email   Kind = "email"
)

// Channel is where a message goes. Whoever knows the target may post there,
// so printing, logging or encoding a Channel shows its kind alone.
type Channel struct {
	Kind          Kind   `json:"kind"`
	Target        string `json:"target"`         // a URL, or an e-mail address
	SigningSecret string `json:"signing_secret"` // of a webhook: whsec_ and base64
}

func (c Channel) String() string { return string(c.Kind) + " channel" }

// GoString is the same as String.
func (c Channel) GoString() string { return c.String() }

// Format prints the same with every verb: %d, for one, would not ask String.
func (c Channel) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue is the channel's kind.
func (c Channel) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalJSON gives the kind alone: slog's JSON handler encodes what it finds
// inside other values. Reading a Channel from JSON reads all of it.
func (c Channel) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Kind Kind `json:"kind"`
	}{c.Kind})
}
