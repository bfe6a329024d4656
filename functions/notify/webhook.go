package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// webhookLimits are for texts alone. The figures come whole or not at all.
var webhookLimits = limits{title: 300, summary: 4000, sections: 100, heading: 300, section: 20_000, line: 1000, total: 40_000}

// webhookSize is what the body may have, in bytes. Standard Webhooks advises
// 20 kB; receivers commonly take 100 kB and more.
const webhookSize = 256 << 10

// webhookBody is a payload as Standard Webhooks advises (type, timestamp,
// data), and the message beside it for receivers that want to show it.
type webhookBody struct {
	Type      string          `json:"type"`
	Timestamp string          `json:"timestamp"`
	Data      json.RawMessage `json:"data,omitempty"`
	// DataOmitted tells that the figures were too large to come along.
	DataOmitted bool           `json:"data_omitted,omitempty"`
	Message     webhookMessage `json:"message"`
}

type webhookMessage struct {
	Language string          `json:"language"`
	Title    string          `json:"title"`
	Summary  string          `json:"summary,omitempty"`
	Sections []Section       `json:"sections,omitempty"`
	More     string          `json:"more,omitempty"`
	Picture  *webhookPicture `json:"picture,omitempty"`
	Link     *webhookLink    `json:"link,omitempty"`
}

type webhookPicture struct {
	URL string `json:"url"`
	Alt string `json:"alt"`
}

type webhookLink struct {
	URL  string `json:"url"`
	Text string `json:"text"`
}

// webhook returns the body, without the figures where it would be larger than
// webhookSize, or an error if Data isn't JSON.
func (m Message) webhook(now time.Time) ([]byte, error) {
	text := m.layOut(webhookLimits, asIs)
	at := m.At
	if at.IsZero() {
		at = now
	}
	body := webhookBody{
		Type:      m.Event,
		Timestamp: at.UTC().Format(time.RFC3339Nano),
		Data:      m.Data,
		Message: webhookMessage{Language: m.languageTag(), Title: text.Title, Summary: text.Summary,
			Sections: text.Sections, More: text.More},
	}
	if address, alt := m.picture(); address != "" {
		body.Message.Picture = &webhookPicture{address, alt}
	}
	if address, text := m.link(); address != "" {
		body.Message.Link = &webhookLink{address, text}
	}
	whole, err := json.Marshal(body)
	if err != nil || len(whole) <= webhookSize {
		return whole, err
	}
	body.Data, body.DataOmitted = nil, true
	return json.Marshal(body)
}

// sign returns the headers of Standard Webhooks 1.0.0
// (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md):
// the id stays the same at every attempt, the time is the attempt's. The error
// is for a secret that is no whsec_ followed by 24 to 64 bytes in base64.
func sign(secret, id string, at time.Time, body []byte) (http.Header, error) {
	text, ok := strings.CutPrefix(secret, "whsec_")
	key, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil || len(key) < 24 || len(key) > 64 {
		return nil, errors.New("the signing secret is not whsec_ and 24 to 64 bytes in base64")
	}
	seconds := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + seconds + "."))
	mac.Write(body)
	return http.Header{
		"Webhook-Id":        {id},
		"Webhook-Timestamp": {seconds},
		"Webhook-Signature": {"v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))},
	}, nil
}
