package notify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// secretChannel has a target and a secret that no output may have.
var secretChannel = Channel{Webhook, "https://hooks.example.com/T000/B000/sesame", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}

// printed is everything that printing and logging make of a value.
func printed(t *testing.T, value any) string {
	t.Helper()
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X", "%t", "%T"} {
		fmt.Fprintf(&out, verb+"\n", value)
	}
	fmt.Fprintln(&out, value, []any{value}, map[string]any{"x": value}, struct{ X any }{value})
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		log := slog.New(handler)
		log.Info("sent", "to", value, "all", []any{value}, "in", struct{ X any }{value})
		log.With("with", value).WithGroup("group").Info("sent", slog.Any("x", value))
	}
	if encoded, err := json.Marshal(value); err == nil {
		out.Write(encoded)
	}
	return out.String()
}

func TestChannelIsNotShown(t *testing.T) {
	for _, value := range []any{secretChannel, &secretChannel, []Channel{secretChannel}, struct{ To Channel }{secretChannel}} {
		text := printed(t, value)
		for _, secret := range []string{"hooks.example.com", "sesame", "MfKQ", "whsec"} {
			if strings.Contains(text, secret) {
				t.Errorf("%T shows %s:\n%s", value, secret, text)
			}
		}
	}
	if secretChannel.String() != "webhook channel" || secretChannel.GoString() != "webhook channel" {
		t.Errorf("the printed channel: got %q and %q, want webhook channel",
			secretChannel.String(), secretChannel.GoString())
	}
}

func TestChannelIsRead(t *testing.T) {
	var c Channel
	row := `{"kind": "webhook", "target": "https://hooks.example.com/T000/B000/sesame", "signing_secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}`
	if err := json.Unmarshal([]byte(row), &c); err != nil || c != secretChannel {
		t.Errorf("the channel of a row: got kind %q and target %q (%v), want kind, target and secret of the row",
			c.Kind, c.Target, err)
	}
}
